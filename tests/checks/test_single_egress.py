"""ZG107: one way out, and two."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import ROUTES, Town
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict


def test_the_default_route_to_the_security_cloud_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path).findings("ZG107")


def test_a_default_route_elsewhere_is_found_at_its_line(tmp_path: Path) -> None:
    routes = ROUTES.replace("default via 203.0.113.1 dev eth4", "default via 10.30.0.254 dev eth2")
    (found,) = Town(tmp_path, routes=routes).findings("ZG107")
    assert found.verdict is Verdict.VIOLATES
    assert [str(e) for e in found.evidence] == ["fw.routes:1"]
    assert "mikasa:26-2" in found.clauses


def test_a_second_line_is_found(tmp_path: Path) -> None:
    routes = ROUTES + "198.51.100.0/24 dev ppp0 scope link\n"
    (found,) = Town(tmp_path, routes=routes).findings("ZG107")
    assert "ppp0" in str(found.message)


def test_a_route_that_waits_for_the_first_to_fail_is_found(tmp_path: Path) -> None:
    """A floating default route to a line of one's own; one to a second gateway of the security cloud is none."""

    def said(more: str) -> list[str]:
        return [str(f.message) for f in Town(tmp_path, routes=ROUTES + more).findings("ZG107")]

    (message,) = said("default dev ppp0 metric 200\n")
    assert "ppp0" in message and "fails" in message
    assert said("default via 10.30.0.254 dev eth2 metric 200\n")
    assert not said("default via 203.0.113.9 dev eth4 metric 200\n")
    assert not said("blackhole default metric 200\n")


NO_CLOUD = ROUTES.replace("203.0.113.", "10.44.0.")


def test_without_a_security_cloud_the_first_way_out_is_not_asked_and_the_second_needs_a_word(tmp_path: Path) -> None:
    Town(tmp_path, routes=NO_CLOUD + "198.51.100.0/24 via 10.40.0.9 dev eth3\n").audit()
    file = tmp_path / "zoneguard.yaml"
    text = file.read_text(encoding="utf-8").replace(
        "class: security-cloud, prefixes: [203.0.113.0/28]", "class: other, prefixes: [10.44.0.0/28]"
    )
    file.write_text(text, encoding="utf-8")
    report = run(load_project(tmp_path))
    (found,) = [f for f in report.findings if f.check == "ZG107"]
    assert (found.verdict, found.clauses) == (Verdict.ATTESTATION_NEEDED, ("mikasa:37(3)",))
    verdicts = {c.clause: c.verdict for c in report.clauses}
    assert verdicts["mikasa:26-2"] is Verdict.UNDETERMINED
