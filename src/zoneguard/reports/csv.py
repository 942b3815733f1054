"""Findings as CSV, one a row: UTF-8 with a mark, so that spreadsheets read Japanese.

Heads and words are those of the report's language, in English the keys and values of the JSON report. A cell that a
spreadsheet could take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
from io import StringIO

from zoneguard.locale import translator
from zoneguard.model.findings import Finding, Report
from zoneguard.model.text import N_
from zoneguard.reports import ReportFormat
from zoneguard.reports._sentences import further_flows, message
from zoneguard.reports._words import SEVERITIES, VERDICTS, Translate, in_order

COLUMNS = (
    N_("fingerprint"), N_("check"), N_("verdict"), N_("severity"), N_("from"), N_("to"), N_("clauses"), N_("message"),
    N_("source"), N_("destination"), N_("protocol"), N_("ports"), N_("witness"), N_("evidence"), N_("fix"),
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """The findings, violations first."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    translate = translator(lang)
    table.writerow(column.render(translate) for column in COLUMNS)
    for finding in in_order(report.findings):
        table.writerow(map(harmless, _cells(finding, lang, translate)))
    return out.getvalue().encode("utf-8-sig", "backslashreplace")


def harmless(cell: str) -> str:
    """``cell``, which no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(finding: Finding, lang: str, translate: Translate) -> list[str]:
    verdict, severity = VERDICTS[finding.verdict].render(translate), SEVERITIES[finding.severity].render(translate)
    zones = (*finding.zones, "", "")
    more = f" (+{finding.more_rows})" if finding.more_rows else ""
    columns = [[row.source, row.destination, row.protocol, row.ports] for row in finding.rows] or [[""] * 4]
    return [
        finding.fingerprint,
        finding.check,
        finding.verdict.value if lang == "en" else verdict,
        finding.severity.value if lang == "en" else severity,
        zones[0],
        zones[1],
        " ".join(finding.clauses),
        message(finding, translate),
        *("\n".join(column) + more for column in zip(*columns, strict=True)),
        str(finding.witness) if finding.witness else "",
        "\n".join([*map(str, finding.evidence), *(text.render(translate) for text in further_flows(finding))]),
        finding.fix.render(translate) if finding.fix else "",
    ]


PLUGIN = ReportFormat(name="csv", title="CSV of the findings", write=write)
