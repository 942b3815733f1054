"""``route`` and ``ipv6 route``: static routes, those that are followed while a target answers, and null0.

A tracked route may be gone; then the next best of its prefix, or of a shorter one, leads on: both are in the model.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import ranked, settled
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._cisco_asa.tunneled import OPEN
from zoneguard.parsers._cisco_asa.values import UnreadableError, Words, network, number, prefix6

_DISTANCE = 255


def read_route(command: Command, config: Config) -> None:
    """``route IF NET MASK GATEWAY [DISTANCE] [track N] [tunneled]`` and the IPv6 form. Raises ``UnreadableError``,
    ``ValueError`` or ``IndexError`` where malformed."""
    v6 = command.words[0] == "ipv6"
    words = Words(command.words, 2 if v6 else 1)
    name = words.take()
    if v6:
        prefix = prefix6(words.take())
    else:
        prefix = network(config.book.address(words.take()), config.book.address(words.take()))
    blackhole = name.lower() == "null0"
    hop: int | None = None
    if (words.peek() and not blackhole) or _is_address(words.peek()):
        hop = parse_address(config.book.address(words.take()))
        if (hop >= V6) != v6:
            raise UnreadableError("a next hop of the other version of IP")
    distance = number(words.take(), _DISTANCE) if words.peek().isdigit() else 1
    span = config.span(command)
    if words.skip("track"):
        config.tracked[span] = words.take()
    tunneled = words.skip("tunneled")
    if words.rest():
        raise UnreadableError(Reason("a word that is not known: {word}", word=words.take()[:40]))
    if not blackhole and name not in config.named:
        config.not_understood(command.line, "a route out of an interface that is not defined", Concern.ROUTING)
        return
    kind = RouteKind.BLACKHOLE if blackhole else RouteKind.STATIC
    interface = "" if blackhole else config.interface(name)
    # A next hop of zeros is the destination itself, on the link.
    next_hop = None if blackhole or hop in (0, V6) else hop
    route = Route(*prefix, span, kind, next_hop, interface, distance)
    (config.tunneled if tunneled else config.routes).append(route)
    if tunneled:
        config.not_understood(command.line, OPEN, Concern.ROUTING, bounded=True)


def assigned(config: Config) -> tuple[Route, ...]:
    """The default routes that come with assigned addresses, of distance 1 (``dhcp-client route distance``, ``pppoe
    client route distance``); what the addresses leave open is said."""
    asked = (
        (replace(given, interface=config.interface(port.name), alone=given.alone or port.management), rank)
        for port in config.named.values()
        if not port.shut
        for given, rank in ranked(port.given, (1, 0) if port.takes_default else None)
    )
    return settled(config.ledger, asked, config.routes)


def _is_address(text: str) -> bool:
    return "." in text or ":" in text


def routes(config: Config) -> tuple[Route, ...]:
    """Every static route, and what takes over for the tracked ones."""
    known: dict[tuple[int, int], list[Route]] = {}
    for route in config.routes:
        known.setdefault((route.network, route.length), []).append(route)
    return tuple(out for group in known.values() for out in _with_backups(group, known, config))


def _with_backups(group: list[Route], known: dict[tuple[int, int], list[Route]], config: Config) -> Iterator[Route]:
    best = min(route.distance for route in group)
    if not all(route.span in config.tracked for route in group if route.distance == best):
        yield from group
        return
    taking: list[Route] = []
    for route in _candidates(group, known):
        rank = (route.length, route.distance)
        certain = any(r.span not in config.tracked for r in taking)
        if certain and rank != (taking[-1].length, taking[-1].distance):
            break
        taking.append(route)
    first = group[0]
    for route in taking:
        yield replace(route, network=first.network, length=first.length, distance=best)


def _candidates(group: list[Route], known: dict[tuple[int, int], list[Route]]) -> Iterable[Route]:
    """The routes of the prefix and of every shorter one around it, the better ones first."""
    first = group[0]
    bits = 128 if first.network >= V6 else 32
    base = V6 if first.network >= V6 else 0
    for length in range(first.length, -1, -1):
        network_ = base + ((first.network - base) >> (bits - length) << (bits - length))
        yield from sorted(known.get((network_, length), ()), key=lambda r: r.distance)
