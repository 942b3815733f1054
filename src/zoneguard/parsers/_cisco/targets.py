"""Route targets of VRFs, what BGP has of each, and the routes that one VRF so takes from another of the device.

``route-target {import | export | both} T`` stands in the VRF or in its address family; ``address-family ipv4 vrf NAME``
(IOS) or ``vrf NAME`` (NX-OS) of ``router bgp`` says what is given to BGP. Target ``auto`` is the VRF's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from zoneguard.model.device import Concern, Route, RouteKind
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.config import Config, Port
from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.values import UnreadableError
from zoneguard.parsers._route_targets import OPEN, Taken, Targets, taken

_KINDS = {"connected": RouteKind.CONNECTED, "direct": RouteKind.CONNECTED, "static": RouteKind.STATIC}


def read_targets(config: Config, vrf: str, block: Line) -> None:
    """What the VRF imports and exports."""
    known = config.targets.setdefault(vrf, Targets())
    for line in block.walk():
        if line.word(0) == "route-target" and line.word(1) in ("import", "export", "both") and line.word(2) != "auto":
            if line.word(1) != "export" and line.word(2):
                known.imports.setdefault(line.word(2), config.span(line))
            if line.word(1) != "import" and line.word(2):
                known.exports.add(line.word(2))
        elif line.word(0) in ("import", "export") and ("map" in line.words or "vrf" in line.words):
            known.chosen = True


def read_bgp(config: Config, block: Line) -> bool:
    """What ``router bgp`` has of each VRF. ``True``: it has neighbours, whose routes are not in the file."""
    for child in block.children:
        if name := _vrf(child):
            known = config.targets.setdefault(name, Targets())
            known.told = True
            for line in child.walk():
                _announced(line, known)
    return any(line.word(0) == "neighbor" for line in block.walk())


def _vrf(line: Line) -> str:
    if line.starts("address-family", "ipv4") and "vrf" in line.words:
        return line.words[-1]
    return line.word(1) if line.word(0) == "vrf" else ""


def _announced(line: Line, known: Targets) -> None:
    if line.word(0) == "redistribute" and line.word(1) in _KINDS:
        known.announced.add(_KINDS[line.word(1)])
        known.chosen = known.chosen or "route-map" in line.words
    elif line.word(0) == "network" and line.word(1):
        try:
            if line.word(2) == "mask":
                length = values.mask_length(line.word(3))
                known.networks.add((values.ipv4(line.word(1)) & (values.FULL << (32 - length)), length))
            else:
                known.networks.add(values.prefix(line.word(1)))
        except UnreadableError:
            known.chosen = True


def imported(
    config: Config, members: Mapping[str, list[Port]], tables: Mapping[str, tuple[Route, ...]]
) -> dict[str, Taken]:
    """What each VRF takes of the others; the lines on which it stays open are in the ledger."""
    if not any(targets.imports for targets in config.targets.values()):
        return {}
    own = {name: [*_connected(ports), *_leaving(ports, tables.get(name, ()))] for name, ports in members.items()}
    found: dict[str, Taken] = {}
    for name in config.targets:
        interfaces = frozenset(port.name for port in members.get(name, ()))
        found[name] = taken(name, config.targets, own, interfaces)
        for span in found[name].open_lines:
            config.ledger.not_understood(span.first, OPEN, Concern.ROUTING, bounded=True)
    return found


def _connected(ports: list[Port]) -> Iterator[Route]:
    for port in ports:
        for at in port.addresses if port.enabled and not port.switched else ():
            yield Route(at.subnet.first, at.length, port.span, RouteKind.CONNECTED, None, port.name, 0)


def _leaving(ports: list[Port], routes: tuple[Route, ...]) -> Iterator[Route]:
    """Static routes that leave by an interface of their own VRF; one whose next hop is on none is not active."""
    for route in routes:
        if route.into or route.interface or route.next_hop is None:
            if not route.into:
                yield route
            continue
        out = (p for p in ports if p.enabled and any(route.next_hop in a.subnet for a in p.addresses))
        if (port := next(out, None)) is not None:
            yield Route(route.network, route.length, route.span, route.kind, route.next_hop, port.name, route.distance)
