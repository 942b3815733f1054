"""Plain text of any encoding: nothing in it can act, but for formulas in what a spreadsheet program opens.

Files that are written into it (uuencode, yEnc, BinHex, base64) are opened. Text that is encrypted (PGP, S/MIME in
armour) cannot be read.
"""

from __future__ import annotations

import re

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._tables import table_hazards
from zoneguard.inspection.content._texts import is_text
from zoneguard.inspection.mime.charsets import decode_text
from zoneguard.inspection.mime.embedded import text_files
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_ARMOUR = re.compile(rb"^-----BEGIN (PGP MESSAGE|PKCS7|CMS)-----\r?$", re.MULTILINE)
_YENC = b"=ybegin "  # lines of any bytes follow
_KEPT_TYPES = ("json", "xml", "yaml", "csv")


def recognise(content: Content) -> Recognition:
    """Anything without control characters; asked only where no other family knows the content."""
    text = content.data and (is_text(content.data) or _YENC in content.data)
    return Recognition.WEAK if text else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """The claimed type where it is one of text, and the files in it."""
    claimed = content.claimed_type
    kept = claimed.startswith("text/") or claimed.endswith(_KEPT_TYPES)
    armour = _ARMOUR.search(content.data) if b"-----BEGIN " in content.data else None
    if armour is not None:
        hazard = Hazard("encrypted", f"byte {armour.start()}", armour.group(1).decode())
        return Examination("text/plain", (hazard,), opaque=N_("encrypted text"))
    members: list[Content] = []
    problem: Text | str = ""
    for file in () if content.opened else text_files(content.data):
        if not budget.member():
            break
        budget.expand(len(file.decoded.data))
        problem = problem or file.decoded.problem
        members.append(Content(file.decoded.data, decode_text(file.name), whole=file.decoded.whole))
    return Examination(
        claimed if kept else "text/plain",
        tuple(table_hazards(content)),
        partial=problem or budget.spent or "",
        members=tuple(members),
    )


PLUGIN = ContentFamily("text", "Plain text", recognise, examine)
