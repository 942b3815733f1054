"""ZG217: from outside by a host in between into the My Number zone, on paper and on the wire."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import ROUTES, Town, attempt, session
from zoneguard.checks._seen import MOST
from zoneguard.model.policy import Verdict

ZONES = ("vpn: {class: remote-access, prefixes: [10.60.0.0/24]}",)
WAYS = ROUTES + "10.60.0.0/24 dev eth6 proto kernel scope link src 10.60.0.1\n"
IN = "-A FORWARD -i eth6 -d 10.30.0.9/32 -p tcp --dport 3389 -j ACCEPT"
ON = "-A FORWARD -i eth2 -s 10.30.0.9/32 -d 10.10.0.9/32 -p tcp --dport 443 -j ACCEPT"


@pytest.mark.parametrize(
    ("rules", "verdicts"),
    [
        ([IN, ON], [Verdict.VIOLATES]),
        ([IN], []),
        ([ON], []),
        ([IN.replace("3389", "443"), ON], []),
        ([IN, ON.replace("-s 10.30.0.9/32", "-s 10.30.0.8/32")], []),
        ([IN, ON.replace("-j", "-m geoip --dst-cc JP -j")], [Verdict.UNDETERMINED]),
        ([IN.replace("-j", "-m geoip --src-cc JP -j"), ON], [Verdict.UNDETERMINED]),
    ],
)
def test_a_host_that_may_be_controlled_from_outside_and_may_go_on(
    tmp_path: Path, rules: list[str], verdicts: list[Verdict]
) -> None:
    found = Town(tmp_path, rules, routes=WAYS, zones=ZONES, profile="kobe-foundation").findings("ZG217")
    assert [f.verdict for f in found] == verdicts
    assert all(f.zones == ("vpn", "mynumber") for f in found)
    assert all(f.clauses == ("kobe-foundation:2章6(2)(オ)",) for f in found)


def test_a_row_that_lets_both_ways_pass_does_not_help(tmp_path: Path) -> None:
    """Each way may be declared; together they lead from outside into the zone."""
    rows = [
        "{id: A1, from: vpn, to: 10.30.0.9, services: [tcp/3389]}",
        "{id: A2, from: 10.30.0.9, to: mynumber, services: [tcp/443]}",
    ]
    assert Town(tmp_path, [IN, ON], routes=WAYS, zones=ZONES, allow=rows, profile="kobe-foundation").findings("ZG217")


def test_what_a_capture_shows_in_two_steps(tmp_path: Path) -> None:
    entering, going = session("10.60.0.7", "10.30.0.9", 3389), session("10.30.0.9", "10.10.0.9", 445)
    for number, packet in enumerate([*entering, *going]):
        packet.time = 1_000_000 + number
    town = Town(
        tmp_path, routes=WAYS, zones=ZONES, captures={"internet": [*entering, *going]}, profile="kobe-foundation"
    )
    (found,) = town.findings("ZG217")
    assert (found.verdict, found.zones) == (Verdict.VIOLATES, ("vpn", "mynumber"))
    assert "10.60.0.7" in str(found.message) and "10.10.0.9:445" in str(found.message)


@pytest.mark.parametrize("second", ["unanswered", "other host", "two hours later", "before"])
def test_two_flows_that_are_no_relay(tmp_path: Path, second: str) -> None:
    entering = session("10.60.0.7", "10.30.0.9", 3389)
    host = "10.30.0.8" if second == "other host" else "10.30.0.9"
    going = (attempt if second == "unanswered" else session)(host, "10.10.0.9", 445)
    start = {"two hours later": 7200.0, "before": -600.0}.get(second, 20.0)
    for packets, at in ((entering, 0.0), (going, start)):
        for number, packet in enumerate(packets):
            packet.time = 1_000_000 + at + number
    packets = sorted([*entering, *going], key=lambda p: p.time)
    town = Town(tmp_path, routes=WAYS, zones=ZONES, captures={"internet": packets}, profile="kobe-foundation")
    assert not town.findings("ZG217")


def test_what_no_policy_asks_is_not_said(tmp_path: Path) -> None:
    assert not Town(tmp_path, [IN, ON], routes=WAYS, zones=ZONES).findings("ZG217")


def test_very_many_ways_are_told_together_with_their_number(tmp_path: Path) -> None:
    packets = session("10.60.0.7", "10.30.0.9", 3389)
    for port in range(1000, 1000 + MOST + 1):
        packets += session("10.30.0.9", "10.10.0.9", port)
    for number, packet in enumerate(packets):
        packet.time = 1_000_000 + number / 100
    town = Town(tmp_path, routes=WAYS, zones=ZONES, captures={"internet": packets}, profile="kobe-foundation")
    (found,) = town.findings("ZG217")
    assert (found.verdict, found.zones, found.more_flows) == (Verdict.VIOLATES, ("vpn", "mynumber"), MOST)
    assert str(MOST + 1) in str(found.message) and "10.60.0.7" in str(found.message)
