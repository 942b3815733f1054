"""ZG217: nobody gets from outside into the My Number zone by way of a host in between.

A terminal outside that takes over a host inside (SSH, telnet, RDP, VNC, WinRM) is wherever that host may go. Two
things are looked for: a host that some configuration lets be controlled from outside, and that may open sessions to a
zone of class ``mynumber``; and a host that a capture shows controlled from outside, and that opened an answered
session to such a zone within an hour. What goes from outside into the My Number zone at once is ZG101's matter. The
aspect is the class of the zone outside; only those of which a clause speaks are looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import pairs, parts_of, permitted
from zoneguard.checks._rendering import deciding_lines
from zoneguard.checks._seen import (
    CONTROL,
    CONTROL_PORTS,
    INSIDE,
    MOST,
    OUTSIDE,
    TCP,
    class_of,
    flow_text,
    one_of_ways,
    seen,
    zone_name,
)
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.translation import restrict

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import I64
    from zoneguard.dynamic.relaying import Steps
    from zoneguard.dynamic.traffic import Traffic

HOUR = 3600.0
FIX = N_("Let nobody who is controlled from outside reach the My Number zone: close one of the two ways.")


def _run(case: Case) -> Iterator[Finding]:
    yield from _possible(case)
    yield from _observed(case)


def _possible(case: Case) -> Iterator[Finding]:
    """The way in and the way on, where some host may take both for certain or perhaps."""
    classes = {zone.name: zone.zone_class for zone in case.project.zones}
    control = case.space.field(Field.PROTO, Intervals.of(TCP)) & case.space.field(Field.DPORT, CONTROL)
    onward = {pair for pair in case.by_pair if classes[pair[1]] is ZoneClass.MYNUMBER}
    for outside, zone in pairs(case):
        if not _asked(case, classes[outside]) or classes[zone] in {*OUTSIDE, ZoneClass.MYNUMBER}:
            continue
        into = parts_of(case, (outside, zone), lambda _: control)
        hosts = case.space.union(*(packets for _, packets in into)).may().project(Field.DST)
        if not hosts:
            continue
        for pair in sorted(p for p in onward if p[0] == zone):
            own = case.space.field(Field.SRC, hosts)
            parts = parts_of(case, pair, lambda _, own=own: own)  # type: ignore[misc]
            if parts:
                message = N_(
                    "Who controls a host of {zone} from {outside} gets on to {destination}.",
                    zone=zone,
                    outside=outside,
                    destination=pair[1],
                )
                certain = all(
                    case.space.union(*(restrict(c.packets, p) for c, p in ways)).must() for ways in (into, parts)
                )
                verdict = None if certain else Verdict.UNDETERMINED
                found = permitted(
                    case, PLUGIN.id, PLUGIN.severity, message, parts, FIX, aspect=classes[outside], verdict=verdict
                )
                yield _with_way_in(found, outside, [line for c, _ in into for line in deciding_lines(c)])


def _asked(case: Case, origin: ZoneClass | None) -> bool:
    return origin in OUTSIDE and origin is not None and case.asks(PLUGIN.id, origin)


def _with_way_in(found: Finding, outside: str, lines: list[SourceSpan]) -> Finding:
    return replace(
        found,
        anchor=(outside, *found.anchor),
        zones=(outside, found.zones[1]),
        evidence=tuple(dict.fromkeys((*lines, *found.evidence))),
    )


def _observed(case: Case) -> Iterator[Finding]:
    traffic = case.traffic
    if traffic is None:
        return
    from zoneguard.dynamic.relaying import by_zones  # noqa: PLC0415 (NumPy is not needed where nothing was captured)

    for before, after in by_zones(traffic, _relays(case, traffic)):
        pairs = zip(before.tolist(), after.tolist(), strict=True)
        if len(before) <= MOST:
            yield from (_went_on(case, traffic.flows[first], traffic.flows[then]) for first, then in pairs)
        else:
            yield _together(case, traffic, before, after)


def _went_on(case: Case, before: Flow, flow: Flow) -> Finding:
    found = seen(
        case,
        PLUGIN.id,
        PLUGIN.severity,
        N_(
            "A host was controlled from outside and went on into the My Number zone: {before}, then {after}.",
            before=flow_text(before),
            after=flow_text(flow),
        ),
        [before, flow],
        ("observed", flow_text(before), flow_text(flow)),
        FIX,
        aspect=class_of(case, before.src) or "",
    )
    return replace(found, zones=(found.zones[0], zone_name(case, flow.dst)))


def _together(case: Case, traffic: Traffic, before: I64, after: I64) -> Finding:
    """One finding for very many ways between two zones."""
    first = _went_on(case, traffic.flows[int(before[0])], traffic.flows[int(after[0])])
    every = traffic.at(before) | traffic.at(after)
    return replace(
        first,
        message=one_of_ways(first.message, len(before)),
        anchor=("observed", "many", *first.zones, traffic.digest(every.nonzero()[0])),
        more_flows=int(every.sum()) - 2,
    )


def _relays(case: Case, traffic: Traffic) -> Steps:
    """The latest session of control of a host, and the first by which it went on to each host and port."""
    from zoneguard.dynamic.relaying import once, steps  # noqa: PLC0415 (as above)

    into = traffic.answered & traffic.opened_in(OUTSIDE) & traffic.ends_in(INSIDE - {ZoneClass.MYNUMBER})
    asked = {origin for origin in OUTSIDE if _asked(case, origin)}
    entering = into & traffic.opened_in(asked) & traffic.tcp(CONTROL_PORTS)
    onward = traffic.answered & ~into & traffic.ends_in({ZoneClass.MYNUMBER}) & traffic.opened_by(entering)
    before, after = steps(traffic, entering, onward, latest=True)
    soon = traffic.time[after] - traffic.time[before] <= HOUR
    return once(traffic, (before[soon], after[soon]), ports=True)


PLUGIN = Check(
    id="ZG217",
    name="relayed-entry",
    title="Nobody gets from outside into the My Number zone by way of another host",
    severity=Severity.CRITICAL,
    run=_run,
    by_zone=True,
    why="A remote desktop in between is no wall: whoever sits at it outside sees and does what the host may.",
    fix="Let hosts that are controlled from outside reach the My Number zone by nothing.",
    wants="Captures of the zones between the remote access and the My Number zone.",
    example="- 192.168.200.7 > 192.168.10.12:3389, then 192.168.10.12 > 192.168.50.3:445\n"
    "+ 192.168.200.7 > 192.168.20.10:445 (file server that opens nothing)",
)
