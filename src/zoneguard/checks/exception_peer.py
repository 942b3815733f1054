"""ZG106: the far end of an exception is not itself connected to the Internet.

``peer-internet: attested-no`` in the register keeps the clause; ``yes`` breaks it; without a word about it an
attestation is needed. A far end that any capture shows talking to a public address breaks it whatever the register
says.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._policy import zones_of
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import ExceptionEntry, PeerInternet
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass


def _run(case: Case) -> Iterator[Finding]:
    for entry in case.project.exceptions:
        seen = next(_public_flows(case, entry), None)
        if seen is not None:
            yield _seen(case, entry, seen)
        elif entry.peer_internet is not PeerInternet.ATTESTED_NO:
            connected = entry.peer_internet is PeerInternet.YES
            yield Finding(
                check=PLUGIN.id,
                severity=PLUGIN.severity,
                verdict=Verdict.VIOLATES if connected else Verdict.ATTESTATION_NEEDED,
                message=N_("Exception {id}: its far end {peer} is connected to the Internet.", **_names(entry))
                if connected
                else N_("Exception {id}: nobody attests that its far end {peer} is off the Internet.", **_names(entry)),
                anchor=(entry.id,),
                zones=zones_of(case.project, entry),
                evidence=(entry.span,),
                fix=N_("Have the far end's operator confirm it in writing, and enter peer-internet: attested-no."),
            )


def _names(entry: ExceptionEntry) -> dict[str, str]:
    return {"id": entry.id, "peer": entry.destination.name}


def _public_flows(case: Case, entry: ExceptionEntry) -> Iterator[Flow]:
    peers = entry.destination.addresses
    for crossing in case.observed:
        flow = crossing.flow
        if flow is None or not flow.answered:
            continue
        other = flow.dst if flow.src in peers else flow.src if flow.dst in peers else None
        zone = case.project.zones.of(other) if other is not None else None
        if zone is not None and zone.zone_class is ZoneClass.PUBLIC:
            yield flow


def _seen(case: Case, entry: ExceptionEntry, flow: Flow) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=N_(
            "Exception {id}: its far end {peer} was seen talking to the public address {address}.",
            address=format_address(flow.dst if flow.src in entry.destination.addresses else flow.src),
            **_names(entry),
        ),
        anchor=(entry.id, "seen"),
        zones=zones_of(case.project, entry),
        evidence=(flow.first, entry.span),
        flow=flow,
        fix=N_("Stop the exception until its far end is off the Internet."),
    )


PLUGIN = Check(
    id="ZG106",
    name="exception-peer",
    title="The far end of an exception is off the Internet",
    severity=Severity.CRITICAL,
    run=_run,
    why="A far end on the Internet makes the exception a path from the Internet into the My Number zone.",
    fix="Obtain the operator's written confirmation, or close the exception.",
)
