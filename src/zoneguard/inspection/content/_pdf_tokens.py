"""PDF (ISO 32000-1, 7.2–7.5) cut into tokens: names with their escapes, without strings, comments and stream data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"(?P<comment>%)"
    rb"|\("
    rb"|<<|>>"
    rb"|<[0-9A-Fa-f\s]*>"
    rb"|/(?P<name>[^\x00\t\n\x0c\r ()<>\[\]{}/%]*)"
    rb"|(?P<object>(?<![0-9])\d{1,10}[ \t\r\n\x00]+\d{1,5}[ \t\r\n\x00]+obj\b)"
    rb"|(?P<stream>(?<!d)stream[ \t]*(?:\r\n|\n|\r))"
)
_STRING = re.compile(rb"[()\\]")
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_LINE_END = re.compile(rb"[\r\n]")
_OBJECT = re.compile(rb"\d\s+\d{1,5}\s+obj\b")
_END = re.compile(rb"endstream")


@dataclass(frozen=True, slots=True)
class Name:
    """``/value`` at ``offset``, escapes undone; ``within``: number of the object it is in (0: none)."""

    value: str
    offset: int
    within: int


@dataclass(frozen=True, slots=True)
class Data:
    """Stream data from ``start`` to ``end`` of object ``within``; ``names`` are those of its dictionary.
    ``generation``: how often that object's number was used before."""

    start: int
    end: int
    within: int
    names: tuple[str, ...]
    generation: int = 0


def tokens(data: bytes, start: int = 0) -> Iterator[Name | Data]:
    """Names and stream data in order; the inside of streams and strings is skipped. Behind a string that has no end, or
    that holds what looks like an object, strings are no longer told from the rest; of a comment with an object neither:
    a reader may find it by its offset. Rather a name too many than one too few."""
    position, within, generation, strings = start, 0, 0, True
    opened = 0  # to where comments are read as well
    names: list[str] = []
    while (match := _TOKEN.search(data, position)) is not None:
        position = match.end()
        if match["name"] is not None:
            value = _ESCAPE.sub(lambda m: bytes.fromhex(m[1].decode()), match["name"]).decode("latin-1")
            names.append(value)
            yield Name(value, match.start(), within)
        elif match["object"] is not None:
            within, generation = (int(part) for part in match["object"].replace(b"\0", b" ").split()[:2])
            names = []
        elif match["stream"] is not None:
            end = _END.search(data, position)
            stop = end.start() if end else len(data)
            yield Data(position, stop, within, tuple(names), generation)
            position = stop
            names = []
        elif match["comment"]:
            if position > opened:
                end_of_line = _LINE_END.search(data, position)
                stop = end_of_line.start() if end_of_line else len(data)
                opened = stop if _OBJECT.search(data, position, stop) else position
                position = position if opened == stop else stop
        elif match.group() == b"(" and strings:
            end_of_string = _behind_string(data, position)
            strings = end_of_string >= 0 and _OBJECT.search(data, position, end_of_string) is None
            position = end_of_string if strings else position


def _behind_string(data: bytes, position: int) -> int:
    """Behind the closing parenthesis; -1 where there is none."""
    depth = 1
    while (match := _STRING.search(data, position)) is not None:
        position = match.end()
        if match.group() == b"\\":
            position += 1
        else:
            depth += 1 if match.group() == b"(" else -1
            if not depth:
                return position
    return -1
