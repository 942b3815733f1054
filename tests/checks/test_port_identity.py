"""ZG138: sockets that ask for an identity and sockets that do not, by vendor; what is a socket; a word for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks import lone
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Verdict

ZONES = {"lgwan": ("lgwan", "10.20.0.0/24")}
IOS = """\
version 15.2
hostname sw
ip routing
dot1x system-auth-control
vlan 20
interface GigabitEthernet1/0/1
 switchport access vlan 20
 switchport mode access
 {}
interface GigabitEthernet1/0/2
 switchport access vlan 20
 switchport mode access
 shutdown
interface GigabitEthernet1/0/24
 switchport mode trunk
interface Vlan20
 ip address 10.20.0.1 255.255.255.0
"""
NXOS = """\
version 9.3(10)
feature interface-vlan
interface Vlan20
  no shutdown
  ip address 10.20.0.1/24
interface Ethernet1/1
  switchport
  switchport access vlan 20
  {}
interface Ethernet1/48
  switchport
  switchport mode trunk
"""
AWPLUS = """\
!
hostname sw
vlan database
 vlan 20
interface port1.0.1-1.0.2
 switchport
 switchport mode access
 switchport access vlan 20
 {}
!
interface port1.0.24
 switchport
 switchport mode trunk
!
interface vlan20
 ip address 10.20.0.1/24
!
end
"""
ALAXALA = """\
#Last modified by operator at Wed Mar  4 10:00:00 2026 with version 12.1.J
vlan 20
!
interface gigabitethernet 1/0/1
  switchport mode access
  switchport access vlan 20
  {}
!
interface gigabitethernet 1/0/24
  switchport mode trunk
  switchport trunk allowed vlan 20
!
interface vlan 20
  ip address 10.20.0.1 255.255.255.0
!
"""
VENDORS = {"cisco-ios": IOS, "cisco-nxos": NXOS, "awplus": AWPLUS, "alaxala": ALAXALA}


def audited(root: Path, form: str, text: str, more: str = "") -> Report:
    return lone.audited(root, "sw", form, text, ZONES, more)


def found(report: Report) -> list[Finding]:
    return [f for f in report.findings if f.check == "ZG138"]


def verdict(report: Report, clause: str = "mikasa:86") -> Verdict:
    return next(c.verdict for c in report.clauses if c.clause == clause)


@pytest.mark.parametrize(
    ("form", "command"),
    [
        ("cisco-ios", "authentication port-control auto"),
        ("cisco-ios", "dot1x port-control auto"),
        ("cisco-ios", "switchport port-security"),
        ("cisco-nxos", "switchport port-security"),
        ("awplus", "auth-mac enable"),
        ("alaxala", "mac-authentication port"),
    ],
)
def test_a_socket_that_asks_is_quiet(tmp_path: Path, form: str, command: str) -> None:
    report = audited(tmp_path, form, VENDORS[form].format(command))
    assert not found(report)
    assert verdict(report) is Verdict.ATTESTATION_NEEDED  # of other switches nobody knows


@pytest.mark.parametrize(
    ("form", "command", "ports"),
    [
        ("cisco-ios", "spanning-tree portfast", 1),
        ("cisco-ios", "authentication port-control force-authorized", 1),
        ("cisco-ios", "switchport port-security maximum 2", 1),
        ("cisco-nxos", "spanning-tree port type edge", 1),
        ("awplus", "auth-web enable", 2),
        ("alaxala", "web-authentication port", 1),
    ],
)
def test_a_socket_that_does_not_ask_is_a_matter_for_a_word(tmp_path: Path, form: str, command: str, ports: int) -> None:
    report = audited(tmp_path, form, VENDORS[form].format(command))
    (finding,) = found(report)
    assert (finding.verdict, len(finding.evidence)) == (Verdict.ATTESTATION_NEEDED, ports)
    assert set(finding.clauses) == {"mikasa:30(3)(4)", "mikasa:86"}
    assert verdict(report) is Verdict.ATTESTATION_NEEDED


def test_a_link_to_another_device_of_the_project_is_no_socket(tmp_path: Path) -> None:
    (tmp_path / "fw.rules").write_text("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n")
    fw = "  fw: {config: fw.rules, format: iptables}\n"
    linked = IOS.format('description "fw" eth1')
    assert not found(audited(tmp_path, "cisco-ios", linked, fw))
    assert len(found(audited(tmp_path, "cisco-ios", linked))) == 1
    assert len(found(audited(tmp_path, "cisco-ios", IOS.format("description fwx eth1"), fw))) == 1


def test_dot1x_that_is_off_in_general_identifies_nobody(tmp_path: Path) -> None:
    text = IOS.format("dot1x port-control auto").replace("dot1x system-auth-control\n", "")
    assert len(found(audited(tmp_path, "cisco-ios", text))) == 1


def test_a_router_has_no_sockets(tmp_path: Path) -> None:
    text = "version 15.2\ninterface GigabitEthernet0/0\n ip address 10.20.0.1 255.255.255.0\n"
    report = audited(tmp_path, "cisco-ios", text)
    assert not found(report)
    assert verdict(report) is Verdict.UNDETERMINED


def test_a_word_covers_what_the_ports_do_not_ask(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text(
        "zoneguard-attestations: 1\nattestations:\n"
        "  - {clause: 'mikasa:86', by: b, on: 2026-04-01, document: d, until: 2027-03-31}\n"
    )
    report = audited(tmp_path, "awplus", AWPLUS.format("no dot1x port-control"), "attestations: words.yaml\n")
    assert found(report)
    assert verdict(report) is Verdict.CONFORMS
    assert verdict(report, "mikasa:30(3)(4)") is Verdict.ATTESTATION_NEEDED
