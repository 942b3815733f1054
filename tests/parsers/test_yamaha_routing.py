"""Static routes with filters and conditions, dialled hosts, interfaces and their addresses."""

from __future__ import annotations

import pytest

from tests.parsers.packet_run import Runs
from tests.parsers.yamaha_run import device, packet, read, routed
from zoneguard.model.addresses import V6, format_address, parse_address, prefix_of
from zoneguard.model.device import Concern, RouteKind

BASE = """
ip lan1 address 192.168.0.1/24
ip lan2 address 203.0.113.2/28
"""


def ways(text: str, dst: str, what: str = "tcp/80", src: str = "192.168.0.5") -> set[str]:
    found = routed(device(text), packet(src, dst, what))
    return {interface if hop is None else f"{format_address(hop)}" for hop, interface in found}


@pytest.mark.parametrize(
    ("route", "network", "length", "hop", "interface"),
    [
        ("default gateway 203.0.113.1", "0.0.0.0", 0, "203.0.113.1", ""),
        ("10.0.0.0/8 gateway 203.0.113.1", "10.0.0.0", 8, "203.0.113.1", ""),
        ("10.0.0.0/255.255.0.0 gateway 203.0.113.1 metric 2", "10.0.0.0", 16, "203.0.113.1", ""),
        ("10.1.2.3/0xffffff00 gateway 203.0.113.1", "10.1.2.0", 24, "203.0.113.1", ""),
        ("10.1.2.3 gateway 203.0.113.1", "10.1.2.3", 32, "203.0.113.1", ""),
        ("10.0.0.0/8 gateway pp 1", "10.0.0.0", 8, None, "pp1"),
        ("10.0.0.0/8 gateway pp anonymous name=branch", "10.0.0.0", 8, None, "pp-anonymous"),
        ("10.0.0.0/8 gateway tunnel 12", "10.0.0.0", 8, None, "tunnel12"),
        ("default gateway dhcp lan2", "0.0.0.0", 0, None, "lan2"),
        ("10.0.0.0/8 gateway lan2", "10.0.0.0", 8, None, "lan2"),
    ],
)
def test_forms_of_a_route(route: str, network: str, length: int, hop: str | None, interface: str) -> None:
    parsed = read(f"{BASE}ip route {route}")
    assert not parsed.account.not_understood
    (found,) = parsed.devices[0].vrfs[0].routes
    assert (format_address(found.network), found.length, found.interface) == (network, length, interface)
    assert found.next_hop == (None if hop is None else parse_address(hop))
    assert (found.kind, found.span.first) == (RouteKind.STATIC, 3)


def test_routes_of_ipv6() -> None:
    found = device("ipv6 lan1 address 2001:db8::1/64\nipv6 route default gateway fe80::1%lan2\n"
                   "ipv6 route 2001:db8:5::/48 gateway tunnel 1")  # fmt: skip
    by_length = {r.length: r for r in found.vrfs[0].routes}
    assert (by_length[0].network, by_length[0].next_hop, by_length[0].interface) == (
        V6,
        parse_address("fe80::1"),
        "lan2",
    )
    assert (by_length[48].network, by_length[48].interface) == (prefix_of("2001:db8:5::/48")[0], "tunnel1")


def test_several_gateways_share_and_a_later_line_replaces() -> None:
    text = f"{BASE}ip route default gateway 203.0.113.1 weight 1 gateway pp 1 weight 0"
    assert ways(text, "8.8.8.8") == {"203.0.113.1", "pp1"}
    assert ways(f"{text}\nip route default gateway tunnel 1", "8.8.8.8") == {"tunnel1"}


def test_null_discards() -> None:
    assert ways(f"{BASE}ip route 10.0.0.0/8 gateway null", "10.1.1.1") == {"blackhole"}


FILTERED = f"""{BASE}
ip route default gateway pp 1 filter 1 2 gateway tunnel 1 filter 3 gateway 203.0.113.1
ip route 10.0.0.0/8 gateway 192.168.0.254
ip filter 1 pass * * udp * 500
ip filter 2 pass * * esp * *
ip filter 3 pass 192.168.0.5 * tcp * www
"""


def test_filters_choose_the_gateway_in_the_order_written() -> None:
    assert ways(FILTERED, "8.8.8.8", "udp/500") == {"pp1"}
    assert ways(FILTERED, "8.8.8.8", "esp") == {"pp1"}
    assert ways(FILTERED, "8.8.8.8", "tcp/80") == {"tunnel1"}
    assert ways(FILTERED, "8.8.8.8", "tcp/22") == {"203.0.113.1"}


