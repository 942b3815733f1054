"""Fortinet FortiGate: ``get router info routing-table all`` (``info6``, ``database``) and ``get router info kernel``.

A row gives ``[distance/metric]``, next hop, interface and, from 7.0 on, ``[priority/weight]``: among the rows of one
prefix the lowest priority is used. ``Routing table for VRF=n`` begins the table of a VRF, a prompt with a VDOM's name
that of a VDOM. In the kernel's listing routes with a source belong to the device's own probes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.addresses import V6, parse_address, prefix_of
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._fortios.values import ipv4
from zoneguard.parsers._fortios.vdom import vrf_name
from zoneguard.parsers.accounting import BLANK, Ledger

_PREFIX = r"(?P<to>[0-9a-fA-F:.]{2,45}/\d{1,3})"
_CODE = r"(?P<code>[A-Za-z][A-Za-z0-9]?(?:\s(?:IA|N1|N2|E1|E2|L1|L2|ia|V))?)(?:\s*(?P<mark>[*>]{1,2}))?"
_MORE = r"(?P<more>(?:,[^,]{1,40}){0,4})"
_ROW = re.compile(rf"{_CODE}\s+{_PREFIX}\s*")
_RANK = re.compile(r"(?:(?P<mark>[*>]{1,2})\s*)?\[(?P<distance>\d{1,3})/(?P<metric>\d{1,10})\]\s*")
_VIA = re.compile(
    r"via (?P<hop>[0-9a-fA-F:.]{2,45})(?: \[\d+\])?"
    r"(?: \(recursive (?:is directly connected, |via )(?P<deep>[^)]{1,120})\))?"
    rf"(?:, (?P<out>[^,]{{1,64}}))?{_MORE}"
)
_TUNNEL = re.compile(rf"via (?P<out>[^,(\[]{{1,64}}) tunnel (?P<hop>[0-9a-fA-F:.]{{2,45}}){_MORE}")
_LINK = re.compile(rf"is (?:directly connected|a summary), (?P<out>[^,]{{1,64}}){_MORE}")
_AGE = re.compile(r"(?:\d+[ywdhm])+|\d+:\d{2}:\d{2}|never")
_PRIORITY = re.compile(r"\[(\d{1,10})/\d{1,10}\]")
_VRF = re.compile(r"Routing table for VRF=(\d{1,5})")
_PROMPT = re.compile(r"[^\s#]{1,64}(?: \((?P<vdom>[^()]{1,40})\))? ?# ?(?P<command>.*)")
_LEGEND = re.compile(
    r"Codes:|IPv6 Routing Table|[OKNEiSCRBV>*]\w? - |[A-Za-z]\d? - [\w -]+,|[NE]1 - |\* - |> - |i - |.* - candidate"
)
_KERNEL = re.compile(
    r"tab=(?P<tab>\d+) vf=(?P<vf>\d{1,5}) .{0,60}?type=(?P<type>\d+) .{0,60}?prio=(?P<prio>\d{1,10}) "
    r"(?P<src>[0-9.]+)/(?P<mask>[0-9.]+)/\d+->(?P<to>[0-9.]+/\d+)(?: pref=(?P<pref>[0-9.]+))?"
    r"(?: gwy=(?P<gwy>[0-9.]+) dev=\d+\((?P<dev>[^)]{0,64})\))?"
)
_KERNEL_HOP = re.compile(r"gwy=(?P<gwy>[0-9.]+) .{0,60}?(?:oif|dev)=\d+\((?P<dev>[^)]{0,64})\)")
_MAIN_TABLE, _UNICAST, _DISCARDING = "254", "1", ("6", "7", "8")
_NULL = ("Null", "Null0", "null")
_DEFAULT_DISTANCE = {"C": 0}


@dataclass(slots=True)
class _Table:
    """What has been read, by forwarding context."""

    source: Source
    ledger: Ledger
    vdom: str = "root"
    vrf: int = 0
    routes: dict[str, list[Route]] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    prefix: tuple[int, int] | None = None
    code: str = ""
    selected: bool = True
    database: bool = False

    def add(self, number: int, out: str, hop: str | None, distance: int, metric: int) -> bool:
        """Enter a route of the current prefix; ``False`` where its next hop cannot be read."""
        assert self.prefix is not None
        try:
            next_hop = parse_address(hop) if hop else None
        except ValueError:
            return False
        name = vrf_name(self.vdom, self.vrf)
        discards = out in _NULL
        kind = RouteKind.BLACKHOLE if discards else RouteKind.CONNECTED if self.code == "C" else RouteKind.EXPORTED
        out = "" if discards else out
        if out:
            self.interfaces.setdefault(out, Interface(out, self.source.span(number)))
            self.members.setdefault(name, set()).add(out)
        next_hop = None if next_hop in (0, V6) else next_hop
        route = Route(*self.prefix, self.source.span(number), kind, next_hop, out, distance, metric)
        self.routes.setdefault(name, []).append(route)
        return True


def sniff(source: Source) -> float:
    """By the heading of a VRF's table, the legend, or the form of the kernel's listing."""
    lines = [line.strip() for line in source.lines[:400]]
    if any(_VRF.match(line) or _KERNEL.match(line) for line in lines):
        return 0.98
    if any(line.startswith("Codes: K - kernel, C - connected, S - static") for line in lines):
        return 0.95
    return 0.4 if any((row := _ROW.match(line)) and _RANK.match(line, row.end()) for line in lines) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    table = _Table(source, Ledger(source, "fortios-routes"))
    for number, line in enumerate(source.lines, 1):
        _line(table, number, line.strip())
    if not table.routes:
        table.routes["root"] = []
    vrfs = tuple(
        Vrf(vrf, frozenset(table.members.get(vrf, ())), tuple(routes), (Routing(),))
        for vrf, routes in table.routes.items()
    )
    span = source.whole
    device = Device(name, "fortinet", tuple(table.interfaces.values()), vrfs, span, table.ledger.uncertain)
    return Parsed((device,), table.ledger.close())


def _line(table: _Table, number: int, text: str) -> None:
    ledger = table.ledger
    prompt = _PROMPT.fullmatch(text)
    if not text:
        ledger.ignored(BLANK, number)
    elif (heading := _VRF.match(text)) is not None:
        table.vrf, table.prefix = int(heading[1]), None
        ledger.understood(number)
    elif text.startswith("tab="):
        _kernel(table, number, text)
    elif (hop := _KERNEL_HOP.match(text)) is not None and table.prefix is not None:
        _enter(table, number, table.add(number, hop["dev"], hop["gwy"], 0, 0))
    elif prompt is not None:
        table.vdom, table.vrf, table.prefix = prompt["vdom"] or table.vdom, 0, None
        table.database = table.database or "database" in prompt["command"]
        ledger.ignored("prompt or command of a pasted session", number)
    elif (row := _ROW.match(text)) is not None and (row.end() == len(text) or _is_way(text[row.end() :])):
        _row(table, number, text, row)
    elif table.prefix is not None and _is_way(text):
        _way(table, number, text, table.selected)
    elif _LEGEND.match(text):
        table.database = table.database or "> - selected route" in text
        ledger.ignored("legend of the table", number)
    else:
        ledger.not_understood(number, "not a line of a FortiOS routing table", Concern.ROUTING)


def _is_way(text: str) -> bool:
    rank = _RANK.match(text)
    rest = text[rank.end() :] if rank else text
    return rest.startswith(("via ", "is directly connected", "is a summary"))


def _row(table: _Table, number: int, line: str, row: re.Match[str]) -> None:
    try:
        table.prefix = prefix_of(row["to"])
    except ValueError:
        table.prefix = None
        table.ledger.not_understood(number, "this destination cannot be read", Concern.ROUTING)
        return
    table.code = row["code"][0]
    table.selected = ">" in (row["mark"] or "") or not table.database
    if row.end() == len(line):
        table.ledger.understood(number)
    else:
        _way(table, number, line[row.end() :], table.selected)


def _way(table: _Table, number: int, text: str, selected: bool) -> None:
    rank = _RANK.match(text)
    if rank is not None and table.database and rank["mark"]:
        selected = ">" in rank["mark"]
    rest = text[rank.end() :] if rank else text
    if not selected:
        table.ledger.ignored("route that is not selected", number)
        return
    way = _TUNNEL.fullmatch(rest) or _VIA.fullmatch(rest) or _LINK.fullmatch(rest)
    if way is None:
        table.ledger.not_understood(number, "this way cannot be read", Concern.ROUTING)
        return
    found = way.groupdict()
    out, hop = found.get("out") or "", found.get("hop")
    if found.get("deep"):
        deep, _, over = found["deep"].partition(" tunnel ")
        out, hop = deep.split(", ")[-1], over or (hop if ", " not in deep else deep.split(", ")[0])
    elif _AGE.fullmatch(out):
        out = ""
    priority = _PRIORITY.search(found.get("more") or "")
    distance = int(rank["distance"]) if rank else _DEFAULT_DISTANCE.get(table.code, 0)
    _enter(table, number, table.add(number, out.strip(), hop, distance, int(priority[1]) if priority else 0))


def _kernel(table: _Table, number: int, text: str) -> None:
    entry = _KERNEL.match(text)
    table.prefix = None
    if entry is None:
        table.ledger.not_understood(number, "this route cannot be read", Concern.ROUTING)
        return
    if entry["tab"] != _MAIN_TABLE or entry["type"] not in (_UNICAST, *_DISCARDING):
        table.ledger.ignored("addresses of the device itself and broadcasts", number)
        return
    if entry["mask"] != "0.0.0.0":  # noqa: S104 (a route for any source)
        table.ledger.ignored("route of the device's own probes", number)
        return
    try:
        table.prefix = prefix_of(entry["to"])
    except ValueError:
        table.ledger.not_understood(number, "this destination cannot be read", Concern.ROUTING)
        return
    table.vdom = "root" if entry["vf"] == "0" else f"vf{entry['vf']}"
    table.code = "C" if " proto=2 " in text else "S"
    if entry["type"] in _DISCARDING:
        _enter(table, number, table.add(number, _NULL[0], None, 0, int(entry["prio"])))
    elif entry["dev"] is None:
        table.ledger.understood(number)
    else:
        _enter(table, number, table.add(number, entry["dev"], entry["gwy"], 0, int(entry["prio"])))
        _own(table, entry)


def _own(table: _Table, entry: re.Match[str]) -> None:
    """A connected subnet's preferred source is the interface's own address."""
    if table.code != "C" or not entry["pref"] or table.prefix is None:
        return
    address = ipv4(entry["pref"])
    known = table.interfaces[entry["dev"]]
    if address and all(a.address != address for a in known.addresses):
        own = InterfaceAddress(address, table.prefix[1])
        table.interfaces[entry["dev"]] = Interface(known.name, known.span, (*known.addresses, own))


def _enter(table: _Table, number: int, read: bool) -> None:
    if read:
        table.ledger.understood(number)
    else:
        table.ledger.not_understood(number, "this next hop cannot be read", Concern.ROUTING)


PLUGIN = Parser("fortios-routes", "Fortinet FortiGate routing table", sniff, parse, Kind.ROUTES)
