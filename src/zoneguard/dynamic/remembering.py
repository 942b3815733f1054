"""What the first pass learned of the packets worth a second look, so that none is decoded twice.

Of each packet 51 bytes of numbers, and its payload where it lies in no plain file: in a compressed capture, or in
fragments put together. Beyond ``ROOM`` bytes this lies in a temporary file without a name.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np

from zoneguard.dynamic._buffers import Buffers
from zoneguard.dynamic._feeding import Packets
from zoneguard.dynamic._scattering import Scatter, by_joining
from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I32, I64, Bool, Column, Rows
from zoneguard.dynamic.containers import on_disk
from zoneguard.dynamic.placing import Addresses
from zoneguard.dynamic.states import TCP, UDP
from zoneguard.model.errors import InputError, system_reason
from zoneguard.model.text import N_

ROOM = 16 << 20
TOGETHER = 48 << 20  # bytes of memory for packets that are looked up together
PIECE = 2 << 20  # of a file that is read at once: stays in the processor's cache while it is spread
GROUP = 7  # bits of a direction's number: by groups of so many it is known who has packets in a part
SHARE = 5  # what a packet's numbers take meanwhile, put together, sorted and in columns
CHANGED = N_("the capture changed while it was read; copy it first")
_SAME = ("file", "number", "time", "seq", "ack", "payload", "kept", "tcp", "damaged")  # as in ``Rows``
# ``half``: the direction; ``at``: where the ``kept`` captured bytes of the payload are, ``apart`` or in the file
PACKET = np.dtype([
    ("file", "<i4"), ("number", "<i8"), ("time", "<i8"), ("seq", "<u4"), ("ack", "<u4"), ("payload", "<u4"),
    ("kept", "<u4"), ("tcp", "u1"), ("damaged", "?"), ("half", "<i4"), ("at", "<i8"), ("apart", "?"),
])  # fmt: skip

Ends = tuple[Addresses, Addresses]
Interesting = Callable[[Ends], Bool]  # of both ends of flows, in no order: which flows are worth a second look


def everything(ends: Ends) -> Bool:
    """Every flow is worth it."""
    return np.ones(len(ends[0].low), np.bool_)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one batch left at ``offset`` of the spool: so many packets, of directions in these ``groups``, then so many
    bytes that are apart."""

    offset: int
    packets: int
    apart: int
    groups: I64

    @property
    def content(self) -> int:
        """Where in the spool the bytes are."""
        return self.offset + self.packets * PACKET.itemsize