def test_a_longer_prefix_goes_before_the_filters_of_a_shorter() -> None:
    assert ways(FILTERED, "10.1.1.1", "udp/500") == {"192.168.0.254"}
    found = device(FILTERED)
    inside = packet("10.1.1.1", "192.168.0.5", "udp/500")
    assert all(way != (None, "pp1") for way in routed(found, inside))


def test_where_every_gateway_has_a_filter_the_shorter_prefix_takes_the_rest() -> None:
    text = f"""{BASE}
ip route 10.0.0.0/8 gateway tunnel 1 filter 1
ip route default gateway 203.0.113.1
ip filter 1 pass * * tcp * www"""
    assert ways(text, "10.1.1.1", "tcp/80") == {"tunnel1"}
    assert ways(text, "10.1.1.1", "tcp/22") == {"203.0.113.1"}


@pytest.mark.parametrize(
    "rule", ["ip filter 1 reject * * tcp * www", "ip filter 1 restrict * * tcp * www", "", "ip filter 1 x"]
)
def test_whether_such_a_filter_takes_the_packet_is_open(rule: str) -> None:
    text = f"{BASE}ip route default gateway pp 1 filter 1 gateway 203.0.113.1\n{rule}"
    assert ways(text, "8.8.8.8", "tcp/80") == {"pp1", "203.0.113.1"}


def test_routes_by_application_or_name_are_open() -> None:
    assert ways(f"{BASE}ip route default gateway pp 1 dpi 1 gateway tunnel 1", "8.8.8.8") == {"pp1", "tunnel1"}
    text = f"{BASE}ip route default gateway pp 1 filter 1 gateway tunnel 1\nip filter 1 pass * @m365 *"
    assert ways(text, "8.8.8.8") == {"pp1", "tunnel1"}


def test_while_the_line_of_a_route_is_down_the_shorter_prefix_takes_over() -> None:
    text = f"{BASE}ip route 10.0.0.0/8 gateway tunnel 1 {{}}\nip route default gateway 203.0.113.1"
    assert ways(text.format("hide"), "10.1.1.1") == {"tunnel1", "203.0.113.1"}
    assert ways(text.format("keepalive 1"), "10.1.1.1") == {"tunnel1", "203.0.113.1"}
    assert ways(text.format(""), "10.1.1.1") == {"tunnel1"}
    both = f"{BASE}ip route 192.168.0.128/25 gateway tunnel 1 hide"
    assert ways(both, "192.168.0.200") == {"tunnel1", "lan1"}
    assert ways(text.format("hide gateway tunnel 2"), "10.1.1.1") == {"tunnel1", "tunnel2"}


@pytest.mark.parametrize(
    "line",
    [
        "ip route 10.0.0.0/8 gateway",
        "ip route 10.0.0.0/8 gateway pp x",
        "ip route 10.0.0.0/8 gateway 203.0.113.1 via 3",
        "ip route 10.0.0.0/255.0.255.0 gateway 203.0.113.1",
        "ip route 10.0.0.999/8 gateway 203.0.113.1",
        "ip route 192.168.0.0/24 gateway 203.0.113.1",  # 8.1.33: it would win against the connected subnet
        "ospf use on",
        "bgp use on",
        "rip use on",
        "ip forward filter 1 1 gateway pp 1 filter 1",
        "lan backup lan2 pp 1",
    ],
)
def test_routes_not_in_the_model_are_said(line: str) -> None:
    found = device(f"{BASE}{line}")
    assert [(d.span.first, d.concern) for d in found.uncertain] == [(3, Concern.ROUTING)]


def test_routing_protocols_are_named_so() -> None:
    found = device("ospf use on\nospf area backbone\nip lan1 ospf area backbone\nbgp use off")
    assert [d.reason.split(":")[0] for d in found.uncertain] == ["dynamic routing"]


# -- interfaces ------------------------------------------------------------------------------------------------------


