"""ZG139: tunnels that encrypt and tunnels that do not, over the Internet and over closed lines, by vendor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks import lone
from zoneguard.model.findings import Finding, Report
from zoneguard.model.policy import Verdict

ZONES = {"lgwan": ("lgwan", "10.20.0.0/16"), "world": ("public", "0.0.0.0/0")}
IOS = """\
version 15.2
interface Tunnel0
 ip address 10.20.250.1 255.255.255.252
 tunnel source GigabitEthernet0/1
 tunnel destination %s
 %s
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 203.0.113.2 255.255.255.0
"""
AWPLUS = """\
!
interface tunnel1
 tunnel source eth1
 tunnel destination %s
 %s
 ip address 10.20.250.1/30
!
interface eth1
 ip address 203.0.113.2/24
!
end
"""
IX = """\
interface GigaEthernet0.0
  ip address 10.20.0.1/24
  no shutdown
interface Tunnel0.0
  tunnel source GigaEthernet0.0
  tunnel destination %s
  %s
  ip address 10.20.250.1/30
  no shutdown
"""
YAMAHA = """\
ip lan1 address 10.20.0.1/24
ip lan2 address 203.0.113.2/24
tunnel select 1
 tunnel endpoint address %s
 %s
 tunnel enable 1
tunnel select none
ipsec sa policy 101 1 esp aes-cbc sha-hmac
ipsec sa policy 102 1 ah sha-hmac
"""
FORTIOS = """\
config system interface
    edit "port1"
        set ip 10.20.0.1 255.255.255.0
    next
end
config vpn ipsec phase1-interface
    edit "honcho"
        set interface "port1"
        set remote-gw %s
    next
end
config vpn ipsec phase2-interface
    edit "honcho2"
        set phase1name "honcho"
        set proposal %s
    next
end
"""
JUNOS = """\
version 21.4R3;
interfaces {
    gr-0/0/0 {
        unit 0 {
            tunnel {
                source 203.0.113.2;
                destination %s;
            }
            family inet {
                address 10.20.250.1/30;
            }
        }
    }
    ge-0/0/0 {
        unit 0 {
            family inet {
                address 10.20.0.1/24;
            }
        }
    }
}
"""
JUNOS_VPN = """\
set version 21.4R3
set interfaces ge-0/0/0 unit 0 family inet address 10.20.0.1/24
set security ike gateway HONCHO address %s
set security ike gateway HONCHO external-interface ge-0/0/1.0
set security ipsec proposal P %s
set security ipsec policy Q proposals P
set security ipsec vpn HONCHO bind-interface st0.0
set security ipsec vpn HONCHO ike gateway HONCHO
set security ipsec vpn HONCHO ike ipsec-policy Q
"""
PANOS = """\
set network interface ethernet ethernet1/1 layer3 ip 10.20.0.1/24
set network ike gateway HONCHO peer-address ip %s
set network ike crypto-profiles ipsec-crypto-profiles P %s
set network tunnel ipsec HONCHO auto-key ike-gateway HONCHO
set network tunnel ipsec HONCHO auto-key ipsec-crypto-profile P
set network tunnel ipsec HONCHO tunnel-interface tunnel.1
"""
PANOS_GRE = """\
set network interface ethernet ethernet1/1 layer3 ip 10.20.0.1/24
set network tunnel gre HONCHO local-address interface ethernet1/2
set network tunnel gre HONCHO peer-address ip %s
set network tunnel gre HONCHO tunnel-interface tunnel.1
"""
ASA = """\
ASA Version 9.16(4)
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 10.20.0.1 255.255.255.0
crypto map M 10 match address VPN
crypto map M 10 set peer %s
crypto map M 10 set ikev1 transform-set T
crypto ipsec ikev1 transform-set T %s esp-sha-hmac
"""
ASA_VTI = """\
ASA Version 9.16(4)
interface GigabitEthernet0/0
 nameif inside
 security-level 100
 ip address 10.20.0.1 255.255.255.0
interface Tunnel1
 nameif honcho
 ip address 10.20.250.1 255.255.255.252
 tunnel source interface inside
 tunnel destination %s
 tunnel mode ipsec ipv4
 tunnel protection ipsec profile P
crypto ipsec ikev2 ipsec-proposal Q
 protocol esp encryption %s
crypto ipsec profile P
 set ikev2 ipsec-proposal Q
