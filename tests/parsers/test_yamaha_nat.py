"""NAT descriptors: what they do to packets from and to the outside, and what IP masquerade refuses (reference 23)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.parsers.yamaha_run import addresses, device, outcomes, packet, read, stage_names, verdict
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device, EgressAddress, NatRule, Rewrite, SetTo, Translate
from zoneguard.model.match import ConnState, Field
from zoneguard.model.packet import Packet

FIXED = """
ip lan1 address 192.168.0.1/24
ip lan2 address 203.0.113.2/28
ip lan2 nat descriptor 1000
nat descriptor type 1000 masquerade
nat descriptor address outer 1000 primary
"""


def into(found: Device, sent: Packet, ingress: str = "lan2") -> str:
    """Where a packet from outside ends up: ``address:port`` or ``drop``; several ways joined by `` or ``."""
    results = outcomes(found, sent, ingress, "lan1")
    return " or ".join(sorted("drop" if r is None else f"{format_address(r.dst)}:{r.dport}" for r in results))


def out(found: Device, source: str) -> set[str]:
    results = outcomes(found, packet(source, "198.51.100.7"), "lan1", "lan2")
    return {format_address(r.src) for r in results if r is not None}


def rewrites(found: Device, field: Field) -> list[Rewrite]:
    stages = [s for s in found.vrfs[0].stages if isinstance(s, Translate) and s.field is field]
    rules = [rule for s in stages for rule in s.rules.rules if isinstance(rule, NatRule)]
    return [rewrite for rule in rules for rewrite in rule.rewrites]


def test_masquerade_takes_the_interface_address_and_every_inner_host() -> None:
    found = device(FIXED)
    assert out(found, "192.168.0.5") == {"203.0.113.2"}
    assert out(found, "10.1.1.1") == {"203.0.113.2"}


def test_what_no_translation_takes_is_refused_by_default() -> None:
    found = device(FIXED)
    assert into(found, packet("198.51.100.7", "203.0.113.2", "tcp/80")) == "drop"
    assert into(found, packet("198.51.100.7", "203.0.113.2", "icmp/8")) == "drop"
    assert into(found, packet("198.51.100.7", "192.168.0.5", "tcp/80")) == "192.168.0.5:80"  # not to the outer address
    reply = packet("198.51.100.7", "203.0.113.2", "tcp/50000", state=ConnState.ESTABLISHED)
    assert into(found, reply) != "drop"


@pytest.mark.parametrize(
    ("incoming", "port", "expected"),
    [
        ("reject", 8080, "drop"),
        ("discard", 8080, "drop"),
        ("through", 80, "drop"),
        ("through", 8080, "203.0.113.2:8080"),
        ("forward 192.168.0.9", 8080, "192.168.0.9:8080"),
        ("forward 192.168.0.9", 25, "192.168.0.9:25"),
    ],
)
def test_masquerade_incoming(incoming: str, port: int, expected: str) -> None:
    found = device(f"{FIXED}nat descriptor masquerade incoming 1000 {incoming}")
    assert into(found, packet("198.51.100.7", "203.0.113.2", f"tcp/{port}")) == expected


@pytest.mark.parametrize(
    ("entry", "what", "expected"),
    [
        ("192.168.0.253 tcp 22", "tcp/22", "192.168.0.253:22"),
        ("192.168.0.253 tcp 22", "udp/22", "drop"),
        ("192.168.0.253 tcp 8022=22", "tcp/8022", "192.168.0.253:22"),
        ("192.168.0.253 tcp 8022=22", "tcp/22", "drop"),
        ("192.168.0.253 tcp www,https", "tcp/443", "192.168.0.253:443"),
        ("192.168.0.253 tcp 8009=https,8089,82=www", "tcp/82", "192.168.0.253:80"),
        ("192.168.0.253 tcp 8009=https,8089,82=www", "tcp/8089", "192.168.0.253:8089"),
        ("192.168.0.253 udp 5000-5010=6000-6010", "udp/5003", "192.168.0.253:6003"),
        ("192.168.0.253 tcp,udp 53", "udp/53", "192.168.0.253:53"),
        ("192.168.0.253 tcp *", "tcp/3389", "192.168.0.253:3389"),
        ("192.168.0.253 esp", "esp", "192.168.0.253:0"),
        ("192.168.0.253 icmp", "icmp/8", "192.168.0.253:0"),
        ("192.168.0.253 47", "gre", "192.168.0.253:0"),
    ],
)
def test_static_masquerade(entry: str, what: str, expected: str) -> None:
    parsed = read(f"{FIXED}nat descriptor masquerade static 1000 1 {entry}")
    assert not parsed.account.not_understood
    assert into(parsed.devices[0], packet("198.51.100.7", "203.0.113.2", what)) == expected


def test_filters_see_inner_addresses_both_ways() -> None:
    found = device(f"""{FIXED}
