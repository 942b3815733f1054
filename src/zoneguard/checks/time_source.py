"""ZG205: the inner zones do not take their time from the Internet.

An NTP exchange (udp/123) that was answered between a zone of class ``mynumber`` or ``lgwan`` and a public address:
clocks are to be set inside, so that logs agree and no zone is opened for the time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import UDP, flow_text, key_of, matters, told
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

NTP = 123
INNER = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN})


def _run(case: Case) -> Iterator[Finding]:
    def outward(traffic: Traffic) -> Bool:
        asked = traffic.crossing & traffic.answered & traffic.service({(UDP, NTP)})
        return asked & traffic.opened_in(INNER) & traffic.ends_in({ZoneClass.PUBLIC})

    for matter in matters(case, outward):
        flow = matter[0]
        message = N_("{zone} takes its time from a public server: {flow}.", zone=matter.zones[0], flow=flow_text(flow))
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=told(matter, message),
            anchor=key_of(matter),
            zones=matter.zones,
            evidence=(flow.first, flow.last),
            flow=flow,
            more_flows=len(matter) - 1,
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
