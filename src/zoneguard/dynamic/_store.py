"""The flow table's memory: an array of keys and an array of directions, grown together."""

from __future__ import annotations

from mmap import MAP_ANONYMOUS, MAP_PRIVATE, mmap

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U8, U64, Column
from zoneguard.dynamic.placing import Addresses

START = 9 << 17  # flows: 350 MB of addresses, not of memory; growing holds everything twice for a moment

# 128 bytes a direction: two lines of the processor's cache. The compiled core writes the same records.
HALF = np.dtype({
    "names": [
        "packets", "bytes", "payload", "first_row", "first_time", "first_number", "last_row", "last_time",
        "last_number", "start", "isn", "floor", "next", "mac", "first_file", "last_file", "events", "holed",
    ],
    "formats": [*["<i8"] * 14, "<i4", "<i4", "u1", "u1"],
    "itemsize": 128,
})  # fmt: skip
NARROWED = (
    "packets",
    "bytes",
    "payload",
    "first_row",
    "first_number",
    "last_row",
    "last_number",
    "first_file",
    "last_file",
)  # never negative
KEPT = ("first_time", "last_time", "start", "mac", *NARROWED, "events")
TOGETHER = 1 << 12  # directions that are put together at once, in the processor's nearer cache
LAST = np.int64(np.iinfo(np.int64).max)  # behind every row
_WORDS, _UNKNOWN = 16, slice(9, 14)  # -1 in ``start`` to ``mac`` of a new flow's directions; all else is zero already
_KEY, _WHOLE = np.dtype("5u8"), np.dtype("V128")


class Store:
    """``key`` has a place for each flow, the other columns two: number ``2 * flow + direction``.

    ``packets`` to ``payload`` are sums; ``first_*`` and ``last_*`` say where the first and last packet were (``row``
    counts all rows); ``events`` is what ``states.EVENTS`` makes of TCP flags, or-ed; ``start`` the sequence number of
    the first row that is no reset; ``isn``, ``floor``, ``next``, ``holed``: see ``_sequence``; ``mac`` the first source
    address seen. -1 in ``start``, ``isn``, ``floor``, ``next`` and ``mac``: nothing known. The columns are views of
    ``halves``, renewed where it grows.
    """

    key: U64
    halves: Column
    packets: I64
    bytes: I64
    payload: I64
    first_row: I64
    first_time: I64
    first_number: I64
    first_file: I32
    last_row: I64
    last_time: I64
    last_number: I64
    last_file: I32
    events: U8
    holed: U8
    start: I64
    isn: I64
    floor: I64
    next: I64
    mac: I64
    _memory: mmap | None

    def __init__(self) -> None:
        self.flows = 0
        self._make(START)

    def add(self, count: int) -> int:
        """Make ``count`` more flows of which nothing is known; returns the number of the first."""
        first = self.flows
        self.reserve(count)
        self.flows += count
        self.halves.view(np.int64).reshape(-1, _WORDS)[2 * first : 2 * self.flows, _UNKNOWN] = -1
        return first

    def reserve(self, count: int) -> None:
        """Make room for ``count`` more flows; what no flow has touched yet takes no memory."""
        room = len(self.key)
        if self.flows + count <= room:
            return
        room = max(self.flows + count, 2 * room)
        key, halves = self.key, self.halves
        self._make(room)
        self.key[: self.flows] = key[: self.flows]
        self.halves[: 2 * self.flows] = halves[: 2 * self.flows]

    def settle(self) -> None:
        """Once no more rows come: keep, in the same memory, what says what was seen, each sum and number only as wide
        as the largest; what only served to follow sequence numbers is let go."""
        if self._memory is None:
            return
        count, whole = 2 * self.flows, self.halves
        narrow = _narrowed(whole, count)
        self.halves = np.zeros(0, HALF)
        for name in HALF.names or ():
            delattr(self, name)
        _rewrite(whole, count, narrow)
        del whole
        self._memory.resize(max(1, count * narrow.itemsize))
        self._place(self.key, np.frombuffer(self._memory, narrow, count))
        self._memory = None

    def began(self, halves: I32 | slice) -> I64:
        """The row of the first packet of each of these directions, ``LAST`` where there is none."""
        began: I64 = np.where(self.packets[halves] > 0, self.first_row[halves], LAST)
        return began

    def take(self, halves: I64) -> Column:
        """Copies of these directions: one of a whole record costs as much as one of a single column."""
        return self.halves.view(_WHOLE).take(halves).view(HALF)

    def put(self, halves: I64, records: Column) -> None:
        """Write these directions, each once."""
        self.halves.view(_WHOLE)[halves] = records.view(_WHOLE)

    def ends(self, flows: I64 | slice) -> tuple[Addresses, Addresses]:
        """Both addresses of each of these flows, in no order."""
        key = self.key[flows]
        v6 = key[:, 4] >> np.uint64(8) & np.uint64(1) > 0
        return Addresses(v6, key[:, 0], key[:, 1]), Addresses(v6, key[:, 2], key[:, 3])

    def __getstate__(self) -> tuple[int, U64, Column]:
        return self.flows, self.key[: self.flows], self.halves[: 2 * self.flows]

    def __setstate__(self, state: tuple[int, U64, Column]) -> None:
        self.flows = state[0]
        self._memory = None
        self._place(state[1], state[2])

    def _make(self, room: int) -> None:
        self._memory = _zeros(2 * room * HALF.itemsize)
        key = np.frombuffer(_zeros(room * _KEY.itemsize), _KEY, room)
        self._place(key, np.frombuffer(self._memory, HALF, 2 * room))

    def _place(self, key: U64, halves: Column) -> None:
        self.key, self.halves = key, halves
        for name in halves.dtype.names or ():
            setattr(self, name, halves[name])


def _narrowed(whole: Column, count: int) -> np.dtype[np.void]:
    """What is kept of the first records, in the narrowest types for their values."""
    most = dict.fromkeys(NARROWED, 0)
    for first in range(0, count, TOGETHER):
        some = whole[first : min(first + TOGETHER, count)]
        for name in NARROWED:
            most[name] = max(most[name], int(some[name].max()))
    kinds = {
        name: next(kind for kind in ("<i2", "<i4", "<i8") if value <= np.iinfo(kind).max)
        for name, value in most.items()
    }
    return np.dtype([(name, kinds.get(name, HALF[name].str)) for name in KEPT])


def _rewrite(whole: Column, count: int, narrow: np.dtype[np.void]) -> None:
    """Put the first records there as narrower ones, from the beginning of the same memory."""
    room = whole.view(np.uint8)
    for first in range(0, count, TOGETHER):
        some = whole[first : min(first + TOGETHER, count)]
        records = np.empty(len(some), narrow)
        for name in KEPT:
            records[name] = some[name]
        at = first * narrow.itemsize
        room[at : at + records.nbytes] = records.view(np.uint8)


def _zeros(size: int) -> mmap:
    """Memory that begins at a line of the processor's cache, in small pages: of the large ones that NumPy asks for,
    one is cleared for the first byte that is written."""
    return mmap(-1, size, flags=MAP_PRIVATE | MAP_ANONYMOUS)
