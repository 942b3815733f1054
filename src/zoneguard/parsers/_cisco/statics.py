"""``ip route`` and ``ipv6 route`` → routes.

A tracked route (``track``) is in the table only while what it watches is up, which no configuration tells: it and what
takes its place are both possible ways. A route that names another VRF moves the packet there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import DEFAULT, Config, Static, is_interface, spaced_name
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import Cursor, UnreadableError
from zoneguard.parsers.assembly import GATEWAY_ASSIGNED

TRACKED = "a route that is in force only while what it tracks is up: both ways are taken to be possible"
_MOST_TAG = (1 << 32) - 1
_ALONE = frozenset({"permanent", "multicast", "unicast"})

Prefix = tuple[int, int]


def read_route(config: Config, line: Line, words: tuple[str, ...], vrf: str) -> None:
    """The words behind ``ip route`` or ``ipv6 route`` (and behind a VRF's name)."""
    try:
        route = _route(line, Cursor(words), vrf)
    except UnreadableError as error:
        config.unread(line, Concern.ROUTING, why=str(error))
        return
    config.statics.append(route)
    config.understood(line)
    if route.tracked:
        config.ledger.not_understood(line.number, TRACKED, Concern.ROUTING, bounded=True)


def _route(line: Line, cursor: Cursor, vrf: str) -> Static:
    first = cursor.take()
    if "/" in first:
        network, length = values.prefix(first)
    else:
        length = values.mask_length(cursor.take())
        network = values.ipv4(first) & (values.FULL << (32 - length))
    route = Static(vrf, network, length, line)
    while not cursor.done:
        word = cursor.take()
        bare = word.removesuffix("/32").removesuffix("/128")
        if values.is_address(bare):
            route = replace(route, next_hop=values.address(bare))
        elif word == "dhcp":
            route = replace(route, by_dhcp=True)
        elif word == "track":
            cursor.take()
            route = replace(route, tracked=True)
        elif word == "tag":
            values.number(cursor.take(), _MOST_TAG)
        elif word == "name":
            cursor.take()
        elif word in ("global", "nexthop-vrf", "vrf"):
            route = replace(route, context=DEFAULT if word == "global" else cursor.take())
        elif word in _ALONE:
            continue
        elif word.isascii() and word.isdigit():
            route = replace(route, distance=values.number(word, 255))
        elif route.interface or route.next_hop is not None:
            raise UnreadableError("words behind the end of a route")
        elif is_interface(word):
            route = replace(route, interface=word)
        else:
            route = replace(route, interface=spaced_name(word, cursor.take()))
    if not route.interface and route.next_hop is None and not route.by_dhcp:
        raise UnreadableError("a route without a way")
    if route.next_hop is not None and (route.next_hop >= V6) != (network >= V6):
        raise UnreadableError("the next hop is of the other version of IP")
    return route


def placed(config: Config, statics: Iterable[Static]) -> Iterator[Static]:
    """The routes, those by the gateway that DHCP gives out of the interface that asks for it; not those of which
    nobody can tell it."""
    for static in statics:
        if not static.by_dhcp:
            yield static
            continue
        named = config.interface(static.interface) if static.interface else ""
        asking = [p.name for p in config.ports.values() if p.by_dhcp and p.enabled and p.vrf == static.vrf]
        ways = [name for name in asking if name == named] if named else asking
        config.ledger.not_understood(static.line.number, GATEWAY_ASSIGNED, Concern.ROUTING, bounded=len(ways) == 1)
        if len(ways) == 1:
            yield replace(static, interface=ways[0])


def routes(config: Config, statics: Iterable[Static]) -> tuple[Route, ...]:
    """The static routes of one VRF."""
    chosen: list[tuple[Static, Route]] = [(s, _model(config, s)) for s in statics]
    if not any(static.tracked for static, _ in chosen):
        return tuple(route for _, route in chosen)
    by_prefix: dict[Prefix, list[tuple[Static, Route]]] = defaultdict(list)
    for static, route in chosen:
        by_prefix[static.network, static.length].append((static, route))
    return tuple(route for prefix in by_prefix for route in _possible(prefix, by_prefix))


def _possible(prefix: Prefix, by_prefix: dict[Prefix, list[tuple[Static, Route]]]) -> Iterable[Route]:
    """The routes of a prefix, those that may be in force at one rank; where all may be absent, also the wider ones."""
    rivals = sorted(by_prefix[prefix], key=lambda pair: pair[1].distance)
    firm = min((route.distance for static, route in rivals if not static.tracked), default=None)
    if not any(s.tracked and (firm is None or r.distance <= firm) for s, r in rivals):
        return [route for _, route in rivals]
    found = [replace(r, distance=1) for _, r in rivals if firm is None or r.distance <= firm]
    if firm is None:
        network, length = prefix
        width = 128 if network >= V6 else 32
        for shorter in range(length - 1, -1, -1):
            wider = (network & ~((1 << (width - shorter)) - 1), shorter)
            if wider in by_prefix:
                found += [replace(r, network=network, length=length, distance=1) for r in _possible(wider, by_prefix)]
                break
    return found


def _model(config: Config, static: Static) -> Route:
    span = config.span(static.line)
    name = config.interface(static.interface) if static.interface else ""
    if name.lower() in ("null0", "null"):
        return Route(static.network, static.length, span, RouteKind.BLACKHOLE, distance=static.distance)
    context = static.context
    if name in config.ports and not context:
        context = config.ports[name].vrf
    into = context if context and context != static.vrf else ""
    return Route(
        static.network, static.length, span, RouteKind.STATIC, static.next_hop, "" if into else name,
        static.distance, into=into,
    )  # fmt: skip
