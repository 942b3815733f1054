"""Palo Alto Networks PAN-OS: ``show routing route`` and, of the advanced engine, ``show advanced-routing route``.

A table begins with the name of its router and the headings of its columns, by which the rows are read: a metric, an
age or an interface may be missing. Active routes (flag ``A``) are used; of several to one prefix each may be (``E``).
A next hop ``vr NAME`` leads on in the table of another router: where that one sends the packet takes its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.addresses import parse_address, prefix_of
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.model.text import Reason
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._lookup import led_through
from zoneguard.parsers._panos.xmlform import PROMPT, SESSION
from zoneguard.parsers.accounting import BLANK, Ledger

_ROUTER = re.compile(r"(?P<kind>VIRTUAL|LOGICAL) ROUTER: *(?P<name>.{1,64}?)(?: \(id \d{1,9}\))?$", re.IGNORECASE)
_VRF = re.compile(r"VRF: *(\S{1,64})", re.IGNORECASE)
_COLUMN = re.compile(r"[\w-]{1,20}")
_COLUMNS = frozenset(
    {"destination", "nexthop", "metric", "flags", "flag", "age", "interface", "next-as", "protocol", "distance", "tag"}
)
_TOKEN = re.compile(r"(?:vr|lr) [^\s]+|\S+")
_FLAG = re.compile(r"O[io12]|[A-Z]|[?~]")
_FLAGS = re.compile(r"(?:O[io12]|[A-Z]|[?~]){1,6}")
_LEGEND = re.compile(r"flags: |(?:Oi|O1|B|E):|=+$|-+$|total routes? shown:", re.IGNORECASE)
_TOTAL = re.compile(r"total routes? shown: *(?P<total>\d{1,9})", re.IGNORECASE)
CUT_SHORT = "the table counts more routes than the file shows: it is cut short, or a part of it was removed"
UNCOUNTED = "the table has no count of its routes, with which the firewall ends it: it may be cut short"
_NOT_FORWARDED = frozenset({"H", "~", "M"})
_CONNECTED = RouteKind.CONNECTED
_NOWHERE = frozenset({"discard", "drop", "null", "Null0"})
_SURE = re.compile(r"flags: A:active, (?:\?:loose|E:ecmp)|(?:VIRTUAL|Logical) ROUTER: ", re.IGNORECASE)


@dataclass(slots=True)
class _Table:
    """What has been read, by router. ``rows``: since the last count; ``begun``: the legend of a table was, and no count
    since; ``last``: the last line that is not blank."""

    source: Source
    ledger: Ledger
    router: str = "default"
    columns: tuple[tuple[str, int], ...] = ()
    routes: dict[str, list[Route]] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    rows: int = 0
    begun: bool = False
    last: int = 1


def sniff(source: Source) -> float:
    """By the heading of a router or the legend, together with the headings of the columns."""
    lines = [line.strip() for line in source.lines[:400]]
    headed = any(_headings(line) for line in lines)
    return 0.98 if headed and any(_SURE.match(line) for line in lines) else 0.4 if headed else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The tables as a device of interfaces and routes called ``name``."""
    table = _Table(source, Ledger(source, "panos-routes"))
    for number, line in enumerate(source.lines, 1):
        _line(table, number, line)
    if table.begun:
        table.ledger.not_understood(table.last, UNCOUNTED, Concern.ROUTING)
    if not table.routes:
        table.routes["default"] = []
    interfaces = tuple(table.interfaces.values())
    vrfs = led_through(
        (
            Vrf(router, frozenset(table.members.get(router, ())), tuple(routes), (Routing(),))
            for router, routes in table.routes.items()
        ),
        interfaces,
    )
    span = source.whole
    return Parsed((Device(name, "paloalto", interfaces, vrfs, span, table.ledger.uncertain),), table.ledger.close())


def _headings(text: str) -> tuple[tuple[str, int], ...]:
    """The columns of a line of headings with where they begin; none of another line."""
    found = [(match[0].lower(), match.start()) for match in _COLUMN.finditer(text)]
    names = [name for name, _ in found]
    known = len(_COLUMNS.intersection(names)) == len(names)
    return tuple(found) if known and len(names) > 3 and names[0] == "destination" else ()


def _line(table: _Table, number: int, line: str) -> None:
    ledger, text = table.ledger, line.strip()
    router = _ROUTER.fullmatch(text)
    table.last = number if text else table.last
    if not text:
        ledger.ignored(BLANK, number)
    elif router is not None:
        table.router = router["name"].strip()
        table.routes.setdefault(table.router, [])
        ledger.understood(number)
    elif (vrf := _VRF.match(text)) is not None:
        base = table.router.partition(":")[0]
        table.router = base if vrf[1] == "default" else f"{base}:{vrf[1]}"
        ledger.understood(number)
    elif _headings(text):
        table.columns = _headings(line)
        ledger.understood(number)
    elif _LEGEND.match(text):
        ledger.ignored("legend of the table", number)
        _count(table, number, text)
    elif PROMPT.match(text) or text.startswith("show "):
        ledger.ignored(SESSION, number)
    elif table.columns:
        table.rows += 1
        reason = _row(table, number, line)
        if reason:
            ledger.not_understood(number, reason, Concern.ROUTING)
    else:
        ledger.not_understood(number, "not a line of a PAN-OS routing table", Concern.ROUTING)


