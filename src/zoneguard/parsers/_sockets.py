"""Ports of a switch that terminals are plugged into, from the blocks of its interfaces: Cisco's command line and kin.

What identifies a device at a port: ``authentication``, ``access-session`` or ``dot1x port-control auto`` (Cisco,
"Identity-Based Networking Services Command Reference"; of 802.1X alone only where ``dot1x system-auth-control`` is on),
``switchport port-security``; ``dot1x port-control auto`` and ``auth-mac enable`` (Allied Telesis, "Command Reference
for AlliedWare Plus"); ``dot1x port-control auto`` and ``mac-authentication port`` (ALAXALA). Authentication by a web
page knows persons, not devices, and does not count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from zoneguard.model.settings import Socket
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers._commands import Command, Words

_PHYSICAL = re.compile(r"(?:[a-z]*ethernet|port|[gft][ie][a-z]*)\s*\d[\d/.]*", re.IGNORECASE)
_SWITCHED_ON = frozenset({("dot1x", "system-auth-control"), ("aaa", "authentication", "dot1x")})
_BY_8021X = (("dot1x", "port-control", "auto"),)
_IDENTIFIES = (
    ("authentication", "port-control", "auto"), ("access-session", "port-control", "auto"), ("auth-mac", "enable"),
    ("mac-authentication", "port"), ("mab",), ("dot1x", "mac-auth-bypass"),
)  # fmt: skip
_ROUTED = ("no", "switchport")
_ELSEWHERE = (
    ("shutdown",), ("ip", "address"), ("ipv6", "address"), ("channel-group",),
    ("static-channel-group",), ("switchport", "mode", "trunk"), ("switchport", "mode", "dot1q-tunnel"),
    ("switchport", "mode", "fex-fabric"), ("switchport", "mode", "stack"), ("switchport", "monitor"),
    ("stackport",), ("vrf", "forwarding"), ("vrf", "member"), ("encapsulation",), ("bridge-group",),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """An interface: its name and the words of the commands in it, in lower case."""

    name: str
    span: SourceSpan
    commands: tuple[Words, ...]

    def has(self, *beginnings: Words) -> bool:
        """Whether a command begins with one of these words."""
        return any(command[: len(words)] == words for command in self.commands for words in beginnings)


L = TypeVar("L", bound=Command)


def read_sockets(
    lines: Iterable[L],
    span: Callable[[L], SourceSpan],
    names: Callable[[Words], Iterable[str]] = lambda w: ["".join(w)],
) -> tuple[Socket, ...] | None:
    """The sockets of a switch; ``None`` where nothing in the file says that it is one. ``lines``: the commands of the
    top level; ``names``: the interfaces that the words behind ``interface`` mean."""
    blocks: dict[str, Block] = {}
    general: set[Words] = set()
    for line in lines:
        words = _lowered(line.words)
        general |= {words[:2], words[:3]}
        if words[:1] == ("interface",):
            inside = tuple(_lowered(child.words) for child in line.children)
            for name in names(line.words[1:]):
                before = blocks.get(name)
                commands = (*(before.commands if before else ()), *inside)
                blocks[name] = Block(name, before.span if before else span(line), commands)
    if not any(block.has(("switchport",)) for block in blocks.values()):
        return None
    return tuple(_sockets(blocks.values(), bool(general & _SWITCHED_ON)))


def _lowered(words: Words) -> Words:
    return tuple(word.lower() for word in words)


def _sockets(blocks: Iterable[Block], authenticates: bool) -> Iterator[Socket]:
    for block in blocks:
        if _PHYSICAL.fullmatch(block.name) and not block.has(*_ELSEWHERE) and _ROUTED not in block.commands:
            secured = ("switchport", "port-security") in block.commands
            by_8021x = authenticates and block.has(*_BY_8021X)
            description = next((" ".join(c[1:]) for c in block.commands if c[0] == "description"), "")
            yield Socket(block.name, block.span, secured or by_8021x or block.has(*_IDENTIFIES), description)
