"""ALAXALA AX: the ``show running-config`` of switches and routers (AX2500S to AX8600S and their kin).

A packet's way is: lists of the port and of the VLAN for what comes in, policy routing by entries of these lists,
routing, lists of the VLAN and of the port for what goes out. Each VRF is a forwarding context. What the manuals leave
open is left open, with the line; ``docs/reference/alaxala.md`` lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.model.device import Concern, Device, PolicyRoute, Routing, Vrf
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._alaxala.collect import collect
from zoneguard.parsers._alaxala.config import Config
from zoneguard.parsers._alaxala.filters import access_filters, access_list
from zoneguard.parsers._alaxala.policies import policy_routes
from zoneguard.parsers._alaxala.routes import contexts
from zoneguard.parsers._indented.config import MAIN
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._others import is_another_system
from zoneguard.parsers.accounting import Ledger

_HEADER = re.compile(r"#\s?(?:configuration list for AX|Last modified by .{0,60} with version |default configuration)")
_CERTAIN = re.compile(
    r"interface (?:gigabitethernet|tengigabitethernet|fortygigabitethernet|hundredgigabitethernet) \d"
    r"|interface range? vlan \d|  name \"VLAN\d{4}\"|vrf definition \d|  vrf forwarding \d|flow detection mode "
    r"|ip(?:v6)? access-list (?:extended |standard )?\""
    r"|system function |swrt_table_resource |axrp \d|  import inter-vrf |policy-list \d"
)
_TYPICAL = re.compile(
    r"interface vlan \d|hostname \"|ip route [\d.]+ [\d.]+ |ip access-list (?:extended|standard) |  ip access-group "
    r"|  switchport trunk allowed vlan \d|spanning-tree |  ip address [\d.]+ [\d.]+"
    r"|vlan \d+(?: |$)|interface port-channel \d"
)
_FOREIGN = re.compile(
    r"\s*interface (?!range |(?:gigabit|tengigabit|twentyfivegigabit|fortygigabit|hundredgigabit|fast)ethernet |vlan "
    r"|port-channel |mgmt |loopback |null |async |tunnel |usb-ethernet |serial |dialer |onegigabitethernet )"
)
_SAMPLE = 4000


def sniff(source: Source) -> float:
    """Near certain by the header, otherwise by words that its relatives write differently."""
    if is_another_system(source):
        return 0.0
    lines = source.lines[:_SAMPLE]
    if any(_HEADER.match(line) for line in lines[:10]):
        return 0.98
    certain = sum(1 for line in lines if _CERTAIN.match(line))
    typical = sum(1 for line in lines if _TYPICAL.match(line))
    if certain:
        return 0.93 if certain > 1 and typical > 1 else 0.7
    return 0.4 if typical > 3 and not any(_FOREIGN.match(line) for line in lines) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    config = collect(source, name, ledger)
    vrfs = tuple(_contexts(config))
    interfaces = tuple(port.interface() for port in config.ports.values() if not port.switched)
    device = Device(
        name=name,
        vendor=PLUGIN.name,
        interfaces=interfaces,
        vrfs=vrfs,
        span=source.whole,
        uncertain=(*missing(source, interfaces), *ledger.uncertain),
        mac_bindings=tuple(config.bindings),
        services=tuple(service for _, service in sorted(config.services.items())),
        settings=config.settings,
        sockets=config.sockets,
    )
    return Parsed((device,), ledger.close())


def _contexts(config: Config) -> Iterator[Vrf]:
    filters = access_filters(config)
    policies = tuple(_policies(config))
    routes = contexts(config)
    for port in config.ports.values():
        if port.vrf != MAIN and port.vrf not in config.instances:
            reason = Reason("VRF {vrf} is not defined in this file", vrf=port.vrf)
            config.not_understood(port.span.first, reason, Concern.ROUTING)
    for name, table in routes.items():
        yield Vrf(
            name=name,
            interfaces=frozenset(p.name for p in config.ports.values() if p.vrf == name and not p.switched),
            routes=table,
            stages=(*filters.inward, Routing(), *filters.outward),
            policy_routes=policies,
        )


def _policies(config: Config) -> Iterator[PolicyRoute]:
    """The policy routes of the lists for what comes into VLANs."""
    for port in config.ports.values():
        if port.switched:
            continue
        for applied in port.lists:
            if applied.inward and applied.kind != "mac" and (applied.kind, applied.name) in config.lists:
                yield from policy_routes(config, port.name, access_list(config, applied).ordered())


_MARKS = Marks(begins=_HEADER.pattern)
PLUGIN = Parser(name="alaxala", title="ALAXALA AX (show running-config)", sniff=sniff, parse=parse, marks=_MARKS)
