"""Routing tables that a FortiGate prints, and the kernel's listing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.fortios_run import INTERFACES, header, policies, policy, read
from zoneguard.model.addresses import format_address, format_prefix
from zoneguard.model.device import Concern, Device, RouteKind, Routing
from zoneguard.parsers import Kind, Parsed, Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.fortios_routes import PLUGIN

LEGEND = """Codes: K - kernel, C - connected, S - static, R - RIP, B - BGP
       O - OSPF, IA - OSPF inter area
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2
       i - IS-IS, L1 - IS-IS level-1, L2 - IS-IS level-2, ia - IS-IS inter area
       V - BGP VPNv4
       * - candidate default
"""
TABLE = (
    LEGEND
    + """
Routing table for VRF=0
S*      0.0.0.0/0 [1/0] via 192.0.2.1, wan1, [1/0]
                  [1/0] via 198.51.100.1, wan2, [5/0]
B       10.0.2.0/24 [200/0] via 10.255.0.2 [3] (recursive is directly connected, hub-vpn), 00:01:32, [1/0]
                    [200/0] via 10.255.0.34 [3] (recursive via spoke tunnel 10.9.9.9), 00:01:32, [1/0]
O E2    10.9.0.0/16 [110/20] via 192.0.2.10, port1, 01:02:03
O IA    10.8.0.0/16 [110/20] via 192.0.2.10, port1, 01:02:03, [1/0]
S       172.16.0.0/16 [15/0] via vpn3 tunnel 172.16.2.5, [1/0]
S       192.168.2.0/24 [10/0] is directly connected, branch office
S       10.66.0.0/16 [254/0] is a summary, Null, [1/0]
C       192.168.9.0/24 is directly connected, internal
                       is directly connected, internal
B       203.0.113.0/24 [20/0] via 198.51.100.9 (recursive via 192.0.2.10, port1), 2d01h
B       203.0.114.0/24 [20/0] via 198.51.100.9, 2d01h

Routing table for VRF=5
C       10.5.0.0/24 is directly connected, port5
"""
)


def parse(text: str) -> Parsed:
    return PLUGIN.parse(Source("routes.txt", tuple(text.rstrip("\n").split("\n"))), "fw")


def shown(found: Device, vrf: str = "root") -> list[str]:
    (context,) = [v for v in found.vrfs if v.name == vrf]
    return [
        f"{format_prefix(r.network, r.length)} {format_address(r.next_hop) if r.next_hop else '-'} "
        f"{r.interface or r.kind.value} {r.distance}/{r.metric}"
        for r in context.routes
    ]


def test_a_whole_table() -> None:
    parsed = parse(TABLE)
    assert not parsed.account.not_understood
    assert parsed.account.ignored == {"blank or comment": 2, "legend of the table": 7}
    (device,) = parsed.devices
    assert shown(device) == [
        "0.0.0.0/0 192.0.2.1 wan1 1/1",
        "0.0.0.0/0 198.51.100.1 wan2 1/5",
        "10.0.2.0/24 10.255.0.2 hub-vpn 200/1",
        "10.0.2.0/24 10.9.9.9 spoke 200/1",
        "10.9.0.0/16 192.0.2.10 port1 110/0",
        "10.8.0.0/16 192.0.2.10 port1 110/1",
        "172.16.0.0/16 172.16.2.5 vpn3 15/1",
        "192.168.2.0/24 - branch office 10/0",
        "10.66.0.0/16 - blackhole 254/1",
        "192.168.9.0/24 - internal 0/0",
        "192.168.9.0/24 - internal 0/0",
        "203.0.113.0/24 192.0.2.10 port1 20/0",
        "203.0.114.0/24 198.51.100.9 exported 20/0",
    ]
    assert shown(device, "root:vrf5") == ["10.5.0.0/24 - port5 0/0"]
    assert [v.stages for v in device.vrfs] == [(Routing(),), (Routing(),)]
    assert device.vrfs[1].interfaces == {"port5"}
    assert {r.kind for r in device.vrfs[1].routes} == {RouteKind.CONNECTED}


def test_the_database_marks_what_is_selected() -> None:
    text = """fw # get router info routing-table database
Codes: K - kernel, C - connected, S - static
       > - selected route, * - FIB route, p - stale info

Routing table for VRF=0
S    *> 0.0.0.0/0 [10/0] via 192.0.2.1, wan1, [1/0]
     *>           [10/0] via 192.0.2.2, wan1, [1/0]
S       0.0.0.0/0 [20/0] via 198.51.100.1, wan2, [1/0]
C    *> 192.0.2.0/24 is directly connected, wan1
"""
    parsed = parse(text)
    assert shown(parsed.devices[0]) == [
        "0.0.0.0/0 192.0.2.1 wan1 10/1",
        "0.0.0.0/0 192.0.2.2 wan1 10/1",
        "192.0.2.0/24 - wan1 0/0",
    ]
    assert parsed.account.ignored["route that is not selected"] == 1
    assert not parsed.account.not_understood


KERNEL = """tab=254 vf=0 scope=0 type=1 proto=11 prio=1 0.0.0.0/0.0.0.0/0->0.0.0.0/0 pref=0.0.0.0
        gwy=192.0.2.1 flag=04 hops=0 oif=5(wan1)
        gwy=198.51.100.1 flag=04 hops=0 oif=6(wan2)
