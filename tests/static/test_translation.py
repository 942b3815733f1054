"""Translations over sets: what was sent stays bound to what arrives, through every kind of rewrite."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.static.generators import SPAN
from zoneguard.model.addresses import parse_address, parse_prefix
from zoneguard.model.device import (
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    KeepHost,
    NatRule,
    Permit,
    Rewrite,
    Route,
    Routing,
    Rule,
    RuleList,
    SetTo,
    Shift,
    Stage,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In, Match, both
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.diff import differences
from zoneguard.static.reachability import Network
from zoneguard.static.translation import relation, restrict, sent

DOCUMENTATION = parse_address("192.0.2.0")
TO_DOCUMENTATION = KeepHost(Field.SRC, DOCUMENTATION, 8), Shift(Field.SRC, DOCUMENTATION - parse_address("10.1.0.0"))
INSIDE, OUTSIDE = parse_prefix("10.1.0.0/24"), parse_prefix("10.2.0.0/24")
ZONES = ZoneMap(
    Zone(name, ZoneClass.OTHER, ((prefix.first, 24),), SPAN) for name, prefix in (("in", INSIDE), ("out", OUTSIDE))
)
TCP = In(Field.PROTO, Intervals.of(6))


def to_port(*ports: int) -> Match:
    return In(Field.DPORT, Intervals.of(*ports))


def only(match: Match) -> Filter:
    return Filter(RuleList("filter", (Rule(both(TCP, match), Permit(), SPAN),), Deny(), SPAN))


def nat(field: Field, *rewrites: Rewrite, match: Match = ALWAYS) -> Translate:
    return Translate(RuleList("nat", (NatRule(match, SPAN, rewrites),), Permit(), SPAN), field)


def device(name: str, inside: str, outside: str, stages: Iterable[Stage], *routes: tuple[str, str]) -> Device:
    """Two interfaces, and routes ``(prefix, next hop)``."""
    interfaces = tuple(
        Interface(port, SPAN, (InterfaceAddress(parse_address(address), 24),))
        for port, address in (("inside", inside), ("outside", outside))
    )
    table = tuple(Route(parse_prefix(p).first, 24, SPAN, next_hop=parse_address(hop)) for p, hop in routes)
    return Device(
        name, "made", interfaces, (Vrf("main", frozenset({"inside", "outside"}), table, tuple(stages)),), SPAN
    )


def chain(space: PacketSpace, first: Iterable[Stage], second: Iterable[Stage]) -> Network:
    """``in`` - first - 10.9.0.0/24 - second - ``out``."""
    a = device("a", "10.1.0.254", "10.9.0.1", first, ("10.2.0.0/24", "10.9.0.2"), ("192.0.2.0/24", "10.9.0.2"))
    b = device("b", "10.9.0.2", "10.2.0.254", second, ("10.1.0.0/24", "10.9.0.1"))
    return Network([a, b], ZONES, space=space)


def crossing(network: Network) -> PacketSet:
    return network.space.union(*(c.packets for c in network.crossings(["in"]) if c.destination == "out"))


SPACES = [PacketSpace(BinaryEngine(1 << 20, 1 << 16)), PacketSpace(IntervalEngine())]
both_engines = pytest.mark.parametrize("space", SPACES)


@both_engines
def test_a_source_port_that_was_asked_for_was_sent(space: PacketSpace) -> None:
    """The port is a condition in front of the translation, which leaves it alone."""
    asked = In(Field.SPORT, Intervals.of(123))
    pool = SetTo(Field.SRC, parse_prefix("192.0.2.1"))
    packets = crossing(chain(space, [Routing(), only(asked), nat(Field.SRC, pool)], [Routing()]))
    assert sent(packets).project(Field.SPORT) == Intervals.of(123)
    assert relation(packets).project(Field.SPORT) == Intervals.of(123)
    part = relation(packets) & space.field(Field.SRC, parse_prefix("10.1.0.7"))
    assert relation(restrict(packets, part)) == part


@both_engines
@pytest.mark.parametrize("rewrite", TO_DOCUMENTATION)
def test_who_is_let_through_behind_a_translated_network_is_who_sent(space: PacketSpace, rewrite: Rewrite) -> None:
    """Network to network, host by host: the second firewall permits one translated host."""
    one = In(Field.SRC, parse_prefix("192.0.2.7"))
    packets = crossing(chain(space, [Routing(), nat(Field.SRC, rewrite)], [Routing(), only(one)]))
    assert sent(packets).project(Field.SRC) == parse_prefix("10.1.0.7")
    assert packets.project(Field.SRC) == parse_prefix("192.0.2.7")


@both_engines
def test_a_translated_port_alone_keeps_the_address_it_goes_with(space: PacketSpace) -> None:
    one = In(Field.SRC, parse_prefix("10.1.0.7"))
    ports = SetTo(Field.SPORT, Intervals.span(1024, 65535))
    packets = crossing(chain(space, [Routing(), nat(Field.SRC, ports, match=TCP)], [Routing(), only(one)]))
    assert sent(packets).project(Field.SRC) == parse_prefix("10.1.0.7")


@both_engines
def test_a_published_range_keeps_its_ports_and_hosts_in_step(space: PacketSpace) -> None:
    """192.0.2.8/29:8000-8009 is 10.2.0.8/29:80-89; the inner filter permits one host and port."""
    published = both(TCP, In(Field.DST, parse_prefix("192.0.2.8/29")), In(Field.DPORT, Intervals.span(8000, 8009)))
    inner = both(In(Field.DST, parse_prefix("10.2.0.10")), to_port(83))
    rewrites = KeepHost(Field.DST, parse_address("10.2.0.8"), 3), Shift(Field.DPORT, -7920)
    stages: list[Stage] = [nat(Field.DST, *rewrites, match=published), Routing(), only(inner)]
    packets = crossing(chain(space, [Routing()], stages))
    asked = sent(packets) & space.field(Field.DST, parse_prefix("192.0.2.0/24"))
    assert asked.project(Field.DST) == parse_prefix("192.0.2.10")
    assert asked.project(Field.DPORT) == Intervals.of(8003)


@both_engines
def test_twice_translated_is_sent_as_it_was_first(space: PacketSpace) -> None:
    """Source and destination on the first device, the source once more on the second."""
    published = both(TCP, In(Field.DST, parse_prefix("192.0.2.9")))
    first: list[Stage] = [
        nat(Field.DST, SetTo(Field.DST, parse_prefix("10.2.0.9")), match=published),
        Routing(),
        nat(Field.SRC, SetTo(Field.SRC, parse_prefix("10.9.0.1"))),
    ]
    second: list[Stage] = [Routing(), nat(Field.SRC, SetTo(Field.SRC, parse_prefix("10.2.0.254")))]
    packets = crossing(chain(space, first, second)) & space.field(Field.DST_CHANGED, Intervals.of(1))
    assert packets.project(Field.SRC) == parse_prefix("10.2.0.254")
    assert sent(packets).project(Field.SRC) == INSIDE - parse_prefix("10.1.0.254")
    assert sent(packets).project(Field.DST) == parse_prefix("192.0.2.9")
    assert relation(packets).project(Field.DST) == parse_prefix("10.2.0.9")


def test_one_more_translated_host_is_a_difference() -> None:
    space = PacketSpace()

    def permitting(hosts: str) -> Network:
        rewrite = TO_DOCUMENTATION[0]
        asked = only(In(Field.SRC, parse_prefix(hosts)))
        return chain(space, [Routing(), nat(Field.SRC, rewrite)], [Routing(), asked])

    (found,) = differences(permitting("192.0.2.6"), permitting("192.0.2.6/31"))
    assert found.permits
    assert found.packets.project(Field.SRC) == parse_prefix("10.1.0.7")


@both_engines
def test_a_destination_rewritten_to_itself_was_not_translated(space: PacketSpace) -> None:
    same = SetTo(Field.DST, parse_prefix("10.2.0.9"))
    network = In(Field.DST, parse_prefix("10.2.0.8/29"))
    untranslated = only(In(Field.DNAT, Intervals.of(0)))
    stages: list[Stage] = [nat(Field.DST, same, match=network), Routing(), untranslated]
    packets = crossing(chain(space, [Routing()], stages)) & space.field(Field.DST, parse_prefix("10.2.0.8/29"))
    assert sent(packets).project(Field.DST) == parse_prefix("10.2.0.9")
