"""PAN-OS virtual routers and logical routers: their interfaces, static routes, and which protocols they run.

Of several routes to one prefix the lowest administrative distance, then the lowest metric is used; both are 10 for a
static route where nothing else is said ("Static Routes", "Configure a Static Route"). A route to another virtual router
goes on in that one's table. Without ECMP one of several equal routes is used: which one the file does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import V6, address_or_none, prefix_of, prefixes
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.text import Reason
from zoneguard.parsers._panos import values
from zoneguard.parsers._panos.addresses import AddressBook
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.layout import Firewall
from zoneguard.parsers._panos.tree import Node

PROTOCOLS = ("bgp", "ospf", "ospfv3", "rip")
DEFAULT_DISTANCE = DEFAULT_METRIC = 10
_TABLES = (("ip", "static"), ("ipv6", "static-ipv6"))
_NOT_UNICAST = frozenset({"multicast", "no-install"})


@dataclass(slots=True)
class Router:
    """A forwarding table: the interfaces that use it and its static routes. ``dynamic``: it runs routing protocols;
    ``open``: some of its routes are not in the file."""

    name: str
    node: Node
    interfaces: frozenset[str]
    routes: list[Route] = field(default_factory=list)
    dynamic: bool = False
    open: bool = False


class RouterReader:
    """Reads the routers of one device."""

    def __init__(self, export: Export, firewall: Firewall, book: AddressBook) -> None:
        self._export = export
        self._book = book
        self._network = firewall.network
        self._vsyses = [vsys.node for vsys in firewall.vsyses]
        advanced = firewall.settings.yes("setting", "advance-routing") or firewall.settings.yes(
            "setting", "advanced-routing"
        )
        virtual, logical = (self._network.below(kind) for kind in ("virtual-router", "logical-router"))
        self._advanced = bool(logical) and (advanced or not virtual)

    def read(self, learning: frozenset[str]) -> dict[str, Router]:
        """The routers in force, by name; of a logical router each VRF, ``default`` under the router's own name.

        ``learning``: interfaces that may be given a default route.
        """
        routers = {}
        for name, node in self._nodes():
            routers[name] = Router(name, node, frozenset(node.words("interface")))
        for router in routers.values():
            for family, kind in _TABLES:
                for entry in router.node.below("routing-table", family, "static-route").values():
                    route = self._route(entry, router, routers, kind)
                    if route is not None:
                        router.routes.append(route)
                    else:
                        router.open |= entry.word("route-table") not in _NOT_UNICAST
            self._dynamic(router)
            router.routes += self._clients(router)
            router.open |= bool(router.interfaces & learning)
        return routers

    def _nodes(self) -> Iterator[tuple[str, Node]]:
        if not self._advanced:
            yield from self._network.below("virtual-router").items()
            return
        for name, router in self._network.below("logical-router").items():
            for vrf, node in router.below("vrf").items():
                yield name if vrf == "default" else f"{name}:{vrf}", node

    def _route(self, entry: Node, router: Router, routers: dict[str, Router], kind: str) -> Route | None:
        if entry.word("route-table") in _NOT_UNICAST or any(w in _NOT_UNICAST for w in entry.below("route-table")):
            return None
        try:
            network, length = prefix_of(self._literal(entry.word("destination")))
        except ValueError:
            return self._unreadable(entry, "destination", "the destination of this route cannot be read")
        distance = (
            values.number(entry.word("admin-dist") or router.node.word("admin-dists", kind), 255) or DEFAULT_DISTANCE
        )
        metric = values.number(entry.word("metric"), 65535)
        metric = DEFAULT_METRIC if metric is None else metric
        interface, into = entry.word("interface"), ""
        next_hop: int | None = None
        route_kind = RouteKind.STATIC
        hop = entry.at("nexthop")
        way = max(hop.children.values(), key=lambda node: node.last).name if hop is not None and hop.children else ""
        if way == "discard":
            route_kind, interface = RouteKind.BLACKHOLE, ""
        elif way in ("next-vr", "next-lr"):
            into, interface = entry.word("nexthop", way), ""
            if into not in routers or into == router.name:
                return self._unreadable(
                    entry, "nexthop", Reason('the router "{into}" that this route leads to is not there', into=into)
                )
        elif way in ("ip-address", "ipv6-address"):
            next_hop = address_or_none(self._literal(entry.word("nexthop", way)))
            if next_hop is None or (next_hop >= V6) != (network >= V6):
                return self._unreadable(entry, "nexthop", "the next hop of this route cannot be read")
        elif way not in ("", "none", "None") or not interface:
            return self._unreadable(entry, "nexthop", "this route names no way that can be followed")
        span = self._export.span(entry)
        return Route(network, length, span, route_kind, next_hop, interface, distance, metric, into)

    def _clients(self, router: Router) -> Iterator[Route]:
        """Pools of GlobalProtect clients: each that is connected is reached by the gateway's tunnel."""
        for gateway in self._network.below("tunnel", "global-protect-gateway").values():
            tunnel = gateway.word("tunnel-interface")
            if tunnel not in router.interfaces:
                continue
            name = gateway.name.removesuffix("-N")
            places = (vsys.at("global-protect", "global-protect-gateway", name) for vsys in self._vsyses)
            configs = [c for p in places if p for c in p.below("remote-user-tunnel-configs").values()]
            pools = [pool for node in (gateway, *configs) for pool in node.below("ip-pool").values()]
            spans = [(pool, values.address_span(pool.name) or self._book.one(pool.name)) for pool in pools]
            if not pools or any(span is None for _, span in spans):
                reason = Reason('the addresses of the clients of "{gateway}" are not in the file', gateway=gateway.name)
                self._export.ledger.not_understood(gateway.first, reason, Concern.ROUTING)
            for pool, span in spans:
                for network, length in prefixes(span) if span is not None else ():
                    where = self._export.span(pool)
                    yield Route(network, length, where, RouteKind.STATIC, None, tunnel, DEFAULT_DISTANCE, 0)

    def _literal(self, text: str) -> str:
        """The address that a word stands for: itself, or that of an object with a single one."""
        literal = self._book.literal(text)
        return literal if literal is text else literal.removesuffix("/32").removesuffix("/128")

    def _unreadable(self, entry: Node, name: str, reason: str) -> Route | None:
        self._export.ledger.not_understood(entry.line(name), reason, Concern.ROUTING)
        return None

    def _dynamic(self, router: Router) -> None:
        for name in PROTOCOLS:
            node = router.node.at("protocol", name) or (router.node.at(name) if self._advanced else None)
            if node is not None and node.children and node.word("enable") != "no":
                router.dynamic = router.open = True
                reason = Reason(
                    'dynamic routing ({name}) in "{router}": the routes that it learns are not in this file',
                    name=name,
                    router=router.name,
                )
                self._export.ledger.not_understood(node.first, reason, Concern.ROUTING)
