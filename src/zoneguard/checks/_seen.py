"""Findings about flows that were seen: grouped by hosts and service, each with its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from zoneguard.checks import Case
from zoneguard.checks._undeclared import flow_key
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.intervals import Intervals
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import Text
from zoneguard.model.zones import ZoneClass

TCP, UDP = 6, 17
CONTROL = Intervals.of(22, 23, 3389, 5900, 5985, 5986)
"""TCP ports of remote control: SSH, telnet, RDP, VNC, WinRM."""
OUTSIDE = frozenset(
    {
        ZoneClass.PUBLIC,
        ZoneClass.CLOSED_EXTERNAL,
        ZoneClass.REMOTE_ACCESS,
        ZoneClass.GUEST,
        ZoneClass.OUT_OF_SCOPE,
        ZoneClass.SECURITY_CLOUD,
        ZoneClass.LOCAL_BREAKOUT,
    }
)
"""Classes of networks that are not the municipality's own inside."""


def grouped(flows: Iterable[Flow]) -> Iterator[tuple[tuple[str, ...], list[Flow]]]:
    """Flows of the same hosts, protocol and port, with that as their key."""
    groups: dict[tuple[str, ...], list[Flow]] = {}
    for flow in flows:
        groups.setdefault(flow_key(flow), []).append(flow)
    yield from groups.items()


def class_of(case: Case, address: int) -> ZoneClass | None:
    """The class of the zone of an address."""
    zone = case.project.zones.of(address)
    return zone.zone_class if zone else None


def zone_name(case: Case, address: int) -> str:
    """The name of the zone of an address; empty where it is in none."""
    zone = case.project.zones.of(address)
    return zone.name if zone else ""


def seen(
    case: Case,
    check: str,
    severity: Severity,
    message: Text,
    flows: list[Flow],
    anchor: tuple[str, ...],
    fix: Text,
    *,
    aspect: str = "",
    verdict: Verdict = Verdict.VIOLATES,
) -> Finding:
    """A finding about ``flows``, the first of which is shown."""
    first = flows[0]
    return Finding(
        check=check,
        severity=severity,
        verdict=verdict,
        message=message,
        anchor=anchor,
        zones=tuple(dict.fromkeys((zone_name(case, first.src), zone_name(case, first.dst)))),
        evidence=tuple(dict.fromkeys(span for flow in flows[:5] for span in (flow.first, flow.last))),
        flow=first,
        aspect=aspect,
        fix=fix,
    )


def flows_of(case: Case, wanted: Callable[[Flow], bool]) -> Iterator[Flow]:
    """The flows of the captures that are ``wanted``, in order of their first packet."""
    return (flow for flow in (case.dynamic.flows.flows if case.dynamic else ()) if wanted(flow))
