"""The first answer to a packet that was delivered: whether it gets back, through the same interpreter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from zoneguard.model.device import Filter, Vrf
from zoneguard.model.match import ACK, SYN, ConnState, Field, asks
from zoneguard.model.packet import Packet
from zoneguard.model.text import N_
from zoneguard.static._trace_walk import Disposition, Hop

if TYPE_CHECKING:
    from zoneguard.static.trace import Trace, Tracer

ICMP, TCP, ICMPV6 = 1, 6, 58
ANSWERS = {ICMP: {8: 0, 13: 14, 15: 16, 17: 18}, ICMPV6: {128: 129}}
"""The types of messages that ask, and those that answer them (RFC 792, 950, 4443)."""
OTHER_END = {Field.SPORT: Field.DPORT, Field.DPORT: Field.SPORT, Field.MAC: Field.MAC}


def answer_to(trace: Trace, tracer: Tracer, unspecified: frozenset[Field] = frozenset()) -> Trace | None:
    """The trace of the first answer, from the interface by which the packet left; ``None`` where none is followed.

    None is followed for what was not delivered to a host, for what no answer is asked by, and for what was translated:
    there the answer comes back as the translation remembers it. An answer that meets a device that keeps sessions and
    has not seen this one is undetermined.
    """
    packet, hops = trace.arrived, trace.hops
    if trace.disposition is not Disposition.DELIVERED or packet is None or not hops or hops[-1].action == "local":
        return None
    turned = _turned(packet)
    if turned is None or _translated(hops, unspecified):
        return None
    last = hops[-1]
    entry = tracer.topology.port(last.device, last.context, last.egress)
    open_ends = frozenset(OTHER_END[field] for field in unspecified if field in OTHER_END)
    back = tracer.trace(turned, entry, open_ends)
    if _translated(back.hops, open_ends):
        return None
    seen = {(hop.device, hop.context) for hop in hops}
    strange = next(
        (h for h in back.hops if (h.device, h.context) not in seen and _tracks(tracer, h.device, h.context)), None
    )
    if strange is None:
        return back
    reason = N_("the answer comes to {device}, which keeps sessions and has not seen this one", device=strange.device)
    return replace(back, disposition=Disposition.UNDETERMINED, reason=reason)


def _translated(hops: Iterable[Hop], unspecified: frozenset[Field]) -> bool:
    """Whether a device changed the packet. A field that may have any value is in ``Hop.pools`` as it was sent."""
    return any(hop.rewritten or any(field not in unspecified for field, _ in hop.pools) for hop in hops)


def _turned(packet: Packet) -> Packet | None:
    icmp = packet.icmp
    if packet.proto in ANSWERS:
        kind = ANSWERS[packet.proto].get(icmp >> 8)
        if kind is None:
            return None
        icmp = kind << 8
    ends = {"src": packet.dst, "dst": packet.src, "sport": packet.dport, "dport": packet.sport}
    return Packet(**ends, proto=packet.proto, icmp=icmp, state=ConnState.ESTABLISHED,
                  flags=SYN | ACK if packet.proto == TCP else 0)  # fmt: skip


def _tracks(tracer: Tracer, device: str, context: str) -> bool:
    vrf: Vrf = tracer.topology.contexts[device, context].vrf
    lists = [stage.rules for stage in vrf.stages if isinstance(stage, Filter)]
    rules = (rule for listed in (*lists, *vrf.lists.values()) for rule in listed.rules)
    stateful = any(isinstance(stage, Filter) and stage.stateful for stage in vrf.stages)
    return stateful or any(Field.STATE in asks(rule.match) for rule in rules)
