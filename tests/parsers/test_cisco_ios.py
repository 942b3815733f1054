"""IOS: the traps of its access lists, routes and interfaces, each with where its meaning is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.cisco_run import DMZ, LAN, SYNACK, WAN, device, ends, goes, open_lines, read, router
from tests.parsers.yamaha_run import unknowns
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Concern, RouteKind
from zoneguard.model.match import ConnState
from zoneguard.parsers import Source
from zoneguard.parsers.cisco_ios import PLUGIN, parse

WEB = "10.1.0.5 > 10.2.0.5 tcp/80"
MAIL = "10.1.0.5 > 10.2.0.5 tcp/25"
GUIDE = "Catalyst 2960-X, Consolidated Platform Configuration Guide 15.2(4)E, 'Access List Rules'"
FRAGMENTS = "IOS IP Configuration Guide, 'Specifying IP Extended Access Lists with Fragment Control'"


def acl(*lines: str, name: str = "extended A") -> str:
    return "\n ".join([f"ip access-list {name}", *lines])


def test_an_interface_without_a_list_forwards_everything() -> None:
    assert goes(router(), LAN, WEB) == DMZ


def test_what_no_line_permits_is_denied() -> None:
    found = router(acl("permit tcp any any eq 80"), lan="ip access-group A in")
    assert goes(found, LAN, WEB) == DMZ
    assert goes(found, LAN, MAIL) == "deny"
    assert goes(found, DMZ, "10.2.0.5 > 10.1.0.5 tcp/25") == LAN


@pytest.mark.parametrize("lines", ["", acl(), acl("remark nothing here")])
def test_a_list_that_is_missing_or_empty_lets_everything_pass(lines: str) -> None:
    assert GUIDE
    found = router(lines, lan="ip access-group A in")
    assert goes(found, LAN, MAIL) == DMZ


def test_a_list_missing_from_a_part_of_a_configuration_is_open() -> None:
    text = "interface GigabitEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n ip access-group A in"
    (entry,) = open_lines(text)
    assert (entry.concern, entry.bounded) == (Concern.FILTER, True)
    assert goes(device(text), LAN, "10.1.0.5 > 10.1.0.9 tcp/80") == "may"


def test_lines_are_asked_by_their_numbers() -> None:
    found = router(acl("20 permit ip any any", "10 deny tcp any any eq 80"), lan="ip access-group A in")
    assert goes(found, LAN, WEB) == "deny"
    assert goes(found, LAN, MAIL) == DMZ


def test_numbered_lists_and_a_host_without_mask() -> None:
    lines = "access-list 10 permit 10.1.0.5\naccess-list 10 deny any\naccess-list 110 permit tcp any any eq www log"
    found = router(lines, lan="ip access-group 10 in", dmz="ip access-group 110 out")
    assert goes(found, LAN, WEB) == DMZ
    assert goes(found, LAN, MAIL) == "deny"
    assert goes(found, LAN, "10.1.0.6 > 10.2.0.5 tcp/80") == "deny"


def test_masks_with_holes() -> None:
    found = router(acl("permit ip 10.1.0.1 0.0.254.254 any"), lan="ip access-group A in")  # odd hosts of even subnets
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == DMZ
    assert goes(found, LAN, "10.1.0.6 > 10.2.0.5 tcp/80") == "deny"


def test_a_list_going_out_is_asked_by_the_interface_of_the_route() -> None:
    found = router(acl("permit tcp any any eq 80"), dmz="ip access-group A out")
    assert goes(found, LAN, WEB) == DMZ
    assert goes(found, LAN, MAIL) == "deny"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/25") == WAN


def test_a_list_going_out_does_not_see_packets_to_the_router() -> None:
    found = router(acl("deny ip any any"), dmz="ip access-group A out")
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.1 tcp/22") == "local"


def test_a_list_going_in_sees_packets_to_the_router() -> None:
    found = router(acl("deny ip any any"), lan="ip access-group A in")
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/22") == "deny"


def test_established_is_a_flag_not_a_session() -> None:
    found = router(acl("permit tcp any any established"), lan="ip access-group A in")
    assert goes(found, LAN, WEB, flags=2) == "deny"
    assert goes(found, LAN, WEB, flags=16) == DMZ  # no session is asked for: a lone ACK passes


def test_a_permit_with_ports_takes_later_fragments_a_deny_does_not() -> None:
    assert FRAGMENTS
    found = router(acl("deny tcp any any eq 25", "permit tcp any any eq 80"), lan="ip access-group A in")
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp", fragment=1) == DMZ
    refused = router(acl("deny tcp any any fragments", "permit tcp any any"), lan="ip access-group A in")
    assert goes(refused, LAN, "10.1.0.5 > 10.2.0.5 tcp", fragment=1) == "deny"
    assert goes(refused, LAN, WEB) == DMZ


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("permit icmp any any echo", DMZ),
        ("permit icmp any any 8", DMZ),
        ("permit icmp any any 8 0", DMZ),
        ("permit icmp any any echo-reply", "deny"),
        ("permit icmp any any", DMZ),
        ("permit 1 any any", DMZ),
    ],
)
def test_messages(line: str, expected: str) -> None:
    assert goes(router(acl(line), lan="ip access-group A in"), LAN, "10.1.0.5 > 10.2.0.5 icmp/8") == expected


@pytest.mark.parametrize(
    "option", ["time-range NIGHT", "dscp ef", "precedence critical", "ttl eq 1", "option any-options"]
)
def test_what_the_model_does_not_have_is_open(option: str) -> None:
    found = router(acl(f"permit tcp any any eq 80 {option}"), lan="ip access-group A in")
    assert ends(found, LAN, WEB) == {DMZ, "deny"}
    assert goes(found, LAN, MAIL) == "deny"


def test_one_time_range_is_on_for_all_lines_at_once() -> None:
    lines = acl("permit tcp any any eq 80 time-range N", "deny ip any any time-range N", "permit ip any any")
    assert goes(router(lines, lan="ip access-group A in"), LAN, WEB) == DMZ


def test_a_line_that_cannot_be_read_is_open_with_its_action() -> None:
    text = acl("deny tcp any any eq nonsense", "permit ip any any")
    found = router(text, lan="ip access-group A in")
    assert ends(found, LAN, WEB) == {DMZ, "deny"}
    assert [(m.concern, m.bounded) for m in open_lines(text)] == [(Concern.FILTER, True)]


def test_the_same_number_twice_is_not_decided_silently() -> None:
    (entry,) = open_lines(acl("10 permit ip any any", "10 deny ip any any"))
    assert (entry.span.first, entry.concern, entry.bounded) == (3, Concern.FILTER, False)


def test_object_groups() -> None:
    groups = """
