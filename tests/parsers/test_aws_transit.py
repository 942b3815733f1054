"""Transit gateways: which VPC reaches which, as the AWS Transit Gateway guide tells it."""

from __future__ import annotations

import ipaddress
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zoneguard.audit.inputs import joined, load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Concern
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._aws.routing import NO_SUBNETS, SEVERAL
from zoneguard.parsers._aws.transit import MORE_ROUTES, NO_ASSOCIATION, NO_ROUTE, NO_ROUTES, SENT_ON, WHICH_TABLE
from zoneguard.parsers._aws.vpc import NO_TABLES
from zoneguard.parsers.assembly import with_open_ends
from zoneguard.parsers.aws import GOES_ON, PLUGIN
from zoneguard.parsers.reading import detect
from zoneguard.static.trace import Disposition, Tracer

HUB = "tgw-1"
EVERYTHING = [{"CidrIp": "0.0.0.0/0"}]
ANY = {"IpProtocol": "-1", "IpRanges": EVERYTHING}
Json = dict[str, Any]
DELIVERED, NO_ROUTE_, DENIED, OPEN = (
    Disposition.DELIVERED, Disposition.NO_ROUTE, Disposition.DENIED, Disposition.UNDETERMINED,
)  # fmt: skip


def entry(number: int, egress: bool, action: str, block: str = "0.0.0.0/0") -> Json:
    return {"RuleNumber": number, "Egress": egress, "RuleAction": action, "CidrBlock": block, "Protocol": "-1"}


def vpc(number: int, *more: Json, subnets: int = 1) -> dict[str, list[Json]]:
    """The VPC ``vpc-N``, 10.N.0.0/16, with subnets 10.N.1.0/24 and on, a host at .5 of each, all to the gateway."""
    name, block = f"vpc-{number}", f"10.{number}.0.0/16"
    local = {"DestinationCidrBlock": block, "GatewayId": "local"}
    out = {"DestinationCidrBlock": "10.0.0.0/8", "TransitGatewayId": HUB}
    names = [f"s{number}{chr(96 + n)}" for n in range(1, subnets + 1)]
    return {
        "Vpcs": [{"VpcId": name, "CidrBlock": block}],
        "Subnets": [
            {"SubnetId": s, "VpcId": name, "CidrBlock": f"10.{number}.{n}.0/24"} for n, s in enumerate(names, 1)
        ],
        "SecurityGroups": [
            {"GroupId": f"sg-{number}", "VpcId": name, "IpPermissions": [ANY], "IpPermissionsEgress": [ANY]}
        ],
        "NetworkAcls": [
            {"NetworkAclId": f"acl-{s}", "VpcId": name, "Associations": [{"SubnetId": s}],
             "Entries": [entry(100, out, "allow") for out in (True, False)]} for s in names
        ],
        "RouteTables": [
            {"RouteTableId": f"rtb-{number}", "VpcId": name, "Associations": [{"Main": True}],
             "Routes": [local, out, *more]}
        ],
        "NetworkInterfaces": [
            {"NetworkInterfaceId": f"eni-{s}", "SubnetId": s, "VpcId": name, "Groups": [{"GroupId": f"sg-{number}"}],
             "PrivateIpAddresses": [{"PrivateIpAddress": f"10.{number}.{n}.5"}]} for n, s in enumerate(names, 1)
        ],
    }  # fmt: skip


def attachment(name: str, table: str | None, kind: str, resource: str, state: str = "available") -> Json:
    found: Json = {"TransitGatewayAttachmentId": name, "TransitGatewayId": HUB, "ResourceType": kind}
    found |= {"ResourceId": resource, "State": state}
    return found | ({"Association": {"TransitGatewayRouteTableId": table, "State": "associated"}} if table else {})


def of_vpc(number: int, *subnets: str) -> Json:
    found: Json = {"TransitGatewayAttachmentId": f"att-{number}", "TransitGatewayId": HUB, "VpcId": f"vpc-{number}"}
    return found | {"State": "available", "SubnetIds": list(subnets or (f"s{number}a",))}


def route(block: str, *ends: str, kind: str = "static", state: str = "active", of: str = "vpc") -> Json:
    named = [{"TransitGatewayAttachmentId": end, "ResourceId": "?", "ResourceType": of} for end in ends]
    return {"DestinationCidrBlock": block, "TransitGatewayAttachments": named, "Type": kind, "State": state}


