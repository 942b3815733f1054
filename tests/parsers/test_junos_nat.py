"""NAT of an SRX: the order of its kinds, rule sets, pools, and what policies see of it (Juniper's NAT user guide)."""

from __future__ import annotations

import pytest

from tests.parsers.junos_run import DMZ, GUEST, LAN, WAN, becomes, goes, open_lines, policy, srx

OUT = "10.1.0.5 > 198.51.100.1 tcp/443"
IN = "198.51.100.1 > 203.0.113.10 tcp/80"
ALLOWED = (policy("trust>untrust"), policy("untrust>dmz"), policy("untrust>trust"), policy("dmz>untrust"))


def nat(kind: str, name: str, *lines: str) -> str:
    return "\n".join(f"set security nat {kind} rule-set {name} {line}" for line in lines)


def source(*lines: str, name: str = "s", came: str = "zone trust", leaves: str = "zone untrust") -> str:
    return nat("source", name, f"from {came}", f"to {leaves}", *lines)


def destination(*lines: str, name: str = "d", came: str = "zone untrust") -> str:
    return nat("destination", name, f"from {came}", *lines)


def static(*lines: str, name: str = "t", came: str = "zone untrust") -> str:
    return nat("static", name, f"from {came}", *lines)


WEB = destination(
    "rule 1 match destination-address 203.0.113.10/32", "rule 1 match destination-port 80",
    "rule 1 then destination-nat pool web",
)  # fmt: skip
WEB_POOL = "set security nat destination pool web address 10.2.0.10/32 port 8080"


def test_source_nat_takes_the_address_of_the_interface_by_which_the_packet_leaves() -> None:
    found = srx(*ALLOWED, source("rule 1 match source-address 10.1.0.0/24", "rule 1 then source-nat interface"))
    assert becomes(found, LAN, OUT) == "203.0.113.1 > 198.51.100.1:443"
    assert becomes(found, LAN, "10.1.9.5 > 198.51.100.1 tcp/443") == "10.1.9.5 > 198.51.100.1:443"


def test_source_pools_ranges_and_off() -> None:
    found = srx(
        *ALLOWED,
        "set security nat source pool p address 203.0.113.20/32 to 203.0.113.21/32",
        source("rule 0 match source-address 10.1.0.9/32", "rule 0 then source-nat off",
               "rule 1 match source-address 0.0.0.0/0", "rule 1 then source-nat pool p"),
    )  # fmt: skip
    assert becomes(found, LAN, OUT) == "203.0.113.20|203.0.113.21 > 198.51.100.1:443"
    assert becomes(found, LAN, "10.1.0.9 > 198.51.100.1 tcp/443") == "10.1.0.9 > 198.51.100.1:443"


def test_destination_nat_to_a_port_and_policies_see_where_it_leads() -> None:
    server = "set security address-book global address server 10.2.0.10/32"
    web = "set applications application alt protocol tcp\nset applications application alt destination-port 8080"
    inner = srx(WEB, WEB_POOL, server, web, policy("untrust>dmz", destination="server", service="alt"))
    assert (goes(inner, WAN, IN), becomes(inner, WAN, IN)) == (DMZ, "198.51.100.1 > 10.2.0.10:8080")
    outer = "set security address-book global address server 203.0.113.10/32"
    assert goes(srx(WEB, WEB_POOL, outer, policy("untrust>dmz", destination="server")), WAN, IN) == "deny"


def test_destination_nat_of_a_subnet_keeps_the_host() -> None:
    found = srx(
        *ALLOWED, "set security nat destination pool p address 10.2.0.64/28",
        destination("rule 1 match destination-address 203.0.113.64/28", "rule 1 then destination-nat pool p"),
    )  # fmt: skip
    assert becomes(found, WAN, "198.51.100.1 > 203.0.113.70 tcp/80") == "198.51.100.1 > 10.2.0.70:80"


def test_the_port_of_a_pool_may_stand_apart_from_its_address() -> None:
    wide = WEB.replace("203.0.113.10/32", "203.0.113.64/28")
    pool = ("set security nat destination pool web address 10.2.0.64/28",
            "set security nat destination pool web address port 8080")  # fmt: skip
    one = becomes(srx(*ALLOWED, wide, *pool), WAN, "198.51.100.1 > 203.0.113.70 tcp/80")
    assert one == "198.51.100.1 > 10.2.0.70:8080"
    assert not open_lines(*ALLOWED, wide, *pool)