nat descriptor masquerade static 1000 1 192.168.0.253 tcp 8080=80
ip lan2 secure filter in 1
ip lan2 secure filter out 2
ip filter 1 pass * 192.168.0.253 tcp * 80
ip filter 2 pass 192.168.0.0/24 *
""")
    assert into(found, packet("198.51.100.7", "203.0.113.2", "tcp/8080")) == "192.168.0.253:80"
    assert out(found, "192.168.0.5") == {"203.0.113.2"}
    names = stage_names(found)
    assert names.index("nat descriptor 1000 on lan2") < names.index("ip lan2 secure filter in") < names.index("routing")
    assert names.index("routing") < names.index("ip lan2 secure filter out")
    assert names[-1] == "nat descriptor 1000 on lan2"


def test_the_line_of_the_entry_is_named() -> None:
    found = device(f"{FIXED}nat descriptor masquerade static 1000 7 192.168.0.253 tcp 22")
    rule = next(s for s in found.vrfs[0].stages if isinstance(s, Translate)).rules.rules[0]
    assert (rule.name, rule.span.first) == ("nat descriptor 1000 masquerade static 7", 6)


ASSIGNED = """
ip lan1 address 192.168.0.1/24
ip route default gateway pp 1
ip route 10.1.0.0/16 gateway 192.168.0.254
pp select 1
 ip pp nat descriptor 1
 pp enable 1
nat descriptor type 1 masquerade
nat descriptor masquerade static 1 1 192.168.0.253 tcp 22
"""


def test_an_outer_address_that_the_peer_assigns_is_any_that_no_other_interface_leads_to() -> None:
    found = device(ASSIGNED)
    assert into(found, packet("198.51.100.7", "203.0.113.99", "tcp/22"), "pp1") == "192.168.0.253:22"
    assert into(found, packet("198.51.100.7", "203.0.113.99", "tcp/23"), "pp1") == "drop"
    assert into(found, packet("198.51.100.7", "10.1.2.3", "tcp/23"), "pp1") == "10.1.2.3:23"
    assert into(found, packet("198.51.100.7", "192.168.0.5", "tcp/23"), "pp1") == "192.168.0.5:23"
    assert rewrites(found, Field.SRC) == [EgressAddress()]


def test_a_default_route_elsewhere_does_not_tell_the_assigned_address() -> None:
    found = device(ASSIGNED.replace("default gateway pp 1", "default gateway 192.168.0.254"))
    assert into(found, packet("198.51.100.7", "203.0.113.99", "tcp/23"), "pp1") == "drop"


def test_inner_and_outer_lists() -> None:
    found = device(f"""{FIXED.replace("1000 primary", "1000 203.0.113.5 203.0.113.7-203.0.113.9")}
