"""A topology made ready: the pipeline of each context, compiled when asked for, and what could not be followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.model.crossing import Hop
from zoneguard.model.device import Device
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ACK, FIN, RST, SYN, ConnState, Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.project import Link
from zoneguard.model.text import Text
from zoneguard.model.zones import ZoneMap
from zoneguard.static.forwarding import Forwarding
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Context, Topology


@dataclass(frozen=True, slots=True)
class Loop:
    """``packets`` from ``zone`` that come back to where they were, by these hops; they never arrive."""

    zone: str
    packets: PacketSet
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Sessions ``source`` → ``destination`` (empty: any zone) that could not be followed past ``place``."""

    source: str
    destination: str
    place: str
    cause: Text


class Compiled:
    """Devices, zones and links in one space of packets. ``loops`` and ``refused`` fill while it is asked."""

    def __init__(
        self, devices: Iterable[Device], zones: ZoneMap, links: Iterable[Link] = (), space: PacketSpace | None = None
    ) -> None:
        self.space = space or PacketSpace()
        self.zones = zones
        self.topology = Topology(devices, zones, links)
        self._pipelines: dict[tuple[str, str], Pipeline] = {}
        self.forwarding = Forwarding(self.space, self.topology)
        self.openers = opening_packets(self.space)
        self.loops: list[Loop] = []
        self.refused: list[Refusal] = []

    def pipeline(self, context: Context) -> Pipeline:
        """The compiled pipeline of a context."""
        if context.key not in self._pipelines:
            self._pipelines[context.key] = Pipeline(self.space, self.topology, context, self.forwarding)
        return self._pipelines[context.key]


def opening_packets(space: PacketSpace) -> PacketSet:
    """Packets that open a session, as a host sends them: TCP with SYN and no ACK, RST or FIN; others as they come."""
    zero = Intervals.of(0)
    tcp = space.field(Field.PROTO, Intervals.of(6))
    opens = (tcp & space.masked(Field.FLAGS, SYN, FIN | SYN | RST | ACK)) | ~tcp
    opens = opens & space.field(Field.STATE, Intervals.of(ConnState.NEW))
    for field in (Field.FRAGMENT, Field.MARK, Field.DNAT, Field.SRC_CHANGED, Field.DST_CHANGED):
        opens = opens & space.field(field, zero)
    return opens
