"""ZG218: lines by which staff come in from outside, and others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, attempt, exchange, session
from zoneguard.model.policy import Verdict

LINE = ("carrier: {addresses: [192.0.2.64/26], roles: [access-line]}",)
GATEWAY = "203.0.113.2"


def found(root: Path, src: str, dport: int, dst: str = GATEWAY, hosts: tuple[str, ...] = LINE) -> list[Verdict]:
    packets = exchange(src, dst, dport)
    town = Town(root, hosts=hosts, captures={"cloud": packets}, profile="kobe-foundation")
    return [f.verdict for f in town.findings("ZG218")]


def test_a_declared_line_is_quiet_and_another_is_not(tmp_path: Path) -> None:
    assert not found(tmp_path, "192.0.2.70", 4500)
    assert found(tmp_path, "198.51.100.7", 4500) == [Verdict.VIOLATES]


@pytest.mark.parametrize(
    ("src", "dport", "dst"),
    [("198.51.100.7", 53, GATEWAY), ("198.51.100.7", 4500, "203.0.113.9"), ("10.30.0.7", 4500, GATEWAY)],
)
def test_other_services_other_hosts_and_hosts_inside_are_not_meant(
    tmp_path: Path, src: str, dport: int, dst: str
) -> None:
    assert not found(tmp_path, src, dport, dst)


def test_a_tunnel_over_tcp_counts_when_it_is_answered(tmp_path: Path) -> None:
    town = Town(tmp_path, hosts=LINE, captures={"cloud": attempt("198.51.100.7", GATEWAY, 1723)})
    assert not town.findings("ZG218")
    town.captures["cloud"] += session("198.51.100.7", GATEWAY, 1723)
    assert town.findings("ZG218")


def test_without_a_declared_line_nothing_is_said_to_conform(tmp_path: Path) -> None:
    assert not found(tmp_path, "198.51.100.7", 4500, hosts=())
    report = Town(
        tmp_path, captures={"cloud": exchange("198.51.100.7", GATEWAY, 4500)}, profile="kobe-foundation"
    ).audit()
    result = next(r for r in report.clauses if r.clause == "kobe-foundation:2章8(2)(エ)⑤")
    assert result.verdict is Verdict.UNDETERMINED
    assert "access-line" in str(result.reason)
