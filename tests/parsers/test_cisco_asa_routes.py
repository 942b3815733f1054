"""``show route`` and ``show ipv6 route`` of an ASA."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.cisco_asa_run import firewall, goes
from zoneguard.model.addresses import format_address, parse_address, parse_prefix
from zoneguard.model.device import Concern, Device
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, at_most
from zoneguard.parsers import Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.cisco_asa_routes import PLUGIN, parse
from zoneguard.parsers.reading import split_lines

TABLE = """
fw# show route

Codes: L - local, C - connected, S - static, R - RIP, M - mobile, B - BGP
       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area
       SI - Static InterVRF, BI - BGP InterVRF
Gateway of last resort is 203.0.113.1 to network 0.0.0.0

S*       0.0.0.0 0.0.0.0 [1/0] via 203.0.113.1, outside
C        10.1.0.0 255.255.0.0 is directly connected, inside
L        10.1.0.1 255.255.255.255 is directly connected, inside
O        10.80.0.0 255.255.0.0 [110/20] via 10.1.0.9, 00:10:44, inside
                               [110/20] via 10.1.0.10, 2d03h, inside
O IA     10.81.0.0 255.255.0.0
           [110/30] via 10.2.0.9, 1w2d, dmz
S        10.82.0.0 255.255.0.0 [1/0] is directly connected, Null0
V        10.90.0.7 255.255.255.255 connected by VPN (advertised), outside
S        0.0.0.0 0.0.0.0 [255/0] via 10.1.0.77, inside tunneled
fw#
"""
TABLE6 = """
IPv6 Routing Table - 3 entries
Codes: C - Connected, L - Local, S - Static
L   2001:db8:1::1/128 [0/0]
     via ::, inside
C   2001:db8:1::/64 [0/0]
     via ::, inside
S   ::/0 [1/0]
     via 2001:db8:f::1, outside
"""


def read(text: str) -> Device:
    (found,) = parse(Source("r", split_lines(text.strip("\n"))), "fw").devices
    return found


def rows(found: Device) -> list[tuple[str, int, str, str, int, int]]:
    return [
        (format_address(r.network), r.length, "" if r.next_hop is None else format_address(r.next_hop),
         r.interface or r.kind.value, r.distance, r.metric)
        for r in found.vrfs[0].routes
    ]  # fmt: skip


def test_every_row_of_a_table() -> None:
    found = read(TABLE)
    assert rows(found) == [
        ("0.0.0.0", 0, "203.0.113.1", "outside", 1, 0),
        ("10.1.0.0", 16, "", "inside", 0, 0),
        ("10.80.0.0", 16, "10.1.0.9", "inside", 110, 20),
        ("10.80.0.0", 16, "10.1.0.10", "inside", 110, 20),
        ("10.81.0.0", 16, "10.2.0.9", "dmz", 110, 30),
        ("10.82.0.0", 16, "", "blackhole", 1, 0),
        ("10.90.0.7", 32, "", "outside", 0, 0),
    ]
    assert {i.name: [(format_address(a.address), a.length) for a in i.addresses] for i in found.interfaces} == {
        "outside": [], "inside": [("10.1.0.1", 16)], "dmz": [],
    }  # fmt: skip
    assert not found.uncertain
    (out_of_tunnels,) = found.vrfs[0].policy_routes
    assert out_of_tunnels.targets == ((parse_address("10.1.0.77"), "inside"),)
    assert at_most(Field.DST, out_of_tunnels.match) & parse_prefix("10.0.0.0/8") == (
        parse_prefix("10.0.0.0/8")
        - Intervals.from_spans(
            span
            for net in ("10.1.0.0/16", "10.80.0.0/15", "10.82.0.0/16", "10.90.0.7")
            for span in parse_prefix(net).spans
        )
    )


def test_ipv6() -> None:
    found = read(TABLE6)
    assert rows(found) == [
        ("2001:db8:1::", 64, "", "inside", 0, 0),
        ("::", 0, "2001:db8:f::1", "outside", 1, 0),
    ]
    assert [(format_address(a.address), a.length) for a in found.interfaces[0].addresses] == [("2001:db8:1::1", 64)]
    assert not found.uncertain


def test_a_table_takes_the_place_of_configured_routes() -> None:
    tunneled = "route inside 0.0.0.0 0.0.0.0 10.1.0.77 tunneled\nwebvpn\n enable outside"
    found = with_routes(firewall("same-security-traffic permit intra-interface", tunneled), read(TABLE))
    assert goes(found, "dmz", "10.2.0.5 > 10.81.0.9 tcp/80") == "dmz"
    assert goes(found, "inside", "10.1.0.5 > 10.80.0.9 tcp/80") == "inside"
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "outside"


@pytest.mark.parametrize(
    "line",
    [
        "S        10.80.0.0 255.0.255.0 [1/0] via 10.1.0.9, inside",
        "S        10.80.0.999 255.255.0.0 [1/0] via 10.1.0.9, inside",
        "S        10.80.0.0 255.255.0.0 [1/0] via 10.1.0.9, inside and outside",
        "frobnicate",
    ],
)
def test_rows_that_cannot_be_read_are_said(line: str) -> None:
    found = read("C        10.1.0.0 255.255.0.0 is directly connected, inside\n" + line)
    (doubt,) = found.uncertain
    assert (doubt.text, doubt.concern) == (line.strip(), Concern.ROUTING)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        (TABLE, 0.9, 1),
        (TABLE6, 0.5, 1),
        ("S*    0.0.0.0/0 [1/0] via 203.0.113.1\nC     10.1.0.0/16 is directly connected, Vlan10", 0, 0.2),
        ("default via 10.0.0.1 dev eth0", 0, 0.2),
        ("route outside 0.0.0.0 0.0.0.0 203.0.113.1 1", 0, 0.2),
    ],
)
def test_detection(text: str, least: float, most: float) -> None:
    assert least <= PLUGIN.sniff(Source("f", split_lines(text))) <= most


ROWS = st.sampled_from([line for line in (TABLE + TABLE6).split("\n") if line])
PIECES = st.sampled_from(
    ["S ", "C ", "L ", "10.0.0.0 ", "255.0.0.0 ", "[1/0] ", "via ", "::, ", "inside", " ", "2001:db8::/32 "]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(ROWS, st.lists(PIECES, max_size=8).map("".join), st.text(max_size=40)), max_size=15))
def test_any_rows_are_accounted_for(lines: list[str]) -> None:
    source = Source("f", split_lines("\n".join(lines)))
    account = parse(source, "fw").account
    told = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert told == account.total == len(source.lines)
    assert 0 <= PLUGIN.sniff(source) <= 1
