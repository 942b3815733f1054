"""Exceptions that captures show in use when they were not granted: before the approval, or after the end.

A day lasts as long as it is that day anywhere on Earth, since captures do not say by which clock the register counts.
An end before the day of the audit is told of the row itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.checks._policy import row_packets
from zoneguard.checks._seen import seen
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Allowance, ExceptionEntry
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

HOUR, DAY = 3600.0, 86400.0
FIRST, LAST = -14 * HOUR, DAY + 12 * HOUR
"""Between which times a day is that day somewhere, counted from its midnight in UTC."""
CLOCK = datetime(2000, 1, 1, tzinfo=UTC).timestamp() + LAST
"""A capture from before was taken with a clock that nobody had set."""


def untimely(case: Case, check: str, severity: Severity) -> Iterator[Finding]:
    """One finding for each row and each of its two days."""
    traffic = case.traffic
    if traffic is None or not case.project.exceptions:
        return
    through = traffic.crossing & traffic.got_through
    covered = traffic.at(())
    for row in case.project.allow:
        covered |= _explains(case, row, traffic, through)
    uses = [(entry, _explains(case, entry, traffic, through)) for entry in case.project.exceptions]
    for entry, used in uses:
        covered |= used & ~_early(entry, traffic) & ~_late(case, entry, traffic)
    for entry, used in uses:
        early, late = used & ~covered & _early(entry, traffic), used & ~covered & _late(case, entry, traffic)
        if early.any() and entry.approved:
            message = N_(
                "Exception {id} was used before it was approved on {day}.", id=entry.id, day=entry.approved.isoformat()
            )
            yield _finding(case, check, severity, message, traffic, early, (entry.id, "approval"))
        if late.any() and entry.expires:
            message = N_(
                "Exception {id} was used after it expired on {day}.", id=entry.id, day=entry.expires.isoformat()
            )
            yield _finding(case, check, severity, message, traffic, late, (entry.id, "expiry"))


def _explains(case: Case, row: Allowance | ExceptionEntry, traffic: Traffic, wanted: Bool) -> Bool:
    """The wanted flows between two zones that the row lets pass."""
    from zoneguard.checks._holding import Ends, holding  # noqa: PLC0415 (it needs NumPy)

    explained = traffic.at(())
    for source in case.project.zones:
        for target in case.project.zones:
            packets = row_packets(case, row, source.name, target.name)
            if packets:
                which = (wanted & traffic.between({(source.name, target.name)})).nonzero()[0]
                explained[which] = holding(packets, Ends(traffic, which))
    return explained


def _early(entry: ExceptionEntry, traffic: Traffic) -> Bool:
    begin = _midnight(entry.approved) + FIRST if entry.approved and not entry.emergency else float("-inf")
    return traffic.time < begin


def _late(case: Case, entry: ExceptionEntry, traffic: Traffic) -> Bool:
    ends = entry.expires is not None and entry.expires >= case.project.as_of
    return traffic.time > (_midnight(entry.expires) + LAST if ends and entry.expires else float("inf"))


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()


def _finding(
    case: Case, check: str, severity: Severity, message: Text, traffic: Traffic, used: Bool, anchor: tuple[str, str]
) -> Finding:
    which = used.nonzero()[0]
    told_time = bool((traffic.time[which] > CLOCK).any())
    return seen(
        case,
        check,
        severity,
        message,
        traffic.some(which),
        ("used", *anchor),
        N_("Find out who let it pass at that time; where the clock of the capture is wrong, capture it again."),
        aspect=anchor[1],
        verdict=Verdict.VIOLATES if told_time else Verdict.UNDETERMINED,
    )
