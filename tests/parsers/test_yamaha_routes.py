"""``show ip route`` and ``show ipv6 route`` of Yamaha routers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.addresses import V6, format_address, format_prefix
from zoneguard.model.device import Concern, RouteKind
from zoneguard.parsers import Kind, Parsed, Source
from zoneguard.parsers.reading import detect, read_source, split_lines
from zoneguard.parsers.yamaha_routes import PLUGIN, parse

TABLE = """
[RTX1210]# show ip route
Destination         Gateway          Interface       Kind  Additional Info.
default             -                    PP[01]    static
10.0.0.0/8          192.168.1.254          LAN2    static  k(1)
10.0.0.0/8          192.168.1.253          LAN2    static  w(0)
10.1.0.0/24         192.168.1.253          LAN2      OSPF     cost=2
10.2.0.0/16         169.254.255.1    TUNNEL[1]       BGP  path=10124
172.16.0.0/12       -                      NULL    static
192.168.1.0/24      192.168.1.8      LAN2(DHCP)  implicit
192.168.3.0/24      192.168.3.1          LAN1/3  implicit
192.168.9.9/32      -          PP[ANONYMOUS01] temporary
[RTX1210]#
"""

TABLE_V6 = """
show ipv6 route
Destination              Gateway                  Interface  Type
default                  fe80::fa0f:6fff:fe4b:714b
                                                  LAN2       temporary
2001:db8:1::/64          -                        LAN1       implicit
"""


def read(text: str) -> Parsed:
    return parse(Source("routes.txt", tuple(text.strip("\n").split("\n"))), "rtx")


def rows(parsed: Parsed) -> list[tuple[str, str, str]]:
    found = []
    for route in parsed.devices[0].vrfs[0].routes:
        hop = "" if route.next_hop is None else format_address(route.next_hop)
        found.append((format_prefix(route.network, route.length), hop, route.interface or route.kind.value))
    return found


JAPANESE = """
# show ip route
宛先ネットワーク    ゲートウェイ     インタフェース  種別  付加情報
default             -                    PP[01]    static
10.0.0.0/8          192.168.1.254          LAN2    static  k(1)
192.168.1.0/24      192.168.1.8            LAN2  implicit
# show ipv6 route
宛先ネットワーク         ゲートウェイ             インタフェース  種別
default                  -                        LAN2       static
2001:db8:1::/64          -                        LAN1       implicit
"""


@pytest.mark.parametrize("encoding", ["cp932", "utf-8"])
def test_a_router_that_speaks_japanese_heads_its_tables_in_japanese(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "routes.txt"
    file.write_bytes(JAPANESE.strip().replace("\n", "\r\n").encode(encoding))
    source = read_source(file, "routes.txt")
    assert detect(source).name == "yamaha-routes"
    parsed = parse(source, "rtx")
    assert not parsed.account.not_understood
    assert rows(parsed) == [
        ("0.0.0.0/0", "", "pp1"), ("10.0.0.0/8", "192.168.1.254", "lan2"), ("192.168.1.0/24", "", "lan2"),
        ("::/0", "", "lan2"), ("2001:db8:1::/64", "", "lan1"),
    ]  # fmt: skip


def test_every_row_is_a_route() -> None:
    parsed = read(TABLE)
    assert rows(parsed) == [
        ("0.0.0.0/0", "", "pp1"),
        ("10.0.0.0/8", "192.168.1.254", "lan2"),
        ("10.0.0.0/8", "192.168.1.253", "lan2"),
        ("10.1.0.0/24", "192.168.1.253", "lan2"),
        ("10.2.0.0/16", "169.254.255.1", "tunnel1"),
        ("172.16.0.0/12", "", "blackhole"),
        ("192.168.1.0/24", "", "lan2"),
        ("192.168.3.0/24", "", "lan1/3"),
        ("192.168.9.9/32", "", "pp-anonymous"),
    ]
    assert not parsed.account.not_understood
    routes = parsed.devices[0].vrfs[0].routes
    assert {r.kind for r in routes} == {RouteKind.EXPORTED, RouteKind.BLACKHOLE}
    assert [r.span.first for r in routes] == list(range(3, 12))


def test_implicit_routes_tell_the_interface_address() -> None:
    by_name = {i.name: i for i in read(TABLE).devices[0].interfaces}
    (address,) = by_name["lan2"].addresses
    assert (format_address(address.address), address.length) == ("192.168.1.8", 24)


def test_rows_of_ipv6_may_be_in_two_lines() -> None:
    parsed = read(TABLE_V6)
    assert rows(parsed) == [("::/0", "fe80::fa0f:6fff:fe4b:714b", "lan2"), ("2001:db8:1::/64", "", "lan1")]
    assert all(r.network >= V6 for r in parsed.devices[0].vrfs[0].routes)
    assert not parsed.account.not_understood


@pytest.mark.parametrize(
    "row",
    [
        "10.9.0.0/16  192.168.1.253  LAN2  magic",
        "10.9.0.0/99  192.168.1.253  LAN2  static",
        "10.9.0.0/16  192.168.1.253  [LAN2  static",
        "10.9.0.0/16  192.168.1.253  LAN2  static  f(1)",
        "and so on",
    ],
)
def test_a_row_that_cannot_be_read_is_said(row: str) -> None:
    parsed = read(f"{TABLE.strip()}\n{row}")
    assert [(d.text, d.concern) for d in parsed.devices[0].uncertain] == [(row, Concern.ROUTING)]


def test_detection() -> None:
    assert PLUGIN.kind is Kind.ROUTES
    assert PLUGIN.sniff(Source("f", tuple(TABLE.split("\n")))) > 0.9
    assert PLUGIN.sniff(Source("f", ("default via 10.0.0.1 dev eth0",))) == 0


PIECES = st.sampled_from(
    ["Destination Gateway Interface Kind", "Destination Gateway Interface Type", "default", "10.0.0.0/8", "-",
     "10.0.0.1", "LAN1", "PP[01]", "PP[", "static", "BGP", "implicit", "w(0)", "2001:db8::/32", "fe80::1%lan2", "  ",
     "#", ">"]
)  # fmt: skip


@given(
    st.lists(st.lists(PIECES, max_size=6).map(" ".join), max_size=12) | st.text().map(lambda t: list(split_lines(t)))
)
def test_any_text_is_accounted_for(lines: list[str]) -> None:
    account = parse(Source("f", tuple(lines)), "rtx").account
    assert (
        account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total == len(lines)
    )


def test_lines_before_the_table_may_be_routes_of_a_table_cut_off() -> None:
    parsed = read(f"10.9.0.0/16 192.168.0.9 LAN1 static\n{TABLE.strip()}")
    assert [(d.span.first, d.concern) for d in parsed.devices[0].uncertain] == [(1, Concern.ROUTING)]
