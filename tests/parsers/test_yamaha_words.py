"""Every word of a command is read: forms of Yamaha's command reference, chapter by chapter, and words that it has not.

The number before a command is the chapter or section of the command reference that has its form.
"""

from __future__ import annotations

import pytest

from tests.parsers.yamaha_run import device, read
from zoneguard.model.device import Concern
from zoneguard.parsers._forms import not_whole

LEGAL = """
4.5 login user tanaka *
4.5 login user tanaka encrypted *
4.8 ex-license password *
4.9 vrx user tanaka *
4.16 rdate 192.168.0.5 syslog
4.17 ntpdate ntp.example.jp syslog
4.25 syslog host 192.168.0.9 2001:db8::9
4.40 telnetd host lan
4.40 telnetd host 192.168.0.1-192.168.0.9 192.168.1.5 lan1/2 vlan3
4 sshd host lan2 bridge1
4 sshd host key generate 2869 *
8.1.2 ip lan1 address 192.168.0.1/24 broadcast 192.168.0.255
8.1.2 ip lan1 address 192.168.0.1/255.255.255.0
8.1.3 ip lan1 secondary address 192.168.1.1/0xffffff00
8.1.7 ip route 10.0.0.0/8 gateway pp anonymous name=tanaka
8.1.7 ip route default gateway 192.168.0.2 weight 2 hide gateway 192.168.0.3 metric 2 keepalive 1
8.1.11 ip filter set branch in 1 2 out 1 dynamic 9
8.1.14 ip filter dynamic 9 * * ftp syslog=off timeout=60
8.1.14 ip filter dynamic 9 * * filter 1 in 1 out 2 syslog=off
8.1.15 ip filter dynamic timer tcp-idle-time=3600 dns-timeout=5
8.1.25 ip lan1 secure filter in 1 2
8.1.25 ip lan1 secure filter out 1 dynamic 9
8.1.25 ip lan1 secure filter name branch
8.1.30 ip lan1 arp static 192.168.0.2 00:a0:de:00:00:01 mtu=discovery
8.4.1 ip lan1 vrrp 1 192.168.0.254 priority=200 preempt=off auth=key advertise-interval=2 down-interval=6
8.4.2 ip lan1 vrrp shutdown trigger 1 lan2
9.1 ethernet filter 1 pass-log *:*:*:*:*:* 00:a0:de:00:00:01 12 08,06
9.1 ethernet filter 2 reject-nolog dhcp-not-bind 192.168.0.1
21.1 snmp host 192.168.0.9 reading writing
21.13 snmpv3 usm user 1 tanaka group 2 sha * aes128-cfb *
21.14 snmpv3 host 192.168.0.9 user 1 2-4
23.2 ip lan2 nat descriptor 1 2
23.3 nat descriptor type 1 masquerade hairpin=off
23.4 nat descriptor address outer 1 203.0.113.1-203.0.113.4 203.0.113.9
23.5 nat descriptor address inner 1 auto
23.6 nat descriptor static 2 1 203.0.113.1=192.168.0.1 4
23.6 nat descriptor static 2 2 203.0.113.0=192.168.2.0/24
23.8 nat descriptor masquerade static 1 1 192.168.0.1 esp
23.8 nat descriptor masquerade static 1 2 192.168.0.1 4
23.8 nat descriptor masquerade static 1 3 192.168.0.1 tcp 8080=80,https
23.10 nat descriptor masquerade incoming 1 forward 192.168.0.1
30.2.2 ipv6 lan1 address 2001:db8::1/64 unicast
30.2.3 ipv6 lan1 prefix 2001:db8:1::/64
37.1 schedule at 1 */* 04:10:00 * ntpdate ntp.example.jp syslog
37.1 schedule at 2 startup * ntpdate 192.168.0.5
38.1 vlan lan1/1 802.1q vid=10 name=soumu
38.3 vlan interconnect group lan1 all
4 lan shutdown lan3 1 2
"""
DEFINED = """
ip filter 1 pass * *
ip filter 2 pass * * tcp * www
ip filter dynamic 9 * * www
nat descriptor type 1 masquerade
nat descriptor type 2 nat
"""
ILLEGAL = [
    ("ip routing on off", "off", Concern.ROUTING),
    ("ip lan1 address 192.168.0.1/24 anycast", "anycast", Concern.INTERFACE),
    ("ip lan1 vrrp 1 192.168.0.254 weight=2", "weight=2", Concern.INTERFACE),
    ("ip lan1 arp static 192.168.0.2 00:a0:de:00:00:01 vlan=3", "vlan=3", Concern.INTERFACE),
    ("ip lan1 secure filter in name 1", "a list of filters that is not a list of numbers", Concern.FILTER),
    ("ip lan1 secure filter name branch in", "in", Concern.FILTER),
    ("ip filter dynamic 9 * * ftp log", "log", Concern.FILTER),
    ("ip route 10.0.0.0/8 gateway pp 1 always", "a route without gateway", Concern.ROUTING),
    ("ethernet filter 1 pass-log * * 12 08 06", "06", Concern.FILTER),
    ("nat descriptor type 1 masquerade symmetric", "symmetric", Concern.NAT),
    ("nat descriptor address outer 1 primary 203.0.113.1", "203.0.113.1", Concern.NAT),
    ("nat descriptor masquerade static 1 1 192.168.0.1 esp 500", "ports of a protocol that has none", Concern.NAT),
    ("nat descriptor masquerade incoming 1 reject 192.168.0.1", "not an action: reject", Concern.NAT),
    ("nat descriptor static 99999999999 1 203.0.113.1=192.168.0.1", "99999999999", Concern.NAT),
    ("ipv6 lan1 address 2001:db8::1/64 multicast", "multicast", Concern.INTERFACE),
    ("tunnel select 1 2", "2", Concern.INTERFACE),
    ("vlan lan1/1 802.1q vid=10 tagged", "tagged", Concern.INTERFACE),
    ("lan shutdown lan3 later", "not ports of a switch: later", Concern.INTERFACE),
    ("telnetd host 192.168.0.1 zzz", "zzz", Concern.OTHER),
    ("login timer 5", "5", Concern.OTHER),
]


@pytest.mark.parametrize("line", LEGAL.strip().splitlines())
def test_a_form_of_the_reference_is_whole(line: str) -> None:
    section, _, command = line.partition(" ")
    found = read(f"ip lan1 address 192.168.0.1/24\n{command}{DEFINED}").account.not_understood
    assert section[0].isdigit() and not found


@pytest.mark.parametrize(("command", "named", "concern"), ILLEGAL)
def test_a_word_that_the_reference_does_not_have_is_named(command: str, named: str, concern: Concern) -> None:
    (found,) = read(f"{DEFINED}ip lan2 address 10.0.0.1/24\n{command}").account.not_understood
    assert found.text == command and found.concern is concern
    assert named in found.reason


def test_the_reason_names_only_the_word_too_much() -> None:
    (found,) = read("ip routing on off").account.not_understood
    assert found.reason == not_whole("off")


def test_the_key_of_a_server_is_not_a_host_that_may_enter() -> None:
    settings = device("sshd service on\nsshd host 192.168.0.5\nsshd host key generate 2869 *").settings
    assert settings is not None
    assert [access.sources and access.sources.size for access in settings.accesses] == [1]


def test_no_pp_select_ends_the_selection() -> None:
    (found,) = read("pp select 1\nno pp select\nip pp address 192.0.2.1/32").account.not_understood
    assert found.reason == "no pp is selected"
