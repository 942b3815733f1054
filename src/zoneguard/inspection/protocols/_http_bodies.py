"""Bodies of HTTP messages of any version → files, forms and joined ranges."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from zoneguard.inspection import Content
from zoneguard.inspection.carving import Carved, Track
from zoneguard.inspection.mailing import record_parts
from zoneguard.inspection.mime import read_entity
from zoneguard.inspection.mime.headers import Headers, structured
from zoneguard.inspection.protocols._http_coding import decoded, encoded
from zoneguard.inspection.protocols._http_messages import HttpMessage
from zoneguard.inspection.ranges import JOINED, RANGE, RESOURCE, piece_of, resource
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Hazard, Transfer
from zoneguard.model.text import N_

_RANGE = re.compile(r"bytes\s+(\d{1,15})-(\d{1,15})/(\d{1,15})")


@dataclass(frozen=True, slots=True)
class _Range:
    """Bytes ``first`` to ``last`` (inclusive) of the ``total`` bytes of a resource, carried by ``pieces``."""

    of: str
    url: str
    first: int
    last: int
    total: int
    pieces: tuple[tuple[int, int], ...]
    headers: Headers
    at: int
    """The place of its transfer among those of the conversation."""


class Bodies:
    """The bodies of one conversation, recorded in order; then, by ``join``, the files that its ranges make up."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.ranges: list[_Range] = []

    def body(self, message: HttpMessage, request: HttpMessage | None, track: Track) -> None:
        """One body: a form's parts, or a file."""
        carved = track.carve(*message.pieces)
        if not len(carved):
            return
        kind = structured(message.headers.raw("content-type"))
        url = url_of(request)
        facts = [("url", url), ("method", message.method), ("status", str(message.status or ""))]
        facts = [(name, value) for name, value in facts if value]
        damaged = track.damaged(*message.span) or carved.damaged()
        carriage = Carriage(track.stream.to_responder, carved.frames(), message.whole, damaged)
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
                of = _resource(message, request)
                if not encoded(message.headers) and request is not None:
                    facts.append((RESOURCE, of))
                at = len(self.recorder.transfers)
                self.ranges.append(_Range(of, url, first, last, total, message.pieces, message.headers, at))
            if (first, last + 1) != (0, total):
                carriage = replace(carriage, whole=False, reason=N_("only a range of the file"))
        self._file(carved, message.headers, carriage, facts, hazards)

    def _file(
        self, carved: Carved, headers: Headers, carriage: Carriage, facts: list[tuple[str, str]], hazards: list[Hazard]
    ) -> Transfer:
        data, problem = decoded(carved.data, headers)
        if problem:
            carriage = replace(carriage, whole=False, reason=problem)
        claimed = structured(headers.raw("content-type")).value
        name = _name(headers, dict(facts).get("url", ""))
        return self.recorder.file("file", Content(data, name, claimed), carriage, facts=facts, hazards=hazards)

    def join(self, track: Track) -> None:
        """Files of which this conversation holds every byte, in more than one range that agree where they overlap."""
        for of, total in dict.fromkeys((r.of, r.total) for r in self.ranges):
            ranges = [r for r in self.ranges if (r.of, r.total) == (of, total)]
            ranges.sort(key=lambda r: (r.first, -r.last))
            pieces = _joined(track, ranges)
            if pieces is not None and len(ranges) > 1:
                carved = track.carve(*pieces)
                facts = [("url", ranges[0].url), (JOINED, f"{len(ranges)} ranges"), (RESOURCE, of)]
                carriage = Carriage(track.stream.to_responder, carved.frames())
                whole = self._file(carved, ranges[0].headers, carriage, facts, [])
                for part in ranges:
                    piece = self.recorder.transfers[part.at]
                    if (part.first, part.last + 1) != (0, total):
                        self.recorder.transfers[part.at] = piece_of(whole, piece)


def _joined(track: Track, ranges: list[_Range]) -> list[tuple[int, int]] | None:
    """The stream ranges that make up the file, of ranges in order; ``None``: not all of it, or they contradict each
    other."""
    pieces: list[tuple[int, int]] = []
    data = bytearray()
    for part in ranges:
        carved = track.carve(*part.pieces)
        overlap = data[part.first : part.last + 1]
        if part.first > len(data) or carved.data[: len(overlap)] != overlap:
            return None
        if part.last >= len(data):
            pieces += carved.ranges(len(overlap))
            data += carved.data[len(overlap) :]
    return pieces if ranges and len(data) == ranges[0].total else None


def url_of(request: HttpMessage | None) -> str:
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


def _resource(message: HttpMessage, request: HttpMessage | None) -> str:
    """What lets ranges be joined: the same address with its query, the same version."""
    target, host = (request.target, request.headers.raw("host")) if request else ("", "")
    return resource(target, host, message.headers.raw("etag"), message.headers.raw("last-modified"))
