"""Plain text of any encoding: nothing in it can act. Text that is encrypted (PGP, S/MIME in armour) cannot be read."""

from __future__ import annotations

import re

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._texts import is_text
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_

_ARMOUR = re.compile(rb"^-----BEGIN (PGP MESSAGE|PKCS7|CMS)-----\r?$", re.MULTILINE)
_KEPT_TYPES = ("json", "xml", "yaml", "csv")


def recognise(content: Content) -> Recognition:
    """Anything without control characters; asked only where no other family knows the content."""
    return Recognition.WEAK if content.data and is_text(content.data) else Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """The claimed type where it is one of text."""
    claimed = content.claimed_type
    kept = claimed.startswith("text/") or claimed.endswith(_KEPT_TYPES)
    armour = _ARMOUR.search(content.data)
    if armour is None:
        return Examination(claimed if kept else "text/plain")
    hazard = Hazard("encrypted", f"byte {armour.start()}", armour.group(1).decode())
    return Examination("text/plain", (hazard,), opaque=N_("encrypted text"))


PLUGIN = ContentFamily("text", "Plain text", recognise, examine)
