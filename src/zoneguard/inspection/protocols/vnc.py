"""VNC / RFB (RFC 6143): one screen session, with the clipboard and the files of both sides where it is in clear.

The server's pictures are skipped by their sizes. Where one comes that is not known, the rest of the server's side is
not read, and the session does not say what is absent (fact ``server-side``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._rfb_messages import client_hazards, pixels, pixels_asked_for, server_hazards
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Hazard, Transfer
from zoneguard.model.text import N_

_VERSION = re.compile(rb"RFB (\d{3})\.(\d{3})\n")
_SECURITY = {
    0: "failed",
    1: "none",
    2: "vnc",
    5: "ra2",
    6: "ra2ne",
    16: "tight",
    18: "tls",
    19: "vencrypt",
    20: "sasl",
    30: "apple-dh",
}
_NONE, _VNC = 1, 2
_SCREEN = 24  # width, height, pixel format, length of the name


def recognise(conversation: Conversation) -> float:
    """By the version line with which both sides begin."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if not _VERSION.match(server):
        return 0.7 if not server and _VERSION.match(client) else 0.0
    return 0.97 if _VERSION.match(client) else 0.85 if not client else 0.3


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session; its direction is that of the screen, from server to client."""
    client, server = (Track(stream) for stream in sides(conversation, _score))
    security, asking, answering = _handshake(client.data, server.data)
    facts = [("security", _SECURITY.get(security, str(security)))] if security is not None else []
    hazards: list[Hazard] = []
    if security in (_NONE, _VNC):
        hazards = client_hazards(client.data, asking)
        found, whole = _of_server(client.data, asking, server.data, answering)
        hazards += found
        facts.append(("server-side", "read" if whole else "not read to its end"))
        reason = N_("a screen, which is not read")
    else:
        reason = N_(
            "encrypted or of a kind of security that is not read: {kind}", kind=dict(facts).get("security", "-")
        )
    facts += [("sent", str(len(client.data))), ("received", str(len(server.data)))]
    carriage = Carriage(server.stream.to_responder, session_ends(client, server))
    size = len(client.data) + len(server.data)
    recorder = Recorder(conversation, "vnc")
    return [recorder.session("screen", Certainty.OPAQUE, reason, carriage, size=size, hazards=hazards, facts=facts)]


def _handshake(client: bytes, server: bytes) -> tuple[int | None, int, int]:
    """The kind of security that was agreed on, where the client's messages begin behind it, and where the server tells
    what its screen is."""
    version = _VERSION.match(client) or _VERSION.match(server)
    minor = version.group(2) if version is not None else b"008"
    if minor < b"007":
        security = int.from_bytes(server[12:16], "big") if len(server) >= 16 else None
        asking, answering = 12, 16
    else:
        security = client[12] if len(client) > 12 else None
        asking, answering = 13, 13 + (server[12] if len(server) > 12 else 0)
    challenge = 16 if security == _VNC else 0
    verdict = 4 if security == _VNC or minor >= b"008" else 0
    return security, asking + challenge + 1, answering + challenge + verdict  # one byte: whether the screen is shared


def _of_server(client: bytes, asking: int, server: bytes, at: int) -> tuple[list[Hazard], bool]:
    """What stands beside the pictures of the server, and whether its side was read to the end."""
    if at + _SCREEN > len(server):
        return [], not server
    told = pixels(server[at + 4 : at + 20])
    messages = at + _SCREEN + int.from_bytes(server[at + 20 : at + 24], "big")
    return server_hazards(server, messages, [*pixels_asked_for(client, asking), told])


SIGNS = Signs((b"RFB ",))
PLUGIN = Protocol("vnc", "VNC (RFB)", recognise, inspect, signs=SIGNS)
