"""What captures showed: flows, reassembled streams, and the content they carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import Text


class FlowState(StrEnum):
    ATTEMPTED = "attempted"  # no answer
    REFUSED = "refused"  # answered by RST or ICMP unreachable before any data
    ESTABLISHED = "established"  # both sides answered, no payload
    PAYLOAD = "payload"  # carried payload
    CLOSED = "closed"  # carried payload or was established, then FIN from both sides
    RESET = "reset"  # established, then RST
    MIDSTREAM = "midstream"  # the capture began after the flow did


@dataclass(frozen=True, slots=True)
class Flow:
    """A bidirectional flow, oriented from the side that opened it: ``src`` is the originator.

    Pairs are ``(to_responder, to_originator)``. Addresses are of the shared space. ``opened_by`` is ``"handshake"``,
    ``"first-packet"`` or ``"port"``: how that was decided. ``tunnel`` names the outer layers, outermost first.
    """

    src: int
    dst: int
    proto: int
    sport: int
    dport: int
    state: FlowState
    opened_by: str
    packets: tuple[int, int]
    bytes: tuple[int, int]
    payload: tuple[int, int]
    first: CaptureSpan
    last: CaptureSpan
    macs: tuple[tuple[int, ...], tuple[int, ...]]
    vlan: tuple[int, ...] = ()
    tunnel: tuple[str, ...] = ()
    icmp: int = 0

    @property
    def answered(self) -> bool:
        """Whether the far end took part: more than an attempt, so the path let packets through.

        The opener's own packets may prove it (a plain ACK) where the capture holds one direction only.
        """
        if self.state in (FlowState.ESTABLISHED, FlowState.PAYLOAD, FlowState.CLOSED, FlowState.RESET):
            return True
        return self.packets[1] > 0 and self.state is not FlowState.ATTEMPTED

    @property
    def carried(self) -> bool:
        """Whether content crossed, in either direction."""
        return self.payload[0] + self.payload[1] > 0


@dataclass(frozen=True, slots=True)
class CaptureAccount:
    """What became of every frame. ``skipped`` counts frames by reason; ``truncated`` says where the file was cut."""

    file: str
    sha256: str
    frames: int
    decoded: int
    skipped: Mapping[str, int]
    truncated: str = ""
    core: str = "python"
    without_ip: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlowTable:
    """Flows in order of their first packet, and the account of every frame; ``flows`` may be made as they are read."""

    flows: Sequence[Flow]
    accounts: tuple[CaptureAccount, ...]


class Segment(NamedTuple):
    """Payload bytes of one direction that one frame carried at offset ``start`` of the stream."""

    start: int
    end: int
    at: CaptureSpan


@dataclass(frozen=True, slots=True)
class Stream:
    """One direction of a TCP flow, or of a UDP flow: its datagrams one behind the other, each a segment.

    ``segments`` do not overlap. ``gaps`` and ``conflicts`` are byte ranges about which nothing may be asserted.
    """

    flow: Flow
    to_responder: bool
    data: bytes
    segments: Sequence[Segment]
    gaps: tuple[tuple[int, int], ...] = ()
    conflicts: tuple[tuple[int, int], ...] = ()
    complete: bool = False

    def frames(self, start: int, end: int) -> tuple[CaptureSpan, ...]:
        """The frames that carried the bytes ``start`` to ``end`` (exclusive), in stream order."""
        return tuple(s.at for s in self.segments if s.start < end and s.end > start)

    def damaged(self, start: int, end: int) -> bool:
        """Whether a gap or a conflict touches the bytes ``start`` to ``end`` (exclusive)."""
        return any(a < end and b > start for a, b in (*self.gaps, *self.conflicts))


@dataclass(frozen=True, slots=True)
class Hazard:
    """A dangerous part (危険因子) inside a content: ``kind`` as ``vba-macro``, ``where`` as ``word/vbaProject.bin``."""

    kind: str
    where: str
    detail: str = ""


class Certainty(StrEnum):
    INSPECTED = "inspected"  # the whole content was read
    PARTIAL = "partial"  # a gap, a conflict, a limit: what was found is true, what was not found proves nothing
    OPAQUE = "opaque"  # encrypted or of a kind that cannot be read


@dataclass(frozen=True, slots=True)
class Transfer:
    """Content that a flow carried: a mail, a part of a mail, a file, a screen session.

    ``protocol`` is what the bytes are, not what the port says. ``parent`` links a mail part or archive member to its
    container by ``key``. ``sha256`` is empty where the content is not whole. ``to_responder``: direction of content.
    ``refused``: the bytes crossed, then the receiver declined them. ``facts`` is what else is known, as ``("sni", …)``;
    ``subject``, ``from``, ``to``, ``user`` and ``cookie`` are personal. Hazards of a file include those of its members.
    ``sketch`` is by what versions of one document are known (``inspection.sketching``), where somebody asked for it.
    """

    key: str
    flow: Flow
    protocol: str
    kind: str  # "message", "body", "attachment", "file", "screen", "session"
    to_responder: bool
    frames: Sequence[CaptureSpan]
    certainty: Certainty
    reason: Text | str = ""
    name: str = ""
    media_type: str = ""
    size: int = 0
    sha256: str = ""
    parent: str = ""
    hazards: tuple[Hazard, ...] = ()
    refused: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    sketch: tuple[int, ...] = ()
