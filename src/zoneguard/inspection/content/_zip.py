"""Zip archives as they are found in the wild: central directory, local headers, and where the two disagree.

Layouts: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 (records), 4.4.4 (flags), 4.5.3 (ZIP64), 4.6.9 (Unicode path).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache

from zoneguard.inspection import Budget
from zoneguard.inspection.expanding import RAW, Expanded, bunzip, inflate, unlzma_member, unxz, unzstd
from zoneguard.model.text import N_

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
LOCAL_SIZE, CENTRAL_SIZE, END_SIZE = 30, 46, 22
ENCRYPTED, DESCRIPTOR, UTF8, MASKED = 0x1, 0x8, 0x800, 0x2000
MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A member: its local header is at ``header``, its compressed bytes at ``start``, ``size`` their number (``None``:
    up to their own end). ``listed`` is False for a local header that the central directory does not name."""

    name: str
    method: int
    flags: int
    header: int
    start: int
    size: int | None
    full_size: int
    listed: bool = True

    @property
    def encrypted(self) -> bool:
        """Whether a password is needed."""
        return bool(self.flags & (ENCRYPTED | MASKED)) or self.method == 99


@dataclass(frozen=True, slots=True)
class Listing:
    """The members, whether the central directory was there, and the names on which two directories disagree."""

    entries: tuple[Entry, ...]
    central: bool
    disputed: tuple[str, ...] = ()
    prefix: int = 0

    def names(self) -> frozenset[str]:
        """Every member's name."""
        return frozenset(e.name for e in self.entries)


@lru_cache(maxsize=1)
def listing(data: bytes) -> Listing | None:
    """The members of a zip, whole or cut short; ``None`` where ``data`` is none."""
    end = _end_record(data)
    if end is None:
        if not data.startswith(LOCAL):
            return None
        return Listing(tuple(_locals(data, 0, len(data))), central=False)
    position, count, size, offset = end
    if not size and data[:4] not in (LOCAL, END):
        return None
    prefix = position - size - offset
    entries, disputed = _central(data, position - size, count, prefix)
    if not entries and count:
        return Listing(tuple(_locals(data, 0, len(data))), central=False) if data.startswith(LOCAL) else None
    hidden = [e for a, b in _uncovered(entries, prefix, position - size) for e in _locals(data, a, b)]
    return Listing((*entries, *hidden), True, (*disputed, *(e.name for e in hidden)), prefix)


CUT = N_("the archive is cut short")


def read(data: bytes, entry: Entry, budget: Budget) -> Expanded:
    """The expanded bytes of a member that is not encrypted."""
    raw = data[entry.start :] if entry.size is None else data[entry.start : entry.start + entry.size]
    if entry.method == 0:
        if budget.room < len(raw):
            return Expanded(b"", 0, budget.spent or N_("no room is left to expand it"))
        budget.expand(len(raw))
        return Expanded(raw, len(raw), "" if entry.size is not None and len(raw) == entry.size else CUT)
    if entry.method == 8:
        return inflate(raw, budget, RAW)
    if entry.method == 12:
        return bunzip(raw, budget)
    if entry.method == 14:
        return unlzma_member(raw, budget)
    if entry.method == 93:
        return unzstd(raw, budget)
    if entry.method == 95:
        return unxz(raw, budget)
    return Expanded(b"", 0, N_("zip method {method} has no reader", method=entry.method))


def _end_record(data: bytes) -> tuple[int, int, int, int] | None:
    """Offset of the end of the central directory, its count of entries, its size, and where it says it starts."""
    position = data.rfind(END, max(0, len(data) - 65_557))
    if position < 0 or len(data) < position + END_SIZE:
        return None
    count, size, offset, comment = struct.unpack_from("<HIIH", data, position + 10)
    if position + END_SIZE + comment != len(data) and data[:4] not in (LOCAL, END):
        return None
    where = position
    if 0xFFFFFFFF in (size, offset) or count == 0xFFFF:
        where = data.rfind(b"PK\x06\x06", 0, position)
        if where < 0 or len(data) < where + 56:
            return None
        count, size, offset = struct.unpack_from("<QQQ", data, where + 32)
    if size > where or (size and data[where - size : where - size + 4] != CENTRAL):
        return None
    return where, count, size, offset


