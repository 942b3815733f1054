"""Ways of content around waypoints, against a plain search over single hosts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from zoneguard.model.crossing import Crossing, Hop
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field
from zoneguard.model.packets import PacketSpace
from zoneguard.static.waypoints import Leg, hairpin, past, ways_of_content

SPACE = PacketSpace()
ZONES = ("outside", "middle", "other", "inside")
HOSTS = {zone: tuple(range(10 * n, 10 * n + 3)) for n, zone in enumerate(ZONES)}
WAYPOINTS = (HOSTS["middle"][0], HOSTS["outside"][0])

Session = tuple[int, int]
sessions = st.lists(
    st.tuples(*(st.sampled_from([host for hosts in HOSTS.values() for host in hosts]),) * 2), max_size=8
)


def zone_of(host: int) -> str:
    return ZONES[host // 10]


def leg(session: Session) -> Leg:
    source, destination = session
    packets = SPACE.field(Field.SRC, Intervals.of(source)) & SPACE.field(Field.DST, Intervals.of(destination))
    path = (Hop("fw", "main", "eth0", "eth1"),)
    crossing = Crossing(zone_of(source), zone_of(destination), packets, path)
    return Leg(crossing, past(crossing, packets, Intervals.of(*WAYPOINTS)))


def reaching(made: list[Session], relays: tuple[str, ...]) -> set[Session]:
    """The sessions that bring content into ``inside``, by a search host by host."""
    free = [s for s in made if not set(s) & set(WAYPOINTS)]
    holding = set(HOSTS["outside"])
    while True:
        both_ways = [(a, b) for s in free for a, b in (s, s[::-1])]
        new = {b for a, b in both_ways if a in holding and zone_of(b) in relays} - holding
        if not new:
            return {s for s in free for a, b in (s, s[::-1]) if a in holding and zone_of(b) == "inside"}
        holding |= new


@given(sessions, st.sampled_from([(), ("middle",), ("middle", "other")]))
def test_the_ways_are_those_that_a_search_host_by_host_finds(made: list[Session], relays: tuple[str, ...]) -> None:
    crossing = [s for s in made if zone_of(s[0]) != zone_of(s[1])]
    legs = {s: leg(s) for s in crossing}
    begin = {"outside": Intervals.of(*HOSTS["outside"])}
    found = list(ways_of_content(list(legs.values()), begin, relays, "inside"))
    assert {s for s, made_leg in legs.items() if made_leg in found} == reaching(crossing, relays)


def test_a_host_on_the_way_hands_on_everything() -> None:
    packets = SPACE.everything
    there = Crossing("outside", "inside", packets, (Hop("fw", "main", "eth0", "eth1", next_hop=WAYPOINTS[0]),))
    assert not past(there, packets, Intervals.of(*WAYPOINTS))
    assert past(there, packets, Intervals.of(99))


def test_a_wire_is_turned_round_on_only_by_the_same_interface() -> None:
    def over(*path: Hop) -> Crossing:
        return Crossing("outside", "inside", SPACE.everything, path)

    assert hairpin(over(Hop("a", "main", "eth0", "eth0")))
    assert not hairpin(over(Hop("a", "main", "eth0", "eth1")))
    assert not hairpin(over(Hop("a", "main", "eth0", "eth1"), Hop("b", "main", "eth1", "eth0")))
