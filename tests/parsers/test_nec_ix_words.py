"""Every word of a UNIVERGE IX's command is read: commands as routers print them, and words that they do not have.

CRM is the vendor's web command reference (support.necplatforms.co.jp/ix-nrv/manual/crm), FD its functional description;
the other lines are of running configurations that practitioners published (IX2105 to IX3315, versions 8 to 10).
"""

from __future__ import annotations

import pytest

from tests.parsers.nec_ix_run import LAN, WAN, goes, on, read, router
from zoneguard.model.device import Concern
from zoneguard.parsers._forms import not_whole

DEFINED = """
ip access-list web permit tcp src any sport any dest any dport eq 80
ip access-list dynamic opened access web
ipv6 access-list web6 permit ip src any dest any
"""
LEGAL = [
    "username kanri password hash 0123456789ABCDEF administrator",
    "username kanri password plain 1 0123456789ABCDEF monitor",
    "syslog ip enable\nsyslog ip host 192.0.2.9 port 4514",
    "ntp ip enable\nntp server 192.0.2.9 priority 10",
    "snmp-agent ip enable\nsnmp-agent ip community ryou web\nsnmp-agent ip community kanri read-only",
    "snmpv3 user kanri group auth sha plain 0123 priv aes secret 0123",
    "ssh-server ip enable\nssh-server ip access-list web",
    "ip access-list seq 20 permit ip src any dest any\nip access-list seq 10 deny ip src 10.0.0.0 0.0.255.255 dest any",
    "ip access-list web option optimize\nip access-list cache 1024\nip access-list sequence-mode",
    "ipv6 access-list six 10 permit tcp src 2001:db8::/32 sport any dest any dport eq 25 tc 3 fragments",
    "ip access-list dynamic more access web in web out web",
    "route-map m permit 10\n  match ip address access-list web\n  set interface GigaEthernet0.0",
    on(LAN, "ip policy route-map n") + "\nroute-map n deny 10\n  match ip address access-list web",
    on(WAN, "ip napt enable", "ip napt inside list web", "ip napt static GigaEthernet0.0 udp 500"),
    on(
        WAN,
        "ip napt enable",
        "ip napt service ipsec 192.0.2.9 none tcp 50",
        "ip napt service ping 192.0.2.9 none icmp any",
    ),
    on(LAN, "ip filter web 1 in", "ip filter opened 2 out", "ipv6 filter web6 999 in suppress-logging"),
    on("GigaEthernet2:1.1", "encapsulation dot1q 100 tpid 8100", "ip address 192.0.2.1/24", "ip vrf forwarding lg"),
    on("BVI1", "ip address 192.0.2.1/24", "ip address 192.0.3.1/24 secondary", "no shutdown"),
    on("USB-Serial0.0", "encapsulation ppp", "no auto-connect", "no ip address", "shutdown"),
    on("Null0.0", "no ip address"),
]
ILLEGAL = [
    ("ip access-list dynamic opened access web always", "always", Concern.FILTER),
    ("ip access-list web permit ip src any dest any log", "log", Concern.FILTER),
    ("route-map m permit 10 20", "20", Concern.ROUTING),
    (on(LAN, "ip address 192.0.2.1/24 tertiary"), "tertiary", Concern.INTERFACE),
    (on(LAN, "ip filter web 1 in out"), "out", Concern.FILTER),
    (on(LAN, "ip filter web 99999 in"), "99999", Concern.FILTER),
    (on(LAN, "ip vrf forwarding lg in"), "in", Concern.INTERFACE),
    (on(LAN, "encapsulation dot1q 10 native"), "native", Concern.INTERFACE),
    (on(LAN, "shutdown later"), "later", Concern.INTERFACE),
    (on(WAN, "ip napt enable outside"), "outside", Concern.NAT),
    (on(WAN, "ip napt enable", "ip napt static GigaEthernet0.0 udp 500 4500"), "4500", Concern.NAT),
    ("syslog ip enable always", "always", Concern.OTHER),
    ("username kanri password hash 0123 administrator twice", "twice", Concern.OTHER),
]


@pytest.mark.parametrize("text", LEGAL)
def test_what_routers_print_is_whole(text: str) -> None:
    found = read(f"{DEFINED}{on(WAN, 'no shutdown')}\n{on(LAN, 'no shutdown')}\n{text}").account.not_understood
    assert not found


@pytest.mark.parametrize(("text", "named", "concern"), ILLEGAL)
def test_a_word_too_much_is_named(text: str, named: str, concern: Concern) -> None:
    (found,) = read(f"{DEFINED}{text}").account.not_understood
    assert named in found.reason and found.concern is concern


def test_the_reason_names_only_the_word_too_much() -> None:
    (found,) = read(on(LAN, "ip vrf forwarding lg in")).account.not_understood
    assert found.reason == not_whole("in")


def test_lines_are_asked_in_the_order_of_their_numbers() -> None:
    """CRM, ``ipv6 access-list``: ACCESSLIST-NAME [SEQUENCE] permit|deny …"""
    lines = ["permit ip src any dest any", "deny tcp src any sport any dest any dport eq 23"]
    for numbers, way in (((20, 10), "deny"), ((10, 20), WAN)):
        text = "\n".join(f"ip access-list l {n} {line}" for n, line in zip(numbers, lines, strict=True))
        found = router(text, on(LAN, "ip filter l 1 in"))
        assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/23") == way


def test_an_address_may_have_bits_that_may_be_anything() -> None:
    """CRM, ``ipv6 access-list``: SRC is an address with its length, or with the bits that are not asked."""
    found = router("ip access-list l permit ip src 10.1.0.0 0.0.0.255 dest any", on(LAN, "ip filter l 1 in"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == WAN
    assert goes(found, LAN, "10.1.1.5 > 198.51.100.7 tcp/80") == "deny"


def test_policy_routing_asks_the_list_behind_its_keyword() -> None:
    """CRM, ``match ip address access-list``."""
    steps = "route-map m permit 10\n  match ip address access-list web\n  set interface GigaEthernet2.0"
    found = router(DEFINED, steps, on(LAN, "ip policy route-map m"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == "GigaEthernet2.0"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN


def test_access_lists_without_indentation_hold_no_other_command() -> None:
    """A list alone: nothing in the file is indented, and no command ends the list."""
    account = read(f"{DEFINED}ssh-server ip enable\nfrobnicate the packets").account
    assert [(m.text, m.concern) for m in account.not_understood] == [("frobnicate the packets", Concern.FILTER)]
