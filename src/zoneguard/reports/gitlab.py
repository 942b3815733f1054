"""GitLab Code Quality: the findings as the JSON list that a merge request shows."""

from __future__ import annotations

import json

from zoneguard.locale import translator
from zoneguard.model.findings import Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.reports import ReportFormat
from zoneguard.reports._places import main_place, other_places
from zoneguard.reports._sentences import details, message
from zoneguard.reports._words import in_order

SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """One object a finding. What is undetermined counts one step less than a violation would."""
    translate = translator(lang)
    ranked = sorted(Severity, key=lambda s: s.rank)
    issues = []
    for finding in in_order(report.findings):
        doubt = finding.verdict is not Verdict.VIOLATES
        at = main_place(report, finding)
        severity = ranked[max(0, finding.severity.rank - doubt)]
        issues.append(
            {
                "type": "issue",
                "check_name": finding.check,
                "description": " ".join([message(finding, translate), *finding.clauses]),
                "content": {"body": "\n\n".join(details(finding, translate))},
                "categories": ["Security"],
                "fingerprint": finding.fingerprint,
                "severity": SEVERITIES[severity],
                "location": {"path": at.path, "lines": {"begin": at.first, "end": at.last}},
                "other_locations": [
                    {"path": p.path, "lines": {"begin": p.first, "end": p.last}} for p in other_places(report, finding)
                ],
            }
        )
    return (json.dumps(issues, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace")


PLUGIN = ReportFormat(name="gitlab", title="GitLab Code Quality", write=write)
