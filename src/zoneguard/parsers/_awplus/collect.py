"""Commands at the left margin → facts: which reader takes a command, and what becomes of one that none takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from zoneguard.model.device import Concern, MacBinding
from zoneguard.parsers import Source, _forms
from zoneguard.parsers._awplus import acl, entities, firewall, interfaces, routes
from zoneguard.parsers._awplus.commands import INTERFACE, TOP
from zoneguard.parsers._awplus.config import Applied, Config
from zoneguard.parsers._awplus.forms import FORMS
from zoneguard.parsers._awplus.management import read_management
from zoneguard.parsers._indented.config import take
from zoneguard.parsers._indented.lines import Line, read_tree
from zoneguard.parsers._indented.words import UnreadableError, address, expanded, mac
from zoneguard.parsers._negations import report_taken_back
from zoneguard.parsers._sockets import read_sockets
from zoneguard.parsers._tunnels import read_tunnels
from zoneguard.parsers.accounting import Ledger

MODES = {"config": 0, "config-network": 2, "config-host": 3}
_SERVICES = {"ssh": "ssh", "telnet": "telnet", "http": "http", "http-server": "http"}


def collect(source: Source, name: str, ledger: Ledger) -> Config:
    """Every command of ``source``, read or accounted for in ``ledger``."""
    lines = read_tree(source, ledger, MODES)
    config = take(lines, Config(source, ledger, name), _READERS, _judge)
    config.settings = read_management(lines, config)
    config.tunnels = read_tunnels(lines, lambda line: line.span)
    config.sockets = read_sockets(lines, lambda line: line.span, _names)
    report_taken_back(lines, ledger)
    FORMS.check(_forms.each(lines), ledger)
    return config


def _names(words: tuple[str, ...]) -> Iterable[str]:
    try:
        return tuple(expanded("".join(words).lower()))
    except UnreadableError:
        return ()


def _judge(line: Line, config: Config) -> None:
    TOP.judge(line, config.ledger)


def _service(line: Line, config: Config) -> None:
    name = _SERVICES.get(line.words[1].lower()) if len(line.words) > 1 else None
    if name is not None:
        config.services.setdefault(name, line.span)
    for each in line.subtree():
        TOP.judge(each, config.ledger)


def _no_service(line: Line, config: Config) -> None:
    config.services.pop(_SERVICES.get(line.words[2].lower(), "") if len(line.words) > 2 else "", None)
    TOP.judge(line, config.ledger)


def _snmp(line: Line, config: Config) -> None:
    config.services.setdefault("snmp", line.span)
    TOP.judge(line, config.ledger)


def _arp(line: Line, config: Config) -> None:
    """``arp ADDRESS MAC [PORT]``."""
    if len(line.words) < 3 or not line.words[1][:1].isdigit():
        TOP.judge(line, config.ledger)
        return
    port = line.words[3].lower() if len(line.words) > 3 else ""
    config.bindings.append(MacBinding(address(line.words[1]), mac(line.words[2]), port, line.span))


def _access_list(line: Line, config: Config) -> None:
    if len(line.words) < 2:
        raise UnreadableError("an access list without name")
    if acl.hardware_kind(line.words[1]):
        acl.read_numbered(line, config)
    elif line.words[1].lower() in ("hardware", "standard", "extended"):
        acl.read_named(line, config)
    else:
        TOP.judge(line, config.ledger)


def _global_list(line: Line, config: Config) -> None:
    at = 2 if line.head in ("ip", "mac") else 1
    if len(line.words) <= at:
        raise UnreadableError("the line ends too early")
    config.global_lists.append(Applied(line.words[at], line.span))
    if any(port.lists for port in config.ports.values()):
        config.not_understood(
            line.number, "whether lists of ports or of the switch come first is not documented", Concern.FILTER
        )


def _recognition(line: Line, config: Config) -> None:
    for child in line.children:
        config.ledger.ignored("inspects what was let through: can only withhold, never open", child.number)
        if child.head == "enable":
            config.recognises = child.span


def _vlan(line: Line, config: Config) -> None:
    if line.words[1:2] == ("access-map",):
        acl.read_map(line, config)
    elif line.words[1:2] == ("filter",):
        acl.read_vlan_filter(line, config)
    else:
        TOP.judge(line, config.ledger)


def _vrrp(line: Line, config: Config) -> None:
    interfaces.read_vrrp(line, config)
    _rest(line, config)


def _rest(line: Line, config: Config) -> None:
    for child in line.children:
        for each in child.children:
            INTERFACE.judge(each, config.ledger)


_READERS: dict[tuple[str, ...], tuple[Callable[[Line, Config], None], Concern]] = {
    ("service",): (_service, Concern.OTHER),
    ("no", "service"): (_no_service, Concern.OTHER),
    ("snmp-server",): (_snmp, Concern.OTHER),
    ("arp",): (_arp, Concern.OTHER),
    ("interface",): (interfaces.read_interface, Concern.INTERFACE),
    ("router", "bgp"): (routes.read_bgp, Concern.ROUTING),
    ("router", "vrrp"): (_vrrp, Concern.INTERFACE),
    ("router", "ipv6", "vrrp"): (_vrrp, Concern.INTERFACE),
    ("access-list",): (_access_list, Concern.FILTER),
    ("ipv6", "access-list"): (acl.read_v6, Concern.FILTER),
    ("access-group",): (_global_list, Concern.FILTER),
    ("ip", "access-group"): (_global_list, Concern.FILTER),
    ("mac", "access-group"): (_global_list, Concern.FILTER),
    ("vlan",): (_vlan, Concern.FILTER),
    ("zone",): (entities.read_zone, Concern.FILTER),
    ("application",): (entities.read_application, Concern.FILTER),
    ("dpi",): (_recognition, Concern.OTHER),
    ("firewall",): (firewall.read_firewall, Concern.FILTER),
    ("nat",): (firewall.read_nat, Concern.NAT),
    ("ip", "vrf"): (routes.read_vrf, Concern.ROUTING),
    ("ip", "route"): (routes.read_route, Concern.ROUTING),
    ("ipv6", "route"): (routes.read_route, Concern.ROUTING),
    ("policy-based-routing",): (routes.read_policy_block, Concern.ROUTING),
    ("ip", "policy-route"): (routes.read_policy, Concern.ROUTING),
}
