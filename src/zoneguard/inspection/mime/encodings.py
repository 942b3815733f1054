"""Content transfer encodings, decoded the way mail programs do, saying where they had to be forgiving."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pybase64

from zoneguard.model.text import N_, Text

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_UU_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]*)\r*\n", re.MULTILINE)
_FULL_LINE = re.compile(rb"M[ -`]{60}[ -`]?\r?\n")
IDENTITY = frozenset(("", "7bit", "8bit", "binary"))


@dataclass(frozen=True, slots=True)
class Decoded:
    """``problem`` says why ``data`` may not be what every reader makes of it; not ``whole``: its end is lost."""

    data: bytes
    problem: Text | str = ""
    whole: bool = True


@dataclass(frozen=True, slots=True)
class UuFile:
    """A uuencoded file found in text, at ``start`` to ``end`` of it."""

    name: bytes
    start: int
    end: int
    decoded: Decoded


def decode(data: bytes, encoding: str) -> Decoded:
    """``data`` out of the content transfer encoding ``encoding`` (lower case)."""
    if encoding in IDENTITY:
        return Decoded(data)
    if encoding == "base64":
        return _base64(data)
    if encoding == "quoted-printable":
        return Decoded(binascii.a2b_qp(data))
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        found = next(uu_files(data), None)
        return found.decoded if found else Decoded(b"", N_("no uuencoded data where it was announced"), whole=False)
    return Decoded(data, N_("unknown transfer encoding {name}", name=encoding[:40]), whole=False)


def _base64(data: bytes) -> Decoded:
    """Characters outside the alphabet are skipped, as all readers do; readers differ on what follows the padding."""
    pad = data.find(b"=")
    problem: Text | str = ""
    if pad >= 0 and len(data[pad:].translate(None, _NOT_BASE64).strip(b"=")) > 0:
        problem = N_("base64 goes on behind its padding")
    if (decoded := base64_in_lines(data)) is not None:
        return Decoded(decoded, problem)
    try:
        return Decoded(binascii.a2b_base64(data), problem)
    except binascii.Error:
        kept = data[: pad if pad >= 0 else len(data)].translate(None, _NOT_BASE64)
        tail = len(kept) % 4
        padded = kept[: len(kept) - (tail == 1)] + b"=" * (-len(kept) % 4 if tail != 1 else 0)
        return Decoded(
            binascii.a2b_base64(padded), problem or (N_("base64 ends early") if tail == 1 else ""), tail != 1
        )


def base64_in_lines(data: bytes) -> bytes | None:
    """``data`` out of base64, if that and line ends are all there is in it; ``binascii`` takes five times as long."""
    try:
        return pybase64.b64decode(data.translate(None, b"\r\n"), validate=True)
    except binascii.Error:
        return None


def uu_files(data: bytes) -> Iterator[UuFile]:
    """Every uuencoded file in ``data``; prose that merely starts with ``begin`` is none."""
    position = 0
    while (at := data.find(b"begin", position)) >= 0:
        position = at + 1
        if (match := _UU_BEGIN.match(data, at)) is None:
            continue
        position = match.end()
        lines, end, closed = _uu_lines(data, position)
        if lines:
            problem = "" if closed else N_("uuencoded data ends early or is damaged")
            yield UuFile(match.group(1).strip(), match.start(), end, Decoded(b"".join(lines), problem, closed))
            position = end


def _uu_lines(data: bytes, position: int) -> tuple[list[bytes], int, bool]:
    """The lines decoded, where they end, and whether all are there; one that is none is passed over where a full line
    follows it."""
    out: list[bytes] = []
    whole = True
    while position < len(data):
        stop = data.find(b"\n", position)
        stop = len(data) if stop < 0 else stop
        line = data[position:stop].rstrip(b"\r")
        if line.strip() == b"end":
            return out, min(stop + 1, len(data)), whole
        decoded = _uu_line(line)
        if decoded is None and _FULL_LINE.match(data, stop + 1) is None:
            break
        whole = whole and decoded is not None
        out.append(decoded or b"")
        position = stop + 1
    return out, position, False


def _uu_line(line: bytes) -> bytes | None:
    size = (line[0] - 32) & 63 if line else 0
    needed = 1 + (size + 2) // 3 * 4
    if line and (not 32 <= line[0] <= 96 or (size and len(line) > needed + 2)):
        return None
    try:
        return binascii.a2b_uu(line[:needed])
    except binascii.Error:
        return None
