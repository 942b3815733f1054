"""PAN-OS security rules: zones, types, defaults, negation, applications, services, users, times."""

from __future__ import annotations

import pytest

from tests.parsers.panos_run import (
    DMZ,
    INTERFACES,
    LAN,
    LAN2,
    WAN,
    decided_by,
    doubts,
    firewall,
    goes,
    read,
    reasons,
    rule,
)
from zoneguard.model.device import Filter, Rule

OUT = "10.1.0.5 > 198.51.100.7 tcp/443"
IN = "198.51.100.7 > 10.1.0.5 tcp/443"


def test_without_rules_what_stays_in_a_zone_passes_and_the_rest_does_not() -> None:
    """Vendor note: ``intrazone-default`` allows, ``interzone-default`` denies (PAN-OS Administrator's Guide,
    "Security Policy Rules")."""
    found = firewall()
    assert goes(found, LAN, "10.1.0.5 > 10.4.0.5 tcp/445") == LAN2
    assert decided_by(found, LAN, "10.1.0.5 > 10.4.0.5 tcp/445") == "intrazone-default"
    assert goes(found, LAN, OUT) == "deny"
    assert decided_by(found, LAN, OUT) == "interzone-default"


def test_a_default_that_is_not_written_stands_where_the_zones_are() -> None:
    (vrf,) = firewall().vrfs
    rules = [r for stage in vrf.stages if isinstance(stage, Filter) for r in stage.rules.rules]
    (default,) = {r.span for r in rules if isinstance(r, Rule) and r.name == "intrazone-default"}
    lines = INTERFACES.strip("\n").split("\n")[default.first - 1 : default.last]
    assert lines[0].startswith("set zone trust")
    assert lines[-1].startswith("set zone dmz")


def test_the_defaults_may_be_overridden() -> None:
    base = "set rulebase default-security-rules rules"
    closed = firewall(f"{base} intrazone-default action deny", f"{base} intrazone-default log-end yes")
    assert goes(closed, LAN, "10.1.0.5 > 10.4.0.5 tcp/445") == "deny"
    opened = firewall(f"{base} interzone-default action allow")
    assert goes(opened, LAN, OUT) == WAN
    logged = firewall(f"{base} interzone-default log-end yes")
    assert goes(logged, LAN, OUT) == "deny"
    strange = firewall(f"{base} interzone-default action shrug")
    assert goes(strange, LAN, OUT) == "may"


def test_a_rule_before_the_defaults_decides() -> None:
    found = firewall(rule("no", from_="trust", to="trust", action="deny"), rule("yes"))
    assert goes(found, LAN, "10.1.0.5 > 10.4.0.5 tcp/445") == "deny"
    assert goes(found, LAN, OUT) == WAN


def test_rules_are_asked_in_their_order_and_disabled_ones_not() -> None:
    found = firewall(
        rule("off", action="deny", disabled="yes"), rule("first", action="drop", source="10.1.0.9"), rule("second")
    )
    assert decided_by(found, LAN, OUT) == "second"
    assert decided_by(found, LAN, "10.1.0.9 > 198.51.100.7 tcp/443") == "first"
    (stage,) = [s for s in found.vrfs[0].stages if isinstance(s, Filter)]
    disabled = [r for r in stage.rules.rules if isinstance(r, Rule) and r.name == "off"]
    assert [r.enabled for r in disabled] == [False]


@pytest.mark.parametrize(
    ("kind", "inside", "between"),
    [("", LAN2, WAN), ("universal", LAN2, WAN), ("intrazone", LAN2, "deny"), ("interzone", "deny", WAN)],
)
def test_types_of_rules(kind: str, inside: str, between: str) -> None:
    """Vendor note: ``rule-type`` is not shown where it is the default, universal."""
    words = {"from_": "[ trust dmz ]", "to": "[ trust untrust ]", "rule_type": kind}
    if kind == "intrazone":
        words["to"] = ""
    found = firewall(rule("typed", **words), "set rulebase default-security-rules rules intrazone-default action deny")
    assert goes(found, LAN, "10.1.0.5 > 10.4.0.5 tcp/445") == inside
    assert goes(found, LAN, OUT) == between
    assert goes(found, WAN, IN) == "deny"


def test_a_type_that_is_not_known_is_open() -> None:
    text = INTERFACES + rule("x", rule_type="sideways")
    assert "sideways" in " ".join(reasons(read(text)).values())
    assert goes(firewall(rule("x", rule_type="sideways")), LAN, OUT) == "may"


