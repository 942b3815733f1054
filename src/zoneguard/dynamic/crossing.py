"""Which flows cross a zone boundary: judged per flow, outer and inner flows of tunnels alike."""

from __future__ import annotations

from zoneguard.dynamic.columns import Bool
from zoneguard.dynamic.placing import Addresses, Partition
from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.intervals import Intervals
from zoneguard.model.zones import ZoneMap

# Addresses that no router forwards: this network, link-local, the local multicast block, limited broadcast;
# unspecified, link-local, interface- and link-local multicast (RFC 6890, RFC 5771, RFC 4291).
_SPANS = (
    (0, 8), (0xA9FE0000, 16), (0xE0000000, 24), (0xFFFFFFFF, 32), (V6, 128), (V6 + (0xFE80 << 112), 10),
    (V6 + (0xFF01 << 112), 16), (V6 + (0xFF02 << 112), 16),
)  # fmt: skip
STAYS_ON_LINK = Intervals.from_spans(span for prefix in _SPANS for span in prefix_span(*prefix).spans)


def crossing(zones: ZoneMap, ends: tuple[Addresses, Addresses]) -> Bool:
    """Which flows, given by both ends, run between two zones or touch an address of no zone; link-local traffic never
    does."""
    zone, stays = Partition([zones.addresses(z.name) for z in zones]), Partition([STAYS_ON_LINK])
    a, b = (zone.of(end) for end in ends)
    on_link = (stays.of(ends[0]) > 0) | (stays.of(ends[1]) > 0)
    crossed: Bool = ~on_link & ((a == 0) | (b == 0) | (a != b))
    return crossed
