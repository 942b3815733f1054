"""The workbook, as a program of its own reads it."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell import Cell, MergedCell

from tests.reports.sample import PERMIT, REPORT
from zoneguard.model.findings import InputFile, Report
from zoneguard.model.policy import Verdict
from zoneguard.model.spans import CaptureSpan
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
    for head in ("監査項目", "条項", "監査手続", "指摘内容", "証跡", "結果", "重大度", "改善案", "対応状況"):
        assert head in heads
    assert sheet.max_row == 1 + len(REPORT.findings)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref
    assert {cell.value for cell in sheet["A"][1:]} == {f.fingerprint[:12] for f in REPORT.findings}


def texts(row: tuple[Cell | MergedCell, ...]) -> list[str]:
    return [str(cell.value) for cell in row]


def test_a_finding_says_how_it_was_tested_what_was_found_and_the_proof_apart() -> None:
    sheet = book(replace(REPORT, findings=(PERMIT,)), "en")["Findings"]
    row = dict(zip(texts(sheet[1]), texts(sheet[2]), strict=True))
    assert row["Audit procedure"].startswith("Every session that may be opened, and every flow that was answered")
    assert row["Finding"] == str(PERMIT.message)
    assert "configs/fw-core.conf:120-128" in row["Evidence"]
    assert row["Proposed remedy"] == str(PERMIT.fix)
    assert row["Proposed remedy"] not in row["Evidence"]
    assert "照合します" in str(book()["指摘事項"]["D2"].value)


def test_counts_are_numbers_and_kinds_are_words() -> None:
    shown = book()
    counts = [row[1].value for row in shown["概要"].iter_rows(min_row=3) if row[1].data_type == "n"]
    violations = sum(f.verdict is Verdict.VIOLATES for f in REPORT.findings)
    assert sum(count for count in counts if isinstance(count, int)) == len(REPORT.clauses) + violations
    inputs = [InputFile(kind, "0" * 64, kind, Path(kind)) for kind in ("project", "fortios", "capture")]
    report = replace(REPORT, inputs=tuple(inputs), frames={CaptureSpan("a.pcap", 1, 0.0): "IP"})
    assert texts(book(report)["証跡"]["B"]) == ["種別", "プロジェクト", "fortios", "キャプチャ", "フレーム"]


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
