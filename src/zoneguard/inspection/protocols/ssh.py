"""SSH (RFC 4253): one opaque session, with both sides' software and the volumes.

A file transfer (SFTP, SCP) may hide in it and cannot be told from a shell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

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
    reason = N_("encrypted: {sent} bytes sent, {received} received", sent=len(up.data), received=len(down.data))
    larger = up if len(up.data) > len(down.data) else down
    carriage = Carriage(larger.to_responder, session_ends(Track(up), Track(down)))
    size = len(up.data) + len(down.data)
    return [
        Recorder(conversation, "ssh").session("session", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)
    ]


PLUGIN = Protocol("ssh", "SSH", recognise, inspect)
