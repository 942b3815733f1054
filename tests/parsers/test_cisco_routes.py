"""Routing tables as IOS, NX-OS and FRRouting print them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.cisco_run import device, goes
from zoneguard.model.addresses import format_address, format_prefix, parse_address, parse_prefix
from zoneguard.model.device import Device, Route
from zoneguard.model.match import Field, Ingress, asks, at_most
from zoneguard.parsers import Source, cisco_routes
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.cisco_routes import PLUGIN, parse

IOS = """
r1#show ip route
Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area
       a - application route
       + - replicated route, % - next hop override, p - overrides from PfR

Gateway of last resort is 10.1.0.254 to network 0.0.0.0

S*    0.0.0.0/0 [1/0] via 10.1.0.254
      10.0.0.0/8 is variably subnetted, 6 subnets, 3 masks
C        10.1.0.0/24 is directly connected, GigabitEthernet0/0
L        10.1.0.1/32 is directly connected, GigabitEthernet0/0
C        10.2.0.0/24 is directly connected, GigabitEthernet0/1
L        10.2.0.1/32 is directly connected, GigabitEthernet0/1
O IA     10.9.0.0/16 [110/11] via 10.1.0.9, 00:08:38, GigabitEthernet0/0
                     [110/11] via 10.2.0.9, 00:08:38, GigabitEthernet0/1
O E2     10.100.100.100/32
           [110/20] via 10.1.0.9, 1d02h, GigabitEthernet0/0
      172.16.0.0/24 is subnetted, 1 subnets
D EX     172.16.7.0 [170/30720] via 10.2.0.9, 02:00:00, GigabitEthernet0/1
S     192.168.0.0/16 is directly connected, Null0
D     192.0.2.0/24 is a summary, 00:10:00, Null0

Routing Table: MN
C     10.3.0.0/24 is directly connected, GigabitEthernet0/2
B     10.4.0.0/24 [20/0] via 10.1.0.254 (default), 00:01:00
r1#
"""
SIX = """
IPv6 Routing Table - default - 5 entries
Codes: C - Connected, L - Local, S - Static, U - Per-user Static route
S   ::/0 [1/0]
     via 2001:DB8:3::FE
C   2001:DB8:1::/64 [0/0]
     via GigabitEthernet0/0, directly connected
L   2001:DB8:1::1/128 [0/0]
     via GigabitEthernet0/0, receive
O   2001:DB8:9::/48 [110/2]
     via FE80::1, GigabitEthernet0/0
     via FE80::2, GigabitEthernet0/1
S   2001:DB8:100::/48 [1/0]
     via Null0, directly connected
L   FF00::/8 [0/0]
     via Null0, receive
"""
NXOS = """
sw1# show ip route vrf all
IP Route Table for VRF "default"
'*' denotes best ucast next-hop
'**' denotes best mcast next-hop
'[x/y]' denotes [preference/metric]
'%<string>' in via output denotes VRF <string>

0.0.0.0/0, ubest/mbest: 1/0
    *via 10.1.0.254, [1/0], 1w2d, static
10.1.0.0/24, ubest/mbest: 1/0, attached
    *via 10.1.0.2, Vlan10, [0/0], 1w2d, direct
10.1.0.1/32, ubest/mbest: 1/0
    *via 10.1.0.1, Vlan10, [0/0], 1w2d, hsrp
10.1.0.2/32, ubest/mbest: 1/0, attached
    *via 10.1.0.2, Vlan10, [0/0], 1w2d, local
10.9.0.0/16, ubest/mbest: 2/0
    *via 10.1.0.9, Vlan10, [110/41], 1w2d, ospf-1, intra
    *via 10.8.0.9, Eth1/1, [110/41], 1w2d, ospf-1, intra
     via 10.8.0.8, Eth1/2, [110/99], 1w2d, ospf-1, intra
10.7.0.0/16, ubest/mbest: 1/0
    *via Null0, [220/0], 1w2d, bgp-65000, discard

IP Route Table for VRF "MN"
10.3.0.0/24, ubest/mbest: 1/0
    *via 10.1.0.254%default, [20/0], 01:00:00, bgp-65000, external
"""
FRR = """
Codes: K - kernel route, C - connected, S - static, R - RIP,
       > - selected route, * - FIB route, q - queued, r - rejected, b - backup
       t - trapped, o - offload failure

K>* 0.0.0.0/0 [0/100] via 10.1.0.254, eth0, 00:01:00
C>* 10.1.0.0/24 is directly connected, eth0, 00:01:00
S>* 10.9.0.0/16 [1/0] via 10.1.0.9, eth0, weight 1, 00:00:30
  *                   via 10.1.0.8, eth0, weight 1, 00:00:30
