"""Longest-prefix routing: which way out each destination takes, and by which route."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from zoneguard.model.addresses import V6
from zoneguard.model.device import Device, Interface, PolicyRoute, Route, RouteKind, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.static.prefixes import Prefix, PrefixTree, host

MAX_RECURSION = 16
"""Next hops that need lookups deeper than this never resolve."""
MAX_LOOKUPS = 1_000
"""Nor do those that need more lookups than this, as routes that lead to each other in many ways."""
LEADS = attrgetter("interface", "next_hop", "into", "kind", "distance", "metric")
"""All of a route that says where it leads and what it beats: alike for most routes of a table."""


@dataclass(frozen=True, slots=True)
class Way:
    """Out of ``interface`` to ``next_hop`` (``None``: the destination itself, on the link).

    ``into``: another forwarding context of the device instead. An empty ``interface`` and ``into``: discarded.
    """

    interface: str
    next_hop: int | None
    into: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A way out and the route that leads to it."""

    way: Way
    route: Route


Choice = tuple[tuple[Way, Route], ...]
"""The ways that equal routes of one prefix lead to, each with its route."""


class Fib:
    """The forwarding table of one context over a tree that holds at least its own prefixes.

    ``resolver`` tells the ways of policy routes.
    """

    def __init__(self, resolver: Resolver, tree: PrefixTree) -> None:
        self.resolver = resolver
        self._tree = tree
        taken = list(map(resolver.exits.get, tree.prefixes))
        self._routed_by = list(range(len(taken)))
        """For each prefix of the tree, the number of the one that has the routes to its region, or -1."""
        for number in [n for n, ways in enumerate(taken) if ways is None]:
            parent = tree.parents[number]
            taken[number] = taken[parent] if parent >= 0 else ()
            self._routed_by[number] = self._routed_by[parent] if parent >= 0 else -1
        numbers: dict[tuple[Way, ...], int] = {}
        shared = dict(zip(map(id, taken), taken, strict=True))
        number_of = {key: numbers.setdefault(ways or (), len(numbers)) for key, ways in shared.items()}
        self.exits: list[tuple[Way, ...]] = list(numbers)
        """The different sets of ways that share the load of some destinations."""
        self.exit_of: list[int] = list(map(number_of.__getitem__, map(id, taken)))
        """For each prefix of the tree, the number in ``exits`` of what its region takes."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way out."""
        return tuple(dict.fromkeys(way for ways in self.exits for way in ways))

    def table(self, wanted: Callable[[Way], bool] = lambda _way: True) -> Mapping[Target, Intervals]:
        """Each wanted way with its route → exactly the destinations that may take it (equal routes share them)."""
        asked = [any(map(wanted, ways)) for ways in self.exits]
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, taken in enumerate(self.exit_of):
            if asked[taken]:
                spans[self._routed_by[number]] += self._tree.regions[number]
        found: dict[Target, list[tuple[int, int]]] = defaultdict(list)
        for number, region in spans.items():
            for way, route in self.resolver.choice(self._tree.prefixes[number]):
                if wanted(way):
                    found[Target(way, route)] += region
        return {target: Intervals.from_spans(of_target) for target, of_target in found.items()}


def connected_routes(interfaces: Iterable[Interface]) -> list[Route]:
    """The routes of the subnets on enabled interfaces."""
    return [
        Route(a.subnet.first, a.length, a.span or i.span, RouteKind.CONNECTED, interface=i.name, distance=0)
        for i in interfaces
        if i.enabled
        for a in i.addresses
    ]


def build_fibs(contexts: Iterable[tuple[Device, Vrf]]) -> tuple[PrefixTree, list[Fib]]:
    """The forwarding tables of contexts: connected subnets and routes, the best usable ones of each prefix.

    The tree holds the addresses of the contexts too.
    """
    resolvers = []
    for device, vrf in contexts:
        interfaces = [i for i in device.interfaces if i.name in vrf.interfaces]
        down = frozenset(i.name for i in device.interfaces if not i.enabled)
        resolvers.append(Resolver([*connected_routes(interfaces), *vrf.routes], interfaces, down))
    tree = PrefixTree(p for r in resolvers for prefixes in (r.exits, map(host, r.own)) for p in prefixes)
    return tree, [Fib(resolver, tree) for resolver in resolvers]


def build_fib(device: Device, vrf: Vrf) -> Fib:
    """The forwarding table of one context alone."""
    return build_fibs([(device, vrf)])[1][0]


