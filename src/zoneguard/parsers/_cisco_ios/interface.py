"""What an interface of IOS has beyond the commands it shares with NX-OS."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.parsers._cisco.config import Applied, Config, Port
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.ports import HANDLERS, Handler, read_port
from zoneguard.parsers._cisco.reasons import OWN_PACKETS
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._cisco_ios.callers import read_peer
from zoneguard.parsers._cisco_ios.commands import harmless_on_interface
from zoneguard.parsers._cisco_ios.crypto import Crypto

VIRTUAL_INTERFACE = "translation without inside and outside (ip nat enable, ip nat source) is not modelled"
LABELS = "forwarding by labels (MPLS) is not modelled"
REDIRECTED = "traffic is redirected to a cache (WCCP), which is not modelled"


MAX_RANGE = 1000
"""Interfaces of one block: no device has so many in one range."""


@dataclass(slots=True)
class Notes:
    """What interfaces say of protocols: ``dynamic`` are lines by which a routing protocol runs on an interface;
    ``default_by_ppp`` interfaces that get a default route."""

    dynamic: list[Line] = field(default_factory=list)
    default_by_ppp: list[str] = field(default_factory=list)


def _zone(config: Config, port: Port, line: Line) -> None:
    if line.word(1) != "security" or not line.word(2):
        raise UnreadableError("no zone is named")
    port.zone = line.word(2)
    config.understood(line)


def _nat(config: Config, port: Port, line: Line) -> None:
    if line.word(2) in ("inside", "outside") and len(line.words) == 3:
        port.nat = line.word(2)
        config.understood(line)
    elif line.word(2) in ("allow-static-host", "create", "log"):
        config.ledger.ignored(OWN_PACKETS, line.number)
    else:
        config.ledger.not_understood(line.number, VIRTUAL_INTERFACE, Concern.NAT)


def _inspect(config: Config, port: Port, line: Line) -> None:
    if line.word(3) not in ("in", "out"):
        raise UnreadableError("inspection without direction")
    port.inspected[line.word(3)] = Applied(line.word(2), line)
    config.understood(line)


def _unnumbered(config: Config, _port: Port, line: Line) -> None:
    config.understood(line)


def _refused(reason: str, concern: Concern) -> Handler:
    def handler(config: Config, _port: Port, line: Line) -> None:
        for one in line.walk():
            config.ledger.not_understood(one.number, reason, concern)

    return handler


def interface_reader(config: Config, notes: Notes, crypto: Crypto) -> Callable[[Line], None]:
    """A reader of blocks ``interface …``."""

    def dynamic(_config: Config, _port: Port, line: Line) -> None:
        notes.dynamic.append(line)
        _config.understood(line)

    def ospf(config_: Config, port: Port, line: Line) -> None:
        if line.word(3) == "area":
            dynamic(config_, port, line)
        else:
            config_.ledger.ignored(harmless_on_interface(line), line.number)

    def ppp(config_: Config, port: Port, line: Line) -> None:
        if line.words[1:4] == ("ipcp", "route", "default"):
            notes.default_by_ppp.append(port.name)
            config_.understood(line)
        else:
            config_.ledger.ignored(harmless_on_interface(line), line.number)

    def crypto_map(_config: Config, port: Port, line: Line) -> None:
        crypto.applied.append((port, Applied(line.word(2), line)))

    handlers: dict[tuple[str, ...], Handler] = HANDLERS | {
        ("zone-member",): _zone,
        ("ip", "nat"): _nat,
        ("ip", "inspect"): _inspect,
        ("ip", "unnumbered"): _unnumbered,
        ("ipv6", "unnumbered"): _unnumbered,
        ("ip", "router"): dynamic,
        ("ipv6", "router"): dynamic,
        ("ip", "ospf"): ospf,
        ("ipv6", "ospf"): ospf,
        ("ipv6", "rip"): dynamic,
        ("ipv6", "eigrp"): dynamic,
        ("ppp",): ppp,
        ("peer", "default", "ip"): read_peer,
        ("crypto", "map"): crypto_map,
        ("mpls", "ip"): _refused(LABELS, Concern.ROUTING),
        ("ip", "wccp"): _refused(REDIRECTED, Concern.ROUTING),
    }

    def read(line: Line) -> None:
        config.understood(line)
        names = names_of(line)
        if not names:
            config.unread(line, Concern.INTERFACE)
        for name in names:
            port = config.port(name, line)
            read_port(config, port, line, handlers, harmless_on_interface)

    return read


def names_of(line: Line) -> list[str]:
    """The interfaces that a block is about: one, or those of ``interface range Gi0/1 - 4, Gi0/9``; none: unreadable."""
    text = " ".join(w for w in line.words[1:] if w not in ("point-to-point", "multipoint", "l2transport"))
    if not text.startswith("range "):
        return ["".join(text.split())]
    names: list[str] = []
    for part in text.removeprefix("range ").split(","):
        low, dash, high = "".join(part.split()).partition("-")
        stem = low.rstrip("0123456789")
        first, last = low[len(stem) :][:6], high[len(high.rstrip("0123456789")) :][:6]
        if not dash:
            names.append(low)
        elif first and last and int(first) <= int(last) < int(first) + MAX_RANGE:
            names += [f"{stem}{n}" for n in range(int(first), int(last) + 1)]
        else:
            return []
    return names
