"""Juniper Junos: ``show route``, ``show route table …`` and ``show route terse``.

A heading (``VR.inet.0: 4 destinations, …``) begins a table; the routing instance in its name is the forwarding
context, ``inet.0`` that of the context ``default``. ``*`` or ``+`` before the protocol marks the active route of a
prefix. All its next hops may be used: ``>`` is the one that is selected where the load is not shared. Local routes are
the device's own addresses ("show route", "show route terse": Junos CLI reference).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.export import DEFAULT
from zoneguard.parsers._junos.statics import table_instance
from zoneguard.parsers._junos.words import BANNER, EDIT_BANNER, USER_PROMPT
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

_TABLE = re.compile(r"(?P<table>[^\s:]{1,160}): \d+ destinations?, \d+ routes? \((?:(?P<active>\d{1,9}) active)?")
CUT_SHORT = (
    "the table has more active routes than the file shows: it is cut short, or a part of the table was asked for"
)
_SYSTEM = re.compile(r"logical-system: (?P<name>\S{1,64})$")
_PREFIX = r"[0-9A-Fa-f.:]{2,45}/\d{1,3}"
_ROW = re.compile(
    rf"(?P<to>{_PREFIX}|default)?\s*(?P<mark>[*+-])?\s*\[(?P<protocol>[\w-]+)/(?P<preference>\d{{1,10}})(?:/-?\d+)?\]"
    r"(?P<rest>.*)"
)
_ALONE = re.compile(rf"(?P<to>{_PREFIX}|default)(?:-\S+)?$")
_HOP = re.compile(r">?\s*(?:to (?P<hop>[0-9A-Fa-f.:]{2,45}) )?via (?P<out>[\w./:-]+)(?P<more>,.*)?$")
_INTO = re.compile(r">?\s*to table (?P<table>\S+)$")
_METRIC = re.compile(r"metric (\d{1,10})")
_TERSE = re.compile(
    rf"(?P<mark>[*+-]?)\s*(?:(?P<valid>[?VIN]) )?\s*(?P<to>{_PREFIX}|default)?\s+(?P<protocol>[A-Z])\s+"
    r"(?P<preference>\d{1,10})(?P<rest>.*)"
)
_TERSE_HEAD = re.compile(r"A (?:V )?Destination\s+P Prf")
_TERSE_HOP = re.compile(
    r">?(?P<hop>[0-9A-Fa-f.:]{2,45}|[a-z]{2,4}[\w./:-]*\.\d+|Local|Reject|Discard|Receive|MultiRecv)$"
)
_LEGEND = re.compile(r"\+ = Active Route|@ = Routing Use Only|Limit/Threshold|Restart |[0-9]+ hidden")
_NOTES = re.compile(r"AS path:|Indirect|unverified$|valid$|unknown$|invalid$|Communities:|Next hop type|Task:|Age:")
_DISCARDED = re.compile(r">?\s*(?:Discard|Reject)$")
_OWN = re.compile(r">?\s*(?:Local(?: via (?P<out>\S+))?|Receive|MultiRecv|Multicast.*)$")
_CODES = {
    "D": "Direct",
    "L": "Local",
    "S": "Static",
    "A": "Aggregate",
    "O": "OSPF",
    "B": "BGP",
    "R": "RIP",
    "I": "IS-IS",
}


@dataclass(slots=True)
class _Current:
    """The route whose next hops the following lines name."""

    network: tuple[int, int]
    protocol: str
    active: bool
    preference: int
    metric: int
    line: int


@dataclass(slots=True)
class _Tables:
    """What has been read, by forwarding context."""

    source: Source
    ledger: Ledger
    context: str | None = DEFAULT
    system: str = ""
    prefix: tuple[int, int] | None = None
    current: _Current | None = None
    terse: bool = False
    heading: int = 0
    active: int = 0
    routes: dict[str, list[Route]] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    own: dict[str, list[tuple[int, int]]] = field(default_factory=dict)

    def settle(self) -> None:
        """The table at hand has ended; ``active``: how many of its active routes were not found."""
        if self.context is not None and self.active > 0:
            self.ledger.not_understood(self.heading, CUT_SHORT, Concern.ROUTING)

    def scoped(self, instance: str) -> str:
        """The context of an instance of the logical system at hand."""
        if not self.system:
            return instance
        return self.system if instance == DEFAULT else f"{self.system}:{instance}"

    def add(self, number: int, kind: RouteKind, hop: int | None = None, out: str = "", into: str = "") -> None:
        """One way of the current route."""
        route = self.current
        assert route is not None
        assert self.context is not None
        span = self.source.span(route.line, max(route.line, number))
        if route.protocol == "Direct" and kind is RouteKind.EXPORTED:
            kind = RouteKind.CONNECTED
        if out and kind is RouteKind.CONNECTED:
            self.interfaces.setdefault(out, Interface(out, self.source.span(number)))
            self.members.setdefault(self.context, set()).add(out)
        made = Route(*route.network, span, kind, hop, out, route.preference, route.metric, into)
        self.routes.setdefault(self.context, []).append(made)


def sniff(source: Source) -> float:
    """By the heading of a table, or rows of the form ``*[Static/5]``."""
    lines = [line.strip() for line in source.lines[:400]]
    if any(_TABLE.match(line) for line in lines):
        return 0.98
    if any(_TERSE_HEAD.match(line) for line in lines):
        return 0.9
    return 0.7 if any((row := _ROW.match(line)) and row["to"] and row["mark"] for line in lines) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The tables as a device of interfaces and routes called ``name``."""
    tables = _Tables(source, Ledger(source, "junos-routes"))
    for number, line in enumerate(source.lines, 1):
        _line(tables, number, line.strip())
    tables.settle()
    tables.routes.setdefault(DEFAULT, [])
    interfaces = _with_addresses(tables)
    vrfs = tuple(
        Vrf(vrf, frozenset(tables.members.get(vrf, ())), tuple(routes), (Routing(),))
        for vrf, routes in tables.routes.items()
        if routes or len(tables.routes) == 1
    )
    span = source.whole
    device = Device(name, "juniper", interfaces, vrfs, span, tables.ledger.uncertain)
    return Parsed((device,), tables.ledger.close())


