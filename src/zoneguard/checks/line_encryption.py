"""ZG139: tunnels between sites cannot be read on the way.

Each tunnel that a device builds must encrypt what it carries. One that does not, and whose far end lies in a zone of
class ``public``, runs over the Internet for anybody to read. Over a closed line the policy asks for encryption where
it is needed: that is a matter for somebody's word, as are tunnels of which the export does not tell. Lines without a
tunnel are not seen here; what captures show of them is ZG206's matter.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import class_of
from zoneguard.checks._settings import managed
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Device
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.settings import Tunnel
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass


def _run(case: Case) -> Iterator[Finding]:
    for device, tunnel in _tunnels(case):
        if tunnel.encrypted:
            continue
        names = {"device": device.name, "tunnel": tunnel.name}
        fix = N_("Protect the tunnel by IPsec, or attest that the line needs no encryption.")
        public = tunnel.peer is not None and class_of(case, tunnel.peer) is ZoneClass.PUBLIC
        if tunnel.encrypted is None:
            message = N_("The export of {device} does not tell whether the tunnel {tunnel} is encrypted.", **names)
        elif public and tunnel.peer is not None:
            peer = format_address(tunnel.peer)
            message = N_(
                "The tunnel {tunnel} of {device} runs over the Internet to {peer} for anybody to read.",
                peer=peer,
                **names,
            )
        else:
            message = N_("The tunnel {tunnel} of {device} is not encrypted.", **names)
        verdict = Verdict.VIOLATES if public and tunnel.encrypted is not None else Verdict.ATTESTATION_NEEDED
        yield managed(PLUGIN.id, PLUGIN.severity, device, message, (tunnel.name,), (tunnel.span,), fix, verdict=verdict)


def _tunnels(case: Case) -> Iterator[tuple[Device, Tunnel]]:
    for device in case.static.devices if case.static else ():
        for tunnel in device.tunnels:
            yield device, tunnel


def _silent(case: Case, _: str) -> Text | None:
    return None if next(_tunnels(case), None) else N_("No export names a tunnel to another site.")


PLUGIN = Check(
    id="ZG139",
    name="line-encryption",
    title="Tunnels between sites cannot be read on the way",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="Whoever stands on the line between two sites reads what is not encrypted, and may change it.",
    fix="Protect tunnels by IPsec with ESP.",
    wants="The exports of the routers and firewalls at both ends of each line.",
    example="- tunnel mode gre ip / tunnel destination 203.0.113.9\n"
    "+ tunnel mode ipsec ipv4 / tunnel protection ipsec profile HONCHO",
    silent=_silent,
)
