"""FortiOS interfaces: addresses, VLANs, management access, tunnels, and links between VDOMs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from zoneguard.model.addresses import V6
from zoneguard.model.device import Concern, Interface, InterfaceAddress, Route, RouteKind
from zoneguard.model.settings import Service
from zoneguard.model.text import Reason
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._fortios import values
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.callers import SSL_SETTINGS, ssl_interface
from zoneguard.parsers._fortios.cluster import RESERVED, reserved
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.schema import (
    ACCOUNTS,
    CONTENT,
    DYNAMIC_FILTER,
    HARDWARE,
    LABEL,
    LOGGING,
    MANAGED,
    MANAGEMENT,
    SERVERS,
    SHAPING,
    TUNNELS,
    Schema,
    account,
    ignore,
)
from zoneguard.parsers._indented.wholeness import SECOND

REVERSE_PATH = "reverse path check: hosts are taken to use addresses that are routed back to them"

INTERFACE = Schema(
    frozenset({
        "vdom", "vrf", "ip", "allowaccess", "status", "type", "vlanid", "interface", "member", "mode", "remote-ip",
        "secondary-IP", "ipmac", "management-ip", "defaultgw", "distance", "priority",
    }),
    Concern.INTERFACE,
    {
        "dhcp-*": SERVERS, "dhcp6-*": SERVERS, "secip-relay-ip": SERVERS, "dns-server-*": SERVERS, "role": LABEL,
        "detect*": MANAGEMENT, "gwdetect": MANAGEMENT, "ping-serv-status": MANAGEMENT, "ha-priority": MANAGEMENT,
        "bfd*": DYNAMIC_FILTER, "lldp*": HARDWARE, "lacp*": HARDWARE, "speed": HARDWARE, "mtu*": HARDWARE,
        "mediatype": HARDWARE, "macaddr": HARDWARE, "substitute*": HARDWARE, "subst": HARDWARE, "stp*": HARDWARE,
        "algorithm": HARDWARE, "aggregate*": HARDWARE, "min-links*": HARDWARE, "redundant-interface": HARDWARE,
        "link-*": HARDWARE, "phy-*": HARDWARE, "poe": HARDWARE, "sfp*": HARDWARE, "ring-*": HARDWARE, "np-*": HARDWARE,
        "forward-error-correction": HARDWARE, "fail-*": HARDWARE, "interconnect-profile": HARDWARE, "devindex": LABEL,
        "tcp-mss": HARDWARE, "swc*": HARDWARE, "sw-*": HARDWARE, "switch": HARDWARE, "internal": LABEL,
        "external": LABEL, "vindex": LABEL, "trunk": HARDWARE, "eee": HARDWARE, "dedicated-to": MANAGEMENT,
        "port-mirroring": LOGGING, "mirroring-*": LOGGING, "netflow*": LOGGING, "sflow*": LOGGING, "sample-*": LOGGING,
        "polling-interval": LOGGING, "device-*": LOGGING, "monitor-bandwidth": LOGGING, "*bandwidth*": SHAPING,
        "spillover*": SHAPING, "ingress-*": SHAPING, "egress-*": SHAPING, "weight": SHAPING, "trust-*": SHAPING,
        "fortilink*": MANAGED, "switch-controller*": MANAGED,
        "auto-auth-*": MANAGED, "ap-discover": MANAGED, "managed-*": MANAGED, "ip-managed-by-*": MANAGED,
        "username": ACCOUNTS, "password": ACCOUNTS, "auth-*": ACCOUNTS, "eap-*": ACCOUNTS, "pppoe*": TUNNELS,
        "service-name": TUNNELS, "ac-name": TUNNELS, "lcp*": TUNNELS, "padt*": TUNNELS, "disc-*": TUNNELS,
        "idle-timeout": TUNNELS, "ipunnumbered": TUNNELS, "pptp*": TUNNELS, "l2tp*": TUNNELS, "ike-*": ACCOUNTS,
        "security-*": "asks users to log in first; it can only take away", "proxy-captive-portal": ACCOUNTS,
        "replacemsg*": LABEL, "arpforward": "layer 2 only", "broadcast-forward": "broadcasts only",
        "netbios-forward": "broadcasts only", "l2forward": "layer 2 only", "vlanforward": "layer 2 only",
        "stpforward*": "layer 2 only", "ndiscforward": "layer 2 only", "icmp-*": "redirects only", "wccp": CONTENT,
        "drop-*": "drops fragments only", "src-check": REVERSE_PATH, "ips-sniffer-mode": CONTENT,
        "explicit-*": "the explicit proxy is judged by its own tables",
        "preserve-session-route": "established sessions",
        "ident-accept": MANAGEMENT, "cli-*": LABEL, "vrrp-virtual-mac": HARDWARE, "virtual-mac": HARDWARE,
        "reachable-time": HARDWARE, "default-purdue-level": LABEL, "estimated-*": SHAPING, "measured-*": SHAPING,
        "bandwidth-*": SHAPING, "exclude-signatures": CONTENT, "tagging": LABEL, "client-options": SERVERS,
        "mirroring-filter": LOGGING, "send-router-advert": SERVERS, "profiles": HARDWARE,
        "annex": HARDWARE, "atm-*": HARDWARE, "mux-type": HARDWARE, "pvc-*": HARDWARE, "retransmission": HARDWARE,
        "select-profile-*": HARDWARE, "tc-mode": HARDWARE, "system-id*": HARDWARE, "vlan-protocol": HARDWARE,
        "eip": MANAGEMENT, "gateway-address": MANAGEMENT, "gwaddr": MANAGEMENT, "wins-ip": SERVERS,
        "telemetry-discover": LOGGING, "forward-domain": "transparent mode only",
    },
    frozenset({"secondaryip", "ipv6", "vrrp"}),
)  # fmt: skip
IPV6 = Schema(
    frozenset({"ip6-address", "ip6-allowaccess", "ip6-mode"}),
    Concern.INTERFACE,
    {"ip6-*": SERVERS, "dhcp6-*": SERVERS, "nd-*": HARDWARE, "ra-*": SERVERS, "autoconf": SERVERS, "vrip6*": HARDWARE,
     "vrrp*": HARDWARE, "unique-*": LABEL, "icmp6-*": "redirects only", "interface-identifier": LABEL, "cli-*": LABEL},
    frozenset({"ip6-extra-addr"}),
)  # fmt: skip
SECONDARY = Schema(
    frozenset({"ip", "allowaccess"}),
    Concern.INTERFACE,
    {"detect*": MANAGEMENT, "gwdetect": MANAGEMENT, "ping-*": MANAGEMENT, "ha-*": MANAGEMENT, "secip-*": SERVERS},
)
VRRP = Schema(frozenset({"vrip", "status"}), Concern.INTERFACE, {"*": "which member of a group answers"})
TUNNEL_TABLES = (
    "vpn ipsec phase1-interface", "system gre-tunnel", "system ipip-tunnel", "system sit-tunnel", "system ipv6-tunnel",
    "system vxlan", "system geneve", "system vne-tunnel", "system vne-interface", "system pppoe-interface",
)  # fmt: skip
MAX_PARENTS = 8
_BY = {"dhcp": "DHCP", "pppoe": "PPP"}


@dataclass(slots=True)
class Interfaces:
    """All interfaces of a device by name, and where each belongs."""

    known: dict[str, Interface] = field(default_factory=dict)
    vdom: dict[str, str] = field(default_factory=dict)
    vrf: dict[str, int] = field(default_factory=dict)
    routes: list[Route] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    wires: list[tuple[str, str]] = field(default_factory=list)
    ipmac: set[str] = field(default_factory=set)
    given: list[Given] = field(default_factory=list)
    """Addresses that the network assigns."""
    ranks: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Interfaces that take a default route with their address: its distance and priority."""
    reserved: frozenset[str] = frozenset()
    """Those of the members of a cluster, which forward nothing."""
    listed: bool = False
    """Whether the file has a table of interfaces at all."""


