"""Every clause of class N of the five policies: one town in which all are kept, and for each check that a clause names
a town in which that check finds it broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.profiles.breaks import BREAKS
from tests.profiles.full_town import good
from zoneguard.loading.profile import load_profile, shipped_profiles
from zoneguard.model.findings import Report
from zoneguard.model.policy import Clause, ClauseClass, Verdict

CLAUSES = [
    clause
    for name in shipped_profiles()
    for clause in load_profile(name).clauses
    if clause.clause_class is ClauseClass.NETWORK
]
NAMED = [pytest.param(clause, name, id=f"{clause.id} {name}") for clause in CLAUSES for name in clause.checks]
Audit = Callable[[str], Report]


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """The report of the town, broken as the named check has to say, or (empty) as it should be."""
    known: dict[str, Report] = {}

    def run(name: str) -> Report:
        if name not in known:
            town = good(tmp_path_factory.mktemp("town"))
            known[name] = (BREAKS[name](town) if name else town).audit()
        return known[name]

    return run


def test_the_town_as_it_should_be_has_no_finding(audit: Audit) -> None:
    assert [(f.check, str(f.message)) for f in audit("").findings] == []


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_is_kept(audit: Audit, clause: Clause) -> None:
    (result,) = [r for r in audit("").clauses if r.clause == clause.id]
    assert result.verdict is Verdict.CONFORMS, result.reason


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_can_be_broken(clause: Clause) -> None:
    assert clause.checks


@pytest.mark.parametrize(("clause", "name"), NAMED)
def test_a_clause_is_broken_by_each_check_that_it_names(audit: Audit, clause: Clause, name: str) -> None:
    report = audit(name)
    (result,) = [r for r in report.clauses if r.clause == clause.id]
    assert result.verdict is Verdict.VIOLATES, result.reason
    said = {f.check for f in report.findings if f.verdict is Verdict.VIOLATES and clause.id in f.clauses}
    assert name.partition(":")[0] in said
