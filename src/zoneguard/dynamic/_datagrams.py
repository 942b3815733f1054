"""One direction of a UDP flow: its datagrams one behind the other, each a segment of the stream."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.dynamic._direction import Packet
from zoneguard.model.flows import Flow, Segment, Stream
from zoneguard.model.spans import CaptureSpan


@dataclass(slots=True)
class Datagrams:
    """Datagrams as captured, up to ``limit`` bytes; what the capture cut off, and what lies beyond, is a gap."""

    limit: int
    data: bytearray = field(default_factory=bytearray)
    segments: list[tuple[int, int, CaptureSpan]] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    conflicts: list[tuple[int, int]] = field(default_factory=list)
    beyond: int = 0

    def add(self, packet: Packet) -> None:
        """Take in one datagram."""
        start = len(self.data)
        if self.beyond or start + packet.wire > self.limit:
            self.beyond += packet.wire
            return
        end = start + packet.wire
        data = packet.data[: packet.wire]
        self.data += data
        self.data += bytes(packet.wire - len(data))
        if end > start:
            self.segments.append((start, end, packet.at))
        if len(data) < packet.wire:
            self.gaps.append((start + len(data), end))
        if packet.damaged:
            self.conflicts.append((start, end))

    def acknowledge(self, packet: Packet) -> None:
        """Datagrams are not acknowledged."""

    def stream(self, flow: Flow, to_responder: bool) -> Stream:
        """What there is of it. It is never known to be complete: nothing marks its end."""
        end = len(self.data)
        gaps = [*self.gaps, (end, end + self.beyond)] if self.beyond else self.gaps
        segments = tuple(Segment(a, b, at) for a, b, at in self.segments)
        return Stream(flow, to_responder, bytes(self.data), segments, tuple(gaps), tuple(self.conflicts))
