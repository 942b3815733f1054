"""The second, independent engine: a hash-consed interval decision diagram in pure Python.

A node asks one group; its edges are the intervals of the group's values, complete, disjoint, neighbours different.
It serves where OxiDD has no wheel, and in tests as the second opinion on every law and every result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast

from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.engine import Node, TooLarge
from zoneguard.model.packets.layout import GROUPS, VARIABLES, Group

MASK_SPANS = 1 << 16
"""A mask whose value set has more intervals than this is refused rather than expanded."""


@dataclass(frozen=True, slots=True, eq=False)
class Diagram:
    """A node: ``highs[i]`` is the last value of edge ``i`` to ``children[i]``. Equal nodes are identical."""

    level: int
    highs: tuple[int, ...]
    children: tuple[Diagram, ...]


class IntervalEngine:
    """Interval decision diagrams behind the ``Engine`` protocol."""

    name = "interval"

    def __init__(self) -> None:
        self._groups: list[Group] = list(GROUPS.values())
        self._level = {g.name: i for i, g in enumerate(self._groups)}
        self._unknown: dict[str, int] = {}
        last = 1 << 62
        self._true, self._false = Diagram(last, (), (Diagram(last, (), ()),)), Diagram(last, (), ())
        self.true: Node = self._true
        self.false: Node = self._false
        self._nodes: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Diagram] = {}
        self._conj: dict[tuple[int, int], Diagram] = {}
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
        edges: list[tuple[int, Diagram]] = []
        for low, high in values.spans:
            if low > 0:
                edges.append((low - 1, self._false))
            edges.append((high, self._true))
        if not edges or edges[-1][0] != group.top:
            edges.append((group.top, self._false))
        return self._node(self._level[group.name], edges)

    def masked(self, group: Group, value: int, mask: int) -> Node:
        if value & ~mask:
            return self._false
        free = [i for i in range(group.width) if not mask >> i & 1]
        run = next((i for i in range(group.width + 1) if i not in free), group.width)
        above = [i for i in free if i > run]
        if 1 << len(above) > MASK_SPANS:
            raise TooLarge(f"a mask over {group.name} has 2^{len(above)} parts")
        starts = [value]
        for i in above:
            starts += [s | 1 << i for s in starts]
        return self.spans(group, Intervals.from_spans((s, s | ((1 << run) - 1)) for s in starts))

    def variable(self, key: str) -> Node:
        level = self._unknown.setdefault(key, len(self._groups) + len(self._unknown))
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
        gone = {self._level[g.name] for g in groups}
        return self._quantify(cast(Diagram, a), gone.__contains__)

    def exists_unknown(self, a: Node) -> Node:
        return self._quantify(cast(Diagram, a), lambda level: level >= len(self._groups))

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

    def project(self, a: Node, group: Group) -> Intervals:
        node = cast(Diagram, a)
        if not node.highs:
            return Intervals.span(0, group.top) if node is self._true else Intervals()
        lows = (0, *(h + 1 for h in node.highs))
        edges = zip(lows, node.highs, node.children, strict=False)
        return Intervals(tuple((low, high) for low, high, child in edges if child is self._true))

    def pick(self, a: Node) -> dict[str, int]:
        chosen = dict.fromkeys(GROUPS, 0)
        node = cast(Diagram, a)
        while node is not self._true:
            edge = next(i for i, child in enumerate(node.children) if child is not self._false)
            if node.level < len(self._groups):
                chosen[self._groups[node.level].name] = node.highs[edge - 1] + 1 if edge else 0
            node = node.children[edge]
        return chosen

    def count(self, a: Node) -> int:
        memo: dict[int, int] = {}

        def walk(node: Diagram) -> int:
            """Assignments to the variables from the node's group on."""
            if not node.highs:
                return 1 if node is self._true else 0
            if id(node) not in memo:
                group = self._groups[node.level]
                after = group.first + group.width
                total, low = 0, 0
                for high, child in zip(node.highs, node.children, strict=True):
                    below = self._first(child) - after
                    total += (high - low + 1) * (walk(child) << below)
                    low = high + 1
                memo[id(node)] = total
            return memo[id(node)]

        root = cast(Diagram, a)
        return walk(root) << self._first(root)

    def _first(self, node: Diagram) -> int:
        return self._groups[node.level].first if node.highs else VARIABLES
