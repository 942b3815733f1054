"""An Excel workbook as lines of text: a line for each row of each visible sheet, cells as a CSV file has them.

A merged cell says the same in each row it covers. Formulas are taken by the value that was stored with them; nothing is
computed and no link is followed.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterator
from io import BytesIO, StringIO
from posixpath import join, normpath
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from zoneguard.model.errors import InputError
from zoneguard.model.text import N_
from zoneguard.parsers._rule_list.sheet_xml import MAIN, MAX_COLUMNS, Looks, Sheet, read_sheet, read_strings

MAX_EXPANDED = 128 << 20
MAX_ROWS = 200_000
MAX_MERGED = 2_000_000  # cells
NEXT_SHEET = "\u2398 "
"""Begins the line above the rows of each sheet but the first, with the sheet's name."""
_IN = {
    "s": MAIN,
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "p": "http://schemas.openxmlformats.org/package/2006/relationships",
}
_STRICT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": _IN["s"].encode(),
    b"http://purl.oclc.org/ooxml/officeDocument/relationships": _IN["r"].encode(),
}
"""The names of the strict form of the standard, and those of the form that Excel writes unless it is asked."""
_WORKBOOK, _SHEET = "xl/workbook.xml", "/worksheet"
_FALSE = ("0", "f", "false")


def is_workbook(data: bytes) -> bool:
    """Whether the bytes are an Office Open XML workbook."""
    if not data.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return any(name.lower() == _WORKBOOK for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return False


def workbook_text(data: bytes, shown: str) -> str:
    """The rows of all visible sheets. Raises ``InputError`` where the workbook is damaged or too large."""
    with zipfile.ZipFile(BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > MAX_EXPANDED:
            raise InputError(N_("the workbook expands to over {limit} MiB", limit=MAX_EXPANDED >> 20), shown)
        try:
            sheets = list(_sheets(archive))
            if not sheets:
                raise ValueError("no visible sheet")
        except Exception as error:  # whatever the damage leads to
            reason = str(error) or type(error).__name__
            raise InputError(
                N_("the workbook cannot be read: {reason}; save it again as .xlsx", reason=reason), shown
            ) from None
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    for number, (name, sheet) in enumerate(sheets):
        if number:
            table.writerow([NEXT_SHEET + name])
        table.writerows(_rows(name, sheet, shown))
    return out.getvalue()


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, Sheet]]:
    """The visible sheets in their order, by name."""
    from openpyxl.utils import column_index_from_string  # noqa: PLC0415 (only where a workbook is read)

    names = {name.lower(): name for name in archive.namelist()}
    book = fromstring(_part(archive, names[_WORKBOOK]))
    parts: dict[str, tuple[str, str]] = {}
    for relation in fromstring(archive.read(names["xl/_rels/workbook.xml.rels"])).iterfind("p:Relationship", _IN):
        path = normpath(join("/xl", relation.get("Target", ""))).lstrip("/")
        parts[relation.get("Id", "")] = relation.get("Type", ""), names.get(path.lower(), "")
    of_kind = {kind.rpartition("/")[2]: path for kind, path in parts.values() if path}
    strings = read_strings(_part(archive, of_kind["sharedStrings"])) if "sharedStrings" in of_kind else []
    looks = _looks(book, fromstring(_part(archive, of_kind["styles"])) if "styles" in of_kind else Element(""))
    for sheet in book.iterfind("s:sheets/s:sheet", _IN):
        kind, path = parts.get(sheet.get(f"{{{_IN['r']}}}id", ""), ("", ""))
        if path and kind.endswith(_SHEET) and sheet.get("state", "visible") == "visible":
            yield sheet.get("name", ""), read_sheet(_part(archive, path), strings, looks, column_index_from_string)


def _part(archive: zipfile.ZipFile, path: str) -> bytes:
    """One part, of either form of the standard."""
    data = archive.read(path)
    for strict, usual in _STRICT.items():
        data = data.replace(strict, usual)
    return data


def _looks(book: Element, styles: Element) -> Looks:
    """What the numbers of styles say of cells: «18.8 Styles»; dates count from 1900 or 1904."""
    from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format  # noqa: PLC0415 (as above)
    from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel  # noqa: PLC0415 (as above)

    codes = {int(n.get("numFmtId", "0")): n.get("formatCode") for n in styles.iterfind("s:numFmts/s:numFmt", _IN)}
    fonts = [font.find("s:strike", _IN) for font in styles.iterfind("s:fonts/s:font", _IN)]
    struck = frozenset(n for n, strike in enumerate(fonts) if strike is not None and strike.get("val") not in _FALSE)
    known = list(styles.iterfind("s:cellXfs/s:xf", _IN))
    formats = [int(style.get("numFmtId") or 0) for style in known]
    said = [codes.get(number, BUILTIN_FORMATS.get(number)) for number in formats]
    properties = book.find("s:workbookPr", _IN)
    old = properties is not None and properties.get("date1904", "0") not in _FALSE
    epoch = CALENDAR_MAC_1904 if old else CALENDAR_WINDOWS_1900
    return Looks(
        frozenset(n for n, style in enumerate(known) if int(style.get("fontId") or 0) in struck),
        frozenset(n for n, code in enumerate(said) if is_date_format(code)),
        frozenset(n for n, code in enumerate(said) if is_timedelta_format(code)),
        lambda number, duration: from_excel(number, epoch, duration),
        max(1, len(known)),
    )


def _rows(name: str, sheet: Sheet, shown: str) -> Iterator[list[str]]:
    if sheet.rows > MAX_ROWS or sheet.columns > MAX_COLUMNS * 10:
        raise InputError(N_("sheet {name} has over {limit} rows", name=name, limit=MAX_ROWS), shown)
    merged: dict[int, dict[int, str]] = {}
    room = MAX_MERGED
    for top, left, bottom, right in sheet.merged:
        size = (bottom - top + 1) * (right - left + 1)
        room -= size
        if size <= MAX_ROWS and room >= 0:
            text = sheet.cells.get(top, {}).get(left, "")
            for row in range(top, bottom + 1):
                merged.setdefault(row, {}).update(dict.fromkeys(range(left, right + 1), text))
    places = range(1, min(sheet.columns, MAX_COLUMNS) + 1)
    for row in range(1, sheet.rows + 1):
        cells = sheet.cells.get(row, {}) | merged.get(row, {})
        yield [cells.get(column, "") for column in places]
