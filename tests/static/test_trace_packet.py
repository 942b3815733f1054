"""Questions put to one packet: three-valued conditions, and fields that have one value of many."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import KEYS, MACS, PORTS, SPAN, V4_BASE, bits, matches, packets
from zoneguard.model.addresses import ALL_V4, V6, parse_address, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import (
    ALWAYS,
    ICMP_PROTOCOLS,
    NEVER,
    PORT_PROTOCOLS,
    All,
    AnyOf,
    Bits,
    Egress,
    Field,
    In,
    Ingress,
    Match,
    Not,
    Unknown,
    names_match,
)
from zoneguard.model.packet import Packet
from zoneguard.static._trace_choices import MAX_RUNS, Explored, Script, UndecidableError, explore
from zoneguard.static._trace_packet import MAX_FREE_BITS, Traveller, bits_values

PACKET = Packet(parse_address("10.0.0.1"), parse_address("10.0.0.9"), 6, 1024, 80, flags=2)


def plain(match: Match, packet: Packet, known: dict[str, bool]) -> bool:
    """What the vocabulary says of a condition, word by word."""
    if isinstance(match, In | Bits):
        later = packet.fragment == 1
        missing = {
            Field.SPORT: packet.proto not in PORT_PROTOCOLS or later,
            Field.DPORT: packet.proto not in PORT_PROTOCOLS or later,
            Field.ICMP: packet.proto not in ICMP_PROTOCOLS or later,
            Field.FLAGS: packet.proto != 6 or later,
            Field.ORIG_DST: not packet.dnat,
            Field.ORIG_DPORT: not packet.dnat or packet.proto not in PORT_PROTOCOLS or later,
        }
        value = packet.get(match.field)
        if missing.get(match.field, False):
            return False
        if isinstance(match, In):
            return value in match.values
        if match.field in (Field.SRC, Field.DST) and (value >= V6) != bool(match.mask >> 128):
            return False
        return value & match.mask == match.value
    if isinstance(match, All):
        return all(plain(p, packet, known) for p in match.parts)
    if isinstance(match, AnyOf):
        return any(plain(p, packet, known) for p in match.parts)
    if isinstance(match, Not):
        return not plain(match.part, packet, known)
    if isinstance(match, Ingress | Egress):
        return names_match(match.names, "eth0" if isinstance(match, Ingress) else "eth1")
    return known[match.key]


def ask(match: Match, packet: Packet, pools: dict[Field, Intervals] | None = None) -> Explored[tuple[bool, Traveller]]:
    def run(script: Script) -> tuple[bool, Traveller]:
        traveller = Traveller(packet, script)
        traveller.enter("fw", "eth0")
        traveller.egress = "eth1"
        for field, values in (pools or {}).items():
            traveller.assign(field, values)
        return traveller.holds(match), traveller

    return explore(run)


def answers(explored: Explored[tuple[bool, Traveller]]) -> set[bool]:
    assert explored.complete
    return {verdict for (verdict, _), _ in explored.runs}


@given(matches(("eth0", "eth1")), packets())
def test_condition_is_read_as_the_vocabulary_says(match: Match, packet: Packet) -> None:
    assert answers(ask(match, packet)) == {plain(match, packet, {})}


@given(matches(("eth0", "eth1"), unknowns=True), packets())
def test_unknowns_give_every_answer_that_some_truth_gives(match: Match, packet: Packet) -> None:
    truths = [dict(zip(KEYS, values, strict=True)) for values in product((True, False), repeat=len(KEYS))]
    assert answers(ask(match, packet)) == {plain(match, packet, known) for known in truths}


@given(
    matches(("eth0", "eth1")),
    packets(V4_BASE),
    st.integers(0, 40),
    st.integers(0, 7),
    st.sets(st.sampled_from(PORTS), min_size=1),
)
def test_a_pool_gives_every_answer_that_some_member_gives(
    match: Match, packet: Packet, low: int, size: int, ports: set[int]
) -> None:
    values = Intervals.span(V4_BASE + low, V4_BASE + low + size)
    pools = {Field.DST: values, Field.DPORT: Intervals.of(*ports), Field.MAC: Intervals.of(*MACS)}
    if not packet.dport:
        del pools[Field.DPORT]
    members = [
        replace(packet, **{f.value: v for f, v in zip(pools, combination, strict=True)})
        for combination in product(*pools.values())
    ]
    explored = ask(match, packet, pools)
    assert answers(explored) == {plain(match, member, {}) for member in members}
    for (verdict, traveller), _ in explored.runs:
        fitting = [m for m in members if all(m.get(f) in traveller.values(f) for f in pools)]
        assert fitting and all(plain(match, m, {}) is verdict for m in fitting)


def test_one_key_is_true_or_false_throughout() -> None:
    known = Unknown("hours", SPAN)
    assert answers(ask(All((known, Not(known))), PACKET)) == {False}
    assert answers(ask(AnyOf((known, Not(known))), PACKET)) == {True}


def test_one_key_of_a_rewritten_packet_is_another_question() -> None:
    def run(script: Script) -> tuple[bool, bool, bool]:
        traveller = Traveller(PACKET, script)
        key = Unknown("country", SPAN)
        first = traveller.holds(key)
        traveller.assign(Field.MARK, Intervals.of(7))
        second = traveller.holds(key)
        traveller.assign(Field.DST, Intervals.of(PACKET.dst + 1))
        return first, second, traveller.holds(key)

    seen = {result for result, _ in explore(run).runs}
    assert seen == {(a, a, b) for a in (True, False) for b in (True, False)}


def test_false_part_decides_before_an_unknown_is_asked() -> None:
    explored = ask(All((Unknown("hours", SPAN), NEVER)), PACKET)
    assert explored.runs[0][1] == ()
    assert ask(AnyOf((Unknown("hours", SPAN), ALWAYS)), PACKET).runs[0][1] == ()


def test_conditions_on_missing_fields_are_false_and_their_negation_true() -> None:
    icmp = replace(PACKET, proto=1, sport=0, dport=0, flags=0)
    for field in (Field.SPORT, Field.DPORT, Field.FLAGS, Field.ORIG_DST, Field.ORIG_DPORT):
        zero = In(field, Intervals.of(0))
        assert answers(ask(zero, icmp)) == {False}
        assert answers(ask(Not(zero), icmp)) == {True}


@given(bits())
def test_values_of_a_mask_are_those_it_accepts(match: Bits) -> None:
    wide = match.field in (Field.SRC, Field.DST)
    span = range(-80, 160) if wide else range(1 << 6)
    base = (match.value & ~0xFF) if wide else 0
    try:
        values = bits_values(match)
    except UndecidableError:
        assert (~match.mask & 0xFFFFFFFF).bit_count() > MAX_FREE_BITS
        return
    for offset in span:
        value = base + offset
        assert (value in values) == (
            value & match.mask == match.value and (not wide or value >> 128 == match.mask >> 128)
        )


def test_a_mask_that_scatters_too_widely_over_a_pool_is_undecidable() -> None:
    odd = Bits(Field.SRC, 0, 0x00005555)
    with pytest.raises(UndecidableError):
        ask(odd, PACKET, {Field.SRC: ALL_V4})


def test_more_combinations_than_may_be_tried_are_not_complete() -> None:
    def run(script: Script) -> int:
        traveller = Traveller(PACKET, script)
        return sum(traveller.holds(Unknown(f"key {n}", SPAN)) for n in range(20))

    explored = explore(run)
    assert not explored.complete
    assert len(explored.runs) == MAX_RUNS


def test_a_rewrite_out_of_the_field_is_undecidable() -> None:
    def run(script: Script) -> None:
        Traveller(PACKET, script).assign(Field.DPORT, Intervals.span(65530, 65540))

    with pytest.raises(UndecidableError):
        explore(run)


def test_a_mask_of_one_family_never_matches_the_other() -> None:
    any_v4 = Bits(Field.SRC, 0, 0)
    v6 = Packet(parse_address("fd00::1"), parse_address("fd00::2"), 6)
    assert answers(ask(any_v4, PACKET)) == {True}
    assert answers(ask(any_v4, v6)) == {False}
    assert answers(ask(Bits(Field.SRC, V6, V6), v6)) == {True}
    assert answers(ask(Bits(Field.SRC, V6, V6), PACKET)) == {False}
    assert parse_prefix("10.0.0.0/30") == bits_values(Bits(Field.SRC, 10 << 24, 0xFFFFFFFC))
