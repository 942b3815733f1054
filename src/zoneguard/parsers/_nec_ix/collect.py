"""Commands of one configuration → facts; what is neither modelled nor harmless is said."""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.device import Concern
from zoneguard.model.intervals import Intervals
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._nec_ix.callers import read_client, read_profile
from zoneguard.parsers._nec_ix.commands import ACCESS, LOGS, verdict
from zoneguard.parsers._nec_ix.config import Config, Step
from zoneguard.parsers._nec_ix.interface import read_interface
from zoneguard.parsers._nec_ix.lists import read_list
from zoneguard.parsers._nec_ix.routes import read_route

_SERVERS = {"ssh-server": "ssh", "telnet-server": "telnet", "http-server": "http"}
_CHANGES = ("route", "interface", "shutdown", "filter", "nat", "napt")


def collect(lines: Sequence[Line], config: Config) -> None:
    """Read every command. Interfaces are known before routes and translations that name them."""
    for line in lines:
        if line.words[0] == "interface" and len(line.words) > 1:
            config.port(line.word(1), config.span(line))
    for line in lines:
        try:
            if not _read(line, config):
                _judge(line, config)
        except UnreadableError as error:
            _understood(line, config)
            concern = Concern.ROUTING if "route" in line.words[:2] or line.words[0] == "route-map" else Concern.FILTER
            config.not_understood(line, str(error), concern)
    used = frozenset(
        child.word(3)
        for line in lines
        if line.words[0] == "interface" and ("no", "shutdown") in [child.words for child in line.children]
        for child in line.children
        if child.words[:3] == ("ipv6", "dhcp", "client")
    )
    for line in lines:
        if line.words[:2] == ("ppp", "profile"):
            read_profile(line, config)
        elif line.words[:3] == ("ipv6", "dhcp", "client-profile"):
            read_client(line, config, used)
    config.own = Intervals.of(*(a.address for port in config.ports.values() for a in port.addresses))
    _check_bridges(config)


def _understood(line: Line, config: Config) -> None:
    for one in line.walk():
        config.ledger.understood(one.number)


def _read(line: Line, config: Config) -> bool:
    words = line.words
    if words[0] == "interface" and len(words) > 1:
        read_interface(line, config)
        return True
    if words[0] in ("ip", "ipv6") and words[1:2] == ("access-list",):
        if not read_list(line, config):
            return False
    elif words[0] in ("ip", "ipv6") and words[1:2] == ("route",):
        read_route(line, config)
    elif words[0] == "route-map":
        _route_map(line, config)
    elif words[0] in _SERVERS and words[1:2] == ("ip",):
        return _server(line, config)
    elif words[0] == "watch-group":
        return _watch(line, config)
    else:
        return False
    _understood(line, config)
    return True


def _judge(line: Line, config: Config) -> None:
    found = verdict(line.words)
    for one in line.walk():
        if isinstance(found, str):
            config.ledger.ignored(found, one.number)
        else:
            config.ledger.understood(one.number)
    if not isinstance(found, str):
        config.not_understood(line, found[1], found[0])


def _route_map(line: Line, config: Config) -> None:
    """``route-map NAME permit|deny SEQUENCE``."""
    action = line.word(2)
    if action not in ("permit", "deny"):
        raise UnreadableError("neither permit nor deny")
    sequence = values.number(line.word(3), 65535)
    config.maps.setdefault(line.word(1), []).append(Step(sequence, action == "permit", line))


def _server(line: Line, config: Config) -> bool:
    """``ssh-server ip enable``, ``ssh-server ip access-list NAME``: who may manage the device."""
    name = _SERVERS[line.words[0]]
    if line.word(2) == "enable":
        config.servers[name] = config.span(line)
    elif line.word(2) == "access-list":
        config.server_lists[name] = (line.word(3), config.span(line))
    config.ledger.ignored(ACCESS, line.number)
    return True


def _watch(line: Line, config: Config) -> bool:
    """A monitor is harmless unless what it does when it fires changes routes, interfaces or filters."""
    for one in line.walk():
        config.ledger.ignored(LOGS, one.number)
        if one.words[0] == "action" and any(change in word for word in one.words[2:] for change in _CHANGES):
            config.not_understood(one, "what a monitor changes when it fires is not modelled", Concern.ROUTING)
    return True


def _check_bridges(config: Config) -> None:
    """A bridge passes frames between its members without routing."""
    groups: dict[str, list[str]] = {}
    for port in config.ports.values():
        if port.bridge and not port.name.startswith("BVI"):
            groups.setdefault(port.bridge, []).append(port.name)
            if len(groups[port.bridge]) > 1 or port.addresses:
                config.not_understood(
                    port.span, "what a bridge passes between its members is not routed", Concern.INTERFACE
                )
