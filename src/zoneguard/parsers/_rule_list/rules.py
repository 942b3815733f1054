"""A row → rules: what it asks of a packet, whether it permits, and whether it is in force."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from zoneguard.model.device import Concern, Deny, Permit, Rule
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, AnyOf, Field, In, Match, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._rule_list.dates import ENDLESS, days
from zoneguard.parsers._rule_list.table import Column, Row
from zoneguard.parsers._rule_list.values import (
    BACKWARD,
    BOTH_WAYS,
    FORWARD,
    IN_FORCE,
    NO,
    OUT_OF_FORCE,
    YES,
    address_parts,
    addresses,
    is_any,
    parts,
    plain,
    protocol,
    services,
    source_ports,
)
from zoneguard.parsers.accounting import Ledger

DEAD = "the row is marked as out of force"
NOT_NOW = "the row is not in force on the day of judgement"
UNRESOLVED = "a name that the list does not resolve"
UNKNOWN_SERVICE = "a service that is not known"
UNKNOWN_PROTOCOL = "a protocol that is not known"
ONE_SIDE = "a row with one side empty"
UNCLEAR = "an action that is neither permit nor deny"
UNCLEAR_STATE = "whether a row in this state is in force is not known"
UNCLEAR_TERM = "a term that is no day"
NO_DAY = "the row holds for a time only, and no day is asked about"
UNCLEAR_WAY = "a direction that is not known"
EMPTY = "the row names neither source nor destination"

Names = Mapping[str, Intervals]
_Doubt = Callable[[str, str], Match]


def rules(row: Row, source: Source, ledger: Ledger, names: Names, day: date | None) -> Iterator[Rule]:
    """The rules of ``row``, which is accounted for in ``ledger``. ``names``: addresses by names in small letters."""
    if plain(row.get(Column.STATE)).lower() in OUT_OF_FORCE:
        ledger.ignored(DEAD, row.first, row.last)
        return
    if not row.get(Column.SOURCE) and not row.get(Column.DESTINATION):
        ledger.ignored(EMPTY, row.first, row.last)
        return
    since, until = _term(row)
    if day is not None and ((since is not None and day < since) or (until is not None and until < day)):
        ledger.ignored(NOT_NOW, row.first, row.last)
        return
    ledger.understood(row.first, row.last)
    span = source.span(row.first, row.last)

    def doubt(text: str, reason: str) -> Match:
        ledger.not_understood(row.first, reason, Concern.FILTER, bounded=True)
        return Unknown(Reason("{text} ({file}:{first})", text=text, file=source.file, first=row.first), span)

    match = both(_ways(row, names, doubt), _service(row, doubt), _source_ports(row, doubt), _in_force(row, day, doubt))
    name, comment = row.get(Column.ID) or str(row.first), row.get(Column.COMMENT)
    said = plain(row.get(Column.ACTION)).lower()
    if said and said not in YES and said not in NO:
        yield Rule(both(match, doubt(said, UNCLEAR)), Permit(), span, name, comment)
        yield Rule(match, Deny(), span, name, comment)
    else:
        yield Rule(match, Deny() if said in NO else Permit(), span, name, comment)


def _ways(row: Row, names: Names, doubt: _Doubt) -> Match:
    """Source and destination, in the direction that the row says: the first, the other, or both."""
    said = plain(row.get(Column.DIRECTION)).lower()
    if said in BACKWARD:
        return _ends(row.reversed(), names, doubt)
    forward = _ends(row, names, doubt)
    if not said or said in FORWARD:
        return forward
    either = AnyOf((forward, _ends(row.reversed(), names, doubt)))
    return either if said in BOTH_WAYS else both(either, doubt(said, UNCLEAR_WAY))


def _ends(row: Row, names: Names, doubt: _Doubt) -> Match:
    return both(
        _side(row.get(Column.SOURCE), Field.SRC, names, doubt),
        _side(row.get(Column.DESTINATION), Field.DST, names, doubt),
    )


def _side(cell: str, field: Field, names: Names, doubt: _Doubt) -> Match:
    if not cell:
        return doubt(field.value, ONE_SIDE)
    if plain(cell).lower() in names:
        return In(field, names[plain(cell).lower()])
    found: list[Match] = []
    for part in address_parts(cell):
        values = names.get(part.lower()) or addresses(part)
        found.append(In(field, values) if values is not None else doubt(part, UNRESOLVED))
    return _any_of(found)


def _service(row: Row, doubt: _Doubt) -> Match:
    """Protocols and ports: of one cell, or of a cell each. Where both cells have as many lines, each line goes with the
    other cell's; otherwise every protocol with every port."""
    said = row.get(Column.PROTOCOL)
    ports = row.get(Column.PORT) or row.get(Column.SERVICE)
    if not said:
        return _ported(ports, None, doubt) if ports else ALWAYS
    words = [word.strip() for part in parts(said) for word in part.split("/") if word.strip()]
    numbers = [protocol(word) for word in words]
    known = [number for number in numbers if number is not None]
    if len(known) < len(words) or (len(words) > 1 and any(word.isdecimal() for word in words)):
        named = [match for _, match in services(said)]
        whole = [match for match in named if match is not None]
        return _any_of(whole) if len(whole) == len(named) and not ports else doubt(said, UNKNOWN_PROTOCOL)
    lines = list(parts(ports))
    if len(known) == len(lines) > 1 and _lines(said) == _lines(ports) == len(lines):
        return _any_of(_ported(line, number, doubt) for line, number in zip(lines, known, strict=True))
    return _any_of(_ported(ports or "any", number, doubt) for number in known)


def _lines(cell: str) -> int:
    """How many lines a cell has."""
    return len(re.split(r"\n|\u23ce", cell))


def _ported(cell: str, number: int | None, doubt: _Doubt) -> Match:
    return _any_of(
        match if match is not None else doubt(text, UNKNOWN_SERVICE) for text, match in services(cell, number)
    )


def _source_ports(row: Row, doubt: _Doubt) -> Match:
    said = row.get(Column.SOURCE_PORT)
    if not said or said in ENDLESS or is_any(said):
        return ALWAYS
    values = source_ports(said)
    return doubt(said, UNKNOWN_SERVICE) if values is None else In(Field.SPORT, values)


def _in_force(row: Row, day: date | None, doubt: _Doubt) -> Match:
    """Whether the row is in force, as far as its state and its term leave that open."""
    found: list[Match] = []
    state = plain(row.get(Column.STATE)).lower()
    if state and state not in IN_FORCE:
        found.append(doubt(state, UNCLEAR_STATE))
    for column in (Column.SINCE, Column.UNTIL):
        said = row.get(column)
        if not said or plain(said).lower() in ENDLESS:
            continue
        if days(said) is None:
            found.append(doubt(said, UNCLEAR_TERM))
        elif day is None:
            found.append(doubt(said, NO_DAY))
    return both(*found)


def _term(row: Row) -> tuple[date | None, date | None]:
    """The first and the last day of a row; a cell with two days says both."""
    starts, ends = days(row.get(Column.SINCE)) or [], days(row.get(Column.UNTIL)) or []
    since = starts[:1] or ends[:-1]
    return (since[0] if since else None), (ends[-1] if ends else None)


def _any_of(parts: Iterable[Match]) -> Match:
    found = tuple(parts)
    return found[0] if len(found) == 1 else AnyOf(found)
