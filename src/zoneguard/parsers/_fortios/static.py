"""FortiOS static routes, and which destinations the routes of a set of interfaces win."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from zoneguard.model.addresses import ALL_V6, V6, address_or_none, prefixes
from zoneguard.model.device import Concern, PolicyRoute, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, both
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import AddressBook
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.interfaces import Interfaces
from zoneguard.parsers._fortios.schema import LABEL, MANAGEMENT, SHAPING, Schema, account, ignore
from zoneguard.parsers._fortios.zones import SdWan
from zoneguard.parsers.assembly import GATEWAY_ASSIGNED, learned

STATIC = Schema(
    frozenset({
        "dst", "dstaddr", "gateway", "device", "distance", "priority", "blackhole", "status", "sdwan", "sdwan-zone",
        "virtual-wan-link", "internet-service", "internet-service-custom", "dynamic-gateway", "vrf",
    }),
    Concern.ROUTING,
    {
        "weight": SHAPING, "bfd": "changes routes only while a probe fails", "tag": LABEL, "devindex": LABEL,
        "link-monitor-exempt": "changes routes only while a probe fails", "preferred-source": MANAGEMENT,
        "src": MANAGEMENT,
    },
)  # fmt: skip
DYNAMIC = ("router ospf", "router ospf6", "router rip", "router ripng", "router isis", "router bgp")
_PEERS = (
    "network", "area", "interface", "ospf-interface", "ospf6-interface", "isis-interface", "neighbor",
    "neighbor-group", "neighbor-range",
)  # fmt: skip
_BGP_PEERS = frozenset({"neighbor", "neighbor-group", "neighbor-range"})


@dataclass(frozen=True, slots=True)
class Routing:
    """Routes by VRF number, and the policy routes that come of routes to internet services."""

    routes: dict[int, list[Route]]
    services: list[PolicyRoute]


def read_static(
    export: Export, scope: Scope, interfaces: Interfaces, sdwan: SdWan, books: tuple[AddressBook, AddressBook]
) -> Routing:
    """The static routes of a VDOM, of both families."""
    result = Routing({}, [])
    for path, book in (("router static", books[0]), ("router static6", books[1])):
        table = scope.block.blocks.get(path)
        if table is None:
            continue
        account(export.ledger, table, STATIC)
        for entry in table.entries.values():
            if entry.word("status", "enable") == "enable":
                _Entry(export, scope, interfaces, sdwan, book, entry).read(result)
    for path in DYNAMIC:
        if path in scope.block.blocks:
            _dynamic(export, scope.block.blocks[path])
    return result


@dataclass(frozen=True, slots=True)
class _Entry:
    export: Export
    scope: Scope
    interfaces: Interfaces
    sdwan: SdWan
    book: AddressBook
    entry: Block

    def read(self, result: Routing) -> None:
        entry = self.entry
        service = entry.word("internet-service") or entry.word("internet-service-custom")
        if service and service != "0":
            self._internet_service(service, result)
            return
        for network, length in self._prefixes():
            for route in self._ways(network, length):
                vrf = values.number(entry.word("vrf", "0"), 65535) or self.interfaces.vrf.get(route.interface, 0)
                result.routes.setdefault(vrf, []).append(route)

    def _prefixes(self) -> Iterator[tuple[int, int]]:
        v6 = self.book.family == ALL_V6
        if self.entry.values("dstaddr"):
            found = self.book.union(self.entry.values("dstaddr"), self.entry.line("dstaddr"))
            if found.others or found.doubts:
                self._misread("dstaddr", "the destinations of this route are not plain addresses of the file")
            yield from prefixes(found.exact)
            return
        words = self.entry.values("dst") or (("::/0",) if v6 else (values.ZERO, values.ZERO))
        base = values.interface_address(words)
        if base is None or (base.address >= V6) != v6:
            self._misread("dst", "this destination cannot be read")
            return
        yield base.subnet.first, base.length

    def _ways(self, network: int, length: int) -> Iterator[Route]:
        entry = self.entry
        base = Route(
            network,
            length,
            self.export.span(entry),
            distance=values.number(entry.word("distance", "10"), 255) or 10,
            metric=values.number(entry.word("priority", "0"), 65535) or 0,
        )
        zone = entry.values("sdwan-zone")
        if entry.enabled("blackhole"):
            yield replace(base, kind=RouteKind.BLACKHOLE)
        elif zone or entry.enabled("sdwan") or entry.enabled("virtual-wan-link"):
            for member in [m for name in zone or ("",) for m in self.sdwan.of_zone(name)]:
                gateway = member.gateway6 if network >= V6 else member.gateway
                yield replace(base, next_hop=gateway, interface=member.interface)
        else:
            yield from self._way(base)

    def _way(self, base: Route) -> Iterator[Route]:
        device, text = self.entry.word("device"), self.entry.word("gateway")
        gateway = address_or_none(text) if text else None
        if text and gateway is None:
            self._misread("gateway", "this gateway cannot be read")
            return
        if self.entry.enabled("dynamic-gateway"):
            line = self.entry.line("dynamic-gateway")
            asks = any(given.interface == device for given in self.interfaces.given)
            self.export.ledger.not_understood(line, GATEWAY_ASSIGNED, Concern.ROUTING, bounded=asks)
        if not device and not gateway:
            self._misread("gateway" if text else "dst", "this route has neither device nor gateway")
            return
        if self.interfaces.listed and device and device not in self.interfaces.known:
            self._misread("device", Reason('the interface "{name}" is not defined in this file', name=device))
        yield replace(base, next_hop=gateway if gateway not in (0, V6) else None, interface=device)

    def _internet_service(self, service: str, result: Routing) -> None:
        """A route to a vendor's list of addresses is kept as a policy route."""
        line = self.entry.line("internet-service")
        reason = Reason("the addresses of internet service {service} are not in the file", service=service)
        self.export.ledger.not_understood(line, reason, Concern.ROUTING, bounded=True)
        unknown = self.export.unknown(
            self.scope, Reason("the destination is in internet service {service}", service=service), line
        )
        gateway = address_or_none(self.entry.word("gateway")) or None
        match = both(In(Field.DST, self.book.family), unknown)
        targets = ((gateway, self.entry.word("device")),)
        result.services.append(PolicyRoute(match, self.export.span(self.entry), targets))

    def _misread(self, name: str, reason: str) -> None:
        self.export.ledger.not_understood(self.entry.line(name), reason, Concern.ROUTING)


