"""ZG125: answers come back by the way the session went.

Where a session enters a device by one interface, and that device's own routing table sends packets to the session's
source out by another, the answer goes another way: past the firewall that knows the session, or into one that does not.
Judged device by device from the second on the way (hosts are taken to be where they are routed), up to the first that
translates the source, since then the answer comes to the translator. Only sources of which no part is routed back are
said; devices with policy routes are left out, since those decide by more than the destination.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case, Check
from zoneguard.checks._rendering import sample
from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import N_
from zoneguard.static.fib import Target
from zoneguard.static.topology import Key
from zoneguard.static.translation import sent
from zoneguard.static.waypoints import hairpin


def _run(case: Case) -> Iterator[Finding]:
    assert case.static
    back = _Back(case)
    seen: set[tuple[str, ...]] = set()
    for crossing in case.possible:
        for before, hop, elsewhere, sources in _diverging(crossing, back):
            place = (*back.key(hop), hop.ingress, *sorted({t.way.interface for t in elsewhere}), crossing.source)
            if place not in seen:
                seen.add(place)
                yield _finding(crossing, before, hop, elsewhere, sources)


def _diverging(crossing: Crossing, back: _Back) -> Iterator[tuple[Hop, Hop, dict[Target, Intervals], PacketSet]]:
    """Each hop whose way back to the sources is another than the one they came, the hop before it, and that way."""
    if hairpin(crossing):
        return
    packets = sent(crossing.packets.may())
    sources = packets.project(Field.SRC)
    for before, hop in zip(crossing.path, crossing.path[1:], strict=False):
        if before.translations:
            return
        ways = back.ways(hop, sources)
        if ways and hop.ingress and all(target.way.interface not in ("", hop.ingress) for target in ways):
            yield before, hop, ways, packets


class _Back:
    """Where each device sends packets for given addresses."""

    def __init__(self, case: Case) -> None:
        assert case.static
        self._topology = case.static.network.topology
        self._tables: dict[Key, dict[Target, Intervals]] = {}

    @staticmethod
    def key(hop: Hop) -> Key:
        """The context of a hop."""
        return hop.device, hop.vrf

    def ways(self, hop: Hop, addresses: Intervals) -> dict[Target, Intervals]:
        """The ways out to ``addresses``; none where policy routes decide."""
        key = self.key(hop)
        if self._topology.contexts[key].vrf.policy_routes:
            return {}
        if key not in self._tables:
            self._tables[key] = dict(self._topology.fibs[key].table())
        return {t: part for t, where in self._tables[key].items() if (part := where & addresses)}


def _finding(
    crossing: Crossing, before: Hop, hop: Hop, elsewhere: dict[Target, Intervals], packets: PacketSet
) -> Finding:
    lines = (*hop.lines, *(target.route.span for target in elsewhere))
    interfaces = sorted({target.way.interface for target in elsewhere})
    evidence: tuple[SourceSpan, ...] = tuple(dict.fromkeys((*lines, *([before.route] if before.route else []))))
    return Finding(
        check=PLUGIN.id,
        severity=PLUGIN.severity,
        verdict=Verdict.VIOLATES,
        message=N_(
            "Sessions from {source} to {destination} come to {device} by {ingress}, and it sends the answers out by "
            "{egress}.",
            source=crossing.source,
            destination=crossing.destination,
            device=hop.device,
            ingress=hop.ingress,
            egress=", ".join(interfaces),
        ),
        anchor=(crossing.source, hop.device, hop.vrf, hop.ingress, *interfaces),
        zones=(crossing.source, crossing.destination),
        evidence=evidence,
        witness=sample(packets),
        path=crossing.path,
        fix=N_("Route both directions by the same devices."),
    )


PLUGIN = Check(
    id="ZG125",
    name="asymmetric-path",
    title="Answers come back by the way the session went",
    severity=Severity.MEDIUM,
    run=_run,
    needs=frozenset({"static"}),
    why="A firewall that sees one direction only either drops the answers or has been taught not to look.",
    fix="Make the routes of both directions agree, or synchronise the sessions of both firewalls.",
)
