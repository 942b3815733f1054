"""aws: a VPC as its describe answers tell it. Meanings are those of the Amazon VPC User Guide."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoneguard.model.addresses import format_address, parse_address
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._aws.routing import BY_ENDPOINT, BY_PRIVATE_NAT, NO_STATE
from zoneguard.parsers._aws.vpc import NO_POLICY
from zoneguard.parsers._aws.words import APPLIANCE, BLOCKED, LATTICE, NAT
from zoneguard.parsers._cloud import ENDPOINT_POLICY, UNKNOWN
from zoneguard.parsers._json_lines import MAX_DEPTH, documents
from zoneguard.parsers.assembly import with_open_ends
from zoneguard.parsers.aws import NEVER_READ, PLUGIN
from zoneguard.parsers.reading import detect
from zoneguard.static.trace import Disposition, Tracer

VPC = "vpc-1"
EXAMPLE = Path(__file__).resolve().parents[2] / "topologies/examples/aws-govcloud/configs/vpc.json"
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"}
OPEN = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


def subnet(name: str, block: str) -> dict[str, Any]:
    return {"SubnetId": name, "VpcId": VPC, "CidrBlock": block}


def host(name: str, where: str, address: str, *groups: str, public: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {"PrivateIpAddress": address}
    if public:
        entry["Association"] = {"PublicIp": public}
    named = [{"GroupId": group} for group in groups]
    return {"NetworkInterfaceId": name, "SubnetId": where, "VpcId": VPC, "Groups": named, "PrivateIpAddresses": [entry]}


def group(name: str, inward: list[dict[str, Any]], outward: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    out = [OPEN] if outward is None else outward
    return {"GroupId": name, "GroupName": name, "VpcId": VPC, "IpPermissions": inward, "IpPermissionsEgress": out}


def tcp(port: int, *blocks: str, groups: tuple[str, ...] = ()) -> dict[str, Any]:
    pairs = [{"GroupId": g} for g in groups]
    ranges = [{"CidrIp": block} for block in blocks]
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges, "UserIdGroupPairs": pairs}


def acl(*entries: dict[str, Any], subnets: tuple[str, ...] = ("a", "b")) -> dict[str, Any]:
    return {"VpcId": VPC, "Associations": [{"SubnetId": s} for s in subnets], "Entries": list(entries)}


def entry(number: int, egress: bool, action: str, block: str = "0.0.0.0/0", **more: Any) -> dict[str, Any]:
    base = {"RuleNumber": number, "Egress": egress, "RuleAction": action, "CidrBlock": block, "Protocol": "-1"}
    return base | more


ALLOW_ALL = acl(entry(100, True, "allow"), entry(100, False, "allow"))


def estate(**changes: Any) -> dict[str, Any]:
    answers: dict[str, Any] = {
        "Vpcs": [{"VpcId": VPC, "CidrBlock": "10.0.0.0/16"}],
        "Subnets": [subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24")],
        "RouteTables": [{"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL]}],
        "NetworkAcls": [ALLOW_ALL],
        "SecurityGroups": [group("sg", [tcp(443, "10.0.1.0/24")])],
        "NetworkInterfaces": [host("e1", "a", "10.0.1.10", "sg"), host("e2", "b", "10.0.2.10", "sg")],
    }
    return answers | changes


def read(answers: dict[str, Any]) -> Parsed:
    return PLUGIN.parse(Source("vpc.json", tuple(json.dumps(answers, indent=1).splitlines())), "vpc")


def reaches(answers: dict[str, Any], src: str, dst: str, port: int, ingress: str = "") -> Disposition:
    parsed = read(answers)
    packet = Packet(parse_address(src), parse_address(dst), 6, 40000, port, state=ConnState.NEW)
    return Tracer(parsed.devices).trace(packet).disposition


def test_a_group_permits_what_a_rule_says_and_no_more() -> None:
    assert reaches(estate(), "10.0.1.10", "10.0.2.10", 443) is Disposition.DELIVERED
    assert reaches(estate(), "10.0.1.10", "10.0.2.10", 22) is Disposition.DENIED
    assert reaches(estate(), "10.0.2.10", "10.0.1.10", 443) is Disposition.DENIED


def test_a_group_may_name_a_group_by_its_members() -> None:
    groups = [group("sg", []), group("web", []), group("db", [tcp(5432, groups=("web",))])]
    hosts = [
        host("e1", "a", "10.0.1.10", "web"),
        host("e2", "b", "10.0.2.10", "db"),
        host("e3", "a", "10.0.1.11", "sg"),
    ]
    answers = estate(SecurityGroups=groups, NetworkInterfaces=hosts)
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 5432) is Disposition.DELIVERED
    assert reaches(answers, "10.0.1.11", "10.0.2.10", 5432) is Disposition.DENIED


def test_a_group_without_outward_rules_lets_nothing_out() -> None:
    answers = estate(SecurityGroups=[group("sg", [tcp(443, "10.0.1.0/24")], [])])
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 443) is Disposition.DENIED


@pytest.mark.parametrize(
    ("first", "second", "expected"), [(90, 100, Disposition.DENIED), (110, 100, Disposition.DELIVERED)]
)
def test_rules_of_an_acl_are_asked_by_number(first: int, second: int, expected: Disposition) -> None:
    rules = acl(entry(second, False, "allow"), entry(first, False, "deny", "10.0.1.0/24"), entry(100, True, "allow"))
    assert reaches(estate(NetworkAcls=[rules]), "10.0.1.10", "10.0.2.10", 443) is expected


def test_an_acl_without_a_matching_rule_denies() -> None:
    only = entry(100, True, "allow", Protocol="6", PortRange={"From": 22, "To": 80})
    rules = acl(only, entry(100, False, "allow"))
    assert reaches(estate(NetworkAcls=[rules]), "10.0.1.10", "10.0.2.10", 443) is Disposition.DENIED


def with_internet(**more: Any) -> dict[str, Any]:
    out = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
    tables = [
        {"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL]},
        {"VpcId": VPC, "Associations": [{"SubnetId": "a"}], "Routes": [LOCAL, out]},
    ]
    hosts = [host("e1", "a", "10.0.1.10", "sg", public="203.0.113.9"), host("e2", "b", "10.0.2.10", "sg")]
    hosts.append(host("e3", "a", "10.0.1.11", "sg"))
    return estate(RouteTables=tables, NetworkInterfaces=hosts, **more)


def path(answers: dict[str, Any], src: str, dst: str, port: int) -> tuple[Disposition, str, str]:
    packet = Packet(parse_address(src), parse_address(dst), 6, 40000, port, state=ConnState.NEW)
    found = Tracer(read(answers).devices).trace(packet)
    walk = found.walks[0]
    return found.disposition, format_address(walk.packet.src), format_address(walk.packet.dst)


def test_by_an_internet_gateway_goes_who_has_a_public_address_under_that() -> None:
    disposition, source, _ = path(with_internet(), "10.0.1.10", "198.51.100.7", 443)
    assert (disposition, source) == (Disposition.DELIVERED, "203.0.113.9")
    assert path(with_internet(), "10.0.1.11", "198.51.100.7", 443)[0] is Disposition.DENIED


def test_a_subnet_whose_table_has_no_way_out_has_none() -> None:
    assert reaches(with_internet(), "10.0.2.10", "198.51.100.7", 443) is Disposition.NO_ROUTE


def test_a_more_specific_route_goes_before_and_a_blackhole_drops() -> None:
    hole = {"DestinationCidrBlock": "10.0.2.0/25", "TransitGatewayId": "tgw-1", "State": "blackhole"}
    table = {"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL, hole]}
    answers = estate(RouteTables=[table])
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 443) is Disposition.NO_ROUTE


def test_without_network_interfaces_groups_are_undetermined() -> None:
    answers = estate()
    del answers["NetworkInterfaces"]
    parsed = read(answers)
    assert any(m.bounded and "network interfaces" in m.reason for m in parsed.account.not_understood)
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 22) is Disposition.UNDETERMINED


def test_a_prefix_list_is_taken_by_its_entries_or_left_open() -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": "pl-1"}]}
    answers = estate(SecurityGroups=[group("sg", [rule])])
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 443) is Disposition.UNDETERMINED
    answers["PrefixLists"] = [{"PrefixListId": "pl-1", "Cidrs": ["10.0.1.0/24"]}]
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 443) is Disposition.DELIVERED


def test_an_answer_that_is_not_read_is_said() -> None:
    parsed = read(estate(LoadBalancers=[{"Name": "x"}]))
    assert any("not read" in m.reason and not m.bounded for m in parsed.account.not_understood)
    assert parsed.devices[0].uncertain


def test_lines_of_the_rule_that_decides_are_cited() -> None:
    source = Source("vpc.json", tuple(EXAMPLE.read_text(encoding="utf-8").splitlines()))
    assert detect(source) is PLUGIN
    device: Device = PLUGIN.parse(source, "vpc").devices[0]
    packet = Packet(parse_address("10.10.1.1"), parse_address("100.64.1.10"), 6, 40000, 443, state=ConnState.NEW)
    hop = Tracer([device]).trace(packet).walks[0].hops[-1]
    texts = ["\n".join(source.lines[line.span.first - 1 : line.span.last]) for line in hop.decisions if line.span]
    assert any('"IpProtocol": "tcp"' in text and '"FromPort": 443' in text for text in texts)


def test_an_answer_that_there_is_nothing_is_no_loss() -> None:
    lines = (*text_of(estate()), "[]", "{}", '{"NatGateways": []}')
    assert not PLUGIN.parse(Source("vpc.json", lines), "vpc").account.not_understood


def test_several_vpcs_are_several_devices() -> None:
    other = {"VpcId": "vpc-2", "CidrBlock": "10.9.0.0/16"}
    answers = estate(Vpcs=[{"VpcId": VPC, "CidrBlock": "10.0.0.0/16"}, other])
    assert [device.name for device in read(answers).devices] == ["vpc-vpc-1", "vpc-vpc-2"]


@pytest.mark.parametrize("text", ["{", "[" * (MAX_DEPTH + 2), '{"Subnets": [1, {"SubnetId": }]}', '{"a" 1}', "{1: 2}"])
def test_what_is_no_json_is_said_line_by_line(text: str) -> None:
    account = PLUGIN.parse(Source("x", (text,)), "x").account
    assert len(account.not_understood) == 1


def test_lines_of_json_are_those_of_its_values() -> None:
    (node,), _ = documents(('{"a": [', "  1,", '  {"b":', '   "c"}', "]}"))
    assert [(n.first, n.last) for n in node.each("a")] == [(2, 2), (3, 4)]


def text_of(answers: dict[str, Any]) -> list[str]:
    return json.dumps(answers, indent=1).splitlines()


def test_a_truncated_answer_is_read_as_far_as_it_goes_and_the_rest_is_said() -> None:
    lines = text_of(estate())
    cut = next(n for n, line in enumerate(lines) if '"NetworkInterfaces"' in line) + 12
    parsed = PLUGIN.parse(Source("vpc.json", tuple(lines[:cut])), "vpc")
    broken = [m for m in parsed.account.not_understood if "cut short" in m.reason]
    assert [m.span.first for m in broken] == [cut]
    assert parsed.devices[0].uncertain
    assert [i.name for i in parsed.devices[0].interfaces] == ["a", "b"]


def test_after_a_broken_document_the_next_is_read() -> None:
    lines = ['{"NetworkAcls": [', '  {"VpcId": }', "]}", *text_of(estate())]
    parsed = PLUGIN.parse(Source("vpc.json", tuple(lines)), "vpc")
    assert [m.span.first for m in parsed.account.not_understood] == [2, 3]
    assert [i.name for i in parsed.devices[0].interfaces] == ["a", "b"]


def test_objects_that_share_a_line_are_told_apart() -> None:
    answers = estate(LoadBalancers=[], FirewallPolicies=[])
    account = PLUGIN.parse(Source("vpc.json", (json.dumps(answers),)), "vpc").account
    assert [m.text for m in account.not_understood] == ["FirewallPolicies", "LoadBalancers"]
    assert account.open_lines == 1


def test_prompts_and_commands_of_a_session_are_no_loss_and_an_error_is_said() -> None:
    lines = ["$ aws ec2 describe-vpcs", *text_of(estate()), "[user@host ~]$ aws ec2 describe-hosts", "", "Denied!"]
    source = Source("vpc.json", tuple(lines))
    assert detect(source) is PLUGIN
    assert [m.text for m in PLUGIN.parse(source, "vpc").account.not_understood] == ["Denied!"]


def test_in_by_an_internet_gateway_only_public_addresses_are_reached() -> None:
    assert path(with_internet(), "198.51.100.7", "203.0.113.9", 443)[2] == "10.0.1.10"
    inward = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    answers = with_internet(SecurityGroups=[group("sg", inward)])
    assert path(answers, "198.51.100.7", "203.0.113.9", 443)[0] is Disposition.DELIVERED
    assert reaches(answers, "198.51.100.7", "10.0.1.11", 443) is Disposition.DENIED


@pytest.mark.parametrize(
    ("state", "goes"),
    [
        ("active", Disposition.DELIVERED),
        ("", Disposition.DELIVERED),
        ("pending-acceptance", Disposition.NO_ROUTE),
        ("provisioning", Disposition.NO_ROUTE),
        ("deleted", Disposition.NO_ROUTE),
    ],
)
def test_a_peering_carries_packets_once_it_is_active(state: str, goes: Disposition) -> None:
    away = {"DestinationCidrBlock": "10.9.0.0/16", "VpcPeeringConnectionId": "pcx-1"}
    table = {"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL, away]}
    peerings = [{"VpcPeeringConnectionId": "pcx-1", "Status": {"Code": state, "Message": ""}}] if state else []
    answers = estate(RouteTables=[table], SecurityGroups=[group("sg", [OPEN], [OPEN])], VpcPeeringConnections=peerings)
    assert reaches(answers, "10.0.1.10", "10.9.0.1", 443) is goes
    inward = reaches(answers, "10.9.0.1", "10.0.1.10", 443)
    assert (inward is Disposition.DELIVERED) == (goes is Disposition.DELIVERED)


@pytest.mark.parametrize("target", [{"NatGatewayId": "nat-1"}, {"EgressOnlyInternetGatewayId": "eigw-1"}])
def test_nothing_comes_in_by_a_gateway_that_is_one_way(target: dict[str, str]) -> None:
    out = {"DestinationCidrBlock": "0.0.0.0/0", **target, "State": "active"}
    table = {"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL, out]}
    answers = estate(RouteTables=[table], SecurityGroups=[group("sg", [OPEN])])
    assert reaches(answers, "198.51.100.7", "10.0.1.10", 443) is Disposition.DENIED


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"IpProtocol": "tcp", "FromPort": "x", "ToPort": 443}, Disposition.UNDETERMINED),
        ({"IpProtocol": "carrier pigeon"}, Disposition.UNDETERMINED),
        ({"FromPort": 443, "ToPort": 443}, Disposition.UNDETERMINED),
        ({"IpProtocol": "47", "FromPort": 0, "ToPort": 0}, Disposition.DENIED),
    ],
)
def test_a_protocol_or_port_that_cannot_be_read_is_open(rule: dict[str, Any], expected: Disposition) -> None:
    answers = estate(SecurityGroups=[group("sg", [rule | {"IpRanges": [{"CidrIp": "10.0.1.0/24"}]}])])
    assert reaches(answers, "10.0.1.10", "10.0.2.10", 443) is expected


@pytest.mark.parametrize("change", [{"RuleNumber": "first"}, {"RuleAction": "maybe"}])
def test_a_rule_of_an_acl_that_cannot_be_read_is_open(change: dict[str, Any]) -> None:
    rules = acl(entry(90, False, "deny") | change, entry(100, False, "allow"), entry(100, True, "allow"))
    assert reaches(estate(NetworkAcls=[rules]), "10.0.1.10", "10.0.2.10", 443) is Disposition.UNDETERMINED


def test_an_appliance_on_the_way_leaves_routing_open() -> None:
    by = {"DestinationCidrBlock": "10.0.2.0/24", "NetworkInterfaceId": "eni-fw", "State": "active"}
    table = {"VpcId": VPC, "Associations": [{"Main": True}, {"GatewayId": "igw-1"}], "Routes": [LOCAL, by]}
    (device,) = read(estate(RouteTables=[table])).devices
    assert len([m for m in device.uncertain if m.concern is Concern.ROUTING]) == 2


def reasons(answers: dict[str, Any]) -> dict[str, bool]:
    """Why something is not understood, and whether the model bounds it."""
    return {m.reason: m.bounded for m in read(answers).account.not_understood}


def with_route(**target: str) -> dict[str, Any]:
    out = {"DestinationCidrBlock": "0.0.0.0/0", "State": "active"} | target
    return estate(RouteTables=[{"VpcId": VPC, "Associations": [{"Main": True}], "Routes": [LOCAL, out]}])


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (with_route(GatewayId="vpce-1"), BY_ENDPOINT),
        (with_route(GatewayId="igw-1", State="filtered"), NO_STATE),
        (with_route(NatGatewayId="nat-1") | {
            "NatGateways": [{"NatGatewayId": "nat-1", "VpcId": VPC, "ConnectivityType": "private", "SubnetId": "a",
                             "NatGatewayAddresses": [{"PrivateIp": "10.0.1.9"}]}]}, BY_PRIVATE_NAT),
        (estate(NatGateways=[{"NatGatewayId": "nat-1", "AttachedAppliances": [{"Type": "network-firewall-proxy"}]}]),
         APPLIANCE),
        (estate(VpcEndpoints=[{"VpcEndpointId": "vpce-1", "VpcEndpointType": "ServiceNetwork"}]), LATTICE),
        (estate(Vpcs=[{"VpcId": VPC, "CidrBlock": "10.0.0.0/16",
                       "BlockPublicAccessStates": {"InternetGatewayBlockMode": "block-ingress"}}]), BLOCKED),
        (estate(TransitGatewayAttachments=[{"TransitGatewayAttachmentId": "a", "NatGatewaySupport": "enable"}]), NAT),
        (estate(Vpcs=[{"VpcId": VPC, "CidrBlock": "10.0.0.0/16", "DenyList": ["10.0.1.0/24"]}]), UNKNOWN),
    ],
)  # fmt: skip
def test_what_may_route_or_filter_and_is_not_read_is_said(answers: dict[str, Any], reason: str) -> None:
    assert reasons(answers) == {reason: False}


def test_what_a_core_network_passes_is_open() -> None:
    answers = with_route(CoreNetworkArn="arn:aws:networkmanager::1:core-network/x")
    assert reasons(answers) == {NO_POLICY: True}
    (device,) = with_open_ends(read(answers).devices)
    packet = Packet(parse_address("10.0.1.10"), parse_address("198.51.100.7"), 6, 40000, 443, state=ConnState.NEW)
    assert Tracer([device]).trace(packet).disposition is Disposition.UNDETERMINED


@pytest.mark.parametrize(("mode", "said"), [("off", False), ("block-bidirectional", True)])
def test_a_setting_that_is_off_says_nothing(mode: str, said: bool) -> None:
    states = {"BlockPublicAccessStates": {"InternetGatewayBlockMode": mode}}
    assert bool(reasons(estate(Subnets=[s | states for s in estate()["Subnets"]]))) is said


def test_endpoints_of_services_are_hosts_and_their_policy_is_no_filter() -> None:
    endpoint = {"VpcEndpointId": "vpce-1", "VpcEndpointType": "Interface", "VpcId": VPC, "PolicyDocument": "{}"}
    parsed = read(estate(VpcEndpoints=[endpoint]))
    assert not parsed.account.not_understood
    assert ENDPOINT_POLICY in parsed.account.ignored


def test_a_nat_gateway_that_is_gone_drops() -> None:
    gone = {"NatGateways": [{"NatGatewayId": "nat-1", "VpcId": VPC, "State": "deleted"}]}
    answers = with_route(NatGatewayId="nat-1")
    answers["SecurityGroups"] = [group("sg", [], [OPEN])]
    assert reaches(answers, "10.0.1.10", "198.51.100.7", 443) is Disposition.UNDETERMINED
    assert reaches(answers | gone, "10.0.1.10", "198.51.100.7", 443) is Disposition.NO_ROUTE


def test_a_table_that_is_disassociated_is_not_asked() -> None:
    answers = with_internet()
    answers["SecurityGroups"] = [group("sg", [], [OPEN])]
    link = answers["RouteTables"][1]["Associations"][0]
    assert reaches(answers, "10.0.1.10", "198.51.100.7", 443) is Disposition.DELIVERED
    link["AssociationState"] = {"State": "disassociated"}
    assert reaches(answers, "10.0.1.10", "198.51.100.7", 443) is Disposition.NO_ROUTE


def test_prefixes_of_an_interface_are_its_addresses() -> None:
    """Of a node of containers: every address of the prefix has the groups of the interface."""
    hosts = estate()["NetworkInterfaces"]
    answers = estate(NetworkInterfaces=[hosts[0], hosts[1] | {"Ipv4Prefixes": [{"Ipv4Prefix": "10.0.2.32/28"}]}])
    assert reaches(answers, "10.0.1.10", "10.0.2.40", 443) is Disposition.DELIVERED
    assert reaches(answers, "10.0.1.10", "10.0.2.50", 443) is Disposition.DENIED


def test_rules_told_a_second_time_are_no_loss_and_alone_they_are() -> None:
    told = {"SecurityGroupRules": [{"SecurityGroupRuleId": "sgr-1"}]}
    assert not reasons(estate(**told))
    assert reasons(told) == {NEVER_READ: False}


KEYS = [
    "Subnets", "SubnetId", "VpcId", "CidrBlock", "RouteTables", "Routes", "Associations", "Main", "GatewayId",
    "GroupId",
    "SecurityGroups", "IpPermissions", "IpProtocol", "FromPort", "NetworkAcls", "Entries", "RuleNumber",
    "TransitGatewayAttachments", "TransitGatewayAttachmentId", "TransitGatewayId", "TransitGatewayRouteTableId",
    "TransitGatewayVpcAttachments", "SubnetIds", "Association", "DestinationCidrBlock", "Type", "State",
]  # fmt: skip
WORDS = ["10.0.0.0/8", "tcp", "local", "a", "-1", "x"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 70000) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(KEYS), inner, max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(json_values)
def test_any_json_is_accounted_for_and_nothing_raises(value: object) -> None:
    source = Source("x.json", tuple(json.dumps(value, indent=1).splitlines()))
    PLUGIN.sniff(source)
    parsed = PLUGIN.parse(source, "x")
    account = parsed.account
    Tracer(with_open_ends(parsed.devices)).trace(
        Packet(parse_address("10.0.1.10"), parse_address("10.0.2.10"), 6, 1, 2)
    )
    assert account.understood + sum(account.ignored.values()) + account.open_lines == account.total
