"""ZG214: printers and special-purpose devices keep to their own zone.

A multi-function printer (role ``mfp``) or a special-purpose or IoT device (role ``iot``) opens no session to another
zone that no row of the project allows, and none is opened to it: whatever a configuration lets pass, or a capture
shows answered. The aspect is the role.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import pairs, parts_of, permitted
from zoneguard.checks._policy import allowed
from zoneguard.checks._seen import flow_text, key_of, matters, seen, told
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity
from zoneguard.model.project import Role
from zoneguard.model.text import N_, Text

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

ROLES = (Role.MFP, Role.IOT)
FIX = N_("Keep the device in a zone of its own, and let it reach the hosts only that it needs.")


def _run(case: Case) -> Iterator[Finding]:
    for role in ROLES:
        addresses = case.project.having(role)
        if addresses:
            yield from _possible(case, role, addresses)
            yield from _observed(case, role, addresses)


def _possible(case: Case, role: Role, addresses: Intervals) -> Iterator[Finding]:
    space = case.space
    own = space.field(Field.SRC, addresses) | space.field(Field.DST, addresses)
    for pair in pairs(case):
        parts = parts_of(
            case, pair, lambda crossing: own - allowed(case, crossing.source, crossing.destination, crossing.path)
        )
        if parts:
            message = N_(
                "Sessions of a device ({role}) may be opened from {source} to {destination} that no row allows.",
                role=role.value,
                source=pair[0],
                destination=pair[1],
            )
            yield permitted(case, PLUGIN.id, PLUGIN.severity, message, parts, FIX, aspect=role)


def _observed(case: Case, role: Role, addresses: Intervals) -> Iterator[Finding]:
    def strange(traffic: Traffic) -> Bool:
        own = traffic.comes_from(addresses) | traffic.goes_to(addresses)
        return traffic.crossing & traffic.answered & own & ~case.legitimate

    for matter in matters(case, strange):
        flow = flow_text(matter[0])
        message = told(matter, N_("A device ({role}) talked to another zone: {flow}.", role=role.value, flow=flow))
        anchor = ("observed", role, *key_of(matter))
        yield seen(case, PLUGIN.id, PLUGIN.severity, message, matter, anchor, FIX, aspect=role)


def _silent(case: Case, aspect: str) -> Text | None:
    roles = [role for role in ROLES if aspect in ("", role)]
    if any(case.project.having(role) for role in roles):
        return None
    return N_("No host of the project has the role {roles}.", roles=", ".join(roles))


PLUGIN = Check(
    id="ZG214",
    name="special-devices",
    title="Printers and special-purpose devices keep to their zone",
    severity=Severity.MEDIUM,
    run=_run,
    aspects=frozenset({"mfp", "iot"}),
    why="Such devices are seldom patched, and see every document that is printed.",
    fix="Give them a zone of their own without a way to the My Number and LGWAN zones.",
    wants="The roles mfp and iot of hosts.",
    example="- tcp 10.20.0.200 (mfp) > 10.10.0.5:445\n+ {id: A8, from: mfp, to: scan-sv, services: [tcp/445]}",
    silent=_silent,
)
