"""Routes for what comes out of tunnels (``tunneled``) → policy routes.

Packets that leave a tunnel which ends on the box, and for which no static, learned or connected route but a default
one is there, take the tunneled route, before any other default route; all other packets never do (CLI configuration
guide, "Static and Default Routes"; command reference, ``route``). Which packets came by a tunnel no export tells:
those that came in by an interface where tunnels end may have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.device import PolicyRoute, Route
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Ingress, Match, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco_asa.config import Config

OPEN = "open which packets come out of a tunnel: those alone take this route"


def policies(
    device: str, routes: Iterable[Route], others: Iterable[Intervals], ends: frozenset[str]
) -> Iterator[PolicyRoute]:
    """The tunneled ``routes``. ``others``: the destinations of every route but default ones, and subnets; ``ends``:
    interfaces where tunnels end (none: it is not known where)."""
    known = Intervals.from_spans(span for part in others for span in part.spans)
    came: tuple[Match, ...] = (Ingress(ends),) if ends else ()
    for route in routes:
        out = Unknown(Reason("{device}: the packet comes out of a tunnel", device=device), route.span)
        match = both(In(Field.DST, route.prefix - known), *came, out)
        yield PolicyRoute(match, route.span, ((route.next_hop, route.interface),))


def configured(config: Config) -> tuple[PolicyRoute, ...]:
    """Those of a configuration."""
    subnets = [a.subnet for port in config.named.values() if not port.shut for a in port.addresses]
    explicit = [route.prefix for route in config.routes if route.length and route.span not in config.tracked]
    ends = frozenset(config.interface(name) for name in _ends(config) if name in config.named)
    return tuple(policies(config.device, config.tunneled, (*subnets, *explicit), ends))


def exported(device: str, tunneled: Iterable[Route], table: Iterable[Route]) -> tuple[PolicyRoute, ...]:
    """Those of a table of routes, which does not show where tunnels end."""
    explicit = [route.prefix for route in table if route.length]
    return tuple(policies(device, tunneled, explicit, frozenset()))


def _ends(config: Config) -> Iterator[str]:
    """The names of interfaces where IPsec or SSL tunnels end, and those that are tunnels."""
    for command in config.part.commands:
        for words in (command.words, *(c.words for c in command.inner if command.words[0] == "webvpn")):
            at = 4 if words[:2] == ("crypto", "map") and words[3:4] == ("interface",) else _behind_enable(words)
            if at and len(words) > at:
                yield words[at]
    yield from (port.name for port in config.named.values() if port.hardware.lower().startswith("tunnel"))


def _behind_enable(words: tuple[str, ...]) -> int:
    """``crypto ikev1 enable IF``, ``crypto ikev2 enable IF …``, ``enable IF`` of ``webvpn``; 0: none of these."""
    if words[:1] == ("crypto",) and words[2:3] == ("enable",):
        return 3
    return 1 if words[:1] == ("enable",) else 0
