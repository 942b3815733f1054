"""ZG301: what was seen but should be impossible.

A flow between two zones was answered, or arrived in the zone of its far end, although no configuration lets its opening
packet pass, as sent, as received or translated. Either the model is wrong (a device is missing, an export is old) or
the firewall was bypassed: a second line, a terminal in two networks, a modem. Flows whose opener is not known are
compared in both orientations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._forms import seen_forms
from zoneguard.checks._rendering import sample
from zoneguard.checks._seen import flow_text, key_of, matters, opening, told
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic


def _run(case: Case) -> Iterator[Finding]:
    for matter in matters(case, lambda traffic: _impossible(case, traffic)):
        flow, (source, destination) = matter[0], matter.zones
        answered = N_(
            "{flow} was answered, but no configuration lets it pass from {source} to {destination}.",
            flow=flow_text(flow),
            source=source,
            destination=destination,
        )
        arrived = N_(
            "{flow} arrived, but no configuration lets it pass from {source} to {destination}.",
            flow=flow_text(flow),
            source=source,
            destination=destination,
        )
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=told(matter, answered if flow.answered else arrived),
            anchor=(*matter.zones, *key_of(matter)),
            zones=matter.zones,
            evidence=(flow.first, flow.last),
            flow=flow,
            more_flows=len(matter) - 1,
            witness=sample(opening(case, flow)),
            fix=N_("Look for a path around the firewall, and check that every device's export is here and current."),
        )


def _impossible(case: Case, traffic: Traffic) -> Bool:
    from zoneguard.checks._holding import held_flows  # noqa: PLC0415 (it needs NumPy)

    possible = case.space.union(*(form for c in case.possible for form in seen_forms(c.packets.may())))
    found: Bool = traffic.crossing & traffic.got_through
    return found & ~held_flows(possible, traffic, found)


PLUGIN = Check(
    id="ZG301",
    name="bypass",
    title="Nothing was seen that should be impossible",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static", "dynamic"}),
    why="Traffic that the rules forbid and the wire shows went around the rules.",
    fix="Find the other path; until then the configurations prove nothing about this pair of zones.",
    wants="Captures at each zone's edge, and all devices of the network.",
    example="- tcp 10.20.30.41 > 10.30.50.11:445",
)
