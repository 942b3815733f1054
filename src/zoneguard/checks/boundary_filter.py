"""ZG109: wherever packets may cross into a zone, a filter decides.

For every possible crossing into a zone of class ``mynumber``, ``lgwan`` or ``internet``, a rule of some device
along the path must have permitted the packets. Where no filter was asked, or only defaults let them pass, the
boundary has no firewall in that direction: the finding names the interfaces, the default and the route. Where it is not
certain that they pass, something may filter: undetermined. A rule that permits everything is ZG110's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rendering import deciding_lines
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.waypoints import hairpin

GUARDED = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN, ZoneClass.INTERNET})


def _run(case: Case) -> Iterator[Finding]:
    found: dict[tuple[str, ...], Crossing] = {}
    for crossing in case.possible:
        if case.project.zones[crossing.destination].zone_class not in GUARDED or hairpin(crossing):
            continue
        if any(hop.lines for hop in crossing.path):
            continue
        place = tuple(f"{h.device}:{h.ingress}>{h.egress}" for h in crossing.path)
        if place not in found or (crossing.packets.must() and not found[place].packets.must()):
            found[place] = crossing
    for place, crossing in found.items():
        yield _finding(crossing, place)


def _finding(crossing: Crossing, place: tuple[str, ...]) -> Finding:
    where = {"source": crossing.source, "destination": crossing.destination, "place": " ".join(place)}
    certain = bool(crossing.packets.must())
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES if certain else Verdict.UNDETERMINED,
        message=N_("Nothing filters what goes from {source} to {destination} by {place}.", **where)
        if certain
        else N_("Nothing is certain to filter what goes from {source} to {destination} by {place}.", **where),
        anchor=(crossing.source, crossing.destination, *place),
        zones=(crossing.source, crossing.destination),
        evidence=deciding_lines(crossing),
        path=crossing.path,
        fix=N_("Put a filter on that direction that denies by default."),
    )


PLUGIN = Check(
    id="ZG109",
    name="boundary-filter",
    title="A filter decides wherever packets may cross",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static"}),
    why="A route without a filter is an open door, whatever the other devices say.",
    fix="Apply an access list or policy to the interface and direction.",
)
