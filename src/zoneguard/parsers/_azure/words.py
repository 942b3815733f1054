"""What the objects of Azure may say, member by member: read, of no concern, or said to be unread.

Source: the models of the Azure network resource provider (REST reference, «Virtual Networks», «Network Security
Groups», «Route Tables», «Network Interfaces», «Virtual Network Gateways»). A member that none of these
tables names may route or filter.
"""

from __future__ import annotations

from collections.abc import Mapping

from zoneguard.parsers._azure.kinds import GATEWAY, LOCAL_GATEWAY, NIC, NSG, PARTS, PUBLIC_IP, TABLE, VNET
from zoneguard.parsers._cloud import ENDPOINT_POLICY, HARMLESS

TRAFFIC_COPY = "a virtual network tap, which copies packets to another place"
BALANCED_IN = "a rule of a load balancer by which this network interface is reached"
CHAINED = "a gateway load balancer through which packets go, whose rules are not read"
PARTLY = "a peering of parts of the networks, which is not followed: it is taken for one of the whole"
NO_PEERING_ROUTES = "a route table without the routes of peerings, which is not followed"
SERVICE_GATEWAY = "a gateway of the subnet or network that is not read"
TRANSLATED = "address translation at the gateway, which is not read"
CLIENTS = "clients that connect to the gateway, or routes that it announces, which are not read"
FORCED = "a default route to a site (forced tunnelling), which is not followed"
STATELESS = "a network interface that does not keep track of sessions"
APP_GATEWAY = "an application gateway in the subnet: who reaches it, and whom it reaches, is not read"
MORE_ADDRESSES = "a block of addresses of this network interface that is not read"
POOLED = "addresses from a pool of the address management, which are not read"

_FRAME: Mapping[str, object] = {
    **dict.fromkeys(("name", "id", "type", "properties")),
    **dict.fromkeys((
        "etag", "location", "tags", "resourceGroup", "resourceGuid", "provisioningState", "extendedLocation", "zones",
        "sku", "identity", "apiVersion", "dependsOn", "comments", "scope", "managedBy", "kind", "plan",
        "subscriptionId", "tenantId", "resources", "copy", "condition", "$schema",
    ), HARMLESS),
}  # fmt: skip
_REFERENCE = {"id": None, "resourceGroup": HARMLESS}
_SPACE = {"addressPrefixes": None, "ipamPoolPrefixAllocations": POOLED}


def _sides(name: str) -> dict[str, object]:
    """The members of a rule that say one side of it."""
    texts = dict.fromkeys(f"{name}{rest}" for rest in ("PortRange", "PortRanges", "AddressPrefix", "AddressPrefixes"))
    return {**texts, f"{name}ApplicationSecurityGroups": _FRAME}


RULE: Mapping[str, object] = {
    **_FRAME, **_sides("source"), **_sides("destination"),
    **dict.fromkeys(("description", "protocol", "access", "priority", "direction")),
}  # fmt: skip
ROUTE: Mapping[str, object] = {
    **_FRAME, **dict.fromkeys(("addressPrefix", "nextHopType", "nextHopIpAddress")), "hasBgpOverride": HARMLESS,
}  # fmt: skip
PEERING: Mapping[str, object] = {
    **_FRAME,
    **dict.fromkeys(("allowVirtualNetworkAccess", "allowForwardedTraffic", "useRemoteGateways", "peeringState")),
    "remoteVirtualNetwork": _REFERENCE, "remoteAddressSpace": _SPACE, "remoteVirtualNetworkAddressSpace": _SPACE,
    **dict.fromkeys(("localSubnetNames", "remoteSubnetNames", "enableOnlyIPv6Peering"), PARTLY),
    **dict.fromkeys((
        "allowGatewayTransit", "localAddressSpace", "localVirtualNetworkAddressSpace", "remoteBgpCommunities",
        "remoteVirtualNetworkEncryption", "peeringSyncLevel", "doNotVerifyRemoteGateways", "peerCompleteVnets",
    ), HARMLESS),
}  # fmt: skip
SUBNET: Mapping[str, object] = {**_FRAME,
    "addressPrefix": None, "addressPrefixes": None, "networkSecurityGroup": _REFERENCE, "routeTable": _REFERENCE,
    "natGateway": _REFERENCE, "defaultOutboundAccess": None, "privateEndpoints": None, "ipConfigurations": None,
    "privateEndpointNetworkPolicies": None, "ipamPoolPrefixAllocations": POOLED, "serviceGateway": SERVICE_GATEWAY,
    "applicationGatewayIPConfigurations": APP_GATEWAY, "applicationGatewayIpConfigurations": APP_GATEWAY,
    "serviceEndpointPolicies": ENDPOINT_POLICY,
    **dict.fromkeys((
        "serviceEndpoints", "ipConfigurationProfiles", "ipAllocations", "resourceNavigationLinks", "delegations",
        "serviceAssociationLinks", "purpose", "privateLinkServiceNetworkPolicies", "sharingScope",
    ), HARMLESS),
}  # fmt: skip
CONFIGURATION: Mapping[str, object] = {**_FRAME,
    "privateIPAddress": None, "privateIpAddress": None, "subnet": _FRAME, "publicIPAddress": _FRAME,
    "publicIpAddress": _FRAME, "applicationSecurityGroups": _FRAME, "loadBalancerBackendAddressPools": _FRAME,
    "gatewayLoadBalancer": CHAINED, "loadBalancerInboundNatRules": BALANCED_IN, "virtualNetworkTaps": TRAFFIC_COPY,
    "privateIPAddressPrefixLength": MORE_ADDRESSES,
    **dict.fromkeys((
        "primary", "privateIPAddressVersion", "privateIPAllocationMethod", "privateIpAddressVersion",
        "privateIpAllocationMethod", "privateLinkConnectionProperties", "applicationGatewayBackendAddressPools",
    ), HARMLESS),
}  # fmt: skip

