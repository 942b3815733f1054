"""Routes that one VRF takes from another by route targets: AlliedWare Plus, IOS, NX-OS.

Meant as in "VRF-lite Feature Overview and Configuration Guide" (Allied Telesis C613-22046-00, "Dynamic inter-VRF
communication") and Cisco document 216541 ("VRF Configuration Examples on IOS XE").
"""

from __future__ import annotations

import pytest

from zoneguard.model.addresses import format_prefix, parse_address
from zoneguard.model.device import Concern, Device, Vrf
from zoneguard.model.match import Unknown, asks
from zoneguard.parsers import Parsed, Source, awplus, cisco_ios, cisco_nxos
from zoneguard.parsers.reading import split_lines

AW = """ip vrf MN 1
 rd 65000:1
 route-target export 65000:1
 route-target import 65000:2
!
ip vrf LG 2
 rd 65000:2
 route-target export 65000:2
!
interface vlan10
 ip vrf forwarding MN
 ip address 10.10.0.1/24
!
interface vlan20
 ip vrf forwarding LG
 ip address 10.20.0.1/24
!
ip route vrf LG 10.21.0.0/16 10.20.0.254
ip route vrf LG 0.0.0.0/0 10.20.0.253
!
"""
AW_BGP = "router bgp 65000\n address-family ipv4 vrf LG\n  redistribute connected\n exit-address-family\n!\n"
IOS = """version 17.9
vrf definition MN
 rd 65000:1
 !
 address-family ipv4
  route-target import 65000:2
 exit-address-family
!
vrf definition LG
 rd 65000:2
 !
 address-family ipv4
  route-target export 65000:2
 exit-address-family
!
interface GigabitEthernet0/0
 vrf forwarding MN
 ip address 10.10.0.1 255.255.255.0
!
interface GigabitEthernet0/1
 vrf forwarding LG
 ip address 10.20.0.1 255.255.255.0
!
ip route vrf LG 10.21.0.0 255.255.0.0 10.20.0.254
ip route vrf LG 0.0.0.0 0.0.0.0 10.20.0.253
"""
IOS_BGP = "router bgp 65000\n !\n address-family ipv4 vrf LG\n  redistribute connected\n exit-address-family\n!\nend\n"
NX = """vrf context MN
  address-family ipv4 unicast
    route-target import 65000:2
vrf context LG
  ip route 10.21.0.0/16 10.20.0.254
  ip route 0.0.0.0/0 10.20.0.253
  address-family ipv4 unicast
    route-target export 65000:2
interface Ethernet1/1
  no switchport
  vrf member MN
  ip address 10.10.0.1/24
  no shutdown
interface Ethernet1/2
  no switchport
  vrf member LG
  ip address 10.20.0.1/24
  no shutdown
"""
NX_BGP = "feature bgp\nrouter bgp 65000\n  vrf LG\n    address-family ipv4 unicast\n      network 10.20.0.0/24\n"
READERS = {
    "awplus": (awplus.parse, AW, AW_BGP),
    "ios": (cisco_ios.parse, IOS, IOS_BGP),
    "nxos": (cisco_nxos.parse, NX, NX_BGP),
}
each = pytest.mark.parametrize("vendor", READERS)


def read(vendor: str, change: tuple[str, str] = ("", ""), bgp: tuple[str, str] | None = ("", "")) -> Parsed:
    """The example of a vendor, with a replacement in it; ``bgp``: one in its BGP (``None``: without BGP)."""
    parse, text, protocol = READERS[vendor]
    whole = text.replace(*change) + (protocol.replace(*bgp) if bgp else "")
    return parse(Source("core.cfg", split_lines(whole)), "core")


def vrf(device: Device, name: str) -> Vrf:
    return next(v for v in device.vrfs if v.name == name)


def routes(parsed: Parsed, name: str) -> dict[str, str]:
    """Prefix → interface of the routes of VRF ``name``."""
    return {format_prefix(r.network, r.length): r.interface for r in vrf(parsed.devices[0], name).routes}


