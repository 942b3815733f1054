"""The formats that other programs read: each by a consumer of its own where there is one.

csv, github, gitlab, junit, markdown, sarif.
"""

from __future__ import annotations

import csv as csv_module
import json
from dataclasses import replace
from datetime import date
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from sarif_pydantic import Sarif

from tests.reports.sample import ICMP, MAIL, PERMIT, REPORT, RULE, UNDETERMINED
from zoneguard.model.findings import Accepted, Finding, Held, Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.plugins import of_type
from zoneguard.reports import ReportFormat, csv, github, gitlab, junit, markdown, sarif
from zoneguard.reports import json as json_report
from zoneguard.reports import text as text_report
from zoneguard.reports._working_paper import accepted

EVIL = "=cmd|'/c calc'!A1 | `x` <script>alert(1)</script> ::error:: %0A\r\n]]> \x00\x1b[31m \ud800"
FORMATS = sorted(of_type("zoneguard.reports", ReportFormat), key=lambda plugin: plugin.name)


def hostile() -> Report:
    """What inputs say is in messages, zones' names, rules and files."""
    finding = replace(PERMIT, message=N_("{said}", said=EVIL), zones=(EVIL, EVIL))
    cell = replace(REPORT.matrix[0], source=EVIL, destination=EVIL)
    return replace(REPORT, findings=(finding,), matrix=(cell,), project=replace(REPORT.project, name=EVIL))


def empty() -> Report:
    return replace(REPORT, findings=(), clauses=(), matrix=(), accounts=(), captures=(), inputs=(), frames={})


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("plugin", FORMATS, ids=lambda plugin: plugin.name)
def test_every_format_is_the_same_twice_and_takes_any_report(plugin: ReportFormat, lang: str) -> None:
    for report in (REPORT, empty(), hostile()):
        assert plugin.write(report, lang, False) == plugin.write(report, lang, False)


def sarif_of(report: Report) -> Sarif:
    return Sarif.model_validate_json(sarif.PLUGIN.write(report, "ja", False))


def test_sarif_is_read_by_a_model_of_the_standard() -> None:
    (run,) = sarif_of(REPORT).runs
    assert sorted(rule.id for rule in run.tool.driver.rules or []) == ["ZG101", "ZG103", "ZG201", "ZG401"]
    results = run.results or []
    assert [(r.rule_id, str(r.level.value if r.level else "")) for r in results] == [
        ("ZG101", "error"),
        ("ZG201", "error"),
        ("ZG103", "warning"),
        ("ZG401", "warning"),
    ]
    region = results[0].locations[0].physical_location.region
    assert (region.start_line, region.end_line) == (120, 128)


def test_sarif_rules_and_results_agree_and_paths_are_flows() -> None:
    (run,) = json.loads(sarif.PLUGIN.write(REPORT, "en", False))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[r["ruleIndex"]]["id"] == r["ruleId"] for r in run["results"])
    assert all(0 < float(rule["properties"]["security-severity"]) < 10 for rule in rules)
    assert all(rule["help"]["markdown"] for rule in rules)
    steps = run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [s["location"]["physicalLocation"]["region"]["startLine"] for s in steps] == [120]


def test_sarif_describes_its_rules_in_the_language_of_the_report() -> None:
    for lang, said in (("en", "Every session that may be opened"), ("ja", "一方の端が分類 `mynumber` のゾーン")):
        (log,) = json.loads(sarif.PLUGIN.write(REPORT, lang, False))["runs"]
        rule = next(rule for rule in log["tool"]["driver"]["rules"] if rule["id"] == "ZG101")
        assert rule["fullDescription"]["text"].startswith(said)


def test_sarif_fingerprints_stay_when_lines_move() -> None:
    def prints(report: Report) -> list[dict[str, str]]:
        return [
            r["partialFingerprints"] for r in json.loads(sarif.PLUGIN.write(report, "en", False))["runs"][0]["results"]
        ]

    moved = (SourceSpan(RULE.file, RULE.first + 7, RULE.last + 7),)
    assert prints(replace(REPORT, findings=(PERMIT,))) == prints(
        replace(REPORT, findings=(replace(PERMIT, evidence=moved),))
    )


def test_what_captures_show_is_anchored_at_the_declaration_of_the_zone() -> None:
    seen = replace(REPORT, findings=(replace(MAIL, evidence=MAIL.evidence[:1]),))
    (result,) = json.loads(sarif.PLUGIN.write(seen, "en", False))["runs"][0]["results"]
    at = result["locations"][0]["physicalLocation"]
    assert (at["artifactLocation"]["uri"], at["region"]["startLine"]) == ("zoneguard.yaml", 4)
    assert result["properties"]["frames"][0]["frame"] == 17


def test_junit_has_a_case_for_each_clause_and_pair_of_zones() -> None:
    suites = list(JUnitXml.fromroot(JUnitXml.fromstring(junit.PLUGIN.write(REPORT, "ja", False))._elem))
    policy, zones = suites
    assert (policy.name, policy.tests, zones.name, zones.tests) == ("mikasa", len(REPORT.clauses), "zones", 6)
    assert (policy.failures, policy.skipped) == (2, 14)
    assert (zones.failures, zones.errors) == (1, 1)
    outcome = {case.name: [type(r) for r in case.result] for case in zones}
    assert outcome["mynumber > lgwan"] == [Failure]
    assert outcome["世界 > mynumber"] == [Error]
    assert outcome["lgwan > mynumber"] == []
    assert any(type(r) is Skipped for case in policy for r in case.result)


