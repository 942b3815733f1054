"""ZG114: the local breakout is open to the approved cloud services only.

Every session that the configurations let pass to a zone of class ``public`` and out into a zone of class
``local-breakout`` on its way must go to an address of the project's ``cloud`` list. A service that is listed by name
alone may be at any address: then a rule for a few addresses is undetermined, and only one that is open to more than a
large provider has (a /8 of IPv4) is a violation. A rule whose destination is a name has an open condition, and is
undetermined for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import Part, pairs, parts_of, permitted
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

EVERYWHERE = 1 << 24
"""Addresses that are more than one provider has."""
FIX = N_("Name the approved services as the rule's destinations, and list their addresses under cloud.")


def _run(case: Case) -> Iterator[Finding]:
    listed = Intervals.from_spans(span for service in case.project.cloud for span in service.addresses.spans)
    by_name = any(service.names and not service.addresses for service in case.project.cloud)
    other = ~case.space.field(Field.DST, listed)
    for pair in pairs(case):
        if case.project.zones[pair[1]].zone_class is not ZoneClass.PUBLIC:
            continue

        def beyond(crossing: Crossing) -> PacketSet:
            return other if _by_breakout(case, crossing) else case.space.nothing

        groups: dict[tuple[object, ...], list[Part]] = {}
        for part in parts_of(case, pair, beyond):
            groups.setdefault(tuple(line for hop in part[0].path for line in hop.lines), []).append(part)
        for parts in groups.values():
            addresses = case.space.union(*(packets for _, packets in parts)).must().project(Field.DST)
            certain = addresses.size > EVERYWHERE or not by_name
            message = N_(
                "From {source} the local breakout leads to addresses of {destination} that no listed service has.",
                source=pair[0],
                destination=pair[1],
            )
            yield permitted(
                case,
                PLUGIN.id,
                PLUGIN.severity,
                message,
                parts,
                FIX,
                verdict=Verdict.VIOLATES if addresses and certain else Verdict.UNDETERMINED,
            )


def _by_breakout(case: Case, crossing: Crossing) -> bool:
    assert case.static
    breakouts = _breakouts(case)
    attached = case.static.network.topology.attachments
    exits = {(a.context.device.name, a.interface) for a in attached if a.zone in breakouts}
    return any((hop.device, hop.egress) in exits for hop in crossing.path)


def _breakouts(case: Case) -> list[str]:
    return [zone.name for zone in case.project.zones if zone.zone_class is ZoneClass.LOCAL_BREAKOUT]


def _silent(case: Case, _: str) -> Text | None:
    if _breakouts(case):
        return None
    return N_("The project declares no local breakout; which cloud services are reached otherwise is not judged.")


PLUGIN = Check(
    id="ZG114",
    name="breakout-width",
    title="The local breakout is open to approved cloud services only",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static"}),
    why="A breakout that is open to every address is a second Internet connection, past the security cloud.",
    fix="Limit the breakout's rules to the addresses or names of approved services.",
    wants="A zone of class local-breakout, and the addresses of approved services (cloud).",
    example=('- set dstaddr "all"\n- set dstintf "lbo"\n+ set dstaddr "approved-saas"\n+ set dstintf "lbo"'),
    silent=_silent,
)
