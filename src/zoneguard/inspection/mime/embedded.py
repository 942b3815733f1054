"""Files written into a text: uuencode, yEnc (yEnc draft 1.3), BinHex 4.0 (RFC 1741), and base64 without any mark where
it holds what surely is a file. Bounded by the text's length."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from zoneguard.inspection.examining import has_magic
from zoneguard.inspection.mime.encodings import Decoded, UuFile, base64_in_lines, uu_files
from zoneguard.model.text import N_, Text

_YENC = re.compile(rb"^=ybegin [^\r\n]*?\bsize=(\d{1,12})[^\r\n]*? name=([^\r\n]*)\r?\n", re.MULTILINE)
_YENC_PART = re.compile(rb"=ypart [^\r\n]*\r?\n")
_YENC_END = re.compile(rb"^=yend [^\r\n]*", re.MULTILINE)
_YENC_ESCAPE = re.compile(rb"=(.)", re.DOTALL)
_LESS_42 = bytes((n - 42) & 0xFF for n in range(256))
_BINHEX = re.compile(rb"\(This file must be converted with BinHex[^\r\n]*\r?\n\s*:([^:]*)(:?)")
_BINHEX_DIGITS = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_BINHEX_VALUES = {digit: value for value, digit in enumerate(_BINHEX_DIGITS)}
_RUN = 0x90
_BASE64 = re.compile(
    rb"(?<![A-Za-z0-9+/])(?:"
    rb"(?:[A-Za-z0-9+/]{40,}+\r?\n)++(?:(?:[A-Za-z0-9+/]{4})*+(?:[A-Za-z0-9+/]{2,3}={1,2})?(?![A-Za-z0-9+/ ]))?"
    rb"|[A-Za-z0-9+/]{200,}+={0,2}(?:(?<==)[A-Za-z0-9+/]++={0,2})*+)"
)
"""Several lines of it, of which the last is short, or one that is long and may begin anew behind its padding."""
_LETTERS = bytes(
    ord("A") if n in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/" else 0 for n in range(256)
)
_LINE_OF_LETTERS = b"A" * 40  # the least that ``_BASE64`` asks for
_PADDED = re.compile(rb"[A-Za-z0-9+/]+")
_LEAST, _LOOK = 200, 4096  # letters that a file has, and those by which it is known
MAX_RUNS = 64 << 20  # bytes that a BinHex file may grow to


def text_files(data: bytes) -> Iterator[UuFile]:
    """Every file that is written into ``data``, of each way of writing in order."""
    yield from uu_files(data)
    if b"=ybegin " in data:
        yield from _yenc_files(data)
    if b"must be converted with BinHex" in data:
        yield from _binhex_files(data)
    yield from _base64_files(data)


def _base64_files(data: bytes) -> Iterator[UuFile]:
    if _LINE_OF_LETTERS not in data.translate(_LETTERS):
        return
    for found in _BASE64.finditer(data):
        if len(found[0]) >= _LEAST and has_magic(_unarmoured(found[0][:_LOOK])):
            yield UuFile(b"", found.start(), found.end(), Decoded(_unarmoured(found[0])))


def _unarmoured(text: bytes) -> bytes:
    if (plain := base64_in_lines(text)) is not None:
        return plain
    pieces = _PADDED.findall(text.translate(None, b"\r\n"))
    return b"".join(binascii.a2b_base64(piece[: len(piece) - (len(piece) % 4 == 1)] + b"==") for piece in pieces)


def _yenc_files(data: bytes) -> Iterator[UuFile]:
    for begin in _YENC.finditer(data):
        part = _YENC_PART.match(data, begin.end())
        start = part.end() if part else begin.end()
        end = _YENC_END.search(data, start)
        stop = end.start() if end else len(data)
        body = data[start:stop].translate(None, b"\r\n")
        plain = _YENC_ESCAPE.sub(lambda m: bytes(((m[1][0] - 64) & 0xFF,)), body).translate(_LESS_42)
        whole = end is not None and (part is not None or len(plain) == int(begin[1]))
        problem: Text | str = "" if whole else N_("yEnc data ends early")
        if part is not None:
            whole, problem = False, N_("yEnc data in several parts")
        yield UuFile(begin[2].strip(), begin.start(), end.end() if end else stop, Decoded(plain, problem, whole))


def _binhex_files(data: bytes) -> Iterator[UuFile]:
    """The data fork, and behind it the resource fork, where programs of old Macs are."""
    for found in _BINHEX.finditer(data):
        plain = _unrun(_six_bits(found[1]))
        name = plain[1 : 1 + plain[0]] if plain else b""
        at = len(name) + 2 + 10  # behind the name's end, type, creator and flags
        sizes = [int.from_bytes(plain[at + 4 * i : at + 4 * i + 4], "big") for i in (0, 1)]
        body = plain[at + 10 : at + 10 + sizes[0]] + plain[at + 12 + sizes[0] : at + 12 + sum(sizes)]
        whole = bool(found[2]) and len(body) == sum(sizes)
        problem: Text | str = "" if whole else N_("BinHex data ends early")
        yield UuFile(name, found.start(), found.end(), Decoded(body, problem, whole))


def _six_bits(text: bytes) -> bytes:
    values = [_BINHEX_VALUES[c] for c in text if c in _BINHEX_VALUES]
    out = bytearray()
    for at in range(0, len(values), 4):
        four = values[at : at + 4]
        packed = sum(value << 18 - 6 * place for place, value in enumerate(four))
        out += packed.to_bytes(3, "big")[: len(four) * 3 // 4]
    return bytes(out)


def _unrun(data: bytes) -> bytes:
    """Runs written out: a byte, 0x90, how often; 0x90 itself is followed by 0."""
    out = bytearray()
    at = 0
    while at < len(data) and len(out) < MAX_RUNS:
        mark = data.find(_RUN, at)
        if mark < 0 or mark + 1 >= len(data):
            out += data[at:]
            break
        out += data[at:mark]
        times = data[mark + 1]
        out += bytes([_RUN]) if not times else out[-1:] * (times - 1)
        at = mark + 2
    return bytes(out)
