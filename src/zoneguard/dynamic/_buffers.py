"""Large buffers that are filled again and again: fresh memory is cleared by the system, page by page."""

from __future__ import annotations

from collections import deque


class Buffers:
    """The last ``most`` buffers, none of them smaller than ``least`` bytes. One that somebody looks at stays as it is,
    for as long as that may be."""

    def __init__(self, most: int, least: int = 1) -> None:
        self._known: deque[bytearray] = deque(maxlen=most)
        self._least = least

    def get(self, size: int) -> bytearray:
        """At least ``size`` bytes, of any content, at which nobody looks."""
        for known in self._known:
            if len(known) >= size and _unused(known):
                return known
        if len(self._known) == self._known.maxlen:
            self._known.popleft()
        self._known.append(bytearray(max(size, self._least)))
        return self._known[-1]


def _unused(buffer: bytearray) -> bool:
    """Whether no array and no view of ``buffer`` is left: only then can its length change."""
    try:
        buffer.pop()
    except BufferError:
        return False
    buffer.append(0)  # where there is room already
    return True