object-group network SERVERS
 host 10.2.0.5
 10.2.0.32 255.255.255.224
 group-object MORE
object-group network MORE
 range 10.2.0.90 10.2.0.99
object-group service WEB
 tcp eq www
 tcp range 8080 8089
 icmp echo
"""
    rule = acl("permit object-group WEB any object-group SERVERS")
    found = router(groups, rule, lan="ip access-group A in")
    for dst, what, expected in (
        ("10.2.0.5", "tcp/80", DMZ), ("10.2.0.40", "tcp/8085", DMZ), ("10.2.0.95", "icmp/8", DMZ),
        ("10.2.0.100", "tcp/80", "deny"), ("10.2.0.5", "tcp/443", "deny"),
    ):  # fmt: skip
        assert goes(found, LAN, f"10.1.0.5 > {dst} {what}") == expected


@pytest.mark.parametrize(
    "group", ["", "object-group network G\n group-object G", "object-group network G\n description none"]
)
def test_groups_that_are_missing_or_contain_themselves_are_open(group: str) -> None:
    rule = acl("permit ip any object-group G")
    assert ends(router(group, rule, lan="ip access-group A in"), LAN, WEB) == {DMZ, "deny"}
    assert any("object group" in m.reason and m.bounded for m in open_lines(f"hostname a\n{group}\n{rule}\n"
        "interface Gi0/0\n ip address 10.1.0.1 255.255.255.0\n ip access-group A in"))  # fmt: skip


def test_reflexive_lists_let_answers_back_and_nothing_else() -> None:
    out, back = (
        acl("permit tcp any any reflect SEEN timeout 60", name="extended OUT"),
        acl("evaluate SEEN", name="extended IN"),
    )
    found = router(out, back, wan="ip access-group OUT out; ip access-group IN in")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == WAN
    answer = "198.51.100.1 > 10.1.0.5 tcp/50000"
    assert goes(found, WAN, answer) == "deny"
    assert goes(found, WAN, answer, state=ConnState.ESTABLISHED, flags=SYNACK) == LAN
    assert goes(found, WAN, "198.51.100.1 > 10.1.0.5 udp/53", state=ConnState.ESTABLISHED) == "deny"


def test_inspection_lets_answers_back() -> None:
    closed = acl("deny ip any any", name="extended IN")
    found = router(closed, "ip inspect name FW tcp", wan="ip access-group IN in; ip inspect FW out")
    answer = "198.51.100.1 > 10.1.0.5 tcp/50000"
    assert goes(found, WAN, answer) == "deny"
    assert ends(found, WAN, answer, state=ConnState.ESTABLISHED, flags=SYNACK) == {LAN, "deny"}


def test_lists_of_ipv6_end_with_permits_for_neighbours() -> None:
    text = "ipv6 access-list SIX\n permit tcp any host 2001:db8:2::5 eq 443\n sequence 5 deny tcp any any eq 22"
    found = router(text, lan="ipv6 traffic-filter SIX in")
    assert goes(found, LAN, "2001:db8:1::5 > 2001:db8:2::5 tcp/443") == DMZ
    assert goes(found, LAN, "2001:db8:1::5 > 2001:db8:2::5 tcp/22") == "deny"
    assert goes(found, LAN, "2001:db8:1::5 > 2001:db8:2::5 icmp6/135") == DMZ
    assert goes(found, LAN, "2001:db8:1::5 > 2001:db8:2::5 icmp6/128") == "deny"
    assert goes(found, LAN, WEB) == DMZ  # the list is about IPv6 only


def test_a_deny_of_everything_comes_before_the_permits_for_neighbours() -> None:
    found = router("ipv6 access-list SIX\n deny ipv6 any any", lan="ipv6 traffic-filter SIX in")
    assert goes(found, LAN, "2001:db8:1::5 > 2001:db8:2::5 icmp6/135") == "deny"


def test_ipv6_is_forwarded_only_if_that_is_configured() -> None:
    ports = ("interface Gi0/0\n ipv6 address 2001:db8:1::1/64", "interface Gi0/1\n ipv6 address 2001:db8:2::1/64")
    text = "\n".join(["hostname r1", *ports, ""])
    asked = "2001:db8:1::5 > 2001:db8:2::5 tcp/80"
    assert goes(device(text), "Gi0/0", asked) == "deny"
    assert goes(device(text + "ipv6 unicast-routing"), "Gi0/0", asked) == "Gi0/1"
    assert goes(device(text.removeprefix("hostname r1\n")), "Gi0/0", asked) == "may"


def test_routes() -> None:
    found = device("""
