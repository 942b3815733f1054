"""Transit gateways of a plan: attachments, route tables with their static routes, associations and propagations.

AWS provider, the pages of ``aws_ec2_transit_gateway…``: where ``default_route_table_association`` and
``default_route_table_propagation`` of the gateway are ``enable``, as they are unless written otherwise, an attachment
is associated with the gateway's default table and propagates to it. A VPC propagates its blocks; what VPN, Direct
Connect and peerings propagate is not in a plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import format_prefix, prefixes
from zoneguard.model.device import Concern
from zoneguard.parsers._aws.estate import UNTOLD, blocks_of
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.estate import Building, Value, made, told
from zoneguard.parsers._terraform.plan import Resource

GATEWAY, VPC_END = "aws_ec2_transit_gateway", "aws_ec2_transit_gateway_vpc_attachment"
TABLE, ROUTE = "aws_ec2_transit_gateway_route_table", "aws_ec2_transit_gateway_route"
LISTED = "aws_ec2_transit_gateway_prefix_list_reference"
ASSOCIATION, PROPAGATION = f"{TABLE}_association", f"{TABLE}_propagation"
PEERING = "aws_ec2_transit_gateway_peering_attachment"
ENDS = {
    "aws_vpn_connection": "vpn", "aws_dx_gateway_association": "direct-connect-gateway",
    "aws_ec2_transit_gateway_connect": "connect", PEERING: "peering",
}  # fmt: skip
"""Other types by which something is attached, and what that is."""
OF_GATEWAY = {"aws_dx_gateway_association": "associated_gateway_id"}
ITSELF = ("aws_ec2_transit_gateway_connect", PEERING)
DEFAULT, PROPAGATED_TO = "association_default_route_table_id", "propagation_default_route_table_id"

WHICH = "the transit gateway, attachment or route table that this names is known only after apply"
LEARNED = "routes that are learned over this attachment are not in the plan"
EXISTS = "a transit gateway route table that exists already: routes that the plan does not manage may be in it"


@dataclass(slots=True)
class _Table:
    """A table under construction: the gateway, where it is told, and what it holds."""

    gateway: str
    node: Node
    routes: list[Value] = field(default_factory=list)


def add_transit(building: Building) -> None:
    """Every transit gateway with what the plan attaches to it."""
    _Transit(building).add()


class _Transit:
    def __init__(self, building: Building) -> None:
        self._building = building
        self._plan = building.plan
        self._tables: dict[str, _Table] = {}
        self._kinds: dict[str, tuple[str, str]] = {}
        self._associated: dict[str, str | None] = {}
        self._propagating: list[tuple[str, str, Resource]] = []

    def add(self) -> None:
        for gateway in self._plan.of(GATEWAY):
            self._building.add(
                "TransitGateways", gateway.node, {"TransitGatewayId": gateway.address, "Id": gateway.values.text("id")}
            )
            if _is_enabled(gateway, "default_route_table_association"):
                self._tables[self._default(gateway)] = _Table(gateway.address, gateway.node)
                if not gateway.is_new:
                    self._building.open(gateway, EXISTS, Concern.ROUTING)
        for known in self._plan.data.values():
            if known.type == GATEWAY and known.values.text("id"):
                there: dict[str, Value] = {"TransitGatewayId": known.address, "Id": known.values.text("id")}
                self._building.add("TransitGateways", known.node, there)
        for resource in self._plan.of(TABLE):
            self._tables[resource.address] = _Table(self._one(resource, "transit_gateway_id"), resource.node)
            if not resource.is_new:
                self._building.open(resource, EXISTS, Concern.ROUTING)
        ends = list(self._ends())
        self._link()
        for propagation in self._propagating:
            self._propagate(*propagation)
        self._static()
        for end in ends:
            self._add_end(*end)
        for name, table in self._tables.items():
            members: dict[str, Value] = {"TransitGatewayRouteTableId": name, "TransitGatewayId": table.gateway}
            self._building.add("TransitGatewayRouteTables", table.node, members)
            answer: dict[str, Value] = {"TransitGatewayRouteTableId": name, "Routes": table.routes}
            self._building.add("TransitGatewayRoutes", table.node, answer)

    def _ends(self) -> Iterator[tuple[Resource, str, str, str, str]]:
        """Each attachment with its name, gateway, type and VPC; the default table is taken note of."""
        for end in self._plan.of(VPC_END):
            vpc, gateway = self._one(end, "vpc_id"), self._one(end, "transit_gateway_id")
            self._by_default(end, end.address, gateway)
            self._kinds[end.address] = ("vpc", vpc)
            yield end, end.address, gateway, "vpc", vpc
        for kind, said in ENDS.items():
            for end in self._plan.of(kind):
                attribute = OF_GATEWAY.get(kind, "transit_gateway_id")
                if not (end.is_written(attribute) or end.values.text(attribute)):
                    continue  # ends at another kind of gateway
                gateway = self._one(end, attribute)
                known = end.values.text("transit_gateway_attachment_id")
                name = end.address if kind in ITSELF else known or f"{end.address}.transit_gateway_attachment_id"
                self._kinds[name] = (said, "")
                self._by_default(end, name, gateway)
                yield end, name, gateway, said, end.address

    def _by_default(self, end: Resource, name: str, gateway: str) -> None:
        """The table that the gateway itself gives an attachment."""
        hub = self._plan.resources.get(gateway)
        if hub is None:
            self._associated[name] = None
            return
        for option, purpose in (("association", DEFAULT), ("propagation", PROPAGATED_TO)):
            chosen = end.values.get(f"transit_gateway_default_route_table_{option}")
            if not _is_enabled(hub, f"default_route_table_{option}") or (chosen and chosen.value is False):
                continue
            if purpose == DEFAULT:
                self._associated[name] = self._default(hub)
            elif end.type != PEERING:
                self._propagating.append((name, self._default(hub), end))

    def _default(self, hub: Resource) -> str:
        """How the default table of a gateway is called."""
        known = hub.values.text(DEFAULT)
        return self._building.refs.called(known) if known else f"{hub.address}.{DEFAULT}"

    def _called(self, table: str) -> str:
        """The table by one name: for association and for propagation the gateway has the same by default."""
        return table.replace(f".{PROPAGATED_TO}", f".{DEFAULT}")

    def _link(self) -> None:
        """Associations and propagations that are resources of their own."""
        for link in self._plan.of(ASSOCIATION):
            end, table = self._one(link, "transit_gateway_attachment_id"), self._table(link)
            if end and table:
                self._associated[end] = table
                self._stranger(link, end, table)
        for link in self._plan.of(PROPAGATION):
            end, table = self._one(link, "transit_gateway_attachment_id"), self._table(link)
            if end and table:
                self._propagating.append((end, table, link))

    def _table(self, resource: Resource) -> str:
        table = self._called(self._one(resource, "transit_gateway_route_table_id"))
        if table:
            self._tables.setdefault(table, _Table("", resource.node))
        return table

    def _one(self, resource: Resource, attribute: str) -> str:
        found = self._building.named(resource, attribute).one
        if not found:
            self._building.open(resource, WHICH, Concern.ROUTING)
        return found

    def _stranger(self, link: Resource, end: str, table: str) -> None:
        """An attachment that the plan does not hold, by its association."""
        if end not in self._kinds:
            self._kinds[end] = ("", "")
            self._add_end(link, end, self._tables[table].gateway, "", "")

    def _propagate(self, end: str, table: str, at: Resource) -> None:
        """The routes that an attachment propagates to a table."""
        kind, vpc = self._kinds.get(end, ("", ""))
        known = next(iter(self._building.estate.of("Vpcs", vpc)), None) if kind == "vpc" and vpc else None
        if known is None:
            self._building.open(at, LEARNED, Concern.ROUTING)
            return
        for block in blocks_of(known):
            for prefix in prefixes(block):
                self._route(table, at.node, format_prefix(*prefix), end, "propagated", "active")

    def _static(self) -> None:
        for route in self._plan.of(ROUTE):
            self._fixed(route, [told(route, route.values, "destination_cidr_block")], "")
        for route in self._plan.of(LISTED):
            listed = self._one(route, "prefix_list_id")
            blocks = self._building.estate.listed(listed)
            texts = [format_prefix(*p) for block in blocks or () for p in prefixes(block)]
            self._fixed(route, texts if blocks is not None else [UNTOLD], listed)

    def _fixed(self, route: Resource, blocks: list[str], listed: str) -> None:
        table, is_hole = self._table(route), route.values.flag("blackhole")
        end = "" if is_hole else self._one(route, "transit_gateway_attachment_id")
        for block in blocks if table else ():
            self._route(table, route.node, block, end, "static", "blackhole" if is_hole else "active", listed)

    def _route(self, table: str, at: Node, block: str, end: str, kind: str, state: str, listed: str = "") -> None:
        ends: list[Value] = [{"TransitGatewayAttachmentId": end, "ResourceType": self._kinds.get(end, ("", ""))[0]}]
        entry: dict[str, Value] = {
            "DestinationCidrBlock": block, "TransitGatewayAttachments": ends if end else [], "Type": kind,
            "State": state, "PrefixListId": listed,
        }  # fmt: skip
        self._tables.setdefault(table, _Table("", at)).routes.append(made(at, entry))

    def _add_end(self, resource: Resource, name: str, gateway: str, kind: str, of: str) -> None:
        members: dict[str, Value] = {"TransitGatewayAttachmentId": name, "TransitGatewayId": gateway}
        table = self._associated.get(name, "")
        if kind == "vpc":
            subnets: list[Value] = [*self._building.named(resource, "subnet_ids").names]
            self._building.add(
                "TransitGatewayVpcAttachments", resource.node, members | {"VpcId": of, "SubnetIds": subnets}
            )
        association: dict[str, Value] = {"TransitGatewayRouteTableId": table or ""}
        whole = members | {"ResourceType": kind, "ResourceId": of, "Association": association}
        if table is None:
            whole["Association"] = association | {"State": "associating"}
        self._building.add("TransitGatewayAttachments", resource.node, whole)


def _is_enabled(gateway: Resource, option: str) -> bool:
    return gateway.values.text(option) != "disable"
