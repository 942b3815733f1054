"""FortiGate policies: order, what they ask, zones, and what they make of packets that a VIP translated."""

from __future__ import annotations

import pytest

from tests.parsers.fortios_run import (
    INTERFACES,
    ROUTES,
    decided_by,
    entry,
    firewall,
    goes,
    header,
    policies,
    policy,
    read,
    result,
    rules,
    table,
)
from zoneguard.model.device import Concern, Deny, Filter
from zoneguard.static.trace import Outcome

WEB = "10.1.0.5 > 192.0.2.1 tcp/80"


def test_order_is_that_of_the_table_not_of_the_numbers() -> None:
    found = firewall(policies(policy(9, action="deny", service="HTTP"), policy(1)))
    assert goes(found, "lan", WEB) == "deny"
    assert decided_by(found, "lan", WEB) == "policy 9"
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/443") == "wan"


def test_defaults_deny_and_are_in_force() -> None:
    found = firewall(policies(policy(1, action=""), policy(2)))
    assert goes(found, "lan", WEB) == "deny"
    off = firewall(policies(policy(1, action="", status="disable"), policy(2)))
    assert goes(off, "lan", WEB) == "wan"
    assert [r.enabled for r in rules(off)] == [False, True]


def test_names_comments_and_spans_are_evidence() -> None:
    found = firewall(policies(policy(7, 'set comments "by ticket 12"', name='"web out"')))
    (rule,) = rules(found)
    assert (rule.name, rule.comment) == ("policy 7 (web out)", "by ticket 12")
    assert rule.span.last - rule.span.first == 10


def test_the_implicit_deny_stands_at_the_end_of_the_table() -> None:
    text = header("7.2.8") + INTERFACES + ROUTES + policies(policy(1, srcintf="dmz"))
    parsed = read(text)
    (stage,) = [s for s in parsed.devices[0].vrfs[0].stages if isinstance(s, Filter)]
    assert isinstance(stage.rules.default, Deny)
    assert stage.rules.span.first == parsed.account.total
    assert goes(parsed.devices[0], "lan", WEB) == "deny"


def test_sessions_have_their_answers_but_nobody_else() -> None:
    found = firewall(policies(policy(1)))
    (stage,) = [s for s in found.vrfs[0].stages if isinstance(s, Filter)]
    assert stage.stateful
    assert goes(found, "wan", "192.0.2.1 > 10.1.0.5 tcp/80") == "deny"


def test_a_denied_sender_may_be_told() -> None:
    (way,) = result(firewall(policies(policy(1, "set send-deny-packet enable", action="deny"))), "lan", WEB).may
    assert (way.outcome, way.reject) == (Outcome.DENY, True)


def test_interfaces_by_name_any_and_undefined() -> None:
    found = firewall(policies(policy(1, srcintf="lan dmz"), policy(2, srcintf="any", dstintf="dmz")))
    assert goes(found, "dmz", "10.2.0.5 > 192.0.2.1 tcp/80") == "wan"
    assert goes(found, "lan", "10.1.0.5 > 10.2.0.5 tcp/80") == "dmz"
    assert goes(found, "dmz", "10.2.0.5 > 10.2.0.77 tcp/80") == "dmz"  # in and out by one interface is asked too
    parsed = read(header("7.2.8") + INTERFACES + ROUTES + policies(policy(1, srcintf="port99")))
    assert [m.reason for m in parsed.account.not_understood] == ['the interface "port99" is not defined in this file']
    assert goes(parsed.devices[0], "lan", WEB) == "may"


@pytest.mark.parametrize(
    "line",
    [
        'set groups "staff"',
        'set users "yamada"',
        'set fsso-groups "CN=STAFF"',
        "set ztna-status enable",
        "set tos 0xb8",
        "set src-vendor-mac 12",
        "set policy-expiry enable",
        "set internet-service-src enable",
        "set internet-service enable",
        "set reputation-minimum 3",
        "set something-of-8.0 enable",
    ],
)
def test_conditions_that_the_file_cannot_decide_leave_it_open(line: str) -> None:
    found = firewall(policies(policy(1, line), policy(2, action="deny")))
    assert goes(found, "lan", WEB) == "may"
    assert not found.uncertain
    parsed = read(header("7.2.8") + INTERFACES + policies(policy(1, line)))
    assert [(m.text, m.bounded) for m in parsed.account.not_understood] == [(line, True)]


