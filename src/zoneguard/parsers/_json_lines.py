"""JSON with the lines on which each value stands; several documents one after another are read as one list.

What is broken costs no more than itself: of a document that ends too early its complete members are kept, and reading
goes on at the next line that begins a document.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

from zoneguard.model.device import Concern
from zoneguard.parsers.accounting import Ledger

MAX_DEPTH = 60
BROKEN = "not JSON, or cut short: what follows in this document is not read"
STRAY = "text between the documents that is no JSON"
PROMPT = "prompt or command of a session"
_BLANK = re.compile(r"[ \t\r\n,]*")
_DOCUMENT = r"(?:\{|\[\s*(?:[\[{\"\]\d-]|\Z))"
_BEGIN = re.compile("^" + _DOCUMENT, re.MULTILINE)
_HERE = re.compile(_DOCUMENT)
_COMMAND = re.compile(r".{0,100}[$#>%] *(?:(?:aws|az|terraform|tofu|exit|logout|cat|sudo)\b|$)|(?:aws|az) ")
_MEMBER = re.compile(
    r'[ \t\r\n,]*"((?:[^"\\\x00-\x1f]|\\[^\x00-\x1f])*)"[ \t\r\n]*:[ \t\r\n]*'
    r'(?:"([^"\\\x00-\x1f\ud800-\udfff]*)"|(null|true|false)\b)?'
)  # a key, and its value where that is a plain string or a word
_WORDS = {"null": None, "true": True, "false": False}
_SIMPLE = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"')
_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED = re.compile(r"\\u[dD]|[\ud800-\udfff]")  # what may become half a character
_scalar = json.JSONDecoder().raw_decode

Value = dict[str, Any] | list[Any] | str | int | float | bool | None


class Node(NamedTuple):
    """A value and its lines, 1-based. What is in it is asked of its methods: a node, or a plain value that was read
    as a whole and has the lines of that."""

    value: Value
    first: int
    last: int

    def get(self, key: str) -> Node | None:
        """The member ``key`` of an object."""
        value = self.value
        if type(value) is not dict:
            return None
        found = value.get(key)
        if type(found) is Node:
            return found
        return Node(found, self.first, self.last) if key in value else None

    def members(self) -> Iterator[tuple[str, Node]]:
        """The members of an object; nothing for any other value."""
        for key, found in self.value.items() if isinstance(self.value, dict) else ():
            yield key, found if type(found) is Node else Node(found, self.first, self.last)

    def items(self) -> Iterator[Node]:
        """The elements of a list; nothing for any other value."""
        for found in self.value if isinstance(self.value, list) else ():
            yield found if type(found) is Node else Node(found, self.first, self.last)

    def at(self, place: int) -> Node | None:
        """The element ``place`` of a list, from 0."""
        if not isinstance(self.value, list) or place >= len(self.value):
            return None
        found = self.value[place]
        return found if type(found) is Node else Node(found, self.first, self.last)

    def each(self, key: str) -> Iterator[Node]:
        """The elements of the list ``key`` of an object."""
        found = self.get(key)
        yield from found.items() if found else ()

    def text(self, key: str) -> str:
        """The string or number ``key`` of an object as text; empty where there is none."""
        value = self.value
        found = value.get(key) if type(value) is dict else None
        if type(found) is Node:
            found = found.value
        return found if type(found) is str else _words(found)

    @property
    def words(self) -> str:
        """A string or number as text; empty for any other value."""
        return _words(self.value)

    def flag(self, key: str) -> bool:
        """Whether ``key`` of an object is true."""
        found = self.get(key)
        return found is not None and found.value is True


def _words(value: Value) -> str:
    if type(value) is str:
        return value
    return str(value) if type(value) is int or type(value) is float else ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines ``first`` to ``last`` that could not be read; ``stray``: they stand between the documents."""

    first: int
    last: int
    stray: bool


def read_documents(
    lines: tuple[str, ...], ledger: Ledger, passed: frozenset[str] = frozenset(), whole: frozenset[str] = frozenset()
) -> list[Node]:
    """Every document; ``ledger`` is told of the lines that are none. Members named in ``passed`` are left out; what is
    in those named in ``whole`` has no lines of its own."""
    found, gaps = documents(lines, passed, whole)
    for gap in gaps:
        for number in range(gap.first, gap.last + 1):
            line = lines[number - 1]
            if gap.stray and _COMMAND.match(line):
                ledger.ignored(PROMPT, number)
            elif line.strip():
                ledger.not_understood(number, STRAY if gap.stray else BROKEN, Concern.FILTER)
    return found