hostname r1
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
 ip address 10.1.1.1 255.255.255.0 secondary
interface Dialer1
 ip address negotiated
ip route 10.9.0.0 255.255.0.0 10.1.0.9 name branch
ip route 10.9.0.0 255.255.0.0 10.1.0.8 200
ip route 10.8.0.0 255.255.0.0 Null0 254
ip route 0.0.0.0 0.0.0.0 Dialer 1
""")
    routes = {(r.network, r.length, r.distance): r for r in found.vrfs[0].routes}
    assert len(routes) == 4
    assert routes[parse_address("10.8.0.0"), 16, 254].kind is RouteKind.BLACKHOLE
    assert goes(found, LAN, "10.1.0.5 > 10.8.0.1 tcp/80") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == "Dialer1"
    assert goes(found, LAN, "10.1.0.5 > 10.1.1.7 tcp/80") == LAN


def test_a_tracked_route_and_what_takes_its_place_are_both_possible() -> None:
    found = device("""
hostname r1
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
ip route 0.0.0.0 0.0.0.0 10.2.0.9 track 1
ip route 0.0.0.0 0.0.0.0 10.1.0.9 250
ip route 10.9.0.0 255.255.0.0 10.2.0.8 track 2
""")
    assert ends(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == {LAN, DMZ}
    assert ends(found, LAN, "10.1.0.5 > 10.9.0.1 tcp/80") == {LAN, DMZ}


def test_vrfs_have_tables_of_their_own() -> None:
    found = device("""
