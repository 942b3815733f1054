"""ZG113: rows show the screen of the right side, by its display services only.

What ZG202 looks for in captures is asked here of the project and of the configurations. Between the LGWAN zone and the
Internet side a row of ``allow`` or of the register may let the other side open the declared display services to a
host of screen transfer: no other service, and the host itself opens nothing. A screen transfer that declares no display
services (``display``) leaves that undetermined.

Where the host stands says which way the screen goes: in the models α and α′ terminals are in the LGWAN zone and the
host is not; in β and β′ terminals are in the Internet zone, and the host is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import Part, pairs, parts_of, permitted
from zoneguard.checks._policy import row_packets, separates, services_packets
from zoneguard.model.findings import Finding
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Allowance, ExceptionEntry, Method, Sanitizer
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    for sanitizer in case.project.sanitizers:
        if sanitizer.method is Method.SCREEN_TRANSFER:
            yield from _misplaced(case, sanitizer)
            yield from _rows(case, sanitizer)


def _misplaced(case: Case, sanitizer: Sanitizer) -> Iterator[Finding]:
    screen = case.project.network_model.screen
    zones = (case.project.zones.of(host.addresses.first) for host in sanitizer.hosts)
    wrong = sorted({zone.name for zone in zones if zone and screen and zone.zone_class is screen[0]})
    if wrong:
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "Sanitizer {name} shows screens of {zones}, where the terminals are that look at them (model {model}).",
                name=sanitizer.name,
                zones=", ".join(wrong),
                model=case.project.model,
            ),
            anchor=("place", sanitizer.name, *wrong),
            zones=tuple(wrong),
            evidence=(sanitizer.span,),
            fix=N_("Put the hosts whose screen is shown on the other side, or declare the model that the network has."),
        )


def _rows(case: Case, sanitizer: Sanitizer) -> Iterator[Finding]:
    """What rows let pass to and from a screen host beside its display services."""
    inward = case.space.field(Field.DST, sanitizer.addresses)
    outward = case.space.field(Field.SRC, sanitizer.addresses) - inward
    beside = inward - services_packets(case.space, sanitizer.services)
    entries: tuple[Allowance | ExceptionEntry, ...] = (*case.project.allow, *case.project.exceptions)
    for pair in pairs(case):
        if not separates(*(case.project.zones[name].zone_class for name in pair)):
            continue
        for entry in entries:
            row = row_packets(case, entry, *pair)
            if opened := _parts(case, pair, row & outward):
                yield _finding(case, entry, sanitizer, opened, opens=True)
            if other := _parts(case, pair, row & beside):
                yield _finding(case, entry, sanitizer, other, opens=False)


def _parts(case: Case, pair: tuple[str, str], meant: PacketSet) -> list[Part]:
    return parts_of(case, pair, lambda _: meant) if meant else []


def _finding(
    case: Case, entry: Allowance | ExceptionEntry, sanitizer: Sanitizer, parts: list[Part], opens: bool
) -> Finding:
    names = {"id": entry.id, "name": sanitizer.name, "zone": parts[0][0].destination}
    verdict = None
    if opens:
        message = N_("Row {id} lets a host of sanitizer {name} open sessions to {zone}.", **names)
    elif sanitizer.services:
        message = N_("Row {id} lets more than the display services pass to sanitizer {name} in {zone}.", **names)
    else:
        verdict = Verdict.UNDETERMINED
        message = N_(
            "Row {id}: sanitizer {name} in {zone} does not say by which services its screen is shown.", **names
        )
    fix = N_("Narrow the row to the display services, opened towards the host, and declare those under display.")
    found = permitted(case, PLUGIN.id, PLUGIN.severity, message, parts, fix, verdict=verdict)
    return replace(found, anchor=(entry.id, sanitizer.name, *found.anchor), evidence=(entry.span, *found.evidence))


PLUGIN = Check(
    id="ZG113",
    name="screen-path",
    title="Rows show the screen of the right side, by its display services only",
    severity=Severity.CRITICAL,
    run=_run,
    needs=frozenset({"static"}),
    why="A row that opens a file share beside the screen makes the screen transfer an ordinary connection.",
    fix="Let rows name the display services of the screen hosts only, opened from the side of the terminals.",
    wants="The display services of each screen transfer (display), and the model.",
    example=(
        "- {id: A3, from: lgwan, to: vdi-sbc, services: [any]}\n"
        "+ {id: A3, from: lgwan, to: vdi-sbc, services: [tcp/8443]}"
    ),
)
