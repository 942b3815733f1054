"""What was read and what was not: lines, frames, and the inputs by content."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks.undetermined_input import PLUGIN as UNREAD
from zoneguard.model.device import Concern
from zoneguard.model.findings import Finding, Report
from zoneguard.model.text import N_
from zoneguard.reports._page import Page

SHOWN_PER_FILE = 10
SHOWN_REASONS = 8


def unread(report: Report) -> Iterator[Finding]:
    """What of the inputs is missing, or was not understood: anything else that is said may be wrong for it."""
    return (finding for finding in report.findings if finding.check == UNREAD.id)


def write_undetermined(page: Page, report: Report) -> None:
    """Lines that may matter and were not understood, and captures that were cut short."""
    page.heading(page.say(N_("What could not be determined from the inputs")))
    empty = True
    for account in report.accounts:
        lines = [m for m in account.not_understood if m.concern is not Concern.OTHER]
        for entry in lines[:SHOWN_PER_FILE]:
            page.line(page.paint(f"  {entry.span}  [{entry.concern.value}]"))
            page.paragraph(entry.text, 4)
            page.paragraph(page.translate(entry.reason), 4, "dim")
        if len(lines) > SHOWN_PER_FILE:
            page.paragraph(
                page.say(N_("… and {count} more in {file}", count=len(lines) - SHOWN_PER_FILE, file=account.file)), 2
            )
        empty = empty and not lines
    for capture in report.captures:
        if capture.truncated:
            page.line(page.paint(f"  {capture.file}"))
            page.paragraph(page.translate(capture.truncated), 4, "dim")
            empty = False
    if empty:
        page.paragraph(page.say(N_("Nothing: every line and frame that may matter was understood.")), 2)


def write_coverage(page: Page, report: Report) -> None:
    """Counts per input, and why lines and frames were left aside."""
    page.heading(page.say(N_("Coverage")))
    if report.accounts:
        header = [N_("file"), N_("lines"), N_("understood"), N_("ignored"), N_("not understood")]
        page.table(
            [page.say(h) for h in header],
            [
                [a.file, str(a.total), str(a.understood), str(sum(a.ignored.values())), str(a.open_lines)]
                for a in report.accounts
            ],
        )
        for account in report.accounts:
            reasons = sorted(account.ignored.items(), key=lambda item: (-item[1], item[0]))
            shown = [f"{count} {page.translate(reason)}" for reason, count in reasons[:SHOWN_REASONS]]
            if shown:
                line = N_("{file} ({format}), ignored: {reasons}", file=account.file, format=account.format,
                          reasons="; ".join(shown) + ("; …" if len(reasons) > SHOWN_REASONS else ""))  # fmt: skip
                page.paragraph(page.say(line), 2, "dim")
    if report.captures:
        header = [N_("capture"), N_("frames"), N_("decoded"), N_("without IP"), N_("skipped")]
        page.table(
            [page.say(h) for h in header],
            [
                [c.file, str(c.frames), str(c.decoded), str(sum(c.without_ip.values())), str(sum(c.skipped.values()))]
                for c in report.captures
            ],
        )
        for capture in report.captures:
            aside = [*capture.without_ip.items(), *capture.skipped.items()]
            shown = [f"{count} {page.translate(reason)}" for reason, count in aside]
            if shown:
                page.paragraph(f"{capture.file}: {'; '.join(shown)}", 2, "dim")


def write_inputs(page: Page, report: Report) -> None:
    """Every input with its SHA-256."""
    page.heading(page.say(N_("Inputs (SHA-256)")))
    for file in report.inputs:
        page.line(page.paint(f"  {file.path}"))
        page.line(page.paint(f"    {file.sha256}", "dim"))
