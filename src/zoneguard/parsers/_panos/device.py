"""One PAN-OS firewall as forwarding contexts: the pipeline of a packet in its order.

Policy-based forwarding and the route of the packet as it came, NAT rules, the route of the translated destination,
security rules, translation of the source as it leaves ("Packet Flow Sequence in PAN-OS"; "NAT Policy Rules").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from zoneguard.model.addresses import ALL_ADDRESSES
from zoneguard.model.device import (
    Concern,
    Deny,
    Device,
    Filter,
    Misunderstood,
    PolicyRoute,
    Routing,
    RuleList,
    Stage,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Ingress, Match, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._lookup import Lookup, led_through
from zoneguard.parsers._panos.addresses import AddressBook
from zoneguard.parsers._panos.applications import ApplicationBook
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.interfaces import InterfaceReader, Interfaces
from zoneguard.parsers._panos.layout import Firewall, Vsys
from zoneguard.parsers._panos.local import management_stage, towards_own
from zoneguard.parsers._panos.management import read_management
from zoneguard.parsers._panos.nat import NatReader, translates_destinations
from zoneguard.parsers._panos.overrides import read_overrides
from zoneguard.parsers._panos.pbf import PbfReader
from zoneguard.parsers._panos.routes import Router, RouterReader
from zoneguard.parsers._panos.rules import RuleReader
from zoneguard.parsers._panos.security import SecurityReader
from zoneguard.parsers._panos.services import ServiceBook
from zoneguard.parsers._panos.tunnels import read_tunnels
from zoneguard.parsers._panos.watching import read_watches
from zoneguard.parsers._panos.zones import Owners, Zone, ZoneBook, read_owners, read_zones, with_zones
from zoneguard.parsers.assembly import is_routed_out

OWN_SETTINGS = "translations, forwarding rules and overrides that this firewall has itself are not in this file"
_UNTRANSLATED = In(Field.DNAT, Intervals.of(0))
_TRANSLATED = In(Field.DNAT, Intervals.of(1))


@dataclass(slots=True)
class _Policy:
    """What one virtual system does with packets, for the stages of every router."""

    vsys: Vsys
    zones: Mapping[str, Zone]
    nat: NatReader
    pbf: PbfReader
    forward: RuleList
    local: RuleList
    translated: bool


def read_device(export: Export, firewall: Firewall) -> Device:
    """The device of one firewall; ``Device.uncertain`` has what the file leaves out of it."""
    book = AddressBook(export, firewall.vsyses[0])
    interfaces = InterfaceReader(export, firewall.network, book).read()
    routers = RouterReader(export, firewall, book).read(frozenset(interfaces.learning))
    owners = read_owners(export, firewall, interfaces.known)
    zones = {vsys.name: read_zones(export, vsys, owners, interfaces.known) for vsys in firewall.vsyses}
    interfaces.known = with_zones(interfaces.known, [zone for table in zones.values() for zone in table.values()])
    known = tuple(interfaces.known.values())
    contexts = led_through([Vrf(r.name, r.interfaces, tuple(r.routes), (Routing(),)) for r in routers.values()], known)
    reader = _DeviceReader(export, firewall, interfaces, owners, zones)
    finished = tuple(reader.context(vrf, routers[vrf.name], Lookup(vrf, known)) for vrf in contexts)
    return Device(
        firewall.name,
        "paloalto",
        known,
        finished,
        export.source.whole,
        tuple(_missing(export, firewall)),
        tuple(interfaces.bindings),
        tuple(interfaces.services),
        settings=read_management(export, firewall, interfaces),
        watches=read_watches(export, firewall),
        tunnels=read_tunnels(export, firewall),
    )


def weight(firewall: Firewall) -> int:
    """How much there is to read: rules, those for each router as often as there are routers, and interfaces."""
    network = firewall.network
    routers = 1 + len(network.below("virtual-router")) + len(network.below("logical-router"))
    total = 100 + sum(len(kind.children) for kind in network.below("interface").values())
    for base in (base for vsys in firewall.vsyses for base in vsys.rulebases):
        for kind in ("security", "application-override"):
            total += len(base.below(kind, "rules"))
        total += routers * sum(len(base.below(kind, "rules")) for kind in ("nat", "pbf"))
    return total


class _DeviceReader:
    """Puts the stages of every router together."""

    def __init__(
        self,
        export: Export,
        firewall: Firewall,
        interfaces: Interfaces,
        owners: Owners,
        zones: Mapping[str, Mapping[str, Zone]],
    ) -> None:
        self._export, self._firewall, self._interfaces, self._owners = export, firewall, interfaces, owners
        self._policies = [self._policy(vsys, zones[vsys.name]) for vsys in firewall.vsyses]
        for policy in self._policies:
            self._check(policy)

    def _policy(self, vsys: Vsys, zones: Mapping[str, Zone]) -> _Policy:
        export = self._export
        reader = RuleReader(export, self._firewall, vsys, AddressBook(export, vsys), ServiceBook(export, vsys, False))
        reader.translated = translates_destinations(reader)
        if reader.translated:
            reader.services = ServiceBook(export, vsys, original=True)
        through, own = ZoneBook(export, vsys, zones), ZoneBook(export, vsys, zones, towards_own(self._interfaces))
        overrides = read_overrides(reader, through)
        applications = ApplicationBook(export, vsys, overrides, reader.translated)
        pbf = PbfReader(reader, through, ApplicationBook(export, vsys, (), reader.translated))
        nat = NatReader(reader, self._interfaces, self._device_id())
        nat.account_for(frozenset(name for name, zone in zones.items() if zone.external and zone.members))
        security = SecurityReader(reader, applications)
        security.account()
        name = "security rules" if len(self._firewall.vsyses) == 1 else f"security rules of {vsys.name}"
        forward, local = security.rule_list(through, name), security.rule_list(own, name)
        return _Policy(vsys, zones, nat, pbf, forward, local, reader.translated)

    def _device_id(self) -> str | None:
        """Which of two active firewalls this is; ``None``: it is not one of two."""
        mode = self._firewall.settings.at("high-availability", "group", "mode", "active-active")
        if mode is None:
            groups = self._firewall.settings.below("high-availability", "group").values()
            mode = next((node for g in groups if (node := g.at("mode", "active-active")) is not None), None)
        return None if mode is None else mode.word("device-id")

    def _check(self, policy: _Policy) -> None:
        """What is not followed of policies between virtual systems, and against floods."""
        ledger = self._export.ledger
        for base in policy.vsys.rulebases:
            for rule in base.below("dos", "rules").values():
                if rule.at("action", "deny") is not None and not rule.yes("disabled"):
                    reason = "this rule against floods denies what it matches, which is not followed"
                    ledger.not_understood(rule.line("action"), reason, Concern.FILTER)
        for gateway in self._firewall.network.below("shared-gateway").values():
            for kind in ("nat", "pbf"):
                rules = gateway.at("rulebase", kind, "rules")
                if rules is not None and rules.children:
                    reason = "rules of a shared gateway are not followed"
                    ledger.not_understood(rules.first, reason, Concern.NAT if kind == "nat" else Concern.ROUTING)

    def context(self, vrf: Vrf, router: Router, lookup: Lookup) -> Vrf:
        """The forwarding context of one router."""
        stages: list[Stage] = []
        for policy in self._policies:
            stages += (self._of(policy, stage) for stage in policy.pbf.discards())
        translations = [
            (policy, stage) for policy in self._policies for stage in self._translations(policy, vrf, router, lookup)
        ]
        stages += (self._of(policy, stage) for policy, stage in translations if stage.field is Field.DST)
        stages.append(Routing())
        stages += self._filters()
        stages += (self._of(policy, stage) for policy, stage in translations if stage.field is Field.SRC)
        local: list[Stage] = [self._of(p, Filter(p.local, stateful=True)) for p in self._policies]
        local.append(management_stage(self._export, self._firewall, self._interfaces, router.dynamic))
        chosen = tuple(self._route(policy, route) for policy in self._policies for route in policy.pbf.routes())
        return Vrf(vrf.name, vrf.interfaces, vrf.routes, tuple(stages), chosen, {}, tuple(local))

    def _of(self, policy: _Policy, stage: Filter | Translate) -> Filter | Translate:
        """``stage`` for what comes in by the interfaces of a virtual system."""
        return replace(stage, ingress=self._members(policy)) if len(self._policies) > 1 else stage

    def _members(self, policy: _Policy) -> frozenset[str]:
        return self._owners.members[policy.vsys.name]

    def _route(self, policy: _Policy, route: PolicyRoute) -> PolicyRoute:
        if len(self._policies) == 1:
            return route
        return replace(route, match=both(Ingress(self._members(policy)), route.match))

    def _filters(self) -> Iterator[Filter]:
        """The rules of the virtual system that a packet comes from, then those of another that it goes to.

        Between shared gateways nothing is asked. An interface that nobody has forwards nothing.
        """
        if len(self._policies) == 1 and len(self._owners.members) == 1:
            yield Filter(self._policies[0].forward, stateful=True)
            return
        everyone = frozenset[str]().union(*self._owners.members.values())
        nobody = frozenset(self._interfaces.known) - everyone
        if nobody:
            span = self._export.source.span(self._firewall.network.first)
            lost = RuleList("interfaces that no virtual system has", (), Deny(), span)
            yield Filter(lost, ingress=nobody)
            yield Filter(lost, egress=nobody)
        for policy in self._policies:
            yield Filter(policy.forward, ingress=self._members(policy), stateful=True)
        for policy in self._policies:
            others = everyone - self._members(policy)
            if others:
                yield Filter(policy.forward, others, self._members(policy), stateful=True)

    def _translations(self, policy: _Policy, vrf: Vrf, router: Router, lookup: Lookup) -> Iterator[Translate]:
        span = self._export.span(router.node)

        def routed(field: Field, names: frozenset[str]) -> Match:
            sure, may = lookup.reached(names)
            if router.open:
                sure, may = sure & lookup.linked, (may & lookup.linked) | (ALL_ADDRESSES - lookup.linked)
            if not may - sure:
                return In(field, sure)
            return either(In(field, sure), both(In(field, may - sure), is_routed_out(field, names, vrf.name, span)))

        def before(names: frozenset[str]) -> Match:
            return policy.pbf.towards(names, routed(Field.DST, names))

        def after(names: frozenset[str]) -> Match:
            came = both(_UNTRANSLATED, routed(Field.DST, names)), both(_TRANSLATED, routed(Field.ORIG_DST, names))
            return policy.pbf.towards(names, either(*came) if policy.translated else routed(Field.DST, names))

        yield from policy.nat.stages(
            lambda towards: ZoneBook(self._export, policy.vsys, policy.zones, towards), before, after
        )


def _missing(export: Export, firewall: Firewall) -> Iterator[Misunderstood]:
    """What a file that is a part of a configuration leaves out altogether."""
    here = export.source.whole
    network, vsyses = firewall.network, [vsys.node for vsys in firewall.vsyses]
    if firewall.managed is not None:
        yield Misunderstood(export.source.span(firewall.managed.first), "", OWN_SETTINGS, Concern.NAT)
    policies = any(vsys.rulebases for vsys in firewall.vsyses) or any(node.below("zone") for node in vsyses)
    present = (
        (bool(network.below("interface")), Reason("interfaces"), Concern.INTERFACE),
        (bool(network.below("virtual-router") or network.below("logical-router")), Reason("routers"), Concern.ROUTING),
        (policies, Reason("zones and rules"), Concern.FILTER),
    )
    for known, what, concern in present:
        if not known:
            yield Misunderstood(
                here, "", Reason("this file is a part of a configuration: it has no {what}", what=what), concern
            )
