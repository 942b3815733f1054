"""Files of a project that hold no device: the error says what is wrong with them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from zoneguard.audit.inputs import load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.addresses import format_prefix
from zoneguard.model.errors import InputError

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
