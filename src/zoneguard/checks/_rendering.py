"""Packet sets, hops and flows as parts of findings."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from zoneguard.checks import Case
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Row
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.packets.rows import Box, address_text, boxes, ports_text, protocol_text
from zoneguard.model.spans import SourceSpan

KNOWN = Intervals.of(22, 25, 53, 80, 443, 445, 3389)
"""Services that a reader knows by number."""
ROWS = 5
"""Rows that a finding shows; how many more there are is said."""
MOST_ROWS = 200
"""Rows that are counted at the most."""


def rows_of(case: Case, packets: PacketSet) -> tuple[tuple[Row, ...], int]:
    """The first rows, and how many more there are (counted up to ``MOST_ROWS``).

    The devices' own addresses are not told apart from their neighbours: they would cut every subnet in two. A set that
    falls into too many parts to list has no rows, and ``MOST_ROWS`` more.
    """
    kept: list[Box] = []
    try:
        for box in (_closed(b, case.own) for b in islice(boxes(packets), MOST_ROWS)):
            if not any(_inside(box, other) for other in kept):
                kept.append(box)
    except TooLarge:
        return (), MOST_ROWS
    found = [Row(address_text(b.src), address_text(b.dst), protocol_text(b), ports_text(b)) for b in kept]
    return tuple(found[:ROWS]), max(0, len(found) - ROWS)


def _closed(box: Box, own: Intervals) -> Box:
    """The box with the gaps closed that devices' own addresses leave."""
    return replace(box, src=_close(box.src, own), dst=_close(box.dst, own))


def _close(addresses: Intervals, own: Intervals) -> Intervals:
    gaps = [(low, high) for low, high in own.spans if low - 1 in addresses and high + 1 in addresses]
    return addresses | Intervals.from_spans(gaps)


def _inside(box: Box, other: Box) -> bool:
    """Whether every packet of ``box`` is in ``other``."""
    ports = ((box.dport, other.dport), (box.sport, other.sport), (box.icmp, other.icmp))
    return (
        box.fragments == other.fragments
        and box.src <= other.src
        and box.dst <= other.dst
        and box.proto <= other.proto
        and all(wide is None or (narrow is not None and narrow <= wide) for narrow, wide in ports)
    )


def sample(packets: PacketSet) -> Packet:
    """A witness that a person finds natural: TCP or UDP before the rest, a high source port, a known service."""
    space = packets.space
    chosen = packets.may()
    for preferred in (
        space.field(Field.PROTO, Intervals.of(6)),
        space.field(Field.PROTO, Intervals.of(6, 17)),
        space.field(Field.DPORT, Intervals.of(443)),
        space.field(Field.DPORT, KNOWN),
        space.field(Field.SPORT, Intervals.of(49152)),
        ~space.masked(Field.SRC, 0, 0xFF),
        ~space.masked(Field.DST, 0, 0xFF),
    ):
        chosen = chosen & preferred or chosen
    return chosen.witness()


def deciding_lines(crossing: Crossing) -> tuple[SourceSpan, ...]:
    """The lines of rules along the path; where none decided, the defaults that let pass; where none did, the routes."""
    rules = [line for hop in crossing.path for line in hop.lines]
    defaults = [line for hop in crossing.path for line in hop.defaults[-1:]]
    routes = [hop.route for hop in crossing.path if hop.route]
    return tuple(dict.fromkeys(rules or defaults or routes))


def last_lines(crossing: Crossing) -> tuple[SourceSpan, ...]:
    """The last rule of each hop: what makes two crossings one matter."""
    rules = [line for hop in crossing.path for line in hop.lines[-1:]]
    return tuple(rules) or deciding_lines(crossing)


def row_key(rows: tuple[Row, ...]) -> str:
    """The rows as one string, for a fingerprint."""
    return "; ".join(f"{r.source}>{r.destination} {r.protocol}/{r.ports}" for r in rows)
