"""HTTP/1: every upload and download as a file, with its name, decoded content and direction.

Pipelining, chunks, content encodings, forms with files, byte ranges (joined where one conversation holds them all,
named for ``ranges`` where it does not), CONNECT and protocol upgrades (what follows is read, where it can be), start in
the middle, one direction only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track
from zoneguard.inspection.protocols import http2
from zoneguard.inspection.protocols._http_bodies import Bodies, url_of
from zoneguard.inspection.protocols._http_messages import (
    REQUEST,
    RESPONSE,
    HttpMessage,
    Lost,
    read_requests,
    read_responses,
)
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.protocols._tls_hello import session_facts
from zoneguard.inspection.recognising import DEEPEST, behind, inner, recogniser
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_

MAX_HEADERS = 64 << 10
STRAY = 200  # bytes of a head that are no headers, which some server may send
UNREAD = frozenset({"tls", "raw"})
"""Protocols that are told as what the session goes on in."""
CHUNK_MARK = 40
"""Bytes around a chunk: its length, an extension and line ends."""
_ASKED = re.compile(rb"\n" + REQUEST.pattern)
_ANSWERED = re.compile(rb"\n" + RESPONSE.pattern)


def recognise(conversation: Conversation) -> float:
    """By a request line or a status line at the beginning, or on a line of its own where the beginning is missing."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    asks, answers = REQUEST.match(client), RESPONSE.match(server)
    if asks or answers:
        return 0.98 if (asks or not client) and (answers or not server) else 0.85
    told = b"\nHTTP/1." in server and _ANSWERED.search(server)
    return 0.6 if told and b" HTTP/1." in client and _ASKED.search(client) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The bodies of requests and responses in order, then files joined from ranges."""
    session = _Session(conversation)
    session.run()
    return session.recorder.transfers


class _Session:
    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.recorder = Recorder(conversation, "http")
        self.up, self.down = (Track(stream) for stream in sides(conversation, _score))
        self.bodies = Bodies(self.recorder)
        self.long = {self.up: 0, self.down: 0}

    def run(self) -> None:
        requests: list[HttpMessage] = []
        asked = 0
        tunnelled = False
        for item in read_requests(self.up):
            asked = item.span[1]
            if isinstance(item, Lost):
                self._lost(item, self.up)
                continue
            requests.append(item)
            self._weigh(item, self.up)
            if item.pieces:
                self.bodies.body(item, item, self.up)
                if self.recorder.full():
                    break
        answered = 0
        for item in read_responses(self.down, [r.method for r in requests]):
            if isinstance(item, Lost):
                self._lost(item, self.down)
                continue
            request = requests[answered] if answered < len(requests) else None
            self._weigh(item, self.down)
            if item.status == 101 or (item.method == "CONNECT" and item.status < 300):
                self._tunnel(item, request)
                tunnelled = True
            elif item.pieces:
                self.bodies.body(item, request, self.down)
            answered += item.status >= 200
            if self.recorder.full():
                break
        if asked < len(self.up.data) and not tunnelled and not self.recorder.full():
            self._lost(Lost((asked, len(self.up.data))), self.up)
        self.bodies.join(self.down)
        for track, size in self.long.items():
            self.recorder.strange(track, size)
        self.recorder.missing_ends(self.up, self.down)

    def _weigh(self, message: HttpMessage, track: Track) -> None:
        """Count what stands in front of a body and behind it, where it is more than any server takes."""
        size = message.span[1] - message.span[0] - sum(end - start + CHUNK_MARK for start, end in message.pieces)
        self.long[track] += size if size > MAX_HEADERS else message.strange if message.strange > STRAY else 0

    def _read_inner(self, message: HttpMessage, request: HttpMessage) -> bool:
        """Read what both sides say behind the agreement; False where no reader knows it, or it is encrypted."""
        ends = request.span[1], message.span[1]
        inside = behind(self.conversation, *(ends if self.up.stream.to_responder else ends[::-1]))
        if message.headers.raw("upgrade").strip().lower() == "h2c":
            self.recorder.transfers += inner(http2.read(inside, request))
            return True
        protocol = recogniser().recognise(inside)
        if protocol is None or protocol.name in UNREAD:
            return False
        self.recorder.transfers += inner(protocol.inspect(inside))
        return True

    def _tunnel(self, message: HttpMessage, request: HttpMessage | None) -> None:
        """Another protocol takes over behind this answer: it is read, if it is one that can be."""
        if request is not None and self.conversation.depth < DEEPEST and self._read_inner(message, request):
            return
        client = self.up.data[request.span[1] :] if request else b""
        server = self.down.data[message.span[1] :]
        protocol = message.headers.raw("upgrade") or message.method
        facts = (("url", url_of(request)), ("tunnel", protocol), *session_facts(client, server))
        reason = N_(
            "{protocol}: {sent} bytes sent and {received} received in another protocol",
            protocol=protocol, sent=len(client), received=len(server),
        )  # fmt: skip
        larger = self.up if len(client) > len(server) else self.down
        carriage = Carriage(larger.stream.to_responder, self._ends(message))
        self.recorder.session(
            "session", Certainty.OPAQUE, reason, carriage, size=len(client) + len(server), facts=facts
        )

    def _ends(self, message: HttpMessage) -> tuple[CaptureSpan, ...]:
        return self.down.ends(message.span[0], len(self.down.data))

    def _lost(self, lost: Lost, track: Track) -> None:
        carriage = Carriage(track.stream.to_responder, track.ends(*lost.span))
        reason = N_("{size} bytes belong to no HTTP message", size=lost.span[1] - lost.span[0])
        self.recorder.session("session", Certainty.PARTIAL, reason, carriage, size=lost.span[1] - lost.span[0])


SIGNS = Signs(
    tuple(bytes((letter,)) for letter in range(256) if REQUEST.match(b"%c / HTTP/1.1\r\n" % letter)),
    lines=(rb"HTTP/1\.",),
    otherwise=0.6,
)
"""Any letter of a method; an answer begins with one of these too."""
PLUGIN = Protocol("http", "HTTP/1", recognise, inspect, signs=SIGNS)
