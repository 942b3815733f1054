"""JSON with the lines on which each value stands; several documents one after another are read as one list."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

MAX_DEPTH = 60
_BLANK = re.compile(r"[ \t\n\r,]*")
_scalar = json.JSONDecoder().raw_decode

Value = dict[str, "Node"] | list["Node"] | str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its lines, 1-based."""

    value: Value
    first: int
    last: int

    def get(self, key: str) -> Node | None:
        """The member ``key`` of an object."""
        return self.value.get(key) if isinstance(self.value, dict) else None

    def items(self) -> Iterator[Node]:
        """The elements of a list; nothing for any other value."""
        yield from self.value if isinstance(self.value, list) else ()

    def each(self, key: str) -> Iterator[Node]:
        """The elements of the list ``key`` of an object."""
        found = self.get(key)
        yield from found.items() if found else ()

    def text(self, key: str) -> str:
        """The string or number ``key`` of an object as text; empty where there is none."""
        found = self.get(key)
        return "" if found is None or isinstance(found.value, dict | list | bool | None) else str(found.value)

    def flag(self, key: str) -> bool:
        """Whether ``key`` of an object is true."""
        found = self.get(key)
        return found is not None and found.value is True


def documents(lines: tuple[str, ...]) -> list[Node]:
    """Every document. Raises ``ValueError`` with the line where there is none, or where it is nested too deeply."""
    text = "\n".join(lines)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    reader = _Reader(text, starts)
    found = []
    at = reader.skip(0)
    while at < len(text):
        node, at = reader.value(at, 0)
        found.append(node)
        at = reader.skip(at)
    return found


class _Reader:
    def __init__(self, text: str, starts: list[int]) -> None:
        self._text = text
        self._starts = starts

    def skip(self, at: int) -> int:
        match = _BLANK.match(self._text, at)
        return match.end() if match else at

    def line(self, at: int) -> int:
        return bisect_right(self._starts, at)

    def value(self, at: int, depth: int) -> tuple[Node, int]:
        """The value at ``at``, and where it ends."""
        opening = self._text[at : at + 1]
        if depth > MAX_DEPTH:
            raise ValueError(f"line {self.line(at)}: nested too deeply")
        try:
            value, end = (
                self._object(at, depth)
                if opening == "{"
                else self._list(at, depth)
                if opening == "["
                else _scalar(self._text, at)
            )
        except json.JSONDecodeError as error:
            raise ValueError(f"line {self.line(error.pos)}: {error.msg}") from None
        return Node(value, self.line(at), self.line(end - 1)), end

    def _object(self, at: int, depth: int) -> tuple[dict[str, Node], int]:
        found: dict[str, Node] = {}
        at = self.skip(at + 1)
        while self._text[at : at + 1] != "}":
            if self._text[at : at + 1] != '"':
                raise ValueError(f"line {self.line(at)}: a key is expected")
            key, at = _scalar(self._text, at)
            at = self.skip(at)
            if self._text[at : at + 1] != ":":
                raise ValueError(f"line {self.line(at)}: a colon is expected")
            found[key], at = self.value(self.skip(at + 1), depth + 1)
            at = self.skip(at)
        return found, at + 1

    def _list(self, at: int, depth: int) -> tuple[list[Node], int]:
        found: list[Node] = []
        at = self.skip(at + 1)
        while self._text[at : at + 1] != "]":
            node, at = self.value(at, depth + 1)
            found.append(node)
            at = self.skip(at)
        return found, at + 1
