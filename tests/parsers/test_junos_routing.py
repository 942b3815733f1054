"""Interfaces, static routes, routing instances and what leaks between them."""

from __future__ import annotations

import pytest

from tests.parsers.junos_run import DMZ, LAN, WAN, device, goes, open_lines, srx
from zoneguard.model.addresses import format_address, format_prefix
from zoneguard.model.device import Device

OPEN = "set security policies default-policy permit-all"
FAR = "10.1.0.5 > 10.200.0.5 tcp/80"


def table(found: Device, vrf: int = 0) -> set[str]:
    """Routes as a person would write them."""
    return {
        f"{format_prefix(r.network, r.length)} {r.kind.value} "
        f"{'' if r.next_hop is None else format_address(r.next_hop)} {r.interface} {r.into} {r.distance}/{r.metric}"
        for r in found.vrfs[vrf].routes
    }


def static(prefix: str, what: str) -> str:
    return f"set routing-options static route {prefix} {what}"


@pytest.mark.parametrize(("lines", "expected"), [
    (["next-hop 10.2.0.9"], {"10.200.0.0/16 static 10.2.0.9   5/0"}),
    (["next-hop [ 10.2.0.9 10.2.0.8 ]"],
     {"10.200.0.0/16 static 10.2.0.9   5/0", "10.200.0.0/16 static 10.2.0.8   5/0"}),
    (["next-hop st0.1"], {"10.200.0.0/16 static  st0.1  5/0"}),
    (["next-hop 10.2.0.9", "preference 20", "metric 3"], {"10.200.0.0/16 static 10.2.0.9   20/3"}),
    (["next-hop 10.2.0.9", "qualified-next-hop 10.2.0.8 preference 7", "qualified-next-hop 10.2.0.8 metric 2"],
     {"10.200.0.0/16 static 10.2.0.9   5/0", "10.200.0.0/16 static 10.2.0.8   7/2"}),
    (["qualified-next-hop 10.2.0.8 interface ge-0/0/2.0"], {"10.200.0.0/16 static 10.2.0.8 ge-0/0/2.0  5/0"}),
    (["discard"], {"10.200.0.0/16 blackhole    5/0"}),
    (["reject", "preference 200"], {"10.200.0.0/16 blackhole    200/0"}),
    (["next-hop 10.2.0.9", "no-install"], set()),
    (["receive"], set()),
    (["next-hop 10.2.0.9 preference 9"], {"10.200.0.0/16 static 10.2.0.9   9/0"}),
])  # fmt: skip
def test_static_routes(lines: list[str], expected: set[str]) -> None:
    statements = [static("10.200.0.0/16", line) for line in lines]
    found = table(srx(*statements)) - {"0.0.0.0/0 static 203.0.113.254   5/0"}
    assert found == expected
    assert open_lines(*statements) == ()


def test_short_prefixes_and_those_of_ipv6() -> None:
    six = "set routing-options rib inet6.0 static route ::/0 next-hop 2001:db8::1"
    found = table(srx(static("10.200/16", "discard"), six))
    assert {"10.200.0.0/16 blackhole    5/0", "::/0 static 2001:db8::1   5/0"} <= found


def test_the_default_preference_may_be_set() -> None:
    found = srx("set routing-options static defaults preference 30", static("10.200.0.0/16", "discard"))
    assert "10.200.0.0/16 blackhole    30/0" in table(found)


@pytest.mark.parametrize("what", ["next-hop bogus", "next-hop 2001:db8::1", "something 1", "next-table VR9.inet.0"])
def test_what_cannot_be_read_of_a_route_leaves_routing_undetermined(what: str) -> None:
    assert [(m.concern.value, m.bounded) for m in open_lines(static("10.200.0.0/16", what))] == [("routing", False)]


INSTANCE = """
set interfaces ge-0/0/4 unit 0 family inet address 10.200.0.1/24
set interfaces ge-0/0/5 unit 0 family inet address 10.210.0.1/24
set routing-instances VR instance-type virtual-router
set routing-instances VR interface ge-0/0/4.0
set routing-instances VR routing-options static route 10.220.0.0/16 next-hop 10.200.0.9
set security zones security-zone remote interfaces ge-0/0/4.0
"""