class Remembered:
    """The packets of the interesting TCP and UDP flows, in order of arrival; ``scatter`` is the core's."""

    def __init__(self, interesting: Interesting, scatter: Scatter = by_joining, room: int = ROOM) -> None:
        self._ask, self._scatter = interesting, scatter
        self._interesting = np.zeros(0, np.bool_)
        self._parts: list[_Part] = []
        self._end = 0
        self._content, self._piece = Buffers(1), Buffers(1, PIECE)
        from tempfile import SpooledTemporaryFile  # noqa: PLC0415 (needed where something is remembered)

        self._spool = SpooledTemporaryFile(room)  # noqa: SIM115 (closed at the end of this)

    def __del__(self) -> None:
        self._spool.close()

    def add(self, rows: Rows, flow: I64, reverse: Bool, store: Store, begin: int) -> None:
        """Take in the rows of a batch, of these flows and directions of ``store``. ``begin``: where in its file the
        batch's bytes begin, -1 where they are in no plain file. Raises ``InputError``."""
        if len(self._interesting) < store.flows:
            more = self._ask(store.ends(slice(len(self._interesting), store.flows)))
            self._interesting = np.concatenate([self._interesting, more])
        which = np.flatnonzero(((rows.proto == TCP) | (rows.proto == UDP)) & (flow >= 0))
        which = which[self._interesting[flow[which]]]
        if not len(which):
            return
        table = np.empty(len(which), PACKET)
        for name in _SAME:
            table[name] = getattr(rows, name)[which]
        table["half"] = (flow[which] << 1) + reverse[which]
        buffer = rows.buffer[which]
        table["apart"] = (buffer > 0) | (begin < 0)
        table["at"] = rows.data_at[which] + begin
        apart = np.flatnonzero(table["apart"])
        sizes = table["kept"][apart].astype(np.int64)
        table["at"][apart] = np.cumsum(sizes) - sizes
        places = zip(buffer[apart].tolist(), rows.data_at[which[apart]].tolist(), sizes.tolist(), strict=True)
        content = b"".join([rows.buffers[number].data[at : at + size] for number, at, size in places])
        try:
            self._spool.write(table.tobytes() + content)
        except OSError as error:
            reason = N_("no temporary file can be written: {reason}; set TMPDIR to a place with room",
                        reason=system_reason(error))  # fmt: skip
            raise InputError(reason, import_module("tempfile").gettempdir()) from error
        groups = np.flatnonzero(np.bincount(table["half"] >> GROUP))
        self._parts.append(_Part(self._end, len(table), len(content), groups))
        self._end += table.nbytes + len(content)

    def packets(
        self, conversations: Sequence[tuple[int, int]], files: Sequence[str], names: Sequence[str]
    ) -> Iterator[Packets]:
        """The packets of these pairs of directions, to responder and originator, some at a time; ``files`` and
        ``names`` by file number. Raises ``InputError`` where a file is shorter than it was."""
        halves = np.array(conversations, np.int64).ravel()
        if not self._interesting[halves >> 1].all():
            raise ValueError("these flows were of no interest when the captures were read")
        sides: I32 = np.full(2 * len(self._interesting), -1, np.int32)
        sides[halves] = np.arange(len(halves))
        wanted = np.zeros((len(sides) >> GROUP) + 1, np.bool_)
        wanted[halves >> GROUP] = True
        some: list[tuple[_Part, Column]] = []
        size = 0
        for part in self._parts:
            if not wanted[part.groups].any():
                continue
            table = np.frombuffer(self._read(part.offset, part.packets * PACKET.itemsize), PACKET)
            mine = table[sides[table["half"]] >= 0]
            if len(mine):
                some.append((part, mine))
                size += SHARE * mine.nbytes + int(mine["kept"].sum())
            if size > TOGETHER:
                yield self._together(some, sides, files, names)
                some, size = [], 0
        if some:
            yield self._together(some, sides, files, names)

    def _together(
        self, some: Sequence[tuple[_Part, Column]], sides: I32, files: Sequence[str], names: Sequence[str]
    ) -> Packets:
        table = np.concatenate([mine for _, mine in some])
        side, kept = sides[table["half"]].astype(np.int64), table["kept"].astype(np.int64)
        by_side = np.argsort(side, kind="stable")
        place = np.empty(len(table), np.int64)
        place[by_side] = np.cumsum(kept[by_side]) - kept[by_side]
        size = int(kept.sum())
        content = memoryview(self._content.get(size))[:size]
        begin = 0
        for part, mine in some:
            self._fill(content, part, mine, place[begin : begin + len(mine)], files)
            begin += len(mine)
        order = np.argsort(side >> 1, kind="stable")
        columns: dict[str, Column] = {name: table[name][order].astype(np.int64) for name in _SAME}
        columns.update(at=place[order], damaged=columns["damaged"] > 0)
        return Packets(side[order], columns, content, names)

    def _fill(self, content: memoryview, part: _Part, packets: Column, place: I64, files: Sequence[str]) -> None:
        """Put the payload of these packets at its places."""
        full = packets["kept"] > 0
        for apart in (False, True):
            which = np.flatnonzero(full & (packets["apart"] == apart))
            if not len(which):
                continue
            at, kept = packets["at"][which], packets["kept"][which].astype(np.int64)
            if apart:
                low, high = int(at.min()), int((at + kept).max())
                found = self._read(part.content + low, high - low)
                self._scatter(memoryview(found), at - low, kept, content, place[which])
            else:
                self._spread(files[packets["file"][which[0]]], at, kept, content, place[which])

    def _spread(self, file: str, at: I64, sizes: I64, content: memoryview, place: I64) -> None:
        """Copy pieces of a plain file, in any order, to their places."""
        order = np.argsort(at, kind="stable")
        at, sizes, place = at[order], sizes[order], place[order]
        cuts = np.flatnonzero(np.diff(at // PIECE)) + 1
        with Path(on_disk(file)).open("rb", buffering=0) as plain:
            for begin, end in pairwise([0, *cuts.tolist(), len(at)]):
                low, high = int(at[begin]), int((at[begin:end] + sizes[begin:end]).max())
                into = memoryview(self._piece.get(high - low))[: high - low]
                if os.preadv(plain.fileno(), [into], low) < len(into):
                    raise InputError(CHANGED, file)
                self._scatter(into, at[begin:end] - low, sizes[begin:end], content, place[begin:end])

    def _read(self, offset: int, size: int) -> bytes:
        self._spool.seek(offset)
        return self._spool.read(size)
