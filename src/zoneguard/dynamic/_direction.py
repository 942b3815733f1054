"""One direction of a TCP flow while it grows, segment by segment or a whole stretch at once.

Where packets disagree about a byte, what came first stays. If the other side had not acknowledged the byte by then, it
is in conflict: hosts differ in which copy they use, so nothing may be asserted over it. Bytes that the capture missed
are gaps. Checksums are not looked at: a capture on a sending host holds packets whose checksum the network card fills
in later.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from zoneguard.dynamic._sequence import ORIGIN, add_range, nearest
from zoneguard.dynamic.columns import I64
from zoneguard.inspection.segments import Segments
from zoneguard.model.flows import Flow, Segment, Stream
from zoneguard.model.match import ACK, FIN, RST, SYN
from zoneguard.model.spans import CaptureSpan

HALF, WRAP = 1 << 31, (1 << 32) - 1
NEAR = 1 << 30  # a sequence number further away than any window is noise


class Packet(NamedTuple):
    """A segment or datagram: ``data`` as captured, ``wire`` bytes as sent, ``damaged`` by contradicting fragments."""

    seq: int
    ack: int
    flags: int
    data: bytes
    wire: int
    at: CaptureSpan
    damaged: bool = False


@dataclass(slots=True)
class Direction:
    """One direction while it grows. Positions are sequence numbers that do not wrap, as ``_sequence`` counts them."""

    limit: int
    starts: list[int] = field(default_factory=list)
    pieces: list[bytearray] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    stretches: list[Segments] = field(default_factory=list)
    conflicts: list[tuple[int, int]] = field(default_factory=list)
    anchor: int = -1
    upto: int = -1
    extent: int = -1
    opened: bool = False
    finished: int = -1
    acknowledged: int = -1
    unseen: tuple[int, int] | None = None  # first and last acknowledgement of a direction of which nothing was captured

    def add(self, packet: Packet) -> None:
        """Take in one segment."""
        if packet.flags & RST:
            return
        syn = packet.flags & SYN != 0
        if self.upto < 0:
            self.anchor = self.upto = packet.seq + syn + ORIGIN
        at = self.upto + nearest(packet.seq + syn - self.upto)
        if syn and not self.opened:
            self.opened, self.anchor = True, at
        end = at + packet.wire
        if at - self.anchor < -self.limit or (self.opened and end < self.anchor):
            return
        if packet.flags & FIN and self.finished < 0:
            self.finished = end
        self.upto = max(self.upto, end)
        if packet.wire:
            self.extent = max(self.extent, end)
        cut = max(0, self.anchor - at) if self.opened else 0
        self._insert(at + cut, packet.data[cut : max(0, self.anchor + self.limit - at)], packet)

    def going_on(self, seq: I64, size: I64) -> int:
        """How many of these segments, by number and size, go on one behind the other where the direction ends so far,
        and within its limit; empty ones may repeat what is behind."""
        if not len(seq):
            return 0
        if self.upto < 0 or (self.starts[-1] + len(self.pieces[-1]) if self.starts else self.anchor) != self.upto:
            return 0
        ends = np.cumsum(size)
        away = ((seq - (self.upto + ends - size) + HALF) & WRAP) - HALF
        odd = (away > 0) | (away != 0) & (size > 0) | (self.upto + ends - self.anchor > self.limit)
        first = int(odd.argmax())
        return first if odd[first] else len(seq)

    def extend(self, data: memoryview, segments: Segments) -> None:
        """Take in segments that were ``going_on``, without the empty ones; they begin at 0."""
        if not self.starts:
            self.starts.append(self.upto)
            self.pieces.append(bytearray())
        self.pieces[-1] += data
        self.stretches.append(segments.moved(self.upto))
        self.upto += len(data)
        self.extent = max(self.extent, self.upto)

    def acknowledge_all(self, acks: I64) -> None:
        """As ``acknowledge``, of several packets in order."""
        if self.upto < 0:
            self.unseen = (self.unseen[0] if self.unseen else int(acks[0]), int(acks[-1]))
        else:
            furthest = int((((acks - self.upto + HALF) & WRAP) - HALF).max())
            self.acknowledged = max(self.acknowledged, self.upto + furthest)

    def _insert(self, start: int, data: bytes, packet: Packet) -> None:
        end = start + len(data)
        if not data:
            return
        if packet.damaged:
            add_range(self.conflicts, start, end)
        if self.starts and self.starts[-1] + len(self.pieces[-1]) == start:
            self.pieces[-1] += data
            self.segments.append(Segment(start, end, packet.at))
            return
        index = max(0, bisect_right(self.starts, start) - 1)
        at = start
        while at < end:
            if index < len(self.starts):
                begin, piece = self.starts[index], self.pieces[index]
                if begin + len(piece) <= at:
                    index += 1
                    continue
                if begin <= at:
                    stop = min(end, begin + len(piece))
                    self._compare(at, piece[at - begin : stop - begin], data[at - start : stop - start])
                    at = stop
                    continue
            stop = min(end, self.starts[index]) if index < len(self.starts) else end
            self.starts.insert(index, at)
            self.pieces.insert(index, bytearray(data[at - start : stop - start]))
            self.segments.append(Segment(at, stop, packet.at))
            at = stop

    def _compare(self, at: int, old: bytearray, new: bytes) -> None:
        """Mark the bytes in which a second copy differs from the first, unless the first was acknowledged."""
        done = max(0, self.acknowledged - at)
        if old[done:] != new[done:]:
            different = (
                np.flatnonzero(np.frombuffer(old, np.uint8)[done:] != np.frombuffer(new, np.uint8)[done:]) + done
            )
            add_range(self.conflicts, at + int(different[0]), at + int(different[-1]) + 1)

    def acknowledge(self, packet: Packet) -> None:
        """The other side says that it has everything before ``packet.ack``."""
        if not packet.flags & ACK or packet.flags & RST:
            return
        if self.upto < 0:
            self.unseen = self.unseen or (packet.ack, packet.ack)
            self.unseen = (self.unseen[0], packet.ack)
        else:
            self.acknowledged = max(self.acknowledged, self.upto + nearest(packet.ack - self.upto))

    def _end(self) -> int:
        """Where the direction is known to have ended. What was sent or acknowledged one byte further may be its FIN."""
        known = max(self.anchor, self.extent, self.finished)
        further = max(self.upto, self.acknowledged)
        return further if known + 1 < further < known + NEAR else known

    def stream(self, flow: Flow, to_responder: bool) -> Stream:
        """What there is of it, from the byte behind the SYN or else the first byte seen."""
        if self.upto < 0:
            missed = nearest(self.unseen[1] - self.unseen[0]) if self.unseen else 0
            return Stream(flow, to_responder, b"", (), ((0, missed),) if missed > 0 else ())
        lowest = self.starts[0] if self.starts else self.anchor
        base = min(self.anchor, lowest) if self.opened else lowest
        parts: list[bytes | memoryview] = []
        gaps, at = [], base
        for start, piece in zip(self.starts, self.pieces, strict=True):
            room = base + self.limit - start
            if room <= 0:
                break
            if start > at:
                gaps.append((at - base, start - base))
                parts.append(bytes(start - at))
            parts.append(memoryview(piece)[:room])
            at = start + min(len(piece), room)
        end = self._end()
        if end > at:
            gaps.append((at - base, end - base))
        conflicts = list(self.conflicts)
        if 0 <= self.finished < at and base < at:
            add_range(conflicts, max(self.finished, base), at)
        return Stream(
            flow=flow,
            to_responder=to_responder,
            data=b"".join(parts),
            segments=Segments.joined([*self.stretches, Segments.of(self.segments)]).moved(-base),
            gaps=tuple(gaps),
            conflicts=tuple((a - base, b - base) for a, b in conflicts),
            complete=self.opened and base == self.anchor and self.finished == at and not gaps and not conflicts,
        )
