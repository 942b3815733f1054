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
