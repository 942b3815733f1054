"""The filter of a dynamic address group: tags joined by ``and``, ``or`` and parentheses."""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_TOKENS = 2000
Names = frozenset[str]
_TOKEN = re.compile(r"'([^']*)'|\"([^\"]*)\"|([()])|([^\s()'\"]+)")
_NOBODY: Names = frozenset()


def tagged(text: str, holders: Mapping[str, Names]) -> Names | None:
    """The objects that meet the filter ``text``; ``None`` where that is no filter. ``holders``: who has each tag."""
    tokens = [match.groups() for match in _TOKEN.finditer(text)]
    if not tokens or len(tokens) > MAX_TOKENS:
        return None
    stack: list[list[list[Names]]] = [[[]]]  # of each open parenthesis: alternatives, each of parts that hold together
    expects_tag = True
    for single, double, sign, word in tokens:
        if sign == "(" and expects_tag:
            stack.append([[]])
        elif sign == ")" and not expects_tag and len(stack) > 1:
            inner = stack.pop()
            stack[-1][-1].append(_either(inner))
        elif word in ("and", "AND") and not expects_tag:
            expects_tag = True
        elif word in ("or", "OR") and not expects_tag:
            stack[-1].append([])
            expects_tag = True
        elif sign is None and expects_tag:
            tag = next(t for t in (single, double, word) if t is not None)
            stack[-1][-1].append(holders.get(tag, _NOBODY))
            expects_tag = False
        else:
            return None
    return None if expects_tag or len(stack) > 1 else _either(stack[0])


def _either(alternatives: list[list[Names]]) -> Names:
    return _NOBODY.union(*(frozenset.intersection(*parts) for parts in alternatives))
