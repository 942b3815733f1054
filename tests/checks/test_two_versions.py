"""Lists of a device that asks one version of IP and leaves the other alone: nobody wrote that as a rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project

ROUTER = """\
ip lan1 address 10.20.0.1/24
ip lan1 secure filter in 10
ip lan2 address 10.30.0.1/24
ipv6 lan1 address 2001:db8:20::1/64
ipv6 lan1 secure filter in 20
ipv6 lan2 address 2001:db8:30::1/64
ip filter 10 pass 10.20.0.5 10.30.0.9 tcp * {port}
ipv6 filter 20 reject * * * * *
"""
PROJECT = """\
zoneguard: 1
profile: [mikasa]
as-of: 2026-11-01
zones:
  lgwan: {class: lgwan, prefixes: [10.20.0.0/24, "2001:db8:20::/64"]}
  internet: {class: internet, prefixes: [10.30.0.0/24, "2001:db8:30::/64"]}
devices:
  rtr: {config: rtr.conf, format: yamaha}
"""


@pytest.mark.parametrize(("port", "found"), [("443", {"ZG102"}), ("3389", {"ZG102", "ZG128"})])
def test_such_a_list_is_no_broad_permit_and_hides_no_risky_service(tmp_path: Path, port: str, found: set[str]) -> None:
    (tmp_path / "rtr.conf").write_text(ROUTER.format(port=port), encoding="utf-8")
    (tmp_path / "zoneguard.yaml").write_text(PROJECT, encoding="utf-8")
    report = run(load_project(tmp_path))
    outward = {f.check for f in report.findings if f.zones == ("lgwan", "internet")}
    assert outward == found
    assert not [f for f in report.findings if f.check == "ZG110"]
