"""ZG202: the display service, and a channel beside it."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, attempt, session
from zoneguard.model.policy import Verdict

ALLOW = ["{id: A1, from: lgwan, to: vdi, services: [tcp/8443]}"]


def test_the_display_service_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ALLOW, captures={"lgwan": session("10.20.0.5", "10.30.0.50", 8443)})
    assert not town.findings("ZG202")


def test_a_share_beside_the_screen_is_found(tmp_path: Path) -> None:
    packets = session("10.20.0.5", "10.30.0.50", 445) + attempt("10.20.0.5", "10.30.0.50", 9427)
    (found,) = Town(tmp_path, allow=ALLOW, captures={"lgwan": packets}).findings("ZG202")
    assert found.verdict is Verdict.VIOLATES
    assert ":445" in str(found.message)
    assert found.clauses == ("mikasa:2(12)", "mikasa:25柱書", "mikasa:25(2)")


def test_the_opposite_direction_is_found(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ALLOW, captures={"lgwan": session("10.30.0.50", "10.20.0.5", 8443)})
    assert town.findings("ZG202")
