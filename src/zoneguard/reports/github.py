"""Annotations for GitHub Actions: a workflow command for each finding, shown at its line in the pull request.

Violations of high and critical severity are errors, other violations and undetermined findings are warnings, the rest
are notices.
"""

from __future__ import annotations

from zoneguard.locale import translator
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.reports import ReportFormat
from zoneguard.reports._places import main_place
from zoneguard.reports._sentences import details
from zoneguard.reports._words import in_order


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """One line a finding; nothing where there is none."""
    translate = translator(lang)
    lines = []
    for finding in in_order(report.findings):
        at = main_place(report, finding)
        title = " ".join([finding.check, *finding.clauses[:3]])
        place = f"file={_property(at.path)},line={at.first},endLine={at.last},title={_property(title)}"
        lines.append(f"::{level(finding)} {place}::{_data(chr(10).join(details(finding, translate)))}\n")
    return "".join(lines).encode("utf-8", "backslashreplace")


def level(finding: Finding) -> str:
    """``error``, ``warning`` or ``notice``."""
    if finding.verdict is Verdict.VIOLATES and finding.severity.rank >= Severity.HIGH.rank:
        return "error"
    return "warning" if finding.verdict in (Verdict.VIOLATES, Verdict.UNDETERMINED) else "notice"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


PLUGIN = ReportFormat(name="github", title="Annotations for GitHub Actions", write=write)
