"""Workbooks are read as openpyxl reads them, in a tenth of the time."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from zoneguard.model.errors import InputError
from zoneguard.parsers._rule_list.sheet_xml import IN_CELL, STRUCK
from zoneguard.parsers._rule_list.workbook import NEXT_SHEET, workbook_text


def by_openpyxl(data: bytes) -> str:
    """The same text by another reader."""
    book = load_workbook(BytesIO(data), data_only=True, rich_text=True)
    out = StringIO()
    table = csv.writer(out, lineterminator="\n")
    for number, sheet in enumerate(s for s in book.worksheets if s.sheet_state == "visible"):
        if number:
            table.writerow([NEXT_SHEET + sheet.title])
        merged = {
            place: sheet.cell(area.min_row, area.min_col)
            for area in sheet.merged_cells.ranges
            for row in area.rows
            for place in row
        }
        for row in sheet.iter_rows(max_col=min(sheet.max_column, 100)):
            table.writerow([said(merged.get((cell.row, cell.column), cell)) for cell in row])
    return out.getvalue()


def said(cell: Any) -> str:
    value = cell.value
    if isinstance(value, CellRichText):
        parts = [(str(part), isinstance(part, TextBlock) and bool(part.font.strike)) for part in value]
        if any(struck for _, struck in parts):
            value = "\n".join(STRUCK + text.strip() if struck else text for text, struck in parts if text.strip())
        return shown(str(value))
    text = shown(value)
    return STRUCK + text if text and cell.has_style and cell.font.strike else text


def shown(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else IN_CELL.join(line.strip() for line in str(value).splitlines())


def saved(book: Workbook) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=12)
VALUES = st.one_of(
    TEXTS,
    st.integers(-(10**9), 10**9),
    st.floats(-1e6, 1e6),
    st.booleans(),
    st.dates(date(1901, 1, 1), date(2100, 1, 1)),
    st.datetimes(datetime(1901, 1, 1), datetime(2100, 1, 1)),
    st.times().map(lambda t: t.replace(microsecond=0)),
    st.timedeltas(timedelta(0), timedelta(40)).map(lambda d: timedelta(d.days, d.seconds)),
    st.none(),
)


@settings(max_examples=60)
@given(st.lists(st.lists(VALUES, max_size=4), max_size=5), st.lists(st.booleans(), max_size=20), st.booleans())
def test_cells_of_every_kind(rows: list[list[Any]], struck: list[bool], merge: bool) -> None:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append([value[1:] if isinstance(value, str) and value[:1] == "=" else value for value in row])
    cells = [cell for row in sheet.iter_rows() for cell in row]
    for cell, out in zip(cells, struck, strict=False):
        cell.font = Font(strike=out)
    if merge:
        sheet.merge_cells("B2:C6")
    data = saved(book)
    assert workbook_text(data, "x") == by_openpyxl(data)


@settings(max_examples=30)
@example([("0", True), ("0\n", None), ("0", None)])
@given(st.lists(st.tuples(TEXTS.filter(bool), st.sampled_from([None, True, False])), min_size=1, max_size=4))
def test_runs_of_a_text(runs: list[tuple[str, bool | None]]) -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet["A1"] = CellRichText(
        [text if look is None else TextBlock(InlineFont(strike=look), text) for text, look in runs]
    )
    data = saved(book)
    assert workbook_text(data, "x") == by_openpyxl(data)


def test_shared_strings_and_what_another_program_writes() -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    strike, day = book.add_format({"font_strikeout": True}), book.add_format({"num_format": "yyyy/mm/dd"})
    sheet = book.add_worksheet("一覧")
    sheet.write_row(0, 0, ["宛先", "10.0.0.1", "10.0.0.1", 443, 0.5, True])
    sheet.write(1, 0, "10.0.0.2", strike)
    sheet.write_rich_string(1, 1, "10.0.0.3 ", strike, "10.0.0.4")
    sheet.write_datetime(1, 2, datetime(2026, 4, 1), day)
    sheet.write_formula(1, 3, "=1+1", None, 2)
    sheet.merge_range("A4:B5", "全て")
    book.add_worksheet("hidden").hide()
    book.add_worksheet("二").write(0, 0, "x")
    book.close()
    text = workbook_text(out.getvalue(), "x")
    assert text == by_openpyxl(out.getvalue())
    assert f"{STRUCK}10.0.0.2,10.0.0.3{IN_CELL}{STRUCK}10.0.0.4,2026-04-01,2" in text


def test_phonetic_text_is_left_out_and_a_document_type_is_refused() -> None:
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write(0, 0, "庁舎")
    book.close()
    said = b"<t>\xe5\xba\x81\xe8\x88\x8e</t>"
    spoken = changed(out.getvalue(), said, said + "<rPh sb='0' eb='2'><t>チョウシャ</t></rPh>".encode())
    assert workbook_text(spoken, "x") == by_openpyxl(spoken) == "庁舎\n"
    with pytest.raises(InputError, match="cannot be read"):
        workbook_text(changed(spoken, b"<sst ", b"<!DOCTYPE sst [<!ENTITY e 'x'>]><sst "), "x")


def test_the_strict_form_is_read_and_a_workbook_without_sheets_is_no_empty_list() -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["宛先", "10.0.0.1", 443, date(2026, 4, 1)])
    sheet["A1"].font = Font(strike=True)
    usual = saved(book)
    strict = changed(
        usual, b"http://schemas.openxmlformats.org/spreadsheetml/", b"http://purl.oclc.org/ooxml/spreadsheetml/"
    )
    strict = changed(strict, b"spreadsheetml/2006/main", b"spreadsheetml/main")
    strict = changed(
        strict, b"http://schemas.openxmlformats.org/officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/"
    )
    assert b"schemas.openxmlformats.org/spreadsheetml" not in ZipFile(BytesIO(strict)).read("xl/workbook.xml")
    assert workbook_text(strict, "x") == workbook_text(usual, "x") == f"{STRUCK}宛先,10.0.0.1,443,2026-04-01\n"
    with pytest.raises(InputError, match="no visible sheet"):
        workbook_text(changed(usual, b"spreadsheetml/2006/main", b"spreadsheetml/2036/main"), "x")


def changed(data: bytes, old: bytes, new: bytes) -> bytes:
    """The archive with ``new`` for ``old`` in its parts."""
    out = BytesIO()
    with ZipFile(BytesIO(data)) as archive, ZipFile(out, "w") as copy:
        for name in archive.namelist():
            copy.writestr(name, archive.read(name).replace(old, new))
    return out.getvalue()
