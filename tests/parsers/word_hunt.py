"""Every understood line with a word too much: ``python -m tests.parsers.word_hunt end|middle|number FILE…``.

A line that was understood is changed and the file is read again. Something must be said then: a line that is not
understood, or a condition that is open. What remains silent is printed, once for each shape of a line.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zoneguard.model.errors import InputError
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers.accounting import Ledger
from zoneguard.parsers.reading import detect, read_source
from zoneguard.parsers.splitting import parse_source

JUNK = "zzz-unknown"
MOST_LINES = 1500
_END = re.compile(r"(.*?)([;{},\]\s]*)$")
_NUMBER = re.compile(r"(?<![\w.:-])\d+(?![\w.:-])")
_QUAD = re.compile(r"(?<![\w.:-])((?:\d+\.){3})\d+(?![\w.:])")
_LENGTH = re.compile(r"(?<=\d)/\d+(?![\w.:])")
_OPEN = re.compile(rf"Unknown\(key=\W[^)]*{JUNK}")


@dataclass(frozen=True, slots=True)
class Silent:
    """A changed line of which nothing was said. ``alike``: the model did not change either."""

    format: str
    file: str
    line: int
    text: str
    alike: bool


def at_the_end(line: str) -> Iterator[str]:
    """A word behind the last, before what closes the line."""
    found = _END.fullmatch(line)
    if found is not None and found[1].strip() and not line.lstrip().startswith("<"):
        yield f"{found[1]} {JUNK}{found[2]}"


def in_the_middle(line: str) -> Iterator[str]:
    """A word before each but the first."""
    for found in list(re.finditer(r"\S+", line))[1:]:
        yield f"{line[: found.start()]}{JUNK} {line[found.start() :]}"


def out_of_range(line: str) -> Iterator[str]:
    """Each number, octet and length of a prefix as none can be."""
    for pattern, new in ((_NUMBER, "99999999999"), (_QUAD, r"\g<1>999"), (_LENGTH, "/999")):
        for found in pattern.finditer(line):
            yield line[: found.start()] + found.expand(new) + line[found.end() :]


WAYS: dict[str, Callable[[str], Iterator[str]]] = {
    "end": at_the_end,
    "middle": in_the_middle,
    "number": out_of_range,
}


def silent(path: Path, way: Callable[[str], Iterator[str]], seen: set[tuple[str, ...]]) -> Iterator[Silent]:
    """What remains silent of a file that some parser knows; lines of a shape in ``seen`` are left out."""
    try:
        source = read_source(path, path.name)
        parser = detect(source)
    except InputError:
        return
    source = replace(source, lines=source.lines[:MOST_LINES])
    before, lines = _understood(source, parser)
    said = _said(before)
    for number in lines:
        line = source.lines[number - 1]
        shape = (parser.name, _shape(line), *_above(source.lines, number - 1))
        if shape in seen:
            continue
        seen.add(shape)
        for changed in way(line):
            after = parse_source(replace(source, lines=_with(source.lines, number, changed)), "d", parser)
            if not _said(after) - said and not _OPEN.search(repr(after.devices)):
                alike = after.devices == before.devices
                yield Silent(parser.name, path.name, number, " ".join((*shape[:1:-1], "|", changed.strip())), alike)


def _understood(source: Source, parser: Parser) -> tuple[Parsed, list[int]]:
    found: list[int] = []
    close = Ledger.close

    def closing(ledger: Ledger) -> object:
        account = close(ledger)
        found.extend(n for n in range(1, len(source.lines) + 1) if ledger.is_modelled(n))
        return account

    Ledger.close = closing  # type: ignore[assignment,method-assign]
    try:
        return parse_source(source, "d", parser), sorted(set(found))
    finally:
        Ledger.close = close  # type: ignore[method-assign]


def _with(lines: Sequence[str], number: int, changed: str) -> tuple[str, ...]:
    return (*lines[: number - 1], changed, *lines[number:])


def _said(parsed: Parsed) -> set[tuple[int, str]]:
    return {(entry.span.first, entry.reason) for entry in parsed.account.not_understood}


def _shape(line: str) -> str:
    quoted = re.sub(r'"[^"]*"', '"n"', line.strip())
    return re.sub(r"\d+", "0", re.sub(r"[0-9a-fA-F]*:[0-9a-fA-F:]+", "6", quoted))


def _above(lines: Sequence[str], at: int) -> tuple[str, ...]:
    """The lines under which one stands, up to three, from near to far."""
    found: list[str] = []
    indent = _indent(lines[at])
    for line in reversed(lines[:at]):
        if not indent or len(found) == 3:
            break
        if line.strip() and _indent(line) < indent:
            found.append(_shape(line))
            indent = _indent(line)
    return tuple(found)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def main(words: list[str]) -> None:
    """Print what remains silent."""
    seen: set[tuple[str, ...]] = set()
    for name in words[1:]:
        for one in silent(Path(name), WAYS[words[0]], seen):
            print(one.format, "same" if one.alike else "changed", f"{one.file}:{one.line}", one.text, sep="\t")


if __name__ == "__main__":
    main(sys.argv[1:])
