"""Ask every content family that recognises a content, and go down into what it contains, within limits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Limits, Recognition
from zoneguard.inspection.naming import name_hazards
from zoneguard.model.flows import Certainty, Hazard
from zoneguard.model.text import N_, Text
from zoneguard.plugins import of_type

UNKNOWN_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Examined:
    """A content and all that was seen in it; ``sha256`` is that of a whole one. ``hazards`` include those of
    ``members``: their ``where`` then starts with the member's name and ``!``. ``certainty`` is no better than that of
    any member."""

    content: Content
    media_type: str
    hazards: tuple[Hazard, ...]
    certainty: Certainty
    reason: Text | str = ""
    members: tuple[Examined, ...] = ()
    sha256: str = ""


def examine(content: Content, limits: Limits | Budget | None = None) -> Examined:
    """Everything that can be said of ``content``. Never raises; what was not looked at is said by the certainty."""
    return _examine(content, limits if isinstance(limits, Budget) else Budget(limits), 0)


def has_magic(data: bytes) -> bool:
    """Whether the first bytes of a file are surely those of some family."""
    content = Content(data, whole=False)
    families = of_type("zoneguard.inspection.content", ContentFamily)
    return any(family.recognise(content) is Recognition.STRONG for family in families)


def _examine(content: Content, budget: Budget, depth: int) -> Examined:
    families = _recognising(content)
    seen = [_ask(family, content, budget) for _, family in families]
    media_type = next((e.media_type for e in seen if e.media_type), "")
    media_type = media_type or (UNKNOWN_TYPE if content.data else content.claimed_type or UNKNOWN_TYPE)
    hazards = [h for e in seen for h in e.hazards]
    strong = [family.name for recognition, family in families if recognition is Recognition.STRONG]
    if len(strong) > 1:
        hazards.append(Hazard("polyglot", "", ", ".join(strong)))
    hazards += name_hazards(content, {f.name: r is Recognition.STRONG for r, f in families}, media_type)
    members, unread = _members((m for e in seen for m in e.members), budget, depth)
    for member in members:
        hazards += (Hazard(h.kind, f"{member.content.name}!{h.where}".rstrip("!"), h.detail) for h in member.hazards)
    certainty, reason = _certainty(content, seen, members, unread)
    digest = hashlib.sha256(content.data).hexdigest() if content.whole else ""
    return Examined(content, media_type, tuple(dict.fromkeys(hazards)), certainty, reason, members, digest)


def _ask(family: ContentFamily, content: Content, budget: Budget) -> Examination:
    """What the family saw; a family that fails, a third party's perhaps, leaves the content unread and not the run."""
    try:
        return family.examine(content, budget)
    except Exception as error:
        return Examination(
            opaque=N_("the reader {family} failed: {error}", family=family.name, error=repr(error)[:200])
        )


def _recognising(content: Content) -> list[tuple[Recognition, ContentFamily]]:
    """The families that know the content, surest first; plain text only where it is nothing else."""
    families = of_type("zoneguard.inspection.content", ContentFamily)
    found = [(r, f) for f in families if (r := f.recognise(content)) is not Recognition.NO]
    if any(f.name != "text" for _, f in found):
        found = [(r, f) for r, f in found if f.name != "text"]
    return sorted(found, key=lambda pair: -pair[0])


def _members(contents: Iterable[Content], budget: Budget, depth: int) -> tuple[tuple[Examined, ...], Text | None]:
    """The members that the budget allows, and why not all."""
    out: list[Examined] = []
    for content in contents:
        if depth >= budget.limits.depth:
            return tuple(out), N_("files are nested more than {depth} deep", depth=budget.limits.depth)
        if not budget.member():
            break
        out.append(_examine(content, budget, depth + 1))
    return tuple(out), budget.spent


def _certainty(
    content: Content, seen: list[Examination], members: tuple[Examined, ...], unread: Text | None
) -> tuple[Certainty, Text | str]:
    if not content.data:
        return (Certainty.INSPECTED, "") if content.whole else (Certainty.PARTIAL, N_("nothing of it was captured"))
    if not seen and content.whole:
        return Certainty.OPAQUE, N_("no reader for this kind of content")
    for examination in seen:
        if examination.opaque:
            return Certainty.OPAQUE, examination.opaque
    if not content.whole:
        return Certainty.PARTIAL, N_("the content is not whole")
    for examination in seen:
        if examination.partial:
            return Certainty.PARTIAL, examination.partial
    for member in members:
        if member.certainty is not Certainty.INSPECTED:
            return member.certainty, N_("{member}: {reason}", member=member.content.name or "?", reason=member.reason)
    return (Certainty.PARTIAL, unread) if unread else (Certainty.INSPECTED, "")
