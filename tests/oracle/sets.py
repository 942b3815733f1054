"""The set engine on one packet: whether it allows what the kernel did, and what ``trace`` says."""

from __future__ import annotations

from tests.oracle.frames import ON_THE_WIRE
from tests.oracle.netns import LOCAL, Seen
from zoneguard.model.device import Device
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import PORT_PROTOCOLS, Field
from zoneguard.model.packet import Packet
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.packets.layout import GROUPS
from zoneguard.model.zones import ZoneMap
from zoneguard.static.pipeline import Pipeline
from zoneguard.static.topology import Topology
from zoneguard.static.trace import Outcome, StepResult


class SetEngine:
    """The pipeline of a device with one context."""

    def __init__(self, device: Device) -> None:
        self._space = PacketSpace()
        topology = Topology([device], ZoneMap([]))
        (context,) = topology.contexts.values()
        self._pipeline = Pipeline(self._space, topology, context)

    def differs(self, ingress: str, packet: Packet, seen: Seen, traced: StepResult) -> str:
        """In what the set engine differs from the kernel or from ``trace``; empty where it agrees with both."""
        leaving = self._leaving(ingress, packet)
        where = seen.egress[1] if seen.egress else ""
        if seen.packet is None or not where:
            if not self._may_drop(leaving, traced):
                return f"nothing of it is dropped, it leaves by {sorted(leaving)}"
        elif where not in leaving:
            return f"it may leave by {sorted(leaving)}, not by {where}"
        elif not leaving[where] & self._on_the_wire(seen.packet):
            return f"by {where} it leaves only as {leaving[where].witness()}"
        return self._differs_from_trace(leaving, traced)

    def _leaving(self, ingress: str, packet: Packet) -> dict[str, PacketSet]:
        """As which packets it may leave, by interface (``LOCAL``: for the box itself)."""
        found: dict[str, PacketSet] = {}
        for departure in self._pipeline.run(ingress, self._space.packet(packet)):
            where = departure.way.interface if departure.way else LOCAL
            found[where] = found.get(where, self._space.nothing) | departure.part.packets
        return {where: packets for where, packets in found.items() if packets}

    def _may_drop(self, leaving: dict[str, PacketSet], traced: StepResult) -> bool:
        """Whether it need not leave. Where NAT chooses one of several, the set holds the choices that pass only."""
        if any(step.pools for step in traced.may) or len({_translated(step.packet) for step in traced.may}) > 1:
            return True
        engine = self._space.engine
        passes = engine.exists(self._space.union(*leaving.values()).node, list(GROUPS.values()))
        return bool(engine.exists_unknown(engine.neg(passes)) != engine.false)

    def _on_the_wire(self, packet: Packet) -> PacketSet:
        asked = self._space.everything
        for field in ON_THE_WIRE:
            if field is Field.SPORT and packet.proto not in PORT_PROTOCOLS:
                continue
            present = self._space.field(field, Intervals.of(packet.get(field)))
            asked = asked & (present | PacketSet(self._space, self._space.engine.neg(self._space.has(field))))
        return asked

    def _differs_from_trace(self, leaving: dict[str, PacketSet], traced: StepResult) -> str:
        """Both are read from one model: all that one leaves open the other must."""
        if any(step.outcome is Outcome.UNDETERMINED for step in traced.may):
            return ""
        ways = {s.egress or LOCAL for s in traced.may if s.outcome in (Outcome.FORWARD, Outcome.LOCAL)}
        drops = any(s.outcome in (Outcome.DENY, Outcome.NO_ROUTE) for s in traced.may)
        if ways != set(leaving):
            return f"it may leave by {sorted(leaving)}, as trace says by {sorted(ways)}"
        if (drops and not self._may_drop(leaving, traced)) or (not drops and not leaving):
            return "trace and sets differ on whether it may be dropped"
        return ""


def _translated(packet: Packet) -> tuple[int, ...]:
    return packet.src, packet.dst, packet.sport, packet.dport