def test_an_interface_without_a_zone_forwards_nothing() -> None:
    extra = """set network interface ethernet ethernet1/9 layer3 ip 10.9.0.1/24
set network virtual-router default interface ethernet1/9"""
    found = firewall(extra, rule("all", from_="any", to="any"))
    assert goes(found, "ethernet1/9", "10.9.0.5 > 10.1.0.5 tcp/80") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.9.0.5 tcp/80") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == DMZ


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("allow", WAN), ("deny", "deny"), ("drop", "deny"), ("reset-client", "deny"), ("reset-both", "deny"), ("", "may")],
)
def test_actions(action: str, outcome: str) -> None:
    assert goes(firewall(rule("it", action=action)), LAN, OUT) == outcome


def test_negation_takes_everything_else() -> None:
    """Vendor note: negate."""
    found = firewall(
        rule("not", source="10.1.0.5", negate_source="yes", destination="198.51.100.0/24", negate_destination="no")
    )
    assert goes(found, LAN, OUT) == "deny"
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/443") == WAN
    none = firewall(rule("none", source="any", negate_source="yes"))
    assert goes(none, LAN, OUT) == "deny"


def test_services() -> None:
    found = firewall(
        "set service web protocol tcp port 80,8000-8010",
        "set service odd protocol udp port 53 source-port 1024-2000",
        "set service-group both members [ web odd service-https ]",
        rule("some", service="both"),
    )
    for what, outcome in {
        "tcp/80": WAN, "tcp/8005": WAN, "tcp/443": WAN, "tcp/22": "deny", "udp/80": "deny", "udp/53": "deny",
        "icmp/8": "deny",
    }.items():  # fmt: skip
        assert goes(found, LAN, f"10.1.0.5 > 198.51.100.7 {what}") == outcome, what
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 udp/53", sport=1500) == WAN


def test_an_application_may_match() -> None:
    """Vendor note: App-ID. A rule that names an application may take a packet or not."""
    found = firewall(rule("ssh", application="[ ssh ms-rdp ]"))
    assert goes(found, LAN, OUT) == "may"
    assert "its application is ssh, ms-rdp" in doubts(found, LAN, OUT)
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 icmp/8") == "deny"
    bounded = firewall(rule("ssh", application="ssh", service="service-https"))
    assert goes(bounded, LAN, OUT) == "may"
    assert goes(bounded, LAN, "10.1.0.5 > 198.51.100.7 tcp/22") == "deny"


def test_application_default_asks_for_the_default_port() -> None:
    """Vendor note: the default ports of the vendor's applications are not in the file, those of custom ones are."""
    found = firewall(rule("any", service="application-default"))
    assert goes(found, LAN, OUT) == "may"
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 icmp/8") == WAN
    custom = firewall(
        "set application kobo default port [ tcp/9000 udp/dynamic ]",
        "set application kobo category business-systems",
        rule("custom", application="kobo", service="application-default"),
    )
    assert goes(custom, LAN, "10.1.0.5 > 198.51.100.7 tcp/9000") == "may"
    assert goes(custom, LAN, "10.1.0.5 > 198.51.100.7 tcp/9001") == "deny"
    assert goes(custom, LAN, "10.1.0.5 > 198.51.100.7 udp/9001") == "may"


def test_an_echo_request_is_the_application_ping() -> None:
    found = firewall(rule("no", application="telnet", action="deny"), rule("ping", application="[ ping ssh ]"))
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 icmp/8") == WAN
    assert goes(found, LAN, OUT) == "may"
    custom = firewall("set application mine default ident-by-icmp-type 8", rule("ping", application="ping"))
    assert goes(custom, LAN, "10.1.0.5 > 198.51.100.7 icmp/8") == "may"


OVERRIDE = """set application APP category business-systems
set rulebase application-override rules o from any
set rulebase application-override rules o to any
set rulebase application-override rules o source any
set rulebase application-override rules o destination any
set rulebase application-override rules o port 443
set rulebase application-override rules o protocol tcp
set rulebase application-override rules o application APP"""


def test_an_override_says_what_the_application_is() -> None:
    found = firewall(
        OVERRIDE,
        rule("no", application="telnet", action="deny"),
        rule("yes", application="APP", service="application-default"),
    )
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.7 tcp/80") == "may"
    assert goes(firewall(OVERRIDE, rule("ssh", application="ssh")), LAN, OUT) == "deny"
    bound = firewall(
        OVERRIDE,
        "set application APP default port tcp/80",
        rule("yes", application="APP", service="application-default"),
    )
    assert goes(bound, LAN, OUT) == "deny"
    vendors = OVERRIDE.replace("application APP", "application web-browsing").replace("set application web", "# ")
    assert goes(firewall(vendors, rule("web", application="web-browsing")), LAN, OUT) == WAN
    assert goes(firewall(vendors, rule("facebook", application="facebook")), LAN, OUT) == "may"


