"""``show ip route`` and ``show ipv6 route`` of a UNIVERGE IX."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.nec_ix_run import LAN, WAN, goes, router
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device
from zoneguard.parsers import Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.nec_ix_routes import PLUGIN, parse
from zoneguard.parsers.reading import split_lines

TABLE = """
ix(config)# show ip route
IP Routing Table - 6 entries, 2 hidden, 2042 frees
Entries: 2 Connected, 3 Static, 0 RIP, 1 OSPF, 0 BGP
Codes: C - Connected, S - Static, R - RIP, O - OSPF, IA - OSPF inter area
       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2
       * - Candidate default, s - Summary
Timers: Age
S*   0.0.0.0/0 [1/1] is directly connected, GigaEthernet0.1, 15:21:33
     10.0.0.0/8 is subnetted, 3 subnets
C      10.1.0.0/16 [0/1] is directly connected, GigaEthernet1.0, 14:18:24
O IA   10.80.0.0/16 [110/20] via 10.1.0.9, GigaEthernet1.0, 0:10:00
                    [110/20] via 10.1.0.10, GigaEthernet1.0, 0:10:00
S      10.81.0.0/16 [1/1] is directly connected, Null0.0, 15:21:35
S      192.0.2.1/32 [1/1] via 203.0.113.254, GigaEthernet0.0, 15:21:35
ix(config)#
"""
TABLE6 = """
IPv6 Routing Table - 2 entries, 1 hidden, 10 frees
C      2001:db8:1::/64 global [0/1]
         via ::, GigaEthernet1.0, 1:00:00
L      2001:db8:1::1/128 global [0/1]
         via ::, GigaEthernet1.0, 1:00:00
S      ::/0 global [1/1]
         via 2001:db8:f::1, GigaEthernet0.0, 1:00:00
"""


def read(text: str) -> Device:
    (found,) = parse(Source("r", split_lines(text.strip("\n"))), "ix").devices
    return found


def rows(found: Device, vrf: int = 0) -> list[tuple[str, int, str, str, int]]:
    return [
        (format_address(r.network), r.length, "" if r.next_hop is None else format_address(r.next_hop),
         r.interface or r.kind.value, r.distance)
        for r in found.vrfs[vrf].routes
    ]  # fmt: skip


def test_every_row_of_a_table() -> None:
    found = read(TABLE)
    assert rows(found) == [
        ("0.0.0.0", 0, "", "GigaEthernet0.1", 1),
        ("10.1.0.0", 16, "", "GigaEthernet1.0", 0),
        ("10.80.0.0", 16, "10.1.0.9", "GigaEthernet1.0", 110),
        ("10.80.0.0", 16, "10.1.0.10", "GigaEthernet1.0", 110),
        ("10.81.0.0", 16, "", "blackhole", 1),
        ("192.0.2.1", 32, "203.0.113.254", "GigaEthernet0.0", 1),
    ]
    assert not found.uncertain


def test_ipv6() -> None:
    found = read(TABLE6)
    assert rows(found) == [
        ("2001:db8:1::", 64, "", "GigaEthernet1.0", 0),
        ("::", 0, "2001:db8:f::1", "GigaEthernet0.0", 1),
    ]
    assert format_address(found.interface("GigaEthernet1.0").addresses[0].address) == "2001:db8:1::1"


def test_tables_of_vrfs() -> None:
    found = read(TABLE + "IP Routing Table, VRF lg - 1 entries, 0 hidden, 10 frees\nC 10.9.0.0/24 [0/1] is directly "
                 "connected, GigaEthernet4.0, 1:00:00")  # fmt: skip
    assert [v.name for v in found.vrfs] == ["main", "lg"]
    assert rows(found, 1) == [("10.9.0.0", 24, "", "GigaEthernet4.0", 0)]


def test_a_table_takes_the_place_of_configured_routes() -> None:
    found = with_routes(router(), read("S 10.80.0.0/16 [1/1] via 10.1.0.9, GigaEthernet1.0, 0:10:00"))
    assert goes(found, WAN, "198.51.100.7 > 10.80.0.9 tcp/80") == LAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == "no-route"


@pytest.mark.parametrize(
    "line",
    [
        "S      10.81.0.999/16 [1/1] via 10.1.0.9, GigaEthernet1.0, 15:21:35",
        "S      10.81.0.0/16 [1/1] by 10.1.0.9, GigaEthernet1.0, 15:21:35",
        "frobnicate",
    ],
)
def test_rows_that_cannot_be_read_are_said(line: str) -> None:
    (doubt,) = read(f"C 10.1.0.0/16 [0/1] is directly connected, GigaEthernet1.0\n{line}").uncertain
    assert (doubt.text, doubt.concern) == (line, Concern.ROUTING)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        (TABLE, 0.9, 1),
        (TABLE6, 0.9, 1),
        ("S 10.80.0.0/16 [1/1] via 10.1.0.9, GigaEthernet1.0, 0:10:00", 0.6, 0.8),
        ("S*    0.0.0.0/0 [1/0] via 203.0.113.1\nC     10.1.0.0/16 is directly connected, Vlan10", 0, 0.2),
        ("O     10.80.0.0/16 [110/20] via 10.1.0.9, 00:10:44, GigabitEthernet0/1", 0, 0.2),
        ("default via 10.0.0.1 dev eth0", 0, 0.2),
    ],
)
def test_detection(text: str, least: float, most: float) -> None:
    assert least <= PLUGIN.sniff(Source("f", split_lines(text))) <= most


ROWS = st.sampled_from([line for line in (TABLE + TABLE6).split("\n") if line])
PIECES = st.sampled_from(["S ", "C ", "L ", "10.0.0.0/8 ", "[1/1] ", "via ", "::, ", "GigaEthernet1.0", " ", "::/0 "])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(ROWS, st.lists(PIECES, max_size=8).map("".join), st.text(max_size=40)), max_size=15))
def test_any_rows_are_accounted_for(lines: list[str]) -> None:
    source = Source("f", split_lines("\n".join(lines)))
    account = parse(source, "ix").account
    told = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert told == account.total == len(source.lines)
    assert 0 <= PLUGIN.sniff(source) <= 1


def test_a_table_of_some_kinds_of_routes_is_no_whole_table() -> None:
    """What ``show ip route bgp`` prints: other routes are hidden, and counted as such."""
    text = "IP Routing Table - 1 entries, 6 hidden, 2040 frees\nEntries: 0 Connected, 0 Static, 0 RIP, 0 OSPF, 1 BGP\n"
    found = read(text + "B      10.1.0.0/24 [20/0] via 192.0.2.9, GigaEthernet1.0, 5d5h10m6s")
    assert [(m.span.first, m.concern) for m in found.uncertain] == [(2, Concern.ROUTING)]
