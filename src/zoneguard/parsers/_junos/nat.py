"""NAT: static rules, destination rules, and after the policies the way back of static rules, then source rules.

Of rule sets that fit a packet the one that is more specific counts: an interface before a zone before a routing
instance, for source NAT the destination's before the source's ("Understanding NAT rule sets and rules", "Understanding
static NAT rules": NAT user guide). Whether a less specific set is asked where no rule of that one matches is not
written: it is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.device import (
    Concern,
    EgressAddress,
    KeepHost,
    NatRule,
    Permit,
    PolicyRoute,
    Rewrite,
    RuleList,
    SetTo,
    Shift,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, Egress, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import LABEL
from zoneguard.parsers._junos.addresses import AddressBooks
from zoneguard.parsers._junos.applications import Applications
from zoneguard.parsers._junos.export import DEFAULT, Export, Scope
from zoneguard.parsers._junos.interfaces import Interfaces
from zoneguard.parsers._junos.marks import IN_PACKET_MODE
from zoneguard.parsers._junos.pools import Pool, read_pools
from zoneguard.parsers._junos.tree import Node, sentences
from zoneguard.parsers._junos.zones import Zones

_KINDS = ("interface", "zone", "routing-instance")
_RANK = {"interface": 0, "zone": 1, "routing-instance": 2}
_MATCH = frozenset({
    "source-address", "source-address-name", "destination-address", "destination-address-name", "source-port",
    "destination-port", "protocol", "application",
})  # fmt: skip
_SIDES = (("source", Field.SRC, Field.SPORT), ("destination", Field.DST, Field.DPORT))
NEW_PORTS = Intervals.span(1024, 65535)
"""Ports that source NAT gives out, those for RTP among them."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set: from which interfaces, to which (``None``: any), how specific, and its rules."""

    node: Node
    rank: tuple[int, int]
    ingress: frozenset[str]
    egress: frozenset[str] | None
    rules: tuple[Node, ...]

    @property
    def context(self) -> Match:
        """The condition on interfaces."""
        came = Ingress(self.ingress)
        return came if self.egress is None else both(came, Egress(self.egress))

    def overlaps(self, other: RuleSet) -> bool:
        """Whether some packet meets the conditions of both."""
        leaves = self.egress is None or other.egress is None or bool(self.egress & other.egress)
        return bool(self.ingress & other.ingress) and leaves


