"""A device's configuration and its exported routing table, put together; and devices with the wires between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from zoneguard.model.addresses import ALL_ADDRESSES, ALL_V4, ALL_V6, V6, prefix_span
from zoneguard.model.device import (
    Concern,
    Deny,
    Device,
    Filter,
    Interface,
    Misunderstood,
    Permit,
    PolicyRoute,
    RouteKind,
    Rule,
    RuleList,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In, Match, Unknown, asks, both, either
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.model.unknowns import with_unknowns
from zoneguard.parsers._lookup import Lookup

NO_ROUTE = "the exported routing table shows no route: it is none, or in another format"
DYNAMIC_ROUTING = "dynamic routing"
"""How the reason begins by which a parser says that a routing table of the device would tell what is open."""
_OF_IPV6 = "dynamic routing of IPv6"
GATEWAY_ASSIGNED = (
    "dynamic routing: a next hop that is assigned is not in the configuration; "
    "add the exported routing table (`routes:`)"
)

DIALLED = (
    "dynamic routing: routes to peers that dial in are not in the configuration; "
    "add the exported routing table (`routes:`)"
)


def assigned(by: str, v6: bool = False) -> Reason:
    """That an address, and perhaps a default route with it, is not the device's own choice."""
    if v6:
        return Reason(
            "dynamic routing of IPv6: an address that {by} assigns is not in the configuration; add the exported table "
            "of IPv6 routes (`routes:`)",
            by=by,
        )
    return Reason(
        "dynamic routing: an address that {by} assigns, and perhaps a default route, are not in the configuration; add "
        "the exported routing table (`routes:`)",
        by=by,
    )


def learned(protocol: str) -> Reason:
    """That a routing protocol runs and what it learns is missing."""
    return Reason(
        "dynamic routing: what {protocol} learns is not in the configuration; add the exported routing table",
        protocol=protocol,
    )


_OWN = " is an address of the box itself"
_BROADCAST = " is a broadcast address of the box"
_ROUTED = " is routed out by "
_LINK_LOCAL6 = prefix_span(V6 + (0xFE80 << 112), 10)


def is_own_address(field: Field, span: SourceSpan) -> Unknown:
    """``field`` is an address of the box: open until ``with_routes`` knows its interfaces."""
    return Unknown(Reason("{value} is an address of the box itself ({file})", value=field.value, file=span.file), span)


def is_broadcast_address(field: Field, span: SourceSpan) -> Unknown:
    """``field`` is a broadcast address of a subnet of the box: likewise open."""
    return Unknown(
        Reason("{value} is a broadcast address of the box ({file})", value=field.value, file=span.file), span
    )


def is_routed_out(field: Field, names: frozenset[str], vrf: str, span: SourceSpan) -> Unknown:
    """The routing table of ``vrf`` sends the address in ``field`` out by one of the interfaces ``names``: open until
    ``with_routes`` knows the table."""
    return Unknown(
        Reason(
            "{value} is routed out by {names} ({vrf} of {file})",
            value=field.value,
            names=", ".join(sorted(names)),
            vrf=vrf,
            file=span.file,
        ),
        span,
    )


def with_routes(device: Device, table: Device) -> Device:
    """``device`` as configured, with the interfaces and routes that ``table`` (an exported routing table) shows.

    The table is the truth: in each forwarding context that it covers it replaces the routes of the address families
    that it shows, but for those to callers, and its policy routes come before the configured ones. It adds interfaces
    that the configuration lacks, and addresses of a version of IP of which the configuration has none; what the
    configuration says of an interface stays. A context that the device does not have makes routing uncertain; what
    routing protocols learn is no longer uncertain once every context that forwards has its table.
    """
    shown = {vrf.name: vrf for vrf in table.vrfs}
    forwarding = [vrf for vrf in device.vrfs if vrf.forwards] or device.vrfs
    if len(shown) == len(forwarding) == 1:
        shown = {forwarding[0].name: table.vrfs[0]}
    known = {vrf.name for vrf in device.vrfs}
    strays = tuple(
        Misunderstood(table.span, name, "the device has no forwarding context of this name", Concern.ROUTING)
        for name in shown
        if name not in known
    )
    taken = frozenset().union(*(vrf.interfaces for vrf in device.vrfs))
    interfaces = _interfaces(device, table)
    merged = replace(
        device,
        interfaces=interfaces,
        vrfs=tuple(
            _know_ways(_context(vrf, shown[vrf.name], taken), interfaces) if vrf.name in shown else vrf
            for vrf in device.vrfs
        ),
        uncertain=(*_uncertain(device, shown), *table.uncertain, *strays, *_empty(table)),
        mac_bindings=(*device.mac_bindings, *table.mac_bindings),
    )
    return _know_own_addresses(merged)


def _empty(table: Device) -> tuple[Misunderstood, ...]:
    """That a table shows no route of any kind, nor an interface: it is none, or in another format."""
    if table.interfaces or any(vrf.routes or vrf.policy_routes for vrf in table.vrfs):
        return ()
    return (Misunderstood(table.span, "", NO_ROUTE, Concern.ROUTING),)


def _uncertain(device: Device, shown: Mapping[str, Vrf]) -> tuple[Misunderstood, ...]:
    """Without what a routing table tells, where the table shows each context in every version of IP that it has; what
    is open of IPv6 alone goes only where each context shows routes of IPv6."""
    addresses = {i.name: {a.address >= V6 for a in i.addresses} for i in device.interfaces}
    six = True
    for vrf in [vrf for vrf in device.vrfs if vrf.forwards] or device.vrfs:
        used = {v6 for name in vrf.interfaces for v6 in addresses.get(name, ())}
        told = {route.network >= V6 for route in shown[vrf.name].routes} if vrf.name in shown else set()
        if used - told:
            return device.uncertain
        six = six and True in told
    return tuple(
        m
        for m in device.uncertain
        if not m.reason.startswith(DYNAMIC_ROUTING) or (m.reason.startswith(_OF_IPV6) and not six)
    )