def test_interfaces_and_addresses() -> None:
    found = device("""
description lan1 "庁内 LAN"
ip lan1 address 192.168.0.1/24
ip lan1 address 192.168.1.1/24
ip lan1 secondary address 192.168.2.1/255.255.255.0
ip lan1 vrrp 1 192.168.1.254 priority=200
ipv6 lan1 address 2001:db8:1::1/64
ipv6 lan1 prefix 2001:db8:2::/64
vlan lan1/3 802.1q vid=30 name=guest
ip lan1/3 address 10.3.0.1/24
ip vlan2 address 10.4.0.1/0xffffff00
lan shutdown lan2
ip loopback1 address 10.255.0.1
""")
    by_name = {i.name: i for i in found.interfaces}
    texts = [f"{format_address(a.address)}/{a.length}" for a in by_name["lan1"].addresses]
    assert texts == ["192.168.1.1/24", "2001:db8:1::1/64", "2001:db8:2::/64", "192.168.2.1/24", "192.168.1.254/24"]
    assert (by_name["lan1"].description, by_name["lan1/3"].vlan) == ("庁内 LAN", 30)
    assert by_name["vlan2"].addresses[0].length == 24
    assert by_name["loopback1"].addresses[0].length == 32
    assert [i.name for i in found.interfaces if not i.enabled] == ["lan2"]


def test_lines_are_in_use_only_where_a_line_says_so() -> None:
    found = device("pp disable all\npp select 1\n pp bind lan2\n pp enable 1\npp select 2\n pp bind lan3\n"
                   "pp select anonymous\n pp enable anonymous\ntunnel select 3\n tunnel enable 3\ntunnel select 4\n"
                   "tunnel select 5\ntunnel enable 4-5\ntunnel disable 5\n")  # fmt: skip
    enabled = {i.name: i.enabled for i in found.interfaces}
    assert enabled == {
        "pp1": True,
        "pp2": False,
        "pp-anonymous": True,
        "tunnel3": True,
        "tunnel4": True,
        "tunnel5": False,
    }


def test_commands_of_a_line_go_to_the_selected_one() -> None:
    found = device("pp select 1\n ip pp address 192.0.2.1/32\ntunnel select 2\n ip tunnel address 10.0.0.1/30\n"
                   " ip pp mtu 1454\npp select none\nip tunnel7 address 10.0.0.5/30")  # fmt: skip
    assert {i.name: len(i.addresses) for i in found.interfaces} == {"pp1": 1, "tunnel2": 1, "tunnel7": 1}
    (doubt,) = read("pp select 1\npp select none\nip pp address 192.0.2.1/32").devices[0].uncertain
    assert (doubt.span.first, doubt.concern) == (3, Concern.INTERFACE)


@pytest.mark.parametrize(
    "line",
    [
        "ip lan2 address dhcp",
        "ip lan2 secondary address dhcp",
        "ipv6 lan2 address auto",
        "ipv6 lan2 address ra-prefix@lan3::1/64",
        "ipv6 lan2 prefix dhcp-prefix@lan3::/64",
        "ip lan2 address 192.168.0.1/33",
        "ip lan2 address 192.168.0.1/255.0.255.0",
        "ip lan2 address 192.168.0.256/24",
        "ip lan2 address 2001:db8::1/64",
        "ipv6 lan2 address 192.168.0.1/24",
        "bridge member bridge1 lan1 tunnel1",
        "lan pass-through member 1 lan1 lan2",
        "tunnel template 2-9",
    ],
)
def test_addresses_not_in_the_file_are_said(line: str) -> None:
    found = device(line)
    assert [d.concern for d in found.uncertain] == [Concern.INTERFACE]


def test_a_user_who_is_given_an_address_is_reached_by_the_line_of_the_user() -> None:
    """CR 15.2, ``pp auth username``: ``ip_address``, the one that the other side is given."""
    text = """
ip lan1 address 192.168.0.1/24
pp select anonymous
 pp bind tunnel1-tunnel3
 pp auth request mschap-v2
 pp auth username taro secret 192.168.0.77
 pp auth username jiro 10.0.0.9
 pp auth username * *
 pp enable anonymous
"""
    assert not device(text).uncertain
    assert ways(text, "192.168.0.77") == {"pp-anonymous"}
    assert not ways(text, "10.0.0.9"), "a password"


