"""Peers that dial in and are given addresses: pools, and the interfaces by which the peers are reached.

The router adds a route to each peer by itself ("Configuring PPP", "peer default ip address"; ``ip local pool``). Where
groups of VPN clients name a pool, the way to them is that of the tunnel which is made when they connect.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.addresses import prefixes
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import Applied, Config, Port
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.ports import LINK
from zoneguard.parsers._cisco.reasons import DEFINED_ONLY
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers.assembly import DIALLED


def read_pool(config: Config, line: Line) -> None:
    """``ip local pool NAME LOW [HIGH] …``; several lines of one name add up."""
    try:
        low = values.ipv4(line.word(4))
        high = values.ipv4(line.word(5)) if values.is_address(line.word(5)) else low
    except UnreadableError:
        config.unread(line, Concern.ROUTING)
        return
    config.pools.setdefault(line.word(3), []).append((min(low, high), max(low, high)))
    config.understood(line)


def read_peer(config: Config, port: Port, line: Line) -> None:
    """``peer default ip address A``, ``… pool NAME …``, ``… dhcp``."""
    words = line.words[4:]
    if line.word(3) != "address" or not words:
        config.ledger.ignored(LINK, line.number)
    elif words[0] == "pool" and words[1:]:
        port.callers += [Applied(name, line) for name in words[1:]]
        config.understood(line)
    elif values.is_address(words[0]):
        value = values.ipv4(words[0])
        config.pools.setdefault(words[0], []).append((value, value))
        port.callers.append(Applied(words[0], line))
        config.understood(line)
    else:
        config.ledger.not_understood(line.number, DIALLED, Concern.ROUTING)


def read_group(config: Config, line: Line) -> None:
    """Groups of VPN clients: ``pool NAME`` below ``crypto isakmp client configuration group`` and its IKEv2 kin."""
    account(config.ledger, line, DEFINED_ONLY)
    for child in line.children:
        if child.word(0) == "pool":
            config.ledger.not_understood(child.number, DIALLED, Concern.ROUTING)


def callers(config: Config, ports: Iterable[Port]) -> Iterator[Route]:
    """The routes to the peers of ``ports``."""
    for port in ports:
        for applied in port.callers if port.enabled else ():
            span = config.span(applied.line)
            pool = config.pools.get(applied.name)
            if pool is None:
                config.ledger.not_understood(span.first, DIALLED, Concern.ROUTING)
                continue
            for network, length in prefixes(Intervals.from_spans(pool)):
                yield Route(network, length, span, RouteKind.CALLERS, interface=port.name, distance=0)