def read_interfaces(export: Export, zones: dict[str, str]) -> Interfaces:
    """Every interface; ``zones`` maps members to their zone's name."""
    result = Interfaces()
    tables = [(export.shared, export.scopes[0].name)]
    tables += [(scope.block, scope.name) for scope in export.scopes if scope.block is not export.shared]
    entries: dict[str, Block] = {}
    for block, vdom in tables:
        table = block.blocks.get("system interface")
        if table is None:
            continue
        result.listed = True
        account(export.ledger, table, INTERFACE)
        for name, entry in table.entries.items():
            entries[name] = entry
            result.vdom[name] = entry.word("vdom", vdom)
    for name, entry in entries.items():
        _read(export, result, name, entry, zones)
    for name in entries:
        if not _up(entries, name):
            result.known[name] = _lowered(result.known[name])
    for scope in export.scopes:
        _read_tunnels(export, result, scope)
    _wire(export, result, entries)
    result.reserved = frozenset(reserved(export)) & result.known.keys()
    result.vdom |= dict.fromkeys(result.reserved, RESERVED)
    return result


def _read(export: Export, result: Interfaces, name: str, entry: Block, zones: dict[str, str]) -> None:
    vlan = values.number(entry.word("vlanid", "x"), 4094)
    if vlan is None and "vlanid" in entry.settings:
        export.ledger.not_understood(entry.line("vlanid"), "this is no VLAN number", Concern.INTERFACE)
    result.vrf[name] = values.number(entry.word("vrf", "0"), 65535) or 0
    if entry.enabled("ipmac"):
        result.ipmac.add(name)
    mode = entry.word("mode", "static")
    if mode != "static":
        span = export.source.span(entry.line("mode"))
        result.given.append(Given(name, _BY.get(mode, mode), span, alone=mode == "pppoe"))
        if entry.enabled("defaultgw", default=True):
            distance = values.number(entry.word("distance", "5"), 255) or 5
            result.ranks[name] = distance, values.number(entry.word("priority", "0"), 65535) or 0
    result.known[name] = Interface(
        name,
        export.span(entry),
        tuple(dict.fromkeys(_addresses(export, entry, result.given))),
        entry.word("status", "up") != "down",
        zones.get(name, ""),
        vlan,
        entry.word("description") or entry.word("alias"),
        assigned=mode == "dhcp",
    )
    _point_to_point(export, result, name, entry)
    result.services += _services(export, name, entry)


