"""ZG107: the Internet is reached through the security cloud only.

Every place where a zone of class ``public`` attaches to a device, by a route or by a policy route for public addresses,
must lead to a next hop in a zone by which the project's ``model`` lets hosts out: ``security-cloud`` or
``local-breakout``. Another default route, a PPP line or a second uplink is a violation at the line of the route (aspect
``gateway``); so is a route that another of the same prefix keeps out of the table, for the day on which that one fails.
Where the project declares no security cloud, that is undetermined; each way out beside the first then needs somebody's
word that it is needed (aspect ``points``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from zoneguard.checks import Case, Check
from zoneguard.model.device import Route, RouteKind
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass
from zoneguard.static.conditions import compile_match
from zoneguard.static.fib import Way
from zoneguard.static.topology import Context

Exit = tuple[Context, Route, str]


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    inside = [z.name for z in case.project.zones if z.zone_class is ZoneClass.INTERNET]
    public = [z.name for z in case.project.zones if z.zone_class is ZoneClass.PUBLIC]
    zones = (*inside[:1], *public[:1])
    exits = list(_exits(case))
    if _has_cloud(case):
        for context, route, interface in exits:
            hop = case.project.zones.of(route.next_hop) if route.next_hop is not None else None
            if hop is None or hop.zone_class not in case.project.network_model.gateways:
                yield _past_the_cloud(context, route, interface, zones)
        for context, route, interface in _waiting(case):
            hop = case.project.zones.of(route.next_hop) if route.next_hop is not None else None
            if hop is None or hop.zone_class not in case.project.network_model.gateways:
                message = N_(
                    "{device} sends public addresses out of {interface}, not through the security cloud, once the "
                    "route before it fails.",
                    device=str(context),
                    interface=interface,
                )
                found = _past_the_cloud(context, route, interface, zones)
                yield replace(found, message=message, anchor=(*found.anchor, "waiting"))
    else:
        points = list({(str(exit_[0]), exit_[2]): exit_ for exit_ in exits}.values())
        for point in points[1:]:
            yield _another_point(points[0], point, zones)


def _past_the_cloud(context: Context, route: Route, interface: str, zones: tuple[str, ...]) -> Finding:
    return Finding(
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
        aspect="gateway",
        fix=N_("Remove the route and the line, or have them approved as a named local breakout."),
    )


def _another_point(first: Exit, other: Exit, zones: tuple[str, ...]) -> Finding:
    context, route, interface = other
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.ATTESTATION_NEEDED,
        message=N_(
            "{device} reaches the Internet by {interface}, beside {first}: nobody confirms that both are needed.",
            device=str(context),
            interface=interface,
            first=f"{first[0]} {first[2]}",
        ),
        anchor=("points", str(context), interface),
        zones=zones,
        evidence=(route.span, first[1].span),
        aspect="points",
        fix=N_("Close the connection, or record why a second one is needed."),
    )


def _exits(case: Case) -> Iterator[Exit]:
    assert case.static
    topology = case.static.network.topology
    public = {z.name for z in case.project.zones if z.zone_class is ZoneClass.PUBLIC}
    found = [(a.context, a.target.route, a.interface) for a in topology.attachments if a.zone in public]
    outside = Intervals.from_spans(span for name in public for span in case.project.zones.addresses(name).spans)
    for context in topology.contexts.values():
        left = case.space.field(Field.DST, outside)
        for policy in context.vrf.policy_routes:
            asked = compile_match(case.space, policy.match, None, None)
            sends = bool(left & asked)
            left = left - asked.must()
            for next_hop, interface in policy.targets if sends else ():
                route = Route(0, 0, policy.span, next_hop=next_hop, interface=interface)
                wired = next_hop is None and topology.neighbours(context, Way(interface, None))
                if not wired and (next_hop is None or not topology.owners.get(next_hop)):
                    found.append((context, route, interface or "policy route"))
    yield from {(str(c), r.span, i): (c, r, i) for c, r, i in found}.values()


def _waiting(case: Case) -> Iterator[Exit]:
    """Static routes for public addresses that a better one of the same prefix keeps waiting."""
    assert case.static
    topology = case.static.network.topology
    outside = Intervals.from_spans(
        span
        for zone in case.project.zones
        if zone.zone_class is ZoneClass.PUBLIC
        for span in case.project.zones.addresses(zone.name).spans
    )
    for context in topology.contexts.values():
        best: dict[tuple[int, int], tuple[int, int]] = {}
        for route in context.vrf.routes:
            key, rank = (route.network, route.length), (route.distance, route.metric)
            best[key] = min(rank, best.get(key, rank))
        shut = {interface.name for interface in context.device.interfaces if not interface.enabled}
        for route in context.vrf.routes:
            beaten = (route.distance, route.metric) > best[route.network, route.length]
            leads_on = route.kind is not RouteKind.BLACKHOLE and not route.into and route.interface not in shut
            owned = route.next_hop is not None and topology.owners.get(route.next_hop)
            if beaten and leads_on and not owned and route.prefix & outside:
                yield context, route, route.interface or "-"


def _has_cloud(case: Case) -> bool:
    return any(z.zone_class is ZoneClass.SECURITY_CLOUD for z in case.project.zones)


def _silent(case: Case, aspect: str) -> Text | None:
    if aspect != "gateway" or _has_cloud(case):
        return None
    return N_("The project declares no zone of class security-cloud.")


PLUGIN = Check(
    id="ZG107",
    name="single-egress",
    title="The Internet is reached through the security cloud only",
    severity=Severity.HIGH,
    run=_run,
    aspects=frozenset({"gateway", "points"}),
    needs=frozenset({"static"}),
    why="What leaves elsewhere is neither monitored nor filtered by the shared gateway.",
    fix="Route public addresses to the security cloud only; declare an approved breakout as a zone of its own.",
    wants="A zone of class security-cloud, and the routing table of each device at the edge.",
    example="- ip route default gateway pp 1\n+ ip route default gateway 203.0.113.1",
    silent=_silent,
)
