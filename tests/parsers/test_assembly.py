"""A configuration and its exported routing table become one device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.parsers.iptables_run import packet, passes
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import (
    Concern,
    Device,
    Interface,
    InterfaceAddress,
    Misunderstood,
    Route,
    RouteKind,
    Routing,
    Vrf,
)
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source, iproute, iptables
from zoneguard.parsers.assembly import NO_ROUTE, assigned, with_routes

CONFIG, TABLE = SourceSpan("fw.conf", 1, 1), SourceSpan("fw.routes", 1, 1)
OLD = Route(parse_address("10.0.0.0"), 8, CONFIG, interface="lan")
OLD6 = Route(parse_address("fd00::"), 8, CONFIG, interface="lan")
NEW = Route(parse_address("10.5.0.0"), 16, TABLE, RouteKind.EXPORTED, interface="wan")
ADDRESS = InterfaceAddress(parse_address("10.5.0.1"), 24)
OTHER = InterfaceAddress(parse_address("10.6.0.1"), 24)


def device(span: SourceSpan, *vrfs: Vrf, interfaces: tuple[Interface, ...] = ()) -> Device:
    return Device("fw", "any", interfaces, vrfs, span)


def vrf(name: str, *routes: Route, interfaces: str = "") -> Vrf:
    return Vrf(name, frozenset(interfaces.split()), routes, (Routing(),))


def test_the_table_replaces_the_routes_of_the_families_it_shows() -> None:
    merged = with_routes(device(CONFIG, vrf("root", OLD, OLD6)), device(TABLE, vrf("root", NEW)))
    assert merged.vrfs[0].routes == (OLD6, NEW)


def test_the_only_contexts_belong_together_whatever_their_names() -> None:
    merged = with_routes(device(CONFIG, vrf("main", OLD)), device(TABLE, vrf("default", NEW, interfaces="wan")))
    assert merged.vrfs[0] == vrf("main", NEW, interfaces="wan")


def test_of_several_contexts_each_gets_its_own_and_strays_are_uncertain() -> None:
    configured = device(CONFIG, vrf("a", OLD, interfaces="lan"), vrf("b", OLD, interfaces="wan"))
    merged = with_routes(configured, device(TABLE, vrf("b", NEW, interfaces="wan lan x"), vrf("c", NEW)))
    assert [v.routes for v in merged.vrfs] == [(OLD,), (NEW,)]
    assert [v.interfaces for v in merged.vrfs] == [{"lan"}, {"wan", "x"}]
    (entry,) = merged.uncertain
    assert (entry.text, entry.concern, entry.span) == ("c", Concern.ROUTING, TABLE)


def test_a_table_that_shows_nothing_is_no_table() -> None:
    (entry,) = with_routes(device(CONFIG, vrf("a", OLD)), device(TABLE, vrf("default"))).uncertain
    assert (entry.reason, entry.concern, entry.bounded, entry.span) == (NO_ROUTE, Concern.ROUTING, False, TABLE)
    wrong = iproute.parse(Source("fw.routes", ("Destination Gateway Genmask Flags Iface", "not a table")), "fw")
    assert with_routes(device(CONFIG, vrf("a", OLD)), wrong.devices[0]).uncertain
    assert not with_routes(device(CONFIG, vrf("a")), device(TABLE, interfaces=(Interface("lan", TABLE),))).uncertain


def open_of(by: str, v6: bool = False) -> Misunderstood:
    return Misunderstood(CONFIG, "address dhcp", assigned(by, v6), Concern.INTERFACE)


def test_an_assigned_address_is_no_longer_open_once_the_table_shows_it() -> None:
    wan = Interface("wan", CONFIG, (InterfaceAddress(parse_address("fd00::1"), 64),))
    shown = Interface("wan", TABLE, (ADDRESS, InterfaceAddress(parse_address("fd00::9"), 64)))
    configured = device(CONFIG, vrf("main", OLD, interfaces="wan"), interfaces=(wan,))
    asked = replace(configured, uncertain=(open_of("DHCP"), open_of("the network", v6=True)))
    six = replace(NEW, network=parse_address("fd00::"), length=64)
    merged = with_routes(asked, device(TABLE, vrf("main", NEW, six, interfaces="wan"), interfaces=(shown,)))
    assert not merged.uncertain
    assert merged.interfaces[0].addresses == (*wan.addresses, ADDRESS), "only of the version that was missing"


def test_a_table_of_ipv4_leaves_open_what_is_assigned_of_ipv6() -> None:
    configured = device(CONFIG, vrf("main", OLD, interfaces="lan"), interfaces=(Interface("lan", CONFIG, (ADDRESS,)),))
    asked = replace(configured, uncertain=(open_of("DHCP"), open_of("the network", v6=True)))
    assert with_routes(asked, device(TABLE, vrf("main", NEW))).uncertain == (open_of("the network", v6=True),)


def test_what_the_configuration_says_of_an_interface_stays() -> None:
    lan = Interface("lan", CONFIG, (ADDRESS,), zone="trust")
    wan = Interface("wan", CONFIG, enabled=False, zone="untrust")
    table = (Interface("lan", TABLE, (OTHER,)), Interface("wan", TABLE, (OTHER,)), Interface("dmz", TABLE, (ADDRESS,)))
    merged = with_routes(device(CONFIG, vrf("a"), interfaces=(lan, wan)), device(TABLE, vrf("a"), interfaces=table))
    assert merged.interfaces == (lan, replace(wan, addresses=(OTHER,)), table[2])


RULES = """\
*filter
:FORWARD DROP [0:0]
-A FORWARD -m addrtype --dst-type LOCAL -j ACCEPT
-A FORWARD -m addrtype ! --src-type LOCAL -j DROP
-A FORWARD -m addrtype --dst-type BROADCAST -j ACCEPT
COMMIT
"""
ADDRESSES = """\
1: lo: <LOOPBACK,UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
2: eth0: <UP> mtu 1500
    inet 10.1.0.1/24 scope global eth0
