"""The report for people: width, alignment, colour, languages."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from rich.cells import cell_len

from tests.reports.sample import PERMIT, REPORT, RULE, zone
from zoneguard.model.findings import MatrixCell, Report
from zoneguard.model.policy import Verdict
from zoneguard.model.zones import ZoneClass, ZoneMap
from zoneguard.reports.text import PLUGIN, matrix


def written(report: Report, lang: str = "en", terminal: bool = False) -> str:
    return PLUGIN.write(report, lang, terminal).decode()


def sections(text: str) -> list[str]:
    lines = text.splitlines()
    return [line for line, below in pairwise(lines) if below and set(below) == {"="}]


def test_order_of_the_sections() -> None:
    assert sections(written(REPORT)) == [
        "Zone matrix: who may open a session to whom",
        "Findings",
        "Verdict by clause",
        "Register of exceptions",
        "What could not be determined from the inputs",
        "Coverage",
        "Inputs (SHA-256)",
    ]


def test_the_verdict_comes_first() -> None:
    head = written(REPORT).splitlines()[:8]
    assert "Verdict: violates" in head
    assert "  violations: 3 (critical 2, low 1)" in head
    assert "  undetermined findings: 1" in head


def test_a_finding_has_evidence_witness_path_clauses_and_fix() -> None:
    text = written(REPORT)
    block = text[text.index("  1. ZG101") : text.index("  2. ZG201")]
    for said in (
        "violates  critical  mynumber → lgwan",
        "10.10.0.0/16 → 10.20.0.0/16  tcp 445",
        "… and 3 more",
        "tcp 10.10.0.1:1024 > 10.20.0.1:445",
        "fw-core/root (port3 → port1)",
        "configs/fw-core.conf:120-128",
        "mikasa:24(1)前段, mikasa:7(3)ア",
        "remove it",
        PERMIT.fingerprint,
    ):
        assert said in block
    assert "captures/lg-edge.pcap#17" in text
    assert "ab" * 32 in text


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_a_pipe_gets_80_columns_without_colour(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    text = written(REPORT, lang)
    assert "\x1b" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= 80


def test_a_terminal_gets_colour_unless_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = written(REPORT, terminal=True)
    assert "\x1b[" in coloured
    monkeypatch.setenv("COLUMNS", "80")
    assert re.sub(r"\x1b\[[0-9;]*m", "", written(REPORT, terminal=True)) == written(REPORT)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in written(REPORT, terminal=True)


@pytest.mark.parametrize(("lang", "signs"), [("en", "\\X. .\\S ?A\\"), ("ja", "＼違・ ・＼無 ？許＼")])
def test_the_matrix_is_aligned_under_its_numbers(lang: str, signs: str) -> None:
    lines = matrix(REPORT, lang, False).decode().splitlines()
    header = next(i for i, line in enumerate(lines) if line.split() == ["1", "2", "3"])
    rows = lines[header + 1 : header + 4]
    ends = [cell_len(lines[header][: m.end()]) for m in re.finditer(r"\d", lines[header])]
    for row, expected in zip(rows, signs.split(), strict=True):
        found = [(m[0], cell_len(row[: m.end()])) for m in re.finditer(r"\S+", row)][-3:]
        assert found == list(zip(expected, ends, strict=True))


def test_many_zones_are_shown_in_blocks_that_fit() -> None:
    zones = [zone(f"zone-{i:02}", ZoneClass.OTHER, f"10.{i}.0.0/16") for i in range(40)]
    project = replace(REPORT.project, zones=ZoneMap(zones))
    cells = (MatrixCell("zone-00", "zone-39", "allowed", (), 0, (RULE,), (), 0, 0),)
    text = matrix(replace(REPORT, project=project, matrix=cells), "en", False).decode()
    assert max(cell_len(line) for line in text.splitlines()) <= 80
    assert text.count("   1 zone-00") == 2
    assert text.count(" A") == 2  # the cell and the legend


def test_an_empty_report_says_so() -> None:
    project = replace(REPORT.project, profiles=(), exceptions=())
    text = written(
        replace(REPORT, project=project, findings=(), clauses=(), matrix=(), accounts=(), captures=(), inputs=())
    )
    assert "No matrix: the configurations were not looked at." in text
    assert "No policy applies: `profile` is empty." in text
    assert "Nothing: every line and frame that may matter was understood." in text


def test_a_clean_verdict_says_how_far_it_reaches() -> None:
    text = written(replace(REPORT, findings=(), verdict=Verdict.CONFORMS))
    assert "Verdict: conforms, as far as the checks decide: 93 clauses are open" in text
    assert "Verdict: conforms\n" in written(replace(REPORT, findings=(), clauses=(), verdict=Verdict.CONFORMS))


def test_clauses_are_grouped_by_verdict_and_reason() -> None:
    text = written(REPORT)
    block = text[text.index("Verdict by clause") : text.index("Register of exceptions")]
    assert block.count("nobody has looked") == 2  # undetermined, attestation needed
    assert re.search(r"mikasa:24\(1\)前段 +The My Number zone cannot", block)
    assert "see findings 1" in block
    assert "mikasa:2(9), mikasa:2(11), " in block
    assert re.search(r"mikasa:24\(3\) +Every terminal and system of the My Number zone asks", block)


def test_register_and_validity() -> None:
    text = written(REPORT)
    assert "until 2027-03-31, 130 days from now" in text
    assert "expired on 2026-03-31, 235 days ago" in text
    endless = replace(REPORT.project.exceptions[0], expires=None)
    text = written(replace(REPORT, project=replace(REPORT.project, exceptions=(endless,))))
    assert "no end is stated" in text


def test_what_matters_is_listed_and_what_does_not_is_counted() -> None:
    text = written(REPORT)
    assert "configs/uplink.conf:7  [filter]" in text
    assert "console lines" not in text
    assert re.search(r"configs/uplink.conf +100 +80 +18 +2", text)
    assert "cut in frame 61" in text
    assert re.search(r"captures/lg-edge.pcap +60 +53 +5 +2", text)
    assert "captures/lg-edge.pcap: 5 ARP; 2 a bad header" in text


def test_control_characters_of_an_input_reach_no_terminal() -> None:
    hostile = replace(REPORT.accounts[0].not_understood[0], text="\x1b]0;owned\x07 \u202egnp.exe\r\nX")
    account = replace(REPORT.accounts[0], not_understood=(hostile,), file="a\x1b[2J.conf")
    text = written(replace(REPORT, accounts=(account,)))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    assert r"\x1b]0;owned\x07 \u202egnp.exe\x0d\x0aX" in text


def test_long_lists_are_cut_with_their_count() -> None:
    finding = replace(PERMIT, evidence=(RULE,) * 50)
    line = REPORT.accounts[0].not_understood[0]
    text = written(
        replace(REPORT, findings=(finding,), accounts=(replace(REPORT.accounts[0], not_understood=(line,) * 30),))
    )
    assert "… and 38 more" in text
    assert "… and 20 more in configs/uplink.conf" in text


def test_a_long_file_name_has_its_own_line_in_the_table() -> None:
    name = "configs/" + "very-" * 14 + "long.conf"
    lines = written(replace(REPORT, accounts=(replace(REPORT.accounts[0], file=name),))).splitlines()
    at = lines.index(f"  {name}")
    assert lines[at + 1].split() == ["100", "80", "18", "2"]
