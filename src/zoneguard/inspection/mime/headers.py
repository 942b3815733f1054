"""Header blocks: unfolding, parameters with RFC 2231 continuations and charsets, RFC 2047 encoded words.

Nothing here raises: a header that breaks the rules is read as mail programs read it, not refused.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from urllib.parse import unquote_to_bytes

from zoneguard.inspection.mime.charsets import decode_text

MAX_HEADER = 256 << 10
SHORT = 200  # letters of a value that is remembered
_FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*(.*?)(?=^[^ \t]|\Z)", re.MULTILINE | re.DOTALL)
_FOLD = re.compile(rb"\r?\n(?=[ \t])|\r?\n\Z")
_LINE_END = re.compile(rb"\r?\n")
_BLANK = re.compile(rb"\r?\n\r?\n")
_ORDINARY = re.compile(rb"(?:(?:[!-9;-~]++[ \t]*+:|[ \t])[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f\n]*+\n|\r?\n)*+")
"""Lines with a name, or that go on with the last, without control characters."""
_WORD = re.compile(r"=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
_PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*(?:"|\Z)|[^;]*)', re.DOTALL)
_SECTION = re.compile(r"^(.+?)(?:\*(\d{1,3}))?(\*)?$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Headers:
    """Fields in order: lower-case name, unfolded raw value (Latin-1 keeps its bytes). ``end``: offset of the body."""

    fields: tuple[tuple[str, str], ...]
    end: int

    def all(self, name: str) -> list[str]:
        """Every raw value of the field ``name``."""
        return [value for field, value in self.fields if field == name]

    def raw(self, name: str) -> str:
        """The first raw value of the field ``name``, or an empty string."""
        return next((value for field, value in self.fields if field == name), "")

    def text(self, name: str) -> str:
        """The first value, encoded words and raw 8-bit text decoded."""
        return decode_words(self.raw(name)).strip()


@dataclass(frozen=True, slots=True)
class Structured:
    """``value; parameter=…``: the value in lower case, the parameters decoded."""

    value: str
    parameters: Mapping[str, str]


def read_headers(data: bytes, start: int, end: int) -> Headers:
    """The header block at ``start``; the body begins behind the first empty line, or at once if there is no header."""
    if (first := _LINE_END.match(data, start, end)) is not None:
        return Headers((), first.end())
    stop = min(end, start + MAX_HEADER)
    blank = _BLANK.search(data, start, stop)
    block, body = (data[start : blank.start() + 1], blank.end()) if blank else (data[start:stop], stop)
    fields = tuple(
        (name.decode("latin-1").lower(), _unfolded(value).decode("latin-1").strip())
        for name, value in _FIELD.findall(block)
    )
    return Headers(fields, body) if fields else Headers((), start)


def _unfolded(value: bytes) -> bytes:
    """``value`` with its folds undone; one that has none may keep its line end."""
    return _FOLD.sub(b"", value) if b"\n" in value[:-1] else value


def no_headers(block: bytes) -> int:
    """How many bytes of a header block are in lines that are none: without a name, or with control characters."""
    if _ORDINARY.fullmatch(block):
        return 0
    return sum(len(line) + 1 for line in block.split(b"\n") if not _ORDINARY.fullmatch(line + b"\n"))


def structured(value: str) -> Structured:
    """A ``Content-Type`` or ``Content-Disposition`` value. Of a parameter given twice the first counts."""
    return _often(value) if len(value) <= SHORT else _structured(value)


def _structured(value: str) -> Structured:
    head, separator, rest = value.partition(";")
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    whole: dict[str, str] = {}
    for key, raw in _PARAMETER.findall(separator + rest):
        match = _SECTION.match(key.lower())
        assert match is not None  # the pattern takes any non-empty text
        name, number, extended = match.group(1), match.group(2), match.group(3) is not None
        text = _unquoted(raw)
        if number is not None or extended:
            sections.setdefault(name, {}).setdefault(int(number or 0), (text, extended))
        else:
            whole.setdefault(name, text)
    parameters = {name: text if name == "boundary" else decode_words(text) for name, text in whole.items()}
    parameters |= {name: _joined(parts) for name, parts in sections.items()}
    return Structured(re.sub(r"\([^()]*\)|\s", "", head).lower(), parameters)


_often = lru_cache(maxsize=512)(_structured)  # the same few are in most messages


def decode_words(value: str) -> str:
    """Encoded words decoded; bytes of neighbours in one charset are joined first, as a character may be cut in two."""
    pieces: list[tuple[str, bytes]] = []
    position = 0
    for match in _WORD.finditer(value):
        between = value[position : match.start()]
        if between.strip() or (between and not pieces):
            pieces.append(("", between.encode("latin-1", "replace")))
        pieces.append((match.group(1).lower(), _word_bytes(match.group(2), match.group(3))))
        position = match.end()
    pieces.append(("", value[position:].encode("latin-1", "replace")))
    runs = groupby(pieces, key=lambda piece: piece[0])
    return "".join(decode_text(b"".join(data for _, data in run), charset) for charset, run in runs)


def _word_bytes(encoding: str, text: str) -> bytes:
    raw = text.encode("latin-1", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(raw, header=True)
    kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    return binascii.a2b_base64(kept[: len(kept) - (len(kept) % 4 == 1)] + b"===")


def _unquoted(raw: str) -> str:
    raw = raw.strip()
    if raw.startswith('"'):
        return re.sub(r"\\(.)", r"\1", raw[1:].removesuffix('"'), flags=re.DOTALL)
    return raw


def _joined(sections: Mapping[int, tuple[str, bool]]) -> str:
    """RFC 2231 sections in order of their numbers; the first names the charset if it is extended."""
    ordered = [sections[number] for number in sorted(sections)]
    charset = ""
    out: list[bytes] = []
    for index, (text, extended) in enumerate(ordered):
        body = text
        if extended and index == 0 and text.count("'") >= 2:
            charset, _, body = text.split("'", 2)
        raw = body.encode("latin-1", "replace")
        out.append(unquote_to_bytes(raw) if extended else raw)
    joined = b"".join(out)
    return decode_text(joined, charset) if charset else decode_words(joined.decode("latin-1"))
