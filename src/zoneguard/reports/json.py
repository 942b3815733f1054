"""The stable machine interface: ``zoneguard.report/1``. Keys and ids are English in every language."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from zoneguard.dynamic.export import flow_record
from zoneguard.locale import translator
from zoneguard.model.findings import Finding, MatrixCell, Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.reports import ReportFormat, _values
from zoneguard.reports._accepted import held_back, held_json
from zoneguard.reports._coverage import unread
from zoneguard.reports._values import dump
from zoneguard.reports._words import Translate, in_order

SCHEMA = "zoneguard.report/1"


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """The whole report; only ``message``, ``fix`` and ``reason`` are in ``lang``."""
    return dump(as_json(report, translator(lang)))


def as_json(report: Report, translate: Translate) -> dict[str, Any]:
    """The report as plain values."""
    project = report.project
    return {
        "schema": SCHEMA,
        "tool": {"name": "zoneguard", "version": version("zoneguard")},
        "command": report.command,
        "project": {
            "name": project.name,
            "file": project.file,
            "model": project.model,
            "profiles": [profile.name for profile in project.profiles],
            "as_of": project.as_of.isoformat(),
            "zones": [{"name": z.name, "class": z.zone_class.value} for z in project.zones],
        },
        "verdict": report.verdict.value,
        "summary": _summary(report),
        "findings": [_finding(f, translate, report.frames) for f in in_order(report.findings)],
        "accepted": [held_json(held, partly, translate) for held, partly in held_back(report)],
        "matrix": [cell(c) for c in report.matrix],
        "clauses": _clauses(report, translate),
        "policies_differ": [
            {
                "check": d.check,
                "clauses": [
                    {"id": c.id, "force": c.force.value, "severity": c.weight.value if c.weight else None}
                    for c in d.clauses
                ],
            }
            for d in report.disagreements
        ],
        "allow": [_values.allowance(a) for a in project.allow],
        "exceptions": [_values.exception(e) for e in project.exceptions],
        "coverage": {
            "files": [_values.line_account(a) for a in report.accounts],
            "captures": [_values.capture_account(a) for a in report.captures],
        },
        "inputs": [{"path": i.path, "sha256": i.sha256, "kind": i.kind} for i in report.inputs],
        "spoofed": report.spoofed,
        "redacted": report.redacted,
        "facts": dict(sorted(report.facts.items())),
    }


def matrix(report: Report) -> dict[str, Any]:
    """The zone matrix alone."""
    return {
        "schema": "zoneguard.matrix/1",
        "spoofed": report.spoofed,
        "matrix": [cell(c) for c in report.matrix],
        "undetermined": [
            {"message": finding.message.render(), "evidence": [_values.evidence(e) for e in finding.evidence]}
            for finding in unread(report)
        ],
    }


def _summary(report: Report) -> dict[str, Any]:
    findings = Counter((f.verdict, f.severity) for f in report.findings)
    clauses = Counter(c.verdict for c in report.clauses)
    return {
        "findings": {
            verdict.value: {s.value: findings[verdict, s] for s in Severity if findings[verdict, s]}
            for verdict in (Verdict.VIOLATES, Verdict.UNDETERMINED)
        },
        "clauses": {verdict.value: clauses[verdict] for verdict in Verdict},
    }


def _finding(finding: Finding, translate: Translate, frames: Mapping[CaptureSpan, str]) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "verdict": finding.verdict.value,
        "zones": list(finding.zones),
        "message": finding.message.render(translate),
        "rows": [_values.row(r) for r in finding.rows],
        "more_rows": finding.more_rows,
        "witness": _values.packet(finding.witness) if finding.witness else None,
        "path": [_values.hop(h) for h in finding.path],
        "flow": flow_record(finding.flow) if finding.flow else None,
        "more_flows": finding.more_flows,
        "transfer": _values.transfer(finding.transfer, translate) if finding.transfer else None,
        "evidence": [_evidence(e, frames) for e in finding.evidence],
        "clauses": list(finding.clauses),
        "fix": finding.fix.render(translate) if finding.fix else None,
        "fingerprint": finding.fingerprint,
    }


def _evidence(span: SourceSpan | CaptureSpan, frames: Mapping[CaptureSpan, str]) -> dict[str, Any]:
    """A line, or a frame with what a dissector makes of it."""
    summary = frames.get(span) if isinstance(span, CaptureSpan) else None
    return {**_values.evidence(span), **({"summary": summary} if summary else {})}


def cell(value: MatrixCell) -> dict[str, Any]:
    """A cell of the zone matrix (ゾーン間通信マトリクス)."""
    return {
        "from": value.source,
        "to": value.destination,
        "state": value.state,
        "rows": [_values.row(r) for r in value.rows],
        "more_rows": value.more_rows,
        "rules": [_values.evidence(r) for r in value.rules],
        "via": list(value.via),
        "observed": value.observed,
        "attempted": value.attempted,
    }


def _clauses(report: Report, translate: Translate) -> list[dict[str, Any]]:
    """Every clause with its verdict, in the order of the documents."""
    known = {clause.id: clause for profile in report.project.profiles for clause in profile.clauses}
    out = []
    for result in report.clauses:
        clause = known[result.clause]
        out.append(
            {
                "id": clause.id,
                "profile": clause.id.partition(":")[0],
                "clause": clause.number,
                "class": clause.clause_class.value,
                "force": clause.force.value,
                "title": {"en": clause.title_en, "ja": clause.title_ja},
                "severity": clause.severity.value if clause.severity else None,
                "verdict": result.verdict.value,
                "reason": result.reason.render(translate),
                "attest": {"en": clause.attest_en, "ja": clause.attest_ja} if clause.attest_en else None,
                "checks": list(clause.checks),
                "findings": list(result.findings),
            }
        )
    return out


PLUGIN = ReportFormat(name="json", title="JSON, the stable machine interface", write=write)
