"""``ip route``, ``ipv6 route`` and route maps of policy routing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, PolicyRoute, Route, RouteKind
from zoneguard.model.match import AnyOf, Ingress, Match, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import Cursor, UnreadableError
from zoneguard.parsers._nec_ix.config import Config, Port, Step
from zoneguard.parsers._nec_ix.lists import permitted
from zoneguard.parsers.assembly import GATEWAY_ASSIGNED

_VALUED = frozenset({"tag", "metric", "metric-type", "name", "description"})
_MATCHES = {False: ("match", "ip", "address"), True: ("match", "ipv6", "address")}


def read_route(line: Line, config: Config) -> None:
    """``ip route [vrf NAME] PREFIX|default [INTERFACE] [NEXT_HOP] [distance N] …``. Raises ``UnreadableError``."""
    v6 = line.words[0] == "ipv6"
    cursor = Cursor(line.words, 2)
    vrf = cursor.take() if cursor.skip("vrf") else ""
    network, length = (V6 if v6 else 0, 0) if cursor.skip("default") else values.prefix(cursor.take())
    if (network >= V6) != v6:
        raise UnreadableError("a prefix of the other version of IP")
    interface, hop, distance = "", None, 1
    while not cursor.done:
        word = cursor.take()
        if word == "distance":
            distance = values.number(cursor.take(), 255)
        elif word == "vrf":
            vrf = cursor.take()
        elif word in _VALUED:
            cursor.take()
        elif word in config.ports or word.startswith("Null"):
            interface = word
        elif values.is_address(word):
            hop = values.address(word)
        elif word in ("dhcp", "auto"):
            config.not_understood(line, GATEWAY_ASSIGNED, Concern.ROUTING, bounded=_asks(line, config))
        elif word.isdigit():
            distance = values.number(word, 255)
        else:
            raise UnreadableError(
                Reason("a word that is not known, or an interface that is not defined: {word}", word=word[:40])
            )
    if not interface and hop is None:
        raise UnreadableError("a route that leads nowhere")
    blackhole = interface.startswith("Null")
    kind = RouteKind.BLACKHOLE if blackhole else RouteKind.STATIC
    route = Route(network, length, config.span(line), kind, hop, "" if blackhole else interface, distance)
    config.routes.setdefault(vrf, []).append(route)


def _asks(line: Line, config: Config) -> bool:
    """Whether the route names an interface that asks the network for its address."""
    return any(config.ports[word].given for word in line.words if word in config.ports)


def policies(config: Config, ports: Sequence[Port]) -> Iterator[PolicyRoute]:
    """The policy routing of what comes in by ``ports``: their route maps, by number."""
    using: dict[tuple[bool, str], list[Port]] = {}
    for port in ports:
        for v6, (name, span) in port.policies.items():
            using.setdefault((v6, name), []).append(port)
            if name not in config.maps:
                config.not_understood(span, "a route map that is not defined", Concern.ROUTING)
    for (v6, name), with_it in using.items():
        came = Ingress(frozenset(port.name for port in with_it))
        for step in sorted(config.maps.get(name, ()), key=lambda s: s.sequence):
            try:
                yield _policy(config, came, step, v6)
            except UnreadableError as error:
                config.not_understood(step.line, str(error), Concern.ROUTING)
                break


def _policy(config: Config, came: Ingress, step: Step, v6: bool) -> PolicyRoute:
    """One step: what its lists permit goes where it says; what they do not is left to the next step."""
    conditions: list[Match] = []
    targets: list[tuple[int | None, str]] = []
    fallback = False
    for line in step.line.children:
        words = line.words
        if words[:3] == _MATCHES[v6]:
            names = words[4:] if words[3:4] == ("access-list",) else words[3:]
            if words[3:4] == ("prefix-list",) or not names:
                raise UnreadableError(
                    Reason("a condition of policy routing that is not known: {line}", line=line.text[:60])
                )
            conditions.append(AnyOf(tuple(permitted(config, v6, name, line) for name in names)))
        elif words[0] == "match":
            raise UnreadableError(
                Reason("a condition of policy routing that is not known: {line}", line=line.text[:60])
            )
        else:
            fallback |= _target(config, words, v6, targets)
    match = both(came, values.family(v6), *conditions)
    if fallback:
        only = config.key(Reason("only the default route leads on, as line {number} asks", number=step.line.number))
        match = both(match, Unknown(only, config.span(step.line)))
    if not step.permits:
        targets = []
    elif not targets:
        raise UnreadableError("a step of policy routing without a target")
    return PolicyRoute(match, config.span(step.line), tuple(targets))


def _target(config: Config, words: tuple[str, ...], v6: bool, targets: list[tuple[int | None, str]]) -> bool:
    """Take a ``set``; whether it holds only where the table has no explicit route. Several targets: any of them."""
    family = "ipv6" if v6 else "ip"
    default = "default" in words[1:3]
    plain = tuple(w for w in words if w != "default")
    if plain[:2] == ("set", "interface"):
        for name in plain[2:]:
            if name not in config.ports:
                raise UnreadableError(Reason("an interface that is not defined: {name}", name=name[:40]))
            targets.append((None, name))
    elif plain[:3] == ("set", family, "next-hop"):
        targets.extend((values.address(word), "") for word in plain[3:])
    elif plain[:1] != ("set",) or plain[1:2] in (("metric",), ("tag",), ("community",), ("local-preference",)):
        return False
    else:
        raise UnreadableError(
            Reason("an action of policy routing that is not known: {words}", words=" ".join(words)[:60])
        )
    return default
