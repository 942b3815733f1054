"""Transit gateways as answers tell them: what is attached, by which table its packets are routed, and the routes.

AWS Transit Gateway guide, «How transit gateways work»: packets from an attachment are routed by the one table that it
is associated with; a table holds static routes and those that attachments propagate to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from zoneguard.parsers._aws.estate import Estate
from zoneguard.parsers._json_node import Node

OPEN_STATES = ("", "available", "modifying")
"""Of an attachment that carries packets; an answer that has no state shows what is there."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """``resource`` of type ``kind`` at the transit gateway ``hub``.

    ``subnets``: those of a VPC by which packets come in, none where they are not told. ``table``: the route table that
    is asked for packets from it, empty where there is none, ``None`` where that is not told. ``wire``: what both ends
    of it are called.
    """

    id: str
    node: Node
    hub: str = ""
    kind: str = ""
    resource: str = ""
    is_open: bool = True
    subnets: tuple[str, ...] = ()
    table: str | None = None
    wire: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A route table. ``answers``: those of ``search-transit-gateway-routes``, none where it was not asked."""

    id: str
    hub: str
    answers: tuple[Node, ...]


@dataclass(slots=True)
class Hubs:
    """All transit gateways of an estate. ``stray``: answers of which the table is not told."""

    attachments: dict[str, Attachment] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    stray: list[Node] = field(default_factory=list)

    def followed(self) -> list[str]:
        """The gateways of which the routes of some table are given."""
        return list(dict.fromkeys(table.hub for table in self.tables.values() if table.answers and table.hub))

    def of_vpc(self, vpc: str) -> dict[str, Attachment]:
        """By gateway the attachment of a VPC that carries packets."""
        mine = (a for a in self.attachments.values() if a.kind == "vpc" and a.resource == vpc and vpc)
        return {attachment.hub: attachment for attachment in mine if attachment.is_open}

    def is_closed(self, hub: str, vpc: str) -> bool:
        """Whether the VPC is attached to the gateway only by what carries nothing (not accepted yet, deleted)."""
        mine = [a.is_open for a in self.attachments.values() if (a.hub, a.resource) == (hub, vpc) and vpc]
        return bool(mine) and not any(mine)


def read_hubs(estate: Estate) -> Hubs:
    """The transit gateways of ``estate``."""
    hubs = Hubs()
    for found in _attachments(estate):
        known = hubs.attachments.get(found.id)
        hubs.attachments[found.id] = _merged(known, found) if known else found
    routes = _by_table(estate, "TransitGatewayRoutes", hubs)
    associated = _by_table(estate, "TransitGatewayAssociations", hubs)
    _by_table(estate, "TransitGatewayPropagations", hubs)
    listed = {table.text("TransitGatewayRouteTableId"): table for table in estate.of("TransitGatewayRouteTables")}
    for name in dict.fromkeys((*listed, *routes, *associated)):
        hub = listed[name].text("TransitGatewayId") if name in listed else ""
        answers = tuple(routes.get(name, ()))
        hubs.tables[name] = Table(name, hub or _hub_of(hubs, [*answers, *associated.get(name, ())]), answers)
    for name, nodes in associated.items():
        for entry in (entry for node in nodes for entry in node.each("Associations")):
            _associate(estate, hubs, entry, name)
    _add_named(estate, hubs)
    asked = {hub: all(t.id in associated for t in hubs.tables.values() if t.hub == hub) for hub in hubs.followed()}
    for one in list(hubs.attachments.values()):
        if one.table is None and asked.get(one.hub):
            hubs.attachments[one.id] = replace(one, table="")
    return hubs


