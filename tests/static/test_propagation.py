"""Packets pushed over a network: no way round is forgotten, circles are seen, translations at the first hop count."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.static.generators import SPAN
from zoneguard.model.addresses import parse_address
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
from zoneguard.model.match import All, Bits, Field, In
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.propagation import Landmarks
from zoneguard.static.reachability import Network
from zoneguard.static.translation import sent
from zoneguard.static.waypoints import touches

BY_M = Landmarks(frozenset({"m"}))


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


@pytest.mark.parametrize(
    "landmarks", [Landmarks(frozenset({"m"})), Landmarks(hosts=Intervals.of(parse_address("10.0.3.2")))]
)
def test_a_way_past_a_landmark_is_told_beside_the_way_through_it(landmarks: Landmarks) -> None:
    """The second router treats both ways alike, so that without landmarks one stands for both."""
    devices, zones = diamond()
    network = Network(devices, zones)
    ways = [c.path for c in network.crossings(["a"], landmarks=landmarks) if c.destination == "b"]
    assert {touches(network.topology, path, "m") for path in ways} == {True, False}
    assert {path[0].egress for path in ways} == {"toM", "toPast"}
    assert len([c for c in network.crossings(["a"]) if c.destination == "b"]) == 1


def test_packets_that_routes_send_round_in_a_circle_are_seen() -> None:
    (r1, r2), zones = diamond()
    lost, back = "10.0.9.0", parse_address("10.0.4.1")
    there = (*r1.vrfs[0].routes, Route(parse_address(lost), 24, SPAN, next_hop=parse_address("10.0.4.2")))
    again = (*r2.vrfs[0].routes, Route(parse_address(lost), 24, SPAN, next_hop=back))
    made = (replace(r, vrfs=(replace(r.vrfs[0], routes=t),)) for r, t in ((r1, there), (r2, again)))
    network = Network(made, zones)
    crossings = list(network.crossings(["a"]))
    (loop,) = network.loops
    assert [hop.device for hop in loop.hops] == ["r1", "r2"]
    assert loop.packets.project(Field.DST) == Intervals.span(parse_address(lost), parse_address(lost) + 255)
    assert {c.destination for c in crossings} == {"b", "m"}


def test_an_undisturbed_network_has_no_circle() -> None:
    devices, zones = diamond()
    network = Network(devices, zones)
    assert list(network.crossings())
    assert not network.loops
    assert not network.refused


def test_what_outgrows_the_memory_is_refused_by_zone_and_place() -> None:
    """The list of the first router has masks with gaps."""
    (r1, r2), zones = diamond()
    rng = random.Random(7)
    masks = [(rng.getrandbits(32), rng.getrandbits(32)) for _ in range(400)]
    rules = tuple(
        Rule(All((Bits(Field.SRC, a & m, m), Bits(Field.DST, b & n, n))), Permit() if i % 2 else Deny(), SPAN)
        for i, ((a, m), (b, n)) in enumerate(zip(masks, reversed(masks), strict=True))
    )
    guarded = replace(r1.vrfs[0], stages=(Routing(), Filter(RuleList("odd", rules, Deny(), SPAN))))
    network = Network((replace(r1, vrfs=(guarded,)), r2), zones, space=PacketSpace(BinaryEngine(1 << 15, 1 << 10)))
    assert {c.destination for c in network.crossings(["a"])} <= {"m"}
    assert {(r.source, r.destination, r.place) for r in network.refused} == {("a", "", "r1")}
    assert [str(r.cause) for r in network.refused] == ["the sets of packets outgrew their memory"]


def test_a_filter_between_routers_narrows_the_classes_that_pass_it() -> None:
    (r1, r2), zones = diamond()
    host = Intervals.of(parse_address("10.0.2.7"))
    line = SourceSpan("acl", 7, 7)
    rules = RuleList("out", (Rule(In(Field.DST, host), Permit(), line),), Deny(), SPAN)
    guarded = replace(r1.vrfs[0], stages=(Routing(), Filter(rules, egress=frozenset({"toM"}))))
    network = Network((replace(r1, vrfs=(guarded,)), r2), zones)
    reached = {c.path[0].egress: c for c in network.crossings(["a"], landmarks=BY_M) if c.destination == "b"}
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


def behind_two_hosts() -> tuple[Network, list[int]]:
    """Zone a – r – two hosts on one wire, no devices of the model, each with a half of zone b behind it."""
    zones = ZoneMap(
        Zone(name, ZoneClass.OTHER, ((parse_address(prefix), 23),), SPAN)
        for name, prefix in (("a", "10.0.0.0"), ("b", "10.0.2.0"))
    )
    hops = ["10.0.4.7", "10.0.4.8"]
    table = list(zip(("10.0.2.0", "10.0.3.0"), hops, strict=True))
    r = router("r", {"A": "10.0.0.1", "Out": "10.0.4.1"}, table)
    return Network((r,), zones), [parse_address(hop) for hop in hops]


def test_next_hops_outside_the_model_are_told_apart_by_attribution() -> None:
    network, hops = behind_two_hosts()
    (whole,) = network.crossings(["a"])
    assert whole.packets.project(Field.DST) == network.zones.addresses("b")
    assert whole.path[0].next_hop is None
    parts = {part.path[0].next_hop: part.packets.project(Field.DST) for part in network.attributed(whole)}
    low = parse_address("10.0.2.0")
    assert parts == {hops[0]: Intervals.span(low, low + 255), hops[1]: Intervals.span(low + 256, low + 511)}


def test_a_landmark_outside_the_model_is_no_part_of_another_way() -> None:
    network, hops = behind_two_hosts()
    crossings = network.crossings(["a"], landmarks=Landmarks(hosts=Intervals.of(hops[1])))
    ways = {c.path[0].next_hop: c for c in crossings}
    assert set(ways) == {None, hops[1]}
    for way, hop in zip((None, hops[1]), hops, strict=True):
        assert [(p.path[0].next_hop, p.packets) for p in network.attributed(ways[way])] == [(hop, ways[way].packets)]


def test_what_stays_in_its_zone_matters_where_destinations_are_rewritten() -> None:
    (r1, r2), zones = diamond()
    inside, outside = Intervals.of(parse_address("10.0.1.9")), Intervals.of(parse_address("10.0.2.9"))
    nat = RuleList("nat", (NatRule(In(Field.DST, inside), SPAN, (SetTo(Field.DST, outside),)),), Permit(), SPAN)
    hidden = replace(r1.vrfs[0], stages=(Translate(nat, Field.DST), Routing()))
    network = Network((replace(r1, vrfs=(hidden,)), r2), zones)
    sent_to = [sent(c.packets).project(Field.DST) for c in network.crossings(["a"]) if c.destination == "b"]
    assert any(inside <= destinations for destinations in sent_to)
