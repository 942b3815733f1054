"""Encrypted tunnels that no other check speaks of: between which zones the packets in them run is not seen.

Their ends stay where they may: inside a zone, or at addresses of none. IPsec, WireGuard and OpenVPN are meant, the
latter on their usual ports; not those that a row of ``allow`` names, nor lines by which staff come in
(``access-line``), nor those through the Internet alone: what comes out of these is seen behind the device that ends
them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.checks._policy import allowed
from zoneguard.checks._seen import TCP, UDP, flow_text, key_of, matters, opening, seen, told, zone_name
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.project import Role
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

ESP = 50
ENCRYPTED = frozenset({(ESP, 0), (UDP, 4500), (UDP, 51820), (UDP, 1194), (TCP, 1194)})
NOT_OURS = frozenset({ZoneClass.PUBLIC, ZoneClass.OUT_OF_SCOPE, ZoneClass.GUEST})
FIX = N_("Find out what the tunnel is for, and declare it in allow; capture what comes out of it, too.")


def closed_tunnels(case: Case, check: str, severity: Severity) -> Iterator[Finding]:
    """One finding of ``check`` for each pair of ends."""
    lines = case.project.having(Role.ACCESS_LINE)

    def unseen(traffic: Traffic) -> Bool:
        closed = traffic.carried & traffic.service(ENCRYPTED) & ~traffic.crossing & ~traffic.touches(lines)
        sightings = traffic.at(chain.from_iterable(traffic.seen_as.values()))
        return closed & ~sightings & ~(traffic.opened_in(NOT_OURS) & traffic.ends_in(NOT_OURS))

    for matter in matters(case, unseen):
        if matter.parts == 1 and _declared(case, matter[0]):
            continue
        message = N_(
            "An encrypted tunnel carried {size} bytes ({flow}): what is in it, and between which zones that runs, is "
            "not seen here.",
            size=matter.payload,
            flow=flow_text(matter[0]),
        )
        yield seen(
            case,
            check,
            severity,
            told(matter, message),
            matter,
            ("tunnel", *key_of(matter)),
            FIX,
            aspect="dynamic",
            verdict=Verdict.UNDETERMINED,
        )


def _declared(case: Case, flow: Flow) -> bool:
    """Whether a row names the hosts and the service of a flow, whichever of them opened it."""
    ends = zone_name(case, flow.src), zone_name(case, flow.dst)
    turned = replace(flow, src=flow.dst, dst=flow.src, sport=flow.dport, dport=flow.sport)
    ways = ((flow, ends), (turned, ends[::-1]))
    return all(ends) and any(opening(case, way) & allowed(case, *pair) for way, pair in ways)
