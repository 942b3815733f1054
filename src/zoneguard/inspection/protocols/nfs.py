"""NFS versions 2 and 3 over TCP and UDP: files that were read and written, with the paths that calls tell.

A file is asserted only if this conversation holds every byte of it from 0 to the length that the server told last.
Version 4, and calls protected by Kerberos, are opaque. Port mapper, mounts and locks carry no content.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from zoneguard.inspection import TCP, UDP, Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._nfs_calls import PROGRAMS, Nfs
from zoneguard.inspection.protocols._onc_rpc import CALL, Answer, Call, Lost, messages
from zoneguard.inspection.protocols._remote_files import Files
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_

SAMPLE = 3
CALLED = CALL.to_bytes(4, "big") + (2).to_bytes(4, "big")
"""What a call has behind its number: that it is one, and the version of RPC."""


def recognise(conversation: Conversation) -> float:
    """By calls of programs that belong to NFS, and answers to them."""
    call_at = 4 if conversation.flow.proto == UDP else 8
    ways = [pair for pair in _both_ways(conversation) if pair[0].data.startswith(CALLED, call_at)]
    return max((_score(asking, answering, conversation) for asking, answering in ways), default=0.0)


def _both_ways(conversation: Conversation) -> tuple[tuple[Stream, Stream], tuple[Stream, Stream]]:
    up, down = conversation.to_responder, conversation.to_originator
    return (up, down), (down, up)


def _score(asking: Stream, answering: Stream, conversation: Conversation) -> float:
    calls = list(_first(asking, conversation))
    if not calls or not all(isinstance(call, Call) and call.program in PROGRAMS for call in calls):
        return 0.0
    return 0.95 if all(isinstance(answer, Answer) for answer in _first(answering, conversation)) else 0.6


def _first(stream: Stream, conversation: Conversation) -> Iterator[Call | Answer | Lost]:
    """The first messages of a side; over TCP, what is lost behind one of them says nothing against it."""
    datagrams = conversation.flow.proto == UDP
    for number, found in enumerate(islice(messages(stream, datagrams=datagrams), SAMPLE)):
        if datagrams or not number or not isinstance(found, Lost):
            yield found


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """Files read and written, then what could not be followed."""
    asking, answering = max(_both_ways(conversation), key=lambda pair: _score(pair[0], pair[1], conversation))
    tracks = Track(asking), Track(answering)
    recorder = Recorder(conversation, "nfs")
    files = Files(recorder, *tracks)
    reader = Nfs(files)
    lost = 0
    datagrams = conversation.flow.proto == UDP
    for stream in (asking, answering):
        for found in messages(stream, datagrams=datagrams):
            if isinstance(found, Lost):
                lost += found.end - found.start
            elif isinstance(found, Call):
                reader.call(found)
            else:
                reader.answer(found)
    reader.finish()
    files.record()
    carriage = Carriage(tracks[1].stream.to_responder, session_ends(*tracks))
    size = sum(len(track.data) for track in tracks)
    if reader.strange:
        reason = N_("{count} calls of NFS version 4 or protected by Kerberos are not read", count=reader.strange)
        recorder.session("session", Certainty.OPAQUE, reason, carriage, size=size)
    if lost or reader.broken:
        reason = N_("{size} bytes and {count} messages cannot be read as NFS", size=lost, count=reader.broken)
        recorder.session("session", Certainty.PARTIAL, reason, carriage, size=size)
    if reader.unclaimed and not reader.strange:
        count = reader.unclaimed
        reason = N_("{count} answers with content belong to requests that are not in the capture", count=count)
        recorder.session("session", Certainty.PARTIAL, reason, carriage, size=size)
    recorder.missing_ends(*tracks)
    return recorder.transfers


PLUGIN = Protocol("nfs", "NFS file sharing", recognise, inspect, frozenset({TCP, UDP}))
