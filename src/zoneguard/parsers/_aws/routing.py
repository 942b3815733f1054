"""Route tables of subnets as policy routes: each subnet has a table of its own, and the longest prefix decides in it.

Amazon VPC User Guide, «Route tables»: the local route reaches every subnet of the VPC; a blackhole route drops. What
comes in by a gateway is for the VPC itself, unless a table is associated with the gateway. A route to a peering has no
effect until that is active (VPC Peering Guide, «Update your route tables for a VPC peering connection»). What comes in
by a transit gateway is routed by the table of the subnet that its attachment stands in (AWS Transit Gateway guide,
«VPC attachments»).
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import ALL_ADDRESSES, prefixes
from zoneguard.model.device import Concern, PolicyRoute, Route, Routing, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, All, Field, In, Ingress, Match, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._aws.estate import Estate, blocks_of
from zoneguard.parsers._aws.hubs import Hubs
from zoneguard.parsers._cloud import prefix, union
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

LOCAL, NOWHERE = "local", "unrouted"
TARGETS = (
    "GatewayId", "NatGatewayId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId",
    "NetworkInterfaceId", "InstanceId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn",
)  # fmt: skip
NO_TABLE = "no route table is given for the subnet"
BY_APPLIANCE = "a route to a host of the VPC, which decides where packets go on"
BY_ENDPOINT = (
    "a route to a gateway load balancer or firewall endpoint: the rules of what is behind it, which decides where "
    "packets go on, are not in these answers"
)
BY_PRIVATE_NAT = "a route to a private NAT gateway, from which packets go on by the table of its subnet"
NO_STATE = "a route in a state that is neither active nor blackhole"
OF_GATEWAY = "a route table of a gateway: what comes in may go by way of an appliance"
NO_PREFIX = "a destination that is a prefix list, or cannot be read"
NO_SUBNETS = (
    "by which subnets packets of this transit gateway come in is not given, and their route tables differ: export "
    "describe-transit-gateway-vpc-attachments"
)
SEVERAL = "by which of its subnets packets of this attachment come in is not known, and their route tables differ"


class Tables:
    """The routing of one VPC."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, hubs: Hubs, vpc: str) -> None:
        self._source = source
        self._ledger = ledger
        self._estate = estate
        self._hubs = hubs
        self.vpc = vpc
        self._attached = hubs.of_vpc(vpc)
        self._subnets = list(estate.of("Subnets", vpc))
        self._tables = list(estate.of("RouteTables", vpc))
        self.core = frozenset(self._named("CoreNetworkArn"))
        self.transit = tuple(dict.fromkeys([*self._named("TransitGatewayId"), *self._attached]))

    def gateways(self) -> tuple[str, ...]:
        """The targets of routes that leave the VPC, in order of their first use, and what else it is attached to."""
        found = (_target(route) for table in self._tables for route in table.each("Routes"))
        names = dict.fromkeys(name for name in (*found, *self._attached) if name and name != LOCAL)
        return tuple(name for name in names if not self._leads_nowhere(name))

    def named_at(self, name: str) -> SourceSpan:
        """Where the first route to a gateway stands, or else the attachment."""
        routes = (route for table in self._tables for route in table.each("Routes") if _target(route) == name)
        route = next(routes, None)
        attachment = self._attached.get(name)
        node = route if route is not None else attachment.node if attachment else None
        return self._source.whole if node is None else self._span(node)

    def peerings(self) -> frozenset[str]:
        """Those of the gateways that lead to one other VPC."""
        return frozenset(self._named("VpcPeeringConnectionId"))

    def _named(self, key: str) -> Iterator[str]:
        targets = (route.text(key) for table in self._tables for route in table.each("Routes"))
        return (name for name in targets if name and not self._leads_nowhere(name))

    def _leads_nowhere(self, name: str) -> bool:
        """Whether a gateway carries nothing: a peering or an attachment that is not accepted yet, or deleted."""
        return self._estate.is_idle(name) or self._hubs.is_closed(name, self.vpc)

    def policy(self) -> Iterator[PolicyRoute]:
        """Of each subnet its table, longest prefix first; then what comes in by gateways."""
        self._say_appliances()
        for subnet in self._subnets:
            here = Ingress(frozenset({subnet.text("SubnetId")}))
            table = self.of_subnet(subnet)
            if table is None:
                self._ledger.not_understood(subnet.first, NO_TABLE, Concern.ROUTING)
                continue
            yield from self._routes(here, table)
            yield PolicyRoute(here, self._span(table), into=NOWHERE)
        for hub in self.transit:
            yield from self._by_transit(hub)
        outside = frozenset(self.gateways()) - set(self.transit)
        if outside:
            here = Ingress(outside)
            yield from self._inside(here)
            yield PolicyRoute(here, self._source.whole, into=NOWHERE)

    def _by_transit(self, hub: str) -> Iterator[PolicyRoute]:
        """What comes in by a transit gateway: by the table of the attachment's subnet, whichever of several it is.

        Of a gateway that is not followed nothing goes straight back: whether it would send that here is not known.
        """
        here = Ingress(frozenset({hub}))
        attachment = self._attached.get(hub)
        names = attachment.subnets if attachment else ()
        subnets = [s for s in self._subnets if s.text("SubnetId") in names] or self._subnets
        tables = {_outline(table): table for subnet in subnets if (table := self.of_subnet(subnet)) is not None}
        *doubtful, last = [*tables.values()] or [Node({}, 1, 1)]
        back = "" if hub in self._hubs.followed() else hub
        for table in doubtful:
            match = All((here, self._whether(hub, table, bool(names))))
            yield from self._routes(match, table, back)
            yield PolicyRoute(match, self._span(table), into=NOWHERE)
        yield from self._routes(here, last, back)
        yield PolicyRoute(here, self._source.whole, into=NOWHERE)

    def _whether(self, hub: str, table: Node, told: bool) -> Unknown:
        """Packets that come in by ``hub`` are routed by ``table``."""
        reason = SEVERAL if told else NO_SUBNETS
        name = table.text("RouteTableId")
        self._ledger.not_understood(table.first, reason, Concern.ROUTING, bounded=True, about=f"{hub} {name}")
        what = Reason("{name} by {subnet}", name=hub, subnet=name)
        return Unknown(what, self._span(table))

    def _say_appliances(self) -> None:
        for table in self._tables:
            for association in table.each("Associations"):
                if association.text("GatewayId") or association.text("PublicIpv4Pool"):
                    self._ledger.not_understood(association.first, OF_GATEWAY, Concern.ROUTING)
            for route in table.each("Routes"):
                reason = self._leads_on(route)
                if reason:
                    self._ledger.not_understood(route.first, reason, Concern.ROUTING)

    def _leads_on(self, route: Node) -> str:
        """Why packets that a route takes may go on elsewhere than the route says; empty where they do not."""
        target, state = _target(route), route.text("State")
        if state not in ("", "active", "blackhole"):
            return NO_STATE
        if route.text("NetworkInterfaceId") or route.text("InstanceId"):
            return BY_APPLIANCE
        if self._estate.is_endpoint(target) and _written(route):
            return BY_ENDPOINT
        return BY_PRIVATE_NAT if self._estate.is_private(target) else ""

    def _inside(self, here: Match, within: Match = ALWAYS) -> Iterator[PolicyRoute]:
        """The local route: to whichever subnet holds the destination."""
        for subnet in self._subnets:
            for block in blocks_of(subnet):
                match = All((here, within, In(Field.DST, block)))
                yield PolicyRoute(match, self._span(subnet), targets=((None, subnet.text("SubnetId")),))

    def of_subnet(self, subnet: Node) -> Node | None:
        """The route table of a subnet: its own, else the main one."""
        name = subnet.text("SubnetId")
        main = None
        for table in self._tables:
            for association in table.each("Associations"):
                state = association.get("AssociationState")
                if state is not None and state.text("State") in ("disassociating", "disassociated", "failed"):
                    continue
                if association.text("SubnetId") == name:
                    return table
                if association.flag("Main"):
                    main = table
        return main

    def ways(self, table: Node) -> Iterator[tuple[str, Intervals | None]]:
        """The routes of a table as they are asked: where each leads (empty: nowhere) and its destinations, ``None``
        where those are not known."""
        for route, values, _ in self._sorted(table):
            yield "" if self._is_idle(route) else _target(route), values

    def sent_to(self, name: str) -> Intervals:
        """The destinations that some table of the VPC may send to a gateway."""
        found = Intervals()
        for table in self._tables:
            left = ALL_ADDRESSES
            for target, values in self.ways(table):
                if target == name:
                    found |= left if values is None else left & values
                if values is not None:
                    left -= values
        return found

    def _sorted(self, table: Node) -> list[tuple[Node, Intervals | None, int]]:
        routes = [(route, *self._destinations(route)) for route in table.each("Routes")]
        return sorted(routes, key=lambda r: -r[2])

    def _routes(self, here: Match, table: Node, back: str = "") -> Iterator[PolicyRoute]:
        for route, values, _ in self._sorted(table):
            far: Match = In(Field.DST, values) if values is not None else self._doubt(route)
            match = All((here, far))
            target = _target(route)
            if self._is_idle(route) or (back and target == back):
                yield PolicyRoute(match, self._span(route), into=NOWHERE)
            elif target == LOCAL:
                yield from self._inside(here, far)
                yield PolicyRoute(match, self._span(route), into=NOWHERE)
            else:
                yield PolicyRoute(match, self._span(route), targets=((None, target),))

    def _destinations(self, route: Node) -> tuple[Intervals | None, int]:
        """The destinations of a route, and the length of its prefix (a prefix list counts as its longest)."""
        block = prefix(_written(route))
        listed = [block] if block is not None else self._estate.listed(route.text("DestinationPrefixListId"))
        if not listed:
            return None, 129
        return union(listed), max(_split(b)[1] for b in listed)

    def _doubt(self, route: Node) -> Unknown:
        self._ledger.not_understood(route.first, NO_PREFIX, Concern.ROUTING, bounded=True)
        return Unknown(
            Reason("destination ({file}:{first})", file=self._source.file, first=route.first), self._span(route)
        )

    def exits(self) -> Iterator[Route]:
        """The routes by which zones attach beyond gateways; packets are routed by ``policy``."""
        for table in self._tables:
            for route in table.each("Routes"):
                target, block = _target(route), prefix(_written(route))
                if target != LOCAL and block is not None and not self._is_idle(route):
                    yield Route(*_split(block), self._span(route), interface=target)

    def _is_idle(self, route: Node) -> bool:
        """Whether packets that the route takes are dropped."""
        target = _target(route)
        return not target or route.text("State") == "blackhole" or self._leads_nowhere(target)

    def nowhere(self) -> Vrf:
        """The context without routes to which the policy sends what is dropped."""
        return Vrf(NOWHERE, frozenset(), (), (Routing(),))

    def _span(self, node: Node) -> SourceSpan:
        return self._source.span(node.first, node.last)


def _outline(table: Node) -> tuple[tuple[str, ...], ...]:
    """What two tables have in common that route alike."""
    keys = (*TARGETS, "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "State")
    return tuple(sorted(tuple(route.text(key) for key in keys) for route in table.each("Routes")))


def _target(route: Node) -> str:
    return next((route.text(key) for key in TARGETS if route.text(key)), "")


def _written(route: Node) -> str:
    return route.text("DestinationCidrBlock") or route.text("DestinationIpv6CidrBlock")


def _split(block: Intervals) -> tuple[int, int]:
    """Network and length of a prefix."""
    return next(prefixes(block))
