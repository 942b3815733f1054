"""Segments in columns are the segments that they were made of."""

from __future__ import annotations

import pickle

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.inspection.segments import Segments
from zoneguard.model.flows import Segment
from zoneguard.model.spans import CaptureSpan


def made(sizes: list[int]) -> list[Segment]:
    """Segments of these sizes one behind the other, of two files."""
    out, at = [], 0
    for number, size in enumerate(sizes, 1):
        out.append(Segment(at, at + size, CaptureSpan("ab"[number % 2] + ".pcap", number, number / 8)))
        at += size
    return out


@given(st.lists(st.integers(1, 9)), st.integers(-12, 12), st.integers(-12, 12))
def test_they_are_a_sequence(sizes: list[int], begin: int, end: int) -> None:
    plain = made(sizes)
    columns = Segments.of(plain[::-1])
    assert columns == tuple(plain) and list(columns) == plain and len(columns) == len(plain)
    assert [columns[place] for place in range(len(plain))] == plain
    assert list(columns[begin:end]) == plain[begin:end]
    first, last = sorted((abs(begin), abs(end)))
    assert list(columns.part(first, last)) == plain[first:last]
    assert columns.spans(first, last) == [segment.at for segment in plain[first:last]]
    assert pickle.loads(pickle.dumps(columns)) == columns
    assert Segments.of(columns) is columns


def test_they_differ_where_one_does() -> None:
    assert Segments.of(made([1, 2])) != tuple(made([1, 3]))
    assert Segments.of(made([1])) != made([1, 2])
    assert Segments.of(made([1])) != 5


@given(st.lists(st.integers(1, 9), max_size=30), st.lists(st.integers(0, 3), min_size=30), st.integers(-9, 9))
def test_parts_are_joined_in_order_and_moved(sizes: list[int], owners: list[int], distance: int) -> None:
    plain = made(sizes)
    parts = [[s for s, owner in zip(plain, owners, strict=False) if owner == wanted] for wanted in (2, 0, 3, 1)]
    joined = Segments.joined([Segments.of(part) for part in parts])
    assert joined == plain
    assert joined.moved(distance) == [Segment(s.start + distance, s.end + distance, s.at) for s in plain]
