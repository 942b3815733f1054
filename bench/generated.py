"""A network of routers with full routing tables and access lists, the same for the same size.

A ring of core routers with chords; every other router hangs on two of them. Each router has a zone of its own (a
/18) with prefixes on its LANs and behind a router that is not modelled, an access list in and out on each LAN, and
a route to every prefix of the network by every shortest path.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from random import Random

from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import (
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    Permit,
    Route,
    RouteKind,
    Routing,
    Rule,
    RuleList,
    Stage,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, both
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

LANS = 2
LINES_PER_LIST = 60
PREFIXES = 50
BLOCK = 18
SERVICES = ((6, 22), (6, 25), (6, 53), (17, 53), (6, 80), (17, 123), (6, 443), (6, 445), (6, 1433), (6, 3389))
ANYWHERE = prefix_span(10 << 24, 8)

Prefix = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Made:
    """What :func:`network` makes."""

    devices: tuple[Device, ...]
    zones: ZoneMap
    prefixes: int
    lines: int


def network(routers: int, seed: int = 1) -> Made:
    """``routers`` routers, 50 prefixes and 240 lines of access lists each."""
    random = Random(seed)
    links = _links(routers, random)
    prefixes = [_prefixes(n, random) for n in range(routers)]
    zones = [Zone(f"z{n}", ZoneClass.OTHER, (_block(n),), SourceSpan("zones", n, n)) for n in range(routers)]
    devices = tuple(_router(n, links, prefixes, random) for n in range(routers))
    lines = sum(len(s.rules.rules) for d in devices for s in d.vrfs[0].stages if isinstance(s, Filter))
    return Made(devices, ZoneMap(zones), sum(map(len, prefixes)), lines)


def _links(routers: int, random: Random) -> list[list[int]]:
    """Neighbours of each router."""
    core = max(3, round(routers**0.5))
    pairs = {(n, (n + 1) % core) for n in range(core)}
    pairs |= {tuple(random.sample(range(core), 2)) for _ in range(core // 2)}  # type: ignore[misc]
    pairs |= {(n, c) for n in range(core, routers) for c in random.sample(range(core), 2)}
    neighbours: list[list[int]] = [[] for _ in range(routers)]
    for a, b in sorted({(min(p), max(p)) for p in pairs}):
        neighbours[a].append(b)
        neighbours[b].append(a)
    return neighbours


def _block(number: int) -> Prefix:
    return (10 << 24) + (number << 14), BLOCK


def _prefixes(number: int, random: Random) -> list[Prefix]:
    """Disjoint prefixes of 24 to 27 bits in the router's block."""
    base = _block(number)[0]
    return [(base + (n << 8), random.choice((24, 24, 25, 26, 27))) for n in sorted(random.sample(range(64), PREFIXES))]


def _link_address(a: int, b: int) -> int:
    """The address of ``a`` on its link to ``b``."""
    low, high = min(a, b), max(a, b)
    return (172 << 24) + (16 << 16) + 2 * (low * 1000 + high) + (a == high)


def _router(number: int, links: list[list[int]], prefixes: list[list[Prefix]], random: Random) -> Device:
    own = prefixes[number]
    span = SourceSpan(f"r{number}", 1, 1)
    lans = tuple(
        Interface(f"lan{n}", span, (InterfaceAddress(network + 1, length),))
        for n, (network, length) in enumerate(own[:LANS])
    )
    ports = tuple(
        Interface(f"to{other}", span, (InterfaceAddress(_link_address(number, other), 31),)) for other in links[number]
    )
    behind = [
        Route(network, length, SourceSpan(f"r{number}", line, line), next_hop=own[line % LANS][0] + 2)
        for line, (network, length) in enumerate(own[LANS:], 1)
    ]
    stages: list[Stage] = [
        *(
            Filter(_access_list(f"in{n}", number, prefixes, False, random), ingress=frozenset({i.name}))
            for n, i in enumerate(lans)
        ),
        Routing(),
        *(
            Filter(_access_list(f"out{n}", number, prefixes, True, random), egress=frozenset({i.name}))
            for n, i in enumerate(lans)
        ),
    ]
    routes = (*behind, *_remote(number, links, prefixes))
    vrf = Vrf("main", frozenset(i.name for i in (*lans, *ports)), routes, tuple(stages))
    return Device(f"r{number}", "generated", (*lans, *ports), (vrf,), span)


def _remote(number: int, links: list[list[int]], prefixes: list[list[Prefix]]) -> list[Route]:
    """The routing table: every prefix of every other router by all shortest paths."""
    distance = _distances(number, links)
    to_here = [_distances(other, links) for other in links[number]]
    routes: list[Route] = []
    for other, theirs in enumerate(prefixes):
        if other == number:
            continue
        hops = [n for n, far in zip(links[number], to_here, strict=True) if far[other] == distance[other] - 1]
        for network, length in theirs:
            span = SourceSpan(f"r{number}", len(routes) + 100, len(routes) + 100)
            routes += [
                Route(
                    network,
                    length,
                    span,
                    RouteKind.EXPORTED,
                    _link_address(hop, number),
                    f"to{hop}",
                    110,
                    distance[other],
                )
                for hop in hops
            ]
    return routes


def _distances(start: int, links: list[list[int]]) -> dict[int, int]:
    distance = {start: 0}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        for other in links[here]:
            if other not in distance:
                distance[other] = distance[here] + 1
                queue.append(other)
    return distance


def _access_list(name: str, number: int, prefixes: list[list[Prefix]], outgoing: bool, random: Random) -> RuleList:
    """``outgoing``: towards the LANs of router ``number``; otherwise from them."""
    rules = []
    for line in range(LINES_PER_LIST):
        span = SourceSpan(f"r{number}", 10_000 + line, 10_000 + line)
        near = prefix_span(*random.choice(prefixes[number])) if random.random() < 0.8 else prefix_span(*_block(number))
        other = random.randrange(len(prefixes))
        far = random.choice(
            (
                prefix_span(*random.choice(prefixes[other])),
                prefix_span(*random.choice(prefixes[other])),
                prefix_span(*_block(other)),
                ANYWHERE,
            )
        )
        source, destination = (far, near) if outgoing else (near, far)
        match: Match = both(In(Field.SRC, source), In(Field.DST, destination))
        if random.random() < 0.8:
            proto, port = random.choice(SERVICES)
            match = both(In(Field.PROTO, Intervals.of(proto)), match, In(Field.DPORT, Intervals.of(port)))
        rules.append(Rule(match, Permit() if random.random() < 0.7 else Deny(), span))
    return RuleList(name, tuple(rules), Deny(), SourceSpan(f"r{number}", 10_000, 10_000))
