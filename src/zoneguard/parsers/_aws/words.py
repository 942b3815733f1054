"""What the objects of answers may say, member by member: read, of no concern, or said to be unread.

Source: the data types of the Amazon EC2 API Reference. A member that none of these tables names may route or filter.
"""

from __future__ import annotations

from collections.abc import Mapping

from zoneguard.model.device import Concern
from zoneguard.parsers._cloud import ENDPOINT_POLICY, HARMLESS, account_members
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

BLOCKED = "public access that is blocked: what that drops is taken to pass"
APPLIANCE = "a firewall at the NAT gateway, whose rules are not read"
NAT = "addresses that the transit gateway translates on this attachment, which is not read"
NO_DOOR = "a network interface that refuses what internet gateways pass; it is taken to pass"
ELSEWHERE = "an address or subnet of this network interface that is not read"
LATTICE = "an endpoint into another network, which decides what passes by it"

ANYWHERE: Mapping[str, object] = {"State": None, "Status": None} | dict.fromkeys((
    "Tags", "TagSet", "OwnerId", "Description", "StateMessage", "CreationTime", "CreateTime",
    "AvailabilityZone", "AvailabilityZoneId", "OutpostArn", "Region", "AssociationId", "AllocationId", "IsDefault",
    "RequesterId", "RequesterManaged", "Operator", "PublicDnsName", "PrivateDnsName", "Message", "FailureMessage",
    "FailureCode", "NextToken",
), HARMLESS)  # fmt: skip
"""Members of no concern wherever they stand, and states, which are asked where they matter."""

_BLOCK = {"CidrBlock": None, "CidrBlockState": None, "Ipv6CidrBlock": None, "Ipv6CidrBlockState": None}
_PERMISSION: Mapping[str, object] = {
    "IpProtocol": None, "FromPort": None, "ToPort": None,
    "IpRanges": {"CidrIp": None}, "Ipv6Ranges": {"CidrIpv6": None}, "PrefixListIds": {"PrefixListId": None},
    "UserIdGroupPairs": {"GroupId": None, "GroupName": None, "UserId": None, "VpcId": None,
                         "VpcPeeringConnectionId": None, "PeeringStatus": None},
}  # fmt: skip
_PUBLIC = {"PublicIp": None, "IpOwnerId": None, "CustomerOwnedIp": ELSEWHERE, "CarrierIp": ELSEWHERE}
_GATEWAY_END = {"ResourceId": None, "TransitGatewayAttachmentId": None, "ResourceType": None}
_FAR_GATEWAY = {"TransitGatewayId": None, "CoreNetworkId": None}
_FAR_VPC = {"CidrBlock": None, "VpcId": None, "Ipv6CidrBlockSet": None, "CidrBlockSet": None, "PeeringOptions": None}

