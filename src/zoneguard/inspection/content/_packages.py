"""Files embedded as OLE objects: OLE 1.0 packages (MS-OLEDS 2.2.5 and what Windows' packager writes inside)."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.inspection import Content
from zoneguard.inspection.mime.charsets import decode_text


@dataclass(frozen=True, slots=True)
class Package:
    """``command``: the path that the packager noted; what a double click opens is ``content``."""

    content: Content
    command: str


def ole10native(stream: bytes) -> Package | None:
    """The file in a ``\\x01Ole10Native`` stream: size, flags, label, path, flags, the path again, length, data."""
    size = int.from_bytes(stream[:4], "little")
    body = stream[4 : 4 + size] if 0 < size <= len(stream) - 4 else stream[4:]
    if body[:2] != b"\x02\x00":
        return None
    label, position = _string(body, 2)
    path, position = _string(body, position)
    position += 4
    length = int.from_bytes(body[position : position + 4], "little")
    command = body[position + 4 : position + 4 + length].split(b"\0")[0]
    position += 4 + length
    length = int.from_bytes(body[position : position + 4], "little")
    data = body[position + 4 : position + 4 + length]
    if position + 4 > len(body):
        return None
    name = decode_text(label or path.rpartition(b"\\")[2])
    return Package(Content(data, name, whole=len(data) == length), decode_text(command or path))


def ole1_object(data: bytes) -> tuple[str, bytes] | None:
    """Class name and native data of an embedded OLE 1.0 object, as RTF holds it; ``None`` where it is none."""
    if len(data) < 12 or int.from_bytes(data[4:8], "little") not in (1, 2):
        return None
    position = 8
    strings: list[bytes] = []
    for _ in range(3):
        length = int.from_bytes(data[position : position + 4], "little")
        strings.append(data[position + 4 : position + 4 + length].rstrip(b"\0"))
        position += 4 + length
        if position > len(data):
            return None
    size = int.from_bytes(data[position : position + 4], "little")
    return decode_text(strings[0]), data[position + 4 : position + 4 + size]


def _string(data: bytes, position: int) -> tuple[bytes, int]:
    end = data.find(b"\0", position)
    return (data[position:], len(data)) if end < 0 else (data[position:end], end + 1)
