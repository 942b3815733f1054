"""The profile of Mikasa: what it claims, and that its checks exist."""

import re
from collections import Counter

import pytest

from zoneguard.checks import Check
from zoneguard.loading.profile import load_profile
from zoneguard.model.policy import Clause, ClauseClass, Force, Severity
from zoneguard.model.zones import ZoneClass
from zoneguard.plugins import of_type

MIKASA = load_profile("mikasa")
SCOPES = {"all", "external", "cloud", "devices", "register", "evidence"}


def by_number(number: str) -> Clause:
    return next(clause for clause in MIKASA.clauses if clause.number == number)


def test_every_clause_of_the_document_that_can_be_decided_is_there() -> None:
    assert Counter(clause.clause_class.value for clause in MIKASA.clauses) == {"N": 26, "P": 38, "X": 15, "A": 14}


def test_clauses_stand_in_the_order_of_the_document() -> None:
    articles = [int(re.match(r"\d+", clause.number)[0]) for clause in MIKASA.clauses]  # type: ignore[index]
    assert articles == sorted(articles)


@pytest.mark.parametrize("clause", MIKASA.clauses, ids=lambda clause: clause.number)
def test_a_clause_is_whole(clause: Clause) -> None:
    ids = {check.id for check in of_type("zoneguard.checks", Check)}
    assert {name.partition(":")[0] for name in clause.checks} <= ids
    assert set(clause.zones) <= SCOPES | set(ZoneClass)
    assert re.search(r"[ぁ-ん一-龥]", clause.title_ja)
    assert clause.title_en.isascii()
    assert bool(clause.attest_en) == (clause.clause_class is ClauseClass.ATTESTATION)
    if clause.clause_class is ClauseClass.ATTESTATION:
        assert not clause.checks
        assert clause.severity is None


def test_severity_does_not_exceed_the_force_of_the_words() -> None:
    for clause in MIKASA.clauses:
        if clause.force is Force.EFFORT and clause.severity is not None:
            assert clause.severity.rank <= Severity.LOW.rank


@pytest.mark.parametrize(
    ("number", "force"),
    [
        ("24(1)前段", Force.MUST),
        ("7(3)ア", Force.PRINCIPLE),
        ("24(4)", Force.PRINCIPLE),
        ("85-7", Force.PRINCIPLE),
        ("37(4)", Force.EFFORT),
        ("2(12)", Force.DEFINITION),
    ],
)
def test_force_is_that_of_the_text(number: str, force: Force) -> None:
    assert by_number(number).force is force


def test_every_check_that_judges_decides_some_clause() -> None:
    cited = {name.partition(":")[0] for clause in MIKASA.clauses for name in clause.checks}
    assert {check.id for check in of_type("zoneguard.checks", Check)} - cited == {"ZG401"}


def test_the_register_is_decided_aspect_by_aspect() -> None:
    assert [c.number for c in MIKASA.citing("ZG105", "applicant")] == ["20-1"]
    assert [c.number for c in MIKASA.citing("ZG105", "approval")] == ["129"]
    assert [c.number for c in MIKASA.citing("ZG105", "emergency")] == ["130"]
    assert [c.number for c in MIKASA.citing("ZG105", "expiry")] == ["131"]
