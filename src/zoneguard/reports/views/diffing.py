"""What a change newly permits and newly denies between zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zoneguard.gate.changes import Change
from zoneguard.model.addresses import format_mac
from zoneguard.model.findings import Finding
from zoneguard.model.project import Project
from zoneguard.model.text import N_, Text, as_reason
from zoneguard.reports import _values
from zoneguard.reports._page import Page
from zoneguard.reports._words import Translate

SCHEMA = "zoneguard.diff/1"
SHOWN_LINES = 6
LABEL_WIDTH = 16


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of a network, the changes between them, and what of either could not be read."""

    old: Project
    new: Project
    changes: tuple[Change, ...] = ()
    unread_old: tuple[Finding, ...] = ()
    unread_new: tuple[Finding, ...] = ()


def write_comparison(page: Page, comparison: Comparison) -> None:
    """What is newly permitted, what is newly denied, and what may be missing from both."""
    permits = [change for change in comparison.changes if change.permits]
    denies = [change for change in comparison.changes if not change.permits]
    page.heading(page.say(N_("Newly permitted between zones")))
    _changes(page, permits)
    page.heading(page.say(N_("Newly denied between zones")))
    _changes(page, denies)
    sides = (
        (N_("Not read of the old state"), comparison.unread_old),
        (N_("Not read of the new state"), comparison.unread_new),
    )
    for title, unread in sides:
        if unread:
            page.heading(page.say(title))
        for finding in unread:
            page.paragraph(" ".join([*(f"{e}:" for e in finding.evidence), page.say(finding.message)]), 2)
    page.line()
    page.paragraph(page.say(_summary(permits, denies)), 0, "bold")


def _summary(permits: list[Change], denies: list[Change]) -> Text:
    return N_(
        "{permits} changes permit more, {forbidden} of them what no row of the new state allows; {denies} permit less.",
        permits=len(permits),
        forbidden=sum(change.forbidden for change in permits),
        denies=len(denies),
    )


def _changes(page: Page, changes: list[Change]) -> None:
    if not changes:
        page.paragraph(page.say(N_("nothing")), 2)
    for number, change in enumerate(changes):
        if number:
            page.line()
        _change(page, change)


def _change(page: Page, change: Change) -> None:
    style = "bold red" if change.permits and change.forbidden else "bold"
    page.line(page.paint(f"  {change.source} → {change.destination}", style))
    page.paragraph(page.say(_judgement(change)), 4, "red" if change.permits and change.forbidden else "")

    def field(label: str, values: list[str]) -> None:
        page.field(label, values, 4, LABEL_WIDTH)

    rows = [f"{r.source} → {r.destination} {r.protocol} {r.ports}" for r in change.rows]
    if change.more_rows:
        rows.append(page.say(N_("and {count} more rows", count=change.more_rows)))
    field(page.say(N_("packets")), rows)
    field(page.say(N_("source MAC")), _macs(change) or [])
    field(page.say(N_("witness")), [str(change.witness)])
    field(page.say(N_("not by way of")), [", ".join(change.missed)] if change.missed else [])
    field(page.say(N_("depends on")), [page.say(as_reason(u)) for u in change.unknowns])
    lines = [_line(page, line.changed, str(line.span)) for line in change.lines[:SHOWN_LINES]]
    if len(change.lines) > SHOWN_LINES:
        lines.append(page.say(N_("and {count} more", count=len(change.lines) - SHOWN_LINES)))
    field(page.say(N_("lines")), lines)


def _macs(change: Change) -> list[str] | None:
    """The source MAC addresses and ranges of them; ``None``: any."""
    if change.macs is None:
        return None
    spans = ((format_mac(low), format_mac(high)) for low, high in change.macs.spans)
    return [low if low == high else f"{low}-{high}" for low, high in spans]


def _line(page: Page, changed: bool, span: str) -> str:
    return f"{span} {page.say(N_('(changed)'))}" if changed else span


def _judgement(change: Change) -> Text:
    if change.permits and change.forbidden:
        return N_("No row of the new state allows this.")
    if change.forbidden:
        return N_("No row of the new state allows it: it was open without need.")
    if change.permits:
        return N_("A row of the new state allows this.")
    return N_("A row of the new state allows it, and it passes no more.")


def comparison_json(comparison: Comparison, translate: Translate) -> dict[str, Any]:
    """The object that ``docs/reference/cli.md`` describes."""
    sides = (("old", comparison.unread_old), ("new", comparison.unread_new))
    return {
        "schema": SCHEMA,
        "old": {"name": comparison.old.name, "file": comparison.old.file},
        "new": {"name": comparison.new.name, "file": comparison.new.file},
        "changes": [_change_json(change) for change in comparison.changes],
        "undetermined": [
            {
                "side": side,
                "message": finding.message.render(translate),
                "evidence": [_values.evidence(e) for e in finding.evidence],
            }
            for side, unread in sides
            for finding in unread
        ],
    }


def _change_json(change: Change) -> dict[str, Any]:
    return {
        "source": change.source,
        "destination": change.destination,
        "kind": "permits" if change.permits else "denies",
        "rows": [_values.row(row) for row in change.rows],
        "more_rows": change.more_rows,
        "witness": _values.packet(change.witness),
        "lines": [{**_values.evidence(line.span), "changed": line.changed} for line in change.lines],
        "certain": change.certain,
        "forbidden": change.forbidden,
        "unknowns": list(change.unknowns),
        "not_via": list(change.missed),
        "macs": _macs(change),
    }
