"""一太郎 documents, told by type: version 8 and later by the streams of their compound file, older ones by their names.

There is no reader for what they contain, so they are opaque. Objects of other programs in them are found as in other
compound files; a compressed document (jtdc, jttc) holds the document itself as LZH in a stream.
"""

from __future__ import annotations

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._compound import open_compound
from zoneguard.inspection.content._texts import is_text
from zoneguard.inspection.content.ole import entry_hazards, is_ichitaro
from zoneguard.inspection.naming import ENDINGS, extension
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_

_COMPRESSED = "JSCompDocument"
_LZH = b"-lh"
_NAMES = frozenset(ENDINGS["ichitaro"].split())


def recognise(content: Content) -> Recognition:
    """By the streams at the root, else by name if it is not text."""
    compound = open_compound(content.data)
    if compound is not None:
        return Recognition.STRONG if is_ichitaro(compound) else Recognition.NO
    named = extension(content.name) in _NAMES and content.data and not is_text(content.data)
    return Recognition.WEAK if named else Recognition.NO


def examine(content: Content, _budget: Budget) -> Examination:
    """The type, the objects that other programs embedded in it, and the document in a compressed one."""
    compound = open_compound(content.data)
    hazards: list[Hazard] = []
    members: list[Content] = []
    for entry in compound.entries if compound is not None else ():
        assert compound is not None  # it has entries
        hazards += entry_hazards(compound, entry, members)
        if entry.name == _COMPRESSED:
            stream = compound.read(entry)
            at = stream.find(_LZH)
            members.append(Content(stream[max(0, at - 2) :], f"{entry.path}.lzh"))
    return Examination(
        "application/x-js-taro",
        tuple(dict.fromkeys(hazards)),
        opaque=N_("no reader for 一太郎 documents"),
        members=tuple(members),
    )


PLUGIN = ContentFamily("ichitaro", "一太郎", recognise, examine)
