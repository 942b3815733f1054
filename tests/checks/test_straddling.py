"""Hosts with a leg in each of two zones that are to be kept apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town
from zoneguard.model.policy import Verdict
from zoneguard.model.spans import SourceSpan


def said(root: Path, host: str, display: str = Town.display) -> set[tuple[str, tuple[str, ...], Verdict]]:
    report = Town(root, hosts=[host], display=display).audit()
    return {(f.check, f.zones, f.verdict) for f in report.findings}


def both(check: str, one: str, other: str) -> set[tuple[str, tuple[str, ...], Verdict]]:
    return {(check, (one, other), Verdict.UNDETERMINED), (check, (other, one), Verdict.UNDETERMINED)}


def test_a_host_of_the_my_number_zone_and_another_may_hand_on(tmp_path: Path) -> None:
    assert said(tmp_path, "srv: {addresses: [10.10.0.9, 10.20.0.9]}") == both("ZG101", "mynumber", "lgwan")


def test_a_host_of_the_lgwan_zone_and_the_internet_side_may_hand_on(tmp_path: Path) -> None:
    assert said(tmp_path, "relay: {addresses: [10.20.0.9, 10.30.0.9]}") == both("ZG102", "lgwan", "internet")


def test_the_clauses_are_undetermined_and_the_host_is_cited(tmp_path: Path) -> None:
    report = Town(tmp_path, hosts=["srv: {addresses: [10.10.0.9, 10.20.0.9]}"]).audit()
    verdicts = {r.clause: r.verdict for r in report.clauses}
    assert verdicts["mikasa:24(1)前段"] is Verdict.UNDETERMINED
    assert verdicts["mikasa:25柱書"] is Verdict.CONFORMS
    (place,) = report.findings[0].evidence
    assert isinstance(place, SourceSpan)
    assert "srv" in (tmp_path / "zoneguard.yaml").read_text().splitlines()[place.first - 1]


@pytest.mark.parametrize(
    "host",
    [
        "srv: {addresses: [10.10.0.9, 10.10.0.10]}",
        "srv: {addresses: [10.30.0.9, 10.40.0.9]}",
        "srv: {addresses: [10.30.0.9, 203.0.113.9]}",
        "all: {addresses: [10.20.0.0/24, 10.30.0.0/24]}",
    ],
)
def test_one_zone_zones_that_may_meet_and_groups_are_not_asked_about(tmp_path: Path, host: str) -> None:
    assert said(tmp_path, host) == set()


class TestSanitizers:
    """The third sanitizer of the town is one with legs."""

    @staticmethod
    def with_legs(root: Path, addresses: str) -> set[tuple[str, tuple[str, ...], Verdict]]:
        display = ", display: [tcp/8443]}\n  legs: {method: mail-text, hosts: [gw]"
        return said(root, f"gw: {{addresses: [{addresses}]}}", display=display)

    def test_one_between_the_lgwan_zone_and_the_internet_side_is_where_it_should_be(self, tmp_path: Path) -> None:
        assert self.with_legs(tmp_path, "10.20.0.9, 10.30.0.9") == set()

    def test_one_with_a_leg_in_the_my_number_zone_is_not(self, tmp_path: Path) -> None:
        assert self.with_legs(tmp_path, "10.10.0.9, 10.40.0.9") == both("ZG101", "mynumber", "dmz-san")
