"""azure: a virtual network as the command line and templates tell it. Meanings are those of Microsoft Learn."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Concern
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.azure import PLUGIN
from zoneguard.parsers.reading import detect
from zoneguard.static.trace import Disposition, Tracer

DELIVERED, DENIED = Disposition.DELIVERED, Disposition.DENIED
UNDETERMINED, NO_ROUTE = Disposition.UNDETERMINED, Disposition.NO_ROUTE
GROUP = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network"
Json = dict[str, Any]


def ref(kind: str, name: str) -> Json:
    return {"id": f"{GROUP}/{kind}/{name}"}


def thing(kind: str, name: str, **properties: Any) -> Json:
    """An object as ``az network … list`` prints it."""
    return {"name": name, "id": f"{GROUP}/{kind}/{name}", "type": f"Microsoft.Network/{kind}"} | properties


def rule(priority: int, direction: str, access: str, port: str = "*", **more: Any) -> Json:
    base = {"name": f"r{priority}{direction}", "priority": priority, "direction": direction, "access": access}
    ends = {"sourcePortRange": "*", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}
    return base | ends | {"destinationPortRange": port, "protocol": "Tcp"} | more


def nsg(name: str, *rules: Json) -> Json:
    return thing("networkSecurityGroups", name, securityRules=list(rules))


def subnet(name: str, block: str, **more: Any) -> Json:
    return {"name": name, "id": f"{GROUP}/virtualNetworks/v/subnets/{name}", "addressPrefix": block} | more


def vnet(*subnets: Json, **more: Any) -> Json:
    space = {"addressPrefixes": ["10.0.0.0/16"]}
    return thing("virtualNetworks", "v", subnets=list(subnets), **({"addressSpace": space} | more))


def nic(name: str, where: str, address: str, **more: Any) -> Json:
    public = {"publicIPAddress": more.pop("public")} if "public" in more else {}
    asgs = {"applicationSecurityGroups": [ref("applicationSecurityGroups", a) for a in more.pop("asgs", ())]}
    one = {"name": "ip", "privateIPAddress": address, "subnet": {"id": f"{GROUP}/virtualNetworks/v/subnets/{where}"}}
    return thing("networkInterfaces", name, ipConfigurations=[one | public | asgs], **more)


HOSTS = (nic("x", "a", "10.0.1.10"), nic("y", "b", "10.0.2.10"))


def town(group: Json, *more: Json, **of_b: Any) -> list[Json]:
    """Subnet a without a group, subnet b with ``group``, a host in each."""
    b = subnet("b", "10.0.2.0/24", networkSecurityGroup=ref("networkSecurityGroups", group["name"]), **of_b)
    return [vnet(subnet("a", "10.0.1.0/24"), b), group, *HOSTS, *more]


def read(found: Any) -> Parsed:
    return PLUGIN.parse(Source("azure.json", tuple(json.dumps(found, indent=1).splitlines())), "v")


def reaches(found: Any, src: str, dst: str, port: int = 443, protocol: int = 6) -> Disposition:
    ports = (40000, port) if protocol in (6, 17) else (0, 0)
    packet = Packet(parse_address(src), parse_address(dst), protocol, *ports, state=ConnState.NEW)
    return Tracer(read(found).devices).trace(packet).disposition


def doubts(found: Any) -> set[tuple[str, bool]]:
    return {(m.text, m.bounded) for m in read(found).account.not_understood}


OUT = {("Internet", True)}  # under which address hosts go out is never told


def test_rules_are_asked_by_priority_whatever_their_order() -> None:
    deny, allow = rule(200, "Inbound", "Deny"), rule(100, "Inbound", "Allow", "443")
    found = town(nsg("g", deny, allow))
    assert detect(Source("azure.json", tuple(json.dumps(found, indent=1).splitlines()))) is PLUGIN
    assert doubts(found) == OUT
    assert reaches(found, "10.0.1.10", "10.0.2.10", 443) is DELIVERED
    assert reaches(found, "10.0.1.10", "10.0.2.10", 22) is DENIED
    assert reaches(found, "10.0.2.10", "10.0.1.10", 22) is DELIVERED, "a subnet without a group lets all pass"


def test_the_default_rules_are_there_whether_they_are_shown_or_not() -> None:
    bare = nsg("g")
    shown = bare | {"defaultSecurityRules": [
        rule(65000, "Inbound", "Allow", protocol="*", sourceAddressPrefix="VirtualNetwork",
             destinationAddressPrefix="VirtualNetwork"),
        rule(65500, "Inbound", "Deny", protocol="*"),
        rule(65000, "Outbound", "Allow", protocol="*", destinationAddressPrefix="VirtualNetwork"),
        rule(65001, "Outbound", "Allow", protocol="*", destinationAddressPrefix="Internet"),
        rule(65500, "Outbound", "Deny", protocol="*"),
    ]}  # fmt: skip
    for group in (bare, shown):
        found = town(group)
        assert reaches(found, "10.0.1.10", "10.0.2.10", 22) is DELIVERED
        assert reaches(found, "10.0.2.10", "198.51.100.1", 22) is DELIVERED
        assert reaches(found, "198.51.100.1", "10.0.2.10", 22) is DENIED


@pytest.mark.parametrize(
    ("more", "port", "protocol", "expected"),
    [
        ({"destinationPortRange": None, "destinationPortRanges": ["80", "440-450"]}, 443, 6, DENIED),
        ({"destinationPortRange": None, "destinationPortRanges": ["80", "440-442"]}, 443, 6, DELIVERED),
        ({"protocol": "Udp"}, 443, 6, DELIVERED),
        ({"protocol": "*", "destinationPortRange": "0-65535"}, 0, 1, DENIED),
        ({"protocol": "Icmp"}, 0, 1, DENIED),
        ({"protocol": "Esp"}, 0, 50, DENIED),
        ({"sourceAddressPrefix": None, "sourceAddressPrefixes": ["10.0.1.0/25", "10.9.0.0/16"]}, 443, 6, DENIED),
        ({"sourceAddressPrefix": "10.0.1.11"}, 443, 6, DELIVERED),
        ({"sourceAddressPrefix": "VIRTUAL_NETWORK"}, 443, 6, DENIED),
        ({"sourceAddressPrefix": "Internet"}, 443, 6, DELIVERED),
        ({"sourceAddressPrefix": "AzureLoadBalancer"}, 443, 6, DELIVERED),
        ({"sourceAddressPrefix": "Storage.JapanEast"}, 443, 6, DELIVERED),
        ({"direction": "Outbound"}, 443, 6, DELIVERED),
        ({"access": "Maybe"}, 443, 6, UNDETERMINED),
        ({"protocol": "Pigeon"}, 443, 6, UNDETERMINED),
        ({"destinationPortRange": "http"}, 443, 6, UNDETERMINED),
        ({"sourceAddressPrefix": "10.0.1.0/99"}, 443, 6, UNDETERMINED),
        ({"sourceAddressPrefix": None}, 443, 6, UNDETERMINED),
        ({"priority": "first"}, 443, 6, UNDETERMINED),
    ],
)
def test_a_rule_that_denies_what_the_default_allows(
    more: Json, port: int, protocol: int, expected: Disposition
) -> None:
    found = town(nsg("g", rule(100, "Inbound", "Deny") | more))
    assert reaches(found, "10.0.1.10", "10.0.2.10", port, protocol) is expected


def test_a_service_tag_is_some_public_prefix() -> None:
    deny = rule(100, "Outbound", "Deny", destinationAddressPrefix="Sql")
    assert reaches(town(nsg("g", deny)), "10.0.2.10", "198.51.100.1") is UNDETERMINED


def test_subnet_and_interface_are_both_asked() -> None:
    group, strict = nsg("g", rule(100, "Inbound", "Allow", "22")), nsg("n", rule(100, "Inbound", "Deny", "22"))
    own = nic("y", "b", "10.0.2.10", networkSecurityGroup=ref("networkSecurityGroups", "n"))
    found = [*town(group)[:2], strict, HOSTS[0], own, nic("z", "b", "10.0.2.11")]
    assert reaches(found, "10.0.1.10", "10.0.2.10", 22) is DENIED
    assert reaches(found, "10.0.1.10", "10.0.2.10", 23) is DELIVERED
    assert reaches(found, "10.0.1.10", "10.0.2.11", 22) is DELIVERED


def test_application_security_groups_are_their_members() -> None:
    asg = {"sourceAddressPrefix": None, "sourceApplicationSecurityGroups": [ref("applicationSecurityGroups", "web")]}
    group = nsg("g", rule(100, "Inbound", "Allow", "5432", **asg), rule(200, "Inbound", "Deny"))
    found = [*town(group)[:2], nic("x", "a", "10.0.1.10", asgs=["web"]), nic("w", "a", "10.0.1.11"), HOSTS[1]]
    assert reaches(found, "10.0.1.10", "10.0.2.10", 5432) is DELIVERED
    assert reaches(found, "10.0.1.11", "10.0.2.10", 5432) is DENIED
    assert reaches(town(group)[:2], "10.0.1.10", "10.0.2.10", 5432) is UNDETERMINED, "no interfaces are given"


def test_a_group_that_is_not_given_is_open() -> None:
    found = town(nsg("g"))
    del found[1]
    assert reaches(found, "10.0.1.10", "10.0.2.10") is UNDETERMINED


def table(*routes: tuple[str, str]) -> Json:
    entries = [
        {"name": f"u{n}", "addressPrefix": block, "nextHopType": hop.split()[0], "nextHopIpAddress": hop.split()[-1]}
        for n, (block, hop) in enumerate(routes)
    ]
    return thing("routeTables", "t", routes=entries)


def routed(*routes: tuple[str, str]) -> list[Json]:
    return town(nsg("g"), table(*routes), routeTable=ref("routeTables", "t"))


def test_user_defined_routes_go_before_those_of_the_system() -> None:
    assert reaches(routed(), "10.0.2.10", "198.51.100.1") is DELIVERED
    assert reaches(routed(("0.0.0.0/0", "None")), "10.0.2.10", "198.51.100.1") is NO_ROUTE
    assert reaches(routed(("10.0.0.0/16", "None")), "10.0.2.10", "10.0.1.10") is NO_ROUTE
    assert reaches(routed(("10.0.0.0/8", "None")), "10.0.2.10", "10.0.1.10") is DELIVERED, "a longer prefix decides"
    assert reaches(routed(), "10.0.1.10", "10.9.0.1") is NO_ROUTE, "private prefixes go nowhere"


def test_the_prefixes_of_user_defined_routes_are_of_the_virtual_network() -> None:
    found = routed(("10.9.0.0/16", "VirtualNetworkGateway"))
    assert reaches(found, "10.0.2.10", "10.9.0.1") is DELIVERED
    assert reaches(found, "10.9.0.1", "10.0.2.10") is DELIVERED, "by AllowVnetInBound"


def test_a_default_route_of_the_user_leaves_the_virtual_network_open() -> None:
    found = routed(("0.0.0.0/0", "VirtualNetworkGateway"))
    assert reaches(found, "10.8.0.1", "10.0.2.10") is UNDETERMINED
    assert ("b", True) in doubts(found)
    assert ("a", True) not in doubts(found)


def test_an_appliance_decides_further() -> None:
    found = routed(("0.0.0.0/0", "VirtualAppliance 10.0.3.4"))
    (device,) = read(found).devices
    assert [m.concern for m in device.uncertain] == [Concern.ROUTING]
    assert "appliance 10.0.3.4" in {interface.name for interface in device.interfaces}


def peered(**more: Any) -> list[Json]:
    found = town(nsg("g", rule(4000, "Inbound", "Deny", sourceAddressPrefix="*")))
    found[1]["securityRules"].append(rule(3000, "Inbound", "Allow", sourceAddressPrefix="VirtualNetwork"))
    remote: Json = {"remoteAddressSpace": {"addressPrefixes": ["10.7.0.0/16"]}, "peeringState": "Connected"}
    remote |= {"allowVirtualNetworkAccess": True, "allowForwardedTraffic": False, "name": "hub"}
    found[0]["virtualNetworkPeerings"] = [remote | more]
    return found


def test_a_peer_is_of_the_virtual_network_as_far_as_it_is_let_in() -> None:
    assert reaches(peered(), "10.7.0.1", "10.0.2.10") is DELIVERED
    assert reaches(peered(), "10.0.2.10", "10.7.0.1") is DELIVERED
    assert reaches(peered(allowVirtualNetworkAccess=False), "10.7.0.1", "10.0.2.10") is DENIED
    assert reaches(peered(peeringState="Disconnected"), "10.0.1.10", "10.7.0.1") is NO_ROUTE
    unknown = peered(remoteAddressSpace=None)
    assert any(m.concern is Concern.ROUTING for m in read(unknown).devices[0].uncertain)


def test_a_public_address_leads_in_and_nothing_else_does() -> None:
    allow = nsg("g", rule(100, "Inbound", "Allow", "443", sourceAddressPrefix="Internet",
                          destinationAddressPrefix="10.0.2.10"))  # fmt: skip
    public = thing("publicIPAddresses", "p", ipAddress="203.0.113.9")
    host = nic("y", "b", "10.0.2.10", public=ref("publicIPAddresses", "p"))
    found = [*town(allow)[:2], HOSTS[0], host, public]
    packet = Packet(parse_address("198.51.100.7"), parse_address("203.0.113.9"), 6, 40000, 443, state=ConnState.NEW)
    trace = Tracer(read(found).devices).trace(packet)
    assert (trace.disposition, format_address(trace.walks[0].packet.dst)) == (DELIVERED, "10.0.2.10")
    assert reaches(found, "198.51.100.7", "10.0.2.10") is DENIED, "the private address itself is not reached"
    assert reaches(found[:-1], "198.51.100.7", "203.0.113.9") is UNDETERMINED, "the address is not given"
    assert reaches(town(allow)[:2], "198.51.100.7", "203.0.113.9") is UNDETERMINED, "no interfaces are given"


def test_a_subnet_without_default_outbound_access() -> None:
    found = town(nsg("g"), defaultOutboundAccess=False)
    assert reaches(found, "10.0.2.10", "198.51.100.1") is UNDETERMINED
    assert reaches(found, "10.0.1.10", "198.51.100.1") is DELIVERED


def test_groups_alone_say_what_is_missing() -> None:
    group = nsg("g") | {"subnets": [{"id": f"{GROUP}/virtualNetworks/v/subnets/b"}]}
    parsed = read([group])
    assert [d.name for d in parsed.devices] == ["v"]
    assert any("virtual network of these rules" in m.reason for m in parsed.devices[0].uncertain)


def template(*resources: Json, **more: Any) -> Json:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "parameters": {}, "variables": {}} | more | {
        "resources": list(resources)
    }  # fmt: skip


def exported() -> Json:
    """The same two subnets as an exported template tells them."""
    kinds = "Microsoft.Network/"
    group = "[resourceId('Microsoft.Network/networkSecurityGroups', parameters('nsg'))]"
    names = {"nsg": {"defaultValue": "g", "type": "String"}, "vnet": {"defaultValue": "v", "type": "String"}}
    return template(
        {"type": f"{kinds}networkSecurityGroups", "name": "[parameters('nsg')]", "properties": {"securityRules": []}},
        {"type": f"{kinds}networkSecurityGroups/securityRules", "name": "[concat(parameters('nsg'), '/deny')]",
         "properties": rule(100, "Inbound", "Deny", "[variables('port')]")},
        {"type": f"{kinds}virtualNetworks", "name": "[parameters('vnet')]", "properties": {
            "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
            "subnets": [{"name": "a", "properties": {"addressPrefix": "10.0.1.0/24"}}]}},
        {"type": f"{kinds}virtualNetworks/subnets", "name": "[format('{0}/{1}', parameters('vnet'), 'b')]",
         "properties": {"addressPrefix": "10.0.2.0/24", "networkSecurityGroup": {"id": group}}},
        {"type": "Microsoft.Storage/storageAccounts", "name": "s"},
        parameters=names, variables={"port": "22"},
    )  # fmt: skip


def test_a_template_is_read_with_its_parameters_variables_and_parts() -> None:
    found = exported()
    assert {m.bounded for m in read(found).account.not_understood} == {True}
    assert reaches(found, "10.0.1.10", "10.0.2.10", 22) is DENIED
    assert reaches(found, "10.0.1.10", "10.0.2.10", 443) is DELIVERED


def test_what_a_template_alone_does_not_tell_is_open() -> None:
    found = exported()
    del found["variables"]["port"]
    assert reaches(found, "10.0.1.10", "10.0.2.10", 443) is UNDETERMINED
    found = exported()
    found["resources"][0]["properties"]["securityRules"] = "[parameters('rules')]"
    assert reaches(found, "10.0.1.10", "10.0.2.10", 443) is UNDETERMINED
    found = exported()
    found["resources"][1]["copy"] = {"count": 3}
    found["resources"].append({"type": "Microsoft.Resources/deployments", "name": "x"})
    assert len([m for m in read(found).devices[0].uncertain if m.concern is Concern.FILTER]) == 2


def test_the_rest_interface_and_resource_graph_tell_the_same() -> None:
    found = town(nsg("g", rule(100, "Inbound", "Deny", "22")))
    for one in found[:2]:
        inner = {key: one.pop(key) for key in [*one] if key not in ("name", "id", "type")}
        one["properties"] = inner
        one["type"] = one["type"].lower()
    for answer in ({"value": found}, {"data": found, "count": 4}):
        assert reaches(answer, "10.0.1.10", "10.0.2.10", 22) is DENIED
        assert reaches(answer, "10.0.1.10", "10.0.2.10", 443) is DELIVERED


@pytest.mark.parametrize(("kind", "is_said"), [("azureFirewalls", True), ("networkWatchers", False)])
def test_a_network_resource_that_is_not_read_is_said(kind: str, is_said: bool) -> None:
    found = town(nsg("g"), thing(kind, "x"))
    assert any("not read" in m.reason for m in read(found).devices[0].uncertain) is is_said


@pytest.mark.parametrize("answer", ["[]", '{"value": []}', '{"count": 0, "data": []}'])
def test_an_answer_that_there_is_nothing_is_no_loss(answer: str) -> None:
    lines = (*json.dumps(town(nsg("g"))).splitlines(), answer)
    parsed = PLUGIN.parse(Source("azure.json", lines), "v")
    assert not parsed.devices[0].uncertain
    assert parsed.account.open_lines == 1, "the address under which hosts go out"


def test_a_gateway_learns_routes_that_are_not_in_the_file() -> None:
    found = town(nsg("g"))
    found[0]["subnets"].append(subnet("GatewaySubnet", "10.0.0.0/27"))
    local = thing("localNetworkGateways", "office", localNetworkAddressSpace={"addressPrefixes": ["10.10.0.0/16"]})
    assert any(m.reason.startswith("dynamic routing") for m in read([*found, local]).devices[0].uncertain)
    assert reaches([*found, local], "10.10.0.1", "10.0.2.10", 22) is UNDETERMINED
    own = table(("10.10.0.0/16", "VirtualNetworkGateway")) | {"disableBgpRoutePropagation": True}
    for inner in found[0]["subnets"][:2]:
        inner["routeTable"] = ref("routeTables", "t")
    assert not read([*found, local, own]).devices[0].uncertain
    assert reaches([*found, local, own], "10.10.0.1", "10.0.2.10", 22) is DELIVERED


def test_lines_of_the_rule_that_decides_are_cited() -> None:
    found = town(nsg("g", rule(100, "Inbound", "Allow", "443"), rule(200, "Inbound", "Deny")))
    lines = tuple(json.dumps(found, indent=1).splitlines())
    packet = Packet(parse_address("10.0.1.10"), parse_address("10.0.2.10"), 6, 40000, 443, state=ConnState.NEW)
    hop = Tracer(PLUGIN.parse(Source("azure.json", lines), "v").devices).trace(packet).walks[0].hops[-1]
    texts = ["\n".join(lines[d.span.first - 1 : d.span.last]) for d in hop.decisions if d.span]
    assert any('"destinationPortRange": "443"' in text and "addressSpace" not in text for text in texts)


def test_a_truncated_answer_is_read_as_far_as_it_goes() -> None:
    lines = json.dumps(town(nsg("g", rule(100, "Inbound", "Deny"))), indent=1).splitlines()
    cut = next(n for n, line in enumerate(lines) if '"networkInterfaces"' in line or "networkInterfaces/x" in line)
    parsed = PLUGIN.parse(Source("azure.json", tuple(lines[:cut])), "v")
    assert any("cut short" in m.reason for m in parsed.devices[0].uncertain)
    assert {"a", "b"} <= {interface.name for interface in parsed.devices[0].interfaces}


WORDS = ["10.0.0.0/8", "*", "Tcp", "Inbound", "Deny", "100", "[parameters('x')]", "[concat('a', 'b')]", "x", "Internet"]


def test_networks_that_are_peered_with_each_other_have_one_wire() -> None:
    def network(name: str, block: str, far: str, remote: str) -> Json:
        peering = {"name": far, "peeringState": "Connected", "remoteVirtualNetwork": ref("virtualNetworks", far)}
        peering |= {"remoteAddressSpace": {"addressPrefixes": [remote]}}
        one = {"name": "s", "id": f"{GROUP}/virtualNetworks/{name}/subnets/s", "addressPrefix": block}
        return thing("virtualNetworks", name, subnets=[one], addressSpace={"addressPrefixes": [block]},
                     virtualNetworkPeerings=[peering])  # fmt: skip

    found = read([network("n", "10.0.0.0/24", "m", "10.1.0.0/24"), network("m", "10.1.0.0/24", "n", "10.0.0.0/24")])
    wires = [i.wire for device in found.devices for i in device.interfaces if i.wire]
    assert len(wires) == 2
    assert len(set(wires)) == 1


KEYS = [
    "type", "name", "id", "properties", "securityRules", "subnets", "addressSpace", "addressPrefixes", "priority",
    "value", "direction", "access", "protocol", "sourceAddressPrefix", "routes", "ipConfigurations", "resources",
    "networkSecurityGroup", "$schema", "parameters", "defaultValue", "virtualNetworkPeerings", "subnet",
    "addressPrefix", "effectiveSecurityRules", "association", "nextHopType", "state",
]  # fmt: skip
TYPES = [f"Microsoft.Network/{kind}" for kind in (
    "virtualNetworks", "networkSecurityGroups", "networkInterfaces", "routeTables", "virtualNetworks/subnets",
    "networkSecurityGroups/securityRules", "loadBalancers")]  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.sampled_from(WORDS + TYPES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=30,
)
resources = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES), "name": st.sampled_from(["g", "v", "v/s", "[parameters('x')]"])},
    optional=dict.fromkeys(KEYS[2:9], json_values),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(resources, max_size=4), json_values, st.booleans())
def test_any_json_is_accounted_for_and_nothing_raises(found: list[Any], other: Any, is_template: bool) -> None:
    document: Any = [*found, other]
    if is_template:
        document = template(*found, parameters=other)
    for indent in (None, 1):
        source = Source("x.json", tuple(json.dumps(document, indent=indent).splitlines()))
        PLUGIN.sniff(source)
        account = PLUGIN.parse(source, "x").account
        assert account.understood + sum(account.ignored.values()) + account.open_lines == account.total
