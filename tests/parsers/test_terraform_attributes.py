"""Attributes of a plan's resources: one that is not known is said of every type, and what is known is read or said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.terraform_plans import Plan, Ref
from tests.parsers.test_terraform import DELIVERED, UNDETERMINED, doubts, host, network, reaches, read, two_hosts
from tests.parsers.test_terraform_azure import NETWORK, RG, town
from tests.parsers.test_terraform_azure import read as read_azure
from zoneguard.parsers import Source
from zoneguard.parsers._azure.words import PARTLY
from zoneguard.parsers._cloud import IGNORED, UNKNOWN
from zoneguard.parsers._terraform.hosts import OTHER_PRIVATE
from zoneguard.parsers._terraform.network import SIX_LATER
from zoneguard.parsers._terraform.words import AWS, AZURE, PEERED
from zoneguard.parsers.terraform import PLUGIN

TYPES = {**AWS, **AZURE}
JUNK = "zzz_deny_inbound"
EXAMPLES = Path(__file__).parents[2] / "topologies/examples"
PLANS = sorted(EXAMPLES.glob("terraform-*/configs/*.json"))
Json = dict[str, Any]


def blocks(table: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """Where blocks may stand in a resource, itself first."""
    yield path
    for name, what in table.items():
        if isinstance(what, dict):
            yield from blocks(what, *path, name)


def holding(path: tuple[str, ...], values: Json) -> Json:
    """``values`` in blocks at ``path``."""
    return {path[0]: [holding(path[1:], values)]} if path else values


def said(values: Json, kind: str, *computed: str) -> dict[str, str]:
    """Of a lone resource what is said of single attributes, and why."""
    account = read(Plan().add(f"{kind}.x", values, *computed)).account
    return {m.text.partition(" ")[2]: m.reason for m in account.not_understood if m.text.startswith(f"{kind}.x ")}


EVERYWHERE = [(kind, path) for kind, table in TYPES.items() for path in blocks(table)]


@pytest.mark.parametrize(("kind", "path"), EVERYWHERE)
@pytest.mark.parametrize("value", ["Deny", True, 1, ["x"], {"a": "b"}])
def test_an_attribute_that_nobody_knows_is_said(kind: str, path: tuple[str, ...], value: object) -> None:
    assert said(holding(path, {JUNK: value}), kind) == {".".join((*path, JUNK)): UNKNOWN}


@pytest.mark.parametrize(("kind", "path"), EVERYWHERE)
def test_one_that_is_known_only_after_apply_is_said_too(kind: str, path: tuple[str, ...]) -> None:
    assert said(holding(path, {JUNK: Ref("local.x")}), kind) == {".".join((*path, JUNK)): UNKNOWN}


@pytest.mark.parametrize("kind", TYPES)
def test_without_a_value_it_says_nothing(kind: str) -> None:
    assert said({JUNK: None, f"{JUNK}_2": [], f"{JUNK}_3": "", f"{JUNK}_4": False}, kind) == {}


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_known_is_read_ignored_or_said_for_its_reason(kind: str) -> None:
    reasons = {name: what for name, what in TYPES[kind].items() if isinstance(what, str) and what not in IGNORED}
    known = {name: "x" for name, what in TYPES[kind].items() if not isinstance(what, dict)}
    assert said(known, kind) == reasons
    assert said({}, kind, *known) == reasons


@pytest.mark.parametrize("kind", ["aws_vpc", "aws_subnet", *AZURE])
def test_of_data_it_is_said_as_well(kind: str) -> None:
    data = {"address": f"data.{kind}.x", "mode": "data", "type": kind, "name": "x", "values": {"id": "i", JUNK: "Deny"}}
    prior = {"values": {"root_module": {"resources": [data]}}}
    account = read(network(), prior_state=prior).account
    assert (f"data.{kind}.x {JUNK}", UNKNOWN) in {(m.text, m.reason) for m in account.not_understood}


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.parts[-3])
def test_in_the_examples_no_resource_that_is_read_has_room_for_it(path: Path) -> None:
    plan = json.loads(path.read_text(encoding="utf-8"))
    resources = [r for r in plan["planned_values"]["root_module"]["resources"] if r["type"] in TYPES]
    for resource in resources:
        resource["values"][JUNK] = "Deny"
    account = PLUGIN.parse(Source("plan.json", tuple(json.dumps(plan, indent=1).splitlines())), "x").account
    found = {m.text for m in account.not_understood if m.reason == UNKNOWN}
    assert found == {f"{resource['address']} {JUNK}" for resource in resources}


@pytest.mark.parametrize(
    "values",
    [{"assign_generated_ipv6_cidr_block": True}, {"ipv6_cidr_block": Ref("local.six")}, {"ipv6_ipam_pool_id": "p"}],
)
def test_ipv6_blocks_that_come_later_are_said(values: Json) -> None:
    plan = two_hosts()
    plan.resources[0][2].update(values)
    assert SIX_LATER in {m.reason for m in read(plan).account.not_understood}


@pytest.mark.parametrize(
    "more",
    [
        {"private_ips_count": 2},
        {"ipv6_address_count": 1},
        {"ipv6_addresses": Ref("local.six")},
    ],
)
def test_a_host_with_more_addresses_than_are_known_may_have_any_of_its_subnet(more: Json) -> None:
    assert ("aws_network_interface.z", True) in doubts(host(two_hosts(), "z", "b", "10.0.2.20", "sg", **more))


def test_addresses_in_an_ordered_list_are_read() -> None:
    listed = {"private_ips": None, "private_ip_list": ["10.0.2.20"], "private_ip_list_enabled": True}
    plan = host(two_hosts(), "z", "b", "10.0.2.20", "sg")
    plan.resources[-1][2].update(listed)
    assert doubts(plan) == set()
    assert reaches(plan, "10.0.1.10", "10.0.2.20") is DELIVERED


@pytest.mark.parametrize("more", [{"security_groups": ["web"]}, {"launch_template": [{"name": "t"}]}])
def test_groups_of_an_instance_that_are_told_otherwise_are_open(more: Json) -> None:
    values = {"subnet_id": Ref("aws_subnet.b.id"), "private_ip": "10.0.2.20"} | more
    plan = two_hosts().add("aws_instance.z", values, "vpc_security_group_ids")
    assert reaches(plan, "10.0.1.10", "10.0.2.20", 22) is UNDETERMINED


def test_an_instance_by_a_primary_network_interface_is_that_one() -> None:
    interface = [{"network_interface_id": Ref("aws_network_interface.y.id")}]
    plan = two_hosts().add("aws_instance.z", {"primary_network_interface": interface}, "vpc_security_group_ids")
    assert doubts(plan) == set()


@pytest.mark.parametrize("own", ["10.0.2.10", "10.0.2.11"])
def test_a_public_address_of_another_private_one_is_said(own: str) -> None:
    plan = two_hosts(existing=True)
    plan.resources[-1][2].update({"private_ip": "10.0.2.10"})
    link = {"network_interface": Ref("aws_network_interface.y.id"), "associate_with_private_ip": own}
    plan.add("aws_eip.e", link | {"public_ip": "203.0.113.9"})
    assert (OTHER_PRIVATE in {m.reason for m in read(plan).account.not_understood}) == (own != "10.0.2.10")


def test_more_blocks_of_a_vpc_that_exists_are_read() -> None:
    more = [
        {"association_id": "a", "cidr_block": block, "state": "associated"} for block in ("10.0.0.0/16", "10.9.0.0/16")
    ]
    values = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "cidr_block_associations": more}
    data = {"address": "data.aws_vpc.v", "mode": "data", "type": "aws_vpc", "name": "v", "values": values}
    plan = Plan().add("aws_subnet.a", {"cidr_block": "10.0.1.0/24", "vpc_id": "vpc-1"})
    plan.add("aws_route_table.t", {"vpc_id": "vpc-1", "route": []})
    plan.add("aws_route_table_association.t", {"subnet_id": Ref("aws_subnet.a.id"),
                                               "route_table_id": Ref("aws_route_table.t.id")})  # fmt: skip
    (device,) = read(plan, prior_state={"values": {"root_module": {"resources": [data]}}}).devices
    told = str(device.vrfs[0].policy_routes)
    assert str(10 << 24 | 9 << 16) in told and str(10 << 24) in told


@pytest.mark.parametrize("inline", [True, False])
def test_a_subnet_without_default_outbound_access_has_none_however_it_is_written(inline: bool) -> None:
    plan = town(True, [], [])
    closed = {"name": "c", "address_prefixes": ["10.0.3.0/24"], "default_outbound_access_enabled": False}
    if inline:
        plan.resources[0][2]["subnet"] = [closed]
    else:
        plan.add("azurerm_subnet.c", NETWORK | closed)
    assert any("default outbound access" in m.reason for m in read_azure(plan).account.not_understood)


def test_a_network_interface_that_exists_has_the_group_that_it_names() -> None:
    plan = town(True, [], [])
    configuration = [{"name": "ip", "subnet_id": Ref("azurerm_subnet.a.id"), "private_ip_address": "10.0.1.20"}]
    plan.add("azurerm_network_interface.z", RG | {
        "name": "z", "ip_configuration": configuration, "network_security_group_id": "/subscriptions/s/g"})  # fmt: skip
    assert any(
        m.reason == "a network security group that is not given" for m in read_azure(plan).account.not_understood
    )


@pytest.mark.parametrize(
    ("kind", "values", "reason"),
    [
        ("azurerm_virtual_network_peering", {"local_subnet_names": ["a"]}, PARTLY),
        ("azurerm_virtual_network", {"vnet_peerings": {"to-hub": "/subscriptions/s/x"}}, PEERED),
    ],
)
def test_what_is_documented_and_not_followed_is_said(kind: str, values: Json, reason: str) -> None:
    assert set(said(values, kind).values()) == {reason}
