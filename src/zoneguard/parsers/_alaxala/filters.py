"""Access lists of ports and VLANs as stages, inward before routing and outward behind it.

A list that has entries drops what none of them permits; it speaks of its own version of IP, a MAC list of every frame.
A list for a port meets the packets by this port; which hosts of a VLAN are behind which port is not in a configuration:
where the ports of a VLAN do not all have the same lists, what they decide is left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from zoneguard.model.addresses import ALL_V4, ALL_V6
from zoneguard.model.device import Concern, Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.match import ALWAYS, Field, In, Match, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers._alaxala.config import Applied, Config, Port
from zoneguard.parsers._indented.lists import AccessList, entry_rules, undefined

SOME_PORTS = "which hosts of a VLAN are behind this port is not in the configuration"
ORDER = "whether the lists of a VLAN are asked of what a list of the port permits is not documented"
DEFAULT_VLAN = 1
Lists = tuple[Applied, ...]
_FAMILIES: dict[str, Match] = {"ip": In(Field.DST, ALL_V4), "ipv6": In(Field.DST, ALL_V6), "mac": ALWAYS}


@dataclass(slots=True)
class Filters:
    """The stages before and behind routing."""

    inward: list[Filter]
    outward: list[Filter]


def access_filters(config: Config) -> Filters:
    """Every filter of ports and VLANs. Several lists of one place must all let a packet pass."""
    found = Filters([], [])
    for port in config.ports.values():
        for inward in (True, False):
            stages = found.inward if inward else found.outward
            if port.vlan is not None and port.name.startswith("vlan"):
                stages += _vlan(config, port, inward)
            elif not port.switched:
                stages += (_stage(config, applied, port.name) for applied in _of(port, inward))
    return found


def _of(port: Port, inward: bool) -> Lists:
    return tuple(a for a in port.lists if a.inward is inward)


def _stage(config: Config, applied: Applied, interface: str, guard: Match = ALWAYS, doubt: Match = ALWAYS) -> Filter:
    """The list on ``interface`` for packets that meet ``guard``; what it drops, it drops if ``doubt`` holds."""
    name = f"{applied.kind} access-group {applied.name} {'in' if applied.inward else 'out'} of {interface}"
    rules = tuple(_rules(config, applied, guard, doubt))
    listed = RuleList(name, rules, Permit(), applied.span)
    here = frozenset({interface})
    return Filter(listed, ingress=here) if applied.inward else Filter(listed, egress=here)


def _rules(config: Config, applied: Applied, guard: Match, doubt: Match) -> Iterator[Rule]:
    """The entries, and the end that no line shows: what the list speaks of and none of them permits is dropped."""
    known = access_list(config, applied)
    for rule in entry_rules(known.ordered(), f"access-list {applied.name}", guard):
        yield replace(rule, match=both(rule.match, doubt)) if isinstance(rule.action, Deny) else rule
    if 0 not in known.entries:
        rest = both(guard, _FAMILIES[applied.kind], doubt)
        yield Rule(rest, Deny(), known.span, f"end of access-list {applied.name}", implied=True)


def access_list(config: Config, applied: Applied) -> AccessList:
    """The list; one that is not defined, or has no entries, filters nothing, or the file is a part: open."""
    known = config.lists.get((applied.kind, applied.name))
    if known is not None and known.entries:
        return known
    reason = Reason('the access list "{name}" is not defined in this file', name=applied.name)
    if known is not None:
        reason = Reason('the access list "{name}" has no entries', name=applied.name)
    config.not_understood(applied.span.first, reason, Concern.FILTER, bounded=True)
    return undefined(applied.name, applied.span)


def _vlan(config: Config, port: Port, inward: bool) -> Iterator[Filter]:
    """The lists of the ports of a VLAN, and its own."""
    own = _of(port, inward)
    guarded = list(_guarded(config, port, inward))
    for guard, applied in guarded:
        yield _stage(config, applied, port.name, guard)
    for applied in own:
        doubt: Match = ALWAYS
        if guarded:
            config.not_understood(applied.span.first, ORDER, Concern.FILTER, bounded=True)
            doubt = Unknown(
                Reason("lists of {name} {name2} are asked after those of ports", name=config.name, name2=port.name),
                applied.span,
            )
        yield _stage(config, applied, port.name, doubt=doubt)


def _guarded(config: Config, port: Port, inward: bool) -> Iterator[tuple[Match, Applied]]:
    """The lists of the VLAN's ports, each with the condition under which a packet meets it."""
    assert port.vlan is not None
    by_lists: dict[tuple[tuple[str, str], ...], list[tuple[Port, Lists]]] = {}
    for carrier in _carriers(config, port.vlan):
        lists = _of(carrier, inward) or _of_members(config, carrier, inward)
        by_lists.setdefault(tuple((a.kind, a.name) for a in lists), []).append((carrier, lists))
    everywhere = len(by_lists) == 1 and port.vlan != DEFAULT_VLAN
    for members in by_lists.values():
        ports = ", ".join(carrier.name for carrier, _ in members[:8])
        for applied in members[0][1]:
            if everywhere:
                yield ALWAYS, applied
                continue
            way = Reason("comes into") if inward else Reason("leaves")
            config.not_understood(applied.span.first, SOME_PORTS, Concern.FILTER, bounded=True)
            yield (
                Unknown(
                    Reason("the packet {way} {name} by {ports}", way=way, name=config.name, ports=ports), applied.span
                ),
                applied,
            )


def _carriers(config: Config, vlan: int) -> list[Port]:
    """The switch ports of a VLAN; an aggregate stands for its members."""
    return [
        port
        for port in config.ports.values()
        if port.switched and not port.shut and not port.group and vlan in port.vlans
    ]


def _of_members(config: Config, port: Port, inward: bool) -> Lists:
    members = [_of(p, inward) for p in config.ports.values() if p.group == port.name]
    different = {tuple((a.kind, a.name) for a in lists) for lists in members}
    if len(different) > 1:
        for applied in (a for lists in members for a in lists):
            config.not_understood(
                applied.span.first, "the members of this aggregate do not have the same access lists", Concern.FILTER
            )
    return members[0] if members else ()
