"""Sessions between inner zones and addresses that no zone holds, and such addresses on the zones' own wires: whether
they should be is nobody's word."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.checks import Case
from zoneguard.checks._rendering import deciding_lines, row_key, rows_of, sample
from zoneguard.model.addresses import format_addresses, prefix_span
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Device, Interface
from zoneguard.model.findings import Finding
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.policy import Severity, Verdict
from zoneguard.model.text import N_
from zoneguard.model.zones import ZoneClass
from zoneguard.static.unplanned import BETWEEN_TWO, NO_HOSTS, NOWHERE

SHOWN = 3
"""Networks that a message names."""


def unplanned(case: Case, check: str, severity: Severity, kind: ZoneClass) -> Iterator[Finding]:
    """Findings, undetermined, for the zones of class ``kind``: one for each direction, and
    one for each interface with a subnet that no zone names."""
    groups: dict[tuple[str, str], list[Crossing]] = {}
    for crossing in case.static.unplanned if case.static else ():
        inner = crossing.source or crossing.destination
        if case.project.zones[inner].zone_class is kind:
            groups.setdefault((crossing.source, crossing.destination), []).append(crossing)
    for (source, destination), parts in groups.items():
        yield _finding(case, check, severity, source, destination, parts)
    yield from _on_wires(case, check, severity, kind)


def _on_wires(case: Case, check: str, severity: Severity, kind: ZoneClass) -> Iterator[Finding]:
    """Subnets that no zone names, at interfaces of the zones: hosts there may have such addresses as well, as IPv6."""
    spans = [(z, prefix_span(*prefix)) for z in case.project.zones for prefix in z.prefixes if prefix[1]]
    named = Intervals.from_spans(span for _, own in spans for span in own.spans)
    inner = [(zone.name, own) for zone, own in spans if zone.zone_class is kind]
    for device in case.static.devices if case.static and inner else ():
        for interface in device.interfaces if device.vrfs else ():
            subnets = [a.subnet for a in interface.addresses] if interface.enabled else []
            strange = [s for s in subnets if s.size > BETWEEN_TWO and not s & NO_HOSTS and not s & named]
            zones = {zone for zone, own in inner for s in subnets if s & own} if strange else set()
            for zone in sorted(zones):
                yield _on_wire(check, severity, device, interface, zone, strange)


def _on_wire(
    check: str, severity: Severity, device: Device, interface: Interface, zone: str, strange: list[Intervals]
) -> Finding:
    subnets = tuple(dict.fromkeys(name for subnet in strange for name in format_addresses(subnet)))
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.UNDETERMINED,
        message=N_(
            "On the wire of {zone}, at {device} {interface}, {subnets} is in use, which no zone names: what its hosts "
            "may reach by such addresses is not known.",
            zone=zone,
            device=device.name,
            interface=interface.name,
            subnets=", ".join(subnets),
        ),
        anchor=("wire", zone, device.name, interface.name, *subnets),
        zones=(zone,),
        evidence=(interface.span,),
        fix=N_("Enter the network in the plan, in the zone that it belongs to, or take it off."),
    )


def _finding(
    case: Case, check: str, severity: Severity, source: str, destination: str, parts: list[Crossing]
) -> Finding:
    packets = case.space.union(*(case.view(part) for part in parts))
    rows, more = rows_of(case, packets)
    shown = format_addresses(packets.project(Field.DST if source else Field.SRC))
    names = {"zone": source or destination, "addresses": ", ".join(shown[:SHOWN]) + (", …" if shown[SHOWN:] else "")}
    return Finding(
        check=check,
        severity=severity,
        verdict=Verdict.UNDETERMINED,
        message=N_("Sessions may be opened from {zone} to {addresses}, and no zone holds these addresses.", **names)
        if destination == NOWHERE
        else N_("Sessions may be opened from {addresses} to {zone}, and no zone holds these addresses.", **names),
        anchor=("unplanned", source, destination, row_key(rows)),
        zones=(source or destination,),
        evidence=tuple(dict.fromkeys(line for part in parts for line in deciding_lines(part))),
        rows=rows,
        more_rows=more,
        witness=sample(packets),
        path=parts[0].path,
        packets=packets,
        fix=N_(
            "Enter the networks in the plan, each in the zone that it belongs to; the rest of the world is a zone of "
            "class `public` with 0.0.0.0/0 and ::/0."
        ),
    )
