"""Configurations of systems that no parser reads: they are not taken for one whose command line looks like theirs."""

from __future__ import annotations

import pytest

from tests.parsers.cisco_run import read
from zoneguard.model.device import Concern
from zoneguard.model.errors import InputError
from zoneguard.parsers import Source
from zoneguard.parsers.reading import detect

PROCURVE = """; J9773A Configuration Editor; Created on release #YA.16.10.0003
hostname "SW1"
ip access-list extended "GUESTS"
   10 deny ip 0.0.0.0 255.255.255.255 192.168.1.0 0.0.0.255
   exit
ip route 0.0.0.0 0.0.0.0 192.168.1.254
vlan 20
   name "guest"
   tagged 24
   ip address 192.168.20.1 255.255.255.0
   ip access-group "GUESTS" in
   exit
"""
ARISTA = """! device: leaf1 (DCS-7050SX3-48YC8, EOS-4.27.3F)
hostname leaf1
vrf instance RED
interface Ethernet1
   no switchport
   ip address 10.0.0.1/31
   ip access-group ACL1 in
ip access-list ACL1
   10 permit tcp any host 10.0.0.5 eq https
ip route 0.0.0.0/0 10.0.0.0
"""
XR = """!! IOS XR Configuration 6.5.3
hostname XR1
ipv4 access-list ACL-IN
 10 permit tcp any host 10.0.0.1 eq 443
interface GigabitEthernet0/0/0/0
 ipv4 access-group ACL-IN ingress
router static
"""
COMWARE = """#
 sysname H3C
#
interface Vlan-interface10
 ip address 192.168.10.1 255.255.255.0
 packet-filter 3000 inbound
"""


APRESIA_NP = """hostname sw-core
vlan 10,20
interface {port}
 switchport mode access
 switchport access vlan 10
interface vlan 10
 ip address 10.10.0.1 255.255.255.0
interface vlan 20
 ip address 10.20.0.1 255.255.255.0
 ip access-group FILTER in
ip access-list extended FILTER 2000
 10 deny ip any 10.10.0.0 0.0.0.255
spanning-tree mode rstp
ip route 0.0.0.0 0.0.0.0 10.10.0.254
"""
AEOS = "hostname apresia\nvlan database\n vlan 10\ninterface vlan 10\n ip address 10.10.0.1/24\n" + (
    "packet-filter2\n 2 assign port 1/1-24\n 2 1 condition ipv4 dst 10.20.0.0/24\n 2 1 action deny\n"
)
VYOS = "set interfaces ethernet eth0 address '203.0.113.2/24'\nset firewall name IN default-action 'drop'\n"
LISTED = "Chain FORWARD (policy DROP 0 packets, 0 bytes)\n pkts bytes target prot opt in out source destination\n"
ROUTES = "Kernel IP routing table\nDestination Gateway Genmask Flags Metric Ref Use Iface\n"
UFW = "Status: active\n\nTo Action From\n-- ------ ----\n22/tcp ALLOW IN 192.168.1.0/24\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PROCURVE, "ArubaOS-Switch"), (ARISTA, "Arista EOS"), (XR, "IOS XR"), (COMWARE, "Comware"), (VYOS, "VyOS"),
        ("# jan/02/2024 10:00:00 by RouterOS 6.49.10\n/ip address\n", "RouterOS"), (LISTED, "iptables-save"),
        (UFW, "nft list ruleset"), (ROUTES, "ip route show table all"),
        ("public (active)\n  target: default\n  services: ssh\n  rich rules:\n", "nft list ruleset"),
        (APRESIA_NP.format(port="port 1/0/1"), "APRESIA"), (AEOS, "APRESIA"),
        ("vlan 7\n" * 200 + APRESIA_NP.format(port="port 1/0/1"), "APRESIA"),
        ("# ApresiaNP5000-48T4X Gigabit Ethernet Switch Configuration\n" + APRESIA_NP.format(port="x"), "APRESIA"),
        ("create access_profile ip destination_ip_mask 255.255.255.255 profile_id 1\n", "APRESIA"),
        (APRESIA_NP.format(port="ethernet 1/0/1"), "no known format"), ("hello\n", "no known format"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        detect(Source("sw.cfg", tuple(text.splitlines())))


def test_a_comment_that_names_another_system_changes_nothing() -> None:
    text = (
        "hostname r1\n! uplink to Apresia13200\ninterface GigabitEthernet0/0\n ip address 10.0.0.1 255.255.255.0\nend\n"
    )
    assert detect(Source("sw.cfg", tuple(text.splitlines()))).name == "cisco-ios"


def test_what_merely_looks_like_a_switch_of_alaxala_is_still_taken_for_one() -> None:
    text = APRESIA_NP.format(port="fastethernet 0/1").replace("FILTER 2000", "FILTER")
    assert detect(Source("sw.cfg", tuple(text.splitlines()))).name == "alaxala"


def test_lists_inside_of_a_vlan_are_not_lost_without_a_word() -> None:
    account = read(PROCURVE.partition("\n")[2]).account
    said = {m.text: m.concern for m in account.not_understood}
    assert said['ip access-group "GUESTS" in'] is said["tagged 24"] is Concern.FILTER
    assert "name" not in {text.split()[0] for text in said if "guest" in text}
