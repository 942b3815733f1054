"""ZG113: the display services, a share beside them, the wrong direction, and the wrong side."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import Town, line
from zoneguard.model.policy import Verdict

TO_SCREEN = "-A FORWARD -s 10.20.0.0/24 -d 10.30.0.50/32 -p tcp -j ACCEPT"
BACK = "-A FORWARD -s 10.30.0.50/32 -d 10.20.0.0/24 -p tcp -j ACCEPT"
DISPLAY = "{id: A1, from: lgwan, to: vdi, services: [tcp/8443]}"


def verdicts(town: Town) -> list[Verdict]:
    return [f.verdict for f in town.findings("ZG113")]


def test_a_row_for_the_display_service_is_quiet(tmp_path: Path) -> None:
    assert not verdicts(Town(tmp_path, [TO_SCREEN], allow=[DISPLAY]))


def test_a_row_that_opens_more_is_found_with_its_line(tmp_path: Path) -> None:
    wide = DISPLAY.replace("tcp/8443", "tcp/8443, tcp/445")
    (found,) = Town(tmp_path, [TO_SCREEN], allow=[wide]).findings("ZG113")
    assert found.verdict is Verdict.VIOLATES
    assert [(r.destination, r.ports) for r in found.rows] == [("10.30.0.50", "445")]
    assert line(found).startswith("zoneguard.yaml:")
    assert "mikasa:25(2)" in found.clauses


def test_a_row_that_no_configuration_lets_pass_is_quiet(tmp_path: Path) -> None:
    wide = DISPLAY.replace("tcp/8443", "any")
    assert not verdicts(Town(tmp_path, [TO_SCREEN.replace("-p tcp", "-p tcp --dport 8443")], allow=[wide]))


def test_a_screen_host_that_opens_sessions_is_found(tmp_path: Path) -> None:
    row = "{id: A2, from: vdi, to: lgwan, services: [tcp/445]}"
    assert verdicts(Town(tmp_path, [BACK], allow=[row])) == [Verdict.VIOLATES]


def test_without_declared_display_services_nothing_is_certain(tmp_path: Path) -> None:
    assert verdicts(Town(tmp_path, [TO_SCREEN], allow=[DISPLAY], display="")) == [Verdict.UNDETERMINED]


def test_the_side_of_the_screen_follows_the_model(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, model="beta").findings("ZG113")
    assert "internet" in found.zones
    assert not verdicts(Town(tmp_path, model="alpha-dash"))
    assert not verdicts(Town(tmp_path, model="two-zone"))
