"""The campaigns: for each, random rulesets from a seed, packets for them, and the first disagreement made small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.oracle.agreement import Bench, Disagreement, Tally, shrunk
from tests.oracle.iptables_rules import FamilyRules, IptablesRuleset, iptables_ruleset
from tests.oracle.netns import Lab, Probe
from tests.oracle.nft_rules import nft_ruleset
from tests.oracle.rulesets import Rule, Ruleset
from tests.oracle.sessions import answers, errors, following, sessions
from tests.oracle.world import SPORTS, World

PACKETS = 100
SESSIONS = 40
TRACK_ALL = Rule("filter", "FORWARD", ("-m conntrack --ctstate NEW",), "-j ACCEPT")
OPEN = IptablesRuleset(
    "nft", tuple(FamilyRules(v6, "nft", (("filter", ":FORWARD ACCEPT [0:0]"),), (TRACK_ALL,)) for v6 in (False, True))
)
"""Lets everything pass and tracks it."""
MAY_CLASH = ("conflicting intervals", "overlap", "exists")
"""What nft says of a set of which random elements are in each other's way."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """``make``: a ruleset; ``fragments``: later fragments are sent too; ``sessions``: packets of sessions under way.

    Fragments are sent only where nothing tracks connections: tracking puts them together first.
    """

    make: Callable[[Random], Ruleset]
    fragments: bool = False
    sessions: bool = False

    @property
    def translates(self) -> bool:
        """Whether rules rewrite addresses: those of packets that nothing tracks are not."""
        return not (self.fragments or self.sessions)


CAMPAIGNS = {
    "iptables-nft": Campaign(lambda random: iptables_ruleset(random, "nft")),
    "iptables-nft, untracked": Campaign(lambda random: iptables_ruleset(random, "nft", tracked=False), fragments=True),
    "iptables-legacy": Campaign(lambda random: iptables_ruleset(random, "legacy")),
    "iptables-legacy, untracked": Campaign(
        lambda random: iptables_ruleset(random, "legacy", tracked=False), fragments=True
    ),
    "nftables": Campaign(nft_ruleset),
    "nftables, untracked": Campaign(lambda random: nft_ruleset(random, tracked=False), fragments=True),
    "iptables, sessions": Campaign(
        lambda random: iptables_ruleset(random, "nft", tables=("mangle", "security")), sessions=True
    ),
    "nftables, sessions": Campaign(lambda random: nft_ruleset(random, translated=False), sessions=True),
}


def play(bench: Bench, name: str, seed: int, number: int, tally: Tally) -> Disagreement | None:
    """Ruleset ``number`` of a campaign and its packets; the first disagreement, made small."""
    campaign = CAMPAIGNS[name]
    random = Random(f"{seed}/{name}/{number}")
    exported = number % 2 == 1
    ruleset = accepted(bench.lab, bench.box, lambda: campaign.make(random))
    worlds = World(random, False), World(random, True)
    if campaign.sessions:
        return _sessions(bench, ruleset, worlds, tally, exported)
    drawn = [random.choice((worlds[0], worlds[0], worlds[1])).packet(campaign.fragments) for _ in range(PACKETS)]
    probes = [Probe((bench.box, ingress), packet) for ingress, packet in drawn]
    found = bench.compare(ruleset, probes, tally, exported=exported)
    if found is None:
        return None

    def again(smaller: Ruleset) -> Disagreement | None:
        smaller.load(bench.lab, bench.box)
        return bench.compare(smaller, [found.probe], Tally(), exported=exported)

    return shrunk(found, again)


def accepted(lab: Lab, box: str, make: Callable[[], Ruleset]) -> Ruleset:
    """The first ruleset of those made that the tool accepts, loaded."""
    while True:
        ruleset = make()
        try:
            ruleset.load(lab, box)
        except RuntimeError as error:
            if isinstance(ruleset, IptablesRuleset) or not any(word in str(error) for word in MAY_CLASH):
                raise
            continue
        return ruleset


def _sessions(
    bench: Bench, ruleset: Ruleset, worlds: tuple[World, World], tally: Tally, exported: bool
) -> Disagreement | None:
    """Sessions are opened under rules that let all pass and translate nothing: the models know no connections."""
    random = worlds[0].random
    drawn = [(sport, *random.choice(worlds).opener()) for sport in random.sample(SPORTS, SESSIONS)]
    openers = [Probe((bench.box, i), replace(packet, sport=sport)) for sport, i, packet in drawn]

    def under_way(ruleset: Ruleset, openers: list[Probe], tally: Tally) -> Disagreement | None:
        OPEN.load(bench.lab, bench.box)
        opened = sessions(bench.lab, openers)
        probes = [*following(opened), *answers(opened), *errors(opened)]
        bench.lab.send(probes[: 2 * len(opened)])
        ruleset.load(bench.lab, bench.box)
        return bench.compare(ruleset, probes, tally, fresh=False, exported=exported)

    found = under_way(ruleset, openers, tally)
    if found is None:
        return None
    about = found.probe.about or found.probe.packet
    of_session = [p for p in openers if p.packet.sport in (about.sport, about.dport)]
    return shrunk(found, lambda smaller: under_way(smaller, of_session, Tally()))
