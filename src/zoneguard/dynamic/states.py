"""From what was seen in each direction to what it means: who opened the flow, and how far it got.

Pure functions of two directions; a flow whose directions were seen apart (each with another VLAN) is judged alike.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zoneguard.model.flows import FlowState
from zoneguard.model.match import ACK, FIN, RST, SYN

OPENING, ANSWERING, PLAIN, FINISH, RESET = 1, 2, 4, 8, 16
TCP, UDP = 6, 17
SERVICE_PORTS = frozenset({
    7, 21, 22, 23, 25, 37, 43, 49, 53, 67, 68, 69, 70, 79, 80, 88, 102, 104, 109, 110, 111, 113, 119, 123, 135,
    137, 138, 139, 143, 161, 162, 179, 194, 389, 427, 443, 445, 464, 465, 500, 502, 514, 515, 524, 543, 544,
    546, 547, 548, 554, 587, 593, 623, 631, 636, 646, 691, 853, 873, 902, 989, 990, 993, 995, 1080, 1194, 1433,
    1434, 1494, 1521, 1645, 1646, 1701, 1723, 1812, 1813, 1883, 1900, 2049, 2152, 2598, 3128, 3268, 3269, 3306,
    3389, 3478, 3544, 3702, 4172, 4500, 4789, 5060, 5061, 5222, 5353, 5355, 5432, 5555, 5671, 5672, 5900, 5901,
    5938, 5985, 5986, 6000, 6081, 6379, 6667, 8000, 8008, 8080, 8443, 8883, 9100, 9200, 9418, 9427, 10050,
    10051, 11211, 22443, 27017, 32111,
})  # fmt: skip


def _event(flags: int) -> int:
    if flags & SYN:
        return ANSWERING if flags & ACK else OPENING
    return (PLAIN if not flags & RST else 0) | (FINISH if flags & FIN else 0) | (RESET if flags & RST else 0)


EVENTS = np.array([_event(flags) for flags in range(256)], np.uint8)


class Side(NamedTuple):
    """One direction of a flow: ``events`` as ``EVENTS``, ``port`` of its sender, ``first_row`` its first packet.

    ``many``: its sender's address is a multicast or broadcast one, which never sends.
    """

    packets: int
    payload: int
    events: int
    port: int
    first_row: int
    many: bool = False


def opener(proto: int, sides: tuple[Side, Side]) -> tuple[int, str]:
    """Which side opened the flow, and how that is known: ``handshake``, ``port`` or ``first-packet``."""
    a, b = sides
    if proto == TCP:
        opening = [i for i, side in enumerate(sides) if side.events & OPENING]
        if opening:
            return min(opening, key=lambda i: sides[i].first_row), "handshake"
        answering = [i for i, side in enumerate(sides) if side.events & ANSWERING]
        if len(answering) == 1:
            return 1 - answering[0], "handshake"
    first = 0 if b.packets == 0 or (a.packets and a.first_row < b.first_row) else 1
    if proto in (TCP, UDP) and not sides[1 - first].many:
        here, there = sides[first].port, sides[1 - first].port
        if here in SERVICE_PORTS and there not in SERVICE_PORTS:
            return 1 - first, "port"
    return first, "first-packet"


def state(proto: int, originator: Side, responder: Side, refused: bool) -> FlowState:
    """How far the flow got. ``refused``: an ICMP unreachable message quoted one of its packets."""
    if proto == TCP:
        return _tcp_state(originator, responder, refused)
    if not responder.packets:
        return FlowState.REFUSED if refused else FlowState.ATTEMPTED
    return FlowState.PAYLOAD if originator.payload + responder.payload else FlowState.ESTABLISHED


def _tcp_state(originator: Side, responder: Side, refused: bool) -> FlowState:
    opened = bool(originator.events & OPENING or responder.events & ANSWERING)
    if not opened:
        return FlowState.MIDSTREAM
    if not responder.events & (ANSWERING | PLAIN | OPENING):
        if responder.events & RESET:
            return FlowState.REFUSED
        if not originator.events & PLAIN:  # a plain segment acknowledges an answer that was not captured
            return FlowState.REFUSED if refused else FlowState.ATTEMPTED
    if originator.events & responder.events & FINISH:
        return FlowState.CLOSED
    if (originator.events | responder.events) & RESET:
        return FlowState.RESET
    return FlowState.PAYLOAD if originator.payload + responder.payload else FlowState.ESTABLISHED
