"""ZG205: the time from outside."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, exchange
from zoneguard.model.policy import Verdict


def test_the_time_from_inside_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, captures={"mynumber": exchange("10.10.0.7", "10.10.0.1", 123)}).findings("ZG205")


def test_the_time_from_a_public_server_is_found(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, captures={"mynumber": exchange("10.10.0.7", "198.51.100.1", 123)}).findings("ZG205")
    assert found.verdict is Verdict.VIOLATES
    assert found.clauses == ("mikasa:121(2)",)


def test_an_unanswered_question_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, captures={"mynumber": exchange("10.10.0.7", "198.51.100.1", 123)[:1]}).findings("ZG205")
