"""An Excel workbook as lines of text: a line for each row of each visible sheet, cells as a CSV file has them.

A merged cell says the same in each row it covers. Formulas are taken by the value that was stored with them; nothing is
computed and no link is followed.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO, StringIO
from typing import Any

from zoneguard.model.errors import InputError
from zoneguard.model.text import N_

MAX_EXPANDED = 128 << 20
MAX_ROWS = 200_000
MAX_COLUMNS = 100
IN_CELL = " \u23ce "
"""Stands for a line end inside a cell: a row stays one line."""
NEXT_SHEET = "\u2398 "
"""Begins the line above the rows of each sheet but the first, with the sheet's name."""
STRUCK = "取消線: "
"""Begins what is struck out in a cell, which makes it a name that nothing resolves."""


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are an Office Open XML workbook."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return any(name.lower() == "xl/workbook.xml" for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def workbook_text(data: bytes, shown: str) -> str:
    """The rows of all visible sheets. Raises ``InputError`` where the workbook is damaged or too large."""
    from openpyxl import load_workbook  # noqa: PLC0415 (only where a workbook is read)

    with zipfile.ZipFile(BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_EXPANDED:
            raise InputError(N_("the workbook expands to over {limit} MiB", limit=MAX_EXPANDED >> 20), shown)
    try:
        book = load_workbook(BytesIO(data), data_only=True, keep_links=False, rich_text=True)
    except Exception as error:  # openpyxl raises whatever the damage leads to
        reason = str(error) or type(error).__name__
        raise InputError(
            N_("the workbook cannot be read: {reason}; save it again as .xlsx", reason=reason), shown
        ) from None
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    visible = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    for number, sheet in enumerate(visible):
        if number:
            table.writerow([NEXT_SHEET + sheet.title])
        table.writerows(_rows(sheet, shown))
    return out.getvalue()


def _rows(sheet: Any, shown: str) -> Iterator[list[str]]:
    if sheet.max_row > MAX_ROWS or sheet.max_column > MAX_COLUMNS * 10:
        raise InputError(N_("sheet {name} has over {limit} rows", name=sheet.title, limit=MAX_ROWS), shown)
    merged = {}
    for area in sheet.merged_cells.ranges:
        if area.size["rows"] * area.size["columns"] <= MAX_ROWS:
            first = sheet.cell(area.min_row, area.min_col)
            merged.update(dict.fromkeys(((r, c) for r, c in _cells(area)), first))
    for row in sheet.iter_rows(max_col=min(sheet.max_column, MAX_COLUMNS)):
        yield [_said(merged.get((cell.row, cell.column), cell)) for cell in row]


def _cells(area: Any) -> Iterator[tuple[int, int]]:
    for row in range(area.min_row, area.max_row + 1):
        for column in range(area.min_col, area.max_col + 1):
            yield row, column


def _said(cell: Any) -> str:
    """The text of a cell; what is struck out says so."""
    from openpyxl.cell.rich_text import CellRichText, TextBlock  # noqa: PLC0415 (as above)

    if isinstance(cell.value, CellRichText):
        parts = [(str(part), isinstance(part, TextBlock) and bool(part.font.strike)) for part in cell.value]
        if any(struck for _, struck in parts):
            return _text("\n".join(STRUCK + part.strip() if struck else part for part, struck in parts if part.strip()))
        return _text(str(cell.value))
    text = _text(cell.value)
    return STRUCK + text if text and cell.has_style and cell.font.strike else text


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return IN_CELL.join(line.strip() for line in str(value).splitlines())
