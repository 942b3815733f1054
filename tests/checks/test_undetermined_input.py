"""ZG401: what was not read is said."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import ROUTES, Town, session
from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.policy import Verdict


def test_a_whole_input_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)}).findings("ZG401")


def test_a_zone_without_device_is_said(tmp_path: Path) -> None:
    routes = "".join(line + "\n" for line in ROUTES.splitlines() if "eth3" not in line)
    (found,) = Town(tmp_path, routes=routes).findings("ZG401")
    assert found.verdict is Verdict.UNDETERMINED
    assert "dmz-san" in str(found.message)


def test_a_capture_that_was_cut_is_said_with_the_frame(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"internet": session("10.30.0.7", "10.30.0.8", 443)})
    town.audit()
    whole = (tmp_path / "internet.pcap").read_bytes()

    town.captures = {}
    town.audit()
    (tmp_path / "internet.pcap").write_bytes(whole[:-7])
    text = (tmp_path / "zoneguard.yaml").read_text(encoding="utf-8")
    text = text.replace("captures: []", "captures: [{path: internet.pcap, point: {zone: internet}}]")
    (tmp_path / "zoneguard.yaml").write_text(text, encoding="utf-8")
    report = run(load_project(tmp_path, None))
    (found,) = [f for f in report.findings if f.check == "ZG401"]
    assert "internet.pcap" in str(found.message)
    assert report.verdict is Verdict.UNDETERMINED


def test_a_line_that_may_matter_makes_the_clauses_undetermined(tmp_path: Path) -> None:
    report = Town(tmp_path, ["-A FORWARD -i eth2 -o eth1 -j SOMETHING-ELSE"]).audit()
    verdicts = {c.clause: c.verdict for c in report.clauses}
    assert verdicts["mikasa:25柱書"] is Verdict.UNDETERMINED


def test_what_is_not_understood_bounds_no_clause_that_rests_on_the_register_or_on_captures(tmp_path: Path) -> None:
    town = Town(
        tmp_path,
        devices=("sw: {config: sw.cfg, format: awplus}",),
        files={"sw.cfg": "interface vlan30\n ip address 10.30.0.77/24\n!\nrouter ospf 1\n network 10.0.0.0/8 area 0\n"},
        captures={"internet": session("10.30.0.7", "10.30.0.9", 443)},
    )
    report = town.audit()
    assert [f.check for f in report.findings if f.verdict is Verdict.UNDETERMINED] == ["ZG401"]
    verdicts = {c.clause: c.verdict for c in report.clauses}
    assert {verdicts[f"mikasa:{clause}"] for clause in ("20-1", "129", "131")} == {Verdict.CONFORMS}
    assert verdicts["mikasa:85-4"] is Verdict.ATTESTATION_NEEDED, "captures show a part of the ways in only"
    asking = {verdicts[f"mikasa:{clause}"] for clause in ("24(1)前段", "67(1)", "67(3)", "82")}
    assert asking == {Verdict.UNDETERMINED}, "67(3) rests on a check that asks configurations and captures"
