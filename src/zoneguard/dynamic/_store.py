"""The flow table's memory: one array a column, grown together."""

from __future__ import annotations

import numpy as np

START = 1024


class Store:
    """``key`` has a place for each flow, the other columns two: number ``2 * flow + direction``.

    ``packets`` to ``payload`` are sums; ``first_*`` and ``last_*`` say where the first and last packet were (``row``
    counts all rows); ``events`` is what ``states.EVENTS`` makes of TCP flags, or-ed; ``isn``, ``floor``, ``next``:
    see ``_sequence``; ``mac`` the first source address seen, -1: none.
    """

    def __init__(self) -> None:
        self.flows = 0
        self._room = START
        self.key = np.zeros((START, 6), np.uint64)
        self.packets = np.zeros(2 * START, np.int64)
        self.bytes = np.zeros(2 * START, np.int64)
        self.payload = np.zeros(2 * START, np.int64)
        self.first_row = np.zeros(2 * START, np.int64)
        self.first_time = np.zeros(2 * START, np.int64)
        self.first_number = np.zeros(2 * START, np.int64)
        self.first_file = np.zeros(2 * START, np.int32)
        self.last_row = np.zeros(2 * START, np.int64)
        self.last_time = np.zeros(2 * START, np.int64)
        self.last_number = np.zeros(2 * START, np.int64)
        self.last_file = np.zeros(2 * START, np.int32)
        self.events = np.zeros(2 * START, np.uint8)
        self.isn = np.full(2 * START, -1, np.int64)
        self.floor = np.full(2 * START, -1, np.int64)
        self.next = np.full(2 * START, -1, np.int64)
        self.mac = np.full(2 * START, -1, np.int64)

    def add(self, count: int) -> int:
        """Make room for ``count`` more flows; returns the number of the first."""
        first = self.flows
        self.flows += count
        if self.flows > self._room:
            room = max(self.flows, self._room * 3 // 2)
            for name, column in list(vars(self).items()):
                if isinstance(column, np.ndarray):
                    size = room * len(column) // self._room
                    grown = np.full((size, *column.shape[1:]), -1 if name in _UNKNOWN else 0, column.dtype)
                    grown[: len(column)] = column
                    setattr(self, name, grown)
            self._room = room
        return first


_UNKNOWN = frozenset({"isn", "floor", "next", "mac"})
