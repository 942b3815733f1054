"""Hardware access lists of AlliedWare Plus switches: what they match, where they apply, what is left open.

Sources are named in docs/reference/awplus.md: the command references of IE340 and x-series switches, "How To" note for
x900 ("The logic of the operation of the hardware filters").
"""

from __future__ import annotations

import pytest

from tests.parsers.indented_run import packet, verdict
from tests.parsers.test_awplus import device, read, reasons
from zoneguard.model.device import Concern, Device

BASE = """
interface vlan10
 ip address 10.1.0.1/24
interface vlan20
 ip address 10.2.0.1/24
"""
PORTS = """
interface port1.0.1-1.0.4
 switchport mode access
 switchport access vlan 10
 {0}
"""


def filtered(lists: str, applied: str, ports: str = PORTS) -> Device:
    return device(lists + ports.format(applied) + BASE)


def to(found: Device, what: str = "tcp/80", dst: str = "10.2.0.9", src: str = "10.1.0.9", **fields: int) -> str:
    return verdict(found, packet(src, dst, what, **fields), "vlan10", "vlan20")


def entry(line: str) -> Device:
    return filtered(f"access-list hardware X\n {line}\n", "access-group X")


def test_what_no_entry_matches_is_forwarded() -> None:
    found = entry("deny tcp any any eq 445")
    assert to(found, "tcp/445") == "drop"
    assert to(found, "tcp/80") == "pass"
    assert to(found, "udp/445") == "pass"


def test_the_first_entry_that_matches_decides_in_the_order_of_the_numbers() -> None:
    found = filtered(
        "access-list hardware X\n 20 deny ip any any\n 10 permit ip 10.1.0.0/24 10.2.0.0/24\n", "access-group X"
    )
    assert to(found) == "pass"
    assert to(found, dst="10.3.0.9") == "drop"


def test_entries_without_number_are_behind_the_others() -> None:
    found = filtered("access-list hardware X\n 40 permit ip any 10.2.0.0/24\n deny ip any any\n", "access-group X")
    assert to(found) == "pass"
    assert to(found, dst="10.3.0.9") == "drop"


def test_an_ipv4_list_says_nothing_of_ipv6() -> None:
    found = entry("deny ip any any")
    assert to(found) == "drop"
    assert to(found, src="2001:db8:1::9", dst="2001:db8:2::9") == "pass"


@pytest.mark.parametrize(
    ("line", "dropped", "passed"),
    [
        ("deny udp any any eq 53", "udp/53", "udp/54"),
        ("deny tcp any any range 20 23", "tcp/23", "tcp/24"),
        ("deny tcp any any gt 1023", "tcp/1024", "tcp/1023"),
        ("deny tcp any any lt 1024", "tcp/1023", "tcp/1024"),
        ("deny tcp any any ne 443", "tcp/80", "tcp/443"),
        ("deny icmp any any icmp-type 8", "icmp/8", "icmp/0"),
        ("deny icmp any any", "icmp/0", "tcp/80"),
        ("deny proto 50 any any", "esp", "tcp/80"),
        ("deny ip host 10.1.0.9 any", "tcp/80", ""),
        ("deny ip 10.1.0.0 0.0.0.255 10.2.0.0/16", "tcp/80", ""),
    ],
)
def test_conditions(line: str, dropped: str, passed: str) -> None:
    found = entry(line)
    assert to(found, dropped) == "drop"
    if passed:
        assert to(found, passed) == "pass"


def test_source_ports_and_wildcards_with_holes() -> None:
    found = entry("deny tcp 10.1.0.1 0.0.0.254 eq 25 any")
    assert to(found, src="10.1.0.9", sport=25) == "drop"
    assert to(found, src="10.1.0.8", sport=25) == "pass"
    assert to(found, src="10.1.0.9", sport=26) == "pass"


def test_later_fragments_have_no_ports() -> None:
    found = entry("deny tcp any any eq 445")
    assert to(found, "tcp/445", fragment=1) == "pass"


def test_copies_pass_and_what_is_sent_to_the_cpu_may() -> None:
    for action in ("copy-to-cpu", "copy-to-mirror"):
        found = filtered(f"access-list hardware X\n {action} ip any any\n deny ip any any\n", "access-group X")
        assert to(found) == "pass"
    text = "access-list hardware X\n send-to-cpu ip any any\n permit ip any any\n"
    assert to(filtered(text, "access-group X")) == "may"
    assert reasons(read(text))[2][1:] == (Concern.FILTER, True)


