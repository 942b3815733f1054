"""NEC UNIVERGE IX: filters, translation, routes; traps with the source of their meaning in docs/reference/nec-ix.md."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.nec_ix_run import DMZ, LAN, WAN, becomes, goes, on, read, router
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device, RouteKind
from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import PART
from zoneguard.parsers.nec_ix import PLUGIN, parse
from zoneguard.parsers.reading import decode, split_lines

OUT = "10.1.0.5 > 198.51.100.7 tcp/443"
IN = "198.51.100.7 > 10.1.0.5 tcp/443"
ALL = "ip access-list all permit ip src any dest any"


def filtered(*lists: str, filters: str = "a 1 in", interface: str = WAN) -> Device:
    return router(*lists, on(interface, *(f"ip filter {f}" for f in filters.split(","))))


# -- filters ---------------------------------------------------------------------------------------------------------


def test_without_filters_everything_passes() -> None:
    assert goes(router(), WAN, IN) == LAN


def test_a_direction_with_a_filter_ends_in_a_deny() -> None:
    """Functional description 2-421."""
    found = filtered("ip access-list a permit tcp src any sport any dest any dport eq 443")
    assert goes(found, WAN, IN) == LAN
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.5 tcp/80") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == WAN  # the other direction has none


def test_sequence_numbers_order_the_lists_and_a_list_without_match_is_left() -> None:
    lists = ("ip access-list a deny ip src 198.51.100.0/24 dest any", ALL)
    assert goes(filtered(*lists, filters="all 999 in,a 1 in"), WAN, IN) == "deny"
    assert goes(filtered(*lists, filters="all 1 in,a 999 in"), WAN, IN) == LAN
    assert goes(filtered(*lists, filters="all 999 in,a 1 in"), WAN, "192.0.2.1 > 10.1.0.5 tcp/1") == LAN


def test_a_filter_out_is_asked_of_what_leaves() -> None:
    found = filtered("ip access-list a permit udp src any sport any dest any dport eq 53", filters="a 1 out")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 udp/53") == WAN
    assert goes(found, LAN, OUT) == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/1") == DMZ


def test_static_filters_keep_no_state() -> None:
    found = filtered("ip access-list a permit tcp src any sport any dest any dport eq 443")
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.5 tcp/50000", state=1) == "deny"


def test_two_filters_with_one_number_are_said() -> None:
    deny = "ip access-list b deny ip src any dest any"
    (doubt,) = filtered(ALL, deny, filters="all 1 in,b 1 in").uncertain
    assert (doubt.concern, doubt.text) == (Concern.FILTER, "ip filter b 1 in")
    assert not filtered(ALL, "ip access-list c permit ip src any dest any", filters="all 1 in,c 1 in").uncertain


def test_a_list_that_is_not_defined_is_open_and_said() -> None:
    parsed = read(on(WAN, "ip address 203.0.113.2/24", "ip filter nowhere 1 in"))
    (doubt,) = parsed.account.not_understood
    assert (doubt.text, doubt.bounded) == ("ip filter nowhere 1 in", True)
    assert goes(filtered(filters="nowhere 1 in"), WAN, IN) == "may"


@pytest.mark.parametrize(
    ("entry", "what", "expected"),
    [
        ("permit ip src any dest any", "198.51.100.7 > 10.1.0.5 udp/1", LAN),
        ("permit ip src 198.51.100.0/25 dest 10.1.0.5/32", "198.51.100.7 > 10.1.0.5 udp/1", LAN),
        ("permit ip src 198.51.100.128/25 dest any", "198.51.100.7 > 10.1.0.5 udp/1", "deny"),
        ("permit ip src any dest 10.1.0.6", "198.51.100.7 > 10.1.0.5 udp/1", "deny"),
        ("permit udp src any sport any dest any dport range 500 501", "198.51.100.7 > 10.1.0.5 udp/501", LAN),
        ("permit udp src any sport eq 500 dest any dport any", "198.51.100.7 > 10.1.0.5 udp/501", "deny"),
        ("permit tcp src any sport gt 1023 dest any dport lt 1024", "198.51.100.7 > 10.1.0.5 tcp/22", LAN),
        ("permit tcp src any dest any dport eq 22", "198.51.100.7 > 10.1.0.5 tcp/22", LAN),
        ("permit 50 src any dest any", "198.51.100.7 > 10.1.0.5 esp", LAN),
        ("permit 50 src any dest any", "198.51.100.7 > 10.1.0.5 tcp/1", "deny"),
        ("permit icmp src any dest any", "198.51.100.7 > 10.1.0.5 icmp/8", LAN),
        ("permit icmp type 8 src any dest any", "198.51.100.7 > 10.1.0.5 icmp/8", LAN),
        ("permit icmp type 8 code 1 src any dest any", "198.51.100.7 > 10.1.0.5 icmp/8", "deny"),
        ("permit tcp src any sport any dest any dport any established", "198.51.100.7 > 10.1.0.5 tcp/1", "deny"),
        ("permit ip src any dest any dscp 46", "198.51.100.7 > 10.1.0.5 tcp/1", "may"),
        ("permit ip src any dest any frobnicate", "198.51.100.7 > 10.1.0.5 tcp/1", "may"),
        ("permit ip src 10.0.0.999/8 dest any", "198.51.100.7 > 10.1.0.5 tcp/1", "may"),
        ("permit icmp src any sport eq 5 dest any", "198.51.100.7 > 10.1.0.5 tcp/1", "may"),
        ("forbid ip src any dest any", "198.51.100.7 > 10.1.0.5 tcp/1", "may"),
    ],
)
def test_entries(entry: str, what: str, expected: str) -> None:
    assert goes(filtered(f"ip access-list a {entry}"), WAN, what) == expected


def test_options_of_a_list_say_nothing() -> None:
    found = filtered("ip access-list a option optimize", "ip access-list a permit ip src any dest any")
    assert goes(found, WAN, IN) == LAN


def test_ipv6_has_lists_of_its_own() -> None:
    six = (on(WAN, "ipv6 enable", "ipv6 address 2001:db8:f::2/64"), on(LAN, "ipv6 address 2001:db8:1::1/64"))
    sent = "2001:db8:9::9 > 2001:db8:1::5 tcp/80"
    assert goes(filtered("ip access-list a deny ip src any dest any", *six), WAN, sent) == LAN
    found = router(*six, "ipv6 access-list s permit icmp type 134 src any dest any", on(WAN, "ipv6 filter s 2000 in"))
    assert goes(found, WAN, sent) == "deny"
    assert goes(found, WAN, "2001:db8:9::9 > 2001:db8:1::5 icmp6/134") == LAN
    assert goes(found, WAN, IN) == LAN


# -- dynamic lists ---------------------------------------------------------------------------------------------------

DYNAMIC = ("ip access-list watched permit tcp src 10.1.0.0/16 sport any dest any dport eq 443",
           "ip access-list dynamic d access watched", "ip access-list none deny ip src any dest any")  # fmt: skip
ANSWER = "198.51.100.7 > 10.1.0.5 tcp/50000"


def test_a_dynamic_list_lets_its_connections_pass_both_ways() -> None:
    """Functional description 2-426: going out it opens, coming in answers pass before the static lists."""
    found = filtered(*DYNAMIC, filters="d 1 out,none 1 in")
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == "deny"  # 2-424: the last list, and no match
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.5 tcp/50000", state=1, sport=443) == LAN
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.5 tcp/50000", state=1, sport=80) == "deny"
    assert goes(found, WAN, IN) == "deny"


def test_what_a_dynamic_list_does_not_watch_is_left_to_the_next_filter() -> None:
    found = filtered(*DYNAMIC, ALL, filters="d 1 out,all 2 out")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == WAN


def test_the_cache_is_of_one_interface() -> None:
    """Functional description 2-429."""
    found = router(*DYNAMIC, on(LAN, "ip filter d 1 in"), on(WAN, "ip filter none 1 in"))
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.5 tcp/50000", state=1, sport=443) == "deny"


def test_whether_what_a_watched_list_denies_is_dropped_is_open() -> None:
    first = "ip access-list watched deny ip src 10.1.0.5/32 dest any"
    watched = (first, "ip access-list watched permit ip src any dest any")
    lists = (*watched, "ip access-list dynamic d access watched", ALL)
    found = filtered(*lists, filters="d 1 out,all 2 out")
    assert goes(found, LAN, OUT) == "may"
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/443") == WAN


def test_the_dynamic_list_of_a_name_is_asked() -> None:
    """Command reference 13-3: of a static and a dynamic list with one name the dynamic one."""
    lists = ("ip access-list a permit ip src any dest any", "ip access-list watched permit tcp src any dest any")
    found = filtered(*lists, "ip access-list dynamic a access watched", filters="a 1 out")
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 udp/53") == "deny"
    assert goes(found, LAN, OUT) == WAN


def test_other_forms_of_dynamic_lists() -> None:
    tcp = filtered("ip access-list dynamic d tcp src any sport any dest any dport eq 443", filters="d 1 out")
    assert goes(tcp, LAN, OUT) == WAN
    ftp = filtered("ip access-list dynamic d ftp src any dest any", filters="d 1 out")
    assert goes(ftp, LAN, OUT) == "may"
    opens = filtered(
        *DYNAMIC[:1], "ip access-list dynamic d access watched in more", DYNAMIC[2], filters="d 1 out,none 1 in"
    )
    assert goes(opens, WAN, IN) == "may"
    broken = filtered("ip access-list dynamic d", filters="d 1 out")
    assert goes(broken, LAN, OUT) == "may"
    missing = filtered("ip access-list dynamic d access nowhere", filters="d 1 out")
    assert goes(missing, LAN, OUT) == "may"


# -- translation -----------------------------------------------------------------------------------------------------


def natted(*settings_: str) -> Device:
    return router(on(WAN, *settings_))


def test_static_nat_both_ways_and_unmatched_packets_are_passed_on() -> None:
    """Functional description, NAT: what no entry takes is forwarded as it is."""
    found = natted("ip nat enable", "ip nat static 10.1.0.9 203.0.113.9")
    assert becomes(found, WAN, "198.51.100.7 > 203.0.113.9 tcp/80") == "198.51.100.7 > 10.1.0.9:80"
    assert becomes(found, LAN, "10.1.0.9 > 198.51.100.7 tcp/80") == "203.0.113.9 > 198.51.100.7:80"
    assert becomes(found, LAN, "10.1.0.8 > 198.51.100.7 tcp/80") == "10.1.0.8 > 198.51.100.7:80"
    assert goes(found, WAN, IN) == LAN


def test_dynamic_nat() -> None:
    pool = ("ip nat enable", "ip nat pool p 203.0.113.100 203.0.113.101", "ip nat dynamic list lan pool p")
    found = router("ip access-list lan permit ip src 10.1.0.0/16 dest any", on(WAN, *pool))
    assert becomes(found, LAN, "10.1.0.8 > 198.51.100.7 tcp/80") == "203.0.113.100|203.0.113.101 > 198.51.100.7:80"
    assert becomes(found, DMZ, "10.2.0.8 > 198.51.100.7 tcp/80") == "10.2.0.8 > 198.51.100.7:80"
    assert goes(found, WAN, "198.51.100.7 > 203.0.113.100 tcp/80") == "may"


@pytest.mark.parametrize(
    ("setting", "sent", "received"),
    [
        ("ip napt static 10.1.0.9 tcp 80", "tcp/80", "10.1.0.9:80"),
        ("ip napt static 10.1.0.9 50", "esp", "10.1.0.9"),
        ("ip napt service web 10.1.0.9 8080 tcp 80", "tcp/8080", "10.1.0.9:80"),
        ("ip napt service web 10.1.0.9 none tcp 80", "tcp/80", "10.1.0.9:80"),
        ("ip napt service http 10.1.0.9", "tcp/80", "10.1.0.9:80"),
        ("ip napt service ping 10.1.0.9 none icmp any", "icmp/8", "10.1.0.9"),
    ],
)
def test_static_napt(setting: str, sent: str, received: str) -> None:
    found = natted("ip napt enable", setting)
    assert becomes(found, WAN, f"198.51.100.7 > 203.0.113.2 {sent}") == f"198.51.100.7 > {received}"


def test_napt_of_all_or_some_sources() -> None:
    assert becomes(natted("ip napt enable"), LAN, OUT) == "203.0.113.2 > 198.51.100.7:443"
    inside = "ip access-list some permit ip src 10.1.0.0/24 dest any"
    found = router(inside, on(WAN, "ip napt enable", "ip napt inside list some"))
    assert becomes(found, LAN, OUT) == "203.0.113.2 > 198.51.100.7:443"
    assert becomes(found, LAN, "10.1.9.5 > 198.51.100.7 tcp/443") == "10.1.9.5 > 198.51.100.7:443"
    other = natted("ip napt enable", "ip napt address 203.0.113.77")
    assert becomes(other, LAN, OUT) == "203.0.113.77 > 198.51.100.7:443"


def test_what_napt_has_no_entry_for_is_open() -> None:
    found = natted("ip napt enable")
    assert goes(found, WAN, IN) == "may"
    assert goes(found, WAN, ANSWER, state=1) == LAN


def test_an_entry_for_the_router_itself() -> None:
    found = router(on(WAN, "ip napt enable", f"ip napt static {WAN} udp 500"))
    assert goes(found, WAN, "198.51.100.7 > 203.0.113.2 udp/500") == "may"  # what listens there is not written
    own = router("ssh-server ip enable", on(WAN, "ip napt enable", "ip napt service ssh 203.0.113.2"))
    assert goes(own, WAN, "198.51.100.7 > 203.0.113.2 tcp/22") == "local"


def test_whether_filters_see_inner_or_outer_addresses_is_open() -> None:
    napt = ("ip napt enable", "ip napt static 10.1.0.9 tcp 80")
    sent = "198.51.100.7 > 203.0.113.2 tcp/80"
    inner = router("ip access-list a permit ip src any dest 10.1.0.9/32", on(WAN, *napt, "ip filter a 1 in"))
    outer = router("ip access-list a permit ip src any dest 203.0.113.2/32", on(WAN, *napt, "ip filter a 1 in"))
    each = router(
        "ip access-list a permit tcp src any sport any dest any dport eq 80", on(WAN, *napt, "ip filter a 1 in")
    )
    assert (goes(inner, WAN, sent), goes(outer, WAN, sent), goes(each, WAN, sent)) == ("may", "may", LAN)
    out = router("ip access-list a permit ip src 10.1.0.0/16 dest any", on(WAN, "ip napt enable", "ip filter a 1 out"))
    plain = router("ip access-list a permit ip src any dest any", on(WAN, "ip napt enable", "ip filter a 1 out"))
    assert (goes(out, LAN, OUT), goes(plain, LAN, OUT)) == ("may", WAN)
    assert goes(out, DMZ, "10.2.0.5 > 198.51.100.7 tcp/1") == "deny"


@pytest.mark.parametrize(
    "setting",
    [
        "ip nat static 10.1.0.9",
        "ip nat static 10.1.0.9 203.0.113.9 frobnicate",
        "ip napt service frobnicate 10.1.0.9",
        "ip napt static somewhere tcp 80",
        "ip nat dynamic list a pool nowhere",
        "ip napt frobnicate",
        "ip napt hairpinning",
        "ip napt upnp enable",
        "ip napt inside list a outside 203.0.113.9",
    ],
)
def test_translations_that_cannot_be_read_are_said(setting: str) -> None:
    (doubt,) = natted("ip nat enable", "ip napt enable", setting).uncertain
    assert (doubt.text, doubt.concern) == (setting, Concern.NAT)


# -- routes ----------------------------------------------------------------------------------------------------------


def test_routes() -> None:
    found = router(
        "ip route 10.80.0.0/16 Tunnel0.0",
        on("Tunnel0.0", "tunnel mode ipsec", "ip unnumbered GigaEthernet1.0", "no shutdown"),
        "ip route 10.81.0.0/16 10.1.0.9 distance 5",
        "ip route 10.82.0.0/16 Null0.0",
        "ip route 10.83.0.0/16 GigaEthernet1.0 10.1.0.9 tag 7",
        "ipv6 route default 2001:db8::1",
    )
    routes = [
        (format_address(r.network), r.length, r.kind, r.interface, format_address(r.next_hop) if r.next_hop else "")
        for r in found.vrfs[0].routes
    ]
    assert routes == [
        ("0.0.0.0", 0, RouteKind.STATIC, "", "203.0.113.1"),
        ("10.80.0.0", 16, RouteKind.STATIC, "Tunnel0.0", ""),
        ("10.81.0.0", 16, RouteKind.STATIC, "", "10.1.0.9"),
        ("10.82.0.0", 16, RouteKind.BLACKHOLE, "", ""),
        ("10.83.0.0", 16, RouteKind.STATIC, "GigaEthernet1.0", "10.1.0.9"),
        ("::", 0, RouteKind.STATIC, "", "2001:db8::1"),
    ]
    assert [r.distance for r in found.vrfs[0].routes] == [1, 1, 5, 1, 1, 1]


POLICY = """
ip access-list pbr permit ip src 10.1.5.0/24 dest any
route-map m permit 20
  match ip address pbr
  set ip next-hop 10.2.0.9
