"""Physical lines → commands with the commands inside them, and the configurations that one file holds.

A file may hold the system and the contexts of one box (``<system>`` and ``<context>`` behind the version), or several
boxes. A command inside another is indented; where a paste lost that, words that only stand inside are recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import report_beginning
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

_DEPTH = 8
FRAME = "frame of an export: when and where it was saved"

_SPELT = {"DNS": "dns"}  # as some releases write what they take in small letters (``DNS server-group``)
VERSION = re.compile(r"\s*(?P<product>ASAv?|PIX|NGFW|FWSM) Version (?P<version>\S+)(?: <(?P<kind>\w+)>)?")
_PROMPT = re.compile(r"[\w.@-]{1,64}(?:/[\w.-]{1,64}){0,4}(?:\([\w-]{1,64}\))?\s?[#>](?:\s|$)")
_SAVED = re.compile(
    r":(?:$|\s|Saved)|Cryptochecksum:|Type help or|User enable_|Logged in|Password:|INFO:|WARNING:|ERROR:"
)
_SAVED_FIRST = frozenset(":CTULPIWE")  # of the pattern above
_SHOWS = re.compile(
    r"(?:show|sh|more|terminal|exit|enable|en|changeto|conf(?:igure)?|write|copy|end|quit|logo(?:ut|ff)|disable|ping|system|expert)\b"
)
_INNER = {
    "interface": frozenset({
        "nameif", "security-level", "vlan", "management-only", "bridge-group", "speed", "duplex", "description", "ospf",
    }),
    "object": frozenset({"host", "subnet", "range", "fqdn", "description"}),
    "object-group": frozenset({
        "network-object", "service-object", "port-object", "group-object", "protocol-object", "icmp-object",
        "description",
    }),
}  # fmt: skip
_INNER_ADDRESS = re.compile(
    r"(?:no )?ip address (?:\d|dhcp|pppoe|$)|no ip address|no nameif|no security-level|shutdown"
)
_INNER_NAT = re.compile(r"nat (?:\([^)]*\) )?(?:static|dynamic) ")


@dataclass(slots=True)
class Command:
    """``words`` as written, and the commands indented under it."""

    line: int
    words: tuple[str, ...]
    text: str
    inner: list[Command] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The line of the command."""
        return self.line

    @property
    def children(self) -> list[Command]:
        """The commands inside it."""
        return self.inner

    @property
    def last(self) -> int:
        """The last line of the command and of everything inside it."""
        return self.inner[-1].last if self.inner else self.line


@dataclass(slots=True)
class Part:
    """One configuration. ``kind``: ``system``, ``context`` or empty; ``product`` and ``version`` of its header."""

    first: int
    kind: str = ""
    product: str = ""
    version: str = ""
    commands: list[Command] = field(default_factory=list)

    @property
    def hostname(self) -> str:
        """What its ``hostname`` says, or the empty text."""
        return next((c.words[1] for c in self.commands if c.words[0] == "hostname" and len(c.words) > 1), "")


def parts(source: Source, ledger: Ledger) -> list[Part]:
    """The configurations in ``source``; lines that are no command are accounted for in ``ledger``."""
    found = [Part(1)]
    stack: list[tuple[int, Command]] = []
    indents: list[int] = []
    for number, line in _lines(source, ledger):
        version = VERSION.match(line) if " Version " in line else None
        if version is not None:
            ledger.understood(number)
            if line[version.end() :].strip():
                ledger.not_understood(number, "words behind the version are not known", Concern.OTHER)
            if found[-1].version or len(found[-1].commands) > 1:
                found.append(Part(number))
            found[-1].product, found[-1].version = version["product"], version["version"]
            found[-1].kind = (version["kind"] or "").lower()
            stack.clear()
            continue
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        indents.append(indent)
        while stack and stack[-1][0] >= indent and not (indent == 0 and _belongs(text, stack)):
            stack.pop()
        words = text.split()
        command = Command(number, (_SPELT.get(words[0], words[0]), *words[1:]), text)
        (stack[-1][1].inner if stack else found[-1].commands).append(command)
        if (indent or not stack) and len(stack) < _DEPTH:
            stack.append((indent, command))
    if found[0].commands:
        report_beginning(found[0].commands[0].line, indents, ledger)
    return found


def _belongs(text: str, stack: list[tuple[int, Command]]) -> bool:
    """Whether a line without indentation is a command that only stands inside the open one."""
    if len(stack) != 1 or stack[0][0]:
        return False
    kind = stack[0][1].words[0]
    if text.split(None, 1)[0] in _INNER.get(kind, ()):
        return True
    if kind == "interface":
        return _INNER_ADDRESS.match(text) is not None
    return kind == "object" and _INNER_NAT.match(text) is not None


def _lines(source: Source, ledger: Ledger) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.lines, 1):
        stripped = line.strip()
        prompt = _PROMPT.match(stripped) if "#" in stripped or ">" in stripped else None
        typed = stripped[prompt.end() :].strip() if prompt is not None else ""
        if not stripped or stripped.startswith("!"):
            ledger.ignored(BLANK, number)
        elif prompt is not None and (not typed or _SHOWS.match(typed)):
            ledger.ignored(SESSION, number)
        elif stripped[0] in _SAVED_FIRST and _SAVED.match(stripped):
            ledger.ignored(FRAME, number)
        elif stripped == "end" or stripped.startswith(("show run", "sh run", "more system:")):
            ledger.ignored(SESSION, number)
        else:
            yield number, typed or line
