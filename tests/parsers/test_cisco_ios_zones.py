"""IOS: the zone-based policy firewall, held to what Cisco's guides say of zones, pairs and the zone ``self``."""

from __future__ import annotations

import pytest

from tests.parsers.cisco_run import DMZ, LAN, SYNACK, WAN, becomes, ends, goes, router
from zoneguard.model.match import ConnState

ZONES = "zone security IN\nzone security DMZ\nzone security OUT"
MEMBERS = {
    "lan": "zone-member security IN",
    "dmz": "zone-member security DMZ",
    "wan": "zone-member security OUT",
}
WEB, MAIL = "10.1.0.5 > 198.51.100.1 tcp/80", "10.1.0.5 > 198.51.100.1 tcp/25"
ANSWER = "198.51.100.1 > 10.1.0.5 tcp/50000"


def class_map(name: str, *matches: str, kind: str = "match-any") -> str:
    return "\n ".join([f"class-map type inspect {kind} {name}", *(f"match {m}" for m in matches)])


def policy(name: str, *classes: tuple[str, str], default: str = "drop") -> str:
    parts = [f" class type inspect {c}\n  {action}" for c, action in classes]
    return "\n".join([f"policy-map type inspect {name}", *parts, f" class class-default\n  {default}"])


def pair(source: str, destination: str, name: str = "") -> str:
    body = f"\n service-policy type inspect {name}" if name else ""
    return f"zone-pair security {source}-{destination} source {source} destination {destination}{body}"


WEB_ONLY = (
    class_map("WEB", "protocol http", "protocol https"),
    policy("P", ("WEB", "inspect")),
    pair("IN", "OUT", "P"),
)


def test_nothing_passes_between_zones_but_by_a_policy() -> None:
    found = router(ZONES, *WEB_ONLY, **MEMBERS)
    assert goes(found, LAN, WEB) == WAN
    assert goes(found, LAN, MAIL) == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == "deny"  # no pair at all
    assert goes(found, WAN, "198.51.100.1 > 10.1.0.5 tcp/80") == "deny"  # the pair has a direction


def test_inspection_lets_answers_back() -> None:
    found = router(ZONES, *WEB_ONLY, **MEMBERS)
    known = ConnState.ESTABLISHED
    assert goes(found, WAN, ANSWER, sport=80, state=known, flags=SYNACK) == LAN
    assert goes(found, WAN, ANSWER, sport=25, state=known, flags=SYNACK) == "deny"
    assert goes(found, WAN, ANSWER, sport=80) == "deny"


def test_pass_is_one_way() -> None:
    found = router(
        ZONES, class_map("ALL", "protocol tcp"), policy("P", ("ALL", "pass")), pair("IN", "OUT", "P"), **MEMBERS
    )
    assert goes(found, LAN, WEB) == WAN
    assert goes(found, WAN, ANSWER, state=ConnState.ESTABLISHED, flags=SYNACK) == "deny"


def test_classes_are_asked_in_order() -> None:
    classes = class_map("HTTP", "protocol http"), class_map("TCP", "protocol tcp")
    rules = policy("P", ("HTTP", "drop log"), ("TCP", "inspect"), default="pass")
    found = router(ZONES, *classes, rules, pair("IN", "OUT", "P"), **MEMBERS)
    assert goes(found, LAN, WEB) == "deny"
    assert goes(found, LAN, MAIL) == WAN
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 udp/53") == WAN


def test_a_pair_without_a_policy_drops() -> None:
    assert goes(router(ZONES, pair("IN", "OUT"), **MEMBERS), LAN, WEB) == "deny"


def test_within_a_zone_everything_passes() -> None:
    found = router(ZONES, **(MEMBERS | {"dmz": "zone-member security IN"}))
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == DMZ


def test_a_pair_of_a_zone_with_itself_limits_what_passes_within() -> None:
    found = router(
        ZONES, class_map("WEB", "protocol http"), policy("P", ("WEB", "inspect")), pair("IN", "IN", "P"),
        **(MEMBERS | {"dmz": "zone-member security IN"}),
    )  # fmt: skip
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == DMZ
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/25") == "deny"


def test_nothing_passes_between_a_zone_and_an_interface_in_none() -> None:
    found = router(ZONES, *WEB_ONLY, **(MEMBERS | {"dmz": ""}))
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == "deny"
    assert goes(found, DMZ, "10.2.0.5 > 10.1.0.5 tcp/80") == "deny"


