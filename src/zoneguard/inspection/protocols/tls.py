"""TLS: one opaque session a conversation, with server name, application protocol, certificate names and volumes.

Nothing can be said of what it carried: it is never clean. Behind the hello messages only sizes remain.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._tls_hello import CLIENT_HELLO, SERVER_HELLO, is_hello, session_facts
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

_RECORD_TYPES = range(20, 25)


def recognise(conversation: Conversation) -> float:
    """By a hello; where the beginning is missing, by records one behind the other."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if is_hello(client, CLIENT_HELLO):
        return 0.97 if not server or server[0] in _RECORD_TYPES else 0.8
    if is_hello(server, SERVER_HELLO) and not client:
        return 0.95
    return 0.7 if _records(client) + _records(server) >= 3 else 0.0


def _records(data: bytes) -> int:
    """How many whole records ``data`` begins with, at most five."""
    position = count = 0
    while count < 5 and position + 5 <= len(data):
        size = int.from_bytes(data[position + 3 : position + 5], "big")
        if data[position] not in _RECORD_TYPES or data[position + 1] != 3 or data[position + 2] > 4 or size > 0x4800:
            return 0
        position += 5 + size
        count += position <= len(data)
    return count


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its direction is that of the larger volume."""
    client, server = sides(conversation, _score)
    facts = session_facts(client.data, server.data)
    reason = N_(
        "encrypted: {sent} bytes sent, {received} received; server name {sni}",
        sent=len(client.data),
        received=len(server.data),
        sni=dict(facts).get("sni", "-"),
    )
    larger = client if len(client.data) > len(server.data) else server
    recorder = Recorder(conversation, "tls")
    carriage = Carriage(larger.to_responder, session_ends(Track(client), Track(server)))
    size = len(client.data) + len(server.data)
    return [recorder.session("session", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)]


SIGNS = Signs(tuple(bytes((kind, 3)) for kind in _RECORD_TYPES))
PLUGIN = Protocol("tls", "TLS", recognise, inspect, signs=SIGNS)
