"""Whether bytes are text, and the same text as ASCII-compatible bytes."""

from __future__ import annotations

from collections.abc import Iterable

_CONTROL = bytes((*range(7), *range(0x0E, 0x1B), *range(0x1C, 0x20)))
_BEGIN = 1024  # bytes among which most of what is no text has a control character
_MARKS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
UTF8_MARK = b"\xef\xbb\xbf"


def is_text(data: bytes) -> bool:
    """No control characters but those of text and of ISO-2022; or UTF-16 with its mark."""
    if any(data.startswith(mark) for mark, _ in _MARKS):
        return True
    begin = data[:_BEGIN]
    return len(begin.translate(None, _CONTROL)) == len(begin) and len(data.translate(None, _CONTROL)) == len(data)


def holds(data: bytes, words: Iterable[bytes]) -> bool:
    """Whether any of ``words``, in lower case, is in ``data`` in letters of either case; a pattern takes far longer."""
    lowered = data.lower()
    return any(word in lowered for word in words)


def ascii_compatible(data: bytes) -> bytes:
    """``data`` without a byte order mark, UTF-16 turned into UTF-8 (little-endian also where no mark says so)."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[2:].decode(encoding, "replace").encode("utf-8", "replace")
    start = data[:64]
    if len(start) > 3 and all(start[::2]) and not any(start[1::2]):
        return data.decode("utf-16-le", "replace").encode("utf-8", "replace")
    return data.removeprefix(UTF8_MARK)
