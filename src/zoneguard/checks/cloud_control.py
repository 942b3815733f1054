"""ZG115: inside a cloud service, rules name what may pass.

For every session that may pass through the network of a cloud provider (security groups, network ACLs, route tables),
the rules there must name a service: whatever a firewall at the office does on the way does not count, since the cloud's
own hosts do not pass it. A session that no rule of the cloud decides is a finding as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._limits import NOTHING, permits
from zoneguard.model.crossing import Crossing
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_, Text
from zoneguard.static.waypoints import hairpin


def _run(case: Case) -> Iterator[Finding]:
    clouds = _clouds(case)
    limits = {p.rule.span: p.limits for p in permits(case)}
    found: dict[tuple[str, tuple[SourceSpan, ...]], list[Crossing]] = {}
    for crossing in case.possible:
        for hop in crossing.path if not hairpin(crossing) else ():
            named = NOTHING.union(*(limits.get(line, NOTHING) for line in hop.lines))
            if hop.device in clouds and "service" not in named:
                found.setdefault((hop.device, hop.lines or hop.defaults), []).append(crossing)
    for (device, lines), crossings in found.items():
        pairs = sorted({f"{c.source} → {c.destination}" for c in crossings})
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "In the cloud network {device} every service passes ({pairs}).", device=device, pairs=", ".join(pairs)
            ),
            anchor=(device, *pairs),
            zones=tuple(dict.fromkeys(z for c in crossings for z in (c.source, c.destination))),
            evidence=lines,
            path=crossings[0].path,
            fix=N_("Name protocol and port in the security group or the network ACL."),
        )


def _clouds(case: Case) -> frozenset[str]:
    devices = case.static.devices if case.static else ()
    return frozenset(device.name for device in devices if device.cloud)


def _silent(case: Case, _: str) -> Text | None:
    return None if _clouds(case) else N_("No export of a cloud service's network was given.")


PLUGIN = Check(
    id="ZG115",
    name="cloud-control",
    title="Inside a cloud service, rules name what may pass",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="In the cloud every host is its own boundary: what its group lets in, nobody else stops.",
    fix="Give each role its own security group, with the services and the sources that it needs.",
    wants="The exported network of each cloud service.",
    example=(
        '- "IpProtocol": "-1", "CidrIp": "0.0.0.0/0"\n'
        '+ "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.10.0.0/16"'
    ),
    silent=_silent,
)
