"""Where one forwarding context sends a destination: policy routes, then the longest prefix that is usable."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, V6, format_address, prefix_span
from zoneguard.model.device import Interface, PolicyRoute, Route, RouteKind, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static._trace_choices import Doubt, UndecidableError
from zoneguard.static._trace_packet import Traveller

MAX_RECURSION = 16
MAX_ASKED = 1_000


@dataclass(frozen=True, slots=True)
class Target:
    """One way on: out of ``egress`` to ``next_hop`` (``None``: to the destination itself, on the link), ``into``
    another context of the device, or nowhere (``blackhole``)."""

    span: SourceSpan
    egress: str = ""
    next_hop: int | None = None
    into: str = ""
    blackhole: bool = False
    policy: bool = False


@dataclass(frozen=True, slots=True)
class NoRoute:
    """No usable route; ``inactive`` are the lines of matching routes that are not usable."""

    inactive: tuple[SourceSpan, ...] = ()


class RoutingTable:
    """The routes of ``vrf`` and the connected subnets of its enabled ones among the device's ``interfaces``."""

    def __init__(self, vrf: Vrf, interfaces: Iterable[Interface]) -> None:
        self._policy = vrf.policy_routes
        known = list(interfaces)
        mine = [i for i in known if i.name in vrf.interfaces]
        self._down = frozenset(i.name for i in known if not i.enabled)
        self.own = Intervals.of(*(a.address for i in mine if i.enabled for a in i.addresses))
        self._groups: dict[tuple[bool, int], dict[int, list[Route]]] = {}
        for route in (*_connected(mine), *vrf.routes):
            self._groups.setdefault((route.network >= V6, route.length), {}).setdefault(route.network, []).append(route)
        self._lengths = {v6: sorted((n for f, n in self._groups if f == v6), reverse=True) for v6 in (False, True)}
        self._resolved: dict[int, tuple[tuple[str, int], ...]] = {}
        self._resolving: set[int] = set()
        self._circular = False
        self._asked = 0

    def choose(self, packet: Traveller) -> Target | NoRoute:
        """The way of this packet; routes that share the load are put to the script."""
        for rule in self._policy:
            if packet.holds(rule.match):
                if rule.into:
                    return Target(rule.span, into=rule.into, policy=True)
                if not rule.targets:
                    break
                targets = self._policy_targets(rule)
                if targets:
                    return self._share(packet, targets)
        inactive: list[SourceSpan] = []
        for group in self._matching(packet):
            targets = self._best(group)
            if targets:
                return self._share(packet, targets)
            inactive += [r.span for r in group]
        return NoRoute(tuple(inactive))

    def best(self, address: int) -> tuple[tuple[Target, ...], int]:
        """The ways to one address by the table alone, and the length of their prefix; ``((), -1)``: none."""
        for group in self._containing(address):
            targets = self._best(group)
            if targets:
                return targets, group[0].length
        return (), -1

    def _matching(self, packet: Traveller) -> Iterator[list[Route]]:
        """The groups of routes for the destination, longest prefix first; a pool of destinations is divided by them."""
        if Field.DST not in packet.pools:
            yield from self._containing(packet.packet.dst)
            return
        packet.holds(In(Field.DST, ALL_V4))
        for length in self._lengths[packet.packet.dst >= V6]:
            for network, group in self._groups[packet.packet.dst >= V6, length].items():
                if packet.holds(In(Field.DST, prefix_span(network, length))):
                    yield group

    def _containing(self, address: int) -> Iterator[list[Route]]:
        v6 = address >= V6
        for length in self._lengths[v6]:
            network = address & ~((1 << ((128 if v6 else 32) - length)) - 1)
            group = self._groups[v6, length].get(network)
            if group is not None:
                yield group

    def _best(self, group: list[Route]) -> tuple[Target, ...]:
        """The targets of the usable routes with the lowest distance and metric."""
        usable = [(r, targets) for r in group if (targets := self._targets(r))]
        lowest = min(((r.distance, r.metric) for r, _ in usable), default=None)
        return _distinct(t for r, targets in usable if (r.distance, r.metric) == lowest for t in targets)

    def _targets(self, route: Route) -> tuple[Target, ...]:
        if route.kind is RouteKind.BLACKHOLE:
            return (Target(route.span, blackhole=True),)
        if route.into:
            return (Target(route.span, route.interface, route.next_hop, route.into),)
        return self._way(route.interface, route.next_hop, route.span)

    def _way(self, interface: str, next_hop: int | None, span: SourceSpan) -> tuple[Target, ...]:
        if interface in self._down:
            return ()
        if interface or next_hop is None:
            return (Target(span, interface, next_hop),)
        return tuple(Target(span, egress, via) for egress, via in self._resolve(next_hop))

    def _resolve(self, next_hop: int) -> tuple[tuple[str, int], ...]:
        """By which interfaces and neighbours ``next_hop`` is reached; by none, where it leads back to itself."""
        if next_hop in self._resolved:
            return self._resolved[next_hop]
        outermost = not self._resolving
        self._asked = 1 if outermost else self._asked + 1
        if next_hop in self._resolving or len(self._resolving) > MAX_RECURSION or self._asked > MAX_ASKED:
            self._circular = True
            return ()
        circular_before, self._circular = self._circular, False
        self._resolving.add(next_hop)
        targets = () if next_hop in self.own else self._next_hop_targets(next_hop)
        self._resolving.discard(next_hop)
        found = ((t.egress, next_hop if t.next_hop is None else t.next_hop) for t in targets if t.egress and not t.into)
        ways = tuple(found)
        if outermost or not self._circular:  # else the answer depends on what is being resolved around it
            self._resolved[next_hop] = ways
        self._circular = self._circular or circular_before
        return ways

    def _next_hop_targets(self, next_hop: int) -> tuple[Target, ...]:
        for group in self._containing(next_hop):
            if any(not r.interface and r.next_hop in self._resolving for r in group):
                self._circular = True
                return ()
            targets = self._best(group)
            if targets:
                return targets
        return ()

    def _policy_targets(self, rule: PolicyRoute) -> tuple[Target, ...]:
        ways = (t for next_hop, interface in rule.targets for t in self._way(interface, next_hop, rule.span))
        return _distinct(Target(t.span, t.egress, t.next_hop, policy=True) for t in ways)

    @staticmethod
    def _share(packet: Traveller, targets: tuple[Target, ...]) -> Target:
        doubt = Doubt(
            N_("which equal route is taken: {ways}", ways=", ".join(map(_way_text, targets))), targets[0].span
        )
        target = targets[packet.script.choose(doubt, len(targets))]
        if not (target.egress or target.into or target.blackhole):
            raise UndecidableError(N_("the route names neither an interface nor a next hop"), target.span)
        return target


def _connected(interfaces: Iterable[Interface]) -> Iterator[Route]:
    for interface in interfaces:
        for address in interface.addresses if interface.enabled else ():
            network = address.subnet.first
            yield Route(network, address.length, interface.span, RouteKind.CONNECTED, None, interface.name, distance=0)


def _distinct(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Without those that lead the same way as an earlier one."""
    seen: dict[tuple[str, int | None, str, bool], Target] = {}
    for target in targets:
        seen.setdefault((target.egress, target.next_hop, target.into, target.blackhole), target)
    return tuple(seen.values())


def _way_text(target: Target) -> str:
    if target.blackhole:
        return "blackhole"
    return " ".join(
        p for p in (target.into, target.egress, "" if target.next_hop is None else format_address(target.next_hop)) if p
    )
