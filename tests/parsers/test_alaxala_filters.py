"""Access lists of AX switches: entries, the end that no line shows, places and directions.

Sources are named in docs/reference/alaxala.md.
"""

from __future__ import annotations

import pytest

from tests.parsers.indented_run import packet, verdict
from tests.parsers.test_alaxala import device, read, reasons
from zoneguard.model.device import Concern, Device
from zoneguard.model.match import ACK, RST, SYN

BASE = """
interface vlan 10
  ip address 10.1.0.1 255.255.255.0
  {0}
interface vlan 20
  ip address 10.2.0.1 255.255.255.0
  {1}
"""


def inward(*entries: str, kind: str = "ip access-list extended A", applied: str = "ip access-group A in") -> Device:
    return device("\n".join([kind, *(f"  {e}" for e in entries)]) + BASE.format(applied, ""))


def to(found: Device, what: str = "tcp/80", dst: str = "10.2.0.9", src: str = "10.1.0.9", **fields: int) -> str:
    return verdict(found, packet(src, dst, what, **fields), "vlan10", "vlan20")


def test_no_list_no_filter() -> None:
    assert to(device(BASE)) == "pass"


def test_a_list_ends_in_a_drop_that_no_line_shows() -> None:
    found = inward("10 permit tcp any any eq http")
    assert to(found, "tcp/80") == "pass"
    assert to(found, "tcp/81") == "drop"
    assert to(found, "udp/80") == "drop"


def test_the_end_of_an_ipv4_list_leaves_ipv6_alone_and_the_reverse() -> None:
    assert to(inward("10 deny ip any any"), src="2001:db8:1::9", dst="2001:db8:2::9") == "pass"
    found = inward("10 permit tcp any any eq http", kind="ipv6 access-list A", applied="ipv6 traffic-filter A in")
    assert to(found) == "pass"
    assert to(found, "tcp/80", src="2001:db8:1::9", dst="2001:db8:2::9") == "pass"
    assert to(found, "tcp/81", src="2001:db8:1::9", dst="2001:db8:2::9") == "drop"


def test_lists_for_what_goes_out() -> None:
    text = "ip access-list extended A\n  10 permit ip any host 10.2.0.9\n"
    found = device(text + BASE.format("", "ip access-group A out"))
    assert to(found) == "pass"
    assert to(found, dst="10.2.0.8") == "drop"
    assert verdict(found, packet("10.2.0.8", "10.1.0.9"), "vlan20", "vlan10") == "pass"


def test_entries_are_asked_by_their_numbers() -> None:
    found = inward("20 deny ip any any", "10 permit ip any host 10.2.0.9")
    assert to(found) == "pass"
    assert to(found, dst="10.2.0.8") == "drop"


def test_entries_without_number_follow_by_tens() -> None:
    found = inward("permit ip any host 10.2.0.9", "deny ip any any", "15 permit ip any host 10.2.0.8")
    assert to(found) == "pass"
    assert to(found, dst="10.2.0.8") == "pass"
    assert to(found, dst="10.2.0.7") == "drop"


@pytest.mark.parametrize(
    ("entry", "inside", "outside"),
    [
        ("permit udp any any eq domain", "udp/53", "tcp/53"),
        ("permit tcp any any range 20 23", "tcp/23", "tcp/24"),
        ("permit tcp any any eq https", "tcp/443", "tcp/80"),
        ("permit tcp any any eq raw", "tcp/9100", "tcp/80"),
        ("permit udp any any eq snmptrap", "udp/162", "udp/161"),
        ("permit icmp any any echo", "icmp/8", "icmp/0"),
        ("permit icmp any any 3", "icmp/3", "icmp/8"),
        ("permit esp any any", "esp", "tcp/80"),
        ("permit 50 any any", "esp", "tcp/80"),
        ("permit gre any any", "gre", "esp"),
        ("permit ip 10.1.0.0 0.0.0.255 10.2.0.0 0.0.255.255", "tcp/1", ""),
        ("permit ip host 10.1.0.9 range-address 10.2.0.5 10.2.0.9", "tcp/1", ""),
    ],
)
def test_conditions(entry: str, inside: str, outside: str) -> None:
    found = inward(entry)
    assert to(found, inside) == "pass"
    if outside:
        assert to(found, outside) == "drop"


def test_source_ports() -> None:
    found = inward("permit tcp any eq smtp any")
    assert to(found, sport=25) == "pass"
    assert to(found, sport=26) == "drop"


def test_flags_are_what_a_sender_may_set() -> None:
    found = inward("permit tcp any any established")
    assert to(found, flags=ACK) == "pass"
    assert to(found, flags=RST) == "pass"
    assert to(found, flags=SYN) == "drop"
    assert to(inward("permit tcp any any ack"), flags=SYN | ACK) == "pass"
    assert to(inward("permit tcp any any ack"), flags=SYN) == "drop"


def test_later_fragments_meet_no_entry_with_ports() -> None:
    assert to(inward("permit tcp any any eq http"), fragment=1) == "drop"
    assert to(inward("permit tcp any any"), fragment=1) == "pass"