def documents(
    lines: tuple[str, ...], passed: frozenset[str] = frozenset(), whole: frozenset[str] = frozenset()
) -> tuple[list[Node], list[Gap]]:
    """Every document, as far as it can be read, and the lines that cannot."""
    text = "\n".join(lines)
    reader = _Reader(text, lines, passed, whole)
    found: list[Node] = []
    gaps: list[Gap] = []
    at = reader.skip(0)
    while at < len(text):
        stray = not _HERE.match(text, at)
        if not stray:
            node, end = reader.value(at, 0)
            found.append(node)
            if reader.broken is None:
                at = reader.skip(end)
                continue
            at, reader.broken = reader.broken, None
        following = _BEGIN.search(text, text.find("\n", at) + 1 or len(text))
        end = following.start() if following else len(text)
        gaps.append(Gap(reader.line(at), reader.line(max(at, end - 1)), stray))
        at = reader.skip(end)
    return found, gaps


class _Reader:
    """Reads values; ``broken`` is where the first fault stands, after which open values close with what they have."""

    def __init__(self, text: str, lines: tuple[str, ...], passed: frozenset[str], whole: frozenset[str]) -> None:
        self.broken: int | None = None
        self._passed = passed
        self._whole = whole
        self._odd = _SURROGATE.search(text) is not None
        self._text = text
        self._starts = [0, *accumulate(map((1).__add__, map(len, lines)))]
        self._line = 1

    def skip(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        return match.end() if match else at

    def line(self, at: int) -> int:
        """The line of a place; behind the end: the last."""
        return min(bisect_right(self._starts, at), len(self._starts) - 1)

    def _here(self, at: int) -> int:
        """The line of a place that is not before the one asked for last."""
        line = self._line
        while self._starts[line] <= at:
            line += 1
        self._line = line
        return line

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        """The value at ``at``, and where it ends."""
        first = self._here(at)
        opening = self._text[at : at + 1]
        simple = _SIMPLE.match(self._text, at) if opening == '"' else None
        if simple:
            return Node(simple[1], first, first), simple.end()
        value: Value = None
        end = at + 1
        if depth > MAX_DEPTH:
            self.broken = at
        elif opening == "{":
            value, end = self._object(at, depth)
        elif opening == "[":
            value, end = self._list(at, depth)
        else:
            value, end = self._plain(at)
        return Node(value, first, self._here(end - 1)), end

    def _plain(self, at: int) -> tuple[Value, int]:
        try:
            value, end = _scalar(self._text, at)
        except (ValueError, RecursionError):
            self.broken = min(at, max(0, len(self._text) - 1))
            return None, at + 1
        if isinstance(value, str) and _SURROGATE.search(value):
            value = value.encode("utf-8", "backslashreplace").decode()
        return value, end

    def _object(self, at: int, depth: int) -> tuple[dict[str, Node], int]:
        found: dict[str, Node] = {}
        whole, starts, next_member, new = self._text, self._starts, _MEMBER.match, tuple.__new__
        at += 1
        while True:
            member = next_member(whole, at)
            if member is None:
                at = self.skip(at)
                if whole[at : at + 1] != "}":
                    self.broken = min(at, max(0, len(whole) - 1))
                    return found, at
                return found, at + 1
            key, text, word = member.groups()
            if "\\" in key or (self._odd and _SURROGATE.search(key)):
                key = str(self._plain(member.start(1) - 1)[0])
            if text is not None or word is not None:
                at = member.end()
                line = self._line if at <= starts[self._line] else self._here(at - 1)
                found[key] = new(Node, (_WORDS[word] if text is None else text, line, line))  # Node's own takes longer
                continue
            if key in self._passed or key in self._whole:
                begin = member.end()
                plain, at = self._plain(begin)
                if self.broken is None and (key in self._passed or not _ESCAPED.search(whole, begin, at)):
                    if key in self._whole:
                        found[key] = Node(plain, self._here(begin), self._here(at - 1))
                    continue
                self.broken = None  # what is left of it is read like any other
            node, at = self.value(member.end(), depth + 1)
            if self.broken is not None:
                return found | ({key: node} if isinstance(node.value, dict | list) else {}), at
            found[key] = node

    def _list(self, at: int, depth: int) -> tuple[list[Node], int]:
        found: list[Node] = []
        at = self.skip(at + 1)
        while self._text[at : at + 1] != "]":
            node, at = self.value(at, depth + 1)
            if self.broken is not None:
                return found + ([node] if isinstance(node.value, dict | list) else []), at
            found.append(node)
            at = self.skip(at)
        return found, at + 1
