"""QUIC (RFC 9000): one opaque session, with its version, the connection identifiers of its opening and the volumes.

The client's first packets are encrypted with keys that anybody can compute; they say the server name, the application
protocol and the kind of program. All that follows is really secret.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import UDP, Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._quic_initial import FIXED, LONG, client_hello, read_opening
from zoneguard.inspection.protocols._sides import likeness
from zoneguard.inspection.protocols._tls_hello import client_facts
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Stream, Transfer
from zoneguard.model.text import N_

SAMPLE = 20


def recognise(conversation: Conversation) -> float:
    """By a first packet of a known version that opens a connection, from either side."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if _opening(client):
        return 0.95 if not server or _opening(server) else 0.8
    return 0.8 if not client and _opening(server) else 0.0


def _opening(data: bytes) -> bool:
    """Whether ``data`` begins with an Initial packet: its form, version and identifiers fit."""
    return read_opening(data) is not None


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its direction is that of the larger volume."""
    up, down = conversation.to_responder, conversation.to_originator
    opener = up if _opening(up.data) else down
    facts = [*_facts(opener)]
    reason = N_(
        "encrypted: {sent} bytes sent, {received} received; server name {sni}",
        sent=len(up.data),
        received=len(down.data),
        sni=dict(facts).get("sni", "-"),
    )
    larger = up if len(up.data) > len(down.data) else down
    carriage = Carriage(larger.to_responder, session_ends(Track(up), Track(down)))
    size = len(up.data) + len(down.data)
    recorder = Recorder(conversation, "quic")
    return [recorder.session("session", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)]


def _facts(opener: Stream) -> Iterable[tuple[str, str]]:
    opening = read_opening(opener.data)
    if opening is None:
        return
    yield "version", opening.version.name
    yield "destination-id", opening.destination.hex()
    yield "source-id", opening.source.hex()
    datagrams = [opener.data[s.start : s.end] for s in opener.segments[:SAMPLE]]
    yield from client_facts(client_hello(datagrams))


SIGNS = Signs(tuple(bytes((form,)) for form in range(LONG | FIXED, 256)))
PLUGIN = Protocol("quic", "QUIC", recognise, inspect, frozenset({UDP}), SIGNS)
