"""What a 7z archive lists (7zFormat of the LZMA SDK), read with work bounded by the header's size.

The list stands at the end, mostly packed itself. Files lie one behind the other in folders, each of which went through
a chain of coders (``_coders``); one that branches (BCJ2) has no reader.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate

from zoneguard.inspection import Budget
from zoneguard.inspection.content._coders import AES, Coder, run
from zoneguard.inspection.expanding import DAMAGED, Expanded
from zoneguard.model.text import N_, Text

MAGIC = b"7z\xbc\xaf\x27\x1c"
CUT = N_("the archive is cut short")
BRANCHES = N_("no reader for a chain of coders that branches")
_START = 32
_END, _HEADER, _PROPERTIES, _ADDITIONAL, _STREAMS, _FILES = range(6)
_PACKED, _UNPACKED, _PARTS, _SIZE, _CRC, _FOLDER, _CODER_SIZES, _PART_COUNTS, _EMPTY = range(6, 15)
_EMPTY_FILE, _ANTI, _NAMES, _ENCODED = 15, 16, 17, 23
_MAX_HEADER = 64 << 20
_MAX_CODERS = 8
_MAX_WRAPS = 4


class MalformedError(ValueError):
    """The list breaks the format's rules."""


@dataclass(slots=True)
class Folder:
    """``coders`` from the packed bytes on; empty: they branch. ``start`` and ``size`` of the packed bytes."""

    coders: tuple[Coder, ...]
    start: int = 0
    size: int = 0
    parts: int = 1
    crc: int | None = None
    inputs: int = 1

    @property
    def encrypted(self) -> bool:
        """Whether a password is needed."""
        return any(coder.method == AES for coder in self.coders)

    @property
    def full_size(self) -> int:
        """Of what comes out."""
        return self.coders[-1].size if self.coders else 0


@dataclass(frozen=True, slots=True)
class Member:
    """A file: ``start`` to ``end`` of what comes out of ``folder``; one without bytes has no folder."""

    name: str
    folder: Folder | None
    start: int = 0
    end: int = 0
    crc: int | None = None


@dataclass(slots=True)
class Listing:
    """``locked``: the list itself is encrypted; ``problem`` says why it may not be all."""

    members: list[Member] = field(default_factory=list)
    locked: bool = False
    problem: Text | str = ""


def listing(data: bytes, budget: Budget) -> Listing:
    """What ``data``, which begins as a 7z archive, lists. Never raises."""
    offset, size = int.from_bytes(data[12:20], "little"), int.from_bytes(data[20:28], "little")
    header = data[_START + offset : _START + offset + size]
    if len(header) < size or size > _MAX_HEADER or len(data) < _START:
        return Listing(problem=CUT)
    if not size:
        return Listing()
    if zlib.crc32(header) != int.from_bytes(data[28:32], "little"):
        return Listing(problem=DAMAGED)
    try:
        for _ in range(_MAX_WRAPS):
            if header[:1] != bytes((_ENCODED,)):
                return _listed(_Cursor(header))
            folders = _Cursor(header, 1).streams().folders
            if len(folders) != 1:
                break
            if folders[0].encrypted:
                return Listing(locked=True)
            unpacked = read(data, folders[0], budget)
            if unpacked.problem:
                return Listing(problem=unpacked.problem)
            header = unpacked.data
    except (MalformedError, IndexError):
        pass
    return Listing(problem=DAMAGED)


def read(data: bytes, folder: Folder, budget: Budget) -> Expanded:
    """What comes out of ``folder``, which is not encrypted."""
    if not folder.coders or folder.inputs != 1:
        return Expanded(b"", 0, BRANCHES)
    packed = data[folder.start : folder.start + folder.size]
    expanded = run(packed, folder.coders, budget)
    if len(packed) < folder.size:
        return Expanded(expanded.data, expanded.used, expanded.problem or CUT)
    return expanded


@dataclass(slots=True)
class _Streams:
    folders: list[Folder] = field(default_factory=list)
    sizes: list[list[int]] = field(default_factory=list)  # of the files in each folder
    checks: list[list[int | None]] = field(default_factory=list)


