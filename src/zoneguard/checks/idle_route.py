"""ZG124: every static route has an effect.

A static route that is never used: its next hop cannot be reached, its interface is down, or longer prefixes cover it
wholly. A route that stands by with a worse distance for the same prefix is a reserve, not a finding; nor is one into
nowhere (null), or a table that the device itself exported. Where the routing was not read as a whole nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.model.addresses import format_addresses
from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.static.fib import Fib
from zoneguard.static.topology import Context

UNUSABLE = N_("its next hop is not reached, or its interface is down")
COVERED = N_("longer prefixes cover it wholly")


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    topology = case.static.network.topology
    for key, context in topology.contexts.items():
        if all(entry.concern is not Concern.ROUTING for entry in context.device.uncertain):
            yield from _idle(context, topology.fibs[key])


def _idle(context: Context, fib: Fib) -> Iterator[Finding]:
    usable = {id(route): bool(fib.resolver.ways_of(route)) for route in context.vrf.routes}
    used = {(t.route.network, t.route.length) for t, destinations in fib.table().items() if destinations}
    for route in context.vrf.routes:
        if route.kind is not RouteKind.STATIC or (usable[id(route)] and (route.network, route.length) in used):
            continue
        prefix = format_addresses(route.prefix)[0]
        yield Finding(
            check=PLUGIN.id,
            severity=PLUGIN.severity,
            verdict=Verdict.VIOLATES,
            message=N_(
                "The route of {device} to {prefix} has no effect: {reason}.",
                device=str(context),
                prefix=prefix,
                reason=COVERED if usable[id(route)] else UNUSABLE,
            ),
            anchor=(*context.key, prefix, _way(route)),
            evidence=(route.span,),
            fix=N_("Correct the next hop or the interface, or remove the route."),
        )


def _way(route: Route) -> str:
    return f"{route.next_hop}/{route.interface}/{route.distance}"


PLUGIN = Check(
    id="ZG124",
    name="idle-route",
    title="Every static route has an effect",
    severity=Severity.LOW,
    run=_run,
    needs=frozenset({"static"}),
    why="A route that leads nowhere sends its packets by the next wider one, often the default route.",
    fix="Correct it or remove it, and look where its packets go today.",
    example="- ip route 10.30.64.0/24 gateway 192.0.2.99",
)