3: eth1: <UP> mtu 1500
    inet 10.2.0.1/24 scope global eth1
"""
ROUTES = """\
10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1
10.2.0.0/24 dev eth1 proto kernel scope link src 10.2.0.1
"""


def linux(routes: str) -> Device:
    rules = iptables.parse(Source("rules", tuple(RULES.splitlines())), "fw").devices[0]
    return with_routes(rules, iproute.parse(Source("routes", tuple(routes.splitlines())), "fw").devices[0])


@pytest.mark.parametrize(
    ("src", "dst", "alone", "by_routes", "by_addresses"),
    [
        ("10.1.0.9", "10.2.0.1", None, True, True),
        ("10.1.0.9", "10.2.0.2", None, None, False),
        ("10.1.0.1", "10.2.0.2", None, None, False),
        ("10.1.0.1", "10.2.0.255", None, None, None),
        ("10.1.0.1", "10.1.0.1", None, True, True),
    ],
)
def test_addresses_of_the_box_are_decided_once_they_are_known(
    src: str, dst: str, alone: bool | None, by_routes: bool | None, by_addresses: bool | None
) -> None:
    sent = packet(src, dst)
    rules = iptables.parse(Source("rules", tuple(RULES.splitlines())), "fw").devices[0]
    assert passes(rules, sent) is alone
    assert passes(linux(ROUTES), sent) is by_routes
    assert passes(linux(ADDRESSES), sent) is by_addresses


def test_a_linux_box_is_its_rules_and_its_routes() -> None:
    merged = linux(ADDRESSES + ROUTES + "default via 10.2.0.254 dev eth1\n")
    assert {i.name for i in merged.interfaces} == {"lo", "eth0", "eth1"}
    assert merged.vrfs[0].interfaces == {"lo", "eth0", "eth1"}
    assert len(merged.vrfs[0].routes) == 3
    assert len(merged.vrfs[0].stages) == 3
