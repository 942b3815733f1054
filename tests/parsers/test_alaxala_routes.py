"""``show ip route`` and ``show ipv6 route`` of ALAXALA AX."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.indented_run import addresses, table
from tests.parsers.test_alaxala import device
from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, RouteKind
from zoneguard.parsers import Kind, Parsed, Source
from zoneguard.parsers.alaxala_routes import PLUGIN, parse
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.reading import detect, split_lines

TABLE = """
ax> show ip route vrf all
Date 2026/11/02 10:00:00 JST
VRF: global  Total: 5 routes
Destination        Next Hop         Interface     Metric    Protocol   Age
0.0.0.0/0          10.30.0.254      VLAN0030      0/0       Static      1h 12m
10.30.0/24         10.30.0.1        VLAN0030      0/0       Connected  13m 52s
10.30.0.1          10.30.0.1        VLAN0030      0/0       Connected  13m 52s
10.50/16           ----             null0         0/0       Static     13m 52s
127/8              ----             localhost     0/0       Connected  13m 52s
VRF: 2  Total: 2 routes
Destination        Next Hop         Interface     Metric    Protocol   Age
10.10.0/24         10.10.0.1        VLAN0010      0/0       Connected  13m 52s
10.99/16           10.10.0.254      VLAN0010      20/1      OSPF       13m 52s
VRF: 3  Total: 2 routes
Destination        Next Hop         Interface     Metric    Protocol   Age
10.10.0/24         10.10.0.1        VLAN0010      0/0       Extra-VRF  13m 52s
10.99/16           10.10.0.254      VLAN0010      0/0       Extra-VRF  13m 52s
ax>
"""


def read(text: str) -> Parsed:
    return parse(Source("routes.txt", tuple(text.strip("\n").split("\n"))), "ax")


def test_every_row_is_a_route_of_its_vrf() -> None:
    parsed = read(TABLE)
    assert not parsed.account.not_understood
    (found,) = parsed.devices
    assert table(found) == [
        "0.0.0.0/0 10.30.0.254 vlan30",
        "10.30.0.0/24 vlan30",
        "10.30.0.1/32 vlan30",
        "10.50.0.0/16 blackhole",
    ]
    assert table(found, "2") == ["10.10.0.0/24 vlan10", "10.99.0.0/16 10.10.0.254 vlan10"]
    assert table(found, "3") == ["10.10.0.0/24 vlan10", "10.99.0.0/16 10.10.0.254 vlan10"]
    assert addresses(found) == {"vlan30": ["10.30.0.1/24"], "vlan10": ["10.10.0.1/24"]}


def test_an_interface_belongs_to_the_vrf_where_its_subnet_is_connected() -> None:
    (found,) = read(TABLE).devices
    assert [(v.name, sorted(v.interfaces)) for v in found.vrfs] == [("main", ["vlan30"]), ("2", ["vlan10"]), ("3", [])]


def test_imported_routes_are_no_connected_ones() -> None:
    (found,) = read(TABLE).devices
    assert {r.kind for r in found.vrfs[2].routes} == {RouteKind.EXPORTED}


def test_of_all_routes_only_the_active() -> None:
    text = """
Status Codes: * valid, > active, r RIB failure, S stale
   Destination        Next Hop         Interface     Metric    Protocol   Age
*> 10.1.0/24          10.30.0.9        VLAN0030      0/0       Static     10m
*  10.1.0/24          10.30.0.8        VLAN0030      20/1      OSPF       10m
"""
    parsed = read(text)
    assert table(parsed.devices[0]) == ["10.1.0.0/24 10.30.0.9 vlan30"]
    assert parsed.account.ignored["route that is not selected"] == 1
    assert not parsed.account.not_understood


def test_ipv6() -> None:
    parsed = read("""