route-map m deny 10
  match ip address exempt
ip access-list exempt permit ip src 10.1.5.9/32 dest any
interface GigaEthernet1.0
  ip policy route-map m
"""


def test_policy_routing_by_number() -> None:
    found = router(POLICY)
    assert goes(found, LAN, "10.1.5.5 > 198.51.100.7 tcp/1") == DMZ
    assert goes(found, LAN, "10.1.5.9 > 198.51.100.7 tcp/1") == WAN
    assert goes(found, LAN, "10.1.6.5 > 198.51.100.7 tcp/1") == WAN
    assert goes(found, DMZ, "10.1.5.5 > 198.51.100.7 tcp/1") == WAN


def test_policy_routing_by_interface_and_by_default() -> None:
    several = POLICY.replace("set ip next-hop 10.2.0.9", f"set interface {DMZ} {WAN}")
    assert goes(router(several), LAN, "10.1.5.5 > 198.51.100.7 tcp/1") == f"{WAN}|{DMZ}"
    default = POLICY.replace("set ip next-hop", "set ip default next-hop")
    assert goes(router(default), LAN, "10.1.5.5 > 198.51.100.7 tcp/1") == f"{WAN}|{DMZ}"  # open which


def test_vrfs_are_forwarding_contexts() -> None:
    found = router(
        on("GigaEthernet3.0", "ip vrf forwarding lg", "ip address 10.1.0.1/16", "no shutdown"),
        on("GigaEthernet4.0", "ip vrf forwarding lg", "ip address 10.9.0.1/24", "no shutdown"),
        "ip route vrf lg default 10.9.0.254",
    )
    assert [v.name for v in found.vrfs] == ["main", "lg"]
    assert goes(found, "GigaEthernet3.0", OUT, vrf="lg") == "GigaEthernet4.0"
    assert goes(found, LAN, OUT) == WAN


def test_interfaces() -> None:
    found = router(
        on("GigaEthernet2:1.1", "description vlan100", "encapsulation dot1q 100 tpid 8100", "ip address 10.5.0.1/24"),
        on("GigaEthernet5.0", "ip address 10.6.0.1/24", "ip address 10.7.0.1/24 secondary", "shutdown"),
        on("Loopback0.0", "no ip address"),
    )
    shown = {i.name: (i.vlan, i.enabled, len(i.addresses), i.description) for i in found.interfaces[3:]}
    assert shown == {
        "GigaEthernet2:1.1": (100, True, 1, "vlan100"), "GigaEthernet5.0": (None, False, 2, ""),
        "Loopback0.0": (None, True, 0, ""),
    }  # fmt: skip


def test_servers_of_the_router() -> None:
    found = router(
        "ssh-server ip enable", "ssh-server ip access-list m", "ip access-list m permit ip src 10.1.0.0/24 dest any"
    )
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/22") == "local"
    assert goes(found, LAN, "10.1.9.5 > 10.1.0.1 tcp/22") == "may"
    assert [s.name for s in found.services] == ["ssh"]


# -- lines and their fate --------------------------------------------------------------------------------------------

EXPORT = """! NEC Portable Internetwork Core Operating System Software
! IX Series IX2235 (magellan-sec) Software, Version 10.7.18, RELEASE SOFTWARE
! Current time Nov 02-Mon-2026 10:00:00 JST
!
hostname lg-gw
timezone +09 00
username admin password secret * administrator
ip ufs-cache enable
ip route default GigaEthernet0.1
ip access-list wan-in permit udp src any sport any dest any dport eq 500
ip access-list dynamic timer tcp-idle-timeout 7440
ike nat-traversal
ike proposal p1 encryption aes-256 hash sha2-256 group 2048-bit
proxy-dns ip enable
ssh-server ip enable
watch-group host 10
  event 10 ip unreach-host 10.255.100.161 Tunnel0.0
