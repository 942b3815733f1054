"""ZG106: attested, unsaid, connected, and seen."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

EXCEPTION = (
    "{id: EX-1, from: 10.10.0.5, to: 203.0.113.9, services: [tcp/443], purpose: p, applicant: a, approver: CISO, "
    "approved: 2026-01-01, expires: 2027-01-01%s}"
)


def verdicts(town: Town) -> list[Verdict]:
    return [f.verdict for f in town.findings("ZG106")]


def test_an_attested_far_end_is_quiet(tmp_path: Path) -> None:
    assert not verdicts(Town(tmp_path, exceptions=[EXCEPTION % ", peer-internet: attested-no"]))


def test_a_far_end_of_which_nothing_is_said_needs_an_attestation(tmp_path: Path) -> None:
    assert verdicts(Town(tmp_path, exceptions=[EXCEPTION % ""])) == [Verdict.ATTESTATION_NEEDED]


def test_a_connected_far_end_violates(tmp_path: Path) -> None:
    assert verdicts(Town(tmp_path, exceptions=[EXCEPTION % ", peer-internet: yes"])) == [Verdict.VIOLATES]


def test_a_far_end_seen_on_the_internet_violates_whatever_is_attested(tmp_path: Path) -> None:
    town = Town(tmp_path, exceptions=[EXCEPTION % ", peer-internet: attested-no"])
    town.captures = {"cloud": session("203.0.113.9", "198.51.100.7", 443)}
    assert verdicts(town) == [Verdict.VIOLATES]


ATTESTED = EXCEPTION % ", peer-internet: attested-no"
TO_WORLD = "-A FORWARD -s 10.40.0.7/32 -o eth4 -p tcp --dport 443 -j ACCEPT"


def test_a_far_end_that_the_configurations_let_reach_the_internet_violates(tmp_path: Path) -> None:
    inner = ATTESTED.replace("203.0.113.9", "10.40.0.7")
    (found,) = Town(tmp_path, [TO_WORLD], exceptions=[inner]).findings("ZG106")
    assert found.verdict is Verdict.VIOLATES
    assert [r.source for r in found.rows] == ["10.40.0.7"]
    assert not verdicts(Town(tmp_path, [TO_WORLD.replace("0.7", "0.8")], exceptions=[inner]))


def test_a_far_end_that_the_internet_reaches_violates_too(tmp_path: Path) -> None:
    inner = ATTESTED.replace("203.0.113.9", "10.40.0.7")
    inward = "-A FORWARD -i eth4 -d 10.40.0.7/32 -j ACCEPT"
    assert set(verdicts(Town(tmp_path, [inward], exceptions=[inner]))) == {Verdict.VIOLATES}


def test_a_public_address_is_on_the_internet(tmp_path: Path) -> None:
    public = ATTESTED.replace("203.0.113.9", "198.51.100.9")
    assert verdicts(Town(tmp_path, exceptions=[public])) == [Verdict.VIOLATES]
    assert not verdicts(Town(tmp_path, exceptions=[public], profile="kobe-foundation"))


def test_the_far_end_of_an_inbound_exception_is_its_source(tmp_path: Path) -> None:
    inbound = ATTESTED.replace("from: 10.10.0.5, to: 203.0.113.9", "from: 10.40.0.7, to: 10.10.0.5")
    assert verdicts(Town(tmp_path, [TO_WORLD], exceptions=[inbound])) == [Verdict.VIOLATES]


def test_where_no_policy_asks_nobody_has_to_attest(tmp_path: Path) -> None:
    entry = "{id: EX-1, from: 10.10.0.20, to: 198.51.100.9, services: [tcp/443]}"
    assert not Town(tmp_path, exceptions=[entry], profile="kobe-foundation").findings("ZG106")
    said = entry.replace("]}", "], peer-internet: yes}")
    assert Town(tmp_path, exceptions=[said], profile="kobe-foundation").findings("ZG106")
