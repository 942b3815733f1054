"""JSON with the lines on which each value stands; several documents one after another are read as one list.

What is broken costs no more than itself: of a document that ends too early its complete members are kept, and reading
goes on at the next line that begins a document.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from zoneguard.model.device import Concern
from zoneguard.parsers._json_node import Node, Value
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
_NESTED = (dict, list)
_WORDS = {"null": None, "true": True, "false": False}
_SIMPLE = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"')
_SURROGATE = re.compile("[\ud800-\udfff]")
_HALVES = ("\\ud", "\\uD")  # how escapes begin that may be half a character
_scalar = json.JSONDecoder().raw_decode


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines ``first`` to ``last`` that could not be read; ``stray``: they stand between the documents."""

    first: int
    last: int
    stray: bool


@dataclass(frozen=True, slots=True)
class Detail:
    """How much of a document is read, and with lines of its own: members named in ``passed`` may be left out; what is
    in those named in ``whole`` has none; ``flat``: nor has what is in an object of a list that holds no objects in a
    list itself."""

    passed: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    flat: bool = False


def read_documents(lines: tuple[str, ...], ledger: Ledger, detail: Detail = Detail()) -> list[Node]:
    """Every document; ``ledger`` is told of the lines that are none."""
    found, gaps = documents(lines, detail)
    for gap in gaps:
        for number in range(gap.first, gap.last + 1):
            line = lines[number - 1]
            if gap.stray and _COMMAND.match(line):
                ledger.ignored(PROMPT, number)
            elif line.strip():
                ledger.not_understood(number, STRAY if gap.stray else BROKEN, Concern.FILTER)
    return found


def documents(lines: tuple[str, ...], detail: Detail = Detail()) -> tuple[list[Node], list[Gap]]:
    """Every document, as far as it can be read, and the lines that cannot."""
    text = "\n".join(lines)
    reader = _Reader(text, lines, detail)
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

    def __init__(self, text: str, lines: tuple[str, ...], detail: Detail) -> None:
        self.broken: int | None = None
        self._passed = detail.passed
        self._whole = detail.whole
        self._flat = detail.flat
        self._halves = not text.isascii() and _SURROGATE.search(text) is not None
        self._odd = self._halves or any(half in text for half in _HALVES)
        self._text = text
        self._lines = lines
        self._line, self._counted = 1, 0

    def skip(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        return match.end() if match else at

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(map((1).__add__, map(len, self._lines)))]

    def line(self, at: int) -> int:
        """The line of a place; behind the end: the last."""
        return min(bisect_right(self._starts, at), len(self._lines))

    def _here(self, at: int) -> int:
        """The line of a place that is not before the one asked for last."""
        self._line += self._text.count("\n", self._counted, at)
        self._counted = at
        return self._line

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

    def _spanned(self, value: Value, begin: int, end: int) -> Node:
        return Node(value, self._here(begin), self._here(end - 1))

    def _flat_object(self, at: int) -> tuple[Node, int] | None:
        """The object at ``at`` without lines of what is in it; ``None`` where it is none, broken, or not flat."""
        if self._odd or self._text[at : at + 1] != "{":
            return None
        plain, end = self._plain(at)
        if self.broken is not None:
            self.broken, self._flat = None, False  # no second time: to find a fault takes as long as the text before it
            return None
        if _is_deep(plain, 0):
            return None
        return self._spanned(plain, at, end), end

    def _object(self, at: int, depth: int) -> tuple[dict[str, Node], int]:
        found: dict[str, Node] = {}
        whole, next_member, here, new = self._text, _MEMBER.match, self._here, tuple.__new__
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
            if "\\" in key or (self._halves and _SURROGATE.search(key)):
                key = str(self._plain(member.start(1) - 1)[0])
            at = member.end()
            if text is not None or word is not None:
                line = here(at - 1)
                found[key] = new(Node, (_WORDS[word] if text is None else text, line, line))
                continue
            if key in self._passed or key in self._whole:
                plain, end = self._plain(at)
                if self.broken is None and (key in self._passed or not self._odd):
                    if key in self._whole:
                        found[key] = self._spanned(plain, at, end)
                    at = end
                    continue
                self.broken = None  # what is left of it is read like any other
            node, at = self.value(at, depth + 1)
            if self.broken is not None:
                return found | ({key: node} if isinstance(node.value, dict | list) else {}), at
            found[key] = node

    def _list(self, at: int, depth: int) -> tuple[list[Node], int]:
        found: list[Node] = []
        at = self.skip(at + 1)
        while self._text[at : at + 1] != "]":
            node, at = (self._flat_object(at) if self._flat else None) or self.value(at, depth + 1)
            if self.broken is not None:
                return found + ([node] if isinstance(node.value, dict | list) else []), at
            found.append(node)
            at = self.skip(at)
        return found, at + 1


def _is_deep(value: Value, depth: int) -> bool:
    """Whether an object holds objects or lists in a list, in itself or in an object within it."""
    if depth > MAX_DEPTH:
        return True
    for part in value.values() if isinstance(value, dict) else ():
        kind = type(part)
        if (kind is list and any(type(one) in _NESTED for one in part)) or (kind is dict and _is_deep(part, depth + 1)):
            return True
    return False