def test_routing_instances_keep_their_tables_apart() -> None:
    found = srx(OPEN, INSTANCE)
    assert [v.name for v in found.vrfs] == ["default", "VR"]
    assert goes(found, LAN, FAR) == WAN
    assert goes(found, "ge-0/0/4.0", "10.200.0.5 > 10.220.0.5 tcp/80", "VR") == "ge-0/0/4.0"
    assert goes(found, "ge-0/0/4.0", "10.200.0.5 > 10.1.0.5 tcp/80", "VR") == "no-route"


def test_next_table_moves_to_the_other_instance_where_policies_see_both_zones() -> None:
    between = "set security policies from-zone trust to-zone remote policy p match source-address any"
    rest = [between.replace("source-address any", f"{word} any") for word in ("destination-address", "application")]
    permit = "set security policies from-zone trust to-zone remote policy p then permit"
    found = srx(INSTANCE, between, *rest, permit, static("10.200.0.0/16", "next-table VR.inet.0"))
    assert goes(found, LAN, FAR) == "into VR"
    assert goes(found, LAN, FAR, "VR") == "ge-0/0/4.0"
    assert goes(found, DMZ, "10.2.0.5 > 10.200.0.5 tcp/80", "VR") == "deny"


def test_rib_groups_bring_interface_and_static_routes() -> None:
    found = srx(
        INSTANCE,
        "set routing-options interface-routes rib-group inet both",
        "set routing-options static rib-group both",
        "set routing-options rib-groups both import-rib [ inet.0 VR.inet.0 ]",
    )
    assert {
        "10.1.0.0/24 connected  ge-0/0/1.0  0/0", "10.2.0.0/24 connected  ge-0/0/2.0  0/0",
        "0.0.0.0/0 static 203.0.113.254 ge-0/0/0.0  5/0",
    } <= table(found, 1)  # fmt: skip
    assert not any("10.200" in route for route in table(found))


POLICY = "set policy-options policy-statement leak"


def test_instance_import_asks_its_policy_for_instance_protocol_and_prefix() -> None:
    found = srx(
        INSTANCE,
        "set routing-options instance-import leak",
        f"{POLICY} term direct from instance VR",
        f"{POLICY} term direct from protocol direct",
        f"{POLICY} term direct then accept",
        f"{POLICY} term far from instance VR",
        f"{POLICY} term far from route-filter 10.220.0.0/15 orlonger",
        f"{POLICY} term far then accept",
        f"{POLICY} term rest then reject",
    )
    leaked = {route for route in table(found) if "10.2" in route and "203" not in route}
    assert leaked == {
        "10.200.0.0/24 connected  ge-0/0/4.0  0/0", "10.220.0.0/16 static 10.200.0.9 ge-0/0/4.0  5/0",
    }  # fmt: skip


@pytest.mark.parametrize(("how", "taken"), [
    ("10.220.0.0/16 exact", True), ("10.0.0.0/8 longer", True), ("10.220.0.0/16 longer", False),
    ("10.0.0.0/8 upto /16", True), ("10.0.0.0/8 upto /12", False), ("10.99.0.0/16 orlonger", False),
])  # fmt: skip
def test_route_filters(how: str, taken: bool) -> None:
    found = srx(
        INSTANCE, "set routing-options instance-import leak", f"{POLICY} term a from route-filter {how}",
        f"{POLICY} term a then accept", f"{POLICY} then reject",
    )  # fmt: skip
    assert any(route.startswith("10.220.0.0/16") for route in table(found)) is taken


def test_a_policy_that_asks_more_leaves_routing_undetermined() -> None:
    lines = (
        INSTANCE, "set routing-options instance-import leak", f"{POLICY} term a from community c",
        f"{POLICY} term a then accept",
    )  # fmt: skip
    assert {m.concern.value for m in open_lines(*lines)} == {"routing"}


def test_dynamic_protocols_bring_routes_that_are_not_in_the_file() -> None:
    lines = ("set protocols bgp group g neighbor 10.1.0.9", "set protocols ospf area 0 interface ge-0/0/1.0")
    assert [m.reason for m in open_lines(*lines)] == [
        "dynamic routing: the routes of bgp are not in the file",
        "dynamic routing: the routes of ospf are not in the file",
    ]
    assert open_lines("set protocols lldp interface all", "set protocols bgp local-as 1") == ()
    assert open_lines(*lines, "deactivate protocols bgp", "deactivate protocols ospf") == ()


