"""Physical lines → a tree of commands by their indentation; banners, comments and the traces of a console session.

``show running-config`` indents the commands of a mode below the command that enters it. Where a paste lost all
indentation, a mode goes on until ``!``, ``exit`` or a command of the top level.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import report_beginning
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

BANNER = "text of a banner"
LEAVES = "end of a mode, which its indentation shows"
MAX_DEPTH = 8
"""Deeper lines count as of this depth: no configuration nests so far, hostile text does."""

_BANNER = re.compile(r"\s*banner (?:motd|login|exec|incoming|slip-ppp|prompt-timeout|config-save) *(\^C|\S)(.*)")
_SESSION = re.compile(
    r"Building configuration\.\.\.|Current configuration ?:.*|Using \d+ (?:out of \d+ )?bytes.*"
    r"|Load for five secs.*|Time source is.*|(?:Password|Username|login): ?\S{0,64}|User Access Verification"
    r"|Enter configuration commands, one per line.*|Connection to \S{1,80} closed.*"
    r"|\S{1,64}[>#] ?(?:sho?w?|more|term|terminal|write|wr|exit|ena?|enable|logout|quit|end|disable|conf\w*|ping)\b.*"
    r"|\S{1,64}[>#] ?$"
)
_ENTRY = re.compile(r"(?:\d+ )?(?:permit|deny|remark|evaluate|dynamic) ")
_OPENS = re.compile(
    r"interface |router |(?:ip|ipv6) access-list |object-group |route-map |class-map |policy-map |time-range |line "
    r"|zone(?:-pair)? security |vrf (?:definition|context) |ip vrf |control-plane|vlan (?:access-map )?\S|key chain "
    r"|object (?:network|service) |crypto (?:map|isakmp|ipsec|ikev2|dynamic-map) |ip sla \d|track \d"
)
_GLOBAL = re.compile(
    r"hostname |version |access-list |access-group |logging |snmp-server |ntp |username |end$|banner |aaa |service "
    r"|(?:ip|ipv6) (?:route|nat|prefix-list|http|forward-protocol|cef|unicast-routing|domain|name-server|ssh|routing"
    r"|default-gateway|classless|subnet-zero)\b|enable |no ip http|no service|boot|spanning-tree |license |feature "
    r"|route |nat \("
)


@dataclass(slots=True, eq=False)
class Line:
    """A command: ``text`` without indentation, its ``words``, and the commands of the mode that it enters."""

    number: int
    text: str
    words: tuple[str, ...]
    children: list[Line] = field(default_factory=list)

    def starts(self, *words: str) -> bool:
        """Whether the command begins with these words."""
        return self.words[: len(words)] == words

    def word(self, at: int) -> str:
        """The word at this place; ``""`` where there is none."""
        return self.words[at] if at < len(self.words) else ""

    def walk(self) -> Iterator[Line]:
        """This line and everything below it, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def account(ledger: Ledger, line: Line, reason: str) -> None:
    """Ignore the line and all below it for ``reason``."""
    for one in line.walk():
        ledger.ignored(reason, one.number)


def read_lines(source: Source, ledger: Ledger) -> list[Line]:
    """The commands of the top level, each with those below it. Every other line is accounted for in ``ledger``."""
    commands = list(_commands(source, ledger))
    if any(indent for indent, _ in commands):
        report_beginning(commands[0][1].number, [indent for indent, _ in commands], ledger)
        for _, line in commands:
            if line.text == "exit":
                ledger.ignored(LEAVES, line.number)
        return _by_indentation([(indent, line) for indent, line in commands if line.text != "exit"])
    return _by_mode(source, [line for _, line in commands])


def _commands(source: Source, ledger: Ledger) -> Iterator[tuple[int, Line]]:
    skip = 0
    for number, line in enumerate(source.lines, 1):
        if number <= skip:
            continue
        text = line.strip()
        if not text or text.startswith("!"):
            ledger.ignored(BLANK, number)
        elif text.startswith("banner ") and (last := _banner_end(source, number, line)) is not None:
            ledger.ignored(BANNER, number, last)
            skip = last
        elif not line[0].isspace() and _SESSION.fullmatch(text) and not text.startswith("banner"):
            ledger.ignored(SESSION, number)
        else:
            yield len(line) - len(line.lstrip()), Line(number, text, tuple(text.split()))


def _banner_end(source: Source, number: int, line: str) -> int | None:
    """The last line of a banner, which ends where its first character comes again. ``None``: it is one line only."""
    found = _BANNER.match(line)
    if found is None:
        return None
    mark, rest = found[1], found[2]
    if mark in rest:
        return number
    for at in range(number, len(source.lines)):
        if mark in source.lines[at]:
            return at + 1
    return None


def _by_indentation(commands: list[tuple[int, Line]]) -> list[Line]:
    top: list[Line] = []
    stack: list[tuple[int, Line]] = []
    for indent, line in commands:
        while stack and stack[-1][0] >= indent:
            stack.pop()
        if not indent and top and _ENTRY.match(f"{line.text} "):
            top[-1].children.append(line)
            continue
        if stack:
            stack[-1][1].children.append(line)
        else:
            top.append(line)
        if len(stack) < MAX_DEPTH:
            stack.append((indent, line))
    return top


def _by_mode(source: Source, commands: list[Line]) -> list[Line]:
    top: list[Line] = []
    mode: Line | None = None
    last = 0
    for line in commands:
        between = source.lines[last : line.number - 1]
        if any(text.strip().startswith("!") for text in between) or line.text in ("exit", "end"):
            mode = None
        last = line.number
        if _OPENS.match(line.text):
            mode = line
            top.append(line)
        elif mode is None or _GLOBAL.match(line.text):
            mode = None
            top.append(line)
        else:
            mode.children.append(line)
    return top