def test_a_caller_may_have_an_address_of_the_scopes_of_the_router() -> None:
    """CR 8.2, ``ip pp remote address pool dhcp``: an address of a scope, which a host of the LAN may have as well."""
    text = """
ip lan1 address 192.168.0.1/24
ip lan2 address 10.0.0.1/24
pp select anonymous
 ip pp remote address pool dhcp
 pp enable anonymous
"""
    (doubt,) = device(text).uncertain
    assert doubt.concern is Concern.INTERFACE
    found = device(text + "dhcp scope 1 192.168.0.100-192.168.0.120/24\n")
    assert not found.uncertain

    def outs(destination: str) -> set[str]:
        step = Runs("main").result(found, "lan2", f"10.0.0.5 > {destination} tcp/80")
        return {way.egress for way in step.may if way.egress}

    assert outs("192.168.0.110") == {"lan1", "pp-anonymous"}
    assert outs("192.168.0.99") == {"lan1"}


@pytest.mark.parametrize(
    ("line", "concern"),
    [
        ("pp select 1\n pp frobnicate on", Concern.INTERFACE),
        ("tunnel select 1\n tunnel frobnicate on", Concern.INTERFACE),
        ("ipsec ike mode-cfg address pool 1 192.168.0.50-192.168.0.60/24", Concern.ROUTING),
    ],
)
def test_words_of_lines_and_tunnels_that_nobody_knows_are_said(line: str, concern: Concern) -> None:
    assert [d.concern for d in device(line).uncertain] == [concern]


@pytest.mark.parametrize(
    "line",
    [
        "pp select 1\n pp always-on on\n pp keepalive use lcp-echo\n pp auth accept pap chap\n pp auth myname a b",
        "tunnel select 1\n tunnel encapsulation ipsec\n tunnel endpoint name a.example fqdn\n tunnel ngn bandwidth 1m",
    ],
)
def test_how_a_line_or_a_tunnel_is_set_up_opens_nothing(line: str) -> None:
    assert not device("ip lan1 address 192.168.0.1/24\n" + line).uncertain


def test_dialled_hosts_are_reached_by_their_line() -> None:
    text = """
ip lan1 address 192.168.0.1/24
pp select anonymous
 ip pp remote address pool 192.168.0.10-192.168.0.13 192.168.0.99
 pp enable anonymous
pp select 1
 ip pp remote address 192.0.2.9
 pp enable 1
"""
    assert not ways(text, "192.168.0.9")
    assert ways(text, "192.168.0.10") == ways(text, "192.168.0.13") == ways(text, "192.168.0.99") == {"pp-anonymous"}
    assert ways(text, "192.0.2.9") == {"pp1"}
    assert sum(r.prefix.size for r in device(text).vrfs[0].routes) == 6


def test_static_arp_binds_an_address_to_a_mac() -> None:
    found = device("ip lan1 address 192.168.0.1/24\nip lan1 arp static 192.168.0.20 00:00:5e:00:53:20")
    (binding,) = found.mac_bindings
    assert (format_address(binding.address), binding.mac, binding.interface) == ("192.168.0.20", 0x00005E005320, "lan1")


def test_services_of_the_router() -> None:
    found = device("""
ip lan1 address 192.168.0.1/24
telnetd service off
telnetd host lan1
sshd service on
sshd host lan1 lan2 192.168.0.9
ip lan2 address 192.168.1.1/24
httpd host none
sftpd host any
snmp host 192.168.0.5 public
""")
    assert sorted((s.name, s.interface) for s in found.services) == [
        ("sftp", ""), ("snmp", ""), ("ssh", "lan1"), ("ssh", "lan2"),
    ]  # fmt: skip


def test_the_last_host_of_a_filtered_route_may_have_its_own_way() -> None:
    text = f"""{BASE}ip filter 1 pass * * tcp * www
ip route 10.0.0.0/24 gateway 203.0.113.1 filter 1 gateway 203.0.113.3
ip route 10.0.0.255 gateway 203.0.113.4"""
    assert ways(text, "10.0.0.254") == {"203.0.113.1"}
    assert ways(text, "10.0.0.254", "tcp/22") == {"203.0.113.3"}
    assert ways(text, "10.0.0.255") == {"203.0.113.4"}


def test_a_connected_subnet_is_cited_at_the_line_of_its_address() -> None:
    found = device(
        'description lan1 "office"\nip lan1 address 10.1.0.1/24\nip lan1 secondary address 10.2.0.1/24\n'
        "ipv6 lan1 address 2001:db8:1::1/64\n"
    )
    lines = sorted((a.span.first, a.length) for a in found.interfaces[0].addresses if a.span)
    assert lines == [(2, 24), (3, 24), (4, 64)]
