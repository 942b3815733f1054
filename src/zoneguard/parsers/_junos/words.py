"""Lines of text → words, braces and ends of statements; comments, prompts and banners apart."""

from __future__ import annotations

import re

PROMPT = re.compile(r"(?:[\w.-]{1,64}@)?[\w.-]{1,64}(?::[\w.-]{1,32})?[>#%]\s?(?P<command>.*)$")
USER_PROMPT = re.compile(r"[\w.-]{1,64}@[\w.-]{1,64}(?::[\w.-]{1,32})?[>#%]\s?(?P<command>.*)$")
BANNER = re.compile(
    r"\{(?:primary|secondary|master|backup|linecard|hold|disabled|lost)[\w:-]*\}$|(?:Last login:|--- JUNOS |login:"
    r"|Password:|Entering configuration mode|Exiting configuration mode|commit complete|configuration check succeeds"
    r"|The configuration has been changed|Users currently editing|Last commit:|load complete|warning: )",
    re.IGNORECASE,
)
EDIT_BANNER = re.compile(r"(?:\{[\w:-]+\})?\[edit(?P<path>[^\]]*)\]$")

_BARE = r'[^\s{};\[\]"]'
_TOKEN = re.compile(
    rf'"(?:[^"\\]|\\.)*"|#.*|[{{}};\[\]]|{_BARE}+(?:\[{_BARE}*\]{_BARE}*)*|"', re.DOTALL
)  # brackets within a word are a pattern's: <ge-0/0/[1-4]>
_SPECIAL = re.compile(r'["{};\[\]#]')
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|(?<!\S)#.*|(/\*).*?(\*/|$)', re.DOTALL)
_PLAIN_COMMAND = re.compile(r'[^"{}\[\];#]+')
_PLAIN_STATEMENT = re.compile(r'\}|[^"{}\[\];#:/]*(?:[:/](?![ *])[^"{}\[\];#:/]*)*[{;]')
plain_command = _PLAIN_COMMAND.fullmatch
plain_statement = _PLAIN_STATEMENT.fullmatch
"""Whether a line is one statement of bare words: no list, quote, comment or tag."""


def without_comments(text: str) -> tuple[str, bool]:
    """``text`` less its comments, and whether one goes on in the next line."""
    if "/*" not in text:
        return text, False
    goes_on = any(m[2] and not m[3] for m in _COMMENT.finditer(text))
    return _COMMENT.sub(lambda m: m[1] or " ", text).strip(), goes_on


def tokens(text: str) -> list[str]:
    """Words (quotes kept), ``{ } ; [ ]`` and ``#…``; a lone ``"`` where a quote is not closed."""
    if not _SPECIAL.search(text):
        return text.split()
    return _TOKEN.findall(text)


def plain(token: str) -> str:
    """A word without its quotes."""
    if token[0] == '"' and token[-1] == '"' and len(token) > 1:
        return re.sub(r"\\(.)", r"\1", token[1:-1]) if "\\" in token else token[1:-1]
    return token


def listed(found: list[str]) -> list[list[str]] | None:
    """The words of one statement as paths: ``a [ b c ]`` is ``a b`` and ``a c``. ``None``: brackets out of place."""
    if "[" not in found and "]" not in found:
        return [[plain(token) for token in found]]
    start, end = (found.index(b) if b in found else -1 for b in "[]")
    if start < 0 or end < start or found.count("[") > 1 or found.count("]") > 1:
        return None
    before, inside, after = found[:start], found[start + 1 : end], found[end + 1 :]
    return [[plain(token) for token in (*before, word, *after)] for word in inside]
