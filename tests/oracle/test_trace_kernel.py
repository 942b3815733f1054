"""``trace`` against the Linux kernel: random rulesets, read back by the parsers, and random packets through both.

``ZONEGUARD_ORACLE_RULESETS`` and ``ZONEGUARD_ORACLE_SEED`` make the run longer or another one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from tests.oracle.agreement import Bench, Tally
from tests.oracle.netns import Box, Lab, Probe, unavailable
from tests.oracle.rulesets import BLACKHOLES, INTERFACES, ROUTES, Maker, Ruleset

REASON = unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

RULESETS = int(os.environ.get("ZONEGUARD_ORACLE_RULESETS", "24"))
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
