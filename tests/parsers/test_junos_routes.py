"""``show route`` of Junos, whole and terse, alone and beside a configuration."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.junos_run import LAN, goes, srx
from tests.parsers.junos_run import device as srx_alone
from tests.parsers.test_junos_routing import OPEN, table
from zoneguard.model.addresses import format_address
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.junos_routes import CUT_SHORT, PLUGIN, parse

FULL = """admin@srx> show route | no-more

inet.0: 8 destinations, 9 routes (8 active, 0 holddown, 0 hidden)
+ = Active Route, - = Last Active, * = Both

0.0.0.0/0          *[Static/5] 3w2d 04:05:06
                    >  to 203.0.113.254 via ge-0/0/0.0
10.1.0.0/24        *[Direct/0] 3w2d 04:05:06
                    > via ge-0/0/1.0
                    [Static/5] 00:00:10
                       Discard
10.1.0.1/32        *[Local/0] 3w2d 04:05:06
                      Local via ge-0/0/1.0
10.5.0.0/16        *[OSPF/10] 1d 00:00:01, metric 20
                    > to 10.1.0.2 via ge-0/0/1.0
                      to 10.1.0.3 via ge-0/0/1.0
10.6.0.0/16        *[Static/5] 1d 00:00:01
                      to table VR.inet.0
10.9.0.0/16        *[Static/5] 1d 00:00:01
                      Reject
203.0.113.0/24     *[Direct/0] 3w2d 04:05:06
                    > via ge-0/0/0.0
224.0.0.5/32       *[OSPF/10] 1d 00:03:59, metric 1
                      MultiRecv

VR.inet.0: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)

10.6.0.0/16        *[BGP/170] 00:32:05, localpref 100, from 192.0.2.1
                      AS path: 65001 I, validation-state: unverified
                    > to 10.8.0.2 via ge-0/0/5.0

inet6.0: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)

2001:db8:aaaa:bbbb:cccc::/80
                   *[Static/5] 00:01:02
                    > to 2001:db8::1 via ge-0/0/0.0

mpls.0: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)

0                  *[MPLS/0] 1d 15:36:24, metric 1
                       to table inet.0"""
TERSE = """inet.0: 6 destinations, 7 routes (6 active, 0 holddown, 0 hidden)
Limit/Threshold: 32768/32768 destinations
+ = Active Route, - = Last Active, * = Both

A V Destination        P Prf   Metric 1   Metric 2  Next hop        AS path
* ? 0.0.0.0/0          S   5                       >10.0.12.1
  ?                    S   7                       >10.0.41.0
* ? 10.3.0.0/16        S   6                        10.0.41.0
                                                   >10.0.12.1
* ? 10.0.12.0/31       D   0                       >ge-0/0/2.0
* ? 10.0.12.0/32       L   0                        Local
* ? 10.4.0.0/16        B 170        100                             65001 I
  unverified                                       >10.0.12.1
