"""The network as a graph: forwarding contexts joined where interfaces share a link, and where each zone attaches."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

import networkx

from zoneguard.collector import paused_collector
from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Device, Interface, PolicyRoute, Route, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, at_most
from zoneguard.model.project import Link
from zoneguard.model.zones import ZoneClass, ZoneMap
from zoneguard.static.fib import Fib, Target, Way, build_fibs


@dataclass(frozen=True, slots=True)
class Context:
    """A node: a forwarding context of a device. Equal by name."""

    device: Device = field(compare=False)
    vrf: Vrf = field(compare=False)
    key: tuple[str, str]

    def __str__(self) -> str:
        return self.key[0] if self.key[1] in ("", "default", "main", "root") else "/".join(self.key)


@dataclass(frozen=True, slots=True)
class Attachment:
    """The zone ``zone`` holds the addresses ``members`` beyond ``interface`` of ``context``, by ``target``."""

    context: Context
    interface: str
    zone: str
    members: Intervals
    target: Target


Place = tuple[Context, Interface]
Key = tuple[str, str]


class Topology:
    """Contexts, the links between them, their forwarding tables and the places where zones attach.

    ``graph`` is a ``networkx.MultiDiGraph`` over context keys and ``zone:NAME`` nodes, for pictures and waypoints.
    """

    @paused_collector()
    def __init__(self, devices: Iterable[Device], zones: ZoneMap, links: Iterable[Link] = ()) -> None:
        self.zones = zones
        self.contexts = {(d.name, v.name): Context(d, v, (d.name, v.name)) for d in devices for v in d.vrfs}
        self.tree, fibs = build_fibs((c.device, c.vrf) for c in self.contexts.values())
        self.fibs: dict[Key, Fib] = dict(zip(self.contexts, fibs, strict=True))
        self._interfaces: dict[Key, dict[str, Interface]] = {
            key: {i.name: i for i in c.device.interfaces if i.name in c.vrf.interfaces}
            for key, c in self.contexts.items()
        }
        self._homes = {(key[0], name): key for key, interfaces in self._interfaces.items() for name in interfaces}
        self.owners: dict[int, list[Place]] = defaultdict(list)
        for key, interfaces in self._interfaces.items():
            for interface in interfaces.values():
                for address in interface.addresses if interface.enabled else ():
                    self.owners[address.address].append((self.contexts[key], interface))
        self._owned = sorted(self.owners)
        self._wires: dict[Key, set[Key]] = defaultdict(set)
        inside = [((c.device.name, a), (c.device.name, b)) for c in self.contexts.values() for a, b in c.device.wires]
        for a, b in (*((link.a, link.b) for link in links), *inside):
            self._wires[a].add(b)
            self._wires[b].add(a)
        self._neighbours: dict[tuple[Key, Way], list[Place]] = {}
        self._stretches = sorted((low, high, z.name) for z in zones for low, high in zones.addresses(z.name).spans)
        self._asked = self._policies()
        self.attachments: tuple[Attachment, ...] = tuple(self._attach())
        self._attached: dict[tuple[Key, str], list[Attachment]] = defaultdict(list)
        for attachment in self.attachments:
            self._attached[attachment.context.key, attachment.interface].append(attachment)
        self.graph = self._draw()

    def interface(self, context: Context, name: str) -> Interface:
        """The interface of that name; an unnumbered stand-in where the export does not describe it."""
        return self._interfaces[self.home(context, name).key].get(name) or Interface(name, context.device.span)

    def home(self, context: Context, interface: str) -> Context:
        """The context that packets enter by ``interface``: routes of ``context`` may lead out of another's."""
        if interface in self._interfaces[context.key]:
            return context
        key = self._homes.get((context.key[0], interface))
        return context if key is None else self.contexts[key]

    def own_addresses(self, context: Context) -> Intervals:
        """The addresses of the context itself."""
        interfaces = self._interfaces[context.key].values()
        return Intervals.of(*(a.address for i in interfaces if i.enabled for a in i.addresses))

    def neighbours(self, context: Context, way: Way) -> list[Place]:
        """The modelled contexts that own the next hop of ``way`` on its link."""
        key = (context.key, way)
        if key not in self._neighbours:
            self._neighbours[key] = self._find_neighbours(context, way)
        return self._neighbours[key]

    def _find_neighbours(self, context: Context, way: Way) -> list[Place]:
        if way.next_hop is None:
            return self.wired(context, way.interface)
        own = self.interface(context, way.interface)
        return [
            (other, i)
            for other, i in self.owners.get(way.next_hop, ())
            if other is not context and (self._share_subnet(own, i) or self._is_wired(context, own, other, i))
        ]

    def on_link(self, context: Context, interface: str) -> list[tuple[Place, Intervals]]:
        """Other modelled contexts with their addresses on the connected subnets of ``interface``."""
        found: dict[tuple[Key, str], tuple[Place, list[int]]] = {}
        for subnet in (a.subnet for a in self.interface(context, interface).addresses):
            for address in self._owned_in(subnet):
                for other, i in self.owners[address]:
                    if other is not context:
                        found.setdefault((other.key, i.name), ((other, i), []))[1].append(address)
        return [(place, Intervals.of(*addresses)) for place, addresses in found.values()]

    def _owned_in(self, subnet: Intervals) -> list[int]:
        ((low, high),) = subnet.spans
        return self._owned[bisect_left(self._owned, low) : bisect_right(self._owned, high)]

    @staticmethod
    def _share_subnet(a: Interface, b: Interface) -> bool:
        return any(x.subnet & y.subnet for x in a.addresses for y in b.addresses)

    def wired(self, context: Context, interface: str) -> list[Place]:
        """The modelled contexts at the other ends of the links that the interface is declared to be on."""
        wires = self._wires.get((context.key[0], interface), ())
        return [
            (self.contexts[key], interfaces[name])
            for device, name in sorted(wires)
            for key, interfaces in self._interfaces.items()
            if key[0] == device and name in interfaces and interfaces[name].enabled
        ]

    def _is_wired(self, context: Context, own: Interface, other: Context, interface: Interface) -> bool:
        return (other.key[0], interface.name) in self._wires.get((context.key[0], own.name), ())

    def _external(self) -> Iterable[tuple[Context, Target, Intervals]]:
        """Every way out to hosts or routers that no modelled device is, with its destinations."""
        for key, fib in self.fibs.items():
            context = self.contexts[key]
            outside = {way for way in fib.ways if way.interface and not self.neighbours(context, way)}
            for target, destinations in fib.table(outside.__contains__).items():
                if target.way.next_hop is None:
                    own = Intervals.of(*(a.address for a in self.interface(context, target.way.interface).addresses))
                    others = (addresses for _, addresses in self.on_link(context, target.way.interface))
                    devices = Intervals.from_spans(span for part in (own, *others) for span in part.spans)
                    yield context, target, (destinations | _connected(target)) - devices
                else:
                    yield context, target, destinations

    def _attach(self) -> Iterable[Attachment]:
        """Zones where they attach: see docs/explanation/reachability.md for the reasons.

        By a route that lies within a zone's prefix, that zone. By a wider route, every zone that it leads into, except
        that a default route leads only to the zone that covers everything and to the zone of its next hop. By a policy
        route whose destinations lie within a zone, that zone.
        """
        zones = self._stretches
        for context, target, destinations in self._external():
            for zone, members in _cut(destinations, zones):
                if target.route.length or zone in self._behind_default(target):
                    yield Attachment(context, target.way.interface, zone, members, target)
        for (key, way), leading in self._asked.items():
            for policy, destinations in leading:
                asked = frozenset(destinations.spans)
                for zone, members in _cut(destinations, zones):
                    whole = Intervals(tuple(span for span in members.spans if span in asked))
                    if whole:
                        target = Target(way, Route(0, 0, policy.span))
                        yield Attachment(self.contexts[key], way.interface, zone, whole, target)

    def _policies(self) -> dict[tuple[Key, Way], list[tuple[PolicyRoute, Intervals]]]:
        """The policy routes by the ways out that lead to no modelled device, each with its destinations.

        Of an address family of which it takes more than half it says, as a default route, nothing of where zones are.
        """
        found: dict[tuple[Key, Way], list[tuple[PolicyRoute, Intervals]]] = defaultdict(list)
        for key, context in self.contexts.items():
            for policy in context.vrf.policy_routes:
                for way in self.fibs[key].resolver.ways_of_policy(policy):
                    if way.interface and not self.neighbours(context, way):
                        found[key, way].append((policy, _told(at_most(Field.DST, policy.match))))
        return found

    def _behind_default(self, target: Target) -> set[str]:
        hop = self.zones.of(target.way.next_hop) if target.way.next_hop is not None else None
        everything = {z.name for z in self.zones if (target.route.network, 0) in z.prefixes}
        return everything | ({hop.name} if hop else set())

    def leaves(self, context: Context, way: Way) -> bool:
        """Whether no modelled context gets what leaves ``context`` by ``way``."""
        if not way.interface or self.neighbours(context, way):
            return False
        return way.next_hop is not None or not self.on_link(context, way.interface)

    def behind(self, context: Context, ways: Sequence[Way], policy: bool) -> list[tuple[str, Intervals]]:
        """Zones and their members that packets reach when they leave ``context`` by ``ways`` out of one interface.

        By a ``policy`` route: hosts on the wire, zones of which some lies beyond it, public addresses, and what such
        routes ask for.
        """
        if not ways[0].interface or self.neighbours(context, ways[0]):
            return []
        here = self._attached[context.key, ways[0].interface]
        if not policy:
            return _by_zone(a for a in here if a.target.way in ways)
        public = {z.name for z in self.zones if z.zone_class is ZoneClass.PUBLIC}
        known = public | {a.zone for a in here if not a.target.route.on_link}
        others = _by_zone(a for a in here if a.zone not in known)
        leading = (told for way in ways for _, told in self._asked.get((context.key, way), ()))
        asked = Intervals.from_spans(span for told in leading for span in told.spans)
        return _merged((*others, *((z, self.zones.addresses(z)) for z in sorted(known)), *_cut(asked, self._stretches)))

    def _draw(self) -> networkx.MultiDiGraph[str]:
        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        graph.add_nodes_from("/".join(key) for key in self.contexts)
        for key, fib in self.fibs.items():
            for way in fib.ways:
                for other, interface in self.neighbours(self.contexts[key], way):
                    graph.add_edge("/".join(key), "/".join(other.key), egress=way.interface, ingress=interface.name)
        for context, zone, name in dict.fromkeys((a.context, f"zone:{a.zone}", a.interface) for a in self.attachments):
            graph.add_edge("/".join(context.key), zone, egress=name)
            graph.add_edge(zone, "/".join(self.home(context, name).key), ingress=name)
        return graph


