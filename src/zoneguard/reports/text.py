"""The report for a person at a terminal; readable at 80 columns, in a pipe, and without colour."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from itertools import groupby

from zoneguard.model.crossing import Hop
from zoneguard.model.findings import ClauseResult, Finding, Report
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_
from zoneguard.reports import ReportFormat
from zoneguard.reports._accepted import write_held
from zoneguard.reports._coverage import unread, write_coverage, write_inputs, write_undetermined
from zoneguard.reports._matrix import row_lines, write_matrix
from zoneguard.reports._page import Page
from zoneguard.reports._register import write_register
from zoneguard.reports._sentences import further_flows
from zoneguard.reports._values import moment
from zoneguard.reports._words import FLOW_STATES, FORCES, REDACTED, SEVERITIES, VERDICTS, in_order, verdict_rank

VERDICT_STYLES = {
    Verdict.VIOLATES: "bold red",
    Verdict.UNDETERMINED: "yellow",
    Verdict.ATTESTATION_NEEDED: "cyan",
    Verdict.CONFORMS: "green",
    Verdict.NOT_APPLICABLE: "dim",
}
LABEL_WIDTH = 12
CLAUSE_WIDTH = 22
MANY = 10  # clauses of one verdict and reason above which only their numbers are listed
HASH_LABEL_WIDTH = 8  # 64 hex digits after it still fit
SHOWN_EVIDENCE = 12


def write(report: Report, lang: str, terminal: bool) -> bytes:
    """The whole report in ``lang``."""
    page = Page(lang, terminal)
    findings = in_order(report.findings)
    _summary(page, report)
    write_matrix(page, report)
    _findings(page, findings, report.frames)
    write_held(page, report)
    _clauses(page, report, findings)
    _disagreements(page, report)
    write_register(page, report)
    write_undetermined(page, report)
    write_coverage(page, report)
    write_inputs(page, report)
    return page.encode()


def matrix(report: Report, lang: str, terminal: bool) -> bytes:
    """The zone matrix alone, and what it does not know."""
    page = Page(lang, terminal)
    write_matrix(page, report)
    unknown = list(unread(report))
    if unknown:
        page.heading(page.say(N_("What could not be determined from the inputs")))
    for finding in unknown:
        page.paragraph(page.say(finding.message), 2)
        page.field(page.say(N_("evidence")), [str(e) for e in finding.evidence[:SHOWN_EVIDENCE]], 4, LABEL_WIDTH)
    return page.encode()


def _summary(page: Page, report: Report) -> None:
    project = report.project
    profiles = ", ".join(profile.name for profile in project.profiles)
    page.line(page.paint(f"zoneguard {report.command}: {project.name}", "bold"))
    said = N_("policy {profiles}; day of judgement {day}", profiles=profiles or "-", day=project.as_of.isoformat())
    page.paragraph(page.say(said))
    if report.redacted:
        page.paragraph(page.say(REDACTED))
    page.line()
    verdict = page.paint(page.say(VERDICTS[report.verdict]), VERDICT_STYLES[report.verdict])
    open_clauses = sum(r.verdict in (Verdict.UNDETERMINED, Verdict.ATTESTATION_NEEDED) for r in report.clauses)
    if report.verdict is Verdict.CONFORMS and open_clauses:
        verdict += page.say(N_(", as far as the checks decide: {count} clauses are open", count=open_clauses))
    page.line(f"{page.say(N_('Verdict'))}: {verdict}")
    count = Counter(f.severity for f in report.findings if f.verdict is Verdict.VIOLATES)
    undetermined = sum(f.verdict is Verdict.UNDETERMINED for f in report.findings)
    parts = [f"{page.say(SEVERITIES[s])} {count[s]}" for s in Severity if count[s]]
    violations = N_("violations: {count}", count=sum(count.values()))
    page.line("  " + page.say(violations) + (f" ({', '.join(parts)})" if parts else ""))
    page.line("  " + page.say(N_("undetermined findings: {count}", count=undetermined)))
    if report.held:
        page.line("  " + page.say(N_("accepted for a time by the baseline: {count}", count=len(report.held))))
    clauses = Counter(result.verdict for result in report.clauses)
    if clauses:
        shown = ", ".join(f"{page.say(word)} {clauses[v]}" for v, word in VERDICTS.items() if clauses[v])
        page.paragraph(page.say(N_("clauses: {count} ({verdicts})", count=len(report.clauses), verdicts=shown)), 2)


def _findings(page: Page, findings: list[Finding], frames: Mapping[CaptureSpan, str]) -> None:
    page.heading(page.say(N_("Findings")))
    if not findings:
        page.paragraph(page.say(N_("None.")), 2)
    for number, finding in enumerate(findings, 1):
        if number > 1:
            page.line()
        _finding(page, number, finding, frames)


def _evidence(span: SourceSpan | CaptureSpan, frames: Mapping[CaptureSpan, str]) -> str:
    """The place, and behind a frame what a dissector makes of it."""
    summary = frames.get(span, "") if isinstance(span, CaptureSpan) else ""
    return f"{span}  {summary}" if summary else str(span)


def _finding(page: Page, number: int, finding: Finding, frames: Mapping[CaptureSpan, str]) -> None:
    verdict = page.paint(page.say(VERDICTS[finding.verdict]), VERDICT_STYLES[finding.verdict])
    zones = page.paint(" → ".join(finding.zones), "bold")
    severity = page.say(SEVERITIES[finding.severity])
    page.line(f"{number:>3}. {page.paint(finding.check)}  {verdict}  {severity}  {zones}")
    page.paragraph(finding.message.render(page.translate), 5)

    def field(label: str, values: list[str]) -> None:
        page.field(label, values, 5, LABEL_WIDTH)

    field(page.say(N_("packets")), row_lines(page, finding.rows, finding.more_rows))
    if finding.witness:
        field(page.say(N_("for example")), [str(finding.witness)])
    if finding.path:
        field(page.say(N_("path")), [" → ".join(_hop(hop) for hop in finding.path)])
    if finding.flow:
        state = FLOW_STATES[finding.flow.state]
        started = N_("{state}; first packet {time}", state=state, time=moment(finding.flow.first.time))
        field(page.say(N_("flow")), [page.say(started)])
    if finding.transfer:
        content = finding.transfer
        field(page.say(N_("content")), [part for part in (content.name, content.media_type) if part])
        field(page.say(N_("personal")), [f"{name}: {said}" for name, said in content.facts])
        page.field("SHA-256", [content.sha256] if content.sha256 else [], 5, HASH_LABEL_WIDTH)
    evidence = [_evidence(span, frames) for span in finding.evidence[:SHOWN_EVIDENCE]]
    if len(finding.evidence) > SHOWN_EVIDENCE:
        evidence.append(page.say(N_("… and {count} more", count=len(finding.evidence) - SHOWN_EVIDENCE)))
    evidence += map(page.say, further_flows(finding))
    field(page.say(N_("evidence")), evidence)
    field(page.say(N_("clauses")), [", ".join(finding.clauses)] if finding.clauses else [])
    if finding.fix:
        field(page.say(N_("way out")), [finding.fix.render(page.translate)])
    field(page.say(N_("id")), [finding.fingerprint])


def _hop(hop: Hop) -> str:
    context = f"{hop.device}/{hop.vrf}" if hop.vrf and hop.vrf != hop.device else hop.device
    return f"{context} ({hop.ingress or '?'} → {hop.egress or '?'})"


def _clauses(page: Page, report: Report, findings: list[Finding]) -> None:
    """By verdict and reason, so that what is said of many clauses is said once."""
    page.heading(page.say(N_("Verdict by clause")))
    if not report.clauses:
        page.paragraph(page.say(N_("No policy applies: `profile` is empty.")), 2)
    clauses = {clause.id: clause for profile in report.project.profiles for clause in profile.clauses}
    numbers = {finding.fingerprint: number for number, finding in enumerate(findings, 1)}

    def group(result: ClauseResult) -> tuple[int, str]:
        return verdict_rank(result.verdict), result.reason.render(page.translate)

    for (_, reason), results in groupby(sorted(report.clauses, key=group), key=group):
        members = list(results)
        verdict = members[0].verdict
        page.line(f"  {page.paint(page.say(VERDICTS[verdict]), VERDICT_STYLES[verdict])}")
        page.paragraph(reason, 4, "dim")
        if len(members) > MANY and verdict is not Verdict.ATTESTATION_NEEDED and not members[0].findings:
            page.paragraph(", ".join(result.clause for result in members), 4)
            continue
        for result in members:
            clause = clauses[result.clause]
            said = [clause.title_ja if page.lang == "ja" else clause.title_en]
            if verdict is Verdict.ATTESTATION_NEEDED:
                said = [(clause.attest_ja if page.lang == "ja" else clause.attest_en) or said[0]]
            known = sorted({numbers[f] for f in result.findings if f in numbers})
            if known:
                shown = ", ".join(map(str, known[:20])) + (", …" if len(known) > 20 else "")
                said.append(page.say(N_("see findings {numbers}", numbers=shown)))
            page.field(result.clause, said, 4, CLAUSE_WIDTH)


def _disagreements(page: Page, report: Report) -> None:
    """Policies that ask for the same with unlike force, side by side."""
    if not report.disagreements:
        return
    page.heading(page.say(N_("Where the policies differ")))
    page.paragraph(page.say(N_("The first of each counts: a finding has the severity of the strictest.")), 2)
    for disagreement in report.disagreements:
        stances = [
            f"{c.id}  {page.say(FORCES[c.force])}" + (f"  {page.say(SEVERITIES[c.weight])}" if c.weight else "")
            for c in disagreement.clauses
        ]
        page.field(disagreement.check, stances, 2, LABEL_WIDTH)


PLUGIN = ReportFormat(name="text", title="Text for a terminal or a pipe", write=write)