def _central(data: bytes, position: int, count: int, prefix: int) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    disputed: list[str] = []
    while data[position : position + 4] == CENTRAL and len(data) >= position + CENTRAL_SIZE:
        if len(entries) >= min(max(count, 1), MAX_ENTRIES):
            break
        (flags, method, _, _, _, packed, full, name_size, extra_size, comment_size, _, _, _, offset) = (
            struct.unpack_from("<HHHHIIIHHHHHII", data, position + 8)
        )
        raw_name = data[position + CENTRAL_SIZE : position + CENTRAL_SIZE + name_size]
        extra = data[position + CENTRAL_SIZE + name_size : position + CENTRAL_SIZE + name_size + extra_size]
        full, packed, offset = _zip64(extra, full, packed, offset)
        name = _name(raw_name, flags, extra)
        local = offset + prefix
        if local >= 0 and data[local : local + 4] == LOCAL and len(data) >= local + LOCAL_SIZE:
            local_name_size, local_extra_size = struct.unpack_from("<HH", data, local + 26)
            if data[local + LOCAL_SIZE : local + LOCAL_SIZE + local_name_size] != raw_name:
                disputed.append(name)
            start = local + LOCAL_SIZE + local_name_size + local_extra_size
            entries.append(Entry(name, method, flags, local, start, packed, full))
        else:
            disputed.append(name)
        position += CENTRAL_SIZE + name_size + extra_size + comment_size
    return entries, disputed


def _locals(data: bytes, position: int, end: int) -> list[Entry]:
    """Members read from their local headers alone, from ``position`` on."""
    entries: list[Entry] = []
    while len(entries) < MAX_ENTRIES:
        position = data.find(LOCAL, position, end)
        if position < 0 or end < position + LOCAL_SIZE:
            break
        version, flags, method, _, _, _, packed, full, name_size, extra_size = struct.unpack_from(
            "<HHHHHIIIHH", data, position + 4
        )
        start = position + LOCAL_SIZE + name_size + extra_size
        if version & 0xFF > 63 or not name_size or start > end:
            position += 4
            continue
        extra = data[position + LOCAL_SIZE + name_size : start]
        full, packed, _ = _zip64(extra, full, packed, 0)
        name = _name(data[position + LOCAL_SIZE : position + LOCAL_SIZE + name_size], flags, extra)
        unsized = bool(flags & DESCRIPTOR) and not packed
        entries.append(Entry(name, method, flags, position, start, None if unsized else packed, full, listed=False))
        position = start if unsized else start + packed
    return entries


def _uncovered(entries: list[Entry], start: int, end: int) -> list[tuple[int, int]]:
    """Ranges before the central directory that belong to no listed member and could hold one."""
    out: list[tuple[int, int]] = []
    position = max(0, start)
    for entry in sorted(entries, key=lambda e: e.header):
        if entry.header - position > LOCAL_SIZE:
            out.append((position, entry.header))
        position = max(position, entry.start + (entry.size or 0))
    if end - position > LOCAL_SIZE:
        out.append((position, end))
    return out


def _zip64(extra: bytes, full: int, packed: int, offset: int) -> tuple[int, int, int]:
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            field = extra[position + 4 : position + 4 + size]
            values = [int.from_bytes(field[i : i + 8], "little") for i in range(0, len(field) - 7, 8)]
            full, packed, offset = (
                values.pop(0) if value == 0xFFFFFFFF and values else value for value in (full, packed, offset)
            )
        position += 4 + size
    return full, packed, offset


def _name(raw: bytes, flags: int, extra: bytes) -> str:
    """UTF-8 where said; else what decodes: Japanese archivers write CP932 without saying so."""
    position = 0
    while position + 9 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == 0x7075 and extra[position + 4] == 1:
            return extra[position + 9 : position + 4 + size].decode("utf-8", "replace")
        position += 4 + size
    for encoding in ("utf-8", "cp932") if not flags & UTF8 else ("utf-8",):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8" if flags & UTF8 else "cp437", "replace")
