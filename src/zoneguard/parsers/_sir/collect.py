"""Lines → facts: which reader takes a command, and what becomes of one that none takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from zoneguard.model.device import Concern, InterfaceAddress
from zoneguard.model.quick import quick
from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import SECOND
from zoneguard.parsers._indented.words import UnreadableError, address, is_number, mask_length, number
from zoneguard.parsers._sir import commands
from zoneguard.parsers._sir.commands import REST, TYPED
from zoneguard.parsers._sir.config import Command, Config, Port, StaticRoute
from zoneguard.parsers._sir.filters import network, read_filter, unread
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

_PROMPT = re.compile(r"[\w.-]{1,32}(?: [\w.-]{1,16})?(?:\([\w-]{1,20}\))?[#>]\s*")
_MOST = 1 << 31


def collect(source: Source, name: str, ledger: Ledger) -> Config:
    """Every command of ``source``, read or accounted for in ``ledger``."""
    config = Config(name)
    for command in _commands(source, ledger):
        words = command.words
        if words[0] not in ("lan", "remote"):
            _judge(command, ledger)
            continue
        at = 2 if len(words) > 1 and is_number(words[1]) else 1
        which = words[1] if at == 2 else "0"
        if len(which) > 4:
            ledger.not_understood(command.line, commands.UNREAD, Concern.INTERFACE)
            continue
        rest = words[at:]
        port = config.port(f"{words[0]}{int(which)}", command.span)
        for length in (3, 2, 1):
            if (words[0], *rest[:length]) in _READERS:
                reader, concern = _READERS[words[0], *rest[:length]]
                _read(Statement(command, rest[length:], port, f"{name}: {port.name}", ledger), reader, concern)
                break
        else:
            _judge(command, ledger)
    return config


def _commands(source: Source, ledger: Ledger) -> Iterator[Command]:
    for number_, line in enumerate(source.lines, 1):
        words = tuple(line.split())
        if not words or words[0].startswith("#"):
            _comment(line, number_, ledger)
            continue
        prompt = _PROMPT.match(line.strip())
        if prompt is not None:
            words = tuple(line.strip()[prompt.end() :].split())
        if words:
            yield Command(number_, source.span(number_), words)
        else:
            ledger.ignored(SESSION, number_)


def _comment(line: str, number_: int, ledger: Ledger) -> None:
    """A command behind ``#`` may be commented out, or typed at a prompt that is nothing but ``#``."""
    words = line.replace("#", " ").split()
    if words and words[0] in ("lan", "remote", "acl", "vlan", "delete") and len(words) > 3:
        ledger.not_understood(number_, TYPED, Concern.FILTER)
    else:
        ledger.ignored(BLANK, number_)


def _judge(command: Command, ledger: Ledger) -> None:
    words = list(command.words)
    numbered = {"lan": 1, "remote": 1, "ether": 2, "wan": 1, "vlan": 1, "bridgegroup": 1}.get(words[0], 0)
    plain = [words[0], *(w for at, w in enumerate(words[1:], 1) if at > numbered or not w[:1].isdigit())]
    if plain[:2] == ["remote", "ap"]:
        plain = plain[:2] + [w for w in plain[2:] if not is_number(w)]
    if plain[:5] == ["remote", "ap", "datalink", "type", "discard"]:
        ledger.not_understood(command.line, commands.DISCARDED, Concern.ROUTING)
        return
    if plain[0] == "acl":
        ledger.not_understood(command.line, commands.ACL, Concern.FILTER, bounded=True)
        return
    found = REST.of(tuple(plain))
    if isinstance(found, str):
        ledger.ignored(found, command.line)
    else:
        ledger.not_understood(command.line, found[1], found[0])


@quick
@dataclass(frozen=True, slots=True)
class Statement:
    """``words`` are those behind the ones that say what it is; ``where`` names device and interface."""

    command: Command
    words: tuple[str, ...]
    port: Port
    where: str
    ledger: Ledger

    def open(self, reason: str, concern: Concern, bounded: bool = False) -> None:
        """Say that the statement, or a part of it, cannot be decided."""
        self.ledger.not_understood(self.command.line, reason, concern, bounded)


