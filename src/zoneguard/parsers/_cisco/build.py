"""Forwarding contexts of a configuration, and the stages that IOS and NX-OS share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from zoneguard.model.device import Concern, Deny, Filter, Permit, PolicyRoute, Route, Rule, RuleList, Stage
from zoneguard.model.match import Match
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._assigned import Given, Rank, settled
from zoneguard.parsers._cisco.config import DEFAULT, Config, Port, Static
from zoneguard.parsers._cisco.filters import on_ports, on_vlans, port_groups, routed
from zoneguard.parsers._cisco.groups import Groups
from zoneguard.parsers._cisco.leaks import leaked
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.policies import explicit_destinations, steering
from zoneguard.parsers._cisco.ports import inherit_state, is_numbered_vlan
from zoneguard.parsers._cisco.statics import placed, routes
from zoneguard.parsers._cisco.targets import imported
from zoneguard.parsers._route_targets import NOTHING

DYNAMIC = "dynamic routing: what this protocol learns is not in the configuration; add the exported routing table"
NO_GROUP = "an object group that is not defined, that is empty, or that contains itself: what is in it is open"


NO_RULES: Mapping[str, tuple[Rule, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Common:
    """What a context has on every system: stages around routing, routes."""

    name: str
    ports: tuple[Port, ...]
    before: tuple[Stage, ...]
    after: tuple[Stage, ...]
    discards: tuple[Filter, ...]
    policy_routes: tuple[PolicyRoute, ...]
    routes: tuple[Route, ...]


def spans_all(source: Source) -> SourceSpan:
    """The whole file."""
    return source.whole


def prepare(config: Config, protocols: Iterable[Line]) -> None:
    """What has to be known of the interfaces before stages are made, and what is open for the whole device."""
    for port in config.ports.values():
        if port.vlan is None:
            port.vlan = is_numbered_vlan(port.name)
    inherit_state(config)
    for line in protocols:
        config.ledger.not_understood(line.number, DYNAMIC, Concern.ROUTING)


def _assigned(config: Config, ports: Iterable[Port], routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """The default routes that come with assigned addresses: by DHCP of distance 254 ("Configuring the Cisco IOS DHCP
    Client"), by ``autoconfig default`` of distance 2. What the addresses leave open is said."""
    asked: list[tuple[Given, Rank | None]] = []
    for port in ports:
        line = port.unread_address
        if line is None:
            continue
        config.understood(line)
        v6, ppp = line.word(0) == "ipv6", line.word(2) == "negotiated"
        by = Reason("the network") if v6 else "PPP" if ppp else "DHCP"
        asks = "default" in line.words[3:] if v6 else port.by_dhcp and port.takes_gateway
        if port.enabled:
            given = Given(port.name, by, config.span(line), v6, ppp)
            asked.append((given, (2 if v6 else 254, 0) if asks else None))
    return settled(config.ledger, asked, routes)


def contexts(
    config: Config,
    sessions: dict[str, Match],
    dynamic: bool,
    first: Mapping[str, tuple[Rule, ...]] = NO_RULES,
    inward: Mapping[str, tuple[Rule, ...]] = NO_RULES,
) -> Iterator[Common]:
    """One for the interfaces in no VRF, and one for each VRF.

    ``first``: VRF → rules before every list; ``inward``: before lists going in. ``dynamic``: routing protocols run.
    """
    members: dict[str, list[Port]] = {name: [] for name in (DEFAULT, *config.vrfs)}
    for port in config.ports.values():
        members.setdefault(port.vrf, []).append(port)
    groups = {direction: port_groups(config, direction) for direction in ("in", "out")}
    statics: dict[str, list[Static]] = {}
    for static in placed(config, config.statics):
        statics.setdefault(static.vrf, []).append(static)
    used = {s.vrf for s in config.statics} | {s.context for s in config.statics}
    tables = {name: routes(config, listed) for name, listed in statics.items()}
    named = {config.span(s.line): config.interface(s.interface) for s in config.statics if s.interface}
    leaks = leaked(tables, {name: [port.name for port in listed] for name, listed in members.items()}, named)
    targeted = imported(config, members, tables)
    for name, listed in members.items():
        ports = [p for p in listed if not p.switched]
        if not ports and name not in used and not (name == DEFAULT and not config.vrfs):
            continue
        own = tables.get(name, ())
        explicit = explicit_destinations(ports, own)
        steered = list(steering(config, ports, explicit, dynamic))
        here = first.get(name, ())
        given = _assigned(config, ports, own)
        others = targeted.get(name, NOTHING)
        yield Common(
            name,
            tuple(ports),
            (
                *on_ports(config, groups["in"], ports, "in"),
                *on_vlans(config, ports, "in"),
                *routed(config, ports, "in", sessions, (*here, *inward.get(name, ()))),
            ),
            (
                *routed(config, ports, "out", sessions, here),
                *on_vlans(config, ports, "out"),
                *on_ports(config, groups["out"], ports, "out"),
            ),
            tuple(s.discards for s in steered if s.discards is not None),
            (*(route for s in steered for route in s.routes), *leaks.get(name, ()), *others.perhaps),
            (*own, *given, *others.routes),
        )


def report_groups(config: Config, groups: Groups) -> None:
    """The lines that name object groups which cannot be resolved."""
    for span in groups.missing.values():
        config.ledger.not_understood(span.first, NO_GROUP, Concern.FILTER, bounded=True)


def refuse(match: Match, span: SourceSpan, name: str) -> Filter:
    """A stage that denies what fits."""
    return Filter(RuleList(name, (Rule(match, Deny(), span, name, implied=True),), Permit(), span))
