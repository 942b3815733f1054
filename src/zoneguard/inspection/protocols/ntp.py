"""NTP (RFC 5905): times of day and nothing else, so a session that is NTP throughout is read, and nothing is carved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.inspection import UDP, Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.inspection.segments import bounds
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

PACKET = 48
SIZES = frozenset(
    {PACKET, PACKET + 4, PACKET + 20, PACKET + 24, PACKET + 36}
)  # with nothing, a NAK, or a digest behind
CLIENT, SERVER, BROADCAST = 3, 4, 5
UNSYNCHRONISED = 16


def recognise(conversation: Conversation) -> float:
    """By every packet of both sides."""
    some = next(_packets(conversation), None) is not None
    return 0.6 if some and all(map(_fits, _packets(conversation))) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """One session."""
    streams = conversation.to_responder, conversation.to_originator
    damaged = {stream.to_responder for stream in streams if stream.gaps or stream.conflicts}
    certainty = Certainty.PARTIAL if damaged else Certainty.INSPECTED
    reason = N_("not all of it is in the capture") if damaged else ""
    recorder = Recorder(conversation, "ntp")
    ends, size = session_ends(*map(Track, streams)), sum(len(s.data) for s in streams)
    for to_responder in sorted(damaged) or [False]:
        recorder.session("session", certainty, reason, Carriage(to_responder, ends, damaged=bool(damaged)), size=size)
    return recorder.transfers


def _packets(conversation: Conversation) -> Iterator[bytes]:
    for stream in (conversation.to_responder, conversation.to_originator):
        yield from (stream.data[start:end] for start, end in bounds(stream.segments))


def _fits(packet: bytes) -> bool:
    """A version, a mode of clients or servers, a stratum that exists, and one of the sizes."""
    if len(packet) not in SIZES:
        return False
    return _known(packet[0]) and packet[1] <= UNSYNCHRONISED


def _known(first: int) -> bool:
    """Whether the first byte tells a version and a mode that there are."""
    version, mode = first >> 3 & 7, first & 7
    return 1 <= version <= 4 and 1 <= mode <= BROADCAST


SIGNS = Signs(tuple(bytes((first,)) for first in range(256) if _known(first)))
PLUGIN = Protocol("ntp", "NTP", recognise, inspect, frozenset({UDP}), SIGNS)
