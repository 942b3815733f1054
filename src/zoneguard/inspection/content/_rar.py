"""What a RAR archive lists, of versions 1.5 to 4 and of 5 and later (RAR technote): names, encryption, stored files.

Compressed files are not expanded; files that were stored as they are can be read. The list ends at the first header
whose checksum is wrong.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

OLD, NEW = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
_OLD_MAIN, _OLD_FILE, _OLD_SERVICE, _OLD_END = 0x73, 0x74, 0x7A, 0x7B
_LOCKED, _SECRET, _SPLIT, _LARGE, _DIRECTORY, _LONG = 0x80, 0x04, 0x03, 0x100, 0xE0, 0x8000
_FILE, _SERVICE, _LOCK, _END = 2, 3, 4, 5
_PASSIVE = frozenset({b"CMT", b"QO", b"RR", b"ACL"})  # comment, quick list, recovery, rights
_ENCRYPTION = 1  # kind of a record in the extra area
MAX_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Member:
    """A file; ``start`` and ``end`` of its packed bytes; ``stored``: they are the file itself, all of it."""

    name: str
    encrypted: bool
    start: int
    end: int
    stored: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """``locked``: even the names are encrypted; ``whole``: the list comes to its end."""

    members: tuple[Member, ...]
    locked: bool
    whole: bool


def listing(data: bytes) -> Listing:
    """What ``data``, which begins as a RAR archive, lists. Never raises."""
    members: list[Member] = []
    for found in _new(data) if data.startswith(NEW) else _old(data):
        if isinstance(found, Member):
            members.append(found)
        else:
            return Listing(tuple(members), found == "locked", found == "end")
        if len(members) >= MAX_MEMBERS:
            break
    return Listing(tuple(members), False, False)


def _old(data: bytes) -> Iterator[Member | str]:
    at = len(OLD)
    while at + 7 <= len(data):
        kind, flags = data[at + 2], int.from_bytes(data[at + 3 : at + 5], "little")
        size = int.from_bytes(data[at + 5 : at + 7], "little")
        head = data[at : at + size]
        more = int.from_bytes(head[7:11], "little") if flags & _LONG else 0
        if size < 7 or len(head) < size or zlib.crc32(head[2:]) & 0xFFFF != int.from_bytes(head[:2], "little"):
            return
        if kind == _OLD_MAIN and flags & _LOCKED:
            yield "locked"
        if kind == _OLD_END:
            yield "end"
        if kind in (_OLD_FILE, _OLD_SERVICE) and size >= 32:
            full = int.from_bytes(head[11:15], "little")
            named = 32
            if flags & _LARGE:
                more += int.from_bytes(head[32:36], "little") << 32
                full += int.from_bytes(head[36:40], "little") << 32
                named = 40
            raw = head[named : named + int.from_bytes(head[26:28], "little")].split(b"\0")[0]
            end = at + size + more
            stored = head[25] == 0x30 and not flags & _SPLIT and full == more and end <= len(data)
            if kind == _OLD_SERVICE and raw not in _PASSIVE:
                yield Member(f":{_text(raw)}", bool(flags & _SECRET), at + size, end, False)
            elif kind == _OLD_FILE and flags & _DIRECTORY != _DIRECTORY:
                yield Member(_text(raw), bool(flags & _SECRET), at + size, end, stored)
        at += size + more
    if at == len(data):
        yield "end"  # the first versions wrote no block at the end


def _new(data: bytes) -> Iterator[Member | str]:
    at = len(NEW)
    while at + 6 <= len(data):
        size, start = _number(data, at + 4)
        end = start + size
        kind, position = _number(data, start)
        flags, position = _number(data, position)
        extra, position = _number(data, position) if flags & 1 else (0, position)
        packed, position = _number(data, position) if flags & 2 else (0, position)
        sound = zlib.crc32(data[at + 4 : end]) == int.from_bytes(data[at : at + 4], "little")
        if not size or end > len(data) or position > end or not sound:
            return
        if kind == _LOCK:
            yield "locked"
        if kind == _END:
            yield "end"
        if kind in (_FILE, _SERVICE):
            about, position = _number(data, position)
            full, position = _number(data, position)
            _, position = _number(data, position)
            position += 4 * bool(about & 2) + 4 * bool(about & 4)
            method, position = _number(data, position)
            _, position = _number(data, position)
            length, position = _number(data, position)
            name = data[position : min(end, position + length)]
            secret = _ENCRYPTION in _records(data, max(position, end - extra), end)
            whole = not flags & 0x18 and full == packed and end + packed <= len(data)
            if kind == _SERVICE and name not in _PASSIVE:
                yield Member(f":{_text(name)}", secret, end, end + packed, False)
            elif kind == _FILE and not about & 1:
                yield Member(_text(name), secret, end, end + packed, whole and not method >> 7 & 7)
        at = end + packed


def _records(data: bytes, at: int, end: int) -> Iterator[int]:
    """The kinds of records in an extra area."""
    while at < end:
        size, start = _number(data, at)
        if not size:
            return
        yield _number(data, start)[0]
        at = start + size


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and what follows it."""
    value = 0
    for shift, byte in enumerate(data[at : at + 10]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    return 0, len(data) + 1


def _text(raw: bytes) -> str:
    for charset in ("utf-8", "cp932"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")
