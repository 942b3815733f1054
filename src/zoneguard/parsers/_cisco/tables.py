"""What a routing table shows, gathered by forwarding context: routes, interfaces, the device's own addresses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Concern, Device, Interface, InterfaceAddress, Route, RouteKind, Routing, Vrf
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._cisco.config import DEFAULT
from zoneguard.parsers._cisco.leaks import leaked
from zoneguard.parsers.accounting import Ledger

NULL = ("null0", "null", "blackhole", "unreachable")
NO_NEXT_HOP = "this next hop cannot be read"


@dataclass(slots=True)
class Table:
    """``vrf`` and ``prefix`` are those that the next rows belong to; ``named``: interfaces of other contexts that rows
    lead out by."""

    source: Source
    ledger: Ledger
    vrf: str = DEFAULT
    prefix: tuple[int, int] | None = None
    kind: RouteKind = RouteKind.EXPORTED
    distance: int = 0
    metric: int = 0
    routes: dict[str, list[Route]] = field(default_factory=dict)
    interfaces: dict[str, Interface] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    own: list[tuple[str, int]] = field(default_factory=list)
    named: dict[SourceSpan, str] = field(default_factory=dict)

    def context(self, name: str) -> None:
        """The rows that follow are of this context."""
        self.vrf, self.prefix = name, None
        self.routes.setdefault(name, [])

    def _use(self, number: int, out: str) -> None:
        self.interfaces.setdefault(out, Interface(out, self.source.span(number)))
        self.members.setdefault(self.vrf, set()).add(out)

    def address(self, number: int, out: str, value: int) -> None:
        """An address of the device itself on ``out``."""
        self._use(number, out)
        self.own.append((out, value))
        self.ledger.understood(number)

    def add(self, number: int, hop: str, out: str, into: str = "") -> None:
        """A way of the current prefix."""
        assert self.prefix is not None
        try:
            next_hop = parse_address(hop) if hop else None
        except ValueError:
            self.ledger.not_understood(number, NO_NEXT_HOP, Concern.ROUTING)
            return
        span = self.source.span(number)
        kind = self.kind
        if out.lower() in NULL:
            kind, out, next_hop = RouteKind.BLACKHOLE, "", None
        elif into and into != self.vrf:
            self.named[span] = out
            out = ""
        else:
            into = ""
        if out:
            self._use(number, out)
        route = Route(*self.prefix, span, kind, next_hop, out, self.distance, self.metric, into)
        self.routes.setdefault(self.vrf, []).append(route)
        self.ledger.understood(number)

    def device(self, name: str) -> Device:
        """The table as a device of interfaces and routes."""
        connected: dict[str, list[Route]] = {}
        for route in (r for routes in self.routes.values() for r in routes if r.kind is RouteKind.CONNECTED):
            connected.setdefault(route.interface, []).append(route)
        connected.pop("", None)
        hosts = [(out, r.network) for out, known in connected.items() for r in known if r.length == _width(r.network)]
        for out, value in dict.fromkeys((*self.own, *hosts)):
            around = [r.length for r in connected.get(out, ()) if value in r.prefix]
            length = max(around, default=_width(value))
            known = self.interfaces[out]
            self.interfaces[out] = replace(known, addresses=(*known.addresses, InterfaceAddress(value, length)))
        leaks = leaked(self.routes, self.members, self.named)
        vrfs = tuple(
            Vrf(vrf, frozenset(self.members.get(vrf, ())), tuple(routes), (Routing(),), leaks.get(vrf, ()))
            for vrf, routes in (self.routes or {DEFAULT: []}).items()
        )
        span = self.source.whole
        return Device(name, "cisco", tuple(self.interfaces.values()), vrfs, span, self.ledger.uncertain)


def _width(address: int) -> int:
    return 128 if address >= V6 else 32
