"""ZG210: remote control from outside, to a jump host and past it, as configured and as seen."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

JUMP = ("jump: {addresses: [10.30.0.22], roles: jump-host}",)
ROW = "{id: M1, from: cloud, to: internet, services: [tcp/22], purpose: p}"


def found(tmp_path: Path, rule: str) -> list[tuple[Verdict, tuple[str, ...]]]:
    town = Town(tmp_path, forward=[f"-A FORWARD -i eth4 -o eth2 {rule} -j ACCEPT"], hosts=JUMP, allow=[ROW])
    return [(f.verdict, f.clauses) for f in town.findings("ZG210") if f.zones == ("cloud", "internet")]


def test_a_line_that_ends_at_a_jump_host_is_quiet(tmp_path: Path) -> None:
    assert not found(tmp_path, "-d 10.30.0.22/32 -p tcp --dport 22")


def test_a_line_to_any_host_is_found_though_a_row_allows_it(tmp_path: Path) -> None:
    assert found(tmp_path, "-p tcp --dport 22") == [(Verdict.VIOLATES, ("mikasa:67(3)",))]


def test_other_services_are_not_remote_control(tmp_path: Path) -> None:
    assert not found(tmp_path, "-p tcp --dport 443")


def test_a_session_that_was_seen_is_found_unless_at_a_jump_host(tmp_path: Path) -> None:
    def seen(dst: str) -> list[str]:
        town = Town(tmp_path, captures={"internet": session("198.51.100.7", dst, 3389)}, hosts=JUMP)
        return [f.aspect for f in town.findings("ZG210")]

    assert seen("10.30.0.9") == ["public"]
    assert not seen("10.30.0.22")
