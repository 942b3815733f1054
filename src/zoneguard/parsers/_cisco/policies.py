"""Route maps: as policy routing on an interface, and as the condition of a translation.

The first entry whose conditions all hold decides; a list that denies does not match. An entry ``deny``, and one that
sets nothing about the way, leaves the packet to the routing table (IOS, "Policy-Based Routing").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from zoneguard.model.addresses import prefix_span
from zoneguard.model.device import Concern, Deny, Filter, Permit, PolicyRoute, Route, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import NEVER, Egress, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import Applied, Clause, Config, Port, is_interface, spaced_name
from zoneguard.parsers._cisco.filters import selected
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.lists import first_match
from zoneguard.parsers._cisco.reasons import FOR_ROUTING
from zoneguard.parsers._cisco.values import Cursor, UnreadableError, undecided

OTHER_CONTEXT = "policy routing into another VRF is not modelled"
NO_MAP = "this route map is not defined: what it would do is open"
_ATTRIBUTES = frozenset(
    {
        "aigp-metric", "as-path", "attribute-set", "automatic-tag", "clns", "comm-list", "community", "cos",
        "dampening", "distance", "evpn", "extcomm-list", "extcommunity", "forwarding-address", "label", "level", "lisp",
        "local-preference", "metric", "metric-type", "mpls-label", "nlri", "null", "origin", "path", "qos-group",
        "src-ip", "tag", "traffic-index", "weight",
    }
)  # fmt: skip
_MARKS = frozenset({"precedence", "tos", "df", "dscp", "qos-group", "cos"})


def read_route_map(config: Config, line: Line) -> None:
    """A block ``route-map NAME permit 10``. Words that only routing protocols use are ignored."""
    words = [w for w in line.words[2:] if w in ("permit", "deny") or w.isdigit()]
    entries = config.route_maps.setdefault(line.word(1), {})
    number = next((int(w[:9]) for w in words if w.isdigit()), 10)
    clause = entries[number] = Clause("deny" not in words, line)
    config.understood(line)
    for child in line.children:
        try:
            _part(config, clause, child)
        except UnreadableError as error:
            clause.odd.append(child)
            config.unread(child, Concern.ROUTING, bounded=True, why=str(error))


def _part(config: Config, clause: Clause, line: Line) -> None:
    words = line.words
    v6 = line.word(1) == "ipv6"
    if line.starts("description") or line.starts("continue"):
        config.ledger.ignored(FOR_ROUTING, line.number)
    elif words[:1] == ("match",) and words[1:3] in (("ip", "address"), ("ipv6", "address")):
        if line.word(3) == "prefix-list":
            clause.odd.append(line)
        else:
            clause.lists.setdefault(v6, []).extend(Applied(name, line) for name in words[3:])
        config.understood(line)
    elif line.starts("match", "interface"):
        clause.egress += _interfaces(words[2:])
        config.understood(line)
    elif line.starts("match"):
        clause.odd.append(line)
        config.understood(line)
    elif line.starts("set", "interface") or line.starts("set", "default", "interface"):
        clause.only_default = clause.only_default or words[1] == "default"
        clause.hops += [(None, name) for name in _interfaces(words[3 if words[1] == "default" else 2 :])]
        clause.sets.append(line)
        config.understood(line)
    elif words[:1] == ("set",) and words[1:2] in (("ip",), ("ipv6",)) and "next-hop" in words[2:5]:
        _next_hops(config, clause, line)
    elif line.starts("set", "vrf") or line.starts("set", "global") or words[1:3] == ("ip", "vrf"):
        _elsewhere(config, clause, line)
    elif line.starts("set") and (line.word(1) in _ATTRIBUTES or line.word(2) in _MARKS):
        config.ledger.ignored(FOR_ROUTING, line.number)
    else:
        raise UnreadableError("not a part of a route map")


def _interfaces(words: tuple[str, ...]) -> Iterator[str]:
    """Names of interfaces, which may be written with a blank before the number."""
    held = ""
    for word in words:
        if held or is_interface(word):
            yield spaced_name(held, word) if held else word
            held = ""
        else:
            held = word
    if held:
        raise UnreadableError(Reason("not an interface: {word}", word=held[:40]))


def _next_hops(config: Config, clause: Clause, line: Line) -> None:
    cursor = Cursor(line.words, 2)
    if line.word(2) == "vrf":
        _elsewhere(config, clause, line)
        return
    clause.only_default = cursor.skip("default") or clause.only_default
    if not cursor.skip("next-hop"):
        raise UnreadableError("no next hop")
    if cursor.skip("peer-address", "self", "unchanged", "dynamic"):
        _elsewhere(config, clause, line)
        return
    if cursor.skip("verify-availability"):
        clause.tracked = True
        if cursor.done:
            config.understood(line)
            return
        clause.hops.append((values.address(cursor.take()), ""))
    else:
        cursor.skip("recursive")
        while not cursor.done and values.is_address(cursor.peek()):
            clause.hops.append((values.address(cursor.take()), ""))
        if not clause.hops:
            raise UnreadableError("no next hop")
    clause.sets.append(line)
    config.understood(line)


def _elsewhere(config: Config, clause: Clause, line: Line) -> None:
    """What only ``steering`` objects to: elsewhere, routing protocols alone use it."""
    clause.elsewhere.append(line)
    config.ledger.ignored(FOR_ROUTING, line.number)


def condition(config: Config, clause: Clause, v6: bool) -> Match:
    """The packets of one version of IP that meet all conditions of an entry."""
    parts: list[Match] = [values.family(v6)]
    if clause.lists:
        wanted = clause.lists.get(v6)
        if wanted is None:
            return NEVER
        parts.append(either(*(selected(config, applied, v6) for applied in wanted)))
    if clause.egress:
        parts.append(Egress(frozenset(config.interface(name) for name in clause.egress)))
    parts += [undecided(Reason("the packet fits: {text}", text=odd.text[:80]), config.span(odd)) for odd in clause.odd]
    return both(*parts)


def permitted(config: Config, applied: Applied, v6: bool) -> Match:
    """The packets for which the route map ``applied`` comes to an entry ``permit``."""
    entries = config.route_maps.get(applied.name)
    if entries is None:
        config.ledger.not_understood(applied.line.number, NO_MAP, Concern.NAT, bounded=True)
        return undecided(Reason("the packet fits the route map {name}", name=applied.name), config.span(applied.line))
    return first_match([(entries[n].permit, condition(config, entries[n], v6)) for n in sorted(entries)])


@dataclass(frozen=True, slots=True)
class Steering:
    """What policy routing does with packets that come in by ``ports``: routes, and a stage for what it discards."""

    routes: tuple[PolicyRoute, ...]
    discards: Filter | None


def steering(
    config: Config, ports: Iterable[Port], explicit: Mapping[bool, Intervals], dynamic: bool
) -> Iterator[Steering]:
    """Policy routing of one VRF. ``explicit``: version of IP → destinations with a route other than a default one;
    ``dynamic``: routing protocols may add to them."""
    users: dict[tuple[str, bool], list[tuple[Port, Applied]]] = {}
    for port in ports:
        for v6, applied in port.policies.items():
            users.setdefault((applied.name, v6), []).append((port, applied))
    for (name, v6), used in users.items():
        here = frozenset(port.name for port, _ in used)
        entries = config.route_maps.get(name)
        if entries is None:
            for _, applied in used:
                config.ledger.not_understood(applied.line.number, NO_MAP, Concern.ROUTING, bounded=config.whole)
            continue
        chosen: list[PolicyRoute] = []
        rules: list[Rule] = []
        for number in sorted(entries):
            clause = entries[number]
            for line in clause.elsewhere:
                config.ledger.not_understood(line.number, OTHER_CONTEXT, Concern.ROUTING)
            match = _steered(config, clause, v6, explicit[v6], dynamic)
            span = config.span(clause.sets[0] if clause.sets else clause.line)
            targets = tuple((hop, config.interface(out) if out else "") for hop, out in clause.hops)
            lost = clause.permit and bool(targets) and all(out.lower() == "null0" for _, out in targets)
            rules.append(Rule(match, Deny() if lost else Permit(), span, f"route-map {name} {number}", implied=True))
            targets = tuple(t for t in targets if t[1].lower() != "null0") if clause.permit else ()
            chosen.append(PolicyRoute(both(Ingress(here), match), span, targets))
        where = config.span(used[0][1].line)
        discards = Filter(RuleList(f"route-map {name}", tuple(rules), Permit(), where), ingress=here)
        lossy = any(isinstance(rule.action, Deny) for rule in rules)
        yield Steering(tuple(chosen), discards if lossy else None)


def _steered(config: Config, clause: Clause, v6: bool, explicit: Intervals, dynamic: bool) -> Match:
    match = condition(config, clause, v6)
    span = config.span(clause.line)
    if clause.tracked:
        match = both(match, undecided(Reason("the next hop of the policy is reachable"), span))
    if clause.only_default:
        match = both(match, Not(In(Field.DST, explicit)))
        if dynamic:
            match = both(match, undecided(Reason("no routing protocol knows the destination"), span))
    return match


def explicit_destinations(ports: Iterable[Port], routes: Iterable[Route]) -> dict[bool, Intervals]:
    """Version of IP → the destinations to which a route other than a default one leads."""
    spans = [s for p in ports if p.enabled for a in p.addresses for s in a.subnet.spans]
    spans += [s for r in routes if r.length for s in prefix_span(r.network, r.length).spans]
    every = Intervals.from_spans(spans)
    return {v6: every & values.family(v6).values for v6 in (False, True)}  # type: ignore[union-attr]
