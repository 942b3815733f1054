"""Commands at the left margin → facts: which reader takes a command, and what becomes of one that none takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from zoneguard.model.device import Concern, MacBinding
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers import Source, _forms
from zoneguard.parsers._alaxala import acl, interfaces, policies, routes
from zoneguard.parsers._alaxala.commands import INTERFACE, TOP
from zoneguard.parsers._alaxala.config import Config
from zoneguard.parsers._alaxala.forms import FORMS
from zoneguard.parsers._alaxala.management import read_management
from zoneguard.parsers._indented.config import take
from zoneguard.parsers._indented.lines import Line, read_tree
from zoneguard.parsers._indented.words import UnreadableError, address, is_quad, mac
from zoneguard.parsers._negations import report_taken_back
from zoneguard.parsers._sockets import read_sockets
from zoneguard.parsers.accounting import Ledger

_SERVICES = {"ssh": "ssh", "snmp-server": "snmp", "ftp-server": "ftp", "http-server": "http"}


def collect(source: Source, name: str, ledger: Ledger) -> Config:
    """Every command of ``source``, read or accounted for in ``ledger``."""
    lines = read_tree(source, ledger, {"config": 0})
    config = take(lines, Config(source, ledger, name), _READERS, _judge)
    config.settings = read_management(lines, config)
    config.sockets = read_sockets(lines, lambda line: line.span, _names)
    report_taken_back(lines, ledger)
    FORMS.check(_forms.each(lines), ledger)
    return config


def _names(words: tuple[str, ...]) -> Iterable[str]:
    try:
        return (interfaces.interface_name(words[:2]),)
    except UnreadableError:
        return ()


def _judge(line: Line, config: Config) -> None:
    if line.head in _SERVICES or (line.head == "ip" and line.words[1:2] == ("ssh",)):
        service = _SERVICES.get(line.head, "ssh")
        config.services.setdefault(service, Service(service, "", line.span))
    if line.head == "line" and line.words[1:2] == ("vty",):
        config.services.setdefault("telnet", Service("telnet", "", line.span))
    TOP.judge(line, config.ledger)


def _arp(line: Line, config: Config) -> None:
    """``arp ADDRESS INTERFACE NUMBER MAC``."""
    words = line.words[1:]
    if not words or not is_quad(words[0]) or len(words) < 4:
        TOP.judge(line, config.ledger)
        return
    at = 3 if words[1].lower() == "vrf" else 1
    if len(words) < at + 3:
        TOP.judge(line, config.ledger)
        return
    interface = interfaces.interface_name(words[at : at + 2])
    config.bindings.append(MacBinding(address(words[0]), mac(words[at + 2]), interface, line.span))


def _vlan(line: Line, config: Config) -> None:
    """``vlan LIST [protocol-based | mac-based]``."""
    if not (len(line.words) > 1 and _IDS.fullmatch(line.words[1]) and set(line.words[2:]) <= _VLAN_KINDS):
        raise UnreadableError(Reason("not a VLAN: {words}", words=" ".join(line.words[1:])[:60]))
    for child in line.children:
        INTERFACE.judge(child, config.ledger)


_IDS = re.compile(r"\d{1,4}(?:-\d{1,4})?(?:,\d{1,4}(?:-\d{1,4})?)*")
_VLAN_KINDS = {"port-based", "protocol-based", "mac-based"}
_READERS: dict[tuple[str, ...], tuple[Callable[[Line, Config], None], Concern]] = {
    ("interface",): (interfaces.read_interface, Concern.INTERFACE),
    ("vlan",): (_vlan, Concern.FILTER),
    ("ip", "access-list"): (acl.read_list, Concern.FILTER),
    ("ipv6", "access-list"): (acl.read_list, Concern.FILTER),
    ("mac", "access-list"): (acl.read_list, Concern.FILTER),
    ("access-list",): (acl.read_numbered, Concern.FILTER),
    ("policy-list",): (policies.read_policy_list, Concern.ROUTING),
    ("ip", "route"): (routes.read_route, Concern.ROUTING),
    ("ipv6", "route"): (routes.read_route, Concern.ROUTING),
    ("vrf", "definition"): (routes.read_vrf, Concern.ROUTING),
    ("route-map",): (routes.read_route_map, Concern.ROUTING),
    ("ip", "prefix-list"): (routes.read_prefix_list, Concern.ROUTING),
    ("ipv6", "prefix-list"): (routes.read_prefix_list, Concern.ROUTING),
    ("arp",): (_arp, Concern.OTHER),
}