MEMBERS: Mapping[str, Mapping[str, object]] = {
    "Vpcs": {
        "VpcId": None, "CidrBlock": None, "CidrBlockAssociationSet": _BLOCK,
        "Ipv6CidrBlockAssociationSet": _BLOCK | dict.fromkeys(("NetworkBorderGroup", "Ipv6Pool",
                                                               "Ipv6AddressAttribute", "IpSource")),
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": BLOCKED},
        **dict.fromkeys(("InstanceTenancy", "DhcpOptionsId", "EncryptionControl"), HARMLESS),
    },
    "Subnets": {
        "SubnetId": None, "VpcId": None, "CidrBlock": None,
        "Ipv6CidrBlockAssociationSet": _BLOCK | dict.fromkeys(("Ipv6AddressAttribute", "IpSource")),
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": BLOCKED},
        **dict.fromkeys((
            "EnableLniAtDeviceIndex", "MapCustomerOwnedIpOnLaunch", "CustomerOwnedIpv4Pool", "SubnetArn",
            "AssignIpv6AddressOnCreation", "EnableDns64", "Ipv6Native", "PrivateDnsNameOptionsOnLaunch", "Type",
            "AvailableIpAddressCount", "DefaultForAz", "MapPublicIpOnLaunch",
        ), HARMLESS),
    },
    "SecurityGroups": {
        "GroupId": None, "GroupName": None, "VpcId": None, "IpPermissions": _PERMISSION,
        "IpPermissionsEgress": _PERMISSION, "SecurityGroupArn": HARMLESS,
    },
    "NetworkAcls": {
        "NetworkAclId": None, "VpcId": None,
        "Associations": {"SubnetId": None, "NetworkAclId": None, "NetworkAclAssociationId": HARMLESS},
        "Entries": {"CidrBlock": None, "Egress": None, "Ipv6CidrBlock": None, "Protocol": None, "RuleAction": None,
                    "RuleNumber": None, "IcmpTypeCode": {"Code": None, "Type": None},
                    "PortRange": {"From": None, "To": None}},
    },
    "RouteTables": {
        "RouteTableId": None, "VpcId": None, "PropagatingVgws": {"GatewayId": HARMLESS},
        "Associations": {"Main": None, "RouteTableAssociationId": HARMLESS, "RouteTableId": None, "SubnetId": None,
                         "GatewayId": None, "PublicIpv4Pool": None,
                         "AssociationState": {"State": None, "StatusMessage": HARMLESS}},
        "Routes": {"Origin": HARMLESS, "InstanceOwnerId": HARMLESS} | dict.fromkeys((
            "DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId", "GatewayId", "InstanceId",
            "EgressOnlyInternetGatewayId", "NatGatewayId", "TransitGatewayId", "LocalGatewayId", "CarrierGatewayId",
            "NetworkInterfaceId", "VpcPeeringConnectionId", "CoreNetworkArn", "OdbNetworkArn", "State",
        )),
    },
    "NetworkInterfaces": {
        "NetworkInterfaceId": None, "SubnetId": None, "VpcId": None, "PrivateIpAddress": None, "Ipv6Address": None,
        "Association": _PUBLIC, "Groups": {"GroupId": None, "GroupName": None},
        "Ipv6Addresses": {"Ipv6Address": None, "PublicIpv6DnsName": HARMLESS, "IsPrimaryIpv6": HARMLESS},
        "PrivateIpAddresses": {"PrivateIpAddress": None, "Primary": None, "Association": _PUBLIC},
        "Ipv4Prefixes": {"Ipv4Prefix": None}, "Ipv6Prefixes": {"Ipv6Prefix": None},
        "DenyAllIgwTraffic": NO_DOOR, "AssociatedSubnets": ELSEWHERE,
        **dict.fromkeys((
            "Attachment", "ConnectionTrackingConfiguration", "InterfaceType", "MacAddress", "PublicIpDnsNameOptions",
            "SourceDestCheck", "Ipv6Native",
        ), HARMLESS),
    },
    "NatGateways": {
        "NatGatewayId": None, "VpcId": None, "SubnetId": None, "ConnectivityType": None,
        "AttachedAppliances": APPLIANCE,
        "NatGatewayAddresses": {"PublicIp": None, "PrivateIp": None, "NetworkInterfaceId": None, "IsPrimary": None},
        **dict.fromkeys((
            "DeleteTime", "ProvisionedBandwidth", "AvailabilityMode", "AutoScalingIps", "AutoProvisionZones",
            "RouteTableId",
        ), HARMLESS),
    },
    "VpcPeeringConnections": {
        "VpcPeeringConnectionId": None, "Status": {"Code": None}, "AccepterVpcInfo": _FAR_VPC,
        "RequesterVpcInfo": _FAR_VPC, "ExpirationTime": HARMLESS, "MultipathResilienceStatus": HARMLESS,
    },
    "VpcEndpoints": {
        "VpcEndpointId": None, "VpcEndpointType": None, "VpcId": None, "ServiceName": None, "RouteTableIds": None,
        "SubnetIds": None, "Groups": None, "NetworkInterfaceIds": None, "PolicyDocument": ENDPOINT_POLICY,
        "Ipv4Prefixes": None, "Ipv6Prefixes": None, "ServiceNetworkArn": LATTICE, "ResourceConfigurationArn": LATTICE,
        **dict.fromkeys((
            "IpAddressType", "DnsOptions", "PrivateDnsEnabled", "DnsEntries", "CreationTimestamp", "LastError",
            "FailureReason", "ServiceRegion", "PayerResponsibilities",
        ), HARMLESS),
    },
    "TransitGateways": {
        "TransitGatewayId": None, "TransitGatewayArn": HARMLESS,
        "Options": dict.fromkeys((
            "AmazonSideAsn", "TransitGatewayCidrBlocks", "AutoAcceptSharedAttachments", "DefaultRouteTableAssociation",
            "AssociationDefaultRouteTableId", "DefaultRouteTablePropagation", "PropagationDefaultRouteTableId",
            "VpnEcmpSupport", "DnsSupport", "SecurityGroupReferencingSupport", "MulticastSupport", "EncryptionSupport",
        ), HARMLESS),
    },
    "TransitGatewayAttachments": {
        "TransitGatewayAttachmentId": None, "TransitGatewayId": None, "ResourceType": None, "ResourceId": None,
        "Association": {"TransitGatewayRouteTableId": None, "TransitGatewayPolicyTableId": None},
        "TransitGatewayOwnerId": HARMLESS, "ResourceOwnerId": HARMLESS, "NatGatewaySupport": NAT,
    },
    "TransitGatewayVpcAttachments": {
        "TransitGatewayAttachmentId": None, "TransitGatewayId": None, "VpcId": None, "VpcOwnerId": HARMLESS,
        "SubnetIds": None, "Options": dict.fromkeys((
            "DnsSupport", "SecurityGroupReferencingSupport", "Ipv6Support", "ApplianceModeSupport"), HARMLESS),
    },
    "TransitGatewayPeeringAttachments": {
        "TransitGatewayAttachmentId": None, "AccepterTransitGatewayAttachmentId": None,
        "RequesterTgwInfo": _FAR_GATEWAY, "AccepterTgwInfo": _FAR_GATEWAY, "Options": HARMLESS,
    },
    "TransitGatewayRouteTables": {
        "TransitGatewayRouteTableId": None, "TransitGatewayId": None, "DefaultAssociationRouteTable": HARMLESS,
        "DefaultPropagationRouteTable": HARMLESS,
    },
    "TransitGatewayRoutes": {
        "TransitGatewayRouteTableId": None, "AdditionalRoutesAvailable": None,
        "Routes": {"DestinationCidrBlock": None, "PrefixListId": None, "TransitGatewayAttachments": _GATEWAY_END,
                   "Type": None, "TransitGatewayRouteTableAnnouncementId": HARMLESS},
    },
    "TransitGatewayAssociations": {"TransitGatewayRouteTableId": None, "Associations": _GATEWAY_END},
    "TransitGatewayPropagations": {
        "TransitGatewayRouteTableId": None, "TransitGatewayRouteTablePropagations":
            _GATEWAY_END | {"TransitGatewayRouteTableAnnouncementId": HARMLESS},
    },
    "PrefixLists": {
        "PrefixListId": None, "PrefixListName": HARMLESS, "Cidrs": None, "Entries": {"Cidr": None},
        **dict.fromkeys((
            "AddressFamily", "PrefixListArn", "MaxEntries", "Version", "IpamPrefixListResolverTargetId",
            "IpamPrefixListResolverSyncEnabled",
        ), HARMLESS),
    },
    "PrefixListEntries": {"PrefixListId": None, "Entries": {"Cidr": None}},
    "InternetGateways": {"InternetGatewayId": None, "Attachments": {"VpcId": None}},
    "EgressOnlyInternetGateways": {"EgressOnlyInternetGatewayId": None, "Attachments": {"VpcId": None}},
    "VpnGateways": {
        "VpnGatewayId": None, "VpcAttachments": {"VpcId": None}, "Type": HARMLESS, "AmazonSideAsn": HARMLESS,
    },
}  # fmt: skip
"""Of each kind its members: ``None``: read; a table: an object or a list of objects; else why it is not read."""

ENDPOINTS = ("", "Interface", "Gateway", "GatewayLoadBalancer")


def account(ledger: Ledger, kind: str, node: Node) -> None:
    """``ledger`` is told of the lines of an object of ``kind``, and of every member that is not read."""
    ledger.understood(node.first, node.last)
    account_members(ledger, MEMBERS[kind], node, ANYWHERE)
    if kind == "VpcEndpoints" and node.text("VpcEndpointType") not in ENDPOINTS:
        ledger.not_understood(node.first, LATTICE, Concern.FILTER, about=node.text("VpcEndpointId"))
