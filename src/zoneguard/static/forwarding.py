"""Destinations in classes: what every context of a network treats alike needs no set of its own on the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.fib import Way
from zoneguard.static.prefixes import host
from zoneguard.static.topology import Key, Topology

ALL = -1
"""Every class, and the destinations of none. Of a mask of classes, bit ``i`` is class ``i``."""


@dataclass(frozen=True, slots=True)
class Load:
    """Those of ``packets`` whose destination is of ``classes``. None of ``packets`` has one outside ``within``."""

    packets: PacketSet
    classes: int = ALL
    within: int = ALL


class Forwarding:
    """Destinations that every table treats alike, and that are the same contexts' own or nobody's, are one class.

    A set is a union of classes. Unions are built in halves of the classes in order of their addresses, so that tables
    share what they agree on.
    """

    def __init__(self, space: PacketSpace, topology: Topology) -> None:
        self._space = space
        self._fibs = topology.fibs
        tree = topology.tree
        owners = {
            host(address): tuple(dict.fromkeys(c.key for c, _ in own)) for address, own in topology.owners.items()
        }
        labels: dict[tuple[Key, ...], int] = {}
        classes = [labels.setdefault(owners.get(prefix, ()), len(labels)) for prefix in tree.prefixes]
        for fib in topology.fibs.values():
            known: dict[tuple[int, int], int] = {}
            classes = [known.setdefault(pair, len(known)) for pair in zip(classes, fib.exit_of, strict=True)]
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        first: dict[int, int] = {}
        for number, cls in enumerate(classes):
            first.setdefault(cls, number)
            spans[cls] += tree.regions[number]
        self._representatives = list(first.values())
        self._own: dict[Key, int] = defaultdict(int)
        for bit, number in enumerate(self._representatives):
            for key in owners.get(tree.prefixes[number], ()):
                self._own[key] |= 1 << bit
        self._sets = [space.field(Field.DST, Intervals.from_spans(spans[cls])) for cls in first]
        self._unions: dict[tuple[int, int, int], PacketSet] = {}

    def ways(self, context: Key) -> dict[Way, int]:
        """Each way out of the context with the classes of destinations that may take it."""
        fib = self._fibs[context]
        by_exit = [0] * len(fib.exits)
        for bit, prefix in enumerate(self._representatives):
            by_exit[fib.exit_of[prefix]] |= 1 << bit
        masks: dict[Way, int] = defaultdict(int)
        for ways, classes in zip(fib.exits, by_exit, strict=True):
            for way in ways:
                masks[way] |= classes
        return masks

    def own(self, context: Key) -> int:
        """The classes of the context's own addresses."""
        return self._own.get(context, 0)

    def packets(self, classes: int) -> PacketSet:
        """The packets to the destinations of ``classes``."""
        if classes < 0:
            return ~self.packets(~classes)
        return self._union(classes, 0, 1 << max(0, len(self._sets) - 1).bit_length())

    def exactly(self, load: Load) -> PacketSet:
        """The packets of ``load`` and no others."""
        return load.packets & self.packets(load.classes) if load.within & ~load.classes else load.packets

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
