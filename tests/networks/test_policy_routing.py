"""Policy routing: by what a packet is, not only by where it goes, it takes a way past the firewall."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks.site import FORTIGATE_OPEN, FORTIGATE_SPLIT, Given, Site, opening, site

ZONES = {
    "lgwan": ("lgwan", "10.20.0.0/24"),
    "internet": ("internet", "10.30.0.0/24"),
    "guarded": ("other", "10.8.1.0/24"),
    "open": ("other", "10.8.2.0/24"),
}
LINUX = """\
root@split:~# ip addr
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    inet 10.20.0.1/24 brd 10.20.0.255 scope global eth0
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    inet 10.8.1.1/24 brd 10.8.1.255 scope global eth1
4: eth2: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    inet 10.8.2.1/24 brd 10.8.2.255 scope global eth2
root@split:~# ip rule
0:	from all lookup local
100:	from 10.20.0.128/25 ipproto tcp dport 8080 lookup 100
32766:	from all lookup main
32767:	from all lookup default
root@split:~# ip route show table all
10.30.0.0/24 via 10.8.2.2 dev eth2 table 100
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.8.1.0/24 dev eth1 proto kernel scope link src 10.8.1.1
10.8.2.0/24 dev eth2 proto kernel scope link src 10.8.2.1
10.30.0.0/24 via 10.8.1.2 dev eth1
"""
CISCO = """\
hostname split
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
 ip policy route-map PAST
interface GigabitEthernet0/1
 ip address 10.8.1.1 255.255.255.0
interface GigabitEthernet0/2
 ip address 10.8.2.1 255.255.255.0
ip route 10.30.0.0 255.255.255.0 10.8.1.2
ip access-list extended WEB
 permit tcp 10.20.0.128 0.0.0.127 any eq 8080
route-map PAST permit 10
 match ip address WEB
 set ip next-hop 10.8.2.2
end
"""
FORTIGATE = f"""\
{FORTIGATE_SPLIT}end
config router policy
    edit 1
        set input-device "port1"
        set src "10.20.0.128/255.255.255.128"
        set protocol 6
        set start-port 8080
        set end-port 8080
        set gateway 10.8.2.2
        set output-device "port3"
    next
end
{FORTIGATE_OPEN}"""
SPLITTERS = {"linux": Given(LINUX, format="ip-route"), "cisco": Given(CISCO), "fortigate": Given(FORTIGATE)}


def behind(number: int, rules: str) -> Given:
    routes = (
        f"10.8.{number}.0/24 dev eth0 proto kernel scope link src 10.8.{number}.2\n"
        f"10.30.0.0/24 dev eth1 proto kernel scope link src 10.30.0.{number}\n"
    )
    return Given(f"*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n", routes)


def split(root: Path, by: str) -> Site:
    """The table leads to a firewall that permits 443, policy routing to a router that permits everything."""
    guard = behind(1, "-A FORWARD -p tcp -m tcp --dport 443 -j ACCEPT\n")
    return site(root, ZONES, {"split": SPLITTERS[by], "guard": guard, "past": behind(2, "-A FORWARD -j ACCEPT\n")})


@pytest.mark.parametrize("by", SPLITTERS)
def test_only_what_the_policy_names_gets_past_the_firewall(tmp_path: Path, by: str) -> None:
    made = split(tmp_path, by)
    services = ("tcp/443", "tcp/8080", "udp/8080")
    assert made.passing(("10.20.0.5", "10.30.0.5"), services) == {("lgwan", "internet", "tcp/443")}
    passing = made.passing(("10.20.0.130", "10.30.0.5"), services)
    assert passing == {("lgwan", "internet", "tcp/443"), ("lgwan", "internet", "tcp/8080")}
    rows = {(row.source, row.protocol, row.ports) for row in made.cell("lgwan", "internet").rows}
    assert rows == {("10.20.0.0/24", "tcp", "443"), ("10.20.0.128/25", "tcp", "443,8080")}


@pytest.mark.parametrize(("by", "line"), [("linux", 14), ("cisco", 14), ("fortigate", 21)])
def test_the_line_of_the_policy_is_named(tmp_path: Path, by: str, line: int) -> None:
    made = split(tmp_path, by)
    (past,) = (f for f in made.findings("ZG102") if [hop.device for hop in f.path] == ["split", "past"])
    route = past.path[0].route
    assert route is not None
    assert route.file == "split.conf"
    assert line in range(route.first, route.last + 1)
    hop = made.trace(opening("10.20.0.130", "10.30.0.5", "tcp/8080")).hops[0]
    assert [(d.kind, d.span) for d in hop.decisions if "route" in d.kind] == [("policy-route", route)]


OUTSIDE = """\
hostname split
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
 ip policy route-map PAST
interface GigabitEthernet0/1
 ip address 10.99.0.1 255.255.255.0
ip access-list extended TO
 permit ip any {}
route-map PAST permit 10
 match ip address TO
 set ip next-hop 10.99.0.2
end
"""


@pytest.mark.parametrize("named", ["10.30.0.0 0.0.0.255", "10.30.0.0 0.0.0.63", "10.0.0.0 0.255.255.255"])
def test_a_policy_to_a_router_that_is_not_modelled_leads_to_the_zones_that_it_names(tmp_path: Path, named: str) -> None:
    """Nothing else leads there: the zone is attached to another device only, which denies everything."""
    zones = {name: ZONES[name] for name in ("lgwan", "internet")}
    devices = {"split": Given(OUTSIDE.format(named)), "other": behind(1, "")}
    made = site(tmp_path, zones, devices)
    assert made.passing(("10.20.0.5",), ()) == set()
    assert made.zones_reached(opening("10.20.0.5", "10.30.0.5")) == {"internet"}
    assert made.cell("lgwan", "internet").state == "violated"
    told = {f.zones for f in made.findings("ZG102")}
    assert ("internet", "lgwan") in told or named.startswith("10.0.0.0")


def test_a_policy_for_everything_says_no_more_of_zones_than_a_default_route(tmp_path: Path) -> None:
    zones = {**{name: ZONES[name] for name in ("lgwan", "internet")}, "world": ("public", "0.0.0.0/0")}
    made = site(tmp_path, zones, {"split": Given(OUTSIDE.format("any")), "other": behind(1, "")})
    assert made.cell("lgwan", "world").state == "violated"
    assert made.cell("lgwan", "internet").state == "denied"
