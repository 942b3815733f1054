"""Interfaces: every unit is one (``ge-0/0/0.0``), with its addresses, the filters on it, and what is joined in the box.

A unit is down with ``disable``, its own or that of the physical interface. Addresses of VRRP groups and virtual
gateways are the device's own. ``reth`` interfaces are those of a cluster, ``st0`` those of route-based VPNs: one
that no VPN is bound to is down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.device import Concern, Interface, InterfaceAddress, MacBinding
from zoneguard.model.text import Reason
from zoneguard.parsers._junos import values
from zoneguard.parsers._junos.account import (
    ARP,
    DYNAMIC,
    HARDWARE,
    LABEL,
    LABELLED,
    LAYER2,
    LOGGING,
    SHAPING,
    SPOOFED,
    TUNNELS,
)
from zoneguard.parsers._junos.export import MANAGEMENT, Export, Scope
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers.assembly import assigned

FAMILIES = ("inet", "inet6")
_SWITCHED = frozenset({"ethernet-switching", "bridge", "vpls", "ccc"})
_NOT_INTERFACES = frozenset({"interface-range", "interface-set", "traceoptions", "apply-groups", "apply-groups-except",
                             "apply-macro"})  # fmt: skip
_PHYSICAL = {
    "description": LABEL, "mtu": HARDWARE, "speed": HARDWARE, "link-mode": HARDWARE, "hold-time": HARDWARE,
    "gigether-options": HARDWARE, "ether-options": HARDWARE, "fastether-options": HARDWARE, "damping": HARDWARE,
    "redundant-ether-options": HARDWARE, "aggregated-ether-options": HARDWARE, "fabric-options": HARDWARE,
    "redundant-pseudo-interface-options": HARDWARE, "vlan-tagging": HARDWARE, "flexible-vlan-tagging": HARDWARE,
    "stacked-vlan-tagging": HARDWARE, "native-vlan-id": LAYER2, "encapsulation": HARDWARE, "traps": LOGGING,
    "no-traps": LOGGING, "optics-options": HARDWARE, "per-unit-scheduler": SHAPING, "scheduler*": SHAPING,
    "hierarchical-scheduler": SHAPING, "mac": HARDWARE, "gratuitous-arp-reply": ARP, "no-gratuitous-arp-request": ARP,
    "no-gratuitous-arp-reply": ARP, "keepalives": HARDWARE, "no-keepalives": HARDWARE, "clocking": HARDWARE,
    "e1-options": HARDWARE, "t1-options": HARDWARE, "serial-options": HARDWARE, "sonet-options": HARDWARE,
    "dialer-options": HARDWARE, "modem-options": HARDWARE, "cellular-options": HARDWARE, "accounting-profile": LOGGING,
    "interface-mib": LOGGING, "port-profile": LABEL, "esi": LAYER2, "unidirectional": HARDWARE, "mac-mode": HARDWARE,
    "promiscuous-mode": HARDWARE, "passive-monitor-mode": HARDWARE, "auto-negotiation": HARDWARE,
    "no-auto-negotiation": HARDWARE, "ppp-options": HARDWARE, "fpc": HARDWARE, "enable": HARDWARE,
}  # fmt: skip
_UNIT = {
    "description": LABEL, "bandwidth": HARDWARE, "encapsulation": HARDWARE, "traps": LOGGING, "no-traps": LOGGING,
    "point-to-point": HARDWARE, "multipoint": HARDWARE, "tunnel": TUNNELS, "proxy-arp": ARP, "arp-resp": ARP,
    "accounting-profile": LOGGING, "input-vlan-map": LAYER2, "output-vlan-map": LAYER2, "vlan-id-list": LAYER2,
    "vlan-id-range": LAYER2, "native-inner-vlan-id": LAYER2, "inner-vlan-id-range": LAYER2, "ppp-options": TUNNELS,
    "pppoe-options": TUNNELS, "dialer-options": TUNNELS, "keepalives": HARDWARE, "no-keepalives": HARDWARE,
    "statistics": LOGGING,
    "rpm": LOGGING, "esi": LAYER2, "virtual-gateway-*": HARDWARE, "swap-by-poppush": LAYER2, "peer-interface": TUNNELS,
    "interface-shared-with": LAYER2, "dlci": LAYER2, "inverse-arp": ARP, "mac": HARDWARE, "no-auto-virtual-gateway-esi":
    LAYER2, "radio-router": HARDWARE, "targeted-options": LAYER2, "enable": HARDWARE,
}  # fmt: skip
_FAMILY = {
    "mtu": HARDWARE, "sampling": LOGGING, "policer": SHAPING, "rpf-check": SPOOFED,
    "targeted-broadcast": HARDWARE, "no-redirects": ARP, "primary": LABEL, "accounting": LOGGING, "dad-disable": ARP,
    "no-dad": ARP, "ndp-proxy": ARP, "nd6-stale-time": ARP, "destination-class-usage": LOGGING, "tcp-mss": HARDWARE,
    "next-hop-tunnel": TUNNELS, "no-neighbor-learn": ARP, "receive-options-packets": HARDWARE,
    "receive-ttl-exceeded": HARDWARE, "remote": TUNNELS, "undo": LABEL, "path-mtu-discovery": HARDWARE,
    "demux-source": LAYER2, "destination-udp-port": HARDWARE,
    "mac-validate": SPOOFED, "no-neighbour-learn": ARP, "route-accounting": LOGGING,
}  # fmt: skip
_ADDRESS = {
    "primary": LABEL, "preferred": LABEL, "broadcast": LABEL, "eui-64": LABEL, "master-only": LABEL, "ndp": ARP,
    "subnet-router-anycast": ARP, "multipoint-destination": HARDWARE,
}  # fmt: skip
_VRRP = frozenset({"virtual-address", "virtual-inet6-address", "virtual-link-local-address"})


@dataclass(frozen=True, slots=True)
class Bound:
    """A filter list on an interface: the words that name the filters, in order."""

    interface: str
    v6: bool
    output: bool
    names: tuple[Node, ...]


@dataclass(slots=True)
class Interfaces:
    """Everything about the interfaces of one scope. ``switched``: units of layer 2. ``listed``: the file tells any."""

    known: dict[str, Interface] = field(default_factory=dict)
    bound: list[Bound] = field(default_factory=list)
    bindings: list[MacBinding] = field(default_factory=list)
    switched: set[str] = field(default_factory=set)
    wires: list[tuple[str, str]] = field(default_factory=list)
    v6: bool = False
    listed: bool = False

    def name(self, word: str) -> str:
        """A logical interface as the model names it: without a unit it is unit 0."""
        return word if "." in word or word == "all" else f"{word}.0"


def read_interfaces(export: Export, scope: Scope) -> Interfaces:
    """The interfaces of a scope; those of a logical system have their physical settings at the top of the file."""
    found = Interfaces()
    node = scope.root.at("interfaces")
    found.listed = bool(node.children)
    vpns = _bound(scope.root)
    for vpn in scope.root.at("security", "ipsec", "vpn").children.values():
        if "traffic-selector" in vpn.children:
            reason = Reason("dynamic routing: traffic selectors bring routes, and limit what enters the tunnel")
            export.doubt(vpn.children["traffic-selector"], reason, Concern.ROUTING)
    node.used = True
    for name, physical in node.children.items():
        if name in _NOT_INTERFACES:
            continue
        physical.used = True
        _ignore(physical, _PHYSICAL)
        down = physical.has("disable")
        top = export.root.get("interfaces", name, "disable") if scope.name else None
        for number, unit in physical.at("unit").children.items():
            unbound = name == "st0" and vpns is not None and f"st0.{number}" not in vpns
            _unit(export, found, f"{name}.{number}", unit, not (down or top or unbound))
        if "unit" in physical.children:
            physical.children["unit"].used = True
    return found


def _bound(root: Node) -> frozenset[str] | None:
    """The tunnel interfaces that some VPN uses; ``None`` where the file has no VPNs."""
    vpns = root.get("security", "ipsec", "vpn")
    if vpns is None:
        return None
    return frozenset(name for vpn in vpns.children.values() for name in vpn.at("bind-interface").children)


def _unit(export: Export, found: Interfaces, name: str, unit: Node, enabled: bool) -> None:
    unit.used = True
    _ignore(unit, _UNIT)
    enabled = not unit.has("disable") and enabled
    addresses: list[InterfaceAddress] = []
    families = unit.at("family").children
    if "family" in unit.children:
        unit.children["family"].used = True
    for word, family in families.items():
        if word in FAMILIES:
            addresses += _family(export, found, name, family, word == "inet6")
        elif word in _SWITCHED:
            family.ignore(LAYER2)
            found.switched.add(name)
        elif word in ("mpls", "iso"):
            family.ignore(DYNAMIC if word == "iso" else LABELLED)
    vlan = values.number(unit.word_of("vlan-id"), 4094)
    if "vlan-tags" in unit.children:
        unit.children["vlan-tags"].take()
    peer = unit.word_of("peer-unit")
    if peer:
        found.wires.append((name, f"{name.partition('.')[0]}.{peer}"))
    found.known[name] = Interface(
        name, export.span(unit), tuple(dict.fromkeys(addresses)), enabled, vlan=vlan or None,
        description=_description(unit),
    )  # fmt: skip


def _description(unit: Node) -> str:
    node = unit.children.get("description")
    return next(iter(node.children), "") if node is not None else ""


def _family(export: Export, found: Interfaces, name: str, family: Node, v6: bool) -> Iterator[InterfaceAddress]:
    family.used = True
    found.v6 = found.v6 or v6
    _ignore(family, _FAMILY)
    for word in ("dhcp", "dhcp-client", "dhcpv6-client", "negotiate-address", "autoconf"):
        if word in family.children:
            node = family.children[word]
            node.take()
            if not name.startswith(MANAGEMENT):
                by = {"dhcp": "DHCP", "dhcp-client": "DHCP", "negotiate-address": "PPP"}.get(word)
                export.doubt(node, assigned(by or Reason("the network"), v6), Concern.INTERFACE)
    if "unnumbered-address" in family.children:
        family.children["unnumbered-address"].take()
    filters = family.children.get("filter")
    if filters is not None:
        _filters(found, name, filters, v6)
    for text, node in family.at("address").children.items():
        node.used = True
        family.children["address"].used = True
        _ignore(node, _ADDRESS)
        address = values.interface_address(text)
        if address is None or (address.address >> 128 == 1) != v6:
            export.doubt(node, "this address cannot be read", Concern.INTERFACE)
            continue
        yield address
        yield from _virtual(node, address.length)
        _static_arp(export, found, name, node)


def _virtual(node: Node, length: int) -> Iterator[InterfaceAddress]:
    """Addresses that the interface holds for a group of routers."""
    for keyword in ("vrrp-group", "vrrp-inet6-group"):
        groups = node.children.get(keyword)
        if groups is None:
            continue
        groups.take()
        for group in groups.children.values():
            for word in _VRRP:
                for text in group.at(word).children:
                    address = values.address(text)
                    if address is not None:
                        yield InterfaceAddress(address, length)
    for value in node.values("virtual-gateway-address"):
        address = values.address(value.word)
        if address is not None:
            yield InterfaceAddress(address, length)


def _static_arp(export: Export, found: Interfaces, name: str, node: Node) -> None:
    for keyword in ("arp", "ndp"):
        entries = node.children.get(keyword)
        if entries is None:
            continue
        entries.take()
        for text, entry in entries.children.items():
            address = values.address(text)
            macs = [
                w for k in ("mac", "multicast-mac") for part in entry.walk() if part.word == k for w in part.children
            ]
            number = values.mac(macs[0]) if macs else None
            if address is not None and number is not None:
                found.bindings.append(MacBinding(address, number, name, export.span(entry)))


def _filters(found: Interfaces, name: str, node: Node, v6: bool) -> None:
    node.used = True
    _ignore(node, {"group": LABEL, "dialer": SHAPING})
    for output, single, several in ((False, "input", "input-list"), (True, "output", "output-list")):
        value = node.value(single)
        names = tuple(node.values(several)) or ((value,) if value is not None else ())
        for word in names:
            for child in word.children.values():
                if child.word in ("precedence", "shared-name"):
                    child.take()
        if names:
            found.bound.append(Bound(name, v6, output, names))


def _ignore(node: Node, reasons: dict[str, str]) -> None:
    for word, child in node.children.items():
        reason = reasons.get(word)
        if reason is None and "-" in word:
            reason = next((r for w, r in reasons.items() if w[-1] == "*" and word.startswith(w[:-1])), None)
        if reason is not None:
            child.ignore(reason)
