"""Security levels and access lists of an ASA: traps with the source of their meaning in docs/reference/cisco-asa.md."""

from __future__ import annotations

import pytest

from tests.parsers.cisco_asa_run import INTERFACES, VERSION, decided_by, firewall, goes, read
from tests.parsers.packet_run import Runs
from zoneguard.model.device import Concern
from zoneguard.static.trace import Outcome

WEB = "10.1.0.5 > 198.51.100.7 tcp/443"
IN_OUT = {"inside": "10.1.0.5", "dmz": "10.2.0.5", "dmz2": "10.3.0.5", "outside": "198.51.100.7"}


def between(source: str, target: str, what: str = "tcp/443") -> str:
    return f"{IN_OUT[source]} > {IN_OUT[target]} {what}"


# -- levels ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("inside", "outside", "outside"),
        ("inside", "dmz", "dmz"),
        ("dmz", "outside", "outside"),
        ("outside", "inside", "deny"),
        ("dmz", "inside", "deny"),
        ("dmz", "dmz2", "deny"),
    ],
)
def test_without_lists_only_lower_levels_are_reached(source: str, target: str, expected: str) -> None:
    assert goes(firewall(), source, between(source, target)) == expected


def test_same_security_traffic_opens_between_equals_and_back_out() -> None:
    inter = firewall("same-security-traffic permit inter-interface")
    assert goes(inter, "dmz", between("dmz", "dmz2")) == "dmz2"
    assert goes(inter, "dmz", "10.2.0.5 > 10.2.0.9 tcp/443") == "deny"
    intra = firewall("same-security-traffic permit intra-interface")
    assert goes(intra, "dmz", "10.2.0.5 > 10.2.0.9 tcp/443") == "dmz"
    assert goes(intra, "dmz", between("dmz", "dmz2")) == "deny"


def test_no_list_opens_between_equals_without_same_security_traffic() -> None:
    lists = ("access-list A extended permit ip any any", "access-group A in interface dmz")
    assert goes(firewall(*lists), "dmz", between("dmz", "dmz2")) == "deny"
    assert (
        goes(firewall(*lists, "same-security-traffic permit inter-interface"), "dmz", between("dmz", "dmz2")) == "dmz2"
    )


def test_the_default_level_is_100_for_inside_and_0_for_others() -> None:
    (found,) = read(f"""{VERSION}
interface Ethernet0/0
 nameif inside
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/1
 nameif dmz
 ip address 10.2.0.1 255.255.255.0
interface Ethernet0/2
 nameif lab
 ip address 10.3.0.1 255.255.255.0
""").devices
    assert goes(found, "inside", "10.1.0.5 > 10.2.0.5 tcp/80") == "dmz"
    assert goes(found, "dmz", "10.2.0.5 > 10.3.0.5 tcp/80") == "deny"


MANAGEMENT = """interface Management0/0
 management-only
 nameif mgmt
 security-level 100
 ip address 10.9.0.1 255.255.255.0
same-security-traffic permit inter-interface
route mgmt 0.0.0.0 0.0.0.0 10.9.0.254"""
TO_MANAGEMENT = "10.1.0.5 > 10.9.0.5 tcp/22"


@pytest.mark.parametrize("version", ["ASA Version 9.4(3)", "ASA Version 9.8(2)", ""])
def test_management_only_passes_nothing_through(version: str) -> None:
    found = firewall(MANAGEMENT, version=version)
    kept = next(v.name for v in found.vrfs if "mgmt" in v.interfaces)
    assert goes(found, "mgmt", "10.9.0.5 > 10.1.0.5 tcp/22", vrf=kept) == "deny"


