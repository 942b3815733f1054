"""Security policies: those of the pair of zones in their order, then the global ones, then the default policy.

What stays in one zone needs a policy too. Policies see the destination after NAT and the source before it. An
interface without a security zone passes nothing ("Security policies overview", "Global security policies": security
policies user guide; "Understanding NAT rule sets and rules": NAT user guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.model.addresses import ALL_V6
from zoneguard.model.device import Action, Concern, Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, Not, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._junos.account import CONTENT, HARDWARE, LABEL, LOGGING, SESSIONS
from zoneguard.parsers._junos.addresses import AddressBooks
from zoneguard.parsers._junos.applications import Applications
from zoneguard.parsers._junos.export import Export, Scope
from zoneguard.parsers._junos.marks import IN_PACKET_MODE
from zoneguard.parsers._junos.tree import Node, latest, sentences
from zoneguard.parsers._junos.zones import HOST, Zones

_TRANSLATED = In(Field.DNAT, Intervals.of(1))
_SIDES = (("source-address", Field.SRC), ("destination-address", Field.DST))
_EXCLUDED = ("source-address-excluded", "destination-address-excluded")
_MATCH = frozenset({
    "source-address", "destination-address", "application", *_EXCLUDED, "from-zone", "to-zone", "source-identity",
    "dynamic-application", "url-category", "source-end-user-profile", "source-l3vpn-vrf-group",
    "destination-l3vpn-vrf-group",
})  # fmt: skip
_NEUTRAL = {"source-identity": ("any",), "dynamic-application": ("any", "none"), "url-category": ("any", "none")}
_THEN = {"log": LOGGING, "count": LOGGING}
_PERMIT = {
    "application-services": CONTENT, "tcp-options": SESSIONS, "services-offload": HARDWARE,
    "no-services-offload": HARDWARE, "vrf-group": LABEL, "advanced-connection-tracking": SESSIONS,
}  # fmt: skip
_ACTIONS = ("permit", "deny", "reject")


class Policies:
    """Reads the policies of one scope."""

    def __init__(
        self, export: Export, scope: Scope, zones: Zones, books: AddressBooks, applications: Applications
    ) -> None:
        self._export, self._scope, self._zones = export, scope, zones
        self._books, self._applications = books, applications
        self._node = scope.root.at("security", "policies")
        self._node.used = True
        self._ways: dict[tuple[str, ...], frozenset[str]] = {}
        self._strange: set[str] = set()
        self._transit: list[Rule] = []
        self._host: list[Rule] = []
        self._read()

    def transit(self, end: SourceSpan, packet_mode: bool, v6: Match | None) -> Filter:
        """The stage of all policies. ``packet_mode``: filters take packets out of it; ``v6``: when IPv6 is dropped."""
        rules: list[Rule] = []
        if packet_mode:
            rules.append(Rule(IN_PACKET_MODE, Permit(), end, "in packet mode", implied=True))
        if v6 is not None:
            rules.append(Rule(both(In(Field.SRC, ALL_V6), v6), Deny(), end, "IPv6 is not flow-based", implied=True))
        rules += self._transit
        default = self._node.value("default-policy")
        span = end
        if default is not None:
            span = self._export.span(default)
            if default.word == "permit-all":
                zoned = self._zones.interfaces
                rules.append(
                    Rule(both(Ingress(zoned), Egress(zoned)), Permit(), span, "default-policy permit-all", implied=True)
                )
            elif default.word != "deny-all":
                self._export.doubt(default, "this default policy is not known", Concern.FILTER)
        return Filter(RuleList("security policies", tuple(rules), Deny(), span), stateful=True)

    def host(self, end: SourceSpan) -> Filter | None:
        """The policies to the device itself; what none takes is left to ``host-inbound-traffic``."""
        if not self._host:
            return None
        return Filter(RuleList("policies to junos-host", tuple(self._host), Permit(), end), stateful=True)

    def _read(self) -> None:
        for source, from_zone in self._node.at("from-zone").children.items():
            from_zone.used = True
            targets = from_zone.at("to-zone")
            targets.used = True
            for target, context in targets.children.items():
                context.used = True
                self._context(source, target, context)
        whole = self._node.children.get("global")
        if whole is not None:
            whole.used = True
            for policy in self._policies(whole):
                self._transit += self._global(policy)
        if "from-zone" in self._node.children:
            self._node.children["from-zone"].used = True

    def _policies(self, context: Node) -> Sequence[Node]:
        node = context.children.get("policy")
        if node is None:
            return ()
        node.used = True
        return list(node.children.values())

    def _context(self, source: str, target: str, context: Node) -> None:
        zones = (source, target)
        policies = self._policies(context)
        where: tuple[Match, ...]
        if source == HOST:
            for policy in policies:
                policy.ignore("policy for what the device itself sends")
            return
        if target == HOST:
            where = (Ingress(self._interfaces(source, context)),)
            for policy in policies:
                self._host += self._rules(policy, where, zones, f"{source} to {target} policy {policy.word}")
            return
        where = (Ingress(self._interfaces(source, context)), Egress(self._interfaces(target, context)))
        for policy in policies:
            self._transit += self._rules(policy, where, zones, f"{source} to {target} policy {policy.word}")

    def _interfaces(self, zone: str, where: Node) -> frozenset[str]:
        known = self._zones.known.get(zone)
        if known is None:
            if zone not in self._strange:
                self._strange.add(zone)
                reason = Reason('the zone "{name}" is not defined in this file', name=zone)
                self._export.doubt(where, reason, Concern.FILTER)
            return frozenset()
        return known.interfaces

    def _global(self, policy: Node) -> Iterator[Rule]:
        """A global policy is for every pair of zones, unless it names zones."""
        asked = sentences(policy.at("match"), _MATCH)
        where: list[Match] = []
        for word, direction in (("from-zone", Ingress), ("to-zone", Egress)):
            named = [node for node in asked.get(word, ()) if node.word != "any"]
            members = [self._interfaces(node.word, node) for node in named] or [self._zones.interfaces]
            where.append(direction(frozenset().union(*members)))
        yield from self._rules(policy, tuple(where), (), f"global policy {policy.word}")

    def _rules(self, policy: Node, where: tuple[Match, ...], zones: tuple[str, ...], name: str) -> Iterator[Rule]:
        policy.used = True
        span = self._export.span(policy)
        match = both(*where, *self._asked(policy, zones, name))
        then = policy.at("then")
        then.used = True
        for word, reason in _THEN.items():
            if word in then.children:
                then.children[word].ignore(reason)
        comment = ""
        description = policy.children.get("description")
        if description is not None:
            comment = next(iter(description.children), "")
        scheduler = policy.value("scheduler-name")
        if scheduler is not None:
            key, reason = f'the schedule "{scheduler.word}" holds', Reason("in force at certain times only")
            match = both(match, self._export.open(self._scope, key, scheduler, reason))
        for condition, action in self._action(policy, then, name):
            yield Rule(both(match, condition), action, span, name, comment)

    def _asked(self, policy: Node, zones: tuple[str, ...], name: str) -> Iterator[Match]:
        node = policy.at("match")
        node.used = True
        asked = sentences(node, _MATCH)
        for (word, field), excluded in zip(_SIDES, _EXCLUDED, strict=True):
            names = asked.get(word)
            if not names:
                yield self._missing(policy, name, word)
                continue
            book = zones[:1] if field is Field.SRC else zones[1:]
            match = self._books.match(field, names, book)
            yield Not(match) if excluded in asked else match
        names = asked.get("application")
        yield self._applications.match(names) if names else self._missing(policy, name, "application", asked)
        for word in [w for w in (*asked, *node.children) if w not in _SIDE_WORDS]:
            values_ = [n.word for n in asked.get(word, ())]
            if word in _MATCH and values_ and all(v in _NEUTRAL.get(word, ()) for v in values_):
                continue
            where = node.children.get(word) or node
            where.take()
            reason = Reason('the condition "{word}" cannot be decided from addresses and ports', word=word)
            yield self._export.open(self._scope, f'"{where.text}" holds', where, reason)

    def _missing(self, policy: Node, name: str, word: str, asked: dict[str, list[Node]] | None = None) -> Match:
        """What every policy must say; one that asks for dynamic applications alone has their default ports."""
        if asked is not None and "dynamic-application" in asked:
            return ALWAYS
        reason = Reason('the policy "{policy}" does not say "{word}"', policy=policy.word, word=word)
        return self._export.open(self._scope, f'"{word}" of {name} holds', policy, reason)

    def _action(self, policy: Node, then: Node, name: str) -> Iterator[tuple[Match, Action]]:
        node = latest(then.children[word] for word in _ACTIONS if word in then.children)
        if node is None:
            reason = Reason('the policy "{policy}" has no action', policy=policy.word)
            yield self._export.open(self._scope, f"{name} permits", policy, reason), Permit()
            return
        node.used = True
        if node.word != "permit":
            node.take(0 if node.word == "deny" else None)
            yield ALWAYS, Deny(reject=node.word == "reject")
            return
        permitted: list[Match] = []
        for word, child in node.children.items():
            if word in _PERMIT:
                child.ignore(_PERMIT[word])
            elif word == "destination-address":
                child.take()
                barred = _TRANSLATED if "drop-translated" in child.children else Not(_TRANSLATED)
                yield barred, Deny()
            elif word == "tunnel":
                reason = Reason("policy-based VPN: the packet goes into a tunnel, not where its route leads")
                child.take()
                self._export.doubt(child, reason, Concern.ROUTING)
            elif word not in ("apply-groups", "apply-groups-except"):
                child.take()
                reason = Reason('permitted under the condition "{word}", which cannot be decided', word=word)
                permitted.append(self._export.open(self._scope, f'"{child.text}" of {name} is met', child, reason))
        yield both(*permitted), Permit()


_SIDE_WORDS = frozenset({
    "source-address", "destination-address", "application", *_EXCLUDED, "from-zone", "to-zone", "apply-groups",
    "apply-groups-except",
})  # fmt: skip
