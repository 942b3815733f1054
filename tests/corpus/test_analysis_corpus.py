"""Real rulesets: rules that are called dead or redundant are taken out, and what is permitted stays the same."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from tests.corpus.test_iptables_corpus import parsed, rulesets
from zoneguard.model.device import Device, Filter, RuleList, Stage
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.spans import SourceSpan
from zoneguard.static.analysis import DEAD, Kind, analyse
from zoneguard.static.lists import Lists

pytestmark = pytest.mark.corpus

LARGE = 100_000
"""Bytes past which a ruleset is measured in bench/, not tried here."""
TRIED = 12
"""Redundant lines that are taken out one by one, in one ruleset."""


def small(corpus: Path) -> list[Path]:
    return [path for path in rulesets(corpus) if path.stat().st_size < LARGE]


def removed(device: Device, spans: set[SourceSpan]) -> Device:
    def cut(rules: RuleList) -> RuleList:
        return replace(rules, rules=tuple(r for r in rules.rules if r.span not in spans))

    def stage(of: Stage) -> Stage:
        return replace(of, rules=cut(of.rules)) if isinstance(of, Filter) else of

    vrfs = [
        replace(v, stages=tuple(map(stage, v.stages)), lists={name: cut(r) for name, r in v.lists.items()})
        for v in device.vrfs
    ]
    return replace(device, vrfs=tuple(vrfs))


def permitted(space: PacketSpace, device: Device, names: tuple[str, ...]) -> list[PacketSet]:
    """What each filter that forwarded packets run through permits, for every pair of these interfaces."""
    return [
        Lists(space, vrf.lists).permitted(stage.rules, space.everything, ingress, egress)
        for vrf in device.vrfs
        for stage in vrf.stages
        if isinstance(stage, Filter)
        for ingress, egress in product(names, names)
    ]


def test_taking_out_dead_and_redundant_lines_changes_nothing(corpus: Path) -> None:
    counts: Counter[str] = Counter()
    for path in small(corpus):
        (device,) = parsed(path).devices
        names = tuple(sorted(device.vrfs[0].interfaces))[:2] or ("eth0", "lo")
        anomalies = [a for a in analyse(device).anomalies if a.action != "translate"]
        counts.update(a.kind.value for a in anomalies)
        dead = {a.span for a in anomalies if a.kind in DEAD}
        redundant = [a.span for a in anomalies if a.kind is Kind.REDUNDANT]
        step = max(1, len(redundant) // TRIED)
        spaces = [PacketSpace(), PacketSpace(IntervalEngine())] if len(names) < 2 or len(dead) < 20 else [PacketSpace()]
        for space in spaces:
            whole = permitted(space, device, names)
            assert permitted(space, removed(device, dead), names) == whole, path.name
            for span in redundant[::step]:
                assert permitted(space, removed(device, {span}), names) == whole, f"{path.name}:{span.first}"
    print(dict(counts))
    assert counts[Kind.REDUNDANT]
    assert sum(counts[kind] for kind in DEAD)
