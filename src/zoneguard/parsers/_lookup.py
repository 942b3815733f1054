"""Where forwarding tables lead to, for all destinations at once.

A vendor that translates by the zone towards an untranslated destination asks this while it parses, and again when an
exported routing table takes the place of the configured routes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import Interface, Route, RouteKind, Vrf
from zoneguard.model.intervals import Intervals

MAX_DEPTH = 16
"""Next hops that need more lookups than this, and routers that lead on through more, never resolve."""
Ways = frozenset[str]
"""Interfaces by which a destination may be left for; one of them is used."""
Prefix = tuple[int, int]
_NOWHERE: Ways = frozenset()


class Lookup:
    """The table of one forwarding context: its routes and the connected subnets of its enabled interfaces."""

    def __init__(self, vrf: Vrf, interfaces: Iterable[Interface]) -> None:
        known = list(interfaces)
        self._down = frozenset(i.name for i in known if not i.enabled)
        up = [i for i in known if i.name in vrf.interfaces and i.enabled]
        linked = [
            Route(a.subnet.first, a.length, i.span, RouteKind.CONNECTED, None, i.name, 0)
            for i in up
            for a in i.addresses
        ]
        self.linked = Intervals.from_spans(span for route in linked for span in route.prefix.spans)
        """The connected subnets: no route that is learnt goes before them."""
        self._groups: dict[Prefix, list[Route]] = defaultdict(list)
        for route in (*linked, *vrf.routes):
            self._groups[route.network, route.length].append(route)
        self._best: dict[Prefix, list[Route]] = {}
        self._leading: dict[Prefix, Ways] = {}
        self._regions: dict[Ways, Intervals] | None = None
        self._sorted: list[Prefix] | None = None

    def reached(self, names: frozenset[str]) -> tuple[Intervals, Intervals]:
        """The destinations that are sent out by one of ``names`` for certain, and those that may be."""
        if self._regions is None:
            found: dict[Ways, list[tuple[int, int]]] = defaultdict(list)
            for low, high, ways in _flattened((*p, self._leads(p)) for p in self._groups if self.best(p)):
                found[ways].append((low, high))
            self._regions = {ways: Intervals.from_spans(spans) for ways, spans in found.items()}
        certain = [s for ways, region in self._regions.items() if ways and ways <= names for s in region.spans]
        possible = [s for ways, region in self._regions.items() if ways & names for s in region.spans]
        return Intervals.from_spans(certain), Intervals.from_spans(possible)

    def best(self, prefix: Prefix, depth: int = 0) -> list[Route]:
        """The usable routes of exactly ``prefix`` with the lowest distance and metric."""
        if prefix not in self._best:
            self._best[prefix] = []  # while it is looked up it leads nowhere
            usable = [
                r
                for r in self._groups.get(prefix, ())
                if r.into or r.kind is RouteKind.BLACKHOLE or self.ways(r, depth + 1)
            ]
            lowest = min(((r.distance, r.metric) for r in usable), default=None)
            self._best[prefix] = [r for r in usable if (r.distance, r.metric) == lowest]
        return self._best[prefix]

    def inside(self, route: Route) -> Iterator[Prefix]:
        """The prefixes of the table that are longer than that of ``route`` and lie in it."""
        if self._sorted is None:
            self._sorted = sorted(self._groups)
        ((low, high),) = route.prefix.spans
        for prefix in self._sorted[bisect_left(self._sorted, (low, 0)) : bisect_left(self._sorted, (high + 1, 0))]:
            if prefix[1] > route.length:
                yield prefix

    def covering(self, prefix: Prefix) -> Prefix | None:
        """The longest prefix of the table, ``prefix`` itself at most, that holds ``prefix`` and is usable."""
        return next((found for found in _around(*prefix) if found in self._groups and self.best(found)), None)

    def ways(self, route: Route, depth: int = 0) -> Ways:
        """The interfaces that a route leads out by; none where it is not usable, discards, or leads elsewhere."""
        if route.interface:
            return _NOWHERE if route.interface in self._down else frozenset({route.interface})
        if route.next_hop is None or depth > MAX_DEPTH:
            return _NOWHERE
        for prefix in _around(route.next_hop, 128 if route.next_hop >= V6 else 32):
            if prefix in self._groups and self.best(prefix, depth):
                return self._leads(prefix, depth)
        return _NOWHERE

    def _leads(self, prefix: Prefix, depth: int = 0) -> Ways:
        if prefix not in self._leading:
            self._leading[prefix] = _NOWHERE
            self._leading[prefix] = _NOWHERE.union(*(self.ways(r, depth + 1) for r in self.best(prefix, depth)))
        return self._leading[prefix]


def _around(network: int, length: int) -> Iterator[Prefix]:
    """The prefixes that hold ``network/length``, from itself to the default route."""
    width = 128 if network >= V6 else 32
    for shorter in range(length, -1, -1):
        yield network & ~((1 << (width - shorter)) - 1), shorter


def _flattened(entries: Iterable[tuple[int, int, Ways]]) -> Iterator[tuple[int, int, Ways]]:
    """Disjoint ranges, each with the ways of the longest prefix around it; prefixes are nested or apart."""
    known = sorted(
        ((*prefix_span(network, length).spans[0], ways) for network, length, ways in entries),
        key=lambda e: (e[0], -e[1]),
    )
    stack: list[tuple[int, int, Ways]] = []
    position = 0
    for entry in known:
        while stack and stack[-1][1] < entry[0]:
            _, high, ways = stack.pop()
            if position <= high:
                yield position, high, ways
            position = max(position, high + 1)
        if stack and position < entry[0]:
            yield position, entry[0] - 1, stack[-1][2]
        position = max(position, entry[0])
        stack.append(entry)
    while stack:
        _, high, ways = stack.pop()
        if position <= high:
            yield position, high, ways
        position = max(position, high + 1)


def led_through(vrfs: Iterable[Vrf], interfaces: Iterable[Interface]) -> tuple[Vrf, ...]:
    """``vrfs`` with routes into another context replaced by where that context sends the packet.

    For a device that decides on a packet once, by the interface where it came in and the one where it leaves in the
    end. A route into a context that has no route, or that leads back, stays as it is.
    """
    known = {vrf.name: vrf for vrf in vrfs}
    ports = list(interfaces)
    done: dict[str, Vrf] = {}
    for name in known:
        _lead(name, known, ports, done, ())
    return tuple(done[name] for name in known)


def _lead(name: str, known: dict[str, Vrf], ports: list[Interface], done: dict[str, Vrf], seen: tuple[str, ...]) -> Vrf:
    if name in done:
        return done[name]
    vrf, inside = known[name], (*seen, name)
    if not any(r.into for r in vrf.routes):
        done[name] = vrf
        return vrf
    own = Lookup(vrf, ports)
    beyond: dict[str, Lookup] = {}
    routes: list[Route] = []
    told: set[tuple[Prefix, str]] = set()
    best: dict[Prefix, set[int]] = {}
    for route in vrf.routes:
        here = route.network, route.length
        if route.into not in known or route.into in inside or len(inside) > MAX_DEPTH:
            routes.append(route)
        elif (here, route.into) not in told:
            if here not in best:
                best[here] = set(map(id, own.best(here)))
            if id(route) not in best[here]:
                continue
            told.add((here, route.into))
            if route.into not in beyond:
                beyond[route.into] = Lookup(_lead(route.into, known, ports, done, inside), ports)
            routes += _through(route, own, beyond[route.into])
    result = replace(vrf, routes=tuple(routes))
    if not seen:
        done[name] = result
    return result


def _through(route: Route, own: Lookup, beyond: Lookup) -> Iterator[Route]:
    """``route`` as the table ``beyond``, that it leads to, divides it."""
    here = route.network, route.length
    covering = beyond.covering(here)
    yield from (list(_copies(route, here, beyond, covering)) if covering is not None else []) or [route]
    for prefix in beyond.inside(route):
        if own.covering(prefix) == here:
            yield from _copies(route, prefix, beyond, prefix)


def _copies(route: Route, at: Prefix, beyond: Lookup, source: Prefix) -> Iterator[Route]:
    for found in beyond.best(source):
        if found.kind is RouteKind.BLACKHOLE:
            yield replace(route, network=at[0], length=at[1], kind=RouteKind.BLACKHOLE, into="")
        for name in sorted(beyond.ways(found)) if not found.into else ():
            hop = found.next_hop
            yield replace(route, network=at[0], length=at[1], next_hop=hop, interface=name, into="")
