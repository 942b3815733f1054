"""``interface KIND NUMBER``: addresses, VLANs of switch ports, lists applied, VRF; ``ip arp`` with a fixed MAC."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from zoneguard.model.device import Concern, InterfaceAddress
from zoneguard.model.text import Reason
from zoneguard.parsers._alaxala.commands import INTERFACE
from zoneguard.parsers._alaxala.config import Applied, Config, Port
from zoneguard.parsers._cisco.values import interface_address
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.wholeness import SECOND
from zoneguard.parsers._indented.words import UnreadableError, address, is_quad, number, numbers, prefix
from zoneguard.parsers.assembly import assigned


def interface_name(words: tuple[str, ...]) -> str:
    """``vlan 10`` → ``vlan10``; the name of ``show ip route``, ``VLAN0010``, is the same. ``UnreadableError``."""
    text = "".join(words).lower()
    if not words or not text or len(text) > 80:
        raise UnreadableError("an interface without name")
    if text.startswith("vlan") and text[4:].isascii() and text[4:].isdigit() and len(text) <= 10:
        return f"vlan{int(text[4:])}"
    return text


def read_interface(line: Line, config: Config) -> None:
    """An ``interface`` block. Raises ``UnreadableError`` for its first line."""
    if len(line.words) < 3 and not (len(line.words) == 2 and line.words[1][-1:].isdigit()):
        raise UnreadableError("an interface without number")
    port = config.port(interface_name(line.words[1:3]), line.span)
    for child in line.children:
        _setting(child, port, config)


def _setting(child: Line, port: Port, config: Config) -> None:
    words = tuple(word.lower() for word in child.words)
    for length in (3, 2, 1):
        reader = _READERS.get(words[:length])
        if reader is not None:
            filters = words[1:2] in (("access-group",), ("traffic-filter",))
            config.read(child, Concern.FILTER if filters else Concern.INTERFACE, partial(_take, reader, port, config))
            for each in child.children:
                INTERFACE.judge(each, config.ledger)
            return
    INTERFACE.judge(child, config.ledger)


def _take(reader: Callable[[Line, Port, Config], None], port: Port, config: Config, line: Line) -> None:
    reader(line, port, config)


def _word(line: Line, at: int) -> str:
    if len(line.words) <= at:
        raise UnreadableError("the line ends too early")
    return line.words[at]


def _address(line: Line, port: Port, config: Config) -> None:
    word = _word(line, 2)
    if word.lower() == "dhcp":
        config.not_understood(line.number, assigned("DHCP"), Concern.INTERFACE)
        return
    own = interface_address(word, _word(line, 3) if is_quad(word) else "")
    if "secondary" not in line.words and port.numbered and own not in port.addresses:
        config.not_understood(line.number, SECOND, Concern.INTERFACE)
    port.numbered = True
    port.addresses.append(own)


def _v6_address(line: Line, port: Port, config: Config) -> None:
    if "eui-64" in line.words or "autoconfig" in line.words:
        config.not_understood(
            line.number, "an address that is made of the MAC address is not in the configuration", Concern.INTERFACE
        )
        return
    if len(line.words) > 3 and line.words[3].lower() == "link-local":
        return
    word = _word(line, 2)
    port.addresses.append(InterfaceAddress(address(word.partition("/")[0], v6=True), prefix(word, v6=True)[1]))


def _shutdown(_line: Line, port: Port, _config: Config) -> None:
    port.shut = True


def _description(line: Line, port: Port, _config: Config) -> None:
    port.description = " ".join(line.words[1:])


def _vrf(line: Line, port: Port, _config: Config) -> None:
    port.vrf = str(number(_word(line, 2), 1, 9999))


def _list(line: Line, port: Port, _config: Config) -> None:
    direction = _word(line, 3).lower()
    if direction not in ("in", "out"):
        raise UnreadableError(Reason("a list for neither in nor out: {direction}", direction=direction[:40]))
    port.lists.append(Applied(line.head, _word(line, 2), direction == "in", line.span))


def _mode(line: Line, port: Port, _config: Config) -> None:
    port.mode = _word(line, 2).lower()


def _access(line: Line, port: Port, _config: Config) -> None:
    port.access = number(_word(line, 3), 1, 4095)


def _native(line: Line, port: Port, _config: Config) -> None:
    port.native = number(_word(line, 4), 1, 4095)


def _allowed(line: Line, port: Port, _config: Config) -> None:
    what = _word(line, 4).lower()
    if what == "remove":
        port.trunk = port.trunk - numbers(_word(line, 5), 4095)
    elif what == "add":
        port.trunk = port.trunk | numbers(_word(line, 5), 4095)
    else:
        port.trunk = numbers(what, 4095)


def _group(line: Line, port: Port, _config: Config) -> None:
    port.group = f"port-channel{number(_word(line, 1), 1, 9999)}"


def _tag(line: Line, port: Port, _config: Config) -> None:
    port.tag = number(_word(line, 2), 1, 4095)


def _vrrp(line: Line, port: Port, _config: Config) -> None:
    what = _word(line, 2).lower()
    if what in ("ip", "ipv6"):
        text = _word(line, 3)
        port.virtual.append(address(text, v6=what == "ipv6"))


_READERS: dict[tuple[str, ...], Callable[[Line, Port, Config], None]] = {
    ("ip", "address"): _address,
    ("ipv6", "address"): _v6_address,
    ("shutdown",): _shutdown,
    ("description",): _description,
    ("vrf", "forwarding"): _vrf,
    ("ip", "access-group"): _list,
    ("mac", "access-group"): _list,
    ("ipv6", "traffic-filter"): _list,
    ("switchport", "mode"): _mode,
    ("switchport", "access", "vlan"): _access,
    ("switchport", "trunk", "native"): _native,
    ("switchport", "trunk", "allowed"): _allowed,
    ("channel-group",): _group,
    ("encapsulation", "dot1q"): _tag,
    ("vrrp",): _vrrp,
}
