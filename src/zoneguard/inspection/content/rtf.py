"""Rich Text Format 1.9.1: embedded and linked objects, templates from elsewhere, DDE fields.

RTF hides well: hexadecimal may be broken by blanks, control words and groups that readers skip. Objects are read as
Word does: the hexadecimal digits of the destination ``objdata``, all else left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._compound import MAGIC
from zoneguard.inspection.content._packages import ole1_object, ole10native
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_TOKEN = re.compile(
    rb"\\(?P<word>[a-zA-Z]{1,40})(?P<number>-?\d{1,10})? ?"
    rb"|\\'(?P<hex>[0-9a-fA-F]{2})"
    rb"|\\(?P<symbol>[^a-zA-Z'])"
    rb"|(?P<group>[{}])"
    rb"|(?P<text>[^\\{}]+)",
    re.DOTALL,
)
_FALLBACK = re.compile(rb"\\'[0-9a-fA-F]{2}|[^\\{}]?", re.DOTALL)
_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_DDE = re.compile(rb"^\s*\"?\s*DDE(AUTO)?\b", re.IGNORECASE)
_FETCH = re.compile(rb"^\s*(INCLUDETEXT|INCLUDEPICTURE|IMPORT|RD)\b.*(://|\\\\)", re.IGNORECASE | re.DOTALL)
_OBJECT_WORDS = {
    b"objemb": "embedded",
    b"objlink": "linked",
    b"objautlink": "linked",
    b"objocx": "control",
    b"objhtml": "html",
}
_DESTINATIONS = (b"objdata", b"template", b"fldinst")
MAX_TOKENS = 20_000_000
MAX_HAZARDS = 100


def recognise(content: Content) -> Recognition:
    """``{\\rt`` is enough for Word."""
    start = content.data[:64].lstrip(b" \t\r\n\xef\xbb\xbf")
    return Recognition.STRONG if start[:4].lower() == b"{\\rt" else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """Objects with what they contain, templates, fields."""
    reader = _Reader(budget)
    reader.read(content.data)
    return Examination(
        "text/rtf", tuple(dict.fromkeys(reader.hazards)), partial=reader.unread, members=tuple(reader.members)
    )


@dataclass(slots=True)
class _Group:
    """``destination`` collects ``text``; ``offset`` is where the group began; ``starred``: it began with ``\\*``."""

    offset: int
    destination: bytes = b""
    text: list[bytes] = field(default_factory=list)
    starred: bool = False


class _Reader:
    """One pass; the text of the destinations that matter is collected, all other text is left out."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.hazards: list[Hazard] = []
        self.members: list[Content] = []
        self.unread: Text | str = ""
        self._groups = [_Group(0)]

    def read(self, data: bytes) -> None:
        for count, (offset, word, text) in enumerate(_scan(data)):
            if count % 65536 == 0 and (self.budget.room <= 0 or count > MAX_TOKENS):
                self.unread = self.budget.spent or N_("the document is too long")
                break
            group = self._groups[-1]
            if word == b"{":
                self._groups.append(_Group(offset, group.destination, group.text))
            elif word == b"}":
                self._close()
            elif word:
                self._word(group, word, offset)
            elif group.destination:
                group.text.append(text)
        while len(self._groups) > 1:
            self._close()

    def _word(self, group: _Group, word: bytes, offset: int) -> None:
        if word == b"*":
            group.starred = True
        elif word in _DESTINATIONS:
            group.destination, group.text, group.offset = word, [], offset
        elif group.starred:  # a destination that readers skip
            group.destination, group.text = b"", []
        if word in _OBJECT_WORDS:
            self.hazards.append(Hazard("embedded-object", f"byte {offset}", _OBJECT_WORDS[word]))
        elif word == b"objupdate":
            self.hazards.append(Hazard("self-updating-object", f"byte {offset}"))
        if word != b"*":
            group.starred = False

    def _close(self) -> None:
        if len(self._groups) == 1:
            return
        group, outer = self._groups.pop(), self._groups[-1]
        if not group.destination or group.text is outer.text:
            return
        text = b"".join(group.text)
        where = f"byte {group.offset}"
        if group.destination == b"objdata":
            self._object(text, where)
        elif group.destination == b"template" and text.strip():
            self.hazards.append(Hazard("external-template", where, text.strip().decode("cp932", "replace")[:200]))
        elif group.destination == b"fldinst" and _DDE.match(text):
            self.hazards.append(Hazard("dde", where, text.strip().decode("cp932", "replace")[:200]))
        elif group.destination == b"fldinst" and _FETCH.match(text):
            self.hazards.append(Hazard("external-relationship", where, text.strip().decode("cp932", "replace")[:200]))

    def _object(self, text: bytes, where: str) -> None:
        """Hexadecimal → the OLE 1.0 object → the file in it."""
        digits = text.translate(None, _NOT_HEX)
        data = bytes.fromhex(digits[: len(digits) // 2 * 2].decode())
        parsed = ole1_object(data)
        name, native = parsed or ("", data[data.find(MAGIC) :] if MAGIC in data else data)
        kind = "equation-editor" if name.lower().startswith("equation") else "embedded-object"
        package = ole10native(len(native).to_bytes(4, "little") + native) if name.lower() == "package" else None
        detail = name if package is None else f"{name} {package.content.name} from {package.command}"
        self.hazards.append(Hazard(kind, where, detail[:200]))
        if package is not None:
            self.members.append(package.content)
        elif native:
            self.members.append(Content(native, f"object at {where}"))


def _scan(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Offset, control word (``{``, ``}`` and ``*`` too) or empty, and text; binary data as its hexadecimal."""
    position, fallback = 0, 1
    while (match := _TOKEN.search(data, position)) is not None:
        start, position = match.span()
        if match["group"] or match["symbol"] == b"*":
            yield start, match["group"] or b"*", b""
        elif match["word"] == b"bin" and match["number"]:
            size = max(0, int(match["number"]))
            yield start, b"", data[position : position + size].hex().encode()
            position += size
        elif match["word"] in (b"u", b"uc") and match["number"]:
            value = int(match["number"])
            if match["word"] == b"uc":
                fallback = min(max(0, value), 8)
            else:
                yield start, b"", chr(value & 0xFFFF).encode("utf-8", "replace")
                for _ in range(fallback):
                    position = _FALLBACK.match(data, position).end()  # type: ignore[union-attr]  # nothing fits too
        elif match["word"]:
            yield start, match["word"].lower(), b""
        elif match["symbol"] == b"\\":
            yield start, b"", b"\\"
        elif match["hex"]:
            yield start, b"", bytes.fromhex(match["hex"].decode())
        elif match["text"]:
            yield start, b"", match["text"]


PLUGIN = ContentFamily("rtf", "Rich Text Format", recognise, examine)
