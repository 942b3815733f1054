"""The table of central source NAT: what each of its entries asks of a packet."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import ALL_V6
from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Egress, Field, In, Ingress, Match, both
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import AddressBook
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import SESSIONS, Schema, account
from zoneguard.parsers._fortios.zones import InterfaceNames

CENTRAL = Schema(
    frozenset({
        "status", "type", "srcintf", "dstintf", "orig-addr", "dst-addr", "orig-addr6", "dst-addr6", "protocol",
        "orig-port", "dst-port", "nat-port", "nat", "nat-ippool", "nat-ippool6", "nat46", "nat64",
    }),
    Concern.NAT,
    {"port-preserve": SESSIONS, "port-random": SESSIONS},
)  # fmt: skip
_PORTS = Intervals.of(6, 17, 132)


def central_entries(
    export: Export, scope: Scope, names: InterfaceNames, books: tuple[AddressBook, AddressBook]
) -> Iterator[tuple[Block, Match]]:
    """The entries that are in force, in order, with their conditions."""
    table = scope.table("firewall central-snat-map")
    account(export.ledger, table, CENTRAL)
    for entry in table.entries.values():
        if entry.word("status", "enable") != "enable":
            continue
        if entry.enabled("nat46") or entry.enabled("nat64"):
            reason = "a translation between IPv4 and IPv6 is not followed"
            export.ledger.not_understood(entry.first, reason, Concern.NAT)
            continue
        parts: list[Match] = []
        doubts: list[Doubt] = []
        for setting, kind in (("srcintf", Ingress), ("dstintf", Egress)):
            found, more = names.resolve(entry.values(setting) or ("any",), entry.line(setting))
            doubts += more
            if found is not None:
                parts.append(kind(found))
        v6 = entry.word("type", "ipv4") == "ipv6"
        book, suffix = books[v6], "6" if v6 else ""
        for setting, target in ((f"orig-addr{suffix}", Field.SRC), (f"dst-addr{suffix}", Field.DST)):
            known = book.union(entry.values(setting) or ("all",), entry.line(setting))
            doubts += known.doubts
            parts.append(known.on(target))
        parts += _ports(export, scope, entry, doubts)
        if v6 != (book.family == ALL_V6):
            continue
        export.doubt(doubts, Concern.NAT)
        yield entry, both(*parts) if parts else ALWAYS


def _ports(export: Export, scope: Scope, entry: Block, doubts: list[Doubt]) -> Iterator[Match]:
    protocol = values.number(entry.word("protocol", "0"), 255)
    if protocol:
        yield In(Field.PROTO, Intervals.of(protocol))
    for setting, target in (("orig-port", Field.SPORT), ("dst-port", Field.DPORT)):
        text = entry.word(setting, "0")
        found = values.ports(text)
        if protocol is None or found is None:
            doubts.append(Doubt(entry.line(setting), "protocol or ports cannot be read"))
            yield export.unknown(
                scope,
                Reason("{setting} of central SNAT {name} is met", setting=setting, name=entry.name),
                entry.line(setting),
            )
        elif found != Intervals.of(0):
            yield both(In(Field.PROTO, _PORTS), In(target, found))
