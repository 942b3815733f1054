"""profiles, explain, schema: the policies and the checks themselves."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.audit.citations import refuse_unknown
from zoneguard.checks import Check
from zoneguard.commands.projects import load
from zoneguard.console import Session, UsageProblem
from zoneguard.loading.json_schema import json_schema
from zoneguard.loading.profile import load_profile, shipped_profiles
from zoneguard.loading.values import alike
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.intervals import Intervals
from zoneguard.model.policy import Profile
from zoneguard.model.text import N_, Text
from zoneguard.plugins import of_type
from zoneguard.reports._values import dump
from zoneguard.reports.views import policies as view


def profiles(session: Session, name: str | None, form: str) -> int:
    """All shipped profiles, or the clauses of one."""
    found = [load_profile(name)] if name else _shipped()
    checks = of_type("zoneguard.checks", Check)
    refuse_unknown(found, {check.id: check for check in checks})
    if form == "json":
        shown = [view.profile_json(profile, checks, session.page()) for profile in found]
        counted = [{**profile, "clauses": len(profile["clauses"])} for profile in shown]
        session.write(dump(shown[0] if name else {"profiles": counted}))
        return 0
    page = session.page()
    if name:
        view.show_profile(page, found[0], checks)
    else:
        view.list_profiles(page, found)
    session.write(page.encode())
    return 0


def explain(session: Session, subject: str, form: str) -> int:
    """A check by id or name, a clause by id or number."""
    checks = of_type("zoneguard.checks", Check)
    known = [*_shipped(), *_own()]
    chosen = [check for check in checks if subject.casefold() in (check.id.casefold(), check.name)]
    clauses = view.clauses_named(known, subject)
    if not chosen and not clauses:
        hint = _hint(subject, checks, known)
        raise UsageProblem(N_("no check and no clause is called {name}; {hint}", name=subject, hint=hint))
    page = session.page()
    if form == "json":
        shown = [view.check_json(check, known, page) for check in chosen]
        session.write(
            dump({"checks": shown, "clauses": [view.clause_json(clause, checks, page) for clause in clauses]})
        )
        return 0
    for check in chosen:
        view.show_check(page, check, known)
    for clause in clauses:
        view.show_clause(page, clause, checks)
    session.write(page.encode())
    return 0


def _hint(subject: str, checks: Iterable[Check], known: Iterable[Profile]) -> Text:
    """A name that is alike, or where the names stand: one number is as near to another as any."""
    policy = subject.partition(":")[0]
    if policy in {profile.name for profile in known}:
        return N_("`zoneguard profiles {name}` lists the clauses of that policy", name=policy)
    numbers = Intervals.of(*(int(check.id[2:]) for check in checks))
    ids = ", ".join(f"ZG{low}" if low == high else f"ZG{low}-ZG{high}" for low, high in numbers.spans)
    return alike(subject, (check.name for check in checks)) or N_(
        "checks are {ids}; clauses are listed by `zoneguard profiles NAME`", ids=ids
    )


def schema(session: Session, which: str) -> int:
    """The JSON Schema of ``project`` or ``profile`` files."""
    session.write(dump(json_schema(which)))
    return 0


def _shipped() -> list[Profile]:
    return [load_profile(name) for name in shipped_profiles()]


def _own() -> list[Profile]:
    """The policies of the nearest project that are not shipped; none where no project can be read."""
    try:
        profiles = load(None).profiles
    except (InputError, InputErrors):
        return []
    return [profile for profile in profiles if profile.name not in shipped_profiles()]