def _connected(target: Target) -> Intervals:
    """The subnet of a connected route: its hosts are on the link even where a longer prefix leads elsewhere."""
    return target.route.prefix if target.route.on_link else Intervals()


def _told(destinations: Intervals) -> Intervals:
    """``destinations`` without the address families of which they are more than half."""
    parts = (destinations & family for family in (ALL_V4, ALL_V6) if 2 * (destinations & family).size <= family.size)
    return Intervals.from_spans(span for part in parts for span in part.spans)


def _cut(addresses: Intervals, zones: Sequence[tuple[int, int, str]]) -> Iterable[tuple[str, Intervals]]:
    """``addresses`` by zone. ``zones``: disjoint stretches with the name of their zone, in order."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for low, high in addresses.spans:
        at = max(0, bisect_right(zones, low, key=itemgetter(0)) - 1)
        while at < len(zones) and zones[at][0] <= high:
            first, last, zone = zones[at]
            if last >= low:
                found[zone].append((max(first, low), min(last, high)))
            at += 1
    return ((zone, Intervals.from_spans(spans)) for zone, spans in found.items())


def _by_zone(attachments: Iterable[Attachment]) -> list[tuple[str, Intervals]]:
    return _merged((attachment.zone, attachment.members) for attachment in attachments)


def _merged(parts: Iterable[tuple[str, Intervals]]) -> list[tuple[str, Intervals]]:
    spans: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for zone, members in parts:
        spans[zone] += members.spans
    return [(zone, Intervals.from_spans(of_zone)) for zone, of_zone in spans.items()]
