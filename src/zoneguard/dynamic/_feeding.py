"""Packets to the directions that they belong to: stretches in order at once, everything else packet by packet.

Most segments of most connections come in order, each where the last one ended. Such a stretch changes a direction in
the same way however it is taken in, so it is joined in one step; the rule for everything else is ``Direction.add``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from zoneguard.dynamic._datagrams import Datagrams
from zoneguard.dynamic._direction import Direction, Packet
from zoneguard.dynamic.columns import I64, Bool, Column
from zoneguard.inspection.segments import SPAN, Segments
from zoneguard.model.match import ACK, FIN, RST, SYN
from zoneguard.model.spans import CaptureSpan

SHORT = 8  # rows that are not worth a step of their own
LOOK = 64  # rows that are looked at together, and twice as many as went on together before
Pair = tuple[Direction, Direction] | tuple[Datagrams, Datagrams]


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets conversation by conversation, each one's in order of arrival. ``side``: twice the number of the
    conversation, and 1 more towards its originator.

    ``columns`` as in ``remembering.PACKET``; ``at`` is a place in ``content``, where the captured payload of each side
    lies one behind the other. ``names`` by file number.
    """

    side: I64
    columns: Mapping[str, Column]
    content: memoryview
    names: Sequence[str]

    def some(self, conversations: Bool) -> Packets:
        """Those of some conversations."""
        which = np.flatnonzero(conversations[self.side >> 1])
        columns = {name: column[which] for name, column in self.columns.items()}
        return Packets(self.side[which], columns, self.content, self.names)

    def plain(self) -> Bool:
        """Which are segments with nothing that needs a second look."""
        flags = self.columns["tcp"] & (SYN | FIN | RST | ACK)
        whole: Bool = (flags == ACK) & (self.columns["kept"] == self.columns["payload"]) & ~self.columns["damaged"]
        return whole

    def stretch(self, rows: I64) -> memoryview:
        """The captured payload of these rows, of one side and with no other one between them."""
        at, kept = self.columns["at"], self.columns["kept"]
        return self.content[int(at[rows[0]]) : int(at[rows[-1]] + kept[rows[-1]])]

    def spans(self, rows: I64) -> list[CaptureSpan]:
        """The frames of these rows."""
        files = map(self.names.__getitem__, self.columns["file"][rows].tolist())
        times = (self.columns["time"][rows] / 1e9).tolist()
        return list(map(SPAN, zip(files, self.columns["number"][rows].tolist(), times, strict=True)))

    def segments(self, rows: I64) -> Segments:
        """The payload of these rows, one behind the other, as segments from 0 on."""
        sizes, file, number, time = (self.columns[name][rows] for name in ("payload", "file", "number", "time"))
        ends = np.cumsum(sizes)
        return Segments(ends - sizes, ends, file, number, time / 1e9, self.names)

    def each(self, rows: I64) -> Iterator[tuple[int, Packet]]:
        """Side and packet of these rows."""
        columns = [
            self.columns[name][rows].tolist() for name in ("seq", "ack", "tcp", "payload", "damaged", "at", "kept")
        ]
        for side, seq, ack, tcp, payload, damaged, at, kept, frame in zip(
            self.side[rows].tolist(), *columns, self.spans(rows), strict=True
        ):
            yield side, Packet(seq, ack, tcp, bytes(self.content[at : at + kept]), payload, frame, damaged)


def feed(packets: Packets, pairs: Mapping[int, Pair], short: int = SHORT) -> None:
    """Hand every packet to its side of its conversation, and its acknowledgement to the other; ``pairs`` are the sides
    towards responder and originator, by conversation."""
    conversation, plain = packets.side >> 1, packets.plain()
    breaks = np.flatnonzero((np.diff(conversation) != 0) | np.diff(plain)) + 1
    cuts = [0, *breaks.tolist(), len(plain)]
    for start, end in pairwise(cuts):
        pair, rows = pairs[int(conversation[start])], np.arange(start, end)
        if plain[start] and isinstance(pair[0], Direction):
            _stretch(packets, pair, rows, short)
        else:
            _each(packets, pair, rows)


def _each(packets: Packets, pair: Pair, rows: I64) -> None:
    for side, packet in packets.each(rows):
        pair[side & 1].add(packet)
        pair[~side & 1].acknowledge(packet)


def _stretch(packets: Packets, pair: tuple[Direction, Direction], rows: I64, short: int) -> None:
    """Plain rows of one conversation: at once as far as both directions go on where they were; some one by one, and so
    on."""
    look = LOOK
    while len(rows):
        some = rows[:look]
        back = packets.side[some] & 1 > 0
        count = len(some)
        for here, which in zip(pair, (np.flatnonzero(~back), np.flatnonzero(back)), strict=True):
            mine = some[which]
            good = here.going_on(packets.columns["seq"][mine], packets.columns["payload"][mine])
            if good < len(which):
                count = min(count, int(which[good]))
        if count < short:
            count = 0
        else:
            _at_once(packets, pair, some[:count], back[:count])
        if count < len(some):
            _each(packets, pair, rows[count : count + short])
            count += short
        rows, look = rows[count:], max(LOOK, 2 * count)


def _at_once(packets: Packets, pair: tuple[Direction, Direction], rows: I64, back: Bool) -> None:
    """Rows with which both directions go on; ``back``: which are of the second."""
    groups = (rows[~back], rows[back])
    for here, mine in zip(pair, groups, strict=True):
        full = mine[packets.columns["payload"][mine] > 0]
        if len(full):
            here.extend(packets.stretch(full), packets.segments(full))
    for there, mine in zip(reversed(pair), groups, strict=True):
        if len(mine):
            there.acknowledge_all(packets.columns["ack"][mine])
