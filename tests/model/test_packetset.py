"""Set laws on both engines, and both engines against a brute-force set of packets (CheckAgreement)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import islice

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.static.generators import bits, matches, packets
from zoneguard.model.addresses import V6, parse_address, parse_prefix
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Bits, Field, Match
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.binary import BinaryEngine
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.packets.rows import SHOWN, address_text, boxes, ports_text, protocol_text
from zoneguard.static.conditions import compile_match

BINARY, INTERVAL = PacketSpace(BinaryEngine(1 << 20, 1 << 16)), PacketSpace(IntervalEngine())
SPACES = (BINARY, INTERVAL)
for made in SPACES:
    made.engine.max_spans = 100


def built(space: PacketSpace, match: Match) -> PacketSet:
    return compile_match(space, match, None, None)


def field(space: PacketSpace, which: Field, *spans: tuple[int, int]) -> PacketSet:
    return space.field(which, Intervals.from_spans(spans))


@pytest.mark.parametrize("space", SPACES)
@given(a=matches(), b=matches(), c=matches())
def test_set_laws(space: PacketSpace, a: Match, b: Match, c: Match) -> None:
    x, y, z = (built(space, m) for m in (a, b, c))
    assert x & y == y & x
    assert x | (y & z) == (x | y) & (x | z)
    assert ~(x & y) == ~x | ~y
    assert ~~x == x
    assert x - y == x & ~y
    assert (x <= y) == (x | y == y)
    assert not x & ~x
    assert x | ~x == space.everything


@settings(max_examples=40)
@given(match=matches(depth=1), packet=packets())
def test_engines_agree_on_membership_and_projection(match: Match, packet: Packet) -> None:
    one, other = (built(s, match) for s in SPACES)
    assert (packet in one) == (packet in other)
    assert one.count() == other.count()
    for which in Field:
        with suppress(TooLarge):
            assert one.project(which) == other.project(which)


@pytest.mark.parametrize("space", SPACES)
def test_a_mask_that_scatters_addresses_is_refused_rather_than_listed(space: PacketSpace) -> None:
    odd = space.masked(Field.SRC, V6 | 1, V6 | 1)
    assert odd.witness() in odd
    with pytest.raises(TooLarge):
        odd.project(Field.SRC)


@given(match=matches())
def test_a_witness_is_a_member(match: Match) -> None:
    for space in SPACES:
        whole = built(space, match)
        if whole:
            assert whole.witness() in whole


@pytest.mark.parametrize("space", SPACES)
@settings(max_examples=25)
@given(a=matches(depth=1), b=matches(depth=1))
def test_rows_cover_the_set_and_nothing_else(space: PacketSpace, a: Match, b: Match) -> None:
    whole = built(space, a) & built(space, b)
    together = space.nothing
    try:
        found = list(islice(boxes(whole), 12))
    except TooLarge:
        return
    assume(len(found) < 12)
    for box in found:
        part = space.field(Field.FRAGMENT, Intervals.of(int(box.fragments)))
        for which in SHOWN:
            values = getattr(box, which.value)
            full = Intervals.span(0, 255 if which is Field.PROTO else 65535)
            if values is not None and not (which not in (Field.SRC, Field.DST) and values == full):
                part = part & space.field(which, values)
        together = together | part
        assert address_text(box.src) and protocol_text(box) and ports_text(box)
    open_fields = [f for f in Field if f not in SHOWN and f is not Field.FRAGMENT]
    shown = whole.forget(*open_fields)
    later = space.field(Field.FRAGMENT, Intervals.of(1))
    assert together - later == shown - later
    assert together & later <= shown & later


@pytest.mark.parametrize("space", SPACES)
def test_unknown_conditions_bound_the_set_on_both_sides(space: PacketSpace) -> None:
    web = field(space, Field.DPORT, (80, 80))
    country = space.unknown("country JP")
    maybe = web & country
    assert maybe.may() == web
    assert not maybe.must()
    assert (web | country).must() == web
    assert maybe.unknowns() == ("country JP",)
    assert not (maybe & ~country)


@pytest.mark.parametrize("space", SPACES)
def test_conditions_on_absent_fields_are_false_and_their_negation_true(space: PacketSpace) -> None:
    gre = Packet(src=1, dst=2, proto=47)
    ports = field(space, Field.DPORT, (0, 65535))
    assert gre not in ports
    assert gre in ~ports
    echo = Packet(src=1, dst=2, proto=1, icmp=8 << 8)
    assert echo not in ports
    assert echo in field(space, Field.ICMP, (8 << 8, 8 << 8))
    later = Packet(src=1, dst=2, proto=6, fragment=1)
    assert later not in ports


@pytest.mark.parametrize("space", SPACES)
def test_set_to_is_the_image_of_a_pool(space: PacketSpace) -> None:
    inside = space.field(Field.SRC, parse_prefix("10.0.0.0/24")) & field(space, Field.DPORT, (80, 80))
    pool = Intervals.span(parse_address("192.0.2.1"), parse_address("192.0.2.2"))
    image = inside.set_to(Field.SRC, pool)
    assert image.project(Field.SRC) == pool
    assert image.project(Field.DPORT) == Intervals.of(80)


@pytest.mark.parametrize("space", SPACES)
def test_set_to_one_family_leaves_the_other(space: PacketSpace) -> None:
    image = space.everything.set_to(Field.DST, parse_prefix("192.0.2.1"))
    assert image.project(Field.DST) == parse_prefix("192.0.2.1") | parse_prefix("::/0")


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize("delta", [-7920, -1, 1, 300])
def test_a_shift_moves_every_port_and_keeps_what_it_goes_with(space: PacketSpace, delta: int) -> None:
    ports = field(space, Field.DPORT, (8000, 8009)) & field(space, Field.PROTO, (6, 6))
    one = ports & field(space, Field.DPORT, (8003, 8003)) & space.field(Field.SRC, parse_prefix("10.0.0.1"))
    image = (one | (ports - field(space, Field.DPORT, (8003, 8003)))).shift(Field.DPORT, delta)
    moved = 8003 + delta
    assert image.project(Field.DPORT) == Intervals.span(8000 + delta, 8009 + delta)
    assert (image & field(space, Field.DPORT, (moved, moved))).project(Field.SRC) == parse_prefix("10.0.0.1")
    assert image.shift(Field.DPORT, -delta).shift(Field.DPORT, delta) == image


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("before", "after", "delta"), [
    ("10.0.0.252/30", "10.0.1.0/30", 4),
    ("10.0.1.0/30", "10.0.0.252/30", -4),
    ("fd00::fffe/127", "fd00::1:0/127", 2),
])  # fmt: skip
def test_a_shift_moves_addresses(space: PacketSpace, before: str, after: str, delta: int) -> None:
    image = space.field(Field.SRC, parse_prefix(before)).shift(Field.SRC, delta)
    assert image == space.field(Field.SRC, parse_prefix(after))


@pytest.mark.parametrize("space", SPACES)
def test_what_leaves_the_range_has_no_image(space: PacketSpace) -> None:
    tcp = field(space, Field.PROTO, (6, 6)) & field(space, Field.FRAGMENT, (0, 0))
    assert tcp.shift(Field.DPORT, 65000).project(Field.DPORT) == Intervals.span(65000, 65535)
    assert tcp.shift(Field.DPORT, -65000).project(Field.DPORT) == Intervals.span(0, 535)
    ones = space.field(Field.SRC, parse_prefix("255.255.255.255"))
    assert not ones.shift(Field.SRC, 1)


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(("sources", "network", "host_bits", "images"), [
    ("10.0.0.0/24", "192.0.2.0/24", 8, "192.0.2.0/24"),
    ("10.0.3.8/29", "192.0.2.77/32", 8, "192.0.2.8/29"),
    ("10.0.0.0/16", "192.0.2.0/28", 4, "192.0.2.0/28"),
    ("10.0.0.0/8", "192.0.2.1/32", 0, "192.0.2.1"),
    ("10.0.0.0/16", "0.0.0.0/0", 32, "10.0.0.0/16"),
    ("fd00::1:0/112", "fd01::/64", 64, "fd01::1:0/112"),
    ("fd00::/64", "10.0.0.0/24", 8, "fd00::/64"),
])  # fmt: skip
def test_keep_host_takes_the_network_only(
    space: PacketSpace, sources: str, network: str, host_bits: int, images: str
) -> None:
    image = space.field(Field.SRC, parse_prefix(sources)).keep_host(Field.SRC, parse_prefix(network).first, host_bits)
    assert image == space.field(Field.SRC, parse_prefix(images))


@pytest.mark.parametrize("space", SPACES)
def test_a_copy_stays_bound_to_what_becomes_of_the_field(space: PacketSpace) -> None:
    network = space.field(Field.SRC, parse_prefix("10.0.0.0/24")) & field(space, Field.SRC_CHANGED, (1, 1))
    moved = network.copy(Field.SRC, Field.SENT_SRC).keep_host(Field.SRC, parse_address("192.0.2.0"), 8)
    one = moved & space.field(Field.SRC, parse_prefix("192.0.2.9"))
    assert one.project(Field.SENT_SRC) == parse_prefix("10.0.0.9")
    shifted = network.copy(Field.SRC, Field.SENT_SRC).shift(Field.SRC, 3)
    assert (shifted & space.field(Field.SRC, parse_prefix("10.0.0.9"))).project(Field.SENT_SRC) == parse_prefix(
        "10.0.0.6"
    )


@settings(max_examples=40)
@given(
    match=matches(depth=1), packet=packets(), delta=st.sampled_from((-300, -8, 1, 255, 8000)), bits=st.integers(0, 8)
)
def test_both_engines_rewrite_alike(match: Match, packet: Packet, delta: int, bits: int) -> None:
    rewrites: tuple[Callable[[PacketSet], PacketSet], ...] = (
        lambda s: s.shift(Field.SRC, delta),
        lambda s: s.shift(Field.DPORT, delta),
        lambda s: s.keep_host(Field.DST, parse_address("10.0.0.77"), bits),
        lambda s: s.copy(Field.SRC, Field.SENT_SRC),
        lambda s: s.copy(Field.DPORT, Field.ORIG_DPORT).shift(Field.DPORT, delta),
    )
    for rewrite in rewrites:
        one, other = (rewrite(built(s, match)) for s in SPACES)
        assert (packet in one) == (packet in other)
        assert one.count() == other.count()


@given(match=bits(), packet=packets())
def test_masks_mean_the_same_on_both_engines(match: Bits, packet: Packet) -> None:
    assert (packet in built(BINARY, match)) == (packet in built(INTERVAL, match))


@given(spans=st.lists(st.tuples(st.integers(0, 70000), st.integers(0, 70000)), max_size=8))
def test_spans_of_ports_survive_the_round_trip(spans: list[tuple[int, int]]) -> None:
    wanted = Intervals.from_spans(spans) & Intervals.span(0, 65535)
    for space in SPACES:
        assert space.field(Field.DPORT, wanted).project(Field.DPORT) == wanted
