"""Fujitsu IPCOM EX, EX2, VE: interfaces and static routes of ``show running-config``; what its rules do stays open.

No command reference of this vendor is public. What public programs that read its configurations show is read
(``docs/reference/ipcom.md`` names them line by line); everything else is not understood, and every packet may pass or
not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from zoneguard.model.device import (
    Concern,
    Deny,
    Device,
    Filter,
    Interface,
    InterfaceAddress,
    Misunderstood,
    Permit,
    Route,
    Routing,
    Rule,
    RuleList,
    Vrf,
)
from zoneguard.model.match import Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._indented.lines import Line, read_tree
from zoneguard.parsers._indented.verdicts import Verdicts, rows
from zoneguard.parsers._indented.wholeness import missing
from zoneguard.parsers._indented.words import is_quad, mask_length
from zoneguard.parsers.accounting import Ledger

ACCOUNTS = "accounts of those who manage the device"
LINK = "hardware and link settings"
NAMES = "names and time"
NOT_PUBLIC = "a command of which no public manual says what it does"
OPEN = "what rules, default and translation of this vendor do is in no public manual: every packet may pass or not"
ASSIGNED = "dynamic routing: an address that is assigned is not in the configuration"
UNREAD = "a command that cannot be read"
SEVERAL_ROUTES = "a second route to the same destination: which of them is used is not in the public sources"

_OWN = re.compile(r"^interface (?:lan\d+\.\d+|(?:bnd|pass|mnt)\d+(?:\.\d+)?)\s*$", re.M)
_TYPICAL = re.compile(r"^\s+(?:ip-routing|vlan-link \S+(?: \S+)?|auto-negotiation (?:on|off))\s*$", re.M)
_SAMPLE = 3000
_MODES = {"config": 0, "edit": 0}
_TOP = Verdicts(
    {**rows("hostname, description, timezone, terminal", NAMES), **rows("user, user-role, password", ACCOUNTS)},
    (Concern.FILTER, NOT_PUBLIC),
)
_INNER = Verdicts(
    {
        **rows("description", NAMES),
        **rows("speed, duplex, auto-negotiation, vlan-link, mtu", LINK),
        **rows("ip route", (Concern.ROUTING, NOT_PUBLIC)),
        **rows("ip address, ipv6 address, ipv6-routing, shutdown", (Concern.INTERFACE, NOT_PUBLIC)),
    },
    (Concern.FILTER, NOT_PUBLIC),
)


@dataclass(slots=True)
class _Read:
    """What has been read so far."""

    source: Source
    ledger: Ledger
    interfaces: dict[str, Interface] = field(default_factory=dict)
    routes: dict[tuple[int, int], Route] = field(default_factory=dict)


def sniff(source: Source) -> float:
    """By names of interfaces that no other vendor has, and what stands below them."""
    text = "\n".join(source.lines[:_SAMPLE])
    own = len(_OWN.findall(text))
    return min(0.9, 0.5 + 0.1 * own + 0.1 * len(_TYPICAL.findall(text))) if own else 0.0


def parse(source: Source, name: str) -> Parsed:
    """The device called ``name``."""
    ledger = Ledger(source, PLUGIN.name)
    read = _Read(source, ledger)
    for line in read_tree(source, ledger, _MODES):
        if line.head == "interface" and len(line.words) == 2:
            _interface(line, read)
        elif tuple(word.lower() for word in line.words[:2]) == ("ip", "route"):
            _route(line, read)
        else:
            _TOP.judge(line, ledger)
    interfaces = tuple(read.interfaces.values())
    vrf = Vrf(
        name="main",
        interfaces=frozenset(read.interfaces),
        routes=tuple(read.routes.values()),
        stages=(Routing(), _open(Reason("{name} forwards the packet", name=name), source.whole)),
        local=(_open(Reason("{name} answers the packet", name=name), source.whole),),
    )
    open_ = Misunderstood(source.whole, "", OPEN, Concern.FILTER)
    uncertain = (open_, *missing(source, interfaces), *ledger.uncertain)
    device = Device(name, "fujitsu", interfaces, (vrf,), source.whole, uncertain)
    return Parsed((device,), ledger.close())


def _open(what: Reason, span: SourceSpan) -> Filter:
    rule = Rule(
        Unknown(what, span),
        Permit(),
        span,
        "rules of the device",
        implied=True,
    )
    return Filter(RuleList("rules", (rule,), Deny(), span), stateful=True)


def _interface(line: Line, read: _Read) -> None:
    read.ledger.understood(line.number)
    addresses: list[InterfaceAddress] = []
    for child in line.children:
        words = tuple(word.lower() for word in child.words)
        if words[:2] == ("ip", "address"):
            addresses += _addresses(child, read)
        elif words == ("ip-routing",):
            read.ledger.understood(child.number)
        else:
            _INNER.judge(child, read.ledger)
    name = line.words[1]
    before = read.interfaces.get(name)
    known = (*(before.addresses if before else ()), *addresses)
    read.interfaces[name] = Interface(name, line.span, tuple(dict.fromkeys(known)))


def _addresses(line: Line, read: _Read) -> list[InterfaceAddress]:
    """``ip address A/LENGTH`` or ``A MASK``; ``auto``."""
    words = line.words[2:]
    if words and words[0].lower() == "auto":
        read.ledger.not_understood(line.number, ASSIGNED, Concern.INTERFACE)
        return []
    try:
        address, _, length = (words[0] if words else "").partition("/")
        if len(words) == 2 and is_quad(words[1]) and not length:
            found = InterfaceAddress(values.ipv4(address), mask_length(words[1]))
        else:
            values.prefix(words[0] if len(words) == 1 else "")
            found = InterfaceAddress(values.ipv4(address), int(length))
    except UnreadableError:
        read.ledger.not_understood(line.number, UNREAD, Concern.INTERFACE)
        return []
    read.ledger.understood(line.number)
    return [found]


def _route(line: Line, read: _Read) -> None:
    """``ip route A/LENGTH HOP [distance N]``."""
    words = tuple(word.lower() for word in line.words[2:])
    try:
        network, length = values.prefix(words[0] if words else "")
        hop = values.ipv4(words[1] if len(words) > 1 else "")
        if len(words) > 2 and not (
            len(words) == 4 and words[2] == "distance" and words[3].isdecimal() and int(words[3][:4]) < 256
        ):
            raise UnreadableError("words behind the end of the line")
    except UnreadableError:
        read.ledger.not_understood(line.number, UNREAD, Concern.ROUTING)
        return
    read.ledger.understood(line.number)
    distance = int(words[3]) if len(words) == 4 else 1
    route = Route(network, length, line.span, next_hop=hop, distance=distance)
    if (network, length) in read.routes and read.routes[network, length].next_hop != hop:
        read.ledger.not_understood(line.number, SEVERAL_ROUTES, Concern.ROUTING)
    read.routes.setdefault((network, length), route)


_MARKS = Marks(hosts=((r'hostname "?(?P<host>[\w.-]+)', ""),))
PLUGIN = Parser("ipcom", "Fujitsu IPCOM EX, EX2, VE (show running-config)", sniff, parse, marks=_MARKS)
