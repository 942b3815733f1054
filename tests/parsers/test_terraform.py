"""terraform: a plan as the estate that it will make. The form is that of Terraform 1.11's own plans."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.terraform_plans import Plan, Ref
from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.reading import detect
from zoneguard.parsers.terraform import PLUGIN
from zoneguard.static.trace import Disposition, Tracer

VPC = Ref("aws_vpc.main.id")
DELIVERED, DENIED = Disposition.DELIVERED, Disposition.DENIED
UNDETERMINED, NO_ROUTE = Disposition.UNDETERMINED, Disposition.NO_ROUTE


def rule(protocol: str, low: int, high: int, **peers: Any) -> dict[str, Any]:
    return {"protocol": protocol, "from_port": low, "to_port": high, "self": False} | peers


OPEN = rule("-1", 0, 0, cidr_blocks=["0.0.0.0/0"])
HTTPS = rule("tcp", 443, 443, cidr_blocks=["10.0.1.0/24"])


def network(existing: bool = False) -> Plan:
    """A VPC with two subnets, and nothing in them."""
    return (
        Plan(existing)
        .add("aws_vpc.main", {"cidr_block": "10.0.0.0/16"}, "default_network_acl_id", "main_route_table_id")
        .add("aws_subnet.a", {"cidr_block": "10.0.1.0/24", "vpc_id": VPC})
        .add("aws_subnet.b", {"cidr_block": "10.0.2.0/24", "vpc_id": VPC})
    )


def group(plan: Plan, name: str, **rules: Any) -> Plan:
    """A group; directions that are not given are computed by the provider."""
    computed = [key for key in ("ingress", "egress") if key not in rules]
    return plan.add(f"aws_security_group.{name}", {"name": name, "vpc_id": VPC} | rules, *computed)


def host(plan: Plan, name: str, subnet: str, address: str, *groups: str, **more: Any) -> Plan:
    """A network interface with a fixed address, or with one that AWS chooses."""
    values = {"subnet_id": Ref(f"aws_subnet.{subnet}.id"), "private_ips": [address] if address else None}
    values["security_groups"] = [Ref(f"aws_security_group.{g}.id") for g in groups]
    values = {key: value for key, value in values.items() if value is not None}
    computed = ("private_ip",) if address else ("private_ip", "private_ips")
    return plan.add(f"aws_network_interface.{name}", values | more, *computed)


def two_hosts(existing: bool = False, ingress: Any = None, egress: Any = None) -> Plan:
    plan = group(network(existing), "sg", ingress=[ingress or HTTPS], egress=[egress or OPEN])
    return host(host(plan, "x", "a", "10.0.1.10", "sg"), "y", "b", "10.0.2.10", "sg")


def read(plan: Plan, **more: Any) -> Parsed:
    return PLUGIN.parse(Source("plan.json", (plan.text(**more),)), "vpc")


def device(plan: Plan) -> Device:
    (found,) = read(plan).devices
    return found


def reaches(plan: Plan, src: str, dst: str, port: int = 443) -> Disposition:
    packet = Packet(parse_address(src), parse_address(dst), 6, 40000, port, state=ConnState.NEW)
    return Tracer(read(plan).devices).trace(packet).disposition


def doubts(plan: Plan, **more: Any) -> set[tuple[str, bool]]:
    """What is not understood: the address, and whether the model bounds it."""
    return {(m.text, m.bounded) for m in read(plan, **more).account.not_understood}


@pytest.mark.parametrize("existing", [False, True])
def test_a_plan_is_the_network_that_it_makes(existing: bool) -> None:
    plan = two_hosts(existing)
    assert detect(Source("plan.json", (plan.text(),))) is PLUGIN
    assert [i.name for i in device(plan).interfaces] == ["aws_subnet.a", "aws_subnet.b"]
    if not existing:
        assert doubts(plan) == set()
        assert reaches(plan, "10.0.1.10", "10.0.2.10") is DELIVERED
        assert reaches(plan, "10.0.1.10", "10.0.2.10", 22) is DENIED
        assert reaches(plan, "10.0.2.10", "10.0.1.10") is DENIED


def test_of_a_vpc_that_exists_what_the_plan_does_not_manage_is_open() -> None:
    plan = two_hosts(existing=True)
    assert ("aws_subnet.a", True) in doubts(plan)
    assert any(m.concern is Concern.ROUTING for m in device(plan).uncertain)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_security_group_rule", rule("tcp", 443, 443, type="ingress", cidr_blocks=["10.0.1.0/24"])),
        ("aws_vpc_security_group_ingress_rule",
         {"ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "10.0.1.0/24"}),
        ("aws_vpc_security_group_ingress_rule",
         {"ip_protocol": "tcp", "from_port": 443, "to_port": 443,
          "referenced_security_group_id": Ref("aws_security_group.sg.id")}),
        ("aws_security_group_rule", rule("tcp", 443, 443, type="ingress", self=True)),
        ("aws_security_group_rule",
         rule("tcp", 443, 443, type="ingress", source_security_group_id=Ref("aws_security_group.sg.id"))),
    ],
)  # fmt: skip
def test_rules_of_a_group_may_be_resources_of_their_own(kind: str, values: dict[str, Any]) -> None:
    plan = group(network(), "sg")
    host(host(plan, "x", "a", "10.0.1.10", "sg"), "y", "b", "10.0.2.10", "sg")
    plan.add(f"{kind}.in", {"security_group_id": Ref("aws_security_group.sg.id")} | values)
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DENIED, "a new group lets nothing out by itself"
    out = {"ip_protocol": "-1", "cidr_ipv4": "0.0.0.0/0", "security_group_id": Ref("aws_security_group.sg.id")}
    plan.add("aws_vpc_security_group_egress_rule.out", out)
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DELIVERED
    assert reaches(plan, "10.0.1.10", "10.0.2.10", 22) is DENIED


def test_a_rule_that_the_plan_removes_is_gone_from_what_aws_still_shows() -> None:
    plan = two_hosts(existing=True)
    subnets = [Ref("aws_subnet.a.id"), Ref("aws_subnet.b.id")]
    acl = {"vpc_id": VPC, "subnet_ids": subnets, "ingress": [entry(1, "allow")], "egress": [entry(1, "allow")]}
    plan.add("aws_network_acl.main", acl)
    plan.add("aws_default_route_table.main", {"default_route_table_id": "rtb-1", "vpc_id": VPC})
    both = [HTTPS, rule("tcp", 22, 22, cidr_blocks=["10.0.1.0/24"])]
    sg = next(r for r in plan.resources if r[1] == "aws_security_group.sg")
    sg[2]["ingress"] = both
    before = rule("tcp", 22, 22, type="ingress", cidr_blocks=["10.0.1.0/24"])
    before["security_group_id"] = plan.id_of("aws_security_group.sg")
    document = json.loads(plan.text())
    written = next(r for r in document["configuration"]["root_module"]["resources"] if r["address"] == sg[1])
    del written["expressions"]["ingress"]
    gone = {"address": "aws_security_group_rule.ssh", "mode": "managed", "type": "aws_security_group_rule"}
    document["resource_changes"].append(gone | {"change": {"actions": ["delete"], "before": before, "after": None}})
    parsed = PLUGIN.parse(Source("plan.json", (json.dumps(document),)), "vpc")
    tracer = Tracer(parsed.devices)
    for port, expected in ((443, DELIVERED), (22, DENIED)):
        packet = Packet(parse_address("10.0.1.10"), parse_address("10.0.2.10"), 6, 40000, port, state=ConnState.NEW)
        assert tracer.trace(packet).disposition is expected


def test_an_address_that_aws_chooses_is_open_within_its_subnet() -> None:
    plan = group(network(), "sg", ingress=[HTTPS], egress=[OPEN])
    host(host(plan, "x", "a", "10.0.1.10", "sg"), "y", "b", "", "sg")
    assert ("aws_network_interface.y", True) in doubts(plan)
    assert reaches(plan, "10.0.1.10", "10.0.2.77") is UNDETERMINED
    assert reaches(plan, "10.0.1.10", "10.0.2.77", 22) is DENIED
    assert reaches(plan, "10.0.1.11", "10.0.2.77") is DENIED


def test_a_resource_with_a_group_is_a_host_somewhere() -> None:
    plan = group(network(), "sg", ingress=[HTTPS], egress=[OPEN])
    host(plan, "x", "a", "10.0.1.10", "sg")
    plan.add("aws_db_subnet_group.db", {"name": "db", "subnet_ids": [Ref("aws_subnet.b.id")]})
    plan.add("aws_db_instance.db", {"vpc_security_group_ids": [Ref("aws_security_group.sg.id")],
                                    "db_subnet_group_name": Ref("aws_db_subnet_group.db.name")})  # fmt: skip
    assert doubts(plan) == {("aws_db_instance.db", True)}
    assert reaches(plan, "10.0.1.10", "10.0.2.77") is UNDETERMINED
    assert reaches(plan, "10.0.1.10", "10.0.2.77", 22) is DENIED


def test_a_group_that_nothing_has_is_of_hosts_elsewhere() -> None:
    plan = group(two_hosts(), "spare", ingress=[rule("tcp", 22, 22, cidr_blocks=["10.0.1.0/24"])], egress=[])
    assert ("aws_security_group.spare", True) in doubts(plan)
    assert reaches(plan, "10.0.1.10", "10.0.2.77", 22) is UNDETERMINED
    assert reaches(plan, "10.0.1.10", "10.0.2.77", 23) is DENIED


def test_a_subnet_without_a_host_is_no_all_clear() -> None:
    plan = group(network(), "sg", ingress=[HTTPS], egress=[OPEN])
    assert reaches(plan, "10.0.1.10", "10.0.2.10", 22) is UNDETERMINED


def entry(number: int, action: str, block: str = "0.0.0.0/0", protocol: str = "-1", port: int = 0) -> dict[str, Any]:
    return {"rule_no": number, "action": action, "cidr_block": block, "protocol": protocol,
            "from_port": port, "to_port": port}  # fmt: skip


@pytest.mark.parametrize(("number", "expected"), [(90, DENIED), (110, DELIVERED)])
def test_an_acl_by_its_subnets_and_numbers(number: int, expected: Disposition) -> None:
    plan = two_hosts()
    ingress = [entry(100, "allow"), entry(number, "deny", "10.0.1.0/24", "tcp", 443)]
    subnets = [Ref("aws_subnet.a.id"), Ref("aws_subnet.b.id")]
    acl = {"vpc_id": VPC, "subnet_ids": subnets, "ingress": ingress, "egress": [entry(100, "allow")]}
    plan.add("aws_network_acl.main", acl)
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is expected


def test_an_acl_with_rules_and_subnets_of_their_own() -> None:
    plan = two_hosts()
    plan.add("aws_network_acl.main", {"vpc_id": VPC}, "ingress", "egress", "subnet_ids")
    acl = {"network_acl_id": Ref("aws_network_acl.main.id")}
    for name, egress in (("in", False), ("out", True)):
        values = {"rule_number": 100, "egress": egress, "rule_action": "allow", "protocol": "-1"}
        plan.add(f"aws_network_acl_rule.{name}", acl | values | {"cidr_block": "10.0.0.0/16"})
    plan.add("aws_network_acl_association.b", acl | {"subnet_id": Ref("aws_subnet.b.id")})
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DELIVERED
    deny = {
        "rule_number": 50,
        "egress": False,
        "rule_action": "deny",
        "protocol": "6",
        "from_port": 0,
        "to_port": 65535,
    }
    plan.add("aws_network_acl_rule.deny", acl | deny | {"cidr_block": "10.0.1.0/24"})
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DENIED


def test_the_default_acl_that_is_adopted_has_only_the_rules_that_are_written() -> None:
    plan = two_hosts()
    default = {"default_network_acl_id": Ref("aws_vpc.main.default_network_acl_id"), "ingress": [], "egress": []}
    plan.add("aws_default_network_acl.main", default, "vpc_id")
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DENIED


def with_internet(plan: Plan) -> Plan:
    """A way out for subnet a by an internet gateway, for subnet b by a NAT gateway."""
    plan.add("aws_internet_gateway.igw", {"vpc_id": VPC})
    plan.add("aws_eip.nat", {"domain": "vpc"}, "public_ip")
    nat = {"subnet_id": Ref("aws_subnet.a.id"), "allocation_id": Ref("aws_eip.nat.id")}
    plan.add("aws_nat_gateway.nat", nat, "public_ip")
    out = {"cidr_block": "0.0.0.0/0", "gateway_id": Ref("aws_internet_gateway.igw.id"), "nat_gateway_id": ""}
    plan.add("aws_route_table.a", {"vpc_id": VPC, "route": [out]})
    plan.add("aws_route_table.b", {"vpc_id": VPC}, "route")
    by_nat = {"route_table_id": Ref("aws_route_table.b.id"), "destination_cidr_block": "0.0.0.0/0"}
    plan.add("aws_route.b", by_nat | {"nat_gateway_id": Ref("aws_nat_gateway.nat.id")}, "network_interface_id", "state")
    for name in ("a", "b"):
        link = {"route_table_id": Ref(f"aws_route_table.{name}.id"), "subnet_id": Ref(f"aws_subnet.{name}.id")}
        plan.add(f"aws_route_table_association.{name}", link)
    return plan


def test_tables_routes_and_gateways() -> None:
    plan = with_internet(two_hosts())
    assert doubts(plan) == {("aws_nat_gateway.nat", True)}
    assert reaches(plan, "10.0.1.10", "198.51.100.7") is DENIED, "no public address"
    assert reaches(plan, "10.0.2.10", "198.51.100.7") is DELIVERED, "under an address that comes later"
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DELIVERED
    assert reaches(two_hosts(), "10.0.2.10", "198.51.100.7") is NO_ROUTE


def test_a_public_address_that_is_given() -> None:
    plan = with_internet(two_hosts(ingress=rule("tcp", 443, 443, cidr_blocks=["0.0.0.0/0"])))
    own = {"network_interface": Ref("aws_network_interface.x.id"), "public_ip": "203.0.113.9"}
    plan.add("aws_eip.x", own)
    packet = Packet(parse_address("198.51.100.7"), parse_address("203.0.113.9"), 6, 40000, 443, state=ConnState.NEW)
    found = Tracer(read(plan).devices).trace(packet)
    assert (found.disposition, format_address(found.walks[0].packet.dst)) == (DELIVERED, "10.0.1.10")


@pytest.mark.parametrize(("written", "expected"), [(True, UNDETERMINED), (False, DENIED)])
def test_an_instance_with_a_public_address_that_comes_later(written: bool, expected: Disposition) -> None:
    plan = with_internet(group(network(), "sg", ingress=[OPEN], egress=[OPEN]))
    instance = {"subnet_id": Ref("aws_subnet.a.id"), "vpc_security_group_ids": [Ref("aws_security_group.sg.id")]}
    plan.add("aws_instance.x", instance | {"associate_public_ip_address": written}, "private_ip", "public_ip")
    assert reaches(plan, "198.51.100.7", "203.0.113.9") is expected


def test_an_instance_without_groups_has_the_default_one() -> None:
    plan = two_hosts()
    plan.add("aws_instance.x", {"subnet_id": Ref("aws_subnet.b.id"), "private_ip": "10.0.2.20",
                                "associate_public_ip_address": False}, "vpc_security_group_ids")  # fmt: skip
    assert reaches(plan, "10.0.1.10", "10.0.2.20") is DENIED
    plan.add("aws_instance.y", {"subnet_id": Ref("aws_subnet.a.id"), "private_ip": "10.0.1.20",
                                "associate_public_ip_address": False}, "vpc_security_group_ids")  # fmt: skip
    assert reaches(plan, "10.0.1.20", "10.0.2.20", 3389) is DELIVERED, "the default group permits itself"


def test_by_count_and_in_modules_objects_are_found() -> None:
    given = {"subnets": Ref("module.net.subnets"), "vpc": Ref("module.net.vpc"), "sg": Ref("module.net.groups")}
    plan = Plan(calls={"net": {"cidr": "10.0.0.0/16"}, "app": given})
    plan.outputs = {"net": {"vpc": Ref("aws_vpc.main.id"), "subnets": Ref("aws_subnet.s"),
                            "groups": Ref("aws_security_group.sg.id")}}  # fmt: skip
    plan.add("aws_vpc.main", {"cidr_block": "10.0.0.0/16"}, module="module.net")
    for n in (0, 1):
        subnet = {"cidr_block": f"10.0.{n + 1}.0/24", "vpc_id": VPC}
        plan.add(f"aws_subnet.s[{n}]", subnet, module="module.net")
        plan.add(f"aws_route_table.t[{n}]", {"vpc_id": Ref("var.vpc")}, "route", module="module.app")
        link = {"subnet_id": Ref("var.subnets count.index"), "route_table_id": Ref("aws_route_table.t count.index")}
        plan.add(f"aws_route_table_association.t[{n}]", link, module="module.app")
        eni = {"subnet_id": Ref(f"var.subnets[{n}]"), "private_ips": [f"10.0.{n + 1}.10"],
               "security_groups": [Ref("var.sg")]}  # fmt: skip
        plan.add(f"aws_network_interface.x{n}", eni, module="module.app")
    plan.add("aws_security_group.sg", {"vpc_id": VPC, "ingress": [HTTPS], "egress": [OPEN]}, module="module.net")
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DELIVERED
    assert reaches(plan, "10.0.2.10", "10.0.1.10") is DENIED


def test_a_local_value_does_not_say_what_it_names() -> None:
    plan = two_hosts()
    plan.add("aws_route_table.t", {"vpc_id": Ref("local.vpc")}, "route")
    plan.add(
        "aws_route_table_association.t", {"subnet_id": Ref("local.s"), "route_table_id": Ref("aws_route_table.t.id")}
    )
    assert doubts(plan) == {("aws_route_table_association.t", False)}
    plan.add("aws_subnet.c", {"cidr_block": "10.0.3.0/24", "vpc_id": Ref("local.vpc")})
    assert ("aws_subnet.c", False) in doubts(plan)


def test_what_is_joined_to_a_subnet_is_of_its_vpc_whatever_a_local_value_says() -> None:
    plan = group(network(), "sg")
    plan.resources[-1][2]["vpc_id"] = Ref("local.vpc")
    host(host(plan, "x", "a", "10.0.1.10", "sg"), "y", "b", "10.0.2.10", "sg")
    for direction in ("ingress", "egress"):
        own = {"security_group_id": Ref("aws_security_group.sg.id"), "ip_protocol": "-1", "cidr_ipv4": "10.0.0.0/16"}
        plan.add(f"aws_vpc_security_group_{direction}_rule.x", own)
    acl = {"vpc_id": Ref("local.vpc"), "subnet_ids": [Ref("aws_subnet.a.id")], "ingress": [], "egress": []}
    plan.add("aws_network_acl.x", acl)
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is DENIED


def test_references_of_a_block_are_those_of_all_its_attributes_together() -> None:
    """So a plan tells them where a provider has attributes that are written as blocks."""
    plan = with_internet(group(two_hosts(), "other", ingress=[], egress=[OPEN]))
    host(plan, "z", "a", "10.0.1.12", "other")
    both = [rule("tcp", 443, 443, security_groups=[Ref("aws_security_group.sg.id")]),
            rule("tcp", 22, 22, security_groups=[Ref("aws_security_group.other.id")])]  # fmt: skip
    plan.add("aws_security_group.db", {"vpc_id": VPC, "ingress": both, "egress": [OPEN]})
    host(plan, "db", "b", "10.0.2.20", "db")
    document = json.loads(plan.text())
    for name, attribute in (("aws_security_group.db", "ingress"), ("aws_route_table.a", "route")):
        written = next(r for r in document["configuration"]["root_module"]["resources"] if r["address"] == name)
        parts = [
            e["references"] for block in written["expressions"][attribute] for e in block.values() if "references" in e
        ]
        written["expressions"][attribute] = {"references": [ref for refs in parts for ref in refs]}
    parsed = PLUGIN.parse(Source("plan.json", (json.dumps(document),)), "vpc")
    assert all(m.bounded for m in parsed.account.not_understood)
    for src, port, expected in (
        ("10.0.1.10", 443, UNDETERMINED),
        ("10.0.1.11", 443, DENIED),
        ("10.0.1.12", 23, DENIED),
    ):
        packet = Packet(parse_address(src), parse_address("10.0.2.20"), 6, 40000, port, state=ConnState.NEW)
        assert Tracer(parsed.devices).trace(packet).disposition is expected


def test_a_host_whose_address_is_known_stands_in_the_subnet_around_it() -> None:
    plan = two_hosts()
    plan.add("aws_instance.x", {"subnet_id": Ref("local.s"), "private_ip": "10.0.2.20", "vpc_security_group_ids": [
        Ref("aws_security_group.sg.id")], "associate_public_ip_address": False})  # fmt: skip
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.20") is DELIVERED


def test_each_value_is_the_instance_of_the_same_key() -> None:
    plan = two_hosts()
    for key in ("a", "b"):
        plan.add(f'aws_route_table.t["{key}"]', {"vpc_id": VPC}, "route")
        link = {"route_table_id": Ref("each.value.id"), "subnet_id": Ref(f"aws_subnet.{key}.id")}
        source = {"references": ["aws_route_table.t"]}
        plan.add(f'aws_route_table_association.t["{key}"]', link, for_each_expression=source)
    assert doubts(plan) == set()


def test_a_block_that_comes_later_leaves_the_rule_open() -> None:
    plan = two_hosts(ingress=rule("tcp", 443, 443, cidr_blocks=[Ref("aws_eip.x.public_ip")]))
    assert reaches(plan, "10.0.1.10", "10.0.2.10") is UNDETERMINED
    assert reaches(plan, "10.0.1.10", "10.0.2.10", 22) is DENIED


@pytest.mark.parametrize(
    ("kind", "values", "bounded"),
    [
        ("aws_networkfirewall_firewall", {"vpc_id": VPC}, False),
        ("aws_lb", {"internal": True, "subnets": [Ref("aws_subnet.b.id")]}, False),
        ("azurerm_subnet", {"name": "x"}, False),
        ("aws_vpn_gateway_route_propagation", {"route_table_id": Ref("aws_route_table.t.id")}, False),
    ],
)
def test_what_may_change_the_network_and_is_not_read_is_said(kind: str, values: dict[str, Any], bounded: bool) -> None:
    assert doubts(two_hosts().add(f"{kind}.x", values)) == {(f"{kind}.x", bounded)}


@pytest.mark.parametrize("kind", ["aws_s3_bucket", "aws_flow_log", "aws_vpc_peering_connection", "random_id"])
def test_what_cannot_change_the_network_is_ignored(kind: str) -> None:
    assert doubts(two_hosts().add(f"{kind}.x", {"vpc_id": VPC})) == set()


@pytest.mark.parametrize("more", [{"errored": True}, {"complete": False}, {"format_version": "2.0"}])
def test_a_plan_that_is_not_whole_is_said(more: dict[str, Any]) -> None:
    assert [bounded for _, bounded in doubts(two_hosts(), **more)] == [False]


def test_lines_of_a_plan_that_was_laid_out_are_those_of_its_resources() -> None:
    lines = tuple(json.dumps(json.loads(two_hosts().text()), indent=2).splitlines())
    parsed = PLUGIN.parse(Source("plan.json", lines), "vpc")
    packet = Packet(parse_address("10.0.1.10"), parse_address("10.0.2.10"), 6, 40000, 443, state=ConnState.NEW)
    hop = Tracer(parsed.devices).trace(packet).walks[0].hops[-1]
    texts = ["\n".join(lines[d.span.first - 1 : d.span.last]) for d in hop.decisions if d.span]
    assert any('"from_port": 443' in text and "aws_vpc" not in text for text in texts)


@pytest.mark.parametrize("text", ["{}", '{"terraform_version": "1.5", "planned_values": 3}', '{"@level":"info"}', "x"])
def test_what_is_no_plan_makes_no_device(text: str) -> None:
    parsed = PLUGIN.parse(Source("x", (text,)), "x")
    assert parsed.devices == ()
    assert parsed.account.open_lines == 1 or "planned_values" in text


WORDS = [
    "aws_vpc.main",
    "aws_subnet.a",
    "10.0.0.0/8",
    "tcp",
    "aws_vpc.main.id",
    "module.m.x",
    "var.x",
    "each.value",
    "-1",
]
KEYS = [
    "planned_values", "root_module", "resources", "child_modules", "address", "type", "name", "mode", "values", "index",
    "resource_changes", "change", "after_unknown", "configuration", "expressions", "references", "module_calls",
    "vpc_id", "cidr_block", "ingress", "route", "actions", "before", "prior_state", "for_each_expression", "module",
    "outputs",
]  # fmt: skip
TYPES = ["aws_vpc", "aws_subnet", "aws_security_group", "aws_route", "aws_route_table", "aws_network_acl", "aws_lb"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.sampled_from(WORDS + TYPES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)
resources = st.fixed_dictionaries(
    {
        "address": st.sampled_from(WORDS),
        "type": st.sampled_from(TYPES),
        "mode": st.just("managed"),
        "values": json_values,
    }
)


@settings(max_examples=200, deadline=None)
@given(json_values, st.lists(resources, max_size=4), json_values)
def test_any_json_is_accounted_for_and_nothing_raises(value: object, found: list[Any], written: object) -> None:
    plan = {"planned_values": {"root_module": {"resources": found}}, "configuration": {"root_module": written}}
    document = plan | (value if isinstance(value, dict) else {"terraform_version": value})
    for indent in (None, 1):
        source = Source("x.json", tuple(json.dumps(document, indent=indent).splitlines()))
        PLUGIN.sniff(source)
        account = PLUGIN.parse(source, "x").account
        assert account.understood + sum(account.ignored.values()) + account.open_lines == account.total


def test_a_plan_that_terraform_itself_made() -> None:
    """``terraform_plan/``: Terraform 1.11.4, its provider a stand-in that leaves open what AWS would choose."""
    text = (Path(__file__).parent / "terraform_plan/plan.json").read_text(encoding="utf-8")
    source = Source("plan.json", tuple(text.splitlines()))
    assert detect(source) is PLUGIN
    parsed = PLUGIN.parse(source, "vpc")
    said = {(m.text, m.bounded) for m in parsed.account.not_understood}
    assert said == {
        ("aws_autoscaling_group.asg", True),  # by its launch template
        ("aws_ecs_service.s", True),
        ('aws_instance.i["x"]', True),
        ('aws_instance.i["y"]', True),
        ("module.net.aws_nat_gateway.nat", True),
        ("module.net.aws_route_table_association.a[0]", False),  # a condition on count.index chooses the table
        ("module.net.aws_route_table_association.a[1]", False),
    }
    (device_,) = parsed.devices
    assert [(i.name, len(i.addresses)) for i in device_.interfaces] == [
        ("module.net.aws_subnet.s[0]", 1), ("module.net.aws_subnet.s[1]", 1),
        ("module.net.aws_internet_gateway.igw", 0), ("module.net.aws_nat_gateway.nat", 0),
    ]  # fmt: skip
    bounded = [replace(device_, uncertain=())]
    for src, dst, port, expected in (
        ("10.0.1.10", "10.0.2.10", 443, DELIVERED),  # by its block, whatever the group beside it holds
        ("10.0.2.10", "10.0.1.10", 443, UNDETERMINED),  # if it is also a host of the group
        ("10.0.2.10", "10.0.1.10", 22, UNDETERMINED),
        ("10.0.2.10", "10.0.1.10", 23, DENIED),
    ):
        packet = Packet(parse_address(src), parse_address(dst), 6, 40000, port, state=ConnState.NEW)
        assert Tracer(bounded).trace(packet).disposition is expected, (src, port)
