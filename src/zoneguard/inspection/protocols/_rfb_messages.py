"""Messages of RFB (RFC 6143, 7.5 and 7.6; extensions of the RFB community's list): clipboard and files among them.

The server's pictures are skipped by their sizes, as far as their encodings tell them: raw, copied, RRE, CoRRE,
Hextile, zlib, ZRLE, Tight, and those that are no pictures. Behind the first that is not known nothing more is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.model.flows import Hazard

_CUT_TEXT, _FILE_TRANSFER = 6, 7
_FIXED = {0: 20, 3: 10, 4: 8, 5: 6, 150: 10, 250: 4, 255: 12}
_COUNTED = {2: (2, 2, 4, 4), 251: (6, 1, 8, 16)}  # offset and size of the count, size of the head and of an item
_TIGHT_FILES = frozenset((*range(130, 137), 252))
_UPDATE, _COLOURS, _BELL, _SERVER_TEXT = 0, 1, 2, 3
_RAW, _COPY, _RRE, _CORRE, _HEXTILE, _ZLIB, _TIGHT, _ZRLE = 0, 1, 2, 4, 5, 6, 7, 16
_COUNTED_PICTURES = frozenset((_ZLIB, _ZRLE, -305))
_NO_PICTURES = frozenset(
    (-223, -224, -232, -257, -258, 0x574D5666)
)  # sizes, ends, places, kinds of input: all in the head
_POINTER, _POINTER_TWO, _SCREENS, _LAST = -239, -240, -308, -224
_POINTER_VMWARE, _POINTER_ALPHA, _NAME, _LIGHTS, _LIGHTS_VMWARE = 0x574D5664, -314, -307, -261, 0x574D5668
_CAPABILITIES = 24
_ACTIONS = ((25, "asked for"), (26, "peeked at"), (27, "announced"), (28, "sent"))
_FORMATS = ("text", "rtf", "html", "picture", "files")
MAX_HAZARDS = 20


@dataclass(frozen=True, slots=True)
class Pixels:
    """Bytes of one pixel; of one in Tight and ZRLE, where three may be enough."""

    size: int = 4
    tight: int = 3


def pixels(raw: bytes) -> Pixels:
    """Of a ``PIXEL_FORMAT`` of 16 bytes."""
    size = max(1, raw[0] // 8)
    full = all(int.from_bytes(raw[i : i + 2], "big") == 255 for i in (4, 6, 8))
    return Pixels(size, 3 if size == 4 and raw[1] == 24 and raw[3] and full else size)


def client_hazards(data: bytes, position: int) -> list[Hazard]:
    """Clipboard and files among the client's messages from ``position`` on."""
    return [h for at, kind, size in _client_messages(data, position) if (h := _hazard(data, at, kind, size, "client"))][
        :MAX_HAZARDS
    ]


def pixels_asked_for(data: bytes, position: int) -> list[Pixels]:
    """What the client asked for, in order; it may change its mind at any time."""
    asked = (pixels(data[at + 4 : at + 20]) for at, kind, size in _client_messages(data, position)
             if kind == 0 and at + size <= len(data))  # fmt: skip
    return list(dict.fromkeys(asked))


def _hazard(data: bytes, at: int, kind: int, size: int, side: str) -> Hazard | None:
    if kind in (_FILE_TRANSFER, *_TIGHT_FILES):
        return Hazard("file-transfer", f"byte {at} of the {side}", f"message {kind}, {size} bytes")
    if kind != _CUT_TEXT:
        return None
    if data[at + 4] < 0x80:
        return Hazard("clipboard", f"byte {at} of the {side}", f"{size - 8} bytes")
    flags = int.from_bytes(data[at + 8 : at + 12], "big")
    done = [name for bit, name in _ACTIONS if flags >> bit & 1]
    if not done or flags >> _CAPABILITIES & 1:  # said by both sides at once, with all that they could do
        return None
    formats = [name for bit, name in enumerate(_FORMATS) if flags >> bit & 1]
    return Hazard("clipboard", f"byte {at} of the {side}", f"{', '.join((*formats, *done))}, {size - 8} bytes")


def _client_messages(data: bytes, position: int) -> Iterator[tuple[int, int, int]]:
    """Offset, kind and size of the client's messages up to the first of a kind that is not known."""
    while position < len(data):
        kind = data[position]
        if kind in _FIXED:
            size = _FIXED[kind]
        elif kind in _COUNTED:
            at, width, head, item = _COUNTED[kind]
            size = head + item * int.from_bytes(data[position + at : position + at + width], "big")
        elif kind == _CUT_TEXT and position + 8 <= len(data):
            size = 8 + abs(int.from_bytes(data[position + 4 : position + 8], "big", signed=True))
        elif kind == _FILE_TRANSFER:
            size = 12 + int.from_bytes(data[position + 8 : position + 12], "big")
        elif kind == 248:
            size = 9 + (data[position + 8] if len(data) > position + 8 else 0)
        elif kind in _TIGHT_FILES:
            yield position, kind, len(data) - position
            return
        else:
            return
        yield position, kind, size
        position += size


