"""Packets pushed from a zone over the topology to a fixed point.

Most contexts on a path only route and filter. There a load keeps its packets as they are, and only its classes of
destinations are divided among the ways out; sets meet where something filters, changes or gets the packets.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.device import Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.spans import SourceSpan
from zoneguard.static.batches import Arrivals, Batch, Outflow, Receiver, origins
from zoneguard.static.compiled import Compiled, Loop, Refusal
from zoneguard.static.fib import Way
from zoneguard.static.forwarding import Load
from zoneguard.static.topology import Context, Key
from zoneguard.static.transit import Gate, Passage, Transit

NOTHING: frozenset[Hashable] = frozenset()
MAX_HOPS = 64
"""A path longer than this many contexts is cut: a packet's own hop limit is of this order."""


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What tells paths apart: the ``zones`` whose wires they touch, the ``hosts`` that are a next hop on them.

    Of paths that join in front of equal treatment and passed the same landmarks, the shortest is told.
    """

    zones: frozenset[str] = frozenset()
    hosts: Intervals = Intervals()


class Propagation:
    """What may cross from the zones of a network. ``spoofed``: with any source address; ``intrazone``: to the zone
    itself too."""

    def __init__(self, network: Compiled, spoofed: bool, landmarks: Landmarks, intrazone: bool = False) -> None:
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
        self._forwarding = network.forwarding
        self._behind: dict[Hashable, list[tuple[str, PacketSet]]] = {}
        self._receivers: dict[tuple[Key, Way], list[Receiver]] = {}
        self._beyond: dict[tuple[Passage, str], tuple[Hop, list[Receiver]]] = {}
        self._ends: dict[tuple[Passage, int], list[tuple[str, PacketSet]]] = {}

    def crossings(self, zone: str) -> Iterator[Crossing]:
        """Everything that may go from ``zone`` to another."""
        seen: dict[Hashable, Arrivals] = {}
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
        self, zone: str, batch: Batch, seen: dict[Hashable, Arrivals], queue: deque[Batch]
    ) -> Iterator[Crossing]:
        context, ingress = batch.context, batch.ingress
        pipeline = self._network.pipeline(context)
        passed = batch.passed | self._marked.get((context.key, ingress), NOTHING)
        place = (context.key, pipeline.entrance(ingress), passed, batch.origin)
        if place not in seen:
            seen[place] = Arrivals(self._space, self._forwarding)
        fresh = seen[place].fresh(batch.load)
        self._note_loop(zone, batch, fresh)
        if fresh is None or len(batch.path) >= MAX_HOPS:
            return
        transit = pipeline.transit(ingress, self._landmarks.hosts)
        flows = self._by_sets(batch, fresh) if transit is None else self._by_classes(batch, fresh, transit)
        for flow in flows:
            path = (*batch.path, flow.hop)
            if flow.receivers and flow.load.packets:
                queue.extend(self._onward(batch, flow, path, passed | self._passing(flow.hop)))
            for other, packets in flow.delivered:
                if packets and (other != zone or self._intrazone):
                    yield Crossing(zone, other, pipeline.sends(packets), path)

    def _by_sets(self, batch: Batch, load: Load) -> Iterator[Outflow]:
        """What becomes of ``load``, whatever the context does with it."""
        packets = self._forwarding.exactly(load)
        run = self._network.pipeline(batch.context).run(batch.ingress, packets, landmarks=self._landmarks.hosts)
        for departure in run if packets else ():
            if departure.ways:
                left = departure.part.packets
                members = self._members(batch.context, departure.ways, departure.policy is not None)
                delivered = [(zone, left & hosts) for zone, hosts in members]
                hop = hop_of(batch.context, batch.ingress, departure.ways, departure.policy)
                yield Outflow(hop, self._receivers_of(batch.context, departure.ways[0]), Load(left), delivered)

    def _by_classes(self, batch: Batch, load: Load, transit: Transit) -> Iterator[Outflow]:
        """What becomes of ``load`` where filters and destinations decide, and nothing changes it."""
        packets, classes = load.packets, load.classes & ~transit.own
        if transit.gate is not None:
            packets = self._admitted(transit.gate, Load(packets, classes, load.within))
        for passage in transit.passages if packets else ():
            taken = classes & passage.classes
            flow = self._leaving(batch, passage, Load(packets, taken, load.within)) if taken else None
            if flow is not None:
                yield flow

    def _leaving(self, batch: Batch, passage: Passage, load: Load) -> Outflow | None:
        """What of ``load`` leaves by the passage. A gate that cannot be compiled is nothing to a load that is empty."""
        try:
            delivered = [(zone, load.packets & hosts) for zone, hosts in self._ends_of(batch.context, passage, load)]
            hop, receivers = self._beyond_of(batch, passage)
            if receivers and passage.gate is not None:
                load = Load(load.packets & passage.gate(), load.classes, load.within & passage.classes)
            return Outflow(hop, receivers, load, delivered)
        except TooLarge:
            if self._forwarding.exactly(load):
                raise
            return None

    def _admitted(self, gate: Gate, load: Load) -> PacketSet:
        """The packets of ``load`` in the gate; likewise."""
        try:
            return load.packets & gate()
        except TooLarge:
            if self._forwarding.exactly(load):
                raise
            return self._space.nothing

    def _beyond_of(self, batch: Batch, passage: Passage) -> tuple[Hop, list[Receiver]]:
        """The hop of a passage for what came in as the batch did, and who gets what leaves by it."""
        key = (passage, batch.ingress)
        if key not in self._beyond:
            hop = hop_of(batch.context, batch.ingress, passage.ways, None)
            self._beyond[key] = (hop, self._receivers_of(batch.context, passage.ways[0]))
        return self._beyond[key]

    def _ends_of(self, context: Context, passage: Passage, load: Load) -> list[tuple[str, PacketSet]]:
        """The packets that reach hosts by a passage when those to the classes of ``load`` come to it, by zone."""
        key = (passage, load.classes)
        if key not in self._ends:
            ends = self._members(context, passage.ways, False)
            if ends:
                gate = self._forwarding.packets(load.classes)
                if passage.gate is not None:
                    gate = gate & passage.gate()
                ends = [(zone, hosts & gate) for zone, hosts in ends]
            self._ends[key] = ends
        return self._ends[key]

    def _passing(self, hop: Hop) -> frozenset[Hashable]:
        """The landmarks that a hop passes on its way out."""
        marked = self._marked.get(((hop.device, hop.vrf), hop.egress), NOTHING)
        if self._landmarks.hosts and hop.next_hop is not None and hop.next_hop in self._landmarks.hosts:
            return marked | {hop.next_hop}
        return marked

    def _note_loop(self, zone: str, batch: Batch, fresh: Load | None) -> None:
        """Packets that come on their own path to where they were, or have too many hops, never arrive."""
        entrance = self._network.pipeline(batch.context).entrance
        for number, hop in enumerate(batch.path):
            if (hop.device, hop.vrf) == batch.context.key and entrance(hop.ingress) == entrance(batch.ingress):
                new = self._space.nothing if fresh is None else self._forwarding.exactly(fresh)
                again = new if len(batch.path) >= MAX_HOPS else self._forwarding.exactly(batch.load) - new
                if again:
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
        apart = [0] * len(members) if self._spoofed else origins(list(members.values()))
        for ((context, interface), own), origin in zip(members.items(), apart, strict=True):
            packets = leaving & self._space.field(Field.SRC, ALL_ADDRESSES if self._spoofed else own)
            yield Batch(context, interface, Load(packets), (), origin)

    def _onward(
        self, batch: Batch, flow: Outflow, path: tuple[Hop, ...], passed: frozenset[Hashable]
    ) -> Iterator[Batch]:
        """The packets at the modelled contexts that get them next."""
        left = flow.load
        sent = Load(self._network.pipeline(batch.context).sends(left.packets), left.classes, left.within)
        for receiver in flow.receivers:
            load = left if receiver.ingress is None else sent
            if receiver.addresses is not None:
                load = Load(self._forwarding.exactly(sent) & receiver.addresses)
            if load.packets:
                ingress = batch.ingress if receiver.ingress is None else receiver.ingress
                yield Batch(receiver.context, ingress, load, path, batch.origin, passed)

    def _receivers_of(self, context: Context, way: Way) -> list[Receiver]:
        key = (context.key, way)
        if key not in self._receivers:
            self._receivers[key] = list(self._find_receivers(context, way))
        return self._receivers[key]

    def _find_receivers(self, context: Context, way: Way) -> Iterator[Receiver]:
        """The modelled contexts that get what leaves by ``way``.

        A context that changes nothing keeps what is addressed to it: nothing comes of that.
        """
        if way.into:
            other = self._topology.contexts.get((context.key[0], way.into))
            if other is not None:
                yield Receiver(other, None)
            return
        for other, interface in self._topology.neighbours(context, way):
            yield Receiver(other, interface.name)
        for (other, interface), addresses in (
            self._topology.on_link(context, way.interface) if way.next_hop is None else ()
        ):
            if self._network.pipeline(other).transit(interface.name, self._landmarks.hosts) is None:
                yield Receiver(other, interface.name, self._space.field(Field.DST, addresses))

    def _members(self, context: Context, ways: tuple[Way, ...], policy: bool) -> list[tuple[str, PacketSet]]:
        """The packets to the hosts that packets reach when they leave by ``ways``, by zone."""
        key = (context.key, ways, policy)
        if key not in self._behind:
            zones = self._topology.behind(context, ways, policy)
            self._behind[key] = [(zone, self._space.field(Field.DST, hosts)) for zone, hosts in zones]
        return self._behind[key]


def hop_of(context: Context, ingress: str, ways: tuple[Way, ...], policy: SourceSpan | None) -> Hop:
    """The hop of what leaves by one of ``ways``, before its lines and several next hops outside the model are told
    apart. ``policy``: the line of the policy route that led there."""
    way = ways[0]
    next_hop = None if len(ways) > 1 else way.next_hop
    return Hop(*context.key, ingress, way.interface or f"vrf {way.into}", route=policy, next_hop=next_hop)
