"""Exact sets of non-negative integers as sorted, disjoint, non-adjacent closed intervals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.model.quick import quick


@quick
@dataclass(frozen=True, slots=True)
class Intervals:
    """A canonical set of integers: two equal sets have equal ``spans``.

    Build one with :meth:`of` or :meth:`from_spans`; the constructor expects canonical spans.
    """

    spans: tuple[tuple[int, int], ...] = ()

    @staticmethod
    def of(*values: int) -> Intervals:
        """The set of these values."""
        return Intervals.from_spans((v, v) for v in values)

    @staticmethod
    def span(low: int, high: int) -> Intervals:
        """Every integer from ``low`` to ``high``, both included; empty where ``low > high``."""
        return Intervals(((low, high),)) if low <= high else Intervals()

    @staticmethod
    def from_spans(spans: Iterable[tuple[int, int]]) -> Intervals:
        """The union of closed spans in any order; spans with ``low > high`` are empty."""
        ordered = sorted(spans)
        if len(ordered) == 1:
            return Intervals.span(*ordered[0])
        merged: list[tuple[int, int]] = []
        for low, high in ordered:
            if low > high:
                continue
            if merged and low <= merged[-1][1] + 1:
                if high > merged[-1][1]:
                    merged[-1] = (merged[-1][0], high)
            else:
                merged.append((low, high))
        return Intervals(tuple(merged))

    def __or__(self, other: Intervals) -> Intervals:
        if not self.spans or not other.spans:
            return other if not self.spans else self
        return Intervals.from_spans((*self.spans, *other.spans))

    def __and__(self, other: Intervals) -> Intervals:
        out: list[tuple[int, int]] = []
        i = j = 0
        while i < len(self.spans) and j < len(other.spans):
            a, b = self.spans[i], other.spans[j]
            low, high = max(a[0], b[0]), min(a[1], b[1])
            if low <= high:
                out.append((low, high))
            if a[1] < b[1]:
                i += 1
            else:
                j += 1
        return Intervals(tuple(out))

    def __sub__(self, other: Intervals) -> Intervals:
        out: list[tuple[int, int]] = []
        j = 0
        for low, high in self.spans:
            start = low
            while j < len(other.spans) and other.spans[j][1] < start:
                j += 1
            k = j
            while k < len(other.spans) and other.spans[k][0] <= high:
                if other.spans[k][0] > start:
                    out.append((start, other.spans[k][0] - 1))
                start = max(start, other.spans[k][1] + 1)
                k += 1
            if start <= high:
                out.append((start, high))
        return Intervals(tuple(out))

    def __contains__(self, value: int) -> bool:
        i = bisect_right(self.spans, (value, value)) - 1
        if i >= 0 and self.spans[i][1] >= value:
            return True
        return i + 1 < len(self.spans) and self.spans[i + 1][0] == value

    def __le__(self, other: Intervals) -> bool:
        return not (self - other)

    def __bool__(self) -> bool:
        return bool(self.spans)

    def __len__(self) -> int:
        return sum(high - low + 1 for low, high in self.spans)

    def __iter__(self) -> Iterator[int]:
        for low, high in self.spans:
            yield from range(low, high + 1)

    @property
    def size(self) -> int:
        """How many integers; unlike ``len`` it has no platform limit."""
        return sum(high - low + 1 for low, high in self.spans)

    @property
    def first(self) -> int:
        """The smallest member; ``IndexError`` where the set is empty."""
        return self.spans[0][0]
