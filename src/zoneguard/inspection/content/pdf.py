"""PDF (ISO 32000): scripts, actions that run by themselves or start programs, embedded files, rich media, forms.

Names are read with their ``#xx`` escapes, in plain objects and in compressed object streams, also in objects hidden
inside what another reader takes for stream data. A file that needs a password is opaque; one
that only forbids printing or copying is read. An open action that shows a page is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._pdf_crypt import open_without_password
from zoneguard.inspection.content._pdf_filters import undo
from zoneguard.inspection.content._pdf_tokens import Data, Name, tokens
from zoneguard.inspection.expanding import DAMAGED, Expanded
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_HAZARDS = {
    "JavaScript": "pdf-javascript",
    "JS": "pdf-javascript",
    "AA": "pdf-open-action",
    "Launch": "pdf-launch",
    "EmbeddedFile": "embedded-file",
    "EmbeddedFiles": "embedded-file",
    "EF": "embedded-file",
    "FileAttachment": "embedded-file",
    "RichMedia": "pdf-rich-media",
    "RichMediaExecute": "pdf-rich-media",
    "Movie": "pdf-rich-media",
    "3D": "pdf-rich-media",
    "Rendition": "pdf-rich-media",
    "XFA": "pdf-xfa",
    "SubmitForm": "pdf-submit",
    "ImportData": "pdf-submit",
    "GoToR": "external-relationship",
    "GoToE": "embedded-file",
}
_ACTION_NAMES = """
    GoTo GoToR GoToE Launch Thread URI Sound Movie Hide Named SubmitForm ResetForm ImportData JavaScript JS SetOCGState
    Rendition Trans GoTo3DView RichMediaExecute Next