class Nat:
    """Reads the NAT of one scope. ``routes``: routing instances in which translated packets are looked up."""

    def __init__(
        self, export: Export, scope: Scope, zones: Zones, interfaces: Interfaces, members: dict[str, frozenset[str]],
        books: AddressBooks, applications: Applications,
    ) -> None:  # fmt: skip
        self._export, self._scope, self._zones, self._interfaces = export, scope, zones, interfaces
        self._members, self._books, self._applications = members, books, applications
        self._node = scope.root.at("security", "nat")
        self._node.used = True
        self.routes: list[tuple[Match, str, SourceSpan]] = []
        self._back: list[NatRule] = []
        self._static = list(self._static_rules())
        self._destination = list(self._destination_rules())
        self._source = list(self._source_rules())

    def before_routing(self, packet_mode: bool) -> RuleList | None:
        """Static, then destination rules."""
        return self._list("destination NAT", [*self._static, *self._destination], packet_mode)

    def after_policies(self, packet_mode: bool) -> RuleList | None:
        """Static rules backwards, then source rules."""
        return self._list("source NAT", [*self._back, *self._source], packet_mode)

    def policy_routes(self, context: str) -> Iterator[PolicyRoute]:
        """Packets that NAT sends into a routing instance, as seen in ``context``."""
        for match, into, span in self.routes:
            if into != context:
                yield PolicyRoute(match, span, into=into)

    def _list(self, name: str, rules: list[NatRule], packet_mode: bool) -> RuleList | None:
        if not rules:
            return None
        if packet_mode:
            rules.insert(0, NatRule(IN_PACKET_MODE, rules[0].span))
        return RuleList(name, tuple(rules), Permit(), rules[0].span)

    def _sets(self, kind: str) -> list[RuleSet]:
        node = self._node.at(kind)
        node.used = True
        found = []
        for entry in node.at("rule-set").children.values():
            node.children["rule-set"].used = entry.used = True
            if "description" in entry.children:
                entry.children["description"].ignore(LABEL)
            came, rank = self._context(entry, "from")
            leaves, to_rank = self._context(entry, "to") if kind == "source" else (None, 0)
            rules = tuple(entry.at("rule").children.values())
            if rules:
                entry.children["rule"].used = True
            found.append(RuleSet(entry, (to_rank, rank), came, leaves, rules))
        return sorted(found, key=lambda s: s.rank)

    def _context(self, entry: Node, side: str) -> tuple[frozenset[str], int]:
        node = entry.at(side)
        node.used = True
        names: set[str] = set()
        ranks = []
        for kind in _KINDS:
            for value in node.values(kind):
                ranks.append(_RANK[kind])
                if kind == "interface":
                    names.add(self._interfaces.name(value.word))
                elif kind == "zone":
                    zone = self._zones.known.get(value.word)
                    if zone is None:
                        reason = f'the zone "{value.word}" is not defined in this file'
                        self._export.doubt(value, reason, Concern.NAT)
                    names |= zone.interfaces if zone is not None else frozenset()
                else:
                    names |= self._instance(value)
        if not ranks:
            reason = f'the rule set "{entry.word}" does not say "{side}"'
            self._export.doubt(entry, reason, Concern.NAT)
        return frozenset(names), min(ranks, default=2)

    def _instance(self, value: Node) -> frozenset[str]:
        name = DEFAULT if value.word in (DEFAULT, "master") else value.word
        if name not in self._members:
            reason = f'the routing instance "{value.word}" is not defined in this file'
            self._export.doubt(value, reason, Concern.NAT)
        return self._members.get(name, frozenset())

    def _alone(self, kind: str, one: RuleSet, sets: Sequence[RuleSet]) -> Match:
        """That no more specific set takes the packet: open where one fits it."""
        parts: list[Match] = []
        for other in sets:
            if other.rank < one.rank and other.overlaps(one):
                reason = f'the more specific rule set "{other.node.word}" may be the only one that is asked'
                key = f'the {kind} rule set "{one.node.word}" is asked after "{other.node.word}"'
                opened = self._export.open(self._scope, key, one.node, reason, Concern.NAT)
                parts.append(either(Not(other.context), opened))
        return both(*parts)

    def _rules(self, kind: str) -> Iterator[tuple[RuleSet, Node, Match]]:
        """Every rule of a kind in order, with the whole of its condition."""
        sets = self._sets(kind)
        for one in sets:
            alone = self._alone(kind, one, sets)
            for rule in one.rules:
                rule.used = True
                if "description" in rule.children:
                    rule.children["description"].ignore(LABEL)
                yield one, rule, both(one.context, *self._asked(rule), alone)

    def _asked(self, rule: Node) -> Iterator[Match]:
        node = rule.at("match")
        node.used = True
        asked = sentences(node, _MATCH)
        for side, field, port in _SIDES:
            parts = [self._address(n, field) for n in asked.get(f"{side}-address", ())]
            names = asked.get(f"{side}-address-name", ())
            if names:
                parts.append(self._books.match(field, names, ()))
            if parts:
                yield either(*parts)
            ports = [self._port(n, port) for n in asked.get(f"{side}-port", ())]
            if ports:
                yield both(In(Field.PROTO, PORT_PROTOCOLS), either(*ports))
        protocols = asked.get("protocol", ())
        if protocols:
            yield either(*(self._protocol(n) for n in protocols))
        names = asked.get("application", ())
        if names:
            yield self._applications.match(names)
        for word, child in node.children.items():
            if word not in _MATCH:
                child.take()
                reason = f'the condition "{word}" is not known'
                yield self._export.open(self._scope, f'"{child.text}" holds', child, reason, Concern.NAT)

    def _address(self, node: Node, field: Field) -> Match:
        found = values.prefix(node.word)
        if found is None:
            reason = "this address cannot be read"
            return self._export.open(self._scope, f'the address is "{node.word}"', node, reason, Concern.NAT)
        return In(field, found)

    def _port(self, node: Node, field: Field) -> Match:
        high = next(iter(node.at("to").children), "")
        found = values.ports(f"{node.word}-{high}" if high else node.word)
        if "to" in node.children:
            node.children["to"].take()
        if found is None:
            reason = "this port cannot be read"
            return self._export.open(self._scope, f'the port is "{node.word}"', node, reason, Concern.NAT)
        return In(field, found)

    def _protocol(self, node: Node) -> Match:
        number = values.protocol(node.word)
        if number is None:
            reason = "this protocol cannot be read"
            return self._export.open(self._scope, f'the protocol is "{node.word}"', node, reason, Concern.NAT)
        return In(Field.PROTO, Intervals.of(number))

    def _static_rules(self) -> Iterator[NatRule]:
        for one, rule, match in self._rules("static"):
            then = rule.at("then", "static-nat")
            rule.at("then").take()
            outer = _outer(rule, self._books)
            inner, mapped, instance = self._mapped(then)
            if outer is None or inner is None or outer.size != inner.size or len(inner.spans) != 1:
                reason = "this static NAT cannot be read, or maps addresses onto another number of them"
                self._export.doubt(then if then.line else rule, reason, Concern.NAT)
                continue
            span, name = self._export.span(rule), f"static NAT {one.node.word} {rule.word}"
            rewrites, back = list(_onto(Field.DST, inner)), list(_onto(Field.SRC, outer))
            asked: Match = In(Field.SRC, inner)
            ports = _outer_ports(rule)
            if mapped is not None and ports is not None:
                delta = mapped - ports.first
                rewrites.append(Shift(Field.DPORT, delta))
                back.append(Shift(Field.SPORT, -delta))
                moved = Intervals.span(mapped, mapped + ports.size - 1)
                asked = both(asked, In(Field.PROTO, PORT_PROTOCOLS), In(Field.SPORT, moved))
            yield NatRule(match, span, tuple(rewrites), name)
            self._back.append(NatRule(both(Egress(one.ingress), asked), span, tuple(back), f"{name}, back"))
            if instance:
                self._into(instance, both(Ingress(one.ingress), In(Field.DST, inner)), then, span)

    def _mapped(self, then: Node) -> tuple[Intervals | None, int | None, str]:
        """The inner addresses, the first inner port, and the routing instance of a static rule."""
        inner: Intervals | None = None
        port: int | None = None
        instance = ""
        for kind in ("prefix", "prefix-name"):
            node = then.children.get(kind)
            if node is None:
                continue
            for part in node.walk():
                if part.word == "routing-instance":
                    instance = next(iter(part.children), "")
                elif part.word == "mapped-port":
                    port = values.number(next(iter(part.children), ""), 65535)
            names = [c for w, c in node.children.items() if w not in ("routing-instance", "mapped-port")]
            if names:
                inner = values.prefix(names[0].word) if kind == "prefix" else self._books.exact(names[0])
        return inner, port, instance

    def _into(self, instance: str, match: Match, where: Node, span: SourceSpan) -> None:
        name = DEFAULT if instance in (DEFAULT, "master") else instance
        if name not in self._members:
            reason = f'the routing instance "{instance}" is not defined in this file'
            self._export.doubt(where, reason, Concern.NAT)
        translated = In(Field.DNAT, Intervals.of(1))
        self.routes.append((both(translated, match), self._scope.context(name), span))

    def _destination_rules(self) -> Iterator[NatRule]:
        pools = read_pools(self._export, self._node.at("destination"))
        for one, rule, match in self._rules("destination"):
            then = rule.at("then", "destination-nat")
            rule.at("then").take()
            span, name = self._export.span(rule), f"destination NAT {one.node.word} {rule.word}"
            if "off" in then.children:
                yield NatRule(match, span, (), name)
                continue
            pool = self._pool(pools, then)
            if pool is None:
                continue
            outer = _outer(rule, self._books)
            if outer is not None and outer and not outer & pool.family:
                self._export.doubt(then, "NAT between the versions of IP is not in the model", Concern.NAT)
            fits = both(match, In(Field.DST, pool.family))
            yield NatRule(fits, span, tuple(_to_pool(pool, outer)), name)
            if pool.instance:
                self._into(pool.instance, both(Ingress(one.ingress), In(Field.DST, pool.addresses)), pool.node, span)

    def _pool(self, pools: dict[str, Pool], then: Node) -> Pool | None:
        names = list(then.at("pool").children.values())
        pool = pools.get(names[0].word) if names else None
        if pool is None or not pool.addresses:
            what = f'the pool "{names[0].word}" is not defined in this file' if names else "this rule names no pool"
            where = names[0] if names else then
            self._export.doubt(where, what, Concern.NAT)
            return None
        return pool

    def _source_rules(self) -> Iterator[NatRule]:
        pools = read_pools(self._export, self._node.at("source"))
        for one, rule, match in self._rules("source"):
            then = rule.at("then", "source-nat")
            rule.at("then").take()
            span, name = self._export.span(rule), f"source NAT {one.node.word} {rule.word}"
            if "off" in then.children:
                yield NatRule(match, span, (), name)
                continue
            for part in then.walk():
                if part.word == "persistent-nat":
                    reason = "persistent NAT: hosts outside may open sessions to addresses that it has given out"
                    self._export.doubt(part, reason, Concern.NAT)
            if "interface" in then.children:
                yield NatRule(match, span, (EgressAddress(), SetTo(Field.SPORT, NEW_PORTS)), name)
                continue
            pool = self._pool(pools, then)
            if pool is None:
                continue
            if pool.overflow == "interface":
                key = f'the pool "{pool.node.word}" is used up'
                reason = f'where the pool "{pool.node.word}" is used up, the address of the interface is taken'
                used_up = self._export.open(self._scope, key, pool.node, reason, Concern.NAT)
                yield NatRule(both(match, used_up), span, (EgressAddress(), SetTo(Field.SPORT, NEW_PORTS)), name)
            fits = both(match, In(Field.SRC, pool.family))
            ports = () if pool.ports is None else (SetTo(Field.SPORT, pool.ports),)
            yield NatRule(fits, span, (SetTo(Field.SRC, pool.addresses), *ports), name)


