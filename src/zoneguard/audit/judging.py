"""The verdict of every clause of every profile, from the findings and from what was run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from zoneguard.checks import Case, Check
from zoneguard.model.findings import ClauseResult, Finding
from zoneguard.model.policy import Clause, ClauseClass, Force, Verdict
from zoneguard.model.text import N_, Text

HALVES = {"static": N_("configurations"), "dynamic": N_("captures")}


def clause_results(case: Case, findings: tuple[Finding, ...], checks: Mapping[str, Check]) -> Iterator[ClauseResult]:
    """One result a clause, in the documents' order."""
    blocked = tuple(f for f in findings if f.verdict is Verdict.UNDETERMINED and not f.zones)
    for profile in case.project.profiles:
        for clause in profile.clauses:
            own = tuple(f for f in findings if clause.id in f.clauses)
            verdict, reason = _judge(case, clause, own, blocked, checks)
            yield ClauseResult(clause.id, verdict, reason, tuple(f.fingerprint for f in own))


def _judge(
    case: Case, clause: Clause, own: tuple[Finding, ...], blocked: tuple[Finding, ...], checks: Mapping[str, Check]
) -> tuple[Verdict, Text]:
    for verdict in (Verdict.VIOLATES, Verdict.UNDETERMINED, Verdict.ATTESTATION_NEEDED):
        found = [f for f in own if f.verdict is verdict]
        if found:
            return verdict, N_("{count} findings", count=len(found)) if len(found) > 1 else found[0].message
    if any(a.clause == clause.id for a in case.project.attestations) and not clause.checks:
        return _attested(case, clause)
    if clause.clause_class is ClauseClass.ATTESTATION:
        return Verdict.ATTESTATION_NEEDED, N_("A person has to confirm this.")
    if clause.force is Force.DEFINITION and not clause.checks:
        return Verdict.NOT_APPLICABLE, N_("A definition; other clauses demand it.")
    if not clause.checks:
        return Verdict.UNDETERMINED, N_("No check of this version decides it.")
    needs = [checks[name.partition(":")[0]] for name in clause.checks]
    ready = [c for c in needs if all(_given(case, need) for need in c.needs)]
    if not ready:
        missing = sorted({need for c in needs for need in c.needs if not _given(case, need)})
        return Verdict.UNDETERMINED, N_("No {input} were given.", input=HALVES[missing[0]])
    silent = [check.silent(case) for check in ready]
    if silent[0] is not None and all(silent):
        return Verdict.UNDETERMINED, silent[0]
    if blocked and any(c.needs or c.id.startswith("ZG1") for c in ready):
        return Verdict.UNDETERMINED, N_(
            "No violation was found, but {count} inputs could not be read as a whole.", count=len(blocked)
        )
    names = ", ".join(c.id for c in ready)
    return Verdict.CONFORMS, N_("Decided by {checks}: no violation.", checks=names)


def _attested(case: Case, clause: Clause) -> tuple[Verdict, Text]:
    """By the word that holds longest on the day of the audit; where none does, by the latest that did."""
    own = sorted((a for a in case.project.attestations if a.clause == clause.id), key=lambda a: a.until or date.max)
    word = next((a for a in reversed(own) if a.holds(case.project.as_of)), own[-1])
    names = {"by": word.by, "day": word.on.isoformat(), "document": word.document, "place": str(word.span)}
    if word.holds(case.project.as_of):
        return Verdict.CONFORMS, N_("Confirmed by {by} on {day}: {document} ({place}).", **names)
    if word.on > case.project.as_of:
        return Verdict.ATTESTATION_NEEDED, N_("Confirmed only on {day}, after the day of the audit ({place}).", **names)
    end = word.until.isoformat() if word.until else ""
    return Verdict.ATTESTATION_NEEDED, N_("What {by} confirmed on {day} held until {end} ({place}).", end=end, **names)


def _given(case: Case, need: str) -> bool:
    if need == "static":
        return case.static is not None
    return case.dynamic is not None and bool(case.dynamic.accounts)
