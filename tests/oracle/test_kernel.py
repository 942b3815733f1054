"""The models against the Linux kernel: random rulesets, read back by the parsers, and random packets through all.

``ZONEGUARD_ORACLE_RULESETS`` and ``ZONEGUARD_ORACLE_SEED`` make the run longer or another one; ``python -m
tests.oracle.run`` is for long ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.oracle.agreement import Bench, Tally
from tests.oracle.campaign import CAMPAIGNS, play
from tests.oracle.netns import Lab, tool_fails, unavailable
from tests.oracle.world import FIREWALL

REASON = unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

RULESETS = int(os.environ.get("ZONEGUARD_ORACLE_RULESETS", "8"))
SEED = int(os.environ.get("ZONEGUARD_ORACLE_SEED", "1"))


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Lab({"fw": FIREWALL}) as lab:
        yield Bench(lab, "fw")


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_random_rulesets_do_what_the_kernel_does(bench: Bench, name: str) -> None:
    if "legacy" in name and (reason := tool_fails(bench.lab, bench.box, "iptables-legacy", "-L")):
        pytest.skip(f"this kernel has no tables of iptables-legacy: {reason}")
    tally = Tally()
    for number in range(RULESETS):
        found = play(bench, name, SEED, number, tally)
        if found is not None:
            pytest.fail(f"{name}, seed {SEED}, ruleset {number}\n{found}")
    print(name, tally)
    campaign = CAMPAIGNS[name]
    assert tally.packets > RULESETS * 20
    assert min(tally.forwarded, tally.dropped) > tally.packets // 50
    assert tally.local > tally.packets // 50 or campaign.sessions
    assert (tally.rewritten > 0) == campaign.translates
    assert tally.open < tally.packets // (5 if campaign.sessions else 10)
