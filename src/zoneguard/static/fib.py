"""Longest-prefix routing as a partition of all destinations by where they leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.device import Device, Interface, Route, RouteKind, Vrf
from zoneguard.model.intervals import Intervals

MAX_RECURSION = 16
"""Next hops that need more lookups than this never resolve."""


@dataclass(frozen=True, slots=True)
class Target:
    """Out of ``interface`` to ``next_hop`` (``None``: the destination itself, on the link), by ``route``.

    ``into``: another forwarding context of the device instead. An empty ``interface`` and ``into``: discarded.
    """

    interface: str
    next_hop: int | None
    route: Route
    into: str = ""


@dataclass(frozen=True, slots=True)
class Fib:
    """``table``: target → exactly the destinations that may leave by it; with equal routes several targets share them.

    ``unresolved`` holds the routes that are not usable; ``resolver`` looks up next hops of policy routes.
    """

    table: Mapping[Target, Intervals]
    unresolved: tuple[Route, ...]
    resolver: Resolver

    @property
    def routed(self) -> Intervals:
        """Every destination with a target."""
        return Intervals.from_spans(s for values in self.table.values() for s in values.spans)


def connected_routes(interfaces: Iterable[Interface]) -> list[Route]:
    """The routes of the subnets on enabled interfaces."""
    return [
        Route(a.subnet.first, a.length, i.span, RouteKind.CONNECTED, interface=i.name, distance=0)
        for i in interfaces
        if i.enabled
        for a in i.addresses
    ]


def build_fib(device: Device, vrf: Vrf) -> Fib:
    """The forwarding table of one context: connected subnets and routes, best usable ones of each prefix."""
    interfaces = [i for i in device.interfaces if i.name in vrf.interfaces]
    resolver = Resolver([*connected_routes(interfaces), *vrf.routes], interfaces)
    live = {prefix: targets for prefix in resolver.prefixes if (targets := resolver.best(prefix))}
    table: dict[Target, list[tuple[int, int]]] = defaultdict(list)
    for prefix, span in _partition(live):
        for target in live[prefix]:
            table[target].append(span)
    unresolved = tuple(r for r in vrf.routes if not resolver.targets(r))
    return Fib({t: Intervals.from_spans(spans) for t, spans in table.items()}, unresolved, resolver)


def _partition(prefixes: Iterable[tuple[int, int]]) -> Iterable[tuple[tuple[int, int], tuple[int, int]]]:
    """Each prefix with the spans of which it is the longest: one sweep over prefixes sorted as a tree."""
    stack: list[tuple[tuple[int, int], int]] = []
    cursor = 0

    def close(limit: int) -> Iterable[tuple[tuple[int, int], tuple[int, int]]]:
        nonlocal cursor
        while stack and stack[-1][1] < limit:
            prefix, high = stack.pop()
            if cursor <= high:
                yield prefix, (cursor, high)
            cursor = max(cursor, high + 1)

    for network, length in sorted(prefixes):
        yield from close(network)
        if stack and cursor < network:
            yield stack[-1][0], (cursor, network - 1)
        cursor = network
        width = 128 if network >= V6 else 32
        stack.append(((network, length), network + (1 << (width - length)) - 1))
    yield from close(1 << 130)


class Resolver:
    """Routes to targets: next hops are looked up through other routes until they are on a link.

    A route out of a disabled interface, or whose next hop is not reached or is the device itself, is not usable: the
    next best of its prefix is, or a shorter prefix.
    """

    def __init__(self, routes: Iterable[Route], interfaces: Iterable[Interface]) -> None:
        self._groups: dict[tuple[int, int], list[Route]] = defaultdict(list)
        for route in routes:
            self._groups[route.network, route.length].append(route)
        known = list(interfaces)
        self._down = frozenset(i.name for i in known if not i.enabled)
        self._own = frozenset(a.address for i in known if i.enabled for a in i.addresses)
        lengths = {(p >= V6, n) for p, n in self._groups}
        self._lengths = {v6: sorted((n for f, n in lengths if f == v6), reverse=True) for v6 in (False, True)}
        self._ways: dict[int, tuple[tuple[str, int], ...]] = {}
        self._resolving: set[int] = set()

    @property
    def prefixes(self) -> Iterable[tuple[int, int]]:
        """Every prefix that has a route."""
        return self._groups

    def best(self, prefix: tuple[int, int]) -> tuple[Target, ...]:
        """The targets of the usable routes of a prefix with the lowest distance and metric."""
        usable = [(r, targets) for r in self._groups[prefix] if (targets := self.targets(r))]
        lowest = min(((r.distance, r.metric) for r, _ in usable), default=None)
        chosen = [t for r, targets in usable if (r.distance, r.metric) == lowest for t in targets]
        return tuple({(t.interface, t.next_hop, t.into): t for t in reversed(chosen)}.values())[::-1]

    def targets(self, route: Route) -> tuple[Target, ...]:
        """Where a route leads; empty where it is not usable."""
        if route.kind is RouteKind.BLACKHOLE or route.into:
            return (Target("", None, route, route.into),)
        if route.interface:
            return () if route.interface in self._down else (Target(route.interface, route.next_hop, route),)
        if route.next_hop is None:
            return ()
        return tuple(Target(interface, hop, route) for interface, hop in self.ways(route.next_hop))

    def ways(self, address: int) -> tuple[tuple[str, int], ...]:
        """``(interface, neighbour)`` by which a next hop is reached."""
        if address in self._ways:
            return self._ways[address]
        if address in self._own or address in self._resolving or len(self._resolving) > MAX_RECURSION:
            return ()
        self._resolving.add(address)
        found = tuple((t.interface, address if t.next_hop is None else t.next_hop) for t in self._longest(address))
        self._resolving.discard(address)
        self._ways[address] = found
        return found

    def _longest(self, address: int) -> list[Target]:
        width = 128 if address >= V6 else 32
        for length in self._lengths[address >= V6]:
            prefix = (address & ~((1 << (width - length)) - 1), length)
            group = self._groups.get(prefix, ())
            if any(not r.interface and r.next_hop in self._resolving for r in group):
                return []
            found = self.best(prefix) if group else ()
            if found:
                return [t for t in found if t.interface]
        return []
