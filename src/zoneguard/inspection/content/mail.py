"""A stored message (eml, mht): its bodies and attachments are its members."""

from __future__ import annotations

import re

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.mime import decode, read_message
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard
from zoneguard.model.text import Text

_START = re.compile(rb"(?:From [^\r\n]{1,200}\r?\n)?(?:[!-9;-~]{1,80}:[ \t][^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*+){3}")
_ARCHIVE = re.compile(rb"\s*MIME-Version:[^\r\n]*\r?\n(?:[!-9;-~]{1,80}:[^\r\n]*\r?\n[ \t]?)", re.IGNORECASE)
_NAMED = re.compile(
    rb"^(?:Received|Message-ID|MIME-Version|Return-Path|Delivered-To|Content-Type|Subject):",
    re.IGNORECASE | re.MULTILINE,
)


def recognise(content: Content) -> Recognition:
    """By claimed type or name; by MIME's version, with which Office begins; by three header lines as messages have."""
    start = content.data[:8192]
    named = content.claimed_type == "message/rfc822" or extension(content.name) in ("eml", "mht", "mhtml")
    if named and content.data:
        return Recognition.WEAK
    if _ARCHIVE.match(start):
        return Recognition.WEAK
    match = _START.match(start)
    return Recognition.WEAK if match and len(set(_NAMED.findall(start))) >= 3 else Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """Each part a member, HTML bodies a hazard."""
    message = read_message(content.data)
    hazards = [Hazard("ambiguous-mime", path, doubt) for path, doubt in message.doubts]
    members: list[Content] = []
    problem: Text | str = message.unread
    for part in message.parts:
        hazards += (Hazard("ambiguous-mime", part.path, doubt) for doubt in part.doubts)
        if part.is_message:
            continue  # its parts follow
        decoded = decode(content.data[part.start : part.end], part.encoding)
        problem = problem or decoded.problem
        if part.media_type == "text/html" and not part.attached:
            hazards.append(Hazard("html-mail", part.path))
        members.append(Content(decoded.data, part.name or f"part {part.path}", part.media_type, decoded.whole))
    return Examination("message/rfc822", tuple(hazards), partial=problem, members=tuple(members))


PLUGIN = ContentFamily("mail", "Stored messages", recognise, examine)
