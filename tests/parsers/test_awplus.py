"""AlliedWare Plus as a whole: lines and their fate, interfaces, routes, VRF instances, detection, any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.indented_run import addresses, context, packet, routed, table, verdict
from zoneguard.model.device import Concern, Device, Interface
from zoneguard.model.intervals import Intervals
from zoneguard.parsers import Parsed, Source, fortios, yamaha
from zoneguard.parsers._indented.wholeness import PART
from zoneguard.parsers.awplus import PLUGIN, parse
from zoneguard.parsers.reading import decode, detect, split_lines

SWITCH = """
!
service password-encryption
!
hostname 庁舎コア
!
no banner motd
!
username manager privilege 15 password 8 $1$bJoVec4D$JwOJGPr7YqoExA0GVasdE0
!
service ssh
no service telnet
!
platform routingratio ipv4only
stack virtual-chassis-id 1001
snmp-server
aaa authentication enable default local
ip domain-lookup
spanning-tree mode rstp
vlan database
 vlan 10 name jimu
 vlan 10,20,30 state enable
!
access-list hardware JIMU
 permit ip 10.20.0.0/16 10.20.0.0/16
 deny ip any any
!
interface port1.0.1-1.0.10
 description 執務室
 switchport
 switchport mode access
 switchport access vlan 10
!
interface port1.0.11-1.0.12
 static-channel-group 1
 switchport
 switchport mode trunk
 switchport trunk allowed vlan add 20,30
!
interface vlan10
 ip address 10.20.10.1/24
 ipv6 address 2001:db8:10::1/64
!
interface vlan20
 ip address 10.20.20.1 255.255.255.0
 ip address 10.20.21.1/24 secondary
!
interface vlan30
 ip address 10.30.0.1/24
 shutdown
!
router vrrp 1 vlan10
 virtual-ip 10.20.10.254 backup
 priority 150
 enable
!
ip route 0.0.0.0/0 10.20.20.254
ip route 10.0.0.0/8 Null 250
ip route 10.40.0.0 255.255.0.0 10.20.20.253 5 description 出先
ipv6 route ::/0 2001:db8:10::fe
!
line con 0
line vty 0 4
!
end
"""


def read(text: str) -> Parsed:
    return parse(Source("aw.cfg", tuple(text.strip("\n").split("\n"))), "aw")


def device(text: str) -> Device:
    (found,) = read(text).devices
    return found


def reasons(parsed: Parsed) -> dict[int, tuple[str, Concern, bool]]:
    return {m.span.first: (m.reason, m.concern, m.bounded) for m in parsed.account.not_understood}


def named(found: Device, name: str) -> Interface:
    return found.interface(name)


def test_a_switch_is_read_whole() -> None:
    parsed = read(SWITCH)
    assert not parsed.account.not_understood
    found = parsed.devices[0]
    assert not found.uncertain
    assert addresses(found) == {
        "vlan10": ["10.20.10.1/24", "2001:db8:10::1/64", "10.20.10.254/24"],
        "vlan20": ["10.20.20.1/24", "10.20.21.1/24"],
        "vlan30": ["10.30.0.1/24"],
    }
    assert [i.name for i in found.interfaces] == ["vlan10", "vlan20", "vlan30"]  # switch ports route nothing
    assert not named(found, "vlan30").enabled
    assert named(found, "vlan10").vlan == 10
    assert table(found) == [
        "0.0.0.0/0 10.20.20.254",
        "10.0.0.0/8 blackhole",
        "10.40.0.0/16 10.20.20.253",
        "::/0 2001:db8:10::fe",
    ]
    assert [(s.name, s.span.first) for s in found.services] == [("snmp", 15), ("ssh", 10)]


def test_every_line_of_it_has_one_fate() -> None:
    account = read(SWITCH).account
    assert account.understood + sum(account.ignored.values()) == account.total == len(SWITCH.strip("\n").split("\n"))
    assert account.ignored["stacking, rings, spanning tree and central management"] == 2


def test_distance_and_blackhole() -> None:
    by_prefix = {(r.length, r.network >> 16): (r.distance, r.kind.value) for r in context(device(SWITCH)).routes}
    assert by_prefix[8, 10 << 8] == (250, "blackhole")
    assert by_prefix[16, (10 << 8) + 40] == (5, "static")


VRFS = """
ip vrf lgwan 1
 rd 100:1
