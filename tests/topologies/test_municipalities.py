"""The other municipalities and their broken twins: well formed, and their captures hold what they claim."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.topologies.readback import fits, outside, rows_of, sessions
from zoneguard.audit import run
from zoneguard.audit.inputs import load_devices
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Severity, Verdict
from zoneguard.parsers.reading import decode

ROOT = Path(__file__).parents[2]
TOWNS = ("betadash-ward", "two-zone-foundation")
TWINS = tuple(name for town in TOWNS for name in (town, f"{town}-broken"))
both = pytest.mark.parametrize("twin", TWINS)
each = pytest.mark.parametrize("town", TOWNS)


def folder(twin: str) -> Path:
    return ROOT / "topologies" / twin


def expected(twin: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((folder(twin) / "expected.yaml").read_text(encoding="utf-8"))
    return document


def pointed_at(twin: str, evidence: str) -> list[str]:
    """The lines that ``file:line`` or ``file:first-last`` names."""
    name, _, place = evidence.rpartition(":")
    first, _, last = place.partition("-")
    lines = decode((folder(twin) / name).read_bytes(), name)[0].splitlines()
    assert 1 <= int(first) <= int(last or first) <= len(lines), evidence
    return lines[int(first) - 1 : int(last or first)]


def places(twin: str) -> list[str]:
    document = expected(twin)
    return [e for f in document["findings"] for e in f["evidence"]] + [
        f["where"] for f in document.get("not-findings", [])
    ]


@each
def test_every_run_makes_the_same_captures_and_they_are_the_shipped_ones(town: str, tmp_path: Path) -> None:
    module = f"captures.{town.replace('-', '_')}"
    subprocess.run([sys.executable, "-m", module, str(tmp_path)], check=True, cwd=ROOT)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.pcap"))
    shipped = sorted(
        p.relative_to(ROOT / "topologies") for t in (town, f"{town}-broken") for p in folder(t).rglob("*.pcap")
    )
    assert made == shipped
    for path in made:
        assert (tmp_path / path).read_bytes() == (ROOT / "topologies" / path).read_bytes(), path
    assert sum((tmp_path / path).stat().st_size for path in made) < 500_000


@each
def test_twins_have_the_same_zones_and_devices_and_no_row_more(town: str) -> None:
    clean, broken = (load_project(folder(name)) for name in (town, f"{town}-broken"))
    for project in (clean, broken):
        assert project.model == clean.model
    assert [(z.name, z.prefixes) for z in clean.zones] == [(z.name, z.prefixes) for z in broken.zones]
    assert [d.name for d in clean.devices] == [d.name for d in broken.devices]
    assert {row.id for row in rows_of(broken)} <= {row.id for row in rows_of(clean)}


@both
def test_every_service_of_every_allowance_and_exception_is_used(twin: str) -> None:
    project = load_project(folder(twin))
    for row in rows_of(project):
        used = {text for session in sessions(twin) if session.answered for text in fits(row, session)}
        assert used == {service.text for service in row.services}, row.id


@both
def test_tcp_sessions_begin_with_a_handshake_and_end_with_fin_from_both_sides(twin: str) -> None:
    for session in sessions(twin):
        if session.proto == "tcp" and session.answered:
            assert session.flags[:3] == ["S", "SA", "A"]
            assert session.flags[-3:] == ["FA", "FA", "A"]


@both
def test_every_line_of_every_export_is_understood_or_ignored_for_a_reason(twin: str) -> None:
    _, accounts, _ = load_devices(load_project(folder(twin)))
    assert not [entry for account in accounts for entry in account.not_understood]


@both
def test_expected_findings_speak_the_vocabulary(twin: str) -> None:
    project = load_project(folder(twin))
    zones = {zone.name for zone in project.zones}
    plan = (ROOT / "docs/reference/checks.md").read_text(encoding="utf-8")
    known = {clause.id for profile in project.profiles for clause in profile.clauses}
    for finding in expected(twin)["findings"]:
        assert f"| {finding['check']} |" in plan
        assert Severity(finding["severity"])
        assert Verdict(finding["verdict"])
        assert set(finding["zones"]) <= zones
        assert set(finding["clauses"]) <= known
        assert finding["evidence"]
        assert finding["note"]


@both
def test_every_place_that_is_pointed_at_exists(twin: str) -> None:
    for place in places(twin):
        if "#" not in place:
            assert any(line.strip() for line in pointed_at(twin, place)), place


@each
def test_the_clean_twin_expects_nothing_and_the_broken_one_all_ten(town: str) -> None:
    assert expected(town)["findings"] == []
    assert {finding["n"] for finding in expected(f"{town}-broken")["findings"]} == set(range(1, 11))


@each
def test_nothing_is_answered_outside_the_allowances_in_the_clean_captures(town: str) -> None:
    """But for what the breakout translated: its line shows the gateway's own address."""
    assert [s for s in outside(town) if s.capture != "lbo.pcap"] == []


