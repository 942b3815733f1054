"""Policy routes, the longest usable prefix, and next hops found through other routes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.static.generators import SPAN, V4_BASE, packets
from zoneguard.model.addresses import parse_address, prefix_of, prefix_span
from zoneguard.model.device import Interface, InterfaceAddress, PolicyRoute, Route, RouteKind, Routing, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, Field, In
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan
from zoneguard.static._trace_choices import Script, UndecidableError, explore
from zoneguard.static._trace_packet import Traveller
from zoneguard.static._trace_routing import NoRoute, RoutingTable, Target

A = parse_address
LAN = Interface("lan", SPAN, (InterfaceAddress(A("10.0.0.1"), 24),))
WAN = Interface("wan", SPAN, (InterfaceAddress(A("192.0.2.1"), 30), InterfaceAddress(A("2001:db8::1"), 64)))
DOWN = Interface("down", SPAN, (InterfaceAddress(A("10.7.0.1"), 24),), enabled=False)
PACKET = Packet(A("10.0.0.9"), A("10.50.1.1"), 6, 1024, 80)


def route(prefix: str, next_hop: str = "", interface: str = "", line: int = 1, **more: object) -> Route:
    network, length = prefix_of(prefix)
    made = Route(network, length, SourceSpan("routes", line, line), interface=interface)
    return replace(made, next_hop=A(next_hop) if next_hop else None, **more)  # type: ignore[arg-type]


def table(*routes: Route, policy: tuple[PolicyRoute, ...] = ()) -> RoutingTable:
    interfaces = (LAN, WAN, DOWN)
    vrf = Vrf("main", frozenset(i.name for i in interfaces), routes, (Routing(),), policy)
    return RoutingTable(vrf, interfaces)


def ways(made: RoutingTable, packet: Packet = PACKET, pool: Intervals | None = None) -> set[tuple[str, int | None]]:
    """The egress and next hop of every way; ``("", None)`` where there is none."""

    def run(script: Script) -> Target | NoRoute:
        traveller = Traveller(packet, script)
        if pool is not None:
            traveller.assign(Field.DST, pool)
        return made.choose(traveller)

    results = {result for result, _ in explore(run).runs}
    return {(r.egress, r.next_hop) if isinstance(r, Target) else ("", None) for r in results}


def only(made: RoutingTable) -> Target | NoRoute:
    """The one way of ``PACKET``."""
    ((result, _),) = explore(lambda script: made.choose(Traveller(PACKET, script))).runs
    return result


def test_connected_subnet_needs_no_route() -> None:
    assert ways(table(), replace(PACKET, dst=A("10.0.0.77"))) == {("lan", None)}
    assert ways(table()) == {("", None)}


def test_longest_prefix_wins() -> None:
    made = table(route("0.0.0.0/0", "192.0.2.2"), route("10.50.0.0/16", "10.0.0.2"), route("10.50.1.0/24", "10.0.0.3"))
    assert ways(made) == {("lan", A("10.0.0.3"))}
    assert ways(made, replace(PACKET, dst=A("8.8.8.8"))) == {("wan", A("192.0.2.2"))}


def test_lowest_distance_then_metric_wins() -> None:
    far, near = route("10.50.0.0/16", "10.0.0.2", distance=10), route("10.50.0.0/16", "10.0.0.3", metric=5)
    assert ways(table(far, near)) == {("lan", A("10.0.0.3"))}
    assert ways(table(far, near, route("10.50.0.0/16", "10.0.0.4"))) == {("lan", A("10.0.0.4"))}


def test_equal_routes_share_the_load() -> None:
    made = table(
        route("10.50.0.0/16", "10.0.0.2"), route("10.50.0.0/16", "10.0.0.3"), route("10.50.0.0/16", "10.0.0.2")
    )
    assert ways(made) == {("lan", A("10.0.0.2")), ("lan", A("10.0.0.3"))}


def test_next_hop_is_found_through_other_routes() -> None:
    made = table(
        route("10.50.0.0/16", "10.60.0.1"), route("10.60.0.0/16", "10.70.0.1"), route("10.70.0.0/16", "10.0.0.2")
    )
    assert ways(made) == {("lan", A("10.0.0.2"))}


def test_route_whose_next_hop_leads_back_to_itself_is_not_used() -> None:
    default = route("0.0.0.0/0", "192.0.2.2", line=9)
    assert ways(table(route("10.50.0.0/16", "10.50.0.1"), default)) == {("wan", A("192.0.2.2"))}
    circle = (route("10.50.0.0/16", "10.60.0.1"), route("10.60.0.0/16", "10.50.0.1"))
    assert ways(table(*circle, default)) == {("wan", A("192.0.2.2"))}


def test_unreachable_and_own_next_hops_and_down_interfaces_are_not_used() -> None:
    for unusable in (
        route("10.50.0.0/16", "172.16.0.1", line=5),
        route("10.50.0.0/16", "10.0.0.1", line=5),
        route("10.50.0.0/16", "10.7.0.2", line=5),
        route("10.50.0.0/16", interface="down", line=5),
    ):
        assert ways(table(unusable)) == {("", None)}
        assert only(table(unusable)) == NoRoute((SourceSpan("routes", 5, 5),))


def test_a_long_chain_of_next_hops_ends() -> None:
    chain = [route(f"10.{n}.0.0/16", f"10.{n + 1}.0.1") for n in range(50, 250)]
    assert ways(table(*chain, route("10.250.0.0/16", "10.0.0.2"))) == {("", None)}


def test_own_addresses_are_those_of_interfaces_that_are_up() -> None:
    assert table().own == Intervals.of(A("10.0.0.1"), A("192.0.2.1"), A("2001:db8::1"))


def test_route_out_of_an_interface_needs_no_next_hop() -> None:
    assert ways(table(route("10.50.0.0/16", interface="ppp0"))) == {("ppp0", None)}


def test_blackhole_and_route_into_another_context() -> None:
    blackhole = only(table(route("10.50.0.0/16", kind=RouteKind.BLACKHOLE)))
    assert isinstance(blackhole, Target) and blackhole.blackhole
    leaked = only(table(route("10.50.0.0/16", into="other")))
    assert isinstance(leaked, Target) and leaked.into == "other"


def test_route_that_leads_nowhere_known_is_undecidable() -> None:
    with pytest.raises(UndecidableError) as raised:
        ways(table(route("10.50.0.0/16")))
    assert raised.value.span == SourceSpan("routes", 1, 1)


def test_policy_route_comes_before_the_table() -> None:
    web = In(Field.DPORT, Intervals.of(80))
    policy = PolicyRoute(web, SPAN, ((A("192.0.2.2"), ""),))
    made = table(route("10.50.0.0/16", "10.0.0.2"), policy=(policy,))
    assert ways(made) == {("wan", A("192.0.2.2"))}
    assert ways(made, replace(PACKET, dport=443)) == {("lan", A("10.0.0.2"))}


def test_policy_route_without_target_stops_the_search() -> None:
    stop, other = PolicyRoute(ALWAYS, SPAN), PolicyRoute(ALWAYS, SPAN, ((None, "wan"),))
    assert ways(table(route("10.50.0.0/16", "10.0.0.2"), policy=(stop, other))) == {("lan", A("10.0.0.2"))}


def test_policy_route_whose_targets_are_all_down_is_passed_over() -> None:
    down, other = (
        PolicyRoute(ALWAYS, SPAN, ((None, "down"),)),
        PolicyRoute(ALWAYS, SPAN, ((None, "wan"), (None, "lan"))),
    )
    assert ways(table(policy=(down, other))) == {("wan", None), ("lan", None)}


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from((0, 8, 26, 29, 30, 32)), st.integers(2, 9)), max_size=8),
    packets(V4_BASE),
    st.integers(0, 40),
    st.integers(0, 9),
)
def test_prefixes_are_looked_up_as_the_book_says(
    prefixes: list[tuple[int, int, int]], packet: Packet, low: int, size: int
) -> None:
    made = [
        Route((V4_BASE + offset) >> (32 - length) << (32 - length), length, SPAN, next_hop=None, interface=f"if{name}")
        for offset, length, name in prefixes
    ]
    vrf = Vrf("main", frozenset(), tuple(made), (Routing(),))
    looked_up = RoutingTable(vrf, ())

    def book(address: int) -> set[tuple[str, int | None]]:
        holding = [r for r in made if address in prefix_span(r.network, r.length)]
        longest = max((r.length for r in holding), default=-1)
        return {(r.interface, None) for r in holding if r.length == longest} or {("", None)}

    assert ways(looked_up, packet) == book(packet.dst)
    pool = Intervals.span(V4_BASE + low, V4_BASE + low + size)
    assert ways(looked_up, packet, pool) == set().union(*(book(address) for address in pool))
