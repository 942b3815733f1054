"""What stands behind a NAT gateway: the network ACL and the route table of the subnet that it stands in.

Amazon VPC User Guide, «NAT gateway basics»: the network ACL of its subnet controls what comes to and goes from the NAT
gateway; what it sends on is routed by the table of that subnet, to an internet gateway where it is a public one.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import ALL_V4
from zoneguard.model.device import Concern, Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, Field, In
from zoneguard.parsers import Source
from zoneguard.parsers._aws.estate import Estate
from zoneguard.parsers._aws.filters import Filters
from zoneguard.parsers._aws.routing import Tables
from zoneguard.parsers._cloud import Doubting
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NO_SUBNET = "the subnet of this NAT gateway, whose network ACL and route table packets pass, is not given"
ELSEWHERE = "packets that go on from the NAT gateway by another way than an internet gateway are not followed"


class Behind(Doubting):
    """The stages behind the NAT gateways of one VPC, before it translates. ``interfaces``: all of the VPC."""

    def __init__(
        self, source: Source, ledger: Ledger, estate: Estate, tables: Tables, filters: Filters,
        interfaces: frozenset[str],
    ) -> None:  # fmt: skip
        super().__init__(source, ledger, Concern.NAT)
        self._estate = estate
        self._tables = tables
        self._filters = filters
        self._interfaces = interfaces
        self._subnets = {node.text("SubnetId"): node for node in estate.of("Subnets", tables.vpc)}
        self._gateways = {node.text("NatGatewayId"): node for node in estate.of("NatGateways")}

    def stages(self) -> Iterator[Filter]:
        """What is asked of packets that leave by each NAT gateway to which a route leads."""
        for name in self._tables.gateways():
            if name.startswith("nat-") or name in self._gateways:
                yield from self._behind(name)

    def _behind(self, name: str) -> Iterator[Filter]:
        here = frozenset({name})
        gateway = self._gateways.get(name)
        subnet = self._subnets.get(gateway.text("SubnetId")) if gateway else None
        if gateway is None or subnet is None:
            span = self._tables.named_at(name)
            at = gateway or Node(None, span.first, span.last)
            may = Rule(self._doubt(at, NO_SUBNET, name), Permit(), span, name=name)
            yield Filter(RuleList(f"{name} subnet", (may,), Deny(), span), egress=here)
            return
        others = self._interfaces - here - {subnet.text("SubnetId")}
        yield Filter(self._filters.acl(subnet, outward=False), ingress=others, egress=here)
        yield Filter(self._filters.acl(subnet, outward=True), egress=here)
        table = self._tables.of_subnet(subnet)
        if table is not None and not self._estate.is_private(name):
            yield from self._routed(name, gateway, table)

    def _routed(self, name: str, gateway: Node, table: Node) -> Iterator[Filter]:
        """What the table of its subnet sends to an internet gateway, what it drops, and what goes elsewhere."""
        sent = self._tables.sent_to(name)
        out, elsewhere, left = Intervals(), sent - ALL_V4, sent & ALL_V4
        for target, values in self._tables.ways(table):
            taken = left if values is None else left & values
            left -= taken
            if values is not None and self._estate.is_door(target):
                out |= taken
            elif target:
                elsewhere |= taken
        if not (left or elsewhere) and out == sent:
            return
        span = self._span(table)
        rules = [Rule(In(Field.DST, out), Permit(), span, name=name)] if out else []
        if elsewhere:
            may = self._doubt(gateway, ELSEWHERE, name)
            rules.append(Rule(All((In(Field.DST, elsewhere), may)), Permit(), span, name=name))
        yield Filter(RuleList(f"{name} routes", tuple(rules), Deny(), span), egress=frozenset({name}))
