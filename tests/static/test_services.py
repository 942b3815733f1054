"""The service matrix against the interpreter of single packets, and its readings of what is undecided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import SPAN, V4_BASE, addresses, called_lists, rule_lists, rules
from zoneguard.model.addresses import ALL_V4, ALL_V6, parse_address, parse_prefix
from zoneguard.model.device import (
    Action,
    Deny,
    Device,
    Filter,
    Interface,
    Jump,
    Permit,
    Return,
    Route,
    Routing,
    Rule,
    RuleList,
    SetField,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    SYN,
    All,
    AnyOf,
    Bits,
    Field,
    In,
    Ingress,
    Match,
    Not,
    Unknown,
    both,
)
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.static._trace_pipeline import Context, Outcome
from zoneguard.static.services import (
    Reading,
    Service,
    ServiceMatrix,
    asked_addresses,
    find_list,
    parse_service,
    service_matrix,
)
from zoneguard.static.trace import run_context

NAMES = ("eth0", "eth1")
PORTS = (*NAMES, "ppp0")
SSH = Service(6, 22)
EARLIER = {Field.MARK, Field.DNAT, Field.ORIG_DST, Field.ORIG_DPORT}


def asked(match: Match) -> set[Field]:
    if isinstance(match, In | Bits):
        return {match.field}
    if isinstance(match, All | AnyOf):
        return {f for part in match.parts for f in asked(part)}
    return asked(match.part) if isinstance(match, Not) else set()


def alone(rule: Rule) -> bool:
    """Whether the rule rests on nothing that came before the list."""
    return not isinstance(rule.action, SetField) and not asked(rule.match) & EARLIER


@st.composite
def rulesets(draw: st.DrawFn, unknowns: bool) -> tuple[RuleList, dict[str, RuleList]]:
    named = draw(called_lists(NAMES, unknowns))
    for name, called in named.items():
        named[name] = RuleList(name, tuple(r for r in called.rules if isinstance(r, Rule) and alone(r)), Return(), SPAN)
    defaults: tuple[Action, ...] = (Permit(), Deny())
    default = draw(st.sampled_from(defaults))
    rule = rules(NAMES, tuple(named), unknowns).filter(alone)
    return draw(rule_lists("filter", default, rule)), named


def may_pass(rules: RuleList, named: dict[str, RuleList], src: int, dst: int) -> bool:
    """Whether the interpreter lets some packet of ``SSH`` through, by any interfaces."""
    ports = tuple(Interface(name, SPAN) for name in PORTS)
    packet = Packet(src, dst, 6, 10000, 22, flags=SYN)
    for egress in PORTS:
        route = Route(0, 0, SPAN, interface=egress)
        vrf = Vrf("main", frozenset(PORTS), (route,), (Routing(), Filter(rules)), lists=named)
        context = Context(Device("fw", "test", ports, (vrf,), SPAN), vrf)
        for ingress in PORTS:
            ways = run_context(context, ingress, packet, frozenset({Field.MAC})).may
            if any(way.outcome is Outcome.FORWARD for way in ways):
                return True
    return False


def edge(matrix: ServiceMatrix, src: int, dst: int) -> bool:
    names = [next(c.name for c in matrix.classes if address in c.addresses) for address in (src, dst)]
    return (names[0], names[1]) in matrix.edges


@given(data=st.data(), unknowns=st.booleans())
def test_an_edge_is_what_the_interpreter_lets_through(unknowns: bool, data: st.DataObject) -> None:
    listed, named = data.draw(rulesets(unknowns))
    spaces = (PacketSpace(BinaryEngine(1 << 18, 1 << 14)), PacketSpace(IntervalEngine()))
    exact, second = (service_matrix(named, listed, SSH, reading=Reading.TOGETHER, space=s) for s in spaces)
    cautious = service_matrix(named, listed, SSH, space=spaces[0])
    assert exact == second
    assert cautious == service_matrix(named, listed, SSH, space=spaces[1])
    for src, dst in data.draw(st.lists(st.tuples(addresses(V4_BASE), addresses(V4_BASE)), min_size=1, max_size=4)):
        passes = may_pass(listed, named, src, dst)
        assert edge(exact, src, dst) is passes
        assert edge(cautious, src, dst) >= passes


@given(data=st.data())
def test_classes_are_a_partition_and_the_coarsest(data: st.DataObject) -> None:
    listed, named = data.draw(rulesets(True))
    matrix = service_matrix(named, listed, SSH, space=PacketSpace(BinaryEngine(1 << 18, 1 << 14)))
    assert sum(c.addresses.size for c in matrix.classes) == ALL_V4.size
    assert Intervals.from_spans(s for c in matrix.classes for s in c.addresses.spans) == ALL_V4
    behaviours = {
        (frozenset(b for a, b in matrix.edges if a == c.name), frozenset(a for a, b in matrix.edges if b == c.name))
        for c in matrix.classes
    }
    assert len(behaviours) == len(matrix.classes)


def listing(*rules: Rule, default: Action = Deny()) -> RuleList:  # noqa: B008 (a frozen value)
    return RuleList("filter/FORWARD", rules, default, SPAN)


def test_readings_differ_where_one_condition_decides_twice() -> None:
    from_eth0 = Ingress(frozenset({"eth0"}))
    inside = In(Field.SRC, parse_prefix("10.0.0.0/8"))
    rules = listing(Rule(both(from_eth0, inside), Deny(), SPAN), Rule(both(from_eth0, inside), Permit(), SPAN))
    assert service_matrix({}, rules, SSH).edges == (("2", "1"), ("2", "2"))
    assert service_matrix({}, rules, SSH, reading=Reading.TOGETHER).edges == ()


def test_a_packet_has_one_ingress() -> None:
    eth0, eth1 = Ingress(frozenset({"eth0"})), Ingress(frozenset({"eth1"}))
    rules = listing(Rule(both(eth0, eth1), Permit(), SPAN))
    assert service_matrix({}, rules, SSH).edges == (("1", "1"),)
    assert service_matrix({}, rules, SSH, reading=Reading.TOGETHER).edges == ()
    wild = listing(Rule(both(eth0, Ingress(frozenset({"eth*"}))), Permit(), SPAN))
    assert service_matrix({}, wild, SSH, reading=Reading.TOGETHER).edges == (("1", "1"),)


def test_the_loopback_interface_carries_loopback_sources() -> None:
    rules = listing(Rule(Ingress(frozenset({"lo"})), Permit(), SPAN))
    for reading in Reading:
        matrix = service_matrix({}, rules, SSH, reading=reading)
        assert [c.addresses for c in matrix.classes if c.name == "2"] == [parse_prefix("127.0.0.0/8")]
        assert matrix.edges == (("2", "1"), ("2", "2"))


def test_a_chain_that_is_missing_or_calls_itself_may_do_anything() -> None:
    jump = Rule(ALWAYS, Jump("filter/A"), SPAN)
    for named in ({}, {"filter/A": RuleList("filter/A", (jump,), Return(), SPAN)}):
        assert service_matrix(named, listing(jump), SSH).edges == (("1", "1"),)


def test_a_user_chain_hands_back_what_may_pass() -> None:
    blocked = Rule(In(Field.DST, parse_prefix("10.0.0.0/8")), Deny(), SPAN)
    matrix = service_matrix({}, listing(blocked, default=Return()), SSH)
    assert matrix.edges == (("1", "1"), ("2", "1"))


def test_later_fragments_and_sessions_under_way_are_not_asked_about() -> None:
    established = Rule(In(Field.STATE, Intervals.of(1, 2)), Permit(), SPAN)
    fragments = Rule(In(Field.FRAGMENT, Intervals.of(1)), Permit(), SPAN)
    pings = Rule(In(Field.ICMP, Intervals.of(2048)), Permit(), SPAN)
    assert service_matrix({}, listing(established, fragments, pings), SSH).edges == ()


def test_a_chain_is_found_by_its_own_name() -> None:
    of_filter, of_nat = listing(), RuleList("nat/FORWARD", (), Permit(), SPAN)
    vrf = Vrf("v", frozenset(), (), (), lists={"nat/FORWARD": of_nat, "filter/FORWARD": of_filter})
    assert find_list(vrf, "FORWARD") is of_filter
    assert find_list(vrf, "nat/FORWARD") is of_nat
    with pytest.raises(KeyError):
        find_list(vrf, "WARD")


def test_the_family_is_that_of_the_packets_for_which_the_stage_asks_the_list() -> None:
    chain = listing()
    unasked = listing(Rule(In(Field.SRC, parse_prefix("fd00::/8")), Permit(), SPAN))
    entry = RuleList(
        "filter/FORWARD",
        (Rule(In(Field.SRC, ALL_V4), Permit(), SPAN), Rule(ALWAYS, Jump("filter/FORWARD"), SPAN)),
        Deny(),
        SPAN,
    )
    vrf = Vrf("v", frozenset(), (), (Routing(), Filter(entry)), lists={"filter/FORWARD": chain})
    assert asked_addresses(vrf, chain) == ALL_V6
    empty = Vrf("v", frozenset(), (), ())
    assert asked_addresses(empty, chain) == ALL_V4
    assert asked_addresses(empty, unasked) == ALL_V6
    matrix = service_matrix({}, unasked, SSH, ALL_V6)
    assert matrix.edges == (("2", "1"), ("2", "2"))
    assert [parse_address("fd00::1") in c.addresses for c in matrix.classes] == [False, True]


def test_an_unknown_condition_favours_passing() -> None:
    unknown = Unknown("country", SPAN)
    for action, edges in ((Permit(), (("1", "1"),)), (Deny(), (("1", "1"),))):
        assert service_matrix({}, listing(Rule(unknown, action, SPAN), default=action), SSH).edges == (
            edges if isinstance(action, Permit) else ()
        )
    dropped = listing(Rule(unknown, Deny(), SPAN), default=Permit())
    assert service_matrix({}, dropped, SSH).edges == (("1", "1"),)


@pytest.mark.parametrize(
    "text", ["tcp", "tcp/", "tcp/65536", "tcp/-1", "icmp/8", "/22", "tcp/２２", "TCP/22", "tcp/22/1"]
)
def test_what_is_no_service_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_service(text)


def test_services() -> None:
    assert parse_service("tcp/22") == SSH
    assert str(parse_service("sctp/5060")) == "sctp/5060"
