"""Parsing 10,000 rules of a cloud, laid out and on one line: ``python -m bench.cloud [RULES]``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.reading import detect

RULES = 10_000
GROUPS = 100
Json = dict[str, Any]
Resource = tuple[str, Json, dict[str, str]]


def aws(rules: int) -> Json:
    """``describe-…`` answers: a hundred groups, each worn by one host, in ten subnets."""
    groups: list[Json] = [{"GroupId": f"sg-{n}", "VpcId": "v", "IpPermissions": []} for n in range(GROUPS)]
    for n in range(rules):
        one = {"IpProtocol": "tcp", "FromPort": n, "ToPort": n, "IpRanges": [{"CidrIp": f"10.{n >> 8}.{n & 255}.0/24"}]}
        groups[n % GROUPS]["IpPermissions"].append(one)
    allow: list[Json] = [
        {"RuleNumber": 100, "Egress": out, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
        for out in (True, False)
    ]
    local = {"DestinationCidrBlock": "10.0.0.0/8", "GatewayId": "local"}
    return {
        "Vpcs": [{"VpcId": "v", "CidrBlock": "10.0.0.0/8"}],
        "Subnets": [{"SubnetId": f"s{n}", "VpcId": "v", "CidrBlock": f"10.0.{n}.0/24"} for n in range(10)],
        "SecurityGroups": groups,
        "NetworkAcls": [{"VpcId": "v", "Associations": [{"SubnetId": f"s{n}"} for n in range(10)], "Entries": allow}],
        "RouteTables": [{"VpcId": "v", "Associations": [{"Main": True}], "Routes": [local]}],
        "NetworkInterfaces": [
            {
                "NetworkInterfaceId": f"e{n}", "SubnetId": f"s{n % 10}", "VpcId": "v",
                "Groups": [{"GroupId": f"sg-{n}"}],
                "PrivateIpAddresses": [{"PrivateIpAddress": f"10.0.{n % 10}.{n // 10 + 9}"}],
            }
            for n in range(GROUPS)
        ],
    }  # fmt: skip


def terraform(rules: int) -> Json:
    """A plan that makes as many groups and hosts, each rule a resource of its own."""
    found: list[Resource] = [("aws_vpc.v", {"cidr_block": "10.0.0.0/8"}, {})]
    vpc = {"vpc_id": "aws_vpc.v"}
    found += [(f"aws_subnet.s{n}", {"cidr_block": f"10.0.{n}.0/24"}, vpc) for n in range(10)]
    for n in range(GROUPS):
        found.append((f"aws_security_group.g{n}", {"ingress": [], "egress": []}, vpc))
        host = {"private_ips": [f"10.0.{n % 10}.{n // 10 + 9}"], "private_ip": f"10.0.{n % 10}.{n // 10 + 9}"}
        named = {"subnet_id": f"aws_subnet.s{n % 10}", "security_groups": f"aws_security_group.g{n}"}
        found.append((f"aws_network_interface.e{n}", host, named))
    for n in range(rules):
        rule = {"ip_protocol": "tcp", "from_port": n, "to_port": n, "cidr_ipv4": f"10.{n >> 8}.{n & 255}.0/24"}
        named = {"security_group_id": f"aws_security_group.g{n % GROUPS}"}
        found.append((f"aws_vpc_security_group_ingress_rule.r{n}", rule, named))
    return plan(found)


def plan(found: list[Resource]) -> Json:
    """The plan that makes the resources: address, values, and what values that come later refer to."""
    planned, changes, written = [], [], []
    for address, values, refs in found:
        head: Json = {
            "address": address,
            "mode": "managed",
            "type": address.split(".")[0],
            "name": address.split(".")[1],
        }
        planned.append(head | {"values": values})
        unknown = dict.fromkeys((*refs, "id"), True)
        changes.append(head | {"change": {"actions": ["create"], "after": values, "after_unknown": unknown}})
        expressions = {key: {"references": [f"{ref}.id", ref]} for key, ref in refs.items()}
        written.append(head | {"expressions": expressions})
    return {
        "format_version": "1.2", "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes, "configuration": {"root_module": {"resources": written}},
    }  # fmt: skip


def azure(rules: int) -> Json:
    """A virtual network of ten subnets, each with a group of its own, as the REST interface tells it."""
    kind = "/providers/Microsoft.Network"
    groups = [
        {
            "type": "Microsoft.Network/networkSecurityGroups", "name": f"g{n}",
            "properties": {"securityRules": [
                {"name": f"r{at}", "properties": {
                    "priority": 100 + at, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
                    "sourceAddressPrefix": f"10.{at >> 8}.{at & 255}.0/24", "sourcePortRange": "*",
                    "destinationAddressPrefix": "VirtualNetwork", "destinationPortRange": str(at)}}
                for at in range(n, rules, 10)
            ]},
        }
        for n in range(10)
    ]  # fmt: skip
    subnets = [
        {"name": f"s{n}", "properties": {"addressPrefix": f"10.0.{n}.0/24",
                                         "networkSecurityGroup": {"id": f"{kind}/networkSecurityGroups/g{n}"}}}
        for n in range(10)
    ]  # fmt: skip
    vnet = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}
    return {"value": [*groups, {"type": "Microsoft.Network/virtualNetworks", "name": "v", "properties": vnet}]}


def azurerm_rules(rules: int) -> Json:
    """A plan of a virtual network of ten subnets, each with a group; each rule is a resource of its own."""
    found, of_group = azurerm_network(), {"resource_group_name": "rg"}
    for n in range(rules):
        values = azurerm_rule(n) | of_group | {"network_security_group_name": f"g{n % 10}", "timeouts": None}
        found.append((f"azurerm_network_security_rule.r{n}", values, {}))
    return plan(found)


def azurerm_blocks(rules: int) -> Json:
    """The same with each rule a block of its group."""
    found = azurerm_network()
    for n, (address, values, refs) in enumerate(found):
        if address.startswith("azurerm_network_security_group."):
            own = int(address.rpartition("g")[2])
            found[n] = (address, values | {"security_rule": [azurerm_rule(r) for r in range(own, rules, 10)]}, refs)
    return plan(found)


def azurerm_network() -> list[Resource]:
    """The network, its subnets, and their empty groups."""
    where: Json = {"resource_group_name": "rg", "location": "japaneast", "tags": None, "timeouts": None}
    found: list[Resource] = [("azurerm_virtual_network.v", where | {"name": "v", "address_space": ["10.0.0.0/16"]}, {})]
    for n in range(10):
        subnet = {"name": f"s{n}", "virtual_network_name": "v", "address_prefixes": [f"10.0.{n}.0/24"]}
        found.append((f"azurerm_subnet.s{n}", subnet | {"resource_group_name": "rg"}, {}))
        found.append((f"azurerm_network_security_group.g{n}", where | {"name": f"g{n}"}, {}))
        ends = {"subnet_id": f"azurerm_subnet.s{n}",
                "network_security_group_id": f"azurerm_network_security_group.g{n}"}  # fmt: skip
        found.append((f"azurerm_subnet_network_security_group_association.a{n}", {}, ends))
    return found


def azurerm_rule(n: int) -> Json:
    """A rule with every attribute, as plans show it."""
    unset = {f"{side}_{rest}": None for side in ("source", "destination")
             for rest in ("address_prefixes", "application_security_group_ids", "port_ranges")}  # fmt: skip
    return unset | {
        "name": f"r{n}", "priority": 100 + n // 10, "direction": "Inbound", "access": "Allow", "protocol": "Tcp",
        "source_address_prefix": f"10.{n >> 8}.{n & 255}.0/24", "source_port_range": "*", "description": "",
        "destination_address_prefix": "VirtualNetwork", "destination_port_range": str(n),
    }  # fmt: skip


FORMATS: tuple[Callable[[int], Json], ...] = (aws, terraform, azure, azurerm_rules, azurerm_blocks)


def main(words: list[str]) -> None:
    """Time each format; a line that is not understood ends the program."""
    rules = int(words[0]) if words else RULES
    for made in FORMATS:
        for indent in (2, None):
            source = Source(made.__name__, tuple(json.dumps(made(rules), indent=indent).splitlines()))
            parser = detect(source)
            parsed = timed(f"{parser.name}, {rules} rules, {len(source.lines)} lines", source, made.__name__, parser)
            assert not parsed.devices[0].uncertain, parsed.devices[0].uncertain[:2]


if __name__ == "__main__":
    main(sys.argv[1:])