def _listed(cursor: _Cursor) -> Listing:
    streams, names, empty = _Streams(), [""], [False]
    if cursor.byte() != _HEADER:
        raise MalformedError
    while (kind := cursor.byte()) != _END:
        if kind == _STREAMS:
            streams = cursor.streams()
        elif kind == _ADDITIONAL:
            cursor.streams()
        elif kind == _PROPERTIES:
            while cursor.byte() != _END:
                cursor.skip(cursor.number())
        elif kind == _FILES:
            names, empty = cursor.files()
            return Listing(list(_members(streams, names, empty)))
        else:
            raise MalformedError
    return Listing()


def _members(streams: _Streams, names: list[str], empty: list[bool]) -> Iterator[Member]:
    held = iter(
        Member("", folder, end - size, end, check)
        for folder, sizes, checks in zip(streams.folders, streams.sizes, streams.checks, strict=True)
        for size, end, check in zip(sizes, accumulate(sizes), checks, strict=True)
    )
    for name, without in zip(names, empty, strict=True):
        if without:
            yield Member(name, None)
        elif (member := next(held, None)) is not None:
            yield Member(name, member.folder, member.start, member.end, member.crc)
        else:
            raise MalformedError
    for number, member in enumerate(held, 1):
        yield Member(f"?{number}", member.folder, member.start, member.end, member.crc)