def test_routes_of_management_interfaces_are_a_table_of_their_own() -> None:
    old, new = (firewall(MANAGEMENT, version=v) for v in ("ASA Version 9.4(3)", "ASA Version 9.8(2)"))
    assert goes(old, "inside", TO_MANAGEMENT) == "deny", "its subnet is reached by it, which passes nothing"
    assert goes(new, "inside", TO_MANAGEMENT) == "outside", "its subnet is a foreign one"
    assert goes(new, "inside", "10.1.0.5 > 198.51.100.7 tcp/443") == "outside", "its default route is not asked"
    assert [(v.name, v.forwards, len(v.routes)) for v in new.vrfs] == [
        ("main", True, len(firewall(version="ASA Version 9.8(2)").vrfs[0].routes)), ("main:management-only", False, 1),
    ]  # fmt: skip


def test_settings_of_names_that_a_release_writes_in_capitals() -> None:
    parsed = read("ASA Version 9.18(2)\nhostname fw\nDNS server-group DefaultDNS\n name-server 192.0.2.53\n")
    assert not parsed.account.not_understood


def test_no_forward_interface() -> None:
    found = firewall("""interface Vlan3
 no forward interface GigabitEthernet0/2
 nameif home
 security-level 60
 ip address 10.4.0.1 255.255.255.0""")
    assert goes(found, "home", "10.4.0.5 > 10.2.0.5 tcp/80") == "deny"
    assert goes(found, "home", "10.4.0.5 > 198.51.100.7 tcp/80") == "outside"


def test_an_interface_without_name_or_shut_down_forwards_nothing() -> None:
    (found,) = read(f"""{VERSION}
interface Ethernet0/0
 ip address 10.1.0.1 255.255.255.0
interface Ethernet0/1
 shutdown
interface Ethernet0/1.10
 vlan 10
 nameif inside
 ip address 10.2.0.1 255.255.255.0
interface Ethernet0/2
 nameif outside
 ip address 10.3.0.1 255.255.255.0
""").devices
    states = {i.name: (i.enabled, i.vlan) for i in found.interfaces}
    assert states == {
        "Ethernet0/0": (False, None), "Ethernet0/1": (False, None), "inside": (False, 10), "outside": (True, None),
    }  # fmt: skip


# -- where lists are asked -------------------------------------------------------------------------------------------


def test_a_list_takes_the_place_of_the_implicit_permit_and_ends_in_a_deny() -> None:
    found = firewall("access-list A extended permit tcp any any eq https", "access-group A in interface inside")
    assert goes(found, "inside", WEB) == "outside"
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "deny"
    assert goes(found, "inside", "10.1.0.5 > 10.2.0.5 tcp/443") == "dmz"


def test_a_list_opens_towards_a_higher_level() -> None:
    found = firewall("access-list A extended permit tcp any host 10.1.0.5 eq 25", "access-group A in interface outside")
    assert goes(found, "outside", "198.51.100.7 > 10.1.0.5 tcp/25") == "inside"
    assert goes(found, "outside", "198.51.100.7 > 10.1.0.6 tcp/25") == "deny"


def test_interface_list_then_global_list_then_deny() -> None:
    found = firewall(
        "access-list A extended deny tcp any any eq 22",
        "access-list A extended permit tcp any any eq 80",
        "access-list G extended permit tcp any any range 20 25",
        "access-group A in interface inside",
        "access-group G global",
    )
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/22") == "deny"
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "outside"
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/25") == "outside"
    assert goes(found, "inside", WEB) == "deny"
    assert goes(found, "dmz", "10.2.0.5 > 10.1.0.5 tcp/22") == "inside"  # the global list alone
    assert goes(found, "dmz", "10.2.0.5 > 198.51.100.7 tcp/443") == "deny"  # no implicit permit beside it


def test_a_list_out_is_asked_beside_the_levels() -> None:
    found = firewall("access-list O extended permit tcp any any eq 443", "access-group O out interface outside")
    assert goes(found, "inside", WEB) == "outside"
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "deny"
    assert goes(found, "inside", "10.1.0.5 > 10.2.0.5 tcp/80") == "dmz"
    opened = firewall("access-list O extended permit ip any any", "access-group O out interface inside")
    assert goes(opened, "outside", "198.51.100.7 > 10.1.0.5 tcp/25") == "deny"  # it does not open to a higher level


