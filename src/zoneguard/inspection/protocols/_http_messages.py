"""HTTP/1 messages of one direction (RFC 9112): start line, headers, and where in the stream the body's bytes are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.inspection.carving import Track
from zoneguard.inspection.mime.headers import Headers, no_headers, read_headers

REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([^ \r\n]{1,65536}) HTTP/1\.[01]\r?\n")
RESPONSE = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]{0,4096})?\r?\n")
_CHUNK = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
MAX_CHUNKS = 500_000
_TRAILER = re.compile(rb"(?:[^\r\n]{1,8192}\r?\n){0,100}\r?\n")


@dataclass(frozen=True, slots=True)
class HttpMessage:
    """``method`` and ``target`` of a request, ``status`` of a response. ``pieces``: stream ranges of the body, chunks
    joined. ``span``: the whole message. ``whole``: its end is there. ``ambiguous``: its length is given twice.
    ``strange``: bytes of its head that are no headers."""

    headers: Headers
    pieces: tuple[tuple[int, int], ...]
    span: tuple[int, int]
    whole: bool
    method: str = ""
    target: str = ""
    status: int = 0
    ambiguous: bool = False
    strange: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """Bytes that belong to no message: a gap among headers, a foreign protocol, a start in the middle."""

    span: tuple[int, int]


def read_requests(track: Track) -> Iterator[HttpMessage | Lost]:
    """Requests in order, up to where another protocol may take over."""
    position = 0
    while position < len(track.data):
        if track.data.startswith(b"\r\n", position):  # an empty line in front is allowed
            position += 2
            continue
        match = REQUEST.match(track.data, position)
        headers = _head(track, match.end()) if match else None
        if match is None or headers is None or track.damaged(position, headers.end):
            following = _next(REQUEST, track, position)
            yield Lost((position, following))
            position = following
            continue
        method = match[1].decode()
        body = _body(track, headers, until_close=False)
        yield HttpMessage(
            headers, body.pieces, (position, body.end), body.whole, method, match[2].decode("latin-1"),
            ambiguous=body.ambiguous, strange=no_headers(track.data[match.end() : headers.end]),
        )  # fmt: skip
        if method == "CONNECT" and not track.data.startswith(b"CONNECT ", body.end):  # the next one, if it was declined
            return
        if headers.raw("upgrade") and not REQUEST.match(track.data, body.end):
            return
        position = body.end


def read_responses(track: Track, methods: list[str]) -> Iterator[HttpMessage | Lost]:
    """Responses in order; ``methods`` are those of the requests they answer, as far as known."""
    position, number = 0, 0
    while position < len(track.data):
        match = RESPONSE.match(track.data, position)
        headers = _head(track, match.end()) if match else None
        if match is None or headers is None or track.damaged(position, headers.end):
            following = _next(RESPONSE, track, position)
            yield Lost((position, following))
            position = following
            continue
        status = int(match[1])
        method = methods[number] if number < len(methods) else ""
        bodyless = method == "HEAD" or status < 200 or status in (204, 304) or (method == "CONNECT" and status < 300)
        body = _Body((), headers.end, True) if bodyless else _body(track, headers, until_close=True)
        yield HttpMessage(
            headers, body.pieces, (position, body.end), body.whole, method, status=status, ambiguous=body.ambiguous,
            strange=no_headers(track.data[match.end() : headers.end]),
        )  # fmt: skip
        if status == 101 or (method == "CONNECT" and status < 300):
            return
        number += status >= 200
        position = body.end


def _head(track: Track, start: int) -> Headers | None:
    """The headers behind a start line; ``None`` where the empty line that ends them is missing."""
    headers = read_headers(track.data, start, len(track.data))
    ended = not headers.fields or track.data.endswith((b"\n\n", b"\n\r\n"), start - 1, headers.end)
    return headers if ended else None


@dataclass(frozen=True, slots=True)
class _Body:
    pieces: tuple[tuple[int, int], ...]
    end: int
    whole: bool
    ambiguous: bool = False


def _body(track: Track, headers: Headers, *, until_close: bool) -> _Body:
    """The body behind ``headers`` (RFC 9112, 6.3). Without a length a response lasts until the end of the stream."""
    start, size = headers.end, len(track.data)
    lengths = {v.strip() for value in headers.all("content-length") for v in value.split(",")}
    chunked = "chunked" in headers.raw("transfer-encoding").lower()
    ambiguous = len(lengths) > 1 or (chunked and bool(lengths))
    if chunked:
        pieces, end, whole = _chunks(track.data, start)
        return _Body(pieces, end, whole, ambiguous)
    if lengths:
        length = next((int(v) for v in lengths if v.isascii() and v.isdigit() and len(v) < 16), 0)
        end = min(start + length, size)
        return _Body(((start, end),), end, end == start + length, ambiguous)
    if until_close:
        return _Body(((start, size),), size, track.stream.complete)
    return _Body((), start, True)


def _chunks(data: bytes, position: int) -> tuple[tuple[tuple[int, int], ...], int, bool]:
    pieces: list[tuple[int, int]] = []
    while len(pieces) < MAX_CHUNKS and (match := _CHUNK.match(data, position)) is not None:
        length = int(match[1], 16)
        position = match.end()
        if not length:
            trailer = _TRAILER.match(data, position)
            return tuple(pieces), trailer.end() if trailer else len(data), trailer is not None
        pieces.append((position, min(position + length, len(data))))
        position += length
        if position >= len(data):
            return tuple(pieces), len(data), False
        position += 2 if data[position : position + 2] == b"\r\n" else 1
    return tuple(pieces), min(position, len(data)), False


def _next(pattern: re.Pattern[bytes], track: Track, position: int) -> int:
    """Where the next message begins behind ``position``; a body before it need not end its line."""
    for match in pattern.finditer(track.data, position + 1):
        if not track.damaged(*match.span()):
            return match.start()
    return len(track.data)