def table(name: str) -> Json:
    return {"TransitGatewayRouteTableId": name, "TransitGatewayId": HUB, "State": "available"}


def together(*parts: dict[str, list[Json]]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for part in parts:
        for key, value in part.items():
            found.setdefault(key, []).extend(value)
    return found


VPCS = together(*(vpc(n) for n in (1, 2, 3)))
ON_PREMISES = attachment("att-dx", "rt-office", "direct-connect-gateway", "dx-1")


def hub(tables: dict[str, str]) -> dict[str, list[Json]]:
    """The gateway with the attachments of the three VPCs, each with its table, and of the office."""
    attached = [attachment(f"att-{n}", tables.get(f"att-{n}"), "vpc", f"vpc-{n}") for n in (1, 2, 3)]
    return {
        "TransitGateways": [{"TransitGatewayId": HUB, "State": "available"}],
        "TransitGatewayAttachments": [*attached, ON_PREMISES],
        "TransitGatewayVpcAttachments": [of_vpc(n) for n in (1, 2, 3)],
        "TransitGatewayRouteTables": [table(name) for name in dict.fromkeys((*tables.values(), "rt-office"))],
    }


def search(name: str, *routes: Json) -> list[str]:
    """An answer with the command in front of it."""
    asked = f"$ aws ec2 search-transit-gateway-routes --transit-gateway-route-table-id {name} --filters Name=type"
    return [asked, *lines_of({"Routes": list(routes), "AdditionalRoutesAvailable": False})]


def lines_of(answer: object) -> list[str]:
    return json.dumps(answer, indent=1).splitlines()


def parsed(*parts: list[str]) -> Parsed:
    return PLUGIN.parse(Source("aws.json", tuple(line for part in parts for line in part)), "g")


SPOKES = {"att-1": "rt-spoke", "att-2": "rt-spoke", "att-3": "rt-shared"}
TO_SHARED = route("10.3.0.0/16", "att-3", kind="propagated")
TO_SPOKES = [route(f"10.{n}.0.0/16", f"att-{n}", kind="propagated") for n in (1, 2)]
OFFICE = route("10.200.0.0/16", "att-dx", kind="propagated", of="direct-connect-gateway")
SHARED_SERVICES = (
    lines_of(together(VPCS, hub(SPOKES))),
    search("rt-spoke", TO_SHARED, OFFICE),
    search("rt-shared", *TO_SPOKES),
    search("rt-office", TO_SPOKES[0]),
)


def traced(found: Parsed, src: str, dst: str, tmp_path: Path) -> Disposition:
    """How a packet fares, the devices joined by their wires."""
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones: {a: {class: lgwan, prefixes: [10.1.0.0/16]}}\ndevices: {}\n"
    )
    devices = with_open_ends(found.devices)
    links = joined(load_project(tmp_path), devices)
    packet = Packet(parse_address(src), parse_address(dst), 6, 40000, 443, state=ConnState.NEW)
    return Tracer(devices, links).trace(packet).disposition


@pytest.mark.parametrize(
    ("src", "dst", "expected"),
    [
        ("10.1.1.5", "10.3.1.5", DELIVERED),  # a spoke to the shared services
        ("10.3.1.5", "10.1.1.5", DELIVERED),
        ("10.1.1.5", "10.2.1.5", NO_ROUTE_),  # the spokes' table has no route to spokes
        ("10.3.1.5", "10.3.1.6", DELIVERED),
        ("10.1.1.5", "10.200.0.1", DELIVERED),  # the office lies outside
        ("10.3.1.5", "10.200.0.1", NO_ROUTE_),
        ("10.200.0.1", "10.1.1.5", DELIVERED),
        ("10.200.0.1", "10.2.1.5", NO_ROUTE_),
        ("10.200.0.1", "10.3.1.5", NO_ROUTE_),
    ],
)
def test_association_and_routes_decide_who_reaches_whom(
    src: str, dst: str, expected: Disposition, tmp_path: Path
) -> None:
    found = parsed(*SHARED_SERVICES)
    assert not found.account.not_understood
    assert [device.name for device in found.devices] == ["g-vpc-1", "g-vpc-2", "g-vpc-3", "g-tgw-1"]
    assert traced(found, src, dst, tmp_path) is expected


