"""What a baseline held back: said apart, with its reason, owner and end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zoneguard.model.findings import Accepted, Held, Report
from zoneguard.model.text import N_, Text
from zoneguard.reports._page import Page
from zoneguard.reports._words import Translate

LABEL_WIDTH = 12
HEADING = N_("Accepted for a time")


def held_back(report: Report) -> Iterator[tuple[Held, bool]]:
    """What the baseline held back, each with whether a part of it is still a finding."""
    left = {finding.fingerprint for finding in report.findings}
    return ((held, held.finding.fingerprint in left) for held in report.held)


def write_held(page: Page, report: Report) -> None:
    """The accepted findings, or the accepted parts of them."""
    if not report.held:
        return
    page.heading(page.say(HEADING))
    page.paragraph(page.say(N_("Held back by the baseline. The clauses are broken all the same.")), 2)
    for held, partly in held_back(report):
        page.line(f"  {page.paint(held.finding.check)}  {' → '.join(held.finding.zones)}")
        page.paragraph(held.finding.message.render(page.translate), 4)
        if partly:
            page.paragraph(page.say(N_("In part: what is not accepted is among the findings.")), 4)
        for entry in held.entries:
            page.field(page.say(N_("accepted")), [page.say(accepted_by(entry)), str(entry.span)], 4, LABEL_WIDTH)


def accepted_by(entry: Accepted) -> Text:
    """Why, by whom and until when."""
    return N_("{reason} ({owner}, until {day})", reason=entry.reason, owner=entry.owner, day=str(entry.expires))


def held_json(held: Held, partly: bool, translate: Translate) -> dict[str, Any]:
    """What was held back; ``partly``: some of it is still a finding."""
    finding = held.finding
    return {
        "check": finding.check,
        "fingerprint": finding.fingerprint,
        "severity": finding.severity.value,
        "verdict": finding.verdict.value,
        "zones": list(finding.zones),
        "message": finding.message.render(translate),
        "partly": partly,
        "entries": [
            {
                "reason": entry.reason,
                "owner": entry.owner,
                "expires": entry.expires.isoformat(),
                "evidence": {"file": entry.span.file, "line": entry.span.first, "last_line": entry.span.last},
            }
            for entry in held.entries
        ],
    }
