"""Every object of a JSON file with a member too much: something must be said of it, once for each shape."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from zoneguard.parsers import Parser, Source

JUNK = "zzzDenyInbound"
Path = tuple[str | int, ...]


def documents(lines: Sequence[str]) -> list[Any]:
    """The JSON values of a file, one after another; lines between them that are none are left out."""
    text = "\n".join(line for line in lines if not line.startswith(("$", "aws ", "az ")))
    found, at, decoder = [], 0, json.JSONDecoder()
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at = len(text) - len(text[at:].lstrip())
    return found


def silent(parser: Parser, found: list[Any]) -> Iterator[str]:
    """The places where a member that nobody knows is passed over in silence."""
    seen: set[str] = set()
    before = _said(parser, found)
    for path in list(_objects(found, ())):
        shape = "/".join(str(step) for step in path if isinstance(step, str))
        holder: Any = found
        for step in path:
            holder = holder[step]
        if shape not in seen and isinstance(holder, dict):
            seen.add(shape)
            holder[JUNK] = "Deny"
            if not _said(parser, found) - before:
                yield shape
            del holder[JUNK]


def _objects(value: Any, path: Path) -> Iterator[Path]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        if isinstance(part, dict):
            yield (*path, key)
        yield from _objects(part, (*path, key))


def _said(parser: Parser, found: list[Any]) -> set[tuple[str, str]]:
    lines = tuple(line for value in found for line in json.dumps(value, indent=1).splitlines())
    account = parser.parse(Source("x.json", lines), "d").account
    return {(entry.text, entry.reason) for entry in account.not_understood}
