"""DNS (RFC 1035) over UDP and TCP, with its kin of one message format (multicast DNS, LLMNR, NetBIOS names).

Questions and answers about names are no content, so a session that is DNS throughout is read, and nothing is carved.
That somebody may hide content in names is not looked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from itertools import islice

from zoneguard.inspection import TCP, UDP, Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.inspection.segments import bounds
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_

HEADER = 12
_COUNTS = struct.Struct(">4H")
POINTER = 0xC0
SAMPLE = 4


def recognise(conversation: Conversation) -> float:
    """By the first messages of both sides, which parse to their last byte."""
    found = False
    for stream in (conversation.to_responder, conversation.to_originator):
        for message in islice(_messages(conversation, stream), SAMPLE):
            if not _is_message(message):
                return 0.0
            found = True
    return 0.6 if found else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """One session; what is not DNS in it is said to be unread, in each direction that holds such."""
    streams = conversation.to_originator, conversation.to_responder
    counts = [0, 0]
    strange = {stream.to_responder for stream in streams if stream.gaps or stream.conflicts}
    for stream in streams:
        for message in _messages(conversation, stream):
            if _is_message(message):
                counts[message[2] >> 7] += 1
            else:
                strange.add(stream.to_responder)
    certainty = Certainty.PARTIAL if strange else Certainty.INSPECTED
    reason = N_("not all of it is DNS, or not all of it is in the capture") if strange else ""
    recorder = Recorder(conversation, "dns")
    ends, size = session_ends(*map(Track, streams)), sum(len(s.data) for s in streams)
    facts = (("queries", str(counts[0])), ("responses", str(counts[1])))
    for to_responder in sorted(strange) or [False]:
        carriage = Carriage(to_responder, ends, whole=not strange)
        recorder.session("session", certainty, reason, carriage, size=size, facts=facts)
    return recorder.transfers


def _messages(conversation: Conversation, stream: Stream) -> Iterator[bytes]:
    """The messages of one side: a datagram each, or behind a length of two bytes; the last may be short."""
    if conversation.flow.proto == UDP:
        yield from (stream.data[start:end] for start, end in bounds(stream.segments))
        return
    position = 0
    while position < len(stream.data):
        size = int.from_bytes(stream.data[position : position + 2], "big")
        yield stream.data[position + 2 : position + 2 + size]
        position += 2 + size


def _is_message(data: bytes) -> bool:
    """Whether ``data`` is a message: counts and names fit, and nothing is behind the last record."""
    if len(data) < HEADER or data[2] >> 3 & 15 > 8:
        return False
    questions, *records = _COUNTS.unpack_from(data, 4)
    if not questions + sum(records):
        return False
    position = HEADER
    for number in range(questions + sum(records)):
        position = _name_end(data, position)
        if number < questions:
            position += 4
        else:
            position += 10 + int.from_bytes(data[position + 8 : position + 10], "big")
        if position > len(data):
            return False
    return position == len(data)


def _name_end(data: bytes, position: int) -> int:
    """Where the name ends that begins at ``position``; behind the end of ``data`` where it is none."""
    while position < len(data):
        size = data[position]
        if size >= POINTER:
            return position + 2
        if size > 63:
            break
        position += 1 + size
        if not size:
            return position
    return len(data) + 1


PLUGIN = Protocol("dns", "DNS", recognise, inspect, frozenset({TCP, UDP}))
