"""``interface NAME``: addresses, VLANs of switch ports, lists applied; and VRRP, which gives interfaces addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, InterfaceAddress
from zoneguard.model.intervals import Intervals
from zoneguard.model.text import Reason
from zoneguard.parsers._awplus.commands import INTERFACE
from zoneguard.parsers._awplus.config import VLANS, Applied, Config, Port
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.wholeness import SECOND
from zoneguard.parsers._indented.words import (
    UnreadableError,
    address,
    expanded,
    is_quad,
    mask_length,
    number,
    numbers,
    prefix,
)
from zoneguard.parsers.assembly import assigned

_BRIDGED = "what a bridge passes between its members is not routed"


def read_interface(line: Line, config: Config) -> None:
    """An ``interface`` block, of one or of several interfaces. Raises ``UnreadableError`` for its first line."""
    if len(line.words) < 2:
        raise UnreadableError("an interface without name")
    ports = [config.port(name.lower(), line.span) for name in expanded("".join(line.words[1:]))]
    for child in line.children:
        _setting(child, ports, config)


def _setting(child: Line, ports: list[Port], config: Config) -> None:
    words = tuple(word.lower() for word in child.words)
    for length in (3, 2, 1):
        reader = _READERS.get(words[:length])
        if reader is not None:
            concern = Concern.FILTER if words[0] == "access-group" or "traffic-filter" in words else Concern.INTERFACE
            config.read(child, concern, partial(_each, reader, ports, config))
            for each in child.children:
                INTERFACE.judge(each, config.ledger)
            return
    INTERFACE.judge(child, config.ledger)


def _each(reader: Callable[[Line, Port, Config], None], ports: list[Port], config: Config, line: Line) -> None:
    for port in ports:
        reader(line, port, config)


def _address(line: Line, port: Port, config: Config) -> None:
    word = line.words[2].lower() if len(line.words) > 2 else ""
    if word == "dhcp":
        config.not_understood(line.number, assigned("DHCP"), Concern.INTERFACE)
    elif word != "negotiated":
        if "/" in word:
            length = prefix(word)[1]
        elif len(line.words) > 3 and is_quad(line.words[3]):
            length = mask_length(line.words[3])
        else:
            raise UnreadableError(Reason("an address without mask: {word}", word=word[:40]))
        own = InterfaceAddress(address(word.partition("/")[0]), length)
        if "secondary" not in line.words and port.numbered and own not in port.addresses:
            config.not_understood(line.number, SECOND, Concern.INTERFACE)
        port.numbered = True
        port.addresses.append(own)


def _v6_address(line: Line, port: Port, config: Config) -> None:
    word = line.words[2].lower() if len(line.words) > 2 else ""
    if word in ("autoconfig", "dhcp", "suffix") or "/" not in word or "eui64" in line.words:
        config.not_understood(line.number, assigned(Reason("the network"), v6=True), Concern.INTERFACE)
    else:
        port.addresses.append(InterfaceAddress(address(word.partition("/")[0], v6=True), prefix(word, v6=True)[1]))


def _shutdown(_line: Line, port: Port, _config: Config) -> None:
    port.shut = True


def _no_shutdown(_line: Line, port: Port, _config: Config) -> None:
    port.shut = False


def _description(line: Line, port: Port, _config: Config) -> None:
    port.description = " ".join(line.words[1:])


def _vrf(line: Line, port: Port, _config: Config) -> None:
    port.vrf = _word(line, 3)


def _list(line: Line, port: Port, _config: Config) -> None:
    port.lists.append(Applied(_word(line, 2 if line.head in ("ip", "mac") else 1), line.span))


def _v6_list(line: Line, port: Port, _config: Config) -> None:
    port.lists.append(Applied(_word(line, 2), line.span, v6=True))


def _mode(line: Line, port: Port, _config: Config) -> None:
    port.mode = _word(line, 2).lower()
    if port.mode == "trunk" and line.words[3:4] not in ((), ("ingress-filter",)):
        port.mode = "other"


def _routed(line: Line, port: Port, config: Config) -> None:
    if len(line.words) == 2:
        port.mode = "routed"
    else:
        INTERFACE.judge(line, config.ledger)


def _access(line: Line, port: Port, _config: Config) -> None:
    port.access = number(_word(line, 3), 1, 4094)


def _native(line: Line, port: Port, _config: Config) -> None:
    word = _word(line, 4)
    port.native = None if word.lower() == "none" else number(word, 1, 4094)


def _allowed(line: Line, port: Port, _config: Config) -> None:
    what = _word(line, 4).lower()
    if what in ("all", "none"):
        port.trunk = VLANS if what == "all" else Intervals()
        return
    named = numbers(_word(line, 5) if what in ("add", "remove", "except") else what, 4094)
    if what == "except":
        port.trunk = VLANS - named
    else:
        port.trunk = port.trunk - named if what == "remove" else port.trunk | named


def _static_group(line: Line, port: Port, _config: Config) -> None:
    port.group = f"sa{number(_word(line, 1), 1, 999)}"


def _dynamic_group(line: Line, port: Port, _config: Config) -> None:
    port.group = f"po{number(_word(line, 1), 1, 999)}"


def _tag(line: Line, port: Port, _config: Config) -> None:
    port.tag = number(_word(line, 2), 1, 4094)


def _bridge(line: Line, _port: Port, config: Config) -> None:
    config.not_understood(line.number, _BRIDGED, Concern.INTERFACE)


def _word(line: Line, at: int) -> str:
    if len(line.words) <= at:
        raise UnreadableError("the line ends too early")
    return line.words[at]


_READERS: dict[tuple[str, ...], Callable[[Line, Port, Config], None]] = {
    ("ip", "address"): _address,
    ("ipv6", "address"): _v6_address,
    ("shutdown",): _shutdown,
    ("no", "shutdown"): _no_shutdown,
    ("description",): _description,
    ("ip", "vrf", "forwarding"): _vrf,
    ("access-group",): _list,
    ("ip", "access-group"): _list,
    ("mac", "access-group"): _list,
    ("ipv6", "traffic-filter"): _v6_list,
    ("switchport", "mode"): _mode,
    ("no", "switchport"): _routed,
    ("switchport", "access", "vlan"): _access,
    ("switchport", "trunk", "native"): _native,
    ("switchport", "trunk", "allowed"): _allowed,
    ("static-channel-group",): _static_group,
    ("channel-group",): _dynamic_group,
    ("encapsulation", "dot1q"): _tag,
    ("bridge-group",): _bridge,
}


def read_vrrp(line: Line, config: Config) -> None:
    """``router [ipv6] vrrp ID INTERFACE`` with its ``virtual-ip``, which the interface answers to."""
    words = [word.lower() for word in line.words]
    name = words[4] if words[1:2] == ["ipv6"] and len(words) > 4 else words[3] if len(words) > 3 else ""
    if not name:
        raise UnreadableError("a virtual router without interface")
    port = config.port(name, line.span)
    for child in line.children:
        if child.head in ("virtual-ip", "virtual-ipv6"):
            config.read(child, Concern.INTERFACE, lambda each: _virtual(each, port))
        else:
            INTERFACE.judge(child, config.ledger)


def _virtual(line: Line, port: Port) -> None:
    text = _word(line, 1)
    value = address(text, v6=":" in text)
    if value < V6 or value >> 118 & 0x3FF != 0x3FA:  # link-local routers route for all
        port.virtual.append(value)
