"""FortiGate address and service objects: what they hold, and what they leave open."""

from __future__ import annotations

import pytest

from tests.parsers.fortios_run import INTERFACES, entry, firewall, goes, header, policies, policy, read, result, table
from zoneguard.parsers._fortios.services import FACTORY


def passed(objects: str, name: str, *packets: str, side: str = "dstaddr", **words: str) -> list[str]:
    """Which of ``packets`` a policy for the address ``name`` lets pass."""
    found = firewall(objects, policies(policy(1, **{side: f'"{name}"'}, **words)))
    return [p for p in packets if goes(found, "lan", p) == "wan"]


def addresses(*entries: str) -> str:
    return table("firewall address", *entries)


def to(*hosts: str) -> list[str]:
    return [f"10.1.0.5 > {host} tcp/80" for host in hosts]


@pytest.mark.parametrize(
    ("sets", "inside", "outside"),
    [
        (["set subnet 192.0.2.0 255.255.255.0"], ["192.0.2.0", "192.0.2.255"], ["192.0.3.0"]),
        (["set type ipmask", "set subnet 192.0.2.0/25"], ["192.0.2.127"], ["192.0.2.128"]),
        ([], ["192.0.2.1", "8.8.8.8"], []),  # the factory's subnet is 0.0.0.0/0
        (
            ["set type iprange", "set start-ip 192.0.2.5", "set end-ip 192.0.2.9"],
            ["192.0.2.5", "192.0.2.9"],
            ["192.0.2.10"],
        ),
        # 1 in the mask: this bit must agree (administration guide, "Wildcard addressing")
        (["set type wildcard", "set wildcard 192.0.0.56 255.255.0.255"], ["192.0.7.56"], ["192.0.7.57", "192.1.7.56"]),
        (["set subnet 192.0.0.56 255.255.0.255"], ["192.0.7.56"], ["192.0.7.57"]),
    ],
)
def test_plain_addresses(sets: list[str], inside: list[str], outside: list[str]) -> None:
    packets = to(*inside, *outside)
    assert passed(addresses(entry("it", *sets)), "it", *packets) == to(*inside)


@pytest.mark.parametrize(
    "sets",
    [
        ["set type fqdn", 'set fqdn "www.example.com"'],
        ["set type geography", 'set country "JP"'],
        ["set type dynamic", "set sub-type sdn", 'set sdn "aws"'],
        ["set type wildcard-fqdn"],
        ["set subnet 192.0.2.0 255.255.255.x"],
        ["set type iprange", "set start-ip 192.0.2.9", "set end-ip 192.0.2.5"],
        ["set type interface-subnet", 'set interface "gone"'],
    ],
)
def test_what_the_file_does_not_tell_may_match(sets: list[str]) -> None:
    found = firewall(addresses(entry("it", *sets)), policies(policy(1, dstaddr="it")))
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.7 tcp/80") == "may"
    assert not found.uncertain  # the model holds both ways
    assert '"it"' in str(result(found, "lan", "10.1.0.5 > 192.0.2.7 tcp/80").doubts[0].what)


def test_open_objects_are_reported_where_a_policy_in_force_uses_them() -> None:
    objects = addresses(entry("used", "set type fqdn", 'set fqdn "a.example"'), entry("unused", "set type geography"))
    text = header("7.2.8") + INTERFACES + objects + "\n"
    for status, lines in (("enable", ["set type fqdn"]), ("disable", [])):
        parsed = read(text + policies(policy(1, dstaddr="used", status=status)))
        assert [m.text for m in parsed.account.not_understood] == lines
        assert all(m.bounded for m in parsed.account.not_understood)


