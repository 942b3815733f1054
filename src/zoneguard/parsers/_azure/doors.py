"""What passes between a virtual network and the Internet: public addresses, and the peers' own word on their traffic.

Microsoft Learn, «Network security groups»: a public address becomes the private one before the groups are asked inward,
and after they were asked outward. «Default outbound access»: a host without a public address goes out under one that
Azure chooses, unless its subnet forbids that.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import ALL_V4, address_or_none
from zoneguard.model.device import Concern, Deny, Filter, NatRule, Permit, Rule, RuleList, SetTo, Stage, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, Field, In, Match
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._azure.estate import Estate, Item, private_address, same
from zoneguard.parsers._azure.kinds import NIC, PUBLIC_IP
from zoneguard.parsers._azure.routing import INTERNET, Roads, blocks_of
from zoneguard.parsers._cloud import Doubting, union
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NO_HOSTS = "no network interfaces tell which hosts have a public address"
NO_PUBLIC = "the public address of this network interface is not given"
BALANCED = "a network interface behind a load balancer, which may have a public address"
OUT_AS = "under which public address hosts go out is not given"
NO_DEFAULT = "a subnet without default outbound access: whether something else lets its hosts out is not known"


class Doors(Doubting):
    """The stages at the Internet and at the peerings of one virtual network."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, roads: Roads) -> None:
        super().__init__(source, ledger, Concern.NAT)
        self._estate = estate
        self._roads = roads
        self._whole = source.whole
        self._open = INTERNET in roads.interfaces()
        self._pairs = list(self._public()) if self._open else []

    def inward(self) -> Iterator[Stage]:
        """In by the Internet come packets for public addresses only; by a peering what that forwards."""
        rules = [NatRule(match, self._source.span(node.first, node.last), (SetTo(Field.DST, own),), name)
                 for node, name, own, match, _ in self._pairs if own]  # fmt: skip
        door = frozenset({INTERNET})
        if rules:
            yield Translate(RuleList("public addresses in", tuple(rules), Deny(), self._whole), Field.DST, door)
        if self._open:
            only = Rule(In(Field.DNAT, Intervals.of(1)), Permit(), self._whole, name="public addresses", implied=True)
            yield Filter(RuleList("public addresses only", (only,), Deny(), self._whole), door)
        for peering in self._roads.peerings:
            if not peering.forwarded and peering.blocks:
                span = self._source.span(peering.node.first, peering.node.last)
                own = Rule(In(Field.SRC, union(peering.blocks)), Permit(), span, name=peering.interface, implied=True)
                yield Filter(RuleList(f"{peering.interface} in", (own,), Deny(), span), frozenset({peering.interface}))

    def outward(self) -> Iterator[Stage]:
        """Out to the Internet goes who has a public address, and who has none under one that Azure chooses."""
        if not self._open:
            return
        door = frozenset({INTERNET})
        known = union(own for _, _, own, _, outer in self._pairs if outer is not None)
        closed = [
            s for s in self._roads.subnets if _is_false(s, "defaultOutboundAccess") and not s.reference("natGateway")
        ]
        rules = [Rule(In(Field.SRC, known), Permit(), self._whole, implied=True)] if known else []
        for subnet in closed:
            held = In(Field.SRC, union(blocks_of(subnet)))
            may = self._doubt(subnet.node, NO_DEFAULT, subnet.name)
            span = self._source.span(subnet.node.first, subnet.node.last)
            rules += [Rule(All((held, may)), Permit(), span), Rule(held, Deny(), span, implied=True)]
        if closed:
            yield Filter(RuleList("outbound access", tuple(rules), Permit(), self._whole), egress=door)
        out = [NatRule(In(Field.SRC, own), self._source.span(node.first, node.last),
                       (SetTo(Field.SRC, Intervals.of(outer)),), name)
               for node, name, own, _, outer in self._pairs if outer is not None and own]  # fmt: skip
        self._ledger.not_understood(self._whole.first, OUT_AS, Concern.NAT, bounded=True, about="Internet")
        anyone = NatRule(In(Field.SRC, ALL_V4), self._whole, (SetTo(Field.SRC, ALL_V4),), "outbound", implied=True)
        yield Translate(RuleList("outbound", (*out, anyone), Deny(), self._whole), Field.SRC, egress=door)

    def _public(self) -> Iterator[tuple[Node, str, Intervals, Match, int | None]]:
        """Of each public address: where it is told, its name, the private ones, what is sent to it, and itself."""
        if not self._estate.of(NIC):
            for subnet in self._roads.subnets:
                may = self._doubt(subnet.node, NO_HOSTS, Reason("public addresses of {name}", name=subnet.name))
                yield (
                    subnet.node,
                    subnet.name,
                    union(blocks_of(subnet)) & ALL_V4,
                    All((In(Field.DST, ALL_V4), may)),
                    None,
                )
        for nic in self._estate.of(NIC):
            for configuration in nic.parts("ipConfigurations"):
                subnet_ = next((s for s in self._roads.subnets if same(configuration.reference("subnet"), s.id)), None)
                if subnet_ is not None:
                    yield from self._of_configuration(nic, configuration, subnet_)

    def _of_configuration(
        self, nic: Item, configuration: Item, subnet: Item
    ) -> Iterator[tuple[Node, str, Intervals, Match, int | None]]:
        told = private_address(configuration)
        own = union(blocks_of(subnet)) & ALL_V4 if told is None else Intervals.of(told)
        reference = configuration.reference("publicIPAddress") or configuration.reference("publicIpAddress")
        if reference:
            public = self._estate.find(PUBLIC_IP, reference)
            outer = address_or_none(public.text("ipAddress")) if public else None
            if outer is not None and told is not None:
                yield nic.node, nic.name, own, In(Field.DST, Intervals.of(outer)), outer
            else:
                may = self._doubt(nic.node, NO_PUBLIC, nic.name)
                yield nic.node, nic.name, own, All((In(Field.DST, ALL_V4), may)), None
        if configuration.properties.get("loadBalancerBackendAddressPools") and configuration.references(
            "loadBalancerBackendAddressPools"
        ):
            may = self._doubt(nic.node, BALANCED, Reason("load balancer of {name}", name=nic.name))
            yield nic.node, nic.name, own, All((In(Field.DST, ALL_V4), may)), None


def _is_false(item: Item, key: str) -> bool:
    found = item.properties.get(key)
    return found is not None and found.value is False
