"""Yamaha RTX, NVR, FWX, vRX: the ``show config`` of a router.

Meaning after the vendor's command reference (the chapters are named where they decide). The order of a packet's way is:
Ethernet filter, translation of the destination, ``secure filter in`` of the interface, routing, ``secure filter out``,
translation of the source, Ethernet filter. Filters see inner addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.device import (
    Concern,
    Deny,
    Device,
    Filter,
    Permit,
    PolicyRoute,
    Routing,
    Rule,
    RuleList,
    Stage,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._assigned import settled
from zoneguard.parsers._indented import wholeness
from zoneguard.parsers._yamaha.collect import collect
from zoneguard.parsers._yamaha.config import Config, Family, FilterList, Port
from zoneguard.parsers._yamaha.dynamic import list_rules
from zoneguard.parsers._yamaha.ethernet import frame_bindings, frame_stage
from zoneguard.parsers._yamaha.filters import family as family_match
from zoneguard.parsers._yamaha.interface import LEASED
from zoneguard.parsers._yamaha.management import settings
from zoneguard.parsers._yamaha.nat import translations, undefined
from zoneguard.parsers._yamaha.routes import Connected, routing
from zoneguard.parsers.accounting import Ledger

_HEADER = re.compile(r"#?\s*(?:RTX|NVR|FWX|SRT|vRX|RTV|RT)[\w.-]* Rev\.\d")
_TYPICAL = re.compile(
    r"\s*(?:ip(?:v6)? (?:(?:lan|pp|tunnel|vlan|bridge|wan)[\d/.]* (?:address|secure filter|nat descriptor|mtu|dhcp)"
    r"|filter (?:dynamic )?\d+ |filter (?:source-route|directed-broadcast|set)|route \S+ gateway )"
    r"|nat descriptor |(?:pp|tunnel) (?:select|enable|disable|auth|always-on|bind|encapsulation) |pppoe "
    r"|ppp (?:lcp|ipcp|ccp) |console (?:character|columns|lines|prompt)|dhcp (?:scope|service|server) "
    r"|dns (?:server|service|static|private|host) |(?:telnetd|httpd|sshd|sftpd) (?:service|host)"
    r"|ethernet (?:filter|lan\d)|login user |user attribute |ipsec (?:ike|sa policy|tunnel) )"
)
_SAMPLE = 2000


def sniff(source: Source) -> float:
    """Near certain by the header of ``show config``, else by the share of lines with commands no other vendor has."""
    lines = [line for line in source.lines[:_SAMPLE] if line.strip()]
    if any(_HEADER.match(line) for line in lines[:20]):
        return 0.98
    said = [line for line in lines if not line.lstrip().startswith("#")]
    typical = sum(_TYPICAL.match(line) is not None for line in said)
    return min(0.9, 0.2 + 0.8 * typical / len(said)) if typical else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The router called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    config, managed = collect(source, name, ledger)
    span = source.whole
    _undefined(config, ledger)
    vrf = _vrf(config, ledger)
    interfaces = tuple(port.interface() for port in config.ports.values())
    device = Device(
        name=name,
        vendor=PLUGIN.name,
        interfaces=interfaces,
        vrfs=(vrf,),
        span=span,
        uncertain=ledger.uncertain or wholeness.missing(source, interfaces),
        mac_bindings=(*config.bindings, *frame_bindings(config)),
        services=config.offered(),
        settings=settings(source, config, managed),
        tunnels=managed.tunnels.found(config.ports),
    )
    return Parsed((device,), ledger.close())


def _undefined(config: Config, ledger: Ledger) -> None:
    """What is applied and not defined in the file: an excerpt, or a mistake; what the router does is not documented."""
    for listed, missing in _missing(config):
        if missing:
            reason = Reason("filters that are not defined: {words}", words=", ".join(missing[:20]))
            ledger.not_understood(listed.span.first, reason, Concern.FILTER, bounded=True)
    for name, (span, _) in config.translations.items():
        if missing := undefined(config, name):
            reason = Reason("NAT descriptors that are not defined: {words}", words=", ".join(missing[:20]))
            ledger.not_understood(span.first, reason, Concern.NAT)


def _missing(config: Config) -> Iterator[tuple[FilterList, list[str]]]:
    """Every list of filters that is applied, with what it names and the file does not define."""
    for family, port, direction in product((config.v4, config.v6), config.ports.values(), ("in", "out")):
        if (listed := _listed(family, port, direction)) is not None:
            dynamic = [f"dynamic {n}" for n in listed.dynamic if n not in family.dynamic]
            yield listed, [n for n in listed.static if n not in family.static] + dynamic
    for listed in config.frame_lists.values():
        yield listed, [n for n in listed.static if n not in config.frame_filters]


def _vrf(config: Config, ledger: Ledger) -> Vrf:
    connected = list(_connected(config))
    _overridden(config, connected, ledger)
    policy_routes, routes = list(_to_callers(config, ledger)), list(config.dialled)
    for family in (config.v4, config.v6):
        policies, table = routing(family, [c for c in connected if (c.network >= V6) == family.v6])
        policy_routes += policies
        routes += table
    settled(ledger, ((given, None) for given in config.given), routes)
    return Vrf(
        name="main",
        interfaces=frozenset(config.ports),
        routes=tuple(routes),
        stages=tuple(_stages(config)),
        policy_routes=tuple(policy_routes),
    )


def _to_callers(config: Config, ledger: Ledger) -> Iterator[PolicyRoute]:
    """Callers get addresses of the router's own scopes (``ip pp remote address pool dhcp``), as hosts of a LAN do: an
    address of a scope may be on either side."""
    scopes = Intervals.from_spans(config.scopes.values())
    for name, span in config.leased:
        ledger.not_understood(span.first, LEASED, Concern.INTERFACE, bounded=bool(scopes))
        held = Unknown(Reason("{device}: a caller of {name} has the address", device=config.name, name=name), span)
        if scopes:
            yield PolicyRoute(both(In(Field.DST, scopes), held), span, ((None, name),))


def _connected(config: Config) -> Iterator[Connected]:
    for port in config.ports.values():
        interface = port.interface()
        for address in interface.addresses if interface.enabled else ():
            yield Connected(address.subnet.first, address.length, port.name, port.span)


def _overridden(config: Config, connected: list[Connected], ledger: Ledger) -> None:
    """A static route wins against a connected subnet of the same prefix (8.1.33); the model has it the other way."""
    for c in connected:
        found = config.family(c.network >= V6).routes.get((c.network, c.length))
        if found is not None:
            reason = Reason("a static route for the connected subnet of {interface}", interface=c.interface)
            ledger.not_understood(found[0].first, reason, Concern.ROUTING)


def _stages(config: Config) -> Iterator[Stage]:
    ports = list(config.ports.values())
    translated = {
        p.name: translations(config, p, _elsewhere(config, p)) for p in ports if p.name in config.translations
    }
    for name, direction in config.frame_lists:
        if direction == "in":
            yield frame_stage(config, name, direction)
    for each in translated.values():
        yield from each.incoming
        yield from each.refused
    yield from _filters(config, "in")
    yield Routing()
    for family in (config.v4, config.v6):
        if family.off is not None:
            rule = Rule(family_match(family.v6), Deny(), family.off, "routing off", implied=True)
            yield Filter(RuleList("routing off", (rule,), Permit(), family.off))
    yield from _filters(config, "out")
    for each in translated.values():
        yield from each.outgoing
    for name, direction in config.frame_lists:
        if direction == "out":
            yield frame_stage(config, name, direction)


def _filters(config: Config, direction: str) -> Iterator[Filter]:
    for port in config.ports.values():
        for family in (config.v4, config.v6):
            own, other = (_listed(family, port, d) for d in (direction, "out" if direction == "in" else "in"))
            if own is None:
                continue
            where = f"{config.name}: {port.name} is connected" if port.line and direction == "out" else ""
            name = f"{'ipv6' if family.v6 else 'ip'} {port.name} secure filter {direction}"
            rules = list_rules(family, port.name, direction, own, other, where)
            here = frozenset({port.name})
            stage = RuleList(name, tuple(rules), Deny(), own.span)
            yield Filter(stage, ingress=here) if direction == "in" else Filter(stage, egress=here)


def _listed(family: Family, port: Port, direction: str) -> FilterList | None:
    """The list of filters, by number or by the name of a set. A set that is not defined filters nothing (8.1.25)."""
    if (port.name, direction) in family.lists:
        return family.lists[port.name, direction]
    name, _ = family.set_names.get(port.name, ("", None))
    return family.sets.get(name, {}).get(direction)


def _elsewhere(config: Config, port: Port) -> Intervals:
    """The IPv4 destinations that interfaces other than ``port`` lead to, but for default routes."""
    spans = [a.subnet.spans[0] for p in config.ports.values() if p is not port for a in p.addresses + p.secondary]
    for (network, length), (_, gateways) in config.v4.routes.items():
        if length and any(g.interface != port.name for g in gateways):
            spans.extend(prefix_span(network, length).spans)
    return Intervals.from_spans(span for span in spans if span[0] < V6)


_MARKS = Marks(begins="# ?" + _HEADER.pattern.removeprefix(r"#?\s*"), whole=True)
PLUGIN = Parser(name="yamaha", title="Yamaha RTX, NVR, FWX (show config)", sniff=sniff, parse=parse, marks=_MARKS)
