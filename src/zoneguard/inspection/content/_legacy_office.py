"""What the streams of Word, Excel and PowerPoint 97 say (MS-DOC, MS-XLS, MS-PPT): macros, links, passwords."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from zoneguard.inspection import Budget, Content
from zoneguard.inspection.content._compound import MAGIC
from zoneguard.inspection.expanding import inflate
from zoneguard.model.flows import Hazard

_BOUNDSHEET, _FILEPASS, _SUPBOOK = 0x0085, 0x002F, 0x01AE
_OLE_STORAGE, _INTERACTIVE = 0x1011, 0x0FF3
_ACTIONS = {1: "macro", 2: "program", 5: "object"}
_ENCRYPTED_USER = 0xF3D1C4DF
_DDE = re.compile(rb"\x13\s*(?:\\\w\s*)*(DDE(?:AUTO)?)\b[^\x14\x15]{0,200}", re.IGNORECASE)
_DDE_WIDE = re.compile(
    rb"\x13\x00(?: \x00)*(D\x00D\x00E\x00(?:A\x00U\x00T\x00O\x00)?)(?:[^\x14\x15]\x00){0,200}", re.IGNORECASE
)
_FETCH = re.compile(
    rb"\x13\s*(?:INCLUDETEXT|INCLUDEPICTURE|IMPORT)\b[^\x14\x15]{0,200}?(?:://|\\\\)[^\x14\x15]{0,200}", re.IGNORECASE
)
_FETCH_WIDE = re.compile(
    rb"\x13\x00(?: \x00)*I\x00(?:N\x00C\x00L\x00U\x00D\x00E\x00(?:T\x00E\x00X\x00T|P\x00I\x00C\x00T\x00U\x00R\x00E)"
    rb"|M\x00P\x00O\x00R\x00T)\x00(?:[^\x14\x15]\x00){0,200}?(?::\x00/\x00/|\\\x00\\)\x00(?:[^\x14\x15]\x00){0,200}",
    re.IGNORECASE,
)


def word_encrypted(document: bytes) -> bool:
    """The flag in the file information block."""
    return len(document) > 12 and document[:2] == b"\xec\xa5" and bool(document[11] & 1)


def word_hazards(document: bytes) -> list[Hazard]:
    """Fields that start a program by DDE, or fetch content from elsewhere."""
    out = [
        Hazard("dde", f"WordDocument byte {m.start()}", m.group().strip(b"\x13 ").decode("cp932", "replace")[:120])
        for m in _DDE.finditer(document)
    ]
    out += [
        Hazard("dde", f"WordDocument byte {m.start()}", m.group()[2:].decode("utf-16-le", "replace").strip()[:120])
        for m in _DDE_WIDE.finditer(document)
    ]
    for pattern, encoding in ((_FETCH, "cp932"), (_FETCH_WIDE, "utf-16-le")):
        for found in pattern.finditer(document):
            shown = found.group().decode(encoding, "replace").strip("\x13 ")[:200]
            out.append(Hazard("external-relationship", f"WordDocument byte {found.start()}", shown))
    return out[:20]


def workbook(stream: bytes) -> tuple[list[Hazard], bool]:
    """Hazards of an Excel workbook stream, and whether it is behind a password."""
    hazards: list[Hazard] = []
    for offset, kind, body in _records(stream):
        if kind == _FILEPASS:
            return hazards, True
        if kind == _BOUNDSHEET and len(body) > 8 and body[5] == 1:
            hidden = {1: " (hidden)", 2: " (very hidden)"}.get(body[4] & 3, "")
            wide = body[7] & 1
            name = body[8 : 8 + body[6] * (1 + wide)].decode("utf-16-le" if wide else "latin-1", "replace")
            hazards.append(Hazard("xlm-macro", f"Workbook byte {offset}", f"macro sheet {name}{hidden}"))
        elif kind == _SUPBOOK and b"\x03" in body[4:] and len(body) > 6:
            shown = body[5:].replace(b"\0", b"").replace(b"\x03", b"|")[:80].decode("latin-1")
            hazards.append(Hazard("dde", f"Workbook byte {offset}", shown.strip()))
    return hazards, False


def _records(stream: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Offset, type and body of each BIFF record."""
    position = 0
    while position + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, position)
        if not kind and not size:
            return
        yield position, kind, stream[position + 4 : position + 4 + size]
        position += 4 + size


def slides_encrypted(current_user: bytes) -> bool:
    """The token in the ``Current User`` stream of an encrypted presentation."""
    return len(current_user) >= 16 and int.from_bytes(current_user[12:16], "little") == _ENCRYPTED_USER


def slides(document: bytes, budget: Budget) -> tuple[list[Hazard], list[Content]]:
    """What slides start when they are clicked or pointed at; compound files in a presentation: embedded objects,
    controls and its VBA project."""
    out: list[Content] = []
    hazards: dict[str, Hazard] = {}
    position = 0
    while position + 8 <= len(document):
        version, kind, size = struct.unpack_from("<HHI", document, position)
        if kind == _OLE_STORAGE:
            raw = document[position + 8 : position + 8 + size]
            data = inflate(raw[4:], budget).data if version >> 4 & 1 else raw
            if data.startswith(MAGIC):
                out.append(Content(data, f"object at byte {position}"))
        elif kind == _INTERACTIVE and position + 16 < len(document) and document[position + 16] in _ACTIONS:
            action = _ACTIONS[document[position + 16]]
            hazards.setdefault(action, Hazard("program-action", f"PowerPoint Document byte {position}", action))
        position += 8 if version & 0xF == 0xF else 8 + size
    return [*hazards.values()], out
