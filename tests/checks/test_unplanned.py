"""Sessions of the My Number and LGWAN zones with addresses that the plan has in no zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.audit import run
from zoneguard.loading.project import load_project
from zoneguard.model.findings import Report
from zoneguard.model.policy import Verdict

PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  mynumber: {class: mynumber, prefixes: [10.10.0.0/24]}
  lgwan: {class: lgwan, prefixes: [10.20.0.0/24]}
  internet: {class: internet, prefixes: [10.30.0.0/24]}
%sdevices:
  fw: {config: fw.rules, format: iptables, routes: fw.routes}
"""
WORLD = "  world: {class: public, prefixes: [0.0.0.0/0]}\n"
ROUTES = """\
10.10.0.0/24 dev eth0 proto kernel scope link src 10.10.0.1
10.20.0.0/24 dev eth1 proto kernel scope link src 10.20.0.1
10.30.0.0/24 dev eth2 proto kernel scope link src 10.30.0.1
"""
DEFAULT = "default via 10.30.0.254 dev eth2\n"
FORGOTTEN = "172.16.0.0/24 dev eth5 proto kernel scope link src 172.16.0.1\n"
TO_OTHERS = "-A FORWARD -s 10.10.0.0/24 -o eth2 ! -d 10.30.0.0/24 -p tcp --dport 443 -j ACCEPT"
FROM_FORGOTTEN = "-A FORWARD -s 172.16.0.0/24 -d 10.20.0.0/24 -j ACCEPT"


def report(root: Path, routes: str, *rules: str, zones: str = "") -> Report:
    text = "\n".join(["*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", *rules, "COMMIT", ""])
    (root / "fw.rules").write_text(text)
    (root / "fw.routes").write_text(ROUTES + routes)
    (root / "zoneguard.yaml").write_text(PROJECT % zones)
    return run(load_project(root))


def said(found: Report) -> list[tuple[str, str]]:
    return [(f.check, str(f.message)) for f in found.findings if f.verdict is Verdict.UNDETERMINED]


def test_a_default_route_leads_out_also_where_no_zone_is_the_world(tmp_path: Path) -> None:
    found = report(tmp_path, DEFAULT, TO_OTHERS)
    ((check, message),) = said(found)
    assert check == "ZG101"
    assert message.startswith("Sessions may be opened from mynumber to 1.0.0.0-10.9.255.255, ")
    (finding,) = [f for f in found.findings if f.check == "ZG101"]
    assert [row.ports for row in finding.rows] == ["443"] * len(finding.rows)
    assert {r.verdict for r in found.clauses if r.clause == "mikasa:24(1)前段"} == {Verdict.UNDETERMINED}
    assert {r.verdict for r in found.clauses if r.clause == "mikasa:25柱書"} == {Verdict.CONFORMS}


def test_a_network_that_the_plan_forgot_may_reach_the_lgwan_zone(tmp_path: Path) -> None:
    assert said(report(tmp_path, FORGOTTEN, FROM_FORGOTTEN)) == [
        (
            "ZG102",
            "Sessions may be opened from 172.16.0.0, 172.16.0.2-172.16.0.255 to lgwan, and no zone holds these "
            "addresses.",
        )
    ]


def test_so_may_one_behind_a_router_that_is_not_modelled(tmp_path: Path) -> None:
    routes = "192.168.5.0/24 via 10.30.0.254 dev eth2\n"
    found = said(report(tmp_path, routes, "-A FORWARD -s 10.10.0.0/24 -d 192.168.5.0/24 -j ACCEPT"))
    message = "Sessions may be opened from mynumber to 192.168.5.0/24, and no zone holds these addresses."
    assert found == [("ZG101", message)]


def test_all_that_a_zone_may_open_is_told_together(tmp_path: Path) -> None:
    """It is one plan that is to be completed, however many rules there are."""
    routes = "".join(f"192.168.{n}.0/24 via 10.30.0.254 dev eth2\n" for n in range(5))
    rules = [f"-A FORWARD -s 10.10.0.0/24 -d 192.168.{n}.0/24 -j ACCEPT" for n in range(5)]
    found = report(tmp_path, routes, *rules)
    (finding,) = [f for f in found.findings if f.check == "ZG101"]
    assert "192.168.0.0-192.168.4.255" in str(finding.message)
    assert len(finding.evidence) == len(rules)


@pytest.mark.parametrize(
    ("routes", "rules"),
    [
        (DEFAULT, []),
        (FORGOTTEN, []),
        (DEFAULT, ["-A FORWARD -s 10.30.0.0/24 -p tcp --dport 443 -o eth2 -j ACCEPT"]),
        ("172.16.0.0/30 dev eth5 proto kernel scope link src 172.16.0.1\n", [FROM_FORGOTTEN]),
        ("fe80::/64 dev eth0 proto kernel metric 256\n", []),
    ],
    ids=["nothing passes out", "nothing passes in", "another zone", "a line between two routers", "link-local"],
)
def test_of_what_does_not_pass_and_where_no_host_is_nothing_is_said(
    tmp_path: Path, routes: str, rules: list[str]
) -> None:
    assert said(report(tmp_path, routes, *rules)) == []


def test_where_a_zone_is_the_world_its_crossings_are_judged(tmp_path: Path) -> None:
    found = report(tmp_path, DEFAULT, TO_OTHERS, zones=WORLD)
    assert said(found) == []
    assert {f.zones for f in found.findings if f.check == "ZG101"} == {("mynumber", "world")}


SIX = "2001:db8:10::/64 dev eth0 proto kernel metric 256\n"
BOTH_WORLDS = "  world: {class: public, prefixes: [0.0.0.0/0, '::/0']}\n"


@pytest.mark.parametrize("zones", ["", WORLD, BOTH_WORLDS])
def test_addresses_beside_the_plan_on_the_wire_of_the_zone(tmp_path: Path, zones: str) -> None:
    found = report(tmp_path, SIX, zones=zones)
    message = (
        "On the wire of mynumber, at fw eth0, 2001:db8:10::/64 is in use, which no zone names: what its hosts may "
        "reach by such addresses is not known."
    )
    assert said(found) == [("ZG101", message)]
    assert {r.verdict for r in found.clauses if r.clause == "mikasa:24(1)前段"} == {Verdict.UNDETERMINED}


@pytest.mark.parametrize(
    ("routes", "zones"),
    [
        (SIX, "  mynumber6: {class: mynumber, prefixes: ['2001:db8:10::/64']}\n"),
        ("172.16.0.0/24 dev eth2 proto kernel scope link src 172.16.0.1\n", WORLD),
        ("172.16.0.0/30 dev eth0 proto kernel scope link src 172.16.0.1\n", WORLD),
    ],
    ids=["in the plan", "on the wire of another zone", "a line between two routers"],
)
def test_of_other_subnets_nothing_is_said(tmp_path: Path, routes: str, zones: str) -> None:
    assert not [message for _, message in said(report(tmp_path, routes, zones=zones)) if "wire" in message]
