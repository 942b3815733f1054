"""The destinations of every way out as packet sets, which the tables of a network share where they agree."""

from __future__ import annotations

from collections import defaultdict

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.fib import Way
from zoneguard.static.topology import Key, Topology


class Forwarding:
    """Destinations that every table treats alike are one class, and a set is a union of classes.

    Unions are built in halves of the classes in order of their addresses, so that tables share what they agree on.
    """

    def __init__(self, space: PacketSpace, topology: Topology) -> None:
        self._space = space
        self._fibs = topology.fibs
        tree = topology.tree
        classes = [0] * len(tree.prefixes)
        for fib in topology.fibs.values():
            known: dict[tuple[int, int], int] = {}
            classes = [known.setdefault(pair, len(known)) for pair in zip(classes, fib.exit_of, strict=True)]
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        first: dict[int, int] = {}
        for number, cls in enumerate(classes):
            first.setdefault(cls, number)
            spans[cls] += tree.regions[number]
        self._representatives = list(first.values())
        self._sets = [space.field(Field.DST, Intervals.from_spans(spans[cls])) for cls in first]
        self._unions: dict[tuple[int, int, int], PacketSet] = {}

    def ways(self, context: Key) -> dict[Way, PacketSet]:
        """Each way out of the context with the packets to the destinations that may take it."""
        fib = self._fibs[context]
        masks: dict[Way, int] = dict.fromkeys(fib.ways, 0)
        for bit, prefix in enumerate(self._representatives):
            for way in fib.exits[fib.exit_of[prefix]]:
                masks[way] |= 1 << bit
        size = 1 << max(0, len(self._sets) - 1).bit_length()
        return {way: self._union(mask, 0, size) for way, mask in masks.items()}

    def _union(self, mask: int, first: int, size: int) -> PacketSet:
        """Of the ``size`` classes from ``first`` on those in ``mask``, whose bit 0 is class ``first``."""
        if not mask:
            return self._space.nothing
        if size == 1:
            return self._sets[first]
        key = (mask, first, size)
        if key not in self._unions:
            half = size >> 1
            lower = self._union(mask & (1 << half) - 1, first, half)
            self._unions[key] = lower | self._union(mask >> half, first + half, half)
        return self._unions[key]
