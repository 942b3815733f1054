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

from zoneguard.dynamic.columns import I64, MAX_BATCH, U8, Bool, Column, parts

PROBE = 64  # records whose mean length tells how many walks are worth their start
FEW = 1024  # records that are as quickly found one behind the other
HOPS = 3  # headers of a guess
LONGEST = (1 << 18) - 1  # what libpcap reads
STRIDE = 16  # steps between two looks at who has arrived
ANY_LENGTH = 2  # means that lie between a place and its first header, at most
CLOSE = 256  # mean length of records of which most lie in neighbouring lines of the processor's cache
LINE = 64  # bytes of such a line
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
    if records.close:
        data[at : at + count * mean : LINE].max()  # memory comes sooner in its order than header by header
    starts = records.guessed(at, count * mean // walks, walks, ANY_LENGTH * mean)
    if 2 * len(starts) < walks:
        return np.zeros(0, np.int64), at
    return records.walk(starts)


class _Records:
    def __init__(self, data: U8, order: str, header: int, unit: int) -> None:
        self._data, self._header = data, header
        self._second = 1_000_000_000 // unit
        self.close = False
        self._length = struct.Struct(order + "I")
        self._word = np.dtype(order + "u4")
        self._lengths = [parts(data[8 + header * step :], 4) for step in range(STRIDE)]
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
        self.close = (at - begin) // PROBE <= CLOSE
        return (at - begin) // PROBE

    def guessed(self, at: int, stride: int, walks: int, reach: int) -> I64:
        """``at``, and one place in each further stretch of ``stride`` bytes in which one is found early."""
        reach, more = min(reach, stride), 16
        places = at + stride * np.arange(1, walks)
        piece = parts(self._data, reach + more)[places].view(np.uint8)
        columns = [piece[place : len(piece) - more + place] for place in (*self._zeros, *self._some)]
        like = reduce(np.bitwise_or, columns[:-2]) == 0
        like &= columns[-2] | columns[-1] != 0
        stretch, offset = np.divmod(np.flatnonzero(like), reach + more)
        place = places[stretch] + offset
        fits = self._fit(place) & (offset < reach)
        first = np.diff(stretch[fits], prepend=-1) != 0
        return np.append(at, place[fits][first])

    def _fit(self, at: I64) -> Bool:
        """Whether headers seem to stand here and where it says that the next ones are."""
        fits = np.ones(len(at), np.bool_)
        for _ in range(HOPS):
            second, fraction, captured, whole = parts(self._data, 16)[at].view(self._word).reshape(-1, 4).T
            fits &= (second > 0) & (fraction < self._second) & (captured <= whole) & (whole <= LONGEST)
            at = self._behind(at, captured, np.empty_like(at))
        return fits

    def _behind(self, at: I64, length: Column, out: I64) -> I64:
        np.add(at, length, out=out)
        out += self._header
        return np.minimum(out, len(self._data) - 16, out=out)

    def walk(self, starts: I64) -> tuple[I64, int]:
        """All records from the first of these places on, and where the next one begins: at the last place, or before.

        Where a walk passes by the place at which the next began, that was none; it then goes on to one of the others.
        """
        found, astray = self._walks(starts[:-1], starts[1:])
        places = np.sort(np.concatenate(found).astype(np.int32)).astype(np.int64)
        known, upto, kept = [], int(starts[0]), 0
        for stop in np.sort(astray).tolist():
            if stop <= upto:
                continue
            end = int(np.searchsorted(places, stop))
            more, upto = self._alone(int(places[end - 1]), starts[np.searchsorted(starts, stop) :].tolist())
            known += [places[kept : end - 1], more]
            if upto < 0:
                return np.concatenate(known)[:-1], int(more[-1])  # the last may be the one that leads astray
            kept = int(np.searchsorted(places, upto))
        return np.concatenate([*known, places[kept:]]), int(starts[-1])

    def _walks(self, here: I64, until: I64) -> tuple[list[I64], I64]:
        """The records on the way from each place to the next; and those of the latter that were passed by."""
        found, astray = [], [np.zeros(0, np.int64)]
        while len(here) > ALONE:
            steps = self._steps(here)
            inside = steps < until
            found.append(steps[:-1][inside[:-1]])
            ended = np.flatnonzero(~inside[-1])
            last = steps[inside[:, ended].sum(axis=0), ended]
            astray.append(until[ended[last != until[ended]]])
            here, until = steps[-1][inside[-1]], until[inside[-1]]
        for begin, end in zip(here.tolist(), until.tolist(), strict=True):
            alone, upto = self._alone(begin, [end])
            found.append(alone)
            if upto < 0:
                astray.append(np.array([end]))
        return found, np.concatenate(astray)

    def _steps(self, here: I64) -> I64:
        """Where ``STRIDE`` steps lead from each place, one behind the other; ``here`` first."""
        steps = np.empty((STRIDE + 1, len(here)), np.int64)
        steps[0] = here
        if self.close:
            try:  # without the headers of the steps before, for which the lengths are looked up further on
                for (at, behind), lengths in zip(pairwise(steps), self._lengths, strict=True):
                    np.add(at, lengths[at].view(self._word), out=behind)
                steps += self._header * np.arange(STRIDE + 1)[:, None]
                return steps
            except IndexError:  # beyond the end of the data: there no step leads on
                pass
        for at, behind in pairwise(steps):
            self._behind(at, self._lengths[0][at].view(self._word), behind)
        return steps

    def _alone(self, at: int, stops: list[int]) -> tuple[I64, int]:
        """The records from one place to the first of these others that is reached, and that place; -1 where none is."""
        view, unpack = self._data.data, self._length.unpack_from
        found: list[int] = []
        for stop in stops:
            while at < stop:
                found.append(at)
                (length,) = unpack(view, at + 8)
                at += self._header + length
            if at == stop:
                return np.array(found, np.int64), at
        return np.array(found, np.int64), -1
