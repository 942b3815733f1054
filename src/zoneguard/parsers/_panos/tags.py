"""The filter of a dynamic address group: tags joined by ``and``, ``or`` and parentheses."""

from __future__ import annotations

import re
from collections.abc import Container

MAX_TOKENS = 2000
_TOKEN = re.compile(r"'([^']*)'|\"([^\"]*)\"|([()])|([^\s()'\"]+)")


def matches_tags(text: str, tags: Container[str]) -> bool | None:
    """Whether an object with ``tags`` meets the filter ``text``; ``None`` where that is no filter."""
    tokens = [match.groups() for match in _TOKEN.finditer(text)]
    if not tokens or len(tokens) > MAX_TOKENS:
        return None
    stack: list[list[list[bool]]] = [[[]]]  # of each open parenthesis: alternatives, each of parts that hold together
    expects_tag = True
    for single, double, sign, word in tokens:
        if sign == "(" and expects_tag:
            stack.append([[]])
        elif sign == ")" and not expects_tag and len(stack) > 1:
            inner = stack.pop()
            stack[-1][-1].append(any(all(parts) for parts in inner))
        elif word in ("and", "AND") and not expects_tag:
            expects_tag = True
        elif word in ("or", "OR") and not expects_tag:
            stack[-1].append([])
            expects_tag = True
        elif sign is None and expects_tag:
            stack[-1][-1].append(next(t for t in (single, double, word) if t is not None) in tags)
            expects_tag = False
        else:
            return None
    if expects_tag or len(stack) > 1:
        return None
    return any(all(parts) for parts in stack[0])