@pytest.mark.parametrize("action", ["send-to-mirror", "send-to-vlan-port vlan 20 port 5"])
def test_what_is_led_past_routing_makes_the_device_uncertain(action: str) -> None:
    parsed = read(f"access-list hardware X\n {action} ip any any\n" + BASE)
    assert [m.span.first for m in parsed.devices[0].uncertain] == [2]


def test_numbered_lists_have_one_entry() -> None:
    found = filtered(
        "access-list 3000 deny icmp any 10.2.0.1/32 icmp-type 8\naccess-list 3001 deny tcp any any eq 23\n"
        "access-list 3001 deny tcp any any eq 22\n",
        "access-group 3000\n access-group 3001",
    )
    assert to(found, "icmp/8", dst="10.2.0.1") == "drop"
    assert to(found, "tcp/22") == "drop"
    assert to(found, "tcp/23") == "pass"  # the later line replaced the entry


def test_lists_of_a_port_are_asked_in_the_order_in_which_they_are_applied() -> None:
    lists = "access-list 3200 deny ip any any\naccess-list 3100 permit ip any 10.2.0.0/24\n"
    assert to(filtered(lists, "access-group 3100\n access-group 3200")) == "pass"
    assert to(filtered(lists, "access-group 3200\n access-group 3100")) == "drop"


def test_mac_lists_ask_the_source() -> None:
    found = filtered(
        "access-list 4000 permit 0000.5e00.5300 0000.0000.00ff any\naccess-list 4001 deny any any\n",
        "access-group 4000\n access-group 4001",
    )
    assert to(found, mac=0x00005E005399) == "pass"
    assert to(found, mac=0x00005E005400) == "drop"


def test_a_destination_mac_is_open() -> None:
    text = "access-list hardware X\n deny mac any 0000.5e00.5300 0000.0000.00ff\n"
    assert to(filtered(text, "access-group X")) == "may"
    assert reasons(read(text))[2][2]


def test_ipv6_lists() -> None:
    text = "ipv6 access-list V6\n deny tcp 2001:db8:1::/48 any eq 22\n deny icmp any any icmp-type 128\n"
    found = filtered(text, "ipv6 traffic-filter V6")
    assert to(found, "tcp/22", src="2001:db8:1::9", dst="2001:db8:2::9") == "drop"
    assert to(found, "icmp6/128", src="2001:db8:3::9", dst="2001:db8:2::9") == "drop"
    assert to(found, "tcp/22", src="2001:db8:3::9", dst="2001:db8:2::9") == "pass"
    assert to(found, "tcp/22") == "pass"


def test_standard_and_extended_lists_filter_no_packet() -> None:
    text = "access-list 1 deny 10.1.0.0 0.0.0.255\naccess-list standard S\n deny any\n"
    text += "access-list extended E\n deny ip any any\n"
    found = device(text + BASE)
    assert to(found) == "pass"
    assert not found.uncertain
    assert "filters no forwarded packet" in " ".join(read(text).account.ignored)


@pytest.mark.parametrize("name", ["NONE", "S"])
def test_a_list_that_is_not_there_or_not_for_hardware_is_open(name: str) -> None:
    text = "access-list standard S\n deny any\n" + PORTS.format(f"access-group {name}") + BASE
    assert to(device(text)) == "may"
    assert reasons(read(text))[7][1:] == (Concern.FILTER, True)


def test_an_entry_that_cannot_be_read_is_open_and_the_rest_is_not() -> None:
    text = "access-list hardware X\n deny frob any any\n deny ip any any\n"
    found = filtered(text, "access-group X")
    assert to(found) == "drop"  # whatever the first entry means
    found = filtered(text.replace(" deny ip any any\n", ""), "access-group X")
    assert to(found) == "may"
    assert not found.uncertain


def test_ports_of_a_vlan_with_different_lists_leave_it_open() -> None:
    text = """
access-list 3000 deny tcp any any eq 445
interface port1.0.1
 switchport access vlan 10
 access-group 3000
interface port1.0.2
 switchport access vlan 10
interface port1.0.3
 switchport mode trunk
 switchport trunk allowed vlan add 20
 switchport trunk native vlan none
"""
    found = device(text + BASE)
    assert to(found, "tcp/445") == "may"
    assert to(found, "tcp/80") == "pass"
    assert not found.uncertain
    assert reasons(read(text + BASE))[4][1:] == (Concern.FILTER, True)


