"""Rule analysis against lists that are run packet by packet, and against real removal on both engines."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from tests.static.brute import CASES, Case, arriving, main_list, run, without, worlds
from zoneguard.model.device import Continue, Deny, Device, Filter, NatRule, Permit, Routing, Rule, RuleList, Vrf
from zoneguard.model.match import All, AnyOf, In, Match
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.static.analysis import DEAD, Anomaly, Kind, Merge, analyse
from zoneguard.static.lists import Lists


def spaces() -> tuple[PacketSpace, ...]:
    return PacketSpace(BinaryEngine(1 << 18, 1 << 14)), PacketSpace(IntervalEngine())


def lines(device: Device) -> list[tuple[RuleList, int]]:
    lists = (main_list(device), *device.vrfs[0].lists.values())
    return [(rules, n) for rules in lists for n in range(len(rules.rules))]


def verdicts(device: Device, space: PacketSpace) -> dict[int, Anomaly]:
    return {anomaly.span.first: anomaly for anomaly in analyse(device, space).anomalies}


def rule_at(rules: RuleList, number: int) -> Rule:
    rule = rules.rules[number]
    assert isinstance(rule, Rule)
    return rule


def certain(cases: list[Case]) -> set[tuple[int, int, str]]:
    """The packets that are among ``cases`` whatever the undecided conditions are."""
    packets = [(c.src, c.dport, c.ingress) for c in cases]
    return {p for p in packets if packets.count(p) == 4}


@given(device=worlds())
def test_a_rule_is_dead_if_and_only_if_no_packet_ever_matches_it(device: Device) -> None:
    main, lists = main_list(device), device.vrfs[0].lists
    acted = {place for case in CASES for place in run(main, lists, case).matched}
    for space in spaces():
        found = verdicts(device, space)
        for rules, number in lines(device):
            anomaly = found.get(rule_at(rules, number).span.first)
            dead = anomaly is not None and anomaly.kind in DEAD
            assert dead == ((rules.name, number) not in acted)


@given(device=worlds())
def test_causes_take_all_that_a_hidden_rule_asks_for_and_contradict_it_where_said(device: Device) -> None:
    lists = device.vrfs[0].lists
    found = verdicts(device, spaces()[0])
    by_line = {rule_at(rules, n).span: (rules, n) for rules, n in lines(device)}
    for rules, number in lines(device):
        anomaly = found.get(rule_at(rules, number).span.first)
        if anomaly is None or anomaly.kind not in (Kind.SHADOWED, Kind.CONTRADICTED):
            continue
        asked = [c for c in arriving(device, rules.name) if run(rules, lists, c, number).matched]
        assert asked
        assert anomaly.complete
        taken = [
            {run(*_at(by_line[cause.span], lists), case, by_line[cause.span][1]).result for cause in anomaly.causes}
            for case in asked
        ]
        assert all(results - {"on"} for results in taken)
        before = replace(rules, rules=rules.rules[:number])
        results = {run(before, lists, case).result for case in asked}
        action = rule_at(rules, number).action
        against = {"deny", "reject"} if isinstance(action, Permit) else {"permit"}
        if anomaly.kind is Kind.CONTRADICTED and isinstance(action, Permit | Deny):
            assert results & against
            assert any(cause.opposite for cause in anomaly.causes)
        elif isinstance(action, Permit | Deny) and len(anomaly.causes) > 1:
            assert not results & against
        elif isinstance(action, Permit | Deny):
            assert not taken[0] & against


def _at(place: tuple[RuleList, int], lists: object) -> tuple[RuleList, dict[str, RuleList]]:
    assert isinstance(lists, dict)
    return place[0], lists


@given(device=worlds())
def test_a_rule_is_redundant_if_and_only_if_its_list_does_the_same_without_it(device: Device) -> None:
    lists = device.vrfs[0].lists
    for space in spaces():
        found = verdicts(device, space)
        for rules, number in lines(device):
            anomaly = found.get(rule_at(rules, number).span.first)
            if (anomaly and anomaly.kind in DEAD) or isinstance(rule_at(rules, number).action, Continue):
                continue
            shorter = without(rules, number)
            came = list(arriving(device, rules.name))
            same = [run(rules, lists, case).result == run(shorter, lists, case).result for case in came]
            matched = [case for case in came if (rules.name, number) in run(rules, lists, case).matched]
            decides = any(run(rules, lists, case, number).result != "on" for case in matched)
            redundant = anomaly is not None and anomaly.kind is Kind.REDUNDANT
            if redundant:
                assert all(same)
            elif all(same) and decides:
                assert _denies_in_two_ways(device)


def _denies_in_two_ways(device: Device) -> bool:
    """Where denials differ in their answer, what is the same is not always seen."""
    actions = [rule_at(rules, n).action for rules, n in lines(device)]
    return len({a.reject for a in (*actions, main_list(device).default) if isinstance(a, Deny)}) > 1


@given(device=worlds())
def test_what_depends_on_conditions_is_undetermined(device: Device) -> None:
    main, lists = main_list(device), device.vrfs[0].lists
    found = verdicts(device, spaces()[0])
    for rules, number in lines(device):
        anomaly = found.get(rule_at(rules, number).span.first)
        if anomaly is None or anomaly.kind is not Kind.UNDETERMINED:
            continue
        matched = [c for c in CASES if (rules.name, number) in run(main, lists, c).matched]
        asked = [c for c in arriving(device, rules.name) if run(rules, lists, c, number).matched]
        assert matched
        assert not certain(matched)
        assert certain(asked)
        assert anomaly.unknowns


@given(device=worlds())
def test_dead_and_redundant_rules_can_be_removed_on_both_engines(device: Device) -> None:
    for space in spaces():
        for anomaly in analyse(device, space).anomalies:
            if anomaly.kind in DEAD or anomaly.kind is Kind.REDUNDANT:
                shorter = _removed(device, anomaly)
                for name in ("eth0", "eth1"):
                    assert _permitted(space, device, name) == _permitted(space, shorter, name)


def _removed(device: Device, anomaly: Anomaly) -> Device:
    def cut(rules: RuleList) -> RuleList:
        return replace(rules, rules=tuple(r for r in rules.rules if r.span != anomaly.span))

    vrf = device.vrfs[0]
    lists = {name: cut(rules) for name, rules in vrf.lists.items()}
    stages = (Routing(), Filter(cut(main_list(device))))
    return replace(device, vrfs=(replace(vrf, stages=stages, lists=lists),))


@given(device=worlds(unknowns=False))
def test_lines_that_could_be_one_do_the_same_as_one(device: Device) -> None:
    main, lists = main_list(device), device.vrfs[0].lists
    for merge in analyse(device, spaces()[0]).merges:
        one = replace(device, vrfs=(_merged(device.vrfs[0], merge),))
        for case in CASES:
            assert run(main, lists, case).result == run(main_list(one), one.vrfs[0].lists, case).result, (
                f"{merge} on {case}"
            )


def _merged(vrf: Vrf, merge: Merge) -> Vrf:
    def cut(rules: RuleList) -> RuleList:
        kept: list[Rule | NatRule] = []
        for number, rule in enumerate(rules.rules):
            if rule.span == merge.spans[0]:
                kept.append(replace(rule, match=_put(rule_at(rules, number).match, merge)))
            elif rule.span not in merge.spans:
                kept.append(rule)
        return replace(rules, rules=tuple(kept))

    stage = vrf.stages[1]
    assert isinstance(stage, Filter)
    lists = {name: cut(rules) for name, rules in vrf.lists.items()}
    return replace(vrf, stages=(Routing(), Filter(cut(stage.rules))), lists=lists)


def _put(match: Match, merge: Merge) -> Match:
    """The match with the values of the one rule."""
    if isinstance(match, In) and match.field is merge.field:
        return In(merge.field, merge.values)
    if isinstance(match, All | AnyOf):
        return type(match)(tuple(_put(part, merge) for part in match.parts))
    return match


def _permitted(space: PacketSpace, device: Device, ingress: str) -> object:
    lists = Lists(space, device.vrfs[0].lists)
    return lists.permitted(main_list(device), space.everything, ingress, "eth1")
