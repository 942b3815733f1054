"""例外台帳 as text: who asked for each exception, who permitted it, until when."""

from __future__ import annotations

from zoneguard.model.addresses import format_mac
from zoneguard.model.findings import Report
from zoneguard.model.project import ExceptionEntry
from zoneguard.model.text import N_, Text
from zoneguard.reports._page import Page
from zoneguard.reports._words import PEERS

LABEL_WIDTH = 12


def write_register(page: Page, report: Report) -> None:
    """Every exception, in the order of the project file."""
    page.heading(page.say(N_("Register of exceptions")))
    if not report.project.exceptions:
        page.paragraph(page.say(N_("None.")), 2)
    for entry in report.project.exceptions:
        services = ", ".join(service.text for service in entry.services)
        page.line(page.paint(f"  {entry.id}  {entry.source.name} → {entry.destination.name}  {services}"))

        def field(label: Text, value: str) -> None:
            page.field(page.say(label), [value] if value else [], 4, LABEL_WIDTH)

        field(N_("purpose"), entry.purpose)
        people = N_(
            "asked by {applicant}, permitted by {approver} on {day}",
            applicant=entry.applicant or "-",
            approver=entry.approver or "-",
            day=entry.approved.isoformat() if entry.approved else "-",
        )
        field(N_("permission"), page.say(people))
        field(N_("validity"), page.say(_validity(entry, report)))
        field(N_("source MAC"), ", ".join(format_mac(mac) for mac in entry.macs))
        field(N_("far end"), page.say(PEERS[entry.peer_internet.value]))
        field(N_("evidence"), str(entry.span))


def _validity(entry: ExceptionEntry, report: Report) -> Text:
    if entry.expires is None:
        return N_("no end is stated")
    days = (entry.expires - report.project.as_of).days
    end = entry.expires.isoformat()
    if days < 0:
        return N_("expired on {end}, {days} days ago", end=end, days=-days)
    return N_("until {end}, {days} days from now", end=end, days=days)
