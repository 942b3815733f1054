"""CMS in DER, as S/MIME carries it (RFC 5652): enveloped data is opaque, a detached signature is passive."""

from __future__ import annotations

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_

_CMS = bytes.fromhex("06092a864886f70d0107")
_SIGNED, _ENVELOPED, _ENCRYPTED = 2, 3, 6
_AUTHENTICATED = bytes.fromhex("060b2a864886f70d0109100117")
_DATA = _CMS + b"\x01"


def recognise(content: Content) -> Recognition:
    """A sequence that begins with the object identifier of a CMS content."""
    start = content.data[:32]
    if start[:1] == b"\x30" and (_CMS in start or _AUTHENTICATED in start):
        return Recognition.STRONG
    return Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """By the kind of content."""
    start = content.data[:32]
    at = start.find(_CMS)
    kind = start[at + len(_CMS)] if 0 <= at < len(start) - len(_CMS) else 0
    if kind in (_ENVELOPED, _ENCRYPTED) or _AUTHENTICATED in start:
        return Examination("application/pkcs7-mime", (Hazard("encrypted", "", "S/MIME"),), N_("encrypted (S/MIME)"))
    if kind == _SIGNED and _carries_content(content.data):
        return Examination("application/pkcs7-mime", opaque=N_("no reader for content inside a signature"))
    return Examination("application/pkcs7-signature")


def _carries_content(data: bytes) -> bool:
    """Whether the encapsulated content (``id-data`` and behind it an explicit tag 0) is there: not detached."""
    at = data.find(_DATA, 16)
    return 0 <= at < 200 and data[at + len(_DATA) : at + len(_DATA) + 1] == b"\xa0"


PLUGIN = ContentFamily("smime", "S/MIME and signatures", recognise, examine)
