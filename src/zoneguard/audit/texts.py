"""What the configurations of a project say, line by line: to tell whether two projects say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

from zoneguard.audit.inputs import shown
from zoneguard.model.project import Project
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers.reading import read_source

_COUNTERS = re.compile(r"^\[\d+:\d+\] ?|\[\d+:\d+\]$")
ALIGNED = 100_000_000
_COMMENT = re.compile(r"[#!].*")


class Texts:
    """The lines of a project's inputs, without packet counters, comments and blanks around them."""

    def __init__(self, project: Project) -> None:
        self._paths = {
            shown(project, path): path
            for entry in project.devices
            for path in (entry.config, entry.routes)
            if path is not None
        }
        self._lines: dict[str, tuple[str, ...]] = {}
        self._differs: dict[str, frozenset[float]] = {}

    def says(self, span: SourceSpan) -> str:
        """The text of the lines; of an indented line the whole block that it stands in."""
        lines = self._of(span.file)
        first, last = span.first - 1, span.last
        indent = _indent(lines[first]) if first < len(lines) else 0
        if indent:
            while first > 0 and _indent(lines[first - 1]) >= indent:
                first -= 1
            while last < len(lines) and _indent(lines[last]) >= indent:
                last += 1
        return "\n".join(_plain(line) for line in lines[first:last])

    def lacks(self, other: Texts, span: SourceSpan) -> bool:
        """Whether some line of ``span``, in a file of ``other``, has no line beside it in the file of that name here,
        or one here stands between two of them."""
        if span.file not in self._differs:
            ours, theirs = ([_plain(line) for line in texts._of(span.file)] for texts in (self, other))
            self._differs[span.file] = frozenset(_different(ours, theirs))
        return any(span.first <= place <= span.last for place in self._differs[span.file])

    def _of(self, file: str) -> tuple[str, ...]:
        if file not in self._lines:
            path = self._paths.get(file)
            self._lines[file] = read_source(path, file).lines if path else ()
        return self._lines[file]


def _different(ours: list[str], theirs: list[str]) -> Iterator[float]:
    """The lines of ``theirs`` (from 1) that the alignment of both leaves without a line of ``ours``; a half past the
    line after which lines of ``ours`` are left over. What lies between the first and the last difference is aligned up
    to ``ALIGNED`` pairs of lines; of more, a line differs that is nowhere there."""
    start = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    end = next(
        (n for n, (a, b) in enumerate(zip(reversed(ours[start:]), reversed(theirs[start:]), strict=False)) if a != b),
        min(len(ours), len(theirs)) - start,
    )
    mine, other = ours[start : len(ours) - end], theirs[start : len(theirs) - end]
    if len(mine) * len(other) > ALIGNED:
        known = frozenset(mine)
        yield from (number for number, line in enumerate(other, start + 1) if line not in known)
        return
    for kind, *_, first, last in SequenceMatcher(None, mine, other).get_opcodes():
        if kind in ("replace", "insert"):
            yield from range(start + first + 1, start + last + 1)
        elif kind == "delete":
            yield start + first + 0.5


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _plain(line: str) -> str:
    return "" if _COMMENT.match(line.strip()) else _COUNTERS.sub("", line).strip()
