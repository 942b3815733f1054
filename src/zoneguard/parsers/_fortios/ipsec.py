"""IPsec tunnel interfaces: only packets that a phase 2 selects go through, and come out of, their tunnel."""

from __future__ import annotations

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Concern, Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.match import Field, Match, both
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import AddressBook, AddressMatch
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import TUNNELS, Schema, account

_ENDS = ("src", "dst")
PHASE2 = Schema(
    frozenset({
        "phase1name", "protocol", "src-port", "dst-port",
        *(f"{e}-{k}" for e in _ENDS for k in (
            "addr-type", "subnet", "subnet6", "start-ip", "end-ip", "start-ip6", "end-ip6", "name", "name6",
        )),
    }),
    Concern.FILTER,
    {"*": TUNNELS},
)  # fmt: skip


def tunnel_filters(
    export: Export, scope: Scope, books: tuple[AddressBook, AddressBook]
) -> tuple[list[Filter], list[Filter]]:
    """Filters of what comes out of tunnels and of what goes into them; none for a tunnel that takes everything."""
    table = scope.table("vpn ipsec phase2-interface")
    account(export.ledger, table, PHASE2)
    tunnels: dict[str, list[Block]] = {}
    for entry in table.entries.values():
        tunnels.setdefault(entry.word("phase1name"), []).append(entry)
    inward: list[Filter] = []
    outward: list[Filter] = []
    for name, entries in tunnels.items():
        if any(_takes_all(entry) for entry in entries):
            continue
        for filters, ends in ((inward, ("dst", "src")), (outward, ("src", "dst"))):
            rules = tuple(_selector(export, scope, entry, ends, books) for entry in entries)
            chosen = RuleList(f"selectors of {name}", rules, Deny(), rules[0].span)
            here = frozenset({name})
            filters.append(Filter(chosen, ingress=here) if filters is inward else Filter(chosen, egress=here))
    return inward, outward


def _takes_all(entry: Block) -> bool:
    ends = [_addresses(entry, end, None) for end in _ENDS]
    return all(e.exact == ALL_V4 and not e.doubts for e in ends) and not _narrow(entry)


def _narrow(entry: Block) -> list[str]:
    return [n for n in ("protocol", "src-port", "dst-port") if entry.word(n, "0") != "0"]


def _selector(
    export: Export, scope: Scope, entry: Block, ends: tuple[str, str], books: tuple[AddressBook, AddressBook]
) -> Rule:
    source, target = (_addresses(entry, end, books) for end in ends)
    doubts = [*source.doubts, *target.doubts]
    export.doubt(doubts)
    match: Match = both(source.on(Field.SRC), target.on(Field.DST))
    if doubts:
        match = both(
            match, export.unknown(scope, Reason("phase 2 {name} selects the packet", name=entry.name), entry.first)
        )
    for name in _narrow(entry):
        line = entry.line(name)
        export.doubt([Doubt(line, "selectors by protocol or port are not followed")])
        match = both(
            match,
            export.unknown(scope, Reason('"{name}" of phase 2 {name2} is met', name=name, name2=entry.name), line),
        )
    return Rule(match, Permit(), export.span(entry), f"phase 2 {entry.name}", implied=True)


def _addresses(entry: Block, end: str, books: tuple[AddressBook, AddressBook] | None) -> AddressMatch:
    kind = entry.word(f"{end}-addr-type", "subnet")
    v6 = kind.endswith("6")
    if kind.startswith("name"):
        if books is None:
            return AddressMatch()
        return books[v6].union(entry.values(f"{end}-{kind}"), entry.line(f"{end}-{kind}"))
    if kind.startswith("subnet"):
        found = values.interface_address(entry.values(f"{end}-{kind}") or (("::/0",) if v6 else ("0.0.0.0/0",)))
        exact = found.subnet if found is not None else None
    else:
        low = entry.word(f"{end}-start-ip{'6' if v6 else ''}")
        exact = values.address_span(f"{low}-{entry.word(f'{end}-end-ip', low)}" if kind.startswith("range") else low)
    if exact is not None:
        return AddressMatch(exact)
    return AddressMatch(ALL_V6 if v6 else ALL_V4, (), (Doubt(entry.first, "a selector cannot be read"),))
