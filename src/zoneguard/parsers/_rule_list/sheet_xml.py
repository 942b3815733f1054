"""The cells of a workbook's sheets, straight from their XML: a library that makes an object of each takes ten times as
long.

Source of the form: ECMA-376, part 1, «18.3 Worksheets» (rows, cells, types of values, merged cells) and «18.4 Shared
String Table» (runs of text, phonetic text).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from defusedxml.ElementTree import DefusedXMLParser

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
IN_CELL = " \u23ce "
"""Stands for a line end inside a cell: a row stays one line."""
STRUCK = "取消線: "
"""Begins what is struck out in a cell, which makes it a name that nothing resolves."""
_TEXT, _RUN, _RUN_LOOK, _STRIKE, _PHONETIC, _SHARED, _INLINE, _CELL, _VALUE, _ROW, _MERGED = (
    f"{MAIN}}}{tag}" for tag in ("t", "r", "rPr", "strike", "rPh", "si", "is", "c", "v", "row", "mergeCell")
)
_TEXT_TAGS = frozenset({_TEXT, _RUN, _RUN_LOOK, _STRIKE, _PHONETIC, _SHARED, _INLINE})


_AREA = re.compile(r"([A-Z]{1,3})(\d{1,7})(?::([A-Z]{1,3})(\d{1,7}))?")
MAX_COLUMNS = 100

Area = tuple[int, int, int, int]
"""First row and column, last row and column, from 1."""


class Said(NamedTuple):
    """A text of a cell. ``styled``: it says itself what is struck out; the style of its cell does not."""

    text: str
    styled: bool = False


@dataclass(frozen=True, slots=True)
class Looks:
    """What the styles of a workbook mean for its cells, by their numbers: ``struck`` out; ``dates`` and times, which
    ``moment`` makes of a number and whether it is a duration (one of ``durations``)."""

    struck: frozenset[int]
    dates: frozenset[int]
    durations: frozenset[int]
    moment: Callable[[float, bool], object]
    styles: int


@dataclass(slots=True)
class Sheet:
    """The texts of the cells by row and column, from 1, as far as ``MAX_COLUMNS``; its last row and column; merged
    areas."""

    cells: dict[int, dict[int, str]] = field(default_factory=dict)
    rows: int = 1
    columns: int = 1
    merged: list[Area] = field(default_factory=list)


class _Nowhere:
    """What the parser builds by itself: nothing."""

    def close(self) -> None:
        """The document has ended."""


class _Strings:
    """Gathers the runs of one text."""

    def __init__(self, text: list[str]) -> None:
        self._text = text
        self.begin()

    def begin(self) -> None:
        """A text begins."""
        self._plain = ""
        self._runs: list[tuple[str, bool, bool]] = []  # text, with a look of its own, struck out
        self._run: tuple[str, bool, bool] | None = None
        self._phonetic = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if tag == _TEXT:
            self._text.clear()
        elif tag == _RUN:
            self._run = ("", False, False)
        elif tag == _PHONETIC:
            self._phonetic = True
        elif self._run is not None and tag in (_RUN_LOOK, _STRIKE):
            struck = tag == _STRIKE and attributes.get("val") not in ("0", "f", "false")
            self._run = (self._run[0], True, self._run[2] or struck)
        elif tag in (_SHARED, _INLINE):
            self.begin()

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == _TEXT and not self._phonetic:
            text = "".join(self._text).replace("x005F_", "")
            if self._run is None:
                self._plain = text
            else:
                self._run = (text, *self._run[1:])
        elif tag == _PHONETIC:
            self._phonetic = False
        elif tag == _RUN and self._run is not None:
            self._runs.append(self._run)
            self._run = None

    def said(self) -> Said:
        """The whole text."""
        runs = self._runs
        if self._plain or not runs:
            return Said(self._plain)
        if any(struck for _, _, struck in runs):
            parts = (STRUCK + text.strip() if struck else text for text, _, struck in runs if text.strip())
            return Said("\n".join(parts), styled=True)
        return Said("".join(text for text, _, _ in runs), styled=len(runs) > 1 or runs[0][1])


def read_strings(data: bytes) -> list[Said]:
    """The shared strings in their order. Raises what damaged XML leads to, as :func:`read_sheet` does."""
    found: list[Said] = []
    text: list[str] = []
    strings = _Strings(text)

    def end(tag: str) -> None:
        strings.end(tag)
        if tag == _SHARED:
            found.append(strings.said())

    _parse(data, strings.start, end, text)
    return found


def read_sheet(data: bytes, shared: Sequence[Said], looks: Looks, column_of: Callable[[str], int]) -> Sheet:
    """The cells of one sheet. ``column_of``: the number of a column by its letters."""
    sheet = Sheet()
    text: list[str] = []
    strings = _Strings(text)
    row = column = style = 0
    kind = raw = ""

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, style, kind, raw
        if tag == _CELL:
            kind, style, raw = attributes.get("t", "n"), int(attributes.get("s") or 0), ""
            place = attributes.get("r")
            if place:
                letters = place.rstrip("0123456789")
                row, column = int(place[len(letters) :]), column_of(letters)
            else:
                column += 1
            if kind == "inlineStr":
                strings.begin()
        elif tag == _VALUE:
            text.clear()
        elif tag == _ROW:
            row, column = int(float(attributes.get("r") or row + 1)), 0
        elif tag == _MERGED:
            sheet.merged.append(area := _area(attributes["ref"], column_of))
            sheet.rows, sheet.columns = max(sheet.rows, area[2]), max(sheet.columns, area[3])
        elif tag in _TEXT_TAGS:
            strings.start(tag, attributes)

    def end(tag: str) -> None:
        nonlocal raw
        if tag == _VALUE:
            raw = text[0] if len(text) == 1 else "".join(text)
        elif tag == _CELL:
            if style >= looks.styles:
                raise ValueError(f"no style {style}")
            if kind == "inlineStr":
                said = strings.said()
            elif not raw:
                said = _NOTHING
            else:
                said = shared[int(raw)] if kind == "s" else Said(_value(kind, raw, style, looks))
            sheet.columns = max(sheet.columns, column)
            sheet.rows = max(sheet.rows, row)
            if said.text and column <= MAX_COLUMNS:
                shown = shown_text(said.text)
                cells = sheet.cells.get(row)
                if cells is None:
                    cells = sheet.cells[row] = {}
                cells[column] = STRUCK + shown if shown and not said.styled and style in looks.struck else shown
        elif tag in _TEXT_TAGS:
            strings.end(tag)

    _parse(data, start, end, text)
    return sheet


_NOTHING = Said("")


def _area(reference: str, column_of: Callable[[str], int]) -> Area:
    """What ``A1:B2`` stands for."""
    match = _AREA.fullmatch(reference)
    if match is None:
        raise ValueError(reference)
    left, top, right, bottom = match.groups()
    return int(top), column_of(left), int(bottom or top), column_of(right or left)


def _value(kind: str, raw: str, style: int, looks: Looks) -> str:
    """The text of a value that is no string of the table."""
    if kind == "b":
        return str(bool(int(raw)))
    if kind != "n":
        return raw[:10] if kind == "d" else raw
    number = float(raw) if "." in raw or "E" in raw or "e" in raw else int(raw)
    if style in looks.dates:
        try:
            moment = looks.moment(number, style in looks.durations)
        except (OverflowError, ValueError):
            return "#VALUE!"
        return moment.isoformat()[:10] if isinstance(moment, datetime | date) else str(moment)
    return str(int(number) if isinstance(number, float) and number.is_integer() else number)


def shown_text(text: str) -> str:
    """The text of a cell on one line."""
    return IN_CELL.join(line.strip() for line in text.splitlines())


def _parse(
    data: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None], text: list[str]
) -> None:
    """Feed a document to handlers; ``text`` is given its characters."""
    parser = DefusedXMLParser(target=_Nowhere(), forbid_dtd=True)
    expat = parser.parser
    expat.StartElementHandler, expat.EndElementHandler = start, end
    expat.CharacterDataHandler = text.append
    expat.ordered_attributes = False
    parser.feed(data)
    parser.close()
