"""Where a fact was read: a line of a configuration or a frame of a capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from zoneguard.model.quick import quick


@quick
@dataclass(frozen=True, slots=True, order=True)
class SourceSpan:
    """Lines ``first`` to ``last`` (1-based, inclusive) of ``file``, a path as the user wrote it."""

    file: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.file}:{self.first}" + (f"-{self.last}" if self.last != self.first else "")


class CaptureSpan(NamedTuple):
    """Frame ``frame`` (1-based) of the capture ``file``, taken at ``time`` (seconds since 1970 UTC).

    A named tuple: a capture has one a packet, and they are made and looked up four times as fast.
    """

    file: str
    frame: int
    time: float

    def __str__(self) -> str:
        return f"{self.file}#{self.frame}"