ip dhcp profile lan1
  assignable-range 192.168.1.2 192.168.1.49
ppp profile isp
  authentication myname user@isp.example
device GigaEthernet0
device GigaEthernet2
  vlan-group 1 port 1 2 3 4
interface GigaEthernet0.0
  no ip address
  no shutdown
interface GigaEthernet0.1
  description 回線
  encapsulation pppoe
  auto-connect
  ppp binding isp
  ip address 203.0.113.5/32
  ip tcp adjust-mss auto
  ip napt enable
  ip napt translation max-entries 65535
  ip napt static GigaEthernet0.1 udp 500
  ip filter wan-in 1 in suppress-logging
  no shutdown
interface GigaEthernet2.0
  ip address 192.168.1.254/24
  ip dhcp binding lan1
  no shutdown
"""


def test_an_export_is_read_whole() -> None:
    parsed = read(EXPORT)
    account = parsed.account
    assert not account.not_understood
    assert account.understood + sum(account.ignored.values()) == account.total
    assert parsed.devices[0].interface("GigaEthernet0.1").description == "回線"


def test_cp932_with_crlf() -> None:
    decoded, encoding = decode(EXPORT.replace("\n", "\r\n").encode("cp932"), "f")
    assert encoding == "cp932"
    assert parse(Source("ix.cfg", split_lines(decoded)), "ix").devices == read(EXPORT).devices


@pytest.mark.parametrize(
    ("text", "concern"),
    [
        ("router ospf 1\n  network 10.0.0.0/8 area 0", Concern.ROUTING),
        ("ip route 10.80.0.0/16 Tunnel9.0", Concern.ROUTING),
        ("ip route 10.80.0.0/33 10.1.0.9", Concern.ROUTING),
        ("ip route default dhcp GigaEthernet0.0", Concern.ROUTING),
        ("interface GigaEthernet3.0\n  ip address dhcp", Concern.INTERFACE),
        ("frobnicate", Concern.FILTER),
        ("ip frobnicate", Concern.FILTER),
        ("no ip route 10.0.0.0/8 10.1.0.9", Concern.FILTER),
        ("bridge ip filter a 1 in", Concern.FILTER),
        (on(LAN, "frobnicate"), Concern.FILTER),
        (on(LAN, "ip filter a in"), Concern.FILTER),
        (on(LAN, "no ip filter a 1 in"), Concern.FILTER),
        (on(LAN, "ip address 10.1.0.1"), Concern.INTERFACE),
        (on(WAN, "ipv6 nd proxy GigaEthernet1.0"), Concern.INTERFACE),
        (on(LAN, "bridge-group 1"), Concern.INTERFACE),
        (on(LAN, "ip policy route-map nowhere"), Concern.ROUTING),
        ("route-map m allow 10", Concern.ROUTING),
        (POLICY.replace("set ip next-hop 10.2.0.9", "set ip dscp 5"), Concern.ROUTING),
        ("watch-group h 10\n  action 10 ip shutdown-route 0.0.0.0/0 GigaEthernet0.0", Concern.ROUTING),
    ],
)
def test_what_may_matter_and_is_not_in_the_model_is_said(text: str, concern: Concern) -> None:
    (doubt,) = router(text).uncertain
    assert doubt.concern is concern


# -- detection -------------------------------------------------------------------------------------------------------


def confidence(text: str) -> float:
    return PLUGIN.sniff(Source("f", tuple(text.strip("\n").split("\n"))))


def test_its_own_files_are_recognised() -> None:
    assert confidence(EXPORT) > 0.95
    assert confidence(EXPORT.partition("JST\n")[2]) > 0.8
    assert (
        confidence("ip access-list a permit udp src any sport any dest any dport eq 500\nip route default Tunnel0.0")
        > 0.7
    )


@pytest.mark.parametrize(
    "text",
    [
        "config firewall policy\n    edit 1\n        set srcintf port1\n    next\nend",
        "hostname sw\ninterface Vlan10\n ip address 10.0.0.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 10.0.0.9",
        "ip access-list extended A\n permit ip any any\ninterface GigabitEthernet0/1\n ip access-group A in",
        "ip filter 1 pass * *\nip lan1 secure filter in 1",
        "access-list A extended permit ip any any",
        "",
    ],
)
def test_files_of_others_are_not(text: str) -> None:
    assert confidence(text) < 0.3


# -- any text --------------------------------------------------------------------------------------------------------

SAID = """
ip ipv6 access-list a b dynamic access permit deny tcp udp icmp 50 src dest sport dport any eq range gt 80 65536
10.0.0.0/8 10.0.0.1 203.0.113.9 2001:db8::/32 type code established dscp filter in out 1 2 nat napt enable static
service list pool inside hairpinning route default vrf distance Tunnel0.0 GigaEthernet0.0 GigaEthernet1.0 Null0.0
policy route-map match address set interface next-hop shutdown no bridge-group encapsulation dot1q dhcp secondary
option optimize ssh-server http-server watch-group action event router ospf forwarding description none web
"""
WORDS = st.sampled_from(SAID.split())
STARTS = st.sampled_from([
    "", "  ", "ip access-list a permit ", "ip access-list a ", "ip access-list dynamic d ", "  ip filter ",
    "  ip napt ", "  ip nat ", "ip route ", "route-map m permit 10\n  ", "interface GigaEthernet0.0\n  ", "  set ",
    "  ip address ",
    "interface GigaEthernet1.0\n  ip policy route-map m\n  ip filter d 1 ", "  match ip address ",
])  # fmt: skip
LINES = st.lists(st.builds(lambda s, w: s + " ".join(w), STARTS, st.lists(WORDS, max_size=9)), max_size=25)


def check_accounts(lines: tuple[str, ...]) -> None:
    parsed = parse(Source("f", lines), "ix")
    account = parsed.account
    assert (
        account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total == len(lines)
    )
    told = tuple(m for m in account.not_understood if m.concern is not Concern.OTHER and not m.bounded)
    (device,) = parsed.devices
    assert tuple(m for m in device.uncertain if m.reason != PART) == told
    assert len({i.name for i in device.interfaces}) == len(device.interfaces)
    assert 0 <= PLUGIN.sniff(Source("f", lines)) <= 1


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_commands_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check_accounts(split_lines("\n".join(lines)))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_accounted_for(text: str) -> None:
    check_accounts(split_lines(text))


def test_hostile_lines_are_accounted_for() -> None:
    check_accounts((
        "interface GigaEthernet0.0",
        *(f"  ip filter a {n} in" for n in range(300)),
        "ip access-list a permit ip " + "src any " * 50_000,
        *(f"ip access-list b {'permit' if n % 2 else 'deny'} ip src 10.0.{n % 256}.0/24 dest any" for n in range(2000)),
        "route-map m permit 10", "  match ip address " + "b " * 50, "  set interface " + "GigaEthernet0.0 " * 5000,
        "interface GigaEthernet0.0", "  ip policy route-map m", "  ip napt enable", "  ip napt inside list b",
        *(" " * n + "x" for n in range(500)),
        "a" * 300_000,
    ))  # fmt: skip


L2TP = """
ppp profile l2tp
  authentication request chap
  ipcp ip-compression
  ipcp provide-remote-dns 10.1.0.1
  ipcp provide-ip-address range 10.1.0.32 10.1.0.50
