"""HTTP/1: every upload and download as a file, with its name, decoded content and direction.

Pipelining, chunks, content encodings, forms with files, byte ranges (joined where one conversation holds them all,
named for ``ranges`` where it does not), CONNECT and protocol upgrades (opaque from there on), start in the middle, one
direction only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from zoneguard.inspection import Content, Conversation, Protocol
from zoneguard.inspection.carving import Carved, Track
from zoneguard.inspection.mailing import record_parts
from zoneguard.inspection.mime import read_entity
from zoneguard.inspection.mime.headers import Headers, structured
from zoneguard.inspection.protocols._http_coding import decoded
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
from zoneguard.inspection.ranges import RANGE, RESOURCE, resource
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Hazard, Transfer
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_

_RANGE = re.compile(r"bytes\s+(\d{1,15})-(\d{1,15})/(\d{1,15})")
_ASKED = re.compile(rb"\n" + REQUEST.pattern)
_ANSWERED = re.compile(rb"\n" + RESPONSE.pattern)


def recognise(conversation: Conversation) -> float:
    """By a request line or a status line at the beginning, or on a line of its own where the beginning is missing."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    asks, answers = REQUEST.match(client), RESPONSE.match(server)
    if asks or answers:
        return 0.98 if (asks or not client) and (answers or not server) else 0.85
    return 0.6 if _ASKED.search(client) and _ANSWERED.search(server) else 0.0


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The bodies of requests and responses in order, then files joined from ranges."""
    session = _Session(conversation)
    session.run()
    return session.recorder.transfers


@dataclass(frozen=True, slots=True)
class _Range:
    """Bytes ``first`` to ``last`` (inclusive) of a file of ``total`` bytes at ``url``, carried by ``pieces``."""

    url: str
    first: int
    last: int
    total: int
    pieces: tuple[tuple[int, int], ...]
    headers: Headers


class _Session:
    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.recorder = Recorder(conversation, "http")
        self.up, self.down = (Track(stream) for stream in sides(conversation, _score))
        self.ranges: list[_Range] = []

    def run(self) -> None:
        requests: list[HttpMessage] = []
        for item in read_requests(self.up):
            if isinstance(item, Lost):
                self._lost(item, self.up)
                continue
            requests.append(item)
            if item.pieces:
                self._body(item, item, self.up)
                if self.recorder.full():
                    break
        answered = 0
        for item in read_responses(self.down, [r.method for r in requests]):
            if isinstance(item, Lost):
                self._lost(item, self.down)
                continue
            request = requests[answered] if answered < len(requests) else None
            if item.status == 101 or (item.method == "CONNECT" and item.status < 300):
                self._tunnel(item, request)
            elif item.pieces:
                self._body(item, request, self.down)
            answered += item.status >= 200
            if self.recorder.full():
                break
        self._join_ranges()
        self.recorder.missing_ends(self.up, self.down)

    def _body(self, message: HttpMessage, request: HttpMessage | None, track: Track) -> None:
        """One body: a form's parts, or a file."""
        carved = track.carve(*message.pieces)
        if not len(carved):
            return
        kind = structured(message.headers.raw("content-type"))
        url = _url(request)
        facts = [("url", url), ("method", message.method), ("status", str(message.status or ""))]
        facts = [(name, value) for name, value in facts if value]
        carriage = Carriage(track.stream.to_responder, carved.frames(), message.whole, track.damaged(*message.span))
        hazards = [Hazard("ambiguous-http", "", "the length of the body is given twice")] if message.ambiguous else []
        if kind.value.startswith("multipart/"):
            parts = read_entity(carved.data, message.headers.raw("content-type"))
            record_parts(self.recorder, carved, carriage, parts, kind.value, "file", facts=facts, hazards=hazards)
            return
        ranged = _RANGE.match(message.headers.raw("content-range")) if message.status == 206 else None
        if ranged:
            first, last, total = (int(n) for n in ranged.groups())
            facts.append((RANGE, f"{first}-{last}/{total}"))
            if message.whole and not carriage.damaged and len(carved) == last + 1 - first:
                facts += _resource(message, request)
                self.ranges.append(_Range(url, first, last, total, message.pieces, message.headers))
            if (first, last + 1) != (0, total):
                carriage = replace(carriage, whole=False, reason=N_("only a range of the file"))
        self._file(carved, message.headers, carriage, facts, hazards)

    def _file(
        self, carved: Carved, headers: Headers, carriage: Carriage, facts: list[tuple[str, str]], hazards: list[Hazard]
    ) -> None:
        data, problem = decoded(carved.data, headers)
        if problem:
            carriage = replace(carriage, whole=False, reason=problem)
        claimed = structured(headers.raw("content-type")).value
        name = _name(headers, dict(facts).get("url", ""))
        self.recorder.file("file", Content(data, name, claimed), carriage, facts=facts, hazards=hazards)

    def _join_ranges(self) -> None:
        """Files of which this conversation holds every byte, in more than one range."""
        for url, total in dict.fromkeys((r.url, r.total) for r in self.ranges):
            pieces: list[tuple[int, int]] = []
            reached = 0
            ranges = sorted(
                (r for r in self.ranges if (r.url, r.total) == (url, total)), key=lambda r: (r.first, -r.last)
            )
            for part in ranges:
                if part.first > reached:
                    break
                if part.last >= reached:
                    whole = self.down.carve(*part.pieces)
                    pieces += whole.ranges(reached - part.first)
                    reached = part.last + 1
            if reached == total and len(ranges) > 1:
                carved = self.down.carve(*pieces)
                facts = [("url", url), ("joined", f"{len(ranges)} ranges")]
                self._file(
                    carved, ranges[0].headers, Carriage(self.down.stream.to_responder, carved.frames()), facts, []
                )

    def _tunnel(self, message: HttpMessage, request: HttpMessage | None) -> None:
        """Another protocol takes over behind this answer."""
        client = self.up.data[request.span[1] :] if request else b""
        server = self.down.data[message.span[1] :]
        protocol = message.headers.raw("upgrade") or message.method
        facts = (("url", _url(request)), ("tunnel", protocol), *session_facts(client, server))
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
        frames = self.down.frames(message.span[0], len(self.down.data))
        return tuple(dict.fromkeys((frames[0], frames[-1]))) if frames else ()

    def _lost(self, lost: Lost, track: Track) -> None:
        frames = track.frames(*lost.span)
        carriage = Carriage(track.stream.to_responder, tuple(dict.fromkeys((*frames[:1], *frames[-1:]))))
        reason = N_("{size} bytes belong to no HTTP message", size=lost.span[1] - lost.span[0])
        self.recorder.session("session", Certainty.PARTIAL, reason, carriage, size=lost.span[1] - lost.span[0])


def _resource(message: HttpMessage, request: HttpMessage | None) -> list[tuple[str, str]]:
    """The fact that lets ranges of several connections be joined; an encoded range cannot be read on its own."""
    if request is None or message.headers.raw("content-encoding").lower() not in ("", "identity"):
        return []
    validators = (message.headers.raw("etag"), message.headers.raw("last-modified"))
    return [(RESOURCE, resource(request.target, request.headers.raw("host"), *validators))]


def _url(request: HttpMessage | None) -> str:
    """Without the query, which may hold anything."""
    if request is None:
        return ""
    target = request.target.partition("?")[0][:500]
    if "://" in target[:10] or request.method == "CONNECT":
        return target
    return f"http://{request.headers.raw('host')[:255]}{target}" if request.headers.raw("host") else target


def _name(headers: Headers, url: str) -> str:
    """As the header suggests it, else the last part of the path."""
    disposition = structured(headers.raw("content-disposition"))
    if name := disposition.parameters.get("filename", ""):
        return name
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    return unquote(path.rpartition("/")[2])[:255]


PLUGIN = Protocol("http", "HTTP/1", recognise, inspect)
