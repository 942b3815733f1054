"""What the script works on: findings, the words it says, and the places of the picture, once, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zoneguard.model.crossing import Hop
from zoneguard.model.findings import Finding, Report, Row
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.reports._html.bilingual import Both, Pool
from zoneguard.reports._html.picture import Picture, points
from zoneguard.reports._sentences import clauses_of, further_flows, titled
from zoneguard.reports._values import moment
from zoneguard.reports._words import FLOW_STATES, SEVERITIES, VERDICTS, in_order

WORDS: Mapping[str, Text] = {
    "packets": N_("packets"),
    "witness": N_("for example"),
    "path": N_("path"),
    "flow": N_("flow"),
    "content": N_("content"),
    "evidence": N_("evidence"),
    "clauses": N_("clauses"),
    "fix": N_("way out"),
    "id": N_("id"),
    "none": N_("None."),
    "draw": N_("Draw the path"),
    "drawn": N_("Drawn:"),
}
COUNTS: Mapping[str, Text] = {
    "more": N_("… and {count} more"),
    "shown": N_("{shown} of {matching} findings shown ({count} in all)"),
}
"""Sentences whose numbers the script gives, in the order of their places."""


def embedded(report: Report, lang: str, pool: Pool, drawn: Picture) -> str:
    """The JSON, safe inside a ``script`` element; findings by column. ``pool`` holds what the page says already."""
    findings = [_finding(report, finding, pool, drawn) for finding in in_order(report.findings)]
    value = {
        "lang": lang,
        "findings": {key: [finding[key] for finding in findings] for key in findings[0]} if findings else {"id": []},
        "words": {name: pool.text(word) for name, word in WORDS.items()},
        "counts": {name: pool.template(word.template)[0] for name, word in COUNTS.items()},
        "classes": {pool.text(word): verdict.value for verdict, word in VERDICTS.items()},
        "texts": pool.texts,
        "templates": pool.templates,
    }
    return safe(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def safe(text: str) -> str:
    """JSON that no HTML parser takes for markup."""
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return text


def _finding(report: Report, finding: Finding, pool: Pool, drawn: Picture) -> dict[str, Any]:
    """Numbers of strings, and sentences, under the names that the script knows them by."""
    return {
        "id": finding.fingerprint,
        "check": pool.text(finding.check),
        "verdict": pool.text(VERDICTS[finding.verdict]),
        "severity": pool.text(SEVERITIES[finding.severity]),
        "zones": [pool.text(zone) for zone in finding.zones],
        "message": pool.sentence(finding.message),
        "packets": [[pool.text(part) for part in row_parts(row)] for row in finding.rows],
        "more": finding.more_rows,
        "witness": [pool.text(str(finding.witness))] if finding.witness else [],
        "path": [pool.text(hop_text(hop)) for hop in finding.path],
        "points": pool.text(points(drawn, finding)),
        "flow": [pool.sentence(text) for text in flow_texts(finding)],
        "content": [pool.text(text) for text in content_texts(finding)],
        "evidence": [_evidence(span, report.frames, pool) for span in finding.evidence],
        "clauses": [
            pool.text(Both(titled(clause, "en"), titled(clause, "ja"))) for clause in clauses_of(report, finding)
        ],
        "fix": [pool.sentence(finding.fix)] if finding.fix else [],
    }


def row_parts(row: Row) -> tuple[str, str, str]:
    """From where, to where, which service."""
    return row.source, row.destination, f"{row.protocol} {row.ports}".rstrip()


def row_text(row: Row) -> str:
    """A row of packets on one line."""
    source, destination, service = row_parts(row)
    return f"{source} → {destination} {service}"


def hop_text(hop: Hop) -> str:
    """A hop with the interfaces it is passed by."""
    context = f"{hop.device}/{hop.vrf}" if hop.vrf and hop.vrf != hop.device else hop.device
    return f"{context} ({hop.ingress or '?'} → {hop.egress or '?'})"


def flow_texts(finding: Finding) -> list[Text]:
    """The state of the finding's flow, when it began, and of how many more it speaks."""
    if finding.flow is None:
        return []
    state = FLOW_STATES[finding.flow.state]
    began = N_("{state}; first packet {time}", state=state, time=moment(finding.flow.first.time))
    return [began, *further_flows(finding)]


def content_texts(finding: Finding) -> list[str]:
    """What the finding's transfer carried: name, type, hash, hazards, personal facts where they were asked for."""
    content = finding.transfer
    if content is None:
        return []
    hazards = [" ".join(filter(None, (h.kind, h.where, h.detail))) for h in content.hazards]
    personal = [f"{name}: {said}" for name, said in content.facts]
    return [text for text in (content.name, content.media_type, content.sha256, *hazards, *personal) if text]


def _evidence(span: SourceSpan | CaptureSpan, frames: Mapping[CaptureSpan, str], pool: Pool) -> list[int]:
    """A line, or a frame with its time and what a dissector makes of it: parts that are put together without a blank,
    so that the name of a file is written once."""
    parts = [span.file, str(span).removeprefix(span.file)]
    if isinstance(span, CaptureSpan):
        parts += [f" {moment(span.time)}", f" {frames[span]}" if span in frames else ""]
    return [pool.text(part) for part in parts if part]
