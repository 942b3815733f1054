"""One packet's way, hop by hop."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.model.addresses import format_address
from zoneguard.model.match import Field
from zoneguard.model.text import N_
from zoneguard.reports._page import Page
from zoneguard.static.trace import Disposition, Hop, Trace

STYLES = {
    Disposition.DELIVERED: "green",
    Disposition.DENIED: "bold red",
    Disposition.NO_ROUTE: "bold red",
    Disposition.LOOP: "bold red",
    Disposition.UNDETERMINED: "yellow",
}
DISPOSITIONS = {
    Disposition.DELIVERED: N_("delivered"),
    Disposition.DENIED: N_("denied"),
    Disposition.NO_ROUTE: N_("no route"),
    Disposition.LOOP: N_("loop"),
    Disposition.UNDETERMINED: N_("undetermined"),
}
ADDRESSES = (Field.SRC, Field.DST, Field.ORIG_DST)


def write_trace(page: Page, trace: Trace, unspecified: Iterable[Field] = ()) -> None:
    """The packet, how it ended and why, and each hop with the lines that decided there."""
    page.line(page.paint(str(trace.packet), "bold"))
    anything = ", ".join(sorted(field.value for field in unspecified))
    if anything:
        page.paragraph(page.say(N_("with any {fields}", fields=anything)), 2, "dim")
    ended = page.say(DISPOSITIONS[trace.disposition])
    page.line(page.paint(ended, STYLES[trace.disposition]))
    page.paragraph(trace.reason.render(page.translate), 2)
    for number, hop in enumerate(trace.hops, 1):
        page.line()
        _hop(page, number, hop)
    if trace.answer is not None:
        _answer(page, trace.answer)


def _answer(page: Page, back: Trace) -> None:
    """How the first answer ends; its hops where it does not arrive."""
    page.line()
    ended = page.paint(page.say(DISPOSITIONS[back.disposition]), STYLES[back.disposition])
    page.line(f"{page.say(N_('the answer'))}  {back.packet}  {ended}")
    page.paragraph(back.reason.render(page.translate), 2)
    for number, hop in enumerate(back.hops if back.disposition is not Disposition.DELIVERED else (), 1):
        _hop(page, number, hop)


def _hop(page: Page, number: int, hop: Hop) -> None:
    page.line(
        page.paint(f"{number:>3}. {hop.device}/{hop.context}  {hop.ingress or '?'} → {hop.egress or '?'}  {hop.action}")
    )
    lines = [f"{d.span}  {d.kind} {d.name}".rstrip() for d in hop.decisions]
    page.field(page.say(N_("decided by")), [str(hop.deciding.span)], 5, 12)
    page.field(page.say(N_("lines")), lines, 5, 12)
    changes = [f"{f.value} {_value(f, old)} → {_value(f, new)}" for f, old, new in hop.rewritten]
    page.field(page.say(N_("rewritten")), changes, 5, 12)


def _value(field: Field, value: int) -> str:
    return format_address(value) if field in ADDRESSES else str(value)
