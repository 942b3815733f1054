"""NAT: static rules, destination rules, and after the policies the way back of static rules, then source rules.

Static rules go before destination rules, and their way back before source rules ("Understanding static NAT rules",
"Understanding source NAT rules": NAT user guide).
"""

from __future__ import annotations

from collections.abc import Iterator

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
from zoneguard.model.match import PORT_PROTOCOLS, Egress, Field, In, Ingress, Match, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.addresses import AddressBooks
from zoneguard.parsers._junos.applications import Applications
from zoneguard.parsers._junos.export import DEFAULT, Export, Scope
from zoneguard.parsers._junos.interfaces import Interfaces
from zoneguard.parsers._junos.marks import IN_PACKET_MODE
from zoneguard.parsers._junos.pools import Pool, read_pools
from zoneguard.parsers._junos.rule_sets import RuleSets
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers._junos.zones import Zones

NEW_PORTS = Intervals.span(1024, 65535)
"""Ports that source NAT gives out, those for RTP among them."""


class Nat:
    """Reads the NAT of one scope. ``routes``: routing instances in which translated packets are looked up."""

    def __init__(
        self, export: Export, scope: Scope, zones: Zones, interfaces: Interfaces, members: dict[str, frozenset[str]],
        books: AddressBooks, applications: Applications,
    ) -> None:  # fmt: skip
        self._export, self._scope, self._members, self._books = export, scope, members, books
        self._sets = RuleSets(export, scope, zones, interfaces, members, books, applications)
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

    def _static_rules(self) -> Iterator[NatRule]:
        for one, rule, match in self._sets.rules("static"):
            then = rule.at("then", "static-nat")
            _take(rule.at("then"))
            outer = _outer(rule, self._books)
            inner, mapped, instance = self._mapped(then)
            if outer is None or inner is None or outer.size != inner.size or len(inner.spans) != 1:
                reason = "this static NAT cannot be read, or maps addresses onto another number of them"
                self._export.doubt(then if then.line else rule, reason, Concern.NAT)
                continue
            span, name = self._export.span(rule), f"static NAT {one.node.word} {rule.word}"
            rewrites, back = list(_onto(Field.DST, inner)), list(_onto(Field.SRC, outer))
            asked: Match = In(Field.SRC, inner)
            peers = [self._sets.address(n, Field.DST) for n in rule.at("match", "source-address").children.values()]
            if peers:
                asked = both(asked, either(*peers))
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
            reason = Reason('the routing instance "{instance}" is not defined in this file', instance=instance)
            self._export.doubt(where, reason, Concern.NAT)
        translated = In(Field.DNAT, Intervals.of(1))
        self.routes.append((both(translated, match), self._scope.context(name), span))

    def _destination_rules(self) -> Iterator[NatRule]:
        pools = read_pools(self._export, self._node.at("destination"))
        for one, rule, match in self._sets.rules("destination"):
            then = rule.at("then", "destination-nat")
            _take(rule.at("then"))
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
        names = [node for word, node in then.at("pool").children.items() if word != "persistent-nat"]
        pool = pools.get(names[0].word) if names else None
        if pool is None or not pool.addresses:
            what = (
                Reason('the pool "{word}" is not defined in this file', word=names[0].word)
                if names
                else "this rule names no pool"
            )
            where = names[0] if names else then
            self._export.doubt(where, what, Concern.NAT)
            return None
        return pool

    def _source_rules(self) -> Iterator[NatRule]:
        pools = read_pools(self._export, self._node.at("source"))
        for one, rule, match in self._sets.rules("source"):
            then = rule.at("then", "source-nat")
            _take(rule.at("then"))
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
                reason = Reason(
                    'where the pool "{pool}" is used up, the address of the interface is taken', pool=pool.node.word
                )
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


_GOES_ON = frozenset({"mapped-port", "routing-instance", "persistent-nat", "rule-session-count-alarm"})


def _take(then: Node) -> None:
    """What a rule does: ``static-nat prefix X``, ``source-nat interface``, and settings of their own behind that."""
    then.take(2)
    for how in (how for kind in then.children.values() for how in kind.children.values()):
        how.take(0 if how.word in ("interface", "off") else 1)
        for part in (*how.children.values(), *(more for v in how.children.values() for more in v.children.values())):
            if part.word in _GOES_ON:
                part.take()
