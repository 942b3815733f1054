"""Packets of sessions under way: sent until real connection tracking says established or related."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tests.oracle.netns import LOCAL, Lab, Probe, Seen
from zoneguard.model.addresses import V6
from zoneguard.model.match import ACK, SYN, ConnState
from zoneguard.model.packet import Packet

UNREACHABLE = {False: 3 << 8 | 1, True: 1 << 8 | 4}
"""ICMP and ICMPv6: a host or port that cannot be reached, about a packet of the session."""


def sessions(lab: Lab, openers: Sequence[Probe]) -> list[tuple[Probe, Seen]]:
    """Open a session with each probe under the rules that are loaded, and answer it: those that came through."""
    lab.forget_connections()
    sent = zip(openers, lab.send(openers), strict=True)
    opened = [(probe, seen) for probe, seen in sent if seen.egress and seen.egress[1] != LOCAL]
    lab.send([answer for _, seen in opened if (answer := answer_of(seen))])
    return opened


def following(opened: Sequence[tuple[Probe, Seen]]) -> list[Probe]:
    """One more packet of each session, the way of the first."""
    return [replace(probe, packet=_established(probe.packet)) for probe, _ in opened]


def answers(opened: Sequence[tuple[Probe, Seen]]) -> list[Probe]:
    """One more answer of each session."""
    found = [answer for _, seen in opened if (answer := answer_of(seen))]
    return [replace(answer, packet=_established(answer.packet)) for answer in found]


def errors(opened: Sequence[tuple[Probe, Seen]]) -> list[Probe]:
    """For each session an ICMP error about its first packet, from its far end to its sender."""
    found = []
    for probe, seen in opened:
        if seen.egress is None or seen.packet is None:
            continue
        v6 = probe.packet.src >= V6
        error = Packet(seen.packet.dst, seen.packet.src, 58 if v6 else 1, icmp=UNREACHABLE[v6])
        error = replace(error, mac=probe.packet.mac, state=ConnState.RELATED)
        found.append(Probe(seen.egress, error, seen.packet))
    return found


def answer_of(seen: Seen) -> Probe | None:
    """The answer that the far end gives at once to a packet that came through."""
    if seen.egress is None or seen.packet is None:
        return None
    sent = seen.packet
    back = replace(sent, src=sent.dst, dst=sent.src, sport=sent.dport, dport=sent.sport)
    return Probe(seen.egress, replace(back, flags=SYN | ACK if sent.flags else 0))


def _established(packet: Packet) -> Packet:
    return replace(packet, state=ConnState.ESTABLISHED, flags=ACK if packet.flags else 0)
