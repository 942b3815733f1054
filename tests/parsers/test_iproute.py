"""``ip route``, ``ip rule`` and ``ip addr``: output of iproute2 6.1, of which each line's meaning is in its manual."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.iptables_run import holds, packet
from zoneguard.model.addresses import format_address, format_prefix
from zoneguard.model.device import Concern, Device, PolicyRoute, Routing
from zoneguard.parsers import Kind, Parsed, Source
from zoneguard.parsers.iproute import PLUGIN

ROUTES = """\
default via 10.0.0.254 dev eth0
10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1
10.1.0.0/24 dev eth1 proto kernel scope link src 10.1.0.1
10.3.0.2 dev ppp0 proto kernel scope link src 10.3.0.1
10.50.0.0/16
	nexthop via 10.0.0.2 dev eth0 weight 1
	nexthop via 10.1.0.2 dev eth1 weight 2
10.51.0.0/16 proto static metric 20
	nexthop via 10.0.0.2 dev eth0 weight 1 dead linkdown
	nexthop via 10.1.0.2 dev eth1 weight 1 onlink
10.60.0.0/16 via inet6 fe80::1 dev eth0
10.61.0.0/16 via 10.1.0.7 dev eth1 proto bird src 10.1.0.1 metric 32 mtu lock 1400 advmss 1300
10.62.0.0/16 nhid 7 via 10.1.0.7 dev eth1
172.16.0.0/12 dev eth1 scope link metric 50
blackhole 10.99.0.0/16
unreachable 10.98.0.0/16 dev lo metric 4278198272 error 4294967183
prohibit 10.97.0.0/16
throw 10.96.0.0/16
"""
LOCAL = """\
local 10.0.0.1 dev eth0 table local proto kernel scope host src 10.0.0.1
local 10.0.0.5 dev eth0 table local proto kernel scope host src 10.0.0.1
broadcast 10.0.0.255 dev eth0 table local proto kernel scope link src 10.0.0.1
local 127.0.0.0/8 dev lo table local proto kernel scope host src 127.0.0.1
local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1
broadcast 127.255.255.255 dev lo table local proto kernel scope link src 127.0.0.1
"""
ROUTES6 = """\
2001:db8:1::/64 dev eth0 proto kernel metric 256 pref medium
2001:db8:5::/48 via 2001:db8:1::2 dev eth0 metric 1024 pref medium
unreachable 2001:db8:9::/48 dev lo metric 1024 pref medium
fe80::/64 dev eth0 proto kernel metric 256 pref medium
default via fe80::1 dev eth0 metric 1024 pref medium
"""
ADDRESSES = """\
1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN group default qlen 1000
    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00
    inet 127.0.0.1/8 scope host lo
       valid_lft forever preferred_lft forever
3: eth0@if2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc noqueue state UP group default qlen 1000
    link/ether ba:0f:41:98:90:83 brd ff:ff:ff:ff:ff:ff
    alias to the prefecture
    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0
       valid_lft forever preferred_lft forever
    inet 10.0.0.5/24 scope global secondary eth0
       valid_lft forever preferred_lft forever
    inet6 2001:db8:1::1/64 scope global
       valid_lft forever preferred_lft forever
    inet6 fe80::b80f:41ff:fe98:9083/64 scope link
       valid_lft forever preferred_lft forever
5: eth1.20@eth1: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group default qlen 1000
    link/ether 7a:b8:50:fa:01:0e brd ff:ff:ff:ff:ff:ff
    vlan protocol 802.1Q id 20 <REORDER_HDR>
    inet 10.1.0.1 peer 10.1.0.2/32 scope global eth1.20
