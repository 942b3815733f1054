"""ZG107: one way out, and two."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import ROUTES, Town
from zoneguard.model.policy import Verdict


def test_the_default_route_to_the_security_cloud_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG107")


def test_a_default_route_elsewhere_is_found_at_its_line(tmp_path: Path) -> None:
    routes = ROUTES.replace("default via 203.0.113.1 dev eth4", "default via 10.30.0.254 dev eth2")
    (found,) = Town(tmp_path, routes=routes).findings("ZG107")
    assert found.verdict is Verdict.VIOLATES
    assert [str(e) for e in found.evidence] == ["fw.routes:1"]
    assert "mikasa:26-2" in found.clauses


def test_a_second_line_is_found(tmp_path: Path) -> None:
    routes = ROUTES + "198.51.100.0/24 dev ppp0 scope link\n"
    (found,) = Town(tmp_path, routes=routes).findings("ZG107")
    assert "ppp0" in str(found.message)
