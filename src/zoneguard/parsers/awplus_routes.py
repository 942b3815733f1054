"""Allied Telesis AlliedWare Plus: the tables that ``show ip route`` and ``show ipv6 route`` print.

A row is a code, a network and ``[distance/metric] via HOP, INTERFACE`` or ``is directly connected, INTERFACE``; further
ways of one network stand on lines of their own. ``[VRF: NAME]`` begins the table of a VRF instance. ``database`` lists
every route and marks those in use by ``>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.device import Concern, Device, Interface, Route, RouteKind, Routing, Vrf
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._indented.config import MAIN
from zoneguard.parsers._indented.words import UnreadableError, address, prefix
from zoneguard.parsers.accounting import BLANK, Ledger

_TO = r"(?P<to>[0-9a-fA-F:.]{2,45}/\d{1,3})"
_CODE = r"(?P<code>[A-Z][*>p]{0,3})\s*(?P<kind>(?:IA|N1|N2|E1|E2|L1|L2|ia)\b)?\s*(?P<mark>[*>p]{1,3})?"
_ROW = re.compile(rf"{_CODE}\s*{_TO}(?:\s+|$)(?P<way>.*)")
_VIA = re.compile(
    r"(?:\[(?P<distance>\d{1,3})/(?P<metric>\d{1,10})\]\s*)?via (?P<hop>[0-9a-fA-F:.]{2,45})"
    r"(?:, (?P<out>[A-Za-z][\w./-]{0,40}))?(?P<rest>(?:,? .{1,60})?)"
)
_LINK = re.compile(
    r"(?:\[\d+/\d+\]\s*)?is (?:directly connected|a summary),? (?P<out>[A-Za-z][\w./-]{0,40})(?P<rest>(?:,? .{1,60})?)"
)
_NULL = re.compile(
    r"(?:\[(?P<distance>\d+)/\d+\]\s*)?(?:is directly connected,? |via )?(?:Null\d?|blackhole)\b.*", re.IGNORECASE
)
_AGE = re.compile(r"(?:,? ?(?:\d+[ywdhm])+|,? ?\d+:\d{2}:\d{2}|,? ?never)?")
_VRF = re.compile(r"\[VRF: ?(\S{1,64})\]")
_LEGEND = re.compile(r"Codes:|[A-Z>*p] - |[NEL]\d - |Gateway of last resort|IPv6 Routing Table|\* - candidate|IA - ")
_PROMPT = re.compile(
    r"[\w.:@-]{1,64}(?:\([\w-]+\))?[#>]\s*(?:(?:do )?show ipv?6? ?route.*|exit|end|terminal .*)?", re.IGNORECASE
)
_SHOW = re.compile(r"show ipv?6? ?route", re.IGNORECASE)
_OWN = re.compile(r"(?:vlan|eth|ppp|tunnel|port|sa|po|br|wwan)\d|lo\d?\b")
_HERS = re.compile(r"\bD - DHCP|Codes: C - connected, S - static, R - RIP, B - BGP$")


@dataclass(slots=True)
class _Table:
    """What has been read, by forwarding context."""

    source: Source
    ledger: Ledger
    vrf: str = MAIN
    routes: dict[str, list[Route]] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=dict)
    to: tuple[int, int] | None = None
    code: str = ""
    selected: bool = True
    database: bool = False


def sniff(source: Source) -> float:
    """By the legend (D is DHCP, or is not there); otherwise by rows whose interfaces have this vendor's names."""
    lines = [" ".join(line.split()) for line in source.lines[:400]]
    if any(_HERS.search(line) for line in lines):
        return 0.97
    rows = [row for line in lines if (row := _ROW.fullmatch(line)) is not None]
    ways = [_VIA.match(row["way"]) or _LINK.match(row["way"]) for row in rows]
    own = [way for way in ways if way is not None and _OWN.match(way["out"] or "")]
    return 0.6 if own and len(own) > len(rows) / 2 else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    table = _Table(source, Ledger(source, PLUGIN.name))
    for number, line in enumerate(source.lines, 1):
        _line(table, number, " ".join(line.split()))
    contexts = table.routes or {MAIN: []}
    vrfs = tuple(
        Vrf(vrf, frozenset(table.members.get(vrf, ())), tuple(routes), (Routing(),)) for vrf, routes in contexts.items()
    )
    span = source.whole
    device = Device(name, "awplus", tuple(table.interfaces.values()), vrfs, span, table.ledger.uncertain)
    return Parsed((device,), table.ledger.close())


def _line(table: _Table, number: int, text: str) -> None:
    ledger = table.ledger
    if not text or text[0] == "!":
        ledger.ignored(BLANK, number)
    elif (heading := _VRF.match(text)) is not None:
        table.vrf, table.to = heading[1], None
        ledger.understood(number)
    elif (row := _ROW.fullmatch(text)) is not None:
        _row(table, number, row)
    elif table.to is not None and (text.startswith(("via ", "[", "is ")) or (text[0] in "*>" and " via " in text)):
        _way(table, number, text)
    elif _LEGEND.match(text):
        table.database = table.database or "> - selected route" in text
        ledger.ignored("legend of the table", number)
    elif _PROMPT.fullmatch(text) or _SHOW.match(text):
        table.vrf, table.to = MAIN, None
        ledger.ignored("prompt or command of a pasted session", number)
    else:
        ledger.not_understood(number, "not a line of an AlliedWare Plus routing table", Concern.ROUTING)


def _row(table: _Table, number: int, row: re.Match[str]) -> None:
    marks = f"{row['code'][1:]}{row['mark'] or ''}"
    table.code = row["code"][0]
    table.selected = ">" in marks or not table.database
    try:
        table.to = prefix(row["to"], ":" in row["to"])
    except UnreadableError:
        table.to = None
        table.ledger.not_understood(number, "this destination cannot be read", Concern.ROUTING)
        return
    if row["way"]:
        _way(table, number, row["way"])
    else:
        table.ledger.understood(number)


def _way(table: _Table, number: int, text: str) -> None:
    assert table.to is not None
    text = text.lstrip("*> ")
    if not table.selected:
        table.ledger.ignored("route that is not selected", number)
        return
    table.ledger.understood(number)
    span = table.source.span(number)
    known = table.routes.setdefault(table.vrf, [])
    if (null := _NULL.fullmatch(text)) is not None:
        known.append(Route(*table.to, span, RouteKind.BLACKHOLE, distance=int(null["distance"] or 1)))
        return
    way = _VIA.fullmatch(text) or _LINK.fullmatch(text)
    if way is None or not _AGE.fullmatch(way["rest"].rstrip()):
        table.ledger.not_understood(number, "this way cannot be read", Concern.ROUTING)
        return
    found = way.groupdict()
    out = (found["out"] or "").lower()
    try:
        hop = address(found["hop"], ":" in found["hop"]) if found.get("hop") else None
    except UnreadableError:
        table.ledger.not_understood(number, "this next hop cannot be read", Concern.ROUTING)
        return
    if out:
        table.interfaces.setdefault(out, Interface(out, span))
        table.members.setdefault(table.vrf, {})[out] = None
    connected = table.code == "C"
    if connected or hop in (0, 1 << 128):
        hop = None
    kind = RouteKind.CONNECTED if connected else RouteKind.EXPORTED
    distance = int(found.get("distance") or 0)
    known.append(Route(*table.to, span, kind, hop, out, distance, int(found.get("metric") or 0)))


PLUGIN = Parser(
    name="awplus-routes",
    title="Allied Telesis AlliedWare Plus (show ip route)",
    sniff=sniff,
    parse=parse,
    kind=Kind.ROUTES,
)
