"""IOS: translation and its order among lists and routing, held to Cisco's "NAT Order of Operation"."""

from __future__ import annotations

import pytest

from tests.parsers.cisco_run import DMZ, LAN, WAN, becomes, device, ends, goes, open_lines, router
from zoneguard.model.device import Concern

INSIDE = {"lan": "ip nat inside", "dmz": "ip nat inside", "wan": "ip nat outside"}
OUT = "10.1.0.5 > 198.51.100.1 tcp/80"
HOSTS = "access-list 1 permit 10.1.0.0 0.0.0.255"


def test_overload_on_the_interface() -> None:
    found = router(HOSTS, "ip nat inside source list 1 interface GigabitEthernet0/2 overload", **INSIDE)
    assert becomes(found, LAN, OUT) == "203.0.113.1 > 198.51.100.1:80"
    assert becomes(found, DMZ, "10.2.0.5 > 198.51.100.1 tcp/80") == "10.2.0.5 > 198.51.100.1:80"  # not in the list
    assert becomes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == "10.1.0.5 > 10.2.0.5:80"  # inside to inside


def test_a_pool_without_overload_opens_the_host_that_holds_the_address() -> None:
    pool = "ip nat pool P 203.0.113.10 203.0.113.11 prefix-length 24"
    found = router(HOSTS, pool, "ip nat inside source list 1 pool P", **INSIDE)
    assert becomes(found, LAN, OUT) == "203.0.113.10|203.0.113.11 > 198.51.100.1:80"
    assert ends(found, WAN, "198.51.100.1 > 203.0.113.10 tcp/80") == {LAN, WAN, "local"}  # a host of the list, if any
    shared = router(HOSTS, pool, "ip nat inside source list 1 pool P overload", **INSIDE)
    assert ends(shared, WAN, "198.51.100.1 > 203.0.113.10 tcp/80") == {WAN}


def test_a_pool_of_several_ranges() -> None:
    pool = "ip nat pool P prefix-length 24\n address 203.0.113.10 203.0.113.10\n address 203.0.113.20 203.0.113.20"
    found = router(HOSTS, pool, "ip nat inside source list 1 pool P overload", **INSIDE)
    assert becomes(found, LAN, OUT) == "203.0.113.10|203.0.113.20 > 198.51.100.1:80"


def test_static_translation_works_both_ways() -> None:
    found = router("ip nat inside source static 10.2.0.5 203.0.113.5", **INSIDE)
    assert becomes(found, DMZ, "10.2.0.5 > 198.51.100.1 tcp/80") == "203.0.113.5 > 198.51.100.1:80"
    asked = "198.51.100.1 > 203.0.113.5 tcp/80"
    assert becomes(found, WAN, asked) == "198.51.100.1 > 10.2.0.5:80"
    assert goes(found, WAN, asked) == DMZ


def test_static_translation_of_one_port() -> None:
    found = router("ip nat inside source static tcp 10.2.0.5 80 203.0.113.5 8080 extendable", **INSIDE)
    assert becomes(found, WAN, "198.51.100.1 > 203.0.113.5 tcp/8080") == "198.51.100.1 > 10.2.0.5:80"
    assert becomes(found, WAN, "198.51.100.1 > 203.0.113.5 tcp/80") == "198.51.100.1 > 203.0.113.5:80"
    assert becomes(found, DMZ, "10.2.0.5 > 198.51.100.1 tcp/443") == "10.2.0.5 > 198.51.100.1:443"


def test_static_translation_at_the_address_of_an_interface() -> None:
    found = router("ip nat inside source static tcp 10.2.0.5 22 interface GigabitEthernet0/2 2222", **INSIDE)
    assert becomes(found, WAN, "198.51.100.1 > 203.0.113.1 tcp/2222") == "198.51.100.1 > 10.2.0.5:22"
    assert goes(found, WAN, "198.51.100.1 > 203.0.113.1 tcp/22") == "local"


def test_an_address_that_the_file_does_not_tell_may_be_any() -> None:
    text = """
hostname a
interface Gi0/0
 ip address 10.2.0.1 255.255.255.0
 ip nat inside
interface Dialer1
 ip address negotiated
 ip nat outside
ip nat inside source static tcp 10.2.0.5 80 interface Dialer1 80
ip route 0.0.0.0 0.0.0.0 Dialer1
"""
    assert ends(device(text), "Dialer1", "198.51.100.1 > 203.0.113.9 tcp/80") == {"Gi0/0", "Dialer1"}
    assert ends(device(text), "Dialer1", "198.51.100.1 > 203.0.113.9 tcp/81") == {"Dialer1"}


def test_static_translation_of_a_network() -> None:
    found = router("ip nat inside source static network 10.2.0.0 192.0.2.0 /24", **INSIDE)
    assert becomes(found, DMZ, "10.2.0.77 > 198.51.100.1 tcp/80") == "192.0.2.77 > 198.51.100.1:80"
    assert becomes(found, WAN, "198.51.100.1 > 192.0.2.77 tcp/80") == "198.51.100.1 > 10.2.0.77:80"


def test_static_entries_come_before_dynamic_ones() -> None:
    found = router(
        HOSTS, "ip nat inside source list 1 interface GigabitEthernet0/2 overload",
        "ip nat inside source static 10.1.0.5 203.0.113.5", **INSIDE,
    )  # fmt: skip
    assert becomes(found, LAN, OUT) == "203.0.113.5 > 198.51.100.1:80"


