"""PAN-OS routers, policy-based forwarding, virtual systems and shared gateways."""

from __future__ import annotations

import pytest

from tests.parsers.panos_run import (
    DMZ,
    INTERFACES,
    LAN,
    LAN2,
    WAN,
    becomes,
    firewall,
    goes,
    nat,
    read,
    reasons,
    result,
    rule,
)
from zoneguard.model.addresses import format_address, format_prefix
from zoneguard.model.device import Concern, Device, RouteKind
from zoneguard.parsers import Source
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.panos_routes import parse as parse_routes
from zoneguard.static.trace import Outcome

OPEN = rule("all", from_="any", to="any")
STATIC = "set network virtual-router default routing-table ip static-route"


def static(name: str, *lines: str) -> str:
    return "\n".join(f"{STATIC} {name} {line}" for line in lines)


def test_distance_then_metric_decides_between_routes_of_a_prefix() -> None:
    """10 is the default of both ("Static Routes")."""
    found = firewall(
        OPEN,
        static("a", "destination 192.168.0.0/16", "nexthop ip-address 10.2.0.9", "metric 20"),
        static("b", "destination 192.168.0.0/16", "nexthop ip-address 203.0.113.9"),
        static("c", "destination 192.168.0.0/16", "nexthop ip-address 10.4.0.9", "admin-dist 11", "metric 1"),
    )
    assert goes(found, LAN, "10.1.0.5 > 192.168.1.1 tcp/80") == WAN
    assert {(r.distance, r.metric) for r in found.vrfs[0].routes if r.length == 16} == {(10, 20), (10, 10), (11, 1)}


def test_the_distance_of_all_static_routes_of_a_router() -> None:
    found = firewall("set network virtual-router default admin-dists static 30")
    assert {r.distance for r in found.vrfs[0].routes if r.network < 1 << 128} == {30}


def test_ways_of_static_routes() -> None:
    found = firewall(
        OPEN,
        "set address HOP ip-netmask 10.2.0.7/32",
        static("gone", "destination 192.168.1.0/24", "nexthop discard"),
        static("link", "destination 192.168.2.0/24", f"interface {DMZ}"),
        static("object", "destination 192.168.3.0/24", "nexthop ip-address HOP"),
        static("many", "destination 192.168.4.0/24", "nexthop ip-address 10.2.0.9", "route-table multicast"),
    )
    for third, way in (("1", "deny"), ("2", DMZ), ("3", DMZ), ("4", WAN)):
        assert goes(found, LAN, f"10.1.0.5 > 192.168.{third}.1 tcp/80") == way
    assert [r.kind for r in found.vrfs[0].routes if r.length == 24].count(RouteKind.BLACKHOLE) == 1


@pytest.mark.parametrize(
    "lines",
    [
        ("destination 10.0.0.0/99", "nexthop ip-address 10.2.0.9"),
        ("nexthop ip-address 10.2.0.9",),
        ("destination 192.168.0.0/16", "nexthop ip-address nowhere"),
        ("destination 192.168.0.0/16", "nexthop ip-address 2001:db8::1"),
        ("destination 192.168.0.0/16", "nexthop next-vr nobody"),
        ("destination 192.168.0.0/16", "nexthop fqdn router.example.jp"),
        ("destination 192.168.0.0/16",),
    ],
)
def test_routes_that_cannot_be_read_are_uncertain(lines: tuple[str, ...]) -> None:
    found = firewall(static("bad", *lines))
    assert [u.concern for u in found.uncertain] == [Concern.ROUTING]


@pytest.mark.parametrize("protocol", ["bgp", "ospf", "ospfv3", "rip"])
def test_routing_protocols_are_uncertain_unless_the_table_is_given(protocol: str) -> None:
    text = f"set network virtual-router default protocol {protocol} enable {{}}"
    assert not firewall(text.format("no")).uncertain
    found = firewall(text.format("yes"), OPEN)
    assert [u.concern for u in found.uncertain] == [Concern.ROUTING]
    assert with_routes(found, table()).uncertain == ()


