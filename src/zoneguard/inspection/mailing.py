"""A mail or a form that a protocol carried → a ``message`` transfer and one for each of its bodies and attachments."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from zoneguard.inspection import Content
from zoneguard.inspection.carving import Carved
from zoneguard.inspection.mime import Message, Part, decode, read_entity, read_message
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.inspection.mime.embedded import text_files
from zoneguard.inspection.mime.encodings import IDENTITY
from zoneguard.inspection.recording import Carriage, Recorder, worst
from zoneguard.model.flows import Certainty, Hazard, Transfer
from zoneguard.model.text import N_, Text

MAX_HEADERS = 64 << 10  # of a part; servers take less
_FACTS = ("message-id", "date", "subject", "from", "to")


def record_mail(
    recorder: Recorder, carved: Carved, carriage: Carriage, *, facts: Iterable[tuple[str, str]] = (),
    hazards: Iterable[Hazard] = (), headless: bool = False,
) -> Transfer:  # fmt: skip
    """Record the message that ``carved`` holds; ``carriage`` speaks of the whole of it. ``headless``: its beginning is
    not in the capture."""
    message = read_entity(carved.data, "multipart/mixed") if headless else read_message(carved.data)
    known = (*facts, *((name, text) for name in _FACTS if (text := message.headers.text(name))))
    return record_parts(
        recorder, carved, carriage, message, "message/rfc822", "attachment", facts=known, hazards=hazards
    )


def record_parts(
    recorder: Recorder, carved: Carved, carriage: Carriage, message: Message, media_type: str, attached_kind: str, *,
    facts: Iterable[tuple[str, str]] = (), hazards: Iterable[Hazard] = (),
) -> Transfer:  # fmt: skip
    """Record ``message``, read from ``carved``, as a container of ``media_type`` and each of its parts; those that are
    not texts to be read in place are of kind ``attached_kind``."""
    position = len(recorder.transfers)
    key = recorder.key()
    mail = _Mail(recorder, carved, carriage, attached_kind, {"": key})
    for part in message.parts:
        mail.record(part)
    parts = [t for t in recorder.transfers[position:] if t.parent == key]
    certainty, reason = _certainty(message, parts, carriage)
    transfer = Transfer(
        key, recorder.conversation.flow, recorder.protocol, "message", carriage.to_responder, carriage.frames,
        certainty, reason, media_type=media_type, size=len(carved),
        sha256=hashlib.sha256(carved.data).hexdigest() if carriage.sound else "",
        hazards=(*hazards, *(Hazard("ambiguous-mime", path, doubt) for path, doubt in message.doubts)),
        refused=carriage.refused,
        facts=tuple(facts),
    )  # fmt: skip
    return recorder.add(transfer, carved.data, at=position)


def _certainty(message: Message, parts: list[Transfer], carriage: Carriage) -> tuple[Certainty, Text | str]:
    if doubt := carriage.doubt or message.unread:
        return Certainty.PARTIAL, doubt
    headers = message.headers.end + sum(part.start - part.top for part in message.parts)
    if headers > MAX_HEADERS * (1 + len(message.parts)):
        return Certainty.PARTIAL, N_("its headers have {size} bytes, in which anything may be written", size=headers)
    return worst((Certainty.INSPECTED, ""), *((p.certainty, p.reason) for p in parts))


@dataclass(slots=True)
class _Mail:
    """``keys``: path of an enclosed message → key of its transfer."""

    recorder: Recorder
    carved: Carved
    carriage: Carriage
    attached_kind: str
    keys: dict[str, str] = field(default_factory=dict)

    def record(self, part: Part) -> None:
        decoded = decode(self.carved.data[part.start : part.end], part.encoding)
        at_end = part.end == len(self.carved)
        carriage = replace(
            self.carriage,
            frames=self.carved.frames(part.start, part.end) or self.carved.frames(part.top, part.end),
            whole=decoded.whole and (self.carriage.whole or not at_end),
            damaged=self.carved.damaged(part.top, part.end),
            reason=decoded.problem or self.carriage.reason,
        )
        parent = self.keys.get(part.within, self.keys[""])
        if part.is_message:
            transfer = self._enclosed(part, carriage, decoded.data, parent)
        else:
            content = Content(decoded.data, part.name, part.media_type, opened=not part.attached)
            kind = self.attached_kind if part.attached else "body"
            facts = (("part", part.path), *self._with_line_end(part, carriage))
            transfer = self.recorder.file(kind, content, carriage, parent=parent, hazards=_hazards(part), facts=facts)
        self.keys[part.path] = transfer.key
        if not part.attached:
            self._uuencoded(part, carriage, decoded.data, parent)

    def _with_line_end(self, part: Part, carriage: Carriage) -> tuple[tuple[str, str], ...]:
        """The line end before a boundary is the boundary's (RFC 2046, 5.1.1), but some tools hash it with the part."""
        end = part.end + 2
        if not carriage.sound or part.encoding == "base64" or self.carved.data[part.end : end] != b"\r\n":
            return ()
        data = decode(self.carved.data[part.start : end], part.encoding).data
        return (("sha256-with-line-end", hashlib.sha256(data).hexdigest()),)

    def _enclosed(self, part: Part, carriage: Carriage, data: bytes, parent: str) -> Transfer:
        """An enclosed message: its parts are recorded one by one, so it is not examined as a file."""
        doubt = carriage.doubt
        transfer = Transfer(
            self.recorder.key(parent), self.recorder.conversation.flow, self.recorder.protocol, self.attached_kind,
            carriage.to_responder, carriage.frames, Certainty.PARTIAL if doubt else Certainty.INSPECTED, doubt,
            name=part.name, media_type=part.media_type, size=len(data),
            sha256=hashlib.sha256(data).hexdigest() if carriage.sound else "",
            parent=parent, hazards=_hazards(part), refused=carriage.refused, facts=(("part", part.path),),
        )  # fmt: skip
        return self.recorder.add(transfer, data)

    def _uuencoded(self, part: Part, carriage: Carriage, text: bytes, parent: str) -> None:
        """Files written into a text, between ``begin`` and ``end`` for example."""
        for found in text_files(text):
            start, end = part.start, part.end
            if part.encoding in IDENTITY:
                start, end = part.start + found.start, part.start + found.end
            own = replace(
                carriage,
                frames=self.carved.frames(start, end),
                whole=found.decoded.whole,
                damaged=self.carved.damaged(start, end),
                reason=found.decoded.problem or carriage.reason,
            )
            content = Content(found.decoded.data, decode_text(found.name))
            self.recorder.file(self.attached_kind, content, own, parent=parent, facts=(("part", part.path),))


def _hazards(part: Part) -> tuple[Hazard, ...]:
    """What the part is in a mail, whatever it holds: HTML to be shown, or something readers may see differently."""
    shown = [Hazard("html-mail", part.path)] if part.media_type == "text/html" and not part.attached else []
    return (*shown, *(Hazard("ambiguous-mime", part.path, doubt) for doubt in part.doubts))
