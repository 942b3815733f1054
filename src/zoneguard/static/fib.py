"""Longest-prefix routing: which way out each destination takes, and by which route."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.device import Device, Interface, PolicyRoute, Route, RouteKind, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.static.prefixes import Prefix, PrefixTree

MAX_RECURSION = 16
"""Next hops that need lookups deeper than this never resolve."""
MAX_LOOKUPS = 1_000
"""Nor do those that need more lookups than this, as routes that lead to each other in many ways."""


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
        choices = [resolver.choices.get(prefix, ()) for prefix in tree.prefixes]
        for number, parent in enumerate(tree.parents):
            if not choices[number] and parent >= 0:
                choices[number] = choices[parent]
        self._choices: list[Choice] = choices
        exits: dict[tuple[int, ...], tuple[Way, ...]] = {}
        numbers: dict[tuple[int, ...], int] = {}
        number_of: dict[int, int] = {}
        for choice in {id(c): c for c in choices}.values():
            key = tuple([id(way) for way, _ in choice])
            exits.setdefault(key, tuple([way for way, _ in choice]))
            number_of[id(choice)] = numbers.setdefault(key, len(numbers))
        self.exits: list[tuple[Way, ...]] = list(exits.values())
        """The different sets of ways that share the load of some destinations."""
        self.exit_of: list[int] = [number_of[id(c)] for c in choices]
        """For each prefix of the tree, the number in ``exits`` of what its region takes."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """Every way out."""
        return tuple(dict.fromkeys(way for ways in self.exits for way in ways))

    def table(self, wanted: Callable[[Way], bool] = lambda _way: True) -> Mapping[Target, Intervals]:
        """Each wanted way with its route → exactly the destinations that may take it (equal routes share them)."""
        spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
        chosen: dict[int, Choice] = {}
        for choice, region in zip(self._choices, self._tree.regions, strict=True):
            if choice:
                chosen[id(choice)] = choice
                spans[id(choice)] += region
        found: dict[Target, list[tuple[int, int]]] = defaultdict(list)
        for key, choice in chosen.items():
            for way, route in choice:
                if wanted(way):
                    found[Target(way, route)] += spans[key]
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
    """The forwarding tables of contexts: connected subnets and routes, the best usable ones of each prefix."""
    resolvers = []
    for device, vrf in contexts:
        interfaces = [i for i in device.interfaces if i.name in vrf.interfaces]
        down = frozenset(i.name for i in device.interfaces if not i.enabled)
        resolvers.append(Resolver([*connected_routes(interfaces), *vrf.routes], interfaces, down))
    tree = PrefixTree(prefix for resolver in resolvers for prefix in resolver.choices)
    return tree, [Fib(resolver, tree) for resolver in resolvers]


def build_fib(device: Device, vrf: Vrf) -> Fib:
    """The forwarding table of one context alone."""
    return build_fibs([(device, vrf)])[1][0]


class Resolver:
    """Routes to ways out: next hops are looked up through other routes until they are on a link.

    A route out of a disabled interface, or whose next hop is not reached or is the device itself, is not usable: the
    next best of its prefix is, or a shorter prefix. ``choices``: prefixes with a usable route → the best ones.
    ``down``: disabled interfaces of the whole device.
    """

    def __init__(self, routes: Iterable[Route], interfaces: Iterable[Interface], down: frozenset[str]) -> None:
        self._groups: dict[Prefix, list[Route]] = defaultdict(list)
        for route in routes:
            self._groups[route.network, route.length].append(route)
        self._down = down
        self._own = frozenset(a.address for i in interfaces if i.enabled for a in i.addresses)
        lengths = {(p >= V6, n) for p, n in self._groups}
        self._lengths = {v6: sorted((n for f, n in lengths if f == v6), reverse=True) for v6 in (False, True)}
        self._by_interface: dict[tuple[str, int | None], tuple[Way, ...]] = {}
        self._by_hop: dict[int, tuple[Way, ...]] = {}
        self._resolving: set[int] = set()
        self._cut = False
        self._lookups = 0
        found = ((prefix, self._best(group)) for prefix, group in self._groups.items())
        self.choices: dict[Prefix, Choice] = {prefix: choice for prefix, choice in found if choice}

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
            return (Way("", None, route.into),)
        if route.interface:
            key = (route.interface, route.next_hop)
            if key not in self._by_interface:
                self._by_interface[key] = () if route.interface in self._down else (Way(*key),)
            return self._by_interface[key]
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
        ways = () if address in self._own else self._longest(address)
        found = tuple(dict.fromkeys(Way(w.interface, address if w.next_hop is None else w.next_hop) for w in ways))
        self._resolving.discard(address)
        if first or not self._cut:
            self._by_hop[address] = found
        self._cut = self._cut or before
        return found

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
