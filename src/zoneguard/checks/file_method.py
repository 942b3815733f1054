"""ZG203: files reach the LGWAN zone without hazards.

Every file that a capture shows on its way to a host of class ``lgwan`` from outside the LGWAN side, whoever opened the
flow and whatever host it came from, must hold no hazard; where a policy asks for both directions, so must every file on
its way out to the Internet zone. A hazardous member is said with its container; mail is ZG201's matter. What cannot be
read shows nothing, and proves nothing. Aspects: ``import``, ``export``.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._transfers import IMPORT, part_text, taken_in
from zoneguard.checks._undeclared import flow_key
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    found = list(taken_in(case, PLUGIN.id))
    hazardous = {t.key for t, _ in found if t.hazards or t.kind in ("message", "attachment")}
    for transfer, direction in found:
        if transfer.kind != "file" or transfer.refused or not transfer.hazards or transfer.parent in hazardous:
            continue
        flow = transfer.flow
        zones = [z.name if z else "" for z in map(case.project.zones.of, (flow.src, flow.dst))]
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_("A file with hazards came into the LGWAN zone: {file}.", file=part_text(transfer))
            if direction == IMPORT
            else N_("A file with hazards left for the Internet zone: {file}.", file=part_text(transfer)),
            anchor=(*flow_key(flow), transfer.sha256 or transfer.key),
            zones=tuple(zones),
            evidence=transfer.frames or (flow.first,),
            flow=flow,
            transfer=transfer,
            aspect=direction,
            fix=N_("Quarantine the file, and find out why the sanitizer did not see it or let it pass."),
        )


PLUGIN = Check(
    id="ZG203",
    name="file-method",
    title="Files reach the LGWAN zone without hazards",
    severity=Severity.CRITICAL,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="A macro, script or executable that arrives in the LGWAN zone runs next to its office systems.",
    fix="Let files in through the sanitizer only, and make it refuse what it cannot clean.",
)
