"""Routes of one routing instance in another: ``rib-groups`` and ``instance-import``, as far as routes are known.

A leaked route keeps the way out that it has in its own instance. A policy is asked for the instance, the protocol and
the prefix of a route; where it asks more, the leaking is undetermined ("Routing instances overview", "Example: leaking
routes between routing instances": protocol-independent routing user guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from zoneguard.model.device import Concern, Interface, Route, RouteKind
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.export import DEFAULT, Export, Scope
from zoneguard.parsers._junos.statics import Static, table_instance
from zoneguard.parsers._junos.tree import Node, sentences

_FROM = frozenset({"instance", "protocol", "route-filter", "prefix-list", "prefix-list-filter", "interface"})
_MATCHES = frozenset({"exact", "longer", "orlonger", "upto"})
_THEN_IGNORED = frozenset({"accept", "reject", "metric", "preference", "tag", "community", "local-preference", "color"})


@dataclass(frozen=True, slots=True)
class Instance:
    """A routing instance: its node (``None``: the default one), interfaces, and routing options."""

    name: str
    node: Node | None
    interfaces: frozenset[str]
    options: Node


class Leaking:
    """Adds to the tables of a scope what they get from one another."""

    def __init__(
        self, export: Export, scope: Scope, instances: dict[str, Instance], interfaces: dict[str, Interface],
        tables: dict[str, list[Static]],
    ) -> None:  # fmt: skip
        self._export, self._scope, self._instances = export, scope, instances
        self._interfaces, self._tables = interfaces, tables
        self._own = {name: tuple(statics) for name, statics in tables.items()}
        self._policies = scope.root.at("policy-options", "policy-statement").children
        self._lists = scope.root.at("policy-options", "prefix-list").children

    def apply(self) -> None:
        """Rib groups, then imports."""
        for instance in self._instances.values():
            self._groups(instance)
        for instance in self._instances.values():
            for policy in instance.options.values("instance-import"):
                self._import(instance, policy)
            if instance.options.get("auto-export") is not None:
                reason = Reason("dynamic routing: which routes instances get by auto-export is not in the file")
                node = instance.options.children["auto-export"]
                node.take()
                self._export.doubt(node, reason, Concern.ROUTING)

    def _groups(self, instance: Instance) -> None:
        options = instance.options
        uses: list[tuple[Node, Sequence[Static]]] = []
        static = options.at("static").children.get("rib-group")
        if static is not None:
            static.used = True
            names = [c for c in static.children.values() if c.word not in ("inet", "inet6")]
            names += [c for f in ("inet", "inet6") for c in static.at(f).children.values()]
            uses += [(named, self._own[instance.name]) for named in names]
        direct = options.at("interface-routes").children.get("rib-group")
        if direct is not None:
            options.children["interface-routes"].take()
            for family, node in direct.children.items():
                own = [s for s in self._connected(instance) if (s.route.network >> 128 == 1) == (family == "inet6")]
                uses += [(named, own) for named in node.children.values()]
        for named, routes in uses:
            named.used = True
            self._shared(instance, named, routes)

    def _shared(self, instance: Instance, named: Node, routes: Sequence[Static]) -> None:
        group = self._scope.root.get("routing-options", "rib-groups", named.word)
        if group is None:
            group = instance.options.get("rib-groups", named.word)
        if group is None:
            reason = Reason('the rib group "{name}" is not defined in this file', name=named.word)
            self._export.doubt(named, reason, Concern.ROUTING)
            return
        policies = group.values("import-policy")
        for table in group.values("import-rib"):
            target = table_instance(table.word)
            if target == instance.name:
                continue
            if target not in self._tables:
                reason = Reason('the routing table "{table}" is not in this file', table=table.word)
                self._export.doubt(table, reason, Concern.ROUTING)
                continue
            self._leak(instance, target, routes, policies)

    def _import(self, into: Instance, policy: Node) -> None:
        for source in self._instances.values():
            if source.name != into.name:
                routes = [*self._own[source.name], *self._connected(source)]
                self._leak(source, into.name, routes, [policy], otherwise=False)

    def _leak(
        self, source: Instance, target: str, routes: Sequence[Static], policies: Sequence[Node],
        otherwise: bool | None = None,
    ) -> None:  # fmt: skip
        for static in routes:
            verdict = self._admitted(source.name, static, policies, otherwise)
            if verdict is None:
                reason = Reason(
                    "dynamic routing: whether this policy lets a route into another instance cannot be decided"
                )
                self._export.doubt(policies[0], reason, Concern.ROUTING)
                return
            if verdict:
                self._tables[target].append(Static(self._from(source, static.route), static.protocol))

    def _connected(self, instance: Instance) -> list[Static]:
        known = [self._interfaces[name] for name in sorted(instance.interfaces) if name in self._interfaces]
        return [
            Static(Route(a.subnet.first, a.length, i.span, RouteKind.CONNECTED, interface=i.name, distance=0), "direct")
            for i in known
            if i.enabled
            for a in i.addresses
        ]

    def _from(self, source: Instance, route: Route) -> Route:
        """The route with the way out that it has in its own instance."""
        if route.interface or route.into or route.kind is RouteKind.BLACKHOLE or route.next_hop is None:
            return route
        for name in source.interfaces:
            interface = self._interfaces.get(name)
            if interface is not None and any(route.next_hop in a.subnet for a in interface.addresses):
                return replace(route, interface=name)
        return replace(route, next_hop=None, into=self._scope.context(source.name))

    def _admitted(self, instance: str, static: Static, policies: Sequence[Node], otherwise: bool | None) -> bool | None:
        """What the first policy decides that does; ``otherwise`` where none does. ``None``: not known."""
        for named in policies:
            policy = self._policies.get(named.word)
            if policy is None:
                self._export.doubt(
                    named, Reason('the policy "{name}" is not defined in this file', name=named.word), Concern.ROUTING
                )
                return None
            verdict = self._decide(policy, instance, static)
            if verdict != "next":
                return None if verdict == "open" else verdict == "accept"
        return otherwise if policies else True

    def _decide(self, policy: Node, instance: str, static: Static) -> str:
        """``accept``, ``reject``, ``next`` (no term decides) or ``open``."""
        policy.used = True
        terms = [*policy.at("term").children.values(), policy]
        if "term" in policy.children:
            policy.children["term"].used = True
        for term in terms:
            if term is not policy:
                term.used = True
            elif "then" not in policy.children:
                continue
            asked = self._asked(term, instance, static)
            if asked is False:
                continue
            then = term.at("then")
            then.take()
            action = next((w for w in ("accept", "reject") if w in then.children), "")
            if action and asked is None:
                return "open"
            if action:
                return action
            if "next" not in then.children and not set(then.children) <= _THEN_IGNORED:
                return "open"
        return "next"

    def _asked(self, term: Node, instance: str, static: Static) -> bool | None:
        node = term.children.get("from")
        if node is None:
            return True
        node.take()
        found = sentences(node, _FROM)
        results: list[bool | None] = [None for word in node.children if word not in _FROM and "apply" not in word]
        if "instance" in found:
            names = {DEFAULT if n.word in ("master", DEFAULT) else n.word for n in found["instance"]}
            results.append(instance in names)
        if "protocol" in found:
            results.append(static.protocol in {n.word for n in found["protocol"]})
        if "interface" in found:
            results.append(static.route.interface in {n.word for n in found["interface"]} or None)
        prefixes = [self._filter(n, static.route) for n in found.get("route-filter", ())]
        for word in ("prefix-list", "prefix-list-filter"):
            for named in found.get(word, ()):
                prefixes += self._listed(named, static.route, word == "prefix-list")
        if prefixes:
            results.append(True if True in prefixes else None if None in prefixes else False)
        return False if False in results else None if None in results else True

    def _listed(self, named: Node, route: Route, exact: bool) -> Iterator[bool | None]:
        entry = self._lists.get(named.word)
        if entry is None or "apply-path" in entry.children:
            yield None
            return
        entry.take()
        how = "exact" if exact else next((w for w in named.children if w in _MATCHES), "orlonger")
        for text in entry.children:
            yield _fits(text, how, "", route)

    @staticmethod
    def _filter(node: Node, route: Route) -> bool | None:
        how = next((w for w in node.children if w in _MATCHES), "")
        limit = next(iter(node.at("upto").children), "")
        return _fits(node.word, how or ("exact" if not node.children else "?"), limit, route)


def _fits(text: str, how: str, limit: str, route: Route) -> bool | None:
    """Whether a route's prefix is ``how`` in relation to the prefix ``text``."""
    network, span = values.network(text), values.prefix(text)
    if network is None or span is None or how not in _MATCHES:
        return None
    inside = route.network in span and route.length >= network[1]
    if how == "exact":
        return inside and route.length == network[1]
    if how == "longer":
        return inside and route.length > network[1]
    longest = values.number(limit.removeprefix("/"), 128) if how == "upto" else 128
    return None if longest is None else inside and route.length <= longest
