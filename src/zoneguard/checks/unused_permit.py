"""ZG302: what is permitted but never used.

A row of ``allow`` or of the register whose sessions may be opened by the configurations, and of which no capture
shows a single flow in use, is a permit that could be closed. In use is what was answered, what arrived in the zone of
its far end, and what needs no answer (UDP, as syslog and traps), on whichever side of NAT it was seen; a flow whose
opener is not known counts in both orientations. What the captures' time and place did not cover cannot be used in
them: the finding is only as good as they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._forms import forms_of
from zoneguard.checks._policy import row_packets
from zoneguard.checks._rendering import deciding_lines
from zoneguard.checks._seen import TCP
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Allowance, ExceptionEntry
from zoneguard.model.text import N_
from zoneguard.static.translation import restrict


def _run(case: Case) -> Iterator[Finding]:
    if case.dynamic is None or not case.dynamic.accounts:
        return
    rows: tuple[Allowance | ExceptionEntry, ...] = (*case.project.allow, *case.project.exceptions)
    for row in rows:
        permitted = [(c, part) for c in case.possible if (part := _part(case, row, c))]
        if permitted and not _used(case, [part for _, part in permitted]):
            lines = tuple(dict.fromkeys(line for c, _ in permitted for line in deciding_lines(c)))
            yield Finding(
                check=PLUGIN.id,
                severity=PLUGIN.severity,
                verdict=Verdict.VIOLATES,
                message=N_("{row} is permitted, and no capture shows it in use.", row=row.id),
                anchor=(row.id,),
                zones=(permitted[0][0].source, permitted[0][0].destination),
                evidence=(row.span, *lines),
                path=permitted[0][0].path,
                fix=N_("Ask the owner whether it is still needed; remove the row and its rules if not."),
            )


def _used(case: Case, permitted: list[PacketSet]) -> bool:
    """Whether some flow is of these and in use, on whichever side of NAT.

    Behind a masquerade it may run within the zone of its far end, with the device's own address there.
    """
    from zoneguard.checks._holding import held_flows  # noqa: PLC0415 (it needs NumPy)

    assert case.traffic is not None
    in_use = case.traffic.got_through | (~case.traffic.messages & (case.traffic.proto != TCP))
    return bool(held_flows(forms_of(case.space, permitted), case.traffic, in_use).any())


def _part(case: Case, row: Allowance | ExceptionEntry, crossing: Crossing) -> PacketSet:
    """What of a crossing the row allows."""
    wanted = case.view(crossing) & row_packets(case, row, crossing.source, crossing.destination)
    return restrict(crossing.packets, wanted).may() if wanted else wanted


PLUGIN = Check(
    id="ZG302",
    name="unused-permit",
    title="Every permit is in use",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"static", "dynamic"}),
    why="An unused permit helps nobody but an intruder.",
    fix="Remove it, or capture where it is used.",
    wants="Captures of a whole working month, so that rare but needed traffic is in them.",
    example=(
        "- {id: A4, from: internet, to: file-san, services: [tcp/443, tcp/8443]}\n"
        "+ {id: A4, from: internet, to: file-san, services: [tcp/443]}"
    ),
)
