"""ZG301: seen though impossible, on either side of NAT."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, attempt, session
from zoneguard.model.policy import Verdict

WEB = "-A FORWARD -i eth2 -o eth4 -p tcp --dport 443 -j ACCEPT"
SNAT = "-A POSTROUTING -o eth4 -j SNAT --to-source 203.0.113.2"


def test_a_permitted_flow_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB], captures={"internet": session("10.30.0.7", "198.51.100.7", 443)}).findings("ZG301")


def test_a_permitted_flow_seen_behind_nat_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], [SNAT], captures={"cloud": session("203.0.113.2", "198.51.100.7", 443)})
    assert not town.findings("ZG301")


def test_a_forbidden_flow_that_was_answered_went_around_the_firewall(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], captures={"internet": session("10.30.0.7", "198.51.100.7", 22)})
    (found,) = town.findings("ZG301")
    assert found.verdict is Verdict.VIOLATES
    assert found.zones == ("internet", "world")


def test_an_attempt_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB], captures={"internet": attempt("10.30.0.7", "198.51.100.7", 22)}).findings("ZG301")
