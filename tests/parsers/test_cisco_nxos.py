"""NX-OS: lists on ports, VLANs and routed interfaces, contexts, and what differs from IOS."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.cisco_run import device as made
from tests.parsers.cisco_run import ends, goes
from tests.parsers.cisco_run import open_lines as lines_left_open
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Concern, Device, Misunderstood
from zoneguard.parsers import Source
from zoneguard.parsers.cisco_nxos import PLUGIN, parse

BASE = """
hostname sw1
feature interface-vlan
{more}
interface Vlan10
  no shutdown
  ip address 10.1.0.1/24
  ipv6 address 2001:db8:1::1/64
  {lan}
interface Vlan20
  no shutdown
  ip address 10.2.0.1/24
  ipv6 address 2001:db8:2::1/64
interface Ethernet1/1
  no switchport
  ip address 203.0.113.1/24
  no shutdown
ip route 0.0.0.0/0 203.0.113.254
"""
WEB, MAIL = "10.1.0.5 > 10.2.0.5 tcp/80", "10.1.0.5 > 10.2.0.5 tcp/25"
COMMANDS = "Cisco Nexus 7000 Series Security Command Reference"


def device(text: str) -> Device:
    return made(text, parse)


def open_lines(text: str) -> list[Misunderstood]:
    return lines_left_open(text, parse)


def switch(more: str = "", lan: str = "no ip redirects") -> Device:
    return device(BASE.format(more=more, lan=lan))


def test_a_list_on_a_routed_interface() -> None:
    rules = "ip access-list A\n  10 permit tcp 10.1.0.0/24 any eq www\n  20 permit icmp any any echo"
    found = switch(rules, "ip access-group A in")
    assert goes(found, "Vlan10", WEB) == "Vlan20"
    assert goes(found, "Vlan10", MAIL) == "deny"
    assert goes(found, "Vlan10", "2001:db8:1::5 > 2001:db8:2::5 tcp/25") == "Vlan20"


def test_prefixes_wildcards_and_numbers() -> None:
    rules = "ip access-list A\n  30 permit ip any any\n  10 deny ip 10.1.0.1 0.0.254.254 any\n  statistics per-entry"
    found = switch(rules, "ip access-group A in")
    assert goes(found, "Vlan10", WEB) == "deny"
    assert goes(found, "Vlan10", "10.1.0.6 > 10.2.0.5 tcp/80") == "Vlan20"


def test_a_list_that_is_deleted_does_not_affect_traffic() -> None:
    assert COMMANDS
    assert goes(switch("", "ip access-group GONE in"), "Vlan10", MAIL) == "Vlan20"


def test_what_an_empty_list_does_is_open() -> None:
    assert ends(switch("ip access-list A", "ip access-group A in"), "Vlan10", MAIL) == {"Vlan20", "deny"}


def test_object_groups_take_wildcard_masks() -> None:
    groups = """
object-group ip address SERVERS
  10 host 10.2.0.5
  20 10.2.0.32/27
  30 10.2.0.128 0.0.0.127
object-group ip port WEB
  10 eq 80
  20 range 8080 8089
ip access-list A
  10 permit tcp any addrgroup SERVERS portgroup WEB
"""
    found = switch(groups, "ip access-group A in")
    for dst, port, expected in (
        ("10.2.0.5", 80, "Vlan20"), ("10.2.0.40", 8085, "Vlan20"), ("10.2.0.200", 80, "Vlan20"),
        ("10.2.0.6", 80, "deny"), ("10.2.0.5", 443, "deny"),
    ):  # fmt: skip
        assert goes(found, "Vlan10", f"10.1.0.5 > {dst} tcp/{port}") == expected


def test_later_fragments() -> None:
    fragment = "10.1.0.5 > 10.2.0.5 tcp"
    plain = "ip access-list A\n  10 permit tcp any any eq 80"
    assert ends(switch(plain, "ip access-group A in"), "Vlan10", fragment, fragment=1) == {"Vlan20", "deny"}
    for word, expected in (("permit-all", "Vlan20"), ("deny-all", "deny")):
        rules = f"ip access-list A\n  fragments {word}\n  10 deny udp any any\n  20 permit icmp any any"
        assert goes(switch(rules, "ip access-group A in"), "Vlan10", fragment, fragment=1) == expected


def test_lists_of_ipv6_let_routers_speak_as_well() -> None:
    found = switch("ipv6 access-list SIX\n  10 permit tcp any any eq 443", "ipv6 traffic-filter SIX in")
    for what, expected in (("tcp/443", "Vlan20"), ("icmp6/134", "Vlan20"), ("icmp6/136", "Vlan20"), ("tcp/80", "deny")):
        assert goes(found, "Vlan10", f"2001:db8:1::5 > 2001:db8:2::5 {what}") == expected


def test_a_list_on_a_switched_port() -> None:
    ports = """
ip access-list A
  10 permit tcp any any eq 80
interface Ethernet1/{0}
  switchport
  switchport access vlan 10
  ip port access-group A in
"""
    assert goes(switch(ports.format(9)), "Vlan10", MAIL) == "deny"  # the only port of the VLAN
    other = "interface Ethernet1/10\n  switchport access vlan 10"
    assert ends(switch(ports.format(9) + other), "Vlan10", MAIL) == {"Vlan20", "deny"}


def test_a_routed_list_on_a_switched_port_is_not_active() -> None:
    rules = "ip access-list A\n  10 deny ip any any\ninterface Ethernet1/9\n  switchport\n  ip access-group A in"
    assert goes(switch(rules), "Vlan10", MAIL) == "Vlan20"


def test_vlan_maps() -> None:
    rules = """
