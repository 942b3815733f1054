"""Static routes, VRFs, and what one VRF imports of another.

``ip route [vrf N] A.B.C.D MASK NEXTHOP [{vrf N | global}] [DISTANCE] [weight W] [tag T] [noinstall | reject] [poll]
[noresolve]`` and, for IPv6, ``PREFIX/LENGTH`` with perhaps an interface. ``noinstall`` keeps a route out of
forwarding, ``reject`` discards. A next hop of another VRF is reached from there ("エクストラネット").

``import inter-vrf MAP`` takes the routes of other VRFs and of the global network that the route-map permits, with
distance 210; imported routes are not imported again. A map that is not there, or that ends, imports nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.text import Reason
from zoneguard.parsers._alaxala.config import Config, Instance, MapClause, Port, PrefixLine
from zoneguard.parsers._alaxala.interfaces import interface_name
from zoneguard.parsers._indented.config import MAIN
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.words import (
    UnreadableError,
    Words,
    address,
    is_number,
    is_quad,
    mask_length,
    number,
    prefix,
)

STATIC_DISTANCE = 2
IMPORTED_DISTANCE = 210
POLLED = "a polled route is withdrawn while its gateway does not answer"
_LIMITS = frozenset({"description", "maximum", "arp-limit", "rd", "mode"})
_SET_ONLY = frozenset({"set"})
_KINDS = {"connected": RouteKind.CONNECTED, "static": RouteKind.STATIC}


def read_route(line: Line, config: Config) -> None:
    """``ip route`` and ``ipv6 route``. Raises ``UnreadableError``."""
    v6 = line.head == "ipv6"
    words = Words(line.words[2:])
    context = str(number(words.take(), 1, 9999)) if words.took("vrf") else MAIN
    network, length = _destination(words, v6)
    hop: int | None = None
    via, interface = context, ""
    if is_quad(words.peek()) or ":" in words.peek():
        hop = address(words.take(), v6)
        if words.took("vrf"):
            via = str(number(words.take(), 1, 9999))
        elif words.took("global"):
            via = MAIN
    if words.peek() and words.peek()[0].isalpha() and words.peek() not in _OPTIONS:
        interface = interface_name((words.take(), words.take()))
    if hop is None and not interface:
        raise UnreadableError("a route without next hop")
    distance = number(words.take(), 1, 255) if is_number(words.peek()) else STATIC_DISTANCE
    kind = RouteKind.BLACKHOLE if interface.startswith("null") else RouteKind.STATIC
    installed = True
    while words.peek():
        word = words.take().lower()
        if word in ("weight", "tag"):
            words.take()
        elif word == "noinstall":
            installed = False
        elif word == "reject":
            kind = RouteKind.BLACKHOLE
        elif word == "poll":
            config.not_understood(line.number, POLLED, Concern.ROUTING)
        elif word != "noresolve":
            raise UnreadableError(Reason("not an option of a route that is known: {word}", word=word[:40]))
    if kind is RouteKind.BLACKHOLE:
        hop, interface, via = None, "", context
    if installed:
        config.routes.append((context, Route(network, length, line.span, kind, hop, interface, distance), via))


_OPTIONS = frozenset({"weight", "tag", "noinstall", "reject", "poll", "noresolve"})


def _destination(words: Words, v6: bool) -> tuple[int, int]:
    text = words.take()
    if text.lower() == "default":
        return (V6 if v6 else 0), 0
    if v6 or "/" in text:
        return prefix(text, v6)
    return prefix(f"{text}/{mask_length(words.take())}")


def read_vrf(line: Line, config: Config) -> None:
    """``vrf definition {N | global}`` with its imports."""
    if len(line.words) < 3:
        raise UnreadableError("a VRF without number")
    name = MAIN if line.words[2].lower() == "global" else str(number(line.words[2], 1, 9999))
    known = config.instance(name, line.span)
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        config.ledger.understood(child.number)
        if words[:2] == ("import", "inter-vrf") and len(words) == 3:
            known.imports[False] = (child.words[2], child.span)
        elif words[:3] == ("ipv6", "import", "inter-vrf") and len(words) == 4:
            known.imports[True] = (child.words[3], child.span)
        elif words[:3] in (("import", "multicast", "inter-vrf"), ("ipv6", "import", "multicast")):
            config.ignored("multicast groups; multicast is not in the model", [child])
        elif words[0] in _LIMITS or words[:2] in (("ipv6", "maximum"), ("ipv6", "nd-limit")):
            config.ignored("names and limits of a VRF", [child])
        else:
            config.not_understood(child.number, "this line of a VRF is not known", Concern.ROUTING)


def read_prefix_list(line: Line, config: Config) -> None:
    """``ip prefix-list NAME [seq N] {permit | deny} P/L [ge A] [le B]``."""
    v6 = line.head == "ipv6"
    words = Words(line.words[2:])
    name = words.take()
    known = config.prefixes.setdefault((v6, name), [])
    sequence = max((s for s, _ in known), default=0) + 10
    if words.took("seq"):
        sequence = number(words.take(), 1, 1 << 32)
    action = words.take().lower()
    if action not in ("permit", "deny"):
        raise UnreadableError(Reason("neither permit nor deny: {action}", action=action[:40]))
    network, length = prefix(words.take(), v6)
    most = 128 if v6 else 32
    low, high = length, length
    if words.took("ge"):
        low, high = number(words.take(), length, most), most
    if words.took("le"):
        high = number(words.take(), low, most)
    if words.peek():
        raise UnreadableError(Reason("not an option of a prefix list that is known: {word}", word=words.peek()[:40]))
    known.append((sequence, PrefixLine(action == "permit", network, length, low, high)))


def read_route_map(line: Line, config: Config) -> None:
    """``route-map NAME {permit | deny} SEQUENCE`` with what it matches."""
    words = Words(line.words[1:])
    name, action = words.take(), words.take().lower()
    sequence = number(words.take(), 1, 65535)
    if action not in ("permit", "deny"):
        raise UnreadableError(Reason("neither permit nor deny: {action}", action=action[:40]))
    vrfs: frozenset[str] | None = None
    prefixes: tuple[str, ...] | None = None
    kinds: frozenset[str] | None = None
    distance: int | None = None
    doubt = ""
    for child in line.children:
        said = tuple(word.lower() for word in child.words)
        config.ledger.understood(child.number)
        if said[:2] == ("match", "vrf") and len(said) > 2 and all(v == "global" or is_number(v) for v in said[2:]):
            vrfs = (vrfs or frozenset()) | frozenset(MAIN if v == "global" else v for v in said[2:])
        elif said[:4] in (("match", "ip", "address", "prefix-list"), ("match", "ipv6", "address", "prefix-list")):
            prefixes = (*(prefixes or ()), *child.words[4:])
        elif said[:2] == ("match", "protocol") and set(said[2:]) <= _KINDS.keys():
            kinds = (kinds or frozenset()) | frozenset(said[2:])
        elif said[:2] == ("set", "distance") and len(said) == 3 and is_number(said[2]):
            distance = int(said[2])
        elif said[0] not in _SET_ONLY and said[0] != "description":
            doubt = " ".join(said)[:80]
    config.maps.setdefault(name, []).append(
        MapClause(sequence, action == "permit", vrfs, prefixes, kinds, distance, doubt)
    )


def contexts(config: Config) -> dict[str, tuple[Route, ...]]:
    """The routes of every forwarding context, those it imports included."""
    own = {name: list(_own(config, name)) for name in names(config)}
    found: dict[str, tuple[Route, ...]] = {}
    for name, routes in own.items():
        instance = config.instances.get(name)
        imported = [] if instance is None else list(_imported(config, name, instance, own))
        found[name] = (*routes, *imported)
    return found


def names(config: Config) -> list[str]:
    """The forwarding contexts: the global network, and every VRF that is defined or used."""
    used = [port.vrf for port in config.ports.values()]
    used += [name for context, _, via in config.routes for name in (context, via)]
    return list(dict.fromkeys([MAIN, *config.instances, *used]))


def _own(config: Config, context: str) -> Iterator[Route]:
    shut = {port.name for port in config.ports.values() if port.shut}
    for owner, route, via in config.routes:
        if owner != context or route.interface in shut:
            continue
        if via == context or route.kind is RouteKind.BLACKHOLE or route.interface:
            yield route
            continue
        port = _towards(config, via, route.next_hop)
        if port is None:
            config.not_understood(
                route.span.first, "the next hop of another VRF is on none of its subnets", Concern.ROUTING
            )
        else:
            yield replace(route, interface=port.name)


def _towards(config: Config, context: str, hop: int | None) -> Port | None:
    """The interface of ``context`` on whose subnet ``hop`` is."""
    for port in config.ports.values():
        if port.vrf == context and not port.shut and any(hop in a.subnet for a in port.addresses if hop is not None):
            return port
    return None


def _imported(config: Config, name: str, instance: Instance, own: dict[str, list[Route]]) -> Iterator[Route]:
    """Routes of other contexts, each with the line that imports it: that line decides that packets go this way."""
    for v6, (map_name, span) in instance.imports.items():
        if map_name not in config.maps:
            reason = Reason(
                'the route-map "{map_name}" is not defined in this file: nothing is imported, or this is a part',
                map_name=map_name,
            )
            config.not_understood(span.first, reason, Concern.ROUTING)
            continue
        clauses = sorted(config.maps[map_name], key=lambda clause: clause.sequence)
        for clause in clauses:
            problem = clause.doubt or _undefined(config, clause, v6)
            if problem:
                reason = Reason("which routes are imported depends on what is not known: {problem}", problem=problem)
                config.not_understood(span.first, reason, Concern.ROUTING)
        for other, theirs in own.items():
            if other == name:
                continue
            for route in (*_connected(config, other), *theirs):
                if (route.network >= V6) == v6:
                    yield from _let_in(config, replace(route, span=span), other, clauses, v6)


def _undefined(config: Config, clause: MapClause, v6: bool) -> str:
    missing = [p for p in clause.prefixes or () if (v6, p) not in config.prefixes]
    return f"prefix-list {missing[0]}" if missing else ""


def _connected(config: Config, context: str) -> Iterator[Route]:
    for port in config.ports.values():
        if port.vrf == context and not port.shut:
            for own in port.addresses:
                yield Route(own.subnet.first, own.length, port.span, RouteKind.CONNECTED, None, port.name, 0)


def _let_in(config: Config, route: Route, other: str, clauses: list[MapClause], v6: bool) -> Iterator[Route]:
    clause = next((c for c in clauses if _fits(config, route, other, c, v6)), None)
    if clause is None or not clause.permits:
        return
    interface = route.interface
    if not interface and route.next_hop is not None:
        port = _towards(config, other, route.next_hop)
        if port is None:
            return  # the route is not active there, so that it is not imported
        interface = port.name
    kind = route.kind if route.kind is RouteKind.BLACKHOLE else RouteKind.STATIC
    yield replace(route, kind=kind, interface=interface, distance=clause.distance or IMPORTED_DISTANCE)


def _fits(config: Config, route: Route, other: str, clause: MapClause, v6: bool) -> bool:
    if clause.doubt or (clause.vrfs is not None and other not in clause.vrfs):
        return False
    if clause.kinds is not None and route.kind not in {_KINDS[kind] for kind in clause.kinds}:
        return False
    return clause.prefixes is None or any(
        _permitted(config.prefixes.get((v6, name), []), route, v6) for name in clause.prefixes
    )


def _permitted(lines: list[tuple[int, PrefixLine]], route: Route, v6: bool) -> bool:
    for _, line in sorted(lines, key=lambda pair: pair[0]):
        shift = (128 if v6 else 32) - line.length
        inside = route.length >= line.length and route.network >> shift == line.network >> shift
        if inside and line.low <= route.length <= line.high:
            return line.permits
    return False
