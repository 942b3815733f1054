"""QUIC (RFC 9000): one opaque session, with its version, the connection identifiers of its opening and the volumes.

The server name stands encrypted in the first packets; it is not decrypted here, so nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import UDP, Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_

VERSIONS = {0x00000001: "1", 0x6B3343CF: "2"}  # RFC 9000, RFC 9369
INITIAL = {0x00000001: 0, 0x6B3343CF: 1}  # the two bits that mean Initial; version 2 counts from another end
LONG, FIXED = 0x80, 0x40
MAX_ID = 20


def recognise(conversation: Conversation) -> float:
    """By a first packet of a known version that opens a connection, from either side."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if _opening(client):
        return 0.95 if not server or _opening(server) else 0.8
    return 0.8 if not client and _opening(server) else 0.0


def _opening(data: bytes) -> bool:
    """Whether ``data`` begins with an Initial packet: its form, version and both identifiers fit."""
    if len(data) < 7 or data[0] & (LONG | FIXED) != LONG | FIXED:
        return False
    version = int.from_bytes(data[1:5], "big")
    if version not in VERSIONS or data[0] >> 4 & 3 != INITIAL[version]:
        return False
    source = 6 + data[5]
    return data[5] <= MAX_ID and source < len(data) and data[source] <= MAX_ID and source + data[source] < len(data)


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its direction is that of the larger volume."""
    up, down = conversation.to_responder, conversation.to_originator
    facts = [*_facts(up if _opening(up.data) else down)]
    reason = N_("encrypted: {sent} bytes sent, {received} received", sent=len(up.data), received=len(down.data))
    larger = up if len(up.data) > len(down.data) else down
    carriage = Carriage(larger.to_responder, session_ends(Track(up), Track(down)))
    size = len(up.data) + len(down.data)
    recorder = Recorder(conversation, "quic")
    return [recorder.session("session", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)]


def _facts(opener: Stream) -> Iterable[tuple[str, str]]:
    data = opener.data
    if not _opening(data):
        return
    yield "version", VERSIONS[int.from_bytes(data[1:5], "big")]
    source = 6 + data[5]
    yield "destination-id", data[6:source].hex()
    yield "source-id", data[source + 1 : source + 1 + data[source]].hex()


PLUGIN = Protocol("quic", "QUIC", recognise, inspect, frozenset({UDP}))
