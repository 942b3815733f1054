"""ALAXALA AX as a whole: lines and their fate, interfaces, detection, routes, VRFs and what they import, any text.

Sources are named in docs/reference/alaxala.md.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.indented_run import addresses, context, packet, routed, table
from zoneguard.model.device import Concern, Device
from zoneguard.parsers import Parsed, Source, awplus
from zoneguard.parsers._indented.wholeness import PART
from zoneguard.parsers.alaxala import PLUGIN, parse
from zoneguard.parsers.reading import decode, detect, split_lines

SWITCH = """
#Last modified by operator at Mon Nov  2 10:00:00 2026 with version 12.1.K
hostname "庁舎AX-1"
vlan 1
  name "VLAN0001"
!
vlan 10,20
!
vlan 30
  name "インターネット接続系"
!
spanning-tree mode pvst
!
flow detection mode layer3-6
!
interface gigabitethernet 1/0/1
  description "住民課"
  switchport mode access
  switchport access vlan 10
!
interface tengigabitethernet 1/0/49
  channel-group 1 mode active
!
interface port-channel 1
  switchport mode trunk
  switchport trunk allowed vlan 10,20-30
  switchport trunk native vlan 30
!
interface loopback 0
  ip address 10.255.0.1
!
interface vlan 10
  ip address 10.10.0.1 255.255.255.0
  ip address 10.10.1.1 255.255.255.0 secondary
  ipv6 address 2001:db8:10::1/64
  vrrp 1 ip 10.10.0.254
  vrrp 1 priority 200
!
interface vlan 20
  ip address 10.20.0.1 255.255.255.0
  shutdown
!
ip route 0.0.0.0 0.0.0.0 10.10.0.9
ip route 10.40.0.0 255.255.0.0 10.10.0.8 noresolve
ip route 10.0.0.0 255.0.0.0 null 0 250
ip route 10.41.0.0 255.255.0.0 10.10.0.7 reject
ip route 10.42.0.0 255.255.0.0 10.10.0.7 noinstall
ipv6 route 2001:db8:40::/48 fe80::1 vlan 10
!
ntp client server 10.90.0.1
snmp-server community "public" ro
line vty 0 2
!
"""


def read(text: str) -> Parsed:
    return parse(Source("ax.cfg", tuple(text.strip("\n").split("\n"))), "ax")


def device(text: str) -> Device:
    (found,) = read(text).devices
    return found


def reasons(parsed: Parsed) -> dict[int, tuple[str, Concern, bool]]:
    return {m.span.first: (m.reason, m.concern, m.bounded) for m in parsed.account.not_understood}


LINES_OF_SWITCH = tuple(SWITCH.strip("\n").split("\n"))


def test_a_switch_is_read_whole() -> None:
    text = SWITCH.replace("10.255.0.1", "10.255.0.1 255.255.255.255")
    parsed = read(text)
    assert not parsed.account.not_understood
    found = parsed.devices[0]
    assert addresses(found) == {
        "loopback0": ["10.255.0.1/32"],
        "vlan10": ["10.10.0.1/24", "10.10.1.1/24", "2001:db8:10::1/64", "10.10.0.254/24"],
        "vlan20": ["10.20.0.1/24"],
    }
    assert not found.interface("vlan20").enabled
    assert found.interface("vlan10").vlan == 10
    assert table(found) == [
        "0.0.0.0/0 10.10.0.9",
        "10.40.0.0/16 10.10.0.8",
        "10.0.0.0/8 blackhole",
        "10.41.0.0/16 blackhole",
        "2001:db8:40::/48 fe80::1 vlan10",
    ]
    assert [r.distance for r in context(found).routes] == [2, 2, 250, 2, 2]
    assert [s.name for s in found.services] == ["snmp", "telnet"]


def test_every_line_of_it_has_one_fate() -> None:
    account = read(SWITCH).account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert account.total == len(LINES_OF_SWITCH)


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("ip route 10.0.0.0 255.0.255.0 10.0.0.1", Concern.ROUTING),
        ("ip route 10.0.0.0 255.0.0.0", Concern.ROUTING),
        ("ip route 10.0.0.0 255.0.0.0 10.0.0.1 poll", Concern.ROUTING),
        ("ip route 10.0.0.0 255.0.0.0 10.0.0.1 frob", Concern.ROUTING),
        ("router ospf 1\n  network 10.0.0.0 0.255.255.255 area 0", Concern.ROUTING),
        ("router bgp 65001", Concern.ROUTING),
        ("interface vlan 10\n  ip address 10.0.0.1 255.0.255.0", Concern.INTERFACE),
        ("interface vlan 10\n  ip address dhcp", Concern.INTERFACE),
        ("interface vlan 10\n  ip frobnicate", Concern.INTERFACE),
        ("interface vlan 10\n  ip access-group A sideways", Concern.FILTER),
        ("interface vlan 10\n  vrf forwarding 9", Concern.ROUTING),
        ("advance access-list A\n  deny mac any any", Concern.FILTER),
        ("vlan access-map A 10", Concern.FILTER),
        ("vlan 10 frobnicated", Concern.FILTER),
        ("frobnicate the packets", Concern.FILTER),
        ("vrf definition 2\n  frob", Concern.ROUTING),
    ],
)
def test_what_may_matter_and_is_not_understood_is_said(text: str, concern: Concern) -> None:
    assert concern in {m.concern for m in read(text).devices[0].uncertain}


VRFS = """
vrf definition 2
!
vrf definition 3
  import inter-vrf FROM2
