"""Where the small records of a classic capture begin: many walks at once, each from a guess, and each guess proved.

A record says where the next one begins, and nothing else does. So places from which to walk are guessed: where a header
seems to stand whose time begins like that of a record known. The first walk begins at a record; each must end where the
next began, and what lies behind one that does not is not told.
"""

from __future__ import annotations

import struct

import numpy as np

from zoneguard.dynamic.columns import I64, U8

PROBE = 64  # records whose mean length tells how many walks are worth their start
FEW = 16_384  # records that are as quickly found one behind the other
HOPS = 2  # headers that follow from a guess
STRIDE = 32  # steps between two looks at who has arrived
ANY_LENGTH = 8  # means that lie between a place and its first header, at most


def walked(data: U8, end: int, order: str, header: int, unit: int, at: int) -> tuple[I64, int]:
    """The beginnings of some of the records of ``data[at:end]``, from the first on, and where the next one begins.

    ``data`` has 256 bytes behind ``end``; ``order``, ``header`` and ``unit`` as in ``_pcap.PcapFormat``. No record may
    be found: then ``at`` is the next.
    """
    guess = _Guess(data.data[:end], order, header, unit, at)
    mean = guess.mean()
    if not mean or (end - at) // mean < FEW:
        return np.zeros(0, np.int64), at
    records = (end - at) // mean
    walks = int((3 * records) ** 0.5)  # a guess costs about as much as a third of a step of all
    starts = guess.starts(end, (end - at) // walks, ANY_LENGTH * mean)
    if 2 * len(starts) < walks:
        return np.zeros(0, np.int64), at
    begin, until = starts[:-1], starts[1:]
    steps = _steps(data, order, header, begin, until, 4 * records // walks)
    inside = steps < until
    count = inside.sum(axis=0)
    arrived = count < len(steps)
    arrived[arrived] = steps[count[arrived], np.flatnonzero(arrived)] == until[arrived]
    if arrived.all():
        return steps.T[inside.T], int(until[-1])
    lost = int(np.argmin(arrived))
    found = steps.T[: lost + 1][inside.T[: lost + 1]]
    return found[:-1], int(found[-1])  # the last may be the one that leads astray


def _steps(data: U8, order: str, header: int, begin: I64, until: I64, most: int) -> I64:
    """Where each walk is, step by step, until all have arrived or ``most`` steps are done."""
    lengths = np.ndarray((len(data) - 11,), order + "u4", data, offset=8, strides=(1,))
    here = begin.copy()
    steps = [here]
    while len(steps) <= most + STRIDE and (here < until).any():
        for _ in range(STRIDE):
            here = here + lengths[here]
            here += header
            np.minimum(here, len(lengths) - 1, out=here)
            steps.append(here)
    return np.array(steps)


class _Guess:
    """Headers that look like the record at ``at``: the same 18 hours, a fraction of a second, two lengths."""

    def __init__(self, view: memoryview, order: str, header: int, unit: int, at: int) -> None:
        self._view, self._at, self._header = view, at, header
        self._fields = struct.Struct("<2xHIII" if order == "<" else ">H2xIII")
        self._skip = 2 if order == "<" else 0  # where in a header the upper half of the seconds stands
        self._second = 1_000_000_000 // unit
        self._like = bytes(view[at + self._skip : at + self._skip + 2])
        self._high = int.from_bytes(self._like, "little" if order == "<" else "big")

    def mean(self) -> int:
        """The mean length of the first records, 0 where there are not so many."""
        at = self._at
        try:
            for _ in range(PROBE):
                at += self._header + self._fields.unpack_from(self._view, at)[2]
        except struct.error:
            return 0
        return (at - self._at) // PROBE

    def starts(self, end: int, stride: int, reach: int) -> I64:
        """The first place, and one in each further stretch of ``stride`` bytes in which one is found early."""
        found = [self._at]
        for place in range(self._at + stride, end - stride, stride):
            piece = bytes(self._view[place : place + reach])
            at = piece.find(self._like, self._skip)
            while at >= 0 and not self._fits(place + at - self._skip):
                at = piece.find(self._like, at + 1)
            if at >= 0:
                found.append(place + at - self._skip)
        return np.array(found, np.int64)

    def _fits(self, at: int) -> bool:
        """Whether headers seem to stand here and where it says that the next one is."""
        for _ in range(HOPS):
            if at + self._fields.size > len(self._view):
                return False
            high, fraction, captured, whole = self._fields.unpack_from(self._view, at)
            if fraction >= self._second or captured > whole or high != self._high:
                return False
            at += self._header + captured
        return True
