"""What exports leave out is never silence: a missing table, address or device makes no zone unreachable."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks.site import Given, Site, opening, site

ZONES = {"lgwan": ("lgwan", "10.20.0.0/16"), "internet": ("internet", "10.30.0.0/16")}
CLAUSE = "mikasa:25柱書"
DROP = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n{}COMMIT\n"
DENYING, OPEN = DROP.format(""), DROP.format("-A FORWARD -p tcp -m tcp --dport 443 -j ACCEPT\n")
BOTH = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.30.0.0/24 dev eth1 proto kernel scope link src 10.30.0.1
"""


def unsure(made: Site) -> list[str]:
    """The templates of what ZG401 says; the clause of separation is undetermined with it."""
    assert made.verdict(CLAUSE) == "undetermined"
    return [finding.message.template for finding in made.findings("ZG401")]


def test_a_whole_export_of_a_firewall_that_denies_conforms(tmp_path: Path) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(DENYING, BOTH)})
    assert made.verdict(CLAUSE) == "conforms"
    assert made.cell("lgwan", "internet").state == "denied"


def test_rules_without_addresses_beside_a_firewall_that_denies_are_a_way_that_nobody_knows(tmp_path: Path) -> None:
    made = site(tmp_path, ZONES, {"fw": Given(DENYING, BOTH), "second": Given(OPEN)})
    (said,) = unsure(made)
    assert said.startswith("{device}: no interface that is up has an address")


CISCO = """\
hostname {name}
interface GigabitEthernet0/0
 ip address 10.{own}.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.9.0.{host} 255.255.255.0
{routes}end
"""


def routers(root: Path, first: str = "", second: str = "") -> Site:
    texts = [
        CISCO.format(name="r1", own=20, host=1, routes=first),
        CISCO.format(name="r2", own=30, host=2, routes=second),
    ]
    return site(root, ZONES, {f"r{number}": Given(text) for number, text in enumerate(texts, 1)})


def test_routers_without_a_route_are_no_wall(tmp_path: Path) -> None:
    made = routers(tmp_path)
    said = unsure(made)
    assert len(said) == 2
    assert all(text.startswith("{device} holds no route") for text in said)
    assert made.trace(opening("10.20.0.5", "10.30.0.5")).disposition == "no-route"


def test_a_missing_route_back_opens_one_way_and_is_said(tmp_path: Path) -> None:
    made = routers(tmp_path, "ip route 10.30.0.0 255.255.0.0 10.9.0.2\n")
    assert made.passing(["10.20.0.5", "10.30.0.5"]) == {("lgwan", "internet", "tcp/443")}
    assert made.cell("lgwan", "internet").state == "violated"
    assert any("holds no route" in finding.message.template for finding in made.findings("ZG401"))


def test_routers_with_routes_need_no_word(tmp_path: Path) -> None:
    made = routers(tmp_path, "ip route 10.30.0.0 255.255.0.0 10.9.0.2\n", "ip route 10.20.0.0 255.255.0.0 10.9.0.1\n")
    assert not made.findings("ZG401")
    assert len(made.passing(["10.20.0.5", "10.30.0.5"])) == 2


ADDRESSES = """\
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    inet 10.20.0.1/24 brd 10.20.0.255 scope global eth0
3: eth1: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP
    inet 10.9.0.1/24 brd 10.9.0.255 scope global eth1
"""
FAR = """\
10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.2
10.30.0.0/24 dev eth1 proto kernel scope link src 10.30.0.1
"""


def test_addresses_of_a_linux_box_without_its_routes_are_not_its_routes(tmp_path: Path) -> None:
    near = Given(OPEN, ADDRESSES)
    made = site(tmp_path, ZONES, {"near": near, "far": Given(OPEN, FAR)})
    assert made.verdict(CLAUSE) == "undetermined"
    (said,) = made.findings("ZG401")
    assert dict(said.message.args)["reason"] == "addresses of IPv4 without the routes of IPv4: ip route is missing"