def _read(statement: Statement, reader: Callable[[Statement], None], concern: Concern) -> None:
    statement.ledger.understood(statement.command.line)
    try:
        reader(statement)
    except (UnreadableError, ValueError, IndexError):
        statement.open(commands.UNREAD, concern)


def _address(said: Statement) -> None:
    """``lan N ip address A/M [BROADCAST]``, ``remote N ip address local A``."""
    if said.port.line:
        if said.words[0] != "local" or len(said.words) != 2:
            raise UnreadableError("not the address of this end")
        found = InterfaceAddress(address(said.words[1]), 32)
    else:
        text, _, mask = said.words[0].partition("/")
        if len(said.words) > 2 or (said.words[1:] and said.words[1] not in ("0", "1", "2", "3")):
            raise UnreadableError("not a broadcast address")
        length = mask_length(mask) if "." in mask else number(mask, 0, 32)
        found = InterfaceAddress(address(text), length)
    if said.port.addresses and said.port.addresses != [found]:
        said.open(SECOND, Concern.INTERFACE)
    said.port.addresses = said.port.addresses or [found]


def _vlan(said: Statement) -> None:
    (only,) = said.words
    said.port.vlan = number(only, 1, 4094)


def _route(said: Statement) -> None:
    """``COUNT DESTINATION [NEXT_HOP] [NUMBER [NUMBER]]``: a remote's route has no next hop."""
    count = number(said.words[0], 0, _MOST)
    where = (0, 0) if said.words[1] == "default" else network(said.words[1])
    rest = said.words[2:]
    hop = None
    if not said.port.line:
        hop, rest = address(rest[0]), rest[1:]
    if len(rest) > 2:
        raise UnreadableError("more than metric and distance")
    for each in rest:
        number(each, 0, 255)
    if count in said.port.routes:
        said.open(commands.SEVERAL_ROUTES, Concern.ROUTING)
    said.port.routes[count] = StaticRoute(said.command.span, *where, hop)


def _filter(said: Statement) -> None:
    if said.words[0] == "default":
        if said.words[1] not in ("pass", "reject", "spi") or len(said.words) > 2:
            raise UnreadableError("not a default")
        said.port.default = (said.words[1], said.command.span)
        if said.words[1] != "pass":
            said.open(commands.OPEN_DEFAULT, Concern.FILTER, bounded=True)
        return
    count = number(said.words[0], 0, _MOST)
    where = f"filter {count} of {said.where}"
    try:
        said.port.filters[count] = read_filter(said.words[1:], where, said.command.span)
        said.open(commands.OPEN_FILTER, Concern.FILTER, bounded=True)
    except (UnreadableError, ValueError, IndexError):
        said.port.filters[count] = unread(said.command.span, where)
        said.open(commands.UNREAD_FILTER, Concern.FILTER, bounded=True)


def _nat(said: Statement) -> None:
    """``mode off`` is none; any other mode, and what comes with it, is open for packets from outside."""
    if said.words[:2] == ("mode", "off"):
        said.port.nat = None
    elif said.words[0] == "mode" or said.words[:2] == ("static", "default") or said.words[0] == "wellknown":
        said.port.nat = said.port.nat or said.command.span
        said.open(commands.OPEN_NAT, Concern.NAT, bounded=True)
    else:
        said.open(commands.STATIC_NAT, Concern.NAT)


_READERS: dict[tuple[str, ...], tuple[Callable[[Statement], None], Concern]] = {
    **{(kind, "ip", "address"): (_address, Concern.INTERFACE) for kind in ("lan", "remote")},
    **{(kind, "ip", "route"): (_route, Concern.ROUTING) for kind in ("lan", "remote")},
    **{(kind, "ip", "filter"): (_filter, Concern.FILTER) for kind in ("lan", "remote")},
    **{(kind, "ip", "nat"): (_nat, Concern.NAT) for kind in ("lan", "remote")},
    ("lan", "vlan"): (_vlan, Concern.INTERFACE),
}
