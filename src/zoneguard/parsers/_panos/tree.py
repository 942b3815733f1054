"""A PAN-OS configuration as a tree of words: the same whether it was exported as XML, ``set`` lines or braces.

An XML element, an ``entry`` by its name, a ``member`` and a text are each a word below the word around them:
``<from><member>any</member></from>``, ``set … from any`` and ``from any;`` all make ``from`` → ``any``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Lines = tuple[int, int]
"""First and last line, 1-based."""

_NONE: dict[str, Node] = {}
UNMARKED: list[Lines] = []
"""Shared by the words of a ``set`` form at which no line ends."""
FIRST: list[Lines] = [(0, 0)]
"""Shared by those at which one line ends, their first: a large file has a hundred thousand."""


class Node:
    """A word, the words below it in the order of the file, and where it is written.

    ``marks``: the lines of a ``set`` form that end at this word (``None`` in the block forms, where ``first`` to
    ``last`` are the word and all below it). A large file has hundreds of thousands of these.
    """

    __slots__ = ("children", "first", "last", "marks", "name")

    def __init__(self, name: str, first: int, last: int, marks: list[Lines] | None = None) -> None:
        self.name = name
        self.first = first
        self.last = last
        self.marks = marks
        self.children = _NONE

    def child(self, name: str, line: int) -> Node:
        """The word ``name`` below, mentioned again in ``line``, new where there is none."""
        found = self.children.get(name)
        if found is None:
            if not self.children:
                self.children = {}
            found = self.children[name] = Node(name, line, line, None if self.marks is None else UNMARKED)
        elif line > found.last:
            found.last = line
        return found

    def ends(self, name: str, line: int) -> None:
        """A line of a ``set`` form ends at the word ``name`` below."""
        found = self.children.get(name)
        if found is not None:
            found.last = max(found.last, line)
            found.mark((line, line))
        elif self.children:
            self.children[name] = Node(name, line, line, FIRST)
        else:
            self.children = {name: Node(name, line, line, FIRST)}

    def mark(self, lines: Lines) -> None:
        """A line of a ``set`` form ends at this word."""
        if self.marks is UNMARKED or self.marks is None:
            self.marks = FIRST if lines == (self.first, self.first) else [lines]
        elif self.marks is FIRST:
            self.marks = [(self.first, self.first), lines]
        else:
            self.marks.append(lines)

    def at(self, *path: str) -> Node | None:
        """The node at the end of ``path``."""
        node: Node | None = self
        for name in path:
            node = node.children.get(name) if node is not None else None
        return node

    def below(self, *path: str) -> Mapping[str, Node]:
        """The words below the end of ``path``; none where it does not exist."""
        children = self.children
        for name in path:
            node = children.get(name)
            if node is None:
                return _NONE
            children = node.children
        return children

    def words(self, *path: str) -> tuple[str, ...]:
        """The names of the words below the end of ``path``."""
        children = self.children
        for name in path:
            node = children.get(name)
            if node is None:
                return ()
            children = node.children
        return tuple(children)

    def word(self, *path: str, default: str = "") -> str:
        """The word below the end of ``path``; of several the one written last, as a later ``set`` line replaces it."""
        children = self.children
        for name in path:
            node = children.get(name)
            if node is None:
                return default
            children = node.children
        if len(children) > 1:
            return max(children.values(), key=lambda node: node.last).name
        return next(iter(children), default)

    def yes(self, *path: str, default: bool = False) -> bool:
        """Whether the setting at ``path`` is ``yes``."""
        word = self.word(*path)
        return word == "yes" if word else default

    def line(self, *path: str) -> int:
        """The first line of the node at ``path``, or of this one where there is none."""
        node = self
        for name in path:
            found = node.children.get(name)
            if found is None:
                return self.first
            node = found
        return node.first


def spans(node: Node) -> list[Lines]:
    """The lines of the node and of everything below it."""
    if node.marks is None:
        return [(node.first, node.last)]
    found: list[Lines] = []
    stack = [node]
    while stack:
        here = stack.pop()
        if here.marks is FIRST:
            found.append((here.first, here.first))
        elif here.marks:
            found += here.marks
        if here.children:
            stack += here.children.values()
    return found


def merged(nodes: Iterable[Node]) -> Node:
    """One tree of several, the first going before the others: where both give a value, the first one's stands.

    A node whose words have none below them is a value or a list of values; it is taken whole. Other nodes are merged
    word by word, as Panorama puts the templates of a stack together.
    """
    known = list(nodes)
    if len(known) == 1:
        return known[0]
    if not known:
        return Node("", 1, 1)
    result = Node(known[0].name, known[0].first, known[0].last, known[0].marks)
    children: dict[str, list[Node]] = {}
    for node in known:
        for word, child in node.children.items():
            children.setdefault(word, []).append(child)
    result.children = {word: same[0] if _is_value(same[0]) else merged(same) for word, same in children.items()}
    return result


def _is_value(node: Node) -> bool:
    return bool(node.children) and not any(child.children for child in node.children.values())