def _attachments(estate: Estate) -> Iterator[Attachment]:
    for node in estate.of("TransitGatewayAttachments"):
        association = node.get("Association")
        table = association.text("TransitGatewayRouteTableId") if association else ""
        state = association.text("State") if association else ""
        settled = state in ("", "associated") and not (association and association.text("TransitGatewayPolicyTableId"))
        hub, kind, resource = (node.text(key) for key in ("TransitGatewayId", "ResourceType", "ResourceId"))
        wire = estate.wire(hub, resource) if kind == "vpc" else ""
        found = _one(node, hub, kind, resource, wire)
        yield replace(found, table=table if settled else None)
    for node in estate.of("TransitGatewayVpcAttachments"):
        hub, vpc = node.text("TransitGatewayId"), node.text("VpcId")
        subnets = tuple(node.texts("SubnetIds"))
        yield replace(_one(node, hub, "vpc", vpc, estate.wire(hub, vpc)), subnets=subnets)
    for node in estate.of("TransitGatewayPeeringAttachments"):
        ends = [
            end.text("TransitGatewayId") for key in ("RequesterTgwInfo", "AccepterTgwInfo") if (end := node.get(key))
        ]
        wire = node.text("AccepterTransitGatewayAttachmentId") or node.text("TransitGatewayAttachmentId")
        yield _one(node, ends[0] if len(ends) == 1 else "", "peering", "", wire)


def _one(node: Node, hub: str, kind: str, resource: str, wire: str) -> Attachment:
    is_open = node.text("State") in OPEN_STATES
    return Attachment(node.text("TransitGatewayAttachmentId"), node, hub, kind, resource, is_open, wire=wire)


def _merged(known: Attachment, found: Attachment) -> Attachment:
    """What two answers say of one attachment."""
    return Attachment(
        known.id, known.node, known.hub or found.hub, known.kind or found.kind, known.resource or found.resource,
        known.is_open and found.is_open, known.subnets or found.subnets,
        found.table if known.table is None else known.table, found.wire or known.wire,
    )  # fmt: skip


def _by_table(estate: Estate, kind: str, hubs: Hubs) -> dict[str, list[Node]]:
    """The answers of a kind by the table that was asked; the only one that there is, where that is not told."""
    tables = [table.text("TransitGatewayRouteTableId") for table in estate.of("TransitGatewayRouteTables")]
    found: dict[str, list[Node]] = {}
    for node in estate.of(kind):
        table = node.text("TransitGatewayRouteTableId") or (tables[0] if len(tables) == 1 else "")
        if table:
            found.setdefault(table, []).append(node)
        else:
            hubs.stray.append(node)
    return found


def _hub_of(hubs: Hubs, answers: list[Node]) -> str:
    """The gateway of a table by the attachments that its routes or associations name."""
    entries = [e for node in answers for e in (*node.each("Routes"), *node.each("Associations"))]
    named = [a for entry in entries for a in (entry, *entry.each("TransitGatewayAttachments"))]
    known = (hubs.attachments.get(node.text("TransitGatewayAttachmentId")) for node in named)
    gateways = {attachment.hub for attachment in known if attachment} - {""}
    gateways = gateways or {attachment.hub for attachment in hubs.attachments.values()} - {""}
    return gateways.pop() if len(gateways) == 1 else ""


def _associate(estate: Estate, hubs: Hubs, entry: Node, table: str) -> None:
    """One association as ``get-transit-gateway-route-table-associations`` tells it."""
    name = entry.text("TransitGatewayAttachmentId")
    known = hubs.attachments.get(name) or _stranger(estate, entry, hubs.tables[table].hub)
    settled = entry.text("State") in ("", "associated")
    hubs.attachments[name] = replace(known, table=table if settled else known.table)


def _add_named(estate: Estate, hubs: Hubs) -> None:
    """Attachments that only routes name."""
    for table in list(hubs.tables.values()):
        routes = (route for answer in table.answers for route in answer.each("Routes"))
        for entry in (entry for route in routes for entry in route.each("TransitGatewayAttachments")):
            hubs.attachments.setdefault(entry.text("TransitGatewayAttachmentId"), _stranger(estate, entry, table.hub))


def _stranger(estate: Estate, entry: Node, hub: str) -> Attachment:
    kind, resource = entry.text("ResourceType"), entry.text("ResourceId")
    wire = estate.wire(hub, resource) if kind == "vpc" else ""
    return Attachment(entry.text("TransitGatewayAttachmentId"), entry, hub, kind, resource, wire=wire)
