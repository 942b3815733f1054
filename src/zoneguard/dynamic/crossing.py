"""Which flows cross a zone boundary: judged per flow, outer and inner flows of tunnels alike."""

from __future__ import annotations

from functools import cache

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
