"""NAT rule sets: from where to where they are, which of them counts, and what their rules ask of a packet.

Of rule sets that fit a packet the one that is more specific counts: an interface before a zone before a routing
instance, for source NAT the destination's before the source's ("Understanding NAT rule sets and rules": NAT user
guide). Whether a less specific set is asked where no rule of that one matches is not written: it is open.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, Egress, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import LABEL
from zoneguard.parsers._junos.addresses import AddressBooks
from zoneguard.parsers._junos.applications import Applications
from zoneguard.parsers._junos.export import DEFAULT, Export, Scope
from zoneguard.parsers._junos.interfaces import Interfaces
from zoneguard.parsers._junos.tree import Node, sentences
from zoneguard.parsers._junos.zones import Zones

MAX_SETS = 1000
_KINDS = ("interface", "zone", "routing-instance")
_MATCH = frozenset({
    "source-address", "source-address-name", "destination-address", "destination-address-name", "source-port",
    "destination-port", "protocol", "application",
})  # fmt: skip
_SIDES = (("source", Field.SRC, Field.SPORT), ("destination", Field.DST, Field.DPORT))


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


class RuleSets:
    """Reads the rule sets of one scope. ``members``: the interfaces of each routing instance."""

    def __init__(
        self, export: Export, scope: Scope, zones: Zones, interfaces: Interfaces,
        members: Mapping[str, frozenset[str]], books: AddressBooks, applications: Applications,
    ) -> None:  # fmt: skip
        self._export, self._scope, self._zones, self._interfaces = export, scope, zones, interfaces
        self._members, self._books, self._applications = members, books, applications
        self._node = scope.root.at("security", "nat")

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
                ranks.append(_KINDS.index(kind))
                if kind == "interface":
                    names.add(self._interfaces.name(value.word))
                elif kind == "zone":
                    zone = self._zones.known.get(value.word)
                    if zone is None:
                        reason = Reason('the zone "{name}" is not defined in this file', name=value.word)
                        self._export.doubt(value, reason, Concern.NAT)
                    names |= zone.interfaces if zone is not None else frozenset()
                else:
                    names |= self._instance(value)
        if not ranks:
            reason = Reason('the rule set "{name}" does not say "{side}"', name=entry.word, side=side)
            self._export.doubt(entry, reason, Concern.NAT)
        return frozenset(names), min(ranks, default=2)

    def _instance(self, value: Node) -> frozenset[str]:
        name = DEFAULT if value.word in (DEFAULT, "master") else value.word
        if name not in self._members:
            reason = Reason('the routing instance "{instance}" is not defined in this file', instance=value.word)
            self._export.doubt(value, reason, Concern.NAT)
        return self._members.get(name, frozenset())

    def _alone(self, kind: str, one: RuleSet, sets: Sequence[RuleSet]) -> Match:
        """That no more specific set takes the packet: open where one fits it."""
        parts: list[Match] = []
        if len(sets) > MAX_SETS:
            reason = Reason("more than {count} rule sets: which of them counts is left open", count=MAX_SETS)
            key = f'the {kind} rule set "{one.node.word}" is asked'
            return self._export.open(self._scope, key, one.node, reason, Concern.NAT)
        for other in sets:
            if other.rank < one.rank and other.overlaps(one):
                reason = Reason(
                    'the more specific rule set "{other}" may be the only one that is asked', other=other.node.word
                )
                key = f'the {kind} rule set "{one.node.word}" is asked after "{other.node.word}"'
                opened = self._export.open(self._scope, key, one.node, reason, Concern.NAT)
                parts.append(either(Not(other.context), opened))
        return both(*parts)

    def rules(self, kind: str) -> Iterator[tuple[RuleSet, Node, Match]]:
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
            parts = [self.address(n, field) for n in asked.get(f"{side}-address", ())]
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
                reason = Reason('the condition "{word}" is not known', word=word)
                yield self._export.open(self._scope, f'"{child.text}" holds', child, reason, Concern.NAT)

    def address(self, node: Node, field: Field) -> Match:
        """The condition that a prefix of a rule puts on ``field``."""
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