TABLE = """\
flags: A:active, ?:loose, C:connect, H:host, S:static, ~:internal, R:rip, O:ospf, B:bgp,

VIRTUAL ROUTER: default (id 1)
  ==========
destination                                 nexthop                                 metric flags      age   interface          next-AS
0.0.0.0/0                                   203.0.113.254                           10     A S              ethernet1/2
10.1.0.0/24                                 10.1.0.1                                0      A C              ethernet1/1
10.2.0.0/24                                 10.2.0.1                                0      A C              ethernet1/3
10.4.0.0/24                                 10.4.0.1                                0      A C              ethernet1/4
192.168.0.0/16                              10.2.0.9                                110    A O2       1234  ethernet1/3
203.0.113.0/24                              203.0.113.1                             0      A C              ethernet1/2
::/0                                        2001:db8:ffff::fe                       10     A S              ethernet1/2
2001:db8:4::/64                             2001:db8:4::1                           0      A C              ethernet1/4
2001:db8:ffff::/64                          2001:db8:ffff::1                        0      A C              ethernet1/2
total routes shown: 8
"""  # noqa: E501


def table(text: str = TABLE) -> Device:
    (found,) = parse_routes(Source("fw.routes", tuple(text.split("\n"))), "fw").devices
    return found


def test_nat_rules_ask_the_exported_table_where_routes_are_learnt() -> None:
    ospf = "set network virtual-router default protocol ospf enable yes"
    base = INTERFACES.replace(STATIC, "# ")
    words = {"source_translation__static_ip__translated_address": "203.0.113.9"}
    found = with_routes(firewall(ospf, OPEN, nat("out", **words), base=base), table())
    assert not found.uncertain
    assert becomes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == "203.0.113.9 > 198.51.100.7:443"
    assert becomes(found, LAN, "10.1.0.5 > 192.168.1.1 tcp/443") == "10.1.0.5 > 192.168.1.1:443"
    inward = nat(
        "web", from_="dmz", to="untrust", destination="198.51.100.7",
        destination_translation__translated_address="10.1.0.80",
    )  # fmt: skip
    published = with_routes(firewall(ospf, OPEN, nat("out", **words), inward, base=base), table())
    assert becomes(published, DMZ, "10.2.0.5 > 198.51.100.7 tcp/443") == "10.2.0.5 > 10.1.0.80:443"


@pytest.mark.parametrize("client", ["dhcp-client enable yes", "pppoe enable yes"])
def test_addresses_that_are_given_at_run_time(client: str) -> None:
    text = INTERFACES.replace("ethernet1/2 layer3 ip 203.0.113.1/24", f"ethernet1/2 layer3 {client}")
    by = "PPP" if client.startswith("pppoe") else "DHCP"
    assert f"an address that {by} assigns" in " ".join(reasons(read(text)).values())
    off = text.replace("enable yes", "enable no")
    assert not reasons(read(off))
    (found,) = read(text).devices
    told = with_routes(found, table())
    assert not told.uncertain
    assert {format_prefix(a.address, a.length) for a in told.interface(WAN).addresses} >= {"2001:db8:ffff::1/64"}


LOGICAL = """set deviceconfig setting advance-routing yes
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 203.0.113.1/24
set network interface ethernet ethernet1/3 layer3 ip 10.3.0.1/24
set network logical-router lr vrf default interface [ ethernet1/1 ethernet1/2 ]
set network logical-router lr vrf default routing-table ip static-route out destination 0.0.0.0/0
set network logical-router lr vrf default routing-table ip static-route out nexthop ip-address 203.0.113.254
set network logical-router lr vrf other interface ethernet1/3
set zone trust network layer3 ethernet1/1
set zone untrust network layer3 ethernet1/2
set zone third network layer3 ethernet1/3
"""


