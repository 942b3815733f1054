"""PAN-OS address translation: all kinds, the zones and addresses that rules compare, exemptions, reverses."""

from __future__ import annotations

import pytest

from tests.parsers.packet_run import packet
from tests.parsers.panos_run import (
    DMZ,
    INTERFACES,
    LAN,
    WAN,
    becomes,
    decided_by,
    firewall,
    goes,
    nat,
    read,
    reasons,
    result,
    rule,
)
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.static.trace import Outcome

OPEN = rule("all", from_="any", to="any")
OUT = "10.1.0.5 > 198.51.100.7 tcp/443"
IN = "198.51.100.7 > 203.0.113.80 tcp/443"
WEB = {"from_": "untrust", "to": "untrust", "destination": "203.0.113.80"}


def test_the_rule_compares_the_address_before_and_the_zone_after_translation() -> None:
    """Vendor note: the security rule uses the pre-NAT address with the post-NAT zone (Networking Administrator's Guide,
    "NAT Policy Rules": the addresses are those of the original packet, the zone that of the translated destination)."""
    web = nat("web", **WEB, destination_translation__translated_address="10.2.0.80")
    right = firewall(web, rule("in", from_="untrust", to="dmz", destination="203.0.113.80"))
    assert becomes(right, WAN, IN) == "198.51.100.7 > 10.2.0.80:443"
    assert decided_by(right, WAN, IN) == "in"
    by_inner = firewall(web, rule("in", from_="untrust", to="dmz", destination="10.2.0.80"))
    assert goes(by_inner, WAN, IN) == "deny"
    by_outer_zone = firewall(web, rule("in", from_="untrust", to="untrust", destination="203.0.113.80"))
    assert goes(by_outer_zone, WAN, IN) == "deny"


def test_the_zone_of_a_nat_rule_is_that_of_the_route_before_translation() -> None:
    wrong = {**WEB, "to": "dmz"}
    found = firewall(OPEN, nat("web", **wrong, destination_translation__translated_address="10.2.0.80"))
    assert becomes(found, WAN, IN) == "198.51.100.7 > 203.0.113.80:443"


def test_negated_destinations_are_those_before_translation_too() -> None:
    web = nat("web", **WEB, destination_translation__translated_address="10.2.0.80")
    found = firewall(web, rule("in", from_="untrust", to="dmz", destination="203.0.113.80", negate_destination="yes"))
    assert goes(found, WAN, IN) == "deny"
    other = firewall(web, rule("in", from_="untrust", to="dmz", destination="10.2.0.80", negate_destination="yes"))
    assert goes(other, WAN, IN) == DMZ


@pytest.mark.parametrize(("service", "ok"), [("outer", True), ("inner", False)])
def test_services_are_those_before_translation(service: str, ok: bool) -> None:
    found = firewall(
        "set service outer protocol tcp port 8443",
        "set service inner protocol tcp port 443",
        nat(
            "web",
            **WEB,
            service="outer",
            destination_translation__translated_address="10.2.0.80",
            destination_translation__translated_port="443",
        ),
        rule("in", from_="untrust", to="dmz", service=service),
    )
    arriving = "198.51.100.7 > 203.0.113.80 tcp/8443"
    assert goes(found, WAN, arriving) == (DMZ if ok else "deny")
    if ok:
        assert becomes(found, WAN, arriving) == "198.51.100.7 > 10.2.0.80:443"


SOURCE = "source_translation__"


