"""Juniper SRX and Junos: ``show configuration`` in braces or as ``set`` commands, and parts and logs of them.

Each routing instance is a forwarding context, ``default`` that of ``inet.0``. The meaning of every hierarchy is stated,
with its source, in the module of ``_junos`` that reads it; ``docs/reference/junos.md`` is the overview.
"""

from __future__ import annotations

import re

from zoneguard.model.device import Device
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._junos.account import account
from zoneguard.parsers._junos.contexts import Contexts
from zoneguard.parsers._junos.export import read_export
from zoneguard.parsers._junos.groups import APPLY, Groups
from zoneguard.parsers._junos.management import read_management
from zoneguard.parsers._junos.reader import TreeReader
from zoneguard.parsers._junos.tunnels import read_tunnels
from zoneguard.parsers.accounting import Ledger

_TOP = (
    "access|apply-groups|applications|chassis|class-of-service|event-options|firewall|forwarding-options|groups"
    "|interfaces|logical-systems|policy-options|protocols|routing-instances|routing-options|security|services|snmp"
    "|switch-options|system|version|vlans"
)
_SET = re.compile(rf"^\s*(?:set|deactivate) (?:{_TOP})\b", re.M)
_SET_KNOWN = re.compile(
    r"^\s*set (?:security (?:zones|policies|nat|address-book) |version \d+\.\d+[A-Z-]"
    r"|interfaces (?:[a-z]{2,4}-\d|reth\d|ae\d|irb|lo0|st0|fxp0|vlan|em0|me0)\S* |routing-options static route "
    r"|policy-options (?:prefix-list|policy-statement) |firewall family inet|groups \S+ \S+ |system root-authentication"
    r"|applications application|routing-instances \S+ )",
    re.M,
)
_BRACE = re.compile(rf"^(?:{_TOP}) \{{\s*$", re.M)
_BRACE_KNOWN = re.compile(
    r"^\s*(?:version \d+\.\d+[A-Z-][\w.-]*;|security-zone \S+ \{|from-zone \S+ to-zone \S+ \{"
    r"|address-book (?:\S+ )?\{|(?:static|source|destination) \{\s*rule-set |rule-set \S+ \{|unit \d+ \{"
    r"|family inet6? \{|policy-options \{|instance-type [\w-]+;|host-name \S+;|apply-groups )",
    re.M,
)
_END = re.compile(r";\s*(?:##.*)?$", re.M)
_FOREIGN = re.compile(r"^\s*(?:config \w+|set (?:deviceconfig|rulebase|network) |set interfaces ethernet )", re.M)
_SAMPLE = 4000


def sniff(source: Source) -> float:
    """By hierarchies of Junos, in braces whose statements end with semicolons or after ``set``."""
    text = "\n".join(source.lines[:_SAMPLE])
    if _FOREIGN.search(text):
        return 0.0
    if _BRACE.search(text) and _END.search(text):
        return 0.95 if _BRACE_KNOWN.search(text) else 0.6
    if _SET.search(text):
        return 0.95 if _SET_KNOWN.search(text) else 0.5
    return 0.7 if _BRACE_KNOWN.search(text) and _END.search(text) else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device of one configuration."""
    ledger = Ledger(source, "junos")
    reader = TreeReader(source)
    root = reader.read()
    groups = Groups(root)
    groups.apply(any(APPLY in line for line in source.lines))
    export = read_export(source, ledger, name, root)
    for line, reason, concern in (*reader.problems, *groups.problems):
        ledger.not_understood(max(1, line), reason, concern)
    scopes = [Contexts(export, scope) for scope in export.scopes]
    settings = read_management(export)
    account(ledger, root, root.children.get("groups"))
    for line, reason in reader.asides.items():
        ledger.ignored(reason, line)
    for line in reader.effective:
        ledger.understood(line)
    device = Device(
        name,
        "juniper",
        tuple(i for scope in scopes for i in scope.interfaces.known.values()),
        tuple(vrf for scope in scopes for vrf in scope.vrfs),
        source.whole,
        (*scopes[0].missing, *ledger.uncertain),
        tuple(binding for scope in scopes for binding in scope.bindings),
        tuple(service for scope in scopes for service in scope.services),
        tuple(wire for scope in scopes for wire in scope.interfaces.wires),
        settings,
        tunnels=read_tunnels(export),
    )
    return Parsed((device,), ledger.close())


_MARKS = Marks(
    begins=r"## Last (?:commit|changed): |version \d|set version ",
    hosts=(
        (r'set system host-name "?(?P<host>[^"\s;]+)', ""),
        (r'    host-name "?(?P<host>[^"\s;]+)', r"system \{"),
    ),
)
PLUGIN = Parser("junos", "Juniper SRX and Junos configuration", sniff, parse, marks=_MARKS)