def test_a_port_that_is_shut_or_of_another_vlan_does_not_count() -> None:
    text = """
access-list 3000 deny tcp any any eq 445
interface port1.0.1
 switchport access vlan 10
 access-group 3000
interface port1.0.2
 switchport access vlan 10
 shutdown
interface port1.0.3
 switchport access vlan 20
"""
    assert to(device(text + BASE), "tcp/445") == "drop"


def test_the_default_vlan_has_ports_that_no_line_names() -> None:
    text = "access-list 3000 deny ip any any\ninterface port1.0.1\n access-group 3000\n"
    text += "interface vlan1\n ip address 10.1.0.1/24\n"
    assert verdict(device(text), packet("10.1.0.9", "10.2.0.9"), "vlan1", "vlan20") == "may"


def test_an_aggregate_stands_for_its_members() -> None:
    text = """
access-list 3000 deny tcp any any eq 445
interface port1.0.1-1.0.2
 switchport mode trunk
 static-channel-group 1
interface sa1
 switchport mode trunk
 switchport trunk allowed vlan all
 {0}
"""
    assert to(device(text.format("access-group 3000") + BASE), "tcp/445") == "drop"
    assert to(device(text.format("") + BASE), "tcp/445") == "pass"
    members = text.format("").replace(" static-channel-group 1", " static-channel-group 1\n access-group 3000")
    assert to(device(members + BASE), "tcp/445") == "drop"


def test_lists_of_routed_ports() -> None:
    text = "access-list 3000 deny tcp any any eq 445\n"
    text += "interface port1.0.5\n no switchport\n ip address 10.5.0.1/24\n access-group 3000\n"
    found = device(text)
    assert verdict(found, packet("10.5.0.9", "10.2.0.9", "tcp/445"), "port1.0.5", "vlan20") == "drop"
    assert "port1.0.5" in found.vrfs[0].interfaces


MAP = """
access-list hardware A
 deny tcp any any eq 445
access-list hardware B
 permit ip any 10.2.0.0/24
 deny ip any any
vlan access-map M
 match access-group A
 match access-group B
vlan filter M vlan-list 10,30-40 input
"""


def test_vlan_access_maps_ask_their_lists_in_turn() -> None:
    found = device(MAP + BASE)
    assert to(found, "tcp/445") == "drop"
    assert to(found, "tcp/80") == "pass"
    assert to(found, "tcp/80", dst="10.3.0.9") == "drop"
    assert verdict(found, packet("10.2.0.9", "10.3.0.9", "tcp/445"), "vlan20", "vlan10") == "pass"  # in only
    assert not read(MAP + BASE).account.not_understood


def test_whether_a_map_is_asked_of_what_a_port_permits_is_open() -> None:
    text = MAP + "access-list 3000 permit tcp any any eq 445\n" + PORTS.format("access-group 3000") + BASE
    found = device(text)
    assert to(found, "tcp/445") == "may"
    assert to(found, "tcp/80") == "pass"
    assert to(found, "tcp/80", dst="10.3.0.9") == "drop"  # no entry of the port's list matches it: the map decides
    assert to(device(text.replace("3000 permit", "3000 deny")), "tcp/445") == "drop"


def test_a_list_on_the_interface_of_a_vlan_stands_with_those_of_its_ports() -> None:
    lists = "access-list 3000 deny tcp any any eq 445\naccess-list 3001 deny tcp any any eq 80\n"
    text = lists + PORTS.format("access-group 3001") + BASE.replace("10.1.0.1/24", "10.1.0.1/24\n access-group 3000")
    found = device(text)
    assert to(found, "tcp/445") == "drop"
    assert to(found, "tcp/80") == "drop"
    assert to(found, "tcp/22") == "pass"


def test_a_map_that_is_not_defined_is_uncertain() -> None:
    parsed = read("vlan filter M vlan-list 10 input\n" + BASE)
    assert [m.span.first for m in parsed.devices[0].uncertain] == [1]


def test_the_tag_of_an_entry_is_that_of_its_vlan() -> None:
    found = entry("deny ip any any vlan 20")
    assert to(found) == "pass"
    assert to(entry("deny ip any any vlan 10")) == "may"
