"""Routes of the subnets of one virtual network: system routes, peerings, gateways, and user-defined ones before them.

Microsoft Learn, «Virtual network traffic routing»: the longest prefix decides; of one prefix the user-defined route
goes before the system's. A network has routes to its own space, to connected peers, ``0.0.0.0/0`` to the Internet, and
to nowhere for private prefixes that it does not use.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V4, ALL_V6, prefixes
from zoneguard.model.device import Concern, PolicyRoute, Route, Routing, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, Field, In, Ingress
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._azure.effective import Effective
from zoneguard.parsers._azure.estate import Estate, Item, same
from zoneguard.parsers._azure.kinds import GATEWAY, LOCAL_GATEWAY, NIC, TABLE, VNET
from zoneguard.parsers._cloud import prefix, union
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

INTERNET, BEHIND_GATEWAY, SERVICES = "to internet", "to gateway", "to service endpoints"
INSIDE, NOWHERE = "", "unrouted"
UNUSED = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
NO_TABLE = "a route table that is not given"
NO_ROUTE = "a route whose prefix or next hop cannot be read"
BY_APPLIANCE = "a route to a virtual appliance, which decides where packets go on"
NO_PEER = "a peering whose remote address space is not given"
LEARNED = "dynamic routing: the routes that the virtual network gateway learns are not in the file"
GATEWAY_SUBNET = "gatewaysubnet"


@dataclass(frozen=True, slots=True)
class Peering:
    """A connected peering: its interface, the remote address blocks (none: not known), and what it lets through.

    ``wire``: the two networks, by their ids.
    """

    interface: str
    wire: str
    blocks: tuple[Intervals, ...]
    access: bool
    forwarded: bool
    node: Node


@dataclass(frozen=True, slots=True)
class Way:
    """A route: to an interface, ``INSIDE`` or ``NOWHERE``."""

    prefix: Intervals
    length: int
    to: str
    node: Node


class Roads:
    """The routing of one virtual network."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, effective: Effective, vnet: Item) -> None:
        self._source = source
        self._ledger = ledger
        self._estate = estate
        self._vnet = vnet
        everything = list(vnet.parts("subnets"))
        self.subnets = [subnet for subnet in everything if subnet.name.lower() != GATEWAY_SUBNET]
        self._gateway_subnet = next((s for s in everything if s.name.lower() == GATEWAY_SUBNET), None)
        within = [block for subnet in self.subnets for block in blocks_of(subnet)]
        self._blocks = _blocks(vnet.properties.get("addressSpace"), vnet) or within
        self.space = union(self._blocks)
        self.peerings = [self._peering(p) for p in vnet.parts("virtualNetworkPeerings") if _is_connected(p)]
        self.has_gateway = self._gateway_subnet is not None or any(
            same(c.reference("subnet").rpartition("/subnets/")[0], vnet.id)
            for gateway in estate.of(GATEWAY)
            for c in gateway.parts("ipConfigurations")
        )
        remote = any(_flag(peering, "useRemoteGateways") for peering in vnet.parts("virtualNetworkPeerings"))
        self.learns = self.has_gateway or remote
        self._deaf: set[str] = set()
        self._effective = {
            s.name: list(self._told_by_azure(s, routes)) for s in everything if (routes := self._asked(effective, s))
        }
        self._deaf |= {name.lower() for name in self._effective}
        self._written = {
            subnet.name: list(self._user_defined(subnet)) for subnet in everything if subnet.name not in self._effective
        }
        if self.learns and any(subnet.name.lower() not in self._deaf for subnet in self.subnets):
            ledger.not_understood(vnet.node.first, LEARNED, Concern.ROUTING, about=vnet.name)

    def on_premises(self) -> list[Intervals]:
        """The address spaces of the local network gateways, where the network has a gateway."""
        gateways = self._estate.of(LOCAL_GATEWAY) if self.has_gateway else []
        return [block for g in gateways for block in _blocks(g.properties.get("localNetworkAddressSpace"), g)]

    def written_prefixes(self, subnet: Item) -> list[tuple[Intervals, int]]:
        """The prefixes of the user-defined routes of a subnet, with their lengths."""
        ways = self._written.get(subnet.name, [])
        ways += [way for way in self._effective.get(subnet.name, ()) if way.node.text("source") == "User"]
        return [(way.prefix, way.length) for way in ways]

    def told(self, subnet: Item) -> list[Intervals] | None:
        """The prefixes behind the gateway, as the effective routes of a subnet tell them; ``None`` without those."""
        ways = self._effective.get(subnet.name)
        return None if ways is None else [way.prefix for way in ways if way.to == BEHIND_GATEWAY and way.length]

    def interfaces(self) -> tuple[str, ...]:
        """Every way out, in order of its first use."""
        ways = (way for subnet in self._with_routes() for way in self._ways(subnet))
        outward = [way.to for way in ways if way.to not in (INSIDE, NOWHERE)]
        fixed = [peering.interface for peering in self.peerings] + [BEHIND_GATEWAY] * self.has_gateway
        return tuple(dict.fromkeys([*outward, *fixed]))

    def _with_routes(self) -> list[Item]:
        """The subnets from which packets are routed; that of the gateway where it has a table of its own."""
        entry = self._gateway_subnet
        return [*self.subnets, entry] if entry is not None and self._written.get(entry.name) else self.subnets

    def policy(self) -> Iterator[PolicyRoute]:
        """Of each subnet its routes, longest prefix first; then what comes in from outside."""
        whole = self._source.whole
        for subnet in self.subnets:
            here = Ingress(frozenset({subnet.name}))
            yield from self._follow(here, self._ways(subnet))
            yield PolicyRoute(here, self._span(subnet.node), into=NOWHERE)
        outside = set(self.interfaces())
        entry = self._gateway_subnet
        if entry is not None and self._written.get(entry.name):
            here = Ingress(frozenset({BEHIND_GATEWAY}))
            yield from self._follow(here, self._ways(entry))
            yield PolicyRoute(here, whole, into=NOWHERE)
            outside.discard(BEHIND_GATEWAY)
        if outside:
            here = Ingress(frozenset(outside))
            yield from self._inside(here, self.space)
            yield PolicyRoute(here, whole, into=NOWHERE)

    def exits(self) -> Iterator[Route]:
        """The routes by which zones attach beyond the ways out; packets are routed by ``policy``."""
        seen = set()
        for subnet in self._with_routes():
            for way in self._ways(subnet):
                if way.to not in (INSIDE, NOWHERE) and (way.prefix, way.to) not in seen:
                    seen.add((way.prefix, way.to))
                    yield Route(*next(prefixes(way.prefix)), self._span(way.node), interface=way.to)

    def nowhere(self) -> Vrf:
        """The context without routes to which the policy sends what is dropped."""
        return Vrf(NOWHERE, frozenset(), (), (Routing(),))

    def _follow(self, here: Ingress, ways: Iterable[Way]) -> Iterator[PolicyRoute]:
        for way in ways:
            span = self._span(way.node)
            match = All((here, In(Field.DST, way.prefix)))
            if way.to == INSIDE:
                yield from self._inside(here, way.prefix)
                yield PolicyRoute(match, span, into=NOWHERE)
            elif way.to == NOWHERE:
                yield PolicyRoute(match, span, into=NOWHERE)
            else:
                yield PolicyRoute(match, span, targets=((None, way.to),))

    def _inside(self, here: Ingress, within: Intervals) -> Iterator[PolicyRoute]:
        for subnet in self.subnets:
            blocks = union(blocks_of(subnet)) & within
            if blocks:
                match = All((here, In(Field.DST, blocks)))
                yield PolicyRoute(match, self._span(subnet.node), targets=((None, subnet.name),))

    def _ways(self, subnet: Item) -> list[Way]:
        """All routes of a subnet in the order in which they are asked."""
        if subnet.name in self._effective:
            return sorted(self._effective[subnet.name], key=lambda way: -way.length)
        written = self._written[subnet.name]
        taken = {way.prefix for way in written}
        ways = [*written, *(way for way in self._system() if way.prefix not in taken)]
        return sorted(ways, key=lambda way: -way.length)

    def _system(self) -> Iterator[Way]:
        node = self._vnet.node
        yield from (Way(block, _length(block), INSIDE, node) for block in self._blocks)
        for peering in self.peerings:
            for block in peering.blocks:
                yield Way(block, _length(block), peering.interface, peering.node)
        yield from (Way(block, _length(block), BEHIND_GATEWAY, node) for block in self.on_premises())
        yield from (Way(b, _length(b), NOWHERE, node) for text in UNUSED if (b := prefix(text)))
        yield from (Way(everything, 0, INTERNET, node) for everything in (ALL_V4, ALL_V6) if self._has(everything))

    def _has(self, family: Intervals) -> bool:
        """Whether the network has addresses of a version of IP; IPv4 where nothing is known."""
        return bool(self.space & family) or (family == ALL_V4 and not self.space)

    def _user_defined(self, subnet: Item) -> Iterator[Way]:
        reference = subnet.reference("routeTable")
        named = [t for t in self._estate.of(TABLE) if any(same(r, subnet.id) for r in t.references("subnets"))]
        table = self._estate.find(TABLE, reference) if reference else next(iter(named), None)
        if table is None:
            if reference:
                self._open(subnet.node, NO_TABLE, subnet.name)
            return
        if _flag(table, "disableBgpRoutePropagation"):
            self._deaf.add(subnet.name.lower())
        if not table.is_told("routes"):
            self._open(table.node, NO_ROUTE, table.name)
        for route in table.parts("routes"):
            block = prefix(route.text("addressPrefix"))
            kind, hop = route.text("nextHopType").lower(), route.text("nextHopIpAddress")
            to = {"vnetlocal": INSIDE, "internet": INTERNET, "none": NOWHERE, "virtualnetworkgateway": BEHIND_GATEWAY,
                  "virtualappliance": f"appliance {hop}"}.get(kind)  # fmt: skip
            if block is None or to is None:
                self._open(route.node, NO_ROUTE, f"{table.name} {route.name}")
                continue
            if kind == "virtualappliance":
                self._open(route.node, BY_APPLIANCE, f"{table.name} {route.name}")
            yield Way(block, _length(block), to, route.node)

    def _asked(self, effective: Effective, subnet: Item) -> list[Node]:
        """The effective routes of some network interface in a subnet."""
        for nic in self._estate.of(NIC):
            routes = effective.routes.get(nic.name.lower()) or effective.routes.get(nic.id)
            routes = routes or (effective.routes.get("") if len(self._estate.of(NIC)) == 1 else None)
            if routes and any(same(c.reference("subnet"), subnet.id) for c in nic.parts("ipConfigurations")):
                return routes
        return []

    def _told_by_azure(self, subnet: Item, routes: Iterable[Node]) -> Iterator[Way]:
        """Effective routes: those in force, whoever made them."""
        for route in routes:
            if route.text("state").lower() not in ("active", ""):
                continue
            kind, hops = route.text("nextHopType").lower(), route.texts("nextHopIpAddress")
            for text in route.texts("addressPrefix") or [route.text("addressPrefix")]:
                block = prefix(text)
                to = self._effective_hop(kind, hops, block) if block is not None else None
                if block is None or to is None:
                    self._open(route, NO_ROUTE, f"{subnet.name} {text}")
                    continue
                if kind.startswith("virtualappliance"):
                    self._open(route, BY_APPLIANCE, f"{subnet.name} {text}")
                yield Way(block, _length(block), to, route)

    def _effective_hop(self, kind: str, hops: list[str], block: Intervals) -> str | None:
        """Where an effective route leads; ``None`` where that cannot be read."""
        if kind in ("vnetpeering", "vnetglobalpeering", "interfaceendpoint"):
            if kind == "interfaceendpoint" and not block - self.space:
                return INSIDE
            around = (p.interface for p in self.peerings if p.blocks and not block - union(p.blocks))
            return next(around, None)
        if kind in ("virtualappliance", "virtualapplianceecmp"):
            return f"appliance {' '.join(hops)}"
        return {"vnetlocal": INSIDE, "internet": INTERNET, "none": NOWHERE, "virtualnetworkgateway": BEHIND_GATEWAY,
                "virtualnetworkserviceendpoint": SERVICES}.get(kind)  # fmt: skip

    def _peering(self, part: Item) -> Peering:
        space = _blocks(part.properties.get("remoteVirtualNetworkAddressSpace"), part) or _blocks(
            part.properties.get("remoteAddressSpace"), part
        )
        remote = self._estate.find(VNET, part.reference("remoteVirtualNetwork"))
        if not space and remote is not None:
            space = _blocks(remote.properties.get("addressSpace"), remote)
        if not space:
            self._open(part.node, NO_PEER, part.name)
        forwarded = _flag(part, "allowForwardedTraffic") or _flag(part, "useRemoteGateways")
        access = not _flag(part, "allowVirtualNetworkAccess", wanted=False)
        ends = sorted((self._vnet.id, remote.id if remote is not None else part.reference("remoteVirtualNetwork")))
        return Peering(f"peering {part.name}", " ".join(ends), tuple(space), access, forwarded, part.node)

    def _open(self, node: Node, reason: str, what: str) -> None:
        self._ledger.not_understood(node.first, reason, Concern.ROUTING, about=what)

    def _span(self, node: Node) -> SourceSpan:
        return self._source.span(node.first, node.last)


def blocks_of(subnet: Item) -> list[Intervals]:
    """The address blocks of a subnet that can be read."""
    texts = [subnet.text("addressPrefix"), *(node.words for node in subnet.texts("addressPrefixes"))]
    return [block for text in dict.fromkeys(texts) if text and (block := prefix(text)) is not None]


def _blocks(space: Node | None, owner: Item) -> list[Intervals]:
    """The prefixes of an address space; none where they are not told."""
    known = owner.template.node(space) if space else None
    listed = known.get("addressPrefixes") if known else None
    entries = owner.template.node(listed) if listed else None
    texts = [owner.template.text(node) or "" for node in (entries.items() if entries else ())]
    return [block for text in texts if (block := prefix(text)) is not None]


def _is_connected(peering: Item) -> bool:
    return peering.text("peeringState").lower() in ("", "connected")


def _flag(part: Item, key: str, wanted: bool = True) -> bool:
    found = part.properties.get(key)
    return found is not None and found.value is wanted


def _length(block: Intervals) -> int:
    """The length of a prefix."""
    return next(prefixes(block))[1]
