"""NEC UNIVERGE IX: the tables that ``show ip route`` and ``show ipv6 route`` print.

Rows have a code, a prefix, ``[distance/metric]``, then ``is directly connected`` or ``via`` a next hop, the interface
and the age; what follows may stand in the next line, and rows without a prefix share the load of the one above.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers.accounting import BLANK, Ledger

_HEADER = re.compile(r"\s*IP(?:v6)? Routing Table(?:.*?\b(?:VRF|vrf)[ :-]+(?P<vrf>[\w.-]+))?.*")
_COUNTED = re.compile(r"\s*IP(?:v6)? Routing Table(?: .*)? - (?P<count>\d{1,9}) entries, \d+ hidden")
_KINDS = re.compile(r"\s*Entries: +0 Connected,")
CUT_SHORT = "the table counts more entries than the file shows: it is cut short, or a part of it was removed"
SOME_KINDS = "the table shows no connected routes: it was asked for some kinds of routes, and hides the others"
_ROW = re.compile(
    r"(?P<code>[A-Za-z][A-Za-z0-9]?\*?(?: (?:IA|N1|N2|E1|E2))?\*?)\s+(?P<net>[0-9a-fA-F.:]+/\d{1,3})"
    r"(?:\s+[a-z-]+)?\s+\[(?P<d>\d{1,3})/(?P<m>\d{1,10})\](?P<way>.*)"
)
_MORE = re.compile(r"\s+\[(?P<d>\d{1,3})/(?P<m>\d{1,10})\](?P<way>.*)")
_WAY = re.compile(
    r"\s*(?:is directly connected|via (?P<hop>[0-9a-fA-F.:]+)(?:%\S+)?),\s*(?P<name>[A-Za-z][\w/:.-]*)(?:,\s*\S+)?\s*"
)
_NAME = re.compile(r"(?:(?:Giga|Fast)Ethernet|Tunnel|Loopback|Null|BVI|BRI|Dialer|USB-Serial)\d[\d/:.]*")
_AROUND = re.compile(
    r"Codes:|\s+\S{1,2} - |Timers:|Entries:|.*[>#]\s*(?:show .*)?$|\s+\S+ is (?:variably )?subnetted|.*\(config\)#"
)
_SURROUNDINGS = "column names, codes or console session"
_SAMPLE = 2000


@dataclass(slots=True)
class _Table:
    routes: list[Route] = field(default_factory=list)
    spans: dict[str, int] = field(default_factory=dict)  # interface → line
    own: dict[str, list[InterfaceAddress]] = field(default_factory=dict)


@dataclass(slots=True)
class _Reader:
    """``promised``: the line that counts the entries of the table at hand, and that count; ``ways``: those read since,
    of which an entry has one or more."""

    source: Source
    tables: dict[str, _Table] = field(default_factory=dict)
    vrf: str = "main"
    row: re.Match[str] | None = None
    rank: tuple[int, int] = (0, 0)
    promised: tuple[int, int] = (0, 0)
    ways: int = 0

    @property
    def table(self) -> _Table:
        return self.tables.setdefault(self.vrf, _Table())


def sniff(source: Source) -> float:
    """By the line that counts entries, hidden and free ones; else by rows that lead out of the router's interfaces."""
    lines = source.lines[:_SAMPLE]
    if any(_COUNTED.match(line) for line in lines):
        return 0.97
    ways = [way for line in lines if (row := _ROW.fullmatch(line.rstrip())) and (way := _WAY.fullmatch(row["way"]))]
    named = sum(_NAME.fullmatch(way["name"]) is not None for way in ways)
    return 0.7 if named > len(ways) / 2 else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    reader = _Reader(source)
    for number, line in enumerate(source.lines, 1):
        if not line.strip():
            ledger.ignored(BLANK, number)
            continue
        if (counted := _COUNTED.match(line)) is not None:
            _settle(reader, ledger)
            reader.promised = number, int(counted["count"])
        try:
            read = _line(reader, number, line.rstrip())
        except UnreadableError:
            ledger.not_understood(number, "an address or prefix that cannot be read", Concern.ROUTING)
            continue
        if read:
            ledger.understood(number)
        elif _KINDS.match(line):
            ledger.understood(number)
            ledger.not_understood(number, SOME_KINDS, Concern.ROUTING)
        elif _AROUND.match(line):
            ledger.ignored(_SURROUNDINGS, number)
        else:
            ledger.not_understood(number, "not a row of the table of routes", Concern.ROUTING)
    _settle(reader, ledger)
    tables = reader.tables or {"main": _Table()}
    interfaces = {
        known: Interface(known, source.span(line), tuple(table.own.get(known, ())))
        for table in tables.values()
        for known, line in table.spans.items()
    }
    vrfs = tuple(Vrf(vrf, frozenset(t.spans), tuple(t.routes), (Routing(),)) for vrf, t in tables.items())
    span = source.whole
    device = Device(name, "nec-ix", tuple(interfaces.values()), vrfs, span, ledger.uncertain)
    return Parsed((device,), ledger.close())


def _settle(reader: _Reader, ledger: Ledger) -> None:
    """The table at hand has ended: it has as many entries as its heading counts (hidden ones are counted apart)."""
    line, count = reader.promised
    if reader.ways < count:
        ledger.not_understood(line, CUT_SHORT, Concern.ROUTING)
    reader.promised, reader.ways = (0, 0), 0


def _line(reader: _Reader, number: int, line: str) -> bool:
    header = _HEADER.fullmatch(line)
    if header is not None:
        reader.vrf, reader.row = header["vrf"] or "main", None
        return True
    row = _ROW.fullmatch(line)
    if row is not None:
        reader.row, reader.rank = row, (int(row["d"]), int(row["m"]))
        return not row["way"].strip() or _way(reader, number, row["way"])
    more = _MORE.fullmatch(line)
    if more is not None and reader.row is not None:
        reader.rank = int(more["d"]), int(more["m"])
        return _way(reader, number, more["way"])
    return reader.row is not None and line[:1].isspace() and _way(reader, number, line)


def _way(reader: _Reader, number: int, text: str) -> bool:
    """One way to the prefix of the row; ``False`` where the text is none."""
    way = _WAY.fullmatch(text)
    assert reader.row is not None
    if way is None:
        return False
    reader.ways += 1
    network, length = values.prefix(reader.row["net"])
    hop = values.address(way["hop"]) if way["hop"] else None
    name, table, span = way["name"], reader.table, reader.source.span(number)
    if name.startswith("Null"):
        table.routes.append(Route(network, length, span, RouteKind.BLACKHOLE, distance=reader.rank[0]))
        return True
    table.spans.setdefault(name, number)
    if reader.row["code"] == "L":
        table.own.setdefault(name, []).append(InterfaceAddress(network, length))
        return True
    on_link = hop is None or hop in (0, V6)
    next_hop = None if on_link else hop
    table.routes.append(Route(network, length, span, RouteKind.EXPORTED, next_hop, name, *reader.rank))
    return True


PLUGIN = Parser(
    name="nec-ix-routes", title="NEC UNIVERGE IX (show ip route)", sniff=sniff, parse=parse, kind=Kind.ROUTES
)
