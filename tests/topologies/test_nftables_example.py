"""The example of an nftables gateway: it conforms, the kernel's own tool takes it, and planted faults are found."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict
from zoneguard.model.spans import SourceSpan

EXAMPLE = Path(__file__).resolve().parents[2] / "topologies/examples/nftables-gateway"


def test_it_conforms_and_every_line_is_accounted_for() -> None:
    report = run(load_project(EXAMPLE))
    assert not report.findings
    assert report.verdict is Verdict.CONFORMS
    assert not [m for account in report.accounts for m in account.not_understood]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nft"), reason="nft and root are needed")
def test_nft_takes_the_ruleset() -> None:
    checked = subprocess.run(
        ["nft", "--check", "--file", str(EXAMPLE / "configs/gw.nft")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(
    ("old", "new", "check", "zones", "line"),
    [
        ("policy drop;\n\t\tct state vmap", "policy accept;\n\t\tct state vmap", "ZG102", ("internet", "lgwan"), 9),
        ('"lan-lg" . 10.40.0.20 . 443', '"lan-lg" . 10.30.0.80 . 443', "ZG102", ("lgwan", "internet"), 12),
        ("ip saddr 10.40.0.10 ip daddr 10.20.0.25", "ip daddr 10.20.0.0/16", "ZG103", ("san", "lgwan"), 14),
    ],
)
def test_a_planted_fault_is_found_at_its_line(
    tmp_path: Path, old: str, new: str, check: str, zones: tuple[str, str], line: int
) -> None:
    town = shutil.copytree(EXAMPLE, tmp_path / "town")
    file = town / "configs/gw.nft"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    found = [f for f in run(load_project(town)).findings if f.check == check and f.zones == zones]
    assert found
    assert all(f.verdict is Verdict.VIOLATES for f in found)
    assert any(isinstance(e, SourceSpan) and e.first <= line <= e.last for f in found for e in f.evidence)