@pytest.mark.parametrize(
    ("words", "sources", "keeps_port"),
    [
        ({"dynamic_ip_and_port__interface_address__interface": WAN}, {"203.0.113.1"}, False),
        ({"dynamic_ip_and_port__interface_address__interface": WAN,
          "dynamic_ip_and_port__interface_address__ip": "203.0.113.9/24"}, {"203.0.113.9"}, False),
        ({"dynamic_ip_and_port__interface_address__interface": WAN,
          "dynamic_ip_and_port__interface_address__ip": "OUTSIDE"}, {"203.0.113.1"}, False),
        ({"dynamic_ip_and_port__translated_address": "[ 203.0.113.5 203.0.113.8/31 ]"},
         {"203.0.113.5", "203.0.113.8", "203.0.113.9"}, False),
        ({"dynamic_ip__translated_address": "203.0.113.16-203.0.113.17"}, {"203.0.113.16", "203.0.113.17"}, True),
        ({"static_ip__translated_address": "203.0.113.66"}, {"203.0.113.66"}, True),
    ],
)  # fmt: skip
def test_source_translation(words: dict[str, str], sources: set[str], keeps_port: bool) -> None:
    parts = [nat("out", **{SOURCE + key: word}) for key, word in words.items()]
    found = firewall("set address OUTSIDE ip-netmask 203.0.113.1/24", OPEN, *parts)
    (way,) = result(found, LAN, OUT).may
    pools = dict(way.pools)
    got = pools.get("src", Intervals.of(way.packet.src))  # type: ignore[call-overload]
    assert got == Intervals.of(*(parse_address(s) for s in sources))
    assert ("sport" in pools) is not keeps_port
    assert becomes(found, DMZ, "10.2.0.5 > 198.51.100.7 tcp/443") == "10.2.0.5 > 198.51.100.7:443"


def test_static_translation_keeps_the_place_in_the_range() -> None:
    found = firewall(
        OPEN, nat("out", source="10.1.0.16/28", source_translation__static_ip__translated_address="203.0.113.32/28")
    )
    assert becomes(found, LAN, "10.1.0.19 > 198.51.100.7 tcp/443") == "203.0.113.35 > 198.51.100.7:443"
    assert becomes(found, LAN, OUT) == "10.1.0.5 > 198.51.100.7:443"
    inward = firewall(
        OPEN,
        nat("in", from_="untrust", destination="203.0.113.32/28",
            destination_translation__translated_address="10.2.0.64/28"),
    )  # fmt: skip
    assert becomes(inward, WAN, "198.51.100.7 > 203.0.113.35 tcp/80") == "198.51.100.7 > 10.2.0.67:80"


def test_bi_directional_rules_have_a_reverse() -> None:
    """From any zone and any source, to the same zone and the translated address; right after the rule itself."""
    words = {f"{SOURCE}static_ip__translated_address": "203.0.113.66", f"{SOURCE}static_ip__bi_directional": "yes"}
    found = firewall(OPEN, *(nat("both", source="10.1.0.5", **{key: word}) for key, word in words.items()))
    assert becomes(found, LAN, OUT) == "203.0.113.66 > 198.51.100.7:443"
    assert becomes(found, WAN, "198.51.100.7 > 203.0.113.66 tcp/25") == "198.51.100.7 > 10.1.0.5:25"
    assert becomes(found, DMZ, "10.2.0.9 > 203.0.113.66 tcp/25") == "10.2.0.9 > 10.1.0.5:25"
    one_way = firewall(
        OPEN, nat("out", source="10.1.0.5", source_translation__static_ip__translated_address="203.0.113.66")
    )
    assert becomes(one_way, WAN, "198.51.100.7 > 203.0.113.66 tcp/25") == "198.51.100.7 > 203.0.113.66:25"


def test_the_first_rule_decides_on_both_translations() -> None:
    found = firewall(
        OPEN,
        nat("both", from_="trust", to="untrust", destination="203.0.113.80",
            destination_translation__translated_address="10.2.0.80",
            source_translation__static_ip__translated_address="10.2.0.254"),
        nat("later", source_translation__static_ip__translated_address="203.0.113.99"),
    )  # fmt: skip
    hairpin = "10.1.0.5 > 203.0.113.80 tcp/443"
    assert becomes(found, LAN, hairpin) == "10.2.0.254 > 10.2.0.80:443"
    assert becomes(found, LAN, OUT) == "203.0.113.99 > 198.51.100.7:443"


