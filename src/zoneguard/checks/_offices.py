"""Persons and offices as a register names them."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN = re.compile(r"[\s()\[\]「」【】〔〕、,，・/:;]+")


def bare(person: str) -> str:
    """A name however it was typed: full or half width, with or without blanks."""
    return "".join(unicodedata.normalize("NFKC", person).split())


def holds(person: str, office: str) -> bool:
    """Whether the register names the office itself, as in ``副市長（CISO）``; a deputy (``CISO補佐``) holds another."""
    words = _BETWEEN.split(unicodedata.normalize("NFKC", person))
    return bare(office) in {bare(person), *words}
