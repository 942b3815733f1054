"""The ASA parser as a whole: lines and their fate, routes, contexts, detection, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.parsers.cisco_asa_run import INTERFACES, VERSION, firewall, goes, read
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, RouteKind
from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import PART
from zoneguard.parsers.cisco_asa import PLUGIN, parse
from zoneguard.parsers.reading import decode, split_lines

EXPORT_TEXT = """
: Saved
:
: Serial Number: JAD00000000
: Written by enable_15 at 10:00:00.000 JST Mon Nov 2 2026
!
ASA Version 9.16(4)
!
hostname sc-fw
enable password ***** pbkdf2
names
no mac-address auto
!
interface GigabitEthernet0/0
 description セキュリティクラウド側
 nameif outside
 security-level 0
 ip address 203.0.113.2 255.255.255.240 standby 203.0.113.3
!
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.30.0.1 255.255.255.0
 ospf cost 10
!
interface Management0/0
 management-only
 no nameif
 no security-level
 no ip address
!
boot system disk0:/asa9-16-4.bin
ftp mode passive
clock timezone JST 9
object network proxy
 host 10.30.0.10
 description プロキシ
object-group service web tcp
 port-object eq www
 port-object eq https
access-list inside_in remark 閲覧
access-list inside_in extended permit tcp object proxy any object-group web
access-list inside_in extended deny ip any any log
pager lines 24
logging enable
mtu outside 1500
failover
icmp unreachable rate-limit 1 burst-size 1
!
object network proxy
 nat (inside,outside) dynamic interface
access-group inside_in in interface inside
route outside 0.0.0.0 0.0.0.0 203.0.113.1 1
timeout xlate 3:00:00
aaa authentication ssh console LOCAL
http server enable
http 10.30.0.0 255.255.255.0 inside
no snmp-server location
crypto ipsec security-association pmtu-aging infinite
crypto ca certificate chain TP
 certificate 01
    30820101 02820101
  quit
ssh 10.30.0.0 255.255.255.0 inside
class-map inspection_default
 match default-inspection-traffic
policy-map global_policy
 class inspection_default
  inspect ftp