ip access-list MAIL
  10 permit tcp any any eq 25
ip access-list ALL
  10 permit ip any any
vlan access-map M 10
  match ip address MAIL
  action drop
vlan access-map M 20
  match ip address ALL
  action forward
vlan filter M vlan-list 10,30-39
"""
    assert goes(switch(rules), "Vlan10", MAIL) == "deny"
    assert goes(switch(rules), "Vlan10", WEB) == "Vlan20"
    assert goes(switch(rules), "Vlan20", "10.2.0.5 > 10.1.0.5 tcp/25") == "deny"


def test_contexts_and_shared_addresses() -> None:
    found = device("""
hostname sw1
vrf context MN
  ip route 10.9.0.0/16 10.1.0.9 name branch 200
  ip route 10.8.0.0/16 Null0
interface Vlan10
  no shutdown
  vrf member MN
  ip address 10.1.0.2/24
  ip address 10.1.1.2/24 secondary
  hsrp 1
    ip 10.1.0.1
    priority 110
""")
    assert {v.name for v in found.vrfs} == {"MN"}
    assert goes(found, "Vlan10", "10.1.0.5 > 10.9.0.1 tcp/80", vrf="MN") == "Vlan10"
    assert goes(found, "Vlan10", "10.1.0.5 > 10.8.0.1 tcp/80", vrf="MN") == "deny"
    assert goes(found, "Vlan10", "10.1.0.5 > 10.1.0.1 tcp/22", vrf="MN") == "local"
    assert [format(a.address - parse_address("10.1.0.0"), "d") for a in found.interface("Vlan10").addresses] == [
        "2", "258", "1",
    ]  # fmt: skip


def test_the_interface_of_a_vlan_is_down_unless_it_is_said_to_be_up() -> None:
    text = "hostname sw1\ninterface Vlan10\n  ip address 10.1.0.1/24\ninterface Ethernet1/1\n  ip address 10.2.0.1/24"
    found = device(text)
    assert (found.interface("Vlan10").enabled, found.interface("Ethernet1/1").enabled) == (False, True)
    (entry,) = open_lines(text)
    assert (entry.text, entry.concern, entry.bounded) == ("interface Ethernet1/1", Concern.INTERFACE, True)


def test_several_interfaces_at_once() -> None:
    text = "hostname sw1\ninterface Ethernet1/1-3\n  switchport\n  switchport access vlan 10"
    assert [i.name for i in device(text).interfaces] == ["Ethernet1/1", "Ethernet1/2", "Ethernet1/3"]


def test_a_port_profile_is_read_where_it_is_inherited() -> None:
    rules = """
ip access-list A
  10 permit tcp any any eq 80
port-profile type ethernet P
  switchport
  switchport access vlan 10
  ip port access-group A in
  state enabled
interface Ethernet1/9
  inherit port-profile P
"""
    assert goes(switch(rules), "Vlan10", MAIL) == "deny"
    (entry,) = open_lines("hostname a\ninterface Ethernet1/9\n  inherit port-profile NONE")
    assert entry.concern is Concern.FILTER


def test_policy_routing() -> None:
    rules = """
ip access-list WEB
  10 permit tcp any any eq 80
route-map PBR permit 10
  match ip address WEB
  set ip next-hop 203.0.113.77
"""
    found = switch(rules, "ip policy route-map PBR")
    assert goes(found, "Vlan10", WEB) == "Ethernet1/1"
    assert goes(found, "Vlan10", MAIL) == "Vlan20"


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("router ospf 1\n  area 0 range 10.0.0.0/8", Concern.ROUTING),
        ("interface Ethernet1/1\n  ip router ospf 1 area 0.0.0.0", Concern.ROUTING),
        ("vrf context A\n  vni 50000", Concern.ROUTING),
        ("interface Ethernet1/1\n  ip nat inside", Concern.NAT),
        ("ip warp-drive on", Concern.FILTER),
    ],
)
def test_what_is_not_modelled_is_said(text: str, concern: Concern) -> None:
    assert [m.concern for m in open_lines(f"hostname a\n{text}")] == [concern]


@pytest.mark.parametrize(
    ("text", "is_nxos"),
    [
        ("feature hsrp\ninterface Vlan10\n  ip address 10.0.0.1/24", True),
        ("ip access-list A\n  10 permit ip 10.0.0.0/8 any\ninterface Ethernet1/1\n  ip access-group A in", True),
        ("version 15.2\nhostname r1\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0", False),
        ("interface vlan1\n ip address 192.168.1.1/24\nzone private\n network lan", False),
    ],
)
def test_detection(text: str, is_nxos: bool) -> None:
    assert (PLUGIN.sniff(Source("x", tuple(text.split("\n")))) >= 0.3) is is_nxos


_COMMANDS = """
interface Ethernet1/1-4 Vlan10 ip address 10.0.0.1/24 access-list A permit deny tcp any host eq 80 10 object-group port
addrgroup portgroup G route 0.0.0.0/0 Null0 vrf context member hsrp 1 shutdown no switchport access vlan access-map M
filter vlan-list 10-20 match action drop port access-group in port-profile inherit route-map set next-hop fragments
permit-all feature router ospf area
"""
_WORDS = st.sampled_from(_COMMANDS.split())


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(_WORDS, max_size=8)), max_size=40))
def test_any_words_are_accounted_for(lines: list[tuple[int, list[str]]]) -> None:
    source = Source("x", tuple("  " * indent + " ".join(words) for indent, words in lines))
    account = parse(source, "x").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert 0 <= PLUGIN.sniff(source) <= 1
