"""One VDOM as forwarding contexts: the pipeline of a FortiGate in its order.

Access lists, IP/MAC binding and tunnels, destination NAT, routing, policies, source NAT (FortiOS handbook, "Life of a
packet", "Packet flow"). Policies of both families stand in one list: no packet meets those of the other family.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.model.device import Deny, Filter, Permit, PolicyRoute, Route, Routing, RuleList, Stage, Translate, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.parsers._assigned import settled
from zoneguard.parsers._fortios.addresses import ADDRESS, GROUP, AddressBook
from zoneguard.parsers._fortios.bindings import read_bindings
from zoneguard.parsers._fortios.callers import callers
from zoneguard.parsers._fortios.central import central_entries
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.filters import end_of, forward_list, held_addresses, policy_rules
from zoneguard.parsers._fortios.interfaces import Interfaces
from zoneguard.parsers._fortios.ipsec import tunnel_filters
from zoneguard.parsers._fortios.local import local_stage
from zoneguard.parsers._fortios.nat import Pools, SourceNat
from zoneguard.parsers._fortios.policies import Family, Policy, PolicyReader
from zoneguard.parsers._fortios.policy_routes import PolicyRouteReader
from zoneguard.parsers._fortios.policy_schema import POLICY
from zoneguard.parsers._fortios.schema import account, ignore
from zoneguard.parsers._fortios.services import SERVICE, SERVICE_GROUP, ServiceBook
from zoneguard.parsers._fortios.settings import read_relays, read_schedules, read_settings
from zoneguard.parsers._fortios.static import read_static
from zoneguard.parsers._fortios.vip_entry import Vip, VipContext
from zoneguard.parsers._fortios.vips import VipBook
from zoneguard.parsers._fortios.zones import InterfaceNames, SdWan, Zone

POLICY_TABLES = ("firewall policy", "firewall policy6", "firewall consolidated policy")


class Vdom:
    """Reads one VDOM. ``vrfs`` and ``bindings`` are what comes of it."""

    def __init__(
        self, export: Export, scope: Scope, interfaces: Interfaces, zones: dict[str, Zone], sdwan: SdWan
    ) -> None:
        self._export, self._scope, self._interfaces, self._zones, self._sdwan = export, scope, interfaces, zones, sdwan
        settings = read_settings(export, scope)
        self._central, self._by_application = settings.central_nat, settings.policy_mode
        self._mine = frozenset(name for name, vdom in interfaces.vdom.items() if vdom == scope.name)
        self._names = InterfaceNames(zones, frozenset(interfaces.known), interfaces.listed)
        self._services = ServiceBook(export, scope)
        account(export.ledger, self._services.services, SERVICE)
        account(export.ledger, self._services.groups, SERVICE_GROUP)
        self._books = (self._book(v6=False), self._book(v6=True))
        self._families = (self._family(v6=False), self._family(v6=True))
        self._schedules = read_schedules(export, scope)
        read_relays(export, scope)
        self._end = end_of(export, *(scope.table(path) for path in POLICY_TABLES))
        self._policies = list(self._read_policies())
        pairs, self.bindings = read_bindings(export, scope, self._mine & interfaces.ipmac)
        self._lists: dict[str, RuleList] = {}
        stages = tuple(self._stages(pairs))
        self.vrfs: tuple[Vrf, ...] = tuple(self._contexts(stages, self._local()))

    def _book(self, v6: bool) -> AddressBook:
        book = AddressBook(self._export, self._scope, self._interfaces.known, v6)
        account(self._export.ledger, book.objects, ADDRESS)
        account(self._export.ledger, book.groups, GROUP)
        return book

    def _family(self, v6: bool) -> Family:
        book = self._books[v6]
        context = VipContext(self._export, self._scope, self._interfaces, self._names, book, self._services)
        return Family(book, VipBook(context, v6), "")

    def _reader(
        self, central: bool, default: str = "deny", sides: tuple[str, str] = ("srcintf", "dstintf")
    ) -> PolicyReader:
        return PolicyReader(
            self._export, self._scope, self._names, self._services, self._schedules, central, default, sides
        )

    def _read(self, path: str, reader: PolicyReader, four: str | None = "", six: str | None = "6") -> Iterator[Policy]:
        """The policies of a table; its settings for a family end as ``four`` and ``six`` say (``None``: none)."""
        table = self._scope.table(path)
        account(self._export.ledger, table, POLICY, bounded=True)
        suffixes = zip(self._families, (four, six), strict=True)
        yield from reader.read(table, tuple(replace(f, suffix=s) for f, s in suffixes if s is not None))

    def _read_policies(self) -> Iterator[Policy]:
        reader = self._reader(self._central, "accept" if self._by_application else "deny")
        yield from self._read("firewall policy", reader)
        yield from self._read("firewall policy6", reader, None, "")
        yield from self._read("firewall consolidated policy", reader, "4", "6")

    def _stages(self, pairs: Filter | None) -> Iterator[Stage]:
        export, scope = self._export, self._scope
        inward, outward = tunnel_filters(export, scope, self._books)
        access = [
            *self._read("firewall acl", self._reader(True, sides=("interface", "")), "", None),
            *self._read("firewall acl6", self._reader(True, sides=("interface", "")), None, ""),
        ]
        if access:
            denied = tuple(policy_rules(access))
            yield Filter(RuleList("firewall acl", denied, Permit(), access[0].span))
        if pairs is not None:
            yield pairs
        yield from inward
        vips, pools = self._active(), Pools(export, scope)
        rewriting = tuple(rule for vip in vips for rule in vip.rules)
        if rewriting:
            yield Translate(RuleList("virtual IPs", rewriting, Permit(), rewriting[0].span), Field.DST)
        yield Routing()
        own = Intervals.of(*(a.address for i in self._interfaces.known.values() for a in i.addresses))
        everything = [vip for family in self._families for vip in family.vips.vips.values() if vip.enabled]
        held = held_addresses(export, scope, everything, pools.known, own)
        rules = forward_list(export, scope, self._policies, self._zones, held, self._end)
        yield Filter(rules, stateful=True)
        yield from self._by_applications()
        nat = SourceNat(export, scope, pools, [v.reverse for v in vips if v.reverse is not None], self._central)
        if self._central:
            translated = nat.central(central_entries(export, scope, self._names, self._books), self._end)
        else:
            ignore(export.ledger, scope.table("firewall central-snat-map"), "central NAT is not enabled")
            translated = nat.by_policy(self._policies, self._mine if vips else (), self._end)
        self._lists.update(nat.lists)
        if translated is not None:
            yield Translate(translated, Field.SRC)
        yield from outward

    def _by_applications(self) -> Iterator[Filter]:
        table = self._scope.table("firewall security-policy")
        if not self._by_application:
            ignore(self._export.ledger, table, "in force in policy-based NGFW mode only")
            return
        policies = list(self._read("firewall security-policy", self._reader(central=True)))
        rules = tuple(policy_rules(policies))
        end = end_of(self._export, table)
        yield Filter(RuleList("firewall security-policy", rules, Deny(), end), stateful=True)

    def _active(self) -> list[Vip]:
        """The VIPs that translate: those that a policy in force names; with central NAT, all."""
        used = {vip.name for p in self._policies if p.enabled for side in p.sides for vip in side.vips}
        known = [vip for family in self._families for vip in family.vips.vips.values() if vip.enabled]
        if self._central:
            for vip in known:
                self._export.doubt(vip.doubts)
            return known
        return [vip for vip in known if vip.name in used]

    def _local(self) -> Filter:
        reader = self._reader(central=True, sides=("intf", ""))
        tables = ("firewall local-in-policy", "firewall local-in-policy6")
        policies = [*self._read(tables[0], reader, "", None), *self._read(tables[1], reader, None, "")]
        services = [s for s in self._interfaces.services if s.interface in self._mine]
        end = end_of(self._export, *(self._scope.table(path) for path in tables))
        return local_stage(self._export, self._scope, policies, services, end)

    def _contexts(self, stages: tuple[Stage, ...], local: Filter) -> Iterator[Vrf]:
        """One context for each VRF number that an interface or a route of the VDOM has."""
        static = read_static(self._export, self._scope, self._interfaces, self._sdwan, self._books)
        numbers = {name: self._interfaces.vrf.get(name, 0) for name in self._mine}
        routes: dict[int, list[Route]] = {number: [] for number in sorted({0, *numbers.values(), *static.routes})}
        for number, more in static.routes.items():
            routes[number] += more
        for route in (*self._interfaces.routes, *callers(self._export, self._scope, self._books)):
            if route.interface in numbers:
                routes[numbers[route.interface]].append(route)
        policies = [*self._policy_routes([r for more in routes.values() for r in more]), *static.services]
        for number, own in routes.items():
            members = frozenset(name for name, n in numbers.items() if n == number)
            own.extend(self._assigned(members, own))
            if number == 0 or members or own:
                chosen = tuple(p for p in policies if not p.targets or _within(p, members, number == 0))
                yield Vrf(
                    vrf_name(self._scope.name, number), members, tuple(own), stages, chosen, self._lists, (local,)
                )

    def _assigned(self, members: frozenset[str], routes: list[Route]) -> tuple[Route, ...]:
        """The default routes that come with assigned addresses; what those leave open is said."""
        own, ranks = self._interfaces.known, self._interfaces.ranks
        here = [given for given in self._interfaces.given if given.interface in members]
        asked = ((g, ranks.get(g.interface) if own[g.interface].enabled and not g.v6 else None) for g in here)
        return settled(self._export.ledger, asked, routes)

    def _policy_routes(self, routes: list[Route]) -> Iterator[PolicyRoute]:
        reader = PolicyRouteReader(self._export, self._scope, self._interfaces, self._names, routes)
        yield from reader.policy("router policy", self._books[0])
        yield from reader.policy("router policy6", self._books[1])
        yield from reader.sdwan(self._sdwan, self._books)


def _within(route: PolicyRoute, members: frozenset[str], main: bool) -> bool:
    """Whether a policy route leads out of this VRF; one that names no interface is the main one's."""
    return any(interface in members or (main and not interface) for _, interface in route.targets)


def vrf_name(vdom: str, number: int) -> str:
    """The name of a forwarding context: the VDOM, and the number of a VRF other than 0."""
    return f"{vdom}:vrf{number}" if number else vdom
