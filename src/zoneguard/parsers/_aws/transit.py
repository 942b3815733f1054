"""A transit gateway as a device: its interfaces are its attachments, its forwarding contexts the route tables.

AWS Transit Gateway guide, «How transit gateways work»: the longest prefix decides; of one prefix static routes go
before those by prefix lists, then what VPCs, Direct Connect gateways, Connect, VPN and peerings propagate; a blackhole
route drops. What is associated with no table is not routed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from zoneguard.model.addresses import prefixes
from zoneguard.model.device import Concern, Device, Interface, Route, RouteKind, Routing, Vrf
from zoneguard.parsers import Source
from zoneguard.parsers._aws.hubs import Attachment, Hubs, Table
from zoneguard.parsers._cloud import prefix
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NO_ROUTES = "the routes of this transit gateway route table are not given: export search-transit-gateway-routes for it"
NO_ASSOCIATION = (
    "by which route table packets of this attachment are routed is not given: export "
    "describe-transit-gateway-attachments with the account that owns the transit gateway"
)
MORE_ROUTES = "the table holds more routes than the answer: search for them in parts"
NO_ROUTE = "a route of a transit gateway whose destination or attachment cannot be read"
SENT_ON = (
    "a route to a VPC or firewall that is not in these answers: it may send packets on, back to the transit gateway "
    "too; export it into the same file"
)
WHICH_TABLE = (
    "of which transit gateway route table this is, is not told: put the command that asked in front of the answer"
)
UNROUTED = "unassociated"
_ORDER = ("vpc", "direct-connect-gateway", "connect", "vpn", "vpn-concentrator", "client-vpn", "peering", "tgw-peering")
"""Of propagated routes of one prefix, the first goes before the others."""


def transit_devices(source: Source, ledger: Ledger, hubs: Hubs, vpcs: Collection[str], name: str) -> Iterator[Device]:
    """A device, called ``NAME-tgw-…``, for each transit gateway of which routes are given. ``vpcs``: those given."""
    for node in hubs.stray:
        ledger.not_understood(node.first, WHICH_TABLE, Concern.ROUTING, about=f"{node.first}")
    for hub in hubs.followed():
        yield _Hub(source, ledger, hubs, vpcs, hub).device(f"{name}-{hub}" if name else hub)


class _Hub:
    def __init__(self, source: Source, ledger: Ledger, hubs: Hubs, vpcs: Collection[str], hub: str) -> None:
        self._source = source
        self._ledger = ledger
        self._hub = hub
        self._attachments = [a for a in hubs.attachments.values() if a.hub in (hub, "") and a.is_open and a.id]
        self._known = {attachment.id for attachment in self._attachments}
        self._elsewhere = {
            a.id for a in self._attachments
            if a.kind == "network-function" or (a.kind in ("vpc", "") and a.resource not in vpcs)
        }  # fmt: skip
        self._closed = {a.id for a in hubs.attachments.values() if not a.is_open}
        self._tables = [table for table in hubs.tables.values() if table.hub == hub]

    def device(self, name: str) -> Device:
        attached: dict[str, set[str]] = {name: set() for name in (*(t.id for t in self._tables), UNROUTED)}
        for one in self._attachments:
            if one.table is None:
                self._open(one.node, NO_ASSOCIATION, one.id)
            attached[one.table if one.table in attached else UNROUTED].add(one.id)
        vrfs = [
            Vrf(table.id, frozenset(attached[table.id]), tuple(self._routes(table, attached)), (Routing(),))
            for table in self._tables
        ]
        vrfs.append(Vrf(UNROUTED, frozenset(attached[UNROUTED]), (), (Routing(),)))
        interfaces = tuple(map(self._interface, self._attachments))
        return Device(name, "aws", interfaces, tuple(vrfs), self._source.whole)

    def _interface(self, one: Attachment) -> Interface:
        said = " ".join(part for part in (one.kind, one.resource) if part)
        return Interface(one.id, self._source.span(one.node.first, one.node.last), description=said, wire=one.wire)

    def _routes(self, table: Table, attached: dict[str, set[str]]) -> Iterator[Route]:
        if not table.answers and attached[table.id]:
            named = (a.node for a in self._attachments if a.table == table.id)
            self._open(next(named), NO_ROUTES, table.id)
        for answer in table.answers:
            if answer.flag("AdditionalRoutesAvailable"):
                self._open(answer, MORE_ROUTES, table.id)
            for route in answer.each("Routes"):
                yield from self._route(table, route)

    def _route(self, table: Table, route: Node) -> Iterator[Route]:
        written, state = route.text("DestinationCidrBlock"), route.text("State")
        block = prefix(written)
        ends = [entry.text("TransitGatewayAttachmentId") for entry in route.each("TransitGatewayAttachments")]
        is_hole = state == "blackhole" or (bool(ends) and set(ends) <= self._closed)
        if block is None or state not in ("", "active", "blackhole") or not (ends or is_hole):
            if state not in ("deleting", "deleted"):
                self._open(route, NO_ROUTE, f"{table.id} {written}")
            return
        network, length = next(prefixes(block))
        span = self._source.span(route.first, route.last)
        if is_hole:
            yield Route(network, length, span, RouteKind.BLACKHOLE, distance=_rank(route))
            return
        if route.text("Type") != "propagated" and self._elsewhere.intersection(ends):
            self._open(route, SENT_ON, f"{table.id} {written}")
        for end in ends:
            if end in self._known:
                yield Route(network, length, span, interface=end, distance=_rank(route))

    def _open(self, node: Node, reason: str, about: str) -> None:
        self._ledger.not_understood(node.first, reason, Concern.ROUTING, about=about)


def _rank(route: Node) -> int:
    """Which of several routes of one prefix goes first: the lowest."""
    if route.text("Type") != "propagated":
        return 2 if route.text("PrefixListId") else 1
    kinds = [entry.text("ResourceType") for entry in route.each("TransitGatewayAttachments")]
    return 3 + min((_ORDER.index(kind) if kind in _ORDER else len(_ORDER) for kind in kinds), default=0)
