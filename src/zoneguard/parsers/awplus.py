"""Allied Telesis AlliedWare Plus: the ``show running-config`` of switches (x, IE, SBx series) and routers (AR series).

A packet's way is: hardware filters of the port and the VLAN, translation of the destination, routing, firewall,
translation of the source. Each VRF instance is a forwarding context. What the references leave open is left open, with
the line; ``docs/reference/awplus.md`` lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.model.device import Concern, Device, Filter, Route, RouteKind, Routing, RuleList, Stage, Translate, Vrf
from zoneguard.model.match import Field, Match, both
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._awplus.collect import collect
from zoneguard.parsers._awplus.config import Config
from zoneguard.parsers._awplus.entities import Book
from zoneguard.parsers._awplus.firewall import firewall_rules, firewall_stage, translations
from zoneguard.parsers._awplus.routes import POLICY_ROUTES, policy_routes
from zoneguard.parsers._awplus.switching import Filters, hardware_filters
from zoneguard.parsers._indented.config import MAIN
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._route_targets import NOTHING, OPEN, taken
from zoneguard.parsers.accounting import Ledger

_CERTAIN = re.compile(
    r"!.{0,20}AlliedWare Plus|awplus\(config|access-list hardware |atmf network-name "
    r"|interface (?:port\d+\.\d+\.\d+|sa\d+\b)|no banner motd|stack virtual-chassis-id |vlan access-map \S+\s*$"
    r"| rule \d+ (?:permit|deny|reject|log|masq|portfwd|netmap) \S+ from \S+",
    re.IGNORECASE,
)
_TYPICAL = re.compile(
    r"interface (?:vlan|eth|ppp|tunnel)\d|vlan database|service (?:ssh|telnet|http)\b|ip route \d[\d.]*/\d+ |zone \S+$"
    r"| network \S+$|  ip subnet |spanning-tree mode rstp|lacp global-passive-mode"
    r"|ipv6 traffic-filter |access-list [34]\d{3} "
)
_HARDWARE = re.compile(r"access-list (?:3[0-6]|4[0-6])\d{2} (?:permit|deny|send-to-|copy-to-)")
_SAMPLE = 4000


def sniff(source: Source) -> float:
    """Near certain by names that no other vendor has, otherwise little: many dialects look like IOS."""
    lines = source.lines[:_SAMPLE]
    certain = sum(1 for line in lines if _CERTAIN.match(line))
    typical = sum(1 for line in lines if _TYPICAL.match(line))
    said = [line for line in lines if line.strip(" !")]
    if certain:
        return 0.97 if certain > 1 or typical > 1 else 0.85
    alone = bool(said) and all(_HARDWARE.match(line) for line in said)
    return 0.6 if alone else 0.4 if typical > 3 else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    config = collect(source, name, ledger)
    contexts = _contexts(config)
    interfaces = tuple(port.interface() for port in config.ports.values() if not port.switched)
    device = Device(
        name=name,
        vendor=PLUGIN.name,
        interfaces=interfaces,
        vrfs=contexts,
        span=source.whole,
        uncertain=(*missing(source, interfaces), *ledger.uncertain),
        mac_bindings=tuple(config.bindings),
        services=tuple(Service(service, "", span) for service, span in sorted(config.services.items())),
        settings=config.settings,
        sockets=config.sockets,
        tunnels=config.tunnels,
    )
    return Parsed((device,), ledger.close())


def _contexts(config: Config) -> tuple[Vrf, ...]:
    book = Book(config)
    filters = hardware_filters(config)
    rules = firewall_rules(config, book)
    stages = tuple(_stages(config, book, filters, rules))
    policies = _policies(config, book)
    names = dict.fromkeys([MAIN, *config.vrfs])
    for port in config.ports.values():
        if port.vrf not in names:
            config.not_understood(
                port.span.first,
                Reason('the VRF instance "{context}" is not defined in this file', context=port.vrf),
                Concern.ROUTING,
            )
            names[port.vrf] = None
    for context, route in config.routes:
        if context not in names:
            reason = Reason('the VRF instance "{context}" is not defined in this file', context=context)
            config.not_understood(route.span.first, reason, Concern.ROUTING)
    own = {context: (*_connected(config, context), *_routes(config, context)) for context in names}
    return tuple(_context(config, context, own, stages, policies, filters, rules) for context in names)


def _context(
    config: Config,
    context: str,
    own: dict[str, tuple[Route, ...]],
    stages: tuple[Stage, ...],
    policies: dict[int, Match],
    filters: Filters,
    rules: RuleList | None,
) -> Vrf:
    mine = frozenset(p.name for p in config.ports.values() if p.vrf == context and not p.switched)
    leaked = taken(context, config.targets, own, mine) if context in config.targets else NOTHING
    for line in leaked.open_lines:
        config.not_understood(line.first, OPEN, Concern.ROUTING, bounded=True)
    return Vrf(
        name=context,
        interfaces=mine,
        routes=(*_routes(config, context), *leaked.routes),
        stages=stages,
        policy_routes=(*policy_routes(config, policies, mine), *leaked.perhaps),
        lists=filters.lists,
        local=(firewall_stage(rules),) if rules is not None else (),
    )


def _connected(config: Config, context: str) -> Iterator[Route]:
    for port in config.ports.values():
        if port.vrf == context and not port.shut and not port.switched:
            for at in port.addresses:
                yield Route(at.subnet.first, at.length, port.span, RouteKind.CONNECTED, None, port.name, 0)


def _routes(config: Config, context: str) -> Iterator[Route]:
    shut = {p.name for p in config.ports.values() if p.shut}
    for owner, route in config.routes:
        if owner == context and route.interface not in shut:
            yield route


def _stages(config: Config, book: Book, filters: Filters, rules: RuleList | None) -> Iterator[Stage]:
    before, after = translations(config, book)
    stages: list[Filter | Translate | Routing | None] = [
        *filters.stages,
        before,
        Routing(),
        None if rules is None else firewall_stage(rules),
        after,
    ]
    yield from (stage for stage in stages if stage is not None)


def _policies(config: Config, book: Book) -> dict[int, Match]:
    """What each policy route asks of a packet."""
    if config.policies and config.policy_routing is None:
        for rule in config.policies.values():
            config.ledger.ignored("policy route of a policy-based routing that is not enabled", rule.span.first)
        return {}
    found: dict[int, Match] = {}
    for sequence, rule in config.policies.items():
        config.not_understood(rule.span.first, POLICY_ROUTES, Concern.ROUTING, bounded=True)
        parts = [book.application(rule.application, rule.span)]
        if rule.source:
            parts.append(book.entity(rule.source, Field.SRC, rule.span))
        if rule.destination:
            parts.append(book.entity(rule.destination, Field.DST, rule.span, by_interface=False))
        found[sequence] = both(*parts)
    return found


PLUGIN = Parser(name="awplus", title="Allied Telesis AlliedWare Plus (show running-config)", sniff=sniff, parse=parse)
