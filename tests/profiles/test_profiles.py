"""The shipped profiles: what they claim, that their checks exist, and that nothing of the documents is left out."""

import csv
import os
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from zoneguard.checks import Check
from zoneguard.loading.profile import load_profile, shipped_profiles
from zoneguard.model.policy import Clause, ClauseClass, Force, Severity
from zoneguard.model.zones import ZoneClass
from zoneguard.plugins import of_type

PROFILES = {name: load_profile(name) for name in shipped_profiles()}
MIKASA = PROFILES["mikasa"]
CLAUSES = [clause for profile in PROFILES.values() for clause in profile.clauses]
CORPUS = Path(os.environ.get("ZONEGUARD_CORPUS") or Path(__file__).parents[3] / "shared/corpus")
TABLE = CORPUS.parent / "domain/clauses.csv"
DOCUMENTS = {
    "Mikasa": "mikasa",
    "Yokote": "yokote",
    "Gotsu": "gotsu",
    "Setagaya": "setagaya",
    "Kobe IPF": "kobe-foundation",
}
GRADED_OTHERWISE = {
    "yokote:2": "three rows of the table have this number: the definitions of the zones and of divided paths",
    "kobe-foundation:2章7(1)(オ)⑧": "class A has no severity: a person's word decides",
}
ADDED = {
    "mikasa:78-2": "recommended in the text (望ましい), beside the first paragraph, which the table has",
    "mikasa:105(7)": "software without support is not used: exports of devices tell their release",
    "yokote:7③(ア)後段": "the rest of the sentence, take-out and two factors, which no network data show",
    "yokote:7③(ウ)前段": "the monitoring that the sentence asks for beside the single way out",
    "gotsu:6(3)①後段": "the rest of the sentence, take-out and two factors, which no network data show",
    "gotsu:6(3)③前段": "the monitoring that the sentence asks for beside the single way out",
    "setagaya:6(3)①後段": "the rest of the sentence, take-out and two factors, which no network data show",
    "setagaya:6(3)③前段": "the monitoring that the sentence asks for beside the blocking",
    "kobe-foundation:2章6(2)(エ)②": "the availability of lines, as Mikasa 37(8)",
    "kobe-foundation:2章8(1)(ソ)②": "the size limit of mail, as Mikasa 73(3)",
    "kobe-foundation:2章8(1)(チ)①": "signing and encryption before sending, as Mikasa 75-1",
    "kobe-foundation:2章8(2)(ウ)⑤": "initial names of privileged accounts, as Mikasa 84-7",
    "kobe-foundation:2章8(2)(エ)②": "identification of users from outside, as Mikasa 85-3",
    "kobe-foundation:2章8(4)(ア)④": "software without support, in principle, as Mikasa 105(7)",
    "kobe-foundation:2章8(5)(ウ)": "records of attacks, as Mikasa 111",
    "kobe-foundation:2章8(5)(カ)": "denial of service, as Mikasa 114",
}
"""Clauses of the documents that the table does not have: where they differ, the text is right."""
SCOPES = {"all", "external", "cloud", "devices", "register", "evidence"}


def by_number(number: str, profile: str = "mikasa") -> Clause:
    return next(clause for clause in PROFILES[profile].clauses if clause.number == number)


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("mikasa", {"N": 26, "P": 40, "X": 15, "A": 14}),
        ("yokote", {"N": 4, "P": 4, "X": 1, "A": 4}),
        ("gotsu", {"N": 6, "P": 3, "X": 1, "A": 3}),
        ("setagaya", {"N": 7, "P": 3, "X": 3, "A": 3}),
        ("kobe-foundation", {"N": 13, "P": 30, "X": 10, "A": 13}),
    ],
)
def test_every_clause_of_the_document_that_can_be_decided_is_there(name: str, classes: dict[str, int]) -> None:
    assert Counter(clause.clause_class.value for clause in PROFILES[name].clauses) == classes