S   10.9.0.0/16 [200/0] via 10.1.0.7, eth0, weight 1, 00:00:30
S>* 10.8.0.0/16 [1/0] unreachable (blackhole), weight 1, 00:00:20
"""


def table(text: str) -> Device:
    (found,) = parse(Source("routes.txt", tuple(text.strip("\n").split("\n"))), "r1").devices
    return found


def shown(found: Device, vrf: str = "default") -> set[str]:
    (context,) = [v for v in found.vrfs if v.name == vrf]
    return {_text(route) for route in context.routes}


def _text(route: Route) -> str:
    hop = f" {format_address(route.next_hop)}" if route.next_hop is not None else ""
    where = f" {route.interface}" if route.interface else f" into {route.into}" if route.into else ""
    return f"{route.kind.value} {format_prefix(route.network, route.length)}{hop}{where}"


def test_ios() -> None:
    found = table(IOS)
    assert not found.uncertain
    assert shown(found) == {
        "exported 0.0.0.0/0 10.1.0.254",
        "connected 10.1.0.0/24 GigabitEthernet0/0",
        "connected 10.2.0.0/24 GigabitEthernet0/1",
        "exported 10.9.0.0/16 10.1.0.9 GigabitEthernet0/0",
        "exported 10.9.0.0/16 10.2.0.9 GigabitEthernet0/1",
        "exported 10.100.100.100/32 10.1.0.9 GigabitEthernet0/0",
        "exported 172.16.7.0/24 10.2.0.9 GigabitEthernet0/1",
        "blackhole 192.168.0.0/16",
        "blackhole 192.0.2.0/24",
    }
    assert shown(found, "MN") == {
        "connected 10.3.0.0/24 GigabitEthernet0/2",
        "exported 10.4.0.0/24 10.1.0.254 into default",
    }
    assert [(a.address & 255, a.length) for a in found.interface("GigabitEthernet0/0").addresses] == [(1, 24)]


def test_ios_with_ipv6() -> None:
    found = table(SIX)
    assert not found.uncertain
    assert shown(found) == {
        "exported ::/0 2001:db8:3::fe",
        "connected 2001:db8:1::/64 GigabitEthernet0/0",
        "exported 2001:db8:9::/48 fe80::1 GigabitEthernet0/0",
        "exported 2001:db8:9::/48 fe80::2 GigabitEthernet0/1",
        "blackhole 2001:db8:100::/48",
    }


def test_nxos() -> None:
    found = table(NXOS)
    assert not found.uncertain
    assert shown(found) == {
        "exported 0.0.0.0/0 10.1.0.254",
        "connected 10.1.0.0/24 Vlan10",
        "exported 10.9.0.0/16 10.1.0.9 Vlan10",
        "exported 10.9.0.0/16 10.8.0.9 Ethernet1/1",
        "blackhole 10.7.0.0/16",
    }
    assert shown(found, "MN") == {"exported 10.3.0.0/24 10.1.0.254 into default"}
    assert [(a.address & 255, a.length) for a in found.interface("Vlan10").addresses] == [(1, 24), (2, 24)]


def test_frr() -> None:
    found = table(FRR)
    assert not found.uncertain
    assert shown(found) == {
        "exported 0.0.0.0/0 10.1.0.254 eth0",
        "connected 10.1.0.0/24 eth0",
        "exported 10.9.0.0/16 10.1.0.9 eth0",
        "exported 10.9.0.0/16 10.1.0.8 eth0",
        "blackhole 10.8.0.0/16",
    }


def test_the_command_names_the_vrf() -> None:
    found = table("r1#show ip route vrf MN\nC     10.3.0.0/24 is directly connected, GigabitEthernet0/2")
    assert [v.name for v in found.vrfs] == ["MN"]


def test_a_table_settles_what_routing_protocols_learn() -> None:
    text = """
hostname r1
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.255.0
router ospf 1
 network 10.0.0.0 0.255.255.255 area 0
