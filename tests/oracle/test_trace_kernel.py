"""``trace`` against the Linux kernel: random rulesets, read back by the parsers, and random packets through both.

``ZONEGUARD_ORACLE_RULESETS`` and ``ZONEGUARD_ORACLE_SEED`` make the run longer or another one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from tests.oracle.agreement import Bench, Tally, batches
from tests.oracle.frames import ON_THE_WIRE
from tests.oracle.netns import LOCAL, Box, Lab, Probe, Seen, unavailable
from tests.oracle.rulesets import BLACKHOLES, INTERFACES, ROUTES, SPORTS, Maker, Ruleset
from zoneguard.static.trace import Disposition, Entry, Tracer, Walk

REASON = unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

RULESETS = int(os.environ.get("ZONEGUARD_ORACLE_RULESETS", "10"))
SEED = int(os.environ.get("ZONEGUARD_ORACLE_SEED", "1"))
PACKETS = 100
FIREWALL = Box(
    {name: (f"10.0.{n}.1/24", f"fd00:{n}::1/64") for n, name in enumerate(INTERFACES)}, (*ROUTES, *BLACKHOLES)
)


# Which program loads the rules, whether rules may track connections, and whether fragments are sent. They are not where
# nf_tables runs the rules: Linux 6.18 then takes the first bytes of a later fragment for ports, which is not modelled.
MODES = {
    "nft": ("nft", True, False),
    "nft, untracked": ("nft", False, False),
    "legacy": ("legacy", True, False),
    "legacy, untracked": ("legacy", False, True),
}
EVERY_CHAIN = {"filter": "FORWARD", "mangle": "PREROUTING", "nat": "PREROUTING", "raw": "PREROUTING"}


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Lab({"fw": FIREWALL}) as lab:
        yield Bench(lab, "fw")


def complete(ruleset: Ruleset, tracked: bool) -> Ruleset:
    """With every table named that other rulesets may fill, so that loading it replaces what is there."""
    named = {table for table, _ in ruleset.chains}
    missing = [t for t in EVERY_CHAIN if t not in named and (tracked or t in ("filter", "mangle"))]
    return replace(ruleset, chains=ruleset.chains + tuple((t, f":{EVERY_CHAIN[t]} ACCEPT [0:0]") for t in missing))


@pytest.mark.parametrize("mode", MODES)
def test_random_rulesets_do_what_the_kernel_does(bench: Bench, mode: str) -> None:
    flavour, tracked, fragments = MODES[mode]
    tally = Tally()
    for number in range(RULESETS):
        random = Random(f"{SEED}/{mode}/{number}")
        makers = Maker(random, False), Maker(random, True)
        rulesets = tuple(complete(maker.ruleset(tracked), tracked) for maker in makers)
        drawn = [random.choice((makers[0], makers[0], makers[1])).packet(fragments) for _ in range(PACKETS)]
        probes = [Probe(("fw", ingress), packet) for ingress, packet in drawn]
        bench.load(rulesets, flavour)
        found = bench.compare(rulesets, probes, tally)
        if found is not None:
            pytest.fail(f"ruleset {number}, seed {SEED}\n{bench.shrink(found, flavour)}")
    print(mode, tally)
    assert tally.packets == RULESETS * PACKETS
    assert min(tally.forwarded, tally.local, tally.dropped) > tally.packets // 50
    assert tally.rewritten > tally.packets // 50 or not tracked


def test_packets_of_a_session_do_what_the_kernel_does(bench: Bench) -> None:
    open_all = tuple(Ruleset(v6, OPEN_CHAINS, OPEN_RULES) for v6 in (False, True))
    tally = Tally()
    for number in range(RULESETS):
        random = Random(f"{SEED}/sessions/{number}")
        makers = Maker(random, False), Maker(random, True)
        rulesets = tuple(maker.ruleset(tracked=True, translated=False) for maker in makers)
        bench.load(open_all)
        drawn = [(sport, *random.choice(makers).opener()) for sport in random.sample(SPORTS, 40)]
        openers = [Probe(("fw", ingress), replace(packet, sport=sport)) for sport, ingress, packet in drawn]
        probes = bench.sessions(openers)
        bench.load(rulesets)
        found = bench.compare(rulesets, probes, tally, fresh=False)
        if found is not None:
            pytest.fail(f"ruleset {number}, seed {SEED}\n{found}")
    print("sessions", tally)
    assert min(tally.forwarded, tally.dropped) > tally.packets // 20


OPEN_CHAINS = (("filter", ":FORWARD ACCEPT [0:0]"),)
OPEN_RULES = (("filter", "-A FORWARD -m conntrack --ctstate NEW -j ACCEPT"),)
NORTH = Box(
    {
        "eth0": ("10.0.0.1/24", "fd00::1/64"),
        "eth1": ("10.0.1.1/24", "fd00:1::1/64"),
        "eth2": ("10.0.8.1/30", "fd00:8::1/126"),
    },
    ("10.0.2.0/24 via 10.0.8.2", "default via 10.0.8.2", "fd00:2::/64 via fd00:8::2", "default via fd00:8::2"),
)
SOUTH = Box(
    {"eth0": ("10.0.8.2/30", "fd00:8::2/126"), "eth2": ("10.0.2.1/24", "fd00:2::1/64")},
    (
        "10.0.0.0/23 via 10.0.8.1",
        "10.9.0.0/16 via 10.0.2.9",
        "default via 10.0.8.1",
        "fd00::/31 via fd00:8::1",
        "fd09::/16 via fd00:2::9",
    ),
)
ENDS = {
    Disposition.DENIED: False,
    Disposition.NO_ROUTE: False,
    Disposition.LOOP: False,
    Disposition.DELIVERED: True,
}


def test_two_firewalls_in_a_row_do_what_the_kernel_does() -> None:
    entries = {"eth0": ("north", "eth0"), "eth1": ("north", "eth1"), "eth2": ("south", "eth2")}
    join = ("north", "eth2"), ("south", "eth0")
    ends: Counter[str] = Counter()
    with Lab({"north": NORTH, "south": SOUTH}, [join]) as lab:
        benches = {name: Bench(lab, name) for name in ("north", "south")}
        for number in range(RULESETS):
            random = Random(f"{SEED}/two/{number}")
            makers = Maker(random, False), Maker(random, True)
            loaded = {name: tuple(maker.ruleset(tracked=True) for maker in makers) for name in benches}
            for name, bench in benches.items():
                bench.load(loaded[name])
            tracer = Tracer([bench.device(loaded[name]) for name, bench in benches.items()])
            drawn = [random.choice(makers).packet(False) for _ in range(PACKETS)]
            for batch in batches([Probe(entries[ingress], packet) for ingress, packet in drawn]):
                lab.forget_connections()
                for probe, seen in zip(batch, lab.send(batch), strict=True):
                    trace = tracer.trace(probe.packet, Entry(probe.ingress[0], "default", probe.ingress[1]))
                    ends[trace.disposition.value] += 1
                    rules = "".join(f"{name}\n{r}" for name, rs in loaded.items() for r in rs)
                    shown = f"{probe}\n{seen}\n{trace.disposition} {trace.reason}\n{rules}"
                    assert any(reaches(seen, walk) for walk in trace.walks), shown
    print(ends)
    assert min(ends["delivered"], ends["denied"]) > 0


def reaches(seen: Seen, walk: Walk) -> bool:
    """Whether a packet that is seen there has gone this way; of one that is undetermined everything may be seen.

    So it is of one that comes translated to a box where it was: there a connection is left of it, or its source is the
    box. ``trace`` knows no connections.
    """
    devices = [hop.device for hop in walk.hops]
    again = len(set(devices)) < len(devices) and any(hop.rewritten for hop in walk.hops)
    if again or walk.disposition is Disposition.UNDETERMINED:
        return True
    if not ENDS[walk.disposition]:
        return seen.egress is None
    last = walk.hops[-1]
    where = (last.device, last.egress or LOCAL)
    pools = dict(last.pools)
    return (
        seen.egress == where
        and seen.packet is not None
        and all(
            seen.packet.get(f) in pools[f] if f in pools else seen.packet.get(f) == walk.packet.get(f)
            for f in ON_THE_WIRE
        )
    )
