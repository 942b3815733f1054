"""The second, independent engine: a hash-consed interval decision diagram in pure Python.

A node asks one chunk of a group (4 bits); its edges are the intervals of the chunk's values, complete, disjoint,
neighbours different. Groups of one block take turns, chunk by chunk.
It serves where OxiDD has no wheel, and in tests as the second opinion on every law and every result.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import cast

from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.engine import MAX_SPANS, Node, too_many_parts
from zoneguard.model.packets.layout import GROUPS, VARIABLES, Group

CHUNK = 4


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A node: ``highs[i]`` is the last value of edge ``i`` to ``children[i]``. Equal nodes are identical."""

    level: int
    highs: tuple[int, ...]
    children: tuple[Diagram, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive bits of a group: ``width`` of them, with ``below`` bits of the group after them."""

    group: Group
    width: int
    below: int

    @property
    def top(self) -> int:
        """The largest value."""
        return (1 << self.width) - 1

    @property
    def first(self) -> int:
        """The first variable, as ``layout`` counts them."""
        return self.group.variable(self.group.width - self.below - self.width)


def _chunks(group: Group) -> list[Chunk]:
    return [Chunk(group, min(CHUNK, end), max(0, end - CHUNK)) for end in range(group.width, 0, -CHUNK)]


class IntervalEngine:
    """Interval decision diagrams behind the ``Engine`` protocol."""

    name = "interval"

    def __init__(self) -> None:
        self.max_spans = MAX_SPANS
        chunks = (chunk for group in GROUPS.values() for chunk in _chunks(group))
        self._chunks: list[Chunk] = sorted(chunks, key=lambda chunk: chunk.first)
        self._levels: dict[str, list[int]] = defaultdict(list)
        for level, chunk in enumerate(self._chunks):
            self._levels[chunk.group.name].append(level)
        self._bits_from = [*accumulate((chunk.width for chunk in reversed(self._chunks)), initial=0)][::-1]
        self._unknown: dict[str, int] = {}
        last = 1 << 62
        self._true, self._false = Diagram(last, (), (Diagram(last, (), ()),)), Diagram(last, (), ())
        self.true: Node = self._true
        self.false: Node = self._false
        self._nodes: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Diagram] = {}
        self._conj: dict[tuple[int, int], Diagram] = {}
        self._offsets: dict[tuple[Group, Group, int, range], Diagram] = {}
        self._neg: dict[int, Diagram] = {id(self._true): self._false, id(self._false): self._true}

    def _node(self, level: int, edges: Iterable[tuple[int, Diagram]]) -> Diagram:
        highs: list[int] = []
        children: list[Diagram] = []
        for high, child in edges:
            if children and children[-1] is child:
                highs[-1] = high
            else:
                highs.append(high)
                children.append(child)
        if len(children) == 1:
            return children[0]
        key = (level, tuple(highs), tuple(map(id, children)))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Diagram(level, tuple(highs), tuple(children))
        return node

    def spans(self, group: Group, values: Intervals) -> Node:
        parts = [self._range(self._levels[group.name], low, high) for low, high in values.spans]
        while len(parts) > 1:
            pairs = [self._or(a, b) for a, b in zip(parts[::2], parts[1::2], strict=False)]
            parts = pairs + (parts[-1:] if len(parts) % 2 else [])
        return parts[0] if parts else self._false

    def _range(self, levels: list[int], low: int, high: int) -> Diagram:
        """Values ``low`` to ``high`` of the chunks at ``levels``, read as one number."""
        if not levels:
            return self._true
        chunk = self._chunks[levels[0]]
        if low == 0 and high == (chunk.top + 1 << chunk.below) - 1:
            return self._true
        mask = (1 << chunk.below) - 1
        (a, b), rest = (low >> chunk.below, high >> chunk.below), levels[1:]
        if a == b:
            inner = [(a, a, self._range(rest, low & mask, high & mask))]
        else:
            inner = [(a, a, self._range(rest, low & mask, mask)), (b, b, self._range(rest, 0, high & mask))]
            if b - a > 1:
                inner.insert(1, (a + 1, b - 1, self._true))
        return self._stretches(levels[0], inner)

    def _stretches(self, level: int, parts: Iterable[tuple[int, int, Diagram]]) -> Diagram:
        """The node with these edges ``(low, high, child)`` in order, and nothing between them."""
        edges: list[tuple[int, Diagram]] = []
        after = 0
        for low, high, child in parts:
            if low > after:
                edges.append((low - 1, self._false))
            edges.append((high, child))
            after = high + 1
        if after <= self._chunks[level].top:
            edges.append((self._chunks[level].top, self._false))
        return self._node(level, edges)

    def masked(self, group: Group, value: int, mask: int) -> Node:
        if value & ~mask:
            return self._false
        node = self._true
        for level in self._levels[group.name]:
            chunk = self._chunks[level]
            wanted, asked = value >> chunk.below & chunk.top, mask >> chunk.below & chunk.top
            free = [i for i in range(chunk.width) if not asked >> i & 1]
            starts = [wanted]
            for i in free:
                starts += [s | 1 << i for s in starts]
            spans = Intervals.of(*starts).spans
            node = self._and(node, self._stretches(level, ((a, b, self._true) for a, b in spans)))
        return node

    def offset(self, a: Group, b: Group, delta: int, bits: range) -> Node:
        key = (a, b, delta, bits)
        if key not in self._offsets:
            sums = (self._true, self._false)
            for own, other in zip(reversed(self._levels[a.name]), reversed(self._levels[b.name]), strict=True):
                chunk = self._chunks[own]
                end = a.width - chunk.below
                asked = min(chunk.width, end - bits.start)
                if end <= bits.stop and asked > 0:
                    sums = self._add_chunk(own, other, delta >> (bits.stop - end), asked, sums)
            self._offsets[key] = self._or(*sums)
        return self._offsets[key]

    def _add_chunk(
        self, own: int, other: int, delta: int, asked: int, lower: tuple[Diagram, Diagram]
    ) -> tuple[Diagram, Diagram]:
        """The sum with one more chunk, of which the last ``asked`` bits count, without and with a carry out of it."""
        size, values = 1 << asked, 1 << self._chunks[own].width
        sums: tuple[list[Diagram], list[Diagram]] = ([], [])
        for first in range(size):
            rests: tuple[dict[int, Diagram], dict[int, Diagram]] = ({}, {})
            for carry, below in enumerate(lower):
                addend = delta % size + carry
                summand = (first - addend) % size if own < other else first
                total = summand + addend
                rests[total // size][summand if own < other else total % size] = below
            for rest, nodes in zip(rests, sums, strict=True):
                edges = ((value, rest.get(value % size, self._false)) for value in range(values))
                nodes.append(self._node(max(own, other), edges))
        upper = min(own, other)
        without, carried = (self._node(upper, ((v, nodes[v % size]) for v in range(values))) for nodes in sums)
        return without, carried

    def variable(self, key: str) -> Node:
        level = self._unknown.setdefault(key, len(self._chunks) + len(self._unknown))
        return self._node(level, ((0, self._false), (1, self._true)))

    def neg(self, a: Node) -> Node:
        return self._negated(cast(Diagram, a))

    def _negated(self, a: Diagram) -> Diagram:
        known = self._neg.get(id(a))
        if known is None:
            known = self._node(a.level, zip(a.highs, map(self._negated, a.children), strict=True))
            self._neg[id(a)] = known
        return known

    def conj(self, a: Node, b: Node) -> Node:
        return self._and(cast(Diagram, a), cast(Diagram, b))

    def disj(self, a: Node, b: Node) -> Node:
        return self._or(cast(Diagram, a), cast(Diagram, b))

    def _or(self, a: Diagram, b: Diagram) -> Diagram:
        return self._negated(self._and(self._negated(a), self._negated(b)))

    def _and(self, a: Diagram, b: Diagram) -> Diagram:
        if a is b or b is self._true:
            return a
        if a is self._true:
            return b
        if a is self._false or b is self._false:
            return self._false
        key = (id(a), id(b)) if id(a) < id(b) else (id(b), id(a))
        known = self._conj.get(key)
        if known is None:
            known = self._node(min(a.level, b.level), self._merge(a, b))
            self._conj[key] = known
        return known

    def _merge(self, a: Diagram, b: Diagram) -> Iterable[tuple[int, Diagram]]:
        if a.level != b.level:
            upper, lower = (a, b) if a.level < b.level else (b, a)
            for high, child in zip(upper.highs, upper.children, strict=True):
                yield high, self._and(child, lower)
            return
        i = j = 0
        while i < len(a.highs):
            high = min(a.highs[i], b.highs[j])
            yield high, self._and(a.children[i], b.children[j])
            i, j = i + (a.highs[i] == high), j + (b.highs[j] == high)

    def exists(self, a: Node, groups: Iterable[Group]) -> Node:
        gone = {level for g in groups for level in self._levels[g.name]}
        return self._quantify(cast(Diagram, a), gone.__contains__)

    def exists_unknown(self, a: Node) -> Node:
        return self._quantify(cast(Diagram, a), lambda level: level >= len(self._chunks))

    def _quantify(self, a: Diagram, gone: Callable[[int], bool]) -> Diagram:
        memo: dict[int, Diagram] = {}

        def walk(node: Diagram) -> Diagram:
            if not node.highs:
                return node
            if id(node) not in memo:
                children = [walk(c) for c in node.children]
                if gone(node.level):
                    result = self._false
                    for child in children:
                        result = self._or(result, child)
                else:
                    result = self._node(node.level, zip(node.highs, children, strict=True))
                memo[id(node)] = result
            return memo[id(node)]

        return walk(a)

    def unknowns(self, a: Node) -> tuple[str, ...]:
        levels: set[int] = set()
        seen: set[int] = set()
        todo = [cast(Diagram, a)]
        while todo:
            node = todo.pop()
            if id(node) not in seen and node.highs:
                seen.add(id(node))
                levels.add(node.level)
                todo.extend(node.children)
        return tuple(k for k, level in self._unknown.items() if level in levels)

    def split(self, a: Node, group: Group) -> dict[Node, Intervals]:
        levels = self._levels[group.name]
        found: dict[Node, list[tuple[int, int]]] = defaultdict(list)

        parts = 0

        def walk(node: Diagram, rest: list[int], base: int) -> None:
            nonlocal parts
            parts += 1
            if parts > self.max_spans:
                raise too_many_parts(group, self.max_spans)
            if node.level > levels[-1]:
                width = sum(self._chunks[level].width for level in rest)
                found[node].append((base, base + (1 << width) - 1))
                return
            chunk = self._chunks[rest[0]]
            for low, high, child in self._edges(node) if node.level == rest[0] else [(0, chunk.top, node)]:
                if child.level > levels[-1]:
                    found[child].append((base + (low << chunk.below), base + (high + 1 << chunk.below) - 1))
                else:
                    for value in range(low, high + 1):
                        walk(child, rest[1:], base + (value << chunk.below))

        walk(cast(Diagram, a), levels, 0)
        return {rest: Intervals.from_spans(spans) for rest, spans in found.items()}

    @staticmethod
    def _edges(node: Diagram) -> list[tuple[int, int, Diagram]]:
        lows = (0, *(high + 1 for high in node.highs))
        return list(zip(lows, node.highs, node.children, strict=False))

    def pick(self, a: Node) -> dict[str, int]:
        chosen = dict.fromkeys(GROUPS, 0)
        node = cast(Diagram, a)
        while node is not self._true:
            low, _, child = next(edge for edge in self._edges(node) if edge[2] is not self._false)
            if node.level < len(self._chunks):
                chunk = self._chunks[node.level]
                chosen[chunk.group.name] |= low << chunk.below
            node = child
        return chosen

    def count(self, a: Node) -> int:
        memo: dict[int, int] = {}

        def walk(node: Diagram) -> int:
            """Assignments to the variables from the node's chunk on."""
            if not node.highs:
                return 1 if node is self._true else 0
            if id(node) not in memo:
                after = self._bits_from[node.level + 1]
                memo[id(node)] = sum(
                    (high - low + 1) * (walk(child) << (after - self._bits(child)))
                    for low, high, child in self._edges(node)
                )
            return memo[id(node)]

        root = cast(Diagram, a)
        return walk(root) << (VARIABLES - self._bits(root))

    def _bits(self, node: Diagram) -> int:
        """Variables from the node's chunk on."""
        return self._bits_from[node.level] if node.highs else 0
