"""ZG128: services that spread attacks are open between zones only where they are declared.

Remote control, file sharing and remote procedure calls (telnet, FTP, TFTP, RPC, NetBIOS, SMB, rlogin, RDP, VNC, WinRM,
X11): how an intruder goes from host to host. A rule that names such a service between two zones, without a row of
``allow`` or of the register that lets it pass, is a finding. Rules for every service are those of ZG110 and ZG127.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._limits import permits
from zoneguard.checks._permitted import Part, pairs, parts_of, permitted
from zoneguard.checks._policy import allowed
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_

TCP, UDP = 6, 17
SERVICES: dict[str, tuple[tuple[int, Intervals], ...]] = {
    "FTP": ((TCP, Intervals.of(21)),),
    "telnet": ((TCP, Intervals.of(23)),),
    "TFTP": ((UDP, Intervals.of(69)),),
    "RPC": ((TCP, Intervals.of(111, 135)), (UDP, Intervals.of(111, 135))),
    "NetBIOS": ((TCP, Intervals.span(137, 139)), (UDP, Intervals.span(137, 139))),
    "SMB": ((TCP, Intervals.of(445)),),
    "rlogin": ((TCP, Intervals.span(512, 514)),),
    "RDP": ((TCP, Intervals.of(3389)), (UDP, Intervals.of(3389))),
    "VNC": ((TCP, Intervals.span(5900, 5910)),),
    "WinRM": ((TCP, Intervals.span(5985, 5986)),),
    "X11": ((TCP, Intervals.span(6000, 6063)),),
}


def _run(case: Case) -> Iterator[Finding]:
    known = list(permits(case))
    naming = {p.rule.span for p in known if "service" in p.limits}
    unwritten = {p.rule.span for p in known if p.rule.implied and not p.limits}
    services = {name: _packets(case, name) for name in SERVICES}
    risky = case.space.union(*services.values())
    for pair in pairs(case):

        def meant(crossing: Crossing, pair: tuple[str, str] = pair) -> PacketSet:
            return risky - allowed(case, *pair, crossing.path)

        groups: dict[SourceSpan, list[Part]] = {}
        for crossing, packets in parts_of(case, pair, meant):
            lines = [line for hop in crossing.path for line in hop.lines if line not in unwritten]
            if lines and set(lines) <= naming:
                groups.setdefault(lines[-1], []).append((crossing, packets))
        for parts in groups.values():
            whole = case.space.union(*(packets for _, packets in parts))
            names = [name for name, packets in services.items() if packets & whole]
            message = N_(
                "{services} may be opened from {source} to {destination}, and no row of the project names it.",
                services=", ".join(names),
                source=pair[0],
                destination=pair[1],
            )
            fix = N_("Close the service between the zones, or declare who needs it.")
            yield permitted(case, PLUGIN.id, PLUGIN.severity, message, parts, fix)


def _packets(case: Case, name: str) -> PacketSet:
    space = case.space
    return space.union(
        *(space.field(Field.PROTO, Intervals.of(p)) & space.field(Field.DPORT, ports) for p, ports in SERVICES[name])
    )


PLUGIN = Check(
    id="ZG128",
    name="risky-service",
    title="Services that spread attacks are open only where declared",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="Malware goes from zone to zone by file sharing and remote control.",
    fix="Close these services between zones; where one is needed, declare it host by host.",
    example="- permit tcp any any eq 445\n+ permit tcp 10.20.0.0 0.0.255.255 host 10.40.1.20 eq 443",
)
