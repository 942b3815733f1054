"""What a crossing claims: a session may be opened. Answers are a session's, ``established`` is a state."""

from __future__ import annotations

import pytest

from tests.static.generators import SPAN
from zoneguard.model.addresses import parse_address, parse_prefix
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
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, SYN, ConnState, Field, In, Match, both
from zoneguard.model.packet import Packet
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.reachability import Network
from zoneguard.static.trace import Disposition, Tracer

A, B = parse_prefix("10.1.0.0/24"), parse_prefix("10.2.0.0/24")
ZONES = ZoneMap(Zone(n, ZoneClass.OTHER, ((p.first, 24),), SPAN) for n, p in (("a", A), ("b", B)))
TO_WEB = both(In(Field.PROTO, Intervals.of(6)), In(Field.DST, B), In(Field.DPORT, Intervals.of(443)))
FROM_WEB = both(In(Field.PROTO, Intervals.of(6)), In(Field.SRC, B), In(Field.SPORT, Intervals.of(443)))
SESSIONS = In(Field.STATE, Intervals.of(ConnState.ESTABLISHED, ConnState.RELATED))
ASKING = Packet(parse_address("10.1.0.5"), parse_address("10.2.0.7"), 6, 50000, 443, state=ConnState.NEW, flags=SYN)
ANSWER = Packet(ASKING.dst, ASKING.src, 6, 443, 50000, state=ConnState.ESTABLISHED, flags=SYN | ACK)


def firewall(*permits: Match, stateful: bool = False, routes: tuple[Route, ...] = ()) -> Device:
    rules = RuleList("filter", tuple(Rule(match, Permit(), SPAN) for match in permits), Deny(), SPAN)
    interfaces = tuple(
        Interface(f"eth{n}", SPAN, (InterfaceAddress(parse_address(address), 24),))
        for n, address in enumerate(("10.1.0.1", "10.2.0.1"))
    )
    stages = (Routing(), Filter(rules, stateful=stateful))
    return Device("fw", "made", interfaces, (Vrf("main", frozenset({"eth0", "eth1"}), routes, stages),), SPAN)


def opened(device: Device) -> set[tuple[str, str]]:
    return {(c.source, c.destination) for c in Network([device], ZONES).crossings()}


def passes(device: Device, packet: Packet) -> bool:
    return Tracer([device]).trace(packet).disposition is Disposition.DELIVERED


@pytest.mark.parametrize(
    ("device", "answered"),
    [
        (firewall(TO_WEB), False),
        (firewall(TO_WEB, FROM_WEB), True),
        (firewall(TO_WEB, both(FROM_WEB, SESSIONS)), True),
        (firewall(TO_WEB, stateful=True), True),
    ],
)
def test_what_arrives_may_be_opened_whether_or_not_an_answer_gets_back(device: Device, answered: bool) -> None:
    assert passes(device, ASKING)
    assert passes(device, ANSWER) is answered
    assert ("a", "b") in opened(device)


def test_a_permit_for_a_state_opens_nothing() -> None:
    assert not opened(firewall(SESSIONS))
    assert not opened(firewall(stateful=True))
    assert opened(firewall(TO_WEB, both(FROM_WEB, SESSIONS))) == {("a", "b")}


def test_a_stateless_permit_for_answers_opens_sessions_from_the_answering_port() -> None:
    """Without a state in it, a permit for answers is one for whoever sends from that port."""
    (back,) = (c for c in Network([firewall(TO_WEB, FROM_WEB)], ZONES).crossings(["b"]))
    assert back.packets.project(Field.SPORT) == Intervals.of(443)


def test_a_missing_return_route_does_not_close_the_way_there() -> None:
    """Hosts of ``b`` are routed elsewhere than where they are: what goes there is lost, what they send is not."""
    away = Route(B.first, 25, SPAN, next_hop=parse_address("10.1.0.254"))
    device = firewall(TO_WEB, In(Field.DST, A), routes=(away,))
    (back,) = (c for c in Network([device], ZONES).crossings(["b"]) if c.path[0].ingress == "eth1")
    assert parse_address("10.2.0.7") in back.packets.project(Field.SRC)


@pytest.mark.parametrize("order", [1, -1])
def test_routes_that_need_each_other_resolve_in_any_order(order: int) -> None:
    """Each next hop lies in the other's prefix; without the host route its hop is on the link."""
    host = Route(parse_address("10.2.0.12"), 32, SPAN, next_hop=parse_address("10.3.0.1"))
    network = Route(parse_address("10.3.0.0"), 24, SPAN, next_hop=parse_address("10.2.0.12"))
    device = firewall(In(Field.SRC, A), routes=(host, network)[::order])
    packet = Packet(ASKING.src, parse_address("10.3.0.9"), 6, 50000, 443, state=ConnState.NEW, flags=SYN)
    assert passes(device, packet)
    zones = ZoneMap((*ZONES, Zone("c", ZoneClass.OTHER, ((parse_address("10.3.0.0"), 24),), SPAN)))
    assert "c" in {crossing.destination for crossing in Network([device], zones).crossings(["a"])}
