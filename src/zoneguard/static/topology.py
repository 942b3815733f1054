"""The network as a graph: forwarding contexts joined where interfaces share a link, and where each zone attaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import networkx

from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import Device, Interface, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import Link
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap
from zoneguard.static.fib import Fib, Target, build_fib


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


class Topology:
    """Contexts, the links between them, their forwarding tables and the places where zones attach.

    ``graph`` is a ``networkx.MultiDiGraph`` over context keys and ``zone:NAME`` nodes, for pictures and waypoints.
    """

    def __init__(self, devices: Iterable[Device], zones: ZoneMap, links: Iterable[Link] = ()) -> None:
        self.zones = zones
        self.contexts = {(d.name, v.name): Context(d, v, (d.name, v.name)) for d in devices for v in d.vrfs}
        self.fibs: dict[tuple[str, str], Fib] = {k: build_fib(c.device, c.vrf) for k, c in self.contexts.items()}
        self._interfaces: dict[tuple[tuple[str, str], str], Interface] = {
            (key, i.name): i
            for key, c in self.contexts.items()
            for i in c.device.interfaces
            if i.name in c.vrf.interfaces
        }
        self.owners: dict[int, list[tuple[Context, Interface]]] = defaultdict(list)
        for (key, _), interface in self._interfaces.items():
            if interface.enabled:
                for address in interface.addresses:
                    self.owners[address.address].append((self.contexts[key], interface))
        self._wires: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
        inside = [((c.device.name, a), (c.device.name, b)) for c in self.contexts.values() for a, b in c.device.wires]
        for a, b in (*((link.a, link.b) for link in links), *inside):
            self._wires[a].add(b)
            self._wires[b].add(a)
        self.attachments: tuple[Attachment, ...] = tuple(self._attach())
        self.graph = self._draw()

    def interface(self, context: Context, name: str) -> Interface:
        """The interface of that name; an unnumbered stand-in where the export does not describe it."""
        known = self._interfaces.get((context.key, name))
        return known or Interface(name, context.device.span)

    def own_addresses(self, context: Context) -> Intervals:
        """The addresses of the context itself."""
        return Intervals.of(
            *(
                a.address
                for (key, _), i in self._interfaces.items()
                if key == context.key and i.enabled
                for a in i.addresses
            )
        )

    def neighbours(self, context: Context, target: Target) -> list[tuple[Context, Interface]]:
        """The modelled contexts that own the next hop of ``target`` on its link."""
        if target.next_hop is None:
            return self._wired(context, target.interface)
        own = self.interface(context, target.interface)
        return [
            (other, i)
            for other, i in self.owners.get(target.next_hop, ())
            if other is not context and (self._share_subnet(own, i) or self._is_wired(context, own, other, i))
        ]

    def on_link(self, context: Context, interface: str) -> dict[int, tuple[Context, Interface]]:
        """Addresses of other modelled contexts on the connected subnets of ``interface``."""
        own = self.interface(context, interface)
        return {
            a.address: (other, i)
            for subnet in (a.subnet for a in own.addresses)
            for address in self._owned_in(subnet)
            for other, i in self.owners[address]
            if other is not context
            for a in i.addresses
            if a.address == address
        }

    def _owned_in(self, subnet: Intervals) -> list[int]:
        return [a for a in self.owners if a in subnet]

    @staticmethod
    def _share_subnet(a: Interface, b: Interface) -> bool:
        return any(x.subnet & y.subnet for x in a.addresses for y in b.addresses)

    def _wired(self, context: Context, interface: str) -> list[tuple[Context, Interface]]:
        wires = self._wires.get((context.key[0], interface), ())
        return [
            (self.contexts[key], i)
            for (key, name), i in self._interfaces.items()
            if (key[0], name) in wires and i.enabled
        ]

    def _is_wired(self, context: Context, own: Interface, other: Context, interface: Interface) -> bool:
        return (other.key[0], interface.name) in self._wires.get((context.key[0], own.name), ())

    def _external(self) -> Iterable[tuple[Context, Target, Intervals]]:
        """Every way out to hosts or routers that no modelled device is, with its destinations."""
        for key, fib in self.fibs.items():
            context = self.contexts[key]
            for target, destinations in fib.table.items():
                if not target.interface or self.neighbours(context, target):
                    continue
                if target.next_hop is None:
                    own = Intervals.of(*(a.address for a in self.interface(context, target.interface).addresses))
                    yield context, target, destinations - own - Intervals.of(*self.on_link(context, target.interface))
                else:
                    yield context, target, destinations

    def _attach(self) -> Iterable[Attachment]:
        """Zones where they attach: see docs/explanation/reachability.md for the reasons.

        First by routes that lie within a zone's prefix. What of a zone is then left attaches where a wider route
        leads to it: by a next hop inside the zone, or by a route that is not the default route.
        """
        externals = list(self._external())
        covered: dict[str, Intervals] = {z.name: Intervals() for z in self.zones}
        for context, target, destinations in externals:
            zone = self._zone_of_route(target)
            if zone is None:
                continue
            members = destinations & self.zones.addresses(zone.name)
            if members:
                covered[zone.name] = covered[zone.name] | members
                yield Attachment(context, target.interface, zone.name, members, target)
        for context, target, destinations in externals:
            for zone in self.zones:
                inside = target.next_hop is not None and self.zones.of(target.next_hop) is zone
                if self._zone_of_route(target) is zone or not (inside or target.route.length):
                    continue
                members = destinations & (self.zones.addresses(zone.name) - covered[zone.name])
                if members:
                    yield Attachment(context, target.interface, zone.name, members, target)

    def behind(self, context: Context, target: Target) -> list[tuple[str, Intervals]]:
        """Zones and their members that packets reach when they leave ``context`` by ``target``.

        A policy route leads to every zone that attaches to its interface, and to public addresses.
        """
        if not target.interface or self.neighbours(context, target):
            return []
        here = [a for a in self.attachments if a.context is context and a.interface == target.interface]
        if target in self.fibs[context.key].table:
            return [(a.zone, a.members) for a in here if a.target == target]
        public = [z.name for z in self.zones if z.zone_class is ZoneClass.PUBLIC]
        return [(a.zone, a.members) for a in here if a.zone not in public] + [
            (z, self.zones.addresses(z)) for z in public
        ]

    def _zone_of_route(self, target: Target) -> Zone | None:
        """The zone with the longest prefix that covers the whole prefix of the route."""
        prefix = target.route.prefix
        covering = [
            (length, zone.name)
            for zone in self.zones
            for network, length in zone.prefixes
            if prefix <= prefix_span(network, length)
        ]
        return self.zones[max(covering)[1]] if covering else None

    def _draw(self) -> networkx.MultiDiGraph[str]:
        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        graph.add_nodes_from("/".join(key) for key in self.contexts)
        for key, fib in self.fibs.items():
            context = self.contexts[key]
            for target in fib.table:
                for other, interface in self.neighbours(context, target):
                    graph.add_edge("/".join(key), "/".join(other.key), egress=target.interface, ingress=interface.name)
        for attachment in self.attachments:
            node = "/".join(attachment.context.key)
            graph.add_edge(node, f"zone:{attachment.zone}", egress=attachment.interface)
            graph.add_edge(f"zone:{attachment.zone}", node, ingress=attachment.interface)
        return graph