* ? 10.5.0.0/16        S   5                        Discard"""


def read(text: str) -> Parsed:
    return parse(Source("r.txt", tuple(text.split("\n"))), "srx")


def test_the_active_routes_of_every_table() -> None:
    parsed = read(FULL)
    (found,) = parsed.devices
    assert table(found) == {
        "0.0.0.0/0 exported 203.0.113.254 ge-0/0/0.0  5/0",
        "10.1.0.0/24 connected  ge-0/0/1.0  0/0",
        "10.5.0.0/16 exported 10.1.0.2 ge-0/0/1.0  10/20",
        "10.5.0.0/16 exported 10.1.0.3 ge-0/0/1.0  10/20",
        "10.6.0.0/16 exported   VR 5/0",
        "10.9.0.0/16 blackhole    5/0",
        "203.0.113.0/24 connected  ge-0/0/0.0  0/0",
        "2001:db8:aaaa:bbbb:cccc::/80 exported 2001:db8::1 ge-0/0/0.0  5/0",
    }
    assert table(found, 1) == {"10.6.0.0/16 exported 10.8.0.2 ge-0/0/5.0  170/0"}
    assert [v.name for v in found.vrfs] == ["default", "VR"]
    assert not parsed.account.not_understood
    assert parsed.account.ignored["route that is not active"] == 2


def test_local_routes_are_the_devices_own_addresses() -> None:
    (found,) = read(FULL).devices
    (address,) = found.interface("ge-0/0/1.0").addresses
    assert (format_address(address.address), address.length) == ("10.1.0.1", 24)


def test_terse_tables() -> None:
    parsed = read(TERSE)
    assert table(parsed.devices[0]) == {
        "0.0.0.0/0 exported 10.0.12.1   5/0",
        "10.3.0.0/16 exported 10.0.41.0   6/0",
        "10.3.0.0/16 exported 10.0.12.1   6/0",
        "10.0.12.0/31 connected  ge-0/0/2.0  0/0",
        "10.4.0.0/16 exported 10.0.12.1   170/0",
        "10.5.0.0/16 blackhole    5/0",
    }
    assert not parsed.account.not_understood


def test_a_table_replaces_the_routes_of_the_configuration() -> None:
    lone = FULL.split("\nVR.inet.0", maxsplit=1)[0].replace("10.6.0.0/16        *[Static/5] 1d 00:00:01\n", "").replace(
        "                      to table VR.inet.0\n", ""
    )  # fmt: skip
    device = with_routes(srx(OPEN, "set routing-options static route 10.77.0.0/16 discard"), read(lone).devices[0])
    assert goes(device, LAN, "10.1.0.9 > 10.5.0.1 tcp/80") == LAN
    assert goes(device, LAN, "10.1.0.9 > 10.77.0.1 tcp/80") == "ge-0/0/0.0"
    assert goes(device, LAN, "10.1.0.9 > 10.9.0.1 tcp/80") == "deny"


def test_a_table_settles_what_protocols_bring() -> None:
    """One table for every context, in every version of IP that it has."""
    text = "set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24\nset protocols bgp group g neighbor 10.1.0.2"
    found = srx_alone(text)
    assert [m.concern.value for m in found.uncertain] == ["routing"]
    assert with_routes(found, read(TERSE).devices[0]).uncertain == ()


def test_tables_of_logical_systems() -> None:
    text = "logical-system: LS1\n" + TERSE
    assert [v.name for v in read(text).devices[0].vrfs] == ["LS1"]


def test_what_cannot_be_read_of_a_table_leaves_routing_undetermined() -> None:
    odd = FULL.replace("> to 10.1.0.2 via ge-0/0/1.0", "> wherever").replace("Reject", "to 10.1.0.9 via x, Push 3")
    assert [m.reason for m in read(odd).account.not_understood] == [
        "this way cannot be read",
        "this route leads into a label-switched path, which is not in the model",
    ]
    lost = read("inet.0: 1 destinations, 1 routes (1 active, 0 holddown, 0 hidden)\n  > via ge-0/0/0.0")
    assert [m.reason for m in lost.devices[0].uncertain] == [CUT_SHORT, "this line belongs to no route"]


def test_detection() -> None:
    assert PLUGIN.sniff(Source("f", tuple(FULL.split("\n")))) == 0.98
    assert PLUGIN.sniff(Source("f", tuple(TERSE.split("\n")[4:]))) == 0.9
    assert PLUGIN.sniff(Source("f", ("10.0.0.0/8 *[Static/5] 1d", " > via ge-0/0/0.0"))) == 0.7
    assert PLUGIN.sniff(Source("f", ("S* 0.0.0.0/0 [1/0] via 10.0.0.1",))) == 0.0


ROWS = [*FULL.split("\n"), *TERSE.split("\n")]


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(st.one_of(st.sampled_from(ROWS), st.text(max_size=50).filter(lambda t: "\n" not in t)), max_size=30)
)
def test_any_lines_parse_and_are_accounted_for(lines: list[str]) -> None:
    source = Source("any", tuple(lines))
    assert 0 <= PLUGIN.sniff(source) <= 1
    account = parse(source, "d").account
    assert (
        account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total == len(lines)
    )


def test_a_table_that_is_cut_short_leaves_routing_undetermined() -> None:
    lines = FULL.strip().splitlines()
    assert not read("\n".join(lines)).devices[0].uncertain
    half = read("\n".join(lines[: len(lines) // 2])).devices[0].uncertain
    assert CUT_SHORT in {m.reason for m in half}
