"""Commands of an interface, IOS and NX-OS alike.

``shutdown`` takes an interface down, and with it what is divided from it. HSRP, VRRP and GLBP addresses count as the
router's own. A link-local address leads nowhere beyond its link and is left out.
"""

from __future__ import annotations

from collections.abc import Callable

from zoneguard.model.device import Concern, InterfaceAddress
from zoneguard.model.intervals import Intervals
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import Applied, Config, Port, vlan_ids
from zoneguard.parsers._cisco.lines import Line, account
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._indented.wholeness import SECOND

LINK = "concerns the link, not what is forwarded"
LINK_LOCAL = "a link-local address, which leads nowhere beyond its link"
NEGATED = "switches something off"
REDUNDANCY = "which of several routers is active; the shared address counts as this router's own"
UNREAD_INTERFACE = "this command of an interface is not known"
_SHARED = frozenset({
    "priority", "preempt", "timers", "track", "authentication", "name", "version", "delay", "mac-address", "use-bia",
    "redirect", "redirects", "bfd", "arp", "mac-refresh", "sso", "follow", "description", "shutdown", "vrrpv2", "vrrs",
    "match-address", "address-family", "advertisement-interval", "weighting", "load-balancing", "forwarder", "backup",
    "client-cache", "track-group", "leader", "ipv4", "exit", "exit-vrrp", "gratuitous", "secondary",
})  # fmt: skip
UNSHARED = "the address that several routers share is not in the configuration"
_BOTH = Intervals.span(1, 4094)
_SWITCHPORT = frozenset({
    "access", "trunk", "mode", "voice", "nonegotiate", "nonnegotiate", "port-security", "protected", "block",
    "priority", "private-vlan", "backup", "host", "autostate", "monitor", "dot1q", "dot1ad", "vlan", "encapsulation",
    "isolated", "bridge", "capture", "general", "customer", "source", "forbidden", "wlan", "ignore-errors",
})  # fmt: skip

Handler = Callable[[Config, Port, Line], None]


def _ip_address(config: Config, port: Port, line: Line) -> None:
    words = line.words[2:]
    if words[:1] in (("dhcp",), ("negotiated",), ("pool",)):
        port.unread_address = line
        return
    secondary = "secondary" in words
    own = values.interface_address(words[0], words[1] if len(words) > 1 and "/" not in words[0] else "")
    config.understood(line)
    if secondary:
        port.addresses.append(own)
        return
    if port.primary is not None and port.primary != own:
        config.ledger.not_understood(line.number, SECOND, Concern.INTERFACE)
    port.addresses = [own, *(a for a in port.addresses if a is not port.primary)]
    port.primary = own


def _ipv6_address(config: Config, port: Port, line: Line) -> None:
    words = line.words[2:]
    if words[:1] in (("dhcp",), ("autoconfig",)):
        port.unread_address = line
    elif "link-local" in words or words[:1] == ("use-link-local-only",):
        config.ledger.ignored(LINK_LOCAL, line.number)
    else:
        own = values.interface_address(words[0])
        if "eui-64" in words:  # the rest of the address is made of the MAC; the router answers to the network's, too
            own = InterfaceAddress(own.subnet.first, own.length)
        port.addresses.append(own)
        config.understood(line)


def _access(v6: bool) -> Handler:
    def handler(config: Config, port: Port, line: Line) -> None:
        name, direction = line.word(2), line.word(3)
        if not name or direction not in ("in", "out"):
            raise UnreadableError("a list without name or direction")
        port.access[direction, v6] = Applied(name, line)
        config.understood(line)

    return handler


def _frames(v6: bool) -> Handler:
    def handler(config: Config, port: Port, line: Line) -> None:
        name, direction = line.word(3), line.word(4)
        if not name or direction not in ("in", "out"):
            raise UnreadableError("a list without name or direction")
        port.frames[direction, v6] = Applied(name, line)
        config.understood(line)

    return handler


def _policy(v6: bool) -> Handler:
    def handler(config: Config, port: Port, line: Line) -> None:
        port.policies[v6] = Applied(_last(line, 3), line)
        config.understood(line)

    return handler


def _last(line: Line, at: int) -> str:
    if not line.word(at):
        raise UnreadableError("a name is missing")
    return line.word(at)


def _vrf(at: int) -> Handler:
    def handler(config: Config, port: Port, line: Line) -> None:
        port.vrf = config.vrf(_last(line, at), config.span(line))
        config.understood(line)

    return handler


def _enabled(value: bool) -> Handler:
    def handler(config: Config, port: Port, line: Line) -> None:
        port.enabled = value
        config.understood(line)

    return handler


def _switchport(config: Config, port: Port, line: Line) -> None:
    words = line.words[1:]
    port.switched = True
    if words[:1] and words[0] not in _SWITCHPORT:
        raise UnreadableError("not a setting of a switched port")
    try:
        if words[:2] == ("access", "vlan"):
            port.vlans = vlan_ids(_last(line, 3))
        elif words[:3] == ("trunk", "allowed", "vlan"):
            _trunk(port, words[3:])
        elif words[:2] == ("mode", "trunk") and port.vlans == Intervals.of(1):
            port.vlans = _BOTH
    except ValueError:
        port.vlans = _BOTH
        config.unread(line, Concern.INTERFACE, bounded=True)
    else:
        config.understood(line)