!
interface vlan 10
  vrf forwarding 2
  ip address 10.10.0.1 255.255.255.0
!
interface vlan 11
  vrf forwarding 2
  ip address 10.11.0.1 255.255.255.0
!
interface vlan 20
  vrf forwarding 3
  ip address 10.20.0.1 255.255.255.0
!
interface vlan 30
  ip address 10.30.0.1 255.255.255.0
!
ip prefix-list P2 seq 10 deny 10.11.0.0/16 le 24
ip prefix-list P2 seq 20 permit 10.0.0.0/8 ge 16 le 24
!
route-map FROM2 permit 10
  match vrf 2
  match ip address prefix-list P2
!
ip route vrf 2 10.99.0.0 255.255.0.0 10.10.0.254
ip route vrf 2 10.98.0.0 255.255.0.0 10.77.0.1
ip route 10.88.0.0 255.255.0.0 10.30.0.254
"""


def test_vrfs_are_contexts_and_import_by_a_route_map_with_distance_210() -> None:
    found = device(VRFS)
    assert not found.uncertain
    assert [(v.name, sorted(v.interfaces)) for v in found.vrfs] == [
        ("main", ["vlan30"]),
        ("2", ["vlan10", "vlan11"]),
        ("3", ["vlan20"]),
    ]
    assert table(found, "2") == ["10.99.0.0/16 10.10.0.254", "10.98.0.0/16 10.77.0.1"]
    # 10.11.0.0/24 is denied by the prefix list, 10.98.0.0/16 has no next hop that is up, 10.88.0.0/16 is of no VRF 2
    assert table(found, "3") == ["10.10.0.0/24 vlan10", "10.99.0.0/16 10.10.0.254 vlan10"]
    assert {r.distance for r in context(found, "3").routes} == {210}
    line = 1 + VRFS.strip("\n").split("\n").index("  import inter-vrf FROM2")
    assert {r.span.first for r in context(found, "3").routes} == {line}  # what lets them in, not where they come from


def test_imported_routes_are_not_imported_again() -> None:
    text = VRFS + "vrf definition 4\n  import inter-vrf FROM3\nroute-map FROM3 permit 10\n  match vrf 3\n"
    assert table(device(text), "4") == ["10.20.0.0/24 vlan20"]


@pytest.mark.parametrize(
    ("clauses", "imported"),
    [
        ("route-map FROM2 permit 10\n  match vrf global\n", ["10.30.0.0/24 vlan30", "10.88.0.0/16 10.30.0.254 vlan30"]),
        (
            "route-map FROM2 deny 10\n  match vrf 2\nroute-map FROM2 permit 20\n  match protocol connected\n",
            ["10.30.0.0/24 vlan30"],
        ),
        (
            "route-map FROM2 permit 20\n  match vrf 2\n  match protocol static\n  set distance 5\n",
            ["10.99.0.0/16 10.10.0.254 vlan10"],
        ),
        (
            "route-map FROM2 permit 10\n  match ip address prefix-list P9\nip prefix-list P9 permit 10.10.0.0/24\n",
            ["10.10.0.0/24 vlan10"],
        ),
    ],
)
def test_route_maps(clauses: str, imported: list[str]) -> None:
    before, _, after = VRFS.partition("route-map FROM2 permit 10\n  match vrf 2\n  match ip address prefix-list P2\n")
    found = device(before + clauses + after)
    assert table(found, "3") == imported
    assert not found.uncertain


def test_a_distance_that_is_set_stands() -> None:
    text = VRFS.replace("  match vrf 2\n", "  match vrf 2\n  set distance 7\n")
    assert {r.distance for r in context(device(text), "3").routes} == {7}


@pytest.mark.parametrize(
    "line", ["  match tag 5", "  match ip address STANDARD", "  match ip address prefix-list NONE"]
)
def test_imports_that_depend_on_what_is_not_known_are_uncertain(line: str) -> None:
    parsed = read(VRFS.replace("  match ip address prefix-list P2", line))
    assert [(m.span.first, m.concern) for m in parsed.devices[0].uncertain] == [(4, Concern.ROUTING)]


def test_a_route_map_that_is_not_there_imports_nothing_and_is_said() -> None:
    parsed = read(VRFS.replace("inter-vrf FROM2", "inter-vrf NONE"))
    assert table(parsed.devices[0], "3") == []
    assert [m.concern for m in parsed.devices[0].uncertain] == [Concern.ROUTING]


def test_a_static_route_may_have_its_next_hop_in_another_vrf() -> None:
    text = (
        VRFS
        + "ip route vrf 3 10.66.0.0 255.255.0.0 10.30.0.9 global\n"
        + "ip route vrf 3 10.67.0.0 255.255.0.0 10.10.0.9 vrf 2\n"
    )
    assert table(device(text), "3")[:2] == ["10.66.0.0/16 10.30.0.9 vlan30", "10.67.0.0/16 10.10.0.9 vlan10"]
    parsed = read(VRFS + "ip route vrf 3 10.66.0.0 255.255.0.0 10.55.0.9 global\n")
    assert [m.concern for m in parsed.devices[0].uncertain] == [Concern.ROUTING]


def test_the_global_network_may_import_too() -> None:
    text = VRFS + "vrf definition global\n  import inter-vrf FROM2\n"
    assert "10.10.0.0/24 vlan10" in table(device(text))


PBR = """
ip access-list extended WAY
  10 permit tcp any any eq http action policy vlan 30 next-hop 10.30.0.9
  20 permit tcp any any eq https action policy-list 1
  30 permit tcp any any eq 8080 action policy-list 2
  40 deny udp any any
  50 permit ip any any
