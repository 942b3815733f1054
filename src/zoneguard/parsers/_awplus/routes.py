"""VRF instances, static routes and policy routes.

``ip route [vrf NAME] DESTINATION {GATEWAY [INTERFACE] | INTERFACE | Null} [DISTANCE]``. A route out of an interface
of another instance leads there ("IP / VRF-Lite" of the command references). ``route-target import`` takes routes of
another instance by BGP, to which ``address-family ipv4 vrf NAME`` of ``router bgp`` gives them.
"""

from __future__ import annotations

from zoneguard.model.device import Concern, PolicyRoute, Route, RouteKind
from zoneguard.model.match import Ingress, Match, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._awplus.commands import PROTOCOL
from zoneguard.parsers._awplus.config import Config, PolicyRule
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
from zoneguard.parsers._route_targets import OPEN, Targets
from zoneguard.parsers.assembly import learned

POLICY_ROUTES = "how policy routes are chosen is not in the manuals at hand: each may take its packets or not"
_HARMLESS = frozenset({"rd", "description", "max-static-routes", "max-fib-routes"})
_NOWHERE = frozenset({"null", "null0", "blackhole"})
_KINDS = {"connected": RouteKind.CONNECTED, "static": RouteKind.STATIC}


def read_vrf(line: Line, config: Config) -> None:
    """``ip vrf NAME [ID]``: an instance; importing routes of another needs BGP."""
    if len(line.words) < 3:
        raise UnreadableError("a VRF instance without name")
    if line.words[2].lower() in ("forwarding", MAIN):
        raise UnreadableError(Reason("not a name of a VRF instance: {words}", words=line.words[2]))
    config.vrfs[line.words[2]] = line.span
    known = config.targets.setdefault(line.words[2], Targets())
    for child in line.children:
        config.ledger.understood(child.number)
        words = tuple(word.lower() for word in child.words)
        if words[0] == "route-target" and len(words) == 3 and words[1] in ("import", "export", "both"):
            if words[1] != "export":
                known.imports.setdefault(words[2], child.span)
            if words[1] != "import":
                known.exports.add(words[2])
        elif words[:2] in (("import", "map"), ("export", "map")):
            known.chosen = True
            if words[0] == "import":
                config.not_understood(child.number, OPEN, Concern.ROUTING)
        elif child.head not in _HARMLESS:
            config.not_understood(child.number, "this line of a VRF instance is not known", Concern.ROUTING)


def read_route(line: Line, config: Config) -> None:
    """``ip route`` and ``ipv6 route``. Raises ``UnreadableError``."""
    v6 = line.head == "ipv6"
    words = Words(line.words[2:])
    context = words.take() if words.took("vrf") else MAIN
    text = words.take()
    if not v6 and is_quad(text) and is_quad(words.peek()):
        length = mask_length(words.take())
        network = prefix(f"{text}/{length}")[0]
    else:
        network, length = prefix(text, v6)
    hop: int | None = None
    interface = ""
    word = words.take()
    if is_quad(word) or ":" in word:
        hop = address(word, v6)
        if words.peek() and not is_number(words.peek()) and words.peek() not in ("description", "track"):
            interface = words.take().lower()
    else:
        interface = word.lower()
    if interface and interface not in _NOWHERE and not any(c.isdigit() for c in interface):
        raise UnreadableError(Reason("not an interface: {word}", word=interface[:40]))
    kind = RouteKind.STATIC
    if interface in _NOWHERE:
        kind, interface, hop = RouteKind.BLACKHOLE, "", None
    distance = number(words.take(), 1, 255) if is_number(words.peek()) else 1
    if words.took("description"):
        words = Words(())
    if words.peek():
        raise UnreadableError(Reason("a condition of a route that is not known: {word}", word=words.peek()[:40]))
    route = Route(network, length, line.span, kind, hop, interface, distance)
    config.routes.append((context, route))


def read_bgp(line: Line, config: Config) -> None:
    """``router bgp AS``: what each instance gives to BGP. With neighbours, what they tell is not in the file."""
    neighbours = False
    for child in line.children:
        family = [word.lower() for word in child.words]
        known = Targets()
        if family[:3] == ["address-family", "ipv4", "vrf"] and len(family) == 4:
            known = config.targets.setdefault(child.words[3], Targets())
            known.told = True
        for each in child.subtree():
            neighbours = neighbours or each.head == "neighbor"
            config.ledger.ignored(PROTOCOL, each.number)
            if each is not child:
                _announced(each.words, known)
    if neighbours:
        config.not_understood(line.number, learned("BGP"), Concern.ROUTING)


def _announced(written: tuple[str, ...], known: Targets) -> None:
    words = tuple(word.lower() for word in written)
    if words[0] == "redistribute" and words[1:2] and words[1] in _KINDS:
        known.announced.add(_KINDS[words[1]])
        known.chosen = known.chosen or "route-map" in words
    elif words[0] == "network" and words[1:2]:
        try:
            known.networks.add(prefix(words[1]))
        except UnreadableError:
            known.chosen = True


def read_policy_block(line: Line, config: Config) -> None:
    """``policy-based-routing`` with ``enable`` and the rules."""
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        if words in (("policy-based-routing", "enable"), ("enable",)):
            config.ledger.understood(child.number)
            config.policy_routing = child.span
        elif words[:2] == ("ip", "policy-route"):
            config.read(child, Concern.ROUTING, lambda each: read_policy(each, config))
        else:
            config.ledger.understood(child.number)
            config.not_understood(child.number, "this line of policy-based routing is not known", Concern.ROUTING)


def read_policy(line: Line, config: Config) -> None:
    """``ip policy-route [N] [match APPLICATION] [from ENTITY] [to ENTITY] nexthop HOP …``."""
    words = Words(line.words[2:])
    sequence = number(words.take(), 0, 65535) if is_number(words.peek()) else max(config.policies, default=0) + 1
    named = {"match": "any", "from": "", "to": ""}
    while words.peek() in named:
        keyword = words.take().lower()
        named[keyword] = words.take()
    if not words.took("nexthop"):
        raise UnreadableError("a policy route without next hop")
    hops = words.rest
    if not hops:
        raise UnreadableError("a policy route without next hop")
    config.policies[sequence] = PolicyRule(sequence, line.span, named["match"], named["from"], named["to"], hops)


def policy_routes(config: Config, matches: dict[int, Match], mine: frozenset[str]) -> tuple[PolicyRoute, ...]:
    """The policy routes for packets that come in by ``mine``. ``matches``: what each asks."""
    if config.policy_routing is None:
        return ()
    found: list[PolicyRoute] = []
    for sequence, rule in sorted(config.policies.items()):
        taken = Unknown(
            Reason("policy route {sequence} of {name} takes the packet", sequence=sequence, name=config.name), rule.span
        )
        targets = tuple(_target(hop) for hop in rule.hops)
        found.append(PolicyRoute(both(Ingress(mine), matches[sequence], taken), rule.span, targets))
    return tuple(found)


def _target(word: str) -> tuple[int | None, str]:
    return (address(word, ":" in word), "") if is_quad(word) or ":" in word else (None, word)
