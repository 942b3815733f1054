"""IPv4 and IPv6 fragments back to datagrams, within fixed bounds, with contradictions marked.

Where fragments overlap, the bytes that came first stay; if the later ones differ the datagram is ``damaged``: hosts
disagree about which bytes they would have used, so nothing may be asserted over it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar
from zlib import crc32

MAX_DATAGRAMS = 4096
MAX_BYTES = 32 << 20
MAX_LENGTH = 0xFFFF
TIMEOUT = 60_000_000_000  # nanoseconds; RFC 8200 4.5


H = TypeVar("H")


@dataclass(slots=True)
class Datagram(Generic[H]):
    """A datagram in pieces. ``have`` are the ranges captured, ``total`` its payload length once the last piece is seen.

    ``header`` is whatever the decoder needs to go on; ``wire`` the lengths of its pieces, as sent, added up; ``origin``
    the file of each frame that brought one.
    """

    header: H
    first: int
    stamp: tuple[int, int, int]
    data: bytearray = field(default_factory=bytearray)
    have: list[tuple[int, int]] = field(default_factory=list)
    total: int = -1
    wire: int = 0
    damaged: bool = False
    origin: list[int] = field(default_factory=list)
    marks: set[tuple[int, int]] = field(default_factory=set)  # start and checksum of each piece

    @property
    def whole(self) -> bool:
        """Whether every byte is there."""
        return len(self.have) == 1 and self.have[0] == (0, self.total)

    @property
    def beginning(self) -> bytes:
        """The captured bytes up to the first hole."""
        return bytes(self.data[: self.have[0][1]]) if self.have and self.have[0][0] == 0 else b""

    def add(self, start: int, piece: bytes) -> None:
        """Put captured bytes in their place; what is there already stays."""
        if not piece:
            return
        end = start + len(piece)
        if len(self.data) < end:
            self.data.extend(bytes(end - len(self.data)))
        low = bisect_left(self.have, start, key=lambda r: r[1])
        at, merged_start, merged_end = start, start, end
        high = low
        while high < len(self.have) and self.have[high][0] <= end:
            a, b = self.have[high]
            if at < a:
                self.data[at:a] = piece[at - start : a - start]
            left, right = max(a, start), min(b, end)
            if left < right and self.data[left:right] != piece[left - start : right - start]:
                self.damaged = True
            at = max(at, b)
            merged_start, merged_end = min(merged_start, a), max(merged_end, b)
            high += 1
        if at < end:
            self.data[at:end] = piece[at - start :]
        self.have[low:high] = [(merged_start, merged_end)]


@dataclass(frozen=True, slots=True)
class Piece:
    """One fragment: ``data`` as captured from byte ``start`` of the payload, ``wire`` bytes as sent."""

    start: int
    more: bool
    data: bytes
    wire: int
    stamp: tuple[int, int, int]
    origin: tuple[int, ...]


class Fragments(Generic[H]):
    """Datagrams of which pieces are still missing; the oldest are given up where the bounds are reached.

    A piece that comes once more after its datagram was whole is known by its checksum: mirrors often double packets.
    """

    def __init__(self) -> None:
        self._done: dict[Hashable, set[tuple[int, int]]] = {}
        self._pending: dict[Hashable, Datagram[H]] = {}
        self._bytes = 0

    def add(self, key: Hashable, header: H, piece: Piece) -> Datagram[H] | None:
        """Add a piece; a datagram made whole is no longer kept here. The first piece's ``header`` counts.

        ``None``: a copy of a piece of a datagram that was whole already.
        """
        mark = (piece.start, crc32(piece.data))
        if mark in self._done.get(key, ()):
            return None
        datagram = self._pending.get(key)
        if datagram is None:
            datagram = self._pending[key] = Datagram(header, piece.stamp[0], piece.stamp)
        if piece.start == 0:
            datagram.header = header
        before = len(datagram.data)
        datagram.add(piece.start, piece.data)
        datagram.stamp = piece.stamp
        datagram.marks.add(mark)
        datagram.wire += piece.wire
        datagram.origin.extend(piece.origin)
        end = piece.start + piece.wire
        if not piece.more:
            datagram.damaged |= datagram.total not in (-1, end)
            datagram.total = max(datagram.total, end)
        datagram.damaged |= 0 <= datagram.total < len(datagram.data)
        self._bytes += len(datagram.data) - before
        if datagram.whole:
            self._remove(key)
            self._done.pop(key, None)
            self._done[key] = datagram.marks
            if len(self._done) > MAX_DATAGRAMS:
                del self._done[next(iter(self._done))]
        return datagram

    def overdue(self, now: int) -> Iterator[Datagram[H]]:
        """Give up what is too old at time ``now`` (ns), or too much."""
        while self._pending:
            key, oldest = next(iter(self._pending.items()))
            if now - oldest.first <= TIMEOUT and len(self._pending) <= MAX_DATAGRAMS and self._bytes <= MAX_BYTES:
                return
            self._remove(key)
            yield oldest

    def rest(self) -> Iterator[Datagram[H]]:
        """Give up everything: the captures have ended."""
        while self._pending:
            key, oldest = next(iter(self._pending.items()))
            self._remove(key)
            yield oldest

    def _remove(self, key: Hashable) -> None:
        self._bytes -= len(self._pending.pop(key).data)
