"""Kawabe Town: a Nexus core with VRFs and its routing table, and a Cisco router with zones and NAT between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified


def test_the_town_conforms() -> None:
    status, report = verified(EXAMPLES / "cisco-town")
    assert not report["findings"]
    assert status == 0


def test_only_the_three_purposes_cross() -> None:
    _, report = verified(EXAMPLES / "cisco-town")
    open_pairs = {(cell["from"], cell["to"]) for cell in report["matrix"] if cell["state"] != "denied"}
    assert open_pairs == {("lgwan", "internet"), ("internet", "security-cloud"), ("internet", "world")}


@pytest.mark.parametrize(
    ("file", "before", "after", "zones"),
    [
        ("configs/gw.cfg", "object-group VDI eq 443", "any eq 443", ("lgwan", "internet")),
        ("configs/gw.cfg", "access-group MYNUMBER-IN in\n zone-member security MYNUMBER",
         "access-group MYNUMBER in\n zone-member security LGWAN", ("mynumber", "lgwan")),
        ("configs/gw.cfg", " class class-default\n  drop log\npolicy-map type inspect IN-TO-CLOUD",
         " class class-default\n  pass\npolicy-map type inspect IN-TO-CLOUD", ("lgwan", "internet")),
        ("configs/core.cfg", "interface Vlan20\n  description lgwan servers\n  no shutdown\n  vrf member LGWAN",
         "interface Vlan20\n  description lgwan servers\n  no shutdown\n  vrf member INET", ("lgwan", "internet")),
    ],
)  # fmt: skip
def test_a_fault_is_found(tmp_path: Path, file: str, before: str, after: str, zones: tuple[str, str]) -> None:
    project = faulty("cisco-town", tmp_path, file, "utf-8", before, after)
    _, report = verified(project)
    assert any(set(pair) == set(zones) for pair in crossings(report)), crossings(report)


def test_without_its_table_the_core_is_undetermined(tmp_path: Path) -> None:
    project = faulty("cisco-town", tmp_path, "zoneguard.yaml", "utf-8", ", routes: configs/core.routes.txt", "")
    status, report = verified(project)
    assert status == 3
    assert {f["check"] for f in report["findings"]} == {"ZG401"}
