"""Cisco ASA, PIX and the LINA part of FTD: ``show running-config``.

Each context is a forwarding context. The order of a packet's way is: destination NAT, routing, the interface's and the
global list, the checks of NAT, security levels, the list on the way out, source NAT. Lists see real addresses; before
8.3 they see the addresses on their wire. The meaning of every command is stated, with its source, in the module of
``_cisco_asa`` that reads it; ``docs/reference/cisco-asa.md`` is the overview.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from zoneguard.model.device import Concern, Device, Routing, Stage, Vrf
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._cisco_asa import nat_lines, nat_old
from zoneguard.parsers._cisco_asa.collect import collect
from zoneguard.parsers._cisco_asa.config import Config
from zoneguard.parsers._cisco_asa.egress import check_egress
from zoneguard.parsers._cisco_asa.filters import Filters
from zoneguard.parsers._cisco_asa.forms import FORMS, each
from zoneguard.parsers._cisco_asa.lines import VERSION, Part, parts
from zoneguard.parsers._cisco_asa.management import read_management
from zoneguard.parsers._cisco_asa.nat import NatStages
from zoneguard.parsers._cisco_asa.objects import Book
from zoneguard.parsers._cisco_asa.routes import assigned, routes
from zoneguard.parsers._cisco_asa.tunneled import configured
from zoneguard.parsers._cisco_asa.tunnels import read_tunnels
from zoneguard.parsers._cisco_asa.vpn import opened
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._negations import report_taken_back
from zoneguard.parsers.accounting import Ledger

_OWN = re.compile(
    r"\s*(?:nameif \S+|security-level \d+|access-list \S+ (?:line \d+ )?(?:extended|advanced) |same-security-traffic "
    r"|access-group \S+ (?:global|(?:in|out) interface )|object-group (?:network|service|protocol|icmp-type) \S+"
    r"|object (?:network|service) \S+$|nat \([^)]*,[^)]*\) |static \([^)]*,[^)]*\) |global \(\S+\) \d|nat \(\S+\) \d"
    r"|route \S+ \d+\.\d+\.\d+\.\d+ \d+\.\d+\.\d+\.\d+ \d|asdm image |names$|timeout (?:xlate|conn) )"
)
_SAMPLE = 5000


def sniff(source: Source) -> float:
    """Certain by the line of the version, else by how many lines are commands that no other vendor has."""
    lines = [line for line in source.lines[:_SAMPLE] if line.strip() and not line.lstrip().startswith("!")]
    if any(VERSION.match(line) for line in lines[:60]):
        return 0.98
    own = sum(_OWN.match(line) is not None for line in lines)
    return min(0.9, 0.3 + 0.05 * own + 0.5 * own / len(lines)) if own else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device of the file called ``name``; several, where it holds several that are not contexts of one."""
    ledger = Ledger(source, PLUGIN.name)
    found = [part for part in parts(source, ledger) if part.commands] or [Part(1)]
    configs = _configs(source, name, ledger, found)
    if any(part.kind for part in found):
        _missing_contexts(configs)
        inside = [c for c in configs if c.part.kind != "system"] or configs
        devices = [_device(name, source, configs, inside)]
    else:
        devices = [_device(config.device, source, [config], [config]) for config in configs]
    for config in configs:
        report_taken_back(config.part.commands, ledger)
        FORMS.check(each(config.part.commands), ledger)
    account = ledger.close()
    starts = [*(config.part.first for config in configs[1:]), len(source.lines) + 1]
    doubts = [tuple(d for d in ledger.uncertain if c.part.first <= d.span.first < end)
              for c, end in zip(configs, starts, strict=True)]  # fmt: skip
    if len(devices) == 1:
        doubts = [ledger.uncertain]
    whole = (
        replace(device, uncertain=(*missing(source, device.interfaces), *own))
        for device, own in zip(devices, doubts, strict=True)
    )
    return Parsed(tuple(whole), account)


def _configs(source: Source, name: str, ledger: Ledger, found: list[Part]) -> list[Config]:
    """Each part, read. Those of one box have their own names before those of their interfaces."""
    contexts = any(part.kind for part in found)
    configs: list[Config] = []
    known: set[str] = set()
    for number, part in enumerate(found, 1):
        inner = part.hostname or f"part{number}"
        inner = f"{inner}-{number}" if inner in known else inner
        known.add(inner)
        single = len(found) == 1
        device = name if single else f"{name}/{inner}"
        prefix = f"{inner}/" if contexts and not single else ""
        config = Config(device, source, ledger, part, Book(ledger), prefix)
        collect(config)
        configs.append(config)
    return configs


def _missing_contexts(configs: list[Config]) -> None:
    """Contexts that the system names and that the file does not hold."""
    held = [c.part.hostname for c in configs if c.part.kind != "system"]
    for config in configs:
        if config.part.kind == "system" and len(held) < len(config.contexts):
            for context, line in config.contexts.items():
                if context not in held:
                    config.not_understood(line, "the configuration of this context is not in the file", Concern.FILTER)


def _device(name: str, source: Source, configs: list[Config], inside: list[Config]) -> Device:
    vrfs = tuple(vrf for config in inside for vrf in _vrfs(config, config.prefix.rstrip("/") or "main"))
    return Device(
        name=name,
        vendor=PLUGIN.name,
        interfaces=tuple(port.interface(c.known_as(port)) for c in configs for port in c.ports.values()),
        vrfs=vrfs,
        span=source.whole,
        services=tuple(service for c in configs for service, _ in c.services),
        settings=read_management(configs),
        tunnels=read_tunnels(configs),
    )


def _vrfs(config: Config, name: str) -> Iterator[Vrf]:
    """What the box forwards by, and beside it the table of the interfaces that are for management only."""
    apart, table = config.apart, (*routes(config), *assigned(config))
    translations = (nat_old if config.old else nat_lines).translations(config)
    check_egress(config, translations)
    nat = NatStages(config, translations)
    filters = Filters(config, opened(config))
    stages = tuple(_stages(config, nat, filters))
    local = (filters.local(),)
    yield Vrf(
        name=name,
        interfaces=frozenset(config.known_as(port) for port in config.ports.values()) - apart,
        routes=tuple(route for route in table if route.interface not in apart),
        stages=stages,
        policy_routes=tuple(p for p in configured(config) if not apart & {name for _, name in p.targets}),
        local=local,
        lists=filters.lists,
    )
    if apart:
        own = tuple(route for route in table if route.interface in apart)
        yield Vrf(f"{name}:management-only", apart, own, (Routing(),), lists=filters.lists, local=local, forwards=False)


def _stages(config: Config, nat: NatStages, filters: Filters) -> Iterator[Stage]:
    """Before 8.3 the list on the way out is asked of translated sources."""
    yield from nat.inward()
    yield Routing()
    yield from filters.inbound()
    yield from nat.checks()
    yield from nat.control()
    yield from filters.levels()
    if not config.old:
        yield from filters.outbound()
    yield from nat.outward()
    if config.old:
        yield from filters.outbound()


_MARKS = Marks(apart=True, ends=": end", promises=": Saved")
PLUGIN = Parser(name="cisco-asa", title="Cisco ASA, FTD (show running-config)", sniff=sniff, parse=parse, marks=_MARKS)