PLANTED = {
    "betadash-ward-broken": [
        ("ZG101", 1, "zone internal network layer3 [ ethernet1/6 ethernet1/7"),
        ("ZG101", 2, "source n-in-cl negate-source yes"),
        ("ZG101", 3, "import inter-vrf"),
        ("ZG101", 4, "same-security-traffic permit inter-interface"),
        ("ZG114", 5, 'set dstaddr "all"'),
        ("ZG103", 6, "from dmz to in-sv"),
        ("ZG102", 7, "destination g-lg-view"),
    ],
    "two-zone-foundation-broken": [
        ("ZG109", 1, "ip vlan1 address 192.168.10.1/24"),
        ("ZG121", 2, "pass * 192.168.0.0/16"),
        ("ZG101", 3, "pass 192.168.200.0/25 192.168.0.0/16"),
        ("ZG101", 4, "ipv6 vlan1 address"),
        ("ZG101", 5, "access-list hardware MN-PORTS"),
        ("ZG210", 6, "192.168.20.10 tcp * 3389"),
        ("ZG105", 7, "approver: 情報セキュリティ管理者"),
    ],
}


@pytest.mark.parametrize(
    ("twin", "check", "number", "words"), [(t, *rest) for t, all_ in PLANTED.items() for rest in all_]
)
def test_expected_lines_say_what_was_planted(twin: str, check: str, number: int, words: str) -> None:
    found = [f for f in expected(twin)["findings"] if (f["check"], f["n"]) == (check, number)]
    texts = ["\n".join(line for e in f["evidence"] for line in pointed_at(twin, e)) for f in found]
    assert any(words in text for text in texts)


def test_that_a_connection_is_declared_does_not_say_that_it_was_agreed_on(tmp_path: Path) -> None:
    """Clause 2章8(2)(オ): an undeclared one breaks it, for a declared one somebody gives their word."""
    town = shutil.copytree(folder("two-zone-foundation"), tmp_path / "town")
    clause = "kobe-foundation:2章8(2)(オ)"

    def verdict() -> Verdict:
        report = run(load_project(town), frozenset({"static"}))
        return next(r.verdict for r in report.clauses if r.clause == clause)

    assert verdict() is Verdict.ATTESTATION_NEEDED
    word = f'- {{clause: "{clause}", by: 情報基盤管理者, on: 2026-03-10, document: 協議録}}'
    (town / "words.yaml").write_text(f"zoneguard-attestations: 1\nattestations:\n  {word}\n", encoding="utf-8")
    with (town / "zoneguard.yaml").open("a", encoding="utf-8") as file:
        file.write("\nattestations: words.yaml\n")
    assert verdict() is Verdict.CONFORMS
    text = (town / "zoneguard.yaml").read_text(encoding="utf-8")
    (town / "zoneguard.yaml").write_text(
        text.replace("from: OFFICE, to: CITY", "from: SERVER, to: CITY"), encoding="utf-8"
    )
    assert verdict() is Verdict.VIOLATES
