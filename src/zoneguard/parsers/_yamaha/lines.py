"""Physical lines → commands: comments, console sessions, wrapped lines, quotes.

A console wraps at its width (80 columns: 79 characters) without any mark, within a word as well as between words. A
line that starts with no command's first word and follows one that long is its continuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._yamaha.commands import HEADS
from zoneguard.parsers.accounting import BLANK, SESSION, Ledger

CONSOLE_WIDTH = 79

_PROMPT = re.compile(r"(?:\[[^\]]{1,64}\]|[\w.-]{1,64})? ?[#>]+\s*")
_SHOWS = frozenset({"show", "less", "exit", "quit", "help", "Searching", "Password:"})
_BANNER = re.compile(
    r"(?:RTX?|NVR|FWX|SRT|vRX|RTV|RTA)[\w.-]* (?:BootROM|Rev\.)|Copyright \(c\)|To display the software copyright"
    r"|Memory \d+|(?:[0-9a-f]{2}:){5}[0-9a-f]{2}|Searching \.\.\.",
    re.IGNORECASE,
)
_WORD = re.compile(r"""(?:[^\s"'\\]|\\.|"[^"]*"?|'[^']*'?|\\$)+""")
_QUOTED = re.compile(r"""\\(.)|"([^"]*)"?|'([^']*)'?""")


@quick
@dataclass(frozen=True, slots=True)
class Command:
    """``words`` in lower case but unquoted, ``raw`` as written."""

    first: int
    last: int
    span: SourceSpan
    words: tuple[str, ...]
    raw: tuple[str, ...]


def commands(source: Source, ledger: Ledger) -> Iterator[Command]:
    """The commands of ``source``; every other line is accounted for in ``ledger``."""
    text, first, last = "", 0, 0
    for number, line in enumerate(source.lines, 1):
        stripped = line.strip()
        if text and stripped and _continues(source.lines[number - 2], stripped):
            lost_blank = _width(source.lines[number - 2]) == CONSOLE_WIDTH - 1
            text, last = text + " " * lost_blank + line, number
            continue
        if text:
            yield _command(source, text, first, last)
            text = ""
        if not stripped or stripped.startswith("#"):
            ledger.ignored(BLANK, number)
            continue
        stripped = _without_prompt(stripped)
        if not stripped or stripped.split(None, 1)[0] in _SHOWS or _BANNER.match(stripped):
            ledger.ignored(SESSION, number)
        elif number > 1 and _comment_goes_on(source.lines[number - 2], stripped):
            ledger.ignored(BLANK, number)
        else:
            text, first, last = line if line.strip() == stripped else stripped, number, number
    if text:
        yield _command(source, text, first, last)


def _width(line: str) -> int:
    return len(line) if line.isascii() else sum(2 if east_asian_width(c) in "WF" else 1 for c in line)


def _continues(before: str, stripped: str) -> bool:
    word = stripped.split(None, 1)[0].lower()
    return word not in HEADS and not stripped.startswith("#") and _width(before) >= CONSOLE_WIDTH - 1


def _comment_goes_on(before: str, stripped: str) -> bool:
    """The one comment that a console wraps is the header that names hardware."""
    return before.startswith("#") and "MAC-Ad" in before and _continues(before, stripped)


def _without_prompt(text: str) -> str:
    match = _PROMPT.match(text)
    if match is None:
        return text
    rest = text[match.end() :]
    word = rest.split(None, 1)[0] if rest else ""
    return rest if not rest or word in _SHOWS or word.lower() in HEADS else text


def _command(source: Source, text: str, first: int, last: int) -> Command:
    if '"' in text or "'" in text or "\\" in text:
        raw = tuple(_QUOTED.sub(_unquoted, word) for word in _WORD.findall(text))
    else:
        raw = tuple(text.split())
    for at, word in enumerate(raw):
        if word.startswith("#") and at:
            raw = raw[:at]
            break
    return Command(first, last, source.span(first, last), tuple(word.lower() for word in raw), raw)


def _unquoted(match: re.Match[str]) -> str:
    return next((part for part in match.groups() if part is not None), "")
