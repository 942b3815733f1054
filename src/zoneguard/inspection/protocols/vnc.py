"""VNC / RFB (RFC 6143): one screen session, with clipboard and file transfer of the client's side where it is in clear.

The server's side is pictures in encodings that are not read, so a clipboard from the server is not said to be absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
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
_CUT_TEXT, _FILE_TRANSFER = 6, 7
_FIXED = {0: 20, 3: 10, 4: 8, 5: 6, 150: 10, 250: 4}
_COUNTED = {2: (2, 2, 4, 4), 251: (6, 1, 8, 16)}  # offset and size of the count, size of the head and of an item
MAX_HAZARDS = 20


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
    security, start = _handshake(client.data, server.data)
    facts = [("security", _SECURITY.get(security, str(security)))] if security is not None else []
    hazards: list[Hazard] = []
    if security in (_NONE, _VNC):
        hazards = _hazards(client.data, start)
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


def _handshake(client: bytes, server: bytes) -> tuple[int | None, int]:
    """The kind of security that was agreed on, and where the client's messages begin behind it."""
    version = _VERSION.match(client) or _VERSION.match(server)
    old = version is not None and version.group(2) < b"007"
    if old:
        security = int.from_bytes(server[12:16], "big") if len(server) >= 16 else None
        position = 12
    else:
        security = client[12] if len(client) > 12 else None
        position = 13
    answer = 16 if security == _VNC else 0
    return security, position + answer + 1  # one byte: whether the screen is shared


def _hazards(data: bytes, position: int) -> list[Hazard]:
    """Clipboard and file messages among the client's."""
    out: list[Hazard] = []
    for offset, kind, size in _messages(data, position):
        if kind == _CUT_TEXT and len(out) < MAX_HAZARDS:
            out.append(Hazard("clipboard", f"byte {offset} of the client", f"{size - 8} bytes"))
        elif kind == _FILE_TRANSFER and len(out) < MAX_HAZARDS:
            out.append(Hazard("file-transfer", f"byte {offset} of the client", f"{size - 12} bytes"))
    return out


def _messages(data: bytes, position: int) -> Iterator[tuple[int, int, int]]:
    """Offset, kind and size of the client's messages up to the first of a kind that is not known."""
    while position < len(data):
        kind = data[position]
        if kind in _FIXED:
            size = _FIXED[kind]
        elif kind in _COUNTED:
            at, width, head, item = _COUNTED[kind]
            size = head + item * int.from_bytes(data[position + at : position + at + width], "big")
        elif kind == _CUT_TEXT:
            size = 8 + abs(int.from_bytes(data[position + 4 : position + 8], "big", signed=True))
        elif kind == _FILE_TRANSFER:
            size = 12 + int.from_bytes(data[position + 8 : position + 12], "big")
        elif kind == 248:
            size = 9 + (data[position + 8] if len(data) > position + 8 else 0)
        else:
            return
        yield position, kind, size
        position += size


PLUGIN = Protocol("vnc", "VNC (RFB)", recognise, inspect)
