"""Datagrams out of fragments that were whole, for a while: mirrors often double packets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from zoneguard.dynamic._mixing import mixed
from zoneguard.dynamic.columns import I64, U64

MANY = 64  # parts that are gone through one by one
_LOW = (1 << 64) - 1


class Key(NamedTuple):
    """What the pieces of one datagram have in common. ``proto`` is 0 in IPv6, where it does not count."""

    v6: bool
    src: int
    dst: int
    number: int
    proto: int
    context: int


def hashes(keys: Iterable[Key]) -> U64:
    """As ``_pieces.Pieces.hashes``."""
    words = [
        (src >> 64, src & _LOW, dst >> 64, dst & _LOW, number, context << 16 | (1 << 8 if v6 else proto))
        for v6, src, dst, number, proto, context in keys
    ]
    return mixed(*np.array(words, np.uint64).reshape(-1, 6).T)


@dataclass(slots=True)
class Part:
    """Some that came one behind the other: a hash and a size each; ``made`` gives one of them, the first ``gone`` are
    forgotten."""

    hashes: U64
    sizes: I64
    made: Callable[[int], tuple[Key, bytes]]
    gone: int = 0


@dataclass(slots=True)
class _Singles:
    """Some that came one by one; ``hashes`` until another one comes or goes."""

    known: dict[Key, bytes]
    hashes: U64 | None = None


class Finished:
    """The last ones, at most so many and so many bytes of them. Those that came by columns are made only where somebody
    asks for them; ``_line`` holds them and the others, oldest first."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._line: deque[Part | _Singles] = deque()
        self._count = self._bytes = 0

    def get(self, key: Key) -> bytes | None:
        """The bytes of that one."""
        number = None
        for part in self._line:
            if not isinstance(part, Part):
                if key in part.known:
                    return part.known[key]
                continue
            number = hashes([key])[0] if number is None else number
            for place in np.flatnonzero(part.hashes[part.gone :] == number).tolist():
                known, data = part.made(part.gone + place)
                if known == key:
                    return data
        return None

    def any(self, wanted: U64) -> bool:
        """Whether one with such a hash may be here."""
        here = []
        for part in self._line:
            if isinstance(part, Part):
                here.append(part.hashes[part.gone :])
            else:
                part.hashes = hashes(part.known) if part.hashes is None else part.hashes
                here.append(part.hashes)
        if not here:
            return False
        known = np.sort(np.concatenate(here))
        return bool((np.append(known, known[:1])[np.searchsorted(known, wanted)] == wanted).any())

    def keep(self, key: Key, data: bytes) -> None:
        """Add one, in the place of an older one of the same key."""
        older = self.get(key)
        if older is not None or len(self._line) > MANY:
            self._settle()
        if not self._line or isinstance(self._line[-1], Part):
            self._line.append(_Singles({}))
        newest = self._line[-1]
        assert isinstance(newest, _Singles)
        if older is not None:
            del newest.known[key]
            self._count -= 1
            self._bytes -= len(older)
        newest.known[key], newest.hashes = data, None
        self._count += 1
        self._bytes += len(data)
        self._trim()

    def keep_all(self, part: Part) -> None:
        """Add some of which none is here."""
        self._line.append(part)
        self._count += len(part.hashes)
        self._bytes += int(part.sizes.sum())
        self._trim()

    def _trim(self) -> None:
        while self._count > self._most or self._bytes > self._most_bytes:
            part = self._line[0]
            if isinstance(part, Part):
                forgotten = part.gone + min(max(1, self._count - self._most), len(part.hashes) - part.gone)
                self._count -= forgotten - part.gone
                self._bytes -= int(part.sizes[part.gone : forgotten].sum())
                part.gone = forgotten
            elif part.known:
                self._count -= 1
                self._bytes -= len(part.known.pop(next(iter(part.known))))
                part.hashes = None
            if not (len(part.hashes) - part.gone if isinstance(part, Part) else part.known):
                self._line.popleft()

    def _settle(self) -> None:
        """Make all of them, in one dictionary."""
        known: dict[Key, bytes] = {}
        for part in self._line:
            known.update(map(part.made, range(part.gone, len(part.hashes))) if isinstance(part, Part) else part.known)
        self._line = deque([_Singles(known)])
