"""What a capture shows on the wire of a zone although it is none of the zone's: flows between addresses that the plan
does not know, and traffic of a zone that is to be kept apart.

The latter is what a bridge between two networks shows, or a terminal on the wrong one: frames to hosts of their own
network, or to everybody on the link. Where a capture holds several VLANs, those in which hosts of the zone talk to each
other are its wire; else what is untagged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.checks._seen import flow_text, key_of, matters, seen, told
from zoneguard.model.addresses import V6, prefix_span
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.checks._undeclared import Pairs
    from zoneguard.dynamic.columns import Bool, Column
    from zoneguard.dynamic.traffic import Traffic

NOWHERE = frozenset({None, ZoneClass.PUBLIC})
GROUPS = Intervals.from_spans(
    span
    for prefix in ((0xE0000000, 4), (0xFFFFFFFF, 32), (V6 + (0xFF << 120), 8))
    for span in prefix_span(*prefix).spans
)
"""Multicast, and IPv4's limited broadcast."""


def strangers(case: Case, check: str, severity: Severity, classes: Collection[ZoneClass]) -> Iterator[Finding]:
    """Answered flows captured in a zone of ``classes`` of which both ends are in no zone, or in one that holds the rest
    of the world."""

    def unplaced(traffic: Traffic) -> Bool:
        from zoneguard.dynamic.crossing import STAYS_ON_LINK  # noqa: PLC0415 (it needs NumPy)

        both = traffic.opened_in(NOWHERE) & traffic.ends_in(NOWHERE)
        return traffic.taken_in(classes) & traffic.answered & both & ~traffic.touches(STAYS_ON_LINK)

    for matter in matters(case, unplaced):
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
            check,
            severity,
            told(matter, message),
            matter,
            ("stranger", zone, *key_of(matter)),
            fix,
            verdict=Verdict.UNDETERMINED,
        )
        yield replace(found, zones=tuple(filter(None, dict.fromkeys((zone, *found.zones)))))


def sharing(
    case: Case, check: str, severity: Severity, pairs: Pairs, classes: Collection[ZoneClass]
) -> Iterator[Finding]:
    """Traffic of one zone on the wire of another one, of those of another class that ``pairs`` keeps apart. Through
    zones that are none of ``classes`` others may pass: there only what stays within the other zone counts."""
    traffic = case.traffic
    for zone in case.project.zones if traffic is not None else ():
        assert traffic is not None
        foreign, owner = _foreign(traffic, traffic.zones.index(zone), passed=zone.zone_class not in classes)
        for number, other in enumerate(traffic.zones):
            which = (foreign & (owner == number)).nonzero()[0]
            apart = other.zone_class is not zone.zone_class and pairs(other.zone_class, zone.zone_class)
            if not len(which) or not apart:
                continue
            message = N_(
                "On the wire of {zone}, traffic of {other} was captured that is none of {zone}'s ({flow}; {count} "
                "flows): the two networks are joined, or the capture was taken elsewhere than the project says.",
                zone=zone.name,
                other=other.name,
                flow=flow_text(traffic.flows[int(which[0])]),
                count=len(which),
            )
            fix = N_("Find out how it gets there (a switch, a cable, a terminal on the wrong wire); correct the point.")
            anchor = ("shared", zone.name, other.name)
            found = seen(case, check, severity, message, traffic.some(which), anchor, fix, verdict=Verdict.UNDETERMINED)
            yield replace(found, zones=(other.name, zone.name))


def _foreign(traffic: Traffic, number: int, *, passed: bool) -> tuple[Bool, Column]:
    """The flows on the wire of the zone of that number of which no end is in it (``passed``: and that do not lead from
    zone to zone either), and of all flows the zone to which they belong: that of the sender, or of the end that the
    plan knows."""
    import numpy as np  # noqa: PLC0415

    from zoneguard.dynamic.crossing import STAYS_ON_LINK  # noqa: PLC0415

    to_all, unplaced = traffic.goes_to(GROUPS), traffic.opened_in(NOWHERE)
    owner = np.where(unplaced & ~to_all, traffic.target, traffic.source)
    taken = traffic.point == number
    ends = (traffic.source == number).astype(np.uint8) + (traffic.target == number)
    foreign = taken & (ends == 0) & (to_all | ~(unplaced & traffic.ends_in(NOWHERE)))
    foreign &= ~traffic.comes_from(STAYS_ON_LINK)
    if passed:
        foreign &= to_all | (traffic.source == traffic.target)
    if foreign.any():
        within = taken & ((ends == 2) | ((traffic.source == number) & to_all))
        tagless = traffic.untagged & ~np.isin(traffic.file, traffic.file[within])
        foreign &= tagless | np.isin(traffic.wires, traffic.wires[within])
    return foreign, owner
