"""Commands → facts: which reader takes a command, and what becomes of one that none takes."""

from __future__ import annotations

import re
from collections.abc import Callable

from zoneguard.model.addresses import V6, prefix_of
from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._yamaha.commands import verdict
from zoneguard.parsers._yamaha.config import Config, Doubt, Reading, is_interface, line_name
from zoneguard.parsers._yamaha.dynamic import read_filter
from zoneguard.parsers._yamaha.ethernet import read_dhcp, read_ethernet
from zoneguard.parsers._yamaha.filters import UnreadableError
from zoneguard.parsers._yamaha.forms import FORMS, asked
from zoneguard.parsers._yamaha.interface import read_interface, read_user, v4_address
from zoneguard.parsers._yamaha.lines import Command, commands
from zoneguard.parsers._yamaha.management import Found, read_setting
from zoneguard.parsers._yamaha.nat import read_nat
from zoneguard.parsers._yamaha.routes import gateways
from zoneguard.parsers.accounting import Ledger

_PORTS = re.compile(r"\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*")
_SERVICES = {"telnetd": "telnet", "sshd": "ssh", "httpd": "http", "sftpd": "sftp", "tftp": "tftp", "snmp": "snmp"}


def collect(source: Source, name: str, ledger: Ledger) -> tuple[Config, Found]:
    """Every command of ``source``, read or accounted for in ``ledger``; apart from it how the router is managed."""
    found = Found()
    config = Config(name)
    for command in commands(source, ledger):
        reading = _read(command, config)
        if isinstance(reading, Doubt):
            ledger.understood(command.first, command.last)
            ledger.not_understood(command.first, reading.reason, reading.concern, reading.bounded)
        elif reading:
            ledger.understood(command.first, command.last)
        else:
            _judge(command, ledger)
        found.tunnels.read(command)
        if read_setting(command, found):
            ledger.understood(command.first, command.last)
        FORMS.check(asked(command), ledger)
    return config, found


def _read(command: Command, config: Config) -> Reading:
    reader = _READERS.get(command.words[0])
    if reader is None:
        return False
    try:
        return reader(command, config)
    except UnreadableError as error:
        return Doubt(str(error), _concern(command.words))
    except (ValueError, IndexError):
        return Doubt("malformed", _concern(command.words))


def _judge(command: Command, ledger: Ledger) -> None:
    found = verdict(command.words)
    if isinstance(found, str):
        ledger.ignored(found, command.first, command.last)
    else:
        ledger.understood(command.first, command.last)
        ledger.not_understood(command.first, found[1], found[0])


def _concern(words: tuple[str, ...]) -> Concern:
    """What a malformed command of a known kind could have changed."""
    if "nat" in words[:4]:
        return Concern.NAT
    if words[0] in ("ip", "ipv6", "ethernet"):
        if "filter" in words:
            return Concern.FILTER
        return Concern.ROUTING if words[1:2] in (("route",), ("routing",)) else Concern.INTERFACE
    return Concern.INTERFACE if words[0] in ("pp", "tunnel", "vlan", "bridge", "lan") else Concern.OTHER


def _ip(command: Command, config: Config) -> Reading:
    words, v6 = command.words, command.words[0] == "ipv6"
    family = config.family(v6)
    if words[1] == "filter":
        return read_filter(command, family)
    if words[1] == "route" and words[3:4] == ("gateway",):
        found = gateways(words[3:])
        family.routes[_network(words[2], v6)] = (command.span, found)
        for gateway in found:
            if gateway.interface:
                config.port(gateway.interface, command.span)
        return True
    if words[1] == "routing" and words[2] in ("on", "off"):
        family.off = command.span if words[2] == "off" else None
        return True
    return read_interface(command, config, config.named(words[1], command.span)) if is_interface(words[1]) else False


def _network(text: str, v6: bool) -> tuple[int, int]:
    if text == "default":
        return V6 if v6 else 0, 0
    if v6:
        network, length = prefix_of(text)
        if network < V6:
            raise UnreadableError("not an IPv6 prefix")
        return network, length
    found = v4_address(text)
    return found.address >> (32 - found.length) << (32 - found.length), found.length