def test_overrides_are_asked_in_their_order() -> None:
    first = OVERRIDE.replace("rules o", "rules first").replace("application APP", "application OTHER")
    first = first.replace("source any", "source 10.1.0.5")
    found = firewall(first, OVERRIDE, rule("yes", application="APP"))
    assert goes(found, LAN, OUT) == "deny"
    assert goes(found, LAN, "10.1.0.6 > 198.51.100.7 tcp/443") == WAN


def test_of_too_many_overrides_none_is_followed() -> None:
    many = [OVERRIDE.replace("rules o ", f"rules o{n} ") for n in range(201)]
    found = firewall(*many, rule("yes", application="APP"))
    assert goes(found, LAN, OUT) == "may"
    assert not found.uncertain
    assert goes(firewall(*many[:200], rule("yes", application="APP")), LAN, OUT) == WAN


def test_groups_and_filters_of_applications() -> None:
    found = firewall(
        OVERRIDE,
        "set application-group inner members [ APP dns ]",
        "set application-group outer members inner",
        rule("yes", application="outer"),
    )
    assert goes(found, LAN, OUT) == WAN
    filtered = firewall(OVERRIDE, "set application-filter f category business-systems", rule("f", application="f"))
    assert goes(filtered, LAN, OUT) == "may"
    looped = INTERFACES + "set application-group a members a\n" + rule("a", application="a")
    assert "contains itself" in " ".join(reasons(read(looped)).values())


@pytest.mark.parametrize(
    "words",
    [
        {"source_user": r"town\\mayor"},
        {"hip_profiles": "patched"},
        {"source_hip": "patched"},
        {"category": "[ news ]"},
        {"schedule": "office-hours"},
    ],
)
def test_what_no_packet_shows_is_open(words: dict[str, str]) -> None:
    found = firewall(rule("open", **words))
    assert goes(found, LAN, OUT) == "may"
    parsed = read(INTERFACES + rule("open", **words))
    assert [m.bounded for m in parsed.account.not_understood] == [True]
    assert not parsed.devices[0].uncertain
    anyone = dict.fromkeys(words, "any")
    if "schedule" not in words:
        assert goes(firewall(rule("open", **anyone)), LAN, OUT) == WAN


def test_a_setting_that_is_not_known_is_open_and_named() -> None:
    text = INTERFACES + rule("x", moon_phase="full")
    assert goes(firewall(rule("x", moon_phase="full")), LAN, OUT) == "may"
    assert list(reasons(read(text)).values()) == ['the setting "moon-phase" is not known']


@pytest.mark.parametrize("missing", ["source", "destination", "application", "service", "from_", "to"])
def test_a_setting_that_every_rule_has_and_this_one_lacks(missing: str) -> None:
    found = firewall(rule("part", **{missing: ""}))
    assert goes(found, LAN, OUT) == "may"
    assert not found.uncertain


def test_a_zone_that_is_not_defined() -> None:
    found = firewall(rule("x", from_="[ trust nowhere ]"))
    assert goes(found, LAN, OUT) == WAN
    assert goes(found, DMZ, "10.2.0.5 > 198.51.100.7 tcp/443") == "may"


def test_what_the_device_itself_answers() -> None:
    profile = """set network profiles interface-management-profile p ping yes
set network profiles interface-management-profile p https yes
set network profiles interface-management-profile p ssh no
set network profiles interface-management-profile p permitted-ip 10.1.0.0/28
set network interface ethernet ethernet1/1 layer3 interface-management-profile p"""
    found = firewall(profile, rule("out"))
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 icmp/8") == "local"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/443") == "local"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/22") == "deny"
    assert goes(found, LAN, "10.1.0.99 > 10.1.0.1 tcp/443") == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.4.0.1 tcp/443") == "deny"
    assert goes(found, WAN, "198.51.100.7 > 10.1.0.1 icmp/8") == "deny"
    assert [(s.name, s.interface) for s in found.services] == [("ping", LAN), ("https", LAN)]
    vpn = firewall(profile, "set network ike gateway gw peer-address ip 198.51.100.9", rule("in", from_="untrust"))
    assert goes(vpn, WAN, "198.51.100.9 > 203.0.113.1 udp/500") == "may"
