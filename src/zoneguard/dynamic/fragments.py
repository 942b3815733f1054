"""IPv4 and IPv6 fragments back to datagrams, within fixed bounds, with contradictions marked.

Where fragments overlap, the bytes that came first stay; if the later ones differ the datagram is ``damaged``: hosts
disagree about which bytes they would have used, so nothing may be asserted over it. The compiled core has the same
store in ``_fragments``, with the same results.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np

from zoneguard.dynamic._finished import Finished, Key, hashes
from zoneguard.dynamic.columns import U64

MAX_DATAGRAMS = 4096
MAX_BYTES = 32 << 20
MAX_LENGTH = 0xFFFF
PIECE = 64  # bytes that each frame of a piece counts beside what it holds: bookkeeping takes memory too
TIMEOUT = 60_000_000_000  # nanoseconds; RFC 8200 4.5


class Header(NamedTuple):
    """What stands before a piece: all that is needed to go on in its datagram. ``size`` is that of the piece's packet,
    ``head`` how much of it lies before the piece; ``layers`` and ``damaged``: of the frame so far."""

    v6: bool
    src: int
    dst: int
    proto: int
    size: int
    head: int
    mac: int
    context: int
    layers: int
    damaged: bool


@dataclass(slots=True)
class Datagram:
    """A datagram in pieces. ``have`` are the ranges captured, ``total`` its payload length once the last piece is seen.

    ``header`` is the first piece's, or any one's until that comes; ``wire`` the lengths of its pieces, as sent, added
    up; ``stamp`` of the last piece; ``origin`` the ``columns.frame_number`` of each frame that brought one.
    """

    header: Header
    first: int
    stamp: tuple[int, int, int]
    data: bytearray = field(default_factory=bytearray)
    have: list[tuple[int, int]] = field(default_factory=list)
    total: int = -1
    wire: int = 0
    damaged: bool = False
    origin: list[int] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        """Whether every byte is there."""
        return len(self.have) == 1 and self.have[0] == (0, self.total)

    @property
    def beginning(self) -> bytes:
        """The captured bytes up to the first hole."""
        return bytes(self.data[: self.have[0][1]]) if self.have and self.have[0][0] == 0 else b""

    @property
    def held(self) -> int:
        """What it counts against the bound of bytes."""
        return len(self.data) + PIECE * len(self.origin)

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
    """One fragment: ``data`` as captured from byte ``start`` of the payload, ``wire`` bytes as sent. ``origin`` as of
    ``Datagram``: several where it lay in a datagram that came in fragments itself."""

    start: int
    more: bool
    data: bytes
    wire: int
    stamp: tuple[int, int, int]
    origin: tuple[int, ...]


class Fragments(Protocol):
    """Datagrams of which pieces are still missing; the oldest are given up where the bounds are reached."""

    def overdue(self, now: int) -> list[Datagram]:
        """Give up what is too old at time ``now`` (ns), or too much."""

    def copied(self, key: Key, piece: Piece) -> bool:
        """Whether the piece repeats one of a datagram that was whole already: mirrors often double packets."""

    def add(self, key: Key, header: Header, piece: Piece) -> Datagram | None:
        """Add a piece; returns the datagram, which is no longer kept here, if that made it whole."""

    def oldest(self) -> Datagram | None:
        """Give up the oldest one, if there is any."""


class Store:
    """``Fragments`` in Python. Of datagrams that were whole the bytes are kept for a while, within the same bounds."""

    def __init__(self) -> None:
        self.finished = Finished(MAX_DATAGRAMS, MAX_BYTES)
        self._pending: dict[Key, Datagram] = {}
        self._bytes = 0

    def undisturbed(self, more: U64, latest: int, held: int) -> bool:
        """Whether what waits is left alone by datagrams with these hashes that begin and end until the time ``latest``
        (ns), and hold so many bytes: none is given up for them, and no piece is one of theirs."""
        oldest = next(iter(self._pending.values()), None)
        if len(self._pending) + len(more) > MAX_DATAGRAMS or self._bytes + held > MAX_BYTES:
            return False
        if oldest is None:
            return True
        return latest - oldest.first <= TIMEOUT and not np.isin(more, hashes(self._pending)).any()

    def overdue(self, now: int) -> list[Datagram]:
        late: list[Datagram] = []
        while self._pending:
            first = next(iter(self._pending.values())).first
            if now - first <= TIMEOUT and len(self._pending) <= MAX_DATAGRAMS and self._bytes <= MAX_BYTES:
                break
            late.append(self._give_up())
        return late

    def copied(self, key: Key, piece: Piece) -> bool:
        known, end = self.finished.get(key), piece.start + piece.wire
        if known is None or end > len(known) or piece.more != (end < len(known)):
            return False
        return known[piece.start : piece.start + len(piece.data)] == piece.data

    def add(self, key: Key, header: Header, piece: Piece) -> Datagram | None:
        datagram = self._pending.get(key)
        if datagram is None:
            datagram = self._pending[key] = Datagram(header, piece.stamp[0], piece.stamp)
        if piece.start == 0:
            datagram.header = header
        self._bytes -= datagram.held
        datagram.add(piece.start, piece.data)
        datagram.stamp = piece.stamp
        datagram.wire += piece.wire
        datagram.origin.extend(piece.origin)
        end = piece.start + piece.wire
        if not piece.more:
            datagram.damaged |= datagram.total not in (-1, end)
            datagram.total = max(datagram.total, end)
        datagram.damaged |= 0 <= datagram.total < len(datagram.data)
        self._bytes += datagram.held
        if not datagram.whole:
            return None
        del self._pending[key]
        self._bytes -= datagram.held
        self.finished.keep(key, bytes(datagram.data))
        return datagram

    def oldest(self) -> Datagram | None:
        return self._give_up() if self._pending else None

    def _give_up(self) -> Datagram:
        oldest = self._pending.pop(next(iter(self._pending)))
        self._bytes -= oldest.held
        return oldest
