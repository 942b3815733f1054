"""ZG214: a printer that leaves its zone, one that stays, and one that a row allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

RULE = "-A FORWARD -s 10.30.0.200/32 -d 10.10.0.3/32 -p tcp --dport 445 -j ACCEPT"
ROW = "{id: P1, from: 10.30.0.200, to: 10.10.0.3, services: [tcp/445], purpose: p}"


def device(role: str) -> tuple[str, ...]:
    return (f"dev: {{addresses: [10.30.0.200], roles: {role}}}",)


@pytest.mark.parametrize("role", ["mfp", "iot"])
def test_a_device_that_may_leave_its_zone_is_found(tmp_path: Path, role: str) -> None:
    found = Town(tmp_path, [RULE], hosts=device(role)).findings("ZG214")
    assert [(f.verdict, f.aspect, f.zones) for f in found] == [(Verdict.VIOLATES, role, ("internet", "mynumber"))]


def test_a_scan_that_was_seen_is_found(tmp_path: Path) -> None:
    town = Town(tmp_path, hosts=device("mfp"), captures={"internet": session("10.30.0.200", "10.10.0.3", 445)})
    assert [f.clauses for f in town.findings("ZG214")] == [("mikasa:70(2)",)]


def test_what_a_row_allows_or_stays_in_the_zone_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [RULE], hosts=device("mfp"), allow=[ROW]).findings("ZG214")
    inside = session("10.30.0.200", "10.30.0.3", 445)
    assert not Town(tmp_path, hosts=device("mfp"), captures={"internet": inside}).findings("ZG214")


def test_without_such_a_host_the_clauses_are_undetermined(tmp_path: Path) -> None:
    clauses = {r.clause: r.verdict for r in Town(tmp_path, [RULE]).audit().clauses}
    assert clauses["mikasa:70(2)"] is Verdict.UNDETERMINED
    assert clauses["mikasa:71"] is Verdict.UNDETERMINED
