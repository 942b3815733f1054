"""Cisco ASA, FTD: the tables that ``show route`` and ``show ipv6 route`` print.

Rows have a code, network and mask, ``[distance/metric]``, the next hop and the ``nameif`` of the interface. Rows under
another without a network share its load. ``L`` rows are the device's own addresses; ``tunneled`` default routes take
what comes out of tunnels alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers._cisco_asa.tunneled import OPEN, exported
from zoneguard.parsers._cisco_asa.values import network, prefix6
from zoneguard.parsers.accounting import BLANK, Ledger

_ADDRESS = r"\d{1,3}(?:\.\d{1,3}){3}"
_CODE = r"[A-Zai][A-Za-z0-9]?\*?(?: ?[A-Z][A-Z0-9])?\*?"
_FIRST = re.compile(rf"(?P<code>{_CODE})\s+(?P<net>{_ADDRESS})\s+(?P<mask>{_ADDRESS})(?P<way>\s.*)?")
_FIRST6 = re.compile(
    r"(?P<code>[A-Z][A-Z0-9]?\*?)\s+(?P<net>[0-9a-fA-F:.]+/\d{1,3})\s+\[(?P<d>\d+)/(?P<m>\d+)\](?P<way>.*)"
)
_WAY = re.compile(
    rf"\s*\[(?P<d>\d{{1,3}})/(?P<m>\d{{1,10}})\]\s+via (?P<hop>{_ADDRESS}|[0-9a-fA-F:]+)(?:,\s*(?P<rest>.*))?"
)
_WAY6 = re.compile(r"\s*via (?P<hop>[0-9a-fA-F:.]+),\s*(?P<name>\S+)\s*")
_CONNECTED = re.compile(r"\s*(?:\[(?P<d>\d{1,3})/(?P<m>\d{1,10})\]\s+)?(?:is )?directly connected,\s*(?P<name>\S+)\s*")
_VPN = re.compile(r"\s*connected by VPN \(\w+\),\s*(?P<name>\S+)\s*")
_AGE = re.compile(r"(?:\d+:)+\d+|\d+[wdy]\d+[dhw]|never")
_AROUND = re.compile(
    r"Codes:|\s+[A-Za-z][A-Za-z0-9]? - |Gateway of last resort|IPv6 Routing Table|Routing Table:|.*[>#]\s*(?:show .*)?$"
    r"|\s+\S+ is (?:variably )?subnetted|\s*[A-Za-z0-9 ,-]+ - [A-Za-z]"
)
_HEADER = "column names, codes or console session"
_SAMPLE = 2000


@dataclass(slots=True)
class _Table:
    routes: list[Route] = field(default_factory=list)
    spans: dict[str, int] = field(default_factory=dict)  # interface → line
    tunneled: list[Route] = field(default_factory=list)
    own: dict[str, list[int]] = field(default_factory=dict)
    subnets: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    prefix: tuple[int, int] | None = None  # of the row above
    code: str = ""
    rank: tuple[int, int] = (0, 0)


def sniff(source: Source) -> float:
    """By rows with a mask in place of a length, which other vendors' tables do not have."""
    lines = source.lines[:_SAMPLE]
    rows = sum(1 for line in lines if (m := _FIRST.match(line)) and (not m["way"] or _is_way(m["way"])))
    if rows:
        return 0.95
    text = "\n".join(lines[:20])
    return 0.6 if "IPv6 Routing Table" in text and any(_WAY6.fullmatch(line) for line in lines) else 0.0


def _is_way(text: str) -> bool:
    return any(pattern.match(text) for pattern in (_WAY, _CONNECTED, _VPN))


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    table = _Table()
    for number, line in enumerate(source.lines, 1):
        if not line.strip():
            ledger.ignored(BLANK, number)
            continue
        try:
            read = _line(source, number, line, table, ledger)
        except ValueError:
            ledger.not_understood(number, "an address or mask that cannot be read", Concern.ROUTING)
            continue
        if read:
            ledger.understood(number)
        elif _AROUND.match(line):
            ledger.ignored(_HEADER, number)
        else:
            ledger.not_understood(number, "not a row of the table of routes", Concern.ROUTING)
    interfaces = tuple(
        Interface(known, source.span(line), _addresses(table, known)) for known, line in table.spans.items()
    )
    out_of_tunnels = exported(name, table.tunneled, table.routes)
    vrf = Vrf("main", frozenset(table.spans), tuple(table.routes), (Routing(),), policy_routes=out_of_tunnels)
    span = source.whole
    device = Device(name, "cisco-asa", interfaces, (vrf,), span, ledger.uncertain)
    return Parsed((device,), ledger.close())