def test_the_subnet_of_an_interface_and_a_mac_address() -> None:
    objects = addresses(
        entry("net", "set type interface-subnet", 'set interface "wan"', "set subnet 9.9.9.9 255.255.255.0"),
        entry("host", "set type mac", 'set macaddr "00:00:5e:00:53:10-00:00:5e:00:53:1f"'),
    )
    assert passed(objects, "net", *to("203.0.113.7", "9.9.9.1")) == to("203.0.113.7")
    found = firewall(objects, policies(policy(1, srcaddr="host")))
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80", mac=0x00005E005311) == "wan"
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80", mac=0x00005E005320) == "deny"
    wrong_side = firewall(objects, policies(policy(1, dstaddr="host")))
    assert goes(wrong_side, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "may"


GROUPS = addresses(
    entry("a", "set subnet 192.0.2.0/24"),
    entry("b", "set subnet 198.51.100.0/24"),
    entry("hole", "set subnet 192.0.2.64/26"),
    entry("name", "set type fqdn", 'set fqdn "a.example"'),
)


def test_groups_nest_and_exclude() -> None:
    groups = table(
        "firewall addrgrp",
        entry("inner", 'set member "a"', "set exclude enable", 'set exclude-member "hole"'),
        entry("outer", 'set member "inner" "b"'),
        entry("off", 'set member "a"', "set exclude disable", 'set exclude-member "hole"'),
    )
    hosts = to("192.0.2.1", "192.0.2.70", "198.51.100.1", "203.0.113.7")
    assert passed(GROUPS + "\n" + groups, "outer", *hosts) == to("192.0.2.1", "198.51.100.1")
    assert passed(GROUPS + "\n" + groups, "off", *hosts) == to("192.0.2.1", "192.0.2.70")


def test_a_group_may_exclude_what_the_file_does_not_tell() -> None:
    groups = table("firewall addrgrp", entry("g", 'set member "a"', "set exclude enable", 'set exclude-member "name"'))
    found = firewall(GROUPS, groups, policies(policy(1, dstaddr="g")))
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "may"
    assert goes(found, "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "deny"


def test_a_group_inside_itself_is_diagnosed_and_the_rest_counts() -> None:
    groups = table("firewall addrgrp", entry("x", 'set member "a" "y"'), entry("y", 'set member "b" "x"'))
    found = firewall(GROUPS, groups, policies(policy(1, dstaddr="x")))
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "wan"
    assert goes(found, "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan"
    assert goes(found, "lan", "10.1.0.5 > 203.0.113.7 tcp/80") == "may"
    parsed = read(header("7.2.8") + GROUPS + "\n" + groups + "\n" + policies(policy(1, dstaddr="x")))
    assert [(m.text, m.reason) for m in parsed.account.not_understood] == [
        ('set member "b" "x"', 'the group "x" contains itself')
    ]


def test_a_name_that_is_not_defined_is_diagnosed_at_its_use() -> None:
    parsed = read(header("7.2.8") + INTERFACES + policies(policy(1, srcaddr="ghost", service="PHANTOM")))
    assert [(m.text, m.reason, m.bounded) for m in parsed.account.not_understood] == [
        ("set srcaddr ghost", 'the address "ghost" is not defined in this file', True),
        ("set service PHANTOM", 'the service "PHANTOM" is not defined in this file', True),
    ]


def test_negated_addresses_stay_in_their_family() -> None:
    found = firewall(GROUPS, policies(policy(1, "set dstaddr-negate enable", dstaddr="a")))
    assert goes(found, "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan"
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "deny"
    assert goes(found, "lan", "2001:db8:9::1 > 2001:db8:8::1 tcp/80") == "deny"
    found = firewall(GROUPS, policies(policy(1, "set srcaddr-negate enable", srcaddr="a")))
    assert goes(found, "lan", "10.1.0.5 > 198.51.100.1 tcp/80") == "wan"
    assert goes(found, "lan", "192.0.2.1 > 198.51.100.1 tcp/80") == "deny"


def test_ipv6_objects_in_policies_of_three_shapes() -> None:
    objects = "\n".join(
        (
            GROUPS,
            table(
                "firewall address6",
                entry("a6", "set ip6 2001:db8:8::/48"),
                entry("r6", "set type iprange", "set start-ip 2001:db8:9::1", "set end-ip 2001:db8:9::f"),
            ),
            table("firewall addrgrp6", entry("g6", 'set member "a6" "r6"')),
        )
    )
    six = ["2001:db8:1::5 > 2001:db8:8::1 tcp/80", "2001:db8:1::5 > 2001:db8:9::f tcp/80"]
    other = ["2001:db8:1::5 > 2001:db8:a::1 tcp/80", "10.1.0.5 > 203.0.113.9 tcp/80"]
    unified = policies(policy(1, "set srcaddr6 all", "set dstaddr6 g6", srcintf="any", dstaddr="a"))
    old = table("firewall policy6", policy(1, srcintf="any", dstaddr="g6"))
    six_words = ("set srcaddr4 all", "set dstaddr4 a", "set srcaddr6 all", "set dstaddr6 g6")
    consolidated = table("firewall consolidated policy", policy(1, *six_words, srcintf="any", srcaddr="", dstaddr=""))
    for text, four in ((unified, "wan"), (old, "deny"), (consolidated, "wan")):
        found = firewall(objects, text)
        assert [goes(found, "six", p) for p in six] == ["wan", "wan"]
        assert [goes(found, "six", p) for p in other] == ["deny", "deny"]
        assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == four
        assert not found.uncertain


def services(*entries: str) -> str:
    return table("firewall service custom", *entries)


@pytest.mark.parametrize(
    ("sets", "inside", "outside"),
    [
        (["set tcp-portrange 80 8000-8010"], ["tcp/80", "tcp/8010"], ["tcp/81", "udp/80"]),
        (["set udp-portrange 53", "set tcp-portrange 53"], ["tcp/53", "udp/53"], ["tcp/54", "sctp/53"]),
        (["set sctp-portrange 38412"], ["sctp/38412"], ["tcp/38412"]),
        (["set tcp-portrange 513:50000-50001"], ["tcp/513"], []),  # destination:source, the packets come from 50000
        (["set tcp-portrange 513:512-1023"], [], ["tcp/513"]),
        (["set protocol IP"], ["tcp/1", "esp", "icmp/8", "gre"], []),
        (["set protocol IP", "set protocol-number 47"], ["gre"], ["esp", "tcp/47"]),
        (["set protocol ICMP", "unset icmptype"], ["icmp/8", "icmp/3"], ["tcp/8"]),
        (["set protocol ICMP", "set icmptype 8", "unset icmpcode"], ["icmp/8"], ["icmp/3"]),
        (["set tcp-portrange 80", "set iprange 192.0.2.1-192.0.2.9"], ["tcp/80"], ["tcp/81"]),
        (["set tcp-portrange 80", "set iprange 192.0.3.1-192.0.3.9"], [], ["tcp/80"]),
        ([], [], ["tcp/80", "udp/80"]),
    ],
)
def test_services(sets: list[str], inside: list[str], outside: list[str]) -> None:
    found = firewall(services(entry("it", *sets)), policies(policy(1, service="it")))
    verdicts = {what: goes(found, "lan", f"10.1.0.5 > 192.0.2.1 {what}") for what in (*inside, *outside)}
    assert verdicts == dict.fromkeys(inside, "wan") | dict.fromkeys(outside, "deny")


@pytest.mark.parametrize(
    "sets",
    [
        ["set tcp-portrange 80-x"],
        ["set tcp-portrange 90-80"],
        ["set tcp-portrange 80", 'set fqdn "a.example"'],
        ["set protocol IP", "set protocol-number 999"],
        ["set protocol ICMP", "set icmptype ping"],
        ["set proxy enable", "set protocol ALL", "set tcp-portrange 0-65535"],
        ["set app-service-type app-id"],
        ["set protocol NEW"],
    ],
)
def test_services_that_cannot_be_decided_may_match(sets: list[str]) -> None:
    found = firewall(services(entry("it", *sets)), policies(policy(1, service="it")))
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "may"
    assert not found.uncertain


def test_service_groups_nest_and_services_negate() -> None:
    groups = table(
        "firewall service group", entry("inner", "set member HTTP SSH"), entry("outer", "set member inner DNS")
    )
    ports = ("tcp/80", "tcp/22", "udp/53", "tcp/443")
    found = firewall(groups, policies(policy(1, service="outer")))
    assert [goes(found, "lan", f"10.1.0.5 > 192.0.2.1 {p}") for p in ports] == ["wan", "wan", "wan", "deny"]
    found = firewall(groups, policies(policy(1, "set service-negate enable", service="outer")))
    assert [goes(found, "lan", f"10.1.0.5 > 192.0.2.1 {p}") for p in ports] == ["deny", "deny", "deny", "wan"]


def test_factory_services_stand_in_and_the_file_goes_first() -> None:
    found = firewall(
        services(entry("HTTP", "set tcp-portrange 8080")), policies(policy(1, service='HTTP "Web Access"'))
    )
    ports = ("tcp/8080", "tcp/80", "tcp/443", "udp/53", "tcp/22")
    assert [goes(found, "lan", f"10.1.0.5 > 192.0.2.1 {p}") for p in ports] == ["wan", "deny", "wan", "wan", "deny"]
    assert {"ALL", "ANY", "SMB", "RDP", "KERBEROS", "PING6", "NONE"} <= FACTORY.keys()
    nothing = firewall(policies(policy(1, service="NONE")))
    assert goes(nothing, "lan", "10.1.0.5 > 192.0.2.1 tcp/80") == "deny"
