"""The first answer to a packet that was delivered: whether it gets back, through the same interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from zoneguard.model.device import Filter, Vrf
from zoneguard.model.match import ACK, SYN, ConnState, Field, asks
from zoneguard.model.packet import Packet
from zoneguard.model.text import N_, Text
from zoneguard.static._trace_packet import domain
from zoneguard.static._trace_result import Disposition, Trace
from zoneguard.static._trace_session import OTHER_END, PORT_OF, Place, Session, answered, sessions_of
from zoneguard.static.trace import Tracer

ICMP, TCP, ICMPV6 = 1, 6, 58
ANSWERS = {ICMP: {8: 0, 13: 14, 15: 16, 17: 18}, ICMPV6: {128: 129}}
"""The types of messages that ask, and those that answer them (RFC 792, 950, 4443)."""


def with_answer(trace: Trace, tracer: Tracer, unspecified: frozenset[Field] = frozenset()) -> Trace:
    """``trace`` with the trace of its answer, where one can be followed."""
    return replace(trace, answer=_answer_to(trace, tracer, unspecified))


def _answer_to(trace: Trace, tracer: Tracer, unspecified: frozenset[Field]) -> Trace | None:
    """The trace of the first answer, from the interface by which the packet left; ``None`` where none is followed.

    None is followed for what was not delivered to a host, for what no answer is asked by, and where one context
    translated the session twice. Where a context translated it once, the answer gets back what it had there. An answer
    that meets a device that keeps sessions and has not seen this one is undetermined, and one that gets back with
    other addresses than were asked.
    """
    packet, hops = trace.arrived, trace.hops
    if trace.disposition is not Disposition.DELIVERED or packet is None or not hops or hops[-1].action == "local":
        return None
    turned = _turned(packet)
    given = {field: domain(field, trace.packet.get(field)) for field in unspecified}
    sessions = sessions_of(trace.packet, given, hops)
    if turned is None or sessions is None:
        return None
    last = hops[-1]
    pools = {OTHER_END[field]: values for field, values in (given | dict(last.pools)).items() if field in OTHER_END}
    back = tracer.follow(turned, tracer.topology.port(last.device, last.context, last.egress), pools, sessions)
    doubt = _doubt(trace, back, tracer, sessions, unspecified)
    return back if doubt is None else replace(back, disposition=Disposition.UNDETERMINED, reason=doubt)


def _doubt(
    trace: Trace, back: Trace, tracer: Tracer, sessions: Mapping[Place, Session], unspecified: frozenset[Field]
) -> Text | None:
    """Why it is open whether the sender of ``trace`` gets the answer ``back``, whatever the devices on its way do."""
    seen = {(hop.device, hop.context) for hop in trace.hops}
    for hop in back.hops:
        place = (hop.device, hop.context)
        if place not in seen and _tracks(tracer, *place):
            return N_("the answer comes to {device}, which keeps sessions and has not seen this one", device=hop.device)
        if place not in sessions and any(field in PORT_OF for field, _, _ in hop.rewritten):
            return N_("{device} translates the answer, and did not translate what it answers", device=hop.device)
    sent, got = trace.packet, back.arrived
    if back.disposition is Disposition.DELIVERED and got is not None and (got.dst, got.src) != (sent.src, sent.dst):
        shown = got.text(answered(unspecified))
        return N_("the answer gets back as {packet}: on its way the translation is not undone", packet=shown)
    return None


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