class _Cursor:
    """Reads a header from its beginning; behind its end is an ``IndexError``."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def bytes(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise MalformedError
        self.at += size
        return self.data[self.at - size : self.at]

    def skip(self, size: int) -> None:
        self.bytes(size)

    def number(self) -> int:
        """The leading ones of the first byte say how many bytes follow, lowest first; its other bits are highest."""
        first = self.byte()
        size = next((n for n in range(8) if not first & (0x80 >> n)), 8)
        value = int.from_bytes(self.bytes(size), "little")
        return value | (first & (0x7F >> size)) << 8 * size if size < 8 else value

    def count(self) -> int:
        """A number of things that each take up bytes of the header."""
        value = self.number()
        if value > 8 * len(self.data):
            raise MalformedError
        return value

    def bits(self, count: int) -> list[bool]:
        raw = self.bytes(-(-count // 8))
        return [bool(raw[i >> 3] & 0x80 >> (i & 7)) for i in range(count)]

    def optional_bits(self, count: int) -> list[bool]:
        return [True] * count if self.byte() else self.bits(count)

    def checks(self, count: int) -> list[int | None]:
        return [int.from_bytes(self.bytes(4), "little") if known else None for known in self.optional_bits(count)]

    def streams(self) -> _Streams:
        """Where packed bytes lie, what they went through, and which files come out."""
        out = _Streams()
        position = 0
        packed: list[int] = []
        while (kind := self.byte()) != _END:
            if kind == _PACKED:
                position, packed = self._packed()
            elif kind == _UNPACKED:
                out.folders = self._unpacked()
            elif kind == _PARTS:
                self._parts(out)
            else:
                raise MalformedError
        if not out.sizes:
            out.sizes = [[folder.full_size] for folder in out.folders]
            out.checks = [[folder.crc] for folder in out.folders]
        starts = [*accumulate(packed, initial=_START + position)]
        at = 0
        for folder in out.folders:
            if at + folder.inputs > len(packed):
                raise MalformedError
            folder.start, folder.size = starts[at], packed[at]
            at += folder.inputs
        return out

    def _packed(self) -> tuple[int, list[int]]:
        position, count = self.number(), self.count()
        sizes = [0] * count
        while (kind := self.byte()) != _END:
            if kind == _SIZE:
                sizes = [self.number() for _ in range(count)]
            elif kind == _CRC:
                self.checks(count)
            else:
                raise MalformedError
        return position, sizes

    def _unpacked(self) -> list[Folder]:
        if self.byte() != _FOLDER:
            raise MalformedError
        count = self.count()
        if self.byte():  # the definitions are in another stream
            raise MalformedError
        drafts = [self._folder() for _ in range(count)]
        if self.byte() != _CODER_SIZES:
            raise MalformedError
        folders = []
        for coders, outputs, order, inputs in drafts:
            sizes = [self.number() for _ in range(outputs)]
            chain = [Coder(coders[i].method, coders[i].properties, sizes[i]) for i in order]
            folders.append(Folder(tuple(chain), inputs=inputs))
        while (kind := self.byte()) != _END:
            if kind != _CRC:
                raise MalformedError
            for folder, check in zip(folders, self.checks(count), strict=True):
                folder.crc = check
        return folders

    def _folder(self) -> tuple[list[Coder], int, list[int], int]:
        """The coders, how many outputs they have, the chain of them from the packed bytes on, how many inputs."""
        coders: list[Coder] = []
        simple, inputs, outputs = True, 0, 0
        for _ in range(self._few()):
            flags = self.byte()
            method = self.bytes(flags & 15)
            ins, outs = (self._few(), self._few()) if flags & 0x10 else (1, 1)
            properties = self.bytes(self.count()) if flags & 0x20 else b""
            simple &= ins == outs == 1
            inputs, outputs = inputs + ins, outputs + outs
            coders.append(Coder(method, properties, 0))
        pairs = [(self.number(), self.number()) for _ in range(outputs - 1)]
        free = inputs - len(pairs)
        if free < 1:
            raise MalformedError
        first = [self.number() for _ in range(free)] if free > 1 else []
        if not simple or free != 1 or first:
            return coders, outputs, [], free
        bound = {made: taken for taken, made in pairs}
        at = next((i for i in range(inputs) if i not in bound.values()), 0)
        order = [at]
        while at in bound and len(order) < len(coders):
            at = bound[at]
            if at >= len(coders):
                raise MalformedError
            order.append(at)
        return coders, outputs, order if len(order) == len(coders) else [], free

    def _few(self) -> int:
        value = self.number()
        if not 0 < value <= _MAX_CODERS:
            raise MalformedError
        return value

    def _parts(self, out: _Streams) -> None:
        counts = [1] * len(out.folders)
        kind = self.byte()
        if kind == _PART_COUNTS:
            counts = [self.count() for _ in out.folders]
            if sum(counts) > len(self.data):
                raise MalformedError
            kind = self.byte()
        out.sizes = []
        for folder, count in zip(out.folders, counts, strict=True):
            sizes = [self.number() for _ in range(count - 1)] if kind == _SIZE and count else []
            last = folder.full_size - sum(sizes)
            out.sizes.append([*sizes, last] if count else [])
        if kind == _SIZE:
            kind = self.byte()
        known = [count == 1 and folder.crc is not None for folder, count in zip(out.folders, counts, strict=True)]
        missing = sum(count for count, have in zip(counts, known, strict=True) if not have)
        found: Iterator[int | None] = iter(())
        while kind != _END:
            if kind == _CRC:
                found = iter(self.checks(missing))
            else:
                raise MalformedError
            kind = self.byte()
        out.checks = [
            [folder.crc] if have else [next(found, None) for _ in range(count)]
            for folder, count, have in zip(out.folders, counts, known, strict=True)
        ]
        if any(size < 0 for sizes in out.sizes for size in sizes) or [*map(len, out.sizes)] != counts:
            raise MalformedError

    def files(self) -> tuple[list[str], list[bool]]:
        """Names, and which files have no bytes (folders, empty files)."""
        count = self.count()
        names, empty = [f"?{n}" for n in range(1, count + 1)], [False] * count
        while (kind := self.byte()) != _END:
            body = _Cursor(self.bytes(self.number()))
            if kind == _EMPTY:
                empty = body.bits(count)
            elif kind == _NAMES and not body.byte():
                given = body.data[1:].decode("utf-16-le", "replace").split("\0")
                if len(given) < count:
                    raise MalformedError
                names = given[:count]
        return names, empty
