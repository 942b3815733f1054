"""ZG126: two devices of a pair say the same.

Two devices that the project declares as twins (``pair``) are compared: the rules of every list in their order,
translations, routes, and which interfaces are in use; by what they mean, not by their text. The addresses of their own
interfaces and the routes to their own links differ by nature and are left out. Each rule, translation or route that
one has and the other lacks, or has at another place, is named with its line: on failover the network would be another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from zoneguard.checks import Case, Check
from zoneguard.checks._aligning import gaps
from zoneguard.model.addresses import format_address, format_addresses
from zoneguard.model.device import Device, NatRule, Route, Routing, Rule
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text

SHOWN = 20
"""Differences of one pair that are named one by one."""
_PLACES = re.compile(r"SourceSpan\([^)]*\)|[^\s'(]*:\d+(-\d+)?")


@dataclass(frozen=True, slots=True)
class Item:
    """A rule, translation, route or interface: ``said`` is what it means, ``name`` how people call it."""

    said: str
    name: str
    span: SourceSpan


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    devices = {device.name: device for device in case.static.devices}
    done: set[frozenset[str]] = set()
    for entry in case.project.devices:
        both = frozenset({entry.name, entry.pair})
        if entry.pair and both not in done and both <= devices.keys():
            done.add(both)
            yield from _differences(devices[entry.name], devices[entry.pair])


def _differences(one: Device, other: Device) -> Iterator[Finding]:
    mine, theirs = ([replace(i, said=i.said.replace(d.name, "")) for i in _items(d)] for d in (one, other))
    lone: list[tuple[Device, Device, Item, Item | None]] = []
    for here, there in gaps([i.said for i in mine], [i.said for i in theirs]):
        lone += [(one, other, mine[at], _near(theirs, there.start)) for at in here]
        lone += [(other, one, theirs[at], _near(mine, here.start)) for at in there]
    for has, lacks, item, near in lone[:SHOWN]:
        yield _finding(has, lacks, item, near)
    if len(lone) > SHOWN:
        message = N_(
            "{one} and {other} differ in {count} more places.", one=one.name, other=other.name, count=len(lone) - SHOWN
        )
        yield _of(message, ("more", one.name, other.name), (lone[SHOWN][2].span,))


def _near(items: list[Item], place: int) -> Item | None:
    """Where the item would stand on the other device."""
    return items[min(place, len(items) - 1)] if items else None


def _finding(has: Device, lacks: Device, item: Item, near: Item | None) -> Finding:
    message = N_(
        "{one} says {name}, its twin {other} does not, or at another place.",
        one=has.name,
        other=lacks.name,
        name=item.name,
    )
    evidence = (item.span, near.span) if near else (item.span,)
    return _of(message, (has.name, lacks.name, item.said), evidence)


def _of(message: Text, anchor: tuple[str, ...], evidence: tuple[SourceSpan, ...]) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=message,
        anchor=anchor,
        evidence=evidence,
        fix=N_("Synchronise the pair, and find out which of the two was changed alone."),
    )


def _items(device: Device) -> Iterator[Item]:
    for interface in sorted(device.interfaces, key=lambda i: i.name):
        state = "up" if interface.enabled else "down"
        yield Item(f"interface {interface.name} {state}", f"{interface.name} ({state})", interface.span)
    for vrf in device.vrfs:
        for stage in (*vrf.stages, *vrf.local):
            if not isinstance(stage, Routing):
                where = f"{vrf.name} {stage.rules.name} {_names(stage.ingress)} {_names(stage.egress)}"
                yield from (_rule(where, rule) for rule in stage.rules.rules)
                yield Item(f"{where} end {stage.rules.default}", stage.rules.name, stage.rules.span)
        for name, rules in sorted(vrf.lists.items()):
            yield from (_rule(f"{vrf.name} {name}", rule) for rule in rules.rules)
        for policy in vrf.policy_routes:
            yield Item(f"{vrf.name} {_plain(policy.match)} {policy.targets}", str(policy.span), policy.span)
        yield from sorted((_route(vrf.name, r) for r in vrf.routes if _is_set(r)), key=lambda item: item.said)


def _is_set(route: Route) -> bool:
    return not route.on_link


def _names(interfaces: frozenset[str] | None) -> str:
    return "any" if interfaces is None else ",".join(sorted(interfaces))


def _rule(where: str, rule: Rule | NatRule) -> Item:
    does = f"{rule.rewrites}" if isinstance(rule, NatRule) else f"{rule.action} {rule.enabled}"
    return Item(f"{where}: {_plain(rule.match)} {does}", rule.name or str(rule.span), rule.span)


def _route(vrf: str, route: Route) -> Item:
    hop = format_address(route.next_hop) if route.next_hop is not None else route.interface
    prefix = format_addresses(route.prefix)[0]
    said = f"{vrf} route {prefix} {hop} {route.interface} {route.distance} {route.metric} {route.kind} {route.into}"
    return Item(said, f"{prefix} → {hop}", route.span)


def _plain(match: object) -> str:
    """A condition without the lines at which it stands; sets in one order."""
    text = _PLACES.sub("", repr(match))
    return re.sub(r"frozenset\(\{([^}]*)\}\)", lambda m: ",".join(sorted(m[1].split(", "))), text)


PLUGIN = Check(
    id="ZG126",
    name="pair-difference",
    title="Two devices of a pair say the same",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="The twin takes over one day, with the rules that it has.",
    fix="Synchronise the pair; change both in one go.",
    wants="Which devices are a pair (pair), and the export of each.",
    example="- fw-1: -A FORWARD -s 10.20.0.9 -j ACCEPT\n- fw-2:\n+ fw-1:\n+ fw-2:",
)
