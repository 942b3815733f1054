"""The tree of a message as a flat list of parts with exact byte ranges. Bounded in depth and number; never raises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from zoneguard.inspection.mime.encodings import IDENTITY
from zoneguard.inspection.mime.headers import Headers, Structured, read_headers, structured
from zoneguard.inspection.naming import extension
from zoneguard.model.text import N_, Text

MAX_DEPTH = 30
MAX_PARTS = 2000
UNSPOKEN = 1024  # longer text before the first or behind the last boundary is a part of its own
_GUESS = re.compile(rb"^--([^\r\n]{1,70}?)[ \t]*\r?\n(?=[A-Za-z-]+[ \t]*:)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf: its headers begin at ``top`` of the message, its encoded bytes are ``start`` to ``end``. ``path`` is its
    number, as ``1.2``; ``within`` the path of the enclosed message it belongs to (empty: the outermost). ``attached``:
    not a text to be read in place. ``is_message``: an enclosed message whose own parts follow."""

    path: str
    within: str
    top: int
    start: int
    end: int
    media_type: str
    charset: str = ""
    encoding: str = ""
    name: str = ""
    attached: bool = False
    is_message: bool = False
    doubts: tuple[str, ...] = ()
    field_name: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """``headers`` of the outermost message; ``unread`` says why parts may be missing; ``doubts``: path and reason where
    readers may see another structure."""

    headers: Headers
    parts: tuple[Part, ...]
    unread: Text | str = ""
    doubts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entity is: its range, its number, the enclosed message it belongs to, how deep, its default type."""

    top: int
    start: int
    end: int
    path: str = "1"
    within: str = ""
    depth: int = 0
    default: str = "text/plain"


_LATE = re.compile(rb"[^\r\n]{1,1000}\r?\n\r?\n((?:[!-9;-~]++[ \t]*+:[^\n]*+\n(?:[ \t][^\n]*+\n)*+)+)\r?\n")
_MIME = re.compile(rb"^content-(?:type|transfer-encoding|disposition)[ \t]*:", re.IGNORECASE | re.MULTILINE)
"""Headers of a mail behind a line that is none, which some programs pass over."""


@dataclass(frozen=True, slots=True)
class _Delimiter:
    start: int
    end: int
    closing: bool


def read_message(data: bytes) -> Message:
    """The parts of an Internet message."""
    walk = _Walk(data)
    headers = walk.entity(_Place(0, 0, len(data)))
    if not headers.fields and (late := _LATE.match(data)) is not None and _MIME.search(late[1]):
        walk.doubts.append(("", "headers follow an empty line"))
    return Message(headers, tuple(walk.parts), walk.unread, tuple(walk.doubts))


def read_entity(data: bytes, content_type: str) -> Message:
    """The parts of a body whose ``Content-Type`` is known from elsewhere, as an HTTP upload."""
    walk = _Walk(data)
    headers = Headers((("content-type", content_type),), 0)
    walk.body(headers, _Place(0, 0, len(data)))
    return Message(headers, tuple(walk.parts), walk.unread, tuple(walk.doubts))


@dataclass(slots=True)
class _Walk:
    data: bytes
    parts: list[Part] = field(default_factory=list)
    unread: Text | str = ""
    doubts: list[tuple[str, str]] = field(default_factory=list)

    def entity(self, place: _Place) -> Headers:
        headers = read_headers(self.data, place.start, place.end)
        self.body(headers, replace(place, start=min(headers.end, place.end)))
        return headers

    def body(self, headers: Headers, place: _Place) -> None:
        if len(self.parts) >= MAX_PARTS or place.depth > MAX_DEPTH:
            self.unread = self.unread or N_("more than {count} parts or nested too deep", count=MAX_PARTS)
            return
        kind = structured(headers.raw("content-type") or place.default)
        doubts = _doubts(headers)
        if kind.value.startswith("multipart/") and self._multipart(kind, place, doubts):
            return
        part = _leaf(headers, kind, place, doubts)
        self.parts.append(part)
        if part.is_message:
            inner = replace(place, top=place.start, path=f"{place.path}.1", within=place.path, depth=place.depth + 1)
            self.entity(replace(inner, default="text/plain"))

    def _multipart(self, kind: Structured, place: _Place, doubts: tuple[str, ...]) -> bool:
        """Read the parts between the boundaries; False where there are none."""
        boundary = kind.parameters.get("boundary", "").encode("latin-1", "replace").rstrip()
        lines = list(self._delimiters(boundary, place)) if boundary else []
        if not lines and (guess := _GUESS.search(self.data, place.start, place.end)) is not None:
            doubts = (*doubts, "the boundary is not the announced one")
            lines = list(self._delimiters(guess.group(1), place))
        if not lines:
            return False
        self.doubts += ((place.path, doubt) for doubt in doubts)
        self._unspoken(place, f"{place.path}.0", place.start, lines[0].start)
        default = "message/rfc822" if kind.value == "multipart/digest" else "text/plain"
        for number, (opening, following) in enumerate(pairwise((*lines, None)), 1):
            assert opening is not None  # only the last of the pairs ends in None
            path = f"{place.path}.{number}"
            if opening.closing:
                self._unspoken(place, path, opening.end, place.end)
            else:
                end = place.end if following is None else self._before(following.start, opening.end)
                self.entity(_Place(opening.end, opening.end, end, path, place.within, place.depth + 1, default))
        return True

    def _unspoken(self, place: _Place, path: str, start: int, end: int) -> None:
        """Text outside all parts: what MIME readers skip and others show."""
        if len(self.data[start:end].strip()) > UNSPOKEN and len(self.parts) < MAX_PARTS:
            self.parts.append(Part(path, place.within, start, start, end, "text/plain"))

    def _before(self, delimiter: int, start: int) -> int:
        """Where a part ends: the line end before a delimiter is the delimiter's."""
        size = 2 if self.data[delimiter - 2 : delimiter] == b"\r\n" else 1
        return max(start, delimiter - size)

    def _delimiters(self, boundary: bytes, place: _Place) -> Iterator[_Delimiter]:
        """Every delimiter line of ``boundary`` up to the closing one."""
        delimiter = b"--" + boundary
        at = self._find_line(delimiter, place.start, place.end)
        while at >= 0:
            stop = self.data.find(b"\n", at, place.end)
            after = place.end if stop < 0 else stop + 1
            rest = self.data[at + len(delimiter) : after].strip()
            if rest in (b"", b"--"):
                yield _Delimiter(at, after, rest == b"--")
                if rest:
                    return
            at = self._find_line(delimiter, after, place.end)

    def _find_line(self, beginning: bytes, start: int, end: int) -> int:
        """Where the first line begins that starts with ``beginning``, from the line at ``start`` on; -1: none."""
        if self.data.startswith(beginning, start, end):
            return start
        at = self.data.find(b"\n" + beginning, start, end)
        return at + 1 if at >= 0 else -1