def test_lists_see_addresses_before_translation_going_in_and_after_it_going_out() -> None:
    rules = """
ip access-list extended IN
 permit ip any host 203.0.113.5
ip access-list extended OUT
 permit ip any host {}"""
    ways = INSIDE | {
        "wan": "ip nat outside; ip access-group IN in",
        "dmz": "ip nat inside; ip access-group OUT out",
    }
    static = "ip nat inside source static 10.2.0.5 203.0.113.5"
    asked = "198.51.100.1 > 203.0.113.5 tcp/80"
    assert goes(router(static, rules.format("10.2.0.5"), **ways), WAN, asked) == DMZ
    assert goes(router(static, rules.format("203.0.113.5"), **ways), WAN, asked) == "deny"


def test_a_list_going_out_sees_the_translated_source() -> None:
    rule = "ip access-list extended OUT\n permit ip host 203.0.113.1 any"
    nat = "ip nat inside source list 1 interface GigabitEthernet0/2 overload"
    ways = INSIDE | {"wan": "ip nat outside; ip access-group OUT out"}
    assert goes(router(HOSTS, rule, nat, **ways), LAN, OUT) == WAN
    assert goes(router(HOSTS, rule, **ways), LAN, OUT) == "deny"


def test_outside_source() -> None:
    found = router(
        "ip nat outside source static 198.51.100.1 10.3.0.1",
        "ip route 10.3.0.1 255.255.255.255 203.0.113.254",
        **INSIDE,
    )
    assert becomes(found, WAN, "198.51.100.1 > 10.1.0.5 tcp/80") == "10.3.0.1 > 10.1.0.5:80"
    assert becomes(found, LAN, "10.1.0.5 > 10.3.0.1 tcp/80") == "10.1.0.5 > 198.51.100.1:80"


def test_outside_source_adds_its_route_if_asked() -> None:
    found = router("ip nat outside source static 203.0.113.77 10.3.0.1 add-route", **INSIDE)
    assert goes(found, LAN, "10.1.0.5 > 10.3.0.1 tcp/80") == WAN
    assert becomes(found, LAN, "10.1.0.5 > 10.3.0.1 tcp/80") == "10.1.0.5 > 203.0.113.77:80"


def test_servers_behind_one_address() -> None:
    found = router(
        "ip nat pool REAL 10.2.0.5 10.2.0.6 prefix-length 24 type rotary", "access-list 2 permit 203.0.113.80",
        "ip nat inside destination list 2 pool REAL", **INSIDE,
    )  # fmt: skip
    assert becomes(found, WAN, "198.51.100.1 > 203.0.113.80 tcp/80") == "198.51.100.1 > 10.2.0.5|10.2.0.6:80"
    assert becomes(found, WAN, "198.51.100.1 > 203.0.113.80 udp/80") == "198.51.100.1 > 203.0.113.80:80"


def test_route_maps_choose() -> None:
    maps = "ip access-list extended EXEMPT\n deny ip any host 198.51.100.9\n permit ip 10.1.0.0 0.0.0.255 any\n" \
        "route-map NAT permit 10\n match ip address EXEMPT\n match interface GigabitEthernet0/2"  # fmt: skip
    found = router(maps, "ip nat inside source route-map NAT interface GigabitEthernet0/2 overload", **INSIDE)
    assert becomes(found, LAN, OUT) == "203.0.113.1 > 198.51.100.1:80"
    assert becomes(found, LAN, "10.1.0.5 > 198.51.100.9 tcp/80") == "10.1.0.5 > 198.51.100.9:80"


def test_translation_in_a_vrf() -> None:
    found = device("""
hostname r1
ip vrf A
interface GigabitEthernet0/0
 ip vrf forwarding A
 ip address 10.1.0.1 255.255.255.0
 ip nat inside
interface GigabitEthernet0/2
 ip vrf forwarding A
 ip address 203.0.113.1 255.255.255.0
 ip nat outside
ip nat inside source static 10.1.0.5 203.0.113.5 vrf A
""")
    assert becomes(found, WAN, "203.0.113.9 > 203.0.113.5 tcp/80", vrf="A") == "203.0.113.9 > 10.1.0.5:80"


@pytest.mark.parametrize(
    "line",
    [
        "ip nat source list 1 interface GigabitEthernet0/2 overload",
        "ip nat inside source static esp 10.2.0.5 interface GigabitEthernet0/2",
        "ip nat inside source static 10.2.0.5",
        "ip nat inside source list 1",
        "ip nat inside source static 10.2.0.5 203.0.113.5 strange",
    ],
)
def test_what_is_not_read_is_said(line: str) -> None:
    assert [(m.concern, m.bounded) for m in open_lines(f"hostname a\n{line}")] == [(Concern.NAT, False)]


def test_a_pool_that_is_not_defined_is_open() -> None:
    text = "hostname a\naccess-list 1 permit any\nip nat inside source list 1 pool NONE overload\ninterface Gi0/0\n" \
        " ip address 10.1.0.1 255.255.255.0\n ip nat inside\ninterface Gi0/1\n ip address 10.2.0.1 255.255.255.0\n" \
        " ip nat outside"  # fmt: skip
    assert [(m.concern, m.bounded) for m in open_lines(text)] == [(Concern.NAT, True)]
