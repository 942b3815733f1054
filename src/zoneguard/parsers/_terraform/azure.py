"""Azure networks of a plan: ``azurerm_…`` resources as the objects that ``az network … list`` would print of them.

Source: the pages of the azurerm provider for the resources named here. Objects have their addresses in the plan for
ids; names, by which some resources say what they are of, are known before apply.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zoneguard.model.device import Concern
from zoneguard.parsers._azure.estate import Estate, Item
from zoneguard.parsers._azure.expressions import Template
from zoneguard.parsers._azure.kinds import GATEWAY, LOCAL_GATEWAY, NIC, NSG, PUBLIC_IP, TABLE, VNET
from zoneguard.parsers._cloud import unread
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.estate import Building, Value, made
from zoneguard.parsers._terraform.plan import Resource, Step
from zoneguard.parsers._terraform.words import AZURE

WHICH = "the network object that this names is known only after apply"
LATER = "a value of this rule, route or address block that is known only after apply"
ORPHAN = "a part of a network, group or table that the plan does not hold"
NEVER_READ = "a resource that is not read and names objects of the network"
NETWORKS, SUBNET = "azurerm_virtual_network", "azurerm_subnet"
GROUP, RULE = "azurerm_network_security_group", "azurerm_network_security_rule"
ROUTES, ROUTE = "azurerm_route_table", "azurerm_route"
INTERFACE, PEERING = "azurerm_network_interface", "azurerm_virtual_network_peering"
LINKS = {
    "azurerm_subnet_network_security_group_association": ("subnet_id", "network_security_group_id"),
    "azurerm_subnet_route_table_association": ("subnet_id", "route_table_id"),
    "azurerm_subnet_nat_gateway_association": ("subnet_id", "nat_gateway_id"),
    "azurerm_network_interface_security_group_association": ("network_interface_id", "network_security_group_id"),
    "azurerm_network_interface_application_security_group_association":
        ("network_interface_id", "application_security_group_id"),
}  # fmt: skip
"""Types that join two objects, and the attributes that name them."""
PARTS = (
    (SUBNET, "virtual_network_name", NETWORKS), (PEERING, "virtual_network_name", NETWORKS),
    (RULE, "network_security_group_name", GROUP), (ROUTE, "route_table_name", ROUTES),
)  # fmt: skip
"""Types that say by name what they are of."""
HARMLESS = (
    "azurerm_resource_group", "azurerm_application_security_group", "azurerm_linux_virtual_machine",
    "azurerm_windows_virtual_machine", "azurerm_virtual_machine", "azurerm_managed_disk", "azurerm_storage_",
    "azurerm_key_vault", "azurerm_log_analytics", "azurerm_monitor_", "azurerm_role_", "azurerm_user_assigned_identity",
    "azurerm_private_dns", "azurerm_dns_", "azurerm_network_watcher", "azurerm_recovery_", "azurerm_backup_",
    "azurerm_availability_set", "azurerm_nat_gateway", "azurerm_network_ddos", "azurerm_management_lock",
    "azurerm_policy_", "azurerm_virtual_network_gateway_connection", "azurerm_ssh_public_key", "azurerm_image",
    "azurerm_proximity_placement_group", "azurerm_subscription", "azurerm_client_config",
    "azurerm_virtual_network_dns_servers",
)  # fmt: skip
"""Beginnings of types that neither route nor filter nor stand in a subnet by themselves."""
SIDES = {
    f"{side}_{one}": f"{side}{other}" for side in ("source", "destination") for one, other in (
        ("port_range", "PortRange"), ("port_ranges", "PortRanges"), ("address_prefix", "AddressPrefix"),
        ("address_prefixes", "AddressPrefixes"))
}  # fmt: skip
GROUPS = {f"{side}_application_security_group_ids": f"{side}ApplicationSecurityGroups"
          for side in ("source", "destination")}  # fmt: skip
PLAIN = {name: name for name in ("name", "description", "protocol", "access", "priority", "direction")} | SIDES
RULE_VALUES = {*PLAIN, *GROUPS}
HOPS = {"name": "name", "address_prefix": "addressPrefix", "next_hop_type": "nextHopType",
        "next_hop_in_ip_address": "nextHopIpAddress"}  # fmt: skip


def azure_estate(building: Building) -> Estate:
    """The Azure objects that the plan will make, or that it knows."""
    return _Azure(building).estate()


class _Azure:
    def __init__(self, building: Building) -> None:
        self._building = building
        self._plan = building.plan
        self._linked: dict[tuple[str, str], list[str]] = {}
        self._parts: dict[str, dict[str, list[Resource]]] = {}
        self._names: dict[str, set[tuple[str, ...]]] = {}

    def estate(self) -> Estate:
        for kind, (one, other) in LINKS.items():
            for link in self._plan.of(kind):
                ends = [self._one(link, name) for name in (one, other)]
                if all(ends):
                    self._say_stranger(link, ends[0])
                    self._linked.setdefault((ends[0], other), []).append(ends[1])
        for kind, attribute, whole in PARTS:
            names = {one.values.text("name") for one in self._every(whole)}
            for part in self._plan.of(kind):
                if part.values.text(attribute) not in names:
                    self._building.open(part, ORPHAN, Concern.FILTER)
        found = Estate()
        readers: tuple[tuple[str, str, Callable[[Resource], dict[str, Value]]], ...] = (
            (NETWORKS, VNET, self._network), (GROUP, NSG, self._group), (ROUTES, TABLE, self._table),
            (INTERFACE, NIC, self._interface), ("azurerm_public_ip", PUBLIC_IP, self._public),
            ("azurerm_local_network_gateway", LOCAL_GATEWAY, self._local),
            ("azurerm_virtual_network_gateway", GATEWAY, self._gateway),
        )  # fmt: skip
        for type_, kind, read in readers:
            for resource in self._every(type_):
                node = made(resource.node, read(resource))
                found.items.setdefault(kind, []).append(
                    Item(kind, resource.values.text("name"), resource.address.lower(), node, node, Template(None))
                )
        for resource in self._plan.resources.values():
            kind = resource.type
            if kind not in AZURE and kind.startswith("azurerm_") and not kind.startswith(HARMLESS):
                self._say_unread(resource)
        return found

    def _every(self, *types: str) -> Iterator[Resource]:
        yield from self._plan.of(*types)
        yield from (known for known in self._plan.data.values() if known.type in types and known.values.text("id"))

    def _say_unread(self, resource: Resource) -> None:
        mentioned, sure = self._building.refs.mentioned(resource)
        named = (self._plan.resources.get(name) or self._plan.data.get(name) for name in mentioned)
        if not sure or any(one is not None and one.type in AZURE for one in named):
            unread(self._building.ledger, resource.node, NEVER_READ, resource.address)

    def _say_stranger(self, resource: Resource, name: str) -> None:
        if name not in self._plan.resources and name not in self._plan.data:
            self._building.open(resource, ORPHAN, Concern.FILTER)

    def _one(self, resource: Resource, *path: Step, needed: bool = True) -> str:
        found = self._building.named(resource, *path)
        if not found.one and (needed or not found.complete):
            self._building.open(resource, WHICH, Concern.FILTER)
        return found.one

    def _reference(self, resource: Resource, *path: Step) -> Value:
        one = self._one(resource, *path, needed=False)
        return {"id": one} if one else {}

    def _joined(self, address: str, attribute: str) -> Value:
        ends = self._linked.get((address, attribute), [])
        return {"id": ends[0]} if ends else {}

    def _texts(self, resource: Resource, values: Node, name: str, *path: Step) -> list[Value]:
        if resource.unknown(*path, name):
            self._building.open(resource, LATER, Concern.FILTER)
        return [*values.texts(name)]

    def _of(self, resource: Resource, type_: str, attribute: str) -> Iterator[Resource]:
        """The resources of a type that say by name that they are of ``resource``."""
        if type_ not in self._parts:
            self._parts[type_] = {}
            for part in self._every(type_):
                self._parts[type_].setdefault(part.values.text(attribute), []).append(part)
        group = resource.values.text("resource_group_name")
        for part in self._parts[type_].get(resource.values.text("name"), ()):
            if part.values.text("resource_group_name") in ("", group) or not group:
                yield part

    def _named(self, type_: str, attribute: str) -> set[tuple[str, ...]]:
        """The resources of a type, those that the plan removes too: what they are of, and their names."""
        if type_ not in self._names:
            told = (r.values if r.values.text("name") else r.before for r in self._plan.changed(type_))
            keys = (attribute, "resource_group_name", "name")
            self._names[type_] = {tuple(map(values.text, keys)) for values in told}
        return self._names[type_]

    def _network(self, network: Resource) -> dict[str, Value]:
        subnets: list[Value] = [self._subnet(s) for s in self._of(network, SUBNET, "virtual_network_name")]
        named = {s.values.text("name") for s in self._of(network, SUBNET, "virtual_network_name")}
        for place, inline in enumerate(network.values.each("subnet")):
            if inline.text("name") not in named:
                subnets.append(self._inline(network, inline, place))
        peerings: list[Value] = [self._peering(p) for p in self._of(network, PEERING, "virtual_network_name")]
        space: Value = {"addressPrefixes": self._texts(network, network.values, "address_space")}
        return {"addressSpace": space, "subnets": subnets, "virtualNetworkPeerings": peerings}

    def _subnet(self, subnet: Resource) -> Node:
        values = subnet.values
        members: dict[str, Value] = {
            "name": values.text("name"), "id": subnet.address,
            "addressPrefixes": self._texts(subnet, values, "address_prefixes"), **_options(values),
            "networkSecurityGroup": self._joined(subnet.address, "network_security_group_id")
            or self._reference(subnet, "network_security_group_id"),
            "routeTable": self._joined(subnet.address, "route_table_id") or self._reference(subnet, "route_table_id"),
            "natGateway": self._joined(subnet.address, "nat_gateway_id"),
        }  # fmt: skip
        return made(subnet.node, members)

    def _inline(self, network: Resource, inline: Node, place: int) -> Node:
        prefixes = self._texts(network, inline, "address_prefixes", "subnet", place)
        return made(inline, {
            "name": inline.text("name"), "id": f"{network.address}/subnets/{inline.text('name')}",
            "addressPrefixes": prefixes, **_options(inline),
            "networkSecurityGroup": self._reference(network, "subnet", place, "security_group"),
            "routeTable": self._reference(network, "subnet", place, "route_table_id"),
        })  # fmt: skip

    def _peering(self, peering: Resource) -> Node:
        values = peering.values
        remote = self._one(peering, "remote_virtual_network_id")
        access = values.get("allow_virtual_network_access")
        return made(peering.node, {
            "name": values.text("name"), "id": peering.address, "remoteVirtualNetwork": {"id": remote},
            "allowForwardedTraffic": values.flag("allow_forwarded_traffic"),
            "useRemoteGateways": values.flag("use_remote_gateways"),
            "allowVirtualNetworkAccess": access is None or access.value is not False,
        })  # fmt: skip

    def _group(self, group: Resource) -> dict[str, Value]:
        own = list(self._of(group, RULE, "network_security_group_name"))
        rules: list[Value] = [self._rule(rule, rule.values) for rule in own]
        apart, here = self._named(RULE, "network_security_group_name"), _place(group)
        for place, inline in enumerate(group.values.each("security_rule")):
            if (*here, inline.text("name")) not in apart:
                rules.append(self._rule(group, inline, "security_rule", place))
        return {"securityRules": rules}

    def _rule(self, resource: Resource, values: Node, *path: Step) -> Node:
        later = resource.unknown_of(*path, names=RULE_VALUES)
        if not later.isdisjoint(PLAIN):
            self._building.open(resource, LATER, Concern.FILTER)
        members: dict[str, Value] = values.renamed(PLAIN)
        for attribute in (later | values.held(GROUPS)) & GROUPS.keys():
            named = self._building.named(resource, *path, attribute)
            groups: list[Value] = [{"id": name} for name in named.names]
            if not named.complete:
                self._building.open(resource, WHICH, Concern.FILTER)
            members[GROUPS[attribute]] = groups
        return made(values if path else resource.node, members)

    def _table(self, table: Resource) -> dict[str, Value]:
        own = list(self._of(table, ROUTE, "route_table_name"))
        routes: list[Value] = [self._route(route, route.values) for route in own]
        apart, here = self._named(ROUTE, "route_table_name"), _place(table)
        for place, inline in enumerate(table.values.each("route")):
            if (*here, inline.text("name")) not in apart:
                routes.append(self._route(table, inline, "route", place))
        enabled = table.values.get("bgp_route_propagation_enabled")
        deaf = table.values.flag("disable_bgp_route_propagation") or (enabled is not None and enabled.value is False)
        return {"name": table.values.text("name"), "routes": routes, "disableBgpRoutePropagation": deaf}

    def _route(self, resource: Resource, values: Node, *path: Step) -> Node:
        if resource.unknown_of(*path, names=HOPS):
            self._building.open(resource, LATER, Concern.ROUTING)
        return made(values if path else resource.node, values.renamed(HOPS))

    def _interface(self, nic: Resource) -> dict[str, Value]:
        asgs: list[Value] = [{"id": n} for n in self._linked.get((nic.address, "application_security_group_id"), ())]
        parts: list[Value] = []
        for place, entry in enumerate(nic.values.each("ip_configuration")):
            subnet = self._one(nic, "ip_configuration", place, "subnet_id")
            if subnet:
                self._say_stranger(nic, subnet)
            part: dict[str, Value] = {
                "name": entry.text("name"), "privateIPAddress": entry.text("private_ip_address"),
                "subnet": {"id": subnet},
                "applicationSecurityGroups": asgs,
            }  # fmt: skip
            public = self._reference(nic, "ip_configuration", place, "public_ip_address_id")
            parts.append(part | ({"publicIPAddress": public} if public else {}))
        attribute = "network_security_group_id"
        group = self._joined(nic.address, attribute) or self._reference(nic, attribute)
        return {"ipConfigurations": parts, "networkSecurityGroup": group}

    def _public(self, public: Resource) -> dict[str, Value]:
        return {"ipAddress": public.values.text("ip_address")}

    def _local(self, gateway: Resource) -> dict[str, Value]:
        return {"localNetworkAddressSpace": {"addressPrefixes": self._texts(gateway, gateway.values, "address_space")}}

    def _gateway(self, gateway: Resource) -> dict[str, Value]:
        found = range(len(list(gateway.values.each("ip_configuration"))))
        parts: list[Value] = [{"subnet": self._reference(gateway, "ip_configuration", n, "subnet_id")} for n in found]
        return {"ipConfigurations": parts}


def _options(subnet: Node) -> dict[str, Value]:
    """What a subnet or a block of one says besides its addresses and what it is joined to."""
    found: dict[str, Value] = {"privateEndpointNetworkPolicies": subnet.text("private_endpoint_network_policies")}
    if subnet.text("address_prefix"):
        found["addressPrefix"] = subnet.text("address_prefix")
    outward = subnet.get("default_outbound_access_enabled")
    return found | ({"defaultOutboundAccess": False} if outward is not None and outward.value is False else {})


def _place(resource: Resource) -> tuple[str, str]:
    """The name of a resource and of its resource group."""
    return resource.values.text("name"), resource.values.text("resource_group_name")
