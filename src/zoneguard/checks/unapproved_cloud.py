"""ZG212: by the local breakout, approved cloud services are reached and nothing else.

Every answered flow to a public address that a capture taken in a zone of class ``local-breakout`` shows, or that a host
of such a zone opened, must go to an address of the project's ``cloud`` list or name one of its names (TLS SNI, HTTP
host); one that names another is a violation. A flow that names no host and goes to no listed address is a violation
where no row lets it out (QUIC past a proxy, say), and else undetermined.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from zoneguard.checks import Case, Check
from zoneguard.checks._legitimate import Legitimate
from zoneguard.checks._seen import class_of, flows_of, grouped, seen
from zoneguard.checks._undeclared import flow_text
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

FIX = N_("Have the service approved and list it under cloud, or block it at the breakout.")


def _run(case: Case) -> Iterator[Finding]:
    legitimate = Legitimate(case)
    crossings = {crossing.flow: crossing for crossing in case.observed}
    names = _names(case)
    services = case.project.cloud

    def by_breakout(flow: Flow) -> bool:
        entry = case.dynamic.points.get(flow.first.file) if case.dynamic else None
        here = (
            entry is not None and entry.zone and case.project.zones[entry.zone].zone_class is ZoneClass.LOCAL_BREAKOUT
        )
        opened = class_of(case, flow.src) is ZoneClass.LOCAL_BREAKOUT
        return flow.answered and class_of(case, flow.dst) is ZoneClass.PUBLIC and bool(here or opened)

    for key, flows in grouped(flows_of(case, by_breakout)):
        if any(flows[0].dst in service.addresses for service in services):
            continue
        said = sorted({name for flow in flows for name in names.get(flow, ())})
        other = [name for name in said if not any(service.is_called(name) for service in services)]
        if said and not other:
            continue
        undeclared = case.static is not None and not any(legitimate.flow(crossings[f]) for f in flows if f in crossings)
        message = (
            N_(
                "{names} was reached by the local breakout and is no approved cloud service ({flow}).",
                names=", ".join(other),
                flow=flow_text(flows[0]),
            )
            if other
            else N_("By the local breakout goes what no row lets out: {flow}.", flow=flow_text(flows[0]))
            if undeclared
            else N_("Which service was reached by the local breakout cannot be said: {flow}.", flow=flow_text(flows[0]))
        )
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            message,
            flows,
            (*key, *other),
            FIX,
            verdict=Verdict.VIOLATES if other or undeclared else Verdict.UNDETERMINED,
        )


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
