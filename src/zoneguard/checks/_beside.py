"""Zones that are to be kept apart and have hosts beyond one interface: no modelled device stands between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.checks._policy import allowed, kept_apart
from zoneguard.checks._rendering import row_key, rows_of, sample
from zoneguard.model.findings import Finding
from zoneguard.model.match import HISTORY, Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.static.gaps import Beside, beside


def unguarded(case: Case, check: str, severity: Severity, pairs: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Findings for those of the ordered ``pairs`` of zones that are kept apart; what rows allow is left out.

    On one subnet hosts talk to each other for certain. Beyond one interface otherwise a wire or a router that is not
    modelled may let them: undetermined.
    """
    if case.static is None:
        return
    classes = {zone.name: zone.zone_class for zone in case.project.zones}
    apart = [pair for pair in pairs if kept_apart(classes[pair[0]], classes[pair[1]])]
    for place in beside(case.static.network.topology, apart):
        packets = _packets(case, place)
        if packets:
            yield _finding(case, check, severity, place, packets)


def _packets(case: Case, place: Beside) -> PacketSet:
    assert case.static
    between = case.space.field(Field.SRC, place.sources) & case.space.field(Field.DST, place.destinations)
    opening = (case.static.network.openers & between).forget(*HISTORY)
    return opening - allowed(case, place.source, place.destination, ())


def _finding(case: Case, check: str, severity: Severity, place: Beside, packets: PacketSet) -> Finding:
    rows, more = rows_of(case, packets)
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.VIOLATES if place.neighbours else Verdict.UNDETERMINED,
        message=_message(place),
        aspect=case.project.zones[place.source].zone_class,
        anchor=("beside", place.source, place.destination, *place.context.key, place.interface, row_key(rows)),
        zones=(place.source, place.destination),
        evidence=place.lines,
        rows=rows,
        more_rows=more,
        witness=sample(packets),
        packets=packets,
        fix=N_("Put a filtering device between the two, each zone at an interface of its own; or give its export."),
    )


def _message(place: Beside) -> Text:
    names = {
        "source": place.source,
        "destination": place.destination,
        "device": str(place.context),
        "interface": place.interface,
    }
    if place.neighbours:
        return N_(
            "Hosts of {source} and {destination} are on one subnet, that of {device} {interface}: nothing filters what "
            "they send each other.",
            **names,
        )
    return N_(
        "{source} and {destination} both lie beyond {device} {interface}: whether anything keeps them apart there is "
        "not known.",
        **names,
    )
