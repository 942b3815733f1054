"""ZG105: the exception register is in order.

Each row names a purpose, an applicant, an approver who is another person, and the day of approval; on the day of the
audit (``as-of``) it has not expired. The approver holds the office that the policy names (Mikasa: CISO), or, for a row
marked ``minor``, the one that may permit those; for an office of another name somebody has to confirm that it is the
same. An emergency exception was reported afterwards, and needs no approval before. That a row has an end at all is
zoneguard's own demand: the policies ask for periodic review, and a row without an end is never reviewed.

Where a capture shows a row in use before its approval, or after an end that lies behind the day of the audit, and no
other row allows that, it was used when it was not granted; a capture whose clock was not set leaves that open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._offices import bare, holds
from zoneguard.checks._policy import zones_of
from zoneguard.checks._terms import untimely
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Profile, Severity, Verdict
from zoneguard.model.project import ExceptionEntry
from zoneguard.model.text import N_, Text


def _run(case: Case) -> Iterator[Finding]:
    for entry in case.project.exceptions:
        for aspect, message in _faults(case, entry):
            yield _finding(case, entry, aspect, message)
        for profile in case.project.profiles:
            yield from _office(case, entry, profile)
    yield from untimely(case, PLUGIN.id, PLUGIN.severity)


def _office(case: Case, entry: ExceptionEntry, profile: Profile) -> Iterator[Finding]:
    """Whether the approver holds the office that the policy names."""
    permits = profile.settings.approver
    minor = profile.settings.minor_approver
    if not permits or not entry.approver or holds(entry.approver, permits):
        return
    names = {"id": entry.id, "approver": entry.approver, "profile": profile.name, "office": permits}
    if minor and holds(entry.approver, minor):
        if not entry.minor:
            message = N_(
                "Exception {id} is not marked as minor and was approved by {approver}; {profile} asks for {office}.",
                **names,
            )
            yield _finding(case, entry, "approval", message, profile.name)
        return
    message = N_(
        "Exception {id} was approved by {approver}; nobody confirms that this is the {office} of {profile}.", **names
    )
    yield replace(
        _finding(case, entry, "approval", message, profile.name),
        verdict=Verdict.ATTESTATION_NEEDED,
        fix=N_("Write the office into the register, or have the right one approve the exception."),
    )


def _finding(case: Case, entry: ExceptionEntry, aspect: str, message: Text, profile: str = "") -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=message,
        anchor=(entry.id, aspect, *filter(None, [profile])),
        zones=zones_of(case.project, entry),
        evidence=(entry.span,),
        aspect=aspect,
        profile=profile,
        fix=N_("Have the register corrected, or withdraw the exception and the rules that carry it."),
    )


def _faults(case: Case, entry: ExceptionEntry) -> Iterator[tuple[str, Text]]:
    names = {"id": entry.id}
    if entry.applicant and bare(entry.applicant) == bare(entry.approver):
        yield (
            "applicant",
            N_("Exception {id}: applicant and approver are the same person ({name}).", name=entry.applicant, **names),
        )
    afterwards = entry.emergency and entry.reported is not None
    missing = [
        word
        for word, value in (
            ("purpose", entry.purpose),
            ("applicant", entry.applicant),
            ("approver", entry.approver),
            ("approved", entry.approved),
        )
        if not value and not (afterwards and word in ("approver", "approved"))
    ]
    if missing:
        yield "approval", N_("Exception {id} has no {missing}.", missing=", ".join(missing), **names)
    if entry.expires is None:
        yield "expiry", N_("Exception {id} has no end.", **names)
    elif entry.expires < case.project.as_of:
        yield (
            "expiry",
            N_(
                "Exception {id} expired on {day} and is still in force on {today}.",
                day=entry.expires.isoformat(),
                today=case.project.as_of.isoformat(),
                **names,
            ),
        )
    if entry.approved and entry.approved > case.project.as_of:
        yield (
            "approval",
            N_(
                "Exception {id} was approved on {day}, after the day of the audit.",
                day=entry.approved.isoformat(),
                **names,
            ),
        )
    if entry.emergency and entry.reported is None:
        yield "emergency", N_("Exception {id} was taken in an emergency and never reported to the CISO.", **names)


PLUGIN = Check(
    id="ZG105",
    name="exception-register",
    title="The exception register is in order",
    severity=Severity.HIGH,
    run=_run,
    alone=True,
    aspects=frozenset({"applicant", "approval", "expiry", "emergency"}),
    why="An exception is legal only through its approval; without person, date and end nobody answers for it.",
    fix="Complete the row, have another person approve it, and review it before it ends.",
    wants="The exception register, with persons and days.",
    example=(
        "- {id: EX-02, applicant: 市民課長, approver: 市民課長, expires: 2026-03-31}\n"
        "+ {id: EX-02, applicant: 市民課長, approver: CISO, approved: 2026-04-01, expires: 2027-03-31}"
    ),
)
