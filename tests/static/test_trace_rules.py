"""Rule lists run as netfilter runs chains, and what translation makes of a packet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import SPAN, called_lists, packets, rule_lists, rules
from zoneguard.model.addresses import ALL_V4, parse_address
from zoneguard.model.device import (
    Action,
    Continue,
    Deny,
    EgressAddress,
    IngressAddress,
    Interface,
    InterfaceAddress,
    Jump,
    KeepHost,
    NatRule,
    Permit,
    Return,
    Rewrite,
    Rule,
    RuleList,
    SetField,
    SetTo,
    Shift,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, Field, In, Match
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan
from zoneguard.static._trace_choices import Budget, Script, UndecidableError
from zoneguard.static._trace_packet import Traveller
from zoneguard.static._trace_rules import Decision, RuleRunner

A = parse_address
PACKET = Packet(A("10.0.0.1"), A("10.0.0.9"), 6, 1024, 80, flags=2)
INTERFACES = {
    "eth0": Interface("eth0", SPAN, (InterfaceAddress(A("10.0.0.7"), 29), InterfaceAddress(A("fd00::7"), 125))),
    "eth1": Interface("eth1", SPAN, (InterfaceAddress(A("10.0.1.1"), 24), InterfaceAddress(A("10.0.2.1"), 24))),
    "ppp0": Interface("ppp0", SPAN),
}


def span(line: int) -> SourceSpan:
    return SourceSpan("rules", line, line)


def chain(name: str, *lines: tuple[int, Action] | tuple[int, Action, Match], default: Action | None = None) -> RuleList:
    """Rules by line number; the list's own line is 1000."""
    made = tuple(Rule(line[2] if len(line) == 3 else ALWAYS, line[1], span(line[0])) for line in lines)
    return RuleList(name, made, default or Return(), span(1000))


def start(packet: Packet = PACKET, budget: Budget | None = None) -> Traveller:
    traveller = Traveller(packet, Script((), budget or Budget()))
    traveller.enter("fw", "eth0")
    traveller.egress = "eth1"
    return traveller


def run(top: RuleList, *lists: RuleList, packet: Packet = PACKET) -> tuple[object, Decision]:
    return RuleRunner({c.name: c for c in lists}, INTERFACES).run(start(packet), top)


def lines(decision: Decision) -> list[int]:
    return [s.first for s in (*decision.via, decision.span)]


def test_first_rule_that_matches_decides() -> None:
    top = chain("top", (1, Permit(), NEVER), (2, Deny(True)), (3, Permit()), default=Permit())
    action, decision = run(top)
    assert action == Deny(True)
    assert (decision.kind, lines(decision)) == ("rule", [2])


def test_default_decides_where_no_rule_does() -> None:
    action, decision = run(chain("top", (1, Continue()), default=Deny()))
    assert action == Deny()
    assert (decision.kind, decision.name, lines(decision)) == ("default", "top", [1000])


def test_disabled_rule_is_not_asked() -> None:
    top = RuleList("top", (Rule(ALWAYS, Deny(), span(1), enabled=False),), Permit(), span(1000))
    assert run(top)[0] == Permit()


def test_return_at_the_top_leaves_it_to_the_default() -> None:
    action, decision = run(chain("top", (1, Return()), (2, Permit()), default=Deny()))
    assert action == Deny()
    assert decision.kind == "default"


def test_jumped_list_comes_back_after_the_call() -> None:
    top = chain("top", (1, Jump("a")), (2, Permit()), default=Deny())
    assert lines(run(top, chain("a", (11, Return()), (12, Deny())))[1]) == [2]
    assert lines(run(top, chain("a", (11, Permit())))[1]) == [1, 11]


def test_goto_comes_back_after_the_call_of_its_caller() -> None:
    top = chain("top", (1, Jump("a")), (2, Permit()), default=Deny())
    a = chain("a", (11, Jump("b", goto=True)), (12, Deny()))
    assert lines(run(top, a, chain("b"))[1]) == [2]
    assert lines(run(top, a, chain("b", (21, Return())))[1]) == [2]


def test_goto_from_the_top_leaves_it_to_the_default() -> None:
    top = chain("top", (1, Jump("a", goto=True)), (2, Permit()), default=Deny())
    action, decision = run(top, chain("a"))
    assert action == Deny()
    assert decision.kind == "default"


