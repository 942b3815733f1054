"""Packets pushed from a zone over the topology to a fixed point."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.device import Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.text import Text
from zoneguard.static.pipeline import Departure
from zoneguard.static.topology import Context, Key, Place

if TYPE_CHECKING:
    from zoneguard.static.reachability import Network

MAX_HOPS = 64
"""A path longer than this many contexts is cut: a packet's own hop limit is of this order."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What tells paths apart: the ``zones`` whose wires they touch, the ``hosts`` that are a next hop on them.

    Of paths that join in front of equal treatment and passed the same landmarks, the shortest is told.
    """

    zones: frozenset[str] = frozenset()
    hosts: Intervals = Intervals()


@dataclass(frozen=True, slots=True)
class Batch:
    """Packets that arrived at a context on one path, which passed these landmarks."""

    context: Context
    ingress: str
    packets: PacketSet
    path: tuple[Hop, ...]
    passed: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Loop:
    """``packets`` from ``zone`` that come back to where they were, by these hops; they never arrive."""

    zone: str
    packets: PacketSet
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Sessions ``source`` → ``destination`` (empty: any zone) that could not be followed past ``place``."""

    source: str
    destination: str
    place: str
    cause: Text


class Propagation:
    """What may cross from the zones of a network. ``spoofed``: with any source address; ``intrazone``: to the zone
    itself too."""

    def __init__(self, network: Network, spoofed: bool, landmarks: Landmarks, intrazone: bool = False) -> None:
        self._network = network
        self._space = network.space
        self._topology = network.topology
        self._spoofed = spoofed
        self._intrazone = intrazone
        self._landmarks = landmarks
        self._marked: dict[tuple[Key, str], frozenset[Hashable]] = {}
        for attachment in self._topology.attachments:
            if attachment.zone in landmarks.zones:
                place = (attachment.context.key, attachment.interface)
                self._marked[place] = self._marked.get(place, frozenset()) | {attachment.zone}
        stages = (stage for c in self._topology.contexts.values() for stage in c.vrf.stages)
        self._redirects = any(isinstance(s, Translate) and s.field is Field.DST for s in stages)
        self._behind: dict[Hashable, list[tuple[str, PacketSet]]] = {}
        self._beside: dict[Hashable, list[tuple[Place, PacketSet]]] = {}

    def crossings(self, zone: str) -> Iterator[Crossing]:
        """Everything that may go from ``zone`` to another."""
        seen: dict[Hashable, PacketSet] = {}
        queue: deque[Batch] = deque()
        try:
            queue.extend(self._entries(zone))
        except TooLarge as refusal:
            self._network.refused.append(Refusal(zone, "", zone, refusal.cause))
        while queue:
            batch = queue.popleft()
            try:
                yield from self._follow(zone, batch, seen, queue)
            except TooLarge as refusal:
                self._network.refused.append(Refusal(zone, "", str(batch.context), refusal.cause))

    def _follow(
        self, zone: str, batch: Batch, seen: dict[Hashable, PacketSet], queue: deque[Batch]
    ) -> Iterator[Crossing]:
        context, ingress = batch.context, batch.ingress
        pipeline = self._network.pipeline(context)
        passed = batch.passed | self._marked.get((context.key, ingress), frozenset())
        place = (context.key, pipeline.entrance(ingress), passed)
        before = seen.get(place, self._space.nothing)
        fresh = batch.packets - before
        self._note_loop(zone, batch, fresh)
        if not fresh or len(batch.path) >= MAX_HOPS:
            return
        seen[place] = before | fresh
        for departure in pipeline.run(ingress, fresh, landmarks=self._landmarks.hosts):
            if departure.way is None:
                continue
            hop = hop_of(context, ingress, departure)
            path = (*batch.path, hop)
            queue.extend(self._onward(context, departure, path, passed | self._passing(hop)))
            for other, packets in self._delivered(context, departure):
                if other != zone or self._intrazone:
                    yield Crossing(zone, other, packets, path)

    def _passing(self, hop: Hop) -> frozenset[Hashable]:
        """The landmarks that a hop passes on its way out."""
        marked = self._marked.get(((hop.device, hop.vrf), hop.egress), frozenset[Hashable]())
        if hop.next_hop is not None and hop.next_hop in self._landmarks.hosts:
            return marked | {hop.next_hop}
        return marked

    def _note_loop(self, zone: str, batch: Batch, fresh: PacketSet) -> None:
        """Packets that come on their own path to where they were, or have too many hops, never arrive."""
        again = fresh if len(batch.path) >= MAX_HOPS else batch.packets - fresh
        if not again:
            return
        entrance = self._network.pipeline(batch.context).entrance
        for number, hop in enumerate(batch.path):
            if (hop.device, hop.vrf) == batch.context.key and entrance(hop.ingress) == entrance(batch.ingress):
                self._network.loops.append(Loop(zone, again, batch.path[number:]))
                return

    def _entries(self, zone: str) -> Iterator[Batch]:
        """Where hosts of the zone come in. What stays in the zone is left out where nothing redirects packets."""
        members: dict[tuple[Context, str], Intervals] = {}
        for attachment in self._topology.attachments:
            if attachment.zone == zone:
                place = (self._topology.home(attachment.context, attachment.interface), attachment.interface)
                members[place] = members.get(place, Intervals()) | attachment.members
        leaving = self._network.openers
        if not self._redirects and not self._intrazone:
            leaving = leaving - self._space.field(Field.DST, self._network.zones.addresses(zone))
        for (context, interface), own in members.items():
            packets = leaving & self._space.field(Field.SRC, ALL_ADDRESSES if self._spoofed else own)
            yield Batch(context, interface, packets, ())

    def _onward(
        self, context: Context, departure: Departure, path: tuple[Hop, ...], passed: frozenset[Hashable]
    ) -> Iterator[Batch]:
        """The packets at the modelled contexts that get them next."""
        way = departure.way
        assert way is not None
        if way.into:
            other = self._topology.contexts.get((context.key[0], way.into))
            if other is not None:
                yield Batch(other, path[-1].ingress, departure.part.packets, path, passed)
            return
        left = self._network.pipeline(context).sends(departure.part.packets)
        for other, interface in self._topology.neighbours(context, way):
            yield Batch(other, interface.name, left, path, passed)
        if way.next_hop is None:
            for (other, interface), addresses in self._on_link(context, way.interface):
                addressed = left & addresses
                if addressed:
                    yield Batch(other, interface.name, addressed, path, passed)

    def _delivered(self, context: Context, departure: Departure) -> Iterator[tuple[str, PacketSet]]:
        """The packets that reach hosts, by zone."""
        key = (context.key, departure.way, departure.others, departure.policy)
        if key not in self._behind:
            assert departure.way is not None
            zones = self._topology.behind(context, (departure.way, *departure.others), departure.policy)
            self._behind[key] = [(zone, self._space.field(Field.DST, members)) for zone, members in zones]
        for zone, members in self._behind[key]:
            arrived = departure.part.packets & members
            if arrived:
                yield zone, self._network.pipeline(context).sends(arrived)

    def _on_link(self, context: Context, interface: str) -> list[tuple[Place, PacketSet]]:
        """Modelled contexts on the link with the packets to their addresses there."""
        key = (context.key, interface)
        if key not in self._beside:
            places = self._topology.on_link(context, interface)
            self._beside[key] = [(place, self._space.field(Field.DST, addresses)) for place, addresses in places]
        return self._beside[key]


def hop_of(context: Context, ingress: str, departure: Departure) -> Hop:
    """The hop of a departure, before its lines and several next hops outside the model are told apart."""
    way = departure.way
    assert way is not None
    policy = departure.part.route if departure.policy else None
    next_hop = None if departure.others else way.next_hop
    return Hop(*context.key, ingress, way.interface or f"vrf {way.into}", route=policy, next_hop=next_hop)
