"""ZG110: rules that ask nothing."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict


def test_rules_that_ask_for_something_are_quiet(tmp_path: Path) -> None:
    rules = ["-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-A FORWARD -i eth2 -p tcp -j ACCEPT"]
    assert not Town(tmp_path, rules).findings("ZG110")


def test_a_rule_for_everything_is_found_once_with_its_zones(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, ["-A FORWARD -i eth2 -o eth1 -j ACCEPT"]).findings("ZG110")
    assert found.verdict is Verdict.VIOLATES
    assert line(found) == "fw.rules:8"
    assert found.zones == ("internet", "lgwan")


def test_a_rule_for_everything_that_nothing_reaches_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, ["-A FORWARD -j DROP", "-A FORWARD -i eth2 -o eth1 -j ACCEPT"]).findings("ZG110")


def test_two_zones_of_the_plan_in_one_zone_of_a_router_are_told_by_that_zone(tmp_path: Path) -> None:
    (tmp_path / "r.cfg").write_text(
        "version 17.9\nzone security inner\nzone security out\n"
        "interface GigabitEthernet0/0\n ip address 10.10.0.1 255.255.255.0\n zone-member security inner\n"
        "interface GigabitEthernet0/1\n ip address 10.20.0.1 255.255.255.0\n zone-member security inner\n"
        "interface GigabitEthernet0/2\n ip address 10.30.0.1 255.255.255.0\n zone-member security out\nend\n"
    )
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones:\n  mn: {class: mynumber, prefixes: [10.10.0.0/24]}\n"
        "  lg: {class: lgwan, prefixes: [10.20.0.0/24]}\n  in: {class: internet, prefixes: [10.30.0.0/24]}\n"
        "devices:\n  r: {config: r.cfg, format: cisco-ios}\n"
    )
    report = run(load_project(tmp_path), frozenset({"static"}))
    (found,) = [f for f in report.findings if f.check == "ZG110"]
    assert "within zone inner" in str(found.message)
    assert {f.zones for f in report.findings if f.check == "ZG101"} == {("mn", "lg"), ("lg", "mn")}
