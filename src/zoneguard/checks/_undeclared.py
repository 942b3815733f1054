"""Crossings that no row of the project allows: ``possible − allowed`` and ``observed − allowed``, written once; and
zones between which no modelled device stands, or a host with addresses of both.

The checks of isolation differ only in the pairs of zones they speak of. The aspect of a finding is the two classes of
the zones, ``dmz>internet``, so that a clause may speak of one kind of origin alone (``ZG101:remote-access``), of one
kind of goal (``ZG103:>out-of-scope``), or of both. What a capture taken in the zone of the far end shows
has crossed, answered or not. Content that went out in the midst of a TCP session, of which a capture holds one side
alone, has crossed perhaps: undetermined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.checks._beside import unguarded
from zoneguard.checks._policy import allowed
from zoneguard.checks._refused import doubtful
from zoneguard.checks._rendering import deciding_lines, last_lines, row_key, rows_of, sample
from zoneguard.checks._seen import TCP, flow_text, key_of, matters, opening, told
from zoneguard.checks._straddling import straddling
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Method
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.text import N_, Choice, Text, together
from zoneguard.model.zones import ZoneClass
from zoneguard.static.translation import relation, restrict
from zoneguard.static.waypoints import hairpin

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.matters import Matter
    from zoneguard.dynamic.traffic import Traffic

SHOWN = 20
"""Flows of a matter whose frames are cited."""

ACKNOWLEDGING = 32
"""Segments without content that are more than probes and keep-alives: they acknowledge what came back."""

Pairs = Callable[[ZoneClass, ZoneClass], bool]


def undeclared(case: Case, check: str, severity: Severity, pairs: Pairs) -> Iterator[Finding]:
    """Findings for the ordered zone pairs that ``pairs`` accepts."""
    classes = {z.name: z.zone_class for z in case.project.zones}
    wanted = {(a, b) for a in classes for b in classes if a != b and pairs(classes[a], classes[b])}
    for pair in sorted(wanted & set(case.by_pair)):
        yield from _possible(case, check, severity, pair)
    yield from unguarded(case, check, severity, sorted(wanted))
    yield from straddling(case, check, severity, sorted(wanted))
    yield from _observed(case, check, severity, wanted)
    yield from _one_sided(case, check, severity, wanted)


def _possible(case: Case, check: str, severity: Severity, pair: tuple[str, str]) -> Iterator[Finding]:
    groups: dict[tuple[SourceSpan, ...], list[Crossing]] = {}
    allowed_in_part: set[tuple[SourceSpan, ...]] = set()
    for crossing in case.by_pair[pair]:
        excess = restrict(crossing.packets, case.view(crossing) - allowed(case, *pair, crossing.path))
        if excess and not hairpin(crossing):
            groups.setdefault(last_lines(crossing), []).append(replace(crossing, packets=excess))
            if excess != crossing.packets:
                allowed_in_part.add(last_lines(crossing))
    for key, parts in groups.items():
        packets = case.space.union(*(part.packets for part in parts))
        certain = bool(packets.must()) or (key not in allowed_in_part and _chosen(packets))
        yield _possible_finding(case, check, severity, parts, packets, certain)


def _chosen(packets: PacketSet) -> bool:
    """Whether it is for the sender to choose that the packets pass: he sends what the rule asks for."""
    return all(isinstance(unknown, Choice) for unknown in packets.unknowns())


def _possible_finding(
    case: Case, check: str, severity: Severity, parts: list[Crossing], packets: PacketSet, certain: bool
) -> Finding:
    part = parts[0]
    view = relation(packets.may())
    rows, more = rows_of(case, view)
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
            unknown=together(packets.unknowns()),
        )
    )
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.VIOLATES if certain else Verdict.UNDETERMINED,
        message=message,
        aspect=_classes(case, (part.source, part.destination)),
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


def _classes(case: Case, pair: tuple[str, str]) -> str:
    return ">".join(case.project.zones[name].zone_class for name in pair)


def _places(path: tuple[Hop, ...]) -> str:
    return " ".join(f"{h.device}/{h.vrf}:{h.ingress}>{h.egress}" for h in path)


def _observed(case: Case, check: str, severity: Severity, wanted: set[tuple[str, str]]) -> Iterator[Finding]:
    traffic = case.traffic
    if traffic is None:
        return
    apart = traffic.crossing & traffic.between(wanted) & traffic.got_through & ~case.legitimate
    forbidden = apart & ~(traffic.answered & beside_screens(case, traffic))
    stopped_perhaps = doubtful(case, traffic, forbidden)
    fix = N_("Find out what let it pass, stop it, and look for what was taken.")
    for matter in traffic.matters(forbidden & ~stopped_perhaps):
        yield _seen_finding(case, check, severity, matter, _said(matter, matter[0]), fix)
    for matter in traffic.matters(stopped_perhaps):
        message = N_(
            "{flow} of {source} to {destination} was refused by a reset, and no row of the project allows it ({count} "
            "flows): its host refused it, or a device that rejects answered in the host's place.",
            flow=flow_text(matter[0]),
            source=matter.zones[0],
            destination=matter.zones[1],
            count=len(matter),
        )
        fix = N_("Capture in the zone of the far end too: what arrives there was let pass.")
        yield replace(_seen_finding(case, check, severity, matter, message, fix), verdict=Verdict.UNDETERMINED)


def _seen_finding(
    case: Case, check: str, severity: Severity, matter: Matter, message: Text, fix: Text, anchor: str = "observed"
) -> Finding:
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.VIOLATES,
        message=told(matter, message),
        aspect=_classes(case, matter.zones),
        anchor=(anchor, *matter.zones, *key_of(matter)),
        zones=matter.zones,
        evidence=frames_of(case, matter),
        more_flows=max(0, len(matter) - SHOWN),
        flow=matter[0],
        witness=sample(opening(case, matter[0])),
        fix=fix,
    )


def _one_sided(case: Case, check: str, severity: Severity, wanted: set[tuple[str, str]]) -> Iterator[Finding]:
    """Content sent, or received as one side's acknowledgements say, in the midst of TCP sessions of which a capture
    holds neither the beginning nor an answer."""

    def unanswered(traffic: Traffic) -> Bool:
        under_way = (traffic.proto == TCP) & ~traffic.known & ~traffic.answered
        apart: Bool = under_way & traffic.crossing & traffic.between(wanted) & ~case.legitimate
        return apart & (traffic.carried | traffic.many(apart, ACKNOWLEDGING))

    for matter in matters(case, unanswered):
        source, destination = matter.zones
        message = N_(
            "{flow} sent {bytes} bytes of content from {source} towards {destination} in the midst of a session: the "
            "capture holds neither its beginning nor an answer, so that it cannot be said whether it arrived, and no "
            "row of the project allows it ({count} flows).",
            flow=flow_text(matter[0]),
            bytes=matter.payload,
            source=source,
            destination=destination,
            count=len(matter),
        )
        fix = N_("Capture both directions, from before the session begins; find out what the hosts have open.")
        found = _seen_finding(case, check, severity, matter, message, fix, anchor="one side")
        yield replace(found, verdict=Verdict.UNDETERMINED)


def frames_of(case: Case, matter: Matter) -> tuple[CaptureSpan, ...]:
    """The first and last frames of the first flows, on each side of NAT where they were seen there."""
    assert case.traffic is not None
    shown = case.traffic.sightings(matter.which[:SHOWN])
    return tuple(dict.fromkeys(span for flow in shown for span in (flow.first, flow.last)))


def _said(matter: Matter, flow: Flow) -> Text:
    source, destination = matter.zones
    if not matter.answered:
        return N_(
            "{flow} of {source} arrived in {destination}, unanswered, and no row of the project allows it "
            "({count} flows).",
            flow=flow_text(flow),
            source=source,
            destination=destination,
            count=len(matter),
        )
    return N_(
        "{source} and {destination} talked: {flow} was answered, and no row of the project allows it "
        "({count} flows, {bytes} bytes of content).",
        source=source,
        destination=destination,
        flow=flow_text(flow),
        count=len(matter),
        bytes=matter.payload,
    )


def screen_side_channel(case: Case, flow: Flow) -> bool:
    """Whether the flow goes to a host of screen transfer from the other side: ZG202 speaks of those."""
    screens = case.project.sanitized_by(Method.SCREEN_TRANSFER)
    return flow.dst in screens or flow.src in screens


def beside_screens(case: Case, traffic: Traffic) -> Bool:
    """``screen_side_channel`` of all flows."""
    screens = case.project.sanitized_by(Method.SCREEN_TRANSFER)
    return traffic.comes_from(screens) | traffic.goes_to(screens)
