"""From keys to flows, many at a time: a hash table in one array, of which whole columns are looked up at once."""

from __future__ import annotations

import numpy as np

from zoneguard.dynamic._secret import secret
from zoneguard.dynamic._store import Store
from zoneguard.dynamic.columns import I64, U64, Bool

SMALLEST = 1 << 12
_EMPTY = np.int64(-1)
_HALF, _THIRD, _TAG = np.uint64(32), np.uint64(29), np.uint64(33)
_NUMBER = np.int64((1 << 32) - 1)


class Index:
    """The current flow of each key of ``store``. A place holds 31 bits of the key's hash over the number of its flow;
    the hash is keyed with secret numbers, and what is found by it is compared with the key itself."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._odd = [np.uint64(secret()) for _ in range(5)]
        self._places: I64 = np.full(SMALLEST, _EMPTY)
        self._used = 0

    def find(self, keys: U64) -> I64:
        """The flow of each of these keys (rows as in ``Store.key``), -1 where there is none."""
        found = np.full(len(keys), -1, np.int64)
        place, tag = self._hashed(keys)
        left = np.arange(len(keys))
        while len(left):
            entry = self._places[place]
            like = np.flatnonzero(entry >> 32 == tag)
            flows = entry[like] & _NUMBER
            same = _equal(self._store.key.take(flows, axis=0), keys.take(left[like], axis=0))
            found[left[like[same]]] = flows[same]
            entry[like[same]] = _EMPTY
            on = np.flatnonzero(entry >= 0)
            left, tag = left[on], tag[on]
            place = (place[on] + 1) & (len(self._places) - 1)
        return found

    def add(self, keys: U64, first: int) -> None:
        """Keys that are not there yet, each once: of the flows from number ``first`` on."""
        self._used += len(keys)
        if 2 * self._used > len(self._places):
            flows = self._places[self._places >= 0] & _NUMBER
            size = len(self._places)
            while 2 * self._used > size:
                size *= 2
            self._places = np.full(2 * size, _EMPTY)
            self._put(self._store.key.take(flows, axis=0), flows)
        self._put(keys, first + np.arange(len(keys)))

    def renew(self, old: int, new: int) -> None:
        """A key that belonged to flow ``old`` belongs to ``new``, which has it too."""
        place, tag = (int(column[0]) for column in self._hashed(self._store.key[new : new + 1]))
        while self._places[place] != tag << 32 | old:
            place = (place + 1) & (len(self._places) - 1)
        self._places[place] = tag << 32 | new

    def _put(self, keys: U64, flows: I64) -> None:
        place, tag = self._hashed(keys)
        entry = tag << 32 | flows
        while len(entry):
            free = np.flatnonzero(self._places[place] < 0)
            self._places[place[free]] = entry[free]  # of several that want one place one gets it
            left = np.flatnonzero(self._places[place] != entry)
            entry = entry[left]
            place = (place[left] + 1) & (len(self._places) - 1)

    def _hashed(self, keys: U64) -> tuple[I64, I64]:
        """The place at which to begin, and the tag."""
        mixed = keys[:, 4] * self._odd[4]
        for column in range(4):
            mixed ^= mixed >> (_HALF if column & 1 else _THIRD)
            mixed += keys[:, column]
            mixed *= self._odd[column]
        mixed ^= mixed >> _HALF
        return (mixed & np.uint64(len(self._places) - 1)).view(np.int64), (mixed >> _TAG).view(np.int64)


def _equal(some: U64, others: U64) -> Bool:
    same: Bool = some[:, 0] == others[:, 0]
    for column in range(1, 5):
        same &= some[:, column] == others[:, column]
    return same
