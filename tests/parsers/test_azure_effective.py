"""Effective routes and security rules of a network interface: Azure's own word goes before what is written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.parsers.test_azure import (
    DELIVERED,
    DENIED,
    GROUP,
    NO_ROUTE,
    OUT,
    UNDETERMINED,
    nic,
    nsg,
    ref,
    rule,
    subnet,
    thing,
    town,
    vnet,
)  # fmt: skip
from zoneguard.model.addresses import parse_address
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._azure.effective import ADMIN_RULES, GOES_ON
from zoneguard.parsers._azure.routing import BY_APPLIANCE
from zoneguard.parsers._azure.routing import NO_ROUTE as UNREAD_ROUTE
from zoneguard.parsers._azure.vnet import BYPASSED, OTHERS, WHICH_INTERFACE
from zoneguard.parsers._azure.words import APP_GATEWAY, FORCED, NO_PEERING_ROUTES, PARTLY
from zoneguard.parsers._cloud import UNKNOWN
from zoneguard.parsers.azure import PLUGIN
from zoneguard.parsers.reading import detect
from zoneguard.static.trace import Disposition, Tracer

Json = dict[str, Any]


def route(kind: str, *blocks: str, hop: str = "", source: str = "Default", state: str = "Active") -> Json:
    found: Json = {"addressPrefix": list(blocks), "nextHopType": kind, "nextHopIpAddress": [hop] if hop else []}
    return found | {"source": source, "state": state, "name": None, "disableBgpRoutePropagation": False}


def asked(name: str, *routes: Json) -> list[str]:
    command = f"$ az network nic show-effective-route-table -g rg --name {name} -o json"
    return [command, *lines_of({"nextLink": None, "value": list(routes)})]


def lines_of(found: object) -> list[str]:
    return json.dumps(found, indent=1).splitlines()


def parsed(*parts: list[str]) -> Parsed:
    return PLUGIN.parse(Source("azure.txt", tuple(line for part in parts for line in part)), "v")


def fares(found: Parsed, src: str, dst: str, port: int = 443) -> Disposition:
    packet = Packet(parse_address(src), parse_address(dst), 6, 40000, port, state=ConnState.NEW)
    return Tracer(found.devices).trace(packet).disposition


def reasons(found: Parsed) -> set[str]:
    return {m.reason for m in found.account.not_understood if m.text != "Internet"}


ALLOW = nsg("g", rule(100, "Inbound", "Allow", sourceAddressPrefix="*"))
LOCAL = route("VnetLocal", "10.0.0.0/16")
BEHIND = route("VirtualNetworkGateway", "192.168.0.0/16", hop="10.0.255.4", source="VirtualNetworkGateway")


def test_effective_routes_go_before_what_is_written() -> None:
    found = parsed(lines_of(town(ALLOW)), asked("x", LOCAL, route("None", "10.0.2.0/24", source="User")))
    assert reasons(found) == set()
    assert fares(found, "10.0.1.10", "10.0.2.10") is NO_ROUTE
    assert fares(found, "10.0.2.10", "10.0.1.10") is DELIVERED


def test_what_a_gateway_learned_is_told_by_them() -> None:
    gateway = subnet("GatewaySubnet", "10.0.255.0/24")
    network = vnet(subnet("a", "10.0.1.0/24"), gateway)
    learned = parsed(lines_of([network, nic("x", "a", "10.0.1.10")]))
    assert any("dynamic routing" in reason for reason in reasons(learned))
    told = parsed(lines_of([network, nic("x", "a", "10.0.1.10")]), asked("x", LOCAL, BEHIND))
    assert reasons(told) == set()
    assert fares(told, "10.0.1.10", "192.168.1.1") is DELIVERED
    assert fares(told, "10.0.1.10", "172.16.0.1") is NO_ROUTE


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (route("None", "10.0.2.0/24", state="Invalid", source="User"), DELIVERED),
        (route("VirtualAppliance", "10.0.2.0/24", hop="10.0.3.4", source="User"), UNDETERMINED),
        (route("Wormhole", "10.0.2.0/24"), UNDETERMINED),
        (route("VNetPeering", "10.77.0.0/16"), UNDETERMINED),
        (route("InterfaceEndpoint", "10.0.2.10/32"), DELIVERED),
        (route("VirtualNetworkServiceEndpoint", "203.0.113.0/24", "198.51.100.0/24"), DELIVERED),
    ],
)
def test_routes_not_in_force_are_left_out_and_what_cannot_be_followed_is_said(more: Json, expected: object) -> None:
    found = parsed(lines_of(town(ALLOW)), asked("x", LOCAL, more))
    if expected is UNDETERMINED:
        assert reasons(found) <= {BY_APPLIANCE, UNREAD_ROUTE}
    else:
        assert reasons(found) == set()
    assert fares(found, "10.0.1.10", "10.0.2.10") is expected


def test_of_which_interface_they_are_must_be_told_where_there_are_several() -> None:
    answer = lines_of({"value": [LOCAL]})
    assert reasons(parsed(lines_of(town(ALLOW)), answer)) == {WHICH_INTERFACE}
    assert reasons(parsed(lines_of([vnet(subnet("a", "10.0.1.0/24")), nic("x", "a", "10.0.1.10")]), answer)) == set()
    assert reasons(parsed(lines_of(town(ALLOW)), asked("stranger", LOCAL))) == {WHICH_INTERFACE}


def effective(place: Json, *rules: Json) -> list[str]:
    group = {"association": place, "effectiveSecurityRules": list(rules), "tagMap": None,
             "networkSecurityGroup": ref("networkSecurityGroups", "far")}  # fmt: skip
    return lines_of({"nextLink": None, "value": [group]})


def entry(priority: int, access: str, protocol: str = "All", name: str = "securityRules/r", **more: Any) -> Json:
    ends: Json = {"sourcePortRange": "0-65535", "destinationPortRange": "0-65535", "sourceAddressPrefix": "0.0.0.0/0",
                  "destinationAddressPrefix": "0.0.0.0/0", "sourceAddressPrefixes": None}  # fmt: skip
    return {"name": name, "priority": priority, "access": access, "direction": "Inbound", "protocol": protocol,
            "expandedSourceAddressPrefix": None, "expandedDestinationAddressPrefix": None} | ends | more  # fmt: skip


SUBNET_B = {"subnet": {"id": f"{GROUP}/virtualNetworks/v/subnets/b"}}


def test_effective_rules_go_before_those_of_the_group_with_their_tags_written_out() -> None:
    storage = entry(100, "Allow", "Tcp", sourceAddressPrefix="Storage.JapanEast", destinationPortRange="443-443",
                    expandedSourceAddressPrefix=["10.0.1.0/25"])  # fmt: skip
    last = entry(65500, "Deny", name="defaultSecurityRules/DenyAllInBound")
    found = parsed(lines_of(town(ALLOW)), effective(SUBNET_B, storage, last))
    assert reasons(found) == set()
    assert fares(found, "10.0.1.10", "10.0.2.10", 443) is DELIVERED
    assert fares(found, "10.0.1.10", "10.0.2.10", 22) is DENIED
    assert fares(found, "10.0.1.200", "10.0.2.10", 443) is DENIED


def test_a_group_that_is_not_given_is_told_by_its_effective_rules() -> None:
    network = vnet(subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24", networkSecurityGroup=ref("x", "far")))
    hosts = [nic("x", "a", "10.0.1.10"), nic("y", "b", "10.0.2.10")]
    assert fares(parsed(lines_of([network, *hosts])), "10.0.1.10", "10.0.2.10") is UNDETERMINED
    last = entry(65500, "Deny", name="defaultSecurityRules/DenyAllInBound")
    told = parsed(lines_of([network, *hosts]), effective(SUBNET_B, last))
    assert fares(told, "10.0.1.10", "10.0.2.10") is DENIED


def test_effective_rules_of_an_interface_are_those_of_its_host() -> None:
    last = entry(65500, "Deny", name="defaultSecurityRules/DenyAllInBound")
    place = {"networkInterface": {"id": f"{GROUP}/networkInterfaces/y"}}
    more = nic("z", "b", "10.0.2.11")
    found = parsed(lines_of([*town(ALLOW), more]), effective(place, last))
    assert fares(found, "10.0.1.10", "10.0.2.10") is DENIED
    assert fares(found, "10.0.1.10", "10.0.2.11") is DELIVERED


def test_rules_of_a_network_manager_and_an_answer_that_goes_on_are_said() -> None:
    manager = effective({"networkManager": {"id": "/x/networkManagers/m"}}, entry(1, "Deny"))
    assert ADMIN_RULES in reasons(parsed(lines_of(town(ALLOW)), manager))
    text = "\n".join(effective(SUBNET_B, entry(1, "Deny"))).replace('"nextLink": null', '"nextLink": "https://x"')
    assert GOES_ON in reasons(parsed(lines_of(town(ALLOW)), text.splitlines()))


def test_effective_answers_alone_are_found_by_their_keys() -> None:
    assert detect(Source("x.json", tuple(lines_of({"value": [LOCAL]})))) is PLUGIN
    assert detect(Source("x.json", tuple(effective(SUBNET_B, entry(1, "Deny"))))) is PLUGIN


ENDPOINT = {"privateEndpoints": [{"id": f"{GROUP}/privateEndpoints/p"}]}
FIREWALL = {"ipConfigurations": [{"id": f"{GROUP}/azureFirewalls/f/ipConfigurations/c"}]}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (town(ALLOW, thing("routeTables", "t", disablePeeringRoute=True)), NO_PEERING_ROUTES),
        (town(ALLOW, applicationGatewayIPConfigurations=[{"id": "x"}]), APP_GATEWAY),
        (town(ALLOW, **ENDPOINT, privateEndpointNetworkPolicies="Disabled"), BYPASSED),
        (town(ALLOW, **FIREWALL), OTHERS),
        (town(ALLOW, thing("virtualNetworkGateways", "w", gatewayDefaultSite={"id": "/x/s"})), FORCED),
        (town(ALLOW | {"denyList": ["10.0.1.0/24"]}), UNKNOWN),
        ([vnet(subnet("a", "10.0.1.0/24"), virtualNetworkPeerings=[
            thing("p", "p", peeringState="Connected", remoteSubnetNames=["s"],
                  remoteAddressSpace={"addressPrefixes": ["10.5.0.0/16"]})])], PARTLY),
    ],
)  # fmt: skip
def test_what_may_route_or_filter_and_is_not_read_is_said(found: Any, reason: str) -> None:
    said = parsed(lines_of(found))
    assert reason in reasons(said)
    assert any(m.reason == reason and not m.bounded for m in said.account.not_understood)


@pytest.mark.parametrize("state", ["Enabled", "NetworkSecurityGroupEnabled"])
def test_a_private_endpoint_that_obeys_groups_is_like_any_host(state: str) -> None:
    found = town(ALLOW, **ENDPOINT, privateEndpointNetworkPolicies=state)
    assert {(m.text, m.bounded) for m in parsed(lines_of(found)).account.not_understood} == OUT
