"""PAN-OS routing tables of both engines: rows with columns missing, routers that lead to each other, any text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.test_panos import accounted
from zoneguard.model.addresses import format_address, format_prefix
from zoneguard.model.device import Device, Route, RouteKind
from zoneguard.parsers import Kind, Parsed, Source
from zoneguard.parsers.panos_routes import PLUGIN, parse, sniff

LEGEND = """flags: A:active, ?:loose, C:connect, H:host, S:static, ~:internal, R:rip, O:ospf, B:bgp,
       Oi:ospf intra-area, Oo:ospf inter-area, O1:ospf ext-type-1, O2:ospf ext-type-2, E:ecmp, M:multicast
"""
HEAD = "destination           nexthop          metric flags    age     interface       next-AS"
TWO = f"""admin@fw(active)> show routing route

{LEGEND}

VIRTUAL ROUTER: main (id 1)
  ==========
{HEAD}
0.0.0.0/0             192.0.2.1        10     A S              ethernet1/2
10.9.0.0/16           vr back          10     A S              main/i3
192.0.2.0/29          192.0.2.2        0      A C              ethernet1/2
192.0.2.2/32          0.0.0.0          0      A H
10.8.0.0/16           0.0.0.0          10     A S              tunnel.30
10.7.0.0/16           0.0.0.0          10       Oi     1273    tunnel.1
10.6.0.0/16           192.0.2.5               A?B      103020                  65201
10.5.0.0/16           192.0.2.6        10     A O2     347441  ethernet1/2
10.4.0.0/16           192.0.2.6        10     A S E            ethernet1/2
10.4.0.0/16           192.0.2.5        10     A S E            ethernet1/2
10.3.0.0/16           discard          10     A S
224.0.0.0/4           192.0.2.5        10     A S M            ethernet1/2
total routes shown: 12

VIRTUAL ROUTER: back (id 2)
  ==========
{HEAD}
0.0.0.0/0             198.51.100.1     10     A S              ethernet1/4
10.9.1.0/24           198.51.100.9            A B      443905  ethernet1/4     64520
198.51.100.0/24       198.51.100.2     0      A C              ethernet1/4
::/0                  2001:db8::1      10     A S              ethernet1/4
2001:db8::/64         2001:db8::2      0      A C              ethernet1/4
2001:db8::2/128       ::               0      A H
total routes shown: 6
"""
ADVANCED = """Logical Router: lr1
==========================
flags: A:active, E:ecmp, R:recursive, Oi:ospf intra-area, Oo:ospf inter-area, O1:ospf ext 1, O2:ospf ext 2

