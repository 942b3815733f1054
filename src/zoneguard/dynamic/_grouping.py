"""Rows of one batch put together by flow and direction, by one sort of a hash that carries the row's number."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic.columns import I64, U64, Bool, Rows

INDEX_BITS = 17
MAX_ROWS = 1 << INDEX_BITS
_PORT = np.uint64(16)
_INDEX, _SIDE, _FLOW = np.uint64(MAX_ROWS - 1), np.uint64(INDEX_BITS), np.uint64(INDEX_BITS + 1)


@dataclass(frozen=True, slots=True)
class Keys:
    """What tells flows apart, the same for both directions; ``reverse`` rows run from the second end to the first.

    Columns: both ends' addresses in halves; ``port << 16 | port``; ``context << 16 | oneway << 9 | v6 << 8 | proto``.
    """

    columns: tuple[U64, ...]
    reverse: Bool

    @staticmethod
    def of(rows: Rows) -> Keys:
        """Ends in ascending order; messages that are never answered keep their direction."""
        low_equal = rows.src_low == rows.dst_low
        reverse = (rows.src_low > rows.dst_low) | (low_equal & (rows.key_a > rows.key_b))
        if rows.v6.any():
            high_equal = rows.src_high == rows.dst_high
            reverse = (rows.src_high > rows.dst_high) | (high_equal & reverse)
        reverse &= ~rows.oneway
        forward = rows.key_a.astype(np.uint64) << _PORT | rows.key_b
        backward = rows.key_b.astype(np.uint64) << _PORT | rows.key_a
        kind = rows.context.astype(np.uint64) << _PORT | rows.oneway.astype(np.uint64) << np.uint64(9)
        kind |= rows.v6.astype(np.uint64) << np.uint64(8) | rows.proto
        ends = (rows.src_high, rows.src_low, rows.dst_high, rows.dst_low)
        columns: list[U64] = [np.where(reverse, ends[i ^ 2], ends[i]) for i in range(4)]
        return Keys((*columns, np.where(reverse, backward, forward), kind), reverse)


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows in the order ``order``: flow by flow, first direction first, then as they came.

    ``halves`` are the positions at which a flow's direction begins, ``flow`` the number of each one's group,
    ``reverse`` its direction; ``flows`` the positions at which a flow begins, ``earliest`` the number of its first row.
    """

    order: I64
    halves: I64
    flow: I64
    reverse: Bool
    flows: I64
    earliest: I64


class Grouper:
    """Groups exactly: the hash is keyed by secret numbers, and a batch in which it collides is sorted by the keys."""

    def __init__(self) -> None:
        self._odd = [np.uint64(secrets.randbits(64) | 1) for _ in range(7)]

    def group(self, keys: Keys) -> Groups:
        """Rows of equal key, at most ``MAX_ROWS`` of them."""
        hashed = self._hash(keys.columns)
        tagged = hashed >> _FLOW << _FLOW | keys.reverse.astype(np.uint64) << _SIDE
        tagged |= np.arange(len(hashed), dtype=np.uint64)
        tagged.sort()
        order = (tagged & _INDEX).astype(np.int64)
        new_flow = np.ones(len(order), np.bool_)
        sorted_hash = hashed[order]
        new_flow[1:] = tagged[1:] >> _FLOW != tagged[:-1] >> _FLOW
        if (new_flow[1:] != (sorted_hash[1:] != sorted_hash[:-1])).any():
            return self._exactly(keys)
        return _bounds(order, new_flow, keys.reverse)

    def _hash(self, columns: tuple[U64, ...]) -> U64:
        total = np.zeros(len(columns[0]), np.uint64)
        for column, odd in zip(columns, self._odd, strict=False):
            total += (column ^ column >> np.uint64(32)) * odd
        total ^= total >> np.uint64(32)
        total *= self._odd[6]
        total ^= total >> np.uint64(29)
        return total

    def _exactly(self, keys: Keys) -> Groups:
        order = np.lexsort((keys.reverse, *keys.columns))
        new_flow = np.ones(len(order), np.bool_)
        new_flow[1:] = np.logical_or.reduce([c[order][1:] != c[order][:-1] for c in keys.columns])
        return _bounds(order, new_flow, keys.reverse)


def _bounds(order: I64, new_flow: Bool, reverse: Bool) -> Groups:
    side = reverse[order]
    new_half = new_flow.copy()
    new_half[1:] |= side[1:] != side[:-1]
    halves = np.flatnonzero(new_half)
    flow = (np.cumsum(new_flow) - 1)[halves]
    earliest = np.minimum.reduceat(order[halves], np.flatnonzero(np.diff(flow, prepend=-1)))
    return Groups(order, halves, flow, side[halves], np.flatnonzero(new_flow), earliest)


def by_half(flow: I64, reverse: Bool) -> Groups:
    """The same for rows whose flow's number is known already."""
    order = np.argsort(flow << 1 | reverse, kind="stable")
    new_flow = np.ones(len(order), np.bool_)
    new_flow[1:] = flow[order][1:] != flow[order][:-1]
    return _bounds(order, new_flow, reverse)
