"""A Junos configuration as one tree of words, whichever way it was written.

``security { zones { security-zone trust; } }`` and ``set security zones security-zone trust`` are the same path of
words. A list ``[ a b ]`` is several paths. Statements keep the order in which they were first written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

MAX_TEXT = 300
_NONE: dict[str, Node] = {}


class Node:
    """One word of the configuration.

    ``children`` are added by ``add`` alone: words without any share one table. ``lines`` are those of statements that
    end with this word, ``frames`` those of its braces. ``group`` names the configuration group that it is inherited
    from. ``used``: a reader has taken it into account; ``reason``: it cannot change what is forwarded, nor can what is
    below it.
    """

    __slots__ = ("children", "frames", "group", "inactive", "lines", "reason", "used", "word")

    def __init__(self, word: str, lines: tuple[int, ...] = (), frames: tuple[int, ...] = (), group: str = "") -> None:
        self.word = word
        self.children = _NONE
        self.lines = lines
        self.frames = frames
        self.group = group
        self.inactive = self.used = False
        self.reason = ""

    def add(self, child: Node) -> Node:
        """``child`` as the last one below, or in the place of that of its name."""
        if self.children:
            self.children[child.word] = child
        else:
            self.children = {child.word: child}
        return child

    def child(self, word: str) -> Node:
        """The child of that name, made where there is none."""
        return self.children.get(word) or self.add(Node(word))

    def get(self, *words: str) -> Node | None:
        """The node at the end of a path, ``None`` where the path does not exist."""
        node: Node | None = self
        for word in words:
            node = node.children.get(word) if node is not None else None
        return node

    def at(self, *words: str) -> Node:
        """Like ``get``, with an empty node that belongs to no tree where the path does not exist."""
        return self.get(*words) or Node(words[-1])

    def take(self, depth: int | None = None) -> None:
        """The reader has understood this and everything below, or what is at most ``depth`` words below."""
        level = [self]
        while level and (depth is None or depth >= 0):
            for node in level:
                node.used = True
            level = [child for node in level for child in node.children.values()]
            depth = None if depth is None else depth - 1

    def ignore(self, reason: str) -> None:
        """Nothing from here on can change what is forwarded."""
        self.reason = reason

    @property
    def text(self) -> str:
        """The words of the statement and of all below it."""
        return " ".join(node.word for node in self.walk())[:MAX_TEXT]

    def walk(self) -> Iterator[Node]:
        """This node and all below, in order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children.values()))

    def values(self, keyword: str) -> list[Node]:
        """The words after ``keyword``: a list, or several statements. They count as understood."""
        found = self.children.get(keyword)
        if found is None:
            return []
        found.used = True
        for value in found.children.values():
            value.used = True
        return list(found.children.values())

    def value(self, keyword: str) -> Node | None:
        """The one word after ``keyword``: the last written; what is written here goes before what is inherited."""
        return latest(self.values(keyword))

    def word_of(self, keyword: str, default: str = "") -> str:
        """The text of ``value``."""
        found = self.value(keyword)
        return default if found is None else found.word

    def has(self, keyword: str) -> bool:
        """Whether the statement is there; it then counts as understood."""
        found = self.children.get(keyword)
        if found is not None:
            found.used = True
        return found is not None

    @property
    def line(self) -> int:
        """The first line of the statement, 0 for one that is not written."""
        if self.lines or self.frames:
            return min((*self.lines, *self.frames))
        return min((line for child in self.children.values() if (line := child.line)), default=0)

    @property
    def last(self) -> int:
        """The last line of the statement and of what is below it."""
        return max((line for node in self.walk() for line in (*node.lines, *node.frames)), default=0)

    @property
    def extent(self) -> tuple[int, int]:
        """The first line and the last one that follows it without a gap."""
        if self.frames:
            return self.frames[0], max(self.frames[-1], self.frames[0])
        lines: list[int] = []
        found = [self]
        for node in found:
            lines += node.lines
            lines += node.frames
            if node.children:
                found += node.children.values()
        if not lines:
            return 0, 0
        lines = sorted(set(lines))
        first = last = lines[0]
        if lines[-1] - first < len(lines):
            return first, lines[-1]
        for line in lines:
            if line > last + 1:
                break
            last = line
        return first, last


def latest(nodes: Iterable[Node]) -> Node | None:
    """Of alternatives of which only one can hold: the last written here, else the first inherited."""
    found = list(nodes)
    if len(found) == 1:
        return found[0]
    own = [node for node in found if not node.group]
    if len(own) > 1:
        return max(own, key=lambda node: node.last)
    return own[0] if own else found[0] if found else None


def down(node: Node, words: Sequence[str]) -> Node:
    """The node at the end of a path, made where it is not there."""
    for word in words:
        node = node.children.get(word) or node.add(Node(word))
    return node


def sentences(node: Node, keywords: Collection[str]) -> dict[str, list[Node]]:
    """The values of each of ``keywords`` below ``node``.

    One line may hold several statements (``match source-address any destination-address any``): a keyword after a value
    begins the next.
    """
    found: dict[str, list[Node]] = {}
    stack = [node]
    while stack:
        here = stack.pop()
        for word, child in here.children.items():
            if word in keywords:
                child.used = True
                values = found.setdefault(word, [])
                values += child.children.values()
                for value in child.children.values():
                    value.used = True
                    if value.children:
                        stack.append(value)
    return found
