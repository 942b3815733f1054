"""Every clause of class N of the five policies: one town in which all are kept, and for each check that a clause names
a town in which that check finds it broken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.profiles.breaks import BREAKS
from tests.profiles.full_town import good
from zoneguard.audit import run
from zoneguard.loading.profile import load_profile, shipped_profiles
from zoneguard.loading.project import load_project
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

    def report(name: str) -> Report:
        if name not in known:
            town = good(tmp_path_factory.mktemp("town"))
            known[name] = (BREAKS[name](town) if name else town).audit()
        return known[name]

    return report


def test_the_town_as_it_should_be_has_no_finding(audit: Audit) -> None:
    assert [(f.check, str(f.message)) for f in audit("").findings] == []


def test_every_clause_of_every_document_is_in_the_result_with_a_verdict_and_why(tmp_path: Path) -> None:
    """Clauses of every class: N, P, X and A; with both halves and with each alone."""
    whole = good(tmp_path).audit()
    halves = [run(load_project(tmp_path), frozenset({half})) for half in ("static", "dynamic")]
    written = [clause for name in shipped_profiles() for clause in load_profile(name).clauses]
    for report in (whole, *halves):
        assert Counter(result.clause for result in report.clauses) == Counter(clause.id for clause in written)
        assert all(isinstance(result.verdict, Verdict) and str(result.reason) for result in report.clauses)
        judged = {result.clause: result.verdict for result in report.clauses}
        persons = {judged[clause.id] for clause in written if clause.clause_class is ClauseClass.ATTESTATION}
        assert persons == {Verdict.ATTESTATION_NEEDED}


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
