"""Which of several sets of addresses each address of a column lies in: zones are looked up for all flows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic.columns import I32, I64, U64, Bool
from zoneguard.model.addresses import V6
from zoneguard.model.intervals import Intervals

FEW = 24  # comparisons that take less than a search
_HALF = 64
_LOW = (1 << _HALF) - 1


@dataclass(frozen=True, slots=True)
class Addresses:
    """A column of addresses in two halves, an IPv4 address in the low one."""

    v6: Bool
    high: U64
    low: U64

    def __len__(self) -> int:
        return len(self.low)

    def take(self, which: I64) -> Addresses:
        """The addresses at these positions."""
        return Addresses(self.v6[which], self.high[which], self.low[which])

    @staticmethod
    def join(parts: Sequence[Addresses]) -> Addresses:
        """One column behind the other."""
        return Addresses(
            np.concatenate([part.v6 for part in parts]),
            np.concatenate([part.high for part in parts]),
            np.concatenate([part.low for part in parts]),
        )


NOWHERE = Addresses(np.zeros(0, np.bool_), np.zeros(0, np.uint64), np.zeros(0, np.uint64))


def numbered(columns: Sequence[Addresses]) -> tuple[Addresses, list[I32]]:
    """All addresses of the columns, each once and in ascending order, and the columns as numbers of these."""
    low = np.unique(np.concatenate([NOWHERE.low, *(np.unique(column.low[~column.v6]) for column in columns)]))
    six = Addresses.join([NOWHERE, *(column.take(np.flatnonzero(column.v6)) for column in columns)])
    order = np.lexsort((six.low, six.high))
    high_six, low_six = six.high[order], six.low[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (high_six[1:] != high_six[:-1]) | (low_six[1:] != low_six[:-1])
    numbers_six = np.empty(len(order), np.int32)
    numbers_six[order] = len(low) - 1 + np.cumsum(begins)
    table = Addresses(
        np.arange(len(low) + int(begins.sum())) >= len(low),
        np.concatenate([np.zeros(len(low), np.uint64), high_six[begins]]),
        np.concatenate([low, low_six[begins]]),
    )
    numbers = []
    for column in columns:
        number = np.empty(len(column), np.int32)
        number[~column.v6] = np.searchsorted(low, column.low[~column.v6])
        mine = int(column.v6.sum())
        number[column.v6], numbers_six = numbers_six[:mine], numbers_six[mine:]
        numbers.append(number)
    return table, numbers


class Partition:
    """Disjoint sets of the shared address space, numbered from 1; 0 is what lies in none."""

    def __init__(self, sets: Sequence[Intervals]) -> None:
        spans = sorted((*span, number) for number, some in enumerate(sets, 1) for span in some.spans)
        steps = {0: 0, V6: 0}
        for low, high, number in spans:
            steps[low] = number
            if low < V6 <= high:
                steps[V6] = number
            steps.setdefault(high + 1, 0)
        points = sorted(step for step in steps if step < 2 * V6)
        four = [point for point in points if point < V6]
        six = [point - V6 for point in points if point >= V6]
        self._four = np.array([p for p in four if p <= _LOW], np.uint64)
        self._four_labels = np.array([steps[p] for p in four if p <= _LOW], np.int64)
        self._high = np.array([p >> _HALF for p in six], np.uint64)
        self._low = np.array([p & _LOW for p in six], np.uint64)
        self._six_labels = np.array([steps[p + V6] for p in six], np.int64)

    def of(self, some: Addresses) -> I64:
        """The number of the set in which each address lies."""
        labels: I64 = self._four_labels[_reached(self._four, some.low) - 1]
        if some.v6.any():
            which = np.flatnonzero(some.v6)
            labels[which] = self._six_labels[self._last_step(some.high[which], some.low[which])]
        return labels

    def _last_step(self, high: U64, low: U64) -> I64:
        """The last step that is not behind the address: by the high half, then step by step by the low one."""
        at, end = _passed(self._high, high), _reached(self._high, high)
        going = np.flatnonzero(at < end)
        while len(going):
            going = going[self._low[at[going]] <= low[going]]
            at[going] += 1
            going = going[at[going] < end[going]]
        return at - 1


def _reached(steps: U64, values: U64) -> I64:
    """How many of these ascending steps each value has reached: a few are compared with all values at once."""
    if len(steps) > FEW:
        return np.searchsorted(steps, values, side="right").astype(np.int64)
    return sum((values >= step for step in steps), np.zeros(len(values), np.uint8)).astype(np.int64)


def _passed(steps: U64, values: U64) -> I64:
    """How many of these ascending steps lie before each value."""
    if len(steps) > FEW:
        return np.searchsorted(steps, values, side="left").astype(np.int64)
    return sum((values > step for step in steps), np.zeros(len(values), np.uint8)).astype(np.int64)