def server_hazards(data: bytes, position: int, formats: list[Pixels]) -> tuple[list[Hazard], bool]:
    """Clipboard and files among the server's messages from ``position`` on, and whether all of them were read.

    ``formats``: the pixels that may be in use; the one that last fitted is tried first.
    """
    found: list[Hazard] = []
    while position < len(data):
        kind = data[position]
        if kind == _UPDATE:
            ends = [_behind_update(data, position, of) for of in formats]
            fitting = next((i for i, behind in enumerate(ends) if _goes_on(data, behind)), None)
            if fitting is None:
                return found, False
            end = ends[fitting]
            formats = [formats[fitting], *formats[:fitting], *formats[fitting + 1 :]]
        elif kind == _COLOURS:
            end = position + 6 + 6 * int.from_bytes(data[position + 4 : position + 6], "big")
        elif kind == _BELL:
            end = position + 1
        elif kind == _SERVER_TEXT and data[position + 1 : position + 4] == bytes(3) and position + 8 <= len(data):
            end = position + 8 + abs(int.from_bytes(data[position + 4 : position + 8], "big", signed=True))
            hazard = _hazard(data, position, _CUT_TEXT, end - position, "server")
            found += [hazard] if hazard and len(found) < MAX_HAZARDS else []
        elif kind == _FILE_TRANSFER:
            end = position + 12 + int.from_bytes(data[position + 8 : position + 12], "big")
            hazard = _hazard(data, position, kind, end - position, "server")
            found += [hazard] if hazard and len(found) < MAX_HAZARDS else []
        elif kind == 248:
            end = position + 9 + (data[position + 8] if len(data) > position + 8 else 0)
        elif kind == 150:
            end = position + 1
        else:
            return found, False
        if end <= position:
            return found, False
        position = end
    return found, position == len(data)


def _goes_on(data: bytes, at: int) -> bool:
    """Whether a message may begin at ``at``, or nothing more comes."""
    if at == len(data):
        return True
    if not 0 <= at < len(data) or data[at] not in (_UPDATE, _COLOURS, _BELL, _SERVER_TEXT, _FILE_TRANSFER, 150, 248):
        return False
    if data[at] == _UPDATE:
        return data[at + 1 : at + 2] == b"\0" and data[at + 2 : at + 4] != b"\0\0"
    return data[at] != _SERVER_TEXT or data[at + 1 : at + 4] == bytes(3)


def _behind_update(data: bytes, position: int, of: Pixels) -> int:
    """Behind a framebuffer update; -1: an encoding is not known."""
    count = int.from_bytes(data[position + 2 : position + 4], "big")
    at = position + 4
    for _ in range(count):
        head = data[at : at + 12]
        if len(head) < 12:
            return len(data) + 1  # cut short
        width, height = int.from_bytes(head[4:6], "big"), int.from_bytes(head[6:8], "big")
        encoding = int.from_bytes(head[8:12], "big", signed=True)
        size = _picture_size(data, at + 12, encoding, width, height, of)
        if size < 0:
            return -1
        at += 12 + size
        if encoding == _LAST:
            break
    return at


def _picture_size(data: bytes, at: int, encoding: int, width: int, height: int, of: Pixels) -> int:
    """How many bytes a rectangle takes; -1: its encoding is not known."""
    count = int.from_bytes(data[at : at + 4], "big")
    mask = (width + 7) // 8 * height
    sizes = {
        _RAW: width * height * of.size,
        _COPY: 4,
        _RRE: 4 + of.size + count * (of.size + 8),
        _CORRE: 4 + of.size + count * (of.size + 4),
        _POINTER: width * height * of.size + mask,
        _POINTER_TWO: 6 + 2 * mask if width and height else 0,
        _POINTER_ALPHA: 4 + width * height * 4 if count == _RAW else -1,
        _POINTER_VMWARE: 2 + width * height * (4 if data[at : at + 1] == b"\1" else 2 * of.size),
        _SCREENS: 4 + 16 * (data[at] if at < len(data) else 0),
        _NAME: 4 + count,
        _LIGHTS: 1,
        _LIGHTS_VMWARE: 4,
    }
    if encoding in _COUNTED_PICTURES:
        return 4 + count
    if encoding == _HEXTILE:
        return _hextile_size(data, at, width, height, of)
    if encoding == _TIGHT:
        return _tight_size(data, at, width, height, of)
    return 0 if encoding in _NO_PICTURES else sizes.get(encoding, -1)


def _hextile_size(data: bytes, start: int, width: int, height: int, of: Pixels) -> int:
    """Tiles of 16 by 16, each as its first byte says: raw, or with colours and smaller rectangles."""
    at = start
    for top in range(0, height, 16):
        for left in range(0, width, 16):
            if at >= len(data):
                return at - start + 1  # cut short
            kind = data[at]
            at += 1
            if kind & 1:
                at += min(16, width - left) * min(16, height - top) * of.size
                continue
            at += of.size * (bool(kind & 2) + bool(kind & 4))
            if kind & 8:
                count = data[at] if at < len(data) else 0
                at += 1 + count * (2 + (of.size if kind & 16 else 0))
    return at - start


def _tight_size(data: bytes, start: int, width: int, height: int, of: Pixels) -> int:
    at = start + 1
    control = data[start] >> 4 if start < len(data) else 0
    if control == 8:
        return 1 + of.tight
    if control in (9, 10):  # JPEG, PNG
        size, at = _compact(data, at)
        return at + size - start
    if control > 10:
        return -1
    bits = 8 * of.tight
    if control & 4:
        filter_, at = (data[at] if at < len(data) else 0), at + 1
        if filter_ == 1:
            colours = 1 + (data[at] if at < len(data) else 0)
            at += 1 + colours * of.tight
            bits = 1 if colours == 2 else 8
        elif filter_ > 2:
            return -1
    plain = (width * bits + 7) // 8 * height
    if plain < 12:
        return at + plain - start
    size, at = _compact(data, at)
    return at + size - start


def _compact(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to three bytes, seven bits a byte, lowest first."""
    value = 0
    for place in range(3):
        byte = data[at] if at < len(data) else 0
        at += 1
        value |= (byte & (0xFF if place == 2 else 0x7F)) << 7 * place
        if byte < 0x80:
            break
    return value, at
