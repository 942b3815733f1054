"""ONC RPC (RFC 5531): calls and answers, over TCP behind record marks and over UDP a message a datagram."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.inspection.segments import bounds
from zoneguard.model.flows import Stream

CALL, ANSWER = 0, 1
LAST = 1 << 31
LARGEST = 4 << 20
GSS = 6
HEADER = 24
_AUTHENTICATION = 2 * 408  # at most 400 bytes each, with kind and length


class TruncatedError(Exception):
    """There is less than a value needs."""


class Reader:
    """Values of XDR (RFC 4506) one behind the other; ``at`` is the stream position. Raises ``TruncatedError``."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self.data, self.at, self.end = data, at, end

    def number(self, size: int = 4) -> int:
        """An unsigned number of four or eight bytes."""
        return int.from_bytes(self.data[self.skip(size) : self.at], "big")

    def skip(self, size: int) -> int:
        """Pass over ``size`` bytes; where they begin."""
        start = self.at
        if size > self.end - start:
            raise TruncatedError
        self.at = start + size
        return start

    def opaque(self) -> tuple[int, int]:
        """The range of a counted string of bytes, padded to four."""
        size = self.number()
        start = self.skip(size)
        self.at = min(self.end, self.at + -size % 4)
        return start, start + size

    def bytes(self) -> bytes:
        """The bytes of a counted string."""
        start, end = self.opaque()
        return self.data[start:end]


@dataclass(frozen=True, slots=True)
class Call:
    """A request; ``sealed``: its arguments are protected by RPCSEC_GSS and may be encrypted."""

    number: int
    program: int
    version: int
    procedure: int
    sealed: bool
    arguments: Reader


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to the request of the same number; ``accepted``: it was carried out, ``results`` follow."""

    number: int
    accepted: bool
    results: Reader


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes that are no message."""

    start: int
    end: int


def messages(stream: Stream, *, datagrams: bool) -> Iterator[Call | Answer | Lost]:
    """The messages of one side, in order. Where marks do not fit, the rest is lost; so is one that is cut off, behind
    what it tells."""
    if datagrams:
        for start, stop in bounds(stream.segments):
            yield message(stream.data, start, stop) or Lost(start, stop)
        return
    position, end = 0, len(stream.data)
    while position + 4 <= end:
        mark = int.from_bytes(stream.data[position : position + 4], "big")
        size = mark & ~LAST
        found = message(stream.data, position + 4, min(end, position + 4 + size)) if mark & LAST else None
        if found is None or not 8 <= size <= LARGEST:
            yield Lost(position, end)
            return
        yield found
        if position + 4 + size > end:
            yield Lost(position, end)
        position += 4 + size


def message(data: bytes, start: int, end: int) -> Call | Answer | None:
    """The message at ``start`` to ``end``; ``None`` where it is none."""
    reader = Reader(data, start, end)
    try:
        number, kind = reader.number(), reader.number()
        if kind == CALL and reader.number() == 2:
            program, version, procedure = reader.number(), reader.number(), reader.number()
            flavour = reader.number()
            reader.opaque()
            reader.number()
            reader.opaque()
            return Call(number, program, version, procedure, flavour == GSS, reader)
        if kind == ANSWER:
            denied = reader.number()
            if denied > 1:
                return None
            if denied:
                return Answer(number, False, reader)
            reader.number()
            reader.opaque()
            status = reader.number()
            return Answer(number, status == 0, reader) if status <= 5 else None
    except TruncatedError:
        return None
    return None
