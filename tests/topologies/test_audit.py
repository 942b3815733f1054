"""The audit of the shipped municipalities against expectations written by hand before the code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2] / "topologies"


def audited(name: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "zoneguard", "audit", str(ROOT / name), "--format", "json", "--lang", "en"]
    result = subprocess.run(command, capture_output=True, check=False, timeout=120)
    assert result.returncode in (0, 1), result.stderr.decode()
    report: dict[str, Any] = json.loads(result.stdout)
    return result.returncode, report


def expected(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((ROOT / name / "expected.yaml").read_text(encoding="utf-8"))
    return data


def places(evidence: list[dict[str, Any]]) -> list[tuple[str, int, int]]:
    """``(file, first, last)`` of lines and frames."""
    return [
        (e["file"], e["line"], e.get("last_line", e["line"])) if "file" in e else (e["capture"], e["frame"], e["frame"])
        for e in evidence
    ]


def wanted_place(text: str) -> tuple[str, int, int]:
    if "#" in text:
        file, _, frame = text.partition("#")
        return file, int(frame), int(frame)
    file, _, lines = text.rpartition(":")
    first, _, last = lines.partition("-")
    return file, int(first), int(last or first)


def covers(found: list[tuple[str, int, int]], want: tuple[str, int, int]) -> bool:
    return any(f == want[0] and a <= want[2] and b >= want[1] for f, a, b in found)


def matches(finding: dict[str, Any], want: dict[str, Any]) -> bool:
    return (
        (finding["check"], finding["verdict"], finding["severity"])
        == (want["check"], want["verdict"], want["severity"])
        and sorted(finding["zones"]) == sorted(want["zones"])
        and sorted(finding["clauses"]) == sorted(want["clauses"])
        and all(covers(places(finding["evidence"]), wanted_place(w)) for w in want["evidence"])
    )


@pytest.mark.parametrize("name", sorted(p.parent.name for p in ROOT.glob("*/expected.yaml")))
def test_exactly_what_was_expected_is_found(name: str) -> None:
    status, report = audited(name)
    truth = expected(name)
    left = list(report["findings"])
    missing = []
    for want in truth["findings"]:
        hit = next((f for f in left if matches(f, want)), None)
        if hit is None:
            missing.append(want)
        else:
            left.remove(hit)
    assert not missing
    assert not left
    assert status == truth["exit-status"]


def test_the_macro_is_named_with_its_hash() -> None:
    _, report = audited("alpha-city-broken")
    want = next(f["attachment"] for f in expected("alpha-city-broken")["findings"] if "attachment" in f)
    mail = next(f for f in report["findings"] if f["check"] == "ZG201")
    assert mail["transfer"]["sha256"] == want["sha256"]
    assert mail["transfer"]["name"] == want["name"]
    assert any(h["where"].startswith(want["macro"]) for h in mail["transfer"]["hazards"])
