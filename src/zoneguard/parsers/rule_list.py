"""Rule lists in CSV or Excel (通信要件一覧, FW ルール申請書): what is meant to pass, as one first-match list.

The columns are found by their heads, in Japanese or English; a project's mapping file may name them otherwise. A row
permits unless its action says deny; what no row permits is denied. A row whose address or service is a name that the
list does not resolve may match anything of that side: it is an ``Unknown``, and said with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from zoneguard.model.device import Concern, Deny, Device, Filter, Permit, Routing, Rule, RuleList, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, All, AnyOf, Field, In, Match, Unknown
from zoneguard.model.text import Reason
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._rule_list.table import Column, Row, heads_in, rows
from zoneguard.parsers._rule_list.values import (
    NO,
    OUT_OF_FORCE,
    YES,
    address_parts,
    addresses,
    plain,
    protocol,
    services,
)
from zoneguard.parsers.accounting import Ledger

LIST = "rules"
BEFORE = "above the heads of the list"
DEAD = "the row is marked as out of force"
UNRESOLVED = "a name that the list does not resolve"
UNKNOWN_SERVICE = "a service that is not known"
UNKNOWN_PROTOCOL = "a protocol that is not known"
ONE_SIDE = "a row with one side empty"
UNCLEAR = "an action that is neither permit nor deny"
EMPTY = "the row names neither source nor destination"
Doubt = Callable[[str, str], Match]
Names = Mapping[str, Intervals]


def sniff(source: Source) -> float:
    """By the heads of a source and a destination column."""
    heads = heads_in(source, {})
    if heads is None:
        return 0.0
    return 0.9 if len(heads.places) > 2 else 0.6


def parse(source: Source, name: str) -> Parsed:
    """A device without interfaces whose one list is the rule list, in order."""
    return parse_mapped(source, name, {}, {})


def parse_mapped(source: Source, name: str, heads: Mapping[str, str], names: Names) -> Parsed:
    """Likewise, with the list's own heads by column (``source`` …), and addresses of the names that it uses."""
    ledger = Ledger(source, PLUGIN.name)
    found = heads_in(source, heads)
    known = {plain(text).lower(): values for text, values in names.items()}
    rules: list[Rule] = []
    if found is None:
        for number, line in enumerate(source.lines, 1):
            if line.strip():
                ledger.not_understood(number, "no heads of a source and a destination column above", Concern.FILTER)
    else:
        for number in range(1, found.line):
            ledger.ignored(BEFORE, number)
        ledger.understood(found.line, found.last)
        for row in rows(source, found):
            rules += _rules(source, ledger, row, known)
    whole = source.whole
    listed = RuleList(LIST, tuple(rules), Deny(), whole)
    vrf = Vrf("default", frozenset(), (), (Routing(), Filter(listed)), lists={LIST: listed})
    device = Device(name, "rule-list", (), (vrf,), whole, ledger.uncertain)
    return Parsed((device,), ledger.close())


def _rules(source: Source, ledger: Ledger, row: Row, known: Names) -> Iterator[Rule]:
    if plain(row.get(Column.STATE)).lower() in OUT_OF_FORCE:
        ledger.ignored(DEAD, row.first, row.last)
        return
    if not row.get(Column.SOURCE) and not row.get(Column.DESTINATION):
        ledger.ignored(EMPTY, row.first, row.last)
        return
    ledger.understood(row.first, row.last)
    span = source.span(row.first, row.last)

    def doubt(text: str, reason: str) -> Match:
        ledger.not_understood(row.first, reason, Concern.FILTER, bounded=True)
        return Unknown(Reason("{text} ({file}:{first})", text=text, file=source.file, first=row.first), span)

    match = All(
        (
            _side(row.get(Column.SOURCE), Field.SRC, known, doubt),
            _side(row.get(Column.DESTINATION), Field.DST, known, doubt),
            _service(row, doubt),
        )
    )
    name, comment = row.get(Column.ID) or str(row.first), row.get(Column.COMMENT)
    said = plain(row.get(Column.ACTION)).lower()
    if said and said not in YES and said not in NO:
        open_match = All((match, doubt(said, UNCLEAR)))
        yield Rule(open_match, Permit(), span, name, comment)
        yield Rule(match, Deny(), span, name, comment)
    else:
        yield Rule(match, Deny() if said in NO else Permit(), span, name, comment)


def _side(cell: str, field: Field, known: Names, doubt: Doubt) -> Match:
    if not cell:
        return doubt(field.value, ONE_SIDE)
    found: list[Match] = []
    for part in address_parts(cell):
        values = known.get(part.lower()) or addresses(part)
        found.append(In(field, values) if values is not None else doubt(part, UNRESOLVED))
    return _any_of(found)


def _service(row: Row, doubt: Doubt) -> Match:
    number = None
    said = row.get(Column.PROTOCOL)
    if said:
        protocols = [protocol(part) for part in said.replace("/", ",").split(",") if part.strip()]
        if any(p is None for p in protocols):
            named = list(services(said))
            if all(match is not None for _, match in named):
                return _any_of(match for _, match in named if match is not None)
            return doubt(said, UNKNOWN_PROTOCOL)
        known = [p for p in protocols if p is not None]
        if len(known) > 1:
            ports = row.get(Column.PORT) or row.get(Column.SERVICE) or "any"
            return _any_of(_ported(ports, p, doubt) for p in known)
        number = known[0] if known else None
    cells = [row.get(column) for column in (Column.PORT, Column.SERVICE) if row.get(column)]
    if not cells:
        return _ported("any", number, doubt) if said else ALWAYS
    return _ported(cells[0], number, doubt)


def _ported(cell: str, number: int | None, doubt: Doubt) -> Match:
    return _any_of(
        match if match is not None else doubt(text, UNKNOWN_SERVICE) for text, match in services(cell, number)
    )


def _any_of(parts: Iterable[Match]) -> Match:
    found = tuple(parts)
    return found[0] if len(found) == 1 else AnyOf(found)


PLUGIN = Parser(name="rule-list", title="Rule list in CSV or Excel", sniff=sniff, parse=parse)
