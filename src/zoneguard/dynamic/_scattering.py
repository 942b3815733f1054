"""Pieces of one buffer to their places in another: the payload of packets, to where their streams are put together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zoneguard.dynamic.columns import I64

Scatter = Callable[[memoryview, I64, I64, memoryview, I64], None]


def by_joining(source: memoryview, at: I64, sizes: I64, target: memoryview, place: I64) -> None:
    """The way of the NumPy core: those that follow each other in ``target`` at once."""
    if not len(at):
        return
    order = np.argsort(place, kind="stable")
    at, sizes, place = at[order], sizes[order], place[order]
    ends = np.cumsum(sizes)
    pieces = zip(at.tolist(), (at + sizes).tolist(), strict=True)
    together = memoryview(b"".join([source[begin:end] for begin, end in pieces]))
    last = np.flatnonzero(np.append(place[1:] != (place + sizes)[:-1], True))
    begin = 0
    for end, stop in zip(ends[last].tolist(), (place + sizes)[last].tolist(), strict=True):
        target[stop - (end - begin) : stop] = together[begin:end]
        begin = end
