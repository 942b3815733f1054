"""ZG205: the inner zones do not take their time from the Internet.

An NTP exchange (udp/123) that was answered between a zone of class ``mynumber`` or ``lgwan`` and a public address:
clocks are to be set inside, so that logs agree and no zone is opened for the time.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._undeclared import flow_key, flow_text
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

NTP = 123
INNER = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN})


def _run(case: Case) -> Iterator[Finding]:
    zones = case.project.zones
    done: set[tuple[str, ...]] = set()
    for crossing in case.observed:
        flow = crossing.flow
        if flow is None or not flow.answered or (flow.proto, flow.dport) != (17, NTP) or flow_key(flow) in done:
            continue
        inner, outer = zones[crossing.source].zone_class, zones[crossing.destination].zone_class
        if inner in INNER and outer is ZoneClass.PUBLIC:
            done.add(flow_key(flow))
            yield Finding(
                check=PLUGIN.id,
                severity=PLUGIN.severity,
                verdict=Verdict.VIOLATES,
                message=N_(
                    "{zone} takes its time from a public server: {flow}.", zone=crossing.source, flow=flow_text(flow)
                ),
                anchor=flow_key(flow),
                zones=(crossing.source, crossing.destination),
                evidence=(flow.first, flow.last),
                flow=flow,
                fix=N_("Set the clocks by a time server inside the zone."),
            )


PLUGIN = Check(
    id="ZG205",
    name="time-source",
    title="The inner zones take their time from inside",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="A clock set from outside is a crossing of its own, and a lever on every log.",
    fix="Run a time server in the zone, and point its hosts to it.",
    example="- udp 10.10.30.66 > 192.0.2.123:123\n+ udp 10.10.30.66 > 10.10.0.123:123",
)
