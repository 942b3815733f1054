"""aws: what stands behind a NAT gateway. Meanings are those of the Amazon VPC User Guide, «NAT gateway basics»."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parsers.terraform_plans import Ref
from tests.parsers.test_aws import LOCAL, OPEN, VPC, acl, entry, estate, group, reaches, read
from tests.parsers.test_terraform import group as planned_group
from tests.parsers.test_terraform import host as planned_host
from tests.parsers.test_terraform import network
from tests.parsers.test_terraform import reaches as planned_reaches
from zoneguard.parsers._aws.nat import ELSEWHERE, NO_SUBNET
from zoneguard.static.trace import Disposition

DELIVERED, DENIED, UNDETERMINED = Disposition.DELIVERED, Disposition.DENIED, Disposition.UNDETERMINED
ALLOW = (entry(100, False, "allow"), entry(100, True, "allow"))
NAT = {"NatGatewayId": "nat-1", "VpcId": VPC, "SubnetId": "a", "ConnectivityType": "public",
       "NatGatewayAddresses": [{"PublicIp": "203.0.113.1", "PrivateIp": "10.0.1.9"}]}  # fmt: skip
Json = dict[str, Any]


def route(block: str, **target: str) -> Json:
    return {"DestinationCidrBlock": block, "State": "active"} | target


def behind(*routes: Json, rules: tuple[Json, ...] = ALLOW, nat: Json = NAT, to_nat: str = "0.0.0.0/0") -> Json:
    """Subnet b goes out by a NAT gateway in subnet a, which has ``routes`` and the ACL ``rules``."""
    tables = [
        {"VpcId": VPC, "Associations": [{"SubnetId": "a"}], "Routes": [LOCAL, *routes]},
        {"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL, route(to_nat, NatGatewayId="nat-1")]},
    ]
    return estate(
        RouteTables=tables, NetworkAcls=[acl(*rules, subnets=("a",)), acl(*ALLOW, subnets=("b",))], NatGateways=[nat],
        SecurityGroups=[group("sg", [], [OPEN])],
    )  # fmt: skip


TO_DOOR = route("0.0.0.0/0", GatewayId="igw-1")


def goes(answers: Json, to: str = "198.51.100.7", port: int = 443) -> Disposition:
    return reaches(answers, "10.0.2.10", to, port)


def test_what_both_acls_and_both_tables_let_pass_goes_out() -> None:
    answers = behind(TO_DOOR)
    assert goes(answers) is DELIVERED
    assert not read(answers).account.not_understood


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (entry(50, False, "deny", "10.0.2.0/24"), DENIED),
        (entry(50, True, "deny", "198.51.100.0/24"), DENIED),
        (entry(50, False, "deny", "10.0.9.0/24"), DELIVERED),
        (entry(50, True, "deny", Protocol="6", PortRange={"From": 443, "To": 443}), DENIED),
        (entry(50, True, "deny", Protocol="6", PortRange={"From": 25, "To": 25}), DELIVERED),
    ],
)
def test_the_acl_of_its_subnet_is_asked_inward_and_outward(rule: Json, expected: Disposition) -> None:
    assert goes(behind(TO_DOOR, rules=(rule, *ALLOW))) is expected


def test_of_a_host_in_its_own_subnet_the_acl_is_asked_outward_only() -> None:
    answers = behind(TO_DOOR, rules=(entry(50, False, "deny"), *ALLOW))
    answers["RouteTables"] = [{"VpcId": VPC, "Associations": [{"Main": True}],
                               "Routes": [LOCAL, route("198.51.100.0/24", NatGatewayId="nat-1"), TO_DOOR]}]  # fmt: skip
    answers["NatGateways"] = [NAT]
    assert goes(answers) is DENIED
    assert reaches(answers, "10.0.1.10", "198.51.100.7", 443) is not DENIED


@pytest.mark.parametrize("routes", [(), (route("0.0.0.0/0", GatewayId="igw-1", State="blackhole"),)])
def test_what_the_table_of_its_subnet_leads_nowhere_is_dropped(routes: tuple[Json, ...]) -> None:
    assert goes(behind(*routes)) is DENIED
    assert not read(behind(*routes)).account.not_understood


def test_what_its_table_sends_elsewhere_than_to_an_internet_gateway_is_open() -> None:
    answers = behind(TO_DOOR, route("198.51.100.0/24", GatewayId="vgw-1"))
    assert goes(answers) is UNDETERMINED
    assert goes(answers, "203.0.113.77") is DELIVERED
    assert {(m.reason, m.text, m.bounded) for m in read(answers).account.not_understood} == {(ELSEWHERE, "nat-1", True)}


def test_only_what_is_sent_to_it_counts() -> None:
    """The way elsewhere is for destinations that no table sends to the gateway."""
    answers = behind(route("198.51.100.0/24", GatewayId="igw-1"), route("10.9.0.0/16", GatewayId="vgw-1"),
                     to_nat="198.51.100.0/24")  # fmt: skip
    assert goes(answers) is DELIVERED
    assert not read(answers).account.not_understood


@pytest.mark.parametrize("change", [{"SubnetId": ""}, {"SubnetId": "far"}])
def test_one_in_a_subnet_that_is_not_given_is_open(change: Json) -> None:
    answers = behind(TO_DOOR, nat=NAT | change)
    assert goes(answers) is UNDETERMINED
    assert {m.reason for m in read(answers).account.not_understood} == {NO_SUBNET}
    del answers["NatGateways"]
    assert goes(answers) is UNDETERMINED


def test_a_plan_tells_the_same() -> None:
    def planned(action: str) -> Disposition:
        plan = planned_group(network(), "sg", ingress=[], egress=[open_])
        plan = planned_host(planned_host(plan, "x", "a", "10.0.1.10", "sg"), "y", "b", "10.0.2.10", "sg")
        vpc = Ref("aws_vpc.main.id")
        plan.add("aws_internet_gateway.igw", {"vpc_id": vpc})
        plan.add("aws_nat_gateway.nat", {"subnet_id": Ref("aws_subnet.a.id"), "connectivity_type": "public",
                                         "public_ip": "203.0.113.1"})  # fmt: skip
        for name, target in (("a", {"gateway_id": Ref("aws_internet_gateway.igw.id")}),
                             ("b", {"nat_gateway_id": Ref("aws_nat_gateway.nat.id")})):  # fmt: skip
            plan.add(f"aws_route_table.{name}", {"vpc_id": vpc, "route": [{"cidr_block": "0.0.0.0/0"} | target]})
            link = {"subnet_id": Ref(f"aws_subnet.{name}.id"), "route_table_id": Ref(f"aws_route_table.{name}.id")}
            plan.add(f"aws_route_table_association.{name}", link)
        rule = {"protocol": "-1", "rule_no": 100, "action": "allow", "cidr_block": "0.0.0.0/0", "from_port": 0,
                "to_port": 0}  # fmt: skip
        plan.add("aws_network_acl.a", {"vpc_id": vpc, "subnet_ids": [Ref("aws_subnet.a.id")], "ingress": [rule],
                                       "egress": [rule | {"action": action}]})  # fmt: skip
        return planned_reaches(plan, "10.0.2.10", "198.51.100.7")

    open_ = {"protocol": "-1", "from_port": 0, "to_port": 0, "self": False, "cidr_blocks": ["0.0.0.0/0"]}
    assert planned("allow") is DELIVERED
    assert planned("deny") is DENIED
