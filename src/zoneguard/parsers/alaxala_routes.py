"""ALAXALA AX: the tables that ``show ip route`` and ``show ipv6 route`` print.

Columns: destination, next hop, interface, metric, protocol, age. Zero octets at the end of a destination may be left
out (``172.16/16``); one without length is a host. The next hop of a connected route is the device's own address, in
whichever table it stands. ``VRF: 2`` begins the table of a VRF. ``all-routes`` marks the routes in use by ``>`` and
lists the others, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from itertools import islice, takewhile

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.model.text import Reason
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._alaxala.interfaces import interface_name
from zoneguard.parsers._indented.config import MAIN
from zoneguard.parsers._indented.words import UnreadableError, address, prefix
from zoneguard.parsers.accounting import BLANK, Ledger

_HEADER = re.compile(r"(?:[A-Z* >]{0,4} )?Destination\s+Next[ -]?Hop\s+Interface\s+Metric\s+Protocol\b")
_HEADER_SQUEEZED = re.compile(r"(?:\S{1,4} )?Destination Next[ -]?Hop Interface Metric Protocol\b.*")
_TO = r"(?P<to>default|\d{1,3}(?:\.\d{1,3}){0,3}(?:/\d{1,2})?|[0-9A-Fa-f:.]{2,45}(?:/\d{1,3})?)"
_ROW = re.compile(
    rf"(?:(?P<mark>[*> rSt]{{1,4}}) )?{_TO} (?P<hop>----|[0-9A-Fa-f.:]{{2,45}}(?:%\S{{1,30}})?) "
    r"(?P<out>[A-Za-z-][\w./-]{0,40}) (?P<metric>-|\d{1,10}(?:/(?:-|\d{1,10}))?) (?P<protocol>[A-Za-z][\w() -]{0,30}?)"
    r"(?P<age>(?: (?:\d{1,8}[a-z]?|\d+:\d{2}:\d{2}|----))*)"
)
_SELECTED = re.compile(r"[*rSt \t]{0,8}> *(?:default|[0-9A-Fa-f:]+[.:/])")
_VRF = re.compile(r"VRF(?: ID)?: ?(?P<vrf>\d{1,5}|global)\b.*", re.IGNORECASE)
_TOTAL = re.compile(r".*\bTotal: ?(?P<total>\d{1,9}) routes?\b.*")
CUT_SHORT = "the table has more routes than the file shows: it is cut short, or a part of the table was asked for"
_AROUND = re.compile(
    r"Date \d.*|Total:.*|Status Codes?:.*|(?:[*>r] )?(?:\* valid|> active|r RIB failure).*|-{3,}"
    r"|\S{0,64}[>#] ?(?:show .*|exit|logout)?|show ip(?:v6)? route.*"
)
_NONE = frozenset({"----", "-"})
_OWN = frozenset({"localhost", "lo0"})


@dataclass(slots=True)
class _Table:
    """What has been read, by forwarding context."""

    source: Source
    ledger: Ledger
    vrf: str = MAIN
    begun: bool = False
    marked: bool = False
    promised: tuple[int, int] = (0, 0)
    rows: int = 0
    routes: dict[str, list[Route]] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    members: dict[str, dict[str, None]] = field(default_factory=dict)

    def settle(self) -> None:
        """The table at hand has ended."""
        line, total = self.promised
        if self.rows < total:
            self.ledger.not_understood(line, CUT_SHORT, Concern.ROUTING)
        self.promised, self.rows = (0, 0), 0


def sniff(source: Source) -> float:
    """By the line of column names."""
    return 0.95 if any(_HEADER.search(line[:200]) for line in source.lines[:500]) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    table = _Table(source, Ledger(source, PLUGIN.name))
    for number, line in enumerate(source.lines, 1):
        _line(table, number, " ".join(line.split()))
    table.settle()
    contexts = table.routes or {MAIN: []}
    own = {a.address for i in table.interfaces.values() for a in i.addresses}
    homes = {out: vrf for vrf, members in reversed(table.members.items()) for out in members}
    homes |= {r.interface: vrf for vrf, known in contexts.items() for r in known if r.kind is RouteKind.CONNECTED}
    vrfs = tuple(
        Vrf(
            name=vrf,
            interfaces=frozenset(out for out, home in homes.items() if home == vrf),
            routes=tuple(replace(r, next_hop=None) if r.next_hop in own else r for r in routes),
            stages=(Routing(),),
        )
        for vrf, routes in contexts.items()
    )
    span = source.whole
    device = Device(name, "alaxala", tuple(table.interfaces.values()), vrfs, span, table.ledger.uncertain)
    return Parsed((device,), table.ledger.close())


def _line(table: _Table, number: int, text: str) -> None:
    ledger = table.ledger
    if (total := _TOTAL.fullmatch(text)) is not None:
        table.settle()
        table.promised = number, int(total["total"])
    if not text:
        ledger.ignored(BLANK, number)
    elif _HEADER_SQUEEZED.fullmatch(text):
        table.begun, table.marked = True, _is_marked(table.source.lines, number)
        ledger.ignored("column names", number)
    elif (heading := _VRF.fullmatch(text)) is not None:
        table.vrf = MAIN if heading["vrf"].lower() == "global" else heading["vrf"]
        ledger.understood(number)
    elif table.begun and (row := _ROW.fullmatch(text)) is not None:
        _row(table, number, row)
    elif _AROUND.fullmatch(text):
        ledger.ignored("console session", number)
    else:
        ledger.not_understood(number, "not a line of an AX routing table", Concern.ROUTING)


def _is_marked(lines: tuple[str, ...], after: int) -> bool:
    """Whether some row of the table whose column names stand in line ``after`` is marked as selected."""
    rows = takewhile(lambda line: not _HEADER.search(line[:200]), islice(lines, after, None))
    return any(_SELECTED.match(line) for line in rows)


def _row(table: _Table, number: int, row: re.Match[str]) -> None:
    ledger = table.ledger
    table.rows += 1
    if table.marked and ">" not in (row["mark"] or ""):
        ledger.ignored("route that is not selected", number)
        return
    if row["out"].lower() in _OWN:
        ledger.ignored("addresses of the device itself and broadcasts", number)
        return
    span = table.source.span(number)
    try:
        network, length = _destination(row["to"])
        v6 = network >= V6
        hop = None if row["hop"] in _NONE else address(row["hop"].partition("%")[0], v6)
        out = interface_name((row["out"],))
    except UnreadableError:
        ledger.not_understood(number, "an address or interface that cannot be read", Concern.ROUTING)
        return
    ledger.understood(number)
    discards = out.startswith(("null", "reject"))
    connected = row["protocol"].strip().lower().startswith("connected")
    kind = RouteKind.BLACKHOLE if discards else RouteKind.CONNECTED if connected else RouteKind.EXPORTED
    if not discards:
        known = table.interfaces.get(out, Interface(out, span))
        host = length == (128 if v6 else 32)
        if connected and hop is not None and not host:
            own = InterfaceAddress(hop, length)
            known = Interface(out, known.span, tuple(dict.fromkeys((*known.addresses, own))))
        table.interfaces[out] = known
        table.members.setdefault(table.vrf, {})[out] = None
    route = Route(network, length, span, kind, None if connected or discards else hop, "" if discards else out, 0)
    table.routes.setdefault(table.vrf, []).append(route)


def _destination(text: str) -> tuple[int, int]:
    """``172.16/16`` → network and length. Raises ``UnreadableError``."""
    if text == "default":
        return 0, 0
    body, slash, length = text.partition("/")
    if ":" in body:
        return prefix(text if slash else f"{text}/128", v6=True)
    octets = body.split(".")
    whole = ".".join([*octets, *["0"] * (4 - len(octets))])
    if not slash and len(octets) < 4:
        raise UnreadableError(Reason("a network without length: {text}", text=text))
    return prefix(f"{whole}/{length or 32}")


PLUGIN = Parser(name="alaxala-routes", title="ALAXALA AX (show ip route)", sniff=sniff, parse=parse, kind=Kind.ROUTES)
