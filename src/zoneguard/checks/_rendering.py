"""Packet sets, hops and flows as parts of findings."""

from __future__ import annotations

from itertools import islice

from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Row
from zoneguard.model.packets import PacketSet
from zoneguard.model.packets.rows import address_text, boxes, ports_text, protocol_text
from zoneguard.model.spans import SourceSpan

ROWS = 5
"""Rows that a finding shows; how many more there are is said."""
MOST_ROWS = 200
"""Rows that are counted at the most."""


def rows_of(packets: PacketSet) -> tuple[tuple[Row, ...], int]:
    """The first rows, and how many more there are (counted up to ``MOST_ROWS``)."""
    found = [
        Row(address_text(b.src), address_text(b.dst), protocol_text(b), ports_text(b))
        for b in islice(boxes(packets), MOST_ROWS)
    ]
    return tuple(found[:ROWS]), max(0, len(found) - ROWS)


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
