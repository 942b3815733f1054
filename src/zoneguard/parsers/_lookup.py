"""Where forwarding tables lead to, for all destinations at once.

A vendor that translates by the zone towards an untranslated destination asks this while it parses, and again when an
exported routing table takes the place of the configured routes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import Interface, Route, RouteKind, Vrf
from zoneguard.model.intervals import Intervals

MAX_DEPTH = 16
Ways = frozenset[str]
"""Interfaces by which a destination may be left for; one of them is used."""
Prefix = tuple[int, int]


class Lookup:
    """The table of one forwarding context: its routes and the connected subnets of its enabled interfaces."""

    def __init__(self, vrf: Vrf, interfaces: Iterable[Interface]) -> None:
        known = list(interfaces)
        self._down = frozenset(i.name for i in known if not i.enabled)
        self._up = [i for i in known if i.name in vrf.interfaces and i.enabled]
        groups: dict[Prefix, list[Route]] = {}
        for interface in self._up:
            for address in interface.addresses:
                kind = RouteKind.CONNECTED
                route = Route(address.subnet.first, address.length, interface.span, kind, None, interface.name, 0)
                groups.setdefault((route.network, route.length), []).append(route)
        for route in vrf.routes:
            groups.setdefault((route.network, route.length), []).append(route)
        self._groups = groups
        self._segments: list[tuple[int, int, Ways]] | None = None

    def reached(self, names: frozenset[str]) -> tuple[Intervals, Intervals]:
        """The destinations that are sent out by one of ``names`` for certain, and those that may be."""
        if self._segments is None:
            self._segments = list(_flattened((*p, self._leads(p)) for p in self._groups if self.best(p)))
        certain = [(low, high) for low, high, ways in self._segments if ways and ways <= names]
        possible = [(low, high) for low, high, ways in self._segments if ways & names]
        return Intervals.from_spans(certain), Intervals.from_spans(possible)

    @property
    def linked(self) -> Intervals:
        """The connected subnets: no route that is learnt goes before them."""
        return Intervals.from_spans(s for i in self._up for a in i.addresses for s in a.subnet.spans)

    def best(self, prefix: Prefix) -> list[Route]:
        """The usable routes of exactly ``prefix`` with the lowest distance and metric."""
        usable = [r for r in self._groups.get(prefix, ()) if r.into or r.kind is RouteKind.BLACKHOLE or self.ways(r)]
        lowest = min(((r.distance, r.metric) for r in usable), default=None)
        return [r for r in usable if (r.distance, r.metric) == lowest]

    @property
    def prefixes(self) -> Iterable[Prefix]:
        """Every prefix that some route has."""
        return self._groups.keys()

    def covering(self, prefix: Prefix) -> Prefix | None:
        """The longest prefix of the table, ``prefix`` itself at most, that holds ``prefix`` and is usable."""
        network, length = prefix
        width = 128 if network >= V6 else 32
        for shorter in range(length, -1, -1):
            found = network & ~((1 << (width - shorter)) - 1), shorter
            if found in self._groups and self.best(found):
                return found
        return None

    def ways(self, route: Route, depth: int = 0) -> Ways:
        """The interfaces that a route leads out by; none where it is not usable, discards, or leads elsewhere."""
        if route.interface:
            return frozenset() if route.interface in self._down else frozenset({route.interface})
        if route.next_hop is None or depth > MAX_DEPTH:
            return frozenset()
        hop = route.next_hop
        linked = [i.name for i in self._up if any(hop in a.subnet for a in i.addresses)]
        if linked:
            return frozenset(linked)
        width = 128 if hop >= V6 else 32
        for length in range(width, -1, -1):
            group = self._groups.get((hop & ~((1 << (width - length)) - 1), length), ())
            found = frozenset().union(*(self.ways(r, depth + 1) for r in group if r is not route))
            if found:
                return found
        return frozenset()

    def _leads(self, prefix: Prefix) -> Ways:
        return frozenset().union(*(self.ways(r) for r in self.best(prefix)))


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
    vrf = known[name]
    if not any(r.into for r in vrf.routes):
        done[name] = vrf
        return vrf
    own = Lookup(vrf, ports)
    routes: list[Route] = []
    for route in vrf.routes:
        inside = (*seen, name)
        if route.into not in known or route.into in inside or len(inside) > MAX_DEPTH:
            routes.append(route)
            continue
        beyond = Lookup(_lead(route.into, known, ports, done, inside), ports)
        routes += _through(route, own, beyond)
    result = replace(vrf, routes=tuple(routes))
    if not seen:
        done[name] = result
    return result


def _through(route: Route, own: Lookup, beyond: Lookup) -> Iterator[Route]:
    """``route`` as the table ``beyond``, that it leads to, divides it."""
    here = route.network, route.length
    covering = beyond.covering(here)
    found = list(_copies(route, here, beyond, covering)) if covering is not None else []
    yield from found or [route]
    for prefix in beyond.prefixes:
        if prefix[1] > route.length and prefix[0] in route.prefix and own.covering(prefix) == here:
            yield from _copies(route, prefix, beyond, prefix)


def _copies(route: Route, at: Prefix, beyond: Lookup, source: Prefix) -> Iterator[Route]:
    for found in beyond.best(source):
        if found.kind is RouteKind.BLACKHOLE:
            yield replace(route, network=at[0], length=at[1], kind=RouteKind.BLACKHOLE, into="")
        for name in sorted(beyond.ways(found)) if not found.into else ():
            hop = found.next_hop
            yield replace(route, network=at[0], length=at[1], next_hop=hop, interface=name, into="")