MEMBERS: Mapping[str, Mapping[str, object]] = {
    VNET: {**_FRAME,
        "addressSpace": _SPACE, "subnets": SUBNET, "virtualNetworkPeerings": PEERING,
        "defaultPublicNatGateway": SERVICE_GATEWAY,
        **dict.fromkeys((
            "dhcpOptions", "flowTimeoutInMinutes", "enableDdosProtection", "enableVmProtection", "ddosProtectionPlan",
            "bgpCommunities", "encryption", "ipAllocations", "flowLogs", "privateEndpointVNetPolicies",
            "summarizedGatewayPrefixes",
        ), HARMLESS),
    },
    NSG: {**_FRAME,
        "securityRules": RULE, "defaultSecurityRules": RULE, "subnets": _FRAME, "networkInterfaces": _FRAME,
        "flushConnection": HARMLESS, "flowLogs": HARMLESS,
    },
    TABLE: {**_FRAME,
        "routes": ROUTE, "subnets": _FRAME, "disableBgpRoutePropagation": None,
        "disablePeeringRoute": NO_PEERING_ROUTES,
    },
    NIC: {**_FRAME,
        "networkSecurityGroup": _FRAME, "ipConfigurations": CONFIGURATION, "privateEndpoint": None,
        "tapConfigurations": TRAFFIC_COPY, "disableTcpStateTracking": STATELESS,
        **dict.fromkeys((
            "virtualMachine", "dnsSettings", "macAddress", "primary", "vnetEncryptionSupported",
            "defaultOutboundConnectivityEnabled", "enableAcceleratedNetworking", "enableIPForwarding",
            "enableIpForwarding", "hostedWorkloads", "dscpConfiguration", "workloadType", "nicType",
            "privateLinkService", "migrationPhase", "auxiliaryMode", "auxiliarySku",
        ), HARMLESS),
    },
    PUBLIC_IP: {**_FRAME,
        "ipAddress": None,
        **dict.fromkeys((
            "publicIPAllocationMethod", "publicIPAddressVersion", "publicIpAllocationMethod", "publicIpAddressVersion",
            "ipConfiguration", "dnsSettings", "ddosSettings", "ipTags", "publicIPPrefix", "idleTimeoutInMinutes",
            "servicePublicIPAddress", "natGateway", "migrationPhase", "linkedPublicIPAddress", "deleteOption",
            "upgradedToV2",
        ), HARMLESS),
    },
    LOCAL_GATEWAY: {**_FRAME,
        "localNetworkAddressSpace": _SPACE,
        **dict.fromkeys(("gatewayIpAddress", "fqdn", "bgpSettings"), HARMLESS),
    },
    GATEWAY: {**_FRAME,
        "ipConfigurations": CONFIGURATION, "natRules": TRANSLATED, "vpnClientConfiguration": CLIENTS,
        "customRoutes": CLIENTS, "allowVirtualWanTraffic": CLIENTS, "allowRemoteVnetTraffic": CLIENTS,
        "virtualNetworkGatewayPolicyGroups": CLIENTS, "gatewayDefaultSite": FORCED,
        **dict.fromkeys((
            "autoScaleConfiguration", "gatewayType", "vpnType", "vpnGatewayGeneration", "enableBgp",
            "enablePrivateIpAddress", "virtualNetworkGatewayMigrationStatus", "activeActive", "active",
            "enableHighBandwidthVpnGateway", "disableIPSecReplayProtection", "disableIpSecReplayProtection",
            "bgpSettings", "inboundDnsForwardingEndpoint", "enableDnsForwarding",
            "vNetExtendedLocationResourceId", "enableBgpRouteTranslationForNat", "adminState", "resiliencyModel",
        ), HARMLESS),
    },
}  # fmt: skip
"""Of each type its members; of parts that are resources of their own those of the part."""
PART_MEMBERS = {kind: {"securityRules": RULE, "defaultSecurityRules": RULE, "subnets": SUBNET, "routes": ROUTE,
                       "virtualNetworkPeerings": PEERING}[whole] for kind, whole in PARTS.items()}  # fmt: skip


def members_of(kind: str) -> Mapping[str, object]:
    """The table of a type."""
    return MEMBERS.get(kind) or PART_MEMBERS[kind]
