"""What a permit limits, with all the rules by which its list is called: source, destination, protocol, service."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.checks import Case
from zoneguard.model.device import Filter, Jump, Permit, Rule, RuleList, Vrf
from zoneguard.model.match import PORT_PROTOCOLS, All, AnyOf, Bits, Egress, Field, In, Ingress, Match, Not

ALL_PROTOCOLS = 256
EVERYONE = 1 << 32
MANY_PORTS = 1 << 15
"""A range of as many ports names no service."""
NOTHING: frozenset[str] = frozenset()
EVERYTHING = frozenset({"source", "destination", "protocol", "service"})
_OF_FIELD = {
    Field.SRC: "source",
    Field.MAC: "source",
    Field.DST: "destination",
    Field.ORIG_DST: "destination",
    Field.ORIG_DPORT: "service",
    Field.DPORT: "service",
    Field.SPORT: "service",
    Field.ICMP: "service",
}


@dataclass(frozen=True, slots=True)
class Limited:
    """An enabled permit of a filter and what it ``limits``, the rules that call its list included."""

    device: str
    rule: Rule
    limits: frozenset[str]


def permits(case: Case) -> Iterator[Limited]:
    """Every permit through which forwarded packets may pass, of lists that are about them."""
    for device in case.static.devices if case.static else ():
        for vrf in device.vrfs:
            for rules, limits in _lists(vrf):
                for rule in rules.rules:
                    if not isinstance(rule, Rule) or not rule.enabled or rule.unasked:
                        continue
                    if isinstance(rule.action, Permit):
                        yield Limited(device.name, rule, limits | limited(rule.match))


def _lists(vrf: Vrf) -> Iterator[tuple[RuleList, frozenset[str]]]:
    """Each list that filters run, with what all the ways that lead to it limit."""
    found: dict[str, frozenset[str]] = {}
    todo: list[tuple[RuleList, frozenset[str]]] = []
    for stage in vrf.stages:
        if isinstance(stage, Filter):
            yield stage.rules, NOTHING
            todo.append((stage.rules, NOTHING))
    while todo:
        rules, limits = todo.pop()
        for rule in rules.rules:
            if not (isinstance(rule, Rule) and rule.enabled and isinstance(rule.action, Jump)):
                continue
            target = rule.action.target
            known = found.get(target, EVERYTHING)
            now = (limits | limited(rule.match)) & known
            if target in vrf.lists and (target not in found or now != known):
                found[target] = now
                todo.append((vrf.lists[target], now))
    yield from ((vrf.lists[name], limits) for name, limits in found.items())


def limited(match: Match) -> frozenset[str]:
    """What a condition limits. Interfaces, states and what excludes a part only limit nothing; what cannot be decided
    is taken to limit everything, and so are later fragments, with which alone nobody opens anything."""
    if isinstance(match, All):
        return NOTHING.union(*map(limited, match.parts))
    if isinstance(match, AnyOf):
        return EVERYTHING.intersection(*map(limited, match.parts))
    if isinstance(match, Not | Ingress | Egress):
        return NOTHING
    if isinstance(match, In) and match.field is Field.FRAGMENT and 0 not in match.values:
        return EVERYTHING
    if isinstance(match, In) and match.field is Field.PROTO:
        return _of_protocols(match)
    if isinstance(match, In):
        return frozenset({_OF_FIELD[match.field]}) if _narrow(match) else NOTHING
    if isinstance(match, Bits):
        return frozenset({_OF_FIELD[match.field]}) if match.field in _OF_FIELD else NOTHING
    return EVERYTHING


def _narrow(match: In) -> bool:
    if match.field in (Field.SRC, Field.DST, Field.ORIG_DST):
        return match.values.size < EVERYONE
    if match.field in (Field.DPORT, Field.ORIG_DPORT):
        return match.values.size < MANY_PORTS
    return match.field in (Field.ICMP, Field.MAC)


def _of_protocols(match: In) -> frozenset[str]:
    """A protocol without ports is a service."""
    if match.values.size >= ALL_PROTOCOLS:
        return NOTHING
    return frozenset({"protocol"} if match.values & PORT_PROTOCOLS else {"protocol", "service"})