def _leaf(headers: Headers, kind: Structured, place: _Place, doubts: tuple[str, ...]) -> Part:
    disposition = structured(headers.raw("content-disposition"))
    encoding = re.sub(r"\([^()]*\)|\s", "", headers.raw("content-transfer-encoding")).lower()
    names = [n for n in (disposition.parameters.get("filename", ""), kind.parameters.get("name", "")) if n]
    if len({extension(n) for n in names}) > 1:
        doubts = (*doubts, f"two names: {names[0][:80]} and {names[1][:80]}")
    media_type = kind.value if "/" in kind.value else "text/plain"
    return Part(
        place.path,
        place.within,
        place.top,
        place.start,
        place.end,
        media_type,
        charset=kind.parameters.get("charset", ""),
        encoding=encoding,
        name=names[0] if names else "",
        attached=bool(names) or disposition.value == "attachment" or not media_type.startswith("text/"),
        is_message=media_type in ("message/rfc822", "message/global") and encoding in IDENTITY,
        doubts=doubts,
        field_name=disposition.parameters.get("name", ""),
    )


def _doubts(headers: Headers) -> tuple[str, ...]:
    """Headers that two readers may understand differently."""
    single = ("content-type", "content-transfer-encoding", "content-disposition")
    return tuple(f"{name} is given twice" for name in single if len(set(headers.all(name))) > 1)
