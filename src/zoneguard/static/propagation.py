"""Packets pushed from a zone over the topology to a fixed point.

Most devices on a path only route. There a batch keeps its packets as they are, and only its classes of destinations are
divided among the ways out; sets meet where something filters, changes or gets the packets.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.device import Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.static.forwarding import ALL
from zoneguard.static.pipeline import Departure, Part, Passage
from zoneguard.static.topology import Context, Key, Place

if TYPE_CHECKING:
    from zoneguard.static.reachability import Network

MAX_HOPS = 64
"""A path longer than this many contexts is cut: a packet's own hop limit is of this order."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Packets that arrived at a context on one path, which touched these zones; ``classes`` as in ``Departure``."""

    context: Context
    ingress: str
    packets: PacketSet
    path: tuple[Hop, ...]
    touched: frozenset[str]
    classes: int = ALL
    exact: bool = True


class Propagation:
    """What may cross from zones of a network. ``spoofed``: with any source address."""

    def __init__(self, network: Network, spoofed: bool) -> None:
        self.loops: list[Batch] = []
        self._network = network
        self._space = network.space
        self._topology = network.topology
        self._spoofed = spoofed
        stages = (stage for c in self._topology.contexts.values() for stage in c.vrf.stages)
        self._redirects = any(isinstance(s, Translate) and s.field is Field.DST for s in stages)
        self._zones_at: dict[tuple[Key, str], frozenset[str]] = defaultdict(frozenset)
        for attachment in self._topology.attachments:
            self._zones_at[attachment.context.key, attachment.interface] |= {attachment.zone}
        self._behind: dict[Hashable, list[tuple[str, PacketSet]]] = {}
        self._beside: dict[Hashable, list[tuple[Place, PacketSet]]] = {}

    def crossings(self, zone: str) -> Iterator[Crossing]:
        """Everything that may go from ``zone`` to another."""
        seen: dict[Hashable, PacketSet] = {}
        taken: dict[Hashable, int] = {}
        queue: deque[Batch] = deque(self._entries(zone))
        while queue:
            batch = queue.popleft()
            pipeline = self._network.pipeline(batch.context)
            place = (batch.context.key, pipeline.entrance(batch.ingress), batch.touched)
            passages = pipeline.passages(batch.ingress)
            if passages is None:
                packets = self._exactly(batch.packets, batch.classes, batch.exact)
                fresh = packets - seen.get(place, self._space.nothing)
                seen[place] = seen.get(place, self._space.nothing) | fresh
                departures = pipeline.run(batch.ingress, fresh)
                news = bool(fresh)
            else:
                kind = (place, batch.packets)
                classes = batch.classes & ~taken.get(kind, 0)
                taken[kind] = taken.get(kind, 0) | classes
                admitted = pipeline.admitted(batch.ingress, batch.packets)
                departures = _pass(passages, admitted, classes, batch.exact and classes == batch.classes)
                news = bool(classes)
            if news and len(batch.path) >= MAX_HOPS:
                self.loops.append(batch)
            elif news:
                yield from self._depart(zone, batch, departures, queue)

    def _depart(
        self, zone: str, batch: Batch, departures: Iterator[Departure], queue: deque[Batch]
    ) -> Iterator[Crossing]:
        for departure in departures:
            if departure.way is not None:
                path = (*batch.path, hop_of(batch.context, batch.ingress, departure))
                queue.extend(self._onward(batch, departure, path))
                for other, packets in self._delivered(batch.context, departure):
                    if other != zone:
                        yield Crossing(zone, other, packets, path)

    def _exactly(self, packets: PacketSet, classes: int, exact: bool) -> PacketSet:
        return packets if exact else packets & self._network.forwarding.packets(classes)

    def _entries(self, zone: str) -> Iterator[Batch]:
        """Where hosts of the zone come in. What stays in the zone is left out where nothing redirects packets."""
        members: dict[tuple[Context, str], Intervals] = {}
        for attachment in self._topology.attachments:
            if attachment.zone == zone:
                place = (attachment.context, attachment.interface)
                members[place] = members.get(place, Intervals()) | attachment.members
        leaving = self._network.openers
        if not self._redirects:
            leaving = leaving - self._space.field(Field.DST, self._network.zones.addresses(zone))
        for (context, interface), own in members.items():
            packets = leaving & self._space.field(Field.SRC, ALL_ADDRESSES if self._spoofed else own)
            yield Batch(context, interface, packets, (), self._zones_at[context.key, interface])

    def _onward(self, batch: Batch, departure: Departure, path: tuple[Hop, ...]) -> Iterator[Batch]:
        """The packets at the modelled contexts that get them next."""
        context, way = batch.context, departure.way
        classes, exact = departure.classes, departure.exact
        assert way is not None
        if way.into:
            other = self._topology.contexts.get((context.key[0], way.into))
            if other is not None:
                yield Batch(other, "", departure.part.packets, path, batch.touched, classes, exact)
            return
        left = self._network.pipeline(context).sends(departure.part.packets)
        touched = batch.touched | self._zones_at[context.key, way.interface]
        for other, interface in self._topology.neighbours(context, way):
            beyond = touched | self._zones_at[other.key, interface.name]
            yield Batch(other, interface.name, left, path, beyond, classes, exact)
        if way.next_hop is None:
            for (other, interface), addresses in self._on_link(context, way.interface):
                addressed = self._exactly(left & addresses, classes, exact)
                if addressed:
                    beyond = touched | self._zones_at[other.key, interface.name]
                    yield Batch(other, interface.name, addressed, path, beyond, classes)

    def _delivered(self, context: Context, departure: Departure) -> Iterator[tuple[str, PacketSet]]:
        """The packets that reach hosts, by zone."""
        key = (context.key, departure.way, departure.policy)
        if key not in self._behind:
            assert departure.way is not None
            zones = self._topology.behind(context, departure.way, departure.policy)
            self._behind[key] = [(zone, self._space.field(Field.DST, members)) for zone, members in zones]
        for zone, members in self._behind[key]:
            arrived = self._exactly(departure.part.packets & members, departure.classes, departure.exact)
            if arrived:
                yield zone, self._network.pipeline(context).sends(arrived)

    def _on_link(self, context: Context, interface: str) -> list[tuple[Place, PacketSet]]:
        """Modelled contexts on the link with the packets to their addresses there."""
        key = (context.key, interface)
        if key not in self._beside:
            places = self._topology.on_link(context, interface)
            self._beside[key] = [(place, self._space.field(Field.DST, addresses)) for place, addresses in places]
        return self._beside[key]


def _pass(passages: Iterable[Passage], packets: PacketSet, classes: int, exact: bool) -> Iterator[Departure]:
    """The departures of those of ``packets`` that go to ``classes``; ``exact``: no others are among them."""
    for passage in passages:
        taken = classes & passage.classes
        if not taken:
            continue
        alone = exact and taken == classes
        if passage.gate is None:
            yield Departure(passage.way, Part(packets), classes=taken, exact=alone)
        elif through := packets & passage.gate:
            yield Departure(passage.way, Part(through), classes=taken, exact=alone or taken == passage.classes)


def hop_of(context: Context, ingress: str, departure: Departure) -> Hop:
    """The hop of a departure, before its lines are told apart."""
    way = departure.way
    assert way is not None
    policy = departure.part.route if departure.policy else None
    return Hop(*context.key, ingress, way.interface or f"vrf {way.into}", route=policy, next_hop=way.next_hop)
