"""一太郎 documents, told by type: version 8 and later by the streams of their compound file, older ones by their names.

There is no reader for what they contain (macros, embedded objects), so nothing is said of it.
"""

from __future__ import annotations

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content._compound import open_compound
from zoneguard.inspection.content._texts import is_text
from zoneguard.inspection.content.ole import is_ichitaro
from zoneguard.inspection.naming import ENDINGS, extension
from zoneguard.model.text import N_

_NAMES = frozenset(ENDINGS["ichitaro"].split())


def recognise(content: Content) -> Recognition:
    """By the streams at the root, else by name if it is not text."""
    compound = open_compound(content.data)
    if compound is not None:
        return Recognition.STRONG if is_ichitaro(compound) else Recognition.NO
    named = extension(content.name) in _NAMES and content.data and not is_text(content.data)
    return Recognition.WEAK if named else Recognition.NO


def examine(_content: Content, _budget: Budget) -> Examination:
    """The type alone."""
    return Examination("application/x-js-taro", opaque=N_("no reader for 一太郎 documents"))


PLUGIN = ContentFamily("ichitaro", "一太郎", recognise, examine)
