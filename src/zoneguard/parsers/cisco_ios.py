"""Cisco IOS and IOS-XE: ``show running-config`` of a router or a routing switch.

A packet's way: lists of switched ports and VLANs, list going in, translation from outside, policy routing, routing,
zone-based firewall, translation to outside, list going out (Cisco, "NAT Order of Operation"). Lists are asked of every
packet; inspection and reflexive lists let answers back.
"""

from __future__ import annotations

import re

from zoneguard.model.device import Device
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._cisco.build import spans_all
from zoneguard.parsers._cisco.forms import IOS
from zoneguard.parsers._cisco.lines import read_lines
from zoneguard.parsers._cisco.local import offered
from zoneguard.parsers._cisco.management import read_management
from zoneguard.parsers._cisco_ios.contexts import contexts
from zoneguard.parsers._cisco_ios.reader import Reader
from zoneguard.parsers._forms import each
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._management import accesses
from zoneguard.parsers._negations import report_taken_back
from zoneguard.parsers._others import is_another_system
from zoneguard.parsers._sockets import read_sockets
from zoneguard.parsers._tunnels import read_tunnels
from zoneguard.parsers.accounting import Ledger

# Commands of NX-OS and Allied Telesis; ASA; ALAXALA.
_FOREIGN = re.compile(
    r"feature \w|vrf context |vdc |install feature-set |boot nxos|ip address \d+\.\d+\.\d+\.\d+/\d"
    r"|: Saved|ASA Version|PIX Version|nameif |security-level \d|same-security-traffic |object network "
    r"|access-list (?:hardware|[34]\d{3}) |flow detection |interface (?:vlan|gigabitethernet|tengigabitethernet|port\d)"
)
_TYPICAL = re.compile(
    r"interface [A-Z][A-Za-z-]+ ?\d|ip access-list (?:extended|standard) |access-list \d+ (?:permit|deny|remark) "
    r"|ip nat (?:inside|outside|pool) |zone(?:-pair)? security |(?:class|policy)-map type inspect |vrf definition "
    r"|ip route (?:vrf \S+ )?\d+\.\d+\.\d+\.\d+ \d|ip prefix-list |ip classless|ip forward-protocol|ip vrf \S|ip sla "
    r"|boot-(?:start|end)-marker|aaa new-model|line (?:con|vty|aux) |router (?:ospf|bgp|eigrp|rip)|service timestamps"
    r"|ipv6 unicast-routing|no service pad|crypto (?:isakmp|keyring|ipsec|pki) |track \d|object-group \w|ip cef"
)
_SAMPLE = 50_000


def sniff(source: Source) -> float:
    """By commands that other systems with this command line do not have, less what only those have."""
    if is_another_system(source):
        return 0.0
    lines = [line for line in source.lines[:_SAMPLE] if line.strip() and not line.lstrip().startswith("!")]
    top = [line.lstrip() for line in lines]
    known = sum(_TYPICAL.match(line) is not None for line in top)
    foreign = sum(_FOREIGN.match(line.strip()) is not None for line in lines)
    if not known or foreign > known:
        return 0.0
    named = any(line.startswith("hostname ") for line in top)
    wildcard = any(re.match(r" (?:\d+ )?(?:permit|deny)\b.* 0\.\d+\.\d+\.\d+", line) for line in lines)
    address = any(re.match(r" +ip address \d+\.\d+\.\d+\.\d+ 255\.", line) for line in lines)
    return min(0.95, 0.35 + 0.1 * min(known, 4) + 0.1 * named + 0.1 * wildcard + 0.1 * address) / (1 + foreign)


def parse(source: Source, name: str) -> Parsed:
    """The device called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    reader = Reader(source, ledger, name)
    lines = read_lines(source, ledger)
    reader.read(lines)
    vrfs = contexts(reader)
    report_taken_back(lines, ledger)
    services = offered(reader.config, reader.management, reader.config.ports.values())
    interfaces = tuple(port.interface() for port in reader.config.ports.values())
    settings = read_management(lines, ledger, reader.config.span, accesses(services), "Cisco IOS")
    IOS.check(each(lines), ledger)
    device = Device(
        name=name,
        vendor="cisco",
        interfaces=interfaces,
        vrfs=vrfs,
        span=spans_all(source),
        uncertain=(*missing(source, interfaces), *ledger.uncertain),
        mac_bindings=tuple(reader.config.bindings),
        services=services,
        settings=settings,
        sockets=read_sockets(lines, reader.config.span),
        tunnels=read_tunnels(lines, reader.config.span),
    )
    return Parsed((device,), ledger.close())


_MARKS = Marks(
    begins=r"Building configuration|Current configuration ?:|version \d",
    ends="end",
    promises=r"Building configuration|Current configuration ?:|Using \d+ out of \d+ bytes",
    hosts=((r'(?:hostname|switchname) "?(?P<host>[\w.-]+)', ""),),
)
PLUGIN = Parser(
    name="cisco-ios", title="Cisco IOS and IOS-XE (show running-config)", sniff=sniff, parse=parse, marks=_MARKS
)