def test_the_table_may_be_named_in_the_answer_itself(tmp_path: Path) -> None:
    answers = lines_of({"TransitGatewayRouteTableId": "rt-spoke", "Routes": [TO_SHARED]})
    others = (search("rt-shared", *TO_SPOKES), search("rt-office"))
    found = parsed(SHARED_SERVICES[0], answers, *others)
    assert not found.account.not_understood
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is DELIVERED


def test_an_answer_of_an_unknown_table_is_said() -> None:
    found = parsed(SHARED_SERVICES[0], *SHARED_SERVICES[2:], lines_of({"Routes": [TO_SHARED]}))
    assert {m.reason for m in found.account.not_understood} == {WHICH_TABLE, NO_ROUTES}
    assert all(device.uncertain for device in found.devices)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (route("10.3.0.0/16", state="blackhole"), NO_ROUTE_),  # static before propagated
        (route("10.3.1.0/24", "att-2"), NO_ROUTE_),  # the longest prefix: to another VPC, which does not have it
        (route("10.3.128.0/17", state="blackhole"), DELIVERED),
        (route("10.3.1.0/24", state="blackhole", kind="propagated"), NO_ROUTE_),
    ],
)
def test_of_routes_the_longest_and_of_one_prefix_the_static_one_decides(
    more: Json, expected: Disposition, tmp_path: Path
) -> None:
    found = parsed(SHARED_SERVICES[0], search("rt-spoke", TO_SHARED, more), *SHARED_SERVICES[2:])
    disposition = traced(found, "10.1.1.5", "10.3.1.5", tmp_path)
    assert (disposition is DELIVERED) == (expected is DELIVERED)


def test_what_is_associated_with_no_table_goes_nowhere(tmp_path: Path) -> None:
    attached = lines_of(together(VPCS, hub({"att-2": "rt-spoke", "att-3": "rt-shared"})))
    found = parsed(attached, *SHARED_SERVICES[1:])
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is NO_ROUTE_
    assert traced(found, "10.2.1.5", "10.3.1.5", tmp_path) is DELIVERED


def test_an_association_may_come_by_its_own_answer(tmp_path: Path) -> None:
    whole = together(VPCS, hub(SPOKES))
    del whole["TransitGatewayAttachments"]
    told = [
        [f"aws ec2 get-transit-gateway-route-table-associations --transit-gateway-route-table-id {name}",
         *lines_of({"Associations": [{"TransitGatewayAttachmentId": f"att-{n}", "ResourceId": f"vpc-{n}",
                                      "ResourceType": "vpc", "State": "associated"} for n in numbers]})]
        for name, numbers in (("rt-spoke", (1, 2)), ("rt-shared", (3,)), ("rt-office", ()))
    ]  # fmt: skip
    found = parsed(lines_of(whole), *SHARED_SERVICES[1:], *told)
    assert not found.account.not_understood
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is DELIVERED
    assert traced(found, "10.1.1.5", "10.2.1.5", tmp_path) is NO_ROUTE_


def test_without_associations_the_table_is_not_known(tmp_path: Path) -> None:
    whole = together(VPCS, hub(SPOKES))
    del whole["TransitGatewayAttachments"]
    found = parsed(lines_of(whole), *SHARED_SERVICES[1:])
    assert {m.reason for m in found.account.not_understood} == {NO_ASSOCIATION}
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is OPEN


@pytest.mark.parametrize("missing", ["TransitGatewayRouteTables", "everything"])
def test_a_gateway_without_tables_is_open_both_ways(missing: str, tmp_path: Path) -> None:
    whole = together(VPCS, hub(SPOKES) if missing != "everything" else {})
    whole.pop(missing, None)
    found = parsed(lines_of(whole))
    reasons = {m.reason for m in found.account.not_understood}
    assert reasons == {NO_TABLES}
    assert [device.name for device in found.devices] == ["g-vpc-1", "g-vpc-2", "g-vpc-3"]
    assert traced(found, "10.1.1.5", "10.200.0.1", tmp_path) is OPEN
    assert traced(found, "10.200.0.1", "10.2.1.5", tmp_path) is OPEN
    assert not any(device.uncertain for device in found.devices)