destination      protocol     nexthop       distance   metric   flag     tag     age         interface
0.0.0.0/0        static       10.1.1.1      10         10       A                00:33:49    ethernet1/1
10.1.1.0/24      connected                  0          0        A                00:33:49    ethernet1/1
10.1.1.2/32      local                      0          0        A                00:33:49    ethernet1/1
10.2.0.0/16      bgp          10.1.1.9      20         0        A R      100     01:02:03    ethernet1/1
10.3.0.0/16      ospf         10.1.1.9      110        20       Oi               01:02:03    ethernet1/1
"""


def read(text: str) -> Parsed:
    return parse(Source("fw.routes", tuple(text.strip("\n").split("\n"))), "fw")


def shown(route: Route) -> str:
    way = " ".join(
        part
        for part in (
            route.interface,
            "" if route.next_hop is None else format_address(route.next_hop),
            route.into,
            "discard" if route.kind is RouteKind.BLACKHOLE else "",
        )
        if part
    )
    return f"{format_prefix(route.network, route.length)} {way}"


def routes(found: Device, router: str) -> list[str]:
    (vrf,) = [v for v in found.vrfs if v.name == router]
    return [shown(route) for route in vrf.routes]


def test_a_table_of_two_routers() -> None:
    parsed = read(TWO)
    (device,) = parsed.devices
    assert not parsed.account.not_understood
    assert accounted(parsed.account) == parsed.account.total
    assert routes(device, "main") == [
        "0.0.0.0/0 ethernet1/2 192.0.2.1",
        "10.9.0.0/16 ethernet1/4 198.51.100.1",  # as the other router sends it
        "10.9.1.0/24 ethernet1/4 198.51.100.9",
        "192.0.2.0/29 ethernet1/2",
        "10.8.0.0/16 tunnel.30",
        "10.6.0.0/16 192.0.2.5",
        "10.5.0.0/16 ethernet1/2 192.0.2.6",
        "10.4.0.0/16 ethernet1/2 192.0.2.6",
        "10.4.0.0/16 ethernet1/2 192.0.2.5",
        "10.3.0.0/16 discard",
    ]
    assert routes(device, "back")[-1] == "2001:db8::/64 ethernet1/4"
    assert {i.name: [format_prefix(a.address, a.length) for a in i.addresses] for i in device.interfaces} == {
        "ethernet1/2": ["192.0.2.2/29"],
        "tunnel.30": [],
        "ethernet1/4": ["198.51.100.2/24", "2001:db8::2/64"],
    }


def test_the_table_of_the_advanced_engine() -> None:
    parsed = read(ADVANCED)
    assert not parsed.account.not_understood
    assert routes(parsed.devices[0], "lr1") == [
        "0.0.0.0/0 ethernet1/1 10.1.1.1",
        "10.1.1.0/24 ethernet1/1",
        "10.2.0.0/16 ethernet1/1 10.1.1.9",
    ]


def test_a_vrf_of_a_logical_router() -> None:
    text = ADVANCED.replace("==========================", "VRF: other")
    assert [v.name for v in read(text).devices[0].vrfs if v.routes] == ["lr1:other"]
    default = text.replace("VRF: other", "VRF: default")
    assert [v.name for v in read(default).devices[0].vrfs] == ["lr1"]


def test_detection() -> None:
    assert PLUGIN.kind is Kind.ROUTES
    for text in (TWO, ADVANCED):
        assert sniff(Source("x", tuple(text.split("\n")))) > 0.9
    assert 0.3 <= sniff(Source("x", (HEAD, "0.0.0.0/0 1.1.1.1 10 A S e"))) < 0.9
    for text in ("Codes: C - connected\n", "destination of all\n", "10.0.0.0/8 via 10.0.0.1 dev eth0\n"):
        assert sniff(Source("x", tuple(text.split("\n")))) == 0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("10.9.0.0/99           192.0.2.1        10     A S              ethernet1/2", "destination"),
        ("10.9.0.0/16           192.0.2.999      10     A S", "next hop"),
        ("10.9.0.0/16           192.0.2.1        10", "flags"),
        ("what is this", "flags"),
        ("10.9.0.0/16           a b c d e f g h i", "destination"),
    ],
)
def test_rows_that_cannot_be_read_are_named(row: str, reason: str) -> None:
    parsed = read(f"VIRTUAL ROUTER: main (id 1)\n{HEAD}\n{row}")
    ((line, found),) = [(m.span.first, m.reason) for m in parsed.account.not_understood]
    assert line == 3
    assert reason in found or "destination" in found
    assert parsed.devices[0].uncertain


def test_lines_before_any_table_are_named() -> None:
    assert [m.reason for m in read("hello\n" + TWO).account.not_understood] == ["not a line of a PAN-OS routing table"]
    assert [v.name for v in read("hello").devices[0].vrfs] == ["default"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.integers(0, len(TWO)), st.integers(0, 60))
def test_any_text_is_accounted_for(junk: str, start: int, length: int) -> None:
    for text in (junk, TWO[:start] + junk + TWO[start + length :]):
        source = Source("x", tuple(text.split("\n")))
        assert 0 <= sniff(source) <= 1
        parsed = parse(source, "fw")
        assert accounted(parsed.account) == len(source.lines)
        assert len(parsed.devices) == 1
