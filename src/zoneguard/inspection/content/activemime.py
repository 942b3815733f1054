"""ActiveMime (``editdata.mso``, ``oledata.mso``): what Office packs macros and objects into in its MHT and XML files.

A compound file behind a header of varying length, deflated; where it is found is told by the deflate header itself.
"""

from __future__ import annotations

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._compound import MAGIC
from zoneguard.inspection.expanding import inflate
from zoneguard.model.text import N_

_MAGIC = b"ActiveMime"
_USUAL = (0x32, 0x22A)
_ZLIB = (b"\x78\x9c", b"\x78\xda", b"\x78\x01", b"\x78\x5e")
_HEADER = 4096


def recognise(content: Content) -> Recognition:
    """By magic."""
    return Recognition.STRONG if content.data.startswith(_MAGIC) else Recognition.NO


def examine(content: Content, budget: Budget) -> Examination:
    """The compound file inside."""
    data = content.data
    places = [*_USUAL, *sorted(at for mark in _ZLIB if (at := data.find(mark, len(_MAGIC), _HEADER)) >= 0)]
    for at in dict.fromkeys(places):
        if data[at : at + 2] in _ZLIB:
            expanded = inflate(memoryview(data)[at:], budget)
            if expanded.data.startswith(MAGIC):
                member = Content(expanded.data, f"byte {at}", whole=not expanded.problem)
                return Examination("application/x-mso", partial=expanded.problem, members=(member,))
    return Examination("application/x-mso", opaque=N_("what is packed in it cannot be read"))


PLUGIN = ContentFamily("activemime", "ActiveMime (mso)", recognise, examine)
