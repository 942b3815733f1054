"""One network, told by ``describe-…`` answers and by a plan that makes it: every packet fares alike."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.terraform_plans import Plan, Ref
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source, aws, terraform
from zoneguard.static.trace import Tracer

BLOCKS = ("10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.0.0/16", "0.0.0.0/0")
GROUPS = ("g0", "g1", "g2")
ADDRESSES = [(10 << 24) + (subnet << 8) + host for subnet in (0, 1, 2) for host in (9, 10, 11)] + [(203 << 24) + 7]

ports = st.tuples(st.integers(20, 24), st.integers(0, 2)).map(lambda p: (p[0], p[0] + p[1]))
protocols = st.sampled_from(["6", "17", "-1"])
rules = st.lists(
    st.tuples(st.sampled_from(GROUPS), st.booleans(), protocols, ports, st.sampled_from(BLOCKS + GROUPS)), max_size=6
)
hosts = st.lists(
    st.tuples(st.integers(0, 2), st.integers(9, 11), st.sets(st.sampled_from(GROUPS), min_size=1, max_size=2)),
    min_size=3, max_size=6, unique_by=lambda h: h[:2],
)  # fmt: skip
entries = st.lists(
    st.tuples(st.integers(1, 9), st.booleans(), st.booleans(), protocols, ports, st.sampled_from(BLOCKS)),
    max_size=6, unique_by=lambda e: e[:2],
)  # fmt: skip
outward = st.sets(st.integers(0, 2))


def answers(found: Any, stand: Any, listed: Any, doors: set[int]) -> str:
    """As AWS tells it."""
    groups: dict[str, dict[str, Any]] = {
        g: {"GroupId": g, "VpcId": "v", "IpPermissions": [], "IpPermissionsEgress": []} for g in GROUPS
    }
    for group, egress, protocol, (low, high), peer in found:
        one: dict[str, Any] = {"IpProtocol": protocol, "FromPort": low, "ToPort": high}
        one |= {"UserIdGroupPairs": [{"GroupId": peer}]} if peer in GROUPS else {"IpRanges": [{"CidrIp": peer}]}
        groups[group]["IpPermissionsEgress" if egress else "IpPermissions"].append(one)
    local = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
    out = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "tgw-1"}
    tables = [{"VpcId": "v", "Associations": [{"Main": True}], "Routes": [local]}]
    own = [{"SubnetId": f"s{n}"} for n in doors]
    tables.append({"VpcId": "v", "Associations": own, "Routes": [local, out]})
    acl = [
        {"RuleNumber": n, "Egress": egress, "RuleAction": "allow" if allow else "deny", "Protocol": protocol,
         "PortRange": {"From": low, "To": high}, "CidrBlock": block}
        for n, egress, allow, protocol, (low, high), block in listed
    ]  # fmt: skip
    return json.dumps({
        "Vpcs": [{"VpcId": "v", "CidrBlock": "10.0.0.0/16"}],
        "Subnets": [{"SubnetId": f"s{n}", "VpcId": "v", "CidrBlock": f"10.0.{n}.0/24"} for n in range(3)],
        "SecurityGroups": list(groups.values()), "RouteTables": tables,
        "NetworkAcls": [{"VpcId": "v", "Associations": [{"SubnetId": f"s{n}"} for n in range(3)], "Entries": acl}],
        "NetworkInterfaces": [
            {"NetworkInterfaceId": f"e{s}-{h}", "VpcId": "v", "SubnetId": f"s{s}",
             "PrivateIpAddresses": [{"PrivateIpAddress": f"10.0.{s}.{h}"}],
             "Groups": [{"GroupId": g} for g in sorted(worn)]}
            for s, h, worn in stand
        ],
    })  # fmt: skip


def planned(found: Any, stand: Any, listed: Any, doors: set[int]) -> str:
    """As Terraform plans it: nothing exists yet."""
    vpc = Ref("aws_vpc.v.id")
    plan = Plan().add("aws_vpc.v", {"cidr_block": "10.0.0.0/16"}, "main_route_table_id")
    for n in range(3):
        plan.add(f"aws_subnet.s[{n}]", {"vpc_id": vpc, "cidr_block": f"10.0.{n}.0/24"})
    worn_by_nobody = set(GROUPS) - {g for _, _, worn in stand for g in worn}
    for g in GROUPS:
        plan.add(f"aws_security_group.{g}", {"vpc_id": vpc, "ingress": [], "egress": []})
    for n, (group, egress, protocol, (low, high), peer) in enumerate(found):
        if group in worn_by_nobody:
            continue
        one = {"ip_protocol": protocol, "from_port": low, "to_port": high}
        named = Ref(f"aws_security_group.{peer}.id")
        one |= {"referenced_security_group_id": named} if peer in GROUPS else {"cidr_ipv4": peer}
        one["security_group_id"] = Ref(f"aws_security_group.{group}.id")
        plan.add(f"aws_vpc_security_group_{'egress' if egress else 'ingress'}_rule.r{n}", one)
    plan.add("aws_network_acl.a", {"vpc_id": vpc, "subnet_ids": [Ref(f"aws_subnet.s[{n}].id") for n in range(3)],
                                   "ingress": [], "egress": []})  # fmt: skip
    for n, egress, allow, protocol, (low, high), block in listed:
        values = {"network_acl_id": Ref("aws_network_acl.a.id"), "rule_number": n, "egress": egress}
        values |= {"rule_action": "allow" if allow else "deny", "protocol": protocol, "cidr_block": block}
        plan.add(f"aws_network_acl_rule.r{n}{egress}", values | {"from_port": low, "to_port": high})
    plan.add("aws_route_table.out", {"vpc_id": vpc}, "route")
    plan.add("aws_route.out", {"route_table_id": Ref("aws_route_table.out.id"), "transit_gateway_id": "tgw-1",
                               "destination_cidr_block": "0.0.0.0/0"}, "network_interface_id")  # fmt: skip
    for n in doors:
        link = {"route_table_id": Ref("aws_route_table.out.id"), "subnet_id": Ref(f"aws_subnet.s[{n}].id")}
        plan.add(f"aws_route_table_association.a[{n}]", link)
    for s, h, worn in stand:
        values = {"subnet_id": Ref(f"aws_subnet.s[{s}].id"), "private_ips": [f"10.0.{s}.{h}"]}
        values["security_groups"] = [Ref(f"aws_security_group.{g}.id") for g in sorted(worn)]
        plan.add(f"aws_network_interface.e{s}-{h}", values, "private_ip")
    return plan.text()


@settings(max_examples=60, deadline=None)
@given(rules, hosts, entries, outward, st.data())
def test_a_packet_fares_alike(found: Any, stand: Any, listed: Any, doors: set[int], data: st.DataObject) -> None:
    told = Tracer(aws.parse(Source("a", (answers(found, stand, listed, doors),)), "v").devices)
    made = Tracer(terraform.parse(Source("b", (planned(found, stand, listed, doors),)), "v").devices)
    empty = set(range(3)) - {s for s, _, _ in stand}
    for _ in range(12):
        src, dst = data.draw(st.sampled_from(ADDRESSES)), data.draw(st.sampled_from(ADDRESSES))
        if src == dst or {src >> 8 & 255, dst >> 8 & 255} & empty:
            continue  # of a subnet without a host the plan leaves open who stands in it
        protocol, port = data.draw(st.sampled_from([6, 17])), data.draw(st.integers(19, 26))
        packet = Packet(src, dst, protocol, 40000, port, state=ConnState.NEW)
        assert told.trace(packet).disposition is made.trace(packet).disposition
