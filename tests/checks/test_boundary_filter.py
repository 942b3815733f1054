"""ZG109: a direction that no rule decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import ROUTES, Town
from zoneguard.audit import run
from zoneguard.loading.project import load_project
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


YAMAHA = """ip lan1 address 10.10.0.1/24
ipv6 lan1 address 2001:db8:10::1/64
ip lan2 address 10.20.0.1/24
ipv6 lan2 address 2001:db8:20::1/64
ip lan3 address 198.18.0.1/24
ip lan1 secure filter in 1
ipv6 lan1 secure filter in 1
ip lan3 secure filter in 1
ip filter 1 reject * * * * *
ipv6 filter 1 reject * * * * *
"""
LISTED = """version 17.9
interface GigabitEthernet0/0
 ip address 10.10.0.1 255.255.255.0
 ipv6 address 2001:db8:10::1/64
 ip access-group A in
 ipv6 traffic-filter B in
interface GigabitEthernet0/1
 ip address 10.20.0.1 255.255.255.0
 ipv6 address 2001:db8:20::1/64
interface GigabitEthernet0/2
 ip address 198.18.0.1 255.255.255.0
 ip access-group W in
ipv6 unicast-routing
ip access-list extended A
 deny ip any any
ip access-list extended W
 deny ip any any
ipv6 access-list B
 deny ipv6 any any
end
"""
PLACE = """zoneguard: 1
profile: [mikasa]
zones:
  mynumber: {class: mynumber, prefixes: [10.10.0.0/24, "2001:db8:10::/64"]}
  lgwan: {class: lgwan, prefixes: [10.20.0.0/24, "2001:db8:20::/64"]}
  wan: {class: closed-external, prefixes: [198.18.0.0/24]}
devices:
  gw: {config: gw.conf, format: %s}
"""
INSIDE = {
    "yamaha": {4: "ip lan1 secure filter in 1\n", 6: "ipv6 lan1 secure filter in 1\n"},
    "cisco-ios": {4: " ip access-group A in\n", 6: " ipv6 traffic-filter B in\n"},
}
OUTSIDE = {"yamaha": "ip lan3 secure filter in 1\n", "cisco-ios": " ip access-group W in\n"}
TEXT = {"yamaha": YAMAHA, "cisco-ios": LISTED}
each = pytest.mark.parametrize("vendor", TEXT)


def boundary(tmp_path: Path, vendor: str, missing: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Zones of what ZG109 says where the line is missing, with the clauses."""
    assert f"\n{missing}" in TEXT[vendor]
    (tmp_path / "gw.conf").write_text(TEXT[vendor].replace(f"\n{missing}", "\n"))
    (tmp_path / "zoneguard.yaml").write_text(PLACE % vendor)
    report = run(load_project(tmp_path), frozenset({"static"}))
    assert not [f for f in report.findings if f.check == "ZG110"]
    return {f.zones: f.clauses for f in report.findings if f.check == "ZG109"}


@each
@pytest.mark.parametrize("version", [4, 6])
def test_a_list_for_the_other_version_of_ip_is_no_filter(tmp_path: Path, vendor: str, version: int) -> None:
    assert ("mynumber", "lgwan") in boundary(tmp_path, vendor, INSIDE[vendor][version])


@each
def test_a_boundary_to_the_outside_is_told_from_one_between_own_zones(tmp_path: Path, vendor: str) -> None:
    """Only the former breaks the clause on firewalls at the boundary to external networks."""
    clauses = boundary(tmp_path, vendor, INSIDE[vendor][4])["mynumber", "lgwan"]
    assert clauses == ("mikasa:67(1)", "mikasa:67(2)", "mikasa:82")
    clauses = boundary(tmp_path, vendor, OUTSIDE[vendor])["wan", "lgwan"]
    assert clauses == ("mikasa:67(1)", "mikasa:67(2)", "mikasa:69-2(1)", "mikasa:82")


def test_a_public_segment_without_filter_is_found(tmp_path: Path) -> None:
    routes = ROUTES + "192.0.2.0/28 dev eth5 proto kernel scope link src 192.0.2.1\n"
    zones = ["pub: {class: dmz, prefixes: [192.0.2.0/28]}"]
    town = Town(tmp_path, policy="ACCEPT", routes=routes, zones=zones)
    assert ("world", "pub") in {f.zones for f in town.findings("ZG109") if "mikasa:69-2(1)" in f.clauses}
