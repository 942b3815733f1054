"""Rows of one batch put together by flow and direction, by one sort of a hash that carries the row's number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoneguard.dynamic._secret import secret
from zoneguard.dynamic.columns import I64, U64, Bool, Column, Rows

INDEX_BITS = 17
MAX_ROWS = 1 << INDEX_BITS
_INDEX, _SIDE, _FLOW = np.uint64(MAX_ROWS - 1), np.uint64(INDEX_BITS), np.uint64(INDEX_BITS + 1)
_PORT, _WORD, _PART = np.uint64(16), np.uint64(32), np.uint64(29)
_V6, _ONEWAY = np.uint64(8), np.uint64(1 << 9)
_HALF_WORD = np.uint32(16)
FOLD = np.uint64(secret())


@dataclass(frozen=True, slots=True)
class Keys:
    """What tells flows apart, the same for both directions; ``reverse`` rows run from the second end to the first.

    ``ends`` are both addresses in ascending order, an IPv6 address folded to 64 bits by a secret number; ``tail`` is
    ``port << 48 | port << 32 | context << 16 | oneway << 9 | v6 << 8 | proto``.
    """

    ends: tuple[U64, U64]
    tail: U64
    reverse: Bool

    @staticmethod
    def of(rows: Rows) -> Keys:
        """Messages that are never answered keep their direction."""
        source, destination = rows.src_low, rows.dst_low
        six = np.flatnonzero(rows.v6)
        if len(six):
            source, destination = source.copy(), destination.copy()
            source[six] += _folded(rows.src_high[six])
            destination[six] += _folded(rows.dst_high[six])
        reverse = (source > destination) | (source == destination) & (rows.key_a > rows.key_b)
        ends = (np.minimum(source, destination), np.maximum(source, destination))
        oneway = np.flatnonzero(rows.oneway)
        if len(oneway):
            reverse[oneway] = False
            ends[0][oneway], ends[1][oneway] = source[oneway], destination[oneway]
        ports = rows.key_a.astype(np.uint32) << _HALF_WORD | rows.key_b
        turn = reverse * _HALF_WORD  # a shift costs a tenth of a choice
        tail = (ports >> turn | ports << turn).astype(np.uint64)
        tail <<= _WORD
        tail |= rows.context.astype(np.uint64) << _PORT | rows.v6.astype(np.uint64) << _V6 | rows.proto
        tail[oneway] |= _ONEWAY
        return Keys(ends, tail, reverse)

    def table(self, rows: Rows, some: I64) -> np.ndarray[tuple[int, int], np.dtype[np.uint64]]:
        """The exact key of some rows: both addresses in halves, and the tail."""
        key = (rows.src_high, rows.src_low, rows.dst_high, rows.dst_low, self.tail)
        columns = np.stack([column[some] for column in key])
        both = columns[:2] ^ columns[2:4]
        both &= -self.reverse[some].astype(np.uint64)
        columns[:4].reshape(2, 2, -1)[:] ^= both
        return np.ascontiguousarray(columns.T)


def _folded(high: U64) -> U64:
    mixed = high ^ high >> _WORD
    mixed *= FOLD
    return mixed


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows in the order ``order``: flow by flow, first direction first, then as they came.

    ``halves`` are the positions at which a flow's direction begins, ``counts`` how many rows it has, ``flow`` the
    number of each one's group, ``reverse`` its direction; ``earliest`` is the first row of each flow.
    """

    order: I64
    halves: I64
    counts: I64
    flow: I64
    reverse: Bool
    earliest: I64

    def spread(self, values: Column) -> Column:
        """What each direction has, for each of its rows."""
        return values.repeat(self.counts)


class Grouper:
    """Groups by a hash keyed with secret numbers; a batch in which it collides is sorted by the keys themselves."""

    def __init__(self) -> None:
        self._odd = [np.uint64(secret()) for _ in range(3)]

    def group(self, keys: Keys) -> Groups:
        """Rows of equal key, at most ``MAX_ROWS`` of them."""
        tagged = self._hash(keys)
        tagged >>= _FLOW
        tagged <<= _FLOW
        tagged |= keys.reverse.astype(np.uint64) << _SIDE
        tagged |= np.arange(len(tagged), dtype=np.uint64)
        tagged.sort()
        order = (tagged & _INDEX).view(np.int64)
        new_flow = _changes(tagged >> _FLOW)
        if (new_flow != _any_changes(keys, order)).any():
            order = np.lexsort((keys.reverse, *keys.ends, keys.tail))
            new_flow = _any_changes(keys, order)
        return _bounds(order, new_flow, keys.reverse)

    def _hash(self, keys: Keys) -> U64:
        mixed = keys.ends[0] * self._odd[0]
        mixed ^= mixed >> _WORD
        mixed += keys.ends[1]
        mixed *= self._odd[1]
        mixed ^= mixed >> _PART
        mixed += keys.tail
        mixed *= self._odd[2]
        mixed ^= mixed >> _WORD
        return mixed


def by_half(flow: I64, reverse: Bool) -> Groups:
    """The same for rows whose flow's number is known already."""
    order = np.argsort(flow << 1 | reverse, kind="stable")
    return _bounds(order, _changes(flow[order]), reverse)


def _changes(values: I64 | U64 | Bool) -> Bool:
    """Where a value differs from the one before it; the first always does."""
    out = np.ones(len(values), np.bool_)
    np.not_equal(values[1:], values[:-1], out=out[1:])
    return out


def _any_changes(keys: Keys, order: I64) -> Bool:
    return _changes(keys.ends[0][order]) | _changes(keys.ends[1][order]) | _changes(keys.tail[order])


def _bounds(order: I64, new_flow: Bool, reverse: Bool) -> Groups:
    side = reverse[order]
    halves = np.flatnonzero(new_flow | _changes(side))
    starts = new_flow[halves]
    flow = np.cumsum(starts) - 1
    first = order[halves]
    earliest, second = first[starts], np.flatnonzero(~starts)
    earliest[flow[second]] = np.minimum(first[second - 1], first[second])
    return Groups(order, halves, np.diff(halves, append=len(order)), flow, side[halves], earliest)