!
policy-list 1
  20 policy-interface vlan 30 next-hop 10.30.0.8
  10 policy-interface vlan 31 next-hop 10.31.0.8 track-object 5
  default deny
!
policy-list 2
  10 policy-interface vlan 31 next-hop 10.31.0.7 track-object 5
  default permit
!
interface vlan 10
  ip address 10.10.0.1 255.255.255.0
  ip access-group WAY in
!
interface vlan 11
  ip address 10.11.0.1 255.255.255.0
  ip access-group WAY out
!
interface vlan 30
  ip address 10.30.0.1 255.255.255.0
!
interface vlan 31
  ip address 10.31.0.1 255.255.255.0
!
ip route 0.0.0.0 0.0.0.0 10.30.0.254
"""


def test_entries_for_what_comes_in_may_say_where_it_goes() -> None:
    found = device(PBR)
    assert not found.uncertain

    def way(what: str, ingress: str = "vlan10") -> set[str]:
        return routed(found, packet("10.10.0.5", "198.51.100.1", what), ingress)

    assert way("tcp/80") == {"10.30.0.9 vlan30"}
    assert way("tcp/443") == {"10.31.0.8 vlan31", "10.30.0.8 vlan30"}  # the first way is tracked and may be down
    assert way("tcp/8080") == {"10.31.0.7 vlan31", "10.30.0.254"}  # down: its default is the table
    assert way("tcp/22") == {"10.30.0.254"}
    assert way("tcp/80", "vlan11") == {"10.30.0.254"}  # a list for what goes out leads nothing anywhere


@pytest.mark.parametrize("action", ["policy-list 9", "policy vlan 30", "teleport", "policy"])
def test_a_way_that_cannot_be_read_is_uncertain(action: str) -> None:
    parsed = read(PBR.replace("policy vlan 30 next-hop 10.30.0.9", action))
    assert [(m.span.first, m.concern) for m in parsed.devices[0].uncertain] == [(2, Concern.ROUTING)]


def test_encodings_and_line_ends() -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp932", "euc_jp"):
        text, _ = decode(SWITCH.replace("\n", "\r\n").encode(encoding), "ax.cfg")
        found = parse(Source("ax.cfg", split_lines(text)), "ax").devices[0]
        assert addresses(found)["vlan20"] == ["10.20.0.1/24"]


def test_a_pasted_session() -> None:
    parsed = read("ax> enable\nax# show running-config\ninterface vlan 10\n  ip address 10.0.0.1 255.0.0.0\n!\nax#")
    assert addresses(parsed.devices[0]) == {"vlan10": ["10.0.0.1/8"]}
    assert not parsed.account.not_understood


def test_static_arp() -> None:
    (binding,) = device("arp 10.0.0.9 vlan 10 0012.e200.5310").mac_bindings
    assert (binding.address, binding.mac, binding.interface) == ((10 << 24) + 9, 0x0012E2005310, "vlan10")


def test_a_list_alone_is_told_from_that_of_its_relatives_by_its_quotes() -> None:
    text = 'ip access-list extended "LGWAN-IN"\n  10 permit tcp any host 10.30.50.10 eq https\n  20 deny ip any any'
    lines = tuple(text.split("\n"))
    assert detect(Source("ax.cfg", lines)).name == "alaxala"
    assert detect(Source("ios.cfg", (lines[0].replace('"', ""), *lines[1:]))).name == "cisco-ios"


def test_detection_by_content() -> None:
    source = Source("f", split_lines(SWITCH))
    assert PLUGIN.sniff(source) > 0.95
    assert detect(source).name == "alaxala"
    headless = Source("f", source.lines[2:])
    assert 0.9 < PLUGIN.sniff(headless) < 0.95
    assert detect(headless).name == "alaxala"
    assert awplus.PLUGIN.sniff(headless) < 0.5
    ios = "interface Vlan10\n ip address 10.0.0.1 255.255.255.0\n ip access-group A in\nip access-list extended A\n"
    assert PLUGIN.sniff(Source("f", split_lines(ios))) < 0.5


def test_a_part_of_a_configuration_is_not_taken_for_the_whole() -> None:
    parsed = read("ip access-list extended X\n  permit ip any any\n")
    assert [(m.reason, m.concern) for m in parsed.devices[0].uncertain] == [(PART, Concern.INTERFACE)]


def test_an_interface_twice_with_another_address_is_said() -> None:
    one = "interface vlan 10\n  ip address 10.0.0.1 255.255.255.0\n"
    assert not read(one + one).devices[0].uncertain
    parsed = read(one + one.replace("10.0.0.1", "10.0.9.1"))
    assert [(m.span.first, m.concern) for m in parsed.devices[0].uncertain] == [(4, Concern.INTERFACE)]


SAID = """
interface vlan 10 20 gigabitethernet 1/0/1 port-channel 1 ip ipv6 mac address route access-list extended standard A 100
permit deny tcp udp icmp ip any host 10.0.0.1 0.0.0.255 255.255.255.0 2001:db8::/32 eq range http 80 443 established ack
access-group traffic-filter in out switchport mode trunk access allowed native vrf definition forwarding 2 3 global
import inter-vrf M route-map match prefix-list seq le ge 24 action policy policy-list policy-interface next-hop default
track-object null 0 reject noinstall poll shutdown 0012.e200.0001 ffff.ffff.ffff vrrp "x ! arp range-address own dscp -
"""
WORDS = st.sampled_from(SAID.split())
LINES = st.lists(
    st.tuples(st.integers(0, 2), st.lists(WORDS, max_size=9).map(" ".join)).map(lambda p: "  " * p[0] + p[1]),
    max_size=25,
)


def check_accounts(lines: tuple[str, ...]) -> None:
    parsed = parse(Source("f", lines), "ax")
    account = parsed.account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(lines)
    (found,) = parsed.devices
    told = tuple(m for m in found.uncertain if m.reason != PART)
    assert told == tuple(m for m in account.not_understood if m.concern is not Concern.OTHER and not m.bounded)
    assert len(told) < len(found.uncertain) or addresses(found)
    mine = [name for vrf in found.vrfs for name in vrf.interfaces]
    assert sorted(mine) == sorted(i.name for i in found.interfaces)
    assert 0 <= PLUGIN.sniff(Source("f", lines)) <= 1


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_commands_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check_accounts(tuple(lines))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_accounted_for(text: str) -> None:
    check_accounts(split_lines(text))


def test_hostile_lines() -> None:
    lines = (
        "interface vlan " + "9" * 10_000,
        "ip access-list extended X",
        "  permit tcp " + "any " * 50_000,
        "  deny ip 10.0.0.0 " + "9" * 50_000,
        "ip prefix-list P permit 0.0.0.0/0 le 99999999999999999999",
        "interface port-channel 1",
        "  switchport trunk allowed vlan " + ",".join(["1-4095"] * 500),
        "a" * 300_000,
        '"' * 5001,
        *(" " * depth + "vrf definition 2" for depth in range(200)),
    )
    check_accounts(lines)


@pytest.mark.parametrize("line", ["vlan 10", "vlan 10-12,20 protocol-based", "vlan 30 mac-based", "vlan-up-message"])
def test_a_vlan_by_itself_opens_nothing(line: str) -> None:
    text = "interface vlan 10\n  ip address 10.0.0.1 255.0.0.0\n" + line
    assert not read(text).devices[0].uncertain


def test_a_route_map_that_asks_for_an_unknown_vrf_is_open() -> None:
    text = VRFS.replace("  match vrf 2\n", "  match vrf 2 others\n")
    assert "match vrf 2 others" in str(read(text).account.not_understood)
