"""Equal routes: packets may take each of them, so that a guard on one of two ways is no guard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks.site import FORTIGATE_OPEN, FORTIGATE_SPLIT, Given, Site, opening, site

ZONES = {
    "lgwan": ("lgwan", "10.20.0.0/24"),
    "internet": ("internet", "10.30.0.0/24"),
    "north": ("other", "10.8.1.0/24"),
    "south": ("other", "10.8.2.0/24"),
}
HOSTS = ("10.20.0.5", "10.30.0.5")
LINUX = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.8.1.0/24 dev eth1 proto kernel scope link src 10.8.1.1
10.8.2.0/24 dev eth2 proto kernel scope link src 10.8.2.1
10.30.0.0/24
	nexthop via 10.8.1.2 dev eth1 weight 1
	nexthop via 10.8.2.2 dev eth2 weight 9
"""
CISCO = """\
hostname split
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.8.1.1 255.255.255.0
interface GigabitEthernet0/2
 ip address 10.8.2.1 255.255.255.0
ip route 10.30.0.0 255.255.255.0 10.8.1.2
ip route 10.30.0.0 255.255.255.0 10.8.2.2
ip route 10.30.0.0 255.255.255.0 10.20.0.9 200
end
"""
FORTIGATE = f"""\
{FORTIGATE_SPLIT}    edit 2
        set dst 10.30.0.0 255.255.255.0
        set gateway 10.8.2.2
        set device "port3"
    next
end
{FORTIGATE_OPEN}"""
SPLITTERS = {"linux": Given(LINUX, format="ip-route"), "cisco": Given(CISCO), "fortigate": Given(FORTIGATE)}


def guard(number: int, *permits: str) -> Given:
    """A firewall between the transit net ``number`` and the Internet zone."""
    rules = "".join(f"-A FORWARD -i eth0 -p tcp -m tcp --dport {port} -j ACCEPT\n" for port in permits)
    routes = (
        f"10.8.{number}.0/24 dev eth0 proto kernel scope link src 10.8.{number}.2\n"
        f"10.30.0.0/24 dev eth1 proto kernel scope link src 10.30.0.{number}\n"
        f"10.20.0.0/24 via 10.8.{number}.1 dev eth0\n"
    )
    return Given(f"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n", routes)


def split(root: Path, by: str, more: str = "", south: tuple[str, ...] = ("22", "443")) -> Site:
    """Both ways lead from the LGWAN zone to the Internet zone: the one in the north passes 443 only."""
    return site(root, ZONES, {"split": SPLITTERS[by], "north-fw": guard(1, "443"), "south-fw": guard(2, *south)}, more)


@pytest.mark.parametrize("by", SPLITTERS)
def test_what_one_of_two_ways_lets_through_gets_through(tmp_path: Path, by: str) -> None:
    made = split(tmp_path, by)
    passing = made.passing(HOSTS, ("tcp/22", "tcp/443", "tcp/80"))
    assert passing == {("lgwan", "internet", "tcp/22"), ("lgwan", "internet", "tcp/443")}


@pytest.mark.parametrize("by", SPLITTERS)
def test_the_ways_are_told_apart_by_the_line_that_let_them(tmp_path: Path, by: str) -> None:
    """One way stands for both where both do the same; where they differ each names the rule of its own firewall."""
    found = {line.file for f in split(tmp_path, by).findings("ZG102") if f.zones[0] == "lgwan" for line in f.evidence}
    assert {"north-fw.conf", "south-fw.conf"} <= found


@pytest.mark.parametrize("by", SPLITTERS)
def test_one_packet_of_which_the_ways_differ_is_undetermined_and_says_why(tmp_path: Path, by: str) -> None:
    made = split(tmp_path, by)
    odd = made.trace(opening(*HOSTS, "tcp/22"))
    assert odd.disposition == "undetermined"
    assert {walk.disposition.value for walk in odd.walks} == {"delivered", "denied"}
    assert "which equal route is taken" in odd.doubts[0].what.template
    assert made.trace(opening(*HOSTS, "tcp/443")).disposition == "delivered"
    assert made.trace(opening(*HOSTS, "tcp/80")).disposition == "denied"


def via(*zones: str) -> str:
    return f"allow:\n  - {{id: A1, from: lgwan, to: internet, services: [tcp/443], via: [{', '.join(zones)}]}}"


@pytest.mark.parametrize("by", SPLITTERS)
def test_a_waypoint_on_one_of_two_ways_is_not_on_every_way(tmp_path: Path, by: str) -> None:
    made = split(tmp_path, by, via("north"), south=("443",))
    (past,) = (f for f in made.findings("ZG102") if f.zones == ("lgwan", "internet"))
    assert [hop.device for hop in past.path] == ["split", "south-fw"]
    assert made.cell("lgwan", "internet").state == "violated"


@pytest.mark.parametrize("by", SPLITTERS)
def test_a_waypoint_on_every_way_that_is_open_is_enough(tmp_path: Path, by: str) -> None:
    made = split(tmp_path, by, via("north"), south=())
    assert made.passing(HOSTS) == {("lgwan", "internet", "tcp/443")}
    assert not [f for f in made.findings("ZG102") if f.zones == ("lgwan", "internet")]


SANITIZER = """\
hosts:
  cdr: {addresses: [10.8.1.2]}
sanitizers:
  files: {method: file, hosts: [cdr]}
allow:
  - {id: A1, from: lgwan, to: internet, services: [tcp/443]}
"""


@pytest.mark.parametrize(("south", "kept"), [((), True), (("443",), False)])
def test_a_sanitizer_on_one_of_two_ways_does_not_see_what_takes_the_other(
    tmp_path: Path, south: tuple[str, ...], kept: bool
) -> None:
    """The sanitizer hands packets on: it is the next hop in the north."""
    found = split(tmp_path, "linux", SANITIZER, south).findings("ZG111")
    assert (not found) is kept
    assert all([hop.device for hop in f.path] == ["split", "south-fw"] for f in found)
