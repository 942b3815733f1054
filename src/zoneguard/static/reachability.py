"""Which sessions may be opened between zones: sets pushed over the topology from every zone to a fixed point."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.device import Device, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, FIN, RST, SYN, ConnState, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.project import Link
from zoneguard.model.zones import ZoneMap
from zoneguard.static.forwarding import Forwarding
from zoneguard.static.pipeline import Departure, Pipeline
from zoneguard.static.topology import Context, Place, Topology
from zoneguard.static.translation import leave_device, relation, sent

MAX_HOPS = 64
"""A path longer than this many contexts is cut: a packet's own hop limit is of this order."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Packets that arrived at a context on one path."""

    context: Context
    ingress: str
    packets: PacketSet
    path: tuple[Hop, ...]


class Network:
    """A topology with its pipelines: answers what may cross, and by which lines."""

    def __init__(
        self, devices: Iterable[Device], zones: ZoneMap, links: Iterable[Link] = (), space: PacketSpace | None = None
    ) -> None:
        self.space = space or PacketSpace()
        self.zones = zones
        self.topology = Topology(devices, zones, links)
        self._pipelines: dict[tuple[str, str], Pipeline] = {}
        self._forwarding = Forwarding(self.space, self.topology)
        self.openers = opening_packets(self.space)
        stages = (stage for c in self.topology.contexts.values() for stage in c.vrf.stages)
        self._redirects = any(isinstance(s, Translate) and s.field is Field.DST for s in stages)
        self._behind: dict[Hashable, list[tuple[str, PacketSet]]] = {}
        self._beside: dict[Hashable, list[tuple[Place, PacketSet]]] = {}
        self.loops: list[_Batch] = []

    def pipeline(self, context: Context) -> Pipeline:
        """The compiled pipeline of a context."""
        if context.key not in self._pipelines:
            self._pipelines[context.key] = Pipeline(self.space, self.topology, context, self._forwarding)
        return self._pipelines[context.key]

    def crossings(self, zones: Iterable[str] | None = None, spoofed: bool = False) -> Iterator[Crossing]:
        """Every possible crossing between different zones, one per path, from ``zones`` (default: all).

        Packets are followed from a place once: of paths that join in front of equal treatment, the shortest is told.

        ``spoofed``: hosts may use any source address, not only those that are routed back to them.
        """
        for zone in zones if zones is not None else (z.name for z in self.zones):
            yield from self._from(zone, spoofed)

    def _from(self, zone: str, spoofed: bool) -> Iterator[Crossing]:
        seen: dict[Hashable, PacketSet] = {}
        queue: deque[_Batch] = deque(self._entries(zone, spoofed))
        while queue:
            batch = queue.popleft()
            pipeline = self.pipeline(batch.context)
            place = (batch.context.key, pipeline.entrance(batch.ingress))
            fresh = batch.packets - seen.get(place, self.space.nothing)
            if not fresh:
                continue
            seen[place] = seen.get(place, self.space.nothing) | fresh
            if len(batch.path) >= MAX_HOPS:
                self.loops.append(batch)
                continue
            for departure in pipeline.run(batch.ingress, fresh):
                if departure.way is None:
                    continue
                path = (*batch.path, _hop(batch.context, batch.ingress, departure))
                queue.extend(self._onward(batch.context, departure, path))
                for other, packets in self._delivered(batch.context, departure):
                    if other != zone:
                        yield Crossing(zone, other, packets, path)

    def _entries(self, zone: str, spoofed: bool) -> Iterator[_Batch]:
        members: dict[tuple[Context, str], Intervals] = {}
        for attachment in self.topology.attachments:
            if attachment.zone == zone:
                place = (self.topology.home(attachment.context, attachment.interface), attachment.interface)
                members[place] = members.get(place, Intervals()) | attachment.members
        leaving = self.openers
        if not self._redirects:
            leaving = leaving - self.space.field(Field.DST, self.zones.addresses(zone))
        for (context, interface), own in members.items():
            packets = leaving & self.space.field(Field.SRC, ALL_ADDRESSES if spoofed else own)
            yield _Batch(context, interface, packets, ())

    def _onward(self, context: Context, departure: Departure, path: tuple[Hop, ...]) -> Iterator[_Batch]:
        """The packets at the modelled contexts that get them next."""
        way = departure.way
        assert way is not None
        if way.into:
            other = self.topology.contexts.get((context.key[0], way.into))
            if other is not None:
                yield _Batch(other, path[-1].ingress, departure.part.packets, path)
            return
        left = self.pipeline(context).sends(departure.part.packets)
        for other, interface in self.topology.neighbours(context, way):
            yield _Batch(other, interface.name, left, path)
        if way.next_hop is None:
            for (other, interface), addresses in self._on_link(context, way.interface):
                addressed = left & addresses
                if addressed:
                    yield _Batch(other, interface.name, addressed, path)

    def _delivered(self, context: Context, departure: Departure) -> Iterator[tuple[str, PacketSet]]:
        """The packets that reach hosts, by zone."""
        key = (context.key, departure.way, departure.policy)
        if key not in self._behind:
            assert departure.way is not None
            zones = self.topology.behind(context, departure.way, departure.policy)
            self._behind[key] = [(zone, self.space.field(Field.DST, members)) for zone, members in zones]
        for zone, members in self._behind[key]:
            arrived = departure.part.packets & members
            if arrived:
                yield zone, self.pipeline(context).sends(arrived)

    def _on_link(self, context: Context, interface: str) -> list[tuple[Place, PacketSet]]:
        """Modelled contexts on the link with the packets to their addresses there."""
        key = (context.key, interface)
        if key not in self._beside:
            places = self.topology.on_link(context, interface)
            self._beside[key] = [(place, self.space.field(Field.DST, addresses)) for place, addresses in places]
        return self._beside[key]

    def attributed(self, crossing: Crossing) -> Iterator[Crossing]:
        """``crossing`` split by the lines that decided at each hop."""
        entering = sent(crossing.packets)
        states: list[tuple[PacketSet, tuple[Hop, ...]]] = [(entering & self.openers, ())]
        for hop in crossing.path:
            context = self.topology.contexts[hop.device, hop.vrf]
            states = [
                (leave_device(departure.part.packets), (*path, _with_lines(hop, departure)))
                for current, path in states
                for departure in self.pipeline(context).run(hop.ingress, current, traced=True)
                if departure.way is not None and _hop(context, hop.ingress, departure) == hop
            ]
        for current, path in states:
            arrived = current & crossing.packets
            if arrived:
                yield Crossing(crossing.source, crossing.destination, arrived, path)

    def entering(self, crossing: Crossing) -> PacketSet:
        """The packets of ``crossing`` as the first device accepts them, with the source MAC it asks for."""
        first = crossing.path[0]
        context = self.topology.contexts[first.device, first.vrf]
        departures = self.pipeline(context).run(first.ingress, sent(crossing.packets) & self.openers)
        return self.space.union(*(d.part.packets for d in departures if d.way is not None))


