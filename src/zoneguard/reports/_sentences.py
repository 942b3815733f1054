"""A finding in a few plain sentences, as other programs show it."""

from __future__ import annotations

from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Clause
from zoneguard.model.text import N_, Text
from zoneguard.reports._words import Translate


def message(finding: Finding, translate: Translate) -> str:
    """What is so."""
    return finding.message.render(translate)


def details(finding: Finding, translate: Translate) -> list[str]:
    """Message, proof and way out, a line each."""
    fix = [finding.fix.render(translate)] if finding.fix else []
    return [message(finding, translate), *proof(finding, translate), *fix]


def proof(finding: Finding, translate: Translate) -> list[str]:
    """Packets, witness, path and frames, a line each."""
    lines = [f"{r.source} > {r.destination} {r.protocol} {r.ports}".rstrip() for r in finding.rows]
    if finding.more_rows and lines:
        lines[-1] += f" (+{finding.more_rows})"
    if finding.witness:
        lines.append(str(finding.witness))
    if finding.path:
        lines.append(" > ".join(f"{hop.device} {hop.ingress or '-'}:{hop.egress or '-'}" for hop in finding.path))
    lines.append(", ".join(map(str, finding.evidence)))
    lines += [text.render(translate) for text in further_flows(finding)]
    return [line for line in lines if line]


def further_flows(finding: Finding) -> list[Text]:
    """How many flows it speaks of beyond those whose frames it cites."""
    return [N_("and {count} more flows", count=finding.more_flows)] if finding.more_flows else []


def clauses_of(report: Report, finding: Finding) -> list[Clause]:
    """The clauses that the finding decides."""
    known = {clause.id: clause for profile in report.project.profiles for clause in profile.clauses}
    return [known[name] for name in finding.clauses if name in known]


def titled(clause: Clause, lang: str) -> str:
    """``mikasa:24(3) …`` in the language of the report."""
    return f"{clause.id} {clause.title_ja if lang == 'ja' else clause.title_en}"
