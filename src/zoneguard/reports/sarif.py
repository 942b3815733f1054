"""SARIF 2.1.0 (OASIS), as GitHub code scanning takes it in.

A rule for each check that found something, a result for each finding. What captures alone show is anchored at the
declaration of the zone that it is about. Fingerprints hold no line numbers: a finding stays the same when lines move.
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from zoneguard.checks import Check
from zoneguard.locale import translator
from zoneguard.model.crossing import Hop
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Severity
from zoneguard.plugins import of_type
from zoneguard.reports import ReportFormat
from zoneguard.reports._places import Place, frames, main_place, other_places, place
from zoneguard.reports._sentences import clauses_of, details, message, titled
from zoneguard.reports._values import moment
from zoneguard.reports._words import Translate, in_order
from zoneguard.reports.github import level

Json = dict[str, Any]
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LONGEST = 1000  # characters that GitHub keeps of a description
SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "0.1",
}
"""``security-severity``: GitHub calls 9.0 and more critical, from 7.0 high, from 4.0 medium, above 0 low."""


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """The log, with one run."""
    translate = translator(lang)
    findings = in_order(report.findings)
    used = {finding.check for finding in findings}
    checks = [check for check in of_type("zoneguard.checks", Check) if check.id in used]
    index = {check.id: n for n, check in enumerate(checks)}
    run = {
        "tool": {
            "driver": {
                "name": "zoneguard",
                "semanticVersion": version("zoneguard"),
                "rules": [_rule(check, report, lang, translate) for check in checks],
            }
        },
        "automationDetails": {"id": f"zoneguard/{report.project.name}/"},
        "invocations": [{"executionSuccessful": True}],
        "columnKind": "unicodeCodePoints",
        "artifacts": [
            {"location": {"uri": _uri(i.path if Path(i.path).is_absolute() else _from_root(report, i.path))},
             "hashes": {"sha-256": i.sha256}}
            for i in report.inputs
        ],
        "results": [_result(report, finding, index[finding.check], translate) for finding in findings],
    }  # fmt: skip
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return (json.dumps(log, ensure_ascii=False) + "\n").encode("utf-8", "backslashreplace")


def _rule(check: Check, report: Report, lang: str, translate: Translate) -> Json:
    documentation = " ".join(map(translate, check.documentation))
    asking = [
        c for p in report.project.profiles for c in p.clauses if check.id in {n.partition(":")[0] for n in c.checks}
    ]
    why, fix = translate(check.why) if check.why else "", translate(check.fix) if check.fix else ""
    paragraphs = [part for part in (why, fix, *(f"- {titled(clause, lang)}" for clause in asking)) if part]
    return {
        "id": check.id,
        "name": "".join(word.capitalize() for word in check.name.split("-")),
        "shortDescription": {"text": translate(check.title)},
        "fullDescription": {"text": documentation[:LONGEST] or translate(check.title)},
        "help": {
            "text": "\n".join(paragraphs) or translate(check.title),
            "markdown": "\n\n".join([f"**{translate(check.title)}**", why, fix, "\n".join(paragraphs[2:])]).strip(),
        },
        "defaultConfiguration": {"level": "error" if check.severity.rank >= Severity.HIGH.rank else "warning"},
        "properties": {
            "tags": ["security", "network", *sorted(c.id for c in asking)[:8]],
            "precision": "very-high",
            "problem.severity": "error" if check.severity.rank >= Severity.HIGH.rank else "warning",
            "security-severity": SCORES[check.severity],
        },
    }


def _result(report: Report, finding: Finding, index: int, translate: Translate) -> Json:
    main = main_place(report, finding)
    others = list(other_places(report, finding))
    result: Json = {
        "ruleId": finding.check,
        "ruleIndex": index,
        "level": {"notice": "note"}.get(level(finding), level(finding)),
        "message": {"text": "\n".join(details(finding, translate))},
        "locations": [_location(main)],
        "partialFingerprints": {
            "primaryLocationLineHash": f"{finding.fingerprint}:1",
            "zoneguardFinding/v1": finding.fingerprint,
        },
        "properties": {
            "verdict": finding.verdict.value,
            "severity": finding.severity.value,
            "zones": list(finding.zones),
            "clauses": [clause.id for clause in clauses_of(report, finding)],
            "frames": [{"capture": f.file, "frame": f.frame, "time": moment(f.time)} for f in frames(finding)],
        },
    }
    if others:
        result["relatedLocations"] = [{"id": n, **_location(other)} for n, other in enumerate(others, 1)]
    steps = [step for hop in finding.path for step in _steps(report, hop)]
    if steps:
        result["codeFlows"] = [
            {"message": {"text": message(finding, translate)}, "threadFlows": [{"locations": steps}]}
        ]
    return result


def _steps(report: Report, hop: Hop) -> list[Json]:
    """The lines of one device along the path, in the order in which they are asked."""
    text = f"{hop.device}: {hop.ingress or '-'} > {hop.egress or '-'}"
    spans = [*hop.translations, *([hop.route] if hop.route else []), *(hop.lines or hop.defaults[-1:])]
    return [
        {"location": {**_location(place(report, span)), "message": {"text": text}}} for span in dict.fromkeys(spans)
    ]


def _location(at: Place) -> Json:
    region = {"startLine": max(1, at.first), "endLine": max(1, at.last)}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(at.path)}, "region": region}}


def _from_root(report: Report, path: str) -> str:
    root = report.project.root.absolute()
    inside = root.is_relative_to(Path.cwd())
    return ((root.relative_to(Path.cwd()) if inside else report.project.root) / path).as_posix()


def _uri(path: str) -> str:
    return Path(path).as_uri() if Path(path).is_absolute() else quote(path)


PLUGIN = ReportFormat(name="sarif", title="SARIF 2.1.0 for code scanning", write=write)
