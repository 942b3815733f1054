"""Stateless firewall filters: terms in order, the first that matches acts, and what none matches is discarded.

A term without ``from`` takes everything; one whose ``then`` names no action accepts. Of the prefixes of one address
condition the longest decides, ``except`` or not. A list of filters is one filter: what the last does not take is
discarded ("How standard firewall filters evaluate packets", "Firewall filter match conditions based on address fields",
"Guidelines for applying multiple firewall filters as a list": routing policies, firewall filters and policers guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Action, Concern, Deny, Filter, Jump, Permit, Return, Rule, RuleList
from zoneguard.model.match import ALWAYS, Field, In, Match, both
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import LABEL, LOGGING, SHAPING
from zoneguard.parsers._junos.conditions import Conditions
from zoneguard.parsers._junos.export import Export, Scope
from zoneguard.parsers._junos.interfaces import Bound
from zoneguard.parsers._junos.marks import MARK_PACKET_MODE, Marks
from zoneguard.parsers._junos.tree import Node, latest

MAX_NESTING = 8
_MODIFIERS = {
    "count": LOGGING, "log": LOGGING, "syslog": LOGGING, "sample": LOGGING, "port-mirror": LOGGING,
    "port-mirror-instance": LOGGING, "service-accounting": LOGGING, "policer": SHAPING, "three-color-policer": SHAPING,
    "hierarchical-policer": SHAPING, "loss-priority": SHAPING, "forwarding-class": SHAPING, "dscp": SHAPING,
    "traffic-class": SHAPING, "prefix-action": SHAPING, "ipsec-sa": SHAPING, "force-premium": SHAPING,
}  # fmt: skip
_FILTER_IGNORED = {
    "interface-specific": LOGGING, "accounting-profile": LOGGING, "physical-interface-filter": LOGGING,
    "enhanced-mode": LABEL, "fast-filter-lookup": LABEL, "instance-shared": LABEL, "promote": LABEL,
}  # fmt: skip
_FINAL = frozenset({"accept", "discard", "reject"})


class FilterReader:
    """Reads the filters of one scope. ``lists`` holds those that others ask."""

    def __init__(self, export: Export, scope: Scope, marks: Marks, instances: Mapping[str, str]) -> None:
        self._export, self._scope, self._marks, self._instances = export, scope, marks, instances
        self._conditions = Conditions(export, scope)
        self.lists: dict[str, RuleList] = {}
        self._lists: dict[tuple[bool, tuple[str, ...]], RuleList] = {}
        firewall = scope.root.at("firewall")
        self._known = {
            False: {**firewall.at("filter").children, **firewall.at("family", "inet", "filter").children},
            True: firewall.at("family", "inet6", "filter").children,
        }
        self._any = firewall.at("family", "any", "filter").children
        for path in (("filter",), ("family",), ("family", "inet"), ("family", "inet6"), ("family", "any")):
            node = firewall.get(*path)
            if node is not None:
                node.used = True

    def stages(self, bound: Sequence[Bound], output: bool) -> Iterator[Filter]:
        """The filters on interfaces, one stage a list; other address families pass it."""
        places: dict[tuple[bool, tuple[str, ...]], list[Bound]] = {}
        for one in bound:
            if one.output is output and not one.interface.startswith("lo0."):
                places.setdefault((one.v6, tuple(n.word for n in one.names)), []).append(one)
        for users in places.values():
            names = frozenset(user.interface for user in users)
            rules = self._list(users[0])
            yield Filter(rules, egress=names) if output else Filter(rules, ingress=names)

    def loopback(self, bound: Sequence[Bound], own: frozenset[str]) -> Iterator[Filter]:
        """The filters on ``lo0`` of an instance with the interfaces ``own``: of what is for the device itself, by
        whatever interface it comes. An instance without one has that of ``lo0.0``."""
        found = [one for one in bound if not one.output and one.interface.startswith("lo0.")]
        mine = [one for one in found if one.interface in own] or [one for one in found if one.interface == "lo0.0"]
        for one in mine:
            yield Filter(self._list(one))

    def account_unused(self) -> None:
        """Read the filters that no interface has, so that their lines are understood too."""
        for v6, known in self._known.items():
            for name, node in known.items():
                if not node.used:
                    list(self._rules(node, v6, (name,)))

    def _list(self, bound: Bound) -> RuleList:
        key = (bound.v6, tuple(node.word for node in bound.names))
        if key not in self._lists:
            span = self._export.span(bound.names[0])
            other = In(Field.SRC, ALL_V4 if bound.v6 else ALL_V6)
            rules = [Rule(other, Permit(), span, "a filter is for one version of IP", implied=True, unasked=True)]
            for name in bound.names:
                node = self._known[bound.v6].get(name.word) or self._any.get(name.word)
                if node is None:
                    reason = Reason('the firewall filter "{name}" is not defined in this file', name=name.word)
                    unknown = self._export.open(self._scope, f'the filter "{name.word}" discards', name, reason)
                    rules += [Rule(unknown, Deny(), span, name.word), Rule(ALWAYS, Permit(), span, name.word)]
                else:
                    rules += self._rules(node, bound.v6, (name.word,))
            self._lists[key] = RuleList(" ".join(key[1]), tuple(rules), Deny(), span)
        return self._lists[key]

    def _rules(self, node: Node, v6: bool, inside: tuple[str, ...]) -> Iterator[Rule]:
        node.used = True
        for word, child in node.children.items():
            if word in _FILTER_IGNORED:
                child.ignore(_FILTER_IGNORED[word])
        terms = node.children.get("term")
        if terms is not None:
            terms.used = True
            for term in terms.children.values():
                yield from self._term(term, v6, inside)
        if "from" in node.children or "then" in node.children:
            yield from self._term(node, v6, inside)

    def _term(self, term: Node, v6: bool, inside: tuple[str, ...]) -> Iterator[Rule]:
        term.used = True
        nested = term.value("filter")
        if nested is not None:
            yield from self._nested(nested, v6, inside)
            return
        match = self._conditions.read(term, v6)
        then = term.at("then")
        then.used = True
        name, span = f"{inside[0]} term {term.word}", self._export.span(term)
        for mark in self._choices(then):
            yield Rule(match, mark, span, name)
        for word in then.children:
            if word in _MODIFIERS:
                then.children[word].ignore(_MODIFIERS[word])
        for condition, action in self._actions(then):
            yield Rule(both(match, condition), action, span, name)

    def _nested(self, name: Node, v6: bool, inside: tuple[str, ...]) -> Iterator[Rule]:
        """Another filter, asked in this place: where none of its terms decides, the next term is asked."""
        node = self._known[v6].get(name.word) or self._any.get(name.word)
        span = self._export.span(name)
        if node is not None and name.word not in inside and len(inside) < MAX_NESTING:
            target = f"inet{'6' * v6} filter {name.word}"
            if target not in self.lists:
                rules = tuple(self._rules(node, v6, (*inside, name.word)))
                self.lists.setdefault(target, RuleList(target, rules, Return(), self._export.span(node)))
            yield Rule(ALWAYS, Jump(target), span, name.word)
            return
        reason = Reason('the firewall filter "{name}" is not defined in this file', name=name.word)
        if node is not None:
            reason = Reason('the firewall filter "{name}" contains itself, or is nested too deeply', name=name.word)
        for action in (Deny(), Permit()):
            key = f'the filter "{name.word}" {"accepts" if isinstance(action, Permit) else "discards"}'
            yield Rule(self._export.open(self._scope, key, name, reason), action, span, name.word)

    def _choices(self, then: Node) -> Iterator[Action]:
        """What the term leaves on the packet for later stages."""
        span = self._export.span(then)
        if then.has("packet-mode"):
            self._marks.packet_mode = True
            yield MARK_PACKET_MODE
        instance = then.value("routing-instance")
        if instance is not None:
            if instance.word not in self._instances:
                reason = Reason('the routing instance "{instance}" is not defined in this file', instance=instance.word)
                self._export.doubt(instance, reason, Concern.ROUTING)
            yield self._marks.choose(span, into=self._instances.get(instance.word, instance.word))
        for word in ("next-ip", "next-ip6"):
            hop = then.value(word)
            address = values.address(hop.word) if hop is not None else None
            if address is not None:
                yield self._marks.choose(span, next_hop=address)
        interface = then.value("next-interface")
        if interface is not None:
            yield self._marks.choose(span, interface=interface.word if "." in interface.word else f"{interface.word}.0")

    def _actions(self, then: Node) -> Iterator[tuple[Match, Action]]:
        """The action and under what condition; nothing for ``next term``."""
        words = then.children
        final = latest(node for word, node in words.items() if word in _FINAL)
        if final is not None:
            final.take(1 if final.word == "reject" else 0)
            yield ALWAYS, Permit() if final.word == "accept" else Deny(reject=final.word == "reject")
            return
        if "next" in words:
            words["next"].take(1)
            return
        strange = [child for word, child in words.items() if word not in _KNOWN]
        if strange:
            reason = Reason('the action "{word}" is not known', word=strange[0].word)
            key = f'"{strange[0].word}" lets the packet pass'
            yield self._export.open(self._scope, key, strange[0], reason), Permit()
            yield ALWAYS, Deny()
        else:
            yield ALWAYS, Permit()


_KNOWN = frozenset({
    *_MODIFIERS, *_FINAL, "packet-mode", "routing-instance", "next-ip", "next-ip6", "next-interface", "apply-groups",
    "apply-groups-except",
})  # fmt: skip
