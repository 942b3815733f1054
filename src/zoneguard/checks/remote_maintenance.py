"""ZG210: maintenance from outside ends at a jump host.

Sessions of remote control (SSH, telnet, RDP, VNC, WinRM) from outside the municipality to a host inside, that some
configuration lets pass or a capture shows answered, must end at a host with the role ``jump-host``. That a row of
``allow`` or of the register permits them is not enough: it says that they may come, not that they end where they are
watched. The aspect is the class of the zone from which they come.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._permitted import pairs, parts_of, permitted
from zoneguard.checks._seen import (
    CONTROL,
    CONTROL_PORTS,
    INSIDE,
    OUTSIDE,
    TCP,
    class_of,
    flow_text,
    key_of,
    matters,
    seen,
    told,
)
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity
from zoneguard.model.project import Role
from zoneguard.model.text import N_

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

FIX = N_("Let maintenance end at a jump host that is watched, from named sources and for named times.")


def _run(case: Case) -> Iterator[Finding]:
    jump = case.project.having(Role.JUMP_HOST)
    space = case.space
    control = space.field(Field.PROTO, Intervals.of(TCP)) & space.field(Field.DPORT, CONTROL)
    watched = space.field(Field.DST, jump)
    for pair in pairs(case):
        parts = parts_of(case, pair, lambda _: control - watched) if _inward(case, *pair) else []
        if parts:
            message = N_(
                "Remote control from {source} may reach hosts of {destination} that are no jump host.",
                source=pair[0],
                destination=pair[1],
            )
            aspect = case.project.zones[pair[0]].zone_class
            yield permitted(case, PLUGIN.id, PLUGIN.severity, message, parts, FIX, aspect=aspect)

    def controlling(traffic: Traffic) -> Bool:
        inward = traffic.opened_in(OUTSIDE) & traffic.ends_in(INSIDE)
        return traffic.answered & traffic.tcp(CONTROL_PORTS) & inward & ~traffic.goes_to(jump)

    for matter in matters(case, controlling):
        message = told(matter, N_("A host inside was controlled from outside: {flow}.", flow=flow_text(matter[0])))
        origin = class_of(case, matter[0].src) or ""
        anchor = ("observed", *key_of(matter))
        yield seen(case, PLUGIN.id, PLUGIN.severity, message, matter, anchor, FIX, aspect=origin)


def _inward(case: Case, source: str, destination: str) -> bool:
    zones = case.project.zones
    return zones[source].zone_class in OUTSIDE and zones[destination].zone_class not in OUTSIDE


PLUGIN = Check(
    id="ZG210",
    name="remote-maintenance",
    title="Maintenance from outside ends at a jump host",
    severity=Severity.HIGH,
    run=_run,
    by_zone=True,
    why="A contractor's line is a way in for whoever holds the contractor's terminal.",
    fix="Put a jump host at the end of every maintenance line, and close remote control to everything else.",
    wants="The role jump-host of the hosts through which maintenance goes.",
    example="- tcp 198.18.5.9 > 10.20.10.10:3389\n+ tcp 198.18.5.9 > 10.90.0.20:22 (jump-host)",
)
