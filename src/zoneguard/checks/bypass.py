"""ZG301: what was seen but should be impossible.

A flow between two zones was answered, or arrived in the zone of its far end, although no configuration lets its opening
packet pass, as sent, as received or translated. Either the model is wrong (a device is missing, an export is old) or
the firewall was bypassed: a second line, a terminal in two networks, a modem. Flows whose opener is not known are
compared in both orientations. Where a reset is all that answered and a device of the project rejects, that device may
have sent it in the host's name: undetermined, unless a capture in the zone of the far end shows the flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._refused import doubtful
from zoneguard.checks._rendering import sample
from zoneguard.checks._seen import flow_text, key_of, opening, told
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.matters import Matter
    from zoneguard.dynamic.traffic import Traffic


def _run(case: Case) -> Iterator[Finding]:
    traffic = case.traffic
    if traffic is None:
        return
    around = _around(case, traffic)
    perhaps = doubtful(case, traffic, around)
    for matter in traffic.matters(around & ~perhaps):
        flow, names = matter[0], {"source": matter.zones[0], "destination": matter.zones[1]}
        answered = N_(
            "{flow} was answered, but no configuration lets it pass from {source} to {destination}.",
            flow=flow_text(flow),
            **names,
        )
        arrived = N_(
            "{flow} arrived, but no configuration lets it pass from {source} to {destination}.",
            flow=flow_text(flow),
            **names,
        )
        yield _finding(case, matter, Verdict.VIOLATES, answered if flow.answered else arrived)
    for matter in traffic.matters(perhaps):
        message = N_(
            "{flow} was refused by a reset, and no configuration lets it pass from {source} to {destination}: a device "
            "that rejects answered in the host's place, or it went around the devices.",
            flow=flow_text(matter[0]),
            source=matter.zones[0],
            destination=matter.zones[1],
        )
        yield _finding(case, matter, Verdict.UNDETERMINED, message)


def _finding(case: Case, matter: Matter, verdict: Verdict, message: Text) -> Finding:
    flow = matter[0]
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=verdict,
        message=told(matter, message),
        anchor=(*matter.zones, *key_of(matter)),
        zones=matter.zones,
        evidence=(flow.first, flow.last),
        flow=flow,
        more_flows=len(matter) - 1,
        witness=sample(opening(case, flow)),
        fix=N_("Look for a path around the firewall, and check that every device's export is here and current."),
    )


def _around(case: Case, traffic: Traffic) -> Bool:
    """Flows that got through, though nothing lets them."""
    from zoneguard.checks._holding import held_flows  # noqa: PLC0415 (it needs NumPy)

    found: Bool = traffic.crossing & traffic.got_through
    return found & ~held_flows(case.possible_forms, traffic, found)


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