def test_logical_routers_of_the_advanced_engine() -> None:
    found = firewall(OPEN, base=LOGICAL)
    assert [v.name for v in found.vrfs] == ["lr", "lr:other"]
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443", "lr") == WAN
    assert goes(found, DMZ, "10.3.0.5 > 198.51.100.7 tcp/443", "lr:other") == "no-route"
    both = (
        LOGICAL.replace("advance-routing yes", "advance-routing no")
        + "set network virtual-router vr interface ethernet1/1"
    )
    assert [v.name for v in firewall(base=both).vrfs] == ["vr"]


TWO_ROUTERS = """set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 10.2.0.1/24
set network virtual-router a interface ethernet1/1
set network virtual-router a routing-table ip static-route to-b destination 10.0.0.0/8
set network virtual-router a routing-table ip static-route to-b nexthop next-vr b
set network virtual-router a routing-table ip static-route own destination 10.2.0.128/25
set network virtual-router a routing-table ip static-route own nexthop discard
set network virtual-router b interface ethernet1/2
set network virtual-router b routing-table ip static-route far destination 10.9.0.0/16
set network virtual-router b routing-table ip static-route far nexthop ip-address 10.2.0.9
set network virtual-router b routing-table ip static-route to-a destination 10.1.0.0/16
set network virtual-router b routing-table ip static-route to-a nexthop next-vr a
set zone left network layer3 ethernet1/1
set zone right network layer3 ethernet1/2
"""


def test_the_policy_is_asked_once_between_routers() -> None:
    found = firewall(rule("x", from_="left", to="right"), base=TWO_ROUTERS)
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.2.0.5 tcp/80", "a") == "ethernet1/2"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.9.0.5 tcp/80", "a") == "ethernet1/2"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.2.0.200 tcp/80", "a") == "deny"
    assert goes(found, "ethernet1/2", "10.2.0.5 > 10.1.0.5 tcp/80", "b") == "deny"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.7.0.5 tcp/80", "a") == "into b"  # where no route leads on
    backwards = firewall(rule("x", from_="right", to="left"), base=TWO_ROUTERS)
    assert goes(backwards, "ethernet1/2", "10.2.0.5 > 10.1.0.5 tcp/80", "b") == "ethernet1/1"


def test_routers_that_lead_to_each_other_end() -> None:
    loop = TWO_ROUTERS.replace("destination 10.1.0.0/16", "destination 10.0.0.0/8")
    found = firewall(rule("x", from_="any", to="any"), base=loop)
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.2.0.5 tcp/80", "a") == "ethernet1/2"
    assert goes(found, "ethernet1/2", "10.2.0.5 > 10.1.0.5 tcp/80", "b") == "ethernet1/1"
    assert [v.name for v in found.vrfs] == ["a", "b"]


PBF = "set rulebase pbf rules {} {}"


def pbf(name: str, *lines: str) -> str:
    usual = ["from zone trust", "source any", "destination any", "application any", "service any"]
    given = [*(u for u in usual if all(u.split()[0] != line.split()[0] for line in lines)), *lines]
    return "\n".join(PBF.format(name, line) for line in given)


FORWARD = ("action forward egress-interface ethernet1/3", "action forward nexthop ip-address 10.2.0.9")


