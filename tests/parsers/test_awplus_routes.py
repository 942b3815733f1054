"""``show ip route`` and ``show ipv6 route`` of AlliedWare Plus."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.indented_run import table
from tests.parsers.test_awplus import device
from zoneguard.model.device import Concern, RouteKind
from zoneguard.parsers import Kind, Parsed, Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.awplus_routes import PLUGIN, parse
from zoneguard.parsers.reading import detect, split_lines

TABLE = """
awplus#show ip route
Codes: C - connected, S - static, R - RIP, B - BGP
       O - OSPF, D - DHCP, IA - OSPF inter area
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       E1 - OSPF external type 1, E2 - OSPF external type 2
       * - candidate default

Gateway of last resort is 10.9.0.254 to network 0.0.0.0

S*      0.0.0.0/0 [1/0] via 10.9.0.254, vlan9
O       10.1.0.0/16 [110/20] via 10.9.0.251, vlan9, 00:12:01
                    [110/20] via 10.9.0.252, vlan9, 1d02h
O E1    10.2.0.0/16 [110/30] via 10.9.0.251, vlan9
S       10.3.0.0/16 [1/0] is directly connected, Null
C       10.9.0.0/24 is directly connected, vlan9

[VRF: DMZ]
Gateway of last resort is not set

D       10.4.0.0/16 [1/0] via 10.5.0.254, eth1
C       10.5.0.0/24 is directly connected, eth1
awplus#
"""

V6 = """
IPv6 Routing Table
Codes: C - connected, S - static, R - RIP, O - OSPF, B - BGP, D - DHCP
S    ::/0 [1/0] via 2001:db8:9::fe, vlan9, 00:00:12
C    2001:db8:9::/64 via ::, vlan9, 00:01:20
"""


def read(text: str) -> Parsed:
    return parse(Source("routes.txt", tuple(text.strip("\n").split("\n"))), "aw")


def test_every_row_is_a_route_of_its_instance() -> None:
    parsed = read(TABLE)
    assert not parsed.account.not_understood
    (found,) = parsed.devices
    assert table(found) == [
        "0.0.0.0/0 10.9.0.254 vlan9",
        "10.1.0.0/16 10.9.0.251 vlan9",
        "10.1.0.0/16 10.9.0.252 vlan9",
        "10.2.0.0/16 10.9.0.251 vlan9",
        "10.3.0.0/16 blackhole",
        "10.9.0.0/24 vlan9",
    ]
    assert table(found, "DMZ") == ["10.4.0.0/16 10.5.0.254 eth1", "10.5.0.0/24 eth1"]
    assert [sorted(v.interfaces) for v in found.vrfs] == [["vlan9"], ["eth1"]]
    kinds = {r.kind for v in found.vrfs for r in v.routes}
    assert kinds == {RouteKind.EXPORTED, RouteKind.CONNECTED, RouteKind.BLACKHOLE}
    assert [(r.distance, r.metric) for r in found.vrfs[0].routes][:4] == [(1, 0), (110, 20), (110, 20), (110, 30)]


def test_ipv6() -> None:
    parsed = read(V6)
    assert table(parsed.devices[0]) == ["::/0 2001:db8:9::fe vlan9", "2001:db8:9::/64 vlan9"]
    assert not parsed.account.not_understood


def test_of_a_database_only_what_is_selected() -> None:
    text = """
Codes: C - connected, S - static, D - DHCP
       > - selected route, * - FIB route, p - stale info
S    *> 0.0.0.0/0 [1/0] via 10.9.0.254, vlan9
O       0.0.0.0/0 [110/20] via 10.9.0.253, vlan9
C    *> 10.9.0.0/24 is directly connected, vlan9
"""
    parsed = read(text)
    assert table(parsed.devices[0]) == ["0.0.0.0/0 10.9.0.254 vlan9", "10.9.0.0/24 vlan9"]
    assert parsed.account.ignored["route that is not selected"] == 1


def test_what_cannot_be_read_is_uncertain_and_the_rest_stands() -> None:
    parsed = read("C 10.9.0.0/24 is directly connected, vlan9\nS 10.0.0.0/99 [1/0] via 10.9.0.1, vlan9\nwhat is this")
    assert table(parsed.devices[0]) == ["10.9.0.0/24 vlan9"]
    assert [(m.span.first, m.concern) for m in parsed.devices[0].uncertain] == [
        (2, Concern.ROUTING),
        (3, Concern.ROUTING),
    ]


def test_a_table_completes_a_configuration() -> None:
    configured = device(
        "ip vrf DMZ 1\ninterface vlan9\n ip address 10.9.0.1/24\nrouter ospf 1\nip route 10.7.0.0/16 Null"
    )
    both = with_routes(configured, read(TABLE).devices[0])
    assert table(both)[0] == "0.0.0.0/0 10.9.0.254 vlan9"
    assert table(both, "DMZ") == ["10.4.0.0/16 10.5.0.254 eth1", "10.5.0.0/24 eth1"]


def test_detection() -> None:
    source = Source("f", split_lines(TABLE))
    assert PLUGIN.kind is Kind.ROUTES
    assert detect(source, kind=Kind.ROUTES).name == "awplus-routes"
    assert detect(source).name == "awplus-routes"
    bare = Source("f", ("C 10.9.0.0/24 is directly connected, vlan9", "S 10.1.0.0/16 [1/0] via 10.9.0.2, vlan9"))
    assert 0.3 < PLUGIN.sniff(bare) < 0.9
    assert PLUGIN.sniff(Source("f", ("C 10.9.0.0/24 is directly connected, Vlan9",))) == 0


SAID = """
C S* O E1 B *> 10.0.0.0/8 0.0.0.0/0 ::/0 2001:db8::/32 [1/0] [110/20] via is directly connected, vlan1 Null, 10.0.0.9,
fe80::1, 00:01:02 [VRF: red] Codes: awplus#show ip route
"""
WORDS = st.sampled_from(SAID.split())


def check(lines: tuple[str, ...]) -> None:
    account = parse(Source("f", lines), "aw").account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(lines)
    assert 0 <= PLUGIN.sniff(Source("f", lines)) <= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=12))
def test_rows_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check(tuple(lines))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_accounted_for(text: str) -> None:
    check(split_lines(text))


def test_hostile_lines() -> None:
    check(
        ("C" + " " * 100_000 + "10.0.0.0/8" + " " * 100_000 + "via", "S " + "9" * 100_000, "[" * 50_000, "C* " * 30_000)
    )