nat descriptor address inner 1000 192.168.0.1-192.168.0.99 192.168.0.200
nat descriptor masquerade static 1000 1 192.168.0.9 tcp 25""")
    assert out(found, "192.168.0.99") == out(found, "192.168.0.200") == {"203.0.113.5"}
    assert out(found, "192.168.0.100") == {"192.168.0.100"}
    assert rewrites(found, Field.SRC) == [SetTo(Field.SRC, addresses("203.0.113.5"))]
    assert into(found, packet("198.51.100.7", "203.0.113.5", "tcp/25")) == "192.168.0.9:25"
    assert into(found, packet("198.51.100.7", "203.0.113.8", "tcp/25")) == "drop"


STATIC = """
ip lan1 address 192.168.0.1/24
ip lan2 address 203.0.113.2/28
ip lan2 nat descriptor 1
nat descriptor type 1 nat
nat descriptor address outer 1 203.0.113.15
nat descriptor address inner 1 192.168.9.9
"""


def test_static_nat_is_both_ways_and_counts_on() -> None:
    found = device(f"{STATIC}nat descriptor static 1 1 203.0.113.5=192.168.0.20 3")
    assert into(found, packet("198.51.100.7", "203.0.113.6", "tcp/22")) == "192.168.0.21:22"
    assert into(found, packet("198.51.100.7", "203.0.113.8", "tcp/22")) == "203.0.113.8:22"
    assert out(found, "192.168.0.22") == {"203.0.113.7"}
    assert out(found, "192.168.0.23") == {"192.168.0.23"}


def test_static_nat_of_a_network_keeps_the_host() -> None:
    found = device(f"{STATIC}nat descriptor static 1 1 10.9.8.0=192.168.0.0/24")
    assert into(found, packet("198.51.100.7", "10.9.8.77", "tcp/22")) == "192.168.0.77:22"
    assert out(found, "192.168.0.77") == {"10.9.8.77"}


def test_static_nat_onto_itself_exempts() -> None:
    found = device(f"{FIXED}nat descriptor static 1000 1 192.168.0.20=192.168.0.20")
    assert out(found, "192.168.0.20") == {"192.168.0.20"}
    assert out(found, "192.168.0.21") == {"203.0.113.2"}


def test_dynamic_nat_may_let_the_outside_in_to_a_bound_host() -> None:
    found = device(STATIC)
    expected = "192.168.9.9:22 or 203.0.113.15:22"
    assert into(found, packet("198.51.100.7", "203.0.113.15", "tcp/22")) == expected
    assert rewrites(found, Field.SRC) == [SetTo(Field.SRC, addresses("203.0.113.15"))]


def test_a_secondary_outer_address() -> None:
    text = FIXED.replace("outer 1000 primary", "outer 1000 secondary")
    found = device(f"{text}ip lan2 secondary address 203.0.113.18/28")
    assert out(found, "192.168.0.5") == {"203.0.113.18"}
    assert into(found, packet("198.51.100.7", "203.0.113.18", "tcp/80")) == "drop"


def test_type_none_translates_nothing() -> None:
    found = device(FIXED.replace("1000 masquerade", "1000 none"))
    assert out(found, "192.168.0.5") == {"192.168.0.5"}
    assert not found.uncertain


@pytest.mark.parametrize(
    "line",
    [
        "ip lan2 nat descriptor 77",
        "ip lan2 nat descriptor 1000 reverse 1000",
        "nat descriptor type 1000 masquerade hairpin=on",
        "nat descriptor type 1000 mascarade",
        "nat descriptor masquerade static 1000 1 192.168.0.9 tcp 1-9=1-8",
        "nat descriptor masquerade static 1000 1 192.168.0.9 carp",
        "nat descriptor masquerade incoming 1000 forward",
        "nat descriptor static 1000 1 203.0.113.5=192.168.0.300",
        "nat descriptor static 1000 1 203.0.113.5=192.168.0.3 99999",
        "nat descriptor address outer 1000 gibberish",
        "nat descriptor teleport 1000 on",
        "upnp use on",
    ],
)
def test_translations_not_in_the_model_are_said(line: str) -> None:
    parsed = read(f"{FIXED}{line}")
    assert [(d.span.first, d.concern) for d in parsed.devices[0].uncertain] == [(6, Concern.NAT)]


def test_replies_of_masquerade_do_not_make_an_opening() -> None:
    found = device(FIXED)
    opening = packet("198.51.100.7", "203.0.113.2", "tcp/50000", sport=80)
    assert verdict(found, opening, "lan2", "lan1") == "drop"
    assert verdict(found, replace(opening, state=ConnState.ESTABLISHED), "lan2", "lan1") == "pass"
