"""Checks of settings (ZG131 to ZG135) on the exports of each vendor: one in order, and what breaks each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checks.managed import audited, verdicts
from zoneguard.model.policy import Verdict

NXOS = """\
!Command: show running-config
version 9.3(10)
switchname d1
feature interface-vlan
username kanri01 password 5 $5$abcd role network-admin
snmp-server user kanri01 network-admin auth sha 0x1 priv aes-128 0x1 localizedkey
logging server 10.90.0.8 5 use-vrf default
ntp server 10.90.0.9 use-vrf default
ip access-list ADM
  10 permit tcp 10.90.0.0/24 any
interface Vlan20
  no shutdown
  ip address 10.20.0.1/24
interface Vlan90
  no shutdown
  ip address 10.90.0.1/24
line console
  exec-timeout 10
line vty
  exec-timeout 10
  access-class ADM in
"""
ASA = """\
ASA Version 9.16(4)
hostname d1
enable password $sha512$5000$a$b pbkdf2
interface GigabitEthernet0/0
 nameif lgwan
 security-level 50
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/1
 nameif mgmt
 security-level 100
 ip address 10.90.0.1 255.255.255.0
logging enable
logging host mgmt 10.90.0.8
snmp-server group ops v3 priv
snmp-server user watch ops v3 encrypted auth sha 11:22 priv aes 128 11:22
snmp-server host mgmt 10.90.0.7 version 3 watch
http server enable
http 10.90.0.0 255.255.255.0 mgmt
ssh 10.90.0.0 255.255.255.0 mgmt
timeout xlate 3:00:00
ssh timeout 10
console timeout 10
ntp server 10.90.0.9 source mgmt
username kanri01 password $sha512$5000$a$b pbkdf2 privilege 15
"""
AWPLUS = """\
!
service password-encryption
!
hostname d1
!
username kanri01 privilege 15 password 8 $1$abcd$efgh
!
log host 10.90.0.8
no service telnet
no service http
no service ssh
ntp server 10.90.0.9
snmp-server
snmp-server group ops priv
snmp-server user watch ops auth sha abc priv aes def
interface vlan20
 ip address 10.20.0.1/24
!
interface vlan90
 ip address 10.90.0.1/24
!
line con 0
 exec-timeout 10 0
line vty 0 4
 exec-timeout 10 0
!
end
"""
JUNOS = """\
set version 21.4R3-S5.4
set system host-name d1
set system root-authentication encrypted-password "$6$abcd"
set system login class ops idle-timeout 10
set system login class ops permissions all
set system login user kanri01 class ops
set system login user kanri01 authentication encrypted-password "$6$abcd"
set system services ssh
set system syslog host 10.90.0.8 any any
set system ntp server 10.90.0.9
set snmp v3 usm local-engine user watch authentication-sha authentication-key "$9$a"
set snmp v3 usm local-engine user watch privacy-aes128 privacy-key "$9$a"
set interfaces ge-0/0/0 unit 0 family inet address 10.20.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.90.0.1/24
set security zones security-zone lg interfaces ge-0/0/0.0
set security zones security-zone mg interfaces ge-0/0/1.0 host-inbound-traffic system-services ssh
"""
PANOS = """\
set deviceconfig system hostname d1
set deviceconfig system ip-address 10.90.0.2
set deviceconfig system permitted-ip 10.90.0.0/24
set deviceconfig system service disable-telnet yes
set deviceconfig system service disable-http yes
set deviceconfig system ntp-servers primary-ntp-server ntp-server-address 10.90.0.9
set deviceconfig system snmp-setting access-setting version v3 users watch privpwd -abc
set deviceconfig setting management idle-timeout 10
set mgt-config users kanri01 phash $5$abcd
set mgt-config users kanri01 permissions role-based superuser yes
set shared log-settings syslog S server s1 server 10.90.0.8
set shared log-settings system match-list all send-syslog S
set network interface ethernet ethernet1/1 layer3 ip 10.20.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 10.90.0.1/24
set network virtual-router default interface [ ethernet1/1 ethernet1/2 ]
set zone lg network layer3 ethernet1/1
set zone mg network layer3 ethernet1/2
"""
IX = """\
! NEC Portable Internetwork Core Operating System Software
! IX Series IX2215 (magellan-sec) Software, Version 10.5.20, RELEASE SOFTWARE
!
hostname d1
username kanri01 password hash ABCD administrator
syslog ip enable
syslog ip host 10.90.0.8
ntp ip enable
ntp server 10.90.0.9
ip access-list ADM permit ip src 10.90.0.0/24 dest any
ssh-server ip access-list ADM
ssh-server ip enable
interface GigaEthernet0.0
  ip address 10.20.0.1/24
  no shutdown
interface GigaEthernet1.0
  ip address 10.90.0.1/24
  no shutdown