!
ip vrf mynumber 2
!
interface vlan10
 ip vrf forwarding lgwan
 ip address 10.0.0.1/24
!
interface vlan20
 ip vrf forwarding mynumber
 ip address 10.0.0.1/24
!
interface vlan30
 ip address 10.3.0.1/24
!
ip route vrf lgwan 10.9.0.0/16 10.0.0.9
ip route vrf lgwan 10.0.0.0/24 10.3.0.9 vlan30
ip route 10.8.0.0/16 10.3.0.8
"""


def test_vrf_instances_are_contexts_with_tables_of_their_own() -> None:
    found = device(VRFS)
    assert [(v.name, sorted(v.interfaces)) for v in found.vrfs] == [
        ("main", ["vlan30"]),
        ("lgwan", ["vlan10"]),
        ("mynumber", ["vlan20"]),
    ]
    assert table(found, "lgwan") == ["10.9.0.0/16 10.0.0.9", "10.0.0.0/24 10.3.0.9 vlan30"]
    assert table(found, "mynumber") == []
    assert not found.uncertain


@pytest.mark.parametrize("line", ["import map LEAK", "route-target import", "import vrf red"])
def test_a_map_that_chooses_what_a_vrf_takes_is_open_until_a_table_is_given(line: str) -> None:
    parsed = read(f"ip vrf lgwan 1\n {line}\n")
    assert reasons(parsed)[2][1:] == (Concern.ROUTING, False)
    assert parsed.devices[0].uncertain


def test_a_vrf_that_is_not_defined_is_said() -> None:
    parsed = read(
        "interface vlan10\n ip vrf forwarding red\n ip address 10.0.0.1/24\nip route vrf blue 0.0.0.0/0 10.0.0.9"
    )
    assert [(n, r[1]) for n, r in sorted(reasons(parsed).items())] == [(1, Concern.ROUTING), (4, Concern.ROUTING)]
    assert {v.name for v in parsed.devices[0].vrfs} == {"main", "red"}


def test_routes_out_of_a_disabled_interface_are_gone() -> None:
    found = device("interface vlan10\n ip address 10.0.0.1/24\n shutdown\nip route 10.9.0.0/16 vlan10")
    assert table(found) == []


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("ip route 10.0.0.0/33 10.0.0.1", Concern.ROUTING),
        ("ip route 10.0.0.0/8", Concern.ROUTING),
        ("ip route 10.0.0.0/8 10.0.0.1 track 3", Concern.ROUTING),
        ("router ospf 1\n network 10.0.0.0/8 area 0", Concern.ROUTING),
        ("router bgp 65001\n neighbor 10.0.0.9 remote-as 65002", Concern.ROUTING),
        ("openflow controller oc1 tcp 10.0.0.9 6653", Concern.FILTER),
        ("interface vlan10\n ip address 10.0.0.1/33", Concern.INTERFACE),
        ("interface vlan10\n ip address dhcp", Concern.INTERFACE),
        ("interface vlan10\n service-policy input QOS", Concern.FILTER),
        ("interface port1.0.1\n switchport trunk allowed vlan add 5000", Concern.INTERFACE),
        ("interface port1.0.1\n switchport private-vlan host", Concern.FILTER),
        ("interface vlan10\n bridge-group 1", Concern.INTERFACE),
        ("frobnicate the packets", Concern.FILTER),
        ("trigger 1\n script 1 flash:/open.scp", Concern.FILTER),
    ],
)
def test_what_may_matter_and_is_not_understood_is_said(text: str, concern: Concern) -> None:
    parsed = read(text)
    assert concern in {m.concern for m in parsed.devices[0].uncertain}


def test_a_line_that_cannot_be_read_does_not_take_its_neighbours_along() -> None:
    found = device(
        "ip route 10.0.0.0/99 10.0.0.1\nip route 10.2.0.0/16 10.0.0.1\ninterface vlan1\n ip address 10.0.0.2/24"
    )
    assert table(found) == ["10.2.0.0/16 10.0.0.1"]
    assert addresses(found) == {"vlan1": ["10.0.0.2/24"]}


POLICY_ROUTED = """
zone lan
 network a
  ip subnet 10.1.0.0/24
