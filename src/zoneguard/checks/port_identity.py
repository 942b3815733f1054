"""ZG138: ports of switches know the devices that they let in.

A port that is meant for a terminal must ask it for its identity: 802.1X, MAC authentication, or port security. A
switch with ports that do not is a matter for somebody's word: an appliance beside the switch may tell known devices
from others (不正接続検知), or the port may be behind a locked door. Ports that are shut down, trunks and routed ports
are no sockets; one whose description names another device of the project is taken for the link to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.settings import Socket
from zoneguard.model.text import N_, Text

SHOWN = 5
_WORD = re.compile(r"[^\s\"',;:()\[\]]+")


def _run(case: Case) -> Iterator[Finding]:
    for device, sockets in _telling(case):
        unknowing = [socket for socket in sockets if not socket.identifies]
        if not unknowing:
            continue
        names = ", ".join(socket.name for socket in unknowing[:SHOWN])
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.ATTESTATION_NEEDED,
            message=N_(
                "{count} of {total} sockets of {device} let in any device ({ports}).",
                count=len(unknowing),
                total=len(sockets),
                device=device.name,
                ports=names + (" …" if len(unknowing) > SHOWN else ""),
            ),
            anchor=(device.name, "sockets"),
            evidence=tuple(socket.span for socket in unknowing),
            fix=N_(
                "Let these ports ask for 802.1X or the MAC address, shut down those that nobody uses, or attest what "
                "else keeps unknown devices out."
            ),
        )


def _telling(case: Case) -> Iterator[tuple[Device, tuple[Socket, ...]]]:
    names = {device.name.lower() for device in case.static.devices} if case.static else set()
    for device in case.static.devices if case.static else ():
        others = names - {device.name.lower()}
        sockets = tuple(s for s in device.sockets or () if not others & set(_WORD.findall(s.description)))
        if sockets:
            yield device, sockets


def _silent(case: Case, _: str) -> Text | None:
    return None if next(_telling(case), None) else N_("No export of a switch with sockets was given.")


PLUGIN = Check(
    id="ZG138",
    name="port-identity",
    title="Ports of switches know the devices that they let in",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="A socket that asks nothing puts whoever plugs in inside the zone, behind every firewall.",
    fix="Let ports ask for 802.1X or a registered MAC address, and shut down those that nobody uses.",
    wants="The exports of the switches that terminals are plugged into.",
    example="- interface port1.0.5 / switchport access vlan 20\n"
    "+ interface port1.0.5 / switchport access vlan 20 / auth-mac enable",
    silent=_silent,
)
