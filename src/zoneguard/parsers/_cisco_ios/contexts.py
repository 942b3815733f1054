"""The forwarding contexts of an IOS device, put together from what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Filter, Permit, Route, Routing, Rule, RuleList, Stage, Vrf
from zoneguard.model.match import ALWAYS, Match, Not, both
from zoneguard.model.text import Reason
from zoneguard.parsers._cisco.build import Common, prepare, refuse, report_groups, spans_all
from zoneguard.parsers._cisco.build import contexts as common_contexts
from zoneguard.parsers._cisco.config import Port
from zoneguard.parsers._cisco.lists import ANSWERS
from zoneguard.parsers._cisco.lists import sessions as answered
from zoneguard.parsers._cisco.local import local_stage
from zoneguard.parsers._cisco.values import family, undecided
from zoneguard.parsers._cisco_ios.callers import callers
from zoneguard.parsers._cisco_ios.crypto import Tunnel, accounted, decrypted, reached
from zoneguard.parsers._cisco_ios.firewall import Firewall
from zoneguard.parsers._cisco_ios.reader import Reader
from zoneguard.parsers._cisco_ios.translations import translations

MAY_NOT_ROUTE = "the device looks like a switch and has no command 'ip routing': whether it routes depends on its model"


def contexts(reader: Reader) -> tuple[Vrf, ...]:
    """Every context. What is found to be open on the way is in the ledger."""
    config = reader.config
    _place_lists(config.ports.values())
    protocols = [*reader.protocols, *(reader.notes.dynamic[:1] if not reader.protocols else [])]
    prepare(config, protocols)
    sessions = answered(list(config.lists.values()))
    inspecting = [port for port in config.ports.values() if port.inspected]
    inspected = dict.fromkeys(port.vrf for port in inspecting)
    first = {vrf: tuple(_inspected(reader, vrf, inspecting)) for vrf in inspected}
    tunnels = list(accounted(config, reader.crypto))
    tunnelling = dict.fromkeys(port.vrf for port, _ in tunnels)
    inward = {vrf: tuple(decrypted(config, _of(tunnels, vrf))) for vrf in tunnelling}
    common = common_contexts(config, sessions, bool(protocols), first, inward)
    made = tuple(_tunnelled(reader, _context(reader, each), _of(tunnels, each.name)) for each in common)
    report_groups(config, config.groups)
    return made


def _of(tunnels: list[tuple[Port, Tunnel]], vrf: str) -> list[tuple[Port, Tunnel]]:
    return [(port, tunnel) for port, tunnel in tunnels if port.vrf == vrf]


def _tunnelled(reader: Reader, vrf: Vrf, tunnels: list[tuple[Port, Tunnel]]) -> Vrf:
    """The context with routes to what is behind its tunnels."""
    if not tunnels:
        return vrf
    interfaces = [port.interface() for port in reader.config.ports.values() if port.name in vrf.interfaces]
    return replace(vrf, routes=(*vrf.routes, *reached(reader.config, tunnels, vrf, interfaces)))


def _place_lists(ports: Iterable[Port]) -> None:
    """``ip access-group`` on a switched port is a list of that port."""
    for port in ports:
        if port.switched:
            port.frames |= port.access
            port.access = {}


def _inspected(reader: Reader, vrf: str, ports: list[Port]) -> Iterator[Rule]:
    """Classic inspection opens every list for the answers to sessions that it saw."""
    for port in ports:
        for applied in port.inspected.values() if port.vrf == vrf else ():
            span = reader.config.span(applied.line)
            seen: Match = undecided(Reason("inspection {name} saw the session open", name=applied.name), span)
            yield Rule(both(ANSWERS, seen), Permit(), span, f"ip inspect {applied.name}", implied=True)


def _context(reader: Reader, common: Common) -> Vrf:
    config = reader.config
    firewall = Firewall(config, reader.zones, common.ports)
    zoned = firewall.stage()
    nat = translations(config, reader.nat, common.name, common.ports)
    stages: list[Stage] = [
        *common.before,
        *nat.incoming,
        *common.discards,
        Routing(),
        *_not_routed(reader, common),
        *([zoned] if zoned is not None else []),
        *nat.outgoing,
        *common.after,
    ]
    local = [stage for stage in (firewall.local(), local_stage(config, reader.management)) if stage is not None]
    defaults = [name for name in reader.notes.default_by_ppp if config.ports[name].vrf == common.name]
    given = tuple(Route(0, 0, config.ports[name].span, interface=name) for name in defaults)
    lists = dict(firewall.lists)
    if not config.ports:  # lists alone: they can be asked for by name
        lists |= {known.name: _bare(known.rules({})) for known in config.lists.values()}
    return Vrf(
        common.name,
        frozenset(port.name for port in common.ports),
        (*common.routes, *given, *callers(config, common.ports)),
        tuple(stages),
        common.policy_routes,
        lists,
        tuple(local),
        forwards=reader.routing is not False,
    )


def _bare(rules: RuleList) -> RuleList:
    """Without the line for the other version of IP."""
    return replace(rules, rules=rules.rules[1:])


def _not_routed(reader: Reader, common: Common) -> Iterator[Filter]:
    """IPv6 is forwarded only with ``ipv6 unicast-routing``; a switch forwards only with ``ip routing``."""
    config = reader.config
    routed = [port for port in common.ports if port.enabled and port.addresses]
    addressed = any(a.address >= V6 for port in common.ports for a in port.addresses)
    if reader.six is None and (addressed or any(route.network >= V6 for route in common.routes)):
        span = spans_all(config.source)
        match: Match = family(True)
        if not config.whole:
            match = both(match, Not(undecided(Reason("ipv6 unicast-routing is configured"), span)))
        yield refuse(match, span, "no ipv6 unicast-routing")
    if reader.switch is not None and not reader.router and reader.routing is None and len(routed) > 1:
        span = config.span(reader.switch)
        config.ledger.not_understood(span.first, MAY_NOT_ROUTE, Concern.ROUTING, bounded=True)
        yield refuse(both(ALWAYS, Not(undecided(Reason("ip routing is on"), span))), span, "no ip routing")