def test_routes_that_stand_for_others_leave_routing_undetermined() -> None:
    (entry,) = open_lines("set routing-options aggregate route 10.0.0.0/8")
    assert (entry.concern.value, entry.bounded) == ("routing", False)


def test_units_are_interfaces_and_disable_takes_them_down() -> None:
    found = {
        i.name: i
        for i in srx(
            "set interfaces ge-0/0/7 vlan-tagging",
            "set interfaces ge-0/0/7 unit 10 vlan-id 10",
            "set interfaces ge-0/0/7 unit 10 family inet address 10.70.0.1/24",
            "set interfaces ge-0/0/7 unit 20 disable",
            "set interfaces reth0 unit 0 family inet address 10.80.0.1/24",
            "set interfaces irb unit 5 family inet address 10.81.0.1/24 vrrp-group 1 virtual-address 10.81.0.254",
            "set interfaces ge-0/0/8 disable",
            "set interfaces ge-0/0/8 unit 0 family inet address 10.82.0.1/24",
        ).interfaces
    }
    assert (found["ge-0/0/7.10"].vlan, found["ge-0/0/7.20"].enabled, found["ge-0/0/8.0"].enabled) == (10, False, False)
    assert [format_address(a.address) for a in found["irb.5"].addresses] == ["10.81.0.1", "10.81.0.254"]
    assert "reth0.0" in found


def test_tunnel_interfaces_need_a_vpn() -> None:
    tunnels = "set interfaces st0 unit 1 family inet\nset interfaces st0 unit 2 family inet"
    bound = "set security ipsec vpn branch bind-interface st0.1"
    both, one = srx(tunnels), srx(tunnels, bound)
    assert [both.interface(f"st0.{n}").enabled for n in (1, 2)] == [True, True]
    assert [one.interface(f"st0.{n}").enabled for n in (1, 2)] == [True, False]
    off = srx(tunnels, bound, "deactivate security ipsec vpn branch")
    assert [off.interface(f"st0.{n}").enabled for n in (1, 2)] == [False, False]


def test_addresses_from_a_server_and_bad_ones_are_reported() -> None:
    dhcp = "set interfaces ge-0/0/9 unit 0 family inet dhcp"
    assert [m.concern.value for m in open_lines(dhcp)] == ["interface"]
    assert open_lines("set interfaces fxp0 unit 0 family inet dhcp") == ()
    bad = "set interfaces ge-0/0/9 unit 0 family inet address 10.1.1.1/99"
    assert [m.reason for m in open_lines(bad)] == ["this address cannot be read"]


def test_static_arp_binds_an_address_to_a_mac() -> None:
    arp = "arp 10.1.0.7 mac 00:00:5e:00:53:01"
    (binding,) = srx(f"set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/24 {arp}").mac_bindings
    assert (format_address(binding.address), binding.mac, binding.interface) == ("10.1.0.7", 0x5E005301, LAN)


def test_an_instance_of_layer_two_and_hierarchies_that_are_not_read_are_reported() -> None:
    assert [m.concern.value for m in open_lines("set routing-instances L2 instance-type vpls")] == ["interface"]
    assert [m.concern.value for m in open_lines("set services service-set s nat-rules r")] == ["filter"]
    assert [m.concern.value for m in open_lines("set security advance-policy-based-routing profile p rule r")] == [
        "filter"
    ]
    assert open_lines("set system host-name x", "set snmp location y", "set chassis cluster reth-count 2") == ()


def test_a_whole_device_reads_without_a_word_left() -> None:
    assert device("set version 21.4R3\nset interfaces lo0 unit 0 family inet address 10.0.0.1/32").uncertain == ()


def test_traffic_selectors_bring_routes() -> None:
    selector = "set security ipsec vpn v traffic-selector t local-ip 10.1.0.0/24 remote-ip 10.9.0.0/24"
    assert [m.concern.value for m in open_lines(selector)] == ["routing"]
