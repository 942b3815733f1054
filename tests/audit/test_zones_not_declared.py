"""A clause about zones that the project does not declare is no clause that it keeps."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict

PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  a: {class: %s, prefixes: [10.10.0.0/24]}
  b: {class: %s, prefixes: [10.20.0.0/24]}
devices:
  fw: {config: fw.rules, format: iptables, routes: fw.routes}
"""
RULES = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\nCOMMIT\n"
ROUTES = """\
10.10.0.0/24 dev eth0 proto kernel scope link src 10.10.0.1
10.20.0.0/24 dev eth1 proto kernel scope link src 10.20.0.1
"""


def judged(root: Path, one: str, other: str) -> dict[str, tuple[Verdict, str]]:
    (root / "fw.rules").write_text(RULES)
    (root / "fw.routes").write_text(ROUTES)
    (root / "zoneguard.yaml").write_text(PROJECT % (one, other))
    return {r.clause: (r.verdict, str(r.reason)) for r in run(load_project(root)).clauses}


@pytest.mark.parametrize("clause", ["mikasa:24(1)前段", "mikasa:24(1)後段", "mikasa:7(3)ア"])
def test_without_a_my_number_zone_nothing_is_said_of_it(tmp_path: Path, clause: str) -> None:
    verdict, reason = judged(tmp_path, "lgwan", "other")[clause]
    assert verdict is Verdict.NOT_APPLICABLE
    assert reason == "The project declares no zone of class mynumber."


@pytest.mark.parametrize("clause", ["mikasa:25柱書", "mikasa:2(11)", "mikasa:7(3)イ"])
def test_without_a_lgwan_zone_nothing_is_said_of_it(tmp_path: Path, clause: str) -> None:
    verdict, reason = judged(tmp_path, "mynumber", "internet")[clause]
    assert verdict is Verdict.NOT_APPLICABLE
    assert reason == "The project declares no zone of class lgwan."


def test_a_clause_about_both_is_decided_where_one_is_there(tmp_path: Path) -> None:
    assert judged(tmp_path, "lgwan", "other")["mikasa:85-7"][0] is Verdict.CONFORMS


def test_zones_that_are_there_are_judged(tmp_path: Path) -> None:
    found = judged(tmp_path, "mynumber", "lgwan")
    assert {found[clause][0] for clause in ("mikasa:24(1)前段", "mikasa:25柱書")} == {Verdict.CONFORMS}


def test_what_an_aspect_alone_speaks_of_is_named_alone(tmp_path: Path) -> None:
    """``ZG103:closed-external`` of a clause about the LGWAN zone."""
    assert judged(tmp_path, "mynumber", "lgwan")["mikasa:37(4)"] == (
        Verdict.NOT_APPLICABLE,
        "The project declares no zone of class closed-external.",
    )
