"""FortiOS zones and SD-WAN members: the names that policies use for interfaces."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zoneguard.model.device import Concern, Interface
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import LABEL, MANAGEMENT, SERVERS, SHAPING, Schema, account

ZONE = Schema(frozenset({"interface", "intrazone"}), Concern.FILTER, {"tagging": LABEL})
SDWAN = Schema(
    frozenset({"status"}),
    Concern.ROUTING,
    {
        "load-balance-mode": SHAPING, "speedtest-*": SERVERS, "neighbor-*": SHAPING, "app-*": LABEL,
        "fail-detect": "changes routes only while a probe fails", "fail-alert-interfaces": MANAGEMENT,
        "health-check*": "changes routes only while a probe fails", "neighbor": SHAPING, "duplication*": SHAPING,
        "duplication-max*": SHAPING,
    },
    frozenset({"zone", "members", "service"}),
)  # fmt: skip
SDWAN_ZONE = Schema(frozenset(), Concern.ROUTING, {"*": SHAPING})
MEMBER = Schema(
    frozenset({"interface", "gateway", "gateway6", "zone", "status"}),
    Concern.ROUTING,
    {
        "priority*": SHAPING, "cost": SHAPING, "weight": SHAPING, "volume-ratio": SHAPING, "spillover*": SHAPING,
        "ingress-*": SHAPING, "source*": MANAGEMENT, "preferred-source": MANAGEMENT, "transport-group": LABEL,
    },
)  # fmt: skip
SDWAN_TABLES = ("system sdwan", "system virtual-wan-link")
DEFAULT_SDWAN_ZONE = "virtual-wan-link"
_IMPLICIT = re.compile(r"(ssl|l2t|naf|vne|pptp)\.|^(modem|any)$")


@dataclass(frozen=True, slots=True)
class Zone:
    """Interfaces under one name. ``intrazone``: traffic between them passes where no policy says otherwise."""

    name: str
    members: frozenset[str]
    first: int
    last: int
    intrazone: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """A member interface of the SD-WAN and its gateways."""

    interface: str
    zone: str
    gateway: int | None
    gateway6: int | None


@dataclass(frozen=True, slots=True)
class SdWan:
    """The enabled members by number, and the table of service rules."""

    members: dict[str, Member]
    services: Block

    def of_zone(self, zone: str) -> list[Member]:
        """The members of one SD-WAN zone; of all, where ``zone`` is empty."""
        return [m for m in self.members.values() if not zone or m.zone == zone]


def read_sdwan(export: Export, scope: Scope) -> SdWan:
    """The SD-WAN of a VDOM; empty where it is disabled."""
    members: dict[str, Member] = {}
    services = Block("service")
    for path in SDWAN_TABLES:
        table = scope.block.blocks.get(path)
        if table is None:
            continue
        account(export.ledger, table, SDWAN)
        for name, schema in (("zone", SDWAN_ZONE), ("members", MEMBER)):
            if name in table.blocks:
                account(export.ledger, table.blocks[name], schema)
        services = table.blocks.get("service", services)
        if not table.enabled("status"):
            continue
        for number, entry in table.table("members").items():
            if entry.word("status", "enable") == "enable" and entry.word("interface"):
                members[number] = Member(
                    entry.word("interface"),
                    entry.word("zone", DEFAULT_SDWAN_ZONE),
                    values.ipv4(entry.word("gateway")) or None,
                    values.ipv6(entry.word("gateway6")),
                )
    return SdWan(members, services)


def read_zones(export: Export, scope: Scope, sdwan: SdWan) -> dict[str, Zone]:
    """The zones of a VDOM, those of the SD-WAN among them."""
    zones: dict[str, Zone] = {}
    table = scope.block.blocks.get("system zone")
    if table is not None:
        account(export.ledger, table, ZONE)
        for name, entry in table.entries.items():
            allow = entry.word("intrazone", "deny") == "allow"
            zones[name] = Zone(name, frozenset(entry.values("interface")), entry.first, entry.last, allow)
    for path in SDWAN_TABLES:
        for name, entry in scope.table(path).table("zone").items():
            zones.setdefault(name, Zone(name, frozenset(), entry.first, entry.last))
    for name in dict.fromkeys(m.zone for m in sdwan.members.values()):
        members = frozenset(m.interface for m in sdwan.of_zone(name))
        known = zones.get(name)
        place = known or Zone(name, members, 1, 1)
        zones[name] = Zone(name, place.members | members, place.first, place.last)
    return zones


def check_zones(export: Export, zones: Mapping[str, Zone], interfaces: Mapping[str, Interface]) -> None:
    """Report what a device refuses: an interface in two zones, a zone with the name of an interface."""
    seen: dict[str, str] = {}
    for zone in zones.values():
        if zone.name in interfaces:
            export.ledger.not_understood(zone.first, "a zone and an interface have this name", Concern.FILTER)
        for member in sorted(zone.members):
            if interfaces and member not in interfaces and not _IMPLICIT.match(member):
                reason = Reason('the interface "{name}" is not defined in this file', name=member)
                export.ledger.not_understood(zone.first, reason, Concern.INTERFACE)
            if seen.setdefault(member, zone.name) != zone.name:
                reason = Reason(
                    'the interface "{one}" is in the zones "{of_interface}" and "{name}"',
                    one=member,
                    of_interface=seen[member],
                    name=zone.name,
                )
                export.ledger.not_understood(zone.first, reason, Concern.FILTER)


@dataclass(frozen=True, slots=True)
class InterfaceNames:
    """The names that a VDOM's policies may use. ``listed``: the file has a table of interfaces."""

    zones: dict[str, Zone]
    interfaces: frozenset[str]
    listed: bool

    def resolve(self, names: Sequence[str], line: int) -> tuple[frozenset[str] | None, tuple[Doubt, ...]]:
        """The interfaces that ``names`` in line ``line`` stand for (``None``: all), and what is not defined."""
        found: set[str] = set()
        doubts: list[Doubt] = []
        for name in names:
            if name == "any":
                continue
            zone = self.zones.get(name)
            if zone is not None:
                found |= zone.members
                continue
            found.add(name)
            if self.listed and name not in self.interfaces and not _IMPLICIT.match(name):
                doubts.append(Doubt(line, Reason('the interface "{name}" is not defined in this file', name=name)))
        return None if "any" in names else frozenset(found), tuple(doubts)