service-policy global_policy global
Cryptochecksum:00000000000000000000000000000000
: end
"""
EXPORT = EXPORT_TEXT.strip().split("\n")


def test_an_export_is_read_whole() -> None:
    parsed = read("\n".join(EXPORT))
    account = parsed.account
    assert not account.not_understood
    assert account.understood + sum(account.ignored.values()) == account.total == len(EXPORT)
    (found,) = parsed.devices
    assert [i.name for i in found.interfaces] == ["outside", "inside", "Management0/0"]
    assert [i.description for i in found.interfaces][:2] == ["セキュリティクラウド側", "GigabitEthernet0/1"]
    assert goes(found, "inside", "10.30.0.10 > 198.51.100.7 tcp/443") == "outside"
    assert goes(found, "inside", "10.30.0.11 > 198.51.100.7 tcp/443") == "deny"
    assert [(s.name, s.interface) for s in found.services] == [("http", "inside"), ("ssh", "inside")]


def test_a_pasted_session_without_indentation_reads_the_same() -> None:
    pasted = ["sc-fw# show running-config", *(line.strip() for line in EXPORT), "sc-fw#"]
    parsed = read("\n".join(pasted))
    (plain,), (found,) = read("\n".join(EXPORT)).devices, parsed.devices
    assert [(i.name, i.addresses, i.enabled) for i in found.interfaces] == [
        (i.name, i.addresses, i.enabled) for i in plain.interfaces
    ]
    assert goes(found, "inside", "10.30.0.10 > 198.51.100.7 tcp/443") == "outside"
    assert goes(found, "inside", "10.30.0.10 > 198.51.100.7 tcp/22") == "deny"
    assert not [d for d in parsed.account.not_understood if d.concern is Concern.NAT]


def test_cp932_with_crlf_and_a_pager() -> None:
    text = "\r\n".join(EXPORT[:20]) + "\r\n<--- More --->\r              \r" + "\r\n".join(EXPORT[20:])
    decoded, encoding = decode(text.encode("cp932"), "f")
    assert encoding == "cp932"
    parsed = parse(Source("f", split_lines(decoded)), "fw")
    assert not parsed.account.not_understood
    assert parsed.devices[0].interfaces[0].description == "セキュリティクラウド側"


@pytest.mark.parametrize(
    ("line", "concern"),
    [
        ("firewall transparent", Concern.FILTER),
        ("router ospf 1", Concern.ROUTING),
        ("ipv6 router ospf 1", Concern.ROUTING),
        ("route nowhere 10.0.0.0 255.0.0.0 10.1.0.9 1", Concern.ROUTING),
        ("route inside 10.0.0.0 255.0.255.0 10.1.0.9 1", Concern.ROUTING),
        ("route inside 10.80.0.0 255.255.0.0 10.1.0.999 1", Concern.ROUTING),
        ("route nowhere 0.0.0.0 0.0.0.0 10.1.0.9 tunneled", Concern.ROUTING),
        ("established tcp 0 0 permitto tcp 4000", Concern.FILTER),
        ("conduit permit tcp host 10.1.0.5 eq 80 any", Concern.FILTER),
        ("access-group A in interface nowhere", Concern.FILTER),
        ("zone-pair frobnicate", Concern.FILTER),
        ("wccp web-cache", Concern.ROUTING),
        ("no route outside 0.0.0.0 0.0.0.0 203.0.113.1 1", Concern.ROUTING),
        ("no access-list A extended permit ip any any", Concern.FILTER),
        ("same-security-traffic frobnicate", Concern.FILTER),
        ("interface GigabitEthernet0/1\n bridge-group 1", Concern.INTERFACE),
        ("interface GigabitEthernet0/1\n zone-member Z", Concern.FILTER),
        ("interface GigabitEthernet0/1\n policy-route route-map R", Concern.ROUTING),
        ("interface GigabitEthernet0/1\n ip address 10.1.0.1 255.0.255.0", Concern.INTERFACE),
        ("interface GigabitEthernet0/1\n ip address dhcp", Concern.INTERFACE),
        ("interface GigabitEthernet0/1\n frobnicate", Concern.INTERFACE),
        ("interface GigabitEthernet0/7\n nameif inside", Concern.INTERFACE),
    ],
)
def test_what_may_matter_and_is_not_in_the_model_is_said(line: str, concern: Concern) -> None:
    (doubt,) = firewall(line).uncertain
    assert doubt.concern is concern
    assert doubt.text in line


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("object-group network g\n group-object g", 2, "a group that holds itself"),
        ("object-group network g\n group-object h", 2, "a group that is not defined"),
        ("object-group network g\n network-object object h", 2, "an object that is not defined"),
        (
            "object network n\n subnet 10.0.0.0 255.0.255.0",
            2,
            "a member that cannot be read: what it stands for is open",
        ),
        ("object frob n", 1, "not a kind of object: frob"),
        ("interface E0\n nameif a\ninterface E1\n nameif a", 3, "another interface has this name already"),
    ],
)
def test_bad_definitions_are_diagnosed_with_their_line(text: str, line: int, reason: str) -> None:
    (doubt,) = read(text).account.not_understood
    assert (doubt.span.first, doubt.reason) == (line, reason)


def test_groups_within_groups_end() -> None:
    lines = [f"object-group network g{n}\n group-object g{n + 1}\n group-object g{n + 1}" for n in range(200)]
    lines.append("object-group network g200\n network-object host 10.2.0.9")
    lists = ("access-list A extended permit ip any object-group g0", "access-group A in interface outside")
    assert goes(firewall(*lines, *lists), "outside", "198.51.100.7 > 10.2.0.9 tcp/80") == "may"
    short = lines[195:]
    lists = ("access-list A extended permit ip any object-group g195", "access-group A in interface outside")
    assert goes(firewall(*short, *lists), "outside", "198.51.100.7 > 10.2.0.9 tcp/80") == "dmz"


# -- routes ----------------------------------------------------------------------------------------------------------


def test_routes() -> None:
    found = firewall(
        "route inside 10.80.0.0 255.255.0.0 10.1.0.9 5",
        "route null0 10.81.0.0 255.255.0.0",
        "ipv6 route outside ::/0 2001:db8::1",
        "route inside 10.82.0.0 255.255.0.0 0.0.0.0 1",
    )
    routes = [(format_address(r.network), r.length, r.kind, r.interface, r.distance) for r in found.vrfs[0].routes]
    assert routes == [
        ("0.0.0.0", 0, RouteKind.STATIC, "outside", 1),
        ("10.80.0.0", 16, RouteKind.STATIC, "inside", 5),
        ("10.81.0.0", 16, RouteKind.BLACKHOLE, "", 1),
        ("::", 0, RouteKind.STATIC, "outside", 1),
        ("10.82.0.0", 16, RouteKind.STATIC, "inside", 1),
    ]
    assert found.vrfs[0].routes[4].next_hop is None


def test_a_tracked_route_may_give_way_to_the_next_best() -> None:
    backup = firewall(
        "route outside 10.80.0.0 255.255.0.0 203.0.113.9 1 track 1", "route dmz 10.80.0.0 255.255.0.0 10.2.0.254 200"
    )
    assert goes(backup, "inside", "10.1.0.5 > 10.80.0.9 tcp/80") == "dmz|outside"
    shorter = firewall("route dmz 10.80.0.0 255.255.0.0 10.2.0.254 1 track 1")
    assert goes(shorter, "inside", "10.1.0.5 > 10.80.0.9 tcp/80") == "dmz|outside"
    assert goes(shorter, "inside", "10.1.0.5 > 10.70.0.9 tcp/80") == "outside"


# -- several configurations in one file --------------------------------------------------------------------------------

SYSTEM = """
ASA Version 9.16(4) <system>
hostname box
interface GigabitEthernet0/0
interface GigabitEthernet0/0.10
 vlan 10
