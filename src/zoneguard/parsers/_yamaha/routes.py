"""Static routes (command reference 8.1.7 and 30.4.1) → routes and policy routes.

A gateway with filters takes what its filters match, in the order written; without a match the gateways without filter
share the rest; where there are none, the route does not exist for that packet and the next shorter prefix decides. A
gateway that is used only while its line is up leaves its packets, when it is down, to the next shorter prefix.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from zoneguard.model.addresses import V6, parse_address, prefix_span
from zoneguard.model.device import PolicyRoute, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, Unknown, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._yamaha.config import Family, Gateway, line_name
from zoneguard.parsers._yamaha.filters import UnreadableError

_KEYWORDS = frozenset({"gateway", "filter", "dpi", "metric", "hide", "weight", "keepalive"})
_INTERFACE = re.compile(r"(?:lan|wan|onu|vlan|bridge)\d+(?:[./]\d+)?")


def gateways(words: Sequence[str]) -> tuple[Gateway, ...]:
    """``gateway WHERE [PARAMETER …] [gateway …]``. Raises ``UnreadableError``."""
    starts = [at for at, word in enumerate(words) if word == "gateway"]
    return tuple(_gateway(words[a + 1 : b]) for a, b in zip(starts, [*starts[1:], len(words)], strict=True))


def _gateway(words: Sequence[str]) -> Gateway:
    at = next((i for i, word in enumerate(words) if word in _KEYWORDS), len(words))
    interface, next_hop, blackhole = _where(words[:at])
    filters: list[str] = []
    doubt = ""
    conditional = False
    keyword = ""
    for word in words[at:]:
        if word in _KEYWORDS:
            keyword = word
            conditional |= word in ("hide", "keepalive")
        elif keyword == "filter" and word.isdigit():
            filters.append(word)
        elif keyword == "dpi":
            doubt = Reason("the application is one of DPI filter {word}", word=word)
        elif keyword not in ("metric", "weight", "keepalive") or not word.isdigit():
            raise UnreadableError(Reason("not a parameter of a route: {word}", word=word))
    return Gateway(interface, next_hop, blackhole, tuple(filters), doubt, conditional)


def _where(words: Sequence[str]) -> tuple[str, int | None, bool]:
    """Interface, next hop, whether it discards."""
    kind, number = words if len(words) == 2 else (words[0] if words else "", "")
    if kind == "pp" and len(words) > 1 and all(word.startswith(("name=", "dlci=")) for word in words[2:]):
        return line_name("pp", words[1]), None, False
    if kind == "tunnel" and number:
        return line_name("tunnel", number), None, False
    if kind in ("dhcp", "ra") and _INTERFACE.fullmatch(number):
        return number, None, False
    if len(words) != 1:
        raise UnreadableError("a route without gateway")
    if kind == "null" or re.fullmatch(r"loopback\d", kind):
        return "null", None, True
    if _INTERFACE.fullmatch(kind):
        return kind, None, False
    address, _, scope = kind.partition("%")
    return scope, parse_address(address), False


@dataclass(frozen=True, slots=True)
class Connected:
    """The subnet ``network/length`` of ``interface``."""

    network: int
    length: int
    interface: str
    span: SourceSpan


def routing(family: Family, connected: Sequence[Connected]) -> tuple[list[PolicyRoute], list[Route]]:
    """What the routes of ``family`` do, longest prefix first. ``connected`` subnets hide shorter routes, too."""
    policies: list[PolicyRoute] = []
    table: list[Route] = []
    subnets = {(c.network, c.length): c for c in connected}
    certain = sorted(subnets)  # where some gateway stands whatever the packet
    for (network, length), (span, found) in sorted(family.routes.items(), key=lambda item: -item[0][1]):
        plain = [g for g in found if g.plain]
        if len(plain) < len(found):
            destination = In(Field.DST, prefix_span(network, length) - _inside(network, length, certain))
            for gateway in found:
                if not gateway.plain:
                    match = both(destination, _condition(gateway, family, span))
                    policies.append(PolicyRoute(match, span, ((gateway.next_hop, gateway.interface),)))
        table.extend(_route(network, length, gateway, span) for gateway in plain)
        if plain:
            insort(certain, (network, length))
            if all(g.conditional for g in plain):
                table.extend(_while_down(network, length, family, subnets))
    return policies, table


def _inside(network: int, length: int, prefixes: Sequence[tuple[int, int]]) -> Intervals:
    whole = prefix_span(network, length)
    low, high = whole.spans[0]
    inside = prefixes[bisect_left(prefixes, (low, 0)) : bisect_left(prefixes, (high + 1, 0))]
    return Intervals.from_spans(prefix_span(n, m).spans[0] for n, m in inside if m > length)


def _condition(gateway: Gateway, family: Family, span: SourceSpan) -> Match:
    """Some filter matches. Whether one that rejects or is not readable takes the packet is not documented."""
    parts: list[Match] = []
    for number in gateway.filters:
        known = family.static.get(number)
        doubt = Unknown(
            Reason("filter {number} takes a packet for a route", number=number), known.span if known else span
        )
        if known is None or not known.action:
            parts.append(doubt)
        else:
            parts.append(known.match if known.action == "pass" else both(known.match, doubt))
    if gateway.doubt:
        parts.append(Unknown(gateway.doubt, span))
    up = (
        (Unknown(Reason("the way by {interface} is up", interface=gateway.interface or Reason("a gateway")), span),)
        if gateway.conditional
        else ()
    )
    return both(either(*parts), *up)


def _route(network: int, length: int, gateway: Gateway, span: SourceSpan) -> Route:
    kind = RouteKind.BLACKHOLE if gateway.blackhole else RouteKind.STATIC
    interface = "" if gateway.blackhole else gateway.interface
    return Route(network, length, span, kind, gateway.next_hop, interface)


def _while_down(
    network: int, length: int, family: Family, subnets: Mapping[tuple[int, int], Connected]
) -> Iterator[Route]:
    """The gateways of the shorter prefixes that take over while every gateway of this one is down."""
    bits = 128 if network >= V6 else 32
    for shorter in range(length - 1, -1, -1):
        wider = (network >> (bits - shorter) << (bits - shorter), shorter)
        if (subnet := subnets.get(wider)) is not None:
            yield Route(network, length, subnet.span, interface=subnet.interface)
            return
        span, found = family.routes.get(wider, (None, ()))
        plain = [g for g in found if g.plain]
        if span is not None and plain:
            yield from (_route(network, length, gateway, span) for gateway in plain)
            if not all(g.conditional for g in plain):
                return