def test_destination_nat_may_ask_for_sources_protocols_and_applications() -> None:
    found = srx(
        *ALLOWED, WEB_POOL,
        destination("rule 1 match source-address 198.51.100.0/24", "rule 1 match destination-address 203.0.113.10/32",
                    "rule 1 match application junos-http", "rule 1 then destination-nat pool web"),
    )  # fmt: skip
    assert becomes(found, WAN, IN) == "198.51.100.1 > 10.2.0.10:8080"
    assert goes(found, WAN, "192.0.2.1 > 203.0.113.10 tcp/80") == "deny"
    assert goes(found, WAN, "198.51.100.1 > 203.0.113.10 tcp/443") == "deny"


ONE_TO_ONE = static(
    "rule 1 match destination-address 203.0.113.10/32", "rule 1 then static-nat prefix 10.2.0.20/32"
)  # fmt: skip


def test_static_nat_goes_both_ways() -> None:
    found = srx(*ALLOWED, ONE_TO_ONE)
    assert becomes(found, WAN, IN) == "198.51.100.1 > 10.2.0.20:80"
    assert becomes(found, DMZ, "10.2.0.20 > 198.51.100.1 tcp/25") == "203.0.113.10 > 198.51.100.1:25"
    assert becomes(found, DMZ, "10.2.0.21 > 198.51.100.1 tcp/25") == "10.2.0.21 > 198.51.100.1:25"


def test_static_goes_before_destination_and_its_way_back_before_source_nat() -> None:
    found = srx(
        *ALLOWED, WEB, WEB_POOL, ONE_TO_ONE,
        source("rule 1 match source-address 0.0.0.0/0", "rule 1 then source-nat interface", came="zone dmz"),
    )  # fmt: skip
    assert becomes(found, WAN, IN) == "198.51.100.1 > 10.2.0.20:80"
    assert becomes(found, DMZ, "10.2.0.20 > 198.51.100.1 tcp/25") == "203.0.113.10 > 198.51.100.1:25"
    assert becomes(found, DMZ, "10.2.0.21 > 198.51.100.1 tcp/25") == "203.0.113.1 > 198.51.100.1:25"


def test_static_nat_of_a_prefix_and_of_a_port() -> None:
    whole = static("rule 1 match destination-address 203.0.113.32/28", "rule 1 then static-nat prefix 10.2.0.32/28")
    assert becomes(srx(*ALLOWED, whole), WAN, "198.51.100.1 > 203.0.113.37 tcp/80") == "198.51.100.1 > 10.2.0.37:80"
    port = static(
        "rule 1 match destination-address 203.0.113.10/32", "rule 1 match destination-port 80",
        "rule 1 then static-nat prefix 10.2.0.20/32", "rule 1 then static-nat prefix mapped-port 8080",
    )  # fmt: skip
    found = srx(*ALLOWED, port)
    assert becomes(found, WAN, IN) == "198.51.100.1 > 10.2.0.20:8080"
    assert goes(found, WAN, "198.51.100.1 > 203.0.113.10 tcp/81") == "deny"
    assert becomes(found, DMZ, "10.2.0.20 > 198.51.100.1 tcp/25", sport=8080) == "203.0.113.10 > 198.51.100.1:25"


def test_static_nat_by_names_of_the_global_book() -> None:
    found = srx(
        *ALLOWED,
        "set security address-book global address outer 203.0.113.10/32",
        "set security address-book global address inner 10.2.0.20/32",
        static("rule 1 match destination-address-name outer", "rule 1 then static-nat prefix-name inner"),
    )
    assert becomes(found, WAN, IN) == "198.51.100.1 > 10.2.0.20:80"


def test_nat_is_for_packets_of_its_side_only() -> None:
    found = srx(policy("dmz>dmz"), ONE_TO_ONE, policy("dmz>untrust"))
    assert becomes(found, DMZ, "10.2.0.5 > 203.0.113.10 tcp/80") == "10.2.0.5 > 203.0.113.10:80"


@pytest.mark.parametrize(("side", "expected"), [
    ("interface ge-0/0/1.0", "203.0.113.30 > 198.51.100.1:443"),
    ("routing-instance default", "203.0.113.31 > 198.51.100.1:443"),
])  # fmt: skip
def test_the_more_specific_rule_set_counts_whatever_their_order(side: str, expected: str) -> None:
    pools = (f"set security nat source pool p{n} address 203.0.113.{n}/32" for n in (30, 31))
    everything = "rule 1 match source-address 0.0.0.0/0"
    found = srx(
        *ALLOWED, *pools,
        source(everything, "rule 1 then source-nat pool p31", name="zone"),
        source(everything, "rule 1 then source-nat pool p30", name="special", came=side),
    )  # fmt: skip
    assert becomes(found, LAN, OUT) == expected