def winners(routes: Iterable[Route]) -> list[tuple[Route, Intervals]]:
    """Each route with the destinations for which no other of ``routes`` has a longer prefix or a better rank."""
    best: dict[tuple[int, int], list[Route]] = {}
    for route in routes:
        best.setdefault((route.network, route.length), []).append(route)
    won: dict[tuple[int, int], list[tuple[int, int]]] = {key: [] for key in best}
    open_prefixes: list[tuple[tuple[int, int], int]] = []  # those around the place of the sweep, and their last address
    place = 0
    for key in (*sorted(best), (1 << 130, 0)):
        while open_prefixes and open_prefixes[-1][1] < key[0]:
            closing, last = open_prefixes.pop()
            won[closing].append((place, last))
            place = max(place, last + 1)
        if open_prefixes:
            won[open_prefixes[-1][0]].append((place, key[0] - 1))
        if key in best:
            place = key[0]
            open_prefixes.append((key, best[key][0].prefix.spans[-1][1]))
    result: list[tuple[Route, Intervals]] = []
    for key, rivals in best.items():
        rank = min((r.distance, r.metric) for r in rivals)
        left = Intervals.from_spans(won[key])
        result += [(r, left) for r in rivals if (r.distance, r.metric) == rank]
    return result


def connected(interfaces: Interfaces, names: Iterable[str]) -> list[Route]:
    """The routes to the subnets of the enabled interfaces among ``names``."""
    known = [interfaces.known[name] for name in names if name in interfaces.known]
    return [
        Route(a.subnet.first, a.length, i.span, RouteKind.CONNECTED, interface=i.name, distance=0)
        for i in known
        if i.enabled
        for a in i.addresses
    ]


def _dynamic(export: Export, block: Block) -> None:
    """A routing protocol that has peers or networks brings routes that the file does not show."""
    peers = _BGP_PEERS if block.name == "router bgp" else _PEERS
    if any(block.table(name) for name in peers):
        ignore(export.ledger, block, "settings of dynamic routing, reported at their first line")
        reason = learned(block.name.split()[1].upper())
        export.ledger.not_understood(block.first, reason, Concern.ROUTING)
    else:
        ignore(export.ledger, block, "dynamic routing protocol without networks or neighbours")