def _trunk(port: Port, words: tuple[str, ...]) -> None:
    kind = words[0] if words else ""
    listed = vlan_ids("".join(words[1:] if kind in ("add", "remove", "except") else words)) if kind not in (
        "all", "none"
    ) else Intervals()  # fmt: skip
    if kind == "add":
        port.vlans = port.vlans | listed
    elif kind == "remove":
        port.vlans = port.vlans - listed
    else:
        port.vlans = {"all": _BOTH, "none": Intervals(), "except": _BOTH - listed}.get(kind, listed)


def _routed_port(config: Config, port: Port, line: Line) -> None:
    if len(line.words) > 2:  # ``no switchport nonegotiate``, as ``show running-config all`` has it
        config.ledger.ignored(NEGATED, line.number)
        return
    port.switched = False
    config.understood(line)


def _virtual(config: Config, port: Port, line: Line) -> None:
    """``standby 1 ip 10.0.0.1``, ``vrrp 1 ip …``, ``glbp 1 ip …``; blocks ``hsrp 1``, ``vrrp 1`` with ``ip …``."""
    _virtual_address(config, port, line, line.words[1:])
    for child in line.walk():
        if child is not line:
            _virtual_address(config, port, child, child.words)


def _virtual_address(config: Config, port: Port, line: Line, words: tuple[str, ...]) -> None:
    words = words[1:] if words and words[0].isdigit() else words
    if words[:1] in (("ip",), ("ipv6",), ("address",)) and len(words) > 1 and values.is_address(words[1].split("/")[0]):
        port.virtual.append(values.address(words[1].split("/")[0]))
        config.understood(line)
    elif words[:1] in (("ip",), ("address",)) and len(words) == 1:
        config.ledger.not_understood(line.number, UNSHARED, Concern.INTERFACE)
    elif not words or words[0] in _SHARED or words[:1] == ("no",) or words[:2] == ("ipv6", "autoconfig"):
        config.ledger.ignored(REDUNDANCY, line.number)
    else:
        config.ledger.not_understood(line.number, UNREAD_INTERFACE, Concern.INTERFACE)


def _description(config: Config, port: Port, line: Line) -> None:
    port.description = line.text.partition(" ")[2].strip()
    config.understood(line)


def _encapsulation(config: Config, port: Port, line: Line) -> None:
    if line.word(1).lower() == "dot1q" and line.word(2).isdigit():
        port.vlan = values.number(line.word(2), 4094)
        config.understood(line)
    else:
        config.ledger.ignored(LINK, line.number)


def _no_gateway(config: Config, port: Port, line: Line) -> None:
    """``no ip dhcp client request router``: the address comes without a default route."""
    if line.words[3:6] == ("client", "request", "router"):
        port.takes_gateway = False
        config.understood(line)
    else:
        config.ledger.ignored(NEGATED, line.number)


HANDLERS: dict[tuple[str, ...], Handler] = {
    ("ip", "address"): _ip_address,
    ("ipv6", "address"): _ipv6_address,
    ("no", "ip", "dhcp"): _no_gateway,
    ("ip", "access-group"): _access(False),
    ("ipv6", "traffic-filter"): _access(True),
    ("ip", "port", "access-group"): _frames(False),
    ("ipv6", "port", "traffic-filter"): _frames(True),
    ("ip", "policy", "route-map"): _policy(False),
    ("ipv6", "policy", "route-map"): _policy(True),
    ("ip", "vrf", "forwarding"): _vrf(3),
    ("vrf", "forwarding"): _vrf(2),
    ("vrf", "member"): _vrf(2),
    ("shutdown",): _enabled(False),
    ("no", "shutdown"): _enabled(True),
    ("switchport",): _switchport,
    ("no", "switchport"): _routed_port,
    ("standby",): _virtual,
    ("hsrp",): _virtual,
    ("vrrp",): _virtual,
    ("glbp",): _virtual,
    ("description",): _description,
    ("encapsulation",): _encapsulation,
}


def read_port(
    config: Config, port: Port, line: Line, handlers: dict[tuple[str, ...], Handler], harmless: Callable[[Line], str]
) -> None:
    """The commands below ``line``. ``harmless``: why a command does not matter, or ``""``."""
    for child in line.children:
        handler = next((handlers[child.words[:n]] for n in (3, 2, 1) if child.words[:n] in handlers), None)
        reason = "" if handler else NEGATED if child.word(0) == "no" else harmless(child)
        if handler is not None:
            try:
                handler(config, port, child)
            except (UnreadableError, IndexError):
                config.unread(child, Concern.INTERFACE)
        elif reason:
            account(config.ledger, child, reason)
        else:
            matters = child.word(0) in ("ip", "ipv6", "vrf", "zone", "nat", "nat64", "firewall", "l2vpn", "tunnel")
            concern = Concern.FILTER if matters else Concern.OTHER
            for below in child.walk():
                config.ledger.not_understood(below.number, UNREAD_INTERFACE, concern)


def is_numbered_vlan(name: str) -> int | None:
    """The VLAN for which an interface ``Vlan10`` routes; ``None`` for other interfaces."""
    number = name[4:]
    return int(number) if name[:4].lower() == "vlan" and number.isascii() and number.isdigit() else None


def inherit_state(config: Config) -> None:
    """What is divided from an interface that is down is down."""
    for port in config.ports.values():
        parent = config.ports.get(port.name.rpartition(".")[0])
        if parent is not None and not parent.enabled:
            port.enabled = False
