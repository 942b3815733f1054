"""A hash of several columns, keyed with secret numbers: nobody can choose rows that collide."""

from __future__ import annotations

import numpy as np

from zoneguard.dynamic._secret import secret
from zoneguard.dynamic.columns import U64

ODD = [np.uint64(secret()) for _ in range(3)]
_WORD = np.uint64(32)


def mixed(*columns: U64) -> U64:
    """One number a row."""
    out = columns[0].copy()
    for place, column in enumerate(columns[1:]):
        out ^= out >> _WORD
        out *= ODD[place % 3]
        out += column
    out ^= out >> _WORD
    out *= ODD[0]
    return out
