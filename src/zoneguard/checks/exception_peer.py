"""ZG106: the far end of an exception is not itself connected to the Internet.

``peer-internet: attested-no`` in the register keeps the clause; ``yes`` breaks it; without a word about it an
attestation is needed, where a policy asks. Whatever the register says, it is broken by a far end that any capture
shows talking to a public address, by one that lies in a zone of class ``public`` itself, and by a session that the
given configurations let pass between it and such a zone, in either direction. The far end is the one outside the My
Number zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import Part, pairs, parts_of, permitted
from zoneguard.checks._policy import zones_of
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Endpoint, ExceptionEntry, PeerInternet
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass


def _run(case: Case) -> Iterator[Finding]:
    for entry in case.project.exceptions:
        seen = next(_public_flows(case, entry), None)
        ways = list(_public_ways(case, entry))
        if seen is not None:
            yield _seen(case, entry, seen)
        for parts in ways:
            yield _connected(case, entry, parts)
        if seen is None and not ways and _lies_outside(case, entry):
            yield _outside(case, entry)
        elif seen is None and not ways and _doubtful(case, entry):
            connected = entry.peer_internet is PeerInternet.YES
            yield Finding(
                check=PLUGIN.id,
                severity=PLUGIN.severity,
                verdict=Verdict.VIOLATES if connected else Verdict.ATTESTATION_NEEDED,
                message=N_("Exception {id}: its far end {peer} is connected to the Internet.", **_names(case, entry))
                if connected
                else N_(
                    "Exception {id}: nobody attests that its far end {peer} is off the Internet.", **_names(case, entry)
                ),
                anchor=(entry.id,),
                zones=zones_of(case.project, entry),
                evidence=(entry.span,),
                fix=N_("Have the far end's operator confirm it in writing, and enter peer-internet: attested-no."),
            )


def _doubtful(case: Case, entry: ExceptionEntry) -> bool:
    """Whether the register says that the far end is connected, or says nothing though a policy asks."""
    if entry.peer_internet is PeerInternet.UNKNOWN:
        return case.asks(PLUGIN.id, "")
    return entry.peer_internet is PeerInternet.YES


def _peer(case: Case, entry: ExceptionEntry) -> Endpoint:
    """The end of the row outside the My Number zone."""
    source, destination = (
        case.project.zones[name].zone_class if name else None for name in zones_of(case.project, entry)
    )
    inbound = destination is ZoneClass.MYNUMBER and source is not ZoneClass.MYNUMBER
    return entry.source if inbound else entry.destination


def _names(case: Case, entry: ExceptionEntry) -> dict[str, str]:
    return {"id": entry.id, "peer": _peer(case, entry).name}


def _lies_outside(case: Case, entry: ExceptionEntry) -> bool:
    """Whether the far end's address is a public one, and a policy asks that it be off the Internet."""
    zone = case.project.zones.of(_peer(case, entry).addresses.first)
    return zone is not None and zone.zone_class is ZoneClass.PUBLIC and case.asks(PLUGIN.id, "")


def _outside(case: Case, entry: ExceptionEntry) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=N_("Exception {id}: its far end {peer} is itself an address of the Internet.", **_names(case, entry)),
        anchor=(entry.id, "outside"),
        zones=zones_of(case.project, entry),
        evidence=(entry.span,),
        fix=N_("Reach the far end over a closed line in a zone of its own, or close the exception."),
    )


def _public_ways(case: Case, entry: ExceptionEntry) -> Iterator[list[Part]]:
    """What may pass between the far end and public zones, by pair of zones; not where the far end is in one itself."""
    peer = _peer(case, entry)
    if case.static is None:
        return
    classes = {zone.name: zone.zone_class for zone in case.project.zones}
    home = case.project.zones.of(peer.addresses.first)
    own = {
        Field.SRC: case.space.field(Field.SRC, peer.addresses),
        Field.DST: case.space.field(Field.DST, peer.addresses),
    }
    for pair in pairs(case):
        for here, there, field in ((*pair, Field.SRC), (*reversed(pair), Field.DST)):
            if home is not None and here == home.name != there and classes[there] is ZoneClass.PUBLIC:
                parts = parts_of(case, pair, lambda _, field=field: own[field])  # type: ignore[misc]
                if parts:
                    yield parts


def _connected(case: Case, entry: ExceptionEntry, parts: list[Part]) -> Finding:
    message = N_(
        "Exception {id}: the configurations let its far end {peer} and the Internet open sessions to each other.",
        **_names(case, entry),
    )
    found = permitted(case, PLUGIN.id, PLUGIN.severity, message, parts, N_("Close the way, or the exception."))
    return replace(found, anchor=(entry.id, *found.anchor), evidence=(*found.evidence, entry.span))


def _public_flows(case: Case, entry: ExceptionEntry) -> Iterator[Flow]:
    traffic = case.traffic
    if traffic is not None:
        peers = _peer(case, entry).addresses
        opened, public = traffic.comes_from(peers), {ZoneClass.PUBLIC}
        outward = opened & traffic.ends_in(public)
        inward = ~opened & traffic.goes_to(peers) & traffic.opened_in(public)
        yield from traffic.some((traffic.crossing & traffic.answered & (outward | inward)).nonzero()[0][:1])


def _seen(case: Case, entry: ExceptionEntry, flow: Flow) -> Finding:
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=N_(
            "Exception {id}: its far end {peer} was seen talking to the public address {address}.",
            address=format_address(flow.dst if flow.src in _peer(case, entry).addresses else flow.src),
            **_names(case, entry),
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
    wants="The far end's operator, in writing; the configurations on the way to it.",
    example="- peer-internet: unknown\n+ peer-internet: attested-no",
)
