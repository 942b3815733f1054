"""ZG218: who comes in from outside comes by a line that is meant for it.

Every answered flow from a public address to an own address of a modelled device by which a virtual private network is
built (IKE, IPsec, L2TP, PPTP, WireGuard, OpenVPN) must come from a host with the role ``access-line``: the address
ranges of the mobile carrier or closed line that staff are to use. Anything else may be a public line (公衆通信回線),
such as the wireless network of a café. Without a declared line nothing is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import TCP, UDP, flow_text, key_of, matters, seen, told
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity
from zoneguard.model.project import Role
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

GRE, ESP, AH = 47, 50, 51
TUNNELS = frozenset(
    {(UDP, 500), (UDP, 4500), (UDP, 1701), (UDP, 51820), (UDP, 1194), (TCP, 1194), (TCP, 1723)}
    | {(protocol, 0) for protocol in (GRE, ESP, AH)}
)


def _run(case: Case) -> Iterator[Finding]:
    lines = case.project.having(Role.ACCESS_LINE)
    if not lines:
        return

    def by_another(traffic: Traffic) -> Bool:
        building = traffic.answered & traffic.goes_to(case.own) & traffic.service(TUNNELS)
        return building & traffic.opened_in({ZoneClass.PUBLIC}) & ~traffic.comes_from(lines)

    for matter in matters(case, by_another):
        message = N_(
            "Somebody came in by a line that is not meant for access from outside: {flow}.",
            flow=flow_text(matter[0]),
        )
        yield seen(
            case,
            PLUGIN.id,
            PLUGIN.severity,
            told(matter, message),
            matter,
            key_of(matter),
            N_("Find out who it was and from where; let the device accept the lines that staff are to use only."),
        )


def _silent(case: Case, _: str) -> Text | None:
    if not case.own:
        return N_("No configuration tells which addresses are those of network devices.")
    if not case.project.having(Role.ACCESS_LINE):
        return N_("No host of the project has the role access-line: by which lines one may come in is not known.")
    return None


PLUGIN = Check(
    id="ZG218",
    name="access-line",
    title="Access from outside comes by lines that are meant for it",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"dynamic"}),
    why="On a public wireless network anybody may stand between the terminal and the office.",
    fix="Give staff a closed or mobile line, and accept its addresses only.",
    wants="The role access-line of the addresses by which staff come in, and a capture of the line to the Internet.",
    example="- udp 198.51.100.240 > 203.0.113.34:4500 (wireless network of a café)\n"
    "+ udp 192.0.2.70 > 203.0.113.34:4500 (access-line)",
    silent=_silent,
)
