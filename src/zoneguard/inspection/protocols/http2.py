"""HTTP/2 without TLS (RFC 9113, known in advance): uploads, downloads and pushes as files, as HTTP/1 gives them.

The beginning must be there: header compression remembers. Where a gap touches a header, nothing behind it is read and
that is said; a gap in a body damages that body only. A CONNECT is another protocol from there on.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track
from zoneguard.inspection.protocols._http2_frames import (
    MAX_STRANGE,
    MAX_STRAY,
    PREFACE,
    SETTINGS,
    Half,
    Side,
    read_side,
)
from zoneguard.inspection.protocols._http_bodies import Bodies, url_of
from zoneguard.inspection.protocols._http_messages import HttpMessage
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

BEGUN = tuple(bytes((0, 0, size, SETTINGS, 0, 0, 0, 0, 0)) for size in range(0, 241, 6))
"""The head of the settings, up to 40 of them, with which a server begins."""


def recognise(conversation: Conversation) -> float:
    """By the client's preface; where nothing of the client was captured, by the settings a server begins with."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if client.startswith(PREFACE):
        return 0.99
    return 0.8 if not client and server.startswith(BEGUN) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The bodies of each stream, request before answer, in the order in which streams began."""
    return read(conversation)


def read(conversation: Conversation, opening: HttpMessage | None = None) -> list[Transfer]:
    """The same; ``opening``: the request of HTTP/1 that asked for it, answered in stream 1 (RFC 7540, 3.2)."""
    up, down = (Track(stream) for stream in sides(conversation, _score))
    recorder = Recorder(conversation, "http2")
    bodies = Bodies(recorder)
    asked = read_side(up, len(PREFACE) if up.data else 0)
    answered = read_side(down, 0)
    for number in sorted({*asked.streams, *answered.streams}):
        request, reply = asked.streams.get(number), answered.streams.get(number)
        question = _message(request or answered.promised.get(number)) or (opening if number == 1 else None)
        if question is not None and question.method == "CONNECT":
            _tunnel(recorder, question, (up, request), (down, reply))
            continue
        if request is not None and question is not None and request.pieces:
            bodies.body(question, question, up)
        if reply is not None and reply.pieces:
            answer = _message(reply)
            assert answer is not None
            bodies.body(answer, question, down)
        if recorder.full():
            break
    bodies.join(down)
    for side, track in ((asked, up), (answered, down)):
        _lost(recorder, side, track)
        strange = side.strange if side.strange > MAX_STRANGE else 0
        recorder.strange(track, strange + (side.stray if side.stray > MAX_STRAY else 0))
    recorder.missing_ends(up, down)
    return recorder.transfers


def _message(half: Half | None) -> HttpMessage | None:
    if half is None:
        return None
    headers = half.headers()
    if authority := half.pseudo(":authority"):
        headers = type(headers)((*headers.fields, ("host", authority)), 0)
    length = headers.raw("content-length")
    carried = sum(end - start for start, end in half.pieces)
    agrees = not length.isdecimal() or int(length[:16]) == carried
    status = half.pseudo(":status")
    return HttpMessage(
        headers,
        tuple(half.pieces),
        (0, 0),
        half.ended and agrees,
        half.pseudo(":method"),
        half.pseudo(":path") or half.pseudo(":authority"),
        int(status) if status.isascii() and status.isdigit() and len(status) == 3 else 0,
    )


def _tunnel(recorder: Recorder, question: HttpMessage, *halves: tuple[Track, Half | None]) -> None:
    """What a CONNECT opened, opaque."""
    sizes = [sum(b - a for a, b in half.pieces) if half else 0 for _, half in halves]
    carried = [track.carve(*half.pieces).frames() for track, half in halves if half]
    ends = sorted((f for frames in carried for f in frames), key=lambda f: (f.time, f.frame))
    reason = N_(
        "{protocol}: {sent} bytes sent and {received} received in another protocol",
        protocol="CONNECT", sent=sizes[0], received=sizes[1],
    )  # fmt: skip
    larger = halves[sizes[1] >= sizes[0]][0]
    carriage = Carriage(larger.stream.to_responder, tuple(dict.fromkeys((*ends[:1], *ends[-1:]))))
    facts = (("url", url_of(question)), ("tunnel", "CONNECT"))
    recorder.session("session", Certainty.OPAQUE, reason, carriage, size=sum(sizes), facts=facts)


def _lost(recorder: Recorder, side: Side, track: Track) -> None:
    if side.lost is None:
        return
    size = len(track.data) - side.lost
    carriage = Carriage(track.stream.to_responder, track.ends(side.lost, len(track.data)))
    reason = N_("{size} bytes belong to no HTTP message", size=size)
    recorder.session("session", Certainty.PARTIAL, reason, carriage, size=size)


SIGNS = Signs((b"PRI ", *BEGUN))
PLUGIN = Protocol("http2", "HTTP/2", recognise, inspect, signs=SIGNS)
