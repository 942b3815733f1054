"""What internet, egress-only and NAT gateways do to the packets that pass them.

Amazon VPC User Guide, «Internet gateways», «NAT gateways»: an internet gateway translates between public addresses and
the private ones to which they belong, one to one (IPv6: not at all); a NAT gateway and an egress-only internet gateway
open sessions outward only.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import ALL_V4, ALL_V6, address_or_none
from zoneguard.model.device import Concern, Deny, Filter, NatRule, Permit, Rule, RuleList, SetTo, Stage, Translate
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, Field, In, Match, Unknown, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._aws.estate import Eni, Estate, Mapping, blocks_of
from zoneguard.parsers._cloud import union
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

NO_POOL = "the public address of the NAT gateway is not given"
NO_PUBLIC = "the public address of this network interface is not known, or whether it has one"


class Gateways:
    """The stages of the gateways ``names`` of one VPC."""

    def __init__(self, source: Source, ledger: Ledger, estate: Estate, vpc: str, names: tuple[str, ...]) -> None:
        self._source = source
        self._ledger = ledger
        self._estate = estate
        self._vpc = vpc
        self._whole = source.whole
        self._doors = frozenset(name for name in names if estate.is_door(name))
        self._one_way = frozenset(name for name in names if estate.is_one_way(name))
        self._pairs = [(eni, pair) for eni in estate.enis(vpc) for pair in eni.public] if self._doors else []
        self._blocks = {node.text("SubnetId"): union(blocks_of(node)) for node in estate.of("Subnets", vpc)}

    def inward(self) -> Iterator[Stage]:
        """What comes in: for public addresses and IPv6 by an internet gateway, nothing by one that is one-way."""
        rules = [self._rule_in(eni, pair) for eni, pair in self._pairs]
        if rules:
            yield Translate(RuleList("public addresses in", tuple(rules), Deny(), self._whole), Field.DST, self._doors)
        if self._doors:
            theirs = either(In(Field.DNAT, Intervals.of(1)), In(Field.DST, ALL_V6))
            only = Rule(theirs, Permit(), self._whole, name="public addresses", implied=True)
            yield Filter(RuleList("public addresses only, in", (only,), Deny(), self._whole), self._doors)
        if self._one_way:
            yield Filter(RuleList("outward only", (), Deny(), self._whole), self._one_way, stateful=True)

    def outward(self) -> Iterator[Stage]:
        """What goes out: by an internet gateway who has a public address (IPv6: all), by a NAT gateway everybody."""
        if self._doors:
            public = either(In(Field.SRC, ALL_V6), *(self._own(eni, pair, Field.SRC) for eni, pair in self._pairs))
            only = Rule(public, Permit(), self._whole, name="public addresses", implied=True)
            yield Filter(RuleList("public addresses only", (only,), Deny(), self._whole), egress=self._doors)
        rules = [self._rule_out(eni, pair) for eni, pair in self._pairs]
        if rules:
            rest = RuleList("public addresses out", tuple(rules), Deny(), self._whole)
            yield Translate(rest, Field.SRC, egress=self._doors)
        for gateway in self._estate.of("NatGateways", self._vpc):
            name, span = gateway.text("NatGatewayId"), self._span(gateway)
            if name in self._one_way:
                rule = NatRule(In(Field.SRC, ALL_V4), span, (SetTo(Field.SRC, self._pool(gateway)),), name)
                yield Translate(RuleList(name, (rule,), Deny(), span), Field.SRC, egress=frozenset({name}))

    def _pool(self, gateway: Node) -> Intervals:
        texts = [entry.text("PublicIp") or entry.text("PrivateIp") for entry in gateway.each("NatGatewayAddresses")]
        values = [value for text in texts if (value := address_or_none(text)) is not None]
        if values and len(values) == len(texts):
            return Intervals.of(*values)
        name = gateway.text("NatGatewayId")
        self._ledger.not_understood(gateway.first, NO_POOL, Concern.NAT, bounded=True, about=name)
        return ALL_V4

    def _rule_in(self, eni: Eni, pair: Mapping) -> NatRule:
        outer: Match = (
            In(Field.DST, Intervals.of(pair.outer)) if pair.outer is not None else self._doubt(eni, Reason("public"))
        )
        own = Intervals.of(pair.own) if pair.own is not None else self._blocks.get(eni.subnet, Intervals())
        if pair.own is None:
            own &= ALL_V4
        rewrites = (SetTo(Field.DST, own),) if own else ()
        elsewhere = In(Field.DST, ALL_V4 - union(self._blocks.values()))
        match = All((elsewhere, outer, *(() if pair.sure else (self._doubt(eni, Reason("has public")),))))
        return NatRule(match, self._span(eni.node), rewrites, eni.id)

    def _rule_out(self, eni: Eni, pair: Mapping) -> NatRule:
        outer = Intervals.of(pair.outer) if pair.outer is not None else ALL_V4
        return NatRule(self._own(eni, pair, Field.SRC), self._span(eni.node), (SetTo(Field.SRC, outer),), eni.id)

    def _own(self, eni: Eni, pair: Mapping, field: Field) -> Match:
        """``field`` is the private address of the pair, as far as that is known."""
        parts: list[Match] = [] if pair.sure else [self._doubt(eni, Reason("has public"))]
        if pair.own is not None:
            return All((In(field, Intervals.of(pair.own)), *parts))
        subnet = self._blocks.get(eni.subnet, Intervals()) & ALL_V4
        is_its = Unknown(
            Reason("{value} is the address of {id} ({file})", value=field.value, id=eni.id, file=self._source.file),
            self._span(eni.node),
        )
        return All((In(field, subnet), is_its, *parts))

    def _doubt(self, eni: Eni, what: str) -> Unknown:
        self._ledger.not_understood(eni.node.first, NO_PUBLIC, Concern.NAT, bounded=True, about=eni.id)
        return Unknown(
            Reason("{what} address of {id} ({file})", what=what, id=eni.id, file=self._source.file),
            self._span(eni.node),
        )

    def _span(self, node: Node) -> SourceSpan:
        return self._source.span(node.first, node.last)
