"""ZG203: a clean file and one with a hazard."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Disposition: attachment; filename=%s\r\n\r\n"
PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)
REQUEST = b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n"


def found(tmp_path: Path, name: bytes, content: bytes, server: str = "10.30.0.9") -> list[Verdict]:
    answer = ANSWER % (len(content), name) + content
    town = Town(tmp_path, captures={"lgwan": session("10.20.0.5", server, 80, REQUEST, answer)})
    return [f.verdict for f in town.findings("ZG203")]


def carried_out(tmp_path: Path, profile: str, model: str = "alpha") -> list[tuple[str, tuple[str, ...]]]:
    """What is said of a program that an Internet terminal takes from the LGWAN zone."""
    answer = ANSWER % (len(PROGRAM), b"a.exe") + PROGRAM
    capture = {"internet": session("10.30.0.9", "10.20.0.5", 80, REQUEST, answer)}
    town = Town(tmp_path, captures=capture, profile=profile, model=model)
    return [(f.aspect, f.clauses) for f in town.findings("ZG203")]


def test_a_file_without_hazard_is_quiet(tmp_path: Path) -> None:
    assert not found(tmp_path, b"a.txt", b"hello")


def test_a_program_that_comes_in_is_found_though_the_flow_was_opened_from_inside(tmp_path: Path) -> None:
    assert found(tmp_path, b"a.exe", PROGRAM) == [Verdict.VIOLATES]


def test_a_program_inside_the_zone_is_not_an_import(tmp_path: Path) -> None:
    assert not found(tmp_path, b"a.exe", PROGRAM, server="10.20.0.9")


def test_a_program_that_leaves_is_asked_for_by_the_clauses_about_both_directions(tmp_path: Path) -> None:
    assert carried_out(tmp_path, "yokote") == [("export", ("yokote:7③(イ)",))]
    assert carried_out(tmp_path, "gotsu") == [("export", ("gotsu:6(3)②",))]
    assert carried_out(tmp_path, "mikasa") == [("export", ("mikasa:7(3)イ",))]


def test_setagaya_asks_for_what_is_taken_in_which_is_by_terminals_where_they_are(tmp_path: Path) -> None:
    assert not carried_out(tmp_path, "setagaya")
    assert carried_out(tmp_path, "setagaya", "beta-dash") == [("import", ("setagaya:2(12)", "setagaya:6(3)②"))]


def test_kobe_does_not_speak_of_sanitizing(tmp_path: Path) -> None:
    assert not carried_out(tmp_path, "kobe-foundation")
