"""VBA projects (MS-OVBA): which modules, and which of their procedures run by themselves. Work is bounded."""

from __future__ import annotations

import re

from zoneguard.inspection.content._compound import Compound, Entry
from zoneguard.model.flows import Hazard

MAX_SOURCE = 1 << 20
_NO_MODULE = re.compile(r"(?i)_VBA_PROJECT$|dir$|__SRP_")
_SOURCE = re.compile(rb"\x01..\x00Attribut", re.DOTALL)
_RUNS_ITSELF = re.compile(
    rb"\b(Auto_?(?:Open|Exec|Exit|Close|New)|(?:Document|Workbook)_?(?:Open|New|Close|BeforeClose|Activate|SheetActivate)"
    rb"|Worksheet_(?:Activate|Calculate|Change)|(?:\w{1,40}_)(?:Painted|Painting|GotFocus|Layout|Click|Change))\b",
    re.IGNORECASE,
)
_REACHES_OUT = re.compile(
    rb"\b(Shell|CreateObject|GetObject|URLDownloadToFile\w?|CallByName|MSXML2|WinHttp|WScript|PowerShell|ExecuteExcel4Macro"
    rb"|VirtualAlloc|RtlMoveMemory|ADODB|Environ|Kill|Declare)\b",
    re.IGNORECASE,
)
_BITS = tuple(1 << bit for bit in range(8))


def vba_hazards(compound: Compound, prefix: str = "") -> list[Hazard]:
    """One hazard for each VBA project in ``compound``; ``prefix`` is put before its place."""
    projects = [e for e in compound.entries if e.name.upper() in ("_VBA_PROJECT", "DIR") and _in_vba(e)]
    folders = dict.fromkeys(e.path.rpartition("/")[0] for e in projects)
    return [Hazard("vba-macro", (prefix + folder).strip("/"), _describe(compound, folder)) for folder in folders]


def _in_vba(entry: Entry) -> bool:
    """Whether the entry lies in a storage ``VBA`` (or has lost its place and is called as only VBA's are)."""
    folder = entry.path.rpartition("/")[0].rpartition("/")[2]
    return folder.upper() == "VBA" or (entry.path.startswith("?/") and entry.name.upper() == "_VBA_PROJECT")


def _describe(compound: Compound, folder: str) -> str:
    """Names of the modules with code, what runs by itself, and what reaches out of the document."""
    modules: list[str] = []
    runs: dict[str, None] = {}
    reaches: dict[str, None] = {}
    left = MAX_SOURCE
    for entry in compound.streams():
        if entry.path.rpartition("/")[0] != folder or _NO_MODULE.match(entry.name):
            continue
        source = _source(compound.read(entry, MAX_SOURCE), left)
        left -= len(source)
        code = b"\n".join(line for line in source.splitlines() if not line.startswith(b"Attribute "))
        if code.strip() or not source:
            modules.append(entry.name)
        runs |= dict.fromkeys(m.decode("latin-1") for m in _RUNS_ITSELF.findall(code))
        reaches |= dict.fromkeys(m.decode("latin-1") for m in _REACHES_OUT.findall(code))
    parts = [("modules", modules), ("runs by itself", list(runs)), ("uses", list(reaches))]
    return "; ".join(f"{what}: {', '.join(names[:12])}" for what, names in parts if names)


def _source(stream: bytes, limit: int) -> bytes:
    """The module's source, which lies compressed behind its compiled code and begins with its attributes."""
    match = _SOURCE.search(stream)
    return decompress(stream[match.start() :], limit) if match else b""


def decompress(container: bytes, limit: int) -> bytes:
    """MS-OVBA 2.4.1 decompression, stopping at damage or behind ``limit`` bytes."""
    out = bytearray()
    position = 1
    while container[:1] == b"\x01" and position + 2 <= len(container) and len(out) < limit:
        header = int.from_bytes(container[position : position + 2], "little")
        end = min(len(container), position + 3 + (header & 0xFFF))
        if header >> 12 & 7 != 3:
            break
        if header & 0x8000:
            _chunk(container, position + 2, end, out)
        else:
            out += container[position + 2 : position + 2 + 4096]
        position = end
    return bytes(out[:limit])


def _chunk(data: bytes, position: int, end: int, out: bytearray) -> None:
    begun = len(out)
    while position < end:
        flags = data[position]
        position += 1
        if not flags and position + 8 <= end:
            out += data[position : position + 8]
            position += 8
            continue
        for bit in _BITS:
            if position >= end:
                return
            if not flags & bit:
                out.append(data[position])
                position += 1
                continue
            token = int.from_bytes(data[position : position + 2], "little")
            position += 2
            done = len(out) - begun
            bits = max(4, (done - 1).bit_length())
            length, distance = (token & (0xFFFF >> bits)) + 3, (token >> (16 - bits)) + 1
            if distance > done or done > 4096:
                return
            start = begun + done - distance
            piece = out[start : start + length]
            out += piece if distance >= length else (piece * -(-length // distance))[:length]
