"""Fortinet FortiGate (FortiOS): ``show``, ``show full-configuration`` and configuration backups.

Each VDOM is a forwarding context, and each VRF in it. The meaning of every table is stated, with its source, in the
module of ``_fortios`` that reads it; ``docs/reference/fortios.md`` is the overview.
"""

from __future__ import annotations

import re
from dataclasses import replace

from zoneguard.model.device import Concern, Device, MacBinding, Misunderstood, Routing, Vrf
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.callers import SSL_PORTALS, SSL_SETTINGS
from zoneguard.parsers._fortios.cluster import RESERVED
from zoneguard.parsers._fortios.export import Export, read_export
from zoneguard.parsers._fortios.interfaces import TUNNEL_TABLES, read_interfaces
from zoneguard.parsers._fortios.management import read_management
from zoneguard.parsers._fortios.schema import account_rest
from zoneguard.parsers._fortios.settings import READ_SETTINGS, read_global
from zoneguard.parsers._fortios.shapes import check_values
from zoneguard.parsers._fortios.static import DYNAMIC
from zoneguard.parsers._fortios.tree import TreeReader
from zoneguard.parsers._fortios.tunnels import read_tunnels
from zoneguard.parsers._fortios.vdom import POLICY_TABLES, Vdom
from zoneguard.parsers._fortios.watching import read_watches
from zoneguard.parsers._fortios.zones import SDWAN_TABLES, check_zones, read_sdwan, read_zones
from zoneguard.parsers.accounting import Ledger

READ = frozenset({
    *POLICY_TABLES, *TUNNEL_TABLES, *SDWAN_TABLES, *DYNAMIC, *READ_SETTINGS, "system interface", "system zone",
    "system vdom-link", "system arp-table", "firewall address", "firewall address6", "firewall addrgrp",
    "firewall addrgrp6", "firewall service custom", "firewall service group", "firewall vip", "firewall vip6",
    "firewall vipgrp", "firewall vipgrp6", "firewall ippool", "firewall ippool6", "firewall central-snat-map",
    "firewall local-in-policy", "firewall local-in-policy6", "firewall acl", "firewall acl6",
    "firewall security-policy", "firewall ipmacbinding setting", "firewall ipmacbinding table", "router static",
    "router static6", "router policy", "router policy6", "vpn ipsec phase2-interface", "system ha",
    SSL_SETTINGS, SSL_PORTALS,
})  # fmt: skip
_SCOPES = frozenset({"vdom", "global"})
_CONFIG = re.compile(
    r"^[ \t]*config (firewall|router|system|vpn|user|log|antivirus|webfilter|wireless-controller) [\w-]+", re.M
)
_KNOWN = re.compile(
    r"^[ \t]*config (?:firewall (?:policy|address|vip|service custom)|system (?:interface|global|zone)|router static)",
    re.M,
)
_CLOSED = re.compile(r"^[ \t]*(?:next|end)[ \t]*$", re.M)
_SAMPLE = 2000


def sniff(source: Source) -> float:
    """A backup names itself in its first line; otherwise ``config`` blocks with FortiOS names, closed by ``end``."""
    if any(line.lstrip().startswith("#config-version=") for line in source.lines[:20]):
        return 1.0
    text = "\n".join(source.lines[:_SAMPLE])
    if not _CLOSED.search(text):
        return 0.0
    return 0.9 if _KNOWN.search(text) else 0.6 if _CONFIG.search(text) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device of one export."""
    ledger = Ledger(source, "fortios")
    reader = TreeReader(source, ledger)
    root = reader.read()
    export = read_export(source, ledger, name, root)
    device = _device(export, root)
    _account(export, root)
    for reason, line in reader.asides:
        ledger.ignored(reason, line)
    settings = read_management(export, device.services)
    watches = read_watches(export)
    check_values(ledger, root)
    device = replace(
        device,
        uncertain=(*_missing(export), *ledger.uncertain),
        settings=settings,
        tunnels=read_tunnels(export),
        watches=watches,
    )
    return Parsed((device,), ledger.close())


def _device(export: Export, root: Block) -> Device:
    sdwans = {scope.name: read_sdwan(export, scope) for scope in export.scopes}
    zones = {scope.name: read_zones(export, scope, sdwans[scope.name]) for scope in export.scopes}
    members = {member: z.name for known in zones.values() for z in known.values() for member in z.members}
    interfaces = read_interfaces(export, members)
    for known in zones.values():
        check_zones(export, known, interfaces.known)
    read_global(export, root)
    vrfs: list[Vrf] = []
    bindings: list[MacBinding] = []
    for scope in export.scopes:
        vdom = Vdom(export, scope, interfaces, zones[scope.name], sdwans[scope.name])
        vrfs += vdom.vrfs
        bindings += vdom.bindings
    if interfaces.reserved:
        vrfs.append(Vrf(RESERVED, frozenset(interfaces.reserved), (), (Routing(),), forwards=False))
    return Device(
        export.device,
        "fortinet",
        tuple(interfaces.known.values()),
        tuple(vrfs),
        export.source.whole,
        mac_bindings=tuple(bindings),
        services=tuple(interfaces.services),
        wires=tuple(interfaces.wires),
    )


def _account(export: Export, root: Block) -> None:
    """Everything that no reader has spoken of: tables not read, the frame of VDOMs, settings outside of tables."""
    ledger = export.ledger
    places = {id(block): block for block in (root, export.shared, *(s.block for s in export.scopes))}
    frames = [root.blocks[name] for name in sorted(_SCOPES) if name in root.blocks]
    frames += [entry for frame in frames for entry in frame.entries.values()]
    for frame in frames:
        for first, last in frame.spans:
            ledger.understood(first)
            ledger.understood(last)
        places.setdefault(id(frame), frame)
    for block in places.values():
        account_rest(ledger, (b for path, b in block.blocks.items() if path not in READ | _SCOPES))
        for _, first, _ in block.settings.values():
            ledger.not_understood(first, "this setting stands outside of a table", Concern.FILTER)


def _missing(export: Export) -> list[Misunderstood]:
    """What a file that is no backup leaves out altogether."""
    if export.version is not None:
        return []
    here = export.source.whole
    blocks = [export.shared, *(scope.block for scope in export.scopes)]
    wanted = (
        (POLICY_TABLES, Reason("firewall policies"), Concern.FILTER),
        (("system interface",), Reason("interfaces"), Concern.INTERFACE),
        (("router static", "router static6"), Reason("static routes"), Concern.ROUTING),
    )
    return [
        Misunderstood(
            here, "", Reason("this file is a part of a configuration: it has no table of {what}", what=what), concern
        )
        for paths, what, concern in wanted
        if not any(path in block.blocks for path in paths for block in blocks)
    ]


_MARKS = Marks(
    begins="#config-version=",
    whole=True,
    hosts=((r'\s*set hostname "?(?P<host>[^"\s]+)', "config system global$"),),
)
PLUGIN = Parser("fortios", "Fortinet FortiGate (FortiOS) configuration", sniff, parse, marks=_MARKS)
