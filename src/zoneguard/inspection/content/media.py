"""Pictures, sound, video and fonts: passive by kind. What is appended to a picture is looked at as a file, and is a
hazard unless it is another picture or film."""

from __future__ import annotations

import re

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.model.flows import Hazard

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"8BPS\0", "image/vnd.adobe.photoshop"),
    (b"\xd7\xcd\xc6\x9a", "image/wmf"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"\x1aE\xdf\xa3", "video/x-matroska"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO", "font/otf"),
    (b"\0\1\0\0\0", "font/ttf"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BITMAP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_APPENDED = 64
_END_OF_IMAGE, _START_OF_SCAN = 0xD9, 0xDA
_BARE_MARKS = frozenset((0x01, *range(0xD0, 0xD9)))
_SCAN_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")


def recognise(content: Content) -> Recognition:
    """By magic."""
    return Recognition.STRONG if _kind(content.data) else Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """The kind, and what follows the picture's own end."""
    kind = _kind(content.data)
    end = _end(content.data, kind)
    tail = content.data[end:]
    if not end or len(tail.strip(b"\0\r\n ")) <= _APPENDED:
        return Examination(kind)
    hazard = Hazard("appended-data", f"byte {end}", f"{len(tail)} bytes behind the end of the picture")
    tail = tail.lstrip(b"\0\r\n ")
    passive = _kind(tail)  # cameras put further pictures and films behind the first
    return Examination(kind, () if passive else (hazard,), members=(Content(tail, ""),))


def _kind(data: bytes) -> str:
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12], "")
    if data[4:8] == b"ftyp":
        return "image/heic" if data[8:11] in (b"hei", b"mif", b"avi") else "video/mp4"
    if data.startswith(b"BM") and len(data) > 18 and int.from_bytes(data[14:18], "little") in _BITMAP_HEADERS:
        return "image/bmp"
    if data.startswith(b"\0\0\1\0") and 0 < int.from_bytes(data[4:6], "little") < 64 and data[9:10] == b"\0":
        return "image/vnd.microsoft.icon"
    if data[40:44] == b" EMF" and data.startswith(b"\1\0\0\0"):
        return "image/emf"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), "")


def _end(data: bytes, kind: str) -> int:
    """Where the picture ends by its own structure; 0: not known."""
    if kind == "image/jpeg":
        return _jpeg_end(data)
    if kind == "image/gif":
        return _gif_end(data)
    if kind == "image/png":
        return _png_end(data)
    if kind == "image/bmp":
        return int.from_bytes(data[2:6], "little")
    if data.startswith(b"RIFF"):
        return 8 + int.from_bytes(data[4:8], "little")
    return 0


def _png_end(data: bytes) -> int:
    position = 8
    while position + 12 <= len(data):
        name = data[position + 4 : position + 8]
        position += 12 + int.from_bytes(data[position : position + 4], "big")
        if name == b"IEND":
            return position
    return 0


def _jpeg_end(data: bytes) -> int:
    """Behind the first end of image that is in no segment (ITU-T T.81, B.1.1); embedded previews are in segments."""
    position = 2
    while position + 4 <= len(data) and data[position] == 0xFF:
        mark = data[position + 1]
        if mark == _END_OF_IMAGE:
            return position + 2
        if mark == 0xFF:
            position += 1
            continue
        if mark in _BARE_MARKS:
            position += 2
            continue
        position += 2 + int.from_bytes(data[position + 2 : position + 4], "big")
        if mark == _START_OF_SCAN:
            found = _SCAN_END.search(data, position)
            position = found.start() if found else len(data)
    return position + 2 if data[position : position + 2] == b"\xff\xd9" else 0


def _gif_end(data: bytes) -> int:
    """Behind the trailer (GIF 89a, 27); extensions and pictures are chains of counted blocks."""
    position = 13 + (3 << ((data[10] & 7) + 1) if len(data) > 10 and data[10] & 0x80 else 0)
    while position < len(data):
        kind = data[position]
        if kind == 0x3B:
            return position + 1
        if kind == 0x21:
            position += 2
        elif kind == 0x2C and position + 10 < len(data):
            flags = data[position + 9]
            position += 11 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
        else:
            return 0
        while position < len(data) and data[position]:
            position += 1 + data[position]
        position += 1
    return 0


PLUGIN = ContentFamily("media", "Pictures, sound, video, fonts", recognise, examine)