def _outer(rule: Node, books: AddressBooks) -> Intervals | None:
    """The one prefix of destinations that a rule is for."""
    node = rule.at("match")
    found = [values.prefix(w) for w in node.at("destination-address").children]
    found += [books.exact(n) for n in node.at("destination-address-name").children.values()]
    return found[0] if len(found) == 1 else None


def _outer_ports(rule: Node) -> Intervals | None:
    ports = rule.get("match", "destination-port")
    if ports is None or not ports.children:
        return None
    low = next(iter(ports.children.values()))
    high = next(iter(low.at("to").children), "")
    return values.ports(f"{low.word}-{high}" if high else low.word)


def _onto(field: Field, addresses: Intervals) -> Iterator[Rewrite]:
    """Onto the same host of a prefix of equal length."""
    if addresses.size == 1:
        yield SetTo(field, addresses)
    else:
        yield KeepHost(field, addresses.first, addresses.size.bit_length() - 1)


def _to_pool(pool: Pool, outer: Intervals | None) -> Iterator[Rewrite]:
    """A pool as large as the prefix that it stands for keeps the host; otherwise any of its addresses."""
    if pool.prefix and outer is not None and outer.size == pool.addresses.size and outer & pool.family:
        yield from _onto(Field.DST, pool.addresses)
    else:
        yield SetTo(Field.DST, pool.addresses)
    if pool.port is not None:
        yield SetTo(Field.DPORT, Intervals.of(pool.port))
