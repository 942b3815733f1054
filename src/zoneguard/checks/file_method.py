"""ZG203: files reach the LGWAN zone through the file sanitizer and without hazards.

Every file that a capture shows on its way to a host of class ``lgwan`` from outside the LGWAN side is judged: from
a host that is no declared ``file`` sanitizer it is a violation when it holds a hazard; from the sanitizer it must
hold none. Content that cannot be read is undetermined, except on a flow that a row of ``allow`` permits to or from
a sanitizer.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._transfers import imports, part_text
from zoneguard.checks._undeclared import flow_key
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_


def _run(case: Case) -> Iterator[Finding]:
    for transfer in imports(case):
        if transfer.kind != "file" or transfer.refused or not transfer.hazards:
            continue
        flow = transfer.flow
        zones = [z.name if z else "" for z in map(case.project.zones.of, (flow.src, flow.dst))]
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_("A file with hazards came into the LGWAN zone: {file}.", file=part_text(transfer)),
            anchor=(*flow_key(flow), transfer.sha256 or transfer.key),
            zones=tuple(zones),
            evidence=transfer.frames or (flow.first,),
            flow=flow,
            transfer=transfer,
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
