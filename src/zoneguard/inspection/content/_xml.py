"""XML parts of documents, read with work bounded by their size and with no entity, no external reference."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

MAX_DEPTH = 500
MAX_PART = 64 << 20


class UnreadableError(Exception):
    """The part is not well-formed, nests or weighs beyond all documents, or declares entities."""


def elements(data: bytes) -> Iterator[Element]:
    """Every element of ``data`` as it ends, emptied of its children afterwards. Raises ``UnreadableError``."""
    if len(data) > MAX_PART:
        raise UnreadableError
    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(data), events=("start", "end")):
            if event == "start":
                depth += 1
                if depth > MAX_DEPTH:
                    raise UnreadableError
                continue
            depth -= 1
            yield element
            element.clear()
    except (ParseError, DefusedXmlException, ValueError, LookupError, UnicodeError) as error:
        raise UnreadableError from error


def local(tag: str) -> str:
    """The tag without its namespace."""
    return tag.rpartition("}")[2]
