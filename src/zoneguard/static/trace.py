"""One packet, hop by hop, with the line that decided: an interpreter independent of the packet sets.

It shares the model and the parsers with the set engine and nothing else, so that tests may hold the two against each
other. What the input does not decide (an ``Unknown``, equal routes, a translation pool) is tried every way; where the
ways end differently the packet is undetermined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeVar

from zoneguard.model.addresses import format_address
from zoneguard.model.device import Concern, Device, Misunderstood
from zoneguard.model.match import Field
from zoneguard.model.packet import Packet
from zoneguard.model.project import Link
from zoneguard.model.text import N_, Text, as_reason
from zoneguard.static._trace_choices import Doubt, Explored, explore
from zoneguard.static._trace_json import to_json
from zoneguard.static._trace_packet import Traveller, domain, format_values
from zoneguard.static._trace_pipeline import Context, Outcome, Step
from zoneguard.static._trace_result import Disposition, Entry, Hop, Trace, Walk
from zoneguard.static._trace_rules import Decision
from zoneguard.static._trace_session import Place, Pools, Session, answered
from zoneguard.static._trace_topology import Topology
from zoneguard.static._trace_walk import Walker

__all__ = [
    "Context",
    "Decision",
    "Disposition",
    "Entry",
    "Hop",
    "Outcome",
    "Step",
    "StepResult",
    "Trace",
    "Tracer",
    "Walk",
    "answered",
    "entries",
    "format_values",
    "run_context",
    "run_vrf",
    "to_json",
    "trace_packet",
]

T = TypeVar("T")

WORST_FIRST = tuple(Disposition)
NAMED = 3


class Tracer:
    """The devices and links made ready for many packets."""

    def __init__(self, devices: Sequence[Device], links: Sequence[Link] = ()) -> None:
        self.topology = Topology(devices, links)

    def entries(self, source: int) -> tuple[Entry, ...]:
        """Where packets of ``source`` come in: see ``Topology.entries``."""
        return self.topology.entries(source)

    def trace(self, packet: Packet, entry: Entry | None = None, unspecified: frozenset[Field] = frozenset()) -> Trace:
        """Follow ``packet`` from ``entry``, or from everywhere its source comes in: then the worst of those traces.

        What a modelled device sends from an address of its own, on no other's subnet, comes in at its neighbours.
        ``unspecified`` fields may have any value, whatever ``packet`` says.
        """
        pools = {field: domain(field, packet.get(field)) for field in unspecified}
        if entry is not None:
            return self.follow(packet, entry, pools)
        traces = tuple(self._start(e, packet, pools) for e in self.entries(packet.src))
        traces = traces or tuple(
            self.follow(packet, e, pools, senders=(sender.device,))
            for sender, entries in self.topology.sent(packet.src, packet.dst)
            for e in entries
        )
        if not traces:
            reason = N_("the source {address} is attached to no modelled device", address=format_address(packet.src))
            return Trace(Disposition.UNDETERMINED, reason, packet)
        worst = min(traces, key=lambda t: WORST_FIRST.index(t.disposition))
        return replace(worst, alternatives=traces) if len(traces) > 1 else worst

    def _start(self, entry: Entry, packet: Packet, pools: Pools) -> Trace:
        """As ``follow``, except where source and destination are neighbours: no device is asked."""
        neighbours = any(packet.src in s and packet.dst in s for s in self.topology.subnets(entry))
        if neighbours and packet.dst not in self.topology.contexts[entry.device, entry.vrf].table.own:
            owners = self.topology.owners(entry, packet.dst)
            if owners:
                return self.follow(packet, owners[0], pools)
            reason = N_(
                "source and destination are on one subnet, that of {device} {interface}",
                device=entry.device,
                interface=entry.interface,
            )
            walk = Walk(Disposition.DELIVERED, (), reason, packet)
            return Trace(walk.disposition, reason, packet, entry, (), packet, walk.disposition, (), (walk,))
        return self.follow(packet, entry, pools)

    def follow(
        self,
        packet: Packet,
        entry: Entry,
        pools: Pools,
        sessions: Mapping[Place, Session] = MappingProxyType({}),
        senders: tuple[str, ...] = (),
    ) -> Trace:
        """Follow ``packet`` from ``entry`` on.

        ``pools``: fields that may have one of several values; ``sessions``: what contexts remember of the session that
        it answers; ``senders``: devices that it has come by.
        """
        explored = explore(lambda script: Walker(self.topology, Traveller(packet, script, pools), sessions).walk(entry))
        walks = tuple(dict.fromkeys(w for w, _ in explored.runs))
        worst = min(walks, key=lambda w: WORST_FIRST.index(w.disposition))
        doubts = _doubts(explored, lambda walk: walk.disposition)
        if doubts:
            stuck = (w for w in walks if w.disposition is Disposition.UNDETERMINED)
            doubts += tuple(dict.fromkeys(Doubt(w.reason, w.hops[-1].deciding.span if w.hops else None) for w in stuck))
        apparent = Disposition.UNDETERMINED if doubts else worst.disposition
        doubts += self._misread(walks, senders)
        disposition = Disposition.UNDETERMINED if doubts else worst.disposition
        reason = _reason(doubts) if doubts else worst.reason
        return Trace(disposition, reason, packet, entry, worst.hops, worst.packet, apparent, doubts, walks)

    def _misread(self, walks: tuple[Walk, ...], senders: tuple[str, ...]) -> tuple[Doubt, ...]:
        """The lines not understood, on all devices passed through, that can change more than the model tells."""
        names = dict.fromkeys((*senders, *(hop.device for walk in walks for hop in walk.hops)))
        lines = (m for name in names for m in self.topology.devices[name].uncertain)
        return tuple(Doubt(_misread_text(m), m.span) for m in lines if m.concern is not Concern.OTHER and not m.bounded)


def trace_packet(
    devices: Sequence[Device],
    packet: Packet,
    links: Sequence[Link] = (),
    entry: Entry | None = None,
    unspecified: frozenset[Field] = frozenset(),
) -> Trace:
    """``Tracer.trace`` for one packet."""
    return Tracer(devices, links).trace(packet, entry, unspecified)


def entries(devices: Sequence[Device], source: int, links: Sequence[Link] = ()) -> tuple[Entry, ...]:
    """``Tracer.entries`` for one address."""
    return Topology(devices, links).entries(source)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What one forwarding context does with a packet: ``may`` are all the ways that the input leaves open."""

    may: tuple[Step, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What all ways agree on, else undetermined."""
        outcomes = {step.outcome for step in self.may}
        return outcomes.pop() if len(outcomes) == 1 and not self.doubts else Outcome.UNDETERMINED


def run_context(
    context: Context, ingress: str, packet: Packet, unspecified: frozenset[Field] = frozenset()
) -> StepResult:
    """Run ``packet`` through one context made ready, coming in by ``ingress``."""
    pools = {field: domain(field, packet.get(field)) for field in unspecified}
    explored = explore(lambda script: context.run(Traveller(packet, script, pools), ingress))
    doubts = _doubts(explored, lambda step: step.outcome)
    return StepResult(tuple(dict.fromkeys(step for step, _ in explored.runs)), doubts)


def run_vrf(device: Device, vrf: str, ingress: str, packet: Packet) -> StepResult:
    """Run ``packet`` through the context ``vrf`` of ``device`` alone. Raises ``KeyError`` where it has none."""
    found = {v.name: v for v in device.vrfs}
    return run_context(Context(device, found[vrf]), ingress, packet)


def _doubts(explored: Explored[T], result: Callable[[T], object]) -> tuple[Doubt, ...]:
    """What decides between different results of the runs, and that there were too many of them."""
    doubts = explored.pivots(lambda one, other: result(one) == result(other))
    if explored.complete:
        return doubts
    return (*doubts, Doubt(N_("more than {count} combinations of what is not known", count=len(explored.runs))))


def _reason(doubts: tuple[Doubt, ...]) -> Text:
    """The first few doubts with their lines, and how many more there are."""
    first, *rest = (
        N_("{what} ({where})", what=d.what, where=str(d.span)) if d.span else d.what for d in doubts[:NAMED]
    )
    text = N_("it depends on: {doubt}", doubt=first)
    for doubt in rest:
        text = N_("{list}; {doubt}", list=text, doubt=doubt)
    return N_("{list}; and {count} more", list=text, count=len(doubts) - NAMED) if len(doubts) > NAMED else text


def _misread_text(line: Misunderstood) -> Text:
    return N_("a line not understood: {text} ({reason})", text=line.text, reason=as_reason(line.reason))