def test_an_attachment_that_is_not_accepted_carries_nothing(tmp_path: Path) -> None:
    answers = hub(SPOKES)
    answers["TransitGatewayAttachments"][2]["State"] = "pendingAcceptance"
    found = parsed(lines_of(together(VPCS, answers)), *SHARED_SERVICES[1:])
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is DENIED  # a blackhole
    assert traced(found, "10.3.1.5", "10.1.1.5", tmp_path) is NO_ROUTE_


@pytest.mark.parametrize(
    ("routes", "reason"),
    [
        ([route("everywhere", "att-3")], NO_ROUTE),
        ([route("10.9.0.0/16", "att-3", state="pending")], NO_ROUTE),
        ([route("10.9.0.0/16")], NO_ROUTE),
    ],
)
def test_a_route_that_cannot_be_read_is_said(routes: list[Json], reason: str) -> None:
    found = parsed(SHARED_SERVICES[0], search("rt-spoke", *routes), *SHARED_SERVICES[2:])
    assert {m.reason for m in found.account.not_understood} == {reason}
    assert all(m.concern is Concern.ROUTING and not m.bounded for m in found.account.not_understood)


@pytest.mark.parametrize("kind", ["vpc", "network-function"])
def test_a_static_route_to_what_may_send_packets_on_is_said(kind: str) -> None:
    whole = together(VPCS, hub(SPOKES))
    whole["TransitGatewayAttachments"].append(attachment("att-fw", "rt-shared", kind, "far"))
    to_all, to_it = route("0.0.0.0/0", "att-fw", of=kind), route("10.9.0.0/16", "att-fw", kind="propagated", of=kind)
    found = parsed(lines_of(whole), search("rt-spoke", TO_SHARED, to_all), *SHARED_SERVICES[2:])
    assert {m.reason for m in found.account.not_understood} == {SENT_ON}
    assert all(device.uncertain for device in found.devices)
    assert not parsed(lines_of(whole), search("rt-spoke", to_it), *SHARED_SERVICES[2:]).account.not_understood


def test_an_answer_with_more_behind_it_is_said() -> None:
    more = {"TransitGatewayRouteTableId": "rt-spoke", "Routes": [TO_SHARED], "AdditionalRoutesAvailable": True}
    found = parsed(SHARED_SERVICES[0], lines_of(more), *SHARED_SERVICES[2:])
    assert {m.reason for m in found.account.not_understood} == {MORE_ROUTES}
    found = parsed(*SHARED_SERVICES, lines_of({"Subnets": [], "NextToken": "abc"}))
    assert {m.reason for m in found.account.not_understood} == {GOES_ON}


def inspecting(*subnets: str) -> tuple[dict[str, list[Json]], dict[str, list[Json]]]:
    """A VPC through which all goes out: its first subnet has a NAT gateway, its second is attached."""
    first = vpc(3, subnets=3)
    local = {"DestinationCidrBlock": "10.3.0.0/16", "GatewayId": "local"}
    by_nat = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1"}
    first["RouteTables"].append(
        {"RouteTableId": "rtb-nat", "VpcId": "vpc-3", "Associations": [{"SubnetId": "s3b"}], "Routes": [local, by_nat]}
    )
    by_door = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-3"}
    first["RouteTables"].append(
        {"RouteTableId": "rtb-out", "VpcId": "vpc-3", "Associations": [{"SubnetId": "s3a"}], "Routes": [local, by_door]}
    )
    first["NatGateways"] = [{
        "NatGatewayId": "nat-1", "VpcId": "vpc-3", "SubnetId": "s3a",
        "NatGatewayAddresses": [{"PublicIp": "203.0.113.1"}]}]  # fmt: skip
    answers = hub(SPOKES)
    answers["TransitGatewayVpcAttachments"][2] = of_vpc(3, *subnets)
    if not subnets:
        del answers["TransitGatewayVpcAttachments"][2]
    away = vpc(1)
    away["RouteTables"][0]["Routes"].append({"DestinationCidrBlock": "0.0.0.0/0", "TransitGatewayId": HUB})
    return together(away, vpc(2), first), answers


