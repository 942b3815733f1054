"""Captures that show nothing of a zone prove nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet

from tests.checks.town import Town, session
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Report
from zoneguard.model.policy import Verdict

MN = session("10.10.0.5", "10.10.0.6", 445)
LG = session("10.20.0.5", "10.20.0.6", 445)
IN = session("10.30.0.5", "10.30.0.6", 445)
SILENT: list[Packet] = [Ether() / ARP(pdst="10.10.0.1")]
APART, SEPARATE, FILES = "mikasa:24(1)前段", "mikasa:25柱書", "mikasa:25(3)"


def replayed(root: Path, captures: dict[str, list[Packet]]) -> Report:
    """The report of the captures alone."""
    Town(root, captures=captures).audit()
    return run(load_project(root, None), frozenset({"dynamic"}))


def verdicts(report: Report) -> list[Verdict]:
    judged = {clause.clause: clause.verdict for clause in report.clauses}
    return [judged[clause] for clause in (APART, SEPARATE, FILES)]


OPEN, KEPT = Verdict.UNDETERMINED, Verdict.CONFORMS


@pytest.mark.parametrize(
    ("captures", "said"),
    [
        ({"mynumber": SILENT}, [OPEN, OPEN, OPEN]),
        ({"internet": IN}, [OPEN, OPEN, OPEN]),
        ({"mynumber": MN}, [KEPT, OPEN, OPEN]),
        ({"lgwan": LG}, [OPEN, KEPT, KEPT]),
        ({"mynumber": MN, "lgwan": LG, "internet": IN}, [KEPT, KEPT, KEPT]),
    ],
)
def test_captures_alone_decide_about_zones_that_they_show(
    tmp_path: Path, captures: dict[str, list[Packet]], said: list[Verdict]
) -> None:
    assert verdicts(replayed(tmp_path, captures)) == said


def test_configurations_decide_what_may_pass_and_not_what_was_carried(tmp_path: Path) -> None:
    assert verdicts(Town(tmp_path, captures={"internet": IN}).audit()) == [KEPT, KEPT, OPEN]


@pytest.mark.parametrize(
    ("captures", "mute"),
    [
        ({"mynumber": SILENT}, ["mynumber"]),
        ({"mynumber": IN}, ["mynumber"]),
        ({"mynumber": MN, "lgwan": MN}, ["lgwan"]),
        ({"mynumber": MN, "internet": IN}, []),
        ({"dmz-san": SILENT}, []),
    ],
)
def test_captures_that_show_nothing_of_their_zone_are_said(
    tmp_path: Path, captures: dict[str, list[Packet]], mute: list[str]
) -> None:
    found = [f for f in Town(tmp_path, captures=captures).findings("ZG401") if "show no packet" in str(f.message)]
    assert [(str(f.message).split()[6], f.verdict) for f in found] == [(zone, OPEN) for zone in mute]