@each
def test_what_bgp_has_of_the_other_vrf_is_taken_out_of_its_interface(vendor: str) -> None:
    parsed = read(vendor)
    taken = routes(parsed, "MN")
    assert taken == {"10.20.0.0/24": next(iter(vrf(parsed.devices[0], "LG").interfaces))}
    assert not [m for m in parsed.account.not_understood if m.concern is Concern.ROUTING]
    (route,) = vrf(parsed.devices[0], "MN").routes
    assert "import 65000:2" in parsed_line(vendor, route.span.first)


def parsed_line(vendor: str, number: int) -> str:
    _, text, protocol = READERS[vendor]
    return (text + protocol).splitlines()[number - 1]


@each
def test_the_other_direction_is_not_opened(vendor: str) -> None:
    assert "10.10.0.0/24" not in routes(read(vendor), "LG")


@pytest.mark.parametrize("vendor", ["awplus", "ios"])
def test_static_routes_are_taken_where_they_are_given_to_bgp_but_for_the_default(vendor: str) -> None:
    parsed = read(vendor, bgp=("redistribute connected", "redistribute static"))
    assert set(routes(parsed, "MN")) == {"10.21.0.0/16"}


@each
def test_without_bgp_in_the_file_it_is_open_whether_they_are_taken(vendor: str) -> None:
    parsed = read(vendor, bgp=None)
    assert routes(parsed, "MN") == {}
    found = vrf(parsed.devices[0], "MN").policy_routes
    assert found
    assert all(any(isinstance(atom, Unknown) for atom in asks(policy.match)) for policy in found)
    assert [m.bounded for m in parsed.account.not_understood if m.concern is Concern.ROUTING] == [True]


@each
def test_what_bgp_does_not_have_is_not_taken(vendor: str) -> None:
    parsed = read(vendor, bgp=("10.20.0.0/24", "10.99.0.0/24") if vendor == "nxos" else ("connected", "ospf 1"))
    assert routes(parsed, "MN") == {}
    assert vrf(parsed.devices[0], "MN").policy_routes == ()


@each
def test_another_target_takes_nothing(vendor: str) -> None:
    parsed = read(vendor, ("import 65000:2", "import 65000:3"))
    assert routes(parsed, "MN") == {}
    assert vrf(parsed.devices[0], "MN").policy_routes == ()
    assert not [m for m in parsed.account.not_understood if m.concern is Concern.ROUTING]


@pytest.mark.parametrize("vendor", ["awplus", "ios"])
def test_what_neighbours_tell_stays_open(vendor: str) -> None:
    parsed = read(
        vendor, bgp=("  redistribute connected", "  redistribute connected\n  neighbor 10.20.0.9 remote-as 65001")
    )
    assert "10.20.0.0/24" in routes(parsed, "MN")
    assert any(m.concern is Concern.ROUTING and not m.bounded for m in parsed.devices[0].uncertain)


@pytest.mark.parametrize("vendor", ["awplus", "ios"])
def test_a_map_that_chooses_leaves_it_open(vendor: str) -> None:
    parsed = read(vendor, bgp=("redistribute connected", "redistribute connected route-map SOME"))
    assert routes(parsed, "MN") == {}
    (first, *_) = vrf(parsed.devices[0], "MN").policy_routes
    assert first.targets[0][1] in vrf(parsed.devices[0], "LG").interfaces


def test_an_own_route_that_is_longer_is_not_led_away() -> None:
    """Open: 10.21.0.0/16 by LG; certain: 10.21.5.0/24 on a link of MN."""
    extra = "interface vlan30\n ip vrf forwarding MN\n ip address 10.21.5.1/24\n!\nip route vrf LG 10.21"
    parsed = read("awplus", ("ip route vrf LG 10.21", extra), None)
    (policy,) = [
        p for p in vrf(parsed.devices[0], "MN").policy_routes if p.targets[0][0] == parse_address("10.20.0.254")
    ]
    assert "10.21.5.0" not in str(policy.match)
