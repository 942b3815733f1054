"""The scalar decoder's place in a frame, and the two ways in which a frame can end before its IP packet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from struct import Struct

from zoneguard.model.text import N_, Text

MAX_LAYERS = 32  # headers of any kind before the innermost packet
MAX_TUNNELS = 8  # IP packets inside one another

IPV4, IPV6, TRANSPARENT_ETHERNET = 0x0800, 0x86DD, 0x6558

U16 = Struct(">H").unpack_from
U32 = Struct(">I").unpack_from


class Skipped(Exception):  # noqa: N818 (an outcome, not an error)
    """The frame, or what is inside it, could not be read: undetermined, counted under ``reason``."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason)
        self.reason = str(reason)


class TooDeep(Skipped):
    """A bound of the decoder was reached."""


class NoIp(Exception):  # noqa: N818
    """The frame was understood and carries no IP packet; ``kind`` is its protocol."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Aggregate(Exception):  # noqa: N818
    """The frame holds several: ``parts`` are cursors on the LLC header of each; going on in it raises as any reader."""

    def __init__(self, parts: Iterator[Cursor]) -> None:
        super().__init__()
        self.parts = parts


class Torn(Exception):  # noqa: N818
    """A tunnel holds a piece of a frame, at ``inner``; ``start`` is its place in the frame, and ``more`` pieces follow.

    ``number`` is that of all its pieces between the same ends; ``content`` says what the frame is, as
    ``capwap.CONTENTS`` does.
    """

    def __init__(self, inner: Cursor, number: int, start: int, more: bool, content: int) -> None:
        super().__init__()
        self.inner, self.number, self.start, self.more, self.content = inner, number, start, more, content


@dataclass(slots=True)
class Cursor:
    """Where decoding stands: ``data[at:]`` is the next header.

    ``wire`` is the index in ``data`` at which the current layer ended on the wire; it lies behind ``len(data)`` where
    the capture cut the frame. ``mac`` is the source MAC address of the innermost Ethernet header, or -1. ``base``
    is where ``data`` lies in the batch's buffer, or -1 for a datagram put together from fragments. ``stamp`` is
    time (ns), frame number and file number; ``origin`` the ``columns.frame_number`` of each frame it is made of
    (several: fragments). ``part``: it is one of several in an aggregate.
    """

    data: bytes
    at: int
    wire: int
    vlans: tuple[int, ...] = ()
    tunnel: tuple[str, ...] = ()
    mac: int = -1
    layers: int = 0
    damaged: bool = False
    base: int = -1
    stamp: tuple[int, int, int] = (0, 0, 0)
    origin: tuple[int, ...] = (0,)
    part: bool = False

    @property
    def end(self) -> int:
        """Where the captured bytes of the current layer end."""
        return min(self.wire, len(self.data))

    def u8(self, offset: int = 0) -> int:
        """The byte ``offset`` behind the cursor. Raises ``IndexError`` where it was not captured."""
        return self.data[self.at + offset]

    def u16(self, offset: int = 0) -> int:
        """Two bytes, big-endian. Raises ``struct.error`` where they were not captured."""
        value: int = U16(self.data, self.at + offset)[0]
        return value

    def u32(self, offset: int = 0) -> int:
        """Four bytes, big-endian. Raises ``struct.error`` where they were not captured."""
        value: int = U32(self.data, self.at + offset)[0]
        return value

    def skip(self, count: int) -> None:
        """Go over one header of ``count`` bytes."""
        self.at += count
        self.layers += 1
        if self.layers > MAX_LAYERS:
            raise TooDeep(N_("more nested headers than the decoder follows"))

    def enter_tunnel(self, name: str, header: int) -> Cursor:
        """A cursor behind the tunnel's ``header`` bytes, one level deeper in ``name``."""
        if len(self.tunnel) >= MAX_TUNNELS:
            raise TooDeep(N_("more nested tunnels than the decoder opens"))
        inner = replace(self, tunnel=(*self.tunnel, name), mac=-1)
        inner.skip(header)
        return inner
