"""An address that the network assigns opens routing only as far as nobody can tell what is behind the interface."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.networks.site import FORTIGATE_OPEN
from tests.parsers.packet_run import Runs
from zoneguard.model.addresses import V6
from zoneguard.model.device import Device, Route
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._assigned import given_default, leads_out
from zoneguard.parsers.cisco_asa import parse as asa
from zoneguard.parsers.cisco_ios import parse as ios
from zoneguard.parsers.fortios import parse as fortios
from zoneguard.parsers.nec_ix import parse as nec
from zoneguard.parsers.yamaha import parse as yamaha

Parse = Callable[[Source, str], Parsed]
OUT = "10.1.0.5 > 198.51.100.7 tcp/80"
HERE = SourceSpan("f", 1, 1)


def read(parse: Parse, text: str) -> tuple[Device, list[bool]]:
    """The device, and of what its account says to be assigned whether the model bounds it."""
    parsed = parse(Source("f", tuple(text.strip("\n").split("\n"))), "r")
    (device,) = parsed.devices
    entries = [e for e in parsed.account.not_understood if e.reason.startswith("dynamic routing")]
    return device, [entry.bounded for entry in entries]


def goes(device: Device, ingress: str, text: str = OUT) -> str:
    name = device.vrfs[0].name
    return Runs(name).goes(device, ingress, text)


YAMAHA = "ip lan1 address 10.1.0.1/24\nip lan3 address 10.3.0.1/24\nip lan2 address dhcp\n"
NEC = """
interface GigaEthernet1.0
  ip address 10.1.0.1/24
  no shutdown
interface GigaEthernet2.0
  ip address 10.3.0.1/24
  no shutdown
interface GigaEthernet0.0
  ip address {}
  no shutdown
"""
IOS = """
hostname r
interface GigabitEthernet1
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet3
 ip address 10.3.0.1 255.255.255.0
interface GigabitEthernet2
 ip address dhcp
"""
FORTIOS = (
    """
#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin
config system interface
    edit "lan"
        set ip 10.1.0.1 255.255.255.0
    next
    edit "lan3"
        set ip 10.3.0.1 255.255.255.0
    next
    edit "wan"
        set mode {}
    next
