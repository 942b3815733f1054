"""VPCs, subnets, gateways and prefix lists of a plan."""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Concern
from zoneguard.parsers._aws.estate import UNTOLD
from zoneguard.parsers._json_node import Node
from zoneguard.parsers._terraform.estate import Building, Value, told
from zoneguard.parsers._terraform.plan import Resource

SIX_LATER = "IPv6 addresses that are known only after apply"
NO_GATEWAY_VPC = "the VPC of this gateway is known only after apply"


def add_network(building: Building) -> None:
    """Everything but rules, routes and hosts."""
    plan = building.plan
    for vpc in (*plan.of("aws_vpc", "aws_default_vpc"), *_data(building, "aws_vpc")):
        named: dict[str, Value] = {"VpcId": vpc.address, "Id": vpc.values.text("id"), "Tags": _name(vpc)}
        building.add("Vpcs", vpc.node, named | _blocks(building, vpc))
    for subnet in (*plan.of("aws_subnet", "aws_default_subnet"), *_data(building, "aws_subnet")):
        owner = building.vpc(subnet)
        building.add(
            "Subnets",
            subnet.node,
            {"SubnetId": subnet.address, "VpcId": owner, **_blocks(building, subnet), "Tags": _name(subnet)},
        )
    for gateway in plan.of("aws_internet_gateway"):
        building.add("InternetGateways", gateway.node, {"InternetGatewayId": gateway.address})
    for endpoint in plan.of("aws_vpc_endpoint"):
        building.add("VpcEndpoints", endpoint.node, {"VpcEndpointId": endpoint.address})
    for gateway in plan.of("aws_egress_only_internet_gateway"):
        building.add("EgressOnlyInternetGateways", gateway.node, {"EgressOnlyInternetGatewayId": gateway.address})
    for gateway in plan.of("aws_nat_gateway"):
        _nat(building, gateway)
    _prefix_lists(building)


def _data(building: Building, kind: str) -> Iterator[Resource]:
    return (r for r in building.plan.data.values() if r.type == kind and r.values.text("id"))


def _name(resource: Resource) -> Value:
    tags = resource.values.get("tags")
    name = tags.text("Name") if tags else ""
    return [{"Key": "Name", "Value": name}] if name else []


def _blocks(building: Building, resource: Resource) -> dict[str, Value]:
    """The address blocks of a VPC or subnet, and those that are associated with it by themselves."""
    four = [told(resource, resource.values, "cidr_block")]
    four += [more.text("cidr_block") for more in resource.values.each("cidr_block_associations")]
    six = [resource.values.text("ipv6_cidr_block")]
    if not six[0] and _will_have_six(resource):
        building.open(resource, SIX_LATER, Concern.INTERFACE)
    for kind, found, name in (
        ("aws_vpc_ipv4_cidr_block_association", four, "cidr_block"),
        ("aws_vpc_ipv6_cidr_block_association", six, "ipv6_cidr_block"),
    ):
        for more in building.plan.of(kind) if resource.type.endswith("_vpc") else ():
            if building.named(more, "vpc_id").one == resource.address:
                found.append(told(more, more.values, name))
    return {
        "CidrBlockAssociationSet": [{"CidrBlock": text} for text in dict.fromkeys(four) if text],
        "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": text} for text in six if text],
    }


def _will_have_six(resource: Resource) -> bool:
    """Whether a VPC or subnet of which no IPv6 block is known gets one."""
    by_itself = resource.values.held({"assign_generated_ipv6_cidr_block", "ipv6_ipam_pool_id"})
    written = resource.is_written("ipv6_cidr_block") or resource.is_written("ipv6_ipam_pool_id")
    return bool(by_itself) or (written and resource.unknown("ipv6_cidr_block"))


def _nat(building: Building, gateway: Resource) -> None:
    subnet = building.plan.resources.get(building.named(gateway, "subnet_id").one)
    if subnet is None:
        building.open(gateway, NO_GATEWAY_VPC, Concern.NAT)
        return
    address = gateway.values.text("public_ip")
    eip = building.plan.resources.get(building.named(gateway, "allocation_id").one)
    if not address and eip is not None:
        address = eip.values.text("public_ip")
    if gateway.values.text("connectivity_type") == "private":
        address = gateway.values.text("private_ip")
    pool: Value = [{"PublicIp": address or UNTOLD}]
    members: dict[str, Value] = {
        "NatGatewayId": gateway.address, "VpcId": building.vpc(subnet), "SubnetId": subnet.address,
        "ConnectivityType": gateway.values.text("connectivity_type"),
    }  # fmt: skip
    building.add("NatGateways", gateway.node, members | {"NatGatewayAddresses": pool})


def _prefix_lists(building: Building) -> None:
    for known in building.plan.data.values():
        if known.type in ("aws_ec2_managed_prefix_list", "aws_prefix_list") and known.values.text("id"):
            cidrs = [*known.values.each("cidr_blocks"), *(e.get("cidr") for e in known.values.each("entries"))]
            texts: list[Value] = [cidr for cidr in cidrs if isinstance(cidr, Node)]
            building.add("ManagedPrefixLists", known.node, {"PrefixListId": known.address, "Cidrs": texts})
    for made_here in building.plan.of("aws_ec2_managed_prefix_list"):
        entries = [told(made_here, e, "cidr", "entry", n) for n, e in enumerate(made_here.values.each("entry"))]
        own = [
            entry
            for entry in building.plan.of("aws_ec2_managed_prefix_list_entry")
            if building.named(entry, "prefix_list_id").one == made_here.address
        ]
        entries += [told(entry, entry.values, "cidr") for entry in own]
        if made_here.is_written("entry") or own or not made_here.unknown("entry"):
            listed: Value = [{"Cidr": text} for text in entries]
            building.add("ManagedPrefixLists", made_here.node, {"PrefixListId": made_here.address, "Entries": listed})