hostname r1
vrf definition MN
 address-family ipv4
interface GigabitEthernet0/0
 vrf forwarding MN
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.1.0.1 255.255.255.0
ip route vrf MN 10.9.0.0 255.255.0.0 10.1.0.9
ip route vrf MN 0.0.0.0 0.0.0.0 10.1.0.254 global
""")
    assert {v.name: v.interfaces for v in found.vrfs} == {"default": {DMZ}, "MN": {LAN}}
    assert goes(found, LAN, "10.1.0.5 > 10.9.0.1 tcp/80", vrf="MN") == LAN
    assert goes(found, DMZ, "10.1.0.5 > 10.9.0.1 tcp/80") == "no-route"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80", vrf="MN") == "default"


def test_interfaces_that_are_down_take_their_parts_along() -> None:
    found = device("""
hostname r1
interface GigabitEthernet0/0
 no ip address
 shutdown
interface GigabitEthernet0/0.10
 encapsulation dot1Q 10
 ip address 10.1.0.1 255.255.255.0
interface Vlan20
 ip address 10.2.0.1 255.255.255.0
""")
    port = found.interface("GigabitEthernet0/0.10")
    assert (port.enabled, port.vlan) == (False, 10)
    assert goes(found, "Vlan20", "10.2.0.5 > 10.1.0.5 tcp/80") == "no-route"


def test_shared_addresses_are_the_routers_own() -> None:
    text = (
        "hostname r1\ninterface Vlan10\n ip address 10.1.0.2 255.255.255.0\n standby 1 ip 10.1.0.1\n vrrp 2 ip 10.1.0.3"
    )
    assert [(a.address & 255, a.length) for a in device(text).interface("Vlan10").addresses] == [
        (2, 24),
        (1, 24),
        (3, 24),
    ]


def test_a_shortened_name_means_the_interface_that_it_begins() -> None:
    found = router("ip route 10.9.0.0 255.255.0.0 Gi0/1 10.2.0.9", lan="no shutdown")
    assert goes(found, LAN, "10.1.0.5 > 10.9.0.1 tcp/80") == DMZ


@pytest.mark.parametrize(
    "line",
    ["router ospf 1\n network 10.0.0.0 0.255.255.255 area 0", "router bgp 65000\n neighbor 10.1.0.9 remote-as 65001"],
)
def test_routing_protocols_leave_routing_open(line: str) -> None:
    (entry,) = open_lines(f"hostname a\n{line}")
    assert entry.concern is Concern.ROUTING
    assert not entry.bounded


def test_a_switch_without_ip_routing_may_route() -> None:
    text = """
hostname sw1
spanning-tree mode rapid-pvst
interface Vlan10
 ip address 10.1.0.1 255.255.255.0
interface Vlan20
 ip address 10.2.0.1 255.255.255.0
"""
    asked = "10.1.0.5 > 10.2.0.5 tcp/80"
    assert ends(device(text), "Vlan10", asked) == {"Vlan20", "deny"}
    assert goes(device(text + "ip routing"), "Vlan10", asked) == "Vlan20"
    assert goes(device(text + "no ip routing"), "Vlan10", asked) == "deny"


def test_lists_of_switched_ports_see_what_comes_by_them() -> None:
    text = """
hostname sw1
ip routing
ip access-list extended A
 permit tcp any any eq 80
interface GigabitEthernet1/0/1
 switchport access vlan 10
 ip access-group A in
interface GigabitEthernet1/0/2
 switchport access vlan {vlan}
interface Vlan10
 ip address 10.1.0.1 255.255.255.0
interface Vlan20
 ip address 10.2.0.1 255.255.255.0
"""
    assert ends(device(text.format(vlan=10)), "Vlan10", MAIL) == {"Vlan20", "deny"}
    assert goes(device(text.format(vlan=20)), "Vlan10", MAIL) == "deny"  # no other port of the VLAN
    assert goes(device(text.format(vlan=20)), "Vlan10", WEB) == "Vlan20"


def test_vlan_maps_drop_what_they_ask_for_and_do_not_take() -> None:
    found = device("""
hostname sw1
ip routing
ip access-list extended WEB
 permit tcp any any eq 80
