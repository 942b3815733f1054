"""Transit gateways of a plan: what the provider makes of associations, propagations and defaults."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.terraform_plans import Plan, Ref
from tests.parsers.test_aws_transit import DELIVERED, NO_ROUTE_, OPEN, traced
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._aws.vpc import NO_TABLES
from zoneguard.parsers._terraform.transit import EXISTS, LEARNED, WHICH
from zoneguard.parsers.terraform import PLUGIN

HUB, ENDS = "aws_ec2_transit_gateway", "aws_ec2_transit_gateway_vpc_attachment"
TABLE = f"{HUB}_route_table"
ANY = {"from_port": 0, "to_port": 0, "protocol": "-1", "cidr_blocks": ["0.0.0.0/0"]}
OFF = {"default_route_table_association": "disable", "default_route_table_propagation": "disable"}


def vpcs(hub: Any = None, existing: bool = False, **attached: bool) -> Plan:
    """Three VPCs with a host each, all attached to one gateway, to which they send everything."""
    gateway = Ref(f"{HUB}.h.id") if hub is None else hub
    plan = Plan(existing=existing)
    for n in (1, 2, 3):
        vpc, subnet = Ref(f"aws_vpc.v{n}.id"), Ref(f"aws_subnet.s{n}.id")
        plan.add(f"aws_vpc.v{n}", {"cidr_block": f"10.{n}.0.0/16"}, "main_route_table_id", "default_network_acl_id")
        plan.add(f"aws_subnet.s{n}", {"vpc_id": vpc, "cidr_block": f"10.{n}.1.0/24"})
        plan.add(f"aws_security_group.g{n}", {"vpc_id": vpc, "ingress": [ANY], "egress": [ANY]})
        plan.add(f"aws_network_interface.e{n}", {
            "subnet_id": subnet, "private_ips": [f"10.{n}.1.5"],
            "security_groups": [Ref(f"aws_security_group.g{n}.id")],
        }, "private_ip")  # fmt: skip
        plan.add(f"aws_route_table.t{n}", {"vpc_id": vpc}, "route")
        plan.add(f"aws_route_table_association.a{n}", {
            "route_table_id": Ref(f"aws_route_table.t{n}.id"), "subnet_id": subnet,
        })  # fmt: skip
        plan.add(f"aws_route.r{n}", {
            "route_table_id": Ref(f"aws_route_table.t{n}.id"), "destination_cidr_block": "10.0.0.0/8",
            "transit_gateway_id": gateway,
        })  # fmt: skip
        end = {"vpc_id": vpc, "subnet_ids": [subnet], "transit_gateway_id": gateway}
        options = {f"transit_gateway_default_route_table_{name}": value for name, value in attached.items()}
        plan.add(f"{ENDS}.x{n}", end | options)
    return plan


def with_tables(plan: Plan, associated: dict[int, str], propagated: dict[int, list[str]], *routes: Any) -> Plan:
    """Tables ``a`` and ``b`` of the gateway."""
    for name in ("a", "b"):
        plan.add(f"{TABLE}.{name}", {"transit_gateway_id": Ref(f"{HUB}.h.id")})
    for n, name in associated.items():
        plan.add(f"{TABLE}_association.l{n}", both(n, name))
    for n, names in propagated.items():
        for place, name in enumerate(names):
            plan.add(f"{TABLE}_propagation.p{n}{place}", both(n, name))
    for place, (block, n, name) in enumerate(routes):
        values = {"destination_cidr_block": block, "blackhole": n is None} | both(n or 1, name)
        if n is None:
            del values["transit_gateway_attachment_id"]
        plan.add(f"{HUB}_route.r{place}", values)
    return plan


def both(n: int, name: str) -> dict[str, Any]:
    return {
        "transit_gateway_attachment_id": Ref(f"{ENDS}.x{n}.id"),
        "transit_gateway_route_table_id": Ref(f"{TABLE}.{name}.id"),
    }


def read(plan: Plan) -> Parsed:
    text = json.dumps(json.loads(plan.text()), indent=1)
    return PLUGIN.parse(Source("plan.json", tuple(text.splitlines())), "p")


def reasons(found: Parsed) -> set[str]:
    return {m.reason for m in found.account.not_understood}


@pytest.mark.parametrize(
    ("option", "expected"),
    [({}, DELIVERED), ({"association": False}, NO_ROUTE_), ({"propagation": False}, NO_ROUTE_)],
)
def test_by_default_every_attachment_reaches_every_other(
    option: dict[str, bool], expected: object, tmp_path: Path
) -> None:
    found = read(vpcs(**option).add(f"{HUB}.h", {}, "association_default_route_table_id"))
    assert not found.account.not_understood
    assert traced(found, "10.1.1.5", "10.2.1.5", tmp_path) is expected


@pytest.mark.parametrize(
    ("src", "dst", "expected"),
    [(1, 3, DELIVERED), (3, 1, DELIVERED), (3, 2, DELIVERED), (1, 2, NO_ROUTE_), (2, 1, NO_ROUTE_)],
)
def test_tables_of_their_own_part_them(src: int, dst: int, expected: object, tmp_path: Path) -> None:
    plan = vpcs().add(f"{HUB}.h", OFF)
    found = read(with_tables(plan, {1: "a", 2: "a", 3: "b"}, {1: ["b"], 2: ["b"], 3: ["a"]}))
    assert not found.account.not_understood
    assert traced(found, f"10.{src}.1.5", f"10.{dst}.1.5", tmp_path) is expected


def test_static_routes_and_blackholes_go_before_what_is_propagated(tmp_path: Path) -> None:
    plan = vpcs().add(f"{HUB}.h", OFF)
    routes = [("10.3.0.0/16", None, "a"), ("10.2.0.0/16", 2, "a")]
    found = read(with_tables(plan, {1: "a", 2: "a", 3: "b"}, {3: ["a"]}, *routes))
    assert not found.account.not_understood
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is not DELIVERED
    assert traced(found, "10.1.1.5", "10.2.1.5", tmp_path) is DELIVERED


def test_a_prefix_list_is_followed_by_its_entries(tmp_path: Path) -> None:
    plan = with_tables(vpcs().add(f"{HUB}.h", OFF), {1: "a", 3: "b"}, {})
    plan.add("aws_ec2_managed_prefix_list.l", {"entry": [{"cidr": "10.3.0.0/16"}]})
    values = {"prefix_list_id": Ref("aws_ec2_managed_prefix_list.l.id"), "blackhole": False} | both(3, "a")
    found = read(plan.add(f"{HUB}_prefix_list_reference.r", values))
    assert not found.account.not_understood
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is DELIVERED


def test_what_a_vpn_learns_is_not_in_the_plan() -> None:
    plan = vpcs().add(f"{HUB}.h", OFF)
    plan.add("aws_vpn_connection.c", {"transit_gateway_id": Ref(f"{HUB}.h.id")}, "transit_gateway_attachment_id")
    end = Ref("aws_vpn_connection.c.transit_gateway_attachment_id")
    link = both(1, "a") | {"transit_gateway_attachment_id": end}
    plan = with_tables(plan, {1: "a"}, {}).add(f"{TABLE}_propagation.v", link)
    found = read(plan)
    assert reasons(found) == {LEARNED}
    assert all(device.uncertain for device in found.devices)
    (_, _, _, hub) = found.devices
    assert "aws_vpn_connection.c.transit_gateway_attachment_id" in {i.name for i in hub.interfaces}


def test_a_table_that_exists_may_hold_more() -> None:
    plan = with_tables(vpcs(existing=True).add(f"{HUB}.h", OFF), {1: "a", 2: "b", 3: "b"}, {})
    assert EXISTS in reasons(read(plan))


def test_the_default_table_of_a_gateway_that_exists_may_hold_more() -> None:
    assert EXISTS in reasons(read(vpcs(existing=True).add(f"{HUB}.h", {})))
    assert EXISTS not in reasons(read(vpcs().add(f"{HUB}.h", {}, "association_default_route_table_id")))


def test_a_gateway_that_the_plan_does_not_hold_is_open(tmp_path: Path) -> None:
    found = read(vpcs(hub="tgw-1"))
    assert reasons(found) == {NO_TABLES}
    assert traced(found, "10.1.1.5", "10.2.1.5", tmp_path) is OPEN


def test_an_attachment_known_only_after_apply_is_said() -> None:
    link = {"transit_gateway_attachment_id": Ref("local.end"), "transit_gateway_route_table_id": Ref(f"{TABLE}.a.id")}
    plan = with_tables(vpcs().add(f"{HUB}.h", OFF), {1: "a"}, {}).add(f"{TABLE}_association.z", link)
    assert reasons(read(plan)) == {WHICH}