@pytest.mark.skipif(not TABLE.exists(), reason="the table of clauses is not here (ZONEGUARD_CORPUS)")
def test_the_profiles_are_the_table_of_clauses_but_for_what_is_explained() -> None:
    rows = list(csv.DictReader(TABLE.read_text(encoding="utf-8-sig").splitlines()))
    table = {(DOCUMENTS[row["document"]] + ":" + row["clause"]): row for row in reversed(rows)}
    assert {clause.id for clause in CLAUSES} - table.keys() == ADDED.keys()
    assert not table.keys() - {clause.id for clause in CLAUSES}
    for clause in (c for c in CLAUSES if c.id not in ADDED):
        row = table[clause.id]
        assert row["class"] == clause.clause_class.value
        graded = row["severity"] if row["severity"] not in ("attest", "-") else None
        assert graded == clause.severity or clause.id in GRADED_OTHERWISE


@pytest.mark.parametrize("name", PROFILES)
def test_clauses_stand_in_the_order_of_the_document(name: str) -> None:
    articles = [int(re.match(r"\d+", clause.number)[0]) for clause in PROFILES[name].clauses]  # type: ignore[index]
    assert articles == sorted(articles)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda clause: clause.id)
def test_a_clause_is_whole(clause: Clause) -> None:
    ids = {check.id for check in of_type("zoneguard.checks", Check)}
    assert {name.partition(":")[0] for name in clause.checks} <= ids
    assert set(clause.zones) <= SCOPES | set(ZoneClass)
    assert re.search(r"[ぁ-ん一-龥]", clause.title_ja)
    assert clause.title_en.isascii()
    assert clause.checks or clause.attest_en, "a check decides it, or a person who is told what to confirm"
    if clause.clause_class is ClauseClass.NETWORK:
        assert not clause.attest_en, "network data decide it"
    if clause.clause_class is ClauseClass.ATTESTATION:
        assert not clause.checks
        assert clause.severity is None


def test_the_weight_of_a_breach_follows_the_force_of_the_words() -> None:
    def weight(force: Force) -> Severity | None:
        return replace(by_number("24(1)前段"), force=force).weight

    assert weight(Force.MUST) is Severity.CRITICAL
    assert weight(Force.PRINCIPLE) is Severity.HIGH
    assert weight(Force.EFFORT) is Severity.LOW
    assert replace(by_number("24(1)前段"), force=Force.EFFORT, severity=Severity.INFO).weight is Severity.INFO


@pytest.mark.parametrize(
    ("profile", "number", "force"),
    [
        ("mikasa", "24(1)前段", Force.MUST),
        ("mikasa", "7(3)ア", Force.PRINCIPLE),
        ("mikasa", "24(4)", Force.PRINCIPLE),
        ("mikasa", "85-7", Force.PRINCIPLE),
        ("mikasa", "37(4)", Force.EFFORT),
        ("mikasa", "2(12)", Force.DEFINITION),
        ("yokote", "7③(ア)", Force.PRINCIPLE),
        ("gotsu", "6(3)①", Force.PRINCIPLE),
        ("setagaya", "6(3)①", Force.PRINCIPLE),
        ("setagaya", "2(10)", Force.DEFINITION),
        ("kobe-foundation", "1章7(3)", Force.PRINCIPLE),
        ("kobe-foundation", "2章5(1)(ア)", Force.MUST),
        ("kobe-foundation", "2章5(1)(イ)①", Force.EFFORT),
        ("kobe-foundation", "2章6(2)(オ)", Force.MUST),
        ("kobe-foundation", "2章6(3)(イ)②", Force.EFFORT),
        ("kobe-foundation", "2章8(2)(エ)⑤", Force.PRINCIPLE),
    ],
)
def test_force_is_that_of_the_text(profile: str, number: str, force: Force) -> None:
    assert by_number(number, profile).force is force


def test_every_check_that_judges_decides_some_clause() -> None:
    cited = {name.partition(":")[0] for clause in CLAUSES for name in clause.checks}
    assert {check.id for check in of_type("zoneguard.checks", Check)} - cited == {"ZG401"}


def test_the_register_is_decided_aspect_by_aspect() -> None:
    assert [c.number for c in MIKASA.citing("ZG105", "applicant")] == ["20-1"]
    assert [c.number for c in MIKASA.citing("ZG105", "approval")] == ["129"]
    assert [c.number for c in MIKASA.citing("ZG105", "emergency")] == ["130"]
    assert [c.number for c in MIKASA.citing("ZG105", "expiry")] == ["131"]
