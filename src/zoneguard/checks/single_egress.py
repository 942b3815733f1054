"""ZG107: the Internet is reached through the security cloud only.

Every place where a zone of class ``public`` attaches to a device, by a route or a policy route, must lead to a next
hop in a zone of class ``security-cloud`` or ``local-breakout``. Another default route, a PPP line or a second
uplink is a violation at the line of the route. Not applicable where the project declares no security cloud.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.device import Route
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.topology import Context

GATEWAYS = frozenset({ZoneClass.SECURITY_CLOUD, ZoneClass.LOCAL_BREAKOUT})


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    if not any(z.zone_class is ZoneClass.SECURITY_CLOUD for z in case.project.zones):
        return
    inside = [z.name for z in case.project.zones if z.zone_class is ZoneClass.INTERNET]
    public = [z.name for z in case.project.zones if z.zone_class is ZoneClass.PUBLIC]
    zones = (*inside[:1], *public[:1])
    for context, route, interface in _exits(case):
        hop = case.project.zones.of(route.next_hop) if route.next_hop is not None else None
        if hop is None or hop.zone_class not in GATEWAYS:
            yield Finding(
                check=PLUGIN.id,
                severity=PLUGIN.severity,
                verdict=Verdict.VIOLATES,
                message=N_(
                    "{device} sends public addresses out of {interface}, not through the security cloud.",
                    device=str(context),
                    interface=interface,
                ),
                anchor=(str(context), interface),
                zones=zones,
                evidence=(route.span,),
                fix=N_("Remove the route and the line, or have them approved as a named local breakout."),
            )


def _exits(case: Case) -> Iterator[tuple[Context, Route, str]]:
    assert case.static
    topology = case.static.network.topology
    public = {z.name for z in case.project.zones if z.zone_class is ZoneClass.PUBLIC}
    found = [(a.context, a.target.route, a.interface) for a in topology.attachments if a.zone in public]
    for context in topology.contexts.values():
        for policy in context.vrf.policy_routes:
            for next_hop, interface in policy.targets:
                route = Route(0, 0, policy.span, next_hop=next_hop, interface=interface)
                owned = next_hop is not None and topology.owners.get(next_hop)
                if not owned:
                    found.append((context, route, interface or "policy route"))
    yield from {(str(c), r.span, i): (c, r, i) for c, r, i in found}.values()


PLUGIN = Check(
    id="ZG107",
    name="single-egress",
    title="The Internet is reached through the security cloud only",
    severity=Severity.HIGH,
    run=_run,
    needs=frozenset({"static"}),
    why="What leaves elsewhere is neither monitored nor filtered by the shared gateway.",
    fix="Route public addresses to the security cloud only; declare an approved breakout as a zone of its own.",
)
