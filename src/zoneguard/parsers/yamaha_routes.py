"""Yamaha RTX, NVR, FWX: the tables that ``show ip route`` and ``show ipv6 route`` print.

Columns: destination, gateway, interface, kind, additional information (command reference 58.4 and 58.6), headed in
English or, with ``console character ja…``, in Japanese; that of IPv6 has no additional information. The gateway of an
``implicit`` route is the router's own address. Several rows of one destination share the load.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from zoneguard.model.addresses import V6, parse_address, prefix_of
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.model.text import Reason
from zoneguard.parsers import Kind, Parsed, Parser, Source
from zoneguard.parsers.accounting import BLANK, Ledger

_HEADER = re.compile(
    r"\s*(?:Destination\s+Gateway\s+Interface\s+(?:(?P<v4>Kind)|Type)\b"  # IPv4 says kind, IPv6 type
    r"|宛先ネットワーク\s+ゲートウェイ\s+インタフェース\s+(?:種別|タイプ)(?P<ja4>\s+付加情報)?)"
)
_ROW = re.compile(
    r"\s*(?P<to>default|[0-9a-fA-F:.]+(?:/\d{1,3})?)\s+(?P<by>-|[0-9a-fA-F:.]+(?:%\w+)?)\s+"
    r"(?P<out>[A-Za-z][\w/.\[\]()-]*)\s+(?P<kind>[A-Za-z]+)(?P<more>(?:\s+\S+)*)\s*"
)
_HALF_ROW = re.compile(r"\s*(?:default|[0-9a-fA-F:.]+/\d{1,3})\s+(?:-|[0-9a-fA-F:.]+)\s*")
_INTERFACE = re.compile(r"([a-z]+)\[?(\d*|anonymous\d*)\]?((?:[/.]\d+)?)(?:\(dhcp\))?")
_KINDS = frozenset({"static", "implicit", "temporary", "redirect", "rip", "ospf", "bgp"})
_HARMLESS = re.compile(r"(?:[kw]\(\d+\)|(?:cost|path|metric)=\S*|\S*=\S*)")
_AROUND = re.compile(r"(?:.*[>#]\s*)?show ipv?6? ?route|.*[>#]\s*$|---|Searching", re.IGNORECASE)


@dataclass(slots=True)
class _Table:
    interfaces: dict[str, Interface]
    routes: list[Route]
    v6: bool | None = None  # None: no table has begun


def sniff(source: Source) -> float:
    """By the line of column names, which no other vendor has."""
    return 0.95 if any(_HEADER.match(line) for line in source.lines[:500]) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The table as a device of interfaces and routes called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    table = _Table({}, [])
    skip = 0
    for number, line in enumerate(source.lines, 1):
        if number == skip:
            ledger.understood(number)
            continue
        if (header := _HEADER.match(line)) is not None:
            table.v6 = not (header["v4"] or header["ja4"])
            ledger.ignored("column names", number)
        elif not line.strip():
            ledger.ignored(BLANK, number)
        elif table.v6 is not None:
            following = source.lines[number] if number < len(source.lines) else ""
            wrapped = _HALF_ROW.fullmatch(line) and following[:1].isspace()
            skip = number + 1 if wrapped and _row(source, number, f"{line} {following}", table, ledger) else 0
            if not wrapped:
                _row(source, number, line, table, ledger)
        elif _AROUND.match(line):
            ledger.ignored("console session", number)
        else:
            ledger.not_understood(number, "before the table of routes", Concern.ROUTING)
    vrf = Vrf("main", frozenset(table.interfaces), tuple(table.routes), (Routing(),))
    device = Device(
        name=name,
        vendor="yamaha",
        interfaces=tuple(table.interfaces.values()),
        vrfs=(vrf,),
        span=source.whole,
        uncertain=ledger.uncertain,
    )
    return Parsed((device,), ledger.close())


def _row(source: Source, number: int, line: str, table: _Table, ledger: Ledger) -> bool:
    """Read one route; ``False`` where the line is none (then it is accounted for)."""
    row = _ROW.fullmatch(line)
    if row is None or row["kind"].lower() not in _KINDS:
        if _AROUND.match(line):
            ledger.ignored("console session", number)
        else:
            ledger.not_understood(number, "not a row of the table of routes", Concern.ROUTING)
        return False
    try:
        network, length = ((V6 if table.v6 else 0), 0) if row["to"] == "default" else prefix_of(row["to"])
        gateway = None if row["by"] == "-" else parse_address(row["by"].partition("%")[0])
        interface = _interface(row["out"])
    except ValueError:
        ledger.not_understood(number, "an address or interface that cannot be read", Concern.ROUTING)
        return False
    span = source.span(number)
    implicit = row["kind"].lower() == "implicit"
    own = (InterfaceAddress(gateway, length),) if implicit and gateway is not None else ()
    known = table.interfaces.get(interface)
    addresses = tuple(dict.fromkeys((*(known.addresses if known else ()), *own)))
    table.interfaces[interface] = Interface(interface, known.span if known else span, addresses)
    hop = None if implicit else gateway
    kind = RouteKind.BLACKHOLE if interface == "null" else RouteKind.EXPORTED
    table.routes.append(Route(network, length, span, kind, hop, "" if interface == "null" else interface))
    ledger.understood(number)
    odd = [word for word in row["more"].split() if not _HARMLESS.fullmatch(word)]
    if odd:
        reason = Reason("a condition of the route that is not known: {words}", words=" ".join(odd)[:60])
        ledger.not_understood(number, reason, Concern.ROUTING)
    return True


def _interface(text: str) -> str:
    """``PP[01]`` → ``pp1``, ``TUNNEL[2]`` → ``tunnel2``, ``LAN1/1`` → ``lan1/1``. Raises ``ValueError``."""
    parts = _INTERFACE.fullmatch(text.lower())
    if parts is None:
        raise ValueError(text)
    kind, number, sub = parts.groups()
    if number.startswith("anonymous"):
        return f"{kind}-anonymous"
    return f"{kind}{int(number) if number else ''}{sub}"


PLUGIN = Parser(
    name="yamaha-routes", title="Yamaha RTX, NVR, FWX (show ip route)", sniff=sniff, parse=parse, kind=Kind.ROUTES
)
