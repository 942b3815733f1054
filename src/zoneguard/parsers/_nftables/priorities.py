"""Hooks and the names of priorities. Source: nft(8), "Standard priority names and hook compatibility matrix"."""

from __future__ import annotations

import re

from zoneguard.model.text import Reason
from zoneguard.parsers._nftables.tree import SyntaxProblemError

_NAMED = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100, "out": 100}
_BRIDGE = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}
_TEXT = re.compile(r"(?:([a-z]+)|([+-]? ?[0-9]{1,10}))(?: ?([+-]) ?([0-9]{1,10}))?")
CONNTRACK = -200
"""Connection tracking comes here: a chain before it sees no sessions."""
DEFRAG = -400
"""Where there is connection tracking, fragments are put together here."""


def priority(text: str, family: str) -> int:
    """``filter + 10``, ``-150``, ... as a number. Raises ``SyntaxProblemError``."""
    found = _TEXT.fullmatch(text)
    named = _BRIDGE if family == "bridge" else _NAMED
    if not found or (found[1] and found[1] not in named):
        raise SyntaxProblemError(Reason("{text} is no priority", text=repr(text[:40])))
    base = named[found[1]] if found[1] else int(found[2].replace(" ", ""))
    offset = int(found[4]) if found[4] else 0
    return base + (offset if found[3] != "-" else -offset)
