"""Interfaces whose address the network assigns: which of that stays open.

The subnet of such an interface, and the gateway on it, are not in the export. Where the default route of its context
leads out by it, routing is bounded all the same: hosts of that subnet are destinations that go out there anyway, and
senders that are behind the interface anyway. A longer route keeps its destinations: a subnet inside of what the
configuration leads elsewhere is taken not to be assigned. Without such a default route nobody can tell which hosts are
behind the interface, and what the device forwards is open. A line from point to point (PPP) has no subnet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Route
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers.accounting import Ledger
from zoneguard.parsers.assembly import assigned

Rank = tuple[int, int]
"""Distance and metric of a route."""


@dataclass(frozen=True, slots=True)
class Given:
    """``interface`` gets an address by ``by`` (``DHCP``, ``PPP``), as the line at ``span`` asks. ``alone``: no further
    address comes with it, as of a line from point to point."""

    interface: str
    by: str
    span: SourceSpan
    v6: bool = False
    alone: bool = False


def settled(ledger: Ledger, asked: Iterable[tuple[Given, Rank | None]], routes: Sequence[Route]) -> tuple[Route, ...]:
    """The default routes that come with addresses in a context with ``routes``, ranked as said (``None``: none comes).
    What the addresses leave open is entered."""
    pairs = list(asked)
    coming = (given_default(routes, g.interface, g.span, g.v6, rank) for g, rank in pairs if rank is not None)
    found = tuple(route for some in coming for route in some)
    for given, _ in pairs:
        bounded = given.alone or leads_out((*routes, *found), given.interface, given.v6)
        ledger.not_understood(given.span.first, assigned(given.by, given.v6), Concern.INTERFACE, bounded)
    return found


def ranked(given: Sequence[Given], rank: Rank | None) -> Iterator[tuple[Given, Rank | None]]:
    """Addresses of one interface for ``settled``; with the first of IPv4 comes a default route of this rank."""
    first = next((one for one in given if not one.v6), None)
    yield from ((one, rank if one is first else None) for one in given)


def leads_out(routes: Iterable[Route], interface: str, v6: bool) -> bool:
    """Whether a default route of the best rank names ``interface``."""
    defaults = [r for r in routes if not r.length and (r.network >= V6) == v6 and not r.into]
    best = min(((r.distance, r.metric) for r in defaults), default=None)
    return any(r.interface == interface and (r.distance, r.metric) == best for r in defaults)


def given_default(
    routes: Iterable[Route], interface: str, span: SourceSpan, v6: bool = False, rank: Rank = (0, 0)
) -> tuple[Route, ...]:
    """The default route that comes with the address: none where ``routes`` have one out of ``interface``.

    The network may also give none: where ``rank`` is better than that of the configured ones, both are possible ways.
    """
    network = V6 if v6 else 0
    defaults = [r for r in routes if not r.length and r.network == network]
    if any(r.interface == interface for r in defaults):
        return ()
    distance, metric = max(rank, min(((r.distance, r.metric) for r in defaults), default=rank))
    return (Route(network, 0, span, interface=interface, distance=distance, metric=metric),)
