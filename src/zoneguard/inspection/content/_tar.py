"""Tar archives: ustar, GNU long names and pax names (POSIX.1-2017, pax). Stops at damage, keeps what came before."""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.inspection import Content
from zoneguard.inspection.mime.charsets import decode_text

BLOCK = 512
_PAX_PATH = re.compile(rb"\d+ path=([^\n]*)\n")


def is_tar(data: bytes) -> bool:
    """By the magic of the first header and its check sum."""
    return len(data) >= BLOCK and data[257:262] == b"ustar" and _valid(data[:BLOCK])


def members(data: bytes) -> Iterator[Content]:
    """Regular files in order; one whose end is missing is not whole."""
    position, long_name = 0, b""
    while position + BLOCK <= len(data) and _valid(header := data[position : position + BLOCK]):
        size = _number(header[124:136])
        body = data[position + BLOCK : position + BLOCK + size]
        kind = header[156:157]
        if kind == b"L":
            long_name = body.rstrip(b"\0")
        elif kind == b"x":
            match = _PAX_PATH.search(body)
            long_name = match.group(1) if match else b""
        else:
            if kind in (b"0", b"\0", b"7"):
                yield Content(body, decode_text(long_name or _name(header)), whole=len(body) == size)
            long_name = b""
        position += BLOCK + -(-size // BLOCK) * BLOCK


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
