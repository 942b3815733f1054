"""PAN-OS security zones: the interfaces that rules mean by a zone's name.

An external zone stands for the interfaces of the virtual systems and shared gateways that it names: traffic between two
virtual systems goes from a zone to the external zone of the first, and from the external zone of the second to a zone
("Inter-VSYS Traffic That Remains Within the Firewall", "Shared Gateway").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from zoneguard.model.device import Concern, Interface
from zoneguard.model.match import ALWAYS, NEVER, Egress, Ingress, Match, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._panos.export import Condition, Doubt, Export
from zoneguard.parsers._panos.layout import Firewall, Vsys
from zoneguard.parsers._panos.tree import Node

MULTICAST = "multicast"
"""What a rule names besides zones where it is about groups of receivers, which are not followed."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Interfaces under one name. ``external``: they belong to other virtual systems or shared gateways."""

    name: str
    members: frozenset[str]
    node: Node
    external: bool = False


@dataclass(frozen=True, slots=True)
class Owners:
    """Which interfaces belong to which virtual system or shared gateway."""

    members: Mapping[str, frozenset[str]]


def read_owners(export: Export, firewall: Firewall, interfaces: Iterable[str]) -> Owners:
    """By what each imports; what nobody imports belongs to the virtual system whose zone has it, or to the only one."""
    gateways = firewall.network.below("shared-gateway")
    places = {**{vsys.name: vsys.node for vsys in firewall.vsyses}, **gateways}
    imported = {name: set(node.words("import", "network", "interface")) for name, node in places.items()}
    taken = set().union(*imported.values())
    for vsys in firewall.vsyses:
        for zone in vsys.node.below("zone").values():
            loose = {name for name in zone.words("network", "layer3") if name not in taken}
            imported[vsys.name] |= loose
            taken |= loose
    if len(firewall.vsyses) == 1:
        imported[firewall.vsyses[0].name] |= set(interfaces) - taken
    seen: dict[str, str] = {}
    for owner, members in imported.items():
        for member in sorted(members):
            if seen.setdefault(member, owner) != owner:
                reason = Reason(
                    'the interface "{name}" is imported by "{first}" and "{second}"',
                    name=member,
                    first=seen[member],
                    second=owner,
                )
                export.ledger.not_understood(
                    places[owner].line("import", "network", "interface"), reason, Concern.FILTER
                )
    return Owners({name: frozenset(members) for name, members in imported.items()})


def read_zones(export: Export, vsys: Vsys, owners: Owners, interfaces: Mapping[str, Interface]) -> dict[str, Zone]:
    """The zones of one virtual system; an interface in two of them, or one that is not there, is reported."""
    zones: dict[str, Zone] = {}
    seen: dict[str, str] = {}
    for name, node in vsys.node.below("zone").items():
        external = node.at("network", "external")
        if external is not None:
            known = (owners.members.get(other, frozenset()) for other in external.children)
            members = frozenset[str]().union(*known) - owners.members[vsys.name]
            zones[name] = Zone(name, members, node, external=True)
            continue
        members = frozenset(node.words("network", "layer3"))
        zones[name] = Zone(name, members, node)
        for member in sorted(members):
            line = node.line("network", "layer3", member)
            if seen.setdefault(member, name) != name:
                reason = Reason(
                    'the interface "{one}" is in the zones "{of_interface}" and "{name}"',
                    one=member,
                    of_interface=seen[member],
                    name=name,
                )
                export.ledger.not_understood(line, reason, Concern.FILTER)
            elif interfaces and member not in interfaces:
                reason = Reason('the interface "{name}" is not a layer-3 interface of this file', name=member)
                export.ledger.not_understood(line, reason, Concern.INTERFACE)
    return zones


def with_zones(interfaces: Mapping[str, Interface], zones: Iterable[Zone]) -> dict[str, Interface]:
    """The interfaces with the names of their zones."""
    names = {member: zone.name for zone in zones if not zone.external for member in zone.members}
    return {name: replace(i, zone=names[name]) if name in names else i for name, i in interfaces.items()}


Towards = Callable[[frozenset[str]], Match]
"""The condition that a packet leaves by one of these interfaces, in the words of one stage."""


class ZoneBook:
    """The zones of one virtual system, as the rules of one stage use them. ``pairs``: the conditions on the zones of a
    rule, by its type and what it names, where nothing of them is open."""

    def __init__(self, export: Export, vsys: Vsys, zones: Mapping[str, Zone], towards: Towards = Egress) -> None:
        self._export = export
        self._vsys = vsys
        self._towards = towards
        self.zones = zones
        self.pairs: dict[tuple[str, tuple[str, ...], tuple[str, ...]], tuple[Match, ...]] = {}
        self._came: dict[tuple[str, ...], Condition] = {}
        self._left: dict[tuple[str, ...], Condition] = {}

    @cached_property
    def between_zones(self) -> Match:
        """The packet comes in and leaves by interfaces that are in some zone."""
        everywhere = frozenset[str]().union(*(zone.members for zone in self.zones.values()))
        return both(Ingress(everywhere), self._towards(everywhere)) if everywhere else NEVER

    @cached_property
    def inside(self) -> Match:
        """The packet comes in and leaves by the same zone."""
        return either(*(self._within(zone) for zone in self.zones.values() if zone.members and not zone.external))

    def _within(self, zone: Zone) -> Match:
        return both(Ingress(zone.members), self._towards(zone.members))

    def comes(self, names: tuple[str, ...], rule: Node) -> Condition:
        """The packet comes in by one of the zones ``names``, the ``from`` of ``rule``."""
        return self._came.get(names) or self._side(names, rule, outward=False)

    def leaves(self, names: tuple[str, ...], rule: Node) -> Condition:
        """The packet leaves by one of the zones ``names``, the ``to`` of ``rule``."""
        return self._left.get(names) or self._side(names, rule, outward=True)

    def within(self, names: tuple[str, ...], rule: Node) -> Condition:
        """The packet comes in and leaves by the same zone, one of ``names``."""
        line = rule.line("from")
        zones, doubts = self._named(names, line)
        if zones is None:
            return Condition(self.inside)
        parts = [self._within(zone) for zone in zones if zone.members]
        parts += [
            self._export.unknown(
                self._vsys, Reason("it stays in one of the zones {words}", words=" ".join(names)), line
            )
        ] * bool(doubts)
        return Condition(either(*parts), doubts)

    def _named(self, names: Sequence[str], line: int) -> tuple[list[Zone] | None, tuple[Doubt, ...]]:
        """The zones that ``names`` stand for (``None``: all), and what is not defined."""
        if "any" in names:
            return None, ()
        missing = [name for name in names if name not in self.zones and name != MULTICAST]
        doubts = tuple(
            Doubt(line, Reason('the zone "{name}" is not defined in this file', name=name)) for name in missing
        )
        return [self.zones[name] for name in names if name in self.zones], doubts

    def _side(self, names: tuple[str, ...], rule: Node, outward: bool) -> Condition:
        line = rule.line("to" if outward else "from")
        zones, doubts = self._named(names, line)
        match: Match = ALWAYS
        if zones is not None:
            members = frozenset[str]().union(*(zone.members for zone in zones))
            match = (self._towards(members) if outward else Ingress(members)) if members else NEVER
        if doubts:
            side = Reason("leaves by") if outward else Reason("comes by")
            unknown = self._export.unknown(
                self._vsys, Reason("it {side} one of the zones {words}", side=side, words=" ".join(names)), line
            )
            match = either(match, unknown) if match is not NEVER else unknown
        result = Condition(match, doubts)
        if not doubts:
            (self._left if outward else self._came)[names] = result
        return result