"""
    config, short = device(text), IOS.partition("Routing Table: MN")[0]
    assert config.uncertain
    whole = with_routes(config, table(short))
    assert not whole.uncertain
    assert goes(whole, "GigabitEthernet0/0", "10.1.0.5 > 172.16.7.9 tcp/80") == "GigabitEthernet0/1"


def test_a_table_of_one_version_of_ip_does_not_settle_the_other() -> None:
    text = "hostname r1\ninterface Gi0/0\n ip address 10.1.0.1 255.255.255.0\n ipv6 address 2001:db8:1::1/64\n" \
        "router ospf 1\n network 10.0.0.0 0.255.255.255 area 0"  # fmt: skip
    assert with_routes(device(text), table(IOS.partition("Routing Table: MN")[0])).uncertain


@pytest.mark.parametrize(
    "line",
    [
        "S     10.0.0.0/99 [1/0] via 10.1.0.9",
        "S  10.0.0.0/8 [1/0] via 10.1.0.999",
        "nonsense",
        "C        10.5.0.1/32 is directly connected",
        "C        10.5.0.0/24 is directly connected, Loopback 5 9",
        "L        10.5.0.1/32 is directly connected",
    ],
)
def test_what_is_no_row_leaves_routing_open(line: str) -> None:
    (entry,) = table(f"{IOS}\n{line}").uncertain
    assert entry.text == line


@pytest.mark.parametrize(("text", "at_least"), [(IOS, 0.9), (SIX, 0.9), (NXOS, 0.95), (FRR, 0.9), ("hostname r1", -1)])
def test_detection(text: str, at_least: float) -> None:
    found = PLUGIN.sniff(Source("x", tuple(text.strip("\n").split("\n"))))
    assert found >= at_least if at_least > 0 else not found


@given(
    st.lists(st.sampled_from([*IOS.split("\n"), *SIX.split("\n"), *NXOS.split("\n"), *FRR.split("\n")]), max_size=60)
)
def test_any_rows_are_accounted_for(lines: list[str]) -> None:
    account = cisco_routes.parse(Source("x", tuple(lines)), "x").account
    assert account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total


@pytest.mark.parametrize("text", [IOS, SIX, NXOS, FRR])
def test_rows_may_end_anywhere(text: str) -> None:
    for line in text.strip().split("\n"):
        for end in range(len(line)):
            cisco_routes.parse(Source("x", (*text.split("\n"), line[:end])), "x")


def test_a_host_that_another_vrf_is_connected_to_has_no_interface_here() -> None:
    leak = "VRF red:\nC>* 10.9.9.9/32 is directly connected, eth1(vrf blue), weight 1, 00:00:03"
    device = table(leak)
    (route,) = device.vrfs[0].routes
    assert (route.into, route.interface, device.interfaces) == ("blue", "", ())


FRR_LEAKS = """\
VRF red:
C>* 10.0.0.0/24 is directly connected, eth0, 00:00:03
S>* 10.1.0.0/24 [1/0] is directly connected, eth1(vrf blue), weight 1, 00:00:03
S>* 10.9.0.0/16 [1/0] via 10.1.0.9, eth1(vrf blue), weight 1, 00:00:03
  *                   via 10.1.0.8, eth1 (vrf blue), weight 1, 00:00:03
S>* 10.8.0.0/16 [1/0] via 10.2.0.9, eth2(vrf default), weight 1, 00:00:03

VRF blue:
C>* 10.1.0.0/24 is directly connected, eth1, 00:00:03
B>* 10.9.7.0/24 [20/0] unreachable (blackhole), weight 1, 00:00:03

VRF default:
C>* 10.2.0.0/24 is directly connected, eth2, 00:00:03
"""


def test_a_row_that_leads_into_another_vrf_keeps_its_neighbour_there() -> None:
    found = table(FRR_LEAKS)
    assert {(format_prefix(r.network, r.length), r.into) for r in found.vrfs[0].routes if r.into} == {
        ("10.1.0.0/24", "blue"), ("10.9.0.0/16", "blue"), ("10.8.0.0/16", "default"),
    }  # fmt: skip
    given = {
        v.name: [(p.targets, at_most(Field.DST, p.match)) for p in v.policy_routes]
        for v in found.vrfs
        if v.policy_routes
    }
    hops = (parse_address("10.1.0.9"), "eth1"), (parse_address("10.1.0.8"), "eth1")
    assert given == {
        "blue": [(((None, "eth1"),), parse_prefix("10.1.0.0/24")), (hops, parse_prefix("10.9.0.0/16"))],
        "default": [(((parse_address("10.2.0.9"), "eth2"),), parse_prefix("10.8.0.0/16"))],
    }
    assert all(Ingress(frozenset({"eth0"})) in asks(p.match) for v in found.vrfs for p in v.policy_routes)


def test_a_way_that_others_resolve_is_not_one_itself() -> None:
    text = """
B>  10.4.0.0/24 [200/0] via 10.8.0.1 (recursive), weight 1, 00:00:12
  *                       via 10.1.0.2, eth1, weight 1, 00:00:12
"""
    (route,) = table("Codes: > - selected route" + text).vrfs[0].routes
    assert (route.next_hop, route.interface, route.into) == (parse_address("10.1.0.2"), "eth1", "")


def test_a_table_that_is_cut_short_leaves_routing_undetermined() -> None:
    lines = IOS.strip().splitlines()
    assert not table("\n".join(lines)).uncertain
    begun = next(n for n, line in enumerate(lines) if "6 subnets" in line)
    (doubt,) = table("\n".join(lines[: begun + 3])).uncertain
    assert (doubt.span.first, doubt.reason) == (begun + 1, cisco_routes.CUT_SHORT)
