"""ZG126: twins that differ."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.errors import InputErrors
from zoneguard.model.findings import Finding

PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones: {lgwan: {class: lgwan, prefixes: [10.20.0.0/24]}}
devices:
  fw-1: {config: fw-1.rules, format: iptables, routes: fw-1.routes, pair: %s}
  fw-2: {config: fw-2.rules, format: iptables, routes: fw-2.routes}
"""
RULES = (
    "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
    "-A FORWARD -s 10.20.0.0/24 -p tcp -m tcp --dport 443 -m limit --limit 5/sec -j ACCEPT",
    "-A FORWARD -j DROP",
)
ROUTES = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.%d
10.21.0.0/24 via 10.20.0.254 dev eth0 proto static
"""
Rules = tuple[str, ...]


def found(root: Path, one: Rules, other: Rules, pair: str = "fw-2", more: str = "") -> list[Finding]:
    for number, rules in enumerate((one, other), 1):
        comment = ["# the second of the two", ""] * (number - 1)
        text = [*comment, "*filter", ":INPUT DROP [3:4]", ":FORWARD DROP [1:2]", *rules, "COMMIT"]
        (root / f"fw-{number}.rules").write_text("\n".join(text) + "\n")
        (root / f"fw-{number}.routes").write_text(ROUTES % number + more * (number - 1))
    (root / "zoneguard.yaml").write_text(PROJECT % pair)
    return [f for f in run(load_project(root, None)).findings if f.check == "ZG126"]


def test_twins_with_other_addresses_comments_and_counters_are_the_same(tmp_path: Path) -> None:
    assert not found(tmp_path, RULES, RULES)


def test_a_rule_that_only_one_has_is_named(tmp_path: Path) -> None:
    extra = "-A FORWARD -s 10.20.0.9/32 -p tcp -m tcp --dport 22 -j ACCEPT"
    (rule,) = found(tmp_path, RULES, (RULES[0], extra, *RULES[1:]))
    assert str(rule.evidence[0]) == "fw-2.rules:7"
    assert rule.clauses == ("mikasa:67(1)",)


def test_rules_in_another_order_are_found(tmp_path: Path) -> None:
    assert found(tmp_path, RULES, (RULES[1], RULES[0], RULES[2]))


def test_a_route_that_only_one_has_is_named(tmp_path: Path) -> None:
    (route,) = found(tmp_path, RULES, RULES, more="10.22.0.0/24 via 10.20.0.253 dev eth0 proto static\n")
    assert "10.22.0.0/24" in str(route.message)


def test_many_differences_are_counted(tmp_path: Path) -> None:
    many = tuple(f"-A FORWARD -s 10.20.0.{n}/32 -p udp -j ACCEPT" for n in range(40))
    assert len(found(tmp_path, RULES, (*many, *RULES))) == 21


@pytest.mark.parametrize("pair", ["fw-1", "fw-3"])
def test_a_twin_is_another_device_that_there_is(tmp_path: Path, pair: str) -> None:
    with pytest.raises(InputErrors):
        found(tmp_path, RULES, RULES, pair)


def test_two_exports_of_one_cluster_share_their_addresses_and_are_compared(tmp_path: Path) -> None:
    """A FortiGate in active-passive mode: both members have the addresses of the cluster."""
    town = shutil.copytree(Path(__file__).resolve().parents[2] / "topologies/alpha-city", tmp_path / "town")
    one, other = (town / "configs" / name for name in ("fw-core.conf", "fw-core2.conf"))
    text = one.read_text(encoding="utf-8").replace("set priority 200", "set priority 100")
    project = town / "zoneguard.yaml"
    devices = (
        "  fw-core: {config: configs/fw-core.conf, format: fortios, pair: fw-core2}\n"
        "  fw-core2: {config: configs/fw-core2.conf, format: fortios}"
    )
    declared = re.sub(r"  fw-core: .*", lambda _: devices, project.read_text(encoding="utf-8"))
    project.write_text(declared, encoding="utf-8")

    def said(twin: str) -> list[tuple[str, str]]:
        other.write_text(twin, encoding="utf-8")
        report = run(load_project(town, None), frozenset({"static"}))
        return [(f.check, str(f.evidence[0]).partition(":")[0]) for f in report.findings]

    assert not said(text.replace('set hostname "fw-core"', 'set hostname "fw-core2"'))
    gateway = "set gateway 10.99.0.2"
    assert gateway in text
    assert "ZG126" in {check for check, _ in said(text.replace(gateway, "set gateway 10.99.0.3", 1))}
