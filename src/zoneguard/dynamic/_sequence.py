"""How much of a TCP direction was new: payload told from retransmission by sequence number, in bounded memory.

The rule, for each direction: a sequence number is taken as the position nearest to the highest end so far (RFC 9293
arithmetic), positions before the SYN's (if it comes late: before the lowest until then) do not count, and a byte
counts when its position is first seen. Up to ``MAX_HOLES`` holes are remembered; beyond that the lowest is closed and
what fills it later is not counted.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from zoneguard.dynamic.columns import I64, Bool, Column

MAX_HOLES = 64
ORIGIN = 1 << 32  # where positions start, so that earlier bytes of a connection met midstream stay positive
_WRAP = (1 << 32) - 1
_APART = 1 << 34  # further than any two positions of one batch that the vectors handle
_NEAR = 1 << 31
_FAR = 1 << 33


class Sequences:
    """Payload of TCP directions; their records (``Store``) hold ``floor``, ``next`` (-1: nothing seen), ``isn`` (-1: no
    SYN) and ``holed``: whether there are holes below ``next``, which are then kept here."""

    def __init__(self) -> None:
        self._ranges: dict[int, list[tuple[int, int]]] = {}  # of directions with holes

    def track(self, half: I64, here: Column, of: I64, start: I64, length: I64, syn: Bool) -> None:
        """Rows of one batch, each in order of arrival within its direction: number ``of`` in ``half`` and ``here``,
        ascending, the store's numbers of directions and their records, which this changes.

        ``start`` is the sequence number of the first payload byte; of empty rows only a direction's first one ever and
        those with SYN matter.
        """
        starts = np.flatnonzero(np.diff(of, prepend=-1) != 0)
        if not len(starts):
            return
        place = of[starts]
        counts = np.diff(starts, append=len(of))
        last = starts + counts - 1
        group = np.arange(len(starts)).repeat(counts)
        anchor, bottom, known = here["next"][place], here["floor"][place], here["isn"][place] >= 0
        fresh = np.flatnonzero(anchor < 0)
        anchor[fresh] = bottom[fresh] = start[starts[fresh]] + ORIGIN
        known[fresh] = syn[starts[fresh]]
        bottom -= anchor
        bottom -= known * _FAR

        at = (start - anchor[group]).astype(np.uint32).view(np.int32).astype(np.int64)
        apart = group * _APART
        best = np.maximum.accumulate(at + length - (length == 0) * ORIGIN + apart)
        before = np.zeros(len(at), np.int64)
        before[1:] = best[:-1]
        before -= apart
        before[starts] = 0
        np.maximum(before, 0, out=before)
        odd = (at > before) | (at < before - _NEAR) | (at < bottom[group])
        odd &= length > 0
        odd |= syn
        first = starts[fresh]
        odd[first] &= ~syn[first]
        if self._ranges:
            odd |= here["holed"][of] > 0
        gain = np.maximum(best[last] - apart[last], 0)
        bad = gain >= _NEAR
        bad[group[odd]] = True

        good = np.flatnonzero(~bad)
        mine = place[good]
        here["payload"][mine] += gain[good]
        here["next"][mine] = (anchor + gain)[good]
        new = fresh[~bad[fresh]]
        here["floor"][place[new]] = anchor[new]
        opened = new[syn[starts[new]]]
        here["isn"][place[opened]] = start[starts[opened]] - 1 & _WRAP
        for number in np.flatnonzero(bad).tolist():
            rows = slice(int(starts[number]), int(last[number]) + 1)
            at_ = int(place[number])
            self.each(
                int(half[at_]), here[at_ : at_ + 1], start[rows].tolist(), length[rows].tolist(), syn[rows].tolist()
            )

    def each(self, half: int, here: Column, starts: list[int], lengths: list[int], syns: list[bool]) -> None:
        """The rule itself, row by row, of the direction ``half``, whose only record is ``here``."""
        upto, floor, isn = (int(here[name][0]) for name in ("next", "floor", "isn"))
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
        here["payload"] += gained
        here["next"], here["floor"], here["isn"] = upto, floor, isn
        here["holed"] = len(ranges) > 1
        if len(ranges) > 1:
            self._ranges[half] = ranges


def nearest(difference: int) -> int:
    """A difference of sequence numbers as a signed distance, -2**31 to 2**31 - 1."""
    return ((difference + _NEAR) & _WRAP) - _NEAR


def add_range(ranges: list[tuple[int, int]], start: int, end: int) -> int:
    """Add ``start`` to ``end`` (exclusive) to sorted ranges that do not touch; returns how much of it was new."""
    if ranges and ranges[-1][0] <= start <= ranges[-1][1]:  # it repeats or goes on
        begin, upto = ranges[-1]
        ranges[-1] = (begin, max(upto, end))
        return max(0, end - upto)
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