def test_answers_of_a_session_are_not_asked() -> None:
    found = firewall()
    assert goes(found, "outside", "198.51.100.7 > 10.1.0.5 tcp/50000", state=1) == "inside"


def test_an_undefined_list_leaves_everything_open_and_is_said() -> None:
    text = "access-group NONE in interface inside"
    found = firewall(text)
    assert goes(found, "inside", WEB) == "may"
    (doubt,) = read(f"{VERSION}\ninterface E0\n nameif inside\n{text}").account.not_understood
    assert (doubt.text, doubt.concern, doubt.bounded) == (text, Concern.FILTER, True)


# -- entries ---------------------------------------------------------------------------------------------------------

OBJECTS = """
names
name 10.7.0.7 printer
object network web
 host 10.2.0.10
object network servers
 subnet 10.2.0.0 255.255.255.128
object network block
 range 10.2.0.200 10.2.0.210
object network cloud
 fqdn v4 cloud.example.com
object network six
 subnet 2001:db8:1::/64
object service high
 service tcp source gt 1023 destination range 8000 8010
object-group network inner
 network-object object web
 network-object host 10.2.0.77
object-group network outer
 group-object inner
 network-object 10.3.0.0 255.255.255.0
object-group network broken
 group-object broken
 network-object object nowhere
object-group service ports tcp
 port-object eq www
 port-object range 8000 8010
object-group service ports-of-both tcp-udp
 port-object eq domain
object-group service mixed
 service-object tcp destination eq https
 service-object udp destination eq 514
 service-object icmp echo
 service-object object high
 group-object ports-of-both
object-group protocol tunnels
 protocol-object esp
 protocol-object gre
object-group protocol both
 protocol-object udp
 protocol-object tcp
object-group icmp-type pings
 icmp-object echo
 icmp-object echo-reply
object-group user staff
 user CITY\\taro
time-range office
 periodic weekdays 8:30 to 17:15
"""


