"""ZG109: a direction that no rule decides."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import ROUTES, Town
from zoneguard.model.policy import Verdict


def test_a_default_of_drop_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG109")


def test_a_default_of_accept_is_a_boundary_without_filter(tmp_path: Path) -> None:
    town = Town(tmp_path, ["-A FORWARD -i eth0 -j DROP", "-A FORWARD -o eth0 -j DROP"], policy="ACCEPT")
    found = town.findings("ZG109")
    assert all(f.verdict is Verdict.VIOLATES for f in found)
    assert ("internet", "lgwan") in {f.zones for f in found}
    assert not {f.zones for f in found if "mynumber" in f.zones}
    assert {str(e) for f in found for e in f.evidence} == {"fw.rules:7"}


def test_a_rule_that_permits_everything_is_not_its_matter(tmp_path: Path) -> None:
    assert not Town(tmp_path, ["-A FORWARD -i eth2 -o eth1 -j ACCEPT"]).findings("ZG109")


def test_a_filter_that_may_drop_everything_leaves_it_undetermined(tmp_path: Path) -> None:
    """Where a condition that nobody can decide denies, "nothing filters" is not certain."""
    open_denial = "-A FORWARD -o eth1 -m geoip --src-cc JP -j DROP"
    town = Town(tmp_path, ["-A FORWARD -i eth0 -j DROP", "-A FORWARD -o eth0 -j DROP", open_denial], policy="ACCEPT")
    found = {f.zones: f for f in town.findings("ZG109")}
    open_zones = {zones for zones, f in found.items() if f.verdict is Verdict.UNDETERMINED}
    assert open_zones
    assert all(found[zones].verdict is Verdict.VIOLATES for zones in found.keys() - open_zones)
    assert all("certain" in str(found[zones].message) for zones in open_zones)


def test_many_interfaces_of_one_device_are_one_finding(tmp_path: Path) -> None:
    """A switch that routes without lists is one thing to mend, however many networks it has."""
    more = ROUTES + "10.20.1.0/24 dev eth6 proto kernel scope link src 10.20.1.1\n"
    zones = ["more: {class: lgwan, prefixes: [10.20.1.0/24, 10.20.2.0/24]}"]
    routes = more + "10.20.2.0/24 dev eth7 proto kernel scope link src 10.20.2.1\n"
    town = Town(tmp_path, policy="ACCEPT", routes=routes, zones=zones)
    (found,) = [f for f in town.findings("ZG109") if f.zones == ("internet", "more")]
    assert "fw:eth2>eth6, fw:eth2>eth7" in str(found.message)
