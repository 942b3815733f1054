"""Packets pushed by classes of destinations arrive as packets pushed by sets; and no way round is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.static.generators import SPAN, V4_BASE, V6_BASE, WIRE_SIZE, WIRES, networks
from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import (
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    NatRule,
    Permit,
    Route,
    RouteKind,
    Routing,
    Rule,
    RuleList,
    SetTo,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.reachability import Network
from zoneguard.static.translation import sent
from zoneguard.static.waypoints import touches

OTHER = Zone("other", ZoneClass.PUBLIC, ((0, 0), (V6, 0)), SPAN)
WIRE_ZONES = [
    Zone(f"wire{n}", ZoneClass.OTHER, ((V4_BASE + n * WIRE_SIZE, 29), (V6_BASE + n * WIRE_SIZE, 125)), SPAN)
    for n in range(WIRES)
]
ZONES = ZoneMap((*WIRE_ZONES, OTHER))


def arrivals(network: Network, spoofed: bool) -> dict[tuple[str, str], PacketSet]:
    found: dict[tuple[str, str], PacketSet] = {}
    for crossing in network.crossings(spoofed=spoofed):
        pair = (crossing.source, crossing.destination)
        found[pair] = found.get(pair, network.space.nothing) | crossing.packets
    return found


@settings(max_examples=60)
@given(made=networks(unknowns=True, nat=False), spoofed=st.booleans())
def test_classes_of_destinations_make_no_difference(made: tuple[Device, ...], spoofed: bool) -> None:
    space = PacketSpace(BinaryEngine(1 << 20, 1 << 16))
    by_classes = arrivals(Network(made, ZONES, space=space), spoofed)
    with patch.object(Pipeline, "passages", lambda *_: None):
        by_sets = arrivals(Network(made, ZONES, space=space), spoofed)
    assert by_classes == by_sets


@settings(max_examples=30)
@given(made=networks(unknowns=False, nat=True))
def test_nor_do_they_where_packets_are_translated(made: tuple[Device, ...]) -> None:
    space = PacketSpace(BinaryEngine(1 << 22, 1 << 16))
    by_classes = arrivals(Network(made, ZONES, space=space), False)
    with patch.object(Pipeline, "passages", lambda *_: None):
        by_sets = arrivals(Network(made, ZONES, space=space), False)
    assert by_classes == by_sets


def router(name: str, addresses: dict[str, str], routes: Iterable[tuple[str, str]], *stages: Filter) -> Device:
    interfaces = tuple(
        Interface(f"to{port}", SPAN, (InterfaceAddress(parse_address(address), 24),))
        for port, address in addresses.items()
    )
    table = tuple(
        Route(parse_address(prefix), 24, SPAN, RouteKind.STATIC, parse_address(hop)) for prefix, hop in routes
    )
    vrf = Vrf("main", frozenset(i.name for i in interfaces), table, (Routing(), *stages))
    return Device(name, "test", interfaces, (vrf,), SPAN)


def diamond() -> tuple[tuple[Device, ...], ZoneMap]:
    """Zone a – r1 – (through zone m, or past it) – r2 – zone b, with equal routes by both."""
    zones = ZoneMap(
        Zone(name, ZoneClass.OTHER, ((parse_address(prefix), 24),), SPAN)
        for name, prefix in (("a", "10.0.1.0"), ("b", "10.0.2.0"), ("m", "10.0.3.0"))
    )
    r1 = router(
        "r1",
        {"A": "10.0.1.1", "M": "10.0.3.1", "Past": "10.0.4.1"},
        [("10.0.2.0", "10.0.3.2"), ("10.0.2.0", "10.0.4.2")],
    )
    r2 = router(
        "r2",
        {"B": "10.0.2.1", "M": "10.0.3.2", "Past": "10.0.4.2"},
        [("10.0.1.0", "10.0.3.1"), ("10.0.1.0", "10.0.4.1")],
    )
    return (r1, r2), zones


def test_a_way_past_a_zone_is_told_beside_the_way_through_it() -> None:
    devices, zones = diamond()
    network = Network(devices, zones)
    ways = [c.path for c in network.crossings(["a"]) if c.destination == "b"]
    assert {touches(network.topology, path, "m") for path in ways} == {True, False}
    assert {path[0].egress for path in ways} == {"toM", "toPast"}


def test_a_filter_between_routers_narrows_the_classes_that_pass_it() -> None:
    (r1, r2), zones = diamond()
    host = Intervals.of(parse_address("10.0.2.7"))
    line = SourceSpan("acl", 7, 7)
    rules = RuleList("out", (Rule(In(Field.DST, host), Permit(), line),), Deny(), SPAN)
    guarded = replace(r1.vrfs[0], stages=(Routing(), Filter(rules, egress=frozenset({"toM"}))))
    network = Network((replace(r1, vrfs=(guarded,)), r2), zones)
    reached = {c.path[0].egress: c for c in network.crossings(["a"]) if c.destination == "b"}
    assert reached["toM"].packets.project(Field.DST) == host
    assert reached["toPast"].packets.project(Field.DST) == zones.addresses("b") - Intervals.of(
        parse_address("10.0.2.1")
    )
    (part,) = network.attributed(reached["toM"])
    assert [hop.lines for hop in part.path] == [(line,), ()]
    assert part.packets == reached["toM"].packets


def test_routes_of_one_way_are_told_apart_by_attribution() -> None:
    (r1, r2), zones = diamond()
    low, high = SourceSpan("table", 1, 1), SourceSpan("table", 2, 2)
    base, hop = parse_address("10.0.2.0"), parse_address("10.0.4.2")
    routes = (Route(base, 25, low, next_hop=hop), Route(base + 128, 25, high, next_hop=hop))
    network = Network((replace(r1, vrfs=(replace(r1.vrfs[0], routes=routes),)), r2), zones)
    (whole,) = [c for c in network.crossings(["a"]) if c.destination == "b"]
    assert (whole.path[0].route, whole.path[0].next_hop) == (None, hop)
    parts = {c.path[0].route: c.packets.project(Field.DST) for c in network.attributed(whole)}
    assert set(parts) == {low, high}
    assert parts[high] == Intervals.span(base + 128, base + 255)


def test_what_stays_in_its_zone_matters_where_destinations_are_rewritten() -> None:
    (r1, r2), zones = diamond()
    inside, outside = Intervals.of(parse_address("10.0.1.9")), Intervals.of(parse_address("10.0.2.9"))
    nat = RuleList("nat", (NatRule(In(Field.DST, inside), SPAN, (SetTo(Field.DST, outside),)),), Permit(), SPAN)
    hidden = replace(r1.vrfs[0], stages=(Translate(nat, Field.DST), Routing()))
    network = Network((replace(r1, vrfs=(hidden,)), r2), zones)
    sent_to = [sent(c.packets).project(Field.DST) for c in network.crossings(["a"]) if c.destination == "b"]
    assert any(inside <= destinations for destinations in sent_to)
