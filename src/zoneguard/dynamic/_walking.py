"""Where the records of a classic capture begin: many walks at once, each from a guess, and each guess proved.

A record says where the next one begins, and nothing else does. So places from which to walk are guessed: where headers
seem to stand, one behind the other. The first walk begins at a record; each must end where the
next began, and what lies behind one that does not is not told.
"""

from __future__ import annotations

import struct
from functools import reduce
from itertools import pairwise

import numpy as np

from zoneguard.dynamic.columns import I64, MAX_BATCH, U8, Bool, Column

PROBE = 64  # records whose mean length tells how many walks are worth their start
FEW = 1024  # records that are as quickly found one behind the other
HOPS = 3  # headers of a guess
LONGEST = (1 << 18) - 1  # what libpcap reads
STRIDE = 16  # steps between two looks at who has arrived
ANY_LENGTH = 2  # means that lie between a place and its first header, at most
ALONE = 8  # walks that are as quickly ended one behind the other


def walked(data: U8, end: int, order: str, header: int, unit: int, at: int) -> tuple[I64, int]:
    """The beginnings of some of the records of ``data[at:end]``, from the first on, and where the next one begins.

    ``data`` has 256 bytes behind ``end``; ``order``, ``header`` and ``unit`` as in ``_pcap.PcapFormat``. No record may
    be found: then ``at`` is the next.
    """
    records = _Records(data, order, header, unit)
    mean = records.mean(at, end)
    if not mean or (end - at) // mean < FEW:
        return np.zeros(0, np.int64), at
    count = min((end - at) // mean, MAX_BATCH)
    walks = int((8 * count) ** 0.5)  # a guess costs about as much as an eighth of a step of all
    starts = records.guessed(at, count * mean // walks, walks, ANY_LENGTH * mean)
    if 2 * len(starts) < walks:
        return np.zeros(0, np.int64), at
    found, upto = records.walk(starts[:-1], starts[1:])
    if upto == starts[-1]:
        return found, upto
    return found[:-1], int(found[-1])  # the last may be the one that leads astray


class _Records:
    def __init__(self, data: U8, order: str, header: int, unit: int) -> None:
        self._data, self._header = data, header
        self._second = 1_000_000_000 // unit
        self._length = struct.Struct(order + "I")
        self._word = np.dtype(order + "u4")
        # where in a header the zeros of small numbers stand, and the two bytes of the captured length
        self._zeros, self._some = ((7, 10, 11, 14, 15), (8, 9)) if order == "<" else ((4, 8, 9, 12, 13), (10, 11))

    def mean(self, at: int, end: int) -> int:
        """The mean length of the first records, 0 where there are not so many."""
        begin, view, unpack = at, self._data.data[:end], self._length.unpack_from
        try:
            for _ in range(PROBE):
                at += self._header + unpack(view, at + 8)[0]
        except struct.error:
            return 0
        return (at - begin) // PROBE

    def guessed(self, at: int, stride: int, walks: int, reach: int) -> I64:
        """``at``, and one place in each further stretch of ``stride`` bytes in which one is found early."""
        reach = min(reach, stride) & ~7
        shape, here = (walks - 1, reach), at + stride
        columns = {
            p: np.ndarray(shape, np.uint8, self._data, here + p, (stride, 1)) for p in (*self._zeros, *self._some)
        }
        like = reduce(np.bitwise_or, (columns[p] for p in self._zeros)) == 0
        like &= reduce(np.bitwise_or, (columns[p] for p in self._some)) != 0
        words = np.flatnonzero(like.view(np.uint64))
        row, byte = like.reshape(-1, 8)[words].nonzero()
        stretch, offset = np.divmod(words[row] * 8 + byte, reach)
        place = here + stride * stretch + offset
        fits = self._fit(place)
        first = np.diff(stretch[fits], prepend=-1) != 0
        return np.append(at, place[fits][first])

    def _fit(self, at: I64) -> Bool:
        """Whether headers seem to stand here and where it says that the next ones are."""
        fits = np.ones(len(at), np.bool_)
        for _ in range(HOPS):
            second, fraction, captured, whole = self._words(at, 16).reshape(-1, 4).T
            fits &= (second > 0) & (fraction < self._second) & (captured <= whole) & (whole <= LONGEST)
            at = self._behind(at, captured, np.empty_like(at))
        return fits

    def _words(self, at: I64, size: int) -> Column:
        parts = np.ndarray((len(self._data) - size + 1,), f"V{size}", self._data, strides=(1,))
        return parts[at].view(self._word)

    def _behind(self, at: I64, length: Column, out: I64) -> I64:
        np.add(at, length, out=out)
        out += self._header
        return np.minimum(out, len(self._data) - 16, out=out)

    def walk(self, here: I64, until: I64) -> tuple[I64, int]:
        """All records on the way from each place to the next, and up to where they are known: to the last, or as far
        as the first walk that does not end where it should."""
        found: list[I64] = []
        upto = int(until[-1])
        lengths = np.ndarray((len(self._data) - 11,), "V4", self._data, 8, (1,))
        while len(here) > ALONE:
            steps = np.empty((STRIDE + 1, len(here)), np.int64)
            steps[0] = here
            for at, behind in pairwise(steps):
                self._behind(at, lengths[at].view(self._word), behind)
            inside = steps < until
            found.append(steps[:-1][inside[:-1]])
            ended = np.flatnonzero(~inside[-1])
            astray = ended[steps[inside[:, ended].sum(axis=0), ended] != until[ended]]
            upto = min([upto, *until[astray].tolist()])
            here, until = steps[-1][inside[-1]], until[inside[-1]]
        view, unpack = self._data.data, self._length.unpack_from
        for begin, end in zip(here.tolist(), until.tolist(), strict=True):
            at, alone = begin, []
            while at < end:
                alone.append(at)
                (length,) = unpack(view, at + 8)
                at += self._header + length
            found.append(np.array(alone, np.int64))
            upto = upto if at == end else min(upto, end)
        places = np.sort(np.concatenate(found))
        return places[: np.searchsorted(places, upto)], upto
