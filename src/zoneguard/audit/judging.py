"""The verdict of every clause of every profile, from the findings and from what was run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from zoneguard.checks import Case, Check, undetermined_input
from zoneguard.model.findings import ClauseResult, Finding
from zoneguard.model.policy import Clause, ClauseClass, Force, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

REST = N_("No violation was found; a person has to confirm the rest.")
INNER = frozenset({str(ZoneClass.MYNUMBER), str(ZoneClass.LGWAN)})
"""Classes of zones about which nothing is said where the project declares none of them."""
HALVES = {"static": N_("configurations"), "dynamic": N_("captures of IP traffic")}


def clause_results(case: Case, findings: tuple[Finding, ...], checks: Mapping[str, Check]) -> Iterator[ClauseResult]:
    """One result a clause, in the documents' order."""
    undetermined = (f for f in findings if f.verdict is Verdict.UNDETERMINED)
    blocked = tuple(f for f in undetermined if not f.zones or f.check == undetermined_input.PLUGIN.id)
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
        if found and verdict is Verdict.ATTESTATION_NEEDED and _word(case, clause):
            return _attested(case, clause)
        if found:
            return verdict, N_("{count} findings", count=len(found)) if len(found) > 1 else found[0].message
    names = {name: checks[name.partition(":")[0]] for name in clause.checks if not _absent(case, clause, name)}
    ready = {name: check for name, check in names.items() if all(_given(case, need) for need in check.needs)}
    said = {name: check.silent(case, name.partition(":")[2]) for name, check in ready.items()}
    silent = {name: reason for name, reason in said.items() if reason is not None}
    if len(silent) == len(ready):
        return _undecided(case, clause, list(names.values()), list(silent.values()))
    unread = (check.unseen(case, name.partition(":")[2]) for name, check in ready.items())
    if reason := next(filter(None, unread), None):
        if _word(case, clause):
            return _attested(case, clause)
        return Verdict.UNDETERMINED, N_("No violation was found, but {reason}", reason=reason)
    bounding = [f for f in blocked if any(_bounds(f, check) for check in ready.values())]
    if bounding:
        return Verdict.UNDETERMINED, N_(
            "No violation was found, but {count} inputs could not be read as a whole.", count=len(bounding)
        )
    if clause.attest_en:
        return _attested(case, clause) if _word(case, clause) else (Verdict.ATTESTATION_NEEDED, REST)
    decided = _ids(check for name, check in ready.items() if name not in silent)
    others = _ids(check for name, check in names.items() if name not in ready or name in silent)
    if others:
        return Verdict.CONFORMS, N_(
            "Decided by {checks}: no violation; {others} had nothing to look at.", checks=decided, others=others
        )
    return Verdict.CONFORMS, N_("Decided by {checks}: no violation.", checks=decided)


def _bounds(finding: Finding, check: Check) -> bool:
    """Whether what ``finding`` could not read may hold something for ``check``."""
    return not check.alone and (finding.aspect not in HALVES or not check.needs or finding.aspect in check.needs)


def _ids(checks: Iterable[Check]) -> str:
    return ", ".join(dict.fromkeys(check.id for check in checks))


def _absent(case: Case, clause: Clause, name: str) -> set[str]:
    """The classes of zones that the project has not and without which the check called ``name`` has no matter for the
    clause: each that an aspect, as ``ZG103:public>dmz``, speaks of, and the inner ones that the clause speaks of, where
    it has none of them."""
    declared = {str(zone.zone_class) for zone in case.project.zones}
    spoken = set(name.partition(":")[2].split(">")) & set(ZoneClass)
    inner = INNER & set(clause.zones)
    return (spoken - declared) | (set() if inner & declared else inner)


def _undecided(case: Case, clause: Clause, checks: list[Check], silent: list[Text]) -> tuple[Verdict, Text]:
    """Where no check can look: a person's word counts, except on what network data are to decide."""
    if _word(case, clause):
        return _attested(case, clause)
    if clause.clause_class is ClauseClass.ATTESTATION or (clause.attest_en and not clause.checks):
        return Verdict.ATTESTATION_NEEDED, N_("A person has to confirm this.")
    if clause.checks and not checks:
        absent = sorted({kind for name in clause.checks for kind in _absent(case, clause, name)})
        return Verdict.NOT_APPLICABLE, N_("The project declares no zone of class {classes}.", classes=", ".join(absent))
    if clause.force is Force.DEFINITION and not clause.checks:
        return Verdict.NOT_APPLICABLE, N_("A definition; other clauses demand it.")
    if not clause.checks:
        return Verdict.UNDETERMINED, N_("No check of this version decides it.")
    if silent:
        return Verdict.UNDETERMINED, silent[0]
    missing = sorted({need for check in checks for need in check.needs if not _given(case, need)})
    return Verdict.UNDETERMINED, N_("No {input} were given.", input=HALVES[missing[0]])


def _word(case: Case, clause: Clause) -> bool:
    """Whether somebody gave their word on what network data are not to decide alone."""
    given = any(a.clause == clause.id for a in case.project.attestations)
    return given and clause.clause_class is not ClauseClass.NETWORK


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
    return case.dynamic is not None and len(case.dynamic.traffic) > 0