interface Tunnel0.0
  ppp binding l2tp
  tunnel mode l2tp-lns ipsec
  ip unnumbered GigaEthernet1.0
  ip filter clients 1 in
  no shutdown
ip access-list clients permit ip src any dest 10.2.0.0/24
"""


def test_clients_that_dial_in_are_reached_by_their_interface() -> None:
    """FD, "PPP" and "L2TP": ``ipcp provide-ip-address`` of the profile that ``ppp binding`` names."""
    found = router(L2TP)
    assert not found.uncertain
    for client in ("10.1.0.32", "10.1.0.47", "10.1.0.50"):
        assert goes(found, DMZ, f"10.2.0.5 > {client} tcp/80") == "Tunnel0.0"
    for other in ("10.1.0.31", "10.1.0.51"):
        assert goes(found, DMZ, f"10.2.0.5 > {other} tcp/80") == LAN
    assert goes(found, "Tunnel0.0", "10.1.0.40 > 10.2.0.5 tcp/80") == DMZ
    assert goes(found, "Tunnel0.0", "10.1.0.40 > 198.51.100.7 tcp/80") == "deny"
    assert goes(router(L2TP.replace("no shutdown", "shutdown")), DMZ, "10.2.0.5 > 10.1.0.40 tcp/80") == LAN
    assert goes(router(L2TP.replace("range 10.1.0.32 10.1.0.50", "10.1.0.40")), DMZ, "10.2.0.5 > 10.1.0.40 tcp/80") == (
        "Tunnel0.0"
    )


@pytest.mark.parametrize("given", ["range 10.1.0.9", "range 10.1.0.9 10.1.0.8", "10.1.0.9 10.1.0.10", "pool x", ""])
def test_pools_that_cannot_be_read_are_said(given: str) -> None:
    (doubt,) = router(L2TP.replace("range 10.1.0.32 10.1.0.50", given)).uncertain
    assert (doubt.concern, doubt.text) == (Concern.ROUTING, f"ipcp provide-ip-address {given}".strip())


DELEGATED = """
ipv6 dhcp client-profile pd
  ia-pd subscriber GigaEthernet1.0 ::/64 eui-64
interface GigaEthernet0.0
  ipv6 enable
  ipv6 dhcp client {}
"""


def test_a_prefix_that_the_provider_delegates_is_open_where_it_is_asked_for() -> None:
    (doubt,) = router(DELEGATED.format("pd").replace("client pd", "client pd\n  no shutdown")).uncertain
    assert (doubt.concern, doubt.text) == (Concern.INTERFACE, "ia-pd subscriber GigaEthernet1.0 ::/64 eui-64")
    assert not router(DELEGATED.format("other")).uncertain