def test_default_of_a_called_list_decides_if_it_is_a_verdict() -> None:
    top = chain("top", (1, Jump("a")), (2, Permit()), default=Permit())
    assert run(top, chain("a", default=Deny()))[0] == Deny()


def test_default_may_call_a_list() -> None:
    top = chain("top", (1, Jump("a")), (2, Permit()), default=Permit())
    a = chain("a", default=Jump("b"))
    assert lines(run(top, a, chain("b"))[1]) == [2]
    assert run(top, a, chain("b", (21, Deny())))[0] == Deny()


def test_marks_set_on_the_way_are_seen_by_later_rules() -> None:
    marked = In(Field.MARK, Intervals.of(0x13))
    top = chain("top", (1, SetField(Field.MARK, 0x10, 0xFF)), (2, Jump("a")), (3, Permit(), marked), default=Deny())
    a = chain("a", (11, SetField(Field.MARK, 0x3, 0x0)))
    assert lines(run(top, a)[1]) == [3]


@pytest.mark.parametrize("goto", [False, True])
def test_circle_of_lists_is_undecidable(goto: bool) -> None:
    top = chain("top", (1, Jump("a")), default=Permit())
    a, b = chain("a", (11, Jump("b", goto))), chain("b", (21, Jump("a", goto)))
    traveller = start(budget=Budget(10_000))
    with pytest.raises(UndecidableError):
        RuleRunner({"a": a, "b": b}, INTERFACES).run(traveller, top)


def test_circle_of_defaults_is_undecidable() -> None:
    lists = {"a": chain("a", default=Jump("b", True)), "b": chain("b", default=Jump("a"))}
    with pytest.raises(UndecidableError):
        RuleRunner(lists, INTERFACES).run(start(budget=Budget(10_000)), chain("top", (1, Jump("a")), default=Permit()))


def test_lists_that_double_at_each_level_end_by_the_budget() -> None:
    lists = {f"l{n}": chain(f"l{n}", (1, Jump(f"l{n + 1}")), (2, Jump(f"l{n + 1}"))) for n in range(60)}
    lists["l60"] = chain("l60")
    with pytest.raises(UndecidableError) as raised:
        RuleRunner(lists, INTERFACES).run(start(budget=Budget(10_000)), chain("top", (1, Jump("l0")), default=Permit()))
    assert "too long" in str(raised.value.reason)


@pytest.mark.parametrize("default", [Return(), Continue()])
def test_a_top_list_that_decides_nothing_is_undecidable(default: Action) -> None:
    with pytest.raises(UndecidableError):
        run(chain("top", default=default))


def test_a_missing_list_is_undecidable_and_names_the_line() -> None:
    with pytest.raises(UndecidableError) as raised:
        run(chain("top", (7, Jump("nowhere")), default=Permit()))
    assert raised.value.span == span(7)


def recursive(packet: Traveller, rules: RuleList, lists: dict[str, RuleList]) -> Action | None:
    """The verdict of a list by the book: ``None``, it returned to its caller."""
    for rule in rules.rules:
        assert isinstance(rule, Rule)
        if not rule.enabled or not packet.holds(rule.match):
            continue
        if isinstance(rule.action, Jump):
            verdict = recursive(packet, lists[rule.action.target], lists)
            if verdict is not None or rule.action.goto:
                return verdict
        elif isinstance(rule.action, SetField):
            old = packet.packet.mark
            packet.assign(Field.MARK, Intervals.of((old & ~rule.action.mask) ^ rule.action.value))
        elif isinstance(rule.action, Return):
            return None
        elif not isinstance(rule.action, Continue):
            return rule.action
    return None if isinstance(rules.default, Return) else rules.default


@given(st.data(), packets())
def test_lists_run_as_the_book_says(data: st.DataObject, packet: Packet) -> None:
    ports = ("eth0", "eth1")
    lists = data.draw(called_lists(ports))
    top = data.draw(rule_lists("top", Deny(), rules(ports, tuple(lists))))
    expected, found = start(packet), start(packet)
    verdict = recursive(expected, top, lists) or top.default
    action, _ = RuleRunner(lists, INTERFACES).run(found, top)
    assert action == verdict
    assert found.packet == expected.packet


