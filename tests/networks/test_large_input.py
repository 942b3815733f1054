"""Groups of 10,000 addresses end with an exact answer in bounded memory; ``bench.large`` has 100,000 rules as well."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench.large import group, hosts, object_group, write_project

from tests.networks.site import Site, opening
from zoneguard.loading.project import load_project
from zoneguard.static.reachability import Network
from zoneguard.static.translation import sent

ADDRESSES = 10_000
MEGABYTES = 500
"""For a whole process. It was 1,003 while the group was followed as translated too, though nothing translates it."""

PEAK = """
import re, sys
from pathlib import Path
from zoneguard.cli import cli
from zoneguard.console import run
assert run(cli, sys.argv[1:]) == 0
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""
"""The command line with the peak of its memory in KiB on stdout. What ``wait4`` tells is not less than its parent's."""


def matrix(root: Path) -> tuple[list[dict[str, Any]], float]:
    """What ``zoneguard matrix`` says in a process of its own, and the most memory that it held, in megabytes."""
    out = root / "matrix.json"
    command = [sys.executable, "-c", PEAK, "matrix", str(root), "--format", "json", "--output", str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    cells: list[dict[str, Any]] = json.loads(out.read_text())["matrix"]
    return cells, int(done.stdout) / 1024


@pytest.mark.parametrize("export", [group, object_group])
def test_a_group_of_10000_addresses_is_exact_and_bounded(tmp_path: Path, export: Callable[[int], str]) -> None:
    write_project(tmp_path, export(ADDRESSES))
    cells, peak = matrix(tmp_path)
    states = {(cell["from"], cell["to"]): cell["state"] for cell in cells}
    assert states["lgwan", "internet"] == "violated"
    assert peak < MEGABYTES
    made = Site(load_project(tmp_path, None))
    member, second = hosts(ADDRESSES)[0], hosts(ADDRESSES)[-1]
    stranger = next(f"10.20.128.{n}" for n in range(2, 255) if f"10.20.128.{n}" not in set(hosts(ADDRESSES)))
    expected = {member: "delivered", second: "delivered", stranger: "denied"}
    assert {h: made.trace(opening(h, "10.30.0.5")).disposition.value for h in expected} == expected
    network = Network(made.devices, made.project.zones)
    (crossing,) = (c for c in network.crossings(["lgwan"]) if c.destination == "internet")
    asked = sent(crossing.packets)
    assert {h: opening(h, "10.30.0.5") in asked for h in expected} == {
        h: ends == "delivered" for h, ends in expected.items()
    }
