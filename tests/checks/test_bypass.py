"""ZG301: seen though impossible, on either side of NAT."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.packet import Packet

from tests.checks.town import Town, attempt, session
from zoneguard.model.policy import Verdict

WEB = "-A FORWARD -i eth2 -o eth4 -p tcp --dport 443 -j ACCEPT"
SNAT = "-A POSTROUTING -o eth4 -j SNAT --to-source 203.0.113.2"


def test_a_permitted_flow_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB], captures={"internet": session("10.30.0.7", "198.51.100.7", 443)}).findings("ZG301")


def test_a_permitted_flow_seen_behind_nat_is_quiet(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], [SNAT], captures={"cloud": session("203.0.113.2", "198.51.100.7", 443)})
    assert not town.findings("ZG301")


def test_a_forbidden_flow_that_was_answered_went_around_the_firewall(tmp_path: Path) -> None:
    town = Town(tmp_path, [WEB], captures={"internet": session("10.30.0.7", "198.51.100.7", 22)})
    (found,) = town.findings("ZG301")
    assert found.verdict is Verdict.VIOLATES
    assert found.zones == ("internet", "world")


def test_an_attempt_is_quiet(tmp_path: Path) -> None:
    assert not Town(tmp_path, [WEB], captures={"internet": attempt("10.30.0.7", "198.51.100.7", 22)}).findings("ZG301")


BEYOND = {
    "beyond.rules": """\
*nat
-A PREROUTING -d 198.51.100.80/32 -j DNAT --to-destination 10.50.0.80
COMMIT
*filter
:FORWARD ACCEPT [0:0]
COMMIT
""",
    "beyond.routes": """\
203.0.113.0/28 dev eth0 proto kernel scope link src 203.0.113.1
10.50.0.0/24 dev eth1 proto kernel scope link src 10.50.0.1
""",
}


@pytest.mark.parametrize(
    ("point", "source", "destination"),
    [("internet", "10.30.0.7", "198.51.100.80"), ("cloud", "203.0.113.2", "198.51.100.80"),
     ("branch", "203.0.113.2", "10.50.0.80")],
)  # fmt: skip
def test_a_session_that_two_devices_translate_is_known_in_front_between_and_behind(
    tmp_path: Path, point: str, source: str, destination: str
) -> None:
    town = Town(
        tmp_path,
        [WEB],
        [SNAT],
        zones=["branch: {class: other, prefixes: [10.50.0.0/24]}"],
        devices=["beyond: {config: beyond.rules, format: iptables, routes: beyond.routes}"],
        files=BEYOND,
        captures={point: session(source, destination, 443)},
    )
    assert not town.findings("ZG301")


PUBLISHED = "-A PREROUTING -d 203.0.113.5/32 -p tcp -m tcp --dport 443 -j DNAT --to-destination 10.30.0.80"
BACK = "-A POSTROUTING -s 10.30.0.0/24 -d 10.30.0.80/32 -j SNAT --to-source %s"
HANDED_BACK = "-A FORWARD -i eth2 -o eth2 -j ACCEPT"


@pytest.mark.parametrize("own", ["10.30.0.1", "203.0.113.2"])
@pytest.mark.parametrize("check", ["ZG301", "ZG103"])
def test_a_session_that_is_handed_back_into_its_zone_crosses_nothing(tmp_path: Path, own: str, check: str) -> None:
    """Hairpin NAT: a host asks a server of its own zone by the address under which it is published."""
    seen = [*session("10.30.0.7", "203.0.113.5", 443), *session(own, "10.30.0.80", 443)]
    town = Town(tmp_path, [HANDED_BACK], [PUBLISHED, BACK % own], captures={"internet": seen})
    assert not town.findings(check)


@pytest.mark.parametrize(
    ("forward", "port"), [([], 443), ([HANDED_BACK], 22), ([HANDED_BACK.replace("-o", "-m mystery -o")], 443)]
)
def test_what_is_not_handed_back_for_certain_went_around_the_firewall(
    tmp_path: Path, forward: list[str], port: int
) -> None:
    seen = session("10.30.0.7", "203.0.113.5", port)
    nat = [PUBLISHED, BACK % "10.30.0.1"]
    assert Town(tmp_path, forward, nat, captures={"internet": seen}).findings("ZG301")


REJECTED = "-A FORWARD -p tcp -m tcp -j REJECT --reject-with tcp-reset"


def refused(dport: int) -> list[Packet]:
    """A SYN and the reset that answers it."""
    opening, reset = session("10.30.0.7", "10.10.0.7", dport)[:2]
    reset["TCP"].flags = "RA"
    return [opening, reset]


@pytest.mark.parametrize("check", ["ZG301", "ZG101"])
@pytest.mark.parametrize(
    ("forward", "captures", "verdict"),
    [
        ([REJECTED], {"internet": refused(22)}, Verdict.UNDETERMINED),
        ([], {"internet": refused(22)}, Verdict.VIOLATES),
        ([REJECTED], {"internet": refused(22), "mynumber": refused(22)}, Verdict.VIOLATES),
        ([REJECTED], {"internet": [*refused(22), *session("10.30.0.7", "10.10.0.7", 22)]}, Verdict.VIOLATES),
        ([REJECTED], {"internet": session("10.30.0.7", "10.10.0.7", 22)}, Verdict.VIOLATES),
    ],
)
def test_a_reset_may_be_that_of_a_device_that_rejects(
    tmp_path: Path, check: str, forward: list[str], captures: dict[str, list[Packet]], verdict: Verdict
) -> None:
    (found,) = Town(tmp_path, forward, captures=captures).findings(check)
    assert found.verdict is verdict


def test_a_reset_to_what_may_pass_is_the_hosts_own(tmp_path: Path) -> None:
    passing = "-A FORWARD -i eth2 -o eth0 -p tcp -m tcp --dport 22 -j ACCEPT"
    findings = Town(tmp_path, [passing, REJECTED], captures={"internet": refused(22)}).findings("ZG101")
    assert [f.verdict for f in findings if f.flow] == [Verdict.VIOLATES]
