"""ZG137: ways to the Internet that are logged, watched for attacks and searched for malware, and those that are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks import lone
from zoneguard.model.findings import ClauseResult
from zoneguard.model.policy import Verdict

ZONES = {"internet": ("internet", "10.30.0.0/24"), "world": ("public", "0.0.0.0/0")}
FORTIOS = """\
config system interface
    edit "port1"
        set ip 10.30.0.1 255.255.255.0
    next
    edit "wan1"
        set ip 203.0.113.2 255.255.255.0
    next
end
config router static
    edit 1
        set gateway 203.0.113.1
        set device "wan1"
    next
end
config firewall profile-group
    edit "office"
        set av-profile "default"
        set ips-sensor "default"
    next
end
config firewall policy
    edit 1
        set srcintf "port1"
        set dstintf "wan1"
        set srcaddr "all"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "HTTPS"
%s    next
end
"""
PANOS = """\
set network interface ethernet ethernet1/1 layer3 ip 10.30.0.1/24
set network interface ethernet ethernet1/2 layer3 ip 203.0.113.2/24
set network virtual-router default interface [ ethernet1/1 ethernet1/2 ]
set network virtual-router default routing-table ip static-route d destination 0.0.0.0/0 nexthop ip-address 203.0.113.1
set zone in network layer3 ethernet1/1
set zone out network layer3 ethernet1/2
set profile-group office virus default
set profile-group office vulnerability default
set rulebase security rules web from in
set rulebase security rules web to out
set rulebase security rules web source any
set rulebase security rules web destination any
set rulebase security rules web service any
set rulebase security rules web application any
set rulebase security rules web action allow
%s"""
ATTACKS, LOGS, MALWARE = "watched for attacks", "logged", "searched for malware"
MONITORING, GATEWAY = "mikasa:26-1", "mikasa:105(1)(2)"


def clauses(root: Path, form: str, text: str, more: str = "") -> dict[str, ClauseResult]:
    return {c.clause: c for c in lone.audited(root, "fw", form, text, ZONES, more).clauses}


def forti(*settings: str) -> str:
    return FORTIOS % "".join(f"        set {setting}\n" for setting in settings)


def palo(*settings: str) -> str:
    return PANOS % "".join(f"set rulebase security rules web {setting}\n" for setting in settings)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("fortios", forti("utm-status enable", 'ips-sensor "default"', 'av-profile "default"', "logtraffic all")),
        ("fortios", forti("utm-status enable", "profile-type group", 'profile-group "office"', "logtraffic all")),
        ("panos", palo("profile-setting profiles vulnerability default", "profile-setting profiles virus default")),
        ("panos", palo("profile-setting group office")),
    ],
)
def test_what_the_rules_watch_leaves_the_rest_to_a_person(tmp_path: Path, form: str, text: str) -> None:
    """Who looks at the alarms, no export says."""
    found = clauses(tmp_path, form, text)
    assert {found[c].verdict for c in (MONITORING, GATEWAY, "mikasa:37(6)")} == {Verdict.ATTESTATION_NEEDED}


@pytest.mark.parametrize(
    ("form", "text", "clause", "lacks"),
    [
        ("fortios", forti(), MONITORING, ATTACKS),
        ("fortios", forti('ips-sensor "default"', "logtraffic all"), MONITORING, ATTACKS),  # profiles are off
        ("fortios", forti("utm-status enable", 'ips-sensor "default"'), MONITORING, LOGS),  # only what was found
        ("fortios", forti("utm-status enable", 'ips-sensor "default"', "logtraffic all"), GATEWAY, MALWARE),
        ("fortios", forti("utm-status enable", 'profile-group "office"', "logtraffic all"), MONITORING, ATTACKS),
        ("panos", palo(), MONITORING, ATTACKS),
        ("panos", palo("profile-setting profiles spyware default", "log-end no"), MONITORING, LOGS),
        ("panos", palo("profile-setting group nowhere"), GATEWAY, MALWARE),
    ],
)
def test_what_no_rule_watches_is_named_with_its_line(
    tmp_path: Path, form: str, text: str, clause: str, lacks: str
) -> None:
    found = clauses(tmp_path, form, text)[clause]
    assert found.verdict is Verdict.UNDETERMINED
    assert lacks in str(found.reason)
    assert "fw.conf:" in str(found.reason)


def test_somebody_may_confirm_that_the_security_cloud_watches(tmp_path: Path) -> None:
    (tmp_path / "words.yaml").write_text(
        "zoneguard-attestations: 1\nattestations:\n"
        f"  - {{clause: '{MONITORING}', by: b, on: 2026-04-01, document: d, until: 2027-03-31}}\n"
    )
    found = clauses(tmp_path, "fortios", forti(), "attestations: words.yaml\n")
    assert found[MONITORING].verdict is Verdict.CONFORMS
    assert found[GATEWAY].verdict is Verdict.UNDETERMINED


def test_an_export_that_does_not_tell_shows_nothing(tmp_path: Path) -> None:
    text = "version 15.2\ninterface GigabitEthernet0/0\n ip address 10.30.0.1 255.255.255.0\n"
    found = clauses(tmp_path, "cisco-ios", text)[MONITORING]
    assert found.verdict is Verdict.UNDETERMINED
    assert "No export tells" in str(found.reason)