def _line(tables: _Tables, number: int, line: str) -> None:
    ledger = tables.ledger
    heading = _TABLE.match(line)
    if heading is not None:
        _begin(tables, number, heading["table"], int(heading["active"] or 0))
    elif not line or line.startswith("#"):
        ledger.ignored(BLANK, number)
    elif _TERSE_HEAD.match(line):
        tables.terse = True
        ledger.understood(number)
    elif (system := _SYSTEM.match(line)) is not None:
        tables.system = "" if system["name"] == "default" else system["name"]
        ledger.understood(number)
    elif _LEGEND.match(line):
        ledger.ignored("legend or summary", number)
    elif BANNER.match(line) or EDIT_BANNER.match(line) or USER_PROMPT.match(line):
        ledger.ignored(SESSION, number)
    elif tables.context is None:
        ledger.ignored("a table of labels, multicast or layer 2", number)
    elif tables.terse:
        _terse(tables, number, line)
    else:
        _full(tables, number, line)


def _begin(tables: _Tables, number: int, table: str, active: int) -> None:
    """Tables of unicast routes are ``inet.0`` and ``inet6.0``, those of instances end so."""
    tables.settle()
    tables.heading, tables.active = number, active
    unicast = table in ("inet.0", "inet6.0") or table.endswith((".inet.0", ".inet6.0"))
    tables.context = tables.scoped(table_instance(table)) if unicast else None
    tables.prefix, tables.current, tables.terse = None, None, False
    if tables.context is not None:
        tables.routes.setdefault(tables.context, [])
    tables.ledger.understood(number)


def _full(tables: _Tables, number: int, line: str) -> None:
    row = _ROW.match(line)
    if row is not None:
        if row["to"] and not _destination(tables, number, row["to"]):
            return
        _route(tables, number, row["protocol"], row["mark"] or "", int(row["preference"]), row["rest"])
        return
    alone = _ALONE.match(line)
    if alone is not None:
        if _destination(tables, number, alone["to"]):
            tables.ledger.understood(number)
        return
    _way(tables, number, line)


def _destination(tables: _Tables, number: int, text: str) -> bool:
    tables.prefix = values.network(text)
    tables.current = None
    if tables.prefix is None:
        tables.ledger.not_understood(number, "this destination cannot be read", Concern.ROUTING)
    return tables.prefix is not None


def _route(tables: _Tables, number: int, protocol: str, mark: str, preference: int, rest: str) -> None:
    if tables.prefix is None:
        tables.ledger.not_understood(number, "this route has no destination", Concern.ROUTING)
        return
    metric = _METRIC.search(rest)
    active = mark in ("*", "+")
    tables.current = _Current(tables.prefix, protocol, active, preference, int(metric[1]) if metric else 0, number)
    if active:
        tables.active -= 1
        tables.ledger.understood(number)
    else:
        tables.ledger.ignored("route that is not active", number)


