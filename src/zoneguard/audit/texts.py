"""What the configurations of a project say, line by line: to tell whether two projects say the same."""

from __future__ import annotations

import re

from zoneguard.audit.inputs import shown
from zoneguard.model.project import Project
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers.reading import read_source

_COUNTERS = re.compile(r"^\[\d+:\d+\] ?|\[\d+:\d+\]$")
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
        self._known: dict[str, frozenset[str]] = {}

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
        """Whether some line of ``span``, in a file of ``other``, is nowhere in the file of that name here."""
        own = self._of(span.file)
        if span.file not in self._known:
            self._known[span.file] = frozenset(map(_plain, own))
        return any(
            _plain(line) not in self._known[span.file] for line in other._of(span.file)[span.first - 1 : span.last]
        )

    def _of(self, file: str) -> tuple[str, ...]:
        if file not in self._lines:
            path = self._paths.get(file)
            self._lines[file] = read_source(path, file).lines if path else ()
        return self._lines[file]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _plain(line: str) -> str:
    return "" if _COMMENT.match(line.strip()) else _COUNTERS.sub("", line).strip()
