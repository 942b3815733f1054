"""The tables of an audit's working paper: what was asked, how it was looked at, what was found, what is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.checks import Check
from zoneguard.locale import translator
from zoneguard.model.addresses import format_addresses, format_mac
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Verdict
from zoneguard.model.text import N_, Text
from zoneguard.plugins import of_type
from zoneguard.reports._accepted import HEADING, held_back
from zoneguard.reports._sentences import clauses_of, message, proof, titled
from zoneguard.reports._words import PEERS, SEVERITIES, VERDICTS, Translate, in_order, kind_word


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; every row has as many cells as there are ``columns``."""

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(report: Report, lang: str) -> Iterator[Table]:
    """Findings, verdicts by clause, exception register, attestations, evidence."""
    translate = translator(lang)
    yield _findings(report, lang, translate)
    yield _clauses(report, lang, translate)
    yield _exceptions(report, translate)
    yield _attestations(report, lang, translate)
    yield _evidence(report, translate)


def _findings(report: Report, lang: str, translate: Translate) -> Table:
    checks = {check.id: check for check in of_type("zoneguard.checks", Check)}

    def row(finding: Finding) -> tuple[str, ...]:
        check = checks.get(finding.check)
        title = translate(check.title) if check else ""
        return (
            finding.fingerprint[:12],
            f"{finding.check} {title}".strip(),
            "\n".join(titled(clause, lang) for clause in clauses_of(report, finding)),
            translate(check.documentation[0]) if check and check.documentation else "",
            " → ".join(finding.zones),
            message(finding, translate),
            "\n".join(proof(finding, translate)),
            VERDICTS[finding.verdict].render(translate),
            SEVERITIES[finding.severity].render(translate),
            finding.fix.render(translate) if finding.fix else "",
            "",
        )

    return Table(
        N_("Findings"),
        (
            N_("Number"), N_("Audit item"), N_("Clauses"), N_("Audit procedure"), N_("Zones"), N_("Finding"),
            N_("Evidence"), N_("Result"), N_("Severity"), N_("Proposed remedy"), N_("State of remedy"),
        ),
        tuple(map(row, in_order(report.findings))),
    )  # fmt: skip


def _clauses(report: Report, lang: str, translate: Translate) -> Table:
    known = {clause.id: clause for profile in report.project.profiles for clause in profile.clauses}
    rows = (
        (
            result.clause,
            known[result.clause].title_ja if lang == "ja" else known[result.clause].title_en,
            VERDICTS[result.verdict].render(translate),
            SEVERITIES[weight].render(translate) if (weight := known[result.clause].weight) else "",
            result.reason.render(translate),
            " ".join(known[result.clause].checks),
            " ".join(fingerprint[:12] for fingerprint in result.findings),
        )
        for result in report.clauses
    )
    columns = (
        N_("Clause"), N_("What it asks"), N_("Result"), N_("Severity"), N_("Reason"), N_("Checks"), N_("Findings"),
    )  # fmt: skip
    return Table(N_("Verdict by clause"), columns, tuple(rows))


def _exceptions(report: Report, translate: Translate) -> Table:
    rows = (
        (
            e.id,
            f"{e.source.name} ({', '.join(format_addresses(e.source.addresses))})",
            f"{e.destination.name} ({', '.join(format_addresses(e.destination.addresses))})",
            ", ".join(service.text for service in e.services),
            ", ".join(map(format_mac, e.macs)),
            e.purpose,
            e.applicant,
            e.approver,
            e.approved.isoformat() if e.approved else "",
            e.expires.isoformat() if e.expires else "",
            PEERS[e.peer_internet].render(translate),
        )
        for e in report.project.exceptions
    )
    columns = (
        N_("Number"), N_("From"), N_("To"), N_("Services"), N_("MAC addresses"), N_("Purpose"), N_("Applicant"),
        N_("Approver"), N_("Approved"), N_("Expires"), N_("Far end"),
    )  # fmt: skip
    return Table(N_("Exception register"), columns, tuple(rows))


def _attestations(report: Report, lang: str, translate: Translate) -> Table:
    """Clauses that a person has to confirm, and those that somebody did."""
    known = {clause.id: clause for profile in report.project.profiles for clause in profile.clauses}
    words = {word.clause: word for word in report.project.attestations}
    rows = []
    for result in report.clauses:
        clause = known[result.clause]
        word = words.get(clause.id)
        if result.verdict is not Verdict.ATTESTATION_NEEDED and word is None:
            continue
        asked = (clause.attest_ja if lang == "ja" else clause.attest_en) or titled(clause, lang).partition(" ")[2]
        said = (word.by, word.on.isoformat(), word.document) if word else ("", "", "")
        until = word.until.isoformat() if word and word.until else ""
        rows.append((clause.id, asked, VERDICTS[result.verdict].render(translate), *said, until))
    columns = (
        N_("Clause"), N_("To be confirmed"), N_("Result"), N_("Confirmed by"), N_("On"), N_("Document"), N_("Until"),
    )  # fmt: skip
    return Table(N_("Attestations"), columns, tuple(rows))


def accepted(report: Report, translate: Translate) -> Table:
    """What a baseline held back; no row where it held back nothing."""
    rows = tuple(
        (
            held.finding.fingerprint[:12],
            held.finding.check,
            " → ".join(held.finding.zones),
            held.finding.message.render(translate),
            (N_("in part") if partly else N_("wholly")).render(translate),
            entry.reason,
            entry.owner,
            entry.expires.isoformat(),
            str(entry.span),
        )
        for held, partly in held_back(report)
        for entry in held.entries
    )
    columns = (
        N_("Number"), N_("Checks"), N_("Zones"), N_("Findings"), N_("accepted"), N_("Reason"), N_("Owner"),
        N_("Until"), N_("evidence"),
    )  # fmt: skip
    return Table(HEADING, columns, rows)


def _evidence(report: Report, translate: Translate) -> Table:
    """The inputs by content, and the frames that findings cite."""
    rows = [(i.path, kind_word(i.kind, translate), i.sha256, "") for i in report.inputs]
    rows += [(str(span), kind_word("frame", translate), "", summary) for span, summary in sorted(report.frames.items())]
    return Table(N_("Evidence"), (N_("Input"), N_("Kind"), N_("SHA-256"), N_("Frame")), tuple(rows))