def test_policy_based_forwarding_goes_before_the_table() -> None:
    found = firewall(OPEN, pbf("p", *FORWARD), pbf("later", "action discard"))
    step = result(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443")
    assert [(w.egress, w.next_hop and format_address(w.next_hop)) for w in step.may] == [(DMZ, "10.2.0.9")]
    assert goes(found, DMZ, "10.2.0.5 > 198.51.100.7 tcp/443") == WAN


def test_the_zone_of_the_security_rule_is_where_the_packet_is_forwarded_to() -> None:
    assert goes(firewall(rule("x", to="dmz"), pbf("p", *FORWARD)), LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == DMZ
    assert goes(firewall(rule("x"), pbf("p", *FORWARD)), LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == "deny"


def test_the_zone_of_the_nat_rule_too() -> None:
    words = {"to": "dmz", "source_translation__static_ip__translated_address": "10.2.0.77"}
    found = firewall(OPEN, pbf("p", *FORWARD), nat("x", **words))
    assert becomes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == "10.2.0.77 > 198.51.100.7:443"
    assert becomes(firewall(OPEN, nat("x", **words)), LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == (
        "10.1.0.5 > 198.51.100.7:443"
    )


def test_the_zone_of_the_nat_rule_heeds_exceptions() -> None:
    words = {"to": "untrust", "source_translation__static_ip__translated_address": "203.0.113.77"}
    found = firewall(OPEN, pbf("except", "action no-pbf", "source 10.1.0.5"), pbf("p", *FORWARD), nat("x", **words))
    assert becomes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == "203.0.113.77 > 198.51.100.7:443"
    assert becomes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/443") == "10.1.0.6 > 198.51.100.7:443"


def test_many_rules_are_one_flat_condition() -> None:
    rules = [pbf(f"p{n}", *FORWARD, f"source 10.1.1.{n % 250}") for n in range(400)]
    rules = [r.replace("ethernet1/3", WAN) if n % 2 else r for n, r in enumerate(rules)]
    words = {"source_translation__static_ip__translated_address": "203.0.113.77"}
    found = firewall(OPEN, *rules, nat("x", **words))
    assert becomes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == "203.0.113.77 > 198.51.100.7:443"


def test_exceptions_from_policy_based_forwarding() -> None:
    found = firewall(
        OPEN,
        pbf("except", "action no-pbf", "source 10.1.0.5"),
        pbf("away", "action discard", "source 10.1.0.6"),
        pbf("p", *FORWARD),
    )
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/443") == "deny"
    assert goes(found, LAN, "10.1.0.7 > 198.51.100.7 tcp/443") == DMZ
    only = firewall(OPEN, pbf("except", "action no-pbf"), pbf("p", *FORWARD))
    assert goes(only, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN
    gone = firewall(OPEN, pbf("away", "action discard"), pbf("p", *FORWARD))
    assert goes(gone, LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == "deny"


def test_policy_based_forwarding_by_interface_application_and_service() -> None:
    by_interface = pbf("p", *FORWARD).replace("from zone trust", f"from interface {LAN2}")
    assert goes(firewall(OPEN, by_interface), LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN
    assert goes(firewall(OPEN, by_interface), LAN2, "10.4.0.5 > 198.51.100.7 tcp/443") == DMZ
    by_application = pbf("p", *FORWARD).replace("application any", "application dns")
    ways = {way.egress for way in result(firewall(OPEN, by_application), LAN, "10.1.0.5 > 198.51.100.7 tcp/443").may}
    assert ways == {WAN, DMZ}
    by_service = pbf("p", *FORWARD).replace("service any", "service service-http")
    assert goes(firewall(OPEN, by_service), LAN, "10.1.0.5 > 198.51.100.7 tcp/443") == WAN


def test_after_a_destination_translation_it_is_open_whether_the_rules_are_asked_again() -> None:
    web = nat(
        "web",
        from_="trust",
        to="dmz",
        destination="198.51.100.80",
        destination_translation__translated_address="203.0.113.80",
    )
    found = firewall(OPEN, pbf("p", *FORWARD), web)
    ways = {way.egress for way in result(found, LAN, "10.1.0.5 > 198.51.100.80 tcp/443").may}
    assert ways == {WAN, DMZ}


@pytest.mark.parametrize(
    "action", ["action forward-to-vsys vsys2", "action forward nexthop ip-address 10.2.0.9", "tag x"]
)
def test_forwarding_that_is_not_followed_is_uncertain(action: str) -> None:
    assert [u.concern for u in firewall(OPEN, pbf("p", action)).uncertain] == [Concern.ROUTING]


VSYS = """set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 10.2.0.1/24
set network interface ethernet ethernet1/3 layer3 ip 10.3.0.1/24
set network virtual-router vr interface [ ethernet1/1 ethernet1/2 ethernet1/3 ]
set vsys vsys1 import network interface ethernet1/1
set vsys vsys1 import visible-vsys vsys2
set vsys vsys1 zone in network layer3 ethernet1/1
set vsys vsys1 zone to2 network external vsys2
set vsys vsys2 import network interface ethernet1/2
set vsys vsys2 zone out network layer3 ethernet1/2
set vsys vsys2 zone to1 network external vsys1
"""
ONE = {"base": "vsys vsys1 rulebase security rules", "application": "any", "action": "allow"}
TWO = {"base": "vsys vsys2 rulebase security rules", "application": "any", "action": "allow"}
ACROSS = "10.1.0.5 > 10.2.0.5 tcp/80"


@pytest.mark.parametrize(
    ("first", "second", "way"),
    [
        ({"from_": "in", "to": "to2"}, {"from_": "to1", "to": "out"}, "ethernet1/2"),
        ({"from_": "any", "to": "any"}, {"from_": "any", "to": "any"}, "ethernet1/2"),
        ({"from_": "in", "to": "to2"}, {"from_": "out", "to": "to1"}, "deny"),
        ({"from_": "to2", "to": "in"}, {"from_": "to1", "to": "out"}, "deny"),
    ],
)
def test_between_virtual_systems_both_decide(first: dict[str, str], second: dict[str, str], way: str) -> None:
    """ "Inter-VSYS Traffic That Remains Within the Firewall": by external zones of both."""
    found = firewall(rule("r1", **ONE, **first), rule("r2", **TWO, **second), base=VSYS)
    assert goes(found, "ethernet1/1", ACROSS, "vr") == way
    assert goes(found, "ethernet1/3", "10.3.0.5 > 10.2.0.5 tcp/80", "vr") == "deny"  # nobody's interface
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.3.0.5 tcp/80", "vr") == "deny"


@pytest.mark.parametrize(("zone", "said"), [("to1", 1), ("any", 1), ("out", 0)])
def test_nat_rules_that_meet_packets_of_another_virtual_system_are_said(zone: str, said: int) -> None:
    base = "set vsys vsys2 rulebase nat rules n "
    static = "source-translation static-ip translated-address 10.2.0.9"
    nat = f"from {zone}|to out|source any|destination any|service any|{static}"
    found = firewall(*(base + word for word in nat.split("|")), base=VSYS)
    assert sum(u.concern is Concern.NAT and not u.bounded for u in found.uncertain) == said


def test_without_an_external_zone_nothing_passes_between_virtual_systems() -> None:
    rules = [rule("r1", **ONE, from_="any", to="any"), rule("r2", **TWO, from_="any", to="any")]
    for line in (
        "set vsys vsys1 zone to2 network external vsys2\n",
        "set vsys vsys2 zone to1 network external vsys1\n",
    ):
        assert goes(firewall(*rules, base=VSYS.replace(line, "")), "ethernet1/1", ACROSS, "vr") == "deny"


def test_objects_are_those_of_ones_own_virtual_system() -> None:
    objects = ("set vsys vsys1 address host ip-netmask 10.2.0.5", "set vsys vsys2 address host ip-netmask 10.2.0.6")
    narrow = rule("r1", **ONE, from_="any", to="any", destination="host")
    found = firewall(*objects, narrow, rule("r2", **TWO, from_="any", to="any"), base=VSYS)
    assert goes(found, "ethernet1/1", ACROSS, "vr") == "ethernet1/2"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.2.0.6 tcp/80", "vr") == "deny"


GATEWAY = """set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 10.2.0.1/24
set network interface ethernet ethernet1/3 layer3 ip 10.3.0.1/24
set network virtual-router vr interface [ ethernet1/1 ethernet1/2 ethernet1/3 ]
set network shared-gateway sg1 import network interface ethernet1/2
set network shared-gateway sg2 import network interface ethernet1/3
set vsys vsys1 import network interface ethernet1/1
set vsys vsys1 zone in network layer3 ethernet1/1
set vsys vsys1 zone gw network external sg1
"""


def test_shared_gateways() -> None:
    """ "Shared Gateway": the virtual system alone decides; between gateways nothing is asked."""
    found = firewall(rule("r", **ONE, from_="in", to="gw"), base=GATEWAY)
    assert goes(found, "ethernet1/1", ACROSS, "vr") == "ethernet1/2"
    assert goes(found, "ethernet1/2", "10.2.0.5 > 10.1.0.5 tcp/80", "vr") == "deny"
    assert goes(found, "ethernet1/2", "10.2.0.5 > 10.3.0.5 tcp/80", "vr") == "ethernet1/3"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.3.0.5 tcp/80", "vr") == "deny"
    back = firewall(rule("r", **ONE, from_="gw", to="in"), base=GATEWAY)
    assert goes(back, "ethernet1/2", "10.2.0.5 > 10.1.0.5 tcp/80", "vr") == "ethernet1/1"


CLIENTS = """set network interface tunnel units tunnel.9 comment clients
set network virtual-router default interface tunnel.9
set zone clients network layer3 tunnel.9
set network tunnel global-protect-gateway gp-N tunnel-interface tunnel.9
"""


@pytest.mark.parametrize(
    "pool",
    [
        "set network tunnel global-protect-gateway gp-N ip-pool [ 10.8.0.0/24 10.8.1.0-10.8.1.9 ]",
        "set global-protect global-protect-gateway gp remote-user-tunnel-configs all ip-pool 10.8.1.0-10.8.1.9",
    ],
)
def test_remote_clients_are_behind_the_tunnel_of_their_gateway(pool: str) -> None:
    found = firewall(CLIENTS, pool, rule("x", to="clients"))
    assert goes(found, LAN, "10.1.0.5 > 10.8.1.9 tcp/80") == "tunnel.9"
    assert goes(found, LAN, "10.1.0.5 > 10.8.1.10 tcp/80") == "deny"
    assert not found.uncertain


def test_remote_clients_whose_addresses_are_not_there_are_uncertain() -> None:
    assert [u.concern for u in firewall(CLIENTS).uncertain] == [Concern.ROUTING]


def test_interfaces_of_every_kind() -> None:
    text = """set network interface ethernet ethernet1/1 layer3 units ethernet1/1.10 tag 10
set network interface ethernet ethernet1/1 layer3 units ethernet1/1.10 ip 10.10.0.1/24
set network interface ethernet ethernet1/1 layer3 units ethernet1/1.10 comment "office lan"
set network interface ethernet ethernet1/2 link-state down
set network interface ethernet ethernet1/2 layer3 ip 10.11.0.1/24
set network interface aggregate-ethernet ae1 layer3 ip 10.12.0.1/24
set network interface aggregate-ethernet ae1 layer3 arp 10.12.0.9 hw-address 00:0c:29:ab:cd:ef
set network interface loopback units loopback.1 ip 10.13.0.1/32
set network interface tunnel units tunnel.1 ip 10.14.0.1/30
set network interface vlan units vlan.5 ip 10.15.0.1/24
set network virtual-router vr interface [ ethernet1/1.10 ethernet1/2 ae1 loopback.1 tunnel.1 vlan.5 ]
set zone z network layer3 [ ethernet1/1.10 ethernet1/2 ae1 tunnel.1 vlan.5 ]
"""
    parsed = read(text)
    (found,) = parsed.devices
    known = {i.name: i for i in found.interfaces}
    subnets = {name: [format_prefix(a.address, a.length) for a in i.addresses] for name, i in known.items()}
    assert subnets == {
        "ethernet1/1": [], "ethernet1/1.10": ["10.10.0.1/24"], "ethernet1/2": ["10.11.0.1/24"], "ae1": ["10.12.0.1/24"],
        "loopback.1": ["10.13.0.1/32"], "tunnel.1": ["10.14.0.1/30"], "vlan.5": ["10.15.0.1/24"],
    }  # fmt: skip
    assert (known["ethernet1/1.10"].vlan, known["ethernet1/1.10"].description) == (10, "office lan")
    assert [known[n].enabled for n in ("ethernet1/2", "ae1")] == [False, True]
    assert [(format_address(b.address), hex(b.mac), b.interface) for b in found.mac_bindings] == [
        ("10.12.0.9", "0xc29abcdef", "ae1")
    ]
    assert goes(found, "ae1", "10.12.0.5 > 10.11.0.5 tcp/80", "vr") == "no-route"
    assert not parsed.account.not_understood


@pytest.mark.parametrize("kind", ["virtual-wire", "layer2"])
def test_ports_that_forward_by_themselves_are_uncertain(kind: str) -> None:
    found = firewall(f"set network interface ethernet ethernet1/8 {kind} lldp enable no")
    assert [u.concern for u in found.uncertain] == [Concern.INTERFACE]


def test_an_interface_in_two_zones_or_of_two_virtual_systems_is_uncertain() -> None:
    twice = firewall("set zone other network layer3 ethernet1/1")
    assert [u.concern for u in twice.uncertain] == [Concern.FILTER]
    owned = firewall(base=VSYS + "set vsys vsys2 import network interface ethernet1/1")
    assert [u.concern for u in owned.uncertain] == [Concern.FILTER]
    missing = firewall("set zone other network layer3 ethernet9/9")
    assert [u.concern for u in missing.uncertain] == [Concern.INTERFACE]


def test_without_a_router_nothing_is_known_of_routes() -> None:
    bare = "\n".join(line for line in INTERFACES.split("\n") if "virtual-router" not in line)
    found = firewall(base=bare)
    assert [u.concern for u in found.uncertain] == [Concern.ROUTING]
    assert not found.vrfs


def test_what_is_not_followed_is_uncertain() -> None:
    for text, concern in {
        "set rulebase dos rules d action deny": Concern.FILTER,
        "set rulebase sdwan rules s from trust": Concern.ROUTING,
        "set network quantum-router q yes": Concern.INTERFACE,
        "set zone trust network layer9 x": Concern.FILTER,
    }.items():
        assert [(u.text, u.concern) for u in firewall(text).uncertain] == [(text, concern)]
    assert not firewall("set rulebase dos rules d action protect").uncertain
    step = result(firewall(rule("x")), LAN, "10.1.0.5 > 198.51.100.7 tcp/443")
    assert step.outcome is Outcome.FORWARD


@pytest.mark.parametrize(
    "line",
    [
        "out destination 0.0.0.0/0 nexthop ip-address 203.0.113.254 metric 20",
        "out nexthop ip-address 203.0.113.254 destination 0.0.0.0/0 interface ethernet1/2 metric 20",
        "out metric 20 destination 0.0.0.0/0 nexthop ip-address 203.0.113.254",
    ],
)
def test_a_route_in_one_line_as_administrators_write_it(line: str) -> None:
    apart = "\n".join(text for text in INTERFACES.splitlines() if "static-route" not in text)
    parsed = read(f"{apart}\n{STATIC} {line}\n{STATIC} hole destination 10.60.0.0/16 nexthop discard metric 5")
    assert not parsed.account.not_understood
    found = {format_prefix(r.network, r.length): r for r in parsed.devices[0].vrfs[0].routes}
    assert format_address(found["0.0.0.0/0"].next_hop or 0) == "203.0.113.254"
    assert found["0.0.0.0/0"].metric == 20
    assert found["10.60.0.0/16"].kind is RouteKind.BLACKHOLE


def test_what_stands_behind_a_profile_of_a_rule_belongs_to_the_rule() -> None:
    rule = "set rulebase security rules r from trust to untrust source any destination any application any service any"
    for profile in ("profile-setting group Strict", "profile-setting group [ Strict ]"):
        parsed = read(f"{INTERFACES}\n{rule} action allow {profile} log-end yes disabled yes")
        assert not parsed.account.not_understood
