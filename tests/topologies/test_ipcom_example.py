"""Shiomidai Town: what an IPCOM joins stays open, what it does not join is judged."""

from __future__ import annotations

from pathlib import Path

from tests.topologies.examples import EXAMPLES, crossings, faulty, verified

LINE = "ip route 0.0.0.0/0 203.0.113.1 distance 5\r\n"


def test_only_what_the_ipcom_joins_is_undetermined() -> None:
    status, report = verified(EXAMPLES / "ipcom")
    assert status == 3
    assert not crossings(report)
    pairs = {tuple(f["zones"]) for f in report["findings"] if f["zones"]}
    assert pairs == {("world", "internet")}


def test_the_line_that_is_not_understood_is_named() -> None:
    _, report = verified(EXAMPLES / "ipcom")
    lines = {(e["file"], e["line"]) for f in report["findings"] if f["check"] == "ZG401" for e in f["evidence"]}
    assert ("configs/in-ipcom.cfg", 29) in lines


def test_a_second_line_into_the_lgwan_zone_opens_that_too(tmp_path: Path) -> None:
    joined = LINE + "interface lan0.2\r\n  ip address 10.20.40.2/24\r\n  ip-routing\r\n  exit\r\n"
    project = faulty("ipcom", tmp_path, "configs/in-ipcom.cfg", "cp932", LINE, joined)
    status, report = verified(project)
    assert status == 3
    assert not crossings(report)
    assert ("world", "lgwan") in {tuple(f["zones"]) for f in report["findings"]}
