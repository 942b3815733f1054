"""SRX policies, zones, address books, applications: each meaning as Juniper's security policies user guide has it."""

from __future__ import annotations

import pytest

from tests.parsers.junos_run import DMZ, GUEST, LAN, WAN, decided_by, device, goes, open_lines, policy, rules, srx

OUT = "10.1.0.5 > 198.51.100.1 tcp/443"
IN = "198.51.100.1 > 10.1.0.5 tcp/443"


def test_nothing_passes_without_a_policy_and_the_default_denies() -> None:
    assert goes(srx(), LAN, OUT) == "deny"
    assert goes(srx("set security policies default-policy deny-all"), LAN, OUT) == "deny"


def test_default_policy_permit_all_is_for_interfaces_with_a_zone_only() -> None:
    open_ = srx("set security policies default-policy permit-all")
    assert goes(open_, LAN, OUT) == WAN
    assert goes(open_, LAN, "10.1.0.5 > 10.1.0.9 tcp/80") == LAN  # within a zone too
    assert goes(open_, GUEST, "10.3.0.5 > 198.51.100.1 tcp/443") == "deny"
    assert goes(open_, LAN, "10.1.0.5 > 10.3.0.5 tcp/443") == "deny"


def test_what_stays_in_a_zone_needs_a_policy() -> None:
    inside = "10.1.0.5 > 10.1.0.9 tcp/80"
    assert goes(srx(policy("trust>untrust")), LAN, inside) == "deny"
    assert goes(srx(policy("trust>trust")), LAN, inside) == LAN


