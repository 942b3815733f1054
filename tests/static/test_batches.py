"""What came before is told apart from what is new, by classes and by sets alike; senders that share hosts are one."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import SPAN
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Device, Interface, InterfaceAddress, Route, Routing, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.zones import ZoneMap
from zoneguard.static.batches import Arrivals, origins
from zoneguard.static.forwarding import ALL, Forwarding, Load
from zoneguard.static.topology import Topology

SPACE = PacketSpace(IntervalEngine())
BASE = parse_address("10.0.0.0")
CLASSES = 5


def one_router() -> Forwarding:
    """A router whose table and addresses make five classes."""
    wire = Interface("wire", SPAN, (InterfaceAddress(BASE + 1, 29),))
    routes = tuple(Route(BASE + 8 * n, 29, SPAN, next_hop=BASE + 1 + n) for n in (1, 2, 3))
    vrf = Vrf("main", frozenset({"wire"}), routes, (Routing(),))
    return Forwarding(SPACE, Topology([Device("r", "test", (wire,), (vrf,), SPAN)], ZoneMap([])))


def test_a_class_is_what_tables_treat_alike_and_own_addresses_are_apart() -> None:
    forwarding = one_router()
    own = forwarding.own(("r", "main"))
    assert forwarding.packets(own) == SPACE.field(Field.DST, Intervals.of(BASE + 1))
    parts = [*forwarding.ways(("r", "main")).values()]
    assert sorted(bin(classes).count("1") for classes in parts) == [1, 1, 1, 2]
    assert forwarding.packets(~own) == ~forwarding.packets(own)
    assert forwarding.packets(ALL) == SPACE.everything


loads = st.tuples(
    st.frozensets(st.integers(0, 3), min_size=1),
    st.integers(0, (1 << CLASSES) - 1) | st.sampled_from((ALL, ~1, ~6)),
)


@given(st.lists(loads, max_size=8))
def test_what_is_new_is_what_did_not_come_before(made: list[tuple[frozenset[int], int]]) -> None:
    forwarding = one_router()
    arrivals = Arrivals(SPACE, forwarding)
    before = SPACE.nothing
    for senders, classes in made:
        load = Load(SPACE.field(Field.SRC, Intervals.of(*senders)), classes)
        fresh = arrivals.fresh(load)
        packets = forwarding.exactly(load)
        found = SPACE.nothing if fresh is None else forwarding.exactly(fresh)
        assert found == packets - before
        before = before | packets


@given(st.lists(st.frozensets(st.integers(0, 30), max_size=6), max_size=8))
def test_senders_share_an_origin_if_a_chain_of_shared_hosts_joins_them(senders: list[frozenset[int]]) -> None:
    numbers = origins([Intervals.of(*hosts) for hosts in senders])
    groups = [set(hosts) for hosts in senders]
    for _ in senders:
        groups = [set().union(*(other for other in groups if other & group)) or group for group in groups]
    for a, first in enumerate(groups):
        for b, second in enumerate(groups):
            assert (numbers[a] == numbers[b]) == (a == b or bool(first & second))
