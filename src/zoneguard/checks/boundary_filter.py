"""ZG109: wherever packets may cross into a zone, a filter decides.

For every possible crossing into a zone of class ``mynumber``, ``lgwan``, ``internet`` or ``dmz``, a rule of some device
along the path must have permitted the packets. Where no filter was asked, or only defaults let them pass, the
boundary has no firewall in that direction: one finding for a pair of zones and the devices in between names the
interfaces, the default and the route. A list for the other version of IP is no filter, nor is a translation. Where it
is not certain that they pass, something may filter: undetermined. A rule that permits everything is ZG110's matter.
Aspect ``outside``: the packets come from outside the municipality.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rendering import deciding_lines
from zoneguard.checks._seen import OUTSIDE
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.waypoints import hairpin

GUARDED = frozenset({ZoneClass.MYNUMBER, ZoneClass.LGWAN, ZoneClass.INTERNET, ZoneClass.DMZ})
SHOWN = 3
"""Places that a finding names; how many more there are is said."""


def _run(case: Case) -> Iterator[Finding]:
    found: dict[tuple[str, ...], list[Crossing]] = {}
    for crossing in case.possible:
        if case.project.zones[crossing.destination].zone_class not in GUARDED or hairpin(crossing):
            continue
        if any(hop.lines for hop in crossing.path):
            continue
        devices = dict.fromkeys(hop.device for hop in crossing.path)
        found.setdefault((crossing.source, crossing.destination, *devices), []).append(crossing)
    for key, crossings in found.items():
        yield _finding(case, crossings, key)


def _finding(case: Case, crossings: list[Crossing], key: tuple[str, ...]) -> Finding:
    certain = [crossing for crossing in crossings if crossing.packets.must()]
    shown = certain or crossings
    crossing = shown[0]
    places = list(dict.fromkeys(" ".join(f"{h.device}:{h.ingress}>{h.egress}" for h in c.path) for c in shown))
    more = f" (+{len(places) - SHOWN})" if len(places) > SHOWN else ""
    place = ", ".join(places[:SHOWN]) + more
    where = {"source": crossing.source, "destination": crossing.destination, "place": place}
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES if certain else Verdict.UNDETERMINED,
        message=N_("Nothing filters what goes from {source} to {destination} by {place}.", **where)
        if certain
        else N_("Nothing is certain to filter what goes from {source} to {destination} by {place}.", **where),
        anchor=key,
        zones=(crossing.source, crossing.destination),
        evidence=tuple(dict.fromkeys(line for c in shown for line in deciding_lines(c))),
        path=crossing.path,
        aspect="outside" if case.project.zones[crossing.source].zone_class in OUTSIDE else "",
        fix=N_("Put a filter on that direction that denies by default."),
    )


PLUGIN = Check(
    id="ZG109",
    name="boundary-filter",
    title="A filter decides wherever packets may cross",
    severity=Severity.HIGH,
    run=_run,
    aspects=frozenset({"outside"}),
    needs=frozenset({"static"}),
    why="A route without a filter is an open door, whatever the other devices say.",
    fix="Apply an access list or policy to the interface and direction.",
    example="- :FORWARD ACCEPT\n+ :FORWARD DROP",
)