vlan access-map M 10
 match ip address WEB
 action forward
vlan filter M vlan-list 10
interface Vlan10
 ip address 10.1.0.1 255.255.255.0
interface Vlan20
 ip address 10.2.0.1 255.255.255.0
""")
    assert goes(found, "Vlan10", WEB) == "Vlan20"
    assert goes(found, "Vlan10", MAIL) == "deny"
    assert goes(found, "Vlan20", "10.2.0.5 > 10.1.0.5 tcp/25") == "deny"


def test_services_of_the_router() -> None:
    lines = "access-list 5 permit 10.1.0.9\nline vty 0 4\n access-class 5 in\n transport input ssh\nno ip http server"
    found = router(lines)
    assert goes(found, LAN, "10.1.0.9 > 10.1.0.1 tcp/22") == "local"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/22") == "deny"
    assert goes(found, LAN, "10.1.0.9 > 10.1.0.1 tcp/23") == "deny"
    assert {s.name for s in found.services} == {"ssh"}


def test_policy_routing() -> None:
    lines = """
access-list 101 deny ip any host 10.2.0.9
access-list 101 permit tcp any any eq 80
route-map PBR deny 5
 match ip address 102
access-list 102 permit ip host 10.1.0.66 any
route-map PBR permit 10
 match ip address 101
 set ip next-hop 203.0.113.77
route-map PBR permit 20
 match ip address LOST
 set interface Null0
ip access-list extended LOST
 permit udp any any eq 53
"""
    found = router(lines, lan="ip policy route-map PBR")
    assert goes(found, LAN, WEB) == WAN
    assert goes(found, LAN, MAIL) == DMZ
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.9 tcp/80") == DMZ
    assert goes(found, LAN, "10.1.0.66 > 10.2.0.5 tcp/80") == DMZ
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 udp/53") == "deny"
    assert goes(found, WAN, "203.0.113.5 > 10.2.0.5 tcp/80") == DMZ


def test_a_default_next_hop_is_for_destinations_without_a_route_of_their_own() -> None:
    lines = "route-map PBR permit 10\n set ip default next-hop 10.2.0.77"
    found = router(lines, lan="ip policy route-map PBR")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == DMZ
    assert goes(found, LAN, "10.1.0.5 > 203.0.113.9 tcp/80") == WAN


def test_a_next_hop_that_is_watched_may_be_passed_over() -> None:
    lines = "route-map PBR permit 10\n set ip next-hop verify-availability 203.0.113.77 10 track 1"
    assert ends(router(lines, lan="ip policy route-map PBR"), LAN, WEB) == {WAN, DMZ}


def test_a_router_may_have_spanning_tree() -> None:
    text = "hostname r1\nlicense udi pid ISR4331/K9 sn X\nspanning-tree mode pvst\ninterface Gi0/0/0\n" \
        " ip address 10.1.0.1 255.255.255.0\ninterface Gi0/0/1\n ip address 10.2.0.1 255.255.255.0"  # fmt: skip
    assert goes(device(text), "Gi0/0/0", WEB) == "Gi0/0/1"
    assert not open_lines(text)


VPN = """
hostname r1
crypto isakmp policy 10
 encr aes 256
crypto isakmp key REMOVED address 198.51.100.9
crypto map VPN 10 ipsec-isakmp
 set peer 198.51.100.9
 set transform-set AES
 match address BRANCH
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/2
 ip address 203.0.113.1 255.255.255.0
 ip access-group IN in
 crypto map VPN
ip access-list extended BRANCH
 permit ip 10.1.0.0 0.0.0.255 10.50.0.0 0.0.255.255
ip access-list extended IN
 permit esp host 198.51.100.9 host 203.0.113.1
