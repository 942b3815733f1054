"""Lines of text for a terminal or a pipe: widths of full-width characters, wrapping, and colour that words back up."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.style import Style

from zoneguard.locale import translator
from zoneguard.model.text import Reason, Text

PIPE_WIDTH = 80
_MAX_WIDTH = 120
# what may not be torn apart: blanks, a run of narrow characters, or one wide character with what clings to it
_ATOM = re.compile(r"\s+|[!-\u10ff\u2000-\u2e7f]+|[「『(〔【《]*.[、。，．・：；？！」』)〕】》ー々]*", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """``text`` with control characters (which could steer a terminal) written as ``\\xNN`` or ``\\uNNNN``."""
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 256 else f"\\u{ord(m[0]):04x}", text)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns; only a single unbreakable word may be wider."""
    lines: list[str] = []
    line, used = "", 0
    for atom in _ATOM.findall(text):
        size = cell_len(atom)
        if used and used + size > width and not atom.isspace():
            lines.append(line.rstrip())
            line, used = "", 0
        if line or not atom.isspace():
            line, used = line + atom, used + size
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def pad(text: str, width: int) -> str:
    """``text`` and blanks up to ``width`` columns."""
    return text + " " * max(0, width - cell_len(text))


class Page:
    """Collects lines. ``terminal``: coloured (unless ``NO_COLOR``) and as wide as it; otherwise plain, 80 columns."""

    def __init__(self, lang: str, terminal: bool) -> None:
        self.lang = lang
        self.translate = translator(lang)
        self.width = min(shutil.get_terminal_size((PIPE_WIDTH, 24)).columns, _MAX_WIDTH) if terminal else PIPE_WIDTH
        self._colour = ColorSystem.STANDARD if terminal and not os.environ.get("NO_COLOR") else None
        self._lines: list[str] = []

    def say(self, text: Text | Reason) -> str:
        """``text`` in the page's language."""
        return text.render(self.translate)

    def paint(self, text: str, style: str = "") -> str:
        """``text``, cleaned, in ``style`` where the page is coloured."""
        safe = clean(text)
        return Style.parse(style).render(safe, color_system=self._colour) if self._colour and style else safe

    def line(self, text: str = "") -> None:
        """A line of painted parts."""
        self._lines.append(text.rstrip())

    def heading(self, text: str) -> None:
        """A section begins."""
        if self._lines:
            self.line()
        self.line(self.paint(text, "bold"))
        self.line(self.paint("=" * cell_len(text), "dim"))

    def paragraph(self, text: str, indent: int = 0, style: str = "") -> None:
        """Wrapped text."""
        for part in wrap(text, self.width - indent):
            self.line(" " * indent + self.paint(part, style))

    def field(self, label: str, values: Iterable[str], indent: int, label_width: int) -> None:
        """A label and its values below one another, each wrapped."""
        lead = " " * indent + self.paint(pad(label, label_width), "dim")
        hang = " " * (indent + label_width)
        for value in values:
            for part in wrap(value, self.width - indent - label_width):
                self.line(lead + self.paint(part))
                lead = hang

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], indent: int = 2) -> None:
        """A name, then numbers: columns as wide as their widest cell. A name that is too long has its own line."""
        widths = [max(cell_len(row[i]) for row in (header, *rows)) for i in range(len(header))]
        room = self.width - indent - sum(width + 2 for width in widths[1:])
        widths[0] = min(widths[0], room)
        for number, (name, *numbers) in enumerate((header, *rows)):
            style = "" if number else "dim"
            cells = "".join(
                " " * (width + 2 - cell_len(cell)) + cell for width, cell in zip(widths[1:], numbers, strict=True)
            )
            fits = cell_len(name) <= widths[0]
            if not fits:
                self.line(" " * indent + self.paint(name, style))
            self.line(" " * indent + self.paint(pad(name if fits else "", widths[0]) + cells, style))

    def encode(self) -> bytes:
        """The page, UTF-8, a line end at the end."""
        return ("\n".join(self._lines) + "\n").encode("utf-8", "backslashreplace")
