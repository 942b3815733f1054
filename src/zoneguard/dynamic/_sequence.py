"""How much of a TCP direction was new: payload told from retransmission by sequence number, in bounded memory.

The rule, for each direction: a sequence number is taken as the position nearest to the highest end so far (RFC 9293
arithmetic), positions before the SYN's (if it comes late: before the lowest until then) do not count, and a byte
counts when its position is first seen. Up to ``MAX_HOLES`` holes are remembered; beyond that the lowest is closed and
what fills it later is not counted.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I64, Bool

MAX_HOLES = 64
ORIGIN = 1 << 32  # where positions start, so that earlier bytes of a connection met midstream stay positive
_WRAP = (1 << 32) - 1
_APART = 1 << 34  # further than any two positions of one batch that the vectors handle
_NEAR = 1 << 31


class Sequences:
    """Payload of TCP directions; in ``store`` lie ``floor``, ``next`` (-1: nothing seen), ``isn`` (-1: no SYN) and
    ``holed``: whether there are holes below ``next``, which are then kept here."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ranges: dict[int, list[tuple[int, int]]] = {}  # of directions with holes

    def track(self, half: I64, first: Bool, start: I64, length: I64, syn: Bool) -> None:
        """Rows of one batch, direction by direction (``first`` marks where one begins), each in order of arrival.

        ``start`` is the sequence number of the first payload byte; of empty rows only a direction's first one ever and
        those with SYN matter.
        """
        starts = np.flatnonzero(first)
        if not len(starts):
            return
        of = np.cumsum(first) - 1
        halves = half[starts]
        upto, floor = self._store.next[halves], self._store.floor[halves]
        fresh = upto < 0
        anchor = np.where(fresh, start[starts] + ORIGIN, upto)
        bottom = np.where(fresh, 0, floor - anchor)
        grounded = np.where(fresh, syn[starts], self._store.isn[halves] >= 0)

        at = ((start - anchor[of]) & _WRAP).astype(np.uint32).view(np.int32).astype(np.int64)
        far = np.where(length > 0, at + length, -_NEAR) + of * _APART
        best = np.maximum.accumulate(far)
        before = np.zeros(len(at), np.int64)
        before[1:] = best[:-1] - of[1:] * _APART
        before[first] = 0
        before = np.maximum(before, 0)
        odd = (at > before) | (at < before - _NEAR) | (at < bottom[of]) & ~grounded[of]
        odd = odd & (length > 0) | syn & ~(first & fresh[of])
        if self._ranges:
            odd |= self._store.holed[half] > 0
        last = np.append(starts[1:], len(at)) - 1
        gain = np.maximum(best[last] - of[last] * _APART, 0)
        bad = np.zeros(len(starts), np.bool_)
        bad[of[odd]] = True
        bad |= gain >= _NEAR

        good = np.flatnonzero(~bad)
        mine = halves[good]
        self._store.payload[mine] += gain[good]
        self._store.next[mine] = (anchor + gain)[good]
        new = np.flatnonzero(~bad & fresh)
        self._store.floor[halves[new]] = anchor[new]
        opened = new[syn[starts[new]]]
        self._store.isn[halves[opened]] = start[starts[opened]] - 1 & _WRAP
        for group in np.flatnonzero(bad).tolist():
            rows = slice(int(starts[group]), int(last[group]) + 1)
            self.each(int(halves[group]), start[rows].tolist(), length[rows].tolist(), syn[rows].tolist())

    def each(self, half: int, starts: list[int], lengths: list[int], syns: list[bool]) -> None:
        """The rule itself, row by row."""
        store = self._store
        upto, floor, isn = int(store.next[half]), int(store.floor[half]), int(store.isn[half])
        ranges = self._ranges.pop(half, None) or ([] if upto < 0 else [(floor, upto)])
        gained = 0
        for start, length, syn in zip(starts, lengths, syns, strict=True):
            if upto < 0:
                upto = floor = start + ORIGIN
                ranges = [(upto, upto)]
            at = upto + nearest(start - upto)
            if syn and isn < 0:
                isn = start - 1 & _WRAP
            begin, end = at if isn < 0 else max(at, floor), at + length
            if begin < end:
                gained += add_range(ranges, begin, end)
                upto = max(upto, end)
                floor = min(floor, begin)
                if len(ranges) > MAX_HOLES + 1:
                    ranges[:2] = [(ranges[0][0], ranges[1][1])]
        store.payload[half] += gained
        store.next[half], store.floor[half], store.isn[half] = upto, floor, isn
        store.holed[half] = len(ranges) > 1
        if len(ranges) > 1:
            self._ranges[half] = ranges


def nearest(difference: int) -> int:
    """A difference of sequence numbers as a signed distance, -2**31 to 2**31 - 1."""
    return ((difference + _NEAR) & _WRAP) - _NEAR


def add_range(ranges: list[tuple[int, int]], start: int, end: int) -> int:
    """Add ``start`` to ``end`` (exclusive) to sorted ranges that do not touch; returns how much of it was new."""
    low = bisect_left(ranges, start, key=lambda r: r[1])
    high = low
    new = end - start
    while high < len(ranges) and ranges[high][0] <= end:
        a, b = ranges[high]
        new -= max(0, min(b, end) - max(a, start))
        high += 1
    if high > low:
        start, end = min(start, ranges[low][0]), max(end, ranges[high - 1][1])
    ranges[low:high] = [(start, end)]
    return new
