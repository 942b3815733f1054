"""Expressions of an Azure Resource Manager template, as far as names of objects need them.

Source: Azure Resource Manager, «Template functions». Read are ``parameters`` (their default values), ``variables``,
``concat``, ``format``, ``toLower``, ``toUpper`` and ``resourceId``, which gives ``/providers/TYPE/NAME…`` here. All
else is unknown.
"""

from __future__ import annotations

import re

from zoneguard.parsers._json_node import Node

MAX_DEPTH = 20
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|(-?\d+)|([A-Za-z_][\w.]*)\s*(\()?|([(),\[\].]))")


class UnknownError(Exception):
    """The expression has no value that the template alone tells."""


class Template:
    """The parameters and variables of one template; ``is_none``: the objects are not of a template."""

    def __init__(self, document: Node | None = None) -> None:
        self._document = document
        self._depth = 0
        self.is_none = document is None

    def node(self, node: Node) -> Node | None:
        """``node``, or what it refers to by ``[parameters('…')]`` or ``[variables('…')]``; ``None``: not known."""
        if not isinstance(node.value, str) or not _is_expression(node.value):
            return node
        match = re.fullmatch(r"\[(parameters|variables)\('([^']*)'\)\]", node.value)
        found = self._defined(match[1], match[2]) if match else None
        if found is None or (isinstance(found.value, str) and _is_expression(found.value)):
            text = self.text(node)
            return None if text is None else Node(text, node.first, node.last)
        return found

    def text(self, node: Node | None) -> str | None:
        """A string or number as text, expressions evaluated; ``None`` where it is not known."""
        if node is None:
            return ""
        text = node.words
        if self.is_none or not isinstance(node.value, str) or not _is_expression(text):
            return text[1:] if text.startswith("[[") and self._document else text
        try:
            return self._evaluate(text)
        except (UnknownError, RecursionError):
            return None

    def _evaluate(self, text: str) -> str:
        self._depth += 1
        try:
            if self._depth > MAX_DEPTH:
                raise UnknownError
            value, at = self._value(text[1:-1], 0, 0)
            if text[1:-1][at:].strip():
                raise UnknownError
            return value
        finally:
            self._depth -= 1

    def _value(self, text: str, at: int, depth: int) -> tuple[str, int]:
        token = _TOKEN.match(text, at)
        if token is None or depth > MAX_DEPTH:
            raise UnknownError
        if token[1] is not None:
            return token[1].replace("''", "'"), token.end()
        if token[2] is not None:
            return token[2], token.end()
        if token[3] is None or token[4] is None:
            raise UnknownError
        arguments: list[str] = []
        at = token.end()
        while not (closing := re.compile(r"\s*\)").match(text, at)):
            value, at = self._value(text, at, depth + 1)
            arguments.append(value)
            comma = re.compile(r"\s*,").match(text, at)
            at = comma.end() if comma else at
            if len(arguments) > 50:
                raise UnknownError
        return self._call(token[3].lower(), arguments), closing.end()

    def _call(self, name: str, arguments: list[str]) -> str:
        if name in ("parameters", "variables") and len(arguments) == 1:
            found = self._defined(name, arguments[0])
            text = self.text(found) if found is not None and not isinstance(found.value, dict | list | None) else None
            if text is None:
                raise UnknownError
            return text
        if name == "concat":
            return "".join(arguments)
        if name in ("tolower", "toupper") and len(arguments) == 1:
            return arguments[0].lower() if name == "tolower" else arguments[0].upper()
        if name == "format" and arguments:
            return re.sub(r"\{(\d{1,2})\}", lambda m: _at(arguments, int(m[1]) + 1), arguments[0])
        if name == "resourceid":
            return _resource_id(arguments)
        raise UnknownError

    def _defined(self, kind: str, name: str) -> Node | None:
        found = self._document.get(kind) if self._document else None
        entry = next((node for key, node in found.members() if key.lower() == name.lower()), None) if found else None
        return entry.get("defaultValue") if entry and kind == "parameters" else entry


def _is_expression(text: str) -> bool:
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def _at(arguments: list[str], place: int) -> str:
    if place >= len(arguments):
        raise UnknownError
    return arguments[place]


def _resource_id(arguments: list[str]) -> str:
    """``resourceId(TYPE, NAME…)``, perhaps with a subscription and a group before them."""
    at = next((n for n, argument in enumerate(arguments) if "/" in argument), None)
    if at is None:
        raise UnknownError
    provider, *kinds = arguments[at].split("/")
    names = arguments[at + 1 :]
    if len(kinds) != len(names):
        raise UnknownError
    return "/providers/" + provider + "".join(f"/{kind}/{name}" for kind, name in zip(kinds, names, strict=True))
