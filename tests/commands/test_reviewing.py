"""``review``: text in both languages, JSON, exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Run
from zoneguard.gate import _sessions

TOPOLOGIES = Path(__file__).resolve().parents[2] / "topologies"


def as_json(zoneguard: Run, root: Path) -> tuple[int, dict[str, Any]]:
    status, out, err = zoneguard("review", root, "--format", "json")
    assert not err
    found: dict[str, Any] = json.loads(out)
    return status, found


def with_rules(gateway: Path, *rules: str) -> Path:
    text = (gateway / "gw.rules").read_text()
    lines = text.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("-A FORWARD"))
    (gateway / "gw.rules").write_text("\n".join([*lines[:first], *rules, *lines[first:]]) + "\n")
    return gateway


def test_the_shipped_city_has_nothing_contradicted_and_says_what_is_wider_than_its_traffic(zoneguard: Run) -> None:
    status, found = as_json(zoneguard, TOPOLOGIES / "alpha-city")
    assert (status, found["schema"]) == (0, "zoneguard.review/1")
    devices = {device["device"]: device for device in found["devices"]}
    assert set(devices) == {"fw-core", "sc-rtr", "lgw-fw", "cs-gw"}
    kinds = {a["kind"] for device in devices.values() for a in device["anomalies"]}
    assert kinds <= {"redundant", "partly-shadowed"}
    usages = {usage["rule"]: usage for usage in devices["fw-core"]["usage"]}
    assert {usage["use"] for usage in usages.values()} == {"used"}
    proposal = usages["policy 30 (A3_gamen-tensou)"]["proposal"]
    assert proposal["destinations"] == ["10.30.50.11"]
    assert proposal["services"] == ["tcp/8443,22443", "udp/22443"]
    assert usages["policy 101 (EX-01_renkei-eLTAX)"]["proposal"] is None


def test_a_contradiction_is_exit_status_1_and_named_with_its_cause(zoneguard: Run, gateway: Path) -> None:
    root = with_rules(gateway, "-A FORWARD -s 10.1.0.0/24 -p udp -j ACCEPT", "-A FORWARD -s 10.1.0.9/32 -p udp -j DROP")
    status, found = as_json(zoneguard, root)
    assert status == 1
    (anomaly,) = [a for a in found["devices"][0]["anomalies"] if a["kind"] == "contradicted"]
    assert anomaly["causes"][0]["line"] == anomaly["evidence"]["line"] - 1
    assert anomaly["causes"][0]["opposite"]
    assert anomaly["witness"]["proto"] == "udp"
    assert found["devices"][0]["usage"] == []


def test_what_cannot_be_decided_is_exit_status_3_unless_allowed(zoneguard: Run, gateway: Path) -> None:
    geo = "-A FORWARD -p udp -m geoip --source-country JP -j ACCEPT"
    root = with_rules(gateway, geo, "-A FORWARD -p udp -j DROP")
    assert zoneguard("review", root)[0] == 3
    assert zoneguard("review", root, "--allow-undetermined")[0] == 0


@pytest.mark.parametrize(("lang", "words"), [("en", "Could be one rule"), ("ja", "一つのルールにまとめられる")])
def test_text_is_in_both_languages(zoneguard: Run, lang: str, words: str) -> None:
    status, out, err = zoneguard("review", TOPOLOGIES / "alpha-city", "--lang", lang)
    assert (status, err) == (0, "")
    assert words in out
    assert "configs/sc-rtr.conf:50" in out


def test_a_project_without_devices_is_a_usage_error(zoneguard: Run, tmp_path: Path) -> None:
    (tmp_path / "zoneguard.yaml").write_text("zoneguard: 1\nprofile: []\nzones: {}\n")
    assert zoneguard("review", tmp_path)[0] == 2


def test_sessions_that_were_left_out_are_said_in_both_languages(
    zoneguard: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_sessions, "MOST", 1)
    status, found = as_json(zoneguard, TOPOLOGIES / "alpha-city")
    assert status == 3
    assert found["sessions_left_out"] > 1
    usages = [usage for device in found["devices"] for usage in device["usage"]]
    assert "undetermined" in {usage["use"] for usage in usages}
    assert not any(usage["proposal"] for usage in usages)
    for language, words in (("en", "were left out"), ("ja", "照合していません")):
        text = zoneguard("review", TOPOLOGIES / "alpha-city", "--lang", language)[1]
        assert str(found["sessions_left_out"]) in text
        assert words in text
