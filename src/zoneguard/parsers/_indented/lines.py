"""Physical lines → a tree by indentation; comments, prompts and ends of blocks are accounted for on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import report_beginning
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

END = "end of a block"
MAX_DEPTH = 8

_PROMPT = re.compile(
    r"(?P<host>[!*]?[A-Za-z][\w.@:-]{0,63})(?:\((?P<mode>[\w-]{1,40})\))?(?P<end>[#>])\s*(?P<command>.*)"
)
_SHOWS = re.compile(
    r"(?:sho?w?|ena?|enable|term(?:inal)?|exit|end|quit|logo(?:ut|ff)|disable|conf(?:igure)?|write|copy|ping)\b"
    r"|no term",
    re.IGNORECASE,
)
_BANNER = re.compile(r"show\b|(?:building|current) configuration\b|password:", re.IGNORECASE)
_WORD = re.compile(r'"([^"]*)"?|(\S+)')


@dataclass(slots=True, eq=False)
class Line:
    """One command. ``words`` as written, unquoted; ``children`` are the commands indented under it."""

    number: int
    span: SourceSpan
    words: tuple[str, ...]
    children: list[Line] = field(default_factory=list)

    @property
    def head(self) -> str:
        """The first word in lower case."""
        return self.words[0].lower()

    @property
    def last(self) -> int:
        """The number of the last line of the block."""
        line = self
        while line.children:
            line = line.children[-1]
        return line.number

    def subtree(self) -> Iterator[Line]:
        """The line and all that is under it."""
        yield self
        for child in self.children:
            yield from child.subtree()


def read_tree(source: Source, ledger: Ledger, modes: Mapping[str, int]) -> list[Line]:
    """The commands at the left margin, with what is under them.

    ``modes`` are the depths of the modes that a prompt of a pasted session names (``config-if``: 1 where not listed).
    """
    top: list[Line] = []
    open_: list[tuple[int, Line]] = []
    indents: list[int] = []
    for number, physical in enumerate(source.lines, 1):
        text, indent = _command(physical, modes)
        if not text or text[0] in "!#":
            ledger.ignored(SESSION if physical.strip()[:1] not in ("", "!", "#") else BLANK, number)
            continue
        words = split(text)
        if words in (("exit",), ("end",)) or words[0].startswith("exit-"):
            ledger.ignored(END, number)
            continue
        line = Line(number, source.span(number), words)
        indents.append(indent)
        while open_ and open_[-1][0] >= indent:
            open_.pop()
        (open_[-1][1].children if open_ else top).append(line)
        if len(open_) < MAX_DEPTH:
            open_.append((indent, line))
    if top:
        report_beginning(top[0].number, indents, ledger)
    return top


def split(text: str) -> tuple[str, ...]:
    """The words of a command; what stands in double quotes is one word. An empty quotation is a word, too."""
    if '"' not in text:
        return tuple(text.split())
    return tuple(m[2] if m[2] is not None else m[1] for m in _WORD.finditer(text)) or ("",)


def _command(physical: str, modes: Mapping[str, int]) -> tuple[str, int]:
    """The command and its indentation; ``""`` for a line of a session that commands nothing."""
    stripped = physical.strip()
    if not stripped or stripped[0] in "!#":
        return "", 0
    if ("#" in stripped or ">" in stripped) and (prompt := _PROMPT.fullmatch(stripped)) is not None:
        command = prompt["command"]
        if not command or _SHOWS.match(command):
            return "", 0
        if prompt["mode"] and prompt["end"] == "#":
            return command, modes.get(prompt["mode"], 0 if prompt["mode"] == "config" else 1)
    elif _BANNER.match(stripped):
        return "", 0
    expanded = physical.expandtabs()
    return stripped, len(expanded) - len(expanded.lstrip())
