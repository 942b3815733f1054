"""Clients that dial in: the addresses that they are given, and the interface by which their packets come.

The device adds a route to each pool by itself (Knowledge base 373219, "Source IP Pool Behavior in the SSL VPN Portal":
routes in the kernel to ``ssl.root``; CLI reference, ``vpn ipsec phase1-interface``, ``mode-cfg``, ``add-route``).
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import prefixes
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.addresses import AddressBook
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import TUNNELS, Schema, account, ignore
from zoneguard.parsers.assembly import DIALLED

SSL_SETTINGS, SSL_PORTALS = "vpn ssl settings", "vpn ssl web portal"
_POOLS = (("tunnel-mode", "ip-pools", "tunnel-ip-pools"), ("ipv6-tunnel-mode", "ipv6-pools", "tunnel-ipv6-pools"))
_RANGES = (("ipv4-start-ip", "ipv4-end-ip", "ipv4-name"), ("ipv6-start-ip", "ipv6-end-ip", "ipv6-name"))
NO_POOL = "the addresses that clients of the VPN are given are not plain addresses of the file"


def ssl_interface(scope: Scope) -> str:
    """The interface of SSL VPN clients, where the VDOM serves any."""
    settings = scope.table(SSL_SETTINGS)
    serves = settings.word("status", "enable") == "enable" and bool(settings.values("source-interface"))
    return f"ssl.{scope.name}" if serves else ""


def callers(export: Export, scope: Scope, books: tuple[AddressBook, AddressBook]) -> list[Route]:
    """The routes to clients of the SSL VPN and to peers that dial in and are given an address."""
    return [*_ssl(export, scope, books), *_dial_up(export, scope, books)]


def _ssl(export: Export, scope: Scope, books: tuple[AddressBook, AddressBook]) -> Iterator[Route]:
    interface = ssl_interface(scope)
    settings, portals = scope.table(SSL_SETTINGS), scope.table(SSL_PORTALS)
    if not interface:
        for table in (settings, portals):
            ignore(export.ledger, table, TUNNELS)
        return
    read = {name for _, pools, common in _POOLS for name in (pools, common)}
    account(export.ledger, settings, Schema(frozenset(read | {"status", "source-interface"}), Concern.ROUTING,
                                            {"*": TUNNELS}))  # fmt: skip
    account(export.ledger, portals, Schema(frozenset(read | {m for m, *_ in _POOLS}), Concern.ROUTING, {"*": TUNNELS}))
    for book, (mode, pools, common) in zip(books, _POOLS, strict=True):
        places = [(settings, common), *((p, pools) for p in portals.entries.values() if p.enabled(mode))]
        for block, name in places:
            yield from _to_pool(export, book, block, name, interface)


def _dial_up(export: Export, scope: Scope, books: tuple[AddressBook, AddressBook]) -> Iterator[Route]:
    for entry in scope.table("vpn ipsec phase1-interface").entries.values():
        if entry.word("type") != "dynamic":
            continue
        found = list(_given(export, entry, books)) if entry.enabled("mode-cfg") else []
        yield from found
        if not found and entry.enabled("add-route", default=True):
            export.ledger.not_understood(entry.line("type"), DIALLED, Concern.ROUTING)


def _given(export: Export, entry: Block, books: tuple[AddressBook, AddressBook]) -> Iterator[Route]:
    """The routes to what mode configuration gives out; none where another server chooses."""
    chosen = entry.word("assign-ip-from", "range")
    for book, (low, high, name) in zip(books, _RANGES, strict=True):
        if chosen == "name" and entry.values(name):
            yield from _to_pool(export, book, entry, name, entry.name)
        elif chosen == "range" and low in entry.settings:
            known = values.address_span(f"{entry.word(low)}-{entry.word(high, entry.word(low))}")
            if known is None:
                export.ledger.not_understood(entry.line(low), NO_POOL, Concern.ROUTING)
            else:
                export.ledger.understood(entry.line(low))
                yield from _routes(known, entry.name, export.source.span(entry.line(low)))


def _to_pool(export: Export, book: AddressBook, block: Block, name: str, interface: str) -> Iterator[Route]:
    words = block.values(name)
    if not words:
        return
    line = block.line(name)
    found = book.union(words, line)
    export.ledger.understood(line)
    if found.others or found.doubts:
        export.ledger.not_understood(line, NO_POOL, Concern.ROUTING)
    yield from _routes(found.exact, interface, export.source.span(line))


def _routes(addresses: Intervals, interface: str, span: SourceSpan) -> Iterator[Route]:
    for network, length in prefixes(addresses):
        yield Route(network, length, span, RouteKind.CALLERS, interface=interface, distance=0)
