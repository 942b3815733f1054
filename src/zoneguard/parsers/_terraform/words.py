"""What the resources that are read may say, attribute by attribute: read, of no concern, or said to be unread.

Source: the pages of the AWS and azurerm providers for each type, of the versions from 3 on. An attribute that none of
these tables names may route or filter: it is not understood where it has a value, or will have one after apply.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zoneguard.model.device import Concern
from zoneguard.parsers._aws.words import ELSEWHERE, LATTICE
from zoneguard.parsers._azure.words import BALANCED_IN, CHAINED, CLIENTS, FORCED, MORE_ADDRESSES, PARTLY, POOLED
from zoneguard.parsers._cloud import ENDPOINT_POLICY, HARMLESS, IGNORED, NOTHING, UNKNOWN
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.plan import Resource, some_true
from zoneguard.parsers.accounting import Ledger

MORE_POOL = "more addresses of the NAT gateway than the one that is read"
PEERED = "peerings of the network that the plan does not manage"

Table = dict[str, object]


def _read(*names: str, **more: object) -> Table:
    """A table: attributes that are read, and what others are."""
    return dict.fromkeys(names) | more


def _idle(*names: str) -> Table:
    """Attributes of no concern."""
    return dict.fromkeys(names, HARMLESS)


_ANYWHERE = _idle("id", "arn", "tags", "tags_all", "region", "timeouts", "owner_id", "location", "edge_zone")
_FOUND = _idle("filter", "state", "default", "most_recent")
"""Of data: how it is found."""
_SIX = _idle(
    "ipv6_ipam_pool_id", "ipv6_netmask_length", "ipv4_ipam_pool_id", "ipv4_netmask_length", "ip_source",
    "ipv6_address_attribute", "ipv6_pool",
)  # fmt: skip
_VPC: Table = {
    **_read("cidr_block", "ipv6_cidr_block", "assign_generated_ipv6_cidr_block", "default_security_group_id",
            "default_network_acl_id", "default_route_table_id", "main_route_table_id",
            "cidr_block_associations"),
    **_SIX, **_FOUND,
    **_idle("instance_tenancy", "ipv6_cidr_block_network_border_group", "enable_dns_support", "enable_dns_hostnames",
            "enable_network_address_usage_metrics", "dhcp_options_id", "ipv6_association_id", "existing_default_vpc",
            "force_destroy"),
}  # fmt: skip
_SUBNET: Table = {
    **_read("cidr_block", "ipv6_cidr_block", "vpc_id", "map_public_ip_on_launch", "assign_ipv6_address_on_creation"),
    **_SIX, **_FOUND,
    **_idle("availability_zone", "availability_zone_id", "customer_owned_ipv4_pool",
            "enable_dns64", "enable_lni_at_device_index", "enable_resource_name_dns_aaaa_record_on_launch",
            "enable_resource_name_dns_a_record_on_launch", "ipv6_native", "map_customer_owned_ip_on_launch",
            "outpost_arn", "private_dns_hostname_type_on_launch", "ipv6_cidr_block_association_id",
            "existing_default_subnet", "force_destroy", "available_ip_address_count", "default_for_az"),
}  # fmt: skip
_PERMISSION = _read("cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids", "security_groups", "self", "from_port",
                    "to_port", "protocol", description=HARMLESS)  # fmt: skip
_GROUP = _read("name", "vpc_id", ingress=_PERMISSION, egress=_PERMISSION, name_prefix=HARMLESS, description=HARMLESS,
               revoke_rules_on_delete=HARMLESS)  # fmt: skip
_RULE = _read("cidr_ipv4", "cidr_ipv6", "from_port", "to_port", "ip_protocol", "prefix_list_id",
              "referenced_security_group_id", "security_group_id", security_group_rule_id=HARMLESS,
              description=HARMLESS)  # fmt: skip
_ENTRY = _read("action", "cidr_block", "from_port", "icmp_code", "icmp_type", "ipv6_cidr_block", "protocol", "rule_no",
               "to_port")  # fmt: skip
_ACL = _read("vpc_id", "subnet_ids", "default_network_acl_id", ingress=_ENTRY, egress=_ENTRY)
_TARGETS = _read("carrier_gateway_id", "core_network_arn", "egress_only_gateway_id", "gateway_id", "instance_id",
                 "local_gateway_id", "nat_gateway_id", "network_interface_id", "odb_network_arn", "transit_gateway_id",
                 "vpc_endpoint_id", "vpc_peering_connection_id")  # fmt: skip
_TABLE = _read("vpc_id", "propagating_vgws", "default_route_table_id", route={
    **_TARGETS, **_read("cidr_block", "ipv6_cidr_block", "destination_prefix_list_id")})  # fmt: skip
_DEFAULTS = _read("transit_gateway_default_route_table_association", "transit_gateway_default_route_table_propagation",
                  "transit_gateway_id")  # fmt: skip
_LINK = _read("transit_gateway_attachment_id", "transit_gateway_route_table_id", resource_id=HARMLESS,
              resource_type=HARMLESS, replace_existing_association=HARMLESS)  # fmt: skip
_PREFIXES = dict.fromkeys(("ipv4_prefixes", "ipv4_prefix_count", "ipv6_prefixes", "ipv6_prefix_count"), MORE_ADDRESSES)
_HOST = _read("subnet_id", "private_ip", "private_ips", "ipv6_addresses", "ipv6_address_count", "ipv6_address_list",
              "associate_public_ip_address")  # fmt: skip
_LISTS: Table = {
    **_read("cidr_blocks", "entries", entry=_read("cidr", description=HARMLESS)), **_FOUND,
    **_idle("address_family", "max_entries", "name", "version", "prefix_list_id"),
}  # fmt: skip

AWS: Mapping[str, Table] = {
    "aws_vpc": _VPC, "aws_default_vpc": _VPC, "aws_subnet": _SUBNET, "aws_default_subnet": _SUBNET,
    "aws_vpc_ipv4_cidr_block_association": _read("cidr_block", "vpc_id") | _SIX,
    "aws_vpc_ipv6_cidr_block_association":
        _read("ipv6_cidr_block", "vpc_id", "assign_generated_ipv6_cidr_block") | _SIX,
    "aws_internet_gateway": _read("vpc_id"), "aws_egress_only_internet_gateway": _read("vpc_id"),
    "aws_internet_gateway_attachment": _read("internet_gateway_id", "vpc_id"),
    "aws_nat_gateway": {
        **_read("allocation_id", "connectivity_type", "private_ip", "public_ip", "subnet_id", "vpc_id"),
        **_idle("network_interface_id", "association_id", "availability_mode", "auto_scaling_ips",
                "auto_provision_zones", "route_table_id", "regional_nat_gateway_auto_mode"),
        **dict.fromkeys(("secondary_allocation_ids", "secondary_private_ip_address_count",
                         "secondary_private_ip_addresses", "availability_zone_address",
                         "regional_nat_gateway_address"), MORE_POOL),
    },
    "aws_eip": {
        **_read("public_ip", "allocation_id", "instance", "network_interface", "associate_with_private_ip"),
        "carrier_ip": ELSEWHERE, "customer_owned_ip": ELSEWHERE,
        **_idle("address", "association_id", "customer_owned_ipv4_pool", "domain", "ipam_pool_id",
                "network_border_group", "private_dns", "private_ip", "public_dns", "public_ipv4_pool", "ptr_record",
                "vpc"),
    },
    "aws_eip_association": _read("allocation_id", "instance_id", "network_interface_id", "private_ip_address",
                                 "public_ip", allow_reassociation=HARMLESS),
    "aws_security_group": _GROUP, "aws_default_security_group": _GROUP,
    "aws_security_group_rule": {
        **_PERMISSION, **_read("type", "source_security_group_id", "security_group_id"),
        "security_group_rule_id": HARMLESS,
    },
    "aws_vpc_security_group_ingress_rule": _RULE, "aws_vpc_security_group_egress_rule": _RULE,
    "aws_network_acl": _ACL, "aws_default_network_acl": _ACL,
    "aws_network_acl_rule": {**_ENTRY, **_read("egress", "network_acl_id", "rule_action", "rule_number")},
    "aws_network_acl_association": _read("network_acl_id", "subnet_id"),
    "aws_route_table": _TABLE, "aws_default_route_table": _TABLE,
    "aws_route": {
        **_TARGETS, **_read("route_table_id", "destination_cidr_block", "destination_ipv6_cidr_block",
                            "destination_prefix_list_id", "state"), **_idle("instance_owner_id", "origin"),
    },
    "aws_route_table_association": _read("gateway_id", "route_table_id", "subnet_id"),
    "aws_main_route_table_association": _read("route_table_id", "vpc_id", original_route_table_id=HARMLESS),
    "aws_vpn_gateway_route_propagation": _read("route_table_id", "vpn_gateway_id"),
    "aws_ec2_managed_prefix_list": _LISTS, "aws_prefix_list": _LISTS,
    "aws_ec2_managed_prefix_list_entry": _read("cidr", "prefix_list_id", description=HARMLESS),
    "aws_network_interface": {
        **_HOST, **_PREFIXES, **_read("security_groups", "private_ip_list", "private_ips_count"),
        **_idle("attachment", "description", "enable_primary_ipv6", "interface_type", "ipv6_address_list_enabled",
                "private_ip_list_enabled", "mac_address", "private_dns_name", "outpost_arn",
                "source_dest_check"),
    },
    "aws_network_interface_sg_attachment": _read("network_interface_id", "security_group_id"),
    "aws_instance": {
        **_HOST, **_read("vpc_security_group_ids", "security_groups", "secondary_private_ips", "public_ip",
                         "network_interface", "primary_network_interface", "primary_network_interface_id",
                         "launch_template"),
        "secondary_network_interface": ELSEWHERE,
        **_idle("ami", "availability_zone", "capacity_reservation_specification", "cpu_core_count", "cpu_options",
                "cpu_threads_per_core", "credit_specification", "disable_api_stop", "disable_api_termination",
                "ebs_block_device", "ebs_optimized", "enable_primary_ipv6", "enclave_options",
                "ephemeral_block_device", "force_destroy", "get_password_data", "hibernation", "host_id",
                "host_resource_group_arn", "iam_instance_profile", "instance_initiated_shutdown_behavior",
                "instance_lifecycle", "instance_market_options", "instance_state", "instance_type", "key_name",
                "maintenance_options", "metadata_options", "monitoring", "network_performance_options", "outpost_arn",
                "password_data", "placement_group", "placement_group_id", "placement_partition_number", "private_dns",
                "private_dns_name_options", "public_dns", "root_block_device", "source_dest_check",
                "spot_instance_request_id", "tenancy", "user_data", "user_data_base64",
                "user_data_replace_on_change", "volume_tags"),
    },
    "aws_vpc_endpoint": {
        **_read("vpc_id", "subnet_ids", "route_table_ids", "security_group_ids", "prefix_list_id",
                "vpc_endpoint_type"),
        "policy": ENDPOINT_POLICY, "service_network_arn": LATTICE, "resource_configuration_arn": LATTICE, **_FOUND,
        **_idle("auto_accept", "cidr_blocks", "dns_entry", "dns_options", "ip_address_type", "network_interface_ids",
                "private_dns_enabled", "requester_managed", "service_name", "service_region", "subnet_configuration"),
    },
    "aws_vpc_endpoint_route_table_association": _read("route_table_id", "vpc_endpoint_id"),
    "aws_ec2_transit_gateway": {
        **_read("association_default_route_table_id", "propagation_default_route_table_id",
                "default_route_table_association", "default_route_table_propagation"), **_FOUND,
        **_idle("amazon_side_asn", "auto_accept_shared_attachments", "description", "dns_support",
                "encryption_support", "multicast_support", "security_group_referencing_support",
                "transit_gateway_cidr_blocks", "vpn_ecmp_support"),
    },
    "aws_ec2_transit_gateway_vpc_attachment": {
        **_DEFAULTS, **_read("subnet_ids", "vpc_id"),
        **_idle("appliance_mode_support", "dns_support", "ipv6_support", "security_group_referencing_support",
                "vpc_owner_id"),
    },
    "aws_ec2_transit_gateway_connect": {**_DEFAULTS, **_idle("protocol", "transport_attachment_id")},
    "aws_ec2_transit_gateway_peering_attachment": {
        **_DEFAULTS, **_idle("peer_account_id", "peer_region", "peer_transit_gateway_id", "options", "state"),
    },
    "aws_ec2_transit_gateway_route_table": _read("transit_gateway_id", default_association_route_table=HARMLESS,
                                                 default_propagation_route_table=HARMLESS),
    "aws_ec2_transit_gateway_route_table_association": _LINK,
    "aws_ec2_transit_gateway_route_table_propagation": _LINK,
    "aws_ec2_transit_gateway_route": _LINK | _read("blackhole", "destination_cidr_block"),
    "aws_ec2_transit_gateway_prefix_list_reference":
        _LINK | _read("blackhole", "prefix_list_id", prefix_list_owner_id=HARMLESS),
}  # fmt: skip
"""Of each type its attributes: ``None``: read; a table: a block, or a list of them; else why it is not read."""

_PLACE: Table = _read("name", "resource_group_name")
_SIDES = tuple(f"{side}_{rest}" for side in ("source", "destination") for rest in (
    "port_range", "port_ranges", "address_prefix", "address_prefixes", "application_security_group_ids"))  # fmt: skip
_SECURITY_RULE = _read("name", "description", "protocol", "access", "priority", "direction", *_SIDES)
_HOP = _read("name", "address_prefix", "next_hop_type", "next_hop_in_ip_address")
_PART: Table = {
    **_read("name", "address_prefixes", "address_prefix", "default_outbound_access_enabled",
            "private_endpoint_network_policies", "route_table_id"),
    "ip_address_pool": POOLED, "service_endpoint_policy_ids": ENDPOINT_POLICY,
    **_idle("id", "delegation", "service_endpoints", "private_link_service_network_policies_enabled",
            "private_endpoint_network_policies_enabled", "enforce_private_link_endpoint_network_policies",
            "enforce_private_link_service_network_policies", "sharing_scope"),
}  # fmt: skip

AZURE: Mapping[str, Table] = {
    "azurerm_virtual_network": {
        **_PLACE, "address_space": None, "subnet": {**_PART, "security_group": None}, "ip_address_pool": POOLED,
        "vnet_peerings": PEERED, "vnet_peerings_addresses": PEERED,
        **_idle("bgp_community", "ddos_protection_plan", "dns_servers", "encryption", "flow_timeout_in_minutes",
                "guid", "private_endpoint_vnet_policies", "subnets", "vm_protection_enabled"),
    },
    "azurerm_subnet": {**_PLACE, **_PART, **_read("virtual_network_name", "network_security_group_id")},
    "azurerm_network_security_group": {**_PLACE, "security_rule": _SECURITY_RULE},
    "azurerm_network_security_rule": {**_PLACE, **_SECURITY_RULE, "network_security_group_name": None},
    "azurerm_route_table": {
        **_PLACE, **_read("bgp_route_propagation_enabled", "disable_bgp_route_propagation"), "route": _HOP,
        "subnets": HARMLESS,
    },
    "azurerm_route": {**_PLACE, **_HOP, "route_table_name": None},
    "azurerm_network_interface": {
        **_PLACE, "network_security_group_id": None,
        "ip_configuration": {
            **_read("name", "subnet_id", "private_ip_address", "public_ip_address_id"),
            **_idle("primary", "private_ip_address_version", "private_ip_address_allocation",
                    "application_gateway_backend_address_pools_ids"),
            "gateway_load_balancer_frontend_ip_configuration_id": CHAINED,
            "load_balancer_backend_address_pools_ids": BALANCED_IN,
            "load_balancer_inbound_nat_rules_ids": BALANCED_IN,
        },
        **_idle("auxiliary_mode", "auxiliary_sku", "dns_servers", "ip_forwarding_enabled", "enable_ip_forwarding",
                "accelerated_networking_enabled", "enable_accelerated_networking", "internal_dns_name_label",
                "applied_dns_servers", "internal_domain_name_suffix", "mac_address", "private_ip_address",
                "private_ip_addresses", "virtual_machine_id"),
    },
    "azurerm_virtual_network_peering": {
        **_PLACE, **_read("virtual_network_name", "remote_virtual_network_id", "allow_virtual_network_access",
                          "allow_forwarded_traffic", "use_remote_gateways"),
        **_idle("allow_gateway_transit", "triggers", "peer_complete_virtual_networks_enabled"),
        **dict.fromkeys(("local_subnet_names", "remote_subnet_names", "only_ipv6_peering_enabled"), PARTLY),
    },
    "azurerm_subnet_network_security_group_association": _read("subnet_id", "network_security_group_id"),
    "azurerm_subnet_route_table_association": _read("subnet_id", "route_table_id"),
    "azurerm_subnet_nat_gateway_association": _read("subnet_id", "nat_gateway_id"),
    "azurerm_network_interface_security_group_association":
        _read("network_interface_id", "network_security_group_id"),
    "azurerm_network_interface_application_security_group_association":
        _read("network_interface_id", "application_security_group_id"),
    "azurerm_public_ip": {
        **_PLACE, "ip_address": None,
        **_idle("allocation_method", "ddos_protection_mode", "ddos_protection_plan_id", "domain_name_label",
                "domain_name_label_scope", "fqdn", "idle_timeout_in_minutes", "ip_tags", "ip_version",
                "public_ip_prefix_id", "reverse_fqdn", "sku", "sku_tier", "zones", "availability_zone"),
    },
    "azurerm_local_network_gateway": {
        **_PLACE, "address_space": None, **_idle("bgp_settings", "gateway_address", "gateway_fqdn"),
    },
    "azurerm_virtual_network_gateway": {
        **_PLACE,
        "ip_configuration": _read("subnet_id") | _idle("name", "private_ip_address_allocation",
                                                       "public_ip_address_id"),
        **dict.fromkeys(("vpn_client_configuration", "custom_route", "policy_group", "remote_vnet_traffic_enabled",
                         "virtual_wan_traffic_enabled"), CLIENTS),
        "default_local_network_gateway_id": FORCED,
        **_idle("type", "vpn_type", "generation", "sku", "active_active", "enable_bgp", "bgp_enabled", "bgp_settings",
                "bgp_route_translation_for_nat_enabled",
                "dns_forwarding_enabled", "ip_sec_replay_protection_enabled", "private_ip_address_enabled"),
    },
}  # fmt: skip
"""The same of Azure."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of an object: attributes that are read or of no concern, and what the others are."""

    quiet: frozenset[str]
    others: Mapping[str, str | _Known]

    @classmethod
    def of(cls, table: Table) -> _Known:
        """What ``table`` tells."""
        quiet = frozenset(
            name for name, what in table.items() if what is None or (isinstance(what, str) and what in IGNORED)
        )
        rest = {name: what for name, what in table.items() if name not in quiet}
        return cls(quiet, {n: cls.of(what) if isinstance(what, dict) else str(what) for n, what in rest.items()})

    def unread(self, values: Node, later: object, within: str = "") -> Iterator[tuple[str, str]]:
        """The attributes of an object that are not read and have a value, or will have one, and why they matter."""
        told = values.value if isinstance(values.value, dict) else {}
        pending = later if isinstance(later, dict) else {}
        if told.keys() <= self.quiet and pending.keys() <= self.quiet:
            return
        for name in sorted((told.keys() | pending.keys()) - self.quiet):
            what, part, after = self.others.get(name, UNKNOWN), values.get(name), pending.get(name)
            if isinstance(what, str):
                if some_true(after) or (part is not None and part.value not in NOTHING):
                    yield f"{within}{name}", what
                continue
            for place, block in enumerate(part.items() if part is not None else ()):
                rest = after[place] if isinstance(after, list) and place < len(after) else None
                yield from what.unread(block, rest, f"{within}{name}.")


_KNOWN = {kind: _Known.of({**_ANYWHERE, **table}) for kind, table in (*AWS.items(), *AZURE.items())}


def account(ledger: Ledger, resource: Resource) -> None:
    """``ledger`` is told of every attribute of a resource that is not read."""
    for name, reason in _KNOWN[resource.type].unread(resource.values, resource.later):
        ledger.not_understood(resource.node.first, reason, Concern.FILTER, about=f"{resource.address} {name}")
