"""DTLS (RFC 6347, RFC 9147): one opaque session with version and volumes. RDP, Blast and VPNs have it over UDP."""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import UDP, Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.inspection.segments import bounds
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_

VERSIONS = {b"\xfe\xff": "DTLS 1.0", b"\xfe\xfd": "DTLS 1.2", b"\xfe\xfc": "DTLS 1.3", b"\x01\x00": "DTLS 0.9"}
RECORD_TYPES = range(20, 27)
HEADER = 13
SAMPLE = 4


def recognise(conversation: Conversation) -> float:
    """By the records with which the first datagrams of both sides begin."""
    first = [_version(data) for stream in _streams(conversation) for data in _datagrams(stream)]
    return 0.9 if first and all(first) else 0.0


def _streams(conversation: Conversation) -> tuple[Stream, Stream]:
    return conversation.to_responder, conversation.to_originator


def _datagrams(stream: Stream) -> Iterable[bytes]:
    return (stream.data[start:end] for start, end in bounds(stream.segments)[:SAMPLE])


def _version(data: bytes) -> str:
    """The version of a datagram whose first record fits into it; empty: it is none."""
    fits = len(data) >= HEADER and HEADER + int.from_bytes(data[11:13], "big") <= len(data)
    return VERSIONS.get(data[1:3], "") if fits and data[0] in RECORD_TYPES else ""


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its direction is that of the larger volume."""
    up, down = _streams(conversation)
    versions = dict.fromkeys(v for stream in (down, up) for data in _datagrams(stream) if (v := _version(data)))
    facts = [("tls", version) for version in list(versions)[:1]]
    reason = N_("encrypted: {sent} bytes sent, {received} received", sent=len(up.data), received=len(down.data))
    larger = up if len(up.data) > len(down.data) else down
    recorder = Recorder(conversation, "dtls")
    carriage = Carriage(larger.to_responder, session_ends(Track(up), Track(down)))
    size = len(up.data) + len(down.data)
    return [recorder.session("session", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)]


SIGNS = Signs(tuple(bytes((kind,)) for kind in RECORD_TYPES))
PLUGIN = Protocol("dtls", "DTLS", recognise, inspect, frozenset({UDP}), SIGNS)
