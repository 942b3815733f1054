"""Lists where they are applied: on routed interfaces, on switched ports, on VLANs.

A list that is applied and not defined, or empty, lets everything pass (Catalyst consolidated configuration guides,
"Access List Rules"). A list on a switched port sees what comes in by that port; which port a packet of a VLAN came by
is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from zoneguard.model.device import Concern, Deny, Filter, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Match, Not, both, either
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.config import Applied, Config, MapEntry, Port
from zoneguard.parsers._cisco.lists import AccessList
from zoneguard.parsers._cisco.values import family, undecided

NO_LIST = "this access list is not defined or empty: it lets everything pass"
UNDEFINED = "this access list is not defined in the file: what it does is open"
EMPTY = "this access list has no line: what it does is open"
NO_ACCESS_MAP = "this VLAN access map is not defined: what it would do is open"
_FAMILIES = (False, True)


def found_list(config: Config, applied: Applied, v6: bool) -> AccessList | None:
    """The list in force; ``None`` for one that lets everything pass. The line is accounted for."""
    known = config.lists.get((applied.name, v6))
    if known is not None and (known.lines or known.fragments is not None):
        return known
    if known is None or config.empty_passes:
        config.ledger.not_understood(applied.line.number, NO_LIST, Concern.OTHER)
    else:
        config.ledger.not_understood(applied.line.number, EMPTY, Concern.FILTER, bounded=True)
    return None


def selected(config: Config, applied: Applied, v6: bool) -> Match:
    """The packets that a list selects; what one that is not defined selects is open."""
    known = config.lists.get((applied.name, v6))
    if known is None or not known.lines:
        config.ledger.not_understood(applied.line.number, UNDEFINED, Concern.FILTER, bounded=True)
        return undecided(Reason("access list {name} selects the packet", name=applied.name), config.span(applied.line))
    return known.permitted()


def routed(
    config: Config, ports: Iterable[Port], direction: str, sessions: dict[str, Match], first: tuple[Rule, ...] = ()
) -> Iterator[Filter]:
    """The lists on routed interfaces, ``in`` or ``out``: a stage for each list. ``first`` is asked before each."""
    users: dict[tuple[str, bool], list[tuple[Port, Applied]]] = {}
    for port in ports:
        for v6 in _FAMILIES:
            applied = port.access.get((direction, v6))
            if applied is not None:
                users.setdefault((applied.name, v6), []).append((port, applied))
    for (name, v6), used in users.items():
        names = frozenset(port.name for port, _ in used)
        known = config.lists.get((name, v6))
        if known is None and not config.whole:
            for _, applied in used:
                config.ledger.not_understood(applied.line.number, UNDEFINED, Concern.FILTER, bounded=True)
            yield _placed(_open_list(config, used[0][1], v6), names, direction)
            continue
        for _, applied in used:
            in_force = found_list(config, applied, v6)
        if in_force is not None:
            yield _placed(in_force.rules(sessions, first), names, direction)
        elif known is not None and not config.empty_passes:
            yield _placed(_open_list(config, used[0][1], v6), names, direction)


def _open_list(config: Config, applied: Applied, v6: bool) -> RuleList:
    span = config.span(applied.line)
    permits = undecided(Reason("access list {name} permits the packet", name=applied.name), span)
    return RuleList(applied.name, (Rule(either(family(not v6), permits), Permit(), span, implied=True),), Deny(), span)


def _placed(rules: RuleList, names: frozenset[str], direction: str) -> Filter:
    return Filter(rules, ingress=names) if direction == "in" else Filter(rules, egress=names)


@dataclass(frozen=True, slots=True)
class PortGroup:
    """Switched ports with the same lists in one direction (none: ``lists`` is empty), and the VLANs they carry."""

    lists: tuple[tuple[bool, Applied], ...]
    vlans: Intervals
    first: Port

    @property
    def names(self) -> str:
        """The names of the lists."""
        return ", ".join(applied.name for _, applied in self.lists)


def port_groups(config: Config, direction: str) -> list[PortGroup]:
    """The switched ports that are up, by their lists; nothing where no port has one."""
    found: dict[tuple[tuple[bool, str], ...], list[Port]] = {}
    for port in config.ports.values():
        if port.switched and port.enabled:
            key = tuple((v6, port.frames[direction, v6].name) for v6 in _FAMILIES if (direction, v6) in port.frames)
            found.setdefault(key, []).append(port)
    if not any(found):
        return []
    return [
        PortGroup(
            tuple((v6, ports[0].frames[direction, v6]) for v6, _ in key),
            Intervals.from_spans(span for port in ports for span in port.vlans.spans),
            ports[0],
        )
        for key, ports in found.items()
    ]


def on_ports(config: Config, groups: list[PortGroup], ports: Iterable[Port], direction: str) -> Iterator[Filter]:
    """Lists on switched ports, for what is routed into or out of their VLANs."""
    if not groups:
        return
    for svi in ports:
        if svi.vlan is None or not is_svi(svi):
            continue
        carrying = [group for group in groups if svi.vlan in group.vlans]
        rules = list(_port_rules(config, carrying, direction))
        if rules:
            listed = RuleList(f"ports of {svi.name} {direction}", tuple(rules), Permit(), rules[0].span)
            yield _placed(listed, frozenset({svi.name}), direction)


def is_svi(port: Port) -> bool:
    """Whether the interface routes for a VLAN."""
    return port.name.lower().startswith("vlan")


def _port_rules(config: Config, carrying: list[PortGroup], direction: str) -> Iterator[Rule]:
    """By which of the ports a packet comes is open, unless all have the same lists."""
    bare = any(not group.lists for group in carrying)
    listed = [group for group in carrying if group.lists]
    for at, group in enumerate(listed):
        span = group.first.span
        way = Reason("came") if direction == "in" else Reason("leaves")
        here: Match = undecided(
            Reason("the packet {way} by a port with the list {names}", way=way, names=group.names), span
        )
        if not bare and at == len(listed) - 1:
            here = ALWAYS
        for v6, applied in group.lists:
            known = found_list(config, applied, v6)
            if known is not None:
                refused = both(here, family(v6), Not(known.permitted()))
                yield Rule(refused, Deny(), config.span(applied.line), f"{known.name} on its ports", implied=True)
        yield Rule(here, Permit(), span, f"ports with {group.names}", implied=True)


def on_vlans(config: Config, ports: Iterable[Port], direction: str) -> Iterator[Filter]:
    """VLAN access maps, which see what is routed into a VLAN and out of it."""
    here = [p for p in ports if is_svi(p)]
    for applied, vlans in config.vlan_filters:
        names = frozenset(p.name for p in here if p.vlan is not None and p.vlan in vlans)
        entries = config.access_maps.get(applied.name)
        if not names:
            continue
        if entries is None:
            config.ledger.not_understood(applied.line.number, NO_ACCESS_MAP, Concern.FILTER, bounded=True)
            yield _placed(_open_map(config, applied), names, direction)
            continue
        rules = tuple(_map_rules(config, applied.name, entries))
        listed = RuleList(f"vlan filter {applied.name}", rules, Permit(), config.span(applied.line))
        yield _placed(listed, names, direction)


def _open_map(config: Config, applied: Applied) -> RuleList:
    span = config.span(applied.line)
    permits = undecided(Reason("VLAN access map {name} forwards the packet", name=applied.name), span)
    return RuleList(f"vlan filter {applied.name}", (Rule(permits, Permit(), span, implied=True),), Deny(), span)


def _map_rules(config: Config, name: str, entries: dict[int, MapEntry]) -> Iterator[Rule]:
    """In order; a version of IP that some entry asks for and no entry takes is dropped."""
    for number in sorted(entries):
        entry = entries[number]
        if entry.frames and not entry.lists:
            continue
        span = config.span(entry.line)
        asked = [selected(config, a, v6) for v6, applied in entry.lists.items() for a in applied]
        match = either(*asked) if asked else ALWAYS
        if entry.action == "redirect":
            match = both(
                match, undecided(Reason("{name} {number} redirects the packet", name=name, number=number), span)
            )
        drops = entry.action in ("drop", "redirect")
        yield Rule(match, Deny() if drops else Permit(), span, f"{name} {number}")
    for v6 in _FAMILIES:
        if any(v6 in entry.lists for entry in entries.values()):
            span = config.span(entries[max(entries)].line)
            yield Rule(family(v6), Deny(), span, f"{name}: no entry matches", implied=True)
