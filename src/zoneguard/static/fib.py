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

    ``unresolved`` holds the routes whose next hop cannot be reached.
    """

    table: Mapping[Target, Intervals]
    unresolved: tuple[Route, ...]

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
    """The forwarding table of one context: connected subnets and routes, best of each prefix, next hops resolved."""
    interfaces = {i.name: i for i in device.interfaces if i.name in vrf.interfaces}
    usable = [
        r for r in vrf.routes if not r.interface or r.interface not in interfaces or interfaces[r.interface].enabled
    ]
    best: dict[tuple[int, int], list[Route]] = {}
    connected = connected_routes(interfaces.values())
    for route in (*connected, *usable):
        rivals = best.setdefault((route.network, route.length), [])
        rank = (route.distance, route.metric)
        if not rivals or rank < (rivals[0].distance, rivals[0].metric):
            best[route.network, route.length] = [route]
        elif rank == (rivals[0].distance, rivals[0].metric) and route not in rivals:
            rivals.append(route)
    resolver = _Resolver(best)
    table: dict[Target, list[tuple[int, int]]] = defaultdict(list)
    unresolved: list[Route] = []
    live: dict[tuple[int, int], tuple[Target, ...]] = {}
    for prefix, routes in best.items():
        targets = tuple(t for r in routes for t in resolver.targets(r))
        unresolved += [r for r in routes if not resolver.targets(r)]
        if targets:
            live[prefix] = targets
    for prefix, span in _partition(live):
        for target in live[prefix]:
            table[target].append(span)
    return Fib({t: Intervals.from_spans(spans) for t, spans in table.items()}, tuple(unresolved))


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


class _Resolver:
    """Next hops to interfaces, through other routes where the next hop is not on a link."""

    def __init__(self, best: Mapping[tuple[int, int], list[Route]]) -> None:
        self._best = best
        self._lengths = {v6: sorted({n for p, n in best if (p >= V6) == v6}, reverse=True) for v6 in (False, True)}

    def targets(self, route: Route) -> tuple[Target, ...]:
        if route.kind is RouteKind.BLACKHOLE or route.into:
            return (Target("", None, route, route.into),)
        if route.interface:
            return (Target(route.interface, route.next_hop, route),)
        if route.next_hop is None:
            return ()
        return tuple(Target(i, hop, route) for i, hop in self._link(route.next_hop, MAX_RECURSION))

    def _link(self, address: int, depth: int) -> tuple[tuple[str, int], ...]:
        if not depth:
            return ()
        out: list[tuple[str, int]] = []
        for route in self._longest(address):
            if route.interface:
                out.append((route.interface, route.next_hop if route.next_hop is not None else address))
            elif route.next_hop is not None and route.next_hop != address:
                out += self._link(route.next_hop, depth - 1)
        return tuple(dict.fromkeys(out))

    def _longest(self, address: int) -> list[Route]:
        width = 128 if address >= V6 else 32
        for length in self._lengths[address >= V6]:
            found = self._best.get((address & ~((1 << (width - length)) - 1), length))
            if found:
                return found
        return []