def _line(source: Source, number: int, line: str, table: _Table, ledger: Ledger) -> bool:
    first = _FIRST.match(line)
    if first is not None and (not first["way"] or not first["way"].strip() or _is_way(first["way"])):
        table.prefix, table.code = network(first["net"], first["mask"]), first["code"].rstrip("*")
        way = first["way"] or ""
        return not way.strip() or _way(source, number, way, table, ledger)
    first6 = _FIRST6.fullmatch(line.rstrip())
    if first6 is not None:
        table.prefix, table.code = prefix6(first6["net"]), first6["code"].rstrip("*")
        table.rank = int(first6["d"]), int(first6["m"])
        return not first6["way"].strip() or _way(source, number, first6["way"], table, ledger)
    if table.prefix is not None and line[:1].isspace():
        return _way(source, number, line, table, ledger)
    return False


def _way(source: Source, number: int, text: str, table: _Table, ledger: Ledger) -> bool:
    """One way to ``table.prefix``; ``False`` where the text is none."""
    assert table.prefix is not None
    if (six := _WAY6.fullmatch(text)) is not None and table.prefix[0] >= V6:
        hop = parse_address(six["hop"])
        _add(source, number, table, None if hop == V6 else hop, six["name"], table.rank)
        return True
    if (by := _WAY.fullmatch(text.rstrip())) is not None:
        words = [w for w in re.split(r"[,\s]+", by["rest"] or "") if w and not _AGE.fullmatch(w)]
        if "tunneled" in words:
            words.remove("tunneled")
            ledger.not_understood(number, OPEN, Concern.ROUTING, bounded=True)
            _add(source, number, table, parse_address(by["hop"]), words[0] if words else "", (0, 0))
            table.tunneled.append(table.routes.pop())
            return True
        if len(words) > 1:
            return False
        rank = int(by["d"]), int(by["m"])
        _add(source, number, table, parse_address(by["hop"]), words[0] if words else "", rank)
        return True
    if (on := _CONNECTED.fullmatch(text)) is not None:
        _add(source, number, table, None, on["name"], (int(on["d"] or 0), int(on["m"] or 0)))
        return True
    if (vpn := _VPN.fullmatch(text)) is not None:
        _add(source, number, table, None, vpn["name"], (0, 0))
        return True
    return False


def _add(source: Source, number: int, table: _Table, hop: int | None, name: str, rank: tuple[int, int]) -> None:
    assert table.prefix is not None
    base, length = table.prefix
    if name.lower() == "null0":
        table.routes.append(Route(base, length, source.span(number), RouteKind.BLACKHOLE, distance=rank[0]))
        return
    if name:
        table.spans.setdefault(name, number)
    if table.code == "L":
        whole = 128 if base >= V6 else 32
        if length == whole:
            table.own.setdefault(name, []).append(base)
        return
    if table.code == "C":
        table.subnets.setdefault(name, []).append((base, length))
    table.routes.append(Route(base, length, source.span(number), RouteKind.EXPORTED, hop, name, *rank))


def _addresses(table: _Table, name: str) -> tuple[InterfaceAddress, ...]:
    """The device's own addresses, each with the length of the subnet that it lies in."""
    return tuple(InterfaceAddress(own, _length(own, table.subnets.get(name, ()))) for own in table.own.get(name, ()))


def _length(address: int, subnets: Sequence[tuple[int, int]]) -> int:
    whole = 128 if address >= V6 else 32
    fitting = (
        n for base, n in subnets if (base >= V6) == (address >= V6) and address >> (whole - n) == base >> (whole - n)
    )
    return max(fitting, default=whole)


PLUGIN = Parser(
    name="cisco-asa-routes", title="Cisco ASA, FTD (show route)", sniff=sniff, parse=parse, kind=Kind.ROUTES
)
