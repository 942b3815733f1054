"""Findings as CSV, one a row: UTF-8 with a mark, so that spreadsheets read Japanese.

A cell that a spreadsheet could take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
from io import StringIO

from zoneguard.locale import translator
from zoneguard.model.findings import Finding, Report
from zoneguard.reports import ReportFormat
from zoneguard.reports._sentences import further_flows, message
from zoneguard.reports._words import Translate, in_order

COLUMNS = (
    "fingerprint", "check", "verdict", "severity", "from", "to", "clauses", "message", "source", "destination",
    "protocol", "ports", "witness", "evidence", "fix",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """The findings, violations first; keys are English in every language."""
    out = StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    translate = translator(lang)
    for finding in in_order(report.findings):
        table.writerow(map(harmless, _cells(finding, translate)))
    return out.getvalue().encode("utf-8-sig", "backslashreplace")


def harmless(cell: str) -> str:
    """``cell``, which no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _cells(finding: Finding, translate: Translate) -> list[str]:
    zones = (*finding.zones, "", "")
    more = f" (+{finding.more_rows})" if finding.more_rows else ""
    columns = [[row.source, row.destination, row.protocol, row.ports] for row in finding.rows] or [[""] * 4]
    return [
        finding.fingerprint,
        finding.check,
        finding.verdict.value,
        finding.severity.value,
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
