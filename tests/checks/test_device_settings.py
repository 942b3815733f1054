"""Checks of settings: log_server (ZG131), time_server (ZG132), management_settings (ZG133), device_credentials (ZG134),
idle_session (ZG135), ended_software (ZG136); a router that keeps them all, and what breaks each."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.managed import audited, verdicts
from zoneguard.model.findings import Report
from zoneguard.model.policy import Verdict

ROUTER = """\
version 15.2
hostname r1
enable secret 9 $9$abcd
username kanri01 secret 9 $9$abcd
logging host 10.90.0.8
ntp server 10.90.0.9
snmp-server group ops v3 priv
no ip http server
access-list 10 permit 10.90.0.0 0.0.0.255
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.255.0
interface GigabitEthernet0/1
 ip address 10.90.0.1 255.255.255.0
interface GigabitEthernet0/2
 ip address 203.0.113.2 255.255.255.0
ip route 0.0.0.0 0.0.0.0 203.0.113.1
line vty 0 4
 access-class 10 in
 exec-timeout 10 0
 login local
 transport input ssh
end
"""


def said(report: Report) -> list[tuple[str, str, str]]:
    return [(f.check, f.aspect, str(f.message)) for f in report.findings if f.check.startswith("ZG13")]


def test_a_router_in_order_is_quiet_and_its_clauses_are_kept(tmp_path: Path) -> None:
    report = audited(tmp_path, ROUTER)
    assert not said(report)
    kept = verdicts(report)
    assert {kept[c] for c in ("37(2)", "84-7", "89", "109(2)", "121(2)")} == {Verdict.CONFORMS}
    assert {kept[c] for c in ("65", "121(1)(3)")} == {Verdict.ATTESTATION_NEEDED}  # who looks at the logs, and when


@pytest.mark.parametrize(
    ("old", "new", "check", "aspect", "clause"),
    [
        ("logging host 10.90.0.8", "logging buffered", "ZG131", "", "65"),
        ("logging host 10.90.0.8", "logging host 198.51.100.7", "ZG131", "", "121(1)(3)"),
        ("ntp server 10.90.0.9", "clock timezone JST 9", "ZG132", "", "121(2)"),
        ("transport input ssh", "transport input telnet ssh", "ZG133", "readable", "109(2)"),
        ("no ip http server", "ip http server\nip http access-class 10", "ZG133", "readable", "109(2)"),
        ("group ops v3 priv", "community qRt7 RO", "ZG133", "readable", "37(2)"),
        ("group ops v3 priv", "group ops v3 auth", "ZG133", "readable", "37(2)"),
        ("username kanri01", "username admin", "ZG134", "account", "84-7"),
        ("secret 9 $9$abcd\nlogging", "password 7 0508\nlogging", "ZG134", "secret", "37(2)"),
        (" login local", " no login", "ZG134", "secret", "37(2)"),
        ("exec-timeout 10 0", "exec-timeout 0 0", "ZG135", "", "89"),
        ("exec-timeout 10 0", "exec-timeout 90 0", "ZG135", "", "89"),
    ],
)
def test_what_is_not_in_order_is_found_at_its_line(
    tmp_path: Path, old: str, new: str, check: str, aspect: str, clause: str
) -> None:
    assert old in ROUTER
    report = audited(tmp_path, ROUTER.replace(old, new))
    (found,) = [f for f in report.findings if f.check.startswith("ZG13")]
    assert (found.check, found.aspect, found.verdict) == (check, aspect, Verdict.VIOLATES)
    assert found.evidence
    assert verdicts(report)[clause] is Verdict.VIOLATES


def test_a_community_of_delivery_is_named_as_that_and_not_shown(tmp_path: Path) -> None:
    found = said(audited(tmp_path, ROUTER.replace("group ops v3 priv", "community public RO")))
    assert [(check, aspect) for check, aspect, _ in found] == [("ZG133", "readable"), ("ZG134", "community")]
    assert not any("public" in message for _, _, message in found)


def test_management_from_a_whole_zone_is_found_where_filters_let_it_in(tmp_path: Path) -> None:
    open_to_all = ROUTER.replace(" access-class 10 in\n", "")
    report = audited(tmp_path, open_to_all)
    found = [f for f in report.findings if f.check == "ZG133"]
    assert {f.zones for f in found} == {("lgwan",), ("world",)}
    assert verdicts(report)["37(2)"] is Verdict.VIOLATES
    refused = open_to_all.replace(
        "interface GigabitEthernet0/2\n", "access-list 100 deny tcp any any eq 22\naccess-list 100 permit ip any any\n"
        "interface GigabitEthernet0/2\n ip access-group 100 in\n"
    )  # fmt: skip
    found = [f for f in audited(tmp_path, refused).findings if f.check == "ZG133"]
    assert {f.zones for f in found} == {("lgwan",)}


def test_a_few_hosts_may_manage_from_another_zone(tmp_path: Path) -> None:
    few = ROUTER.replace("permit 10.90.0.0 0.0.0.255", "permit 10.20.0.10")
    assert not said(audited(tmp_path, few))


def test_devices_that_do_not_tell_leave_the_clause_undetermined_unless_somebody_confirms_it(tmp_path: Path) -> None:
    (tmp_path / "fw.rules").write_text("*filter\n:FORWARD DROP [0:0]\nCOMMIT\n")
    linux = "  fw: {config: fw.rules, format: iptables}\n"
    report = audited(tmp_path, ROUTER, more=linux)
    (clause,) = [c for c in report.clauses if c.clause == "mikasa:65"]
    assert clause.verdict is Verdict.UNDETERMINED
    assert "fw" in str(clause.reason)
    (tmp_path / "words.yaml").write_text(
        "zoneguard-attestations: 1\nattestations:\n"
        "  - {clause: 'mikasa:65', by: b, on: 2026-04-01, document: d, until: 2027-03-31}\n"
    )
    report = audited(tmp_path, ROUTER, more=linux + "attestations: words.yaml\n")
    assert verdicts(report)["65"] is Verdict.CONFORMS
    worse = audited(tmp_path, ROUTER.replace("logging host", "logging trap"), more=linux + "attestations: words.yaml\n")
    assert verdicts(worse)["65"] is Verdict.VIOLATES


def test_software_whose_support_has_ended_is_found_and_no_other_is_said_to_be_supported(tmp_path: Path) -> None:
    backup = "#config-version=FGT60F-%s-FW-build1966-220405:opmode=0:vdom=0:user=a\nconfig system global\nend\n"
    report = audited(tmp_path, backup % "6.4.9", "fortios")
    (found,) = [f for f in report.findings if f.check == "ZG136"]
    assert "2024-09-30" in str(found.message)
    assert verdicts(report)["37(7)"] is Verdict.VIOLATES
    report = audited(tmp_path, backup % "7.6.2", "fortios")
    assert not [f for f in report.findings if f.check == "ZG136"]
    assert verdicts(report)["37(7)"] is Verdict.UNDETERMINED


@pytest.mark.parametrize(
    ("form", "text", "day"),
    [
        ("cisco-ios", ROUTER.replace("version 15.2", "version 17.3"), "2024-07-31"),
        ("cisco-ios", ROUTER.replace("version 15.2", "version 17.9"), ""),
        ("cisco-ios", ROUTER, ""),
        ("panos", '<config version="9.1.0" urldb="paloaltonetworks" detail-version="9.1.16"/>', "2024-06-30"),
        ("panos", '<config version="10.2.0" urldb="paloaltonetworks"/>', ""),
    ],
)
def test_ends_that_the_makers_announced(tmp_path: Path, form: str, text: str, day: str) -> None:
    found = [f for f in audited(tmp_path, text, form).findings if f.check == "ZG136"]
    assert [day in str(f.message) for f in found] == [True] * bool(day)
