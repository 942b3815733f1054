"""Panorama: device groups and their order, objects of the nearest level, templates and variables, pushed policy."""

from __future__ import annotations

import pytest

from tests.parsers.panos_run import decided_by, doubts, goes, read, reasons, rule
from zoneguard.model.addresses import format_prefix
from zoneguard.model.device import Concern, Device, Filter, Rule

TEMPLATE = """set template T config devices localhost.localdomain vsys vsys1 zone in network layer3 ethernet1/1
set template T config devices localhost.localdomain vsys vsys1 zone out network layer3 ethernet1/2
set template T config devices localhost.localdomain vsys vsys1 import network interface [ ethernet1/1 ethernet1/2 ]
set template T config devices localhost.localdomain network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24
set template T config devices localhost.localdomain network interface ethernet ethernet1/2 layer3 ip 10.2.0.1/24
set template T config devices localhost.localdomain network virtual-router vr interface [ ethernet1/1 ethernet1/2 ]
set template-stack S templates T
set template-stack S devices [ 001 002 ]
set device-group PARENT description "all of the town"
set device-group CHILD devices 001
set device-group CHILD parent-dg PARENT
set device-group OTHER devices 002
"""
PACKET = "10.1.0.5 > 10.2.0.5 tcp/80"


def devices(*parts: str, base: str = TEMPLATE) -> dict[str, Device]:
    return {d.name: d for d in read("\n".join((base.strip(), *parts))).devices}


def permit(name: str, place: str, **words: str) -> str:
    given = {"application": "any", "action": "allow", "from_": "any", "to": "any"}
    return rule(name, f"{place} security rules", **(given | words))


def order(found: Device) -> list[str]:
    (stage,) = [s for s in found.vrfs[0].stages if isinstance(s, Filter)]
    return [r.name for r in stage.rules.rules if isinstance(r, Rule)][1:]


def test_rules_come_from_the_top_down_and_back_again() -> None:
    """Vendor note: Panorama pre/post rules ("Device Group Policies"): shared pre-rules, those of device groups from the
    topmost down, the firewall's own, post-rules from the lowest up, shared post-rules, default rules."""
    found = devices(
        permit("post-child", "device-group CHILD post-rulebase"),
        permit("pre-child", "device-group CHILD pre-rulebase"),
        permit("pre-parent", "device-group PARENT pre-rulebase"),
        permit("post-parent", "device-group PARENT post-rulebase"),
        permit("pre-shared", "shared pre-rulebase"),
        permit("post-shared", "shared post-rulebase"),
        permit("pre-other", "device-group OTHER pre-rulebase"),
    )
    own = ["rules of the firewall's own"] * 2
    last = ["intrazone-default", "interzone-default"]
    assert order(found["fw:001"]) == [
        "pre-shared", "pre-parent", "pre-child", *own, "post-child", "post-parent", "post-shared", *last
    ]  # fmt: skip
    assert order(found["fw:002"]) == ["pre-shared", "pre-other", *own, "post-shared", *last]


def test_what_pre_rules_decide_is_decided_and_the_rest_depends_on_the_firewalls_own_rules() -> None:
    found = devices(
        permit("pre", "device-group CHILD pre-rulebase", destination="10.2.0.5"),
        permit("post", "device-group CHILD post-rulebase"),
    )["fw:001"]
    assert goes(found, "ethernet1/1", PACKET, "vr") == "ethernet1/2"
    assert decided_by(found, "ethernet1/1", PACKET, "vr") == "pre"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.2.0.6 tcp/80", "vr") == "may"
    assert "firewall's own" in doubts(found, "ethernet1/1", "10.1.0.5 > 10.2.0.6 tcp/80", "vr")
    assert [(u.concern, u.bounded) for u in found.uncertain] == [(Concern.NAT, False)]  # its own NAT rules


def test_the_parent_that_panorama_keeps_in_its_own_part() -> None:
    kept = TEMPLATE.replace(
        "set device-group CHILD parent-dg PARENT",
        "set readonly devices localhost.localdomain device-group CHILD parent-dg PARENT",
    )
    assert "parent" in order(devices(permit("parent", "device-group PARENT pre-rulebase"), base=kept)["fw:001"])


def test_device_groups_that_are_their_own_parents_end() -> None:
    looped = devices("set device-group PARENT parent-dg CHILD", permit("p", "device-group PARENT pre-rulebase"))
    assert order(looped["fw:001"]).count("p") == 1