def opening_packets(space: PacketSpace) -> PacketSet:
    """Packets that open a session, as a host sends them: TCP with SYN and no ACK, RST or FIN; others as they come."""
    zero = Intervals.of(0)
    tcp = space.field(Field.PROTO, Intervals.of(6))
    opens = (tcp & space.masked(Field.FLAGS, SYN, FIN | SYN | RST | ACK)) | ~tcp
    opens = opens & space.field(Field.STATE, Intervals.of(ConnState.NEW))
    for field in (Field.FRAGMENT, Field.MARK, Field.DNAT, Field.SRC_CHANGED, Field.DST_CHANGED):
        opens = opens & space.field(field, zero)
    return opens


def _hop(context: Context, ingress: str, departure: Departure) -> Hop:
    way = departure.way
    assert way is not None
    policy = departure.part.route if departure.policy else None
    return Hop(*context.key, ingress, way.interface or f"vrf {way.into}", route=policy, next_hop=way.next_hop)


def _with_lines(hop: Hop, departure: Departure) -> Hop:
    part = departure.part
    return replace(
        hop,
        lines=tuple(dict.fromkeys(part.lines)),
        translations=tuple(dict.fromkeys(part.translations)),
        route=part.route,
        defaults=tuple(dict.fromkeys(part.defaults)),
    )


def policy_view(crossing: Crossing) -> PacketSet:
    """The packets of a crossing at most, between its two hosts: source as sent, destination as received."""
    return relation(crossing.packets.may())
