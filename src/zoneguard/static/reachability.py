"""Which sessions may be opened between zones: sets pushed over the topology from every zone to a fixed point."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.device import Device
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, FIN, RST, SYN, ConnState, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.project import Link
from zoneguard.model.zones import ZoneMap
from zoneguard.static.fib import Target
from zoneguard.static.pipeline import Departure, Pipeline
from zoneguard.static.topology import Context, Topology
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
        self.openers = opening_packets(self.space)
        self.loops: list[_Batch] = []

    def pipeline(self, context: Context) -> Pipeline:
        """The compiled pipeline of a context."""
        if context.key not in self._pipelines:
            self._pipelines[context.key] = Pipeline(self.space, self.topology, context)
        return self._pipelines[context.key]

    def crossings(self, zones: Iterable[str] | None = None, spoofed: bool = False) -> Iterator[Crossing]:
        """Every possible crossing between different zones, one per path, from ``zones`` (default: all).

        ``spoofed``: hosts may use any source address, not only those that are routed back to them.
        """
        for zone in zones if zones is not None else (z.name for z in self.zones):
            yield from self._from(zone, spoofed)

    def _from(self, zone: str, spoofed: bool) -> Iterator[Crossing]:
        seen: dict[tuple[tuple[str, str], str], PacketSet] = {}
        queue: deque[_Batch] = deque(self._entries(zone, spoofed))
        while queue:
            batch = queue.popleft()
            place = (batch.context.key, batch.ingress)
            fresh = batch.packets - seen.get(place, self.space.nothing)
            if not fresh:
                continue
            seen[place] = seen.get(place, self.space.nothing) | fresh
            if len(batch.path) >= MAX_HOPS:
                self.loops.append(batch)
                continue
            for departure in self.pipeline(batch.context).run(batch.ingress, fresh):
                target = departure.target
                if target is None:
                    continue
                path = (*batch.path, _hop(batch.context, batch.ingress, target))
                queue.extend(self._onward(batch.context, target, departure.part.packets, path))
                for other, packets in self._delivered(batch.context, target, departure.part.packets):
                    if other != zone:
                        yield Crossing(zone, other, packets, path)

    def _entries(self, zone: str, spoofed: bool) -> Iterator[_Batch]:
        for attachment in self.topology.attachments:
            if attachment.zone == zone:
                sources = ALL_ADDRESSES if spoofed else attachment.members
                packets = self.openers & self.space.field(Field.SRC, sources)
                yield _Batch(attachment.context, attachment.interface, packets, ())

    def _onward(self, context: Context, target: Target, packets: PacketSet, path: tuple[Hop, ...]) -> Iterator[_Batch]:
        """The packets at the modelled contexts that get them next."""
        if target.into:
            other = self.topology.contexts.get((context.key[0], target.into))
            if other is not None:
                yield _Batch(other, "", packets, path)
            return
        left = leave_device(packets)
        for other, interface in self.topology.neighbours(context, target):
            yield _Batch(other, interface.name, left, path)
        if target.next_hop is None:
            for address, (other, interface) in self.topology.on_link(context, target.interface).items():
                addressed = left & self.space.field(Field.DST, Intervals.of(address))
                if addressed:
                    yield _Batch(other, interface.name, addressed, path)

    def _delivered(self, context: Context, target: Target, packets: PacketSet) -> Iterator[tuple[str, PacketSet]]:
        """The packets that reach hosts, by zone."""
        for zone, members in self.topology.behind(context, target):
            arrived = packets & self.space.field(Field.DST, members)
            if arrived:
                yield zone, leave_device(arrived)

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
                if departure.target is not None and _hop(context, hop.ingress, departure.target) == hop
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
        return self.space.union(*(d.part.packets for d in departures if d.target is not None))


def opening_packets(space: PacketSpace) -> PacketSet:
    """Packets that open a session, as a host sends them: TCP with SYN and no ACK, RST or FIN; others as they come."""
    zero = Intervals.of(0)
    tcp = space.field(Field.PROTO, Intervals.of(6))
    opens = (tcp & space.masked(Field.FLAGS, SYN, FIN | SYN | RST | ACK)) | ~tcp
    opens = opens & space.field(Field.STATE, Intervals.of(ConnState.NEW))
    for field in (Field.FRAGMENT, Field.MARK, Field.DNAT, Field.SRC_CHANGED, Field.DST_CHANGED):
        opens = opens & space.field(field, zero)
    return opens


def _hop(context: Context, ingress: str, target: Target) -> Hop:
    return Hop(*context.key, ingress, target.interface or f"vrf {target.into}", route=target.route.span)


def _with_lines(hop: Hop, departure: Departure) -> Hop:
    part = departure.part
    return replace(
        hop,
        lines=tuple(dict.fromkeys(part.lines)),
        translations=tuple(dict.fromkeys(part.translations)),
        defaults=tuple(dict.fromkeys(part.defaults)),
    )


def policy_view(crossing: Crossing) -> PacketSet:
    """The packets of a crossing at most, between its two hosts: source as sent, destination as received."""
    return relation(crossing.packets.may())