def test_objects_of_the_nearest_level() -> None:
    found = devices(
        "set shared address host ip-netmask 10.2.0.1",
        "set device-group PARENT address host ip-netmask 10.2.0.4",
        "set device-group CHILD address host ip-netmask 10.2.0.5",
        "set device-group PARENT service web protocol tcp port 80",
        permit("pre", "device-group PARENT pre-rulebase", destination="host", service="web"),
        permit("no", "shared pre-rulebase", source="10.1.0.99", action="deny"),
        permit("rest", "device-group CHILD pre-rulebase", action="deny"),
    )["fw:001"]
    assert goes(found, "ethernet1/1", PACKET, "vr") == "ethernet1/2"
    assert goes(found, "ethernet1/1", "10.1.0.5 > 10.2.0.4 tcp/80", "vr") == "deny"


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("target devices 001", {"fw:001"}),
        ("target devices [ 002 ]", {"fw:002"}),
        ("target negate yes", {"fw:001", "fw:002"}),
        ("", {"fw:001", "fw:002"}),
    ],
)
def test_rules_for_some_firewalls_only(target: str, names: set[str]) -> None:
    text = permit("t", "shared pre-rulebase")
    if target:
        text += f'\nset shared pre-rulebase security rules "t" {target}'
    found = devices(text)
    assert {name for name, d in found.items() if goes(d, "ethernet1/1", PACKET, "vr") == "ethernet1/2"} == names
    negated = devices(text, 'set shared pre-rulebase security rules "t" target negate yes')
    if "devices" in target:
        expected = {"fw:001", "fw:002"} - names
        assert {n for n, d in negated.items() if goes(d, "ethernet1/1", PACKET, "vr") == "ethernet1/2"} == expected


def test_the_uppermost_template_of_the_stack_decides() -> None:
    """ "Templates and Template Stacks"."""
    found = devices(
        "set template U config network interface ethernet ethernet1/1 layer3 ip 10.9.0.1/24",
        "set template-stack S config network interface ethernet ethernet1/2 layer3 ip $outer",
        "set template T variable $outer type ip-netmask 10.8.0.1/24",
        base=TEMPLATE.replace("set template-stack S templates T", "set template-stack S templates [ U T ]"),
    )["fw:001"]
    addresses = {i.name: [format_prefix(a.address, a.length) for a in i.addresses] for i in found.interfaces}
    assert addresses == {"ethernet1/1": ["10.9.0.1/24"], "ethernet1/2": ["10.8.0.1/24"]}


def test_a_single_firewall_keeps_the_name_of_the_project() -> None:
    one = TEMPLATE.replace("[ 001 002 ]", "001").replace("set device-group OTHER devices 002\n", "")
    assert list(devices(base=one)) == ["fw"]


def test_a_firewall_without_a_template_is_a_part_of_a_configuration() -> None:
    (found,) = read("set device-group G devices 001\n" + permit("p", "device-group G pre-rulebase")).devices
    assert {u.concern for u in found.uncertain} == {Concern.INTERFACE, Concern.ROUTING, Concern.NAT}


def test_device_groups_that_no_firewall_uses_are_ignored() -> None:
    parsed = read(TEMPLATE + permit("x", "device-group NOBODY pre-rulebase", source_user="mayor"))
    assert "a device group or template that no firewall of this file uses" in parsed.account.ignored
    assert all("mayor" not in m.text for m in parsed.account.not_understood)


PUSHED = """policy {
  panorama {
    pre-rulebase { security { rules { pushed {
      from any; to any; source any; destination [ web 10.2.0.7 ]; application any; service any; action deny;
    } } } }
    post-rulebase { security { rules { last { from any; to any; source any; destination any; application any;
      service any; action allow; } } } }
    address { web { ip-netmask 10.2.0.5; } }
  }
}
config { devices { localhost.localdomain {
  network { interface { ethernet { ethernet1/1 { layer3 { ip { 10.1.0.1/24; } } }
    ethernet1/2 { layer3 { ip { 10.2.0.1/24; } } } } }
    virtual-router { vr { interface [ ethernet1/1 ethernet1/2 ]; } } }
  vsys { vsys1 {
    zone { in { network { layer3 ethernet1/1; } } out { network { layer3 ethernet1/2; } } }
    rulebase { security { rules { own { from in; to out; source any; destination 10.2.0.6; application any;
      service any; action deny; } } } }
  } }
} } }
"""


def test_a_firewall_with_the_policy_that_a_panorama_pushed() -> None:
    parsed = read(PUSHED)
    (found,) = parsed.devices
    assert not parsed.account.not_understood, reasons(parsed)
    assert order(found) == ["pushed", "own", "last", "intrazone-default", "interzone-default"]
    for last, rule_name in (("5", "pushed"), ("7", "pushed"), ("6", "own"), ("8", "last")):
        assert decided_by(found, "ethernet1/1", f"10.1.0.5 > 10.2.0.{last} tcp/80", "vr") == rule_name


def test_a_panorama_that_holds_too_much_is_read_in_part_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("zoneguard.parsers.panos.MAX_WORK", 150)
    first, second = devices(permit("p", "shared pre-rulebase")).values()
    assert first.vrfs
    assert not second.vrfs
    assert [u.concern for u in second.uncertain] == [Concern.FILTER]
    assert {u.concern for u in first.uncertain} == {Concern.FILTER, Concern.NAT}
