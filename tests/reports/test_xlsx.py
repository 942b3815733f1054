"""The workbook, as a program of its own reads it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from tests.reports.sample import PERMIT, REPORT
from zoneguard.model.findings import Report
from zoneguard.model.text import N_
from zoneguard.reports import xlsx


def book(report: Report = REPORT, lang: str = "ja") -> Workbook:
    return load_workbook(BytesIO(xlsx.PLUGIN.write(report, lang, False)))


def test_the_sheets_are_those_of_a_working_paper() -> None:
    assert book().sheetnames == [
        "概要", "ゾーン間通信マトリクス", "指摘事項", "条項別結果", "例外台帳", "要証明一覧", "証跡",
    ]  # fmt: skip


def test_findings_have_the_columns_of_an_audit() -> None:
    sheet = book()["指摘事項"]
    heads = [cell.value for cell in sheet[1]]
    for head in ("監査項目", "条項", "監査手続", "証跡", "結果", "重大度", "改善案", "対応状況"):
        assert head in heads
    assert sheet.max_row == 1 + len(REPORT.findings)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref
    assert {cell.value for cell in sheet["A"][1:]} == {f.fingerprint[:12] for f in REPORT.findings}


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "@x", "http://x.example/", "12345", "\x00\x01"])
def test_what_comes_from_inputs_is_a_string(text: str) -> None:
    sheet = book(replace(REPORT, findings=(replace(PERMIT, message=N_("{said}", said=text)),)))["指摘事項"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert all(cell.data_type in ("s", "n") and not isinstance(cell.value, int) for cell in cells)
    assert not any(cell.hyperlink for cell in cells)


def test_every_clause_and_exception_is_there() -> None:
    shown = book(lang="en")
    assert shown["Verdict by clause"].max_row == 1 + len(REPORT.clauses)
    assert [cell.value for cell in shown["Exception register"]["A"]] == ["Number", "EX-01", "EX-02"]
    assert shown["Attestations"].max_row == 15


def test_the_matrix_says_in_words_what_its_colours_say() -> None:
    sheet = book()["ゾーン間通信マトリクス"]
    assert sheet["C2"].value.startswith("不適合")
    assert "10.10.0.0/16 → 10.20.0.0/16 tcp 445" in sheet["C2"].value
    assert sheet["C2"].fill.fgColor.rgb == "FFF8CBAD"
