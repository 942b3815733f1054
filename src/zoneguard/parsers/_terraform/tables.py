"""Route tables of a plan with their routes, written inline or as resources of their own, and their subnets."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Concern
from zoneguard.parsers._aws.estate import UNTOLD
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.estate import Building, Value, made, told
from zoneguard.parsers._terraform.plan import NOTHING, Resource

TABLES = ("aws_route_table", "aws_default_route_table")
PROPAGATED = "routes that a VPN gateway learns are not in the plan"
NO_TABLE = "the route table of this is known only after apply"
NO_SUBNET = "the subnet or gateway of this association is known only after apply"
NO_TARGET = "by which gateway this route leads is known only after apply"
ROUTES_LATER = "which routes this holds is known only after apply"
DESTINATIONS = (("cidr_block", "DestinationCidrBlock"), ("destination_cidr_block", "DestinationCidrBlock"),
                ("ipv6_cidr_block", "DestinationIpv6CidrBlock"),
                ("destination_ipv6_cidr_block", "DestinationIpv6CidrBlock"))  # fmt: skip
PREFIX_LIST = "destination_prefix_list_id"
TARGETS = (("gateway_id", "GatewayId"), ("nat_gateway_id", "NatGatewayId"), ("transit_gateway_id", "TransitGatewayId"),
           ("vpc_peering_connection_id", "VpcPeeringConnectionId"), ("vpc_endpoint_id", "GatewayId"),
           ("egress_only_gateway_id", "EgressOnlyInternetGatewayId"), ("network_interface_id", "NetworkInterfaceId"),
           ("instance_id", "InstanceId"), ("local_gateway_id", "LocalGatewayId"),
           ("carrier_gateway_id", "CarrierGatewayId"), ("core_network_arn", "CoreNetworkArn"),
           ("odb_network_arn", "OdbNetworkArn"))  # fmt: skip
"""Attributes by which a route names where it leads, and what answers call them."""


def add_tables(building: Building) -> None:
    """Every route table; a new VPC without one of its own has a main one with the local route."""
    plan = building.plan
    links = _associations(building)
    mains: set[str] = set()
    for table in plan.of(*TABLES):
        associations = links.get(table.address, [])
        is_main = any(association.flag("Main") for association in associations)
        vpc = building.vpc_of_subnets(a.text("SubnetId") for a in associations) or _vpc(building, table, is_main)
        if table.type == TABLES[1] or _is_main(building, table):
            associations.append(made(table.node, {"Main": True}))
        if any(association.flag("Main") for association in associations):
            mains.add(vpc)
        routes = [*_local(building, vpc), *_routes(building, table)]
        _add(building, table.node, table.address, vpc, associations, routes)
    for vpc_ in plan.of("aws_vpc"):
        if vpc_.is_new and vpc_.address not in mains:
            name = f"{vpc_.address}.main_route_table_id"
            associations = [*links.get(name, []), made(vpc_.node, {"Main": True})]
            _add(building, vpc_.node, name, vpc_.address, associations, list(_local(building, vpc_.address)))


def _add(building: Building, at: Node, name: str, vpc: str, associations: list[Node], routes: list[Node]) -> None:
    members: dict[str, Value] = {"RouteTableId": name, "VpcId": vpc}
    building.add("RouteTables", at, members | {"Associations": list(associations), "Routes": list(routes)})


def _associations(building: Building) -> dict[str, list[Node]]:
    """By table: the subnets and gateways that it is for, and whether a resource makes it the main one."""
    found: dict[str, list[Node]] = {}
    for link in building.plan.of("aws_route_table_association"):
        table = building.named(link, "route_table_id").one
        subnet, gateway = building.named(link, "subnet_id").one, building.named(link, "gateway_id").one
        if not (table and (subnet or gateway)):
            building.open(link, NO_TABLE if subnet or gateway else NO_SUBNET, Concern.ROUTING)
        of: dict[str, Value] = {"SubnetId": subnet} if subnet else {"GatewayId": gateway}
        found.setdefault(table, []).append(made(link.node, of))
    for link in building.plan.of("aws_main_route_table_association"):
        table = building.named(link, "route_table_id").one
        if not table:
            building.open(link, NO_TABLE, Concern.ROUTING)
        found.setdefault(table, []).append(made(link.node, {"Main": True}))
    for link in building.plan.of("aws_vpn_gateway_route_propagation"):
        building.open(link, PROPAGATED, Concern.ROUTING)
    return found


def _is_main(building: Building, table: Resource) -> bool:
    """Whether its VPC, which exists, says that this is its main table and no resource says otherwise."""
    if any(True for _ in building.plan.of("aws_main_route_table_association", TABLES[1])):
        return False
    vpc = building.plan.resources.get(building.vpc(table)) or building.plan.data.get(building.vpc(table))
    own = table.values.text("id")
    return vpc is not None and bool(own) and vpc.values.text("main_route_table_id") == own


def _vpc(building: Building, table: Resource, matters: bool) -> str:
    """The VPC of a table; that of the default one by the attribute that names it."""
    if table.type == TABLES[1] and not table.values.text("vpc_id"):
        owner = building.named(table, "default_route_table_id").one
        for vpc in building.plan.of("aws_vpc", "aws_default_vpc"):
            names = ("default_route_table_id", "main_route_table_id")
            if owner and owner in (*(f"{vpc.address}.{n}" for n in names), *(vpc.values.text(n) for n in names)):
                return vpc.address
    return building.vpc(table, matters or table.type == TABLES[1])


def _local(building: Building, vpc: str) -> Iterator[Node]:
    """The local route of each block of the VPC, or of its subnets where the plan does not hold the VPC."""
    blocks = list(building.estate.of("Vpcs", vpc)) or list(building.estate.of("Subnets", vpc))
    for node in blocks if vpc else ():
        for entry in (*node.each("CidrBlockAssociationSet"), *node.each("Ipv6CidrBlockAssociationSet")):
            four, six = entry.text("CidrBlock"), entry.text("Ipv6CidrBlock")
            key = "DestinationCidrBlock" if four else "DestinationIpv6CidrBlock"
            yield made(entry, {key: four or six, "GatewayId": "local"})


def _routes(building: Building, table: Resource) -> list[Node]:
    """The routes; of one destination that of a resource of its own."""
    own: dict[str, Node | None] = {}
    for route in building.plan.changed("aws_route"):
        if building.refs.called(route.before.text("route_table_id")) == table.address:
            own.setdefault(_destination(route.before), None)
        named = "" if route.is_gone else building.named(route, "route_table_id").one
        if named == table.address:
            own[_destination(route.values) or route.address] = _route(building, route, route.values)
        elif not named and not route.is_gone:
            building.open(route, NO_TABLE, Concern.ROUTING)
    routes = [route for route in own.values() if route is not None]
    found = table.values.get("route")
    if found is None and table.unknown("route") and (table.is_written("route") or not table.is_new):
        building.open(table, ROUTES_LATER, Concern.ROUTING)
    for place, node in enumerate(found.items() if found else ()):
        if _destination(node) not in own:
            routes.append(_route(building, table, node, "route", place))
    if any(True for _ in (table.values.get("propagating_vgws") or NOTHING).items()):
        building.open(table, PROPAGATED, Concern.ROUTING)
    return [*routes, *_to_endpoints(building, table)]


def _to_endpoints(building: Building, table: Resource) -> Iterator[Node]:
    """Gateway endpoints take what goes to the prefix lists of their services."""
    endpoints = [e for e in building.plan.of("aws_vpc_endpoint")
                 if table.address in building.named(e, "route_table_ids").names]  # fmt: skip
    for link in building.plan.of("aws_vpc_endpoint_route_table_association"):
        endpoint = building.plan.resources.get(building.named(link, "vpc_endpoint_id").one)
        if endpoint and building.named(link, "route_table_id").one == table.address:
            endpoints.append(endpoint)
    for endpoint in endpoints:
        name = building.refs.called(endpoint.values.text("prefix_list_id")) or f"{UNTOLD} {endpoint.address}"
        yield made(endpoint.node, {"DestinationPrefixListId": name, "GatewayId": endpoint.address})


def _destination(values: Node) -> str:
    return next((text for name, _ in DESTINATIONS if (text := values.text(name))), values.text(PREFIX_LIST))


def _route(building: Building, resource: Resource, values: Node, *path: str | int) -> Node:
    """One route, at ``path`` of ``resource``, in the words of an answer."""
    members: dict[str, Value] = {key: told(resource, values, name, *path) for name, key in DESTINATIONS
                                 if values.text(name) or resource.unknown(*path, name)}  # fmt: skip
    listed = building.named(resource, *path, PREFIX_LIST)
    if listed.names or not listed.complete:
        members["DestinationPrefixListId"] = listed.one or f"{UNTOLD} {resource.address}"
    said = [(name, key) for name, key in TARGETS if not path and resource.is_written(name)]
    told_by = said or [(name, key) for name, key in TARGETS if path or values.text(name)]
    targets = [(key, building.named(resource, *path, name)) for name, key in told_by]
    known = [(key, named.one) for key, named in targets if named.one]
    if len(known) != 1:
        building.open(resource, NO_TARGET, Concern.ROUTING)
        known = [("GatewayId", f"{UNTOLD} {resource.address}")]
    state: dict[str, Value] = {"State": values.text("state")}
    return made(values if path else resource.node, members | state | dict(known))
