"""What the scalar decoder finds in a frame."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.dynamic.columns import Refusal
from zoneguard.dynamic.layers import Cursor


@dataclass(slots=True)
class Found:
    """One IP packet: a row of ``columns.Rows``. ``payload``: its length as sent; ``[start:stop]`` was captured."""

    cursor: Cursor
    v6: bool
    src: int
    dst: int
    proto: int
    size: int
    key_a: int = 0
    key_b: int = 0
    oneway: bool = False
    icmp: int = 0
    payload: int = 0
    start: int = 0
    stop: int = 0
    tcp: int = 0
    seq: int = 0
    ack: int = 0


@dataclass(slots=True)
class Dissected:
    """What came of a frame. ``skipped``: why it could not be read; ``kind``: what it was instead of IP; or empty.

    ``settled`` is the ``columns.frame_number`` of each frame whose fate this decides: none where a fragment waits,
    several where a datagram is whole or given up.
    """

    found: list[Found]
    refusals: list[Refusal]
    settled: tuple[int, ...]
    skipped: str = ""
    kind: str = ""