def translated(
    *rewrites: Rewrite, stage: Field = Field.SRC, packet: Packet = PACKET, egress: str = "eth0"
) -> Traveller:
    traveller = start(packet)
    traveller.egress = egress
    RuleRunner({}, INTERFACES).translate(traveller, NatRule(ALWAYS, SPAN, tuple(rewrites)), stage)
    return traveller


def test_destination_translation_remembers_where_the_packet_was_going() -> None:
    to, port = SetTo(Field.DST, Intervals.of(A("10.0.5.5"))), SetTo(Field.DPORT, Intervals.of(8080))
    packet = translated(to, port, stage=Field.DST).packet
    assert (packet.dst, packet.dport) == (A("10.0.5.5"), 8080)
    assert (packet.dnat, packet.orig_dst, packet.orig_dport) == (1, PACKET.dst, 80)


def test_exemption_translates_nothing() -> None:
    assert translated(stage=Field.DST).packet == PACKET


def test_source_translation_does_not_count_as_destination_translation() -> None:
    assert translated(SetTo(Field.SRC, Intervals.of(A("10.0.5.5")))).packet.dnat == 0


def test_masquerade_takes_the_address_of_the_egress() -> None:
    assert translated(EgressAddress()).packet.src == A("10.0.0.7")
    v6 = Packet(A("fd00::1"), A("fd00::9"), 17)
    assert translated(EgressAddress(), packet=v6).packet.src == A("fd00::7")


def test_masquerade_by_an_interface_of_several_addresses_is_a_pool() -> None:
    assert translated(EgressAddress(), egress="eth1").values(Field.SRC) == Intervals.of(A("10.0.1.1"), A("10.0.2.1"))


def test_masquerade_by_an_interface_without_address_may_be_any_of_the_family() -> None:
    assert translated(EgressAddress(), egress="ppp0").values(Field.SRC) == ALL_V4


def test_redirect_goes_to_the_ingress_address() -> None:
    packet = translated(IngressAddress(), SetTo(Field.DPORT, Intervals.of(3128)), stage=Field.DST).packet
    assert (packet.dst, packet.dport, packet.orig_dst) == (A("10.0.0.7"), 3128, PACKET.dst)


def test_keep_host_exchanges_the_network() -> None:
    assert translated(KeepHost(Field.SRC, A("192.168.7.0"), 8)).packet.src == A("192.168.7.1")


@given(st.integers(0, 300), st.integers(0, 40), st.integers(0, 5))
def test_keep_host_of_a_pool_is_that_of_its_members(low: int, size: int, host_bits: int) -> None:
    traveller = start()
    pool = Intervals.span(A("10.0.0.0") + low, A("10.0.0.0") + low + size)
    traveller.assign(Field.DST, pool)
    rule = NatRule(ALWAYS, SPAN, (KeepHost(Field.DST, A("10.9.0.0"), host_bits),))
    RuleRunner({}, INTERFACES).translate(traveller, rule, Field.DST)
    mask = (1 << host_bits) - 1
    assert traveller.values(Field.DST) == Intervals.of(*(A("10.9.0.0") | (v & mask) for v in pool))


def test_shift_moves_a_port() -> None:
    assert translated(Shift(Field.DPORT, 8000), stage=Field.DST).packet.dport == 8080


def test_shift_out_of_the_ports_is_undecidable() -> None:
    with pytest.raises(UndecidableError):
        translated(Shift(Field.DPORT, 65500), stage=Field.DST)


def test_ports_of_a_packet_without_ports_stay() -> None:
    icmp = Packet(A("10.0.0.1"), A("10.0.0.9"), 1, icmp=8 << 8)
    assert translated(SetTo(Field.SPORT, Intervals.span(1024, 65535)), packet=icmp).packet == icmp


def test_bits_of_a_field_with_many_values_are_undecidable() -> None:
    traveller = start()
    traveller.assign(Field.MARK, Intervals.span(0, 7))
    with pytest.raises(UndecidableError):
        RuleRunner({}, INTERFACES).run(traveller, chain("top", (1, SetField(Field.MARK, 1, 1)), default=Permit()))
