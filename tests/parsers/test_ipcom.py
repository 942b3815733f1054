"""Fujitsu IPCOM: what is read, that all else is open, detection, any text. Sources: docs/reference/ipcom.md."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Concern, Device
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.ipcom import ASSIGNED, NOT_PUBLIC, OPEN, PLUGIN, SEVERAL_ROUTES, UNREAD, parse
from zoneguard.parsers.reading import detect
from zoneguard.static.trace import Disposition, Outcome, run_vrf, trace_packet

BOX = """
ipcom# show running-config
hostname ipcom1
user-role administrator
  description "Default user role"
  exit
interface lan0.0
  description inside
  ip address 192.168.1.1/24
  ip-routing
  auto-negotiation on
  rule access 100 in any
  exit
interface lan0.1
  ip address 203.0.113.2 255.255.255.252
  ip-routing
  exit
interface bnd0.20
  vlan-link lan0.2 tag
  exit
ip route 0.0.0.0/0 203.0.113.1 distance 5
access-control default-deny
"""


def read(text: str) -> Parsed:
    return parse(Source("ipcom.cfg", tuple(text.strip("\n").split("\n"))), "ipcom")


def device(text: str) -> Device:
    (found,) = read(text).devices
    return found


def reasons(text: str) -> list[tuple[int, str, Concern]]:
    return [(m.span.first, str(m.reason), m.concern) for m in read(text).account.not_understood]


def test_interfaces_and_routes_are_read_and_all_else_is_said() -> None:
    found = device(BOX)
    assert {i.name: [(format_address(a.address), a.length) for a in i.addresses] for i in found.interfaces} == {
        "lan0.0": [("192.168.1.1", 24)], "lan0.1": [("203.0.113.2", 30)], "bnd0.20": [],
    }  # fmt: skip
    (route,) = found.vrfs[0].routes
    assert (route.length, format_address(route.next_hop or 0), route.distance) == (0, "203.0.113.1", 5)
    assert reasons(BOX) == [(11, NOT_PUBLIC, Concern.FILTER), (21, NOT_PUBLIC, Concern.FILTER)]


def test_no_packet_is_said_to_pass_or_to_be_dropped() -> None:
    found = device(BOX.replace("  rule access 100 in any\n", "").replace("access-control default-deny\n", ""))
    assert [str(m.reason) for m in found.uncertain] == [OPEN]
    for to in ("198.51.100.7", "203.0.113.2"):
        packet = Packet(parse_address("192.168.1.5"), parse_address(to), 6, 50000, 443, flags=2)
        assert run_vrf(found, "main", "lan0.0", packet).outcome is Outcome.UNDETERMINED
        assert trace_packet([found], packet).disposition is Disposition.UNDETERMINED


def test_what_cannot_be_read_is_named_with_its_line() -> None:
    text = ("interface lan0.0\n  ip address auto\n  ip address 10.0.0.300/24\n  ip address 10.0.0.1\n  exit\n"
            "ip route 10.1.0.0/16 10.0.0.2\nip route 10.1.0.0/16 10.0.0.3\nip route 10.2.0.0/16 lan0.1\nip route\n"
            "ip route 10.3.0.0/16 10.0.0.2 track 1\n")  # fmt: skip
    assert reasons(text) == [
        (2, ASSIGNED, Concern.INTERFACE), (3, UNREAD, Concern.INTERFACE), (4, UNREAD, Concern.INTERFACE),
        (7, SEVERAL_ROUTES, Concern.ROUTING), (8, UNREAD, Concern.ROUTING), (9, UNREAD, Concern.ROUTING),
        (10, UNREAD, Concern.ROUTING),
    ]  # fmt: skip


def test_it_is_told_by_its_interfaces() -> None:
    lines = tuple(BOX.split("\n"))
    assert detect(Source("x", lines)).name == "ipcom"
    vlan = ("hostname a", "vlan database", "interface vlan10", " ip address 10.0.0.1/24", "service ssh", "zone a")
    assert PLUGIN.sniff(Source("x", vlan)) == 0
    assert detect(Source("x", ("hostname r", "interface GigabitEthernet0/0", " ip address 10.0.0.1 255.0.0.0",
                               "ip route 0.0.0.0 0.0.0.0 10.0.0.2"))).name == "cisco-ios"  # fmt: skip


LINES = st.sampled_from(
    [*BOX.split("\n"), "interface", "interface lan0.0 x", " ip address", "ip route 1/2/3 4", "\x00", "no", "exit"]
)


@given(st.lists(LINES, max_size=12))
def test_any_text_is_accounted_for(lines: list[str]) -> None:
    parsed = parse(Source("x", tuple(lines)), "x")
    account = parsed.account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == len(lines)
    assert OPEN in [str(m.reason) for m in parsed.devices[0].uncertain]
