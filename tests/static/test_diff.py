"""What a change permits and denies: exactly the difference, held against ``trace`` packet by packet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from tests.static.generators import SPAN, V4_BASE, devices, networks, packets
from tests.static.test_reachability_agreement import ZONES, entries, opener, owned, plain
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
from zoneguard.model.match import Unknown
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.spans import SourceSpan
from zoneguard.static.conditions_compared import named_alike
from zoneguard.static.diff import Difference, differences
from zoneguard.static.reachability import Network
from zoneguard.static.senders import bound_to_senders
from zoneguard.static.trace import Disposition, Tracer
from zoneguard.static.translation import relation
from zoneguard.static.waypoints import hairpin


def compared(old: Iterable[Device], new: Iterable[Device]) -> tuple[Network, Network, list[Difference]]:
    space = PacketSpace(BinaryEngine(1 << 20, 1 << 16))
    before, after = (Network(made, ZONES, space=space) for made in (old, new))
    return before, after, list(differences(before, after))


@contextmanager
def small() -> Iterator[None]:
    """Random translations may need more memory than a test has."""
    try:
        yield
    except TooLarge:
        reject()


def views(network: Network) -> dict[tuple[str, str], PacketSet]:
    found: dict[tuple[str, str], PacketSet] = {}
    for crossing in network.crossings():
        if not hairpin(crossing):
            pair = (crossing.source, crossing.destination)
            packets = relation(bound_to_senders(network, crossing).packets)
            found[pair] = found.get(pair, network.space.nothing) | packets
    return found


@pytest.mark.parametrize("nat", [True, False])
@settings(max_examples=20)
@given(data=st.data())
def test_the_new_state_is_the_old_one_with_the_difference(nat: bool, data: st.DataObject) -> None:
    made = devices().map(lambda device: (device,)) if nat else networks(unknowns=True, nat=False)
    old, new = (data.draw(made) for _ in range(2))
    with small():
        before, after, found = compared(old, new)
        state = views(before)
        for difference in found:
            pair = (difference.source, difference.destination)
            known = state.get(pair, before.space.nothing)
            assert difference.packets
            assert difference.permits == (not difference.packets & known)
            assert difference.permits or difference.packets <= known
            state[pair] = known | difference.packets if difference.permits else known - difference.packets
            carried = before.space.union(*(relation(crossing.packets) for crossing in difference.crossings))
            assert carried == difference.packets
        assert {pair: packets for pair, packets in state.items() if packets} == views(after)


def delivered(made: Sequence[Device], packet: Packet, source: str) -> set[str]:
    """The zones of the hosts that get the packet by a way that turns round on no wire."""
    tracer = Tracer(made)
    found: set[str] = set()
    for walk in (walk for entry in entries(made, packet, source) for walk in tracer.trace(packet, entry).walks):
        if walk.disposition is Disposition.DELIVERED and walk.hops and walk.hops[-1].action != "local":
            first, last = walk.hops[0], walk.hops[-1]
            zone = ZONES.of(walk.packet.dst)
            if (first.device, first.ingress) != (last.device, last.egress) and zone is not None:
                found.add(zone.name)
    return found - {source}


@settings(max_examples=100)
@given(data=st.data())
def test_what_trace_delivers_on_one_side_only_is_the_difference(data: st.DataObject) -> None:
    old, new = ((plain(data.draw(devices(nat=False))),) for _ in range(2))
    packet = opener(data.draw(packets()))
    source = ZONES.of(packet.src)
    assume(packet.src not in owned((*old, *new)))
    assert source is not None
    _, _, found = compared(old, new)
    was, now = (delivered(made, packet, source.name) for made in (old, new))
    own = [d for d in found if d.source == source.name and packet in d.packets]
    assert {d.destination for d in own if d.permits} == now - was
    assert {d.destination for d in own if not d.permits} == was - now


@settings(max_examples=20)
@given(data=st.data())
def test_a_network_does_not_differ_from_itself(data: st.DataObject) -> None:
    made = data.draw(networks(unknowns=True, nat=False))
    assert not compared(made, made)[2]


WIRED = (
    Interface("eth0", SPAN, (InterfaceAddress(V4_BASE + 1, 29),)),
    Interface("eth1", SPAN, (InterfaceAddress(V4_BASE + 9, 29),)),
)


def asking(key: str, line: int = 3) -> Device:
    """A device that permits what meets one undecided condition, which is written in ``line``."""
    rules = RuleList("filter", (Rule(Unknown(key, SourceSpan("fw", line, line)), Permit(), SPAN),), Deny(), SPAN)
    vrf = Vrf("main", frozenset({"eth0", "eth1"}), (), (Routing(), Filter(rules)))
    return Device("fw", "generated", WIRED, (vrf,), SPAN)


def undecided(old: Device, new: Device, old_lines: dict[int, str], new_lines: dict[int, str]) -> list[Difference]:
    """The differences of two devices whose lines say this."""
    before, after = named_alike([old], [new], lambda span: old_lines[span.first], lambda span: new_lines[span.first])
    return compared(before, after)[2]


@pytest.mark.parametrize("key", ["from Japan", "a condition (fw, ACCEPT)", "the time fits (fw:3)"])
def test_the_same_condition_is_no_difference(key: str) -> None:
    assert not undecided(asking(key), asking(key), {3: "-m x"}, {3: "-m x"})


def test_a_condition_about_a_line_goes_with_the_line() -> None:
    old, new = asking("the time fits (fw:3)"), asking("the time fits (fw:4)", 4)
    assert not undecided(old, new, {3: "-m x"}, {4: "-m x"})
    assert undecided(old, asking("the time fits (fw:3)"), {3: "-m x"}, {3: "-m y"})


@pytest.mark.parametrize("key", ["object JP", "a condition (fw, ACCEPT)"])
def test_a_condition_that_is_stated_otherwise_may_be_another(key: str) -> None:
    found = undecided(asking(key), asking(key), {3: "-m x"}, {3: "-m y"})
    assert {(d.source, d.destination, d.permits) for d in found} == {
        (a, b, permits) for a, b in (("wire0", "wire1"), ("wire1", "wire0")) for permits in (True, False)
    }
    assert not any(d.packets.must() for d in found)
    assert all(d.packets.may() for d in found)


def test_ways_that_miss_a_demanded_zone_are_compared_for_themselves() -> None:
    """The only way from wire 0 to wire 1 moves from the middle network to a wire of its own."""
    through = Route(V4_BASE + 8, 29, SPAN, next_hop=V4_BASE + 18, interface="eth1")
    past = replace(through, next_hop=V4_BASE + 26, interface="eth2")
    legs = [Interface(f"eth{n}", SPAN, (InterfaceAddress(V4_BASE + a, 29),)) for n, a in enumerate((1, 17, 25))]
    others = [Interface(f"eth{n}", SPAN, (InterfaceAddress(V4_BASE + a, 29),)) for n, a in enumerate((9, 18, 26))]

    def routed(name: str, interfaces: list[Interface], *routes: Route) -> Device:
        vrf = Vrf("main", frozenset(i.name for i in interfaces), routes, (Routing(),))
        return Device(name, "generated", tuple(interfaces), (vrf,), SPAN)

    old = (routed("a", legs, through), routed("b", others))
    new = (routed("a", legs, past), routed("b", others))
    space = PacketSpace()
    before, after = (Network(made, ZONES, space=space) for made in (old, new))
    assert not [d for d in differences(before, after) if d.source == "wire0" and d.destination == "wire1"]
    demanding = differences(before, after, lambda *pair: frozenset({"wire2"} if pair == ("wire0", "wire1") else ()))
    found = [d for d in demanding if (d.source, d.destination) == ("wire0", "wire1")]
    assert {(d.permits, tuple(d.missed)) for d in found} == {(False, ()), (True, ("wire2",))}
