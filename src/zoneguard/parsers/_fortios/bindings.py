"""FortiOS bindings of IP to MAC addresses: ``ipmacbinding`` on the interfaces that ask for it, and static ARP.

On an interface with ``ipmac``, where ``bindthroughfw`` is on, a packet passes if its pair of addresses is in the table;
it is dropped if only one of the two is; ``undefinedhost`` decides on the rest (CLI reference, "firewall ipmacbinding").
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.addresses import ALL_V6
from zoneguard.model.device import Concern, Deny, Filter, MacBinding, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import LABEL, Schema, account

SETTING = Schema(frozenset({"bindthroughfw", "bindtofw", "undefinedhost"}), Concern.FILTER)
TABLE = Schema(frozenset({"ip", "mac", "status"}), Concern.FILTER, {"name": LABEL})
ARP = Schema(frozenset({"interface", "ip", "mac"}), Concern.OTHER)


@dataclass(frozen=True, slots=True)
class _Pair:
    ip: int
    mac: int
    span: SourceSpan

    @property
    def addresses(self) -> tuple[In, ...]:
        """Conditions on source and MAC address; zero stands for any."""
        parts = ((Field.SRC, self.ip), (Field.MAC, self.mac))
        return tuple(In(field, Intervals.of(value)) for field, value in parts if value)


def read_bindings(export: Export, scope: Scope, interfaces: frozenset[str]) -> tuple[Filter | None, list[MacBinding]]:
    """The filter of pairs on ``interfaces`` (those with ``ipmac``), and every binding."""
    setting = scope.table("firewall ipmacbinding setting")
    table = scope.table("firewall ipmacbinding table")
    account(export.ledger, setting, SETTING)
    account(export.ledger, table, TABLE)
    bindings = list(_static_arp(export, scope))
    if not setting.enabled("bindthroughfw") or not interfaces:
        return None, bindings
    pairs = []
    for entry in table.entries.values():
        ip, mac = values.ipv4(entry.word("ip", values.ZERO)), values.mac(entry.word("mac", "00:00:00:00:00:00"))
        if not entry.enabled("status"):
            continue
        if ip is None or mac is None:
            export.ledger.not_understood(entry.line("ip"), "this pair of addresses cannot be read", Concern.FILTER)
        elif ip or mac:
            pairs.append(_Pair(ip, mac, export.span(entry)))
    for pair in pairs:
        if pair.ip and pair.mac:
            bindings += [MacBinding(pair.ip, pair.mac, name, pair.span) for name in sorted(interfaces)]
    span = export.span(setting)
    rules = [Rule(In(Field.SRC, ALL_V6), Permit(), span, "IP/MAC binding is for IPv4", implied=True, unasked=True)]
    rules += [Rule(both(*p.addresses), Permit(), p.span, "IP/MAC pair", implied=True) for p in pairs]
    rules += [Rule(either(*p.addresses), Deny(), p.span, "IP/MAC pair broken", implied=True) for p in pairs]
    leased = _leased(export, scope) & interfaces
    if leased:
        key = Reason("the DHCP server of the device gave the host its address")
        rules.append(Rule(export.unknown(scope, key, span.first), Permit(), span, "IP/MAC pairs of DHCP", implied=True))
    default = Permit() if setting.word("undefinedhost", "block") == "allow" else Deny()
    return Filter(RuleList("ipmacbinding", tuple(rules), default, span), ingress=interfaces), bindings


def _leased(export: Export, scope: Scope) -> frozenset[str]:
    """Interfaces with a DHCP server: it enters the hosts that it serves into the table of pairs."""
    tables = (scope.table("system dhcp server"), export.shared.blocks.get("system dhcp server"))
    return frozenset(e.word("interface") for t in tables if t is not None for e in t.entries.values())


def _static_arp(export: Export, scope: Scope) -> Iterator[MacBinding]:
    table = scope.table("system arp-table")
    account(export.ledger, table, ARP)
    for entry in table.entries.values():
        ip, mac = values.ipv4(entry.word("ip")), values.mac(entry.word("mac"))
        if ip is None or mac is None:
            export.ledger.not_understood(entry.line("ip"), "this pair of addresses cannot be read", Concern.OTHER)
        else:
            yield MacBinding(ip, mac, entry.word("interface"), export.span(entry))