@pytest.mark.parametrize(
    ("subnets", "expected", "reason"),
    [
        (("s3b",), DELIVERED, None),
        (("s3c",), NO_ROUTE_, None),
        (("s3b", "s3c"), OPEN, SEVERAL),
        ((), OPEN, NO_SUBNETS),
    ],
)
def test_what_comes_in_is_routed_by_the_table_of_the_attached_subnet(
    subnets: tuple[str, ...], expected: Disposition, reason: str | None, tmp_path: Path
) -> None:
    vpcs, answers = inspecting(*subnets)
    out = search("rt-spoke", route("0.0.0.0/0", "att-3"))
    found = parsed(lines_of(together(vpcs, answers)), out, *SHARED_SERVICES[2:])
    assert {m.reason for m in found.account.not_understood} == ({reason} if reason else set())
    assert traced(found, "10.1.1.5", "198.51.100.7", tmp_path) is expected


@pytest.mark.parametrize(("egress", "expected"), [(True, DENIED), (False, DELIVERED)])
def test_of_the_attached_subnet_the_acl_is_asked_outward_for_what_comes_from_the_gateway(
    egress: bool, expected: Disposition, tmp_path: Path
) -> None:
    vpcs, answers = inspecting("s3b")
    acl = next(a for a in vpcs["NetworkAcls"] if a["NetworkAclId"] == "acl-s3b")
    acl["Entries"] = [entry(50, egress, "deny", "10.3.0.0/16" if egress else "10.1.0.0/16"), *acl["Entries"]]
    found = parsed(lines_of(together(vpcs, answers)), *SHARED_SERVICES[1:])
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is expected
    assert traced(found, "10.1.1.5", "10.3.2.5", tmp_path) is (DELIVERED if egress else DENIED)


def test_a_vpc_that_only_is_attached_is_reached_without_a_route_of_its_own(tmp_path: Path) -> None:
    whole = deepcopy(together(VPCS, hub(SPOKES)))
    for found_table in whole["RouteTables"]:
        if found_table["VpcId"] == "vpc-3":
            found_table["Routes"] = found_table["Routes"][:1]
    found = parsed(lines_of(whole), *SHARED_SERVICES[1:])
    assert traced(found, "10.1.1.5", "10.3.1.5", tmp_path) is DELIVERED
    assert traced(found, "10.3.1.5", "10.1.1.5", tmp_path) is NO_ROUTE_


def test_gateways_that_are_peered_are_joined_by_the_attachment(tmp_path: Path) -> None:
    peer = {
        "TransitGatewayAttachmentId": "att-peer", "State": "available",
        "RequesterTgwInfo": {"TransitGatewayId": HUB}, "AccepterTgwInfo": {"TransitGatewayId": "tgw-2"},
    }  # fmt: skip
    (tmp_path / "a.json").write_text(
        "\n".join([
            *lines_of(together(vpc(1), {
                "TransitGatewayAttachments": [attachment("att-1", "rt", "vpc", "vpc-1"),
                                              attachment("att-peer", "rt", "peering", "tgw-2")],
                "TransitGatewayVpcAttachments": [of_vpc(1)],
                "TransitGatewayPeeringAttachments": [peer], "TransitGatewayRouteTables": [table("rt")],
            })),
            *search("rt", route("10.2.0.0/16", "att-peer", of="peering")),
        ])
    )  # fmt: skip
    far = lines_of(together(vpc(2), {
        "TransitGatewayAttachments": [attachment("att-2", "rt2", "vpc", "vpc-2") | {"TransitGatewayId": "tgw-2"},
                                      attachment("att-peer", "rt2", "peering", HUB) | {"TransitGatewayId": "tgw-2"}],
        "TransitGatewayVpcAttachments": [of_vpc(2) | {"TransitGatewayId": "tgw-2"}],
        "TransitGatewayPeeringAttachments": [peer],
        "TransitGatewayRouteTables": [table("rt2") | {"TransitGatewayId": "tgw-2"}],
    }))  # fmt: skip
    text = "\n".join([*far, *search("rt2", route("10.2.0.0/16", "att-2", kind="propagated"))])
    (tmp_path / "b.json").write_text(text.replace(f'"TransitGatewayId": "{HUB}"', '"TransitGatewayId": "tgw-2"'))
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones: {a: {class: lgwan, prefixes: [10.1.0.0/16]}}\n"
        "devices: {a: {config: a.json}, b: {config: b.json}}\n"
    )
    project = load_project(tmp_path)
    devices, accounts, _ = load_devices(project)
    assert not any(account.not_understood for account in accounts)
    tracer = Tracer(devices, joined(project, devices))
    packet = Packet(parse_address("10.1.1.5"), parse_address("10.2.1.5"), 6, 40000, 443, state=ConnState.NEW)
    found = tracer.trace(packet)
    assert found.disposition is DELIVERED
    assert [hop.device for hop in found.walks[0].hops] == ["a", "a-tgw-1", "b-tgw-2", "b"]


