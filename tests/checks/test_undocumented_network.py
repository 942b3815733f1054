"""ZG116: subnets and addresses that the plan has, and those that it forgot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import ROUTES, Town, attempt, session

WITHOUT_WORLD = ("far: {class: other, prefixes: [198.51.100.0/24]}",)


def evidence(tmp_path: Path, route: str) -> list[str]:
    found = Town(tmp_path, routes=ROUTES + route).findings("ZG116")
    return [str(e) for f in found for e in f.evidence]


def test_a_town_whose_plan_is_complete_is_quiet(tmp_path: Path) -> None:
    assert not evidence(tmp_path, "")


def test_a_private_subnet_that_only_the_world_holds_was_forgotten(tmp_path: Path) -> None:
    assert evidence(tmp_path, "10.77.0.0/24 dev eth7 proto kernel scope link src 10.77.0.1\n") == ["fw.routes:7"]


@pytest.mark.parametrize("net", ["198.51.100.0/24", "169.254.7.0/24"])
def test_public_and_link_local_subnets_are_not_asked_about(tmp_path: Path, net: str) -> None:
    address = net.replace(".0/24", ".1")
    assert not evidence(tmp_path, f"{net} dev eth7 proto kernel scope link src {address}\n")


def test_an_address_that_a_capture_shows_is_found_when_somebody_answered(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, captures={"lgwan": session("10.20.0.5", "192.168.7.7", 80)}).findings("ZG116")
    assert "192.168.7.7" in str(found.message)
    assert found.clauses == ("mikasa:37(1)",)
    assert not Town(tmp_path, captures={"lgwan": attempt("10.20.0.5", "192.168.7.7", 80)}).findings("ZG116")
