"""Decompression that never writes more than its budget and keeps what came before damage."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol as Structure

import brotli
import zstandard

from zoneguard.inspection import Budget
from zoneguard.model.text import N_, Text

FEED = 1 << 18
RAW, ZLIB, GZIP = -15, 15, 31
DAMAGED = N_("the compressed data is damaged")
SHORT = N_("the compressed data ends early")


@dataclass(frozen=True, slots=True)
class Expanded:
    """``problem`` is empty where ``data`` is the whole; ``used`` counts the compressed bytes that went into it."""

    data: bytes
    used: int
    problem: Text | str = ""


class Engine(Structure):
    """What the decompressors of the standard library have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes: ...


class _Inflater:
    """zlib with the interface of the other decompressors."""

    def __init__(self, wbits: int) -> None:
        self._zlib = zlib.decompressobj(wbits)

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self._zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data or self._zlib.unconsumed_tail

    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes:
        return self._zlib.decompress(self._zlib.unconsumed_tail or data, max_length)


class _Brotli:
    """Brotli with the interface of the other decompressors; what follows its end is not told from it."""

    unused_data = b""

    def __init__(self) -> None:
        self._brotli = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._brotli.is_finished())

    @property
    def needs_input(self) -> bool:
        return bool(self._brotli.can_accept_more_data())

    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes:
        return bytes(self._brotli.process(bytes(data), output_buffer_limit=max_length))


class _Zstd:
    """One zstd frame with the interface of the other decompressors. A block of a few bytes may hold 128 KiB, so it is
    fed little at a time; windows are at most the 8 MiB that HTTP allows (RFC 9659)."""

    def __init__(self) -> None:
        self._zstd = zstandard.ZstdDecompressor(max_window_size=8 << 20).decompressobj()
        self._pending = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._zstd.eof

    @property
    def needs_input(self) -> bool:
        return not self._pending

    @property
    def unused_data(self) -> bytes:
        return self._zstd.unused_data + bytes(self._pending)

    def decompress(self, data: bytes | memoryview, max_length: int) -> bytes:
        pending = self._pending or memoryview(data)
        sip = max(1, max_length >> 10)
        self._pending = pending[sip:]
        return self._zstd.decompress(pending[:sip])


def inflate(data: bytes | memoryview, budget: Budget, wbits: int = ZLIB) -> Expanded:
    """Expand a deflate stream; ``wbits`` is ``RAW``, ``ZLIB`` or ``GZIP``."""
    return _expand(data, budget, lambda: _Inflater(wbits))


def bunzip(data: bytes | memoryview, budget: Budget) -> Expanded:
    """Expand bzip2."""
    return _expand(data, budget, bz2.BZ2Decompressor)


def unxz(data: bytes | memoryview, budget: Budget) -> Expanded:
    """Expand xz or lzma-alone."""
    return _expand(data, budget, lambda: lzma.LZMADecompressor(memlimit=128 << 20))


def unbrotli(data: bytes | memoryview, budget: Budget) -> Expanded:
    """Expand Brotli (RFC 7932)."""
    return _expand(data, budget, _Brotli)


def unzstd(data: bytes | memoryview, budget: Budget) -> Expanded:
    """Expand one zstd frame (RFC 8878)."""
    return _expand(data, budget, _Zstd)


def unlzma_member(data: bytes, budget: Budget) -> Expanded:
    """Expand the LZMA of a zip member: version (2 bytes), length of the properties (2), properties (5), raw LZMA1."""
    if len(data) < 9 or int.from_bytes(data[2:4], "little") != 5:
        return Expanded(b"", len(data), DAMAGED)
    properties, dictionary = data[4], int.from_bytes(data[5:9], "little")
    lzma1 = {
        "id": lzma.FILTER_LZMA1,
        "dict_size": max(4096, min(dictionary, 64 << 20)),
        "lc": properties % 9,
        "lp": properties // 9 % 5,
        "pb": properties // 45,
    }
    expanded = _expand(data[9:], budget, lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=[lzma1]))
    return Expanded(expanded.data, len(data)) if expanded.problem is SHORT else expanded  # it has no end mark


def expand_up_to(
    data: bytes | memoryview, size: int, budget: Budget, make: Callable[[], Engine], *, stop_at_end: bool = False
) -> Expanded:
    """At most ``size`` bytes of what has no end mark, fewer with a problem; ``stop_at_end``: fewer at its own end are
    no problem."""
    out: list[bytes] = []
    used = got = 0
    try:
        engine = make()
        while got < size and not engine.eof:
            if (room := budget.room) <= 0:
                return Expanded(b"".join(out), used, budget.spent or "")
            piece = data[used : used + FEED] if engine.needs_input else b""
            used += len(piece)
            more = engine.decompress(piece, min(room, size - got, 1 << 20))
            if not more and not piece and engine.needs_input:
                break
            budget.expand(len(more))
            got += len(more)
            out.append(more)
        used -= len(engine.unused_data)
    except (OSError, EOFError, lzma.LZMAError, ValueError):
        return Expanded(b"".join(out), used, DAMAGED)
    short = got < size and not (stop_at_end and engine.eof)
    return Expanded(b"".join(out), used, SHORT if short else "")


def _expand(data: bytes | memoryview, budget: Budget, make: Callable[[], Engine]) -> Expanded:
    out: list[bytes] = []
    used = 0
    problem: Text | str = ""
    try:
        engine = make()
        while not engine.eof:
            room = budget.room
            if room <= 0:
                problem = budget.spent or ""
                break
            piece = data[used : used + FEED] if engine.needs_input else b""
            used += len(piece)
            got = engine.decompress(piece, min(room, 1 << 20))
            if not got and not piece and engine.needs_input and not engine.eof:
                problem = SHORT
                break
            budget.expand(len(got))
            out.append(got)
        used -= len(engine.unused_data)
    except (zlib.error, OSError, EOFError, lzma.LZMAError, brotli.error, zstandard.ZstdError, ValueError):
        problem = DAMAGED
    return Expanded(b"".join(out), used, problem)