def test_the_answers_of_the_gateway_alone_are_a_device() -> None:
    source = Source("aws.json", (*lines_of(hub(SPOKES)), *SHARED_SERVICES[1], *SHARED_SERVICES[2]))
    assert detect(source) is PLUGIN
    assert [device.name for device in PLUGIN.parse(source, "g").devices] == ["g-tgw-1"]


@pytest.mark.parametrize("told", [True, False])
def test_the_gateway_may_be_told_in_a_file_of_its_own(told: bool, tmp_path: Path) -> None:
    (tmp_path / "vpc.json").write_text("\n".join(lines_of(vpc(1))))
    (tmp_path / "hub.json").write_text(
        "\n".join(line for part in (lines_of(hub(SPOKES)), *SHARED_SERVICES[1:]) for line in part)
    )
    second = ", hub: {config: hub.json}" if told else ""
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones: {a: {class: lgwan, prefixes: [10.1.0.0/16]}}\n"
        f"devices: {{vpc: {{config: vpc.json}}{second}}}\n"
    )
    project = load_project(tmp_path)
    devices, accounts, _ = load_devices(project)
    assert [m.reason for m in accounts[0].not_understood] == [NO_TABLES]
    tracer = Tracer(devices, joined(project, devices))
    ends = [
        tracer.trace(Packet(parse_address("10.1.1.5"), parse_address(dst), 6, 40000, 443)).disposition
        for dst in ("10.3.1.5", "10.2.1.5")
    ]
    assert ends == ([DELIVERED, NO_ROUTE_] if told else [OPEN, OPEN])


BLOCKS = ("10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.3.1.0/24", "10.0.0.0/8", "0.0.0.0/0")
TABLES = ("rt-a", "rt-b")
routes = st.lists(
    st.tuples(st.sampled_from(BLOCKS), st.sampled_from(("att-1", "att-2", "att-3", ""))),
    max_size=4, unique_by=lambda r: r[0],
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@example(([("10.1.0.0/16", "att-1")], [("10.1.0.0/16", "att-2")]), ("rt-a", "rt-a", "rt-b"), 3, 1)  # by way of VPC 2
@given(
    st.tuples(routes, routes),
    st.tuples(*[st.sampled_from((*TABLES, None))] * 3),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((1, 2, 3)),
)
def test_a_table_is_read_as_a_few_lines_of_python_read_it(
    tmp_path_factory: pytest.TempPathFactory, held: Any, associated: Any, src: int, dst: int
) -> None:
    tables = {f"att-{n}": name for n, name in enumerate(associated, 1) if name}
    answers = hub(tables)
    answers["TransitGatewayRouteTables"] = [table(name) for name in (*TABLES, "rt-office")]
    searches = [
        search(name, *(route(block, end) if end else route(block, state="blackhole") for block, end in listed))
        for name, listed in zip(TABLES, held, strict=True)
    ]
    found = parsed(lines_of(together(VPCS, answers)), *searches, search("rt-office"))
    assert not found.account.not_understood
    disposition = traced(found, f"10.{src}.1.5", f"10.{dst}.1.5", tmp_path_factory.getbasetemp())
    if src != dst:
        assert (disposition is DELIVERED) == (
            dst in visited(dict(zip(TABLES, held, strict=True)), associated, src, dst)
        )
        assert disposition is not OPEN


def visited(held: dict[str, Any], associated: tuple[str | None, ...], src: int, dst: int) -> set[int]:
    """The VPCs that a packet comes through, to the last one included: each but ``dst`` sends it to the gateway."""
    target = ipaddress.ip_address(f"10.{dst}.1.5")
    seen: set[int] = set()
    at = src
    while at not in seen:
        seen.add(at)
        fitting = [(ipaddress.ip_network(block), end) for block, end in held.get(associated[at - 1] or "", ())]
        best = max(((net.prefixlen, end) for net, end in fitting if target in net), default=(0, ""))[1]
        if at == dst or not best:
            break
        at = int(best.removeprefix("att-"))
    return seen
