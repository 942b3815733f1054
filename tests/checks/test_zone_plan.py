"""ZG112: zones beside each other, and one inside another."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Finding


def found(tmp_path: Path, lgwan: str, profile: str = "mikasa") -> list[Finding]:
    Town(tmp_path, profile=profile).audit()
    file = tmp_path / "zoneguard.yaml"
    file.write_text(file.read_text().replace("prefixes: [10.20.0.0/24]", f"prefixes: [{lgwan}]"))
    return [f for f in run(load_project(tmp_path)).findings if f.check == "ZG112"]


def test_zones_beside_each_other_are_quiet(tmp_path: Path) -> None:
    assert not found(tmp_path, "10.20.0.0/24")


@pytest.mark.parametrize(("profile", "clause"), [("mikasa", "mikasa:2(9)"), ("gotsu", "gotsu:2(9)")])
def test_the_my_number_zone_is_no_part_of_the_lgwan_zone(tmp_path: Path, profile: str, clause: str) -> None:
    beside, inside = found(tmp_path, "10.0.0.0/11", profile)
    assert (inside.zones, inside.clauses) == (("mynumber", "lgwan"), (clause,))
    assert {span.first for span in inside.evidence} == {6, 7}  # type: ignore[union-attr]
    assert (beside.zones, beside.clauses) == (("internet", "lgwan"), ())


def test_policies_that_do_not_define_it_so_cite_nothing(tmp_path: Path) -> None:
    assert [f.clauses for f in found(tmp_path, "10.8.0.0/13", "yokote")] == [()]
