"""ZG124: static routes without effect, on a Yamaha router, whose configuration holds its routes."""

from __future__ import annotations

from pathlib import Path

from tests.checks import lone
from zoneguard.model.findings import Finding

ZONES = {"internet": ("internet", "10.30.0.0/16"), "world": ("public", "0.0.0.0/0")}
ROUTER = """\
ip route default gateway 203.0.113.1
ip lan1 address 10.30.0.1/24
ip lan2 address 203.0.113.2/28
"""


def found(root: Path, *routes: str) -> list[Finding]:
    report = lone.audited(root, "rtr", "yamaha", "\n".join(routes) + "\n" + ROUTER, ZONES)
    return [f for f in report.findings if f.check == "ZG124"]


def test_routes_that_are_used_are_quiet(tmp_path: Path) -> None:
    assert not found(
        tmp_path, "ip route 10.30.64.0/18 gateway 10.30.0.254", "ip route 10.30.64.0/24 gateway 10.30.0.253"
    )


def test_a_next_hop_that_is_on_no_link_is_found(tmp_path: Path) -> None:
    (route,) = found(tmp_path, "no ip route 10.30.1.0/24", "ip route 10.30.64.0/18 gateway 203.0.113.2")
    assert [str(e) for e in route.evidence] == ["rtr.conf:2"]
    assert "next hop" in str(route.message)
    assert route.clauses == ("mikasa:67(1)",)


def test_a_route_that_longer_ones_cover_is_found(tmp_path: Path) -> None:
    halves = ("ip route 10.30.64.0/25 gateway 10.30.0.254", "ip route 10.30.64.128/25 gateway 10.30.0.253")
    (route,) = found(tmp_path, "ip route 10.30.64.0/24 gateway 10.30.0.254", *halves)
    assert [str(e) for e in route.evidence] == ["rtr.conf:1"]
    assert "cover" in str(route.message)
