"""Fujitsu Si-R: the ``show running-config`` of a router, as far as public manuals explain it.

Read are interfaces, static routes, filters and masquerading. What the manuals leave out is open
(docs/reference/sir.md): a packet that meets a filter is certain to pass only where every reading lets it pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.model.addresses import ALL_V4
from zoneguard.model.device import (
    Concern,
    Device,
    EgressAddress,
    NatRule,
    Permit,
    Route,
    Routing,
    RuleList,
    Translate,
    Vrf,
)
from zoneguard.model.match import Field, In, Unknown, both
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._sir import commands
from zoneguard.parsers._sir.collect import collect
from zoneguard.parsers._sir.config import Config
from zoneguard.parsers._sir.filters import filter_stages, from_outside
from zoneguard.parsers.accounting import Ledger

_TYPICAL = re.compile(
    r"\s*(?:Si-R[ \w-]{0,12}[#>]|lan (?:\d+ )?(?:vlan \d+\s*$|ip (?:address [\d.]+/[\d.]+(?: [0-3])?\s*$"
    r"|route \d+ (?:default|[\d./]+) [\d.]+|filter (?:default|\d+) (?:pass|reject|restrict|spi)"
    r"|nat (?:mode|static|wellknown) |rip use |dhcp (?:info|service) ))"
    r"|remote (?:\d+ )?(?:name |ap \d+ |mtu \d|ppp |ip (?:address (?:local|remote) |route \d+ "
    r"|filter (?:default|\d+) (?:pass|reject|restrict|spi)|nat (?:mode|static|wellknown) |msschange ))"
    r"|ether \d+(?: \d+)? vlan (?:un)?tag \d|acl \d+ (?:ip|tcp|udp|icmp|mac) |consoleinfo autologout "
    r"|proxydns (?:domain|address) \d|answer ip filter)"
)
_SAMPLE = 2000


def sniff(source: Source) -> float:
    """By the share of lines with commands no other vendor has."""
    lines = [line for line in source.lines[:_SAMPLE] if line.strip() and not line.lstrip().startswith("#")]
    typical = sum(_TYPICAL.match(line) is not None for line in lines)
    return min(0.9, 0.3 + 0.8 * typical / len(lines)) if typical > 1 else 0.3 * typical


def parse(source: Source, name: str) -> Parsed:
    """The router called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    config = collect(source, name, ledger)
    routes = tuple(_routes(config, ledger))
    interfaces = tuple(port.interface() for port in config.ports.values())
    vrf = Vrf(
        name="main",
        interfaces=frozenset(config.ports),
        routes=routes,
        stages=(
            *from_outside(config),
            *filter_stages(config, 0),
            Routing(),
            *filter_stages(config, 1),
            *_translations(config),
        ),
    )
    device = Device(
        name=name,
        vendor=PLUGIN.name,
        interfaces=interfaces,
        vrfs=(vrf,),
        span=source.whole,
        uncertain=(*missing(source, interfaces), *ledger.uncertain),
    )
    return Parsed((device,), ledger.close())


def _routes(config: Config, ledger: Ledger) -> Iterator[Route]:
    connected = {(a.subnet.first, a.length) for port in config.ports.values() for a in port.addresses}
    known: dict[tuple[int, int], tuple[str, int | None]] = {}
    for port in config.ports.values():
        for _, route in sorted(port.routes.items()):
            prefix, way = (route.network, route.length), (port.name, route.next_hop)
            if prefix in connected:
                ledger.not_understood(route.span.first, commands.OVER_CONNECTED, Concern.ROUTING)
            elif known.setdefault(prefix, way) != way:
                ledger.not_understood(route.span.first, commands.SEVERAL_ROUTES, Concern.ROUTING)
            yield Route(route.network, route.length, route.span, next_hop=route.next_hop, interface=port.name)


def _translations(config: Config) -> Iterator[Translate]:
    for port in config.ports.values():
        if port.nat is not None:
            done = Unknown(
                Reason("NAT of {name}: {name2} translates the packet", name=config.name, name2=port.name), port.nat
            )
            rule = NatRule(both(In(Field.SRC, ALL_V4), done), port.nat, (EgressAddress(),), f"{port.name} ip nat")
            rules = RuleList(f"{port.name} ip nat out", (rule,), Permit(), port.nat)
            yield Translate(rules, Field.SRC, egress=frozenset({port.name}))


_MARKS = Marks(hosts=((r"sysname (?P<host>\S+)", ""),))
PLUGIN = Parser(name="sir", title="Fujitsu Si-R (show running-config)", sniff=sniff, parse=parse, marks=_MARKS)