def _line(command: Command, config: Config) -> Reading:
    """``pp`` and ``tunnel``: selection, and which of them are in use (none is unless a line says so: 14.1)."""
    kind, what, *rest = command.words
    if what == "select":
        config.selected[kind] = "" if rest[0] == "none" else line_name(kind, rest[0])
        if config.selected[kind]:
            port = config.port(config.selected[kind], command.span)
            port.started = bool(port.started)
        return True
    if (kind, what) == ("pp", "auth") and rest[:1] == ["username"] and config.selected[kind]:
        return read_user(command, config, config.selected[kind])
    if what not in ("enable", "disable"):
        return False
    for word in rest:
        _start(kind, word, what == "enable", command, config)
    return True


def _no(command: Command, config: Config) -> Reading:
    """``no pp enable``, ``no pp select``, the same of tunnels, ``no lan shutdown INTERFACE``: as it was before."""
    kind, what, *rest = command.words[1:]
    if (kind, what) == ("lan", "shutdown") and len(rest) == 1:
        config.named(rest[0], command.span).shut = False
        return True
    if kind not in ("pp", "tunnel") or what not in ("enable", "select"):
        return False
    if what == "select":
        config.selected[kind] = ""
    for word in rest if what == "enable" else ():
        _start(kind, word, False, command, config)
    return True


def _start(kind: str, word: str, started: bool, command: Command, config: Config) -> None:
    low, dash, high = word.partition("-")
    if word != "all" and not dash:
        config.port(line_name(kind, word), command.span).started = started
        return
    first, last = (int(low or 0), int(high or 1 << 31)) if dash else (0, 1 << 31)
    for port in config.ports.values():
        number = port.name.removeprefix(kind)
        if port.name.startswith(kind) and number.isdigit() and first <= int(number) <= last:
            port.started = started


def _lan(command: Command, config: Config) -> Reading:
    words = command.words
    if words[1] == "shutdown":
        port = config.named(words[2], command.span)
        if not all(_PORTS.fullmatch(word) for word in words[3:]):
            raise UnreadableError(Reason("not ports of a switch: {words}", words=" ".join(words[3:])[:60]))
        port.shut |= len(words) == 3  # with ports named, the interface itself stays
        return True
    options = [w.partition("=")[2] for w in words if w.startswith("port-based-option=")]
    if any(o.strip("0123456789,+-") == "" and "-" in o for o in options):
        return Doubt("switch ports that are kept from the router are not modelled", Concern.FILTER)
    return False


def _vlan(command: Command, config: Config) -> Reading:
    words = command.words
    if words[1:3] == ("interconnect", "group"):
        return words[4:] == ("all",)
    if words[2] != "802.1q":
        return False
    port = config.named(words[1], command.span)
    for word in words[3:]:
        key, _, value = word.partition("=")
        if key == "vid":
            port.vlan = int(value)
    return True


def _bridge(command: Command, config: Config) -> Reading:
    if command.words[1] != "member":
        return False
    config.named(command.words[2], command.span)
    if len(command.words) > 4:
        return Doubt("what a bridge passes between its members is not routed", Concern.INTERFACE)
    return True


def _description(command: Command, config: Config) -> Reading:
    if not is_interface(command.words[1]):
        return False
    config.named(command.words[1], command.span).description = " ".join(command.raw[2:])
    return True


def _service(command: Command, config: Config) -> Reading:
    name, (what, *rest) = _SERVICES[command.words[0]], command.words[1:]
    if what == "service":
        if rest[0] == "off":
            config.service_off.add(name)
        else:
            config.services.setdefault(name, (command.span, ()))
        return True
    if what == "host" and rest[0] != "key":
        config.services[name] = (command.span, tuple(rest))
        return True
    return False


_READERS: dict[str, Callable[[Command, Config], Reading]] = {
    "ip": _ip, "ipv6": _ip, "pp": _line, "tunnel": _line, "lan": _lan, "vlan": _vlan, "bridge": _bridge,
    "nat": read_nat, "ethernet": read_ethernet, "dhcp": read_dhcp, "description": _description, "no": _no,
    **dict.fromkeys(_SERVICES, _service),
}  # fmt: skip
