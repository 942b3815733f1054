"""Tar archives: ustar, GNU long names and pax names (POSIX.1-2017, pax). Goes on behind damage, and says it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.inspection import Content
from zoneguard.inspection.mime.charsets import decode_text

BLOCK = 512
_SPARSE = b"S"
_NO_FILES = frozenset((b"1", b"2", b"3", b"4", b"5", b"6", b"K", b"g", b"D", b"V"))  # links, devices, folders, labels
_PAX_PATH = re.compile(rb"\d+ path=([^\n]*)\n")


def is_tar(data: bytes) -> bool:
    """By the magic of the first header and its check sum."""
    return len(data) >= BLOCK and data[257:262] == b"ustar" and _valid(data[:BLOCK])


@dataclass(slots=True)
class Tape:
    """The files of an archive in order; ``damaged``: something between or behind them is none of it."""

    files: list[Content] = field(default_factory=list)
    damaged: bool = False


def read(data: bytes) -> Tape:
    """Regular files; one whose end is missing, and a sparse one, whose holes are not filled, is not whole."""
    tape = Tape()
    position, long_name = 0, b""
    while position + BLOCK <= len(data):
        header = data[position : position + BLOCK]
        if not _valid(header):  # readers look for the next header behind it
            tape.damaged |= any(header)
            position += BLOCK
            continue
        size = _number(header[124:136])
        body = data[position + BLOCK : position + BLOCK + size]
        kind = header[156:157]
        if kind == b"L":
            long_name = body.rstrip(b"\0")
        elif kind == b"x":
            match = _PAX_PATH.search(body)
            long_name = match.group(1) if match else b""
        else:
            if kind not in _NO_FILES:
                whole = len(body) == size and kind != _SPARSE
                tape.files.append(Content(body, decode_text(long_name or _name(header)), whole=whole))
            long_name = b""
        position += BLOCK + -(-size // BLOCK) * BLOCK
    return tape


def _valid(header: bytes) -> bool:
    digits = header[148:156].strip(b" \0")
    if not digits or digits.translate(None, b"01234567"):
        return False
    return int(digits, 8) == sum(header[:148]) + sum(header[156:]) + 8 * 0x20


def _number(field: bytes) -> int:
    if field[0] & 0x80:
        return int.from_bytes(field, "big") & ((1 << 88) - 1)
    digits = field.strip(b" \0")
    return int(digits, 8) if digits and not digits.translate(None, b"01234567") else 0


def _name(header: bytes) -> bytes:
    prefix, name = header[345:500].split(b"\0")[0], header[:100].split(b"\0")[0]
    return prefix + b"/" + name if prefix and header[257:263] == b"ustar\0" else name
