"""Compressed RTF, as Outlook keeps bodies (MS-OXRTFCP): back references into 4096 bytes that begin filled."""

from __future__ import annotations

COMPRESSED, PLAIN = b"LZFu", b"MELA"
_HEADER = 16
_WINDOW = 4096
_FIRST = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    rb"\pard\plain\f0\fs20\b\i\u\tab\tx"
)


def expand(data: bytes, limit: int) -> tuple[bytes, bool]:
    """The RTF, at most ``limit`` bytes of it, and whether it is all there; of other data nothing."""
    size, kind = int.from_bytes(data[4:8], "little"), data[8:12]
    if kind == PLAIN:
        body = data[_HEADER : _HEADER + min(size, limit)]
        return body, len(body) == size
    if kind != COMPRESSED:
        return b"", False
    out = bytearray(_FIRST)
    written = len(_FIRST)  # in the window, whose first place follows its last
    wanted = written + min(size, limit)
    at = _HEADER
    while at < len(data) and len(out) < wanted:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data) or len(out) >= wanted:
                break
            if not flags >> bit & 1:
                out.append(data[at])
                at += 1
                continue
            token = int.from_bytes(data[at : at + 2], "big")
            at += 2
            place = token >> 4
            if place == len(out) % _WINDOW:
                at = len(data)  # the end is marked by a reference to itself
                break
            start = len(out) - (len(out) - place) % _WINDOW
            if start < 0:
                return bytes(out[written:]), False
            for offset in range((token & 15) + 2):
                out.append(out[start + offset])
    return bytes(out[written:wanted]), len(out) >= written + size
