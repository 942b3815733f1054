"""SSH (RFC 4253): one opaque session, with both sides' software and the volumes.

A file transfer (SFTP, SCP) may hide in it. It is suspected where one side sent much and many times what the other
did, and never proved: a shell may show a long file as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

SUSPECT, LOPSIDED = 1 << 20, 8  # bytes of one side, and how many times those of the other
_BANNER = re.compile(rb"(?:[^\r\n]{0,255}\r?\n){0,20}?SSH-(?:1\.\d+|2\.0)-([^\r\n]{1,200})\r?\n")


def recognise(conversation: Conversation) -> float:
    """By the line with which both sides begin; a server may say other lines before it."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if client[:4] == b"SSH-" and _BANNER.match(client):
        return 0.97 if not server or _BANNER.match(server) else 0.6
    return 0.9 if not client and server[:4] == b"SSH-" and _BANNER.match(server) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its direction is that of the larger volume."""
    up, down = conversation.to_responder, conversation.to_originator
    named = (("client-software", _BANNER.match(up.data[:8192])), ("server-software", _BANNER.match(down.data[:8192])))
    facts = [(name, match.group(1).decode("ascii", "backslashreplace")) for name, match in named if match]
    sent, received = len(up.data), len(down.data)
    facts += [("sent", str(sent)), ("received", str(received))]
    reason = N_("encrypted: {sent} bytes sent, {received} received", sent=sent, received=received)
    if max(sent, received) >= max(SUSPECT, LOPSIDED * min(sent, received)):
        facts.append(("suspected", "file-transfer"))
        reason = N_(
            "encrypted: {sent} bytes sent, {received} received; by its volume a file transfer is suspected",
            sent=sent,
            received=received,
        )
    larger = up if sent > received else down
    carriage = Carriage(larger.to_responder, session_ends(Track(up), Track(down)))
    recorder = Recorder(conversation, "ssh")
    return [recorder.session("session", Certainty.OPAQUE, reason, carriage, size=sent + received, facts=facts)]


SIGNS = Signs((b"SSH-",))
PLUGIN = Protocol("ssh", "SSH", recognise, inspect, signs=SIGNS)
