"""Minatobe Town: one ALAXALA AX (CP932) whose VRFs import one network of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified


def test_the_town_conforms() -> None:
    status, report = verified(EXAMPLES / "alaxala")
    assert not report["findings"]
    assert status == 0


def test_it_is_written_in_cp932() -> None:
    data = (EXAMPLES / "alaxala/configs/core.cfg").read_bytes()
    assert "湊部町コア" in data.decode("cp932")
    assert b"\r\n" in data


@pytest.mark.parametrize(
    ("before", "after", "zones"),
    [
        ("  ip access-group LGWAN-IN in\r\n", "", ("lgwan", "internet")),
        ("host 10.30.50.10 eq https\r\n  20 deny", "host 10.30.50.10\r\n  20 deny", ("lgwan", "internet")),
        ("  10 deny ip any 10.0.0.0 0.255.255.255\r\n  20", "  20", ("internet", "lgwan")),
        ("10.20.0.0 0.0.255.255 established", "10.20.0.0 0.0.255.255", ("internet", "lgwan")),
        ("interface vlan 10\r\n  vrf forwarding 10", "interface vlan 10\r\n  vrf forwarding 20", ("mynumber", "lgwan")),
    ],
)
def test_a_fault_is_found(tmp_path: Path, before: str, after: str, zones: tuple[str, str]) -> None:
    project = faulty("alaxala", tmp_path, "configs/core.cfg", "cp932", before, after)
    _, report = verified(project)
    assert zones in crossings(report)


def test_a_prefix_list_that_lets_more_in_is_no_way_in_by_itself(tmp_path: Path) -> None:
    """What is imported is a route; the access lists still decide."""
    project = faulty(
        "alaxala", tmp_path, "configs/core.cfg", "cp932", "permit 10.30.50.0/24", "permit 10.30.0.0/16 le 24"
    )
    _, report = verified(project)
    assert not crossings(report)