"""
ALAXALA = """\
#configuration list for AX3660S-24T4X
#Last modified by operator at Wed Mar  4 10:00:00 2026 with version 12.1.J
!
hostname "d1"
logging host 10.90.0.8
ntp server 10.90.0.9
snmp-server group "ops" v3 priv
snmp-server user "watch" "ops" v3 auth sha "abc" priv des "def"
ip access-list standard ADM
  10 permit 10.90.0.0 0.0.0.255
!
interface vlan 20
  ip address 10.20.0.1 255.255.255.0
!
interface vlan 90
  ip address 10.90.0.1 255.255.255.0
!
line vty 0 2
  transport input ssh
  ip access-group ADM
!
ip ssh
"""


@dataclass(frozen=True)
class Vendor:
    form: str
    text: str
    kept: frozenset[str]
    """Clauses that the export decides by itself."""


LOGS, TIME, ACCESS, ACCOUNTS, IDLE = "65", "121(2)", "109(2)", "84-7", "89"
ALL = frozenset({LOGS, TIME, ACCESS, ACCOUNTS, IDLE})
VENDORS = {
    "nxos": Vendor("cisco-nxos", NXOS, ALL),
    "asa": Vendor("cisco-asa", ASA, ALL),
    "awplus": Vendor("awplus", AWPLUS, ALL),
    "junos": Vendor("junos", JUNOS, ALL),
    "panos": Vendor("panos", PANOS, ALL),
    "ix": Vendor("nec-ix", IX, ALL - {IDLE}),
    "alaxala": Vendor("alaxala", ALAXALA, ALL - {ACCOUNTS, IDLE}),
}


@pytest.mark.parametrize("name", VENDORS)
def test_a_device_in_order_is_quiet_and_what_its_export_does_not_tell_stays_open(tmp_path: Path, name: str) -> None:
    vendor = VENDORS[name]
    report = audited(tmp_path, vendor.text, vendor.form, name="d1")
    assert not [(f.check, f.aspect, str(f.message)) for f in report.findings if f.check.startswith("ZG13")]
    found = verdicts(report)
    asks_more = {LOGS: Verdict.ATTESTATION_NEEDED}  # how long logs are kept, and who looks at them, no export says
    for clause in ALL:
        settled = asks_more.get(clause, Verdict.CONFORMS)
        assert found[clause] is (settled if clause in vendor.kept else Verdict.UNDETERMINED), clause


@pytest.mark.parametrize(
    ("name", "old", "new", "check", "aspect"),
    [
        ("nxos", "logging server 10.90.0.8 5 use-vrf default\n", "", "ZG131", ""),
        ("nxos", "ntp server 10.90.0.9 use-vrf default\n", "", "ZG132", ""),
        ("nxos", "feature interface-vlan", "feature telnet", "ZG133", "readable"),
        ("nxos", "feature interface-vlan", "feature nxapi\nnxapi http port 80", "ZG133", "readable"),
        ("nxos", "  access-class ADM in\n", "", "ZG133", "place"),
        ("nxos", "username kanri01", "username admin", "ZG134", "account"),
        ("nxos", "line vty\n  exec-timeout 10", "line vty\n  exec-timeout 0", "ZG135", ""),
        ("asa", "logging enable\n", "", "ZG131", ""),
        ("asa", "ntp server 10.90.0.9 source mgmt\n", "", "ZG132", ""),
        ("asa", "ssh timeout 10", "telnet 10.90.0.0 255.255.255.0 mgmt", "ZG133", "readable"),
        ("asa", "version 3 watch", "community Zq81 version 2c", "ZG133", "readable"),
        ("asa", "ssh 10.90.0.0 255.255.255.0 mgmt", "ssh 0.0.0.0 0.0.0.0 lgwan", "ZG133", "place"),
        ("asa", "enable password $sha512$5000$a$b pbkdf2", "enable password 8Ry2YjIyt7RRXU24 encrypted", "ZG134",
         "secret"),
        ("asa", "hostname d1", "passwd 2KFQnbNIdI.2KYOU encrypted", "ZG134", "secret"),
        ("asa", "console timeout 10", "console timeout 0", "ZG135", ""),
        ("awplus", "log host 10.90.0.8\n", "", "ZG131", ""),
        ("awplus", "ntp server 10.90.0.9\n", "", "ZG132", ""),
        ("awplus", "no service http", "service http\nhttp secure-port none", "ZG133", "readable"),
        ("awplus", "$1$abcd$efgh", "$1$bJoVec4D$JwOJGPr7YqoExA0GVasdE0", "ZG134", "secret"),
        ("awplus", "username kanri01", "username manager", "ZG134", "account"),
        ("awplus", "password 8 $1$abcd$efgh", "password plain1", "ZG134", "secret"),
        ("awplus", "line con 0\n exec-timeout 10 0", "line con 0\n exec-timeout 0 0", "ZG135", ""),
        ("junos", "set system syslog host 10.90.0.8 any any\n", "", "ZG131", ""),
        ("junos", "set system ntp server 10.90.0.9\n", "", "ZG132", ""),
        ("junos", "services ssh", "services telnet", "ZG133", "readable"),
        ("junos", "privacy-aes128 privacy-key \"$9$a\"", "privacy-none", "ZG133", "readable"),
        ("junos", "interfaces ge-0/0/0.0", "interfaces ge-0/0/0.0 host-inbound-traffic system-services ssh", "ZG133",
         "place"),
        ("junos", "kanri01 authentication encrypted-password", "kanri01 authentication plain-text-password-value",
         "ZG134", "secret"),
        ("junos", "class ops idle-timeout 10", "class ops login-alarms", "ZG135", ""),
        ("panos", "send-syslog S", "send-snmptrap S", "ZG131", ""),
        ("panos", "system ntp-servers primary-ntp-server ntp-server-address 10.90.0.9", "system domain x", "ZG132",
         ""),
        ("panos", "disable-telnet yes", "disable-telnet no", "ZG133", "readable"),
        ("panos", "version v3 users watch privpwd -abc", "version v2c snmp-community-string Zq81", "ZG133", "readable"),
        ("panos", "permitted-ip 10.90.0.0/24", "permitted-ip 10.0.0.0/8", "ZG133", "place"),
        ("panos", "kanri01 phash $5$abcd", "kanri01 phash fnRL/G5lXVMug", "ZG134", "secret"),
        ("panos", "idle-timeout 10", "idle-timeout 0", "ZG135", ""),
        ("ix", "syslog ip host 10.90.0.8\n", "", "ZG131", ""),
        ("ix", "ntp server 10.90.0.9\n", "", "ZG132", ""),
        ("ix", "hostname d1", "telnet-server ip access-list ADM\ntelnet-server ip enable", "ZG133", "readable"),
        ("ix", "ssh-server ip access-list ADM\n", "", "ZG133", "place"),
        ("ix", "password hash ABCD", "password plain Secret1", "ZG134", "secret"),
        ("alaxala", "logging host 10.90.0.8\n", "", "ZG131", ""),
        ("alaxala", "ntp server 10.90.0.9\n", "", "ZG132", ""),
        ("alaxala", "transport input ssh", "transport input telnet", "ZG133", "readable"),
        ("alaxala", "  ip access-group ADM\n", "", "ZG133", "place"),
    ],
)  # fmt: skip
def test_what_is_not_in_order_is_found(tmp_path: Path, name: str, old: str, new: str, check: str, aspect: str) -> None:
    vendor = VENDORS[name]
    assert old in vendor.text
    report = audited(tmp_path, vendor.text.replace(old, new, 1), vendor.form, name="d1")
    found = [f for f in report.findings if f.check.startswith("ZG13")]
    said = {(f.check, f.aspect) for f in found}
    assert (check, aspect) in said
    assert said - {(check, aspect)} <= {("ZG133", "place")}  # what is readable may be open to a whole zone as well
    assert {f.verdict for f in found} == {Verdict.VIOLATES}
    assert all(f.evidence for f in found)


@pytest.mark.parametrize("name", VENDORS)
def test_no_excerpt_is_taken_for_a_device_without_servers(tmp_path: Path, name: str) -> None:
    """Without the lines that tell a whole export, what is missing is not known."""
    vendor = VENDORS[name]
    told = (
        "version",
        "ASA Version",
        "timeout",
        "set version",
        "! IX",
        "#",
        "!",
        "end",
        "set deviceconfig system host",
        "set mgt",
    )
    spoken = ("logging", "syslog", "log host", "set system syslog", "set shared log", "set system ntp", "ntp")
    part = "\n".join(
        line for line in vendor.text.splitlines() if not line.startswith((*told, *spoken)) and "ntp" not in line
    )
    found = verdicts(audited(tmp_path, part + "\n", vendor.form, name="d1"))
    assert {found[LOGS], found[TIME]} == {Verdict.UNDETERMINED}


@pytest.mark.parametrize("name", VENDORS)
def test_secrets_are_in_no_finding(tmp_path: Path, name: str) -> None:
    vendor = VENDORS[name]
    text = vendor.text.replace("kanri01", "admin").replace("$5$abcd", "hidden").replace("ABCD", "hidden")
    report = audited(tmp_path, text, vendor.form, name="d1")
    assert not [f for f in report.findings if "hidden" in str(f.message)]


def test_the_header_of_an_asa_alone_makes_no_whole_export(tmp_path: Path) -> None:
    found = verdicts(
        audited(
            tmp_path,
            ASA.replace("timeout xlate 3:00:00\n", "").replace("logging", "no logging"),
            "cisco-asa",
            name="d1",
        )
    )
    assert found[LOGS] is Verdict.UNDETERMINED