def test_half_a_table_is_not_the_whole_one(tmp_path: Path) -> None:
    """The addresses are of both versions of IP, the routes of one."""
    with_v6 = ADDRESSES + "    inet6 fd09::1/64 scope global\n"
    made = site(tmp_path, ZONES, {"fw": Given(DENYING, with_v6 + BOTH)})
    (said,) = made.findings("ZG401")
    assert dict(said.message.args)["reason"] == "addresses of IPv6 without the routes of IPv6: ip -6 route is missing"


def test_a_prefix_of_a_zone_that_no_device_leads_to_is_said(tmp_path: Path) -> None:
    zones = {
        name: (kind, f"{held}, '{v6}::/32'")
        for (name, (kind, held)), v6 in zip(ZONES.items(), ("fd20", "fd30"), strict=True)
    }
    made = site(tmp_path, zones, {"fw": Given(DENYING, BOTH)})
    said = unsure(made)
    assert len(said) == 2
    assert {dict(f.message.args)["prefixes"] for f in made.findings("ZG401")} == {"fd20::/32", "fd30::/32"}


def test_the_matrix_does_not_call_denied_what_nothing_is_known_of(tmp_path: Path) -> None:
    made = site(tmp_path, {**ZONES, "mynumber": ("mynumber", "10.10.0.0/16")}, {"fw": Given(DENYING, BOTH)})
    assert made.cell("mynumber", "lgwan").state == "undetermined"
    assert made.cell("internet", "mynumber").state == "undetermined"
    assert made.cell("lgwan", "internet").state == "denied"


def test_one_subnet_of_two_zones_is_a_way_past_every_firewall(tmp_path: Path) -> None:
    zones = {"lgwan": ("lgwan", "10.20.0.0/24"), "internet": ("internet", "10.20.1.0/24")}
    made = site(tmp_path, zones, {"fw": Given(DENYING, BOTH.replace("10.20.0.0/24", "10.20.0.0/23"))})
    assert made.trace(opening("10.20.0.5", "10.20.1.5")).disposition == "delivered"
    assert made.verdict(CLAUSE) == "violates"
    assert made.cell("lgwan", "internet").state == "violated"
    assert {finding.zones for finding in made.findings("ZG102")} == {("lgwan", "internet"), ("internet", "lgwan")}


def test_a_row_may_allow_what_goes_within_the_subnet(tmp_path: Path) -> None:
    zones = {"lgwan": ("lgwan", "10.20.0.0/24"), "internet": ("internet", "10.20.1.0/24")}
    pairs = (("lgwan", "internet"), ("internet", "lgwan"))
    rows = "allow:" + "".join(f"\n  - {{id: {a}, from: {a}, to: {b}, services: [any]}}" for a, b in pairs)
    made = site(tmp_path, zones, {"fw": Given(DENYING, BOTH.replace("10.20.0.0/24", "10.20.0.0/23"))}, rows)
    assert not made.findings("ZG102")


@pytest.mark.parametrize(
    "routes",
    [
        "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1\n"
        "10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.1\n",
        "10.9.0.0/24 dev eth0 proto kernel scope link src 10.9.0.1\n"
        "10.20.0.0/16 via 10.9.0.2 dev eth0\n10.30.0.0/16 via 10.9.0.2 dev eth0\n",
        "10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1\n10.30.0.0/16 via 10.20.0.254 dev eth0\n",
    ],
    ids=["two subnets on a wire", "one router beyond", "a router among hosts"],
)
def test_an_interface_in_two_zones_that_are_to_be_kept_apart_is_undetermined(tmp_path: Path, routes: str) -> None:
    """The firewall drops everything: what is not known is whether anything there comes to it."""
    third = "10.40.0.0/24 dev eth1 proto kernel scope link src 10.40.0.1\n"
    made = site(tmp_path, ZONES, {"fw": Given(DENYING, routes + third)})
    assert made.verdict(CLAUSE) == "undetermined"
    assert made.cell("lgwan", "internet").state == "undetermined"
    (there, back) = made.findings("ZG102")
    assert {there.zones, back.zones} == {("lgwan", "internet"), ("internet", "lgwan")}
    assert there.evidence


