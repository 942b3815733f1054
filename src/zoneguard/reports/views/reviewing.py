"""The rule review: device by device, what to clean up, and what the captures say of the permits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from zoneguard.checks._rules import ACTIONS, REASONS
from zoneguard.gate._tightening import Proposal, Service
from zoneguard.gate.reviewing import DeviceReview, Review, Usage, Use
from zoneguard.model.addresses import format_addresses
from zoneguard.model.findings import Row
from zoneguard.model.match import ICMP_PROTOCOLS, Field
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.packets.rows import address_text
from zoneguard.model.text import N_, Text, as_reason
from zoneguard.reports import _values
from zoneguard.reports._page import Page
from zoneguard.reports._words import FIELDS
from zoneguard.static.analysis import Anomaly, Kind, Merge

SCHEMA = "zoneguard.review/1"
SHOWN = 20
"""Lines of one kind that the text lists; JSON lists all."""
LABEL = 12
KINDS: tuple[tuple[Text, frozenset[Kind]], ...] = (
    (N_("Contradicted: rules above take all and do otherwise"), frozenset({Kind.CONTRADICTED})),
    (N_("Shadowed: rules above do the same with all"), frozenset({Kind.SHADOWED})),
    (
        N_("Nothing comes to them"),
        frozenset({Kind.IMPOSSIBLE, Kind.NO_INTERFACE, Kind.NO_ROUTE, Kind.NEVER_CALLED, Kind.NOT_LET_THROUGH}),
    ),
    (N_("Redundant: the rest of the list does the same"), frozenset({Kind.REDUNDANT})),
    (N_("Partly hidden: rules above do otherwise with some"), frozenset({Kind.PARTLY_SHADOWED})),
    (N_("Undecided: it depends on conditions whether they act"), frozenset({Kind.UNDETERMINED})),
)


def write_review(page: Page, review: Review) -> None:
    """Every device with something to say, then the sum."""
    for device in review.devices:
        _device(page, review, device)
    page.line()
    page.paragraph(page.say(_summary(review)), 0, "bold")
    if not review.captures:
        page.paragraph(page.say(N_("No captures were given: how the rules are used is not known.")))
    if review.left_out:
        page.paragraph(page.say(_left_out(review.left_out)))


def _left_out(count: int) -> Text:
    return N_(
        "{count} of the captured pairs of hosts with their services were left out, because they are so many: of rules "
        "that nothing else uses it is open whether they are used, and no tighter rule is proposed. Review captures "
        "of a shorter time.",
        count=count,
    )


def _device(page: Page, review: Review, device: DeviceReview) -> None:
    page.heading(device.device)
    page.paragraph(page.say(N_("{count} lines of rules", count=device.analysis.lines)), 2)
    for title, kinds in KINDS:
        _section(page, title, [a for a in device.analysis.to_mend() if a.kind in kinds], lambda a: _anomaly(page, a))
    _section(page, N_("Could be one rule"), device.analysis.merges, lambda m: _merge(page, m))
    if review.captures:
        unused = [u for u in device.usages if u.use is Use.UNUSED]
        unseen = [u for u in device.usages if u.use is Use.UNSEEN]
        undecided = [u for u in device.usages if u.use is Use.UNDETERMINED]
        wider = [u for u in device.usages if u.proposal]
        _section(page, N_("Not used by anything captured"), unused, lambda u: _use(page, u))
        _section(page, N_("No capture was taken where they are used"), unseen, lambda u: _use(page, u))
        _section(page, N_("Perhaps used by sessions that were left out"), undecided, lambda u: _use(page, u))
        _section(page, N_("Wider than the traffic that was captured"), wider, lambda u: _wider(page, u))
    for context in device.analysis.skipped:
        page.paragraph(page.say(N_("{context}: too large to be analysed", context="/".join(context))), 2)


def _section(page: Page, title: Text, items: Sequence[Any], write: Callable[[Any], None]) -> None:
    if not items:
        return
    page.line()
    page.line(page.paint(f"  {page.say(title)} ({len(items)})", "bold"))
    for item in items[:SHOWN]:
        write(item)
    if len(items) > SHOWN:
        page.paragraph(page.say(N_("and {count} more: --format json lists all", count=len(items) - SHOWN)), 4)


def _anomaly(page: Page, anomaly: Anomaly) -> None:
    page.paragraph(f"{anomaly.span}  {anomaly.rule or anomaly.rules} ({page.say(ACTIONS[anomaly.action])})", 4)
    causes = [f"{c.span}  {c.name}".rstrip() + ("" if not c.default else f" {page.say(N_('(end of the list)'))}")
              for c in anomaly.causes[:3]]  # fmt: skip
    if len(anomaly.causes) > 3 or not anomaly.complete:
        causes.append(page.say(N_("and more")))
    page.field(page.say(N_("because of")), causes, 6, LABEL)
    if anomaly.kind in REASONS:
        page.field(page.say(N_("because")), [page.say(REASONS[anomaly.kind])], 6, LABEL)
    page.field(page.say(N_("depends on")), [page.say(as_reason(u)) for u in anomaly.unknowns[:3]], 6, LABEL)


def _merge(page: Page, merge: Merge) -> None:
    page.paragraph(f"{merge.spans[0]}  {merge.names[0] or merge.rules}", 4)
    others = [str(span) for span in merge.spans[1:9]]
    if len(merge.spans) > 9:
        others.append(page.say(N_("and {count} more", count=len(merge.spans) - 9)))
    page.field(page.say(N_("with")), [", ".join(others)], 6, LABEL)
    values = _texts(merge.field, merge.values)
    page.field(page.say(FIELDS[merge.field]), [", ".join(values)], 6, LABEL)


def _texts(field: Field, values: Any) -> list[str]:
    if field in (Field.SRC, Field.DST):
        return format_addresses(values)
    return [str(low) if low == high else f"{low}-{high}" for low, high in values.spans]


def _use(page: Page, usage: Usage) -> None:
    page.paragraph(f"{usage.span}  {usage.rule}".rstrip() + f" ({_pairs(usage)})", 4)


def _pairs(usage: Usage) -> str:
    return ", ".join(f"{source} → {destination}" for source, destination in usage.pairs)


def _wider(page: Page, usage: Usage) -> None:
    assert usage.proposal
    _use(page, usage)
    page.field(page.say(N_("permits")), [_row(row) for row in usage.permitted], 6, LABEL)
    page.field(page.say(N_("seen")), [_seen(page, usage.proposal)], 6, LABEL)
    page.field(page.say(N_("proposed")), [_proposed(usage.proposal)], 6, LABEL)


def _row(row: Row) -> str:
    return f"{row.source} → {row.destination} {row.protocol} {row.ports}"


def _seen(page: Page, proposal: Proposal) -> str:
    return page.say(
        N_(
            "{sources} sources, {destinations} destinations; the rule permits {factor} times the proposal",
            sources=proposal.hosts[0],
            destinations=proposal.hosts[1],
            factor=f"{proposal.factor:,}",
        )
    )


def _proposed(proposal: Proposal) -> str:
    services = ", ".join(_service(service) for service in proposal.services)
    return f"{address_text(proposal.sources, 8)} → {address_text(proposal.destinations, 8)} {services}"


def _service(service: Service) -> str:
    name = PROTOCOL_NAMES.get(service.protocol, str(service.protocol))
    if service.values is None or service.protocol in ICMP_PROTOCOLS:
        return name
    return f"{name}/{','.join(_texts(Field.DPORT, service.values))}"


def _summary(review: Review) -> Text:
    def count(*kinds: Kind) -> int:
        return sum(a.kind in kinds for device in review.devices for a in device.analysis.to_mend())

    return N_(
        "{lines} lines: {contradicted} contradicted, {never} others that never act, {redundant} redundant, {merges} "
        "groups that could be one, {unused} permits not used, {wider} wider than their traffic.",
        lines=sum(device.analysis.lines for device in review.devices),
        contradicted=count(Kind.CONTRADICTED),
        never=count(Kind.SHADOWED, *REASONS),
        redundant=count(Kind.REDUNDANT),
        merges=sum(len(device.analysis.merges) for device in review.devices),
        unused=sum(usage.use is Use.UNUSED for device in review.devices for usage in device.usages),
        wider=sum(usage.proposal is not None for device in review.devices for usage in device.usages),
    )


def review_json(review: Review) -> _values.Json:
    """The whole review."""
    return {
        "schema": SCHEMA,
        "project": review.project.name,
        "captures": review.captures,
        "sessions_left_out": review.left_out,
        "devices": [
            {
                "device": device.device,
                "lines": device.analysis.lines,
                "anomalies": [_anomaly_json(a) for a in device.analysis.anomalies],
                "mergeable": [_merge_json(m) for m in device.analysis.merges],
                "usage": [_usage_json(u) for u in device.usages],
                "skipped": ["/".join(context) for context in device.analysis.skipped],
            }
            for device in review.devices
        ],
    }


def _anomaly_json(anomaly: Anomaly) -> _values.Json:
    return {
        "kind": anomaly.kind.value,
        "context": anomaly.context,
        "list": anomaly.rules,
        "rule": anomaly.rule,
        "action": anomaly.action,
        "evidence": _values.evidence(anomaly.span),
        "causes": [
            {**_values.evidence(c.span), "rule": c.name, "opposite": c.opposite, "default": c.default}
            for c in anomaly.causes
        ],
        "complete": anomaly.complete,
        "witness": _values.packet(anomaly.witness) if anomaly.witness else None,
        "unknowns": list(anomaly.unknowns),
    }


def _merge_json(merge: Merge) -> _values.Json:
    return {
        "context": merge.context,
        "list": merge.rules,
        "field": merge.field.value,
        "values": _texts(merge.field, merge.values),
        "rules": list(merge.names),
        "evidence": [_values.evidence(span) for span in merge.spans],
    }


def _usage_json(usage: Usage) -> _values.Json:
    return {
        "rule": usage.rule,
        "evidence": _values.evidence(usage.span),
        "pairs": [list(pair) for pair in usage.pairs],
        "use": usage.use.value,
        "permitted": [_values.row(row) for row in usage.permitted],
        "more_permitted": usage.more_permitted,
        "seen": [_values.row(row) for row in usage.seen],
        "more_seen": usage.more_seen,
        "proposal": _proposal_json(usage.proposal) if usage.proposal else None,
    }


def _proposal_json(proposal: Proposal) -> _values.Json:
    return {
        "sources": format_addresses(proposal.sources),
        "destinations": format_addresses(proposal.destinations),
        "services": [_service(service) for service in proposal.services],
        "seen_sources": proposal.hosts[0],
        "seen_destinations": proposal.hosts[1],
        "factor": proposal.factor,
    }