def _interfaces(device: Device, table: Device) -> tuple[Interface, ...]:
    shown = {interface.name: interface for interface in table.interfaces}
    configured = [_numbered(i, shown[i.name]) if i.name in shown else i for i in device.interfaces]
    names = {i.name for i in configured}
    return (*configured, *(i for i in table.interfaces if i.name not in names))


def _numbered(interface: Interface, shown: Interface) -> Interface:
    """The interface with the addresses that the table shows of a version of IP of which it has none."""
    have = {a.address >= V6 for a in interface.addresses}
    more = tuple(a for a in shown.addresses if (a.address >= V6) not in have)
    return replace(interface, addresses=(*interface.addresses, *more)) if more else interface


def _context(vrf: Vrf, shown: Vrf, taken: frozenset[str]) -> Vrf:
    families = {route.network >= V6 for route in shown.routes}
    return replace(
        vrf,
        interfaces=vrf.interfaces | (shown.interfaces - taken),
        routes=(
            *(r for r in vrf.routes if (r.network >= V6) not in families or r.kind is RouteKind.CALLERS),
            *shown.routes,
        ),
        policy_routes=tuple(_steering(shown.policy_routes, vrf.policy_routes)),
    )


def _steering(shown: Iterable[PolicyRoute], configured: Iterable[PolicyRoute]) -> Iterator[PolicyRoute]:
    """Both, those of the table first; one that both state, waiting for the same, holds as far as both say."""
    left = list(configured)
    for policy in shown:
        same = [p for p in left if p.targets == policy.targets and _waits(p) and _waits(p) == _waits(policy)]
        yield replace(policy, match=both(same[0].match, policy.match)) if same else policy
        left = [p for p in left if p not in same[:1]]
    yield from left


def _waits(policy: PolicyRoute) -> set[str]:
    return {asked.key for asked in asks(policy.match) if isinstance(asked, Unknown)}


def _know_ways(vrf: Vrf, interfaces: tuple[Interface, ...]) -> Vrf:
    """Decide what waited for the routing table; equal routes that share a destination leave it open."""
    lookup = Lookup(vrf, interfaces)

    def decide(unknown: Unknown) -> Match:
        asked, routed, names = unknown.key.partition(_ROUTED)
        if not routed or asked not in (Field.DST, Field.ORIG_DST):
            return unknown
        sure, may = lookup.reached(frozenset(names.rpartition(" (")[0].split(", ")))
        field = Field(asked)
        return either(In(field, sure), both(In(field, may - sure), unknown)) if may - sure else In(field, sure)

    return with_unknowns(vrf, decide)


def _know_own_addresses(device: Device) -> Device:
    """Decide what waited for the interfaces' addresses.

    Wholly for an address family of which all are listed: then ``lo`` is too, and some address of the family. Link-local
    addresses are never listed.
    """
    addresses = [a for i in device.interfaces for a in i.addresses]
    own = Intervals.of(*(a.address for a in addresses))
    edges = Intervals.of(*(edge for a in addresses if a.address < V6 for edge in a.subnet.spans[0]))
    listed = any(i.name == "lo" for i in device.interfaces)
    known = Intervals.from_spans(s for f in (ALL_V4, ALL_V6) if listed and own & f for s in f.spans)
    still_open = ALL_ADDRESSES - (known - _LINK_LOCAL6)

    def decide(unknown: Unknown) -> Match:
        for field in (Field.SRC, Field.DST):
            if unknown.key.startswith(field.value + _OWN):
                return either(In(field, own), both(In(field, still_open), unknown))
            if not ALL_V4 - known and unknown.key.startswith(field.value + _BROADCAST):
                return both(In(field, edges), unknown)
        return unknown

    if not own:
        return device
    return replace(device, vrfs=tuple(with_unknowns(vrf, decide) for vrf in device.vrfs))


def with_open_ends(devices: Iterable[Device]) -> tuple[Device, ...]:
    """The devices; what passes an interface whose other end is told to be unknown, and is on none of them, is open."""
    found = tuple(devices)
    ends = Counter(interface.wire for device in found for interface in device.interfaces if interface.wire)
    open_ends = {
        device.name: [i for i in device.interfaces if i.beyond and ends[i.wire] < 2] for device in found
    }  # fmt: skip
    return tuple(replace(d, vrfs=tuple(_opened(v, open_ends[d.name]) for v in d.vrfs)) for d in found)


def _opened(vrf: Vrf, interfaces: list[Interface]) -> Vrf:
    own = [interface for interface in interfaces if interface.name in vrf.interfaces]
    return replace(vrf, stages=(*vrf.stages, *(stage for i in own for stage in _doubted(i)))) if own else vrf


def _doubted(interface: Interface) -> Iterator[Filter]:
    """What comes in by an interface, and what goes out by it, passes or not."""
    here = frozenset({interface.name})
    for way in ("in", "out"):
        what = Reason("{what} ({way}, {file}:{first})", what=interface.beyond, way=way, file=interface.span.file,
                      first=interface.span.first)  # fmt: skip
        may = Rule(Unknown(what, interface.span), Permit(), interface.span, name=interface.name)
        rules = RuleList(f"{interface.name} {way}", (may,), Deny(), interface.span)
        ingress, egress = (here, None) if way == "in" else (None, here)
        yield Filter(rules, ingress, egress, stateful=True)
