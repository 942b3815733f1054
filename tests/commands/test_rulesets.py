"""``matrix --ruleset``: who may reach whom by one ruleset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import Run

RULESET = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT
-A FORWARD -i eth1 -s 10.1.0.0/16 -j DROP
-A FORWARD -i eth1 -s 10.0.0.0/8 -d 192.0.2.1 -p tcp --dport 22 -j ACCEPT
COMMIT
"""


@pytest.fixture
def matrix(tmp_path: Path, zoneguard: Run) -> Run:
    """Run ``zoneguard matrix`` on RULESET."""
    file = tmp_path / "fw.rules"
    file.write_text(RULESET)
    return lambda *options: zoneguard("matrix", "--ruleset", file, *options)


def test_json(matrix: Run) -> None:
    status, out, _ = matrix("--chain", "FORWARD", "--service", "tcp/22", "--format", "json")
    shown = json.loads(out)
    assert status == 0
    assert shown["service_matrix"]["classes"] == [
        {"name": "1", "addresses": ["0.0.0.0-9.255.255.255", "11.0.0.0-192.0.2.0", "192.0.2.2-255.255.255.255"]},
        {"name": "2", "addresses": ["10.0.0.0/8"]},
        {"name": "3", "addresses": ["192.0.2.1"]},
    ]
    assert shown["service_matrix"]["edges"] == [["2", "3"]]
    assert shown["uncertain"] == []


def test_exact(matrix: Run) -> None:
    out = matrix("--chain", "FORWARD", "--service", "tcp/22", "--format", "json", "--exact")[1]
    assert json.loads(out)["service_matrix"]["classes"][1] == {
        "name": "2",
        "addresses": ["10.0.0.0/16", "10.2.0.0-10.255.255.255"],
    }


def test_text(matrix: Run) -> None:
    status, out, _ = matrix("--chain", "FORWARD", "--service", "tcp/80", "--lang", "en")
    assert (status, out.splitlines()[0]) == (0, "filter/FORWARD tcp/80")
    assert "1     0.0.0.0/0" in out
    assert "1     → nobody" in out


@pytest.mark.parametrize(
    "options",
    [
        ("--chain", "FORWARD"),
        ("--chain", "NOWHERE", "--service", "tcp/22"),
        ("--chain", "FORWARD", "--service", "ssh"),
        (".", "--chain", "FORWARD", "--service", "tcp/22"),
    ],
)
def test_wrong_usage(matrix: Run, options: tuple[str, ...]) -> None:
    status, out, messages = matrix(*options)
    assert (status, out) == (2, "")
    assert messages


def test_a_missing_file(zoneguard: Run, tmp_path: Path) -> None:
    options = ("--ruleset", tmp_path / "none", "--chain", "FORWARD", "--service", "tcp/22")
    assert zoneguard("matrix", *options)[0] == 2


def test_lines_that_could_change_the_answer_are_shown(zoneguard: Run, tmp_path: Path) -> None:
    file = tmp_path / "fw.rules"
    file.write_text(RULESET.replace("COMMIT", "this is no rule -A FORWARD\nCOMMIT"))
    options = ("--ruleset", file, "--chain", "FORWARD", "--service", "tcp/22")
    shown = json.loads(zoneguard("matrix", *options, "--format", "json")[1])["uncertain"]
    assert [entry["evidence"]["line"] for entry in shown] == [7]
    assert "is no rule -A FORWARD" in zoneguard("matrix", *options, "--lang", "en")[1]