@pytest.mark.parametrize(
    "line",
    [
        "set logtraffic all", "set utm-status enable", 'set av-profile "default"', 'set ips-sensor "default"',
        "set inspection-mode proxy", "set capture-packet enable", "set auto-asic-offload disable", "set uuid 1-2",
        'set traffic-shaper "high"', "set tos 0x00", "set internet-service disable", "set session-ttl 600",
        'set application-list "default"', "set tcp-mss-sender 1380", 'set global-label "区分"', "set dsri enable",
    ],
)  # fmt: skip
def test_settings_that_cannot_change_who_may_open_a_session(line: str) -> None:
    parsed = read(header("7.2.8") + INTERFACES + ROUTES + policies(policy(1, line)))
    assert not parsed.account.not_understood
    assert goes(parsed.devices[0], "lan", WEB) == "wan"


@pytest.mark.parametrize("line", ["set permit-any-host enable", "set nat46 enable", "set pcp-inbound enable"])
def test_settings_that_let_more_pass_than_the_policy_says(line: str) -> None:
    found = firewall(policies(policy(1, line)))
    assert [(u.text, u.concern) for u in found.uncertain] == [(line, Concern.FILTER)]


def test_one_unknown_condition_is_one_for_all_policies() -> None:
    found = firewall(policies(policy(1, 'set groups "staff"', action="deny"), policy(2, 'set groups "staff"')))
    assert goes(found, "lan", WEB) == "deny"


@pytest.mark.parametrize(("action", "verdict"), [("ipsec", "may"), ("learn", "wan"), ("isolate", "may")])
def test_other_actions(action: str, verdict: str) -> None:
    found = firewall(policies(policy(1, action=action)))
    assert goes(found, "lan", WEB) == verdict
    # an action that is not known is the last word on its packets, whatever it is
    found = firewall(policies(policy(1, action="isolate"), policy(2)))
    assert goes(found, "lan", WEB) == "may"


SCHEDULES = table(
    "firewall schedule recurring",
    entry("always", "set day sunday monday tuesday wednesday thursday friday saturday"),
    entry("whole", "set day monday tuesday wednesday thursday friday saturday sunday", "set start 00:00"),
    entry("office", "set day monday tuesday", "set start 08:30", "set end 17:15"),
    entry("never"),
)
ONCE = table("firewall schedule onetime", entry("works", "set end 17:00 2026/12/31"))


@pytest.mark.parametrize(
    ("schedule", "verdict"),
    [("always", "wan"), ("whole", "wan"), ("office", "may"), ("works", "may"), ("never", "deny"), ("elsewhere", "may")],
)
def test_schedules(schedule: str, verdict: str) -> None:
    assert goes(firewall(SCHEDULES, ONCE, policies(policy(1, schedule=schedule))), "lan", WEB) == verdict


@pytest.mark.parametrize(("schedule", "verdict"), [("always", "wan"), ("none", "deny")])
def test_factory_schedules(schedule: str, verdict: str) -> None:
    assert goes(firewall(policies(policy(1, schedule=schedule))), "lan", WEB) == verdict


@pytest.mark.parametrize("left_out", ["srcintf", "srcaddr", "dstaddr", "service"])
def test_a_policy_that_lacks_a_part_is_open(left_out: str) -> None:
    found = firewall(policies(policy(1, **{left_out: ""})))
    assert goes(found, "lan", WEB) == "may"


ZONES = table("system zone", entry("inside", "set interface lan dmz"), entry("outside", "set interface wan"))


def test_zones_stand_for_their_members() -> None:
    found = firewall(ZONES, policies(policy(1, srcintf="inside", dstintf="outside")))
    assert goes(found, "dmz", "10.2.0.5 > 192.0.2.1 tcp/80") == "wan"
    assert {i.name: i.zone for i in found.interfaces} == {"lan": "inside", "dmz": "inside", "wan": "outside", "six": ""}


INSIDE = "10.1.0.5 > 10.2.0.5 tcp/445"


def test_traffic_inside_a_zone_is_denied_unless_allowed() -> None:
    """CIS FortiGate benchmark 2.1.x and the administration guide: intra-zone traffic is blocked by default."""
    assert goes(firewall(ZONES, policies()), "lan", INSIDE) == "deny"
    allowed = firewall(ZONES.replace("set interface lan", "set intrazone allow\n        set interface lan"), policies())
    assert goes(allowed, "lan", INSIDE) == "dmz"
    assert decided_by(allowed, "lan", INSIDE) == "zone inside (intrazone allow)"
    assert goes(allowed, "lan", WEB) == "deny"


