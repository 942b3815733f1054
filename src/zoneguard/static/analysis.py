"""What is wrong with the rule lists of a device: rules that never act, that change nothing, that contradict others.

Only what is certain is said: where conditions are undecided, a rule is called hidden if it is so for every outcome, and
``UNDETERMINED`` if that depends on the outcome. A line that several lists hold is judged by all of them. Lists are
judged one by one: what an earlier stage drops still counts as coming. See ``docs/explanation/rule-analysis.md``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zoneguard.model.device import Concern, Device, Routing, Vrf
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.engine import TooLarge
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap
from zoneguard.static._analysis_causes import Cause
from zoneguard.static._analysis_judging import DEAD, Anomaly, Judge, Kind, translates
from zoneguard.static._analysis_lists import ContextLists
from zoneguard.static._analysis_merging import Merge, merges
from zoneguard.static.topology import Topology

__all__ = ["DEAD", "Analysis", "Anomaly", "Cause", "Kind", "Merge", "analyse"]


MOST_LINES = 40_000
"""Rules of one context beyond which time and memory are not spent: 30,000 take half a minute and 1.2 GB."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """``anomalies`` by file and line. ``merges``: lines that could be one. ``lines``: how many were analysed.

    ``skipped``: contexts whose lists are too long, or fall into too many parts, to be analysed.
    """

    anomalies: tuple[Anomaly, ...]
    merges: tuple[Merge, ...]
    lines: int
    skipped: tuple[tuple[str, str], ...] = ()

    def to_mend(self) -> Iterator[Anomaly]:
        """The anomalies that are worth a person's time: not the last deny of a list, which is how lists are written,
        and nothing that is redundant only because of a line that never acts (that one is to go)."""
        dead = {anomaly.span for anomaly in self.anomalies if anomaly.kind in DEAD}
        for anomaly in self.anomalies:
            if anomaly.kind is Kind.REDUNDANT:
                causes = [cause for cause in anomaly.causes if not cause.default]
                closes = not causes and anomaly.action != "permit"
                if closes or any(cause.span in dead for cause in causes):
                    continue
            yield anomaly


Key = tuple[SourceSpan, bool]
"""A line in its role: whether it translates."""


def analyse(device: Device, space: PacketSpace | None = None, topology: Topology | None = None) -> Analysis:
    """Every rule list of ``device``. ``topology``: one that holds the device (default: of the device alone)."""
    space = space or PacketSpace()
    topology = topology or Topology([device], ZoneMap([]))
    judged: dict[Key, list[Anomaly | None]] = defaultdict(list)
    contexts: list[ContextLists] = []
    skipped = []
    for vrf in device.vrfs:
        context = topology.contexts[device.name, vrf.name]
        if _length(vrf) > MOST_LINES:
            skipped.append(context.key)
            continue
        try:
            lists = ContextLists(space, topology, context)
            for key, verdict in _verdicts(lists):
                judged[key].append(verdict)
            contexts.append(lists)
        except TooLarge:
            skipped.append(context.key)
    anomalies = sorted(_anomalies(judged), key=lambda a: a.span)
    needless = {a.span for a in anomalies if a.kind in DEAD or a.kind is Kind.REDUNDANT}
    merged = {merge.spans: merge for lists in contexts for merge in merges(lists, needless)}
    lines = len({span for span, _ in judged})
    return Analysis(tuple(anomalies), tuple(merged[k] for k in sorted(merged)), lines, tuple(skipped))


def _length(vrf: Vrf) -> int:
    staged = (stage.rules for stage in (*vrf.stages, *vrf.local) if not isinstance(stage, Routing))
    return sum(len(rules.rules) for rules in (*staged, *vrf.lists.values()))


def _anomalies(judged: Mapping[Key, list[Anomaly | None]]) -> Iterator[Anomaly]:
    filters = {span for span, is_nat in judged if not is_nat}
    for (span, is_nat), verdicts in judged.items():
        found = [verdict for verdict in verdicts if verdict is not None]
        together = _together(found) if len(found) == len(verdicts) else None
        if together is not None and not (is_nat and span in filters):
            yield together


def _together(verdicts: list[Anomaly]) -> Anomaly | None:
    """What holds of a line that is at several places: it is dead where it is so at each, redundant only at one.

    A place where only the line itself hides it, being there twice, says nothing of it.
    """
    told = [v for v in verdicts if not v.causes or any(cause.span != v.span for cause in v.causes)]
    alive = [v for v in told if v.kind not in DEAD]
    if alive:
        return alive[0] if len(verdicts) == 1 else None
    return next((v for v in told if v.kind is Kind.CONTRADICTED), told[0]) if told else None


def _verdicts(lists: ContextLists) -> Iterator[tuple[Key, Anomaly | None]]:
    certain = not any(entry.concern is Concern.ROUTING for entry in lists.context.device.uncertain)
    judge = Judge(lists, certain)
    settings = {interface.span for interface in lists.context.device.interfaces}
    for key, rules in lists.lists.items():
        for leaf, anomaly in judge.lines(key, rules):
            if not leaf.rules[0].implied and leaf.span not in (rules.span, *settings):
                yield (leaf.span, key in lists.translating or translates(leaf)), anomaly
