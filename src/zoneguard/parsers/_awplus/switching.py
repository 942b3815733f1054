"""Hardware filters of switch ports and VLANs as stages for the VLANs' routed interfaces.

A list on a port meets the packets that come in by this port. Which hosts of a VLAN are behind which port is not in a
configuration: where the ports of a VLAN do not all have the same lists, what they decide is left open. Lists of a port
come before those of its VLAN; whether what a port's list permits is then asked at all is not in the manuals at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.device import Concern, Filter, Permit, Return, Rule, RuleList
from zoneguard.model.match import ALWAYS, Match, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._awplus.config import Applied, Config, Port
from zoneguard.parsers._indented.lists import AccessList, entry_rules, followed_by, undefined

_SOME_PORTS = "which hosts of a VLAN are behind this port is not in the configuration"
_ORDER = "whether a VLAN access-map is asked of what a port's access list permits is not documented"
DEFAULT_VLAN = 1
Lists = tuple[Applied, ...]


@dataclass(slots=True)
class Filters:
    """The stages before routing, and the lists that their rules jump to."""

    stages: list[Filter]
    lists: dict[str, RuleList]


def hardware_filters(config: Config) -> Filters:
    """Every filter of ports and VLANs."""
    found = Filters([], {})
    maps = _maps(config)
    for port in config.ports.values():
        if port.name.startswith("vlan") and port.vlan is not None:
            _vlan(config, port, maps.get(port.vlan, []), found)
        elif port.lists and not port.switched:
            rules = _rules(config, tuple(port.lists), ALWAYS)
            found.stages.append(_stage(f"access-group of {port.name}", rules, port.lists[0].span, port.name))
    if config.global_lists:
        rules = _rules(config, tuple(config.global_lists), ALWAYS)
        span = config.global_lists[0].span
        found.stages.append(Filter(RuleList("access-group of the switch", tuple(rules), Permit(), span)))
    return found


def _stage(name: str, rules: list[Rule], span: SourceSpan, interface: str) -> Filter:
    return Filter(RuleList(name, tuple(rules), Permit(), span), ingress=frozenset({interface}))


def _maps(config: Config) -> dict[int, list[tuple[str, SourceSpan]]]:
    """The access-maps of each VLAN, in the order of the lines that apply them."""
    found: dict[int, list[tuple[str, SourceSpan]]] = {}
    for name, vlans, span in config.vlan_filters:
        if name not in config.maps:
            config.not_understood(
                span.first,
                Reason('the VLAN access-map "{name}" is not defined in this file', name=name),
                Concern.FILTER,
            )
        for vlan in vlans:
            found.setdefault(vlan, []).append((name, span))
    return found


def _vlan(config: Config, port: Port, maps: list[tuple[str, SourceSpan]], found: Filters) -> None:
    vlan = port.vlan
    assert vlan is not None
    carriers = _carriers(config, vlan)
    by_lists: dict[Lists, list[Port]] = {}
    for carrier in carriers:
        by_lists.setdefault(_lists_of(config, carrier), []).append(carrier)
    everywhere = len(_named(by_lists)) == 1 and vlan != DEFAULT_VLAN
    rules: list[Rule] = []
    for lists, ports in by_lists.items():
        if not lists:
            continue
        guard: Match = ALWAYS
        if not everywhere:
            names = ", ".join(p.name for p in ports[:8])
            guard = Unknown(
                Reason("the packet comes into {name} by {names}", name=config.name, names=names), lists[0].span
            )
            config.not_understood(lists[0].span.first, _SOME_PORTS, Concern.FILTER, bounded=True)
        rules += _rules(config, lists, guard)
    mapped = [rule for name, _ in maps for rule in _map_rules(config, name)]
    mapped += _rules(config, tuple(port.lists), ALWAYS)
    spans = [span for _, span in maps] + [applied.span for applied in port.lists]
    if not spans:
        if rules:
            found.stages.append(_stage(f"access-group of ports of {port.name}", rules, rules[0].span, port.name))
        return
    span = spans[0]
    if rules and mapped:
        target = f"vlan filter of {port.name}"
        found.lists[target] = RuleList(target, tuple(mapped), Return(), span)
        doubt = Unknown(Reason("a port's list of {name} permits past the VLAN access-map", name=config.name), span)
        config.not_understood(span.first, _ORDER, Concern.FILTER, bounded=True)
        rules = list(followed_by(rules, target, doubt))
    else:
        rules += mapped
    found.stages.append(_stage(f"filters of {port.name}", rules, span, port.name))


def _named(by_lists: dict[Lists, list[Port]]) -> set[tuple[tuple[str, bool], ...]]:
    """The different sequences of lists, whichever lines apply them."""
    return {tuple((a.name, a.v6) for a in lists) for lists in by_lists}


def _carriers(config: Config, vlan: int) -> list[Port]:
    """The switch ports by which packets of ``vlan`` come in; an aggregate stands for its members."""
    return [
        port
        for port in config.ports.values()
        if port.switched and not port.shut and not port.group and vlan in port.vlans
    ]


def _lists_of(config: Config, port: Port) -> Lists:
    """The lists of a port; those of an aggregate may be given for each of its members."""
    if port.lists or not port.name.startswith(("sa", "po")) or port.name.startswith("port"):
        return tuple(port.lists)
    members = [tuple(p.lists) for p in config.ports.values() if p.group == port.name]
    if len({tuple((a.name, a.v6) for a in lists) for lists in members}) > 1:
        for lists in members:
            for applied in lists:
                config.not_understood(
                    applied.span.first,
                    "the members of this aggregate do not have the same access lists",
                    Concern.FILTER,
                )
    return members[0] if members else ()


def _map_rules(config: Config, name: str) -> Iterator[Rule]:
    yield from _rules(config, tuple(config.maps.get(name, ())), ALWAYS)


def _rules(config: Config, applied: Lists, guard: Match) -> list[Rule]:
    """The entries of several lists, one list after the other."""
    found: list[Rule] = []
    for each in applied:
        known = _list(config, each)
        found += entry_rules(known.ordered(), f"access-list {each.name}", guard)
    return found


def _list(config: Config, applied: Applied) -> AccessList:
    for v6 in (applied.v6, not applied.v6):
        known = config.lists.get((v6, applied.name))
        if known is not None:
            return known
    reason = Reason('the access list "{name}" is not defined in this file', name=applied.name)
    if applied.name in config.software_lists:
        reason = Reason('the access list "{name}" is no hardware access list', name=applied.name)
    config.not_understood(applied.span.first, reason, Concern.FILTER, bounded=True)
    return undefined(applied.name, applied.span)