def _count(table: _Table, number: int, text: str) -> None:
    """The legend of the old engine, which ends every answer with a count; or that count."""
    table.begun = table.begun or text.startswith("flags: A:active, ?:loose")
    total = _TOTAL.fullmatch(text)
    if total is not None:
        if table.rows < int(total["total"]):
            table.ledger.not_understood(number, CUT_SHORT, Concern.ROUTING)
        table.begun, table.rows = False, 0


def _cells(table: _Table, line: str) -> dict[str, str]:
    """The words of a row by column: each belongs to the last column that begins at or before it and may hold it."""
    cells: dict[str, str] = {}
    names = [name for name, _ in table.columns]
    at = 0
    for match in _TOKEN.finditer(line):
        word = match[0]
        begun = max((n for n, (_, start) in enumerate(table.columns) if start <= match.start() + 1), default=0)
        place = max(at, begun)
        fitting = [n for n in range(place, len(names)) if _fits(names[n], word) and not _taken(cells, names[n])]
        fitting += [n for n in range(at, place) if _fits(names[n], word) and not _taken(cells, names[n])]
        if not fitting:
            return {}
        at = fitting[0]
        name = names[at]
        cells[name] = f"{cells[name]} {word}" if name in cells else word
    return cells


def _fits(column: str, word: str) -> bool:
    if column in ("metric", "distance", "tag", "next-as"):
        return word.isdigit()
    if column == "age":
        return word[0].isdigit()
    return bool(_FLAGS.fullmatch(word)) if column in ("flags", "flag") else True


def _taken(cells: dict[str, str], column: str) -> bool:
    return column in cells and column not in ("flags", "flag")


def _row(table: _Table, number: int, line: str) -> str:
    """Enter a row; what is wrong with it, or nothing."""
    cells = _cells(table, line)
    flags = cells.get("flags", cells.get("flag", "")).split()
    words = {letter for flag in flags for letter in _FLAG.findall(flag)}
    try:
        network, length = prefix_of(cells["destination"])
    except (KeyError, ValueError):
        return "this destination cannot be read"
    if not words:
        return Reason("the flags of this route cannot be read")
    if "A" not in words:
        table.ledger.ignored("route that is not used", number)
        return ""
    interface = cells.get("interface", "")
    if words & _NOT_FORWARDED or cells.get("protocol") in ("local", "host"):
        table.ledger.ignored("address of the device itself, or a group of receivers", number)
        return ""
    connected = "C" in words or cells.get("protocol") == "connected"
    if connected and interface:
        route: Route | None = Route(network, length, table.source.span(number), _CONNECTED, None, interface, 0)
    else:
        route = _way(table, number, (network, length), cells.get("nexthop", ""), interface)
    if route is None:
        return "this next hop cannot be read"
    if route.interface:
        table.members.setdefault(table.router, set()).add(interface)
        _interface(table, number, interface, cells.get("nexthop", ""), length if connected else None)
    table.routes.setdefault(table.router, []).append(route)
    table.ledger.understood(number)
    return ""


def _way(table: _Table, number: int, prefix: tuple[int, int], hop: str, interface: str) -> Route | None:
    span = table.source.span(number)
    kind, _, other = hop.partition(" ")
    if other and kind in ("vr", "lr"):
        return Route(*prefix, span, RouteKind.EXPORTED, into=other, distance=0)
    if hop.lower() in _NOWHERE or interface.lower() in _NOWHERE:
        return Route(*prefix, span, RouteKind.BLACKHOLE, distance=0)
    try:
        next_hop = parse_address(hop)
    except ValueError:
        return None if not interface else Route(*prefix, span, RouteKind.EXPORTED, None, interface, 0)
    unspecified = hop in ("0.0.0.0", "::")  # noqa: S104 (no next hop)
    if unspecified and not interface:
        return Route(*prefix, span, RouteKind.BLACKHOLE, distance=0)
    return Route(*prefix, span, RouteKind.EXPORTED, None if unspecified else next_hop, interface, 0)


def _interface(table: _Table, number: int, name: str, hop: str, length: int | None) -> None:
    """The interface, with its own address where ``length`` is that of its connected subnet."""
    known = table.interfaces.setdefault(name, Interface(name, table.source.span(number)))
    if length is None:
        return
    try:
        own = InterfaceAddress(parse_address(hop), length)
    except ValueError:
        return
    if own.address and own not in known.addresses:
        table.interfaces[name] = Interface(name, known.span, (*known.addresses, own))


PLUGIN = Parser("panos-routes", "Palo Alto Networks PAN-OS routing table", sniff, parse, Kind.ROUTES)
