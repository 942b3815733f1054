"""Files of a project that hold no device: the error says what is wrong with them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.parsers.packet_run import packet
from zoneguard.audit.inputs import joined, load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import format_prefix
from zoneguard.model.errors import InputError
from zoneguard.static.trace import Disposition, Tracer

EXAMPLE = Path(__file__).resolve().parents[2] / "topologies/examples/aws-govcloud"


@pytest.mark.parametrize(
    ("text", "named", "said"),
    [
        ("", ", format: terraform", "no device of format terraform; its content speaks for aws"),
        ('{"Vpcs": []}', ", format: aws", "holds no device; check config and format"),
        ('{"Vpcs": []}', "", "holds no device; check config and format"),
    ],
)
def test_a_file_without_a_device_is_an_error_that_names_the_other_format(
    tmp_path: Path, text: str, named: str, said: str
) -> None:
    town = shutil.copytree(EXAMPLE, tmp_path / "town")
    if text:
        (town / "configs/vpc.json").write_text(text, encoding="utf-8")
    project = town / "zoneguard.yaml"
    before = project.read_text(encoding="utf-8")
    project.write_text(before.replace("vpc.json}", f"vpc.json{named}}}"), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        load_devices(load_project(town))


@pytest.mark.parametrize(("content", "said"), [(b"", "the file is empty"), (b"\0\1" * 99, "binary data")])
def test_a_file_that_cannot_be_read_is_named_with_the_line_that_names_it(
    tmp_path: Path, content: bytes, said: str
) -> None:
    town = shutil.copytree(EXAMPLE, tmp_path / "town")
    (town / "configs/vpc.json").write_bytes(content)
    lines = (town / "zoneguard.yaml").read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "vpc.json" in line)
    with pytest.raises(InputError) as caught:
        load_devices(load_project(town))
    assert caught.value.file == str(town / "configs/vpc.json")
    assert said in str(caught.value)
    assert str(caught.value).endswith(f"(named in {town / 'zoneguard.yaml'}:{number})")


ROUTER = """hostname {name}
interface GigabitEthernet0/1
 ip address 10.1.0.1 255.255.255.0
router ospf 1
"""
SESSION = """{first}#show ip route
Codes: C - connected, O - OSPF
C        10.1.0.0/24 is directly connected, GigabitEthernet0/1
O        10.2.0.0/24 [110/2] via 10.1.0.2, 00:01:02, GigabitEthernet0/1
{second}#show ip route
Codes: C - connected, O - OSPF
C        10.9.0.0/24 is directly connected, GigabitEthernet0/1
"""


@pytest.mark.parametrize(
    ("hostname", "first", "second", "found"),
    [("core", "core", "edge", True), ("other", "R1", "edge", True), ("other", "core", "edge", False)],
)
def test_a_session_with_several_hosts_gives_each_device_its_own_table(
    tmp_path: Path, hostname: str, first: str, second: str, found: bool
) -> None:
    (tmp_path / "r1.cfg").write_text(ROUTER.format(name=hostname))
    (tmp_path / "routes.txt").write_text(SESSION.format(first=first, second=second))
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones: {a: {class: lgwan, prefixes: [10.1.0.0/24]}}\n"
        "devices: {r1: {config: r1.cfg, routes: routes.txt}}\n"
    )
    (device,), _, _ = load_devices(load_project(tmp_path))
    assert [format_prefix(r.network, r.length) for r in device.vrfs[0].routes] == (
        ["10.1.0.0/24", "10.2.0.0/24"] if found else []
    )
    assert bool(device.uncertain) is not found


def _vpc(name: str, network: int, port: int) -> dict[str, list[dict[str, Any]]]:
    """A VPC with one host, which takes one port from everywhere, and a peering to the other."""
    block, everything = f"10.{network}.0.0/16", [{"CidrIp": "0.0.0.0/0"}]
    allow: dict[str, Any] = {"RuleNumber": 100, "RuleAction": "allow", "Protocol": "-1", "CidrBlock": "0.0.0.0/0"}
    group: dict[str, Any] = {
        "GroupId": f"sg-{name}", "VpcId": name, "IpPermissionsEgress": [{"IpProtocol": "-1", "IpRanges": everything}],
        "IpPermissions": [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": everything}],
    }  # fmt: skip
    routes = [
        {"DestinationCidrBlock": block, "GatewayId": "local"},
        {"DestinationCidrBlock": f"10.{3 - network}.0.0/16", "VpcPeeringConnectionId": "pcx-1"},
    ]
    host: dict[str, Any] = {"NetworkInterfaceId": f"eni-{name}", "SubnetId": f"s-{name}", "VpcId": name}
    worn = {"Groups": [{"GroupId": f"sg-{name}"}], "PrivateIpAddresses": [{"PrivateIpAddress": f"10.{network}.1.5"}]}
    acl: dict[str, Any] = {
        "Associations": [{"SubnetId": f"s-{name}"}],
        "Entries": [allow | {"Egress": out} for out in (True, False)],
    }
    return {
        "Vpcs": [{"VpcId": name, "CidrBlock": block}],
        "Subnets": [{"SubnetId": f"s-{name}", "VpcId": name, "CidrBlock": f"10.{network}.1.0/24"}],
        "SecurityGroups": [group],
        "NetworkAcls": [{"NetworkAclId": f"acl-{name}", "VpcId": name} | acl],
        "RouteTables": [{"VpcId": name, "Associations": [{"Main": True}], "Routes": routes}],
        "NetworkInterfaces": [host | worn],
    }


@pytest.mark.parametrize("files", [1, 2])
def test_peered_vpcs_are_joined_and_both_are_asked(tmp_path: Path, files: int) -> None:
    near, far = _vpc("vpc-a", 1, 22), _vpc("vpc-b", 2, 443)
    whole = {key: near[key] + far[key] for key in near}
    for name, content in ({"one": whole} if files == 1 else {"a": near, "b": far}).items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content, indent=1))
    devices = "{g: {config: one.json}}" if files == 1 else "{a: {config: a.json}, b: {config: b.json}}"
    (tmp_path / "zoneguard.yaml").write_text(
        "zoneguard: 1\nprofile: [mikasa]\nzones: {a: {class: lgwan, prefixes: [10.1.0.0/16]}}\n"
        f"devices: {devices}\n"
    )
    project = load_project(tmp_path)
    found, _, _ = load_devices(project)
    tracer = Tracer(found, joined(project, found))
    ends = {port: tracer.trace(packet(f"10.1.1.5 > 10.2.1.5 tcp/{port}")).disposition for port in (22, 443)}
    assert ends == {22: Disposition.DENIED, 443: Disposition.DELIVERED}
