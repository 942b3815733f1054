"""Rows of a batch to the directions that they belong to: stretches in order at once, everything else packet by packet.

Most segments of most connections come in order, each where the last one ended. Such a stretch changes a direction in
the same way however it is taken in, so it is joined in one step; the rule for everything else is ``Direction.add``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from zoneguard.dynamic.columns import I64, Bool, Column, Rows
from zoneguard.model.match import ACK, FIN, RST, SYN
from zoneguard.model.spans import CaptureSpan

if TYPE_CHECKING:
    from zoneguard.dynamic._datagrams import Datagrams
    from zoneguard.dynamic.streams import Direction, Packet

SHORT = 8  # rows that are not worth a step of their own
_FIELDS = ("seq", "ack", "tcp", "payload", "kept", "damaged", "file", "number", "time", "buffer", "data_at")
Sides = Mapping[int, tuple["Direction | Datagrams", "Direction | Datagrams"]]


@dataclass(frozen=True, slots=True)
class Packets:
    """The rows of a batch that are wanted, flow by flow, each flow's in order of arrival; ``half`` is the direction."""

    half: I64
    columns: dict[str, Column]
    views: Sequence[memoryview]
    names: Sequence[str]

    @classmethod
    def of(cls, rows: Rows, which: I64, half: I64, names: Sequence[str]) -> Packets:
        """Of the rows ``which``, in the directions ``half``."""
        order = np.argsort(half[which] >> 1, kind="stable")
        which = which[order]
        columns = {name: getattr(rows, name)[which] for name in _FIELDS}
        return cls(half[which], columns, [memoryview(buffer.data) for buffer in rows.buffers], names)

    def plain(self) -> Bool:
        """Which rows are segments with nothing that needs a second look."""
        flags = self.columns["tcp"] & (SYN | FIN | RST | ACK)
        whole: Bool = (flags == ACK) & (self.columns["kept"] == self.columns["payload"]) & ~self.columns["damaged"]
        return whole

    def data(self, rows: I64) -> list[memoryview]:
        """The captured payload of these rows."""
        columns = (self.columns[name][rows].tolist() for name in ("buffer", "data_at", "kept"))
        return [self.views[buffer][at : at + kept] for buffer, at, kept in zip(*columns, strict=True)]

    def spans(self, rows: I64) -> list[CaptureSpan]:
        """The frames of these rows."""
        files, numbers = (self.columns[name][rows].tolist() for name in ("file", "number"))
        times = (self.columns["time"][rows] / 1e9).tolist()
        return [CaptureSpan(self.names[f], n, t) for f, n, t in zip(files, numbers, times, strict=True)]

    def each(self, rows: I64) -> Iterator[tuple[int, Packet]]:
        """Direction and packet of these rows."""
        from zoneguard.dynamic.streams import Packet  # noqa: PLC0415 (which hands its rows to this module)

        columns = [self.columns[name][rows].tolist() for name in ("seq", "ack", "tcp", "payload", "damaged")]
        parts = zip(self.half[rows].tolist(), *columns, self.data(rows), self.spans(rows), strict=True)
        for half, seq, ack, tcp, payload, damaged, data, at in parts:
            yield half, Packet(seq, ack, tcp, bytes(data), payload, at, damaged)


def feed(packets: Packets, sides: Sides, tcp: Bool, short: int = SHORT) -> None:
    """Hand every row to its direction, and its acknowledgement to the other; ``tcp``: which halves are of TCP."""
    if not len(packets.half):
        return
    plain = packets.plain() & tcp[packets.half]
    changes = np.flatnonzero(np.diff(packets.half >> 1)) + 1
    turns = np.flatnonzero(np.diff(plain)) + 1
    cuts = np.unique(np.concatenate(([0], changes, turns, [len(packets.half)])))
    for start, end in pairwise(cuts.tolist()):
        rows = np.arange(start, end)
        if plain[start]:
            _stretch(packets, sides, rows, short)
        else:
            _each(packets, sides, rows)


def _each(packets: Packets, sides: Sides, rows: I64) -> None:
    for half, packet in packets.each(rows):
        here, there = sides[half]
        here.add(packet)
        there.acknowledge(packet)


def _stretch(packets: Packets, sides: Sides, rows: I64, short: int) -> None:
    """Plain rows of one flow: at once if both directions go on where they were, else by halves."""
    if len(rows) < short:
        _each(packets, sides, rows)
        return
    groups = []
    for half in (int(packets.half[rows[0]]), int(packets.half[rows[0]]) ^ 1):
        mine = rows[packets.half[rows] == half]
        here: Direction = sides[half][0]  # type: ignore[assignment]  # plain rows are of TCP
        if not here.continues(packets.columns["seq"][mine], packets.columns["payload"][mine]):
            middle = len(rows) // 2
            _stretch(packets, sides, rows[:middle], short)
            _stretch(packets, sides, rows[middle:], short)
            return
        groups.append((here, sides[half][1], mine))
    for here, _, mine in groups:
        full = mine[packets.columns["payload"][mine] > 0]
        here.extend(packets.data(full), packets.spans(full))
    for _, there, mine in groups:
        if len(mine):
            there.acknowledge_all(packets.columns["ack"][mine])  # type: ignore[union-attr]