def test_policies_go_before_the_zones_own_permission() -> None:
    """Knowledge base 264457: an explicit deny takes traffic that ``intrazone allow`` would let pass."""
    allow = ZONES.replace("set interface lan", "set intrazone allow\n        set interface lan")
    found = firewall(allow, policies(policy(999, srcintf="any", dstintf="any", action="deny")))
    assert decided_by(found, "lan", INSIDE) == "policy 999"
    found = firewall(ZONES, policies(policy(1, srcintf="inside", dstintf="inside", service="SMB")))
    assert goes(found, "lan", INSIDE) == "dmz"


@pytest.mark.parametrize(("version", "verdict"), [("7.4.4", "dmz"), ("7.4.3", "deny"), ("6.4.4", "deny")])
def test_a_zone_of_one_interface_allows_since_7_4_4(version: str, verdict: str) -> None:
    """Knowledge base 279733."""
    zone = table("system zone", entry("alone", "set intrazone allow", "set interface dmz"))
    assert goes(firewall(zone, policies(), version=version), "dmz", "10.2.0.5 > 10.2.0.9 tcp/22") == verdict


def test_zones_that_a_device_would_refuse_are_diagnosed() -> None:
    zones = table("system zone", entry("a", "set interface lan"), entry("b", "set interface lan"), entry("dmz"))
    found = firewall(zones, policies())
    assert [u.reason for u in found.uncertain] == [
        'the interface "lan" is in the zones "a" and "b"',
        "a zone and an interface have this name",
    ]


VIP = table(
    "firewall vip",
    entry("web", "set extip 203.0.113.80", 'set mappedip "10.2.0.80"', 'set extintf "wan"'),
)
IN = "198.51.100.7 > 203.0.113.80 tcp/443"


def inbound(number: int, *lines: str, **words: str) -> str:
    return policy(number, *lines, **({"srcintf": "wan", "dstintf": "dmz"} | words))


def test_a_policy_for_all_does_not_take_what_a_vip_translated() -> None:
    """Study guide: VIPs and firewall addresses are stored apart; a policy that accepts cannot have match-vip."""
    for destination in ("all", "server"):
        objects = table("firewall address", entry("server", "set subnet 10.2.0.80/32"))
        accepting = inbound(1, dstaddr=destination)
        found = firewall(objects, VIP, policies(accepting, inbound(2, dstaddr="web", service="HTTP")))
        assert goes(found, "wan", IN) == "deny", destination
        assert goes(found, "wan", "198.51.100.7 > 203.0.113.80 tcp/80") == "dmz"
        assert goes(found, "wan", "198.51.100.7 > 10.2.0.80 tcp/443") == "dmz", "not translated: it is a plain packet"


@pytest.mark.parametrize(
    ("version", "line", "verdict"),
    [
        ("6.4.4", "", "dmz"),  # off by default: the deny above the VIP's policy is passed over
        ("7.2.2", "", "dmz"),
        ("7.2.3", "", "may"),  # the sources differ
        ("7.2.4", "", "deny"),  # on by default
        ("7.6.1", "", "deny"),
        ("6.4.4", "set match-vip enable", "deny"),
        ("7.6.1", "set match-vip disable", "dmz"),
    ],
)
def test_a_deny_above_a_vip_depends_on_match_vip(version: str, line: str, verdict: str) -> None:
    """Knowledge base, "DENY policy for Virtual IP firewall policy"."""
    deny = inbound(1, *([line] if line else []), action="deny")
    found = firewall(VIP, policies(deny, inbound(2, dstaddr="web")), version=version)
    assert goes(found, "wan", IN) == verdict


def test_without_a_version_match_vip_is_open() -> None:
    text = INTERFACES + ROUTES + VIP + "\n" + policies(inbound(1, action="deny"), inbound(2, dstaddr="web"))
    (found,) = read(text).devices
    assert goes(found, "wan", IN) == "may"


def test_a_deny_for_an_address_may_mean_either_side_of_the_vip() -> None:
    objects = table(
        "firewall address", entry("inner", "set subnet 10.2.0.80/32"), entry("outer", "set subnet 203.0.113.80/32"),
        entry("else", "set subnet 10.9.0.0/16"),
    )  # fmt: skip
    for name, verdict in (
        ("inner", "may"),
        ("outer", "may"),
        ("inner outer", "deny"),
        ("else", "dmz"),
        ("all", "deny"),
    ):
        deny = inbound(1, action="deny", dstaddr=name)
        assert goes(firewall(objects, VIP, policies(deny, inbound(2, dstaddr="web"))), "wan", IN) == verdict, name


