"""ZG206: readable protocols inside, from outside, and where they do not matter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, attempt, session


def aspects(tmp_path: Path, src: str, dst: str, port: int, answer: bytes = b"login: ") -> list[str]:
    town = Town(tmp_path, captures={"internet": session(src, dst, port, answer=answer)})
    return [f.aspect for f in town.findings("ZG206")]


@pytest.mark.parametrize("port", [21, 23, 389])
def test_a_readable_session_in_an_inner_zone_is_found(tmp_path: Path, port: int) -> None:
    assert aspects(tmp_path, "10.20.0.5", "10.20.0.6", port) == ["inside"]


def test_from_outside_it_is_said_so_whatever_the_zone(tmp_path: Path) -> None:
    assert aspects(tmp_path, "198.51.100.9", "10.30.0.6", 23) == ["outside"]


@pytest.mark.parametrize(("dst", "port"), [("10.30.0.6", 23), ("10.20.0.6", 22), ("10.20.0.6", 443)])
def test_elsewhere_or_encrypted_is_quiet(tmp_path: Path, dst: str, port: int) -> None:
    assert not aspects(tmp_path, "10.30.0.5" if dst.startswith("10.30") else "10.20.0.5", dst, port)


def test_what_nobody_answered_carried_nothing(tmp_path: Path) -> None:
    assert not Town(tmp_path, captures={"lgwan": attempt("10.20.0.5", "10.20.0.6", 23)}).findings("ZG206")


def test_a_session_that_turned_to_tls_is_not_readable(tmp_path: Path) -> None:
    hello = bytes.fromhex("16030100310100002d0303") + bytes(32) + bytes.fromhex("000002130101000002ff00")
    talk = session("10.20.0.5", "10.30.0.6", 21, b"AUTH TLS\r\n" + hello, b"220 hi\r\n234 go\r\n")
    assert not Town(tmp_path, captures={"lgwan": talk}).findings("ZG206")