context lg
  allocate-interface GigabitEthernet0/0.10
  config-url disk0:/lg.cfg
context mn
  config-url disk0:/mn.cfg
"""
CONTEXT = """
ASA Version 9.16(4) <context>
hostname {name}
interface a
 nameif inside
 security-level 100
 ip address 10.{net}.0.1 255.255.255.0
interface b
 nameif outside
 security-level 0
 ip address 203.0.113.{net} 255.255.255.0
"""


def test_contexts_are_forwarding_contexts_of_one_device() -> None:
    parsed = read(SYSTEM + CONTEXT.format(name="lg", net=20) + CONTEXT.format(name="mn", net=10))
    (found,) = parsed.devices
    assert [v.name for v in found.vrfs] == ["lg", "mn"]
    assert not parsed.account.not_understood
    assert goes(found, "lg/inside", "10.20.0.5 > 203.0.113.9 tcp/80", vrf="lg") == "lg/outside"
    assert goes(found, "mn/outside", "203.0.113.9 > 10.10.0.5 tcp/80", vrf="mn") == "deny"


def test_a_context_that_the_file_lacks_is_said() -> None:
    parsed = read(SYSTEM + CONTEXT.format(name="lg", net=20))
    (doubt,) = parsed.devices[0].uncertain
    assert (doubt.text, doubt.concern) == ("context mn", Concern.FILTER)


def test_two_boxes_in_one_file_are_two_devices() -> None:
    boxes = [CONTEXT.format(name=name, net=net).replace(" <context>", "") for name, net in (("a", 20), ("b", 10))]
    found = read("".join(boxes) + "frobnicate\n").devices
    assert [d.name for d in found] == ["fw/a", "fw/b"]
    assert [len(d.uncertain) for d in found] == [0, 1]


# -- detection -------------------------------------------------------------------------------------------------------


def confidence(text: str) -> float:
    return PLUGIN.sniff(Source("f", tuple(text.strip("\n").split("\n"))))


def test_its_own_files_are_recognised() -> None:
    assert confidence("\n".join(EXPORT)) > 0.95
    assert confidence("access-list A extended permit ip any any\naccess-group A in interface outside") > 0.6
    assert confidence(INTERFACES) > 0.5


@pytest.mark.parametrize(
    "text",
    [
        "config firewall policy\n    edit 1\n        set srcintf port1\n    next\nend",
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT",
        "hostname sw\ninterface Vlan10\n ip address 10.0.0.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 10.0.0.9",
        "ip access-list extended A\n permit ip any any\ninterface Gi0/1\n ip access-group A in",
        "access-list 101 permit tcp any host 10.0.0.1 eq 80\ninterface Gi0/1\n ip access-group 101 in",
        "ip filter 1 pass * *\nip lan1 secure filter in 1",
        "",
    ],
)
def test_files_of_others_are_not(text: str) -> None:
    assert confidence(text) < 0.3


# -- any text --------------------------------------------------------------------------------------------------------

SAID = r"""
access-list A B line 1 2 extended standard advanced permit deny trust tcp udp icmp ip object object-group network
service protocol host any any4 10.0.0.0 255.0.0.0 255.0.255.0 10.0.0.1 2001:db8::1/64 eq range www 80 echo inactive
time-range log rule-id ifc remark access-group in out interface inside outside global control-plane nat static dynamic
(inside,outside) (any,outside) (inside) source destination after-auto interface pat-pool unidirectional route ipv6
null0 track tunneled nameif security-level ip address dhcp standby shutdown vlan management-only group-object
network-object port-object service-object subnet g h name names same-security-traffic inter-interface
intra-interface crypto map M match address webvpn enable context hostname netmask nat-control no ssh icmp local pool
10.0.0.1-10.0.0.9 firewall transparent user tag fqdn description per-user-override ASA Version 8.2(1) 9.1 <context>
NGFW 6.6 - set reverse-route dynamic-map peer setroute pppoe enable
"""
WORDS = st.sampled_from(SAID.split())
STARTS = st.sampled_from([
    "", "", " ", " ", "  ", "access-list A extended permit ", "access-list A ", "nat (inside,outside) source ",
    "nat (inside) ", "static (inside,outside) ", "global (outside) ", "object network g\n ", " nat (inside,outside) ",
    "object-group network h\n ", "object-group service g\n ", "route inside ", "access-group A ", "crypto map M 1 ",
    "interface E0\n nameif inside\n ip address ", "interface E1\n nameif outside\n ",
])  # fmt: skip
LINES = st.lists(st.builds(lambda s, w: s + " ".join(w), STARTS, st.lists(WORDS, max_size=9)), max_size=25)


def check_accounts(lines: tuple[str, ...]) -> None:
    parsed = parse(Source("f", lines), "fw")
    account = parsed.account
    assert (
        account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total == len(lines)
    )
    told = {m for m in account.not_understood if m.concern is not Concern.OTHER and not m.bounded}
    assert {m for device in parsed.devices for m in device.uncertain if m.reason != PART} == told
    for device in parsed.devices:
        assert len({i.name for i in device.interfaces}) == len(device.interfaces)
        assert frozenset().union(*(v.interfaces for v in device.vrfs)) <= {i.name for i in device.interfaces}
    assert 0 <= PLUGIN.sniff(Source("f", lines)) <= 1


@settings(max_examples=300, deadline=None)
@given(LINES)
@example(["access-list A line"])
def test_commands_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check_accounts(split_lines("\n".join(lines)))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_accounted_for(text: str) -> None:
    check_accounts(split_lines(text))


def test_hostile_lines_are_accounted_for() -> None:
    check_accounts((
        VERSION,
        "access-list A extended permit tcp " + "any " * 50_000,
        *("object-group network g", *(f"{' ' * n}group-object g" for n in range(1, 500))),
        "nat (inside,outside) source static " + "g " * 10_000,
        "route inside 10.0.0.0 255.0.0.0 10.0.0.1 " + "9" * 10_000,
        "a" * 500_000,
        "name 10.0.0.1 " + "(" * 100_000,
        *(f"context c{n}" for n in range(1000)),
    ))  # fmt: skip