class Resolver:
    """Routes to ways out: next hops are looked up through other routes until they are on a link.

    A route out of a disabled interface, or whose next hop is not reached or is the device itself, is not usable: the
    next best of its prefix is, or a shorter prefix. ``exits``: prefixes with a usable route → the ways of the best.
    ``down``: disabled interfaces of the whole device. ``own``: the addresses of the context.
    """

    def __init__(self, routes: Iterable[Route], interfaces: Iterable[Interface], down: frozenset[str]) -> None:
        self._groups: dict[Prefix, list[Route]] = defaultdict(list)
        for route in routes:
            self._groups[route.network, route.length].append(route)
        self._down = down
        self.own = frozenset(a.address for i in interfaces if i.enabled for a in i.addresses)
        self._by_interface: dict[tuple[str, int | None], tuple[Way, ...]] = {}
        self._by_hop: dict[int, tuple[Way, ...]] = {}
        self._inside: dict[str, tuple[Way, ...]] = {}
        self._resolving: set[int] = set()
        self._cut = False
        self._lookups = 0
        self._shared: dict[tuple[object, ...], tuple[Way, ...]] = {}
        found = ((prefix, self._exit(group)) for prefix, group in self._groups.items())
        self.exits: dict[Prefix, tuple[Way, ...]] = {prefix: ways for prefix, ways in found if ways}

    def choice(self, prefix: Prefix) -> Choice:
        """The best usable routes of a prefix, each with its way."""
        return self._best(self._groups.get(prefix, []))

    def _exit(self, group: list[Route]) -> tuple[Way, ...]:
        """The ways of the best usable routes of a prefix."""
        key = LEADS(group[0]) if len(group) == 1 else tuple(map(LEADS, group))
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = tuple([way for way, _ in self._best(group)])
        return found

    def _best(self, group: list[Route]) -> Choice:
        """The usable routes of a prefix with the lowest distance and metric, one for each way."""
        if len(group) == 1:
            return tuple([(way, group[0]) for way in self.ways_of(group[0])])
        best: tuple[int, int] | None = None
        chosen: dict[Way, Route] = {}
        for route in group:
            rank = (route.distance, route.metric)
            if best is not None and rank > best:
                continue
            ways = self.ways_of(route)
            if ways and rank != best:
                best, chosen = rank, {}
            for way in ways:
                chosen.setdefault(way, route)
        return tuple(chosen.items())

    def ways_of(self, route: Route) -> tuple[Way, ...]:
        """Where a route leads; empty where it is not usable."""
        if route.kind is RouteKind.BLACKHOLE or route.into:
            return self._inside.setdefault(route.into, (Way("", None, route.into),))
        if route.interface:
            key = (route.interface, route.next_hop)
            found = self._by_interface.get(key)
            if found is None:
                found = self._by_interface[key] = () if route.interface in self._down else (Way(*key),)
            return found
        return self._to_hop(route.next_hop) if route.next_hop is not None else ()

    def ways_of_policy(self, policy: PolicyRoute) -> list[Way]:
        """Where a policy route leads; empty where none of its targets is usable, or it has none."""
        if policy.into:
            return [Way("", None, policy.into)]
        routes = (Route(0, 0, policy.span, next_hop=hop, interface=interface) for hop, interface in policy.targets)
        return [way for route in routes for way in self.ways_of(route)]

    def _to_hop(self, address: int) -> tuple[Way, ...]:
        """A way that ran into a lookup under way holds for that lookup only and is not remembered."""
        if address in self._by_hop:
            return self._by_hop[address]
        first = not self._resolving
        self._lookups = 0 if first else self._lookups + 1
        if address in self._resolving or len(self._resolving) > MAX_RECURSION or self._lookups > MAX_LOOKUPS:
            self._cut = True
            return ()
        before, self._cut = self._cut, False
        self._resolving.add(address)
        ways = () if address in self.own else self._longest(address)
        found = tuple(dict.fromkeys(Way(w.interface, address if w.next_hop is None else w.next_hop) for w in ways))
        self._resolving.discard(address)
        if first or not self._cut:
            self._by_hop[address] = found
        self._cut = self._cut or before
        return found

    @cached_property
    def _lengths(self) -> dict[bool, list[int]]:
        """The lengths of the prefixes of IPv4 and of IPv6 (``True``), the longest first."""
        lengths = {(network >= V6, length) for network, length in self._groups}
        return {v6: sorted((n for f, n in lengths if f == v6), reverse=True) for v6 in (False, True)}

    def _longest(self, address: int) -> Iterator[Way]:
        width = 128 if address >= V6 else 32
        for length in self._lengths[address >= V6]:
            group = self._groups.get((address & ~((1 << (width - length)) - 1), length), [])
            if any(not r.interface and r.next_hop in self._resolving for r in group):
                self._cut = True
                return
            found = self._best(group)
            if found:
                yield from (way for way, _ in found if way.interface)
                return
