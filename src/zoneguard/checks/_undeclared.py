"""Crossings that no row of the project allows: ``possible − allowed`` and ``observed − allowed``, written once; and
zones between which no modelled device stands.

The checks of isolation differ only in the pairs of zones they speak of. The aspect of a finding is the two classes of
the zones, ``dmz>internet``, so that a clause may speak of one kind of origin alone (``ZG101:remote-access``), of one
kind of goal (``ZG103:>out-of-scope``), or of both. What a capture taken in the zone of the far end shows
has crossed, answered or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from zoneguard.checks import Case
from zoneguard.checks._beside import unguarded
from zoneguard.checks._legitimate import Legitimate
from zoneguard.checks._policy import allowed
from zoneguard.checks._rendering import deciding_lines, last_lines, row_key, rows_of, sample
from zoneguard.model.addresses import format_address
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.static.translation import relation, restrict
from zoneguard.static.waypoints import hairpin

Pairs = Callable[[ZoneClass, ZoneClass], bool]


def undeclared(case: Case, check: str, severity: Severity, pairs: Pairs) -> Iterator[Finding]:
    """Findings for the ordered zone pairs that ``pairs`` accepts."""
    classes = {z.name: z.zone_class for z in case.project.zones}
    wanted = {(a, b) for a in classes for b in classes if a != b and pairs(classes[a], classes[b])}
    for pair in sorted(wanted & set(case.by_pair)):
        yield from _possible(case, check, severity, pair)
    yield from unguarded(case, check, severity, sorted(wanted))
    yield from _observed(case, check, severity, wanted)


def _possible(case: Case, check: str, severity: Severity, pair: tuple[str, str]) -> Iterator[Finding]:
    groups: dict[tuple[SourceSpan, ...], list[Crossing]] = {}
    for crossing in case.by_pair[pair]:
        excess = restrict(crossing.packets, case.view(crossing) - allowed(case, *pair, crossing.path))
        if excess and not hairpin(crossing):
            groups.setdefault(last_lines(crossing), []).append(replace(crossing, packets=excess))
    for parts in groups.values():
        yield _possible_finding(case, check, severity, parts, case.space.union(*(part.packets for part in parts)))


def _possible_finding(case: Case, check: str, severity: Severity, parts: list[Crossing], packets: PacketSet) -> Finding:
    part = parts[0]
    view = relation(packets.may())
    rows, more = rows_of(case, view)
    certain = bool(packets.must())
    message = (
        N_(
            "Sessions may be opened from {source} to {destination} that no row of the project allows.",
            source=part.source,
            destination=part.destination,
        )
        if certain
        else N_(
            "Sessions from {source} to {destination} that no row allows pass if a condition holds that cannot be "
            "decided: {unknown}.",
            source=part.source,
            destination=part.destination,
            unknown=", ".join(packets.unknowns()),
        )
    )
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.VIOLATES if certain else Verdict.UNDETERMINED,
        message=message,
        aspect=_classes(case, part),
        anchor=(part.source, part.destination, _places(part.path), row_key(rows)),
        zones=(part.source, part.destination),
        evidence=tuple(dict.fromkeys(line for p in parts for line in deciding_lines(p))),
        rows=rows,
        more_rows=more,
        witness=sample(view),
        path=part.path,
        packets=view,
        fix=N_("Remove or narrow the rule, or declare the traffic in allow or in the exception register."),
    )


def _classes(case: Case, crossing: Crossing) -> str:
    return ">".join(case.project.zones[name].zone_class for name in (crossing.source, crossing.destination))


def _places(path: tuple[Hop, ...]) -> str:
    return " ".join(f"{h.device}/{h.vrf}:{h.ingress}>{h.egress}" for h in path)


def _observed(case: Case, check: str, severity: Severity, wanted: set[tuple[str, str]]) -> Iterator[Finding]:
    legitimate = Legitimate(case)
    groups: dict[tuple[str, ...], list[Crossing]] = {}
    for crossing in case.observed:
        flow = crossing.flow
        if flow is None or (crossing.source, crossing.destination) not in wanted or not case.got_through(flow):
            continue
        if legitimate.flow(crossing) or (flow.answered and screen_side_channel(case, flow)):
            continue
        groups.setdefault((crossing.source, crossing.destination, *flow_key(flow)), []).append(crossing)
    for key, crossings in groups.items():
        flow = crossings[0].flow
        assert flow is not None
        yield Finding(
            check=check,
            severity=severity,
            verdict=Verdict.VIOLATES,
            message=_said(crossings, flow),
            aspect=_classes(case, crossings[0]),
            anchor=("observed", *key),
            zones=(crossings[0].source, crossings[0].destination),
            evidence=tuple(dict.fromkeys(s for c in crossings for f in c.sightings for s in (f.first, f.last))),
            flow=flow,
            witness=sample(crossings[0].packets),
            fix=N_("Find out what let it pass, stop it, and look for what was taken."),
        )


def _said(crossings: list[Crossing], flow: Flow) -> Text:
    source, destination = crossings[0].source, crossings[0].destination
    flows = [c.flow for c in crossings if c.flow]
    if not any(f.answered for f in flows):
        return N_(
            "{flow} of {source} arrived in {destination}, unanswered, and no row of the project allows it "
            "({count} flows).",
            flow=flow_text(flow),
            source=source,
            destination=destination,
            count=len(flows),
        )
    return N_(
        "{source} and {destination} talked: {flow} was answered, and no row of the project allows it "
        "({count} flows, {bytes} bytes of content).",
        source=source,
        destination=destination,
        flow=flow_text(flow),
        count=len(flows),
        bytes=sum(sum(f.payload) for f in flows),
    )


def screen_side_channel(case: Case, flow: Flow) -> bool:
    """Whether the flow goes to a host of screen transfer from the other side: ZG202 speaks of those."""
    screens = [s for s in case.project.sanitizers if s.method is Method.SCREEN_TRANSFER]
    return any(flow.dst in s.addresses or flow.src in s.addresses for s in screens)


def flow_key(flow: Flow) -> tuple[str, ...]:
    """What makes flows one matter: hosts, protocol and destination port."""
    return format_address(flow.src), format_address(flow.dst), str(flow.proto), str(flow.dport)


def flow_text(flow: Flow) -> str:
    """``tcp 10.0.0.1 > 10.0.0.2:445``."""
    name = PROTOCOL_NAMES.get(flow.proto, str(flow.proto))
    port = f":{flow.dport}" if flow.dport else ""
    return f"{name} {format_address(flow.src)} > {format_address(flow.dst)}{port}"
