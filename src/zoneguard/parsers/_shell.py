"""The shell of a Linux box around an export: its prompts, and commands that only show."""

from __future__ import annotations

import re

_PROMPT = re.compile(
    r"(?:\([\w.-]{1,64}\) ?)?"  # a Python environment
    r"(?:\[[\w.-]{1,64}@[\w.-]{1,64} [^\]]{0,64}\] ?|[\w.-]{1,64}@[\w.-]{1,64}:[^#$]{0,100}|(?=\$))[#$]"
    r"(?:\s+(?P<typed>.*))?$"
)
_SHOWS = re.compile(
    r"(?:sudo\s+(?:-\S+\s+)*)?(?:/\S*/)?"
    r"(?:nft\s.*\blist\b.*|ip6?tables(?:-(?:legacy|nft))?-save\b.*|ip6?tables\s.*-[SL]\b.*|ipset\s+(?:save|list)\b.*|ip\s.*"
    r"|(?:cat|less|more|ls|cd|date|hostname|uname|whoami)\b.*|exit|logout|clear)?"
)
_CHANGES = re.compile(r"[>|;&`]|\$\(")


def is_shown(line: str) -> bool:
    """Whether the line is a prompt at which nothing was typed, or a command that only shows something."""
    prompt = _PROMPT.match(line) if "#" in line or "$" in line else None
    if prompt is None:
        return False
    typed = (prompt["typed"] or "").strip()
    return _SHOWS.fullmatch(typed) is not None and not _CHANGES.search(typed)
