"""Which sessions may be opened between zones: sets pushed over the topology from every zone to a fixed point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.collector import paused_collector
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.device import Filter
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.spans import SourceSpan
from zoneguard.static.compiled import Compiled, Refusal
from zoneguard.static.fib import Way
from zoneguard.static.pipeline import Departure
from zoneguard.static.propagation import Landmarks, Propagation, hop_of
from zoneguard.static.topology import Context
from zoneguard.static.translation import leave_device, relation, sent

NO_LANDMARKS = Landmarks()


class Network(Compiled):
    """A topology with its pipelines: answers what may cross, and by which lines."""

    def crossings(
        self,
        zones: Iterable[str] | None = None,
        spoofed: bool = False,
        landmarks: Landmarks = NO_LANDMARKS,
        intrazone: bool = False,
    ) -> Iterator[Crossing]:
        """Every possible crossing between different zones, one per path, from ``zones`` (default: all).

        Packets are followed from a place once: of paths that join in front of equal treatment and passed the same
        ``landmarks``, the shortest is told. What could not be followed is in ``refused``, what never arrives in
        ``loops``.

        ``spoofed``: hosts may use any source address, not only those that are routed back to them. ``intrazone``: what
        goes through a device from a zone to the zone itself, too.
        """
        propagation = Propagation(self, spoofed, landmarks, intrazone)
        for zone in zones if zones is not None else (z.name for z in self.zones):
            with paused_collector():
                found = list(propagation.crossings(zone))
            yield from found

    def staying(self) -> tuple[Crossing, ...]:
        """What goes through a device from a zone to the zone itself. What cannot be followed is for ``crossings`` to
        tell: here it is left out."""
        told = len(self.refused), len(self.loops)
        found = tuple(c for c in self.crossings(intrazone=True) if c.source == c.destination)
        del self.refused[told[0] :], self.loops[told[1] :]
        return found

    def attributed(self, crossing: Crossing) -> Iterator[Crossing]:
        """``crossing`` split by the lines that decided at each hop; whole, with whole lists, if that is too large."""
        try:
            parts = tuple(self._attributed(crossing))
        except TooLarge as refusal:
            place = ", ".join(dict.fromkeys(hop.device for hop in crossing.path))
            self.refused.append(Refusal(crossing.source, crossing.destination, place, refusal.cause))
            parts = (replace(crossing, path=tuple(map(self._with_lists, crossing.path))),)
        yield from parts

    def _with_lists(self, hop: Hop) -> Hop:
        """The hop with the filters' whole lists for the lines that decided."""
        stages = self.topology.contexts[hop.device, hop.vrf].vrf.stages
        lists = [[rule.span for rule in s.rules.rules] for s in stages if isinstance(s, Filter) and s.rules.rules]
        longer = [spans for spans in lists if len(set(spans)) > 1]
        return replace(hop, lines=tuple(map(_first_to_last, longer or lists)))

    def _attributed(self, crossing: Crossing) -> Iterator[Crossing]:
        entering = sent(crossing.packets)
        states: list[tuple[PacketSet, tuple[Hop, ...]]] = [(entering & self.openers, ())]
        for hop in crossing.path:
            context = self.topology.contexts[hop.device, hop.vrf]
            states = [
                (leave_device(departure.part.packets), (*path, _with_lines(taken, departure)))
                for current, path in states
                for departure in self.pipeline(context).run(hop.ingress, current, traced=True)
                if departure.way is not None
                and (taken := hop_of(context, hop.ingress, departure.ways, departure.policy))
                in (hop, self._outside(context, hop, departure.way))
            ]
        for current, path in states:
            arrived = current & crossing.packets
            if arrived:
                yield Crossing(crossing.source, crossing.destination, arrived, path)

    def _outside(self, context: Context, hop: Hop, way: Way) -> Hop:
        """``hop``, which may stand for several next hops outside the model, by ``way`` if that is one of them."""
        several = hop.next_hop is None and self.topology.leaves(context, way)
        return replace(hop, next_hop=way.next_hop) if several else hop

    def entering(self, crossing: Crossing) -> PacketSet:
        """The packets of ``crossing`` as the first device accepts them, with the source MAC it asks for."""
        first = crossing.path[0]
        context = self.topology.contexts[first.device, first.vrf]
        departures = self.pipeline(context).run(first.ingress, sent(crossing.packets) & self.openers)
        return self.space.union(*(d.part.packets for d in departures if d.way is not None))


def _first_to_last(spans: list[SourceSpan]) -> SourceSpan:
    """All lines from the first of ``spans`` to the last, as far as they are of one file."""
    own = [span for span in spans if span.file == spans[0].file]
    return SourceSpan(own[0].file, min(span.first for span in own), max(span.last for span in own))


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