@pytest.mark.parametrize(
    ("entry", "what", "expected"),
    [
        ("tcp any any", "198.51.100.7 > 10.2.0.5 tcp/1", "dmz"),
        ("tcp any any", "198.51.100.7 > 10.2.0.5 udp/1", "deny"),
        ("ip any4 any4", "198.51.100.7 > 10.2.0.5 udp/1", "dmz"),
        ("ip any6 any", "198.51.100.7 > 10.2.0.5 udp/1", "deny"),
        ("6 any any", "198.51.100.7 > 10.2.0.5 tcp/1", "dmz"),
        ("tcp host 198.51.100.7 10.2.0.0 255.255.255.0 eq ssh", "198.51.100.7 > 10.2.0.5 tcp/22", "dmz"),
        ("tcp any 10.0.0.5 255.0.0.255", "198.51.100.7 > 10.2.0.5 tcp/22", "dmz"),
        ("tcp any 10.0.0.5 255.0.0.255", "198.51.100.7 > 10.2.0.6 tcp/22", "deny"),
        ("tcp any gt 1023 any lt 1024", "198.51.100.7 > 10.2.0.5 tcp/22", "dmz"),
        ("tcp any lt 1023 any", "198.51.100.7 > 10.2.0.5 tcp/22", "deny"),
        ("tcp any any neq 22", "198.51.100.7 > 10.2.0.5 tcp/22", "deny"),
        ("tcp any any range 20 30", "198.51.100.7 > 10.2.0.5 tcp/31", "deny"),
        ("icmp any any echo", "198.51.100.7 > 10.2.0.5 icmp/8", "dmz"),
        ("icmp any any echo", "198.51.100.7 > 10.2.0.5 icmp/0", "deny"),
        ("icmp any any unreachable 4", "198.51.100.7 > 10.2.0.5 icmp/3", "deny"),
        ("icmp any any object-group pings", "198.51.100.7 > 10.2.0.5 icmp/8", "dmz"),
        ("icmp any any object-group pings", "198.51.100.7 > 10.2.0.5 icmp/5", "deny"),
        ("ip any object web", "198.51.100.7 > 10.2.0.10 tcp/1", "dmz"),
        ("ip any object servers", "198.51.100.7 > 10.2.0.128 tcp/1", "deny"),
        ("ip any object block", "198.51.100.7 > 10.2.0.205 tcp/1", "dmz"),
        ("ip any object-group outer", "198.51.100.7 > 10.2.0.77 tcp/1", "dmz"),
        ("ip any object-group outer", "198.51.100.7 > 10.3.0.9 tcp/1", "dmz2"),
        ("tcp any object-group inner object-group ports", "198.51.100.7 > 10.2.0.10 tcp/8005", "dmz"),
        ("tcp any object-group inner object-group ports", "198.51.100.7 > 10.2.0.10 tcp/81", "deny"),
        ("tcp any object-group ports object-group inner", "198.51.100.7 > 10.2.0.10 tcp/80", "deny"),
        ("udp any any object-group ports-of-both", "198.51.100.7 > 10.2.0.10 udp/53", "dmz"),
        ("object-group mixed any any", "198.51.100.7 > 10.2.0.10 udp/514", "dmz"),
        ("object-group mixed any any", "198.51.100.7 > 10.2.0.10 tcp/514", "deny"),
        ("object-group mixed any any", "198.51.100.7 > 10.2.0.10 icmp/8", "dmz"),
        ("object-group mixed any any", "198.51.100.7 > 10.2.0.10 tcp/8001", "dmz"),
        ("object-group mixed any any", "198.51.100.7 > 10.2.0.10 udp/53", "dmz"),
        ("object high any any", "198.51.100.7 > 10.2.0.10 tcp/8011", "deny"),
        ("object-group both any any eq domain", "198.51.100.7 > 10.2.0.10 udp/53", "dmz"),
        ("object-group both any any eq domain", "198.51.100.7 > 10.2.0.10 tcp/54", "deny"),
        ("object-group both any gt 1023 any object-group ports", "198.51.100.7 > 10.2.0.10 tcp/80", "dmz"),
        ("tcp any any eq 80 (hitcnt=4) 0x1234abcd", "198.51.100.7 > 10.2.0.10 tcp/80", "dmz"),
        ("object-group tunnels any any", "198.51.100.7 > 10.2.0.10 esp", "dmz"),
        ("object-group tunnels any any", "198.51.100.7 > 10.2.0.10 tcp/1", "deny"),
        ("ip any interface outside", "198.51.100.7 > 10.2.0.10 tcp/1", "deny"),
        ("tcp any any log warnings interval 60", "198.51.100.7 > 10.2.0.5 tcp/1", "dmz"),
        ("tcp any any log disable", "198.51.100.7 > 10.2.0.5 tcp/1", "dmz"),
        ("tcp any any inactive", "198.51.100.7 > 10.2.0.5 tcp/1", "deny"),
        ("tcp any any time-range office", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("tcp any any time-range office inactive", "198.51.100.7 > 10.2.0.5 tcp/1", "deny"),
        ("ip any object cloud", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("ip any object nowhere", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("ip any object-group broken", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("object-group nowhere any any", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("ip user CITY\\taro any any", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("ip object-group-user staff any any", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("ip security-group name guests any any", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("ip any security-group tag 7 any", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("tcp any any frobnicate", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("tcp any 10.2.0.999 255.255.255.0", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
        ("gre any any eq 5", "198.51.100.7 > 10.2.0.5 tcp/1", "may"),
    ],
)
def test_entries(entry: str, what: str, expected: str) -> None:
    found = firewall(OBJECTS, f"access-list A line 1 extended permit {entry}", "access-group A in interface outside")
    assert goes(found, "outside", what) == expected


@pytest.mark.parametrize("form", ["access-list A permit ip any any", "access-list A extended permit ip any any"])
def test_extended_is_the_default_kind(form: str) -> None:
    assert goes(firewall(form, "access-group A in interface outside"), "outside", between("outside", "dmz")) == "dmz"


def test_names_stand_for_addresses() -> None:
    found = firewall(OBJECTS, "access-list A extended permit ip host printer any", "access-group A in interface dmz")
    assert goes(found, "dmz", "10.7.0.7 > 10.1.0.5 tcp/1") == "inside"


def test_the_first_entry_decides_and_is_named_by_its_line() -> None:
    found = firewall(
        "access-list A remark nobody",
        "access-list A extended deny ip host 198.51.100.7 any",
        "access-list A extended permit ip any any",
        "access-group A in interface outside",
    )
    assert goes(found, "outside", between("outside", "dmz")) == "deny"
    assert goes(found, "outside", "198.51.100.8 > 10.2.0.5 tcp/1") == "dmz"
    assert decided_by(found, "outside", between("outside", "dmz")) == "A"


def test_any_is_ipv4_before_9_0_and_both_versions_since() -> None:
    six = "interface GigabitEthernet0/2\n ipv6 address 2001:db8:2::1/64"
    lists = (six, "access-list A extended permit ip any any", "access-group A in interface outside")
    sent = "2001:db8:9::9 > 2001:db8:2::5 tcp/80"
    assert goes(firewall(*lists), "outside", sent) == "dmz"
    assert goes(firewall(*lists, version="ASA Version 8.4(7)"), "outside", sent) == "deny"
    old = (six, "ipv6 access-list S permit tcp any host 2001:db8:2::5 eq 80", "access-group S in interface outside")
    assert goes(firewall(*old, version="ASA Version 8.4(7)"), "outside", sent) == "dmz"


def test_what_an_applied_entry_leaves_open_is_said_and_bounded() -> None:
    entry = "access-list A extended permit ip any object cloud"
    port = "interface E0\n nameif outside\n ip address 192.0.2.1 255.255.255.0"
    text = f"{VERSION}\n{port}\nobject network cloud\n fqdn cloud.example.com\n{entry}"
    parsed = read(f"{text}\naccess-group A in interface outside")
    assert [(d.span.first, d.bounded) for d in parsed.account.not_understood] == [(6, True), (7, True)]
    assert not parsed.devices[0].uncertain


def test_lists_that_are_not_applied_open_nothing() -> None:
    found = firewall(
        "access-list SPLIT standard permit 10.1.0.0 255.255.0.0", "access-list X extended permit ip any any"
    )
    assert goes(found, "outside", between("outside", "dmz")) == "deny"


# -- FTD -------------------------------------------------------------------------------------------------------------

FTD = """
access-list CSM_FW_ACL_ remark rule-id 9001: L4 RULE: mail
access-list CSM_FW_ACL_ advanced permit tcp ifc outside any ifc dmz any eq smtp rule-id 9001
access-list CSM_FW_ACL_ remark rule-id 9002: L7 RULE: social networks
access-list CSM_FW_ACL_ advanced permit tcp ifc inside any any eq https rule-id 9002 event-log both
access-list CSM_FW_ACL_ advanced trust ip host 10.1.0.9 any rule-id 9003
access-list CSM_FW_ACL_ advanced deny ip any any rule-id 9004 event-log flow-start
access-group CSM_FW_ACL_ global
"""


@pytest.mark.parametrize(
    ("ingress", "what", "expected"),
    [
        ("outside", "198.51.100.7 > 10.2.0.5 tcp/25", "dmz"),
        ("outside", "198.51.100.7 > 10.3.0.5 tcp/25", "deny"),
        ("inside", "10.1.0.5 > 198.51.100.7 tcp/443", "may"),
        ("inside", "10.1.0.9 > 198.51.100.7 udp/53", "outside"),
        ("inside", "10.1.0.5 > 198.51.100.7 udp/53", "deny"),
    ],
)
def test_ftd(ingress: str, what: str, expected: str) -> None:
    found = firewall(FTD, version="NGFW Version 7.2.5")
    assert goes(found, ingress, what) == expected


def test_an_ftd_has_no_levels_between_which_nothing_passes() -> None:
    found = firewall(
        "access-list C advanced permit ip ifc dmz any ifc dmz2 any rule-id 1", "access-group C global",
        version="NGFW Version 7.2.5",
    )  # fmt: skip
    assert goes(found, "dmz", between("dmz", "dmz2")) == "dmz2"


# -- tunnels ---------------------------------------------------------------------------------------------------------

TUNNEL = """
access-list VPN extended permit ip 10.1.0.0 255.255.0.0 10.80.0.0 255.255.0.0
crypto map M 10 match address VPN
crypto map M 10 set peer 198.51.100.99
crypto map M interface outside
access-list O extended deny ip any any
access-group O in interface outside
"""
FROM_PEER = "10.80.0.9 > 10.1.0.5 tcp/445"


def test_what_comes_out_of_a_tunnel_is_not_asked_the_interface_list() -> None:
    found = firewall(TUNNEL)
    assert goes(found, "outside", FROM_PEER) == "inside"
    assert goes(found, "outside", "10.81.0.9 > 10.1.0.5 tcp/445") == "deny"
    assert goes(firewall(TUNNEL, "no sysopt connection permit-vpn"), "outside", FROM_PEER) == "deny"


def test_a_vpn_filter_leaves_it_open() -> None:
    found = firewall(TUNNEL, "group-policy G attributes\n vpn-filter value X")
    assert goes(found, "outside", FROM_PEER) == "may"


def test_clients_may_come_from_their_pool() -> None:
    found = firewall(
        "ip local pool P 10.90.0.1-10.90.0.100 mask 255.255.255.0", "webvpn\n enable outside\n anyconnect enable"
    )
    assert goes(found, "outside", "10.90.0.7 > 10.1.0.5 tcp/445") == "may"
    assert goes(found, "outside", "10.91.0.7 > 10.1.0.5 tcp/445") == "deny"


# -- the device itself -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ingress", "what", "expected"),
    [
        ("inside", "10.1.0.5 > 10.1.0.1 tcp/22", "local"),
        ("inside", "10.1.7.5 > 10.1.0.1 tcp/22", "may"),
        ("inside", "10.1.0.5 > 10.1.0.1 icmp/8", "local"),
        ("inside", "10.1.0.5 > 203.0.113.2 icmp/8", "may"),
        ("outside", "198.51.100.7 > 203.0.113.2 icmp/8", "deny"),
        ("outside", "198.51.100.7 > 203.0.113.2 udp/500", "may"),
    ],
)
def test_packets_to_the_device(ingress: str, what: str, expected: str) -> None:
    found = firewall("ssh 10.1.0.0 255.255.255.0 inside", "icmp deny any outside")
    assert goes(found, ingress, what) == expected
    assert [(s.name, s.interface) for s in found.services] == [("ssh", "inside")]


TUNNELED = """
access-list permit-all extended permit ip any any
access-group permit-all global
route inside 0.0.0.0 0.0.0.0 10.1.0.9 tunneled
route dmz 10.9.0.0 255.255.0.0 10.2.0.9
"""


CRYPTO = "crypto map m 1 match address vpn\ncrypto map m 1 set peer 203.0.113.9\ncrypto map m interface outside"


@pytest.mark.parametrize(
    "ends",
    [
        "access-list vpn extended permit ip 10.1.0.0 255.255.0.0 192.0.2.0 255.255.255.0\n" + CRYPTO,
        "crypto ikev2 enable outside client-services port 443",
        "webvpn\n enable outside",
    ],
)
def test_a_tunneled_route_is_taken_by_what_comes_out_of_tunnels_alone(ends: str) -> None:
    """CLI book, "Static and Default Routes", and CR ``route``: traffic from a tunnel that ends on the ASA and that has
    no learned or static route; for it, the tunneled route goes before other default routes."""
    found = firewall(TUNNELED, ends)
    assert not found.uncertain
    assert goes(found, "inside", "10.1.0.5 > 198.51.100.7 tcp/80") == "outside", "no tunnel ends there"
    assert goes(found, "outside", "192.0.2.7 > 10.9.0.7 tcp/80") == "dmz", "an explicit route"
    assert goes(found, "outside", "192.0.2.7 > 10.2.0.7 tcp/80") == "dmz", "a subnet of the firewall"
    step = Runs("main").result(found, "outside", "192.0.2.7 > 198.51.100.7 tcp/80")
    assert len(step.may) > 1, "and the other default route"
    assert {way.egress for way in step.may if way.outcome is Outcome.FORWARD} >= {"inside"}


def test_where_no_tunnel_is_seen_to_end_any_packet_may_have_come_out_of_one() -> None:
    found = firewall(TUNNELED)
    assert goes(found, "dmz", "10.2.0.7 > 198.51.100.7 tcp/80") == "inside|outside"
    assert goes(found, "dmz", "10.2.0.7 > 10.1.0.7 tcp/80") == "inside"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("crypto map m 1 set ikev1 transform-set a b c", []),
        ("crypto map m 1 set ikev2 ipsec-proposal a b", []),
        ("crypto map m 1 set transform-set a", []),
        ("crypto map m 1 set peer 203.0.113.9 203.0.113.10", []),
        ("crypto map m 1 set pfs group14", []),
        ("crypto map m 1 set security-association lifetime seconds 28800 kilobytes 4608000", []),
        ("crypto map m 1 set security-association lifetime kilobytes unlimited", []),
        ("crypto map m 1 set connection-type answer-only", []),
        ("crypto map m 65535 ipsec-isakmp dynamic d", []),
        ("crypto map m 1 set frobnication", [(Concern.FILTER, False)]),
        ("crypto map m interface outside outside", [(Concern.FILTER, False)]),
        ("crypto map m 1 set reverse-route", [(Concern.ROUTING, True)]),
        ("crypto dynamic-map d 1 set reverse-route\ncrypto map m 9 ipsec-isakmp dynamic d", [(Concern.ROUTING, True)]),
        ("crypto map n 1 set reverse-route", [(Concern.ROUTING, False)]),
        ("crypto map n 1 set reverse-route\ncrypto map n interface inside", [(Concern.ROUTING, False)]),
    ],
)
def test_the_settings_of_a_crypto_map_open_nothing(line: str, said: list[tuple[Concern, bool]]) -> None:
    """Command reference, ``crypto map set …``. ``set reverse-route`` adds routes to what is behind the peer: those that
    the default route by the map's interface has anyway."""
    peers = "access-list vpn extended permit ip 10.1.0.0 255.255.0.0 192.0.2.0 255.255.255.0\n" + CRYPTO
    account = read("\n".join((VERSION, INTERFACES, peers, line))).account
    found = [entry for entry in account.not_understood if "clients" not in entry.reason]
    assert [(entry.concern, entry.bounded) for entry in found] == said


def test_routes_to_peers_beside_a_gateway_for_clients() -> None:
    """``webvpn`` has one word, and a map may have no name."""
    lines = ("webvpn\n enable outside", "crypto map", "crypto map m", "crypto dynamic-map d 1 set reverse-route")
    (entry,) = [e for e in read("\n".join((VERSION, INTERFACES, *lines))).account.not_understood if "set" in e.text]
    assert (entry.concern, entry.bounded) == (Concern.ROUTING, False)
