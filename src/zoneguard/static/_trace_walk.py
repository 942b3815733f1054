"""From context to context until the packet is delivered, dropped, lost, or comes round again."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from zoneguard.model.addresses import format_address
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Field, In
from zoneguard.model.packet import Packet
from zoneguard.model.text import N_, Text
from zoneguard.static._trace_choices import Doubt
from zoneguard.static._trace_packet import Traveller
from zoneguard.static._trace_pipeline import Outcome, Step
from zoneguard.static._trace_result import Disposition, Entry, Hop, Walk
from zoneguard.static._trace_session import Place, Session
from zoneguard.static._trace_topology import Topology

MAX_HOPS = 64
REWRITTEN = (Field.SRC, Field.DST, Field.SPORT, Field.DPORT, Field.ICMP)


_ENDS = {
    Outcome.LOCAL: Disposition.DELIVERED,
    Outcome.DENY: Disposition.DENIED,
    Outcome.NO_ROUTE: Disposition.NO_ROUTE,
    Outcome.UNDETERMINED: Disposition.UNDETERMINED,
}


class Walker:
    """Follows one packet from one entry. ``sessions``: what contexts remember of the session that it answers."""

    def __init__(
        self, topology: Topology, packet: Traveller, sessions: Mapping[Place, Session] = MappingProxyType({})
    ) -> None:
        self._topology = topology
        self._packet = packet
        self._sessions = sessions
        self._hops: list[Hop] = []

    def walk(self, entry: Entry) -> Walk:
        """The whole way. A packet that comes unchanged to where it was is in a loop, as is one with too many hops."""
        here = entry
        been: set[tuple[Entry, Packet, tuple[tuple[Field, Intervals], ...]]] = set()
        while True:
            context = self._topology.contexts.get((here.device, here.vrf))
            if context is None:
                reason = N_("{device} has no forwarding context {context}", device=here.device, context=here.vrf)
                return self._end(Disposition.UNDETERMINED, reason)
            state = here, self._packet.packet, tuple(sorted(self._packet.pools.items()))
            if state in been or len(self._hops) >= MAX_HOPS:
                return self._end(
                    Disposition.LOOP, N_("the packet comes back to {device} again and again", device=here.device)
                )
            been.add(state)
            arrived = self._packet.packet
            step = context.run(self._packet, here.interface, self._sessions.get((here.device, here.vrf)))
            if step.outcome is not Outcome.FORWARD:
                self._hops.append(_hop(here, arrived, step, _ending(step)))
                return self._end(_ENDS[step.outcome], step.reason)
            onward = self._onward(here, step)
            self._hops.append(_hop(here, arrived, step, "forward" if isinstance(onward, Entry) else "deliver"))
            if isinstance(onward, Text):
                return self._end(Disposition.DELIVERED, onward)
            here = onward

    def _onward(self, here: Entry, step: Step) -> Entry | Text:
        """The next interface, or why the packet has left the model."""
        if step.into:
            return Entry(here.device, step.into, here.interface)
        topology, packet = self._topology, self._packet
        port = topology.port(here.device, here.vrf, step.egress)
        where = {"device": here.device, "interface": step.egress}
        if step.next_hop is not None:
            owners = topology.owners(port, step.next_hop)
            if owners:
                return self._one_of(owners, step)
            return N_(
                "{device} hands it by {interface} to {address}, which is not modelled",
                **where,
                address=format_address(step.next_hop),
            )
        owners = self._owners_of_destination(port)
        if owners:
            return self._one_of(owners, step)
        if packet.holds(
            In(Field.DST, Intervals.from_spans(s for subnet in topology.subnets(port) for s in subnet.spans))
        ):
            address = format_address(packet.packet.dst)
            return N_("{device} reaches {address} on the subnet of {interface}", **where, address=address)
        peers = topology.peers(port)
        if peers:
            return self._one_of(peers, step)
        return N_("{device} sends it out of {interface}, beyond which nothing is modelled", **where)

    def _owners_of_destination(self, port: Entry) -> list[Entry]:
        if Field.DST not in self._packet.pools:
            return self._topology.owners(port, self._packet.packet.dst)
        for address, owners in self._topology.owned(port).items():
            if self._packet.holds(In(Field.DST, Intervals.of(address))):
                return owners
        return []

    def _one_of(self, ports: list[Entry], step: Step) -> Entry:
        names = ", ".join(f"{p.device} {p.interface}" for p in ports)
        doubt = Doubt(N_("which of several neighbours gets it: {names}", names=names), step.decisions[-1].span)
        port = ports[self._packet.script.choose(doubt, len(ports))]
        self._packet.cross_wire()
        return port

    def _end(self, disposition: Disposition, reason: Text) -> Walk:
        return Walk(disposition, tuple(self._hops), reason, self._packet.packet)


def _ending(step: Step) -> str:
    if step.outcome is Outcome.DENY:
        if step.decisions[-1].kind in ("route", "policy-route"):
            return "blackhole"
        return "reject" if step.reject else "deny"
    return step.outcome.value


def _hop(here: Entry, arrived: Packet, step: Step, action: str) -> Hop:
    changed = tuple((f, arrived.get(f), step.packet.get(f)) for f in REWRITTEN if arrived.get(f) != step.packet.get(f))
    pools = tuple((f, values) for f, values in step.pools if f in REWRITTEN)
    return Hop(
        here.device, here.vrf, here.interface, step.egress, action, step.deciding, step.decisions, changed, pools
    )
