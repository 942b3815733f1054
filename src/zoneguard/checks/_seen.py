"""Findings about flows that were seen: grouped by hosts and service, each with its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from zoneguard.checks import Case
from zoneguard.model.addresses import format_address
from zoneguard.model.findings import Finding
from zoneguard.model.flows import Flow
from zoneguard.model.intervals import Intervals
from zoneguard.model.packet import PROTOCOL_NAMES
from zoneguard.model.packets import PacketSet
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_, Text
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.matters import Matter
    from zoneguard.dynamic.traffic import Traffic

TCP, UDP = 6, 17
CONTROL = Intervals.of(22, 23, 3389, 5900, 5985, 5986)
"""TCP ports of remote control: SSH, telnet, RDP, VNC, WinRM."""
CONTROL_PORTS = frozenset(port for low, high in CONTROL.spans for port in range(low, high + 1))
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
INSIDE = frozenset(ZoneClass) - OUTSIDE
MOST = 100
"""Findings of one kind that are told one by one."""
MOST_DEVICES = 1000
"""Devices of which each is told by itself; of more, made up perhaps, is said how many."""
EXAMPLES = 5
"""Flows whose frames a finding cites; of how many more it speaks is said."""


def matters(case: Case, wanted: Callable[[Traffic], Bool]) -> Iterator[Matter]:
    """The wanted flows of the captures by hosts, protocol and port; none where nothing was captured."""
    if case.traffic is not None:
        yield from case.traffic.matters(wanted(case.traffic))


def print_of(macs: Iterable[int]) -> str:
    """32 hex digits of MAC addresses, for a finding that speaks of all of them."""
    return sha256(b"".join(mac.to_bytes(8) for mac in sorted(macs))).hexdigest()[:32]


def key_of(matter: Matter) -> tuple[str, ...]:
    """What makes it the same matter in another run."""
    return flow_key(matter[0]) if matter.parts == 1 else ("many", *matter.zones, matter.digest)


def told(matter: Matter, message: Text) -> Text:
    """The sentence about the first flow of a matter, with how many it stands for."""
    if matter.parts == 1:
        return message
    return N_(
        "{example} It is one of {parts} pairs of hosts with their services ({flows} flows), told together because "
        "they are so many.",
        example=message,
        flows=len(matter),
        parts=matter.parts,
    )


def many(finding: Finding, matter: Matter) -> Finding:
    """A finding about the first flow of a matter as one about all of them."""
    if matter.parts == 1:
        return finding
    return replace(finding, message=told(matter, finding.message), anchor=(*finding.anchor[:1], *key_of(matter)))


def one_of_ways(example: Text, count: int) -> Text:
    """The message of one finding for very many ways on from hosts that were entered."""
    return N_(
        "{example} This is one of {count} such ways, told together because they are so many.",
        example=example,
        count=count,
    )


def flow_key(flow: Flow) -> tuple[str, ...]:
    """What makes flows one matter: hosts, protocol and destination port."""
    return format_address(flow.src), format_address(flow.dst), str(flow.proto), str(flow.dport)


def flow_text(flow: Flow) -> str:
    """``tcp 10.0.0.1 > 10.0.0.2:445``."""
    name = PROTOCOL_NAMES.get(flow.proto, str(flow.proto))
    port = f":{flow.dport}" if flow.dport else ""
    return f"{name} {format_address(flow.src)} > {format_address(flow.dst)}{port}"


def opening(case: Case, flow: Flow) -> PacketSet:
    """The packets of a flow in its opener's direction."""
    return case.space.conversation(flow.src, flow.dst, flow.proto, flow.sport, flow.dport)


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
    flows: Sequence[Flow],
    anchor: tuple[str, ...],
    fix: Text,
    *,
    aspect: str = "",
    verdict: Verdict = Verdict.VIOLATES,
) -> Finding:
    """A finding about ``flows``, the first of which is shown."""
    shown = flows[:EXAMPLES]
    return Finding(
        check=check,
        severity=severity,
        verdict=verdict,
        message=message,
        anchor=anchor,
        zones=tuple(dict.fromkeys((zone_name(case, shown[0].src), zone_name(case, shown[0].dst)))),
        evidence=tuple(dict.fromkeys(span for flow in shown for span in (flow.first, flow.last))),
        more_flows=len(flows) - len(shown),
        flow=shown[0],
        aspect=aspect,
        fix=fix,
    )
