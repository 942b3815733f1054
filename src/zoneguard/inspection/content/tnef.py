"""TNEF, the ``winmail.dat`` of Outlook (MS-OXTNEF): a hazard of its own in a mail that should be text, opened."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._compressed_rtf import expand as expand_rtf
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_

_SIGNATURE = b"\x78\x9f\x3e\x22"
_RENDERING, _TITLE, _DATA, _PROPERTIES = 0x00069002, 0x00018010, 0x0006800F, 0x00069005
_BODY, _MESSAGE_PROPERTIES = 0x0002800C, 0x00069003
_LONG_NAME, _OBJECT, _HTML, _RTF = 0x3707, 0x3701, 0x1013, 0x1009
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 13: 0, 20: 8, 64: 8, 72: 16}
_STRINGS, _BLOBS, _UNICODE, _OBJECT_TYPE = (30, 31), (13, 258), 31, 13


def recognise(content: Content) -> Recognition:
    """By signature."""
    return Recognition.STRONG if content.data.startswith(_SIGNATURE) else Recognition.NO


@dataclass(slots=True)
class _Attachment:
    title: str = ""
    long_name: str = ""
    data: bytes = b""


def examine(content: Content, budget: Budget) -> Examination:
    """Bodies, and attachments with their long names."""
    members: list[Content] = []
    attachments: list[_Attachment] = []
    position, whole = 6, True
    while position + 9 <= len(content.data):
        _, attribute, length = struct.unpack_from("<BII", content.data, position)
        body = content.data[position + 9 : position + 9 + length]
        whole = len(body) == length
        position += 9 + length + 2
        if attribute == _BODY:
            members.append(Content(body.rstrip(b"\0"), "", "text/plain"))
        elif attribute == _MESSAGE_PROPERTIES:
            for tag, value in _properties(body):
                if tag == _HTML:
                    members.append(Content(value, "", "text/html"))
                elif tag == _RTF:
                    rtf, all_of_it = expand_rtf(value, budget.room)
                    budget.expand(len(rtf))
                    members.append(Content(rtf, "body.rtf", "text/rtf", whole=all_of_it))
        else:
            _attached(attribute, body, attachments)
    members += (Content(a.data, a.long_name or a.title) for a in attachments if a.data or a.title)
    problem = "" if whole else N_("the TNEF data is cut short")
    return Examination("application/ms-tnef", (Hazard("tnef", ""),), partial=problem, members=tuple(members))


def _attached(attribute: int, body: bytes, attachments: list[_Attachment]) -> None:
    """Add one attribute to the attachment at hand; its rendering data opens a new one."""
    if attribute == _RENDERING or not attachments:
        attachments.append(_Attachment())
    current = attachments[-1]
    if attribute == _TITLE:
        current.title = decode_text(body.rstrip(b"\0"))
    elif attribute == _DATA:
        current.data = body
    elif attribute == _PROPERTIES:
        for tag, value in _properties(body):
            if tag == _LONG_NAME and value:
                current.long_name = value.decode("utf-8", "replace")
            elif tag == _OBJECT and not current.data:
                current.data = value


def _properties(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and value of MAPI properties; strings as UTF-8, objects without their class."""
    count = int.from_bytes(block[:4], "little")
    position = 4
    while count > 0 and position + 4 <= len(block):
        count -= 1
        kind, tag = struct.unpack_from("<HH", block, position)
        position += 4
        multiple, kind = bool(kind & 0x1000), kind & 0x0FFF
        if tag >= 0x8000:
            position = _behind_name(block, position)
        values = 1
        if multiple or kind in (*_STRINGS, *_BLOBS):
            values = int.from_bytes(block[position : position + 4], "little")
            position += 4
        for _ in range(min(values, len(block))):
            if kind in (*_STRINGS, *_BLOBS):
                length = int.from_bytes(block[position : position + 4], "little")
                value = block[position + 4 : position + 4 + length]
                position += 4 + -(-length // 4) * 4
                yield tag, _text(kind, value)
            else:
                position += max(4, _FIXED.get(kind, 4))
            if position > len(block):
                return


def _text(kind: int, value: bytes) -> bytes:
    if kind == _UNICODE:
        return value.decode("utf-16-le", "replace").rstrip("\0").encode("utf-8", "replace")
    if kind in _STRINGS:
        return decode_text(value.rstrip(b"\0")).encode("utf-8", "replace")
    return value[16:] if kind == _OBJECT_TYPE else value


def _behind_name(block: bytes, position: int) -> int:
    """Behind the name of a named property: its set, its kind, a number or a string."""
    kind, value = struct.unpack_from("<II", block[position + 16 : position + 24].ljust(8, b"\0"))
    return position + 24 + (-(-value // 4) * 4 if kind else 0)


PLUGIN = ContentFamily("tnef", "TNEF (winmail.dat)", recognise, examine)
