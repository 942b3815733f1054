"""ZG212: by the local breakout, approved cloud services are reached and nothing else.

Every answered flow to a public address that a capture taken in a zone of class ``local-breakout`` shows, or that a host
of such a zone opened, must go to an address of the project's ``cloud`` list or name one of its names (TLS SNI, HTTP
host); one that names another is a violation. A flow that names no host and goes to no listed address is a violation
where no row lets it out (QUIC past a proxy, say), and else undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import flow_text, key_of, seen, told
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.matters import Matter

FIX = N_("Have the service approved and list it under cloud, or block it at the breakout.")


def _run(case: Case) -> Iterator[Finding]:
    traffic, services = case.traffic, case.project.cloud
    if traffic is None:
        return
    breakout = {ZoneClass.LOCAL_BREAKOUT}
    found = traffic.answered & traffic.ends_in({ZoneClass.PUBLIC})
    found &= traffic.taken_in(breakout) | traffic.opened_in(breakout)
    for service in services:
        found &= ~traffic.goes_to(service.addresses)
    names = {at: said for flow, said in _names(case).items() if (at := traffic.position(flow)) >= 0}
    other = {at: {n for n in said if not any(s.is_called(n) for s in services)} for at, said in names.items()}
    named = traffic.alike(found, traffic.at(names))
    strange = traffic.alike(found, traffic.at(at for at, said in other.items() if said))
    for matter in traffic.matters(strange):
        said = sorted({name for at in set(matter.which.tolist()) & set(other) for name in other[at]})
        message = N_(
            "{names} was reached by the local breakout and is no approved cloud service ({flow}).",
            names=", ".join(said),
            flow=flow_text(matter[0]),
        )
        yield _finding(case, matter, message, Verdict.VIOLATES, said)
    silent = found & ~named
    declared = traffic.alike(silent, traffic.crossing & case.legitimate)
    undeclared = silent & ~declared if case.static is not None else traffic.at(())
    for matter in traffic.matters(undeclared):
        message = N_("By the local breakout goes what no row lets out: {flow}.", flow=flow_text(matter[0]))
        yield _finding(case, matter, message, Verdict.VIOLATES)
    for matter in traffic.matters(silent & ~undeclared):
        message = N_(
            "Which service was reached by the local breakout cannot be said: {flow}.", flow=flow_text(matter[0])
        )
        yield _finding(case, matter, message, Verdict.UNDETERMINED)


def _finding(case: Case, matter: Matter, message: Text, verdict: Verdict, names: Sequence[str] = ()) -> Finding:
    anchor = (*key_of(matter), *names)
    message = told(matter, message)
    return seen(case, PLUGIN.id, PLUGIN.severity, message, matter, anchor, FIX, verdict=verdict)


def _names(case: Case) -> dict[Flow, set[str]]:
    """The host names that each flow names."""
    found: dict[Flow, set[str]] = {}
    for transfer in case.dynamic.transfers if case.dynamic else ():
        facts = dict(transfer.facts)
        host = facts.get("sni") or (urlsplit(facts["url"]).hostname if "url" in facts else None)
        if host:
            found.setdefault(transfer.flow, set()).add(host)
    return found


def _silent(case: Case, _: str) -> Text | None:
    if any(zone.zone_class is ZoneClass.LOCAL_BREAKOUT for zone in case.project.zones):
        return None
    return N_("The project declares no local breakout; which cloud services are reached otherwise is not judged.")


PLUGIN = Check(
    id="ZG212",
    name="unapproved-cloud",
    title="The local breakout leads to approved cloud services only",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="What leaves past the security cloud is watched by nobody else.",
    fix="Permit the approved services by name or address at the breakout, and deny the rest, UDP included.",
    wants="The list of approved services (cloud), and captures at the breakout.",
    example="- SNI: files.example\n+ cloud: [{id: C1, names: [files.example]}]",
    silent=_silent,
)
