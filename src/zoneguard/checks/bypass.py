"""ZG301: what was seen but should be impossible.

A flow between two zones was answered, or arrived in the zone of its far end, although no configuration lets its opening
packet pass, as sent, as received or translated. Either the model is wrong (a device is missing, an export is old) or
the firewall was bypassed: a second line, a terminal in two networks, a modem. Flows whose opener is not known are
compared in both orientations.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._legitimate import seen_forms
from zoneguard.checks._rendering import sample
from zoneguard.checks._undeclared import flow_key, flow_text
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    possible = case.space.union(*(form for c in case.possible for form in (case.view(c), *seen_forms(c.packets.may()))))
    groups: dict[tuple[str, ...], list[Crossing]] = {}
    for crossing in case.observed:
        flow = crossing.flow
        if flow is None or not case.got_through(flow) or crossing.packets & possible:
            continue
        turned = case.space.conversation(flow.dst, flow.src, flow.proto, flow.dport, flow.sport)
        if flow.opened_by != "handshake" and turned & possible:
            continue
        groups.setdefault((crossing.source, crossing.destination, *flow_key(flow)), []).append(crossing)
    for key, crossings in groups.items():
        flow = crossings[0].flow
        assert flow is not None
        ends = {"source": crossings[0].source, "destination": crossings[0].destination}
        answered = N_(
            "{flow} was answered, but no configuration lets it pass from {source} to {destination}.",
            flow=flow_text(flow),
            **ends,
        )
        arrived = N_(
            "{flow} arrived, but no configuration lets it pass from {source} to {destination}.",
            flow=flow_text(flow),
            **ends,
        )
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=answered if flow.answered else arrived,
            anchor=key,
            zones=(crossings[0].source, crossings[0].destination),
            evidence=(flow.first, flow.last),
            flow=flow,
            witness=sample(crossings[0].packets),
            fix=N_("Look for a path around the firewall, and check that every device's export is here and current."),
        )


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
