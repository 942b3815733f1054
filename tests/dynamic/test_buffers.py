"""A buffer is filled again once nobody looks at it, and not before."""

from __future__ import annotations

import numpy as np

from zoneguard.dynamic._buffers import Buffers


def test_a_buffer_that_is_looked_at_stays_as_it_is() -> None:
    buffers = Buffers(2)
    seen = memoryview(buffers.get(4))
    seen[:] = b"kept"
    others = [memoryview(buffers.get(4)) for _ in range(3)]
    for other in others:
        other[:] = b"more"
    assert bytes(seen) == b"kept"


def test_what_is_left_is_used_again() -> None:
    buffers = Buffers(1)
    first = buffers.get(100)
    array = np.frombuffer(first, np.uint8)
    assert buffers.get(50) is not first
    del array
    second = buffers.get(100)
    assert buffers.get(30) is second
    assert len(second) == 100
    assert len(buffers.get(101)) == 101


def test_none_is_smaller_than_was_asked() -> None:
    assert len(Buffers(1, 10).get(3)) == 10
    empty = Buffers(1).get(0)
    assert len(empty) == 1
