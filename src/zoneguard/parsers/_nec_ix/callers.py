"""Addresses that the router gives to others: clients that dial in by PPP or L2TP, and the prefix of a LAN by DHCPv6.

A ``ppp profile`` with ``ipcp provide-ip-address`` gives the peers of the interfaces that are bound to it
(``ppp binding``) their addresses: those are reached by that interface (functional description, "PPP", "L2TP").
``ia-pd subscriber`` of a DHCPv6 client gives an interface a part of the prefix that the provider delegates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.model.addresses import prefixes
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._nec_ix.config import Config, Port
from zoneguard.parsers.assembly import assigned

POOL = "the addresses that peers are given by PPP cannot be read"


def read_profile(line: Line, config: Config) -> None:
    """The pools in a block ``ppp profile NAME``; every other line is left to others."""
    for child in line.children:
        if child.words[:2] != ("ipcp", "provide-ip-address"):
            continue
        try:
            ends = [values.ipv4(word) for word in child.words[2:] if word != "range"]
            if len(ends) not in (1, 2) or ends[0] > ends[-1] or ("range" in child.words) != (len(ends) == 2):
                raise UnreadableError(POOL)
        except UnreadableError:
            config.not_understood(child, POOL, Concern.ROUTING)
            continue
        config.ledger.understood(child.number)
        config.pools.setdefault(line.word(2), []).append((Intervals.span(ends[0], ends[-1]), config.span(child)))


def read_client(line: Line, config: Config, used: frozenset[str]) -> None:
    """``ia-pd subscriber INTERFACE …`` in a block ``ipv6 dhcp client-profile NAME`` that an interface uses."""
    for child in line.children:
        if child.words[:2] == ("ia-pd", "subscriber") and line.word(3) in used:
            config.not_understood(child, assigned(Reason("the provider"), v6=True), Concern.INTERFACE)


def callers(config: Config, ports: Sequence[Port]) -> Iterator[Route]:
    """The routes to peers that are given their addresses."""
    for port in ports:
        for pool, span in config.pools.get(port.binding, ()) if not port.shut else ():
            for network, length in prefixes(pool):
                yield Route(network, length, span, RouteKind.CALLERS, interface=port.name, distance=0)
