"""The example of a branch behind one UNIVERGE IX with VRF-Lite: verified, clean, and read whole."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "topologies" / "examples" / "nec-ix"


def run(*arguments: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "zoneguard", *arguments, "--format", "json", "--lang", "en"]
    result = subprocess.run(command, capture_output=True, check=False, timeout=120)
    found: dict[str, Any] = json.loads(result.stdout)
    return result.returncode, found


def test_it_verifies_clean_and_every_line_is_understood_or_ignored() -> None:
    status, report = run("verify", str(EXAMPLE))
    assert status == 0
    assert [file["not_understood"] for file in report["coverage"]["files"]] == [[], []]
    assert {(c["from"], c["to"]) for c in report["matrix"] if c["rows"]} == {("internet", "world")}


@pytest.mark.parametrize(
    ("source", "target", "port", "disposition"),
    [
        ("10.20.64.5", "10.20.10.20", "445", "delivered"),
        ("10.20.64.5", "10.20.10.20", "80", "denied"),
        ("10.20.10.20", "10.20.64.5", "445", "denied"),
        ("10.30.64.5", "198.51.100.7", "443", "delivered"),
        ("10.30.64.5", "198.51.100.7", "22", "denied"),
        ("198.51.100.7", "10.30.64.5", "443", "denied"),
        ("10.20.64.5", "10.30.64.5", "443", "no-route"),
    ],
)
def test_single_packets(source: str, target: str, port: str, disposition: str) -> None:
    _, trace = run("trace", str(EXAMPLE), "--from", source, "--to", target, "--proto", "tcp", "--dport", port)
    assert trace["disposition"] == disposition
