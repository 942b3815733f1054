"""``crypto map``: what is sent through IPsec tunnels of an interface, and what comes out of them.

What leaves by the interface and is in the list of an entry goes to the peer's networks. What comes back from them is
taken out of the tunnel; whether the interface's list is asked of it again depends on the version (the order of
operation checks it before and after decryption; "Crypto Access Check on Clear-Text Packets" ends that) and is open.
The same in clear text is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zoneguard.model.addresses import ALL_V4, prefixes
from zoneguard.model.device import Concern, Interface, Permit, Route, Rule, Vrf
from zoneguard.model.match import Field, Ingress, at_most, both
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.config import Applied, Config, Port
from zoneguard.parsers._cisco.filters import selected
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.lists import swapped
from zoneguard.parsers._cisco.values import UnreadableError, ipv4, undecided
from zoneguard.parsers._lookup import Lookup

ENCRYPTED = "what a crypto map encrypts, where it sends it and what it refuses is not modelled"
TUNNELLED = "networks behind a tunnel: that they are reached there, and what comes from them, is taken to be possible"
NEGOTIATED = "how tunnels are negotiated and encrypted"
LAST = 250
"""Behind every route that is configured for the same prefix."""


@dataclass(slots=True)
class Tunnel:
    """An entry of a crypto map that names a list."""

    line: Line
    protected: Applied
    peer: int | None = None


@dataclass(slots=True)
class Crypto:
    """Crypto maps by name; ``unread`` are those with entries whose networks no list tells."""

    maps: dict[str, list[Tunnel]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    applied: list[tuple[Port, Applied]] = field(default_factory=list)


def read_crypto_map(config: Config, crypto: Crypto, line: Line) -> None:
    """``crypto map NAME 10 ipsec-isakmp`` with its peer and its list."""
    if not line.word(3).isdigit():
        account(config.ledger, line, NEGOTIATED)
        return
    name = line.word(2)
    tunnels = crypto.maps.setdefault(name, [])
    found = next((c for c in line.children if c.starts("match", "address") and len(c.words) == 3), None)
    account(config.ledger, line, NEGOTIATED)
    if found is None or "dynamic" in line.words or "gdoi" in line.words:
        crypto.unread.add(name)
        return
    peer: int | None = None
    for child in line.children:
        if child.starts("set", "peer") and peer is None:
            try:
                peer = ipv4(child.word(2))
            except UnreadableError:
                continue
    tunnels.append(Tunnel(line, Applied(found.word(2), found), peer))
    for each in (line, found):
        config.understood(each)


def accounted(config: Config, crypto: Crypto) -> Iterator[tuple[Port, Tunnel]]:
    """The tunnels of the interfaces. A map that cannot be read leaves routing open."""
    for port, applied in crypto.applied:
        known = crypto.maps.get(applied.name)
        if not known or applied.name in crypto.unread:
            config.ledger.not_understood(applied.line.number, ENCRYPTED, Concern.ROUTING)
            continue
        config.ledger.not_understood(applied.line.number, TUNNELLED, Concern.ROUTING, bounded=True)
        yield from ((port, tunnel) for tunnel in known)


def decrypted(config: Config, tunnels: Iterable[tuple[Port, Tunnel]]) -> Iterator[Rule]:
    """Rules before the list going in: what came out of a tunnel may not be asked again."""
    distinct = {(port.name, tunnel.protected.name): (port, tunnel) for port, tunnel in tunnels}
    for port, tunnel in distinct.values():
        span = config.span(tunnel.line)
        again = undecided(Reason("what comes out of the tunnel at {name} is not asked for again", name=port.name), span)
        match = both(Ingress(frozenset({port.name})), swapped(selected(config, tunnel.protected, False)), again)
        yield Rule(match, Permit(), span, tunnel.line.text, implied=True)


def reached(
    config: Config, tunnels: Iterable[tuple[Port, Tunnel]], vrf: Vrf, interfaces: Iterable[Interface]
) -> Iterator[Route]:
    """Routes to the networks behind tunnels, where the table leads out by their interface anyway."""
    lookup = Lookup(vrf, interfaces)
    distinct = {(port.name, tunnel.protected.name): (port, tunnel) for port, tunnel in tunnels}
    for port, tunnel in distinct.values():
        _, by_port = lookup.reached(frozenset({port.name}))
        wanted = at_most(Field.DST, selected(config, tunnel.protected, False)) & ALL_V4 - lookup.linked
        if wanted == ALL_V4 or not wanted:
            continue
        for network, length in prefixes(wanted & by_port & ALL_V4):
            span = config.span(tunnel.line)
            yield Route(network, length, span, next_hop=tunnel.peer, interface=port.name, distance=LAST)
