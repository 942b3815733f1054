"""A value of JSON with the lines on which it stands."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Any, NamedTuple

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
        return _node(Node, (found, self[1], self[2])) if found is not None or key in value else None

    def members(self) -> Iterator[tuple[str, Node]]:
        """The members of an object; nothing for any other value."""
        for key, found in self.value.items() if isinstance(self.value, dict) else ():
            yield key, found if type(found) is Node else _node(Node, (found, self[1], self[2]))

    def items(self) -> Iterator[Node]:
        """The elements of a list; nothing for any other value."""
        for found in self.value if isinstance(self.value, list) else ():
            yield found if type(found) is Node else _node(Node, (found, self[1], self[2]))

    def at(self, place: int) -> Node | None:
        """The element ``place`` of a list, from 0."""
        if not isinstance(self.value, list) or place >= len(self.value):
            return None
        found = self.value[place]
        return found if type(found) is Node else Node(found, self.first, self.last)

    def each(self, key: str) -> Iterator[Node]:
        """The elements of the list ``key`` of an object."""
        found = self.get(key)
        return found.items() if found is not None else iter(())

    def texts(self, key: str) -> list[str]:
        """The elements of the list ``key`` of an object as :attr:`words`."""
        found = self.get(key)
        listed = found.value if found is not None and isinstance(found.value, list) else ()
        return [_words(part.value if type(part) is Node else part) for part in listed]

    def text(self, key: str) -> str:
        """The string or number ``key`` of an object as text; empty where there is none."""
        value = self.value
        found = value.get(key) if type(value) is dict else None
        if type(found) is Node:
            found = found.value
        return found if type(found) is str else _words(found)

    @property
    def plain(self) -> Any:
        """The value without the lines of what is in it."""
        value = self.value
        if type(value) is dict:
            return {key: part.plain if type(part) is Node else part for key, part in value.items()}
        return [part.plain if type(part) is Node else part for part in value] if type(value) is list else value

    def renamed(self, names: Mapping[str, str]) -> dict[str, Any]:
        """The members that ``names`` calls otherwise, by those names; without those that are ``null``."""
        value = self.value if isinstance(self.value, dict) else {}
        return {
            names[key]: part
            for key, part in value.items()
            if key in names and (part.value if type(part) is Node else part) is not None
        }

    @property
    def words(self) -> str:
        """A string or number as text; empty for any other value."""
        return _words(self.value)

    def held(self, names: Container[str]) -> set[str]:
        """The members of an object in ``names`` that are not empty, ``null``, ``false`` or 0."""
        value = self.value if isinstance(self.value, dict) else {}
        return {key for key, part in value.items() if key in names and (part.value if type(part) is Node else part)}

    def flag(self, key: str) -> bool:
        """Whether ``key`` of an object is true."""
        found = self.get(key)
        return found is not None and found.value is True


_node = tuple.__new__
"""``_node(Node, (value, first, last))``: ``Node``'s own way takes twice as long."""


def _words(value: Value) -> str:
    if type(value) is str:
        return value
    return str(value) if type(value) is int or type(value) is float else ""
