"""Routing instances and their tables: static routes, what instances get from one another, dynamic protocols."""

from __future__ import annotations

from zoneguard.model.device import Concern, Route
from zoneguard.model.text import Reason
from zoneguard.parsers._junos.account import DYNAMIC, LABEL, MULTICAST, SHAPING
from zoneguard.parsers._junos.export import DEFAULT, Export, Scope
from zoneguard.parsers._junos.interfaces import Interfaces
from zoneguard.parsers._junos.leaking import Instance, Leaking
from zoneguard.parsers._junos.statics import Static, read_statics
from zoneguard.parsers._junos.tree import Node

DYNAMIC_PROTOCOLS = ("bgp", "ospf", "ospf3", "isis", "rip", "ripng", "rift")
LABEL_PROTOCOLS = ("mpls", "ldp", "rsvp", "evpn", "l2circuit", "l2vpn", "vpls", "connections", "source-packet-routing")
_PEERS = ("neighbor", "group", "interface", "area", "realm", "level")
_ROUTED = frozenset({"virtual-router", "vrf", "forwarding", "no-forwarding", ""})
_OPTIONS = {
    "autonomous-system": DYNAMIC, "router-id": DYNAMIC, "forwarding-table": SHAPING, "confederation": DYNAMIC,
    "graceful-restart": DYNAMIC, "nonstop-routing": DYNAMIC, "route-distinguisher-id": DYNAMIC, "martians": DYNAMIC,
    "multicast": MULTICAST, "multipath": SHAPING, "resolution": LABEL, "maximum-paths": DYNAMIC, "ppm": LABEL,
    "maximum-prefixes": DYNAMIC, "validation": DYNAMIC, "bgp-orf-cisco-mode": DYNAMIC, "options": LABEL,
    "fate-sharing": DYNAMIC, "source-routing": LABEL, "warm-standby": DYNAMIC, "med-igp-update-interval": DYNAMIC,
    "nsr-phantom-holdtime": DYNAMIC, "lsp-telemetry": LABEL, "dynamic-tunnels": LABEL, "topologies": DYNAMIC,
    "route-record": LABEL, "transport-class": DYNAMIC, "backup-selection": DYNAMIC, "srlg": DYNAMIC, "access": LABEL,
    "management-instance": LABEL, "logical-system-mux": LABEL, "export-rib": DYNAMIC, "l3vpn-composite-nexthop": LABEL,
    "import-policy": DYNAMIC, "export": DYNAMIC,
}  # fmt: skip
_INSTANCE = {
    "description": LABEL, "route-distinguisher": DYNAMIC, "vrf-table-label": LABEL, "vrf-import": DYNAMIC,
    "vrf-export": DYNAMIC, "vrf-target": DYNAMIC, "no-vrf-advertise": DYNAMIC, "no-local-switching": LABEL,
    "provider-tunnel": MULTICAST, "no-vrf-propagate-ttl": LABEL,
}  # fmt: skip


class Routing:
    """The routing instances of a scope, and the routes of each."""

    def __init__(self, export: Export, scope: Scope, interfaces: Interfaces) -> None:
        self._export, self._scope, self._interfaces = export, scope, interfaces
        self.instances = self._read_instances()
        known = frozenset(self.instances)
        self._tables: dict[str, list[Static]] = {}
        for name, instance in self.instances.items():
            for word, child in instance.options.children.items():
                if word in _OPTIONS:
                    child.ignore(_OPTIONS[word])
            self._tables[name] = list(read_statics(export, scope, instance.options, known))
            self._dynamic(instance)
            local = instance.options.at("interface-routes").children
            if local and "rib-group" not in local:
                instance.options.children["interface-routes"].ignore(DYNAMIC)
        groups = scope.root.get("routing-options", "rib-groups")
        if groups is not None:
            groups.take()
        Leaking(export, scope, self.instances, interfaces.known, self._tables).apply()

    def routes(self, name: str) -> tuple[Route, ...]:
        """The table of an instance, connected subnets left out."""
        return tuple(static.route for static in self._tables[name])

    @property
    def members(self) -> dict[str, frozenset[str]]:
        """The interfaces of each instance."""
        return {name: instance.interfaces for name, instance in self.instances.items()}

    def _read_instances(self) -> dict[str, Instance]:
        node = self._scope.root.at("routing-instances")
        node.used = True
        found: dict[str, Instance] = {}
        taken: set[str] = set()
        for name, entry in node.children.items():
            if name in ("apply-groups", "apply-groups-except") or entry.reason:
                continue
            entry.used = True
            kind = entry.word_of("instance-type")
            if kind not in _ROUTED:
                reason = Reason(
                    'a routing instance of type "{kind}" forwards by MAC addresses: not in the model', kind=kind
                )
                self._export.doubt(entry.children["instance-type"], reason, Concern.INTERFACE)
            for word, child in entry.children.items():
                if word in _INSTANCE:
                    child.ignore(_INSTANCE[word])
            members = set()
            for member in entry.values("interface"):
                one = self._interfaces.name(member.word)
                if one in taken:
                    reason = Reason('the interface "{name}" is in two routing instances', name=one)
                    self._export.doubt(member, reason, Concern.ROUTING)
                taken.add(one)
                members.add(one)
            found[name] = Instance(name, entry, frozenset(members), entry.at("routing-options"))
        rest = frozenset(self._interfaces.known) - taken
        return {DEFAULT: Instance(DEFAULT, None, rest, self._scope.root.at("routing-options")), **found}

    def _dynamic(self, instance: Instance) -> None:
        """A routing protocol that has peers or interfaces brings routes that the file does not show."""
        node = (instance.node or self._scope.root).at("protocols")
        if node.children:
            node.used = True
        for name in LABEL_PROTOCOLS:
            protocol = node.children.get(name)
            if protocol is not None:
                protocol.take()
                self._export.doubt(
                    protocol,
                    Reason("dynamic routing: the paths of {name} are not in the file", name=name),
                    Concern.ROUTING,
                )
        for name in DYNAMIC_PROTOCOLS:
            protocol = node.children.get(name)
            if protocol is None:
                continue
            protocol.take()
            peers = [c for word in _PEERS for c in protocol.at(word).children.values()]
            if peers and not _off(protocol):
                reason = Reason("dynamic routing: the routes of {name} are not in the file", name=name)
                self._export.doubt(protocol, reason, Concern.ROUTING)
            else:
                protocol.ignore("dynamic routing protocol without neighbours or interfaces")


def _off(protocol: Node) -> bool:
    return "disable" in protocol.children
