"""Rule lists run packet by packet over a world so small that every packet can be tried: truth for the rule analysis.

A ``Case`` is one packet with the interface by which it came and an outcome for every undecided condition. The values of
the fields stand for all others: conditions ask for 0 and 1, and 2 is any other value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product

from hypothesis import strategies as st

from zoneguard.model.device import (
    Action,
    Continue,
    Deny,
    Device,
    Filter,
    Interface,
    Jump,
    Permit,
    Return,
    Routing,
    Rule,
    RuleList,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, AnyOf, Field, In, Ingress, Match, Not, Unknown, both
from zoneguard.model.spans import SourceSpan

VALUES = (0, 1, 2)
FIELDS = (Field.SRC, Field.DPORT)
INTERFACES = ("eth0", "eth1")
KEYS = ("hours", "country")
TCP = 6


@dataclass(frozen=True)
class Case:
    src: int
    dport: int
    ingress: str
    holds: tuple[str, ...]


CASES = [
    Case(src, dport, name, tuple(k for k, yes in zip(KEYS, outcomes, strict=True) if yes))
    for src, dport, name, outcomes in product(VALUES, VALUES, INTERFACES, product((False, True), repeat=len(KEYS)))
]


def holds(asked: Match, case: Case) -> bool:
    match asked:
        case In(Field.PROTO, values):
            return TCP in values
        case In(field, values):
            return (case.src if field is Field.SRC else case.dport) in values
        case Ingress(names):
            return case.ingress in names
        case Unknown(key):
            return key in case.holds
        case All(parts):
            return all(holds(part, case) for part in parts)
        case AnyOf(parts):
            return any(holds(part, case) for part in parts)
        case Not(part):
            return not holds(part, case)
    raise AssertionError(asked)


Place = tuple[str, int]


@dataclass(frozen=True)
class Run:
    """What a list does: ``permit``, ``deny``, ``reject`` or ``back``, and the rules that matched on the way."""

    result: str
    matched: tuple[Place, ...]


def run(rules: RuleList, lists: Mapping[str, RuleList], case: Case, line: int | None = None) -> Run:
    """The list on one case; only its rule ``line``, where that is given."""
    matched: list[Place] = []
    for number, rule in enumerate(rules.rules):
        assert isinstance(rule, Rule)
        if line not in (None, number):
            continue
        if not holds(rule.match, case):
            continue
        matched.append((rules.name, number))
        match rule.action:
            case Permit():
                return Run("permit", tuple(matched))
            case Deny(reject):
                return Run("reject" if reject else "deny", tuple(matched))
            case Return():
                return Run("back", tuple(matched))
            case Jump(target, goto):
                below = run(lists[target], lists, case)
                matched += below.matched
                if below.result != "back" or goto:
                    return Run(below.result, tuple(matched))
    end = "permit" if isinstance(rules.default, Permit) else "deny" if isinstance(rules.default, Deny) else "back"
    return Run(end if line is None else "on", tuple(matched))


def without(rules: RuleList, number: int) -> RuleList:
    return replace(rules, rules=(*rules.rules[:number], *rules.rules[number + 1 :]))


@st.composite
def matches(draw: st.DrawFn, unknowns: bool) -> Match:
    parts: list[Match] = []
    for field in FIELDS:
        if draw(st.booleans()):
            asked: Match = In(field, Intervals.of(*draw(st.sets(st.sampled_from((0, 1)), min_size=1))))
            parts.append(Not(asked) if draw(st.integers(0, 3)) == 0 else asked)
    if draw(st.integers(0, 3)) == 0:
        parts.append(Ingress(frozenset({draw(st.sampled_from(INTERFACES))})))
    if unknowns and draw(st.integers(0, 3)) == 0:
        parts.append(Unknown(draw(st.sampled_from(KEYS)), SourceSpan("unknown", 1, 1)))
    return AnyOf(tuple(parts)) if draw(st.integers(0, 5)) == 0 else All(tuple(parts))


@st.composite
def worlds(draw: st.DrawFn, unknowns: bool = True) -> Device:
    """A device with one filter, whose list may call two others."""
    line = 0
    lists: dict[str, RuleList] = {}
    for name, most, targets in (("inner", 3, ()), ("outer", 3, ("inner",)), ("main", 6, ("inner", "outer"))):
        rules = []
        for _ in range(draw(st.integers(0, most))):
            line += 1
            actions: list[Action] = [Permit(), Permit(), Deny(), Deny(), Deny(reject=True), Return(), Continue()]
            actions.extend(Jump(target, goto) for target in targets for goto in (False, False, True))
            # TCP: a port is asked of packets that have one, so that its negation holds of the world's others only
            match = both(In(Field.PROTO, Intervals.of(TCP)), draw(matches(unknowns)))
            rules.append(Rule(match, draw(st.sampled_from(actions)), SourceSpan("made", line, line)))
        default: Action = Return()
        if name == "main":
            default = Deny() if draw(st.booleans()) else Permit()
        lists[name] = RuleList(name, tuple(rules), default, SourceSpan("made", 99, 99))
    span = SourceSpan("made", 1, 99)
    main = lists.pop("main")
    stages = (Routing(), Filter(main))
    vrf = Vrf("main", frozenset(INTERFACES), (), stages, lists=lists)
    return Device("fw", "generated", tuple(Interface(name, span) for name in INTERFACES), (vrf,), span)


def main_list(device: Device) -> RuleList:
    stage = device.vrfs[0].stages[1]
    assert isinstance(stage, Filter)
    return stage.rules


def arriving(device: Device, name: str) -> Iterator[Case]:
    """The cases that come to a list, maybe more than once."""
    main, lists = main_list(device), device.vrfs[0].lists
    for case in CASES:
        if name == main.name:
            yield case
            continue
        everyone = {main.name: main, **lists}
        actions = [everyone[at].rules[n].action for at, n in run(main, lists, case).matched]  # type: ignore[union-attr]
        if any(isinstance(action, Jump) and action.target == name for action in actions):
            yield case