def _way(tables: _Tables, number: int, line: str) -> None:
    """A line below a route: one of its next hops, or something about it."""
    current = tables.current
    if current is None:
        tables.ledger.not_understood(number, "this line belongs to no route", Concern.ROUTING)
        return
    if not current.active:
        tables.ledger.ignored("route that is not active", number)
        return
    if _NOTES.match(line):
        tables.ledger.ignored("attributes of a route", number)
        return
    own, into, hop = _OWN.match(line), _INTO.match(line), _HOP.match(line)
    if own is not None:
        if own["out"]:
            tables.own.setdefault(own["out"], []).append(current.network)
            tables.interfaces.setdefault(own["out"], Interface(own["out"], tables.source.span(number)))
            if tables.context is not None:
                tables.members.setdefault(tables.context, set()).add(own["out"])
    elif _DISCARDED.match(line):
        tables.add(number, RouteKind.BLACKHOLE)
    elif into is not None:
        tables.add(number, RouteKind.EXPORTED, into=tables.scoped(table_instance(into["table"])))
    elif hop is not None:
        if any(word in (hop["more"] or "") for word in ("label-switched-path", "Push")):
            reason = "this route leads into a label-switched path, which is not in the model"
            tables.ledger.not_understood(number, reason, Concern.ROUTING)
            return
        address = values.address(hop["hop"]) if hop["hop"] else None
        if hop["hop"] and address is None:
            tables.ledger.not_understood(number, "this next hop cannot be read", Concern.ROUTING)
            return
        tables.add(number, RouteKind.EXPORTED, address, hop["out"])
    else:
        tables.ledger.not_understood(number, "this way cannot be read", Concern.ROUTING)
        return
    tables.ledger.understood(number)


def _terse(tables: _Tables, number: int, line: str) -> None:
    row = _TERSE.match(line)
    if row is None:
        hop = _TERSE_HOP.match(line.rsplit(maxsplit=1)[-1])
        if tables.current is None or hop is None:
            tables.ledger.not_understood(number, "this row cannot be read", Concern.ROUTING)
        else:
            _terse_way(tables, number, hop["hop"])
        return
    if row["to"] and not _destination(tables, number, row["to"]):
        return
    protocol = _CODES.get(row["protocol"], row["protocol"])
    _route(tables, number, protocol, row["mark"], int(row["preference"]), "")
    for word in row["rest"].split():
        hop = _TERSE_HOP.match(word)
        if hop is not None and not word.isdigit():
            _terse_way(tables, number, hop["hop"])


def _terse_way(tables: _Tables, number: int, text: str) -> None:
    current = tables.current
    if current is None or not current.active:
        tables.ledger.ignored("route that is not active", number)
        return
    if text in ("Discard", "Reject") and current.protocol != "Local":
        tables.add(number, RouteKind.BLACKHOLE)
    elif text in ("Local", "Reject", "Discard", "Receive", "MultiRecv"):
        tables.own.setdefault("", []).append(current.network)
    else:
        address = values.address(text)
        if address is None:
            tables.add(number, RouteKind.EXPORTED, None, text)
        else:
            tables.add(number, RouteKind.EXPORTED, address)
    tables.ledger.understood(number)


def _with_addresses(tables: _Tables) -> tuple[Interface, ...]:
    """Interfaces with the addresses that local routes show, in the subnets that direct routes show."""
    subnets: dict[str, list[tuple[int, int]]] = {}
    for routes in tables.routes.values():
        for route in routes:
            if route.kind is RouteKind.CONNECTED and route.interface:
                subnets.setdefault(route.interface, []).append((route.network, route.length))
    found = []
    for name, interface in tables.interfaces.items():
        addresses = [
            InterfaceAddress(address, length)
            for network, length in subnets.get(name, ())
            for address, own_length in (*tables.own.get(name, ()), *tables.own.get("", ()))
            if own_length == (128 if address >= V6 else 32) and address in InterfaceAddress(network, length).subnet
        ]
        single = [
            InterfaceAddress(network, length)
            for network, length in subnets.get(name, ())
            if length == (128 if network >= V6 else 32)
        ]
        found.append(replace(interface, addresses=tuple(dict.fromkeys((*addresses, *single)))))
    return tuple(found)


PLUGIN = Parser("junos-routes", "Juniper Junos routing table", sniff, parse, Kind.ROUTES)
