"""Cabinets (MS-CAB): files stored as they are or packed by MSZIP. Quantum and LZX have no reader.

Files lie one behind the other in folders; a folder is a row of blocks of at most 32 KiB, each deflated with the block
before it as its window (MS-MCI).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.inspection import Budget
from zoneguard.inspection.expanding import DAMAGED, SHORT, Expanded
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.model.text import N_, Text

MAGIC = b"MSCF\0\0\0\0"
_PREVIOUS, _NEXT, _RESERVE = 1, 2, 4
_METHODS = {2: "Quantum", 3: "LZX"}
_STORED, _MSZIP = 0, 1
_BLOCK = 32768
_CONTINUED = 0xFFFD  # from here on the number of a folder says that it goes on in another cabinet
MAX_MEMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Folder:
    """``start`` of the first of ``blocks``; ``reserved`` bytes stand in front of the data of each."""

    start: int
    blocks: int
    method: int
    reserved: int


@dataclass(frozen=True, slots=True)
class Member:
    """A file: ``start`` to ``end`` of what comes out of the folder numbered ``folder``; ``split``: in two cabinets."""

    name: str
    folder: int
    start: int
    end: int
    split: bool


@dataclass(slots=True)
class Listing:
    """``whole``: as many folders and files as announced."""

    folders: list[Folder] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    whole: bool = False


def listing(data: bytes) -> Listing:
    """What ``data``, which begins as a cabinet, lists. Never raises."""
    out = Listing()
    flags, at = _u16(data, 30), 36
    reserved = 0
    folder_reserve = 0
    if flags & _RESERVE:
        folder_reserve, reserved = data[38] if len(data) > 39 else 0, data[39] if len(data) > 39 else 0
        at += 4 + _u16(data, 36)
    for present in (_PREVIOUS, _PREVIOUS, _NEXT, _NEXT):  # name and disk of the cabinet before, and of the next
        if flags & present:
            end = data.find(b"\0", at)
            at = len(data) if end < 0 else end + 1
    folders, files = _u16(data, 26), _u16(data, 28)
    for _ in range(folders):
        if at + 8 > len(data):
            return out
        out.folders.append(Folder(_u32(data, at), _u16(data, at + 4), _u16(data, at + 6), reserved))
        at += 8 + folder_reserve
    at = _u32(data, 16)
    for _ in range(min(files, MAX_MEMBERS)):
        end = data.find(b"\0", at + 16)
        if at + 16 > len(data) or end < 0:
            return out
        number, start = _u16(data, at + 8), _u32(data, at + 4)
        split = number >= _CONTINUED
        if split:  # from the cabinet before: of the first folder; into the next: of the last
            number = 0 if number != _CONTINUED + 1 else len(out.folders) - 1
        name = decode_text(data[at + 16 : end]).replace("\\", "/")
        out.members.append(Member(name, number, start, start + _u32(data, at), split))
        at = end + 1
    out.whole = len(out.members) == files and all(m.folder < len(out.folders) for m in out.members)
    return out


def read(data: bytes, folder: Folder, budget: Budget) -> Expanded:
    """What comes out of ``folder``."""
    method = folder.method & 15
    if method not in (_STORED, _MSZIP):
        name = _METHODS.get(method, str(method))
        return Expanded(b"", 0, N_("compression method {name} has no reader", name=name))
    out: list[bytes] = []
    used, before = 0, b""
    problem: Text | str = ""
    for packed, size in _blocks(data, folder):
        if (room := budget.room) <= 0:
            problem = budget.spent or ""
            break
        plain = packed if method == _STORED else _inflated(packed, before)
        if len(plain) != size:
            problem = DAMAGED
        budget.expand(len(plain))
        out.append(plain[:room])
        used, before = used + len(packed), plain
        if problem:
            break
    else:
        problem = SHORT if len(out) < folder.blocks else ""
    return Expanded(b"".join(out), used, problem)


def _blocks(data: bytes, folder: Folder) -> Iterator[tuple[bytes, int]]:
    """Packed bytes and full size of each whole block."""
    at = folder.start
    for _ in range(folder.blocks):
        size = _u16(data, at + 4)
        packed = data[at + 8 + folder.reserved : at + 8 + folder.reserved + size]
        if at + 8 > len(data) or len(packed) < size:
            return
        yield packed, _u16(data, at + 6)
        at += 8 + folder.reserved + size


def _inflated(packed: bytes, before: bytes) -> bytes:
    if not packed.startswith(b"CK"):
        return b""
    try:
        return zlib.decompressobj(-15, zdict=before).decompress(packed[2:], _BLOCK + 1)
    except zlib.error:
        return b""


def _u16(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + 2], "little")


def _u32(raw: bytes, at: int) -> int:
    return int.from_bytes(raw[at : at + 4], "little")
