"""Azure networks of a plan: the same devices as of what ``az network`` would print once they are there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.terraform_plans import Plan, Ref
from tests.parsers.test_azure import nic, nsg, ref, rule, subnet, thing, vnet
from zoneguard.model.addresses import parse_address
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source, azure
from zoneguard.parsers._azure.words import FORCED
from zoneguard.parsers._terraform.azure import LATER, NEVER_READ, ORPHAN, WHICH
from zoneguard.parsers.terraform import PLUGIN
from zoneguard.static.trace import Disposition, Tracer

RG = {"resource_group_name": "rg", "location": "japaneast"}
NETWORK = {"virtual_network_name": "v", "resource_group_name": "rg"}
Json = dict[str, Any]


def town(inline: bool, rules: list[Json], routes: list[Json], existing: bool = False) -> Plan:
    """A network with subnets a and b and a host in each; b has the group and the table."""
    plan = Plan(existing=existing)
    plan.add("azurerm_virtual_network.n", RG | {"name": "v", "address_space": ["10.0.0.0/16"]}, "subnet")
    for n, name in ((1, "a"), (2, "b")):
        plan.add(f"azurerm_subnet.{name}", NETWORK | {"name": name, "address_prefixes": [f"10.0.{n}.0/24"]})
        entry = {"name": "ip", "subnet_id": Ref(f"azurerm_subnet.{name}.id"), "private_ip_address": f"10.0.{n}.10"}
        plan.add(f"azurerm_network_interface.{name}", RG | {"name": name, "ip_configuration": [entry]})
    group, table = RG | {"name": "g"}, RG | {"name": "t"}
    if inline:
        plan.add("azurerm_network_security_group.g", group | {"security_rule": rules})
        plan.add("azurerm_route_table.t", table | {"route": routes})
    else:
        plan.add("azurerm_network_security_group.g", group, "security_rule")
        plan.add("azurerm_route_table.t", table, "route")
        of_group = {"network_security_group_name": "g", "resource_group_name": "rg"}
        of_table = {"route_table_name": "t", "resource_group_name": "rg"}
        for n, one in enumerate(rules):
            plan.add(f"azurerm_network_security_rule.r{n}", one | of_group)
        for n, one in enumerate(routes):
            plan.add(f"azurerm_route.r{n}", one | of_table)
    link = {"subnet_id": Ref("azurerm_subnet.b.id")}
    plan.add("azurerm_subnet_network_security_group_association.g",
             link | {"network_security_group_id": Ref("azurerm_network_security_group.g.id")})  # fmt: skip
    plan.add("azurerm_subnet_route_table_association.t", link | {"route_table_id": Ref("azurerm_route_table.t.id")})
    return plan


def read(plan: Plan) -> Parsed:
    text = json.dumps(json.loads(plan.text()), indent=1)
    return PLUGIN.parse(Source("plan.json", tuple(text.splitlines())), "v")


def reasons(plan: Plan) -> set[str]:
    return {m.reason for m in read(plan).account.not_understood if m.text != "Internet"}


def fares(found: Parsed, src: str, dst: str, port: int) -> Disposition:
    packet = Packet(parse_address(src), parse_address(dst), 6, 40000, port, state=ConnState.NEW)
    return Tracer(found.devices).trace(packet).disposition


def written(priority: int, way: str, access: str, near: str, far: str, port: str) -> Json:
    return {
        "name": f"r{priority}{way}", "priority": priority, "direction": way, "access": access, "protocol": "Tcp",
        "source_port_range": "*", "destination_port_range": port, "source_address_prefix": near,
        "destination_address_prefix": far,
    }  # fmt: skip


PREFIXES = ("*", "10.0.1.0/24", "10.0.2.10", "VirtualNetwork", "Internet")
rules = st.lists(
    st.tuples(st.integers(100, 130), st.sampled_from(["Inbound", "Outbound"]), st.sampled_from(["Allow", "Deny"]),
              st.sampled_from(PREFIXES), st.sampled_from(PREFIXES), st.sampled_from(["*", "22", "20-23"])),
    max_size=4, unique_by=lambda r: r[:2],
)  # fmt: skip
blocks = st.sampled_from(["10.0.1.0/24", "0.0.0.0/0", "10.0.0.0/16"])
kinds = st.sampled_from(["None", "VnetLocal", "Internet"])
hops = st.lists(st.tuples(blocks, kinds), max_size=3, unique_by=lambda r: r[0])


@settings(max_examples=40, deadline=None)
@given(rules, hops, st.booleans(), st.booleans())
def test_a_packet_fares_alike(listed: Any, routes: Any, inline: bool, existing: bool) -> None:
    told = [
        rule(priority, way, access, port, sourceAddressPrefix=near, destinationAddressPrefix=far)
        for priority, way, access, near, far, port in listed
    ]
    table = thing("routeTables", "t", routes=[
        {"name": f"h{n}", "addressPrefix": block, "nextHopType": hop} for n, (block, hop) in enumerate(routes)
    ])  # fmt: skip
    b = subnet("b", "10.0.2.0/24", networkSecurityGroup=ref("networkSecurityGroups", "g"),
               routeTable=ref("routeTables", "t"))  # fmt: skip
    objects = [vnet(subnet("a", "10.0.1.0/24"), b), nsg("g", *told), table, nic("x", "a", "10.0.1.10"),
               nic("y", "b", "10.0.2.10")]  # fmt: skip
    answers = azure.parse(Source("a.json", (json.dumps(objects),)), "v")
    hop_list = [
        {"name": f"h{n}", "address_prefix": block, "next_hop_type": hop} for n, (block, hop) in enumerate(routes)
    ]
    planned = read(town(inline, [written(*one) for one in listed], hop_list, existing))
    for src, dst in (("10.0.1.10", "10.0.2.10"), ("10.0.2.10", "10.0.1.10"), ("10.0.2.10", "198.51.100.7")):
        for port in (20, 22, 24):
            assert fares(planned, src, dst, port) is fares(answers, src, dst, port)


def test_a_plan_of_azure_is_wholly_read() -> None:
    assert reasons(town(False, [written(100, "Inbound", "Deny", "*", "*", "*")], [])) == set()


def test_of_a_group_that_exists_rules_of_their_own_go_before_what_was_read_back() -> None:
    """The provider reads every rule back into the group: one that the plan changes is there as it was."""
    old, new = written(100, "Inbound", "Allow", "*", "*", "*"), written(100, "Inbound", "Deny", "*", "*", "*")
    plan = town(True, [old], [], existing=True)
    plan.add("azurerm_network_security_rule.r", new | {"network_security_group_name": "g", "resource_group_name": "rg"})
    assert fares(read(plan), "10.0.1.10", "10.0.2.10", 443) is Disposition.DENIED


def test_a_rule_of_another_group_takes_nothing_away() -> None:
    plan = town(True, [written(100, "Inbound", "Deny", "*", "*", "*")], [])
    plan.add("azurerm_network_security_group.h", RG | {"name": "h"}, "security_rule")
    other = written(100, "Inbound", "Allow", "*", "*", "*") | {"resource_group_name": "rg"}
    plan.add("azurerm_network_security_rule.r", other | {"network_security_group_name": "h"})
    assert fares(read(plan), "10.0.1.10", "10.0.2.10", 443) is Disposition.DENIED


def test_peered_networks_and_application_groups_are_followed() -> None:
    plan = town(True, [], [])
    plan.add("azurerm_virtual_network.m", RG | {"name": "w", "address_space": ["10.9.0.0/16"]}, "subnet")
    plan.add("azurerm_virtual_network_peering.p", NETWORK | {
        "name": "to-w", "remote_virtual_network_id": Ref("azurerm_virtual_network.m.id"),
        "allow_virtual_network_access": True})  # fmt: skip
    devices = read(plan).devices
    assert [device.name for device in devices] == ["v-v", "v-w"]
    assert "peering to-w" in {interface.name for interface in devices[0].interfaces}
    asg = Ref("azurerm_application_security_group.s.id")
    only = written(100, "Inbound", "Allow", "*", "*", "*")
    del only["source_address_prefix"]
    last = written(110, "Inbound", "Deny", "*", "*", "*")
    plan = town(False, [only | {"source_application_security_group_ids": [asg]}, last], [])
    plan.add("azurerm_application_security_group.s", RG | {"name": "s"})
    link = {"network_interface_id": Ref("azurerm_network_interface.a.id"), "application_security_group_id": asg}
    plan.add("azurerm_network_interface_application_security_group_association.l", link)
    assert fares(read(plan), "10.0.1.10", "10.0.2.10", 443) is Disposition.DELIVERED


@pytest.mark.parametrize(
    ("address", "values", "reason"),
    [
        ("azurerm_firewall.f", {"name": "f", "ip_configuration": [{"subnet_id": Ref("azurerm_subnet.a.id")}]},
         NEVER_READ),
        ("azurerm_subnet.z", {"name": "z", "virtual_network_name": "far", "address_prefixes": ["10.9.0.0/24"]}, ORPHAN),
        ("azurerm_network_security_rule.z", written(100, "Inbound", "Allow", "*", "*", "*")
         | {"network_security_group_name": "far", "resource_group_name": "rg"}, ORPHAN),
        ("azurerm_subnet_network_security_group_association.z",
         {"subnet_id": "/subscriptions/s/x", "network_security_group_id": Ref("azurerm_network_security_group.g.id")},
         ORPHAN),
        ("azurerm_subnet_route_table_association.z", {"subnet_id": Ref("azurerm_subnet.a.id"),
                                                      "route_table_id": Ref("local.t")}, WHICH),
        ("azurerm_virtual_network_gateway.z", {"name": "z", "default_local_network_gateway_id": "/x/s"}, FORCED),
        ("azurerm_route.z", {"name": "z", "route_table_name": "t", "resource_group_name": "rg",
                             "address_prefix": Ref("var.p"), "next_hop_type": "None"}, LATER),
    ],
)  # fmt: skip
def test_what_is_not_read_or_known_is_said(address: str, values: Json, reason: str) -> None:
    assert reason in reasons(town(False, [], []).add(address, values))


@pytest.mark.parametrize("address", ["azurerm_linux_virtual_machine.m", "azurerm_storage_account.s"])
def test_what_only_stands_behind_an_interface_is_no_loss(address: str) -> None:
    plan = town(False, [], []).add(address, {"network_interface_ids": [Ref("azurerm_network_interface.a.id")]})
    assert reasons(plan) == set()