def test_policies_are_for_one_direction_and_the_first_that_matches_decides() -> None:
    found = srx(policy("trust>untrust", "no", "deny", service="junos-telnet"), policy("trust>untrust", "all"))
    assert goes(found, LAN, OUT) == WAN
    assert decided_by(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/23") == "trust to untrust policy no"
    assert goes(found, WAN, IN) == "deny"


def test_order_is_that_of_the_first_statement_and_insert_moves() -> None:
    several = policy("trust>untrust", "all"), policy("trust>untrust", "no", "reject", service="junos-telnet")
    telnet = "10.1.0.5 > 198.51.100.1 tcp/23"
    assert goes(srx(*several), LAN, telnet) == WAN
    moved = "insert security policies from-zone trust to-zone untrust policy no before policy all"
    assert goes(srx(*several, moved), LAN, telnet) == "deny"
    assert open_lines(*several, moved) == ()


def test_global_policies_come_after_those_of_the_zones_and_before_the_default() -> None:
    found = srx(
        policy("", "everywhere", "permit"),
        policy("trust>untrust", "no", "deny", service="junos-telnet"),
        "set security policies default-policy deny-all",
    )
    assert decided_by(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/23") == "trust to untrust policy no"
    assert decided_by(found, LAN, OUT) == "global policy everywhere"
    assert goes(found, GUEST, "10.3.0.5 > 198.51.100.1 tcp/443") == "deny"


def test_a_global_policy_may_name_zones() -> None:
    named = "set security policies global policy g match from-zone trust"
    found = srx(policy("", "g"), named, "set security policies global policy g match to-zone untrust")
    assert (goes(found, LAN, OUT), goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/443")) == (WAN, "deny")
    assert goes(found, WAN, IN) == "deny"
    anywhere = srx(policy("", "g"), named, "set security policies global policy g match to-zone any")
    assert goes(anywhere, LAN, "10.1.0.5 > 10.2.0.5 tcp/443") == DMZ


@pytest.mark.parametrize("statement", [
    "deactivate security policies from-zone trust to-zone untrust policy p",
    "deactivate security policies from-zone trust to-zone untrust",
    "deactivate security policies",
    "delete security policies from-zone trust to-zone untrust policy p",
])  # fmt: skip
def test_what_is_deactivated_or_deleted_is_not_there(statement: str) -> None:
    assert goes(srx(policy("trust>untrust"), statement), LAN, OUT) == "deny"
    assert open_lines(policy("trust>untrust"), statement) == ()
    if statement.startswith("deactivate"):
        again = statement.replace("deactivate", "activate")
        assert goes(srx(policy("trust>untrust"), statement, again), LAN, OUT) == WAN


def test_a_deactivated_condition_leaves_the_policy_without_it() -> None:
    off = "deactivate security policies from-zone trust to-zone untrust policy p match application"
    assert goes(srx(policy("trust>untrust"), off), LAN, OUT) == "may"  # no device commits that


BOOKS = {
    "global": "set security address-book global address pc 10.1.0.5/32",
    "zone": "set security zones security-zone trust address-book address pc 10.1.0.5/32",
    "attached": "set security address-book office address pc 10.1.0.5/32\n"
    "set security address-book office attach zone trust",
}


@pytest.mark.parametrize("book", BOOKS.values(), ids=BOOKS)
def test_the_three_kinds_of_address_book(book: str) -> None:
    found = srx(book, policy("trust>untrust", source="pc"))
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.1 tcp/443") == "deny"


def test_the_book_of_the_zone_goes_before_the_global_one() -> None:
    found = srx(
        "set security address-book global address pc 10.1.0.99/32",
        BOOKS["attached"],
        policy("trust>untrust", source="pc"),
    )
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, LAN, "10.1.0.99 > 198.51.100.1 tcp/443") == "deny"


def test_a_book_of_another_zone_is_not_asked() -> None:
    found = srx(BOOKS["zone"], policy("untrust>trust", destination="pc"), policy("dmz>untrust", source="pc"))
    assert goes(found, WAN, "198.51.100.1 > 10.1.0.5 tcp/443") == LAN
    assert goes(found, DMZ, "10.1.0.5 > 198.51.100.1 tcp/443") == "may"  # "pc" is not defined for dmz
    assert [m.reason for m in open_lines(BOOKS["zone"], policy("dmz>untrust", source="pc"))] == [
        'the address "pc" is not defined in this file'
    ]


def test_sets_hold_addresses_and_sets_and_may_not_hold_themselves() -> None:
    book = "set security address-book global"
    statements = (
        f"{book} address a 10.1.0.5/32",
        f"{book} address b 10.1.0.6/32",
        f"{book} address-set inner address b",
        f"{book} address-set outer address a",
        f"{book} address-set outer address-set inner",
        policy("trust>untrust", source="outer"),
    )
    assert goes(srx(*statements), LAN, OUT) == goes(srx(*statements), LAN, "10.1.0.6 > 198.51.100.1 tcp/443") == WAN
    circle = (*statements, f"{book} address-set inner address-set outer")
    assert goes(srx(*circle), LAN, OUT) == WAN
    assert goes(srx(*circle), LAN, "10.1.0.7 > 198.51.100.1 tcp/443") == "may"
    assert [m.reason for m in open_lines(*circle)] == ['the address set "outer" contains itself']


@pytest.mark.parametrize(("address", "inside", "outside"), [
    ("10.1.0.0/25", "10.1.0.5", "10.1.0.200"),
    ("range-address 10.1.0.4 to 10.1.0.9", "10.1.0.9", "10.1.0.10"),
    ("wildcard-address 10.1.0.5/255.255.0.255", "10.1.77.5", "10.1.77.6"),
    ("10.1.0.5", "10.1.0.5", "10.1.0.6"),
])  # fmt: skip
def test_kinds_of_addresses(address: str, inside: str, outside: str) -> None:
    found = srx(f"set security address-book global address x {address}", policy("trust>untrust", source="x"))
    assert goes(found, LAN, f"{inside} > 198.51.100.1 tcp/443") == WAN
    assert goes(found, LAN, f"{outside} > 198.51.100.1 tcp/443") == "deny"


def test_a_name_of_dns_is_open_both_ways() -> None:
    named = "set security address-book global address x dns-name www.example.jp"
    assert goes(srx(named, policy("trust>untrust", destination="x")), LAN, OUT) == "may"
    assert [(m.bounded, m.reason) for m in open_lines(named, policy("trust>untrust", destination="x"))] == [
        (True, 'the address "x" is a name whose addresses are not in the file')
    ]


def test_excluded_addresses_are_everything_else() -> None:
    pc = "set security address-book global address pc 10.1.0.5/32"
    found = srx(
        pc, policy("trust>untrust", source="pc"),
        "set security policies from-zone trust to-zone untrust policy p match source-address-excluded",
    )  # fmt: skip
    assert goes(found, LAN, OUT) == "deny"
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.1 tcp/443") == WAN


def test_any_ipv4_and_any_ipv6() -> None:
    four, six = (srx(policy("trust>untrust", destination=f"any-ipv{n}")) for n in (4, 6))
    assert (goes(four, LAN, OUT), goes(six, LAN, OUT)) == (WAN, "deny")


@pytest.mark.parametrize(("name", "passes", "denied"), [
    ("junos-http", "tcp/80", "tcp/8080"),
    ("junos-dns-udp", "udp/53", "tcp/53"),
    ("junos-smb", "tcp/445", "tcp/446"),
    ("junos-icmp-ping", "icmp/8", "icmp/13"),
    ("junos-ping", "icmp/13", "tcp/80"),
    ("junos-cifs", "tcp/139", "tcp/140"),
    ("junos-rdp", "tcp/3389", "udp/3389"),
    ("junos-gre", "gre", "esp"),
    ("junos-tcp-any", "tcp/1", "udp/1"),
    ("any", "sctp/1", ""),
])  # fmt: skip
def test_predefined_applications(name: str, passes: str, denied: str) -> None:
    found = srx(policy("trust>untrust", service=name))
    assert goes(found, LAN, f"10.1.0.5 > 198.51.100.1 {passes}") == WAN
    assert not denied or goes(found, LAN, f"10.1.0.5 > 198.51.100.1 {denied}") == "deny"


def test_calls_of_rpc_are_open_on_every_port_but_that_of_the_portmapper() -> None:
    found = srx(policy("trust>untrust", service="junos-ms-rpc-msexchange"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/135") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/49152") == "may"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 udp/49152") == "deny"


APPLICATIONS = """
set applications application one protocol tcp
set applications application one destination-port 8000-8010
set applications application two term a protocol udp destination-port 5000
set applications application two term b protocol tcp source-port 1024-65535 destination-port ssh
set applications application echo protocol icmp
set applications application echo icmp-type echo-request
set applications application-set inner application two
set applications application-set outer application one
set applications application-set outer application-set inner
set applications application-set loop application one
set applications application-set loop application-set loop
set applications application calls protocol tcp
set applications application calls uuid e1af8308-5d1f-11c9-91a4-08002b14a0fa
"""


@pytest.mark.parametrize(("name", "what", "result"), [
    ("one", "tcp/8010", WAN), ("one", "tcp/8011", "deny"), ("one", "udp/8010", "deny"),
    ("two", "udp/5000", WAN), ("two", "tcp/22", WAN), ("two", "tcp/5000", "deny"),
    ("outer", "udp/5000", WAN), ("outer", "tcp/8000", WAN), ("outer", "tcp/80", "deny"),
    ("echo", "icmp/8", WAN), ("echo", "icmp/0", "deny"),
    ("loop", "tcp/8000", WAN), ("loop", "tcp/80", "may"),
    ("calls", "tcp/5", "may"), ("calls", "udp/5", "deny"), ("nowhere", "tcp/80", "may"),
])  # fmt: skip
def test_applications_terms_and_sets(name: str, what: str, result: str) -> None:
    found = srx(APPLICATIONS, policy("trust>untrust", service=name))
    assert goes(found, LAN, f"10.1.0.5 > 198.51.100.1 {what}") == result


def test_source_ports_of_a_term_count() -> None:
    found = srx(APPLICATIONS, policy("trust>untrust", service="two"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/22", sport=1000) == "deny"


def test_an_application_of_the_file_goes_before_a_predefined_one() -> None:
    own = "set applications application junos-http"
    found = srx(f"{own} protocol tcp", f"{own} destination-port 81", policy("trust>untrust", service="junos-http"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/81") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == "deny"


@pytest.mark.parametrize("statement", [
    "scheduler-name office-hours",
    "match source-identity staff",
    "match dynamic-application junos:YOUTUBE",
    "match url-category Enhanced_Games",
    "then permit firewall-authentication pass-through access-profile users",
    "match something-new x",
    "then permit something-new",
])  # fmt: skip
def test_conditions_that_addresses_and_ports_do_not_decide_are_open(statement: str) -> None:
    more = f"set security policies from-zone trust to-zone untrust policy p {statement}"
    assert goes(srx(policy("trust>untrust"), more), LAN, OUT) == "may"
    assert all(m.bounded for m in open_lines(policy("trust>untrust"), more))
    assert open_lines(policy("trust>untrust"), more)


@pytest.mark.parametrize("statement", [
    "then log session-close", "then count", "description web", "match source-identity any",
    "match dynamic-application any", "then permit application-services utm-policy x",
    "then permit tcp-options sequence-check",
])  # fmt: skip
def test_settings_that_take_nothing_in_are_without_concern(statement: str) -> None:
    more = f"set security policies from-zone trust to-zone untrust policy p {statement}"
    assert goes(srx(policy("trust>untrust"), more), LAN, OUT) == WAN
    assert open_lines(policy("trust>untrust"), more) == ()


def test_one_line_may_hold_several_conditions() -> None:
    found = srx(
        "set security policies from-zone trust to-zone untrust policy p match source-address any"
        " destination-address any application junos-https",
        "set security policies from-zone trust to-zone untrust policy p then permit",
    )
    assert (goes(found, LAN, OUT), goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80")) == (WAN, "deny")


def test_what_a_policy_must_say_and_does_not_is_open() -> None:
    head = "set security policies from-zone trust to-zone untrust policy p"
    found = srx(f"{head} match source-address any", f"{head} match application any", f"{head} then permit")
    assert goes(found, LAN, OUT) == "may"
    idle = srx(*(line for line in policy("trust>untrust").split("\n") if "then" not in line))
    assert goes(idle, LAN, OUT) == "may"


def test_a_zone_that_the_file_does_not_have_leaves_the_filter_undetermined() -> None:
    (entry,) = open_lines(policy("trust>nowhere"))
    assert (entry.reason, entry.bounded) == ('the zone "nowhere" is not defined in this file', False)


def test_an_interface_in_two_zones_is_reported() -> None:
    (entry,) = open_lines("set security zones security-zone dmz interfaces ge-0/0/1.0")
    assert entry.reason == 'the interface "ge-0/0/1.0" is in the zones "trust" and "dmz"'


def test_a_policy_based_vpn_leaves_routing_undetermined() -> None:
    more = "set security policies from-zone trust to-zone untrust policy p then permit tunnel ipsec-vpn branch"
    assert [m.concern.value for m in open_lines(policy("trust>untrust"), more)] == ["routing"]


def test_rules_point_at_the_lines_of_their_policy() -> None:
    found = srx("", policy("trust>untrust", "web", service="junos-http"))
    (rule,) = rules(found)
    assert (rule.span.first, rule.span.last, rule.name) == (11, 14, "trust to untrust policy web")


def test_packet_mode_of_the_whole_device_leaves_policies_out() -> None:
    mode = "set security forwarding-options family mpls mode packet-based"
    assert goes(srx(mode, policy("trust>untrust", action="deny")), LAN, OUT) == WAN


def test_ipv6_is_as_its_mode_says_and_open_where_the_file_does_not() -> None:
    six = (
        "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8:1::1/64",
        "set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:f::1/64",
        policy("trust>untrust"),
    )
    way = "2001:db8:1::5 > 2001:db8:f::5 tcp/80"
    mode = "set security forwarding-options family inet6 mode"
    assert goes(srx(*six, f"{mode} flow-based"), LAN, way) == WAN
    assert goes(srx(*six, f"{mode} drop"), LAN, way) == "deny"
    assert goes(srx(*six), LAN, way) == "may"
    assert goes(srx(*six), LAN, OUT) == WAN


def test_a_switching_port_in_a_zone_is_said_not_to_be_in_the_model() -> None:
    lines = (
        "set interfaces ge-0/0/7 unit 0 family ethernet-switching vlan members v1",
        "set security zones security-zone l2 interfaces ge-0/0/7.0",
    )
    (entry,) = open_lines(*lines)
    assert "layer 2" in entry.reason


HOST = "10.1.0.5 > 10.1.0.1 tcp/22"


def test_the_device_lets_in_what_the_zone_or_the_interface_says() -> None:
    zone = "set security zones security-zone trust"
    assert goes(srx(), LAN, HOST) == "deny"
    assert goes(srx(f"{zone} host-inbound-traffic system-services ssh"), LAN, HOST) == "local"
    assert goes(srx(f"{zone} host-inbound-traffic system-services ping"), LAN, HOST) == "deny"
    assert goes(srx(f"{zone} host-inbound-traffic protocols bgp"), LAN, "10.1.0.5 > 10.1.0.1 tcp/179") == "local"
    own = f"{zone} interfaces ge-0/0/1.0 host-inbound-traffic system-services ping"
    both = srx(f"{zone} host-inbound-traffic system-services ssh", own)
    assert (goes(both, LAN, HOST), goes(both, LAN, "10.1.0.5 > 10.1.0.1 icmp/8")) == ("deny", "local")


def test_all_services_but_one() -> None:
    zone = "set security zones security-zone trust host-inbound-traffic system-services"
    found = srx(f"{zone} all", f"{zone} telnet except")
    assert goes(found, LAN, HOST) == "local"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/23") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/9999") == "deny"
    assert goes(srx(f"{zone} any-service"), LAN, "10.1.0.5 > 10.1.0.1 tcp/9999") == "local"


def test_policies_to_the_device_itself_may_deny_what_the_zone_lets_in() -> None:
    inbound = "set security zones security-zone trust host-inbound-traffic system-services ssh"
    assert goes(srx(inbound, policy("trust>junos-host", action="deny")), LAN, HOST) == "deny"
    assert goes(srx(inbound, policy("trust>junos-host", action="deny", service="junos-http")), LAN, HOST) == "local"
    assert goes(srx(policy("trust>junos-host")), LAN, HOST) == "deny"


def test_an_address_of_another_zones_interface_is_open_at_most() -> None:
    zones = (
        "set interfaces lo0 unit 0 family inet address 10.9.9.9/32",
        "set security zones security-zone loop interfaces lo0.0",
        "set security zones security-zone trust host-inbound-traffic system-services ssh",
    )
    assert goes(srx(*zones), LAN, "10.1.0.5 > 10.9.9.9 tcp/22") == "may"
    assert goes(srx(*zones), LAN, "10.1.0.5 > 10.9.9.9 tcp/80") == "deny"


def test_services_that_the_device_offers() -> None:
    lines = (
        "set system services ssh",
        "set security zones security-zone trust host-inbound-traffic system-services ssh",
        "set security zones security-zone trust host-inbound-traffic system-services telnet",
        "set security zones security-zone untrust host-inbound-traffic system-services all",
        "set security zones security-zone untrust host-inbound-traffic system-services ssh except",
    )
    assert {(s.name, s.interface) for s in srx(*lines).services} == {("ssh", LAN)}
    assert {(s.name, s.interface) for s in srx(*lines[1:3]).services} == {("ssh", LAN), ("telnet", LAN)}


def test_screens_are_ignored_for_a_reason() -> None:
    lines = ("set security screen ids-option s tcp land", "set security zones security-zone untrust screen s")
    assert open_lines(*lines) == ()


def test_a_file_without_zones_does_not_pass_for_a_router() -> None:
    lacking = device("set version 15.1X49-D150.2\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24")
    assert [m.reason for m in lacking.uncertain] == ["this file is a part of a configuration: it has no security zones"]
    router = device("set version 21.4R3\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24")
    assert router.uncertain == ()
    part = device("\n".join(policy("trust>untrust").split("\n")))
    assert {m.concern.value for m in part.uncertain} == {"filter", "interface"}


def test_the_last_of_several_values_counts_whatever_was_written_before() -> None:
    default = "set security policies default-policy"
    found = srx(f"{default} deny-all", f"{default} permit-all", f"{default} deny-all")
    assert goes(found, LAN, OUT) == "deny"
    book = "set security address-book global address pc"
    moved = srx(f"{book} 10.1.0.5/32", f"{book} 10.1.0.6/32", policy("trust>untrust", source="pc"))
    assert goes(moved, LAN, OUT) == "deny"
    assert goes(moved, LAN, "10.1.0.6 > 198.51.100.1 tcp/443") == WAN
    again = "set security policies from-zone trust to-zone untrust policy p then deny"
    assert goes(srx(policy("trust>untrust"), again), LAN, OUT) == "deny"
    port = "set applications application x destination-port"
    application = ("set applications application x protocol tcp", f"{port} 80", f"{port} 81", f"{port} 80")
    found = srx(*application, policy("trust>untrust", service="x"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/81") == "deny"


def test_global_policies_know_the_global_book_only() -> None:
    found = srx(BOOKS["zone"], policy("", source="pc"))
    assert goes(found, LAN, OUT) == "may"
    assert goes(srx(BOOKS["global"], policy("", source="pc")), LAN, OUT) == WAN


def test_the_factory_default_permits_within_trust_by_policies_of_its_own() -> None:
    """Nothing of it is built in: a file without these policies denies."""
    factory = (policy("trust>trust", "default-permit"), policy("trust>untrust", "default-permit"))
    found = srx(*factory)
    assert (goes(found, LAN, "10.1.0.5 > 10.1.0.9 tcp/80"), goes(found, LAN, OUT)) == (LAN, WAN)
    assert goes(found, WAN, IN) == "deny"


def test_a_router_offers_its_services_on_every_interface() -> None:
    found = device(
        "set version 21.4R3\nset interfaces ge-0/0/0 unit 0 family inet address 10.0.0.1/24\n"
        "set system services telnet\nset system services web-management http"
    )
    assert {(s.name, s.interface) for s in found.services} == {("telnet", "ge-0/0/0.0"), ("http", "ge-0/0/0.0")}


def test_sets_with_many_paths_to_one_member_are_opened_once() -> None:
    """Sixty levels of two sets each that hold both of the next level: 2**60 paths, and a circle at the end."""
    book = "set security address-book global"
    lines = [f"{book} address-set s{n}{a} address-set s{n + 1}{b}" for n in range(60) for a in "xy" for b in "xy"]
    lines += [f"{book} address-set s60x address pc", f"{book} address-set s60y address-set s0x", BOOKS["global"]]
    found = srx(*lines, policy("trust>untrust", source="s0x"))
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.1 tcp/443") == "may"
    applications = [
        f"set applications application-set a{n} application-set a{m}" for n in range(40) for m in range(40) if n != m
    ]
    service = "set applications application-set a39 application junos-http"
    found = srx(*applications, service, policy("trust>untrust", service="a0"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/80") == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/81") == "may"


def test_a_zone_of_all_interfaces_holds_those_of_no_other() -> None:
    found = srx("set security zones security-zone rest interfaces all", policy("rest>untrust"))
    assert goes(found, GUEST, "10.3.0.5 > 198.51.100.1 tcp/443") == WAN
    assert goes(found, LAN, OUT) == "deny"
    both = (
        "set security zones security-zone rest interfaces all",
        "set security zones security-zone more interfaces all",
    )
    assert [m.reason for m in open_lines(*both)] == ['the zones "rest" and "more" both hold all interfaces']
