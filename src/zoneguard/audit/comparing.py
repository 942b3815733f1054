"""Where the policies of a project differ in what they ask of the same check: side by side, the strictest first."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.findings import Disagreement
from zoneguard.model.policy import Clause, Profile


def disagreements(profiles: tuple[Profile, ...]) -> Iterator[Disagreement]:
    """One for each check that several policies ask for with unlike force or severity."""
    by_check: dict[str, dict[str, Clause]] = {}
    for profile in profiles:
        for clause in profile.clauses:
            for check in clause.checks:
                own = by_check.setdefault(check.partition(":")[0], {})
                if profile.name not in own or _strictness(clause) > _strictness(own[profile.name]):
                    own[profile.name] = clause
    for check, clauses in sorted(by_check.items()):
        if len({(clause.force, clause.weight) for clause in clauses.values()}) > 1:
            yield Disagreement(check, tuple(sorted(clauses.values(), key=_strictness, reverse=True)))


def _strictness(clause: Clause) -> int:
    return clause.weight.rank if clause.weight else -1
