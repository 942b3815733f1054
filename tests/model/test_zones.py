"""The map from addresses to zones: both directions say the same."""

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.addresses import V6, parse_address, prefix_of
from zoneguard.model.intervals import Intervals
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

LINE = SourceSpan("zoneguard.yaml", 1, 1)
BASE = parse_address("10.0.0.0")


def zone(name: str, *prefixes: tuple[int, int]) -> Zone:
    return Zone(name, ZoneClass.OTHER, prefixes, LINE)


@st.composite
def maps(draw: st.DrawFn) -> ZoneMap:
    """Zones within 10.0.0.0/27, each prefix in one zone."""
    lengths = st.integers(27, 32)
    prefixes = draw(st.sets(st.tuples(st.integers(0, 31), lengths), max_size=8))
    whole = {(BASE + (offset & ~((1 << (32 - length)) - 1)), length) for offset, length in prefixes}
    owners = {prefix: draw(st.sampled_from("abc")) for prefix in sorted(whole)}
    return ZoneMap(zone(name, *(p for p, owner in owners.items() if owner == name)) for name in "abc")


@given(maps())
def test_the_addresses_of_a_zone_are_those_that_belong_to_it(zones: ZoneMap) -> None:
    for name in "abc":
        belonging = {a for a in range(BASE - 1, BASE + 33) if (found := zones.of(a)) is not None and found.name == name}
        assert set(zones.addresses(name)) == belonging


def test_families_do_not_mix() -> None:
    zones = ZoneMap([zone("four", prefix_of("0.0.0.0/0")), zone("six", prefix_of("::/0")), zone("none")])
    assert zones.of(parse_address("198.51.100.1")) is zones["four"]
    assert zones.of(parse_address("2001:db8::1")) is zones["six"]
    assert zones.addresses("four") == Intervals.span(0, (1 << 32) - 1)
    assert zones.addresses("six") == Intervals.span(V6, V6 + (1 << 128) - 1)
    assert not zones.addresses("none")