def test_whether_a_less_specific_rule_set_is_asked_after_is_open() -> None:
    pool = "set security nat source pool p address 203.0.113.30/32"
    lines = (
        *ALLOWED, pool,
        source("rule 1 match source-address 10.1.0.77/32", "rule 1 then source-nat pool p", came="interface ge-0/0/1.0",
               name="special"),
        source("rule 1 match source-address 0.0.0.0/0", "rule 1 then source-nat interface"),
    )  # fmt: skip
    found = srx(*lines)
    assert becomes(found, LAN, "10.1.0.77 > 198.51.100.1 tcp/443") == "203.0.113.30 > 198.51.100.1:443"
    assert goes(found, LAN, OUT) in (WAN, "may")
    assert [m.bounded for m in open_lines(*lines)] == [True]


def test_the_destination_of_a_source_rule_set_goes_before_its_source() -> None:
    pools = (f"set security nat source pool p{n} address 203.0.113.{n}/32" for n in (30, 31))
    everything = "rule 1 match source-address 0.0.0.0/0"
    found = srx(
        *ALLOWED, *pools,
        source(everything, "rule 1 then source-nat pool p31", came="interface ge-0/0/1.0", name="a"),
        source(everything, "rule 1 then source-nat pool p30", leaves="interface ge-0/0/0.0", name="b"),
    )  # fmt: skip
    assert becomes(found, LAN, OUT) == "203.0.113.30 > 198.51.100.1:443"


def test_nat_into_a_routing_instance() -> None:
    found = srx(
        policy("untrust>guest"),
        "set routing-instances VR instance-type virtual-router",
        "set routing-instances VR interface ge-0/0/3.0",
        "set security zones security-zone guest interfaces ge-0/0/3.0",
        static("rule 1 match destination-address 203.0.113.10/32",
               "rule 1 then static-nat prefix 10.3.0.20/32 routing-instance VR"),
    )  # fmt: skip
    assert goes(found, WAN, IN) == "into VR"
    assert goes(found, WAN, "198.51.100.1 > 10.3.0.20 tcp/80", "VR") == GUEST


def test_policies_may_ask_whether_the_destination_was_translated() -> None:
    head = "set security policies from-zone untrust to-zone dmz policy p then permit destination-address"
    kept = srx(WEB, WEB_POOL, policy("untrust>dmz"), f"{head} drop-untranslated")
    assert goes(kept, WAN, IN) == DMZ
    assert goes(kept, WAN, "198.51.100.1 > 10.2.0.10 tcp/8080") == "deny"
    assert goes(srx(WEB, WEB_POOL, policy("untrust>dmz"), f"{head} drop-translated"), WAN, IN) == "deny"


def test_proxy_arp_is_without_concern_and_persistent_nat_is_not() -> None:
    arp = "set security nat proxy-arp interface ge-0/0/0.0 address 203.0.113.10/32"
    assert open_lines(arp) == ()
    more = source(
        "rule 1 match source-address 10.1.0.0/24",
        "rule 1 then source-nat interface persistent-nat permit any-remote-host",
    )
    assert [(m.concern.value, m.bounded) for m in open_lines(more)] == [("nat", False)]


@pytest.mark.parametrize("lines", [
    destination("rule 1 match destination-address 203.0.113.10/32", "rule 1 then destination-nat pool nowhere"),
    static("rule 1 match destination-address 203.0.113.0/28", "rule 1 then static-nat prefix 10.2.0.0/24"),
    static("rule 1 match destination-address 203.0.113.10/32", "rule 1 then static-nat inet"),
    nat("source", "x", "from zone nowhere", "to zone untrust"),
    nat("source", "x", "from zone trust"),
])  # fmt: skip
def test_nat_that_cannot_be_read_leaves_nat_undetermined(lines: str) -> None:
    assert {m.concern.value for m in open_lines(lines) if not m.bounded} == {"nat"}


def test_the_way_back_of_static_nat_is_for_the_same_peers() -> None:
    lines = static(
        "rule 1 match source-address 198.51.100.0/24", "rule 1 match destination-address 203.0.113.10/32",
        "rule 1 then static-nat prefix 10.2.0.20/32",
    )  # fmt: skip
    found = srx(*ALLOWED, lines)
    assert becomes(found, DMZ, "10.2.0.20 > 198.51.100.1 tcp/25") == "203.0.113.10 > 198.51.100.1:25"
    assert becomes(found, DMZ, "10.2.0.20 > 192.0.2.1 tcp/25") == "10.2.0.20 > 192.0.2.1:25"


def test_a_pool_in_braces_with_persistent_nat_beside_it() -> None:
    lines = source(
        "rule 1 match source-address 0.0.0.0/0", "rule 1 then source-nat pool persistent-nat permit target-host",
        "rule 1 then source-nat pool p",
    )  # fmt: skip
    found = srx(*ALLOWED, "set security nat source pool p address 203.0.113.30/32", lines)
    assert becomes(found, LAN, OUT) == "203.0.113.30 > 198.51.100.1:443"