ip route 0.0.0.0 0.0.0.0 203.0.113.254
"""


def test_networks_behind_a_tunnel_are_reached_by_its_interface() -> None:
    found = device(VPN)
    assert not found.uncertain
    (behind,) = [r for r in found.vrfs[0].routes if r.length == 16]
    assert (behind.network, behind.interface) == (parse_address("10.50.0.0"), WAN)
    assert goes(found, LAN, "10.1.0.5 > 10.50.0.5 tcp/80") == WAN
    assert ends(found, WAN, "10.50.0.5 > 10.1.0.5 tcp/80") == {LAN, "deny"}
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.5 tcp/80") == "deny"


def test_a_network_that_is_routed_elsewhere_does_not_enter_the_tunnel() -> None:
    found = device(VPN + "ip route 10.50.0.0 255.255.0.0 10.1.0.9")
    assert goes(found, LAN, "10.1.0.5 > 10.50.0.5 tcp/80") == LAN


@pytest.mark.parametrize("entry", ["", "crypto map VPN 10 ipsec-isakmp dynamic DYN", "crypto map VPN 10 ipsec-isakmp"])
def test_crypto_maps_that_tell_no_networks_leave_routing_open(entry: str) -> None:
    text = f"hostname a\n{entry}\ninterface Gi0/0\n ip address 10.1.0.1 255.255.255.0\n crypto map VPN"
    assert [(m.concern, m.bounded) for m in open_lines(text)] == [(Concern.ROUTING, False)]


def test_a_command_that_nobody_knows_is_said() -> None:
    entries = {m.text: m.concern for m in read("hostname a\nip warp-drive on\nfrobnicate").account.not_understood}
    assert entries == {"ip warp-drive on": Concern.FILTER, "frobnicate": Concern.FILTER}


def test_static_arp_binds_an_address_to_a_card() -> None:
    found = router("arp 10.1.0.9 0000.5e00.5320 ARPA")
    assert [(b.mac, b.interface) for b in found.mac_bindings] == [(0x00005E005320, LAN)]


@pytest.mark.parametrize(
    ("text", "is_ios"),
    [
        ("version 15.2\nhostname r1\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0", True),
        ("ip access-list extended A\n permit tcp any 10.0.0.0 0.0.0.255 eq 80", True),
        ("version 9.3(5)\nfeature hsrp\nvrf context A\ninterface Vlan10\n  ip address 10.0.0.1/24", False),
        ("ASA Version 9.8\nhostname fw\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0", False),
        ("interface vlan 10\n  ip address 10.0.0.1 255.255.255.0\nflow detection mode layer3-2", False),
        ("config firewall policy\n    edit 1\n    next\nend", False),
    ],
)
def test_detection(text: str, is_ios: bool) -> None:
    assert (PLUGIN.sniff(Source("x", tuple(text.split("\n")))) >= 0.3) is is_ios


_COMMANDS = """
interface GigabitEthernet0/0 Vlan10 ip address 10.0.0.1 255.255.255.0 0.0.0.255 access-list extended permit deny tcp udp
any host eq range 80 www object-group network G route 0.0.0.0 Null0 track 1 vrf forwarding definition nat inside outside
source static list pool overload zone security zone-pair class-map type inspect match-any policy-map class drop pass
route-map set next-hop match standby access-group in out ipv6 2001:db8::1/64 traffic-filter vlan access-map filter 10-20
! ^C banner motd line vty 0 4 access-class evaluate reflect no shutdown switchport trunk allowed add 5 sequence
"""
_WORDS = st.sampled_from(_COMMANDS.split())


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(_WORDS, max_size=8)), max_size=40))
def test_any_words_are_accounted_for(lines: list[tuple[int, list[str]]]) -> None:
    source = Source("x", tuple(" " * indent + " ".join(words) for indent, words in lines))
    account = parse(source, "x").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert 0 <= PLUGIN.sniff(source) <= 1


def test_lists_alone_can_be_asked_by_name() -> None:
    (vrf,) = device(acl("permit tcp any host 10.2.0.5 eq 80")).vrfs
    assert [rule.name for rule in vrf.lists["A"].rules] == ["permit tcp any host 10.2.0.5 eq 80"]


def test_what_is_open_in_one_file_says_nothing_of_another() -> None:
    text = acl("permit tcp any any eq 80 time-range NIGHT")
    keys = set()
    for file in ("a.conf", "b.conf"):
        (found,) = parse(Source(file, tuple(text.split("\n"))), "r").devices
        keys |= {key for rule in found.vrfs[0].lists["A"].rules for key in unknowns(rule.match)}
    assert len(keys) == 2


def test_many_entries_do_not_nest() -> None:
    entries = "\n".join(f"route-map R {'permit' if n % 2 else 'deny'} {n}\n match ip address A" for n in range(5000))
    text = "ip nat inside source route-map R interface GigabitEthernet0/2 overload"
    found = router(acl("permit tcp any any eq 80"), entries, text, lan="ip nat inside", wan="ip nat outside")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == WAN


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("interface range GigabitEthernet1/0/1 - 3 , Vlan10", ["GigabitEthernet1/0/1", "GigabitEthernet1/0/2",
                                                             "GigabitEthernet1/0/3", "Vlan10"]),
        ("interface Serial0/0.1 point-to-point", ["Serial0/0.1"]),
        ("interface range GigabitEthernet1/0/1 - 99999", []),
    ],
)  # fmt: skip
def test_blocks_about_several_interfaces(line: str, names: list[str]) -> None:
    text = f"hostname a\n{line}\n shutdown"
    assert [i.name for i in device(text).interfaces if not i.enabled] == names
    assert bool(open_lines(text)) is not bool(names)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (" standby version 2\n standby 1 priority 110\n standby 1 preempt delay minimum 30\n standby 1 track 5"
         "\n standby 1 ipv6 autoconfig\n glbp 3 weighting 110 lower 95\n vrrp 2 timers learn", []),
        (" standby 1 ip", [" standby 1 ip"]),
        (" standby 1 frobnicate", [" standby 1 frobnicate"]),
        (" vrrp 5 address-family ipv4\n  priority 120\n  address 10.1.0.4 primary\n  exit-vrrp", []),
        (" vrrp 5 address-family ipv4\n  address", ["  address"]),
    ],
)  # fmt: skip
def test_words_of_shared_addresses(lines: str, said: list[str]) -> None:
    """Cisco, "First Hop Redundancy Protocols Command Reference": ``standby ip`` alone learns the address of others."""
    text = "hostname r1\ninterface Vlan10\n ip address 10.1.0.2 255.255.255.0\n" + lines
    found = read(text)
    assert [entry.text for entry in found.account.not_understood] == [line.strip() for line in said]
    assert [entry.concern for entry in found.devices[0].uncertain] == [Concern.INTERFACE] * len(said)


DIALLED_IN = """
hostname r1
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
interface Virtual-Template1
 ip unnumbered GigabitEthernet0/0
 ip access-group CLIENTS in
 peer default ip address pool VPN
