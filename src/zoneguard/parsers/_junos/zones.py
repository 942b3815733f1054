"""Security zones: their interfaces, and what each lets in to the device itself.

Traffic to the device needs ``host-inbound-traffic``, that of the interface in place of that of the zone, and then no
policy to ``junos-host`` that denies it ("Understanding how to control inbound traffic based on traffic types";
"Security zones", security policies user guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from zoneguard.model.device import Concern, Deny, Filter, InterfaceAddress, Permit, Rule, RuleList
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Field, In, Ingress, Match, Not, both, either
from zoneguard.model.settings import Service
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers._junos.account import LABEL, LOGGING, SCREENS, SESSIONS
from zoneguard.parsers._junos.applications import port_match
from zoneguard.parsers._junos.export import MANAGEMENT, Export, Scope
from zoneguard.parsers._junos.interfaces import Interfaces
from zoneguard.parsers._junos.tree import Node

HOST = "junos-host"
_TCP, _UDP = Intervals.of(6), Intervals.of(17)
_IGNORED = {
    "description": LABEL, "screen": SCREENS, "tcp-rst": SESSIONS, "application-tracking": LOGGING,
    "source-identity-log": LOGGING, "enable-reverse-reroute": SESSIONS, "advance-connection-tracking": SESSIONS,
    "unidirectional-session-refreshing": SESSIONS, "aggregate-table": SESSIONS,
}  # fmt: skip


def _tcp(*ports: int) -> Match:
    return port_match(_TCP, Intervals.of(*ports))


def _udp(*ports: int) -> Match:
    return port_match(_UDP, Intervals.of(*ports))


def _protocol(*numbers: int) -> Match:
    return In(Field.PROTO, Intervals.of(*numbers))


def _icmp(protocol: int, *types: int) -> Match:
    spans = [(t << 8, (t << 8) + 255) for t in types]
    return both(_protocol(protocol), In(Field.ICMP, Intervals.from_spans(spans)))


SYSTEM_SERVICES: Mapping[str, Match] = {
    "bootp": _udp(67, 68), "dhcp": _udp(67, 68), "dhcpv6": _udp(546, 547), "dns": either(_tcp(53), _udp(53)),
    "finger": _tcp(79), "ftp": _tcp(20, 21), "http": _tcp(80), "https": _tcp(443), "ident-reset": _tcp(113),
    "ike": either(_udp(500, 4500), _protocol(50, 51)), "lsping": _udp(3503), "netconf": _tcp(830), "ntp": _udp(123),
    "ping": either(_icmp(1, 8), _icmp(58, 128)), "r2cp": _udp(28672), "reverse-ssh": _tcp(2901),
    "reverse-telnet": _tcp(2900), "rlogin": _tcp(513), "rsh": _tcp(514), "sip": either(_tcp(5060), _udp(5060)),
    "snmp": _udp(161), "snmp-trap": _udp(162), "ssh": _tcp(22), "telnet": _tcp(23), "tftp": _udp(69),
    "traceroute": port_match(_UDP, Intervals.span(33434, 33534)), "xnm-clear-text": _tcp(3221), "xnm-ssl": _tcp(3220),
    "tcp-encap": _tcp(443), "webapi-clear-text": _tcp(80), "webapi-ssl": _tcp(443), "any-service": ALWAYS,
}  # fmt: skip
PROTOCOLS: Mapping[str, Match] = {
    "bfd": _udp(3784, 3785, 4784), "bgp": _tcp(179), "dvmrp": _protocol(2), "igmp": _protocol(2),
    "ldp": either(_tcp(646), _udp(646)), "msdp": _tcp(639), "nhrp": _protocol(54), "ospf": _protocol(89),
    "ospf3": _protocol(89), "pgm": _protocol(113), "pim": _protocol(103), "rip": _udp(520), "ripng": _udp(521),
    "router-discovery": _icmp(1, 9, 10), "rsvp": _protocol(46), "sap": _udp(9875), "vrrp": _protocol(112),
}  # fmt: skip
_OFFERED = {"ssh": "ssh", "telnet": "telnet", "http": "http", "https": "https", "ftp": "ftp", "snmp": "snmp"}


@dataclass(frozen=True, slots=True)
class Zone:
    """A security zone, or the functional zone ``management``."""

    name: str
    node: Node
    interfaces: frozenset[str]
    security: bool = True


@dataclass(frozen=True, slots=True)
class Zones:
    """The zones of one scope by name, and those of each interface."""

    known: dict[str, Zone]
    of_interface: dict[str, str]

    @property
    def interfaces(self) -> frozenset[str]:
        """Every interface of a security zone."""
        return frozenset().union(*(zone.interfaces for zone in self.known.values() if zone.security))


def read_zones(export: Export, scope: Scope, interfaces: Interfaces) -> Zones:
    """The zones of a scope. An interface in two of them is reported, as the device refuses it.

    ``all`` is every interface that is in no other zone.
    """
    known: dict[str, Zone] = {}
    of_interface: dict[str, str] = {}
    zones = scope.root.at("security", "zones")
    functional = zones.at("functional-zone")
    members: dict[str, set[str]] = {}
    everything: list[tuple[str, Node]] = []
    for kind, security in ((zones.at("security-zone"), True), (functional, False)):
        kind.used = True
        for name, node in kind.children.items():
            node.used = True
            for word, child in node.children.items():
                if word in _IGNORED:
                    child.ignore(_IGNORED[word])
            members[name] = set()
            for member in node.values("interfaces"):
                if member.word == "all":
                    everything.append((name, member))
                    continue
                one = interfaces.name(member.word)
                if of_interface.setdefault(one, name) != name:
                    reason = Reason(
                        'the interface "{one}" is in the zones "{of_interface}" and "{name}"',
                        one=one,
                        of_interface=of_interface[one],
                        name=name,
                    )
                    export.doubt(member, reason, Concern.FILTER)
                elif one in interfaces.switched:
                    reason = Reason(
                        'the interface "{name}" works at layer 2: policies between ports are not in the model', name=one
                    )
                    export.doubt(member, reason, Concern.FILTER)
                elif interfaces.listed and one not in interfaces.known and not one.startswith(MANAGEMENT):
                    export.doubt(
                        member,
                        Reason('the interface "{name}" is not defined in this file', name=one),
                        Concern.INTERFACE,
                    )
                members[name].add(one)
            known[name] = Zone(name, node, frozenset(), security)
    for at, (name, member) in enumerate(everything):
        if at:
            reason = Reason(
                'the zones "{first}" and "{name}" both hold all interfaces', first=everything[0][0], name=name
            )
            export.doubt(member, reason, Concern.FILTER)
            continue
        for one in interfaces.known:
            if one not in of_interface:
                of_interface[one] = name
                members[name].add(one)
    found = {name: replace(zone, interfaces=frozenset(members[name])) for name, zone in known.items()}
    return Zones(found, of_interface)


def host_inbound(export: Export, scope: Scope, zones: Zones, interfaces: Interfaces, end: SourceSpan) -> Filter:
    """What the interfaces of the zones let in to the device."""
    rules = list(_elsewhere(export, scope, zones, interfaces))
    for zone in zones.known.values():
        general = zone.node.children.get("host-inbound-traffic")
        special: set[str] = set()
        for member in zone.node.at("interfaces").children.values():
            own = member.children.get("host-inbound-traffic")
            if own is not None:
                name = member.word if "." in member.word else f"{member.word}.0"
                special.add(name)
                rules += _admitted(export, scope, zone, own, frozenset({name}))
        if general is not None:
            rules += _admitted(export, scope, zone, general, zone.interfaces - special)
    return Filter(RuleList("host-inbound-traffic", tuple(rules), Deny(), end), stateful=True)


def _elsewhere(export: Export, scope: Scope, zones: Zones, interfaces: Interfaces) -> Iterator[Rule]:
    """An address of another zone's interface, as ``lo0``'s: a policy between the zones is asked too, and which of them
    lets in is not written. It is open."""
    own = {
        zone.name: Intervals.of(*(a.address for n in zone.interfaces for a in _addresses(interfaces, n)))
        for zone in zones.known.values()
    }
    for zone in zones.known.values():
        others = Intervals.from_spans(s for name, found in own.items() if name != zone.name for s in found.spans)
        if others and zone.interfaces:
            unknown = export.unknown(
                scope, Reason("zone {name} does not reach addresses of other zones", name=zone.name), zone.node
            )
            match = both(Ingress(zone.interfaces), In(Field.DST, others))
            name = f"zone {zone.name}: an address of another zone"
            yield Rule(both(match, unknown), Deny(), export.span(zone.node), name, implied=True)


def _addresses(interfaces: Interfaces, name: str) -> tuple[InterfaceAddress, ...]:
    known = interfaces.known.get(name)
    return known.addresses if known is not None else ()


def _admitted(export: Export, scope: Scope, zone: Zone, node: Node, names: frozenset[str]) -> Iterator[Rule]:
    node.take(2)
    for kind, book in (("system-services", SYSTEM_SERVICES), ("protocols", PROTOCOLS)):
        words = node.at(kind).children
        barred = [_service(export, scope, book, w) for w in words.values() if "except" in w.children]
        for word, value in words.items():
            if "except" in value.children:
                value.children["except"].take(0)
                continue
            asked = either(*book.values()) if word == "all" and kind == "protocols" else NEVER
            if word == "all" and kind == "system-services":
                asked = either(*(m for w, m in book.items() if w != "any-service"))
            elif word != "all":
                asked = _service(export, scope, book, value)
            match = both(Ingress(names), asked, *(Not(b) for b in barred))
            yield Rule(match, Permit(), export.span(value), f"zone {zone.name}: {kind} {word}", implied=True)


def _service(export: Export, scope: Scope, book: Mapping[str, Match], value: Node) -> Match:
    known = book.get(value.word)
    if known is not None:
        return known
    reason = Reason('the service "{value}" is not known', value=value.word)
    return export.open(scope, f'the service is "{value.word}"', value, reason)


def offered_services(export: Export, zones: Zones) -> Iterator[Service]:
    """Services of the device that an interface lets in, unless ``system services`` is there and does not run them."""
    running = _running(export)
    for zone in zones.known.values():
        general = zone.node.get("host-inbound-traffic", "system-services")
        for name in sorted(zone.interfaces):
            own = zone.node.get("interfaces", name, "host-inbound-traffic")
            own = own or zone.node.get("interfaces", name.removesuffix(".0"), "host-inbound-traffic")
            asked = own.get("system-services") if own is not None else general
            if asked is None:
                continue
            for word, service in _OFFERED.items():
                node = asked.get(word) or asked.get("all") or asked.get("any-service")
                excepted = asked.get(word, "except") is not None
                if node is not None and not excepted and (running is None or word in running):
                    yield Service(service, name, export.span(node))


def router_services(export: Export, interfaces: Interfaces) -> Iterator[Service]:
    """Services of a device without zones: each is offered by every interface that has an address."""
    services = export.root.at("system", "services")
    nodes = {**services.children, **services.at("web-management").children}
    if "snmp" in export.root.children:
        nodes["snmp"] = export.root.children["snmp"]
    for name, interface in interfaces.known.items():
        for word, service in _OFFERED.items():
            if word in nodes and interface.enabled and interface.addresses:
                yield Service(service, name, export.span(nodes[word]))


def _running(export: Export) -> frozenset[str] | None:
    """The services that ``system services`` starts; ``None`` where the file does not tell."""
    services = export.root.get("system", "services")
    if services is None:
        return None
    names = set(services.children) | set(services.at("web-management").children)
    if export.root.get("snmp") is not None:
        names.add("snmp")
    return frozenset(names)