"""
INTERNET, CLOSED = "198.51.100.9", "10.20.200.9"


def audited(root: Path, form: str, text: str) -> Report:
    return lone.audited(root, "r1", form, text, ZONES)


def found(report: Report) -> list[Finding]:
    return [f for f in report.findings if f.check == "ZG139"]


def verdict(report: Report) -> Verdict:
    return next(c.verdict for c in report.clauses if c.clause == "mikasa:37(5)")


@pytest.mark.parametrize(
    ("form", "text", "built"),
    [
        ("cisco-ios", IOS, "tunnel protection ipsec profile P"),
        ("cisco-ios", IOS, "tunnel mode ipsec ipv4"),
        ("awplus", AWPLUS, "tunnel protection ipsec"),
        ("nec-ix", IX, "tunnel mode ipsec"),
        ("nec-ix", IX, "tunnel mode map-e"),
        ("yamaha", YAMAHA, "ipsec tunnel 101"),
        ("fortios", FORTIOS, "aes256-sha256"),
        ("junos", JUNOS_VPN, "encryption-algorithm aes-256-gcm"),
        ("panos", PANOS, "esp encryption aes-256-cbc"),
        ("cisco-asa", ASA, "esp-aes-256"),
        ("cisco-asa", ASA_VTI, "aes-256"),
    ],
)
def test_a_tunnel_that_encrypts_is_quiet(tmp_path: Path, form: str, text: str, built: str) -> None:
    assert not found(audited(tmp_path, form, text % (INTERNET, built)))


@pytest.mark.parametrize(
    ("form", "text", "built"),
    [
        ("cisco-ios", IOS, "tunnel mode gre ip"),
        ("awplus", AWPLUS, "tunnel mode gre"),
        ("nec-ix", IX, "tunnel mode gre ip"),
        ("yamaha", YAMAHA, "tunnel encapsulation ipip"),
        ("yamaha", YAMAHA, "ipsec tunnel 102"),
        ("fortios", FORTIOS, "null-sha256"),
        ("junos", JUNOS, None),
        ("junos", JUNOS_VPN, "protocol ah"),
        ("panos", PANOS_GRE, None),
        ("panos", PANOS, "ah authentication sha256"),
        ("panos", PANOS, "esp encryption null"),
        ("cisco-asa", ASA, "esp-null"),
        ("cisco-asa", ASA_VTI, "null"),
    ],
)
def test_a_readable_tunnel_breaks_the_clause_over_the_internet_and_asks_for_a_word_elsewhere(
    tmp_path: Path, form: str, text: str, built: str | None
) -> None:
    report = audited(tmp_path, form, text % ((INTERNET, built) if built else INTERNET))
    (finding,) = found(report)
    assert finding.verdict is Verdict.VIOLATES
    assert {"mikasa:37(5)", "mikasa:72(2)"} <= set(finding.clauses)
    assert verdict(report) is Verdict.VIOLATES
    (finding,) = found(audited(tmp_path, form, text % ((CLOSED, built) if built else CLOSED)))
    assert finding.verdict is Verdict.ATTESTATION_NEEDED


def test_a_tunnel_inside_of_a_crypto_map_is_open(tmp_path: Path) -> None:
    text = IOS % (INTERNET, "tunnel mode gre ip") + " crypto map M\n"
    (finding,) = found(audited(tmp_path, "cisco-ios", text))
    assert finding.verdict is Verdict.ATTESTATION_NEEDED


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("junos", JUNOS_VPN % (INTERNET, "authentication-algorithm hmac-sha-256-128")),
        ("junos", JUNOS % INTERNET + "security { ipsec { vpn V { ike { gateway G; } } } }\n"),
        ("panos", PANOS % (INTERNET, "esp encryption [ null aes-256-cbc ]")),
        ("cisco-asa", ASA.replace("set T ", "set OTHER ") % (INTERNET, "esp-null")),
    ],
)
def test_what_an_export_does_not_tell_of_a_tunnel_is_asked(tmp_path: Path, form: str, text: str) -> None:
    assert {f.verdict for f in found(audited(tmp_path, form, text))} == {Verdict.ATTESTATION_NEEDED}


def test_a_tunnel_that_is_off_is_none(tmp_path: Path) -> None:
    assert not found(audited(tmp_path, "cisco-ios", IOS % (INTERNET, "shutdown")))
    assert not found(
        audited(tmp_path, "yamaha", YAMAHA.replace("tunnel enable 1", "") % (INTERNET, "tunnel encapsulation ipip"))
    )
