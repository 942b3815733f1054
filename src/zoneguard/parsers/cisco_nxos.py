"""Cisco NX-OS: ``show running-config`` of a Nexus switch.

A packet's way: list of the switched port, VLAN access map, list of the routed interface going in, policy routing,
routing, list going out, VLAN access map, list of the switched port (Nexus 9000 Security Configuration Guide, "Order of
ACL Application").
"""

from __future__ import annotations

import re

from zoneguard.model.device import Concern, Device, Routing, Vrf
from zoneguard.model.settings import Service
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._cisco.build import contexts, prepare, report_groups, spans_all
from zoneguard.parsers._cisco.forms import NXOS
from zoneguard.parsers._cisco.lines import read_lines
from zoneguard.parsers._cisco.local import local_stage
from zoneguard.parsers._cisco_nxos.management import read_settings
from zoneguard.parsers._cisco_nxos.reader import Reader, is_vlan
from zoneguard.parsers._forms import each
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._negations import report_taken_back
from zoneguard.parsers._others import is_another_system
from zoneguard.parsers._sockets import read_sockets
from zoneguard.parsers.accounting import Ledger

DOWN = "the interface of a VLAN without 'no shutdown' is down"
STATE = "neither 'shutdown' nor 'no shutdown': the interface is taken to be up"

_TYPICAL = re.compile(
    r"feature [a-z]|vrf context \S|vdc \S+ id|install feature-set |boot nxos |boot (?:kickstart|system) bootflash|cfs "
    r"|interface (?:Ethernet\d+/|port-channel\d|loopback\d|mgmt0|Vlan\d|nve1)|vpc domain |fex \d|role name |hsrp \d"
    r"|(?:ip|ipv6) access-list \S+$|object-group ip (?:address|port) |vlan access-map |copp profile |vrf member \S"
    r"|ip route \d+\.\d+\.\d+\.\d+/\d|ip address \d+\.\d+\.\d+\.\d+/\d|no password strength-check"
    r"|system default switchport"
)
_NEXUS = re.compile(r"interface (?:Ethernet\d+/|port-channel\d|loopback\d|mgmt0|Vlan\d)|object-group ip ")
_NAMED = re.compile(r"ip access-list (?!(?:standard|extended|hardware|role-based|logging|log-update)\b)\S+$")
_LISTS = re.compile(
    r"(?:ip|ipv6) access-list \S+$|\d+ (?:permit|deny|remark) |statistics per-entry$|fragments \w+-all$|end$"
)
_FOREIGN = re.compile(
    r"ip address \d+\.\d+\.\d+\.\d+ 255|nameif |security-level |ASA Version|: Saved|object network |boot-start-marker"
    r"|ip access-list (?:standard|extended|hardware) |ip vrf |zone |no aaa new-model|interface (?:port\d|vlan\d|eth\d)"
    r"|ip nat (?:inside|outside) "
)


def sniff(source: Source) -> float:
    """By commands that only this system has, less what only others with this command line have."""
    if is_another_system(source):
        return 0.0
    lines = [line.strip() for line in source.lines[:50_000] if line.strip() and not line.lstrip().startswith("!")]
    known = sum(_TYPICAL.match(line) is not None for line in lines)
    foreign = sum(_FOREIGN.match(line) is not None for line in lines)
    if not known or foreign > known:
        return 0.0
    sure = any(line.startswith(("feature ", "vrf context ", "vdc ", "boot nxos")) for line in lines)
    if not sure and not any(_NEXUS.match(line) for line in lines):
        return 0.0 if foreign else _lists_alone(lines)
    return min(0.97, 0.3 + 0.1 * min(known, 4) + 0.25 * sure) / (1 + foreign)


def _lists_alone(lines: list[str]) -> float:
    """Access lists and nothing else: IOS says of each of its lists whether it is standard or extended."""
    return 0.5 if all(_LISTS.match(line) for line in lines) and any(_NAMED.match(line) for line in lines) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    reader = Reader(source, ledger, name)
    lines = read_lines(source, ledger)
    reader.read(lines)
    config = reader.config
    _states(reader)
    protocols = [*reader.protocols, *(reader.active[:1] if not reader.protocols else [])]
    prepare(config, protocols)
    listed = local_stage(config, reader.management)
    vrfs = tuple(
        Vrf(
            common.name,
            frozenset(port.name for port in common.ports),
            common.routes,
            (*common.before, *common.discards, Routing(), *common.after),
            common.policy_routes,
            local=() if listed is None else (listed,),
        )
        for common in contexts(config, {}, dynamic=bool(protocols))
    )
    report_groups(config, config.groups)
    report_taken_back(lines, ledger)
    routed = [port.name for port in config.ports.values() if port.enabled and port.addresses]
    settings = read_settings(lines, ledger, config.span, routed)
    NXOS.check(each(lines), ledger)
    interfaces = tuple(port.interface() for port in config.ports.values())
    device = Device(
        name=name,
        vendor="cisco",
        interfaces=interfaces,
        vrfs=vrfs,
        span=spans_all(source),
        uncertain=(*missing(source, interfaces), *ledger.uncertain),
        services=tuple(Service(a.service, a.interface, a.span) for a in settings.accesses),
        settings=settings,
        sockets=read_sockets(lines, config.span),
    )
    return Parsed((device,), ledger.close())


def _states(reader: Reader) -> None:
    """The interface of a VLAN is down unless the file says otherwise; of other routed ones the model decides."""
    config = reader.config
    for port in config.ports.values():
        if reader.stated(port) or not port.addresses or port.switched:
            continue
        if is_vlan(port) and config.whole:
            port.enabled = False
            config.ledger.not_understood(port.line.number, DOWN, Concern.OTHER)
        elif is_vlan(port) or port.name.startswith("Ethernet"):
            config.ledger.not_understood(port.line.number, STATE, Concern.INTERFACE, bounded=True)


_MARKS = Marks(begins=r"!Command: show (?:running|startup)-config|version \d")
PLUGIN = Parser(name="cisco-nxos", title="Cisco NX-OS (show running-config)", sniff=sniff, parse=parse, marks=_MARKS)