interface vlan1
 ip address 10.1.0.1/24
policy-based-routing
 ip policy-route 20 match http from lan nexthop 10.1.0.8
 ip policy-route 10 match https from lan nexthop 10.1.0.9 ppp0
 policy-based-routing enable
ip route 0.0.0.0/0 10.1.0.254
"""


def test_policy_routes_may_take_their_packets_or_not() -> None:
    found = device(POLICY_ROUTED)
    assert routed(found, packet("10.1.0.5", "198.51.100.1", "tcp/443"), "vlan1") == {"10.1.0.9", "ppp0", "10.1.0.254"}
    assert routed(found, packet("10.1.0.5", "198.51.100.1", "tcp/80"), "vlan1") == {"10.1.0.8", "10.1.0.254"}
    assert routed(found, packet("10.1.0.5", "198.51.100.1", "tcp/22"), "vlan1") == {"10.1.0.254"}
    assert all(bounded for _, _, bounded in reasons(read(POLICY_ROUTED)).values())


def test_policy_routes_that_are_not_enabled_take_nothing() -> None:
    found = device(POLICY_ROUTED.replace(" policy-based-routing enable\n", ""))
    assert not context(found).policy_routes
    assert not found.uncertain


def test_static_arp_binds_an_address_to_a_mac() -> None:
    (binding,) = device("arp 10.0.0.9 0000.5e00.5310 port1.0.5").mac_bindings
    assert (binding.address, binding.mac) == ((10 << 24) + 9, 0x00005E005310)


SESSION = """
awplus>enable
awplus#show running-config
Building configuration...
Current configuration:
!
interface vlan10
 ip address 10.0.0.1/24
