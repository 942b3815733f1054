"""From carved content to transfers: keys, hashes, certainty, and the files inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from zoneguard.inspection import Budget, Content, Conversation, Limits
from zoneguard.inspection.carving import Track
from zoneguard.inspection.examining import Examined, examine
from zoneguard.inspection.sketching import sketch
from zoneguard.model.flows import Certainty, Hazard, Transfer
from zoneguard.model.spans import CaptureSpan
from zoneguard.model.text import N_, Text

DAMAGED = N_("a gap or a conflict in the capture touches it")
NOT_WHOLE = N_("its end is not in the capture")
MAX_TRANSFERS = 20_000
_ORDER = (Certainty.INSPECTED, Certainty.PARTIAL, Certainty.OPAQUE)


@dataclass(frozen=True, slots=True)
class Carriage:
    """How a content was carried: direction, frames, whether all of it and nothing doubtful is there (``whole``, not
    ``damaged``), ``reason``: what else keeps it from being certain, whether the receiver ``refused`` it."""

    to_responder: bool
    frames: Sequence[CaptureSpan]
    whole: bool = True
    damaged: bool = False
    reason: Text | str = ""
    refused: bool = False

    @property
    def sound(self) -> bool:
        """Whether a hash may be asserted."""
        return self.whole and not self.damaged

    @property
    def doubt(self) -> Text | str:
        """Why the content is not certain, or empty."""
        return DAMAGED if self.damaged else self.reason or ("" if self.whole else NOT_WHOLE)


class Recorder:
    """Collects the transfers of one conversation. ``budget`` is renewed for each outermost content."""

    def __init__(self, conversation: Conversation, protocol: str, limits: Limits | None = None) -> None:
        self.conversation = conversation
        self.protocol = protocol
        self.transfers: list[Transfer] = []
        self._limits = limits
        self._budget = Budget(limits)
        self._children: dict[str, int] = {}

    def key(self, parent: str = "") -> str:
        """A new key: stable between runs, unique in a run, a child's begins with its parent's. An outermost content
        gets a new budget with it."""
        if not parent:
            self._budget = Budget(self._limits)
        number = self._children[parent] = self._children.get(parent, 0) + 1
        flow = self.conversation.flow
        base = parent or f"{flow.first}:{flow.sport}-{flow.dport}/{self.protocol}"
        return f"{base}.{number}" if parent else f"{base}-{number}"

    def add(self, transfer: Transfer, data: bytes | None = None, at: int | None = None) -> Transfer:
        """Record ``transfer``, last or ``at`` a position; ``data`` is its content where it is one."""
        self.transfers.insert(len(self.transfers) if at is None else at, transfer)
        if data is not None and self.conversation.keep is not None:
            self.conversation.keep(transfer, data)
        return transfer

    def session(
        self, kind: str, certainty: Certainty, reason: Text | str, carriage: Carriage, *,
        name: str = "", media_type: str = "", size: int = 0,
        hazards: Iterable[Hazard] = (), facts: Iterable[tuple[str, str]] = (), parent: str = "",
    ) -> Transfer:  # fmt: skip
        """A transfer whose content is not looked into: a screen, an encrypted session."""
        return self.add(
            Transfer(
                self.key(parent), self.conversation.flow, self.protocol, kind, carriage.to_responder, carriage.frames,
                certainty, reason, name=name, media_type=media_type, size=size, parent=parent,
                hazards=tuple(hazards), refused=carriage.refused, facts=tuple(facts),
            )
        )  # fmt: skip

    def full(self) -> bool:
        """Whether one conversation has yielded more transfers than anybody reads; says so once."""
        if len(self.transfers) <= MAX_TRANSFERS:
            return False
        flow = self.conversation.flow
        reason = N_("more than {count} transfers in one conversation", count=MAX_TRANSFERS)
        self.session("session", Certainty.PARTIAL, reason, Carriage(True, (flow.first, flow.last), whole=False))
        return True

    def strange(self, track: Track, size: int, start: int = 0) -> None:
        """Say that ``size`` bytes of the direction, from ``start`` on, are nothing that the protocol says there."""
        if size:
            carriage = Carriage(track.stream.to_responder, track.ends(start, len(track.data)), whole=False)
            reason = N_("{size} bytes are nothing that {protocol} says", size=size, protocol=self.protocol.upper())
            self.session("session", Certainty.PARTIAL, reason, carriage, size=size)

    def lost_answers(self, track: Track, start: int, end: int) -> None:
        """Say that damage to the bytes ``start`` to ``end`` hides what was answered there."""
        carriage = Carriage(track.stream.to_responder, track.ends(start, end), whole=False)
        reason = N_("answers were lost in a gap or conflict of the capture")
        self.session("session", Certainty.PARTIAL, reason, carriage, size=end - start)

    def missing_ends(self, *tracks: Track) -> None:
        """Say of each direction that goes on behind what was captured that something may have passed there."""
        for track in tracks:
            if track.missing_end:
                frames = track.frames(max(0, len(track.data) - 1), len(track.data))
                carriage = Carriage(track.stream.to_responder, tuple(frames), whole=False)
                reason = N_("the last {size} bytes of this direction are not in the capture", size=track.missing_end)
                self.session("session", Certainty.PARTIAL, reason, carriage, size=track.missing_end)

    def file(
        self, kind: str, content: Content, carriage: Carriage, *,
        parent: str = "", hazards: Iterable[Hazard] = (), facts: Iterable[tuple[str, str]] = (),
    ) -> Transfer:  # fmt: skip
        """A transfer with a content, examined, and those of the files it contains."""
        key = self.key(parent)
        sound = carriage.sound
        examined = self._examined(replace(content, whole=content.whole and sound))
        certainty, reason = examined.certainty, examined.reason
        if certainty is not Certainty.OPAQUE and carriage.doubt:
            certainty, reason = Certainty.PARTIAL, carriage.doubt
        transfer = self.add(
            Transfer(
                key, self.conversation.flow, self.protocol, kind, carriage.to_responder, carriage.frames,
                certainty, reason, name=content.name, media_type=examined.media_type, size=len(content.data),
                sha256=examined.sha256, parent=parent,
                hazards=(*hazards, *examined.hazards), refused=carriage.refused, facts=tuple(facts),
                sketch=self._sketch(content),
            ),
            content.data,
        )  # fmt: skip
        self._members(examined.members, transfer, sound)
        return transfer

    def _examined(self, content: Content) -> Examined:
        known = self.conversation.known
        return known.examine(content, self._budget) if known else examine(content, self._budget)

    def _sketch(self, content: Content) -> tuple[int, ...]:
        return sketch(content.data) if self.conversation.sketched else ()

    def _members(self, members: Iterable[Examined], parent: Transfer, sound: bool) -> None:
        for member in members:
            content = member.content
            whole = sound and content.whole
            transfer = replace(
                parent,
                key=self.key(parent.key),
                kind="file",
                certainty=member.certainty,
                reason=member.reason,
                name=content.name,
                media_type=member.media_type,
                size=len(content.data),
                sha256=member.sha256 if whole else "",
                parent=parent.key,
                hazards=member.hazards,
                facts=(),
                sketch=self._sketch(content),
            )
            self.add(transfer, content.data)
            self._members(member.members, transfer, whole)


def worst(*claims: tuple[Certainty, Text | str]) -> tuple[Certainty, Text | str]:
    """The least certain of several, with its reason; of equals the first."""
    return max(claims, key=lambda claim: _ORDER.index(claim[0]))