tab=254 vf=0 scope=0 type=1 proto=11 prio=0 0.0.0.0/0.0.0.0/0->10.9.0.0/16 pref=0.0.0.0 gwy=10.1.0.254 dev=9(an office)
tab=254 vf=0 scope=253 type=1 proto=2 prio=0 0.0.0.0/0.0.0.0/0->10.1.0.0/24 pref=10.1.0.1 gwy=0.0.0.0 dev=5(internal)
tab=254 vf=0 scope=0 type=6 proto=11 prio=0 0.0.0.0/0.0.0.0/0->10.66.0.0/16 pref=0.0.0.0 gwy=0.0.0.0 dev=10(root)
tab=254 vf=0 scope=0 type=1 proto=18 prio=0 192.2.0.9/255.255.255.255/0->8.8.8.8/32 pref=0.0.0.0 gwy=192.2.0.1 dev=4(w1)
tab=255 vf=0 scope=254 type=2 proto=2 prio=0 0.0.0.0/0.0.0.0/0->10.1.0.1/32 pref=10.1.0.1 gwy=0.0.0.0 dev=5(internal)
"""


def test_the_kernels_listing_tells_own_addresses_too() -> None:
    parsed = parse(KERNEL)
    (device,) = parsed.devices
    assert not parsed.account.not_understood
    assert shown(device) == [
        "0.0.0.0/0 192.0.2.1 wan1 0/0",
        "0.0.0.0/0 198.51.100.1 wan2 0/0",
        "10.9.0.0/16 10.1.0.254 an office 0/0",
        "10.1.0.0/24 - internal 0/0",
        "10.66.0.0/16 - blackhole 0/0",
    ]
    assert [format_address(a.address) for a in device.interface("internal").addresses] == ["10.1.0.1"]
    assert parsed.account.ignored == {
        "addresses of the device itself and broadcasts": 1,
        "route of the device's own probes": 1,
    }


def test_prompts_name_the_vdom_and_ipv6_is_read() -> None:
    text = f"""FGT (guest) # get router info routing-table all
{TABLE}
FGT (dmz) # get router info6 routing-table
IPv6 Routing Table
S*      ::/0 [10/0] via 2001:db8::1, port1, 01:22:11, [1024/0]
C       2001:db8::/64 via ::, port2, 00:00:10
"""
    device = parse(text).devices[0]
    assert [v.name for v in device.vrfs] == ["guest", "guest:vrf5", "dmz"]
    assert shown(device, "dmz") == ["::/0 2001:db8::1 port1 10/1024", "2001:db8::/64 - port2 0/0"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("something else", "not a line of a FortiOS routing table"),
        ("S       10.0.0.0/99 [10/0] via 192.0.2.1, wan1", "this destination cannot be read"),
        ("S       10.0.0.0/8 [10/0] via 192.0.2.x, wan1", "this way cannot be read"),
        ("S       10.0.0.0/8 [10/0] via 192.0.2, wan1", "this next hop cannot be read"),
        ("tab=254 vf=0 nonsense", "this route cannot be read"),
    ],
)
def test_lines_that_cannot_be_read_are_uncertain(line: str, reason: str) -> None:
    parsed = parse(LEGEND + line)
    assert [(m.text, m.reason, m.concern) for m in parsed.account.not_understood] == [(line, reason, Concern.ROUTING)]
    assert parsed.devices[0].uncertain


def test_it_replaces_the_routes_of_a_configuration() -> None:
    config = read(header("7.2.8") + INTERFACES + policies(policy(1))).devices[0]
    merged = with_routes(config, parse(LEGEND + "S*      0.0.0.0/0 [10/0] via 203.0.113.9, wan").devices[0])
    assert shown(merged) == ["0.0.0.0/0 203.0.113.9 wan 10/0"]
    assert len(merged.interfaces) == len(config.interfaces)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        (TABLE, 0.9, 1.0),
        (KERNEL, 0.9, 1.0),
        (LEGEND, 0.9, 1.0),
        ("S       10.0.0.0/8 [10/0] via 192.0.2.1, wan1", 0.3, 0.5),
        ("default via 192.0.2.1 dev eth0", 0, 0),
        ("Destination Gateway Interface Kind", 0, 0),
        (INTERFACES, 0, 0),
        ("", 0, 0),
    ],
)
def test_sniff(text: str, least: float, most: float) -> None:
    assert PLUGIN.kind is Kind.ROUTES
    assert least <= PLUGIN.sniff(Source("f", tuple(text.split("\n")))) <= most


def test_hostile_lines_end_soon() -> None:
    lines = ("S" + " " * 100_000 + "x", "[" * 100_000, " " * 100_000 + "x", "tab=254 vf=0 " + "type=1 prio=" * 20_000,
             "a - " * 50_000, "S  1.1.1.1/8 " + "[1/0] via " * 20_000, "tab=254 vf=0 scope=0 type=1 prio=" + "9" * 9000,
             "Routing table for VRF=" + "9" * 9000)  # fmt: skip
    parsed = parse("\n".join(lines))
    assert parsed.account.total == len(lines)


PIECE_LIST = """
S* C B O E2 10.0.0.0/8 0.0.0.0/0 ::/0 [10/0] [1/0] via 10.0.0.1 is directly connected, port1 , Null tab=254 vf=0 type=1
proto=2 prio=0 0.0.0.0/0.0.0.0/0->10.0.0.0/8 pref=10.0.0.1 gwy=10.0.0.1 dev=3(p) oif=4(q) (recursive tunnel a # Codes:
Routing table for VRF=0 *> fw (v) get 00:01:02
"""
PIECES = st.sampled_from(PIECE_LIST.split())


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.lists(PIECES, max_size=9).map(" ".join), st.text(max_size=40)), max_size=12))
def test_any_text_is_accounted_for(lines: list[str]) -> None:
    source = Source("any", tuple(part for line in lines for part in line.split("\n")))
    assert 0 <= PLUGIN.sniff(source) <= 1
    account = PLUGIN.parse(source, "any").account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(source.lines)