def _addresses(export: Export, entry: Block, given: list[Given]) -> Iterator[InterfaceAddress]:
    own = _address(export, entry, "ip")
    if own is not None:
        if "ip" in entry.before and entry.before["ip"][0] != entry.settings["ip"][0]:
            export.ledger.not_understood(entry.line("ip"), SECOND, Concern.INTERFACE)
        yield own
    management = _address(export, entry, "management-ip")
    if management is not None:
        yield management
    for table, schema in (("secondaryip", SECONDARY), ("vrrp", VRRP)):
        if table in entry.blocks:
            account(export.ledger, entry.blocks[table], schema)
    if entry.enabled("secondary-IP"):
        for extra in entry.table("secondaryip").values():
            second = _address(export, extra, "ip")
            if second is not None:
                yield second
    elif "secondaryip" in entry.blocks:
        ignore(export.ledger, entry.blocks["secondaryip"], "secondary addresses that are not enabled")
    for group in entry.table("vrrp").values():
        shared = values.ipv4(group.word("vrip", values.ZERO))
        if shared and own is not None and group.word("status", "enable") == "enable":
            yield InterfaceAddress(shared, own.length if shared in own.subnet else 32)
    ipv6 = entry.blocks.get("ipv6")
    if ipv6 is not None:
        account(export.ledger, ipv6, IPV6)
        if ipv6.word("ip6-mode", "static") != "static":
            span = export.source.span(ipv6.line("ip6-mode"))
            given.append(Given(entry.name, Reason("the network"), span, v6=True))
        six = _address(export, ipv6, "ip6-address")
        if six is not None:
            yield six
        for text, extra in ipv6.table("ip6-extra-addr").items():
            more = values.interface_address((text,))
            if more is None:
                export.ledger.not_understood(extra.first, "this address cannot be read", Concern.INTERFACE)
            else:
                yield more


