"""Midorigaoka Town: an AlliedWare Plus core switch (CP932) with VRF instances, and an AR router between them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified


def test_the_town_conforms() -> None:
    status, report = verified(EXAMPLES / "awplus")
    assert not report["findings"]
    assert status == 0


def test_its_core_is_written_in_cp932() -> None:
    data = (EXAMPLES / "awplus/configs/core.cfg").read_bytes()
    assert "本庁舎コアSW" in data.decode("cp932")
    assert b"\r\n" in data


@pytest.mark.parametrize(
    ("file", "encoding", "before", "after", "zones"),
    [
        ("configs/ar-gw.cfg", "utf-8", " protect\n", "", ("lgwan", "internet")),
        ("configs/ar-gw.cfg", "utf-8", "to internet.office.vdi log", "to internet.office log", ("lgwan", "internet")),
        (
            "configs/ar-gw.cfg",
            "utf-8",
            "rule 900 deny any from mynumber",
            "rule 5 permit any from mynumber",
            ("mynumber", "world"),
        ),
        (
            "configs/core.cfg",
            "cp932",
            "interface vlan20\r\n ip vrf forwarding lgwan",
            "interface vlan20\r\n ip vrf forwarding mynumber",
            ("lgwan", "mynumber"),
        ),
    ],
)
def test_a_fault_is_found(
    tmp_path: Path, file: str, encoding: str, before: str, after: str, zones: tuple[str, str]
) -> None:
    project = faulty("awplus", tmp_path, file, encoding, before, after)
    _, report = verified(project)
    assert any(set(pair) == set(zones) for pair in crossings(report))
