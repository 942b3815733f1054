"""The engine for daily use: binary decision diagrams with complement edges, by OxiDD."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from oxidd.bcdd import BCDDFunction, BCDDManager
from oxidd.util import DDMemoryError

from zoneguard.model.intervals import Intervals
from zoneguard.model.packets.engine import MAX_SPANS, RESULTS, Node, TooLarge, too_many_parts
from zoneguard.model.packets.layout import GROUPS, VARIABLES, Group
from zoneguard.model.text import N_

P = ParamSpec("P")
R = TypeVar("R")
INNER_NODES = 96 << 20
REMEMBERED_BITS, REMEMBERED_LENGTH = 4, 64
"""Stretches are remembered at every so many bits only, and short lists only: long ones are hardly shared."""
OCTET = 8
MAX_LISTED = 1 << 20
"""Stretches of values that are remembered, so that sets that share parts are listed faster."""


def _guarded(method: Callable[P, R]) -> Callable[P, R]:
    """The method, with the end of OxiDD's memory told as ``TooLarge``."""

    @wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except DDMemoryError as error:
            raise _out_of_memory() from error

    return guarded


def _out_of_memory() -> TooLarge:
    return TooLarge(N_("the sets of packets outgrew their memory"))


class BinaryEngine:
    """OxiDD behind the ``Engine`` protocol. One thread: two cost 3.6 times the CPU."""

    name = "oxidd"

    def __init__(self, inner_nodes: int = INNER_NODES, results: int = RESULTS) -> None:
        self.max_spans = MAX_SPANS
        self._manager = BCDDManager(inner_nodes, results, 1)
        self._manager.add_vars(VARIABLES)
        self.true: Node = self._manager.true()
        self.false: Node = self._manager.false()
        self._positive = [self._manager.var(i) for i in range(VARIABLES)]
        self._negative = [~v for v in self._positive]
        self._unknown: dict[str, int] = {}
        self._prefixes: dict[tuple[Group, int, int], BCDDFunction] = {}
        self._octets: dict[tuple[Group, int, int, int], BCDDFunction] = {}
        self._cubes: dict[frozenset[str], BCDDFunction] = {}
        self._stretches: dict[tuple[BCDDFunction, int], list[tuple[int, BCDDFunction]]] = {}
        self._listed = 0
        self._offsets: dict[tuple[Group, Group, int, range], BCDDFunction] = {}

    @_guarded
    def spans(self, group: Group, values: Intervals) -> Node:
        parts = [self._range(group, low, high) for low, high in values.spans]
        while len(parts) > 1:
            parts = [a if b is None else a | b for a, b in zip(parts[::2], [*parts[1::2], None], strict=False)]
        return parts[0] if parts else self.false

    def _range(self, group: Group, low: int, high: int) -> BCDDFunction:
        size = high - low + 1
        if size & (size - 1) == 0 and low % size == 0:
            return self._prefix(group, low, group.width - size.bit_length() + 1)
        return self._at_least(group, low) & self._at_most(group, high)

    def _prefix(self, group: Group, value: int, length: int) -> BCDDFunction:
        key = (group, value, length)
        known = self._prefixes.get(key)
        if known is None:
            known = cast(BCDDFunction, self.true)
            for first in range((length - 1) // OCTET * OCTET, -1, -OCTET):
                known = self._octet(group, value, first, min(first + OCTET, length)) & known
            self._prefixes[key] = known
        return known

    def _octet(self, group: Group, value: int, first: int, end: int) -> BCDDFunction:
        """The bits ``first`` to ``end - 1`` of a value: prefixes are built of a few parts that others have too."""
        key = (group, first, end, value >> (group.width - end) & (1 << (end - first)) - 1)
        known = self._octets.get(key)
        if known is None:
            known = cast(BCDDFunction, self.true)
            for bit in range(end - 1, first - 1, -1):
                known = self._literal(group, bit, value) & known
            self._octets[key] = known
        return known

    def _literal(self, group: Group, bit: int, value: int) -> BCDDFunction:
        side = self._positive if value >> (group.width - 1 - bit) & 1 else self._negative
        return side[group.variable(bit)]

    def _at_least(self, group: Group, low: int) -> BCDDFunction:
        node = cast(BCDDFunction, self.true)
        for bit in range(group.width - 1, -1, -1):
            v = self._positive[group.variable(bit)]
            node = v & node if low >> (group.width - 1 - bit) & 1 else v | node
        return node

    def _at_most(self, group: Group, high: int) -> BCDDFunction:
        node = cast(BCDDFunction, self.true)
        for bit in range(group.width - 1, -1, -1):
            v = self._negative[group.variable(bit)]
            node = v | node if high >> (group.width - 1 - bit) & 1 else v & node
        return node

    @_guarded
    def masked(self, group: Group, value: int, mask: int) -> Node:
        if value & ~mask:
            return self.false
        node = cast(BCDDFunction, self.true)
        for bit in range(group.width - 1, -1, -1):
            if mask >> (group.width - 1 - bit) & 1:
                node = self._literal(group, bit, value) & node
        return node

    @_guarded
    def offset(self, a: Group, b: Group, delta: int, bits: range) -> Node:
        key = (a, b, delta, bits)
        if key not in self._offsets:
            without, carried = cast(BCDDFunction, self.true), cast(BCDDFunction, self.false)
            for place, bit in enumerate(reversed(bits)):
                without, carried = self._add_bit(a, b, bit, delta >> place & 1, (without, carried))
            self._offsets[key] = without | carried
        return self._offsets[key]

    def _add_bit(
        self, a: Group, b: Group, bit: int, added: int, lower: tuple[BCDDFunction, BCDDFunction]
    ) -> tuple[BCDDFunction, BCDDFunction]:
        """The sum with one more bit, without and with a carry out of it; ``lower``: the same of the bits below."""
        sums = [cast(BCDDFunction, self.false)] * 4
        for carry, below in enumerate(lower):
            for value, side in enumerate((self._negative, self._positive)):
                total = value + added + carry
                sums[total] = sums[total] | (side[b.variable(bit)] & below)
        zero, one = self._negative[a.variable(bit)], self._positive[a.variable(bit)]
        return (zero & sums[0]) | (one & sums[1]), (zero & sums[2]) | (one & sums[3])

    @_guarded
    def variable(self, key: str) -> Node:
        if key not in self._unknown:
            self._manager.add_vars(1)
            self._unknown[key] = self._manager.num_vars() - 1
        return self._manager.var(self._unknown[key])

    def conj(self, a: Node, b: Node) -> Node:
        try:
            return a & b  # type: ignore[operator, no-any-return]
        except DDMemoryError as error:
            raise _out_of_memory() from error

    def disj(self, a: Node, b: Node) -> Node:
        try:
            return a | b  # type: ignore[operator, no-any-return]
        except DDMemoryError as error:
            raise _out_of_memory() from error

    def neg(self, a: Node) -> Node:
        return ~a  # type: ignore[operator, no-any-return]

    @_guarded
    def exists(self, a: Node, groups: Iterable[Group]) -> Node:
        names = frozenset(g.name for g in groups)
        return cast(BCDDFunction, a).exists(self._cube(names))

    def _cube(self, names: frozenset[str]) -> BCDDFunction:
        if names not in self._cubes:
            node = cast(BCDDFunction, self.true)
            bits = [GROUPS[n].variable(i) for n in names for i in range(GROUPS[n].width)]
            for bit in sorted(bits, reverse=True):
                node = self._positive[bit] & node
            self._cubes[names] = node
        return self._cubes[names]

    @_guarded
    def exists_unknown(self, a: Node) -> Node:
        if not self._unknown:
            return a
        cube = cast(BCDDFunction, self.true)
        for variable in reversed(self._unknown.values()):
            cube = self._manager.var(variable) & cube
        return cast(BCDDFunction, a).exists(cube)

    @_guarded
    def unknowns(self, a: Node) -> tuple[str, ...]:
        node = cast(BCDDFunction, a)
        return tuple(k for k, v in self._unknown.items() if node.exists(self._manager.var(v)) != node)

    @_guarded
    def split(self, a: Node, group: Group) -> dict[Node, Intervals]:
        memo = self._stretches

        def walk(node: BCDDFunction, bit: int) -> list[tuple[int, BCDDFunction]]:
            """``(last value, rest)`` of each stretch of the group's bits from ``bit`` on."""
            level = node.node_level()
            if level is None or level >= group.end:
                return [((1 << (group.width - bit)) - 1, node)]
            known = memo.get((node, bit))
            if known is not None:
                return known
            half = 1 << (group.width - bit - 1)
            high, low = node.cofactors() if level == group.variable(bit) else (node, node)  # type: ignore[misc]
            lower = walk(low, bit + 1)
            upper = lower if high == low else walk(high, bit + 1)
            joined = lower[:-1] if lower[-1][1] == upper[0][1] else lower
            if len(joined) + len(upper) > self.max_spans:
                raise too_many_parts(group, self.max_spans)
            found = [*joined, *[(last + half, rest) for last, rest in upper]]
            if bit % REMEMBERED_BITS == 0 and len(found) <= REMEMBERED_LENGTH:
                memo[node, bit] = found
                self._listed += len(found)
            return found

        if self._listed > MAX_LISTED:
            memo.clear()
            self._listed = 0
        found: dict[Node, list[tuple[int, int]]] = defaultdict(list)
        first = 0
        for last, rest in walk(cast(BCDDFunction, a), 0):
            found[rest].append((first, last))
            first = last + 1
        return {rest: Intervals(tuple(spans)) for rest, spans in found.items()}

    def pick(self, a: Node) -> dict[str, int]:
        bits: set[int] = set()
        node = cast(BCDDFunction, a)
        while node != self.true:
            high, low = node.cofactors()  # type: ignore[misc]
            if low != self.false:
                node = low
            else:
                level = node.node_level()
                assert level is not None
                bits.add(level)
                node = high
        return {
            g.name: sum(1 << (g.width - 1 - i) for i in range(g.width) if g.variable(i) in bits)
            for g in GROUPS.values()
        }

    def count(self, a: Node) -> int:
        return int(cast(BCDDFunction, a).sat_count(VARIABLES))
