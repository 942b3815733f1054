"""ZG116: every network that is there is in the plan.

The zones of the project are its network plan. A subnet to which a device is connected by an interface in use must lie
in some zone, and so must every inner address that a capture shows in an answered flow. A private address (RFC 1918,
RFC 6598, unique local IPv6) that only a zone of class ``public`` holds is in none: the plan has forgotten it. Subnets
of one address, link-local and loopback addresses are not asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from zoneguard.checks import Case, Check
from zoneguard.checks._seen import MOST, class_of, seen
from zoneguard.model.addresses import LOCAL, V6, format_address, format_addresses, prefix_span
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic

PRIVATE = Intervals.from_spans(
    span
    for network, length in (
        (10 << 24, 8),
        (0xAC10 << 16, 12),
        (0xC0A8 << 16, 16),
        (0x6440 << 16, 10),
        (V6 + (0xFC << 120), 7),
    )
    for span in prefix_span(network, length).spans
)
FIX = N_("Enter the network in the plan, in the zone that it belongs to, or take it off.")


def _run(case: Case) -> Iterator[Finding]:
    yield from _connected(case)
    yield from _observed(case)


def _connected(case: Case) -> Iterator[Finding]:
    for device in case.static.devices if case.static else ():
        for interface in device.interfaces if device.vrfs else ():
            for address in interface.addresses if interface.enabled else ():
                subnet = address.subnet
                if subnet.size == 1 or subnet & LOCAL or not _forgotten(case, address.address):
                    continue
                name = format_addresses(subnet)[0]
                yield Finding(
                    check=PLUGIN.id,
                    severity=PLUGIN.severity,
                    verdict=Verdict.VIOLATES,
                    message=N_(
                        "{device} is connected to {subnet} by {interface}, and the plan has no such network.",
                        device=device.name,
                        subnet=name,
                        interface=interface.name,
                    ),
                    anchor=(device.name, interface.name, name),
                    evidence=(interface.span,),
                    fix=FIX,
                )


def _observed(case: Case) -> Iterator[Finding]:
    traffic = case.traffic
    found = list(traffic.of_addresses(traffic.answered, _unplanned(traffic))) if traffic is not None else []
    for number, which in found[:1] if len(found) > MOST else found:
        assert traffic is not None
        address = format_address(traffic.address(number))
        message = N_("A capture shows {address}, and the plan has no such network.", address=address)
        anchor: tuple[str, ...] = ("seen", address)
        if len(found) > MOST:
            message = N_(
                "{example} It is one of {count} such addresses, told together because they are so many.",
                example=message,
                count=len(found),
            )
            anchor = ("seen", *(format_address(traffic.address(other)) for other, _ in found))
        yield seen(case, PLUGIN.id, PLUGIN.severity, message, traffic.some(which), anchor, FIX)


def _unplanned(traffic: Traffic) -> Bool:
    """Which private addresses are in no zone, or only in a public one."""
    return traffic.among(PRIVATE) & traffic.lies_in({None, ZoneClass.PUBLIC})


def _forgotten(case: Case, address: int) -> bool:
    kind = class_of(case, address)
    return kind is None or (kind is ZoneClass.PUBLIC and address in PRIVATE)


PLUGIN = Check(
    id="ZG116",
    name="undocumented-network",
    title="Every network that is there is in the plan",
    severity=Severity.LOW,
    run=_run,
    why="A network that is in no document is in no policy either, and nobody watches it.",
    fix="Keep the plan complete: each subnet of each device in one zone.",
    wants="The network documents themselves: whether they say what the project says is a person's word.",
    example="- interface Vlan77: 10.77.0.1/24\n+ guest: {class: guest, prefixes: [10.77.0.0/24]}",
)
