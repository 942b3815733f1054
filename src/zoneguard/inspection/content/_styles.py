"""Style sheets (CSS): what acts in some browser or mail program, and what is fetched from elsewhere.

Names may be written with escapes (CSS Syntax 3, 4.3.7) and, in old browsers, with comments inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\r\n\f]?|([^0-9a-fA-F\r\n\f]))")
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_ACTS = re.compile(
    r"""expression\s*\(|behavior\s*:\s*url|-moz-binding\s*:|(?:url\s*\(|@import)\s*["']?\s*(?:javascript|vbscript)\s*:""",
    re.IGNORECASE,
)
_IMPORT = re.compile(r"""@import\s*(?:url\s*\(\s*)?["']?\s*([^"')\s;]{1,4096})""", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:)?[/\\]{2}(?![/\\])|\s*(?:mhtml|file|ftp)\s*:", re.IGNORECASE)
_SHARE = re.compile(r"\s*(?:file:[/\\]{2}(?![/\\])|\\\\)[^/\\\s]", re.IGNORECASE)
_WORTH_READING = re.compile(r"express|behavior|binding|script|import|\\|/\*", re.IGNORECASE)
SHOWN = 120


def elsewhere(address: str) -> bool:
    """Whether the address leads to another host, wherever the page lies."""
    return _ELSEWHERE.match(address) is not None


def share(address: str) -> bool:
    """Whether it leads to a file share, to which Windows logs on by itself."""
    return _SHARE.match(address) is not None


def acting(text: str) -> Iterator[tuple[int, str]]:
    """Offset in ``text`` (of characters; -1 where it is written with escapes or comments) and the part of a style that
    runs something."""
    for at, plain, found in _found(_ACTS, text):
        yield at, plain[max(0, found.start() - 40) : found.end() + SHOWN - 40].strip()


def imported(text: str) -> Iterator[tuple[int, str]]:
    """Offset, as of ``acting``, and address of each style sheet that is fetched from another host."""
    for at, _, found in _found(_IMPORT, text):
        if elsewhere(found[1]):
            yield at, found[1][:SHOWN]


def _found(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str, re.Match[str]]]:
    """What there is of the pattern outside of comments as it stands, else without comments and with escapes undone."""
    if not _WORTH_READING.search(text):
        return
    blank = _COMMENT.sub(lambda comment: " " * len(comment[0]), text)
    for version in dict.fromkeys((blank, _ESCAPE.sub(_letter, _COMMENT.sub("", text)))):
        matches = [(found.start() if version is blank else -1, version, found) for found in pattern.finditer(version)]
        if matches:
            yield from matches[:20]
            return


def _letter(escape: re.Match[str]) -> str:
    number = int(escape[1], 16) if escape[1] else 0
    return escape[2] if escape[1] is None else chr(number) if 0 < number < 0x110000 else "\ufffd"
