"""The options of the commands that decide forwarding: what the manuals list is read, what they do not is named.

IPR: Cisco IOS IP Command Reference, volume 1, release 12.3T, ``permit (IP)``, ``access-list (IP extended)``; SEC: IOS
Security Command Reference; N9K: Nexus 9000 Series NX-OS Command Reference, ``permit``; NAT: IOS IP Addressing Services
Command Reference, ``ip nat inside source``; PBR: IOS IP Routing Protocol-Independent Command Reference.
"""

from __future__ import annotations

import pytest

from tests.parsers.cisco_run import open_lines, read
from zoneguard.model.device import Concern
from zoneguard.parsers import cisco_nxos

BELOW = {
    "list": "ip access-list extended a\n ",
    "six": "ipv6 access-list a\n ",
    "map": "route-map m permit 10\n ",
    "": "",
}
LEGAL = [
    ("list", "permit tcp any any eq 22 log-input"),  # IPR
    ("list", "permit tcp any any eq 22 log KanriTag"),  # SEC, "Access Control List Syslog Correlation"
    ("list", "permit ip any any fragments log"),  # IPR
    ("list", "permit ip any any precedence critical tos min-delay"),  # IPR
    ("list", "permit ip any any dscp af41 time-range yoru"),  # IPR
    ("list", "permit ip any any option any-options"),  # SEC, "ACL Support for Filtering IP Options"
    ("list", "permit ip any any ttl range 1 5"),  # SEC, "Support for Filtering on TTL Value"
    ("list", "permit tcp any any match-any +ack +rst"),  # SEC, "ACL TCP Flags Filtering"
    ("list", "permit tcp any gt 1023 any eq 21 20 established"),  # SEC, "Named ACL Support for Noncontiguous Ports"
    ("list", "permit icmp any any administratively-prohibited"),  # IPR
    ("list", "permit igmp any any host-report"),  # IPR
    ("list", "permit tcp any any reflect kagami timeout 300"),  # IPR
    ("list", "evaluate kagami"),  # IPR
    ("six", "permit tcp any any dscp ef flow-label 5 sequence 20"),  # IPv6 Command Reference, "permit (IPv6)"
    ("six", "permit hbh any any log"),  # same
    ("six", "deny ipv6 any any undetermined-transport"),  # same
    ("", "access-list 102 dynamic kagi timeout 15 permit ip any any"),  # IPR
    ("", "access-list 700 permit 0200.0000.0001 0000.0000.0000"),  # not IP
    ("", "access-list compiled"),  # SEC, "Turbo ACL"
    ("", "ip route 192.0.2.0 255.255.255.0 GigabitEthernet 0/0 10.0.0.2 5 tag 7 name NAKA permanent"),  # PBR
    ("", "ip nat pool p 192.0.2.1 192.0.2.9 netmask 255.255.255.0"),  # NAT
    ("", "ip nat settings mode cgn"),  # NAT
    ("map", "match interface GigabitEthernet 0/0 GigabitEthernet0/1"),  # PBR
    ("map", "set ip precedence 5"),  # PBR
    ("map", "set ip next-hop peer-address"),  # IOS IP Routing: BGP Command Reference
]
ILLEGAL = [
    ("list", "permit tcp any any eq 80 whenever", "whenever", Concern.FILTER),
    ("list", "permit ip any any log a b", "a", Concern.FILTER),
    ("list", "evaluate kagami always", "always", Concern.FILTER),
    ("list", "permit tcp any any reflect kagami timeout soon", "soon", Concern.FILTER),
    ("", "access-list 3000 permit ip any any", "3000", Concern.FILTER),
    ("", "access-list naka permit ip any any", "naka", Concern.FILTER),
    ("", "ip route 192.0.2.0 255.255.255.0 naka soto", "naka soto", Concern.ROUTING),
    ("", "ip route 192.0.2.0 255.255.255.0 10.0.0.2 tag seven", "seven", Concern.ROUTING),
    ("", "ip nat sideways", "sideways", Concern.NAT),
    ("", "ip nat pool p 192.0.2.1 192.0.2.9 netmask 255.255.255.999", "255.255.255.999", Concern.NAT),
    ("", "zone-pair naka security a source b destination c", "read", Concern.FILTER),
    ("map", "match interface naka", "naka", Concern.ROUTING),
    ("map", "set naka 3", "a route map", Concern.ROUTING),
]


def account_of(where: str, text: str) -> str:
    port = "interface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0"
    return f"version 15.9\nhostname r1\n{port}\n{BELOW[where]}{text}"


@pytest.mark.parametrize(("where", "text"), LEGAL)
def test_what_the_manuals_list_is_read(where: str, text: str) -> None:
    assert not read(account_of(where, text)).account.not_understood


@pytest.mark.parametrize(("where", "text", "word", "concern"), ILLEGAL)
def test_what_they_do_not_list_is_said(where: str, text: str, word: str, concern: Concern) -> None:
    (said,) = open_lines(account_of(where, text))
    assert said.concern is concern
    assert said.reason.endswith(word)
    assert said.text == text


def test_another_vrf_is_open_only_where_the_map_is_applied() -> None:
    text = account_of("map", "set vrf naka\n set ip vrf naka next-hop 10.0.0.9")
    assert not open_lines(text)
    applied = text.replace("255.255.255.0\n", "255.255.255.0\n ip policy route-map m\n", 1)
    assert [m.span.first for m in open_lines(applied)] == [7, 8]


@pytest.mark.parametrize(
    "option",
    ["log", "capture session 3", "redirect Ethernet1/1", "ttl 5", "packet-length range 64 128", "priority 3"],  # N9K
)
def test_options_of_a_nexus(option: str) -> None:
    text = f"version 9.3(1)\nfeature lacp\nip access-list a\n  10 permit ip any any {option}\n"
    assert not [m for m in read(text, cisco_nxos.parse).account.not_understood if "permit" in m.text]


def test_a_condition_with_an_unknown_option_holds_perhaps() -> None:
    (said,) = open_lines(account_of("list", "permit ip any any whenever"))
    assert said.bounded
