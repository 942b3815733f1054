"""Packets that move between the forwarding contexts of one device: both engines tell the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.static.generators import SPAN
from zoneguard.model.addresses import parse_address, prefix_of
from zoneguard.model.device import (
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    Permit,
    PolicyRoute,
    Route,
    Routing,
    Rule,
    RuleList,
    SetField,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, both
from zoneguard.model.packet import Packet
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.reachability import Network
from zoneguard.static.trace import trace_packet

PREFIXES = {"a": "10.0.1.0/24", "b": "10.0.2.0/24", "c": "10.0.3.0/24"}
ZONES = ZoneMap([Zone(name, ZoneClass.OTHER, (prefix_of(p),), SPAN) for name, p in PREFIXES.items()])


def port(name: str, address: str, enabled: bool = True) -> Interface:
    return Interface(name, SPAN, (InterfaceAddress(parse_address(address), 24),), enabled)


PORTS = (port("a0", "10.0.1.1"), port("b0", "10.0.2.1"), port("c0", "10.0.3.1"))


def names(*interfaces: str) -> frozenset[str]:
    return frozenset(interfaces)


def rules(name: str, *conditions: Match) -> RuleList:
    return RuleList(name, tuple(Rule(c, Permit(), SPAN) for c in conditions), Deny(), SPAN)


def route(prefix: str, **more: str) -> Route:
    return Route(*prefix_of(prefix), SPAN, **more)  # type: ignore[arg-type]


def crossings(device: Device) -> set[tuple[str, str]]:
    found = {(c.source, c.destination) for c in Network([device], ZONES).crossings() if c.packets}
    for source in PREFIXES:
        for destination in PREFIXES:
            if source != destination:
                src, dst = (parse_address(PREFIXES[z].replace(".0/24", ".9")) for z in (source, destination))
                trace = trace_packet([device], Packet(src, dst, 6, 50000, 443, flags=2))
                assert ((source, destination) in found) == (trace.disposition == "delivered"), (source, destination)
    return found


POLICIES = Filter(rules("policies", both(Ingress(names("a0")), Egress(names("b0")))), stateful=True)


def test_policies_of_a_leaked_route_see_where_the_packet_came_in_and_are_asked_once() -> None:
    first = Vrf("one", names("a0", "c0"), (route("10.0.2.0/24", into="two"),), (Routing(), POLICIES))
    second = Vrf("two", names("b0"), (), (Routing(), POLICIES))
    assert crossings(Device("fw", "test", PORTS, (first, second), SPAN)) == {("a", "b")}


def test_a_route_may_lead_out_of_an_interface_of_another_context() -> None:
    first = Vrf("one", names("a0", "c0"), (route("10.0.2.0/24", interface="b0"),), (Routing(), POLICIES))
    second = Vrf("two", names("b0"), (route("10.0.1.0/24", interface="a0"),), (Routing(),))
    device = Device("fw", "test", PORTS, (first, second), SPAN)
    assert crossings(device) == {("a", "b"), ("b", "a")}
    down = replace(device, interfaces=(PORTS[0], replace(PORTS[1], enabled=False), PORTS[2]))
    assert crossings(down) == set()


@pytest.mark.parametrize(("instance", "expected"), [
    ((), set()),
    ((route("10.0.2.0/24", interface="b0"),), {("a", "b")}),
])  # fmt: skip
def test_a_mark_of_an_input_filter_chooses_the_table_of_another_context(
    instance: tuple[Route, ...], expected: set[tuple[str, str]]
) -> None:
    marking = RuleList("in", (Rule(ALWAYS, SetField(Field.MARK, 7, 0xFF), SPAN),), Permit(), SPAN)
    stages = (Filter(marking, names("a0")), Routing(), POLICIES)
    marked = PolicyRoute(In(Field.MARK, Intervals.of(7)), SPAN, into="other")
    main = Vrf("main", names("a0", "b0", "c0"), (), stages, (marked,))
    other = Vrf("other", names(), instance, stages)
    found = crossings(Device("fw", "test", PORTS, (main, other), SPAN))
    assert found == expected
