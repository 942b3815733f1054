"""ZG101: the My Number zone talks to no other zone.

Every session that may be opened, and every flow that was answered or arrived, with one end in a zone of class
``mynumber`` and the other in any other zone, is compared with ``allow`` and the exception register. What no row covers
is a violation; where it comes of an exception that is built too wide, ZG104 says so as well. So are hosts of both on
one subnet; where both lie beyond one interface otherwise, what keeps them apart there is not known: undetermined.

A flow that was captured in the zone, was answered and has at neither end an address that the plan knows, as IPv6 where
the plan has IPv4 alone, is one of a device of which nobody can say where it stands: undetermined, too.

Content that went out in the midst of a TCP session, of which a capture holds neither the beginning nor an answer, may
have arrived: undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import isolates
from zoneguard.checks._seen import flow_text, key_of, matters, seen, told
from zoneguard.checks._undeclared import undeclared
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

INSIDE = frozenset({ZoneClass.MYNUMBER})
NOWHERE = frozenset({None, ZoneClass.PUBLIC})


def _run(case: Case) -> Iterator[Finding]:
    yield from undeclared(case, PLUGIN.id, PLUGIN.severity, isolates)
    yield from _strangers(case)


def _strangers(case: Case) -> Iterator[Finding]:
    for matter in matters(case, _unplaced):
        flow = matter[0]
        assert case.traffic is not None
        zone = case.traffic.zone_name(int(case.traffic.point[matter.which[0]]))
        message = N_(
            "In {zone}, {flow} was answered: neither end is an address that the plan knows, so that nobody can say "
            "which device it was.",
            zone=zone,
            flow=flow_text(flow),
        )
        fix = N_("Find the device; enter its network in the plan, or take it off.")
        found = seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            told(matter, message),
            matter,
            ("stranger", zone, *key_of(matter)),
            fix,
            verdict=Verdict.UNDETERMINED,
        )
        yield replace(found, zones=tuple(filter(None, dict.fromkeys((zone, *found.zones)))))


def _unplaced(traffic: Traffic) -> Bool:
    """Flows captured in the zone of which both ends are in no zone, or in one that holds the rest of the world."""
    from zoneguard.dynamic.crossing import STAYS_ON_LINK  # noqa: PLC0415 (it needs NumPy)

    both = traffic.opened_in(NOWHERE) & traffic.ends_in(NOWHERE)
    return traffic.taken_in(INSIDE) & traffic.answered & both & ~traffic.touches(STAYS_ON_LINK)


PLUGIN = Check(
    id="ZG101",
    name="mynumber-isolation",
    title="The My Number zone is cut off from every other zone",
    severity=Severity.CRITICAL,
    run=_run,
    by_zone=True,
    why="Resident, tax and welfare records are safe from an intruder elsewhere only while no path leads to them.",
    fix="Remove the rule or route, or register the connection as an exception: host to host, one service, MAC-bound.",
    example="- -A FORWARD -s 10.10.0.0/16 -d 10.20.0.0/16 -j ACCEPT",
)