def test_standard_lists_filter_packets_by_their_source() -> None:
    found = inward("permit 10.1.0.0 0.0.0.127", "permit 10.1.0.200", kind="ip access-list standard A")
    assert to(found) == "pass"
    assert to(found, src="10.1.0.200") == "pass"
    assert to(found, src="10.1.0.201") == "drop"


def test_numbered_lists() -> None:
    text = "access-list 10 permit 10.1.0.9\naccess-list 120 permit tcp any any eq http\n"
    assert to(device(text + BASE.format("ip access-group 10 in", ""))) == "pass"
    assert to(device(text + BASE.format("ip access-group 10 in", "")), src="10.1.0.8") == "drop"
    assert to(device(text + BASE.format("ip access-group 120 in", "")), "tcp/81") == "drop"


def test_mac_lists_are_about_every_frame() -> None:
    kind = "mac access-list extended A"
    found = inward("permit host 0012.e200.0001 any", kind=kind, applied="mac access-group A in")
    assert to(found, mac=0x0012E2000001) == "pass"
    assert to(found, mac=0x0012E2000002) == "drop"
    assert to(found, src="2001:db8:1::9", dst="2001:db8:2::9", mac=0x0012E2000002) == "drop"
    found = inward("permit any any ipv4", "permit any bpdu", kind=kind, applied="mac access-group A in")
    assert to(found) == "pass"
    assert to(found, src="2001:db8:1::9", dst="2001:db8:2::9") == "drop"


def test_several_kinds_of_lists_must_all_let_a_packet_pass() -> None:
    text = """
ip access-list extended A
  permit tcp any any eq http
mac access-list extended M
  permit host 0012.e200.0001 any
""" + BASE.format("ip access-group A in\n  mac access-group M in", "")
    assert to(device(text), mac=0x0012E2000001) == "pass"
    assert to(device(text), mac=0x0012E2000002) == "drop"
    assert to(device(text), "tcp/81", mac=0x0012E2000001) == "drop"


@pytest.mark.parametrize("option", ["dscp 46", "tos 4", "user-priority 3", "vlan 10"])
def test_marks_that_the_model_does_not_have_are_open(option: str) -> None:
    found = inward(f"permit ip any any {option}")
    assert to(found) == "may"
    assert not found.uncertain


@pytest.mark.parametrize(
    "entry",
    [
        "permit frob any any",
        "permit ip own any",
        "permit tcp any any eq nothing",
        "permit ip any",
        "permit ip any any what",
    ],
)
def test_an_entry_that_cannot_be_read_is_open(entry: str) -> None:
    text = f"ip access-list extended A\n  {entry}\n" + BASE.format("ip access-group A in", "")
    assert to(device(text)) == "may"
    assert reasons(read(text))[2][1:] == (Concern.FILTER, True)


def test_a_list_that_is_not_defined_or_empty_is_open() -> None:
    assert to(device(BASE.format("ip access-group A in", ""))) == "may"
    assert to(inward()) == "may"
    assert to(inward("remark 何もない")) == "may"


PORTS = """
ip access-list extended P
  10 deny tcp any any eq 445
  20 permit ip any any
interface gigabitethernet 1/0/1
  switchport access vlan 10
  ip access-group P in
interface gigabitethernet 1/0/2
  switchport access vlan {0}
  {1}
"""


def test_lists_of_ports() -> None:
    same = device(PORTS.format(10, "ip access-group P in") + BASE.format("", ""))
    assert to(same, "tcp/445") == "drop"
    assert to(same, "tcp/80") == "pass"
    elsewhere = device(PORTS.format(30, "") + BASE.format("", ""))
    assert to(elsewhere, "tcp/445") == "drop"
    text = PORTS.format(10, "") + BASE.format("", "")
    assert to(device(text), "tcp/445") == "may"
    assert to(device(text), "tcp/80") == "pass"
    assert reasons(read(text))[6][1:] == (Concern.FILTER, True)


def test_an_aggregate_stands_for_its_members() -> None:
    text = """
ip access-list extended P
  10 deny tcp any any eq 445
  20 permit ip any any
interface gigabitethernet 1/0/1
  channel-group 1 mode on
interface port-channel 1
  switchport mode trunk
  switchport trunk allowed vlan 10,20
  ip access-group P in
"""
    assert to(device(text + BASE.format("", "")), "tcp/445") == "drop"


def test_whether_lists_of_a_vlan_are_asked_of_what_a_port_permits_is_open() -> None:
    own = "ip access-list extended A\n  deny tcp any any eq http\n  permit ip any any\n"
    text = own + PORTS.format(30, "") + BASE.format("ip access-group A in", "")
    found = device(text)
    assert to(found, "tcp/445") == "drop"
    assert to(found, "tcp/80") == "may"
    assert to(found, "tcp/22") == "pass"
    assert not found.uncertain


def test_routed_ports_have_lists_too() -> None:
    text = "ip access-list extended A\n  deny ip any any\ninterface gigabitethernet 1/1\n"
    text += "  ip address 10.9.0.1 255.255.255.0\n  ip access-group A in\n"
    found = device(text + BASE)
    assert verdict(found, packet("10.9.0.9", "10.2.0.9"), "gigabitethernet1/1", "vlan20") == "drop"
