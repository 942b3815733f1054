"""Markdown for a pull request or a wiki: verdict, zone matrix, findings, and the verdicts by clause."""

from __future__ import annotations

import re
from collections import Counter

from zoneguard.locale import translator
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.reports import ReportFormat
from zoneguard.reports._accepted import HEADING, accepted_by, held_back
from zoneguard.reports._sentences import clauses_of, further_flows, message, titled
from zoneguard.reports._words import REDACTED, SEVERITIES, SIGNS, STATES, VERDICTS, Translate, in_order

_ACTIVE = re.compile(r"([\\`*_{}\[\]<>|#!~@])")


def write(report: Report, lang: str, _terminal: bool) -> bytes:
    """GitHub-flavoured; whatever comes from inputs is escaped."""
    translate = translator(lang)
    lines = [*_head(report, translate), *_matrix(report, translate), *_findings(report, lang, translate)]
    lines += [*_accepted(report, translate), *_clauses(report, lang, translate)]
    return ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")


def escaped(text: str) -> str:
    """``text`` as Markdown shows it literally, on one line."""
    return _ACTIVE.sub(r"\\\1", " ".join(text.split()))


def _head(report: Report, translate: Translate) -> list[str]:
    count = Counter(f.severity for f in report.findings if f.verdict is Verdict.VIOLATES)
    shown = ", ".join(f"{SEVERITIES[s].render(translate)} {count[s]}" for s in Severity if count[s])
    verdict = VERDICTS[report.verdict].render(translate)
    name = escaped(f"zoneguard {report.command}: {report.project.name}")
    redacted = [REDACTED.render(translate), ""] if report.redacted else []
    return [f"## {name}", "", f"**{verdict}**" + (f" ({shown})" if shown else ""), "", *redacted]


def _matrix(report: Report, translate: Translate) -> list[str]:
    if not report.matrix:
        return []
    names = list(dict.fromkeys(n for c in report.matrix for n in (c.source, c.destination)))
    cells = {(c.source, c.destination): SIGNS[c.state] for c in report.matrix}
    heads = [escaped(name) for name in names]
    lines = [
        f"### {N_('Zone matrix: who may open a session to whom').render(translate)}",
        "",
        f"| → | {' | '.join(heads)} |",
        "| --- |" + " :-: |" * len(names),
    ]
    lines += [f"| **{escaped(a)}** | {' | '.join(cells.get((a, b), '') for b in names)} |" for a in names]
    legend = ", ".join(f"{sign} {STATES[state].render(translate)}" for state, sign in SIGNS.items())
    return [*lines, "", legend, ""]


def _findings(report: Report, lang: str, translate: Translate) -> list[str]:
    lines = [f"### {N_('Findings').render(translate)}", ""]
    found = in_order(report.findings)
    if not found:
        return [*lines, N_("None.").render(translate), ""]
    for finding in found:
        lines += _finding(report, finding, lang, translate)
    return lines


def _finding(report: Report, finding: Finding, lang: str, translate: Translate) -> list[str]:
    zones = " → ".join(map(escaped, finding.zones))
    words = [VERDICTS[finding.verdict].render(translate), SEVERITIES[finding.severity].render(translate), zones]
    lines = ["<details>", f"<summary><b>{finding.check}</b> {_html(message(finding, translate))}</summary>", ""]
    lines.append("- " + " · ".join(word for word in words if word))
    lines += [f"- {escaped(titled(clause, lang))}" for clause in clauses_of(report, finding)]
    if finding.rows:
        more = f" (+{finding.more_rows})" if finding.more_rows else ""
        shown = (" ".join((r.source, "→", r.destination, r.protocol, r.ports)) for r in finding.rows)
        lines += [f"- {escaped(row)}" for row in shown]
        lines[-1] += more
    lines += [f"- {escaped(str(span))}" for span in finding.evidence]
    lines += [f"- {escaped(text.render(translate))}" for text in further_flows(finding)]
    if finding.fix:
        lines.append(f"- **{escaped(finding.fix.render(translate))}**")
    return [*lines, "", "</details>", ""]


def _accepted(report: Report, translate: Translate) -> list[str]:
    if not report.held:
        return []
    lines = [f"### {HEADING.render(translate)}", ""]
    for held, partly in held_back(report):
        zones = " → ".join(map(escaped, held.finding.zones))
        words = "; ".join(accepted_by(entry).render(translate) for entry in held.entries)
        share = f" ({N_('in part').render(translate)})" if partly else ""
        lines.append(f"- **{held.finding.check}** {zones}{share}: {escaped(words)}")
    return [*lines, ""]


def _html(text: str) -> str:
    return " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clauses(report: Report, lang: str, translate: Translate) -> list[str]:
    if not report.clauses:
        return []
    known = {clause.id: clause for profile in report.project.profiles for clause in profile.clauses}
    lines = [f"### {N_('Verdict by clause').render(translate)}", "", "| | | |", "| --- | --- | --- |"]
    for result in report.clauses:
        title = escaped(titled(known[result.clause], lang))
        verdict = VERDICTS[result.verdict].render(translate)
        lines.append(f"| {title} | {verdict} | {escaped(result.reason.render(translate))} |")
    return [*lines, ""]


PLUGIN = ReportFormat(name="markdown", title="Markdown for a pull request", write=write)
