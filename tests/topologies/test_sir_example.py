"""Shiomi Village: a branch with a Fujitsu Si-R for each zone, where no filter can be relied upon."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified

LINE = "syslog facility 23\n"
JOINED = LINE + "lan 2 ip address 10.10.41.1/24 3\n"
FILTERS = "lan 2 ip filter 0 reject any any any any any yes any\nlan 2 ip filter default reject\n"


def test_the_village_conforms() -> None:
    status, report = verified(EXAMPLES / "sir")
    assert not report["findings"]
    assert status == 0


def test_one_of_them_is_written_in_cp932() -> None:
    data = (EXAMPLES / "sir/configs/shisho-mn.cfg").read_bytes()
    assert "支所住民窓口" in data.decode("cp932")
    assert b"\r\n" in data


def test_a_router_in_both_zones_is_found(tmp_path: Path) -> None:
    project = faulty("sir", tmp_path, "configs/shisho-lg.cfg", "utf-8", LINE, JOINED)
    _, report = verified(project)
    assert crossings(report) >= {("mynumber", "lgwan"), ("lgwan", "mynumber")}


@pytest.mark.parametrize(
    "more",
    [
        JOINED + FILTERS,
        LINE + "lan 2 ip dhcp service client\n",
        LINE + "lan 0 ip in-policy 0 acl 1\n",
        LINE + "lan 0 ip nat static 0 10.20.40.9 80 10.20.255.6 80 6\n",
    ],
)
def test_what_the_manuals_leave_open_is_neither_conforming_nor_a_violation(tmp_path: Path, more: str) -> None:
    project = faulty("sir", tmp_path, "configs/shisho-lg.cfg", "utf-8", LINE, more)
    status, report = verified(project)
    assert status == 3
    assert not crossings(report)
    assert any(f["verdict"] == "undetermined" for f in report["findings"])
