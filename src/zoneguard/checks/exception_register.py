"""ZG105: the exception register is in order.

Each row names a purpose, an applicant, an approver who is another person, and the day of approval; on the day of the
audit (``as-of``) it has not expired. An emergency exception was reported afterwards. That a row has an end at all is
zoneguard's own demand: the policies ask for periodic review, and a row without an end is never reviewed.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import zones_of
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import ExceptionEntry
from zoneguard.model.text import N_, Text


def _run(case: Case) -> Iterator[Finding]:
    for entry in case.project.exceptions:
        for aspect, message in _faults(case, entry):
            yield Finding(
                check=PLUGIN.id,
                severity=Severity.MEDIUM if aspect == "applicant" else PLUGIN.severity,
                verdict=Verdict.VIOLATES,
                message=message,
                anchor=(entry.id, aspect),
                zones=zones_of(case.project, entry),
                evidence=(entry.span,),
                aspect=aspect,
                fix=N_("Have the register corrected, or withdraw the exception and the rules that carry it."),
            )


def _faults(case: Case, entry: ExceptionEntry) -> Iterator[tuple[str, Text]]:
    names = {"id": entry.id}
    if entry.applicant and entry.applicant.strip() == entry.approver.strip():
        yield (
            "applicant",
            N_("Exception {id}: applicant and approver are the same person ({name}).", name=entry.applicant, **names),
        )
    missing = [
        word
        for word, value in (
            ("purpose", entry.purpose),
            ("applicant", entry.applicant),
            ("approver", entry.approver),
            ("approved", entry.approved),
        )
        if not value
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
    why="An exception is legal only through its approval; without person, date and end nobody answers for it.",
    fix="Complete the row, have another person approve it, and review it before it ends.",
)
