"""Whether the checks that profiles cite are there: a clause that rests on one that nobody runs would always be kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from zoneguard.checks import Check
from zoneguard.loading.values import near
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.policy import Profile
from zoneguard.model.text import N_


def refuse_unknown(profiles: Iterable[Profile], checks: Mapping[str, Check]) -> None:
    """Raises ``InputErrors`` where a clause cites a check, or an aspect of one, that there is not."""
    errors = tuple(error for profile in profiles for error in _unknown(profile, checks))
    if errors:
        raise InputErrors(errors)


def _unknown(profile: Profile, checks: Mapping[str, Check]) -> Iterator[InputError]:
    for clause in profile.clauses:
        for name in clause.checks:
            check, _, aspect = name.partition(":")
            if check not in checks:
                said = N_("clause {clause} cites {name}, and there is no such check", clause=clause.id, name=name)
                yield InputError(N_("{problem}; {hint}", problem=said, hint=near(check, checks)))
            elif not checks[check].speaks_of(aspect):
                known = sorted(checks[check].aspects) or ["mynumber", ">dmz", "dmz>internet"] * checks[check].by_zone
                yield InputError(
                    N_(
                        "clause {clause} cites {name}, and {check} has no such aspect; it has: {known}",
                        clause=clause.id,
                        name=name,
                        check=check,
                        known=", ".join(known) or "-",
                    )
                )
