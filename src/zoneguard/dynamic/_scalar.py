"""What a core leaves, one frame at a time: the scalar decoder's packets as values of ``Rows``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from zoneguard.dynamic.columns import COLUMNS, U8, Frames, Refusal, Rows, frame_number, from_columns
from zoneguard.dynamic.contexts import Contexts
from zoneguard.dynamic.found import Dissected, Found
from zoneguard.dynamic.fragments import Datagram, Fragments
from zoneguard.dynamic.layers import Cursor
from zoneguard.dynamic.network import Dissector

LOW = (1 << 64) - 1

Values = tuple[int, ...]  # of one row, in the order of ``COLUMNS``


class Scalar:
    """The scalar decoder of a run. ``settle`` is told of every frame whose fate is known.

    ``extra`` holds the payload of datagrams put together in this batch, row by row: its second buffer. ``refusals`` are
    those of the batch.
    """

    def __init__(self, contexts: Contexts, fragments: Fragments, settle: Callable[[Dissected], None]) -> None:
        self.extra = bytearray()
        self.refusals: list[Refusal] = []
        self._contexts = contexts
        self._dissector = Dissector(contexts, fragments)
        self._settle = settle
        self._frames: Frames | None = None

    def begin(self, frames: Frames | None) -> None:
        """Go to the next batch, or, with ``None``, to what is left behind the last."""
        self._frames = frames
        self.extra = bytearray()
        self.refusals = []

    def frame(self, position: int) -> list[Values]:
        """The packets of the frame at this position, and of datagrams that were given up for it."""
        frames = self._frames
        assert frames is not None
        at, caplen = int(frames.at[position]), int(frames.caplen[position])
        stamp = (int(frames.time[position]), int(frames.number[position]), int(frames.file[position]))
        wire = max(caplen, int(frames.wirelen[position]))
        return self.one(int(frames.link[position]), bytes(frames.data.data[at : at + caplen]), at, wire, stamp)

    def one(self, link: int, data: bytes, at: int, wire: int, stamp: tuple[int, int, int]) -> list[Values]:
        """As ``frame``, of a frame that lies ``at`` in its buffer and had ``wire`` bytes; ``stamp``: time, number and
        file."""
        cursor = Cursor(data, 0, wire, base=at, stamp=stamp, origin=(frame_number(stamp),))
        return self._values(self._dissector.dissect(link, cursor))

    def assembled(self, datagram: Datagram, late: list[Datagram]) -> list[Values]:
        """The packets in a datagram that the core has put together, and in those that it gave up for it."""
        return self._values(self._dissector.assembled(datagram, late))

    def unfinished(self, datagram: Datagram) -> list[Values]:
        """What is known of a datagram that the core gave up."""
        return self._values(self._dissector.unfinished(datagram))

    def rest(self) -> list[Values]:
        """What is known of the datagrams that still wait."""
        return self._values(self._dissector.rest())

    def rows(self, values: list[Values], data: U8) -> Rows:
        """Columns out of single rows of this batch, whose buffer is ``data``."""
        table = zip(*values, strict=True) if values else [()] * len(COLUMNS)
        columns = {name: np.array(column, COLUMNS[name]) for name, column in zip(COLUMNS, table, strict=True)}
        return from_columns(columns, self.buffers(data), tuple(self.refusals))

    def buffers(self, data: U8) -> tuple[U8, U8]:
        """Where the payload of this batch lies."""
        return data, np.frombuffer(bytes(self.extra), np.uint8)

    def _values(self, outcomes: Iterable[Dissected]) -> list[Values]:
        values = []
        for outcome in outcomes:
            self._settle(outcome)
            self.refusals += outcome.refusals
            values += [self._row(packet) for packet in outcome.found]
        return values

    def _row(self, packet: Found) -> Values:
        cursor = packet.cursor
        apart = cursor.base < 0
        start = len(self.extra) if apart else cursor.base + packet.start
        if apart:
            self.extra += cursor.data[packet.start : packet.stop]
        time, number, file = cursor.stamp
        return (
            time, number, packet.src >> 64, packet.src & LOW, packet.dst >> 64, packet.dst & LOW, packet.size,
            packet.payload, packet.stop - packet.start, start, packet.seq, packet.ack, cursor.mac, file,
            self._contexts.number(cursor.vlans, cursor.tunnel), packet.key_a, packet.key_b, packet.icmp, packet.v6,
            packet.proto, packet.oneway, packet.tcp, cursor.damaged, apart,
        )  # fmt: skip
