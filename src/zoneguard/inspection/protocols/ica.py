"""Citrix ICA, bare or inside the Common Gateway Protocol: one screen session with the volumes.

Its virtual channels (clipboard, drives, printers) are multiplexed, compressed and mostly encrypted, in a format that is
not published; so nothing is said to be absent. The direction is that of the screen: from server to client.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

GREETING = b"\x7f\x7fICA\0"
GATEWAY = b"\x1aCGP/"


def recognise(conversation: Conversation) -> float:
    """By the greeting with which the server begins, or the gateway protocol with which both do."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if server.startswith(GREETING):
        return 0.97
    if client.startswith(GATEWAY):
        return 0.97 if not server or server.startswith(GATEWAY) else 0.7
    return 0.6 if client.startswith(GREETING) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session."""
    client, server = sides(conversation, _score)
    gateway = client.data.startswith(GATEWAY)
    facts = [("gateway", "CGP")] if gateway else []
    facts += [("sent", str(len(client.data))), ("received", str(len(server.data)))]
    recorder = Recorder(conversation, "ica")
    carriage = Carriage(server.to_responder, session_ends(Track(client), Track(server)))
    reason = N_("a screen and its channels, which are not read")
    size = len(client.data) + len(server.data)
    return [recorder.session("screen", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)]


SIGNS = Signs((GREETING, GATEWAY))
PLUGIN = Protocol("ica", "Citrix ICA", recognise, inspect, signs=SIGNS)