ip local pool VPN 10.1.0.32 10.1.0.40
ip local pool VPN 10.1.0.50
ip access-list extended CLIENTS
 permit ip any 10.2.0.0 0.0.0.255
"""


def test_peers_that_dial_in_are_reached_by_their_interface() -> None:
    """Cisco, "peer default ip address", ``ip local pool``."""
    found = device(DIALLED_IN)
    for client in ("10.1.0.32", "10.1.0.40", "10.1.0.50"):
        assert goes(found, "GigabitEthernet0/1", f"10.2.0.5 > {client} tcp/80") == "Virtual-Template1"
    assert goes(found, "GigabitEthernet0/1", "10.2.0.5 > 10.1.0.41 tcp/80") == "GigabitEthernet0/0"
    assert goes(found, "Virtual-Template1", "10.1.0.33 > 10.2.0.5 tcp/80") == "GigabitEthernet0/1"
    assert goes(found, "Virtual-Template1", "10.1.0.33 > 10.1.0.5 tcp/80") == "deny"
    one = device(DIALLED_IN.replace("address pool VPN", "address 10.1.0.60"))
    assert goes(one, "GigabitEthernet0/1", "10.2.0.5 > 10.1.0.60 tcp/80") == "Virtual-Template1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (DIALLED_IN.replace("pool VPN\n", "pool OTHER\n"), "peer default ip address pool OTHER"),
        (DIALLED_IN.replace("address pool VPN", "address dhcp"), "peer default ip address dhcp"),
        (DIALLED_IN + "crypto isakmp client configuration group G\n pool VPN\n", "pool VPN"),
        (DIALLED_IN.replace("10.1.0.50", "a.b"), "ip local pool VPN a.b"),
    ],
)
def test_peers_of_whom_the_addresses_are_not_known(text: str, said: str) -> None:
    (doubt,) = device(text).uncertain
    assert (doubt.text, doubt.concern) == (said, Concern.ROUTING)
