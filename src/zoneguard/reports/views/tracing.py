"""One packet's way, hop by hop."""

from __future__ import annotations

from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.text import N_
from zoneguard.reports._page import Page
from zoneguard.reports._words import FIELDS
from zoneguard.static.trace import Disposition, Hop, Trace, answered, format_values

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
ACTIONS = {
    "forward": N_("passes it on"),
    "deliver": N_("delivers it"),
    "local": N_("takes it for itself"),
    "deny": N_("denies it"),
    "reject": N_("rejects it with a message"),
    "blackhole": N_("discards it by a route"),
    "no-route": N_("has no route for it"),
    "undetermined": N_("undetermined"),
}
DECISIONS = {
    "rule": N_("rule"),
    "default": N_("default"),
    "session": N_("session"),
    "nat": N_("translation"),
    "route": N_("route"),
    "policy-route": N_("policy route"),
    "inactive-route": N_("route out of use"),
    "interface": N_("interface"),
    "device": N_("device"),
    "unknown": N_("undecided condition"),
}


def write_trace(page: Page, trace: Trace, unspecified: frozenset[Field] = frozenset()) -> None:
    """The packet, how it ended and why, and each hop with the lines that decided there; the worst way first, then what
    becomes of the packet where it comes in elsewhere."""
    page.line(page.paint(trace.packet.text(unspecified), "bold"))
    anything = ", ".join(page.say(word) for field, word in FIELDS.items() if field in unspecified)
    if anything:
        page.paragraph(page.say(N_("with any {fields}", fields=anything)), 2, "dim")
    _way(page, "", trace, unspecified)
    for other in trace.alternatives:
        if other.entry is not None and other.entry != trace.entry:
            port = {"device": other.entry.device, "interface": other.entry.interface}
            page.line()
            _way(page, page.say(N_("coming in by {device} {interface}", **port)), other, unspecified)
    if trace.answer is not None:
        _answer(page, trace.answer, answered(unspecified))


def _answer(page: Page, back: Trace, unspecified: frozenset[Field]) -> None:
    page.line()
    _way(page, f"{page.say(N_('the answer'))}  {back.packet.text(unspecified)}", back, unspecified)


def _way(page: Page, lead: str, trace: Trace, unspecified: frozenset[Field]) -> None:
    """How it ends, why, and each hop."""
    ended = page.paint(page.say(DISPOSITIONS[trace.disposition]), STYLES[trace.disposition])
    page.line(f"{page.paint(lead)}  {ended}" if lead else ended)
    page.paragraph(trace.reason.render(page.translate), 2)
    for number, hop in enumerate(trace.hops, 1):
        page.line()
        _hop(page, number, hop, unspecified)


def _hop(page: Page, number: int, hop: Hop, unspecified: frozenset[Field]) -> None:
    way = f"{hop.ingress or '?'} → {hop.egress or '?'}"
    page.line(page.paint(f"{number:>3}. {hop.device}/{hop.context}  {way}  {page.say(ACTIONS[hop.action])}"))
    lines = [f"{d.span}  {page.say(DECISIONS[d.kind])} {d.name}".rstrip() for d in hop.decisions]
    page.field(page.say(N_("decided by")), [str(hop.deciding.span)], 5, 12)
    page.field(page.say(N_("lines")), lines, 5, 12)
    pools = dict(hop.pools)
    changes = []
    for field, old, new in hop.rewritten:
        before = page.say(N_("any")) if field in unspecified else format_values(field, Intervals.of(old))
        after = format_values(field, pools.get(field, Intervals.of(new)))
        changes.append(f"{page.say(FIELDS[field])} {before} → {after}")
    page.field(page.say(N_("rewritten")), changes, 5, 12)
