"""Pieces of a buffer are copied to their places in another, by either core in the same way."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.dynamic._scattering import Scatter, by_joining
from zoneguard.dynamic.cores import NUMPY, best

SCATTERS = sorted({NUMPY.scatter, best().scatter}, key=repr)
SOURCE = bytes(range(256))


@pytest.mark.parametrize("scatter", SCATTERS)
@given(st.data())
def test_every_piece_lies_at_its_place(scatter: Scatter, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, 300), min_size=2, max_size=20)))
    places = data.draw(st.permutations([(a, b - a) for a, b in pairwise(cuts) if b - a < 100]))
    begins = [data.draw(st.integers(0, 256 - size)) for _, size in places]
    target = bytearray(b"-" * 300)
    expected = bytearray(target)
    for begin, (place, size) in zip(begins, places, strict=True):
        expected[place : place + size] = SOURCE[begin : begin + size]
    columns = np.array([(begin, size, place) for begin, (place, size) in zip(begins, places, strict=True)], np.int64)
    at, sizes, place_column = np.ascontiguousarray(columns.reshape(-1, 3).T)
    scatter(memoryview(SOURCE), at, sizes, memoryview(target), place_column)
    assert target == expected


@pytest.mark.parametrize(("at", "size", "place"), [(-1, 1, 0), (0, -1, 0), (0, 1, -1), (250, 7, 0), (0, 5, 6)])
def test_nothing_is_copied_from_or_to_elsewhere(at: int, size: int, place: int) -> None:
    if best().scatter is by_joining:
        pytest.skip("the compiled core is not built")
    where, sizes, to = (np.array([number], np.int64) for number in (at, size, place))
    target = bytearray(10)
    with pytest.raises(IndexError, match="outside of its buffer"):
        best().scatter(memoryview(SOURCE), where, sizes, memoryview(target), to)
    assert target == bytes(10)
