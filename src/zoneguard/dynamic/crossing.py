"""Which flows cross a zone boundary: judged per flow, outer and inner flows of tunnels alike."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from zoneguard.dynamic.columns import Bool
from zoneguard.dynamic.placing import Addresses, Partition
from zoneguard.dynamic.table import Flows
from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.flows import Flow
from zoneguard.model.intervals import Intervals
from zoneguard.model.zones import Zone, ZoneMap

# Addresses that no router forwards: this network, link-local, the local multicast block, limited broadcast;
# unspecified, link-local, interface- and link-local multicast (RFC 6890, RFC 5771, RFC 4291).
_SPANS = (
    (0, 8), (0xA9FE0000, 16), (0xE0000000, 24), (0xFFFFFFFF, 32), (V6, 128), (V6 + (0xFE80 << 112), 10),
    (V6 + (0xFF01 << 112), 16), (V6 + (0xFF02 << 112), 16),
)  # fmt: skip
STAYS_ON_LINK = Intervals.from_spans(span for prefix in _SPANS for span in prefix_span(*prefix).spans)


class Boundary:
    """The zones as flows see them; lookups are remembered, because few addresses make many flows."""

    def __init__(self, zones: ZoneMap) -> None:
        self.zone = cache(zones.of)
        self._stays = cache(STAYS_ON_LINK.__contains__)

    def sides(self, flow: Flow) -> tuple[Zone | None, Zone | None]:
        """The zones of the side that opened the flow and of the other; ``None``: in no zone."""
        return self.zone(flow.src), self.zone(flow.dst)

    def crossed_by(self, flow: Flow) -> bool:
        """Whether the flow runs between two zones, or touches an address of no zone; link-local traffic never does."""
        if self._stays(flow.src) or self._stays(flow.dst):
            return False
        source, destination = self.sides(flow)
        return source is None or destination is None or source.name != destination.name


def crossing(zones: ZoneMap, ends: tuple[Addresses, Addresses]) -> Bool:
    """``Boundary.crossed_by`` for the ends of many flows at once."""
    zone, stays = Partition([zones.addresses(z.name) for z in zones]), Partition([STAYS_ON_LINK])
    a, b = (zone.of(end) for end in ends)
    on_link = (stays.of(ends[0]) > 0) | (stays.of(ends[1]) > 0)
    crossed: Bool = ~on_link & ((a == 0) | (b == 0) | (a != b))
    return crossed


def across(zones: ZoneMap, flows: Sequence[Flow]) -> Sequence[Flow]:
    """The flows that ``Boundary.crossed_by``; of a table in columns, no other flow is made."""
    if isinstance(flows, Flows):
        return flows.some(np.flatnonzero(crossing(zones, flows.ends())))
    boundary = Boundary(zones)
    return [flow for flow in flows if boundary.crossed_by(flow)]