def test_a_rule_that_translates_nothing_exempts() -> None:
    found = firewall(
        OPEN, nat("exempt", destination="198.51.100.7"),
        nat("out", source_translation__static_ip__translated_address="203.0.113.99"),
    )  # fmt: skip
    assert becomes(found, LAN, OUT) == "10.1.0.5 > 198.51.100.7:443"
    assert becomes(found, LAN, "10.1.0.5 > 198.51.100.8 tcp/443") == "203.0.113.99 > 198.51.100.8:443"


def test_disabled_rules_translate_nothing() -> None:
    found = firewall(OPEN, nat("out", source_translation__static_ip__translated_address="203.0.113.9", disabled="yes"))
    assert becomes(found, LAN, OUT) == "10.1.0.5 > 198.51.100.7:443"


def test_the_interface_that_a_rule_leads_out_of() -> None:
    words = {"source_translation__static_ip__translated_address": "203.0.113.9"}
    for interface, source in ((WAN, "203.0.113.9"), (DMZ, "10.1.0.5"), ("any", "203.0.113.9")):
        found = firewall(OPEN, nat("out", to="any", to_interface=interface, **words))
        assert becomes(found, LAN, OUT) == f"{source} > 198.51.100.7:443"


def test_sessions_distributed_over_several_servers() -> None:
    found = firewall(
        "set address servers ip-range 10.2.0.80-10.2.0.81", OPEN,
        nat("lb", **WEB, dynamic_destination_translation__translated_address="servers",
            dynamic_destination_translation__translated_port="8443"),
    )  # fmt: skip
    (way,) = result(found, WAN, IN).may
    assert dict(way.pools)["dst"] == Intervals.span(parse_address("10.2.0.80"), parse_address("10.2.0.81"))  # type: ignore[index]
    assert way.packet.dport == 8443


def test_a_name_that_cannot_be_resolved_translates_to_any_address() -> None:
    text = "set address fq fqdn www.example.jp\n" + nat("web", **WEB, destination_translation__translated_address="fq")
    found = firewall(OPEN, text)
    assert len({way.egress or way.outcome for way in result(found, WAN, IN).may}) > 1
    assert any("not in the file" in reason for reason in reasons(read(INTERFACES + text)).values())


@pytest.mark.parametrize("kind", ["nat64", "nptv6"])
def test_kinds_that_are_not_followed_are_uncertain(kind: str) -> None:
    found = firewall(OPEN, nat("x", nat_type=kind))
    assert [(u.concern, u.bounded) for u in found.uncertain] == [(Concern.NAT, False)]


def test_where_routes_are_learnt_the_zone_is_open_until_the_table_tells() -> None:
    ospf = "set network virtual-router default protocol ospf enable yes"
    base = INTERFACES.replace("set network virtual-router default routing-table ip static-route", "# ")
    found = firewall(OPEN, ospf, nat("out", source_translation__static_ip__translated_address="203.0.113.9"), base=base)
    assert [u.concern for u in found.uncertain] == [Concern.ROUTING]
    step = result(found, LAN, OUT)
    assert step.outcome is Outcome.NO_ROUTE
    near = becomes(found, LAN, "10.1.0.5 > 203.0.113.7 tcp/443")
    assert near == "203.0.113.9 > 203.0.113.7:443"


def test_members_of_a_pair_that_are_both_active() -> None:
    mode = "set deviceconfig high-availability group mode active-active device-id 1"
    words = {"source_translation__static_ip__translated_address": "203.0.113.9"}
    for binding, source in (("1", "203.0.113.9"), ("0", "10.1.0.5"), ("both", "203.0.113.9")):
        found = firewall(mode, OPEN, nat("out", active_active_device_binding=binding, **words))
        assert becomes(found, LAN, OUT) == f"{source} > 198.51.100.7:443"
    unbound = firewall(mode, OPEN, nat("out", **words))
    assert len({way.packet.src for way in result(unbound, LAN, OUT).may}) == 2
    assert packet(OUT).src == parse_address("10.1.0.5")
