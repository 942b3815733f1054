"""What a packet takes along from one device to the next: to each device a session begins with a new packet."""

from __future__ import annotations

from zoneguard.model.addresses import parse_address
from zoneguard.model.device import (
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    Permit,
    Route,
    Routing,
    Rule,
    RuleList,
    SetField,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, ConnState, Field, In
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.reachability import Network
from zoneguard.static.trace import Disposition, trace_packet
from zoneguard.static.translation import sent

SPAN = SourceSpan("made", 1, 1)
LEFT, RIGHT = "10.0.0.0", "10.0.2.0"
UNTRACK = Rule(ALWAYS, SetField(Field.STATE, ConnState.UNTRACKED, (1 << 32) - 1), SPAN)
NEW_ONLY = Rule(In(Field.STATE, Intervals.of(ConnState.NEW)), Permit(), SPAN)


def interface(name: str, address: str, length: int) -> Interface:
    return Interface(name, SPAN, (InterfaceAddress(parse_address(address), length),))


def box(name: str, ports: tuple[Interface, Interface], route: tuple[str, str], rules: RuleList, before: bool) -> Device:
    network, next_hop = map(parse_address, route)
    routes = (Route(network, 24, SPAN, next_hop=next_hop),)
    stages = (Filter(rules), Routing()) if before else (Routing(), Filter(rules))
    return Device(name, "made", ports, (Vrf("main", frozenset(p.name for p in ports), routes, stages),), SPAN)


def test_a_device_that_stops_tracking_leaves_the_next_to_its_own() -> None:
    first = box(
        "first",
        (interface("in", "10.0.0.1", 24), interface("out", "10.0.1.1", 30)),
        (RIGHT, "10.0.1.2"),
        RuleList("raw", (UNTRACK,), Permit(), SPAN),
        before=True,
    )
    second = box(
        "second",
        (interface("in", "10.0.1.2", 30), interface("out", "10.0.2.1", 24)),
        (LEFT, "10.0.1.1"),
        RuleList("filter", (NEW_ONLY,), Deny(), SPAN),
        before=False,
    )
    packet = Packet(parse_address("10.0.0.9"), parse_address("10.0.2.9"), 17, 1024, 53)
    zones = ZoneMap(
        tuple(Zone(name, ZoneClass.OTHER, ((parse_address(at), 24),), SPAN) for name, at in (("a", LEFT), ("b", RIGHT)))
    )
    assert trace_packet([first, second], packet).disposition is Disposition.DELIVERED
    crossings = [c for c in Network([first, second], zones).crossings(["a"]) if c.destination == "b"]
    assert any(packet in sent(c.packets) for c in crossings)