def _address(export: Export, entry: Block, name: str) -> InterfaceAddress | None:
    words = entry.values(name)
    if not words:
        return None
    found = values.interface_address(words)
    if found is None:
        export.ledger.not_understood(entry.line(name), "this address cannot be read", Concern.INTERFACE)
    return found if found is not None and found.address not in (0, V6) else None


def _point_to_point(export: Export, result: Interfaces, name: str, entry: Block) -> None:
    words = entry.values("remote-ip")
    remote = values.interface_address(words) if words else None
    if remote is None or not remote.address:
        return
    span = export.source.span(entry.line("remote-ip"))
    network = remote.subnet.first
    result.routes.append(Route(network, remote.length, span, RouteKind.CONNECTED, interface=name, distance=0))


def _services(export: Export, name: str, entry: Block) -> Iterator[Service]:
    places = [(entry, "allowaccess"), *((e, "allowaccess") for e in entry.table("secondaryip").values())]
    if "ipv6" in entry.blocks:
        places.append((entry.blocks["ipv6"], "ip6-allowaccess"))
    seen: set[str] = set()
    for block, setting in places:
        for service in block.values(setting):
            if service not in seen:
                seen.add(service)
                yield Service(service, name, export.source.span(block.line(setting)))


def _up(entries: dict[str, Block], name: str) -> bool:
    """Whether the interface and those it rides on are up."""
    for _ in range(MAX_PARENTS):
        entry = entries.get(name)
        if entry is None:
            return True
        if entry.word("status", "up") == "down":
            return False
        name = entry.word("interface")
    return True


def _lowered(interface: Interface) -> Interface:
    return replace(interface, enabled=False)


def _read_tunnels(export: Export, result: Interfaces, scope: Scope) -> None:
    """Tunnels are interfaces by their own tables too, should the interface table not list them."""
    clients = ssl_interface(scope)
    if clients and clients not in result.known:
        result.known[clients] = Interface(clients, export.span(scope.table(SSL_SETTINGS)))
        result.vdom[clients] = scope.name
        result.vrf[clients] = 0
    for path in TUNNEL_TABLES:
        table = scope.block.blocks.get(path) or export.shared.blocks.get(path)
        if table is None:
            continue
        account(export.ledger, table, Schema(frozenset(), Concern.INTERFACE, {"*": TUNNELS}))
        for name, entry in table.entries.items():
            if name not in result.known:
                result.known[name] = Interface(name, export.span(entry))
                result.vdom[name] = scope.name
                result.vrf[name] = 0


def _wire(export: Export, result: Interfaces, entries: dict[str, Block]) -> None:
    """Join ``X0`` and ``X1`` of each link between VDOMs, and the VLANs on them that have the same number."""
    links = [name for name, i in entries.items() if i.word("type") == "vdom-link" or name[:-1].endswith("_vlink")]
    for block in (export.shared, *(scope.block for scope in export.scopes)):
        table = block.blocks.get("system vdom-link")
        if table is not None:
            account(export.ledger, table, Schema(frozenset({"type", "vcluster"}), Concern.INTERFACE))
            links += [f"{name}0" for name in table.entries]
    vlans: dict[str, dict[int | None, str]] = {}
    for name, entry in entries.items():
        vlans.setdefault(entry.word("interface"), {})[result.known[name].vlan] = name
    for a, b in dict.fromkeys((f"{name[:-1]}0", f"{name[:-1]}1") for name in links):
        if a in result.known and b in result.known:
            near, far = vlans.get(a, {}), vlans.get(b, {})
            result.wires += [(a, b), *((near[v], far[v]) for v in near if v is not None and v in far)]
