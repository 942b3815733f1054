"""Who wrote what to whom stands in no report, unless it is asked for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.checks.town import Town, session
from tests.commands.conftest import Run
from zoneguard.plugins import of_type
from zoneguard.reports import ReportFormat

FORMATS = [form.name for form in of_type("zoneguard.reports", ReportFormat)]
SECRETS = ("himitsu.from", "himitsu.to", "himitsu.head", "HIMITSU-SUBJECT", "himitsu.reply")
CONTENT = "HIMITSU-TEXT"
ASKED = (
    b"EHLO gw\r\nMAIL FROM:<himitsu.from@x>\r\nRCPT TO:<himitsu.to@y>\r\nDATA\r\nSubject: HIMITSU-SUBJECT\r\n"
    b"From: himitsu.head@x\r\nContent-Type: text/html\r\n\r\n<p>HIMITSU-TEXT</p>\r\n.\r\n"
)
ANSWERED = b"220 hi\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken himitsu.reply@x\r\n"


def said(zoneguard: Run, folder: Path, form: str, *options: str) -> str:
    town = Town(folder, captures={"lgwan": session("10.40.0.10", "10.20.0.25", 25, ASKED, ANSWERED)})
    town.audit()
    out = folder / f"report.{form}"
    status, _, errors = zoneguard("replay", folder, "--format", form, "--output", out, *options)
    assert status == 1
    if form == "xlsx":
        with zipfile.ZipFile(out) as book:
            return "".join(book.read(name).decode() for name in book.namelist())
    return out.read_text() + errors


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_personal_stands_in_a_report(zoneguard: Run, tmp_path: Path, form: str) -> None:
    report = said(zoneguard, tmp_path, form)
    assert [secret for secret in (*SECRETS, CONTENT) if secret in report] == []


@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_it_is_shown_where_it_is_asked_for(zoneguard: Run, tmp_path: Path, form: str) -> None:
    report = said(zoneguard, tmp_path, form, "--show-content")
    assert [secret for secret in SECRETS if secret not in report] == []
    assert CONTENT not in report


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_that_leaves_the_house_never_has_it(zoneguard: Run, tmp_path: Path, form: str) -> None:
    report = said(zoneguard, tmp_path, form, "--show-content", "--redact")
    assert [secret for secret in (*SECRETS, CONTENT) if secret in report] == []