end
"""
    + FORTIGATE_OPEN
)


ASA = """
ASA Version 9.16(4)
hostname fw
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address {}
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
"""


def static(*settings: str) -> str:
    return "\n".join(("config router static", "edit 1", *(f"set {s}" for s in settings), "next", "end"))


NO_GATEWAY = "dhcp\n        set defaultgw disable"


@pytest.mark.parametrize(
    ("parse", "text", "lan", "wan"),
    [
        (yamaha, YAMAHA + "ip route default gateway dhcp lan2", "lan1", "lan2"),
        (yamaha, YAMAHA + "ip route default gateway dhcp lan2 gateway 10.3.0.9 hide", "lan1", "may"),
        (nec, NEC.format("dhcp receive-default"), "GigaEthernet1.0", "GigaEthernet0.0"),
        (nec, NEC.format("dhcp") + "ip route default GigaEthernet0.0", "GigaEthernet1.0", "GigaEthernet0.0"),
        (nec, NEC.format("ipcp") + "ip route default GigaEthernet0.0", "GigaEthernet1.0", "GigaEthernet0.0"),
        (nec, NEC.format("dhcp receive-default") + "ip route default 10.3.0.9", "GigaEthernet1.0", "may"),
        (nec, NEC.format("ipcp") + "ip route default 10.3.0.9", "GigaEthernet1.0", "GigaEthernet2.0"),
        (ios, IOS, "GigabitEthernet1", "GigabitEthernet2"),
        (ios, IOS + "ip route 0.0.0.0 0.0.0.0 GigabitEthernet2 dhcp", "GigabitEthernet1", "GigabitEthernet2"),
        (asa, ASA.format("dhcp setroute"), "inside", "outside"),
        (asa, ASA.format("pppoe setroute"), "inside", "outside"),
        (asa, ASA.format("dhcp") + "route outside 0.0.0.0 0.0.0.0 203.0.113.1", "inside", "outside"),
        (
            asa,
            ASA.format("dhcp setroute") + "interface Management0/0\n nameif mgmt\n management-only\n ip address dhcp",
            "inside",
            "outside",
        ),
        (fortios, FORTIOS.format("dhcp"), "lan", "wan"),
        (fortios, FORTIOS.format("pppoe"), "lan", "wan"),
        (fortios, FORTIOS.format(NO_GATEWAY) + static("dynamic-gateway enable", "device wan"), "lan", "wan"),
        (fortios, FORTIOS.format("dhcp") + static("gateway 10.3.0.9", "device lan3"), "lan", "may"),
        (fortios, FORTIOS.format("pppoe\nset distance 20") + static("gateway 10.3.0.9", "device lan3"), "lan", "lan3"),
    ],
)
def test_where_the_default_route_leads_out_nothing_more_is_open(parse: Parse, text: str, lan: str, wan: str) -> None:
    """Yamaha, ``ip route``: ``gateway dhcp IF``; NEC: ``ip address dhcp receive-default``; Cisco: the DHCP client's
    default route has distance 254; Fortinet: ``defaultgw``, ``distance`` (5) of an interface. "may": two ways."""
    device, bounded = read(parse, text)
    assert bounded
    assert all(bounded)
    assert not device.uncertain
    if wan == "may":
        assert len([r for r in device.vrfs[0].routes if not r.length]) == 2
    else:
        assert goes(device, lan) == wan


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (yamaha, YAMAHA),
        (yamaha, YAMAHA + "ip route default gateway 10.3.0.9"),
        (yamaha, YAMAHA + "ip route default gateway 192.0.2.1"),
        (yamaha, YAMAHA + "ip route default gateway dhcp lan2 filter 1"),
        (yamaha, YAMAHA + "ipv6 route default gateway fe80::1%lan2"),
        (nec, NEC.format("dhcp")),
        (nec, NEC.format("dhcp") + "ip route default 10.3.0.9"),
        (ios, IOS + "ip route 0.0.0.0 0.0.0.0 10.3.0.9"),
        (ios, IOS + " no ip dhcp client request router"),
        (asa, ASA.format("dhcp")),
        (asa, ASA.format("dhcp") + "route inside 0.0.0.0 0.0.0.0 10.1.0.9"),
        (fortios, FORTIOS.format(NO_GATEWAY)),
        (fortios, FORTIOS.format("dhcp\nset distance 20") + static("gateway 10.3.0.9", "device lan3")),
    ],
)
def test_what_nobody_can_tell_to_be_behind_the_interface_stays_open(parse: Parse, text: str) -> None:
    device, bounded = read(parse, text)
    assert bounded == [False]
    assert [entry.concern for entry in device.uncertain] == ["interface"]


def test_an_interface_that_is_down_asks_for_no_address() -> None:
    device, bounded = read(nec, NEC.format("dhcp receive-default").replace("no shutdown\n", "shutdown\n", 3))
    assert (bounded, device.uncertain) == ([], ())
    assert not device.vrfs[0].routes


def test_ranks() -> None:
    here, there = Route(0, 0, HERE, interface="a", distance=10), Route(0, 0, HERE, interface="b", distance=10, metric=5)
    six = Route(V6, 0, HERE, interface="b")
    assert leads_out((here, there, six), "a", v6=False)
    assert not leads_out((here, there, six), "b", v6=False)
    assert leads_out((here, there, six), "b", v6=True)
    assert given_default((here,), "a", HERE) == ()
    assert [(r.distance, r.metric) for r in given_default((here, there), "c", HERE, rank=(5, 1))] == [(10, 0)]
    assert [(r.distance, r.metric) for r in given_default((here,), "c", HERE, rank=(254, 0))] == [(254, 0)]
    assert [(r.network, r.distance) for r in given_default((here,), "c", HERE, v6=True, rank=(2, 0))] == [(V6, 2)]
