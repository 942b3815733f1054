"""Packets on their way between contexts, and what came to a place before, so that it is followed from there once."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import networkx

from zoneguard.model.crossing import Hop
from zoneguard.model.intervals import Intervals
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.static.forwarding import Forwarding, Load
from zoneguard.static.topology import Context


@dataclass(frozen=True, slots=True)
class Batch:
    """Packets that arrived at a context on one path, which passed these landmarks.

    Batches of two ``origins`` share no packet: other hosts sent them.
    """

    context: Context
    ingress: str
    load: Load
    path: tuple[Hop, ...]
    origin: int
    passed: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Receiver:
    """A context that gets what leaves another: packets to these addresses, or all.

    They come in by ``ingress``; ``None``: by the interface by which they came to the device.
    """

    context: Context
    ingress: str | None
    addresses: PacketSet | None = None


@dataclass(frozen=True, slots=True)
class Outflow:
    """What leaves a context: ``load`` for the ``receivers``, ``delivered`` to hosts, by zone."""

    hop: Hop
    receivers: list[Receiver]
    load: Load
    delivered: list[tuple[str, PacketSet]]


class Arrivals:
    """The packets that came to one place. The same packets are told apart by classes alone, others set by set."""

    def __init__(self, space: PacketSpace, forwarding: Forwarding) -> None:
        self._forwarding = forwarding
        self._classes_of: dict[PacketSet, int] = {}
        self._all_classes = 0
        self._loads: list[Load] = []
        self._packets = space.nothing
        """Those that came, except in ``_loads``."""

    def fresh(self, load: Load) -> Load | None:
        """What of ``load`` did not come before; ``None`` if nothing can be left. From now on it did."""
        classes = load.classes & ~self._classes_of.get(load.packets, 0)
        if not classes:
            return None
        new = Load(load.packets, classes, load.within)
        if classes & self._all_classes:
            exact = self._forwarding.exactly(new) - self._merged()
            if not exact:
                return None
            new = Load(exact, classes, classes & load.within)
        for packets in {load.packets, new.packets}:
            self._classes_of[packets] = self._classes_of.get(packets, 0) | classes
        self._all_classes |= classes
        self._loads.append(new)
        return new

    def _merged(self) -> PacketSet:
        for load in self._loads:
            self._packets = self._packets | self._forwarding.exactly(load)
        self._loads.clear()
        return self._packets


def origins(senders: Sequence[Intervals]) -> list[int]:
    """A number for each set of senders, the same for those that share one, also by way of others."""
    joined = networkx.utils.UnionFind(range(len(senders)))
    reach, holder = -1, 0
    for low, high, number in sorted((low, high, n) for n, hosts in enumerate(senders) for low, high in hosts.spans):
        if low <= reach:
            joined.union(number, holder)
        if high > reach:
            reach, holder = high, number
    return [joined[number] for number in range(len(senders))]