@pytest.mark.parametrize(("version", "verdict"), [("6.2.3", "dmz"), ("7.2.8", "may")])
def test_an_accept_with_match_vip_is_from_before_6_4_3(version: str, verdict: str) -> None:
    """Release notes 6.4.8, "Enabling match-vip in firewall policies"."""
    found = firewall(VIP, policies(inbound(1, "set match-vip enable"), inbound(2, dstaddr="web", service="NONE")),
                     version=version)  # fmt: skip
    assert goes(found, "wan", IN) == verdict


def test_a_deny_that_names_the_vip_takes_its_packets() -> None:
    found = firewall(
        VIP, policies(inbound(1, action="deny", dstaddr="web"), inbound(2, dstaddr="web")), version="6.4.4"
    )
    assert goes(found, "wan", IN) == "deny"


def test_match_vip_only_takes_nothing_else() -> None:
    lines = ("set match-vip enable", "set match-vip-only enable")
    found = firewall(VIP, policies(inbound(1, *lines, action="deny"), inbound(2, dstaddr="web all")))
    assert goes(found, "wan", IN) == "deny"
    assert goes(found, "wan", "198.51.100.7 > 10.2.0.9 tcp/443") == "dmz"


def test_services_mean_the_ports_after_translation() -> None:
    """Knowledge base 355966."""
    vip = VIP.replace(
        '"wan"', '"wan"\n        set portforward enable\n        set extport 8443\n        set mappedport 443'
    )
    packet = "198.51.100.7 > 203.0.113.80 tcp/8443"
    assert goes(firewall(vip, policies(inbound(1, dstaddr="web", service="HTTPS"))), "wan", packet) == "dmz"
    outer = table("firewall service custom", entry("outer", "set tcp-portrange 8443"))
    assert goes(firewall(vip, outer, policies(inbound(1, dstaddr="web", service="outer"))), "wan", packet) == "deny"


def test_ngfw_policy_mode_asks_two_lists() -> None:
    mode = table("system settings", "    set ngfw-mode policy-based")
    security = table("firewall security-policy", policy(1, service="HTTP"), policy(2, "set application 15832"))
    found = firewall(mode, security, policies(policy(1, action="")))
    assert goes(found, "lan", WEB) == "wan"
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/443") == "may"
    assert goes(firewall(mode, security), "lan", WEB) == "deny"
    unused = firewall(security, policies(policy(1)))
    assert goes(unused, "lan", "10.1.0.5 > 192.0.2.1 tcp/22") == "wan"


def test_access_lists_drop_before_the_policies() -> None:
    acl = table(
        "firewall acl", entry("1", "set interface lan", "set srcaddr all", "set dstaddr all", "set service SSH")
    )
    found = firewall(acl, policies(policy(1)))
    assert goes(found, "lan", "10.1.0.5 > 192.0.2.1 tcp/22") == "deny"
    assert goes(found, "lan", WEB) == "wan"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("config system settings\n    set opmode transparent\nend", "a transparent VDOM forwards"),
        ("config system settings\n    set asymroute enable\nend", "with asymmetric routing"),
        (
            "config firewall proxy-policy\n    edit 1\n        set proxy explicit-web\n    next\nend",
            "proxy policies relay",
        ),
        ("config web-proxy explicit\n    set status enable\nend", "an explicit proxy relays"),
    ],
)
def test_what_lets_sessions_pass_beside_the_policies_is_uncertain(text: str, reason: str) -> None:
    (uncertain,) = firewall(text, policies(policy(1))).uncertain
    assert uncertain.reason.startswith(reason)
    assert uncertain.concern is Concern.FILTER


@pytest.mark.parametrize(
    "text",
    [
        "config firewall multicast-policy\n    edit 1\n        set srcintf any\n    next\nend",
        "config firewall DoS-policy\n    edit 1\n        set interface wan\n    next\nend",
        "config web-proxy explicit\n    set status disable\nend",
        "config system settings\n    set asymroute disable\n    set gui-ips enable\nend",
    ],
)
def test_what_opens_nothing_is_ignored_for_a_reason(text: str) -> None:
    parsed = read(header("7.2.8") + INTERFACES + text + "\n" + policies(policy(1)))
    assert not parsed.account.not_understood
