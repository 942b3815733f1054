"""Whether a file has its end: the last line that its format promises, and the line end that a device prints."""

from __future__ import annotations

import re
from collections.abc import Sequence

from zoneguard.model.device import Concern
from zoneguard.parsers import Kind, Marks, Parser, Source

CUT_SHORT = "the export begins as a whole one and has no end: it is cut short"
UNENDED = "the last line has no line end, as a device prints it: the file may be cut short"
_HEAD = 40

PROMPT = re.compile(
    r"[!*\[]?(?:(?P<user>[\w.-]{1,40})@)?(?P<host>[A-Za-z0-9][\w.-]{0,62})(?:/[\w/.-]{1,60})?(?::[\w/~.-]{0,60}| ~)?\]?"
    r" ?(?:\((?P<mode>[^()\s]{1,60})\))? ?[#>$%] ?(?P<command>\S.*)?$"
)


def cut(lines: Sequence[str], first: int, reader: Parser | None) -> tuple[tuple[int, str, Concern], ...]:
    """That the last line is missing of an export that begins with line ``first`` as only whole ones do."""
    marks = reader.marks if reader else Marks()
    if not marks.promises or not any(map(re.compile(marks.promises).match, lines)):
        return ()
    if any(map(re.compile(marks.ends).fullmatch, map(str.strip, lines))):
        return ()
    last = max((number for number, line in enumerate(lines, first) if line.strip()), default=first)
    return ((last, CUT_SHORT, Concern.FILTER),)


def unended(source: Source, own: Sequence[str], reader: Parser | None) -> tuple[tuple[int, str, Concern], ...]:
    """That the last line has no line end, where the device prints one: behind a table of routes, and behind a
    configuration with lines that only the device writes, or of a format that has no such lines. A prompt waits without
    one, and a last line closes a block."""
    if not source.unended or reader is None or source.encoding == "xlsx":
        return ()
    last = source.lines[-1].strip() if source.lines else ""
    if not last or last[0] in "!#}<]" or PROMPT.fullmatch(last):
        return ()
    if reader.kind is Kind.ROUTES:
        return ((len(source.lines), UNENDED, Concern.ROUTING),)
    printed = reader.marks.begins
    if (
        reader.marks.ends
        or reader.marks.apart
        or (printed and not any(re.match(printed, line) for line in own[:_HEAD]))
    ):
        return ()
    return ((len(source.lines), UNENDED, Concern.FILTER),)