Destination                  Next Hop                Interface  Metric  Protocol   Age
::/0                         fe80::1%VLAN0010        VLAN0010   0/0     Static     5m
2001:db8:10::/64             2001:db8:10::1          VLAN0010   0/0     Connected  5m
""")
    assert table(parsed.devices[0]) == ["::/0 fe80::1 vlan10", "2001:db8:10::/64 vlan10"]
    assert not parsed.account.not_understood


def test_what_cannot_be_read_is_uncertain() -> None:
    parsed = read(TABLE + "10.1.2/99 10.30.0.9 VLAN0030 0/0 Static 5m\n10.1 10.30.0.9 VLAN0030 0/0 Static 5m\nwhat\n")
    assert [m.concern for m in parsed.devices[0].uncertain] == [Concern.ROUTING] * 3


def test_a_table_completes_a_configuration() -> None:
    configured = device(
        "vrf definition 2\nvrf definition 3\ninterface vlan 10\n  vrf forwarding 2\n"
        "  ip address 10.10.0.1 255.255.255.0\n"
        "interface vlan 30\n  ip address 10.30.0.1 255.255.255.0\nrouter ospf 1\n"
    )
    both = with_routes(configured, read(TABLE).devices[0])
    assert table(both)[0] == "0.0.0.0/0 10.30.0.254 vlan30"
    assert table(both, "3") == ["10.10.0.0/24 vlan10", "10.99.0.0/16 10.10.0.254 vlan10"]
    assert {v.name: sorted(v.interfaces) for v in both.vrfs} == {"main": ["vlan30"], "2": ["vlan10"], "3": []}


def test_detection() -> None:
    source = Source("f", split_lines(TABLE))
    assert PLUGIN.kind is Kind.ROUTES
    assert detect(source).name == "alaxala-routes"


SAID = """
10.1/16 10.30.0/24 0.0.0.0/0 ::/0 127/8 default 10.30.0.9 ---- - VLAN0010 null0 localhost 0/0 Static Connected
Extra-VRF 5m 1h VRF: 2 global *> Destination Next Hop Interface Metric Protocol Age ax> show ip route
"""
WORDS = st.sampled_from(SAID.split())
HEAD = "Destination        Next Hop         Interface     Metric    Protocol   Age"


def check(lines: tuple[str, ...]) -> None:
    account = parse(Source("f", lines), "ax").account
    accounted = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert accounted == account.total == len(lines)
    assert 0 <= PLUGIN.sniff(Source("f", lines)) <= 1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(WORDS, max_size=8).map(" ".join), max_size=12))
def test_rows_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check((HEAD, *lines))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_accounted_for(text: str) -> None:
    check(split_lines(text))


def test_hostile_lines() -> None:
    check(
        (HEAD, "1" * 100_000, "10.1/16 " * 20_000, "a " * 50_000, "Destination" + " " * 200_000 + "Next", "> " * 50_000)
    )


def test_a_legend_alone_makes_no_route_unselected() -> None:
    text = """> show ip route
Status Codes: * valid, > active, r RIB failure
Destination        Next Hop         Interface    Metric  Protocol    Age
10.2.0.0/24        10.1.0.2         VLAN0010     10/1    OSPF intra  20m 45s
> show ip route all-routes
Status Codes: * valid, > active, r RIB failure
   Destination     Next Hop         Interface    Metric  Protocol    Age
*> 10.3.0.0/24     10.1.0.2         VLAN0010     10/1    OSPF intra  20m 45s
*  10.4.0.0/24     10.1.0.2         VLAN0010     10/1    OSPF intra  20m 45s
"""
    parsed = parse(Source("t", tuple(text.splitlines())), "ax")
    assert not parsed.account.not_understood
    assert [format_address(r.network) for r in parsed.devices[0].vrfs[0].routes] == ["10.2.0.0", "10.3.0.0"]


def test_a_table_that_is_cut_short_leaves_routing_undetermined() -> None:
    lines = TABLE.strip().splitlines()
    assert not parse(Source("t", tuple(lines)), "ax").devices[0].uncertain
    (doubt,) = parse(Source("t", tuple(lines[:5])), "ax").devices[0].uncertain
    assert (doubt.span.first, doubt.concern) == (3, Concern.ROUTING)