"""
RULES = """\
0:	from all lookup local
90:	from all to 10.0.0.0/8 iif eth1 lookup main
100:	from 10.1.0.0/24 lookup 100
110:	from all fwmark 0x1/0xff lookup 100
120:	from all lookup main suppress_prefixlength 0
130:	not from 10.0.0.0/8 ipproto tcp dport 80-90 lookup uplink
131:	from all oif eth0 lookup 7
132:	from all iif lo lookup 7
32766:	from all lookup main
32767:	from all lookup default
"""
TABLES = """\
default via 10.1.0.3 dev eth1 table 100
10.77.0.0/16 via 10.0.0.3 dev eth0 table 100
throw 10.78.0.0/16 table 100
default via 10.1.0.4 dev eth1 table uplink
default via 10.1.0.9 dev eth1 table default
"""


def read(text: str) -> Parsed:
    return PLUGIN.parse(Source("routes", tuple(text.splitlines())), "gw")


def gateway(text: str) -> Device:
    return read(text).devices[0]


def shown(device: Device) -> list[str]:
    (vrf,) = device.vrfs
    return [
        " ".join(str(part) for part in (
            format_prefix(r.network, r.length), r.kind.value,
            "-" if r.next_hop is None else format_address(r.next_hop), r.interface or "-", r.metric,
        )) for r in vrf.routes
    ]  # fmt: skip


def interfaces(device: Device) -> dict[str, list[str]]:
    return {i.name: [f"{format_address(a.address)}/{a.length}" for a in i.addresses] for i in device.interfaces}


def test_routes() -> None:
    parsed = read(ROUTES)
    assert parsed.account.understood == parsed.account.total
    assert shown(parsed.devices[0]) == [
        "0.0.0.0/0 exported 10.0.0.254 eth0 0",
        "10.0.0.0/24 connected - eth0 0",
        "10.1.0.0/24 connected - eth1 0",
        "10.3.0.2/32 connected - ppp0 0",
        "10.50.0.0/16 exported 10.0.0.2 eth0 0",
        "10.50.0.0/16 exported 10.1.0.2 eth1 0",
        "10.51.0.0/16 exported 10.1.0.2 eth1 20",
        "10.60.0.0/16 exported fe80::1 eth0 0",
        "10.61.0.0/16 exported 10.1.0.7 eth1 32",
        "10.62.0.0/16 exported 10.1.0.7 eth1 0",
        "172.16.0.0/12 exported - eth1 50",
        "10.99.0.0/16 blackhole - - 0",
        "10.98.0.0/16 blackhole - - 4278198272",
        "10.97.0.0/16 blackhole - - 0",
        "10.96.0.0/16 blackhole - - 0",
    ]
    assert parsed.devices[0].vrfs[0].routes[4].span.last == 7


def test_interfaces_and_addresses_come_from_the_kernels_routes() -> None:
    assert interfaces(gateway(ROUTES)) == {"eth0": ["10.0.0.1/24"], "eth1": ["10.1.0.1/24"], "ppp0": ["10.3.0.1/32"]}


def test_the_local_table_tells_every_address() -> None:
    device = gateway(ROUTES + LOCAL)
    assert interfaces(device)["eth0"] == ["10.0.0.1/24", "10.0.0.5/24"]
    assert interfaces(device)["lo"] == []
    assert not device.uncertain
    assert len(shown(device)) == len(shown(gateway(ROUTES)))


def test_ipv6() -> None:
    parsed = read(ROUTES6)
    assert dict(parsed.account.ignored) == {"loopback, link-local and multicast are not routed": 1}
    assert shown(parsed.devices[0]) == [
        "2001:db8:1::/64 connected - eth0 256",
        "2001:db8:5::/48 exported 2001:db8:1::2 eth0 1024",
        "2001:db8:9::/48 blackhole - - 1024",
        "::/0 exported fe80::1 eth0 1024",
    ]
    assert interfaces(parsed.devices[0]) == {"eth0": ["2001:db8:1::/64"]}
    told = gateway(ROUTES6 + "local 2001:db8:1::1 dev eth0 table local proto kernel metric 0 pref medium\n")
    assert interfaces(told)["eth0"] == ["2001:db8:1::1/64"]


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("default dev tun0 scope link", "0.0.0.0/0"),
        ("default dev tun0 metric 1024 pref medium", "::/0"),
        ("2001:db8::/48 via 2001:db8::1 dev eth0\ndefault dev tun0", "::/0"),
        ("# ip -6 route\n$ ip -6 route\ndefault dev tun0", "::/0"),
        ("default dev tun0 src 10.0.0.1", "0.0.0.0/0"),
    ],
)
def test_the_family_of_a_default_route(text: str, family: str) -> None:
    assert [route.split()[0] for route in shown(gateway(text))][-1] == family


def test_addresses() -> None:
    parsed = read(ADDRESSES)
    assert not parsed.account.not_understood
    device = parsed.devices[0]
    assert interfaces(device) == {
        "lo": [], "eth0": ["10.0.0.1/24", "10.0.0.5/24", "2001:db8:1::1/64"], "eth1.20": ["10.1.0.1/32"],
    }  # fmt: skip
    assert device.interface("eth0").description == "to the prefecture"
    assert (device.interface("eth1.20").vlan, device.interface("eth1.20").enabled) == (20, False)
    assert shown(device) == ["10.0.0.0/24 connected - eth0 0", "2001:db8:1::/64 connected - eth0 0"]
    with_routes = gateway(ADDRESSES + ROUTES)
    assert interfaces(with_routes)["eth0"] == ["10.0.0.1/24", "10.0.0.5/24", "2001:db8:1::1/64"]
    assert shown(with_routes) == shown(gateway(ROUTES))


@pytest.mark.parametrize(
    "text",
    [
        "3: eth0    inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0\\       valid_lft forever preferred_lft forever\n"
        "3: eth0    inet6 2001:db8:1::1/64 scope global \\       valid_lft forever preferred_lft forever",
        "lo               UNKNOWN        127.0.0.1/8 ::1/128\neth0@p0  UP    10.0.0.1/24 2001:db8:1::1/64",
    ],
)
def test_short_forms_of_ip_addr(text: str) -> None:
    parsed = read(text)
    assert not parsed.account.not_understood
    assert interfaces(parsed.devices[0])["eth0"] == ["10.0.0.1/24", "2001:db8:1::1/64"]


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
        "10.50.0.0/16 \\\tnexthop via 10.0.0.2 dev eth0 weight 1 \\\tnexthop via 10.1.0.2 dev eth1 weight 2 ",
        "unicast 10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1 \n"
        "unicast 10.50.0.0/16 proto boot scope global \n\tnh_info id 8 scope global\n"
        "\tnexthop via 10.0.0.2 dev eth0 weight 1 \n\tnexthop via 10.1.0.2 dev eth1 weight 2 ",
        "10.0.0.0/24 dev eth0 proto 2 scope 253 src 10.0.0.1 \n"
        "10.50.0.0/16 \n\tnexthop via 10.0.0.2 dev eth0 weight 1 \n\tnexthop via 10.1.0.2 dev eth1 weight 2 ",
    ],
)
def test_other_forms_of_the_same_routes(text: str) -> None:
    device = gateway(text)
    assert not device.uncertain
    assert shown(device)[1:] == ["10.50.0.0/16 exported 10.0.0.2 eth0 0", "10.50.0.0/16 exported 10.1.0.2 eth1 0"]
    assert interfaces(device)["eth0"] == ["10.0.0.1/24"]


def way(policy: tuple[PolicyRoute, ...], src: str, dst: str, ingress: str = "eth0", **fields: int) -> str:
    """Where the policy routes send a packet: a neighbour, ``main``, or nowhere of their own."""
    for route in policy:
        if holds(route.match, packet(src, dst, **fields), ingress):
            return ", ".join(format_address(hop or 0) for hop, _ in route.targets) or "main"
    return "none"


def test_rules_send_packets_to_other_tables() -> None:
    parsed = read(RULES + ROUTES + TABLES)
    assert not parsed.account.not_understood
    policy = parsed.devices[0].vrfs[0].policy_routes
    assert way(policy, "10.1.0.9", "10.77.1.1") == "10.0.0.3"
    assert way(policy, "10.1.0.9", "192.0.2.1") == "10.1.0.3"
    assert way(policy, "10.1.0.9", "10.77.1.1", ingress="eth1") == "main"  # by its default
    assert way(policy, "10.1.0.9", "10.78.1.1", dport=85) == "none"  # thrown back, to main at last
    assert way(policy, "10.2.0.9", "192.0.2.1", mark=0x101) == "10.1.0.3"
    assert way(policy, "10.2.0.9", "10.50.0.1") == "main"
    assert way(policy, "192.0.2.9", "192.0.2.1", dport=85) == "10.1.0.4"
    assert way(policy, "10.2.0.9", "192.0.2.1", dport=91) == "10.1.0.4"  # `not` is for the whole condition
    assert way(policy, "10.2.0.9", "192.0.2.1", dport=85) == "none"


def test_what_comes_after_main_is_for_what_main_has_no_route_to() -> None:
    rules = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n"
    policy = gateway(rules + "10.0.0.0/8 via 10.1.0.1 dev eth1\n" + TABLES.splitlines()[-1]).vrfs[0].policy_routes
    assert way(policy, "10.2.0.9", "10.9.9.9") == "none"
    assert way(policy, "10.2.0.9", "192.0.2.1") == "10.1.0.9"


def test_a_second_listing_of_rules_is_that_of_ipv6() -> None:
    rules = "0:\tfrom all lookup local\n50:\tfrom all lookup 9\n32766:\tfrom all lookup main\n"
    text = RULES + rules + TABLES + "default via 2001:db8::9 dev eth0 table 9 metric 1024 pref medium\n"
    policy = gateway(ROUTES + text).vrfs[0].policy_routes
    assert way(policy, "fd00::1", "fd00::2") == "2001:db8::9"
    assert way(policy, "10.2.0.9", "192.0.2.1", dport=85) == "none"


@pytest.mark.parametrize(
    ("line", "concern"),
    [
        ("default via 10.1.0.3 dev eth1 table 100", Concern.ROUTING),
        ("10.78.0.0/16 tos 0x10 via 10.0.0.3 dev eth0", Concern.ROUTING),
        ("2001:db8:7::/48 from 2001:db8:8::/48 via 2001:db8:1::2 dev eth0 metric 1024 pref medium", Concern.ROUTING),
        ("10.63.0.0/16  encap mpls  100 via 10.0.0.2 dev eth0", Concern.ROUTING),
        ("10.63.0.0/16 nhid 9", Concern.ROUTING),
        ("local 10.64.0.0/16 dev lo table local scope host", Concern.ROUTING),
        ("10.63.0.0/16 via nowhere dev eth0", Concern.ROUTING),
        ("10.63.0.0/33 via 10.0.0.2 dev eth0", Concern.ROUTING),
        ("10.63.0.0/16 via 10.0.0.2 dev eth0 wings 2", Concern.ROUTING),
        ("10.63.0.0/16 via", Concern.ROUTING),
        ("nexthop via 10.0.0.2 dev eth0", Concern.ROUTING),
        ("95:\tnot from 10.0.0.0/8 blackhole", Concern.ROUTING),
        ("95:\tfrom all goto 32766", Concern.ROUTING),
        ("95:\tfrom 10.0.0.0/8 lookup 55", Concern.ROUTING),
        ("95:\tfrom all wings 2 lookup main", Concern.ROUTING),
        ("RTNETLINK answers: Operation not permitted", Concern.OTHER),
    ],
)
def test_what_is_not_understood_is_said(line: str, concern: Concern) -> None:
    rules = "0:\tfrom all lookup local\n32766:\tfrom all lookup main\n" if line.startswith("95:") else ""
    parsed = read(rules + line)
    (entry,) = parsed.account.not_understood
    assert (entry.text, entry.concern) == (line.strip(), concern)
    assert parsed.devices[0].uncertain == (() if concern is Concern.OTHER else (entry,))


def test_rules_without_main_leave_routing_uncertain() -> None:
    assert [e.reason for e in gateway("0:\tfrom all lookup local\n").uncertain] == [
        "no rule of the usual priority looks up main"
    ]


def test_a_pasted_session_tells_which_table_it_lists() -> None:
    text = f"root@gw:~# ip route show table 100\ndefault via 10.1.0.3 dev eth1\nroot@gw:~# ip route\n{ROUTES}"
    device = gateway(text)
    assert shown(device) == shown(gateway(ROUTES))
    assert [e.span.first for e in device.uncertain] == [2]
    assert shown(gateway(ROUTES + ROUTES)) == shown(gateway(ROUTES))


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        (ROUTES, True), (ROUTES6, True), (ADDRESSES, True), (RULES, True), ("root@gw:~# ip r\n" + ROUTES, True),
        ("S*   0.0.0.0/0 [1/0] via 10.0.0.1", False), ("*filter\n-A FORWARD -j ACCEPT", False), ("", False),
        ("Destination     Gateway         Genmask         Flags Metric Ref    Use Iface", False),
    ],
)  # fmt: skip
def test_detection(text: str, sure: bool) -> None:
    assert (PLUGIN.sniff(Source("x", tuple(text.splitlines()))) > 0.5) is sure
    assert PLUGIN.kind is Kind.ROUTES


@pytest.mark.skipif(shutil.which("ip") is None, reason="iproute2 is not installed")
def test_this_machines_own_tables_are_read() -> None:
    for words in (["route", "show", "table", "all"], ["-6", "route"], ["rule"], ["addr"], ["-o", "-d", "addr"]):
        said = subprocess.run(["ip", *words], capture_output=True, text=True, check=False).stdout
        assert not [e for e in read(said).account.not_understood if e.concern is Concern.OTHER], words


VOCABULARY = """
 default unicast local broadcast blackhole throw 10.0.0.0/8 10.1.0.1 2001:db8::/32 fe80::1 :: via inet6 dev
eth0 eth1 lo nexthop weight 1 proto kernel scope link src metric 100 table all main from to 0: 7: 32766:
lookup not fwmark 0x1/0x2 iif suppress_prefixlength goto 1: 2: eth0: <UP> <BROADCAST> inet 10.0.0.1/24
link/ether alias vlan id \\ dead onlink encap mpls tos 0 999999999999 ip route -6 $ # UP DOWN
"""
LINES = st.lists(
    st.one_of(st.lists(st.sampled_from(VOCABULARY.split()), max_size=9).map(" ".join), st.text(max_size=20)),
    max_size=15,
)


@given(LINES, st.booleans())
def test_any_text_is_parsed_and_every_line_accounted_for(lines: list[str], indented: bool) -> None:
    source = Source(
        "any", tuple(("\t" if indented else "") + part for text in lines for part in text.splitlines() or [""])
    )
    parsed = PLUGIN.parse(source, "gw")
    account = parsed.account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total
    assert 0 <= PLUGIN.sniff(source) <= 1
    (vrf,) = parsed.devices[0].vrfs
    assert vrf.stages == (Routing(),)
    assert {r.interface for r in vrf.routes} <= vrf.interfaces | {""}