"""
_ACTIONS = frozenset(_ACTION_NAMES.split())
_SHOWS_A_PAGE = frozenset(("GoTo", "Named"))
_TARGET = re.compile(rb"\s*(?:(?P<array>\[)|(?P<number>\d{1,10})\s+\d{1,5}\s+R|<<(?P<inline>[^>]{0,300})>>)")
_REFERENCE = re.compile(rb"(?<!\d)(\d{1,10})\s{1,3}\d{1,5}\s{1,3}R\b")
_LENGTH = re.compile(rb"/Length\s+(\d{1,10})(?!\s+\d+\s+R|\d)")
_FIRST = re.compile(rb"/First\s+(\d{1,9})")
_HIDDEN = re.compile(rb"(?<!\d)\d{1,10}\s{1,3}\d{1,5}\s{1,3}obj\s*<<")
_HEADER_WITHIN = 1024
MAX_HAZARDS = 60
MAX_NAMES = 5_000_000


def recognise(content: Content) -> Recognition:
    """The header within the first 1024 bytes, as readers accept it, and an object."""
    at = content.data.find(b"%PDF-", 0, _HEADER_WITHIN + 5)
    if at < 0 or (content.whole and b"obj" not in content.data):
        return Recognition.NO
    return Recognition.STRONG


def examine(content: Content, budget: Budget) -> Examination:
    """Every hazardous name once for each object it stands in."""
    scan = _Scan(content.data, budget)
    scan.run()
    opaque = N_("encrypted document") if scan.encrypted else ""
    if scan.encrypted:
        scan.add("encrypted", "", "")
    return Examination(
        "application/pdf",
        tuple(scan.hazards.values()),
        opaque=opaque,
        partial=scan.unread or budget.spent or "",
        members=tuple(scan.members),
    )


class _Scan:
    """One pass over the file and over every object stream in it."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self.data = data
        self.budget = budget
        self.hazards: dict[tuple[str, str], Hazard] = {}
        self.members: list[Content] = []
        self.crypt = open_without_password(data) if b"/Encrypt" in data else None
        self.encrypted = False
        self.unread: Text | str = ""
        self._names = 0
        self._actions: dict[int, set[str]] = {}
        self._opening: list[tuple[int, str]] = []
        self._streams: dict[int, list[Data]] = {}  # an object that was written anew has several
        self._files: dict[int, str] = {}  # number of an embedded file's stream → where it is named

    def run(self) -> None:
        for token in tokens(self.data):
            if isinstance(token, Name):
                where = f"object {token.within}" if token.within else f"byte {token.offset}"
                self._name(token, self.data, where, token.within)
            else:
                self._stream(token)
            if self._over():
                break
        for target, where in self._opening:
            if not self._actions.get(target, {"unknown"}) <= _SHOWS_A_PAGE:
                self.add("pdf-open-action", where, "/OpenAction")
        self._open_files()

    def add(self, kind: str, where: str, detail: str) -> None:
        if len(self.hazards) < MAX_HAZARDS:
            self.hazards.setdefault((kind, where), Hazard(kind, where, detail))

    def _over(self) -> bool:
        self._names += 1
        if self._names % 4096 == 0 and (self._names > MAX_NAMES or self.budget.room <= 0):
            self.unread = self.budget.spent or N_("more than {count} names", count=MAX_NAMES)
            return True
        return False

    def _name(self, token: Name, data: bytes, where: str, number: int) -> None:
        actions = self._actions.setdefault(number, set())
        if token.value in _ACTIONS:
            actions.add(token.value)
        if token.value == "Encrypt":
            self.encrypted = self.crypt is None
        elif token.value == "OpenAction":
            self._open_action(token, data, where)
        elif kind := _HAZARDS.get(token.value):
            self.add(kind, where, f"/{token.value}")
        if token.value == "EF":
            named = data[token.offset : token.offset + 400].partition(b">>")[0]
            for found in _REFERENCE.findall(named):
                self._files.setdefault(int(found), where)

    def _open_action(self, token: Name, data: bytes, where: str) -> None:
        """An array shows a page; an action is judged by what it is, one elsewhere in the file when all is read."""
        match = _TARGET.match(data, token.offset + len("/OpenAction"))
        if match is not None and match["number"]:
            self._opening.append((int(match["number"]), where))
        elif match is None or not match["array"]:
            inline = match["inline"] if match is not None else None
            kinds = {t.value for t in tokens(inline) if isinstance(t, Name)} & _ACTIONS if inline else {"unknown"}
            if not kinds <= _SHOWS_A_PAGE:
                self.add("pdf-open-action", where, "/OpenAction")

    def _stream(self, stream: Data) -> None:
        names = set(stream.names)
        self._streams.setdefault(stream.within, []).append(stream)
        raw = memoryview(self.data)[stream.start : stream.end]
        if "ObjStm" in names:
            self._object_stream(stream, raw)
        elif "EmbeddedFile" in names:
            self._files.setdefault(stream.within, f"object {stream.within}")
        elif self.data.find(b"obj", stream.start, stream.end) >= 0 and _HIDDEN.search(raw):
            for token in tokens(bytes(raw)):
                if isinstance(token, Name):
                    self._name(token, bytes(raw), f"byte {stream.start + token.offset}", token.within)
                if self._over():
                    return

    def _object_stream(self, stream: Data, raw: memoryview) -> None:
        expanded = self._expand(stream, raw)
        if expanded.problem:
            self.unread = self.unread or N_("object stream {number} cannot be read", number=stream.within)
        starts, numbers = _contained(self.data[max(0, stream.start - 2048) : stream.start], expanded.data)
        for token in tokens(expanded.data):
            if isinstance(token, Name):
                number = numbers[max(0, bisect_right(starts, token.offset) - 1)] if numbers else 0
                self._name(token, expanded.data, f"object {number} in object stream {stream.within}", number)
            if self._over():
                return

    def _without_line_end(self, stream: Data, raw: memoryview) -> memoryview:
        """The line end before ``endstream`` is none of the data; what is announced tells, if it is near."""
        announced = _LENGTH.findall(self.data, max(0, stream.start - 512), stream.start)
        if announced and 0 <= len(raw) - int(announced[-1]) <= 2:
            return raw[: int(announced[-1])]
        end = bytes(raw[-2:])
        return raw[: len(raw) - (2 if end == b"\r\n" else end[-1:] in (b"\r", b"\n"))]

    def _expand(self, stream: Data, raw: memoryview, *, file: bool = False) -> Expanded:
        raw = self._without_line_end(stream, raw)
        if self.crypt is None:
            return undo(raw, stream.names, self.budget)
        plain = self.crypt.decrypt(bytes(raw), stream.within, stream.generation, file=file)
        return undo(plain, stream.names, self.budget) if plain is not None else Expanded(b"", 0, DAMAGED)

    def _open_files(self) -> None:
        """The files that specifications refer to; that their stream says its type is not asked for."""
        for number, where in self._files.items():
            if number not in self._streams:
                self.unread = self.unread or N_("an embedded file cannot be found ({where})", where=where)
            for stream in self._streams.get(number, ()):
                expanded = self._expand(stream, memoryview(self.data)[stream.start : stream.end], file=True)
                self.members.append(Content(expanded.data, f"object {number}", whole=not expanded.problem))


def _contained(dictionary: bytes, data: bytes) -> tuple[list[int], list[int]]:
    """Offsets and numbers of the objects in an object stream, which begins with pairs of number and offset."""
    found = _FIRST.findall(dictionary)
    first = int(found[-1]) if found else 0
    values = [int(v) for v in data[:first].split() if v.isdigit() and len(v) < 11]
    pairs = sorted(zip((first + offset for offset in values[1::2]), values[::2], strict=False))
    return [offset for offset, _ in pairs], [number for _, number in pairs]


PLUGIN = ContentFamily("pdf", "PDF", recognise, examine)