!
end
awplus#configure terminal
awplus(config)#interface vlan20
awplus(config-if)#ip address 10.0.1.1/24
awplus(config-if)#exit
awplus(config)#ip route 0.0.0.0/0 10.0.0.9
awplus(config)#exit
awplus#
"""


def test_a_pasted_session_is_read_with_its_prompts() -> None:
    parsed = read(SESSION)
    assert addresses(parsed.devices[0]) == {"vlan10": ["10.0.0.1/24"], "vlan20": ["10.0.1.1/24"]}
    assert table(parsed.devices[0]) == ["0.0.0.0/0 10.0.0.9"]
    assert not parsed.account.not_understood


def test_encodings_and_line_ends() -> None:
    for encoding in ("utf-8", "utf-8-sig", "cp932", "euc_jp"):
        text, _ = decode(SWITCH.replace("\n", "\r\n").encode(encoding), "aw.cfg")
        parsed = parse(Source("aw.cfg", split_lines(text)), "aw")
        assert not parsed.account.not_understood
        assert addresses(parsed.devices[0])["vlan10"][0] == "10.20.10.1/24"


def test_detection_by_content() -> None:
    assert PLUGIN.sniff(Source("f", split_lines(SWITCH))) > 0.9
    assert detect(Source("f", split_lines(SWITCH))).name == "awplus"
    ios = (
        "interface GigabitEthernet0/0\n ip address 10.0.0.1 255.0.0.0\nip access-list extended X\n permit ip any any\n"
    )
    assert PLUGIN.sniff(Source("f", split_lines(ios))) == 0
    older = "ADD FIREWALL POLICY=net INTERFACE=vlan1 TYPE=PRIVATE\nADD IP INT=vlan1 IP=10.0.0.1 MASK=255.0.0.0\n"
    assert PLUGIN.sniff(Source("f", split_lines(older))) == 0
    for plugin in (fortios.PLUGIN, yamaha.PLUGIN):
        assert plugin.sniff(Source("f", split_lines(SWITCH))) < 0.9


def test_a_part_of_a_configuration_is_not_taken_for_the_whole() -> None:
    parsed = read("access-list hardware X\n permit ip any any\n")
    assert [(m.reason, m.concern) for m in parsed.devices[0].uncertain] == [(PART, Concern.INTERFACE)]


def test_an_interface_twice_with_another_address_is_said() -> None:
    one = "interface vlan10\n ip address 10.0.0.1/24\n"
    assert not read(one + one).devices[0].uncertain
    parsed = read(one + one.replace("10.0.0.1", "10.0.9.1"))
    assert [(m.span.first, m.concern) for m in parsed.devices[0].uncertain] == [(4, Concern.INTERFACE)]


SAID = """
interface vlan10 vlan1-3 port1.0.1-1.0.4 sa1 eth1 ip ipv6 address route access-list hardware X 3000 4000 permit deny
send-to-cpu tcp udp icmp icmp-type proto mac any host 10.0.0.1 10.0.0.0/8 0.0.0.255 2001:db8::/32 eq range 80 443 vlan
access-group traffic-filter access-map match filter vlan-list input switchport mode trunk access allowed add all none
zone network subnet firewall rule 10 20 from to a a.b a.b.c protect nat enable masq portfwd netmap with src dst dport
application protocol dport sport dynamic vrf forwarding Null router vrrp virtual-ip shutdown 0000.5e00.5310
ffff.ffff.ffff policy-based-routing policy-route nexthop "x ! exit (config)# no 999999999999 -
"""
WORDS = st.sampled_from(SAID.split())
LINES = st.lists(
    st.tuples(st.integers(0, 3), st.lists(WORDS, max_size=9).map(" ".join)).map(lambda p: " " * p[0] + p[1]),
    max_size=25,
)


def check_accounts(lines: tuple[str, ...]) -> None:
    parsed = parse(Source("f", lines), "aw")
    account = parsed.account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(lines)
    (found,) = parsed.devices
    told = tuple(m for m in found.uncertain if m.reason != PART)
    assert told == tuple(m for m in account.not_understood if m.concern is not Concern.OTHER and not m.bounded)
    assert len(told) < len(found.uncertain) or addresses(found)
    assert len({i.name for i in found.interfaces}) == len(found.interfaces)
    routed_ = [name for vrf in found.vrfs for name in vrf.interfaces]
    assert sorted(routed_) == sorted(i.name for i in found.interfaces)
    assert 0 <= PLUGIN.sniff(Source("f", lines)) <= 1


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_commands_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check_accounts(tuple(lines))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_accounted_for(text: str) -> None:
    check_accounts(split_lines(text))


ACCESS_LINES = st.lists(
    st.tuples(
        st.sampled_from(["permit", "deny", "copy-to-mirror"]),
        st.sampled_from(["ip", "tcp", "udp"]),
        st.sampled_from(["any", "10.0.0.0/8", "10.1.0.0 0.0.255.255", "host 10.1.2.3", "10.0.1.0 0.255.0.255"]),
        st.sampled_from(["any", "192.0.2.0/24", "192.0.2.9 0.0.0.0"]),
        st.sampled_from(["", "eq 80", "range 80 90", "gt 1023", "lt 80", "ne 22"]),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(ACCESS_LINES, st.sampled_from(["10.1.2.3", "10.0.1.9", "172.16.0.1"]), st.sampled_from([22, 79, 80, 85, 2000]))
def test_lists_decide_as_a_plain_reading_of_them(rows: list[tuple[str, ...]], source: str, dport: int) -> None:
    entries = [(a, p, s, d, ports if p != "ip" else "") for a, p, s, d, ports in rows]
    lines = ["access-list hardware X", *(" " + " ".join(filter(None, e)) for e in entries)]
    found = device("\n".join([*lines, "interface eth1", " access-group X", " ip address 10.0.0.1/8"]))
    expected = "pass"
    for action, protocol, src, dst, ports in entries:
        if protocol != "udp" and _plainly(src, source) and _plainly(dst, "192.0.2.9") and _port(ports, dport):
            expected = "drop" if action == "deny" else "pass"
            break
    assert verdict(found, packet(source, "192.0.2.9", f"tcp/{dport}"), "eth1", "eth2") == expected


def _plainly(text: str, wanted: str) -> bool:
    """Octet by octet: the second reading of what a list says of an address."""
    octets = list(map(int, wanted.split(".")))
    if text == "any":
        return True
    first, _, rest = text.removeprefix("host ").partition(" ")
    base, _, length = first.partition("/")
    said = list(map(int, base.split(".")))
    if rest:
        ignored = list(map(int, rest.split(".")))
        return all(o | i == s | i for o, s, i in zip(octets, said, ignored, strict=True))
    return octets[: int(length or 32) // 8] == said[: int(length or 32) // 8]


def _port(text: str, port: int) -> bool:
    operator, *values = text.split() or [""]
    low, high = (int(values[0]), int(values[-1])) if values else (0, 65535)
    tests = {"": True, "eq": port == low, "range": low <= port <= high, "gt": port > low, "lt": port < low}
    return tests.get(operator, port != low)


def test_hostile_lines() -> None:
    lines = (
        "interface port1.0.1-1.0.99999999",
        "interface " + ",".join(["vlan1-1000"] * 200),
        "interface vlan" + "9" * 5000,
        "access-list hardware X",
        " permit tcp " + "any " * 50_000,
        " deny ip 10.0.0.0/8 " + "9" * 50_000,
        "zone " + "a." * 10_000,
        "vlan filter M vlan-list " + ",".join(["1-4094"] * 500),
        "a" * 300_000,
        "awplus" + "(" * 5000 + "#" * 5000,
        '"' * 5001,
        *(" " * depth + "zone a" for depth in range(200)),
    )
    check_accounts(lines)


def test_many_ports_and_vlans_are_bounded() -> None:
    found = device("interface vlan1-4000\n ip address 10.0.0.1/8\n")
    assert len(found.interfaces) == 4000
    assert Intervals.span(1, 4000) == Intervals.of(*(i.vlan for i in found.interfaces if i.vlan))


@pytest.mark.parametrize(
    "text",  # Command Reference for AlliedWare Plus: "ip address negotiated", "ipv6 traffic-filter", "ip route"
    [
        "interface ppp0\n ip address negotiated",
        "ipv6 access-list six\ninterface vlan1\n ipv6 traffic-filter six",
        "ip route 192.0.2.0/24 vlan1",
        "ipv6 route 2001:db8::/32 fe80::1 vlan1",
        "ip route 192.0.2.0/24 10.0.0.1 200 description kita no michi",
    ],
)
def test_forms_of_the_reference_are_whole(text: str) -> None:
    assert not [m for m in read(text).account.not_understood if m.reason.startswith("not ")]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("interface vlan1\n ipv6 traffic-filter six sideways", "sideways"),
        ("ipv6 route 2001:db8::/32 2001:db8::1 sideways", "sideways"),
        ("ip route 192.0.2.0/24 sideways", "sideways"),
        ("policy-based-routing sideways", "sideways"),
    ],
)
def test_a_word_that_cannot_follow_is_said(text: str, word: str) -> None:
    assert [m.reason.endswith(word) for m in read(text).account.not_understood] == [True]