def test_what_is_left_of_a_subnet_is_not_the_world(tmp_path: Path) -> None:
    """The zone is half of the subnet, and a zone of everything holds the rest."""
    zones = {"lgwan": ("lgwan", "10.20.0.0/25"), "world": ("public", "0.0.0.0/0")}
    made = site(tmp_path, zones, {"fw": Given(DENYING, BOTH)})
    assert not made.findings("ZG102")


CIRCLE = """\
10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.1
10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.2
10.20.0.0/16 via 10.9.0.1 dev eth1
10.30.0.0/25 via 10.9.0.1 dev eth1
10.30.0.128/25 via 10.9.0.1 dev eth1
"""
NEAR = """\
10.20.0.0/24 dev eth0 proto kernel scope link src 10.20.0.1
10.9.0.0/24 dev eth1 proto kernel scope link src 10.9.0.1
10.30.0.0/16 via 10.9.0.2 dev eth1
"""


def test_a_circle_of_routes_is_named_and_denies_nothing(tmp_path: Path) -> None:
    one_way = DROP.format("-A FORWARD -s 10.20.0.0/16 -j ACCEPT\n")
    made = site(tmp_path, ZONES, {"near": Given(one_way, NEAR), "far": Given(one_way, CIRCLE)})
    assert made.passing(["10.20.0.5", "10.30.0.5"]) == set()
    trace = made.trace(opening("10.20.0.5", "10.30.0.5"))
    assert (trace.disposition, {hop.device for hop in trace.hops}) == ("loop", {"near", "far"})
    (said,) = made.findings("ZG401")
    assert said.zones == ("lgwan", "internet")
    assert dict(said.message.args)["devices"] == "near → far → near"
    assert made.cell("lgwan", "internet").state == "undetermined"
    assert made.verdict(CLAUSE) == "undetermined"


RTX = """\
# RTX1210 Rev.14.01.42
ip lan1 address 10.20.0.1/24
ip lan2 address dhcp
ip route default gateway dhcp lan2
"""
RTX_TABLE = """\
Destination         Gateway          Interface       Kind  Additional Info.
default             203.0.113.1      LAN2(DHCP)    static
10.20.0.0/24        10.20.0.1             LAN1  implicit
203.0.113.0/24      203.0.113.9      LAN2(DHCP)  implicit
"""
WORLD = {"lgwan": ("lgwan", "10.20.0.0/16"), "world": ("public", "0.0.0.0/0")}


def test_an_assigned_address_by_the_way_to_the_world_leaves_a_verdict(tmp_path: Path) -> None:
    made = site(tmp_path, WORLD, {"rtx": Given(RTX)})
    assert not made.findings("ZG401")
    assert made.cell("lgwan", "world").state == "violated"
    assert made.cell("world", "lgwan").state == "violated"
    assert made.passing(["10.20.0.5", "198.51.100.7"]) == {("lgwan", "world", "tcp/443"), ("world", "lgwan", "tcp/443")}


def test_an_assigned_address_beside_other_devices_may_be_on_one_of_their_subnets(tmp_path: Path) -> None:
    """The second device's 10.30.0.0/24 may be where the first one's lan2 is."""
    zones = WORLD | {"internet": ("internet", "10.30.0.0/16")}
    other = CISCO.format(name="r2", own=30, host=2, routes="ip route 0.0.0.0 0.0.0.0 10.9.0.1\n")
    made = site(tmp_path, zones, {"rtx": Given(RTX), "r2": Given(other)})
    (said,) = made.findings("ZG401")
    assert said.message.template.startswith("{device}: the network gives {interface} its address")
    assert said.evidence[0].file == "rtx.conf"
    (tmp_path / "told").mkdir()
    told = site(tmp_path / "told", zones, {"rtx": Given(RTX, RTX_TABLE), "r2": Given(other)})
    assert not told.findings("ZG401")
