"""One scope as forwarding contexts: the pipeline of a Junos device in its order.

On a security device: input filter, static and destination NAT, route, policy, way back of static NAT, source NAT,
output filter ("Traffic processing on SRX Series devices overview", flow-based and packet-based processing user guide).
A device without security zones and policies forwards packet by packet: filters and routes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.model.device import Concern, Filter, MacBinding, Misunderstood, Stage, Translate, Vrf
from zoneguard.model.device import Routing as RoutingStage
from zoneguard.model.match import ALWAYS, Field, Match
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers._junos.addresses import AddressBooks
from zoneguard.parsers._junos.applications import Applications
from zoneguard.parsers._junos.export import Export, Scope
from zoneguard.parsers._junos.filters import FilterReader
from zoneguard.parsers._junos.interfaces import read_interfaces
from zoneguard.parsers._junos.marks import Marks
from zoneguard.parsers._junos.nat import Nat
from zoneguard.parsers._junos.policies import Policies
from zoneguard.parsers._junos.routing import Routing
from zoneguard.parsers._junos.zones import host_inbound, offered_services, read_zones, router_services


class Contexts:
    """Reads one scope: ``vrfs``, its interfaces and what belongs to them, and what the file leaves out."""

    def __init__(self, export: Export, scope: Scope) -> None:
        self._export, self._scope = export, scope
        security = scope.root.at("security")
        security.used = True
        self._end = export.source.span(max(1, len(export.source.lines)))
        self.interfaces = read_interfaces(export, scope)
        self._routing = Routing(export, scope, self.interfaces)
        self._marks = Marks()
        names = {name: scope.context(name) for name in self._routing.instances}
        self._filters = FilterReader(export, scope, self._marks, names)
        self._inward = list(self._filters.stages(self.interfaces.bound, output=False))
        self._outward = list(self._filters.stages(self.interfaces.bound, output=True))
        self._zones = read_zones(export, scope, self.interfaces)
        for name, zone in self._zones.of_interface.items():
            if name in self.interfaces.known:
                self.interfaces.known[name] = replace(self.interfaces.known[name], zone=zone)
        books, applications = AddressBooks(export, scope), Applications(export, scope)
        self._flow = any(word in security.children for word in ("zones", "policies", "nat"))
        self._policies = Policies(export, scope, self._zones, books, applications)
        members = self._routing.members
        self._nat = Nat(export, scope, self._zones, self.interfaces, members, books, applications)
        self._host = [host_inbound(export, scope, self._zones, self.interfaces, self._end)] if self._flow else []
        found = offered_services(export, self._zones) if self._flow else router_services(export, self.interfaces)
        self.services: list[Service] = list(found)
        self.bindings: list[MacBinding] = self.interfaces.bindings
        self._v6 = self._ipv6_mode()
        self._unsecured = self._packet_based("mpls")
        self._filters.account_unused()
        self.vrfs: tuple[Vrf, ...] = tuple(self._contexts())
        self.missing: list[Misunderstood] = list(self._missing())

    def _packet_based(self, family: str) -> bool:
        node = self._scope.root.get("security", "forwarding-options", "family", family, "mode")
        return node is not None and "packet-based" in node.children

    def _ipv6_mode(self) -> Match | None:
        """A condition under which IPv6 is dropped; ``None``: it is not."""
        options = self._scope.root.get("security", "forwarding-options")
        if options is not None:
            options.take()
        if not self._flow or not self.interfaces.v6:
            return None
        node = self._scope.root.get("security", "forwarding-options", "family", "inet6", "mode")
        if node is not None:
            return ALWAYS if "drop" in node.children else None
        first = next(iter(self._scope.root.at("interfaces").children.values()))
        reason = "whether IPv6 is flow-based or dropped is not in the file: the default depends on the release"
        return self._export.open(self._scope, "IPv6 is dropped", first, reason)

    def _contexts(self) -> Iterator[Vrf]:
        for name, instance in self._routing.instances.items():
            context = self._scope.context(name)
            stages = tuple(self._stages(instance.interfaces))
            policy_routes = (*self._nat.policy_routes(context), *self._marks.routes(context))
            local = (*self._filters.loopback(self.interfaces.bound, instance.interfaces), *self._local())
            yield Vrf(
                context,
                instance.interfaces,
                self._routing.routes(name),
                stages,
                policy_routes,
                self._filters.lists,
                local,
            )

    def _local(self) -> Iterator[Filter]:
        if self._flow and not self._unsecured:
            yield from self._host
            host = self._policies.host(self._end)
            if host is not None:
                yield host

    def _stages(self, own: frozenset[str]) -> Iterator[Stage]:
        """The stages of a context. Those before the route are for packets that come in by its own interfaces: others
        have been through them in the context that they came from."""
        for stage in self._inward:
            mine = (stage.ingress or frozenset()) & own
            if mine:
                yield Filter(stage.rules, ingress=mine)
        secured = self._flow and not self._unsecured
        packet_mode = self._marks.packet_mode
        before = self._nat.before_routing(packet_mode) if secured else None
        if before is not None:
            yield Translate(before, Field.DST, ingress=own)
        yield RoutingStage()
        if secured:
            yield self._policies.transit(self._end, packet_mode, self._v6)
            after = self._nat.after_policies(packet_mode)
            if after is not None:
                yield Translate(after, Field.SRC)
        yield from self._outward

    def _missing(self) -> Iterator[Misunderstood]:
        """What a file that is a part of a configuration leaves out altogether."""
        here = self._export.source.whole
        security = self._scope.root.at("security").children
        lacking = []
        if not self.interfaces.listed:
            lacking.append((Reason("interfaces"), Concern.INTERFACE))
        device = self._export.security_version or any(n.startswith(("reth", "st0")) for n in self.interfaces.known)
        if "zones" not in security and (device or self._flow):
            lacking.append((Reason("security zones"), Concern.FILTER))
        if "policies" not in security and self._flow and "zones" not in security:
            lacking.append((Reason("security policies"), Concern.FILTER))
        for what, concern in lacking:
            yield Misunderstood(
                here, "", Reason("this file is a part of a configuration: it has no {what}", what=what), concern
            )
