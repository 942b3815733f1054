"""ZG111: between the Internet side and the LGWAN zone, a sanitizer stands at one end of every row."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import ROUTES, Town
from zoneguard.model.addresses import parse_address
from zoneguard.model.match import Field
from zoneguard.model.policy import Verdict
from zoneguard.model.spans import SourceSpan

OUT = "-A FORWARD -i eth1 -o eth2 -p tcp --dport 8443 -j ACCEPT"
IN = "-A FORWARD -i eth2 -o eth1 -p tcp --dport 25 -j ACCEPT"
LEG_IN = "-A FORWARD -i eth2 -o eth3 -p tcp --dport 25 -j ACCEPT"
LEG_LG = "-A FORWARD -i eth3 -o eth1 -p tcp --dport 25 -j ACCEPT"
SCREEN = "{id: A3, from: lgwan, to: vdi, services: [tcp/8443]}"


def test_rows_that_end_at_a_sanitizer_are_kept(tmp_path: Path) -> None:
    mail = [
        "{id: A1, from: internet, to: mail-gw, services: [tcp/25]}",
        "{id: A2, from: mail-gw, to: lgwan, services: [tcp/25]}",
    ]
    assert not Town(tmp_path, [OUT, LEG_IN, LEG_LG], allow=[SCREEN, *mail]).findings("ZG111")


def test_what_no_row_allows_is_left_to_the_separation(tmp_path: Path) -> None:
    town = Town(tmp_path, [OUT, IN], allow=[SCREEN])
    assert not town.findings("ZG111")
    assert town.findings("ZG102")


def test_a_row_that_nothing_permits_is_left_alone(tmp_path: Path) -> None:
    assert not Town(tmp_path, allow=["{id: A1, from: internet, to: lgwan, services: [tcp/25]}"]).findings("ZG111")


@pytest.mark.parametrize(
    ("rule", "row", "zones"),
    [
        (OUT, "{id: A9, from: lgwan, to: internet, services: [tcp/8443]}", ("lgwan", "internet")),
        (IN, "{id: A9, from: 10.30.0.7, to: lgwan, services: [tcp/25]}", ("internet", "lgwan")),
    ],
)
def test_a_row_past_the_sanitizer_is_found_whoever_opens(
    tmp_path: Path, rule: str, row: str, zones: tuple[str, str]
) -> None:
    (found,) = Town(tmp_path, [rule], allow=[SCREEN, row]).findings("ZG111")
    assert (found.verdict, found.zones) == (Verdict.VIOLATES, zones)
    project, *rules = found.evidence
    assert isinstance(project, SourceSpan)
    assert "A9" in (tmp_path / "zoneguard.yaml").read_text().splitlines()[project.first - 1]
    assert project.file == "zoneguard.yaml"
    assert [str(line) for line in rules] == ["fw.rules:8"]
    assert {"mikasa:25柱書", "mikasa:2(11)"} <= set(found.clauses)
    assert "A9" in str(found.message)


def test_of_a_wide_row_only_what_misses_the_sanitizer_is_found(tmp_path: Path) -> None:
    (found,) = Town(tmp_path, [OUT], allow=["{id: A9, from: lgwan, to: internet, services: [tcp/8443]}"]).findings(
        "ZG111"
    )
    assert found.packets is not None
    reached = found.packets.project(Field.DST)
    assert parse_address("10.30.0.50") not in reached
    assert parse_address("10.30.0.51") in reached


def test_an_exception_counts_as_a_row(tmp_path: Path) -> None:
    entry = (
        "{id: EX-1, from: 10.30.0.7, to: 10.20.0.7, services: [tcp/25], purpose: x, applicant: a, approver: CISO, "
        "approved: 2026-04-01, expires: 2027-03-31}"
    )
    (found,) = Town(tmp_path, [IN], exceptions=[entry]).findings("ZG111")
    assert found.witness is not None
    assert "EX-1" in str(found.message)


def test_a_host_of_the_sanitizer_zone_that_is_no_sanitizer_hands_on(tmp_path: Path) -> None:
    rows = [
        "{id: A1, from: internet, to: dmz-san, services: [tcp/25]}",
        "{id: A2, from: dmz-san, to: lgwan, services: [tcp/25]}",
    ]
    (found,) = Town(tmp_path, [LEG_IN, LEG_LG], allow=rows).findings("ZG111")
    assert found.zones == ("dmz-san", "lgwan")
    assert "A2" in str(found.message)
    rows[0] = "{id: A1, from: internet, to: mail-gw, services: [tcp/25]}"
    assert not Town(tmp_path, [LEG_IN, LEG_LG], allow=rows).findings("ZG111")


def test_a_condition_that_cannot_be_decided_leaves_it_undetermined(tmp_path: Path) -> None:
    rule = "-A FORWARD -i eth2 -o eth1 -p tcp --dport 25 -m geoip --src-cc JP -j ACCEPT"
    (found,) = Town(tmp_path, [rule], allow=["{id: A9, from: internet, to: lgwan, services: [tcp/25]}"]).findings(
        "ZG111"
    )
    assert found.verdict is Verdict.UNDETERMINED
    assert "geoip" in str(found.message)


def test_a_sanitizer_on_the_way_stands_for_one_at_the_end(tmp_path: Path) -> None:
    routes = ROUTES.replace(
        "10.20.0.0/24 dev eth1 proto kernel scope link src 10.20.0.1", "10.20.0.0/24 via 10.40.0.10 dev eth3"
    )
    rule = "-A FORWARD -i eth2 -o eth3 -p tcp --dport 25 -j ACCEPT"
    row = "{id: A9, from: internet, to: lgwan, services: [tcp/25]}"
    assert not Town(tmp_path, [rule], routes=routes, allow=[row]).findings("ZG111")
    other = routes.replace("10.40.0.10", "10.40.0.11")
    assert Town(tmp_path, [rule], routes=other, allow=[row]).findings("ZG111")


@pytest.mark.parametrize(("model", "rows"), [("alpha", {"A7", "A8"}), ("alpha-dash", {"A8"})])
def test_the_lgwan_zone_leaves_by_a_breakout_in_alpha_dash_and_to_approved_services(
    tmp_path: Path, model: str, rows: set[str]
) -> None:
    routes = ROUTES.replace("via 203.0.113.1 dev eth4", "via 10.50.0.1 dev eth5") + (
        "10.50.0.0/24 dev eth5 proto kernel scope link src 10.50.0.9\n"
    )
    allow = [
        "{id: A7, from: lgwan, to: 198.51.100.0/28, services: [tcp/443]}",
        "{id: A8, from: lgwan, to: 192.0.2.0/28, services: [tcp/443]}",
    ]
    rules = [
        f"-A FORWARD -i eth1 -o eth5 -d {net} -p tcp --dport 443 -j ACCEPT"
        for net in ("198.51.100.0/28", "192.0.2.0/28")
    ]
    zones = ("lbo: {class: local-breakout, prefixes: [10.50.0.0/24]}",)
    cloud = "cloud: [{id: C2, addresses: [198.51.100.0/28]}]\n"
    town = Town(tmp_path, rules, routes=routes, allow=allow, zones=zones, more=cloud, model=model)
    assert {f.anchor[0] for f in town.findings("ZG111")} == rows
