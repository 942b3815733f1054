"""Forwarding contexts of one box are apart, except for what their routes leak."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks.site import Given, Site, opening, site

ZONES = {
    "mynumber": ("mynumber", "10.10.0.0/24"),
    "lgwan": ("lgwan", "10.20.0.0/24"),
    "shared": ("management", "10.50.0.0/24"),
}
HOSTS = ("10.10.0.5", "10.20.0.5", "10.50.0.5")
TO_SHARED = {("mynumber", "shared", "tcp/443"), ("lgwan", "shared", "tcp/443")}
FROM_SHARED = {("shared", "mynumber", "tcp/443"), ("shared", "lgwan", "tcp/443")}

ALAXALA = """\
#configuration list for AX3660S
hostname "core"
vlan 10,20,50
!
vrf definition 1
{one}!
vrf definition 2
{two}!
interface vlan 10
  vrf forwarding 1
  ip address 10.10.0.1 255.255.255.0
!
interface vlan 20
  vrf forwarding 2
  ip address 10.20.0.1 255.255.255.0
!
interface vlan 50
  ip address 10.50.0.1 255.255.255.0
!
ip prefix-list SHARED seq 10 permit 10.50.0.0/24
!
route-map FROMGLOBAL permit 10
  match vrf global
  match ip address prefix-list SHARED
!
route-map FROMBOTH permit 10
  match vrf 1 2
!
{rest}"""
CISCO = """\
hostname core
vrf definition MN
 address-family ipv4
vrf definition LG
 address-family ipv4
interface GigabitEthernet0/0
 vrf forwarding MN
 ip address 10.10.0.1 255.255.255.0
interface GigabitEthernet0/1
 vrf forwarding LG
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/2
 ip address 10.50.0.1 255.255.255.0
{}end
"""
JUNOS = """\
set system host-name core
set interfaces ge-0/0/0 unit 0 family inet address 10.10.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.20.0.1/24
set interfaces ge-0/0/2 unit 0 family inet address 10.50.0.1/24
set routing-instances MN instance-type virtual-router
set routing-instances MN interface ge-0/0/0.0
set routing-instances LG instance-type virtual-router
set routing-instances LG interface ge-0/0/1.0
set security zones security-zone all interfaces all
set security policies from-zone all to-zone all policy p match source-address any
set security policies from-zone all to-zone all policy p match destination-address any
set security policies from-zone all to-zone all policy p match application any
set security policies from-zone all to-zone all policy p then permit
{}"""

APART = {
    "alaxala": ALAXALA.format(one="", two="", rest=""),
    "cisco": CISCO.format(""),
    "junos": JUNOS.format(""),
}
LEAKING = {
    "alaxala": ALAXALA.format(
        one="  import inter-vrf FROMGLOBAL\n",
        two="  import inter-vrf FROMGLOBAL\n",
        rest="vrf definition global\n  import inter-vrf FROMBOTH\n!\n",
    ),
    "cisco": CISCO.format(
        "ip route vrf MN 10.50.0.0 255.255.255.0 GigabitEthernet0/2 10.50.0.5\n"
        "ip route vrf LG 10.50.0.0 255.255.255.0 10.50.0.5 global\n"
        "ip route 10.10.0.0 255.255.255.0 GigabitEthernet0/0\n"
        "ip route 10.20.0.0 255.255.255.0 GigabitEthernet0/1\n"
    ),
    "junos": JUNOS.format(
        "set routing-instances MN routing-options static route 10.50.0.0/24 next-table inet.0\n"
        "set routing-instances LG routing-options instance-import SHARED\n"
        "set policy-options policy-statement SHARED term a from instance master\n"
        "set policy-options policy-statement SHARED term a from protocol direct\n"
        "set policy-options policy-statement SHARED term a then accept\n"
        "set policy-options policy-statement SHARED term b then reject\n"
        "set routing-options static route 10.10.0.0/24 next-table MN.inet.0\n"
        "set routing-options static route 10.20.0.0/24 next-table LG.inet.0\n"
    ),
}


def core(root: Path, text: str) -> Site:
    return site(root, ZONES, {"core": Given(text)})


@pytest.mark.parametrize("vendor", APART)
def test_contexts_of_one_box_are_apart(tmp_path: Path, vendor: str) -> None:
    made = core(tmp_path, APART[vendor])
    assert made.passing(HOSTS) == set()
    assert {cell.state for cell in made.report.matrix} == {"denied"}


@pytest.mark.parametrize("vendor", LEAKING)
def test_what_is_leaked_passes_and_nothing_else(tmp_path: Path, vendor: str) -> None:
    """Both zones reach the shared net and are reached from it; they do not reach each other by it."""
    made = core(tmp_path, LEAKING[vendor])
    assert made.passing(HOSTS) == TO_SHARED | FROM_SHARED
    assert made.cell("mynumber", "lgwan").state == "denied"
    assert made.cell("mynumber", "shared").state == "violated"


def test_two_leaks_in_a_row_lead_on(tmp_path: Path) -> None:
    """What leaks into the global table by one route may leak out of it by the next."""
    leaks = (
        "set routing-instances MN routing-options static route 10.20.0.0/24 next-table inet.0\n"
        "set routing-options static route 10.20.0.0/24 next-table LG.inet.0\n"
    )
    made = core(tmp_path, JUNOS.format(leaks))
    assert made.passing(HOSTS) == {("mynumber", "lgwan", "tcp/443"), ("shared", "lgwan", "tcp/443")}
    hops = made.trace(opening(HOSTS[0], HOSTS[1])).hops
    assert [hop.context for hop in hops] == ["MN", "default", "LG"]


def test_tables_that_leak_to_each_other_are_a_circle(tmp_path: Path) -> None:
    leaks = (
        "set routing-instances MN routing-options static route 10.20.0.0/25 next-table inet.0\n"
        "set routing-options static route 10.20.0.0/25 next-table MN.inet.0\n"
    )
    made = core(tmp_path, JUNOS.format(leaks))
    assert made.passing(HOSTS) == set()
    assert made.trace(opening(HOSTS[0], HOSTS[1])).disposition == "loop"
    assert ("mynumber", "lgwan") in {finding.zones for finding in made.findings("ZG401")}
    assert made.cell("mynumber", "lgwan").state == "undetermined"


def test_what_a_leak_gives_to_a_neighbour_is_not_looked_up_once_more(tmp_path: Path) -> None:
    """The table of the other context has no way to the far net, and one to a part of it that leads to nothing."""
    zones = {**ZONES, "far": ("internet", "10.90.0.0/16")}
    leak = "ip route vrf MN 10.90.0.0 255.255.0.0 GigabitEthernet0/1 10.20.0.9\n"
    text = CISCO.format(leak + "ip route vrf LG 10.90.1.0 255.255.255.0 Null0\n")
    made = site(tmp_path, zones, {"core": Given(text)})
    for target in ("10.90.0.5", "10.90.1.5"):
        assert made.zones_reached(opening("10.10.0.5", target)) == {"far"}
        assert made.zones_reached(opening("10.20.0.5", target)) == set()
    assert made.cell("mynumber", "far").state == "violated"
