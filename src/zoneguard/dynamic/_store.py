"""The flow table's memory: one array a column, grown together."""

from __future__ import annotations

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U8, U64

START = 1 << 14


class Store:
    """``key`` has a place for each flow, the other columns two: number ``2 * flow + direction``.

    ``packets`` to ``payload`` are sums; ``first_*`` and ``last_*`` say where the first and last packet were (``row``
    counts all rows); ``events`` is what ``states.EVENTS`` makes of TCP flags, or-ed; ``start`` the sequence number of
    the first row that is no reset; ``isn``, ``floor``, ``next``: see ``_sequence``; ``mac`` the first source address
    seen. -1 in the last five: nothing known.
    """

    key: U64
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
    start: I64
    isn: I64
    floor: I64
    next: I64
    mac: I64

    def __init__(self) -> None:
        self.flows = 0
        self._room = START
        self.key = np.zeros((START, 5), np.uint64)
        for name, kind in _HALVES.items():
            setattr(self, name, np.zeros(2 * START, kind))

    def add(self, count: int) -> int:
        """Make room for ``count`` more flows; returns the number of the first."""
        first = self.flows
        self.flows += count
        if self.flows > self._room:
            room = max(self.flows, self._room * 2)
            for name in ("key", *_HALVES):
                column = getattr(self, name)
                grown = np.zeros((room * len(column) // self._room, *column.shape[1:]), column.dtype)
                grown[: len(column)] = column
                setattr(self, name, grown)  # what no flow has touched yet takes no memory
            self._room = room
        for name in _UNKNOWN:
            getattr(self, name)[2 * first : 2 * self.flows] = -1
        return first


_HALVES: dict[str, type[np.generic]] = {
    "packets": np.int64, "bytes": np.int64, "payload": np.int64, "first_row": np.int64, "first_time": np.int64,
    "first_number": np.int64, "first_file": np.int32, "last_row": np.int64, "last_time": np.int64,
    "last_number": np.int64, "last_file": np.int32, "events": np.uint8, "start": np.int64, "isn": np.int64,
    "floor": np.int64, "next": np.int64, "mac": np.int64,
}  # fmt: skip
_UNKNOWN = ("start", "isn", "floor", "next", "mac")