def test_github_annotations_are_one_line_each_with_file_and_lines() -> None:
    lines = github.PLUGIN.write(REPORT, "en", False).decode().splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error", "::warning", "::warning"]
    assert lines[0].startswith("::error file=configs/fw-core.conf,line=120,endLine=128,title=ZG101 mikasa%3A24(1)前段")
    (line,) = github.PLUGIN.write(replace(hostile(), matrix=()), "en", False).decode().splitlines()
    assert line.count("::error") == 2  # the command, and the text that only looks like one


def test_github_levels_follow_verdict_and_severity() -> None:
    assert github.level(replace(PERMIT, severity=Severity.MEDIUM)) == "warning"
    assert github.level(UNDETERMINED) == "warning"
    assert github.level(replace(PERMIT, verdict=Verdict.ATTESTATION_NEEDED)) == "notice"


def test_gitlab_issues_have_what_the_widget_needs() -> None:
    issues = json.loads(gitlab.PLUGIN.write(REPORT, "en", False))
    assert [i["severity"] for i in issues] == ["blocker", "blocker", "minor", "info"]
    assert issues[0]["location"] == {"path": "configs/fw-core.conf", "lines": {"begin": 120, "end": 128}}
    assert len({i["fingerprint"] for i in issues}) == len(issues)
    assert all(i["description"] and i["check_name"] for i in issues)


def rows(report: Report) -> list[dict[str, str]]:
    text = csv.PLUGIN.write(report, "en", False).decode("utf-8-sig")
    return list(csv_module.DictReader(StringIO(text, newline="")))


def test_csv_has_a_row_for_each_finding() -> None:
    found = rows(REPORT)
    assert [row["check"] for row in found] == ["ZG101", "ZG201", "ZG103", "ZG401"]
    assert found[0]["from"] == "mynumber"
    assert found[0]["clauses"] == "mikasa:24(1)前段 mikasa:7(3)ア"
    assert found[0]["ports"] == "445 (+3)"
    assert (found[0]["verdict"], found[0]["severity"]) == ("violates", "critical")


def test_csv_for_a_japanese_spreadsheet_has_japanese_heads_and_words() -> None:
    head, first = csv.PLUGIN.write(REPORT, "ja", False).decode("utf-8-sig").splitlines()[:2]
    assert head.split(",") == [
        "指摘番号", "検査", "判定", "重大度", "から", "へ", "条項", "内容", "送信元", "あて先", "プロトコル", "ポート",
        "例", "証跡", "改善案",
    ]  # fmt: skip
    assert ",ZG101,不適合,緊急,mynumber," in first


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_taken_for_a_formula(start: str) -> None:
    (row,) = rows(replace(REPORT, findings=(replace(ICMP, zones=(start, start)),)))
    assert row["from"] == f"'{start}"


def test_markdown_shows_inputs_literally() -> None:
    text = markdown.PLUGIN.write(hostile(), "en", False).decode("utf-8", "backslashreplace")
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    table = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(table) == 1
    assert table[0].replace("\\|", "").count("|") == 3


@pytest.mark.parametrize(("left", "share"), [((PERMIT,), " (in part)"), ((), "")])
def test_every_report_says_what_a_baseline_held_back_and_whether_wholly(left: tuple[Finding, ...], share: str) -> None:
    span = SourceSpan("baseline.yaml", 4, 9)
    entry = Accepted(
        PERMIT.fingerprint, PERMIT.check, PERMIT.verdict, PERMIT.zones, (), "move", "head", date(2027, 3, 31), span
    )
    report = replace(REPORT, findings=left, held=(Held(PERMIT, (entry,)),))
    (line,) = [
        line
        for line in markdown.PLUGIN.write(report, "en", False).decode().splitlines()
        if line.startswith("- **ZG101**") and "head, until" in line
    ]
    assert line == f"- **ZG101** mynumber → lgwan{share}: move (head, until 2027-03-31)"
    (held,) = json.loads(json_report.PLUGIN.write(report, "en", False))["accepted"]
    assert held["partly"] is bool(left)
    text = text_report.PLUGIN.write(report, "en", False).decode()
    assert ("In part: what is not accepted is among the findings." in text) is bool(left)
    assert [row[4] for row in accepted(report, str).rows] == ["in part" if left else "wholly"]


def test_markdown_says_verdict_matrix_findings_and_clauses() -> None:
    text = markdown.PLUGIN.write(REPORT, "ja", False).decode()
    assert "**不適合**" in text
    assert "<b>ZG101</b>" in text
    assert "mikasa:24(1)前段" in text


def test_a_line_is_named_as_seen_from_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "city/configs").mkdir(parents=True)
    (tmp_path / "city/configs/fw-core.conf").write_text("x")
    monkeypatch.chdir(tmp_path)
    project = replace(REPORT.project, root=Path("city"), file="city/zoneguard.yaml")
    line = github.PLUGIN.write(replace(REPORT, findings=(PERMIT,), project=project), "en", False).decode()
    assert "file=city/configs/fw-core.conf,line=120" in line


def test_outputs_hold_no_byte_that_is_no_text() -> None:
    for plugin in FORMATS:
        if not plugin.binary:
            assert BytesIO(plugin.write(hostile(), "en", False)).read().decode("utf-8")
