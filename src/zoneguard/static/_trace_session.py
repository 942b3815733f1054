"""What a device remembers of a session that it translated, to give the answers their addresses back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan
from zoneguard.static._trace_packet import Traveller
from zoneguard.static._trace_result import Hop
from zoneguard.static._trace_rules import Decision

OTHER_END = {
    Field.SRC: Field.DST,
    Field.SPORT: Field.DPORT,
    Field.DST: Field.SRC,
    Field.DPORT: Field.SPORT,
    Field.MAC: Field.MAC,
}
"""Where an answer has what the first packet has in a field."""
PORT_OF = {Field.SRC: Field.SPORT, Field.DST: Field.DPORT}
ENDS = (*PORT_OF, *PORT_OF.values())

Place = tuple[str, str]
"""Device and forwarding context."""
Pools = Mapping[Field, Intervals]


@dataclass(frozen=True, slots=True)
class Session:
    """The values that the first packet had in ``ENDS`` when it came to a context and when it left it."""

    came: Pools
    left: Pools
    lines: tuple[Decision, ...]

    @property
    def span(self) -> SourceSpan | None:
        """The first of the lines."""
        return self.lines[0].span if self.lines else None

    def knows(self, answer: Traveller) -> bool:
        """Whether ``answer`` is one to the packet that left."""
        return all(answer.values(OTHER_END[field]) <= self.left[field] for field in ENDS)

    def restore(self, answer: Traveller, end: Field) -> None:
        """Give ``answer`` what the first packet had at its ``end`` (``SRC``, ``DST``) before translation."""
        for field in (end, PORT_OF[end]):
            answer.assign(OTHER_END[field], self.came[field], self.span)


def answered(fields: Iterable[Field]) -> frozenset[Field]:
    """What the fields of a packet are in its answer."""
    return frozenset(OTHER_END[field] for field in fields)


def sessions_of(packet: Packet, pools: Pools, hops: Iterable[Hop]) -> dict[Place, Session] | None:
    """The sessions that are left of ``packet`` with ``pools`` after its way, where it was translated.

    ``None`` where it passed such a context more than once: there would be several.
    """
    found: dict[Place, Session] = {}
    passed: set[Place] = set()
    values = {field: pools.get(field) or Intervals.of(packet.get(field)) for field in ENDS}
    for hop in hops:
        place = (hop.device, hop.context)
        if place in found:
            return None
        came = dict(values)
        values |= {field: Intervals.of(new) for field, _, new in hop.rewritten if field in values}
        values |= {field: pool for field, pool in hop.pools if field in values}
        if any(not values[field] <= came[field] for field in ENDS):
            if place in passed:
                return None
            found[place] = Session(came, values.copy(), tuple(d for d in hop.decisions if d.kind == "nat"))
        passed.add(place)
    return found
