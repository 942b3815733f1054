"""ZG302: a permit in use, and one that nobody uses."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

WEB = "-A FORWARD -i eth2 -o eth4 -p tcp --dport 443 -j ACCEPT"
ALLOW = ["{id: A1, from: internet, to: world, services: [tcp/443]}"]


def test_a_permit_in_use_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], allow=ALLOW, captures={"internet": session("10.30.0.7", "198.51.100.7", 443)})
    assert not town.findings("ZG302")


def test_a_permit_that_no_capture_uses_is_found_with_its_rule(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], allow=ALLOW, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)})
    (found,) = town.findings("ZG302")
    assert found.verdict is Verdict.VIOLATES
    assert "A1" in str(found.message)
    assert "fw.rules:8" in [str(e) for e in found.evidence]


def test_without_captures_nothing_is_said(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB], allow=ALLOW).findings("ZG302")


def test_a_row_that_no_rule_permits_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ALLOW, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)})
    assert not town.findings("ZG302")