def test_interfaces_in_no_zone_forward_to_each_other() -> None:
    found = router(ZONES, wan="zone-member security OUT")
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/80") == DMZ


def test_the_zone_default_holds_what_is_in_no_zone() -> None:
    rules = class_map("WEB", "protocol http"), policy("P", ("WEB", "inspect")), pair("default", "OUT", "P")
    found = router(ZONES, "zone security default", *rules, wan="zone-member security OUT")
    assert goes(found, LAN, WEB) == WAN
    assert goes(found, LAN, MAIL) == "deny"
    assert goes(found, LAN, "10.1.0.5 > 10.2.0.5 tcp/25") == DMZ


def test_the_router_answers_everything_unless_a_pair_with_self_has_a_policy() -> None:
    ssh = "198.51.100.1 > 203.0.113.1 tcp/22"
    assert goes(router(ZONES, **MEMBERS), WAN, ssh) == "local"
    assert goes(router(ZONES, pair("OUT", "self"), **MEMBERS), WAN, ssh) == "local"
    rules = class_map("PING", "protocol icmp"), policy("P", ("PING", "inspect")), pair("OUT", "self", "P")
    found = router(ZONES, *rules, **MEMBERS)
    assert goes(found, WAN, ssh) == "deny"
    assert goes(found, WAN, "198.51.100.1 > 203.0.113.1 icmp/8") == "local"
    assert goes(found, LAN, "10.1.0.5 > 10.1.0.1 tcp/22") == "local"


def test_all_conditions_or_any() -> None:
    rule = "ip access-list extended HOST\n permit ip host 10.1.0.5 any"
    matches = ("access-group name HOST", "protocol http")
    ends_ = policy("P", ("C", "inspect")), pair("IN", "OUT", "P")
    every = router(ZONES, rule, class_map("C", *matches, kind="match-all"), *ends_, **MEMBERS)
    one = router(ZONES, rule, class_map("C", *matches), *ends_, **MEMBERS)
    assert [goes(f, LAN, MAIL) for f in (every, one)] == ["deny", WAN]
    assert [goes(f, LAN, "10.1.0.6 > 198.51.100.1 tcp/80") for f in (every, one)] == ["deny", WAN]


def test_classes_nest_and_negate() -> None:
    classes = (
        class_map("WEB", "protocol http"),
        class_map("REST", "protocol tcp", "not class-map WEB", kind="match-all"),
    )
    found = router(ZONES, *classes, policy("P", ("REST", "inspect")), pair("IN", "OUT", "P"), **MEMBERS)
    assert goes(found, LAN, WEB) == "deny"
    assert goes(found, LAN, MAIL) == WAN


@pytest.mark.parametrize("match", ["protocol skype", "class-map C", "access-group name NONE", "user-group STAFF"])
def test_what_cannot_be_decided_is_open(match: str) -> None:
    found = router(ZONES, class_map("C", match), policy("P", ("C", "inspect")), pair("IN", "OUT", "P"), **MEMBERS)
    assert ends(found, LAN, WEB) == {WAN, "deny"}


def test_a_policy_that_is_not_defined_is_open() -> None:
    assert ends(router(ZONES, pair("IN", "OUT", "NONE"), **MEMBERS), LAN, WEB) == {WAN, "deny"}


def test_ports_may_be_added_to_an_application() -> None:
    found = router(ZONES, "ip port-map http port tcp 8080", *WEB_ONLY, **MEMBERS)
    assert goes(found, LAN, "10.1.0.5 > 198.51.100.1 tcp/8080") == WAN
    assert goes(found, LAN, WEB) == WAN


def test_policies_see_inside_addresses() -> None:
    rule = "ip access-list extended SERVER\n permit tcp any host 10.2.0.5 eq 80"
    nat = "ip nat inside source static 10.2.0.5 203.0.113.5"
    rules = class_map("C", "access-group name SERVER"), policy("P", ("C", "inspect")), pair("OUT", "DMZ", "P")
    ways = {"dmz": "zone-member security DMZ; ip nat inside", "wan": "zone-member security OUT; ip nat outside"}
    found = router(ZONES, rule, nat, *rules, **(MEMBERS | ways))
    asked = "198.51.100.1 > 203.0.113.5 tcp/80"
    assert goes(found, WAN, asked) == DMZ
    assert becomes(found, WAN, asked) == "198.51.100.1 > 10.2.0.5:80"
