"""ZG105: each fault of a row, and a row without fault."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from scapy.packet import Packet

from tests.checks.town import Town, attempt, session
from zoneguard.model.policy import Verdict

GOOD = {
    "purpose": "p", "applicant": "tax office", "approver": "CISO", "approved": "2026-04-01", "expires": "2027-03-31",
    "peer-internet": "attested-no",
}  # fmt: skip


def row(**changes: str) -> str:
    entry = {**GOOD, **changes}
    fields = ", ".join(f"{key.replace('_', '-')}: {value}" for key, value in entry.items() if value)
    return f"{{id: EX-1, from: 10.10.0.5, to: 203.0.113.9, services: [tcp/443], {fields}}}"


def faults(tmp_path: Path, profile: str = "mikasa", **changes: str) -> list[tuple[str, tuple[str, ...]]]:
    found = Town(tmp_path, exceptions=[row(**changes)], profile=profile).findings("ZG105")
    return [(f.aspect, f.clauses) for f in found if f.verdict is Verdict.VIOLATES]


def test_a_row_in_order_is_quiet(tmp_path: Path) -> None:
    assert not faults(tmp_path)


def test_applicant_and_approver_are_two_people(tmp_path: Path) -> None:
    assert faults(tmp_path, approver="tax office") == [("applicant", ("mikasa:20-1",))]


def test_an_approval_has_a_person_and_a_day(tmp_path: Path) -> None:
    assert faults(tmp_path, approver="", approved="") == [("approval", ("mikasa:129",))]


def test_an_expired_row_is_found_on_the_day_of_the_audit(tmp_path: Path) -> None:
    assert faults(tmp_path, expires="2026-10-31") == [("expiry", ("mikasa:131",))]
    assert not faults(tmp_path, expires="2026-11-01")


def test_a_row_without_end_is_found(tmp_path: Path) -> None:
    assert faults(tmp_path, expires="") == [("expiry", ("mikasa:131",))]


def test_an_emergency_is_reported_afterwards(tmp_path: Path) -> None:
    assert faults(tmp_path, emergency="true") == [("emergency", ("mikasa:130",))]
    assert not faults(tmp_path, emergency="true", reported="2026-04-02")


def test_the_office_that_permits_is_the_one_that_the_policy_names(tmp_path: Path) -> None:
    def said(profile: str, approver: str, minor: str = "") -> list[tuple[Verdict, tuple[str, ...]]]:
        town = Town(tmp_path, exceptions=[row(approver=approver, minor=minor)], profile=profile)
        return [(f.verdict, f.clauses) for f in town.findings("ZG105") if f.aspect == "approval"]

    kobe = ("kobe-foundation:2章9(5)(ア)",)
    assert not said("mikasa", "CISO(副市長)")
    assert said("mikasa", "副市長") == [(Verdict.ATTESTATION_NEEDED, ("mikasa:129",))]
    assert not said("kobe-foundation", "情報セキュリティ責任者")
    assert said("kobe-foundation", "情報セキュリティ管理者") == [(Verdict.VIOLATES, kobe)]
    assert not said("kobe-foundation", "情報セキュリティ管理者", minor="true")
    assert said("mikasa, kobe-foundation", "CISO") == [(Verdict.ATTESTATION_NEEDED, kobe)]
    assert not said("yokote", "副市長")


def test_one_person_typed_in_two_ways_is_one_person(tmp_path: Path) -> None:
    same = {"applicant": "税務課長 山田", "approver": "税務課長　山田"}
    assert ("applicant", ("mikasa:20-1",)) in faults(tmp_path, **same)


def test_a_deputy_does_not_hold_the_office(tmp_path: Path) -> None:
    def open_(approver: str) -> list[Verdict]:
        return [f.verdict for f in Town(tmp_path, exceptions=[row(approver=approver)]).findings("ZG105")]

    assert open_("CISO補佐") == [Verdict.ATTESTATION_NEEDED]
    assert open_("副CISO 鈴木") == [Verdict.ATTESTATION_NEEDED]
    assert not open_("副市長（CISO）")
    assert not open_("ＣＩＳＯ・副市長")


def test_an_emergency_that_was_reported_needs_no_approval_before(tmp_path: Path) -> None:
    assert not faults(tmp_path, emergency="true", reported="2026-04-02", approver="", approved="")
    assert ("approval", ("mikasa:129",)) in faults(tmp_path, emergency="true", approver="", approved="")


def used(day: str, packets: list[Packet] | None = None) -> dict[str, list[Packet]]:
    """A capture of that day in the zone of the row's source."""
    packets = session("10.10.0.5", "203.0.113.9", 443) if packets is None else packets
    for packet in packets:
        packet.time = datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()
    return {"mynumber": packets}


@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2026-03-30", [("approval", Verdict.VIOLATES)]),
        ("2026-04-01", []),
        ("2026-10-01", []),
        ("2027-03-31", []),
        ("2027-04-02", [("expiry", Verdict.VIOLATES)]),
        ("1970-01-01", [("approval", Verdict.UNDETERMINED)]),
    ],
)
def test_a_row_is_used_while_it_is_granted(tmp_path: Path, day: str, said: list[tuple[str, Verdict]]) -> None:
    found = Town(tmp_path, exceptions=[row()], captures=used(day)).findings("ZG105")
    assert [(f.aspect, f.verdict) for f in found] == said


def test_another_row_that_is_granted_and_an_attempt_use_none(tmp_path: Path) -> None:
    before = row(approved="2026-01-10").replace("EX-1", "EX-2")
    assert not Town(tmp_path, exceptions=[row(), before], captures=used("2026-03-30")).findings("ZG105")
    tried = used("2026-03-30", attempt("10.10.0.5", "203.0.113.9", 443))
    assert not Town(tmp_path, exceptions=[row()], captures=tried).findings("ZG105")
    other = used("2026-03-30", session("10.10.0.5", "203.0.113.9", 80))
    assert not Town(tmp_path, exceptions=[row()], captures=other).findings("ZG105")
    quick = row(emergency="true", reported="2026-04-02")
    assert not Town(tmp_path, exceptions=[quick], captures=used("2026-03-30")).findings("ZG105")
