"""PAN-OS XML (``show config running``, an exported configuration, an API response) as a tree of words."""

from __future__ import annotations

import re
from xml.parsers.expat import ExpatError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._panos.fragments import settle
from zoneguard.parsers._panos.tree import Node
from zoneguard.parsers.accounting import BLANK, Ledger

MAX_DEPTH = 100
MAX_NODES = 6_000_000
_ASIDE = re.compile(r"<\?[^<>]*\?>|<!--[^<>]*-->")
SESSION = "prompt or command of a pasted session"
PROMPT = re.compile(
    r"[^\s<>{}]{1,64}@[^\s<>{}]{1,64}[>#](?:\s|$)|\[edit\b|exit$|configure$|quit$|(?:Enter|Exit)ing configuration mode"
)


_WHOLE = "fragments"
"""The element that is put around several that stand side by side."""


class _BeyondError(Exception):
    """The document nests or weighs beyond all configurations."""


class _Nowhere:
    """What the parser builds by itself: nothing."""

    def close(self) -> None:
        """The document has ended."""


class _Builder:
    """Reads one document into ``root``. ``closed`` is the line of the root element's end."""

    def __init__(self, ledger: Ledger, offset: int) -> None:
        self.root = Node("", 1, 1)
        self.closed = 0
        self.parser = DefusedXMLParser(target=_Nowhere(), forbid_dtd=True)
        self._expat = self.parser.parser
        self._offset = offset
        self._stack = [self.root]
        self._listen(ledger)

    def _listen(self, ledger: Ledger) -> None:
        """Set the handlers of elements and text: closures, for a large file calls them half a million times."""
        expat, offset, stack = self._expat, self._offset, self._stack
        text: list[str] = []
        nodes = 0
        top = self.root

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal nodes, top
            text.clear()
            if tag == "member":
                return
            nodes += 1
            if len(stack) > MAX_DEPTH or nodes > MAX_NODES:
                raise _BeyondError
            if attributes and tag == "entry" and "name" in attributes:
                tag = attributes["name"]
                if tag in top.children:
                    line = expat.CurrentLineNumber + offset
                    ledger.not_understood(line, Reason('"{tag}" is defined a second time', tag=tag), Concern.FILTER)
            children = top.children
            found = children.get(tag)
            if found is None:
                line = expat.CurrentLineNumber + offset
                found = Node(tag, line, line)
                if children:
                    children[tag] = found
                else:
                    top.children = {tag: found}
            stack.append(found)
            top = found

        def end(tag: str) -> None:
            nonlocal top
            line = expat.CurrentLineNumber + offset
            if tag == "member":
                value = text[0] if len(text) == 1 else "".join(text)
                children = top.children
                if (value := value.strip()) and value not in children:
                    first = line - sum(part.count("\n") for part in text) if len(text) > 1 else line
                    if children:
                        children[value] = Node(value, first, line)
                    else:
                        top.children = {value: Node(value, first, line)}
                elif value:
                    children[value].last = line
            else:
                node = stack.pop()
                top = stack[-1]
                node.last = line
                if text and not node.children:
                    value = (text[0] if len(text) == 1 else "".join(text)).strip()
                    if value:
                        node.child(value, node.first).last = line
                if len(stack) == 1:
                    self.closed = line
            text.clear()

        expat.StartElementHandler = start
        expat.EndElementHandler = end
        expat.CharacterDataHandler = text.append
        expat.ordered_attributes = False

    @property
    def line(self) -> int:
        """The line that has been reached."""
        return int(self._expat.CurrentLineNumber) + self._offset

    def abandon(self, line: int) -> None:
        """End every element that is still open in ``line``."""
        for node in self._stack:
            node.last = max(node.first, line)


_ERRORS = (ExpatError, SyntaxError, DefusedXmlException, _BeyondError, ValueError, UnicodeError)


def read_xml(source: Source, ledger: Ledger) -> tuple[Node, list[tuple[str, int]]]:
    """The document of ``source``, and lines around it that are none of it with the reason.

    What comes after a place that is not well-formed is not understood; what was read before stands.
    """
    lines = source.lines
    start = next((n for n, line in enumerate(lines) if line.lstrip().startswith("<")), len(lines))
    asides = _around(source, ledger, 1, start)
    builder = _Builder(ledger, start)
    rest = "\n".join(lines[start + 1 :])
    text = f"{lines[start].lstrip()}\n{rest}" if start < len(lines) else ""
    try:
        builder.parser.feed(text)
        builder.parser.close()
    except _ERRORS as error:
        side_by_side = _side_by_side(source, ledger, builder, start, asides)
        if side_by_side is None:
            _broken(source, ledger, builder, error, asides)
        builder = side_by_side or builder
    settle(builder.root)
    builder.root.last = max(1, len(lines))
    marked = lines if "<?" in rest or "<!" in rest else lines[: start + 1]
    asides += ((BLANK, n) for n, line in enumerate(marked, 1) if _ASIDE.fullmatch(line.strip()))
    return builder.root, asides


def _side_by_side(
    source: Source, ledger: Ledger, first: _Builder, start: int, asides: list[tuple[str, int]]
) -> _Builder | None:
    """Several elements one after another, as of several answers pasted; ``None`` where it is something else."""
    lines = source.lines
    end = next((n for n in range(len(lines), first.closed, -1) if lines[n - 1].rstrip().endswith(">")), 0)
    following = lines[first.closed : end] if first.closed else ()
    if not any(line.lstrip().startswith("<") for line in following) or lines[start].lstrip().startswith("<?"):
        return None
    builder = _Builder(ledger, start)
    try:
        builder.parser.feed(
            f"<{_WHOLE}>" + "\n".join((lines[start].lstrip(), *lines[start + 1 : end])) + f"</{_WHOLE}>"
        )
        builder.parser.close()
    except _ERRORS:
        return None
    whole = builder.root.children.pop(_WHOLE)
    builder.root.children.update(whole.children)
    inside = {n for node in whole.children.values() for n in range(node.first, node.last + 1)}
    for number in (n for n in range(start + 1, len(lines) + 1) if n not in inside):
        asides += _around(source, ledger, number, number)
    return builder


def _broken(source: Source, ledger: Ledger, builder: _Builder, error: Exception, asides: list[tuple[str, int]]) -> None:
    if builder.closed:
        asides += _around(source, ledger, builder.closed + 1, len(source.lines))
        return
    line = min(max(1, builder.line), max(1, len(source.lines)))
    builder.abandon(line)
    if isinstance(error, DefusedXmlException):
        reason = "the document declares a type or entities, which no configuration does: it is not read"
    elif isinstance(error, _BeyondError):
        reason = "the document nests or weighs beyond all configurations: it is not read further"
    else:
        reason = "the document is not well-formed XML from here on: it may be cut short"
    ledger.not_understood(line, reason, Concern.FILTER)
    for number in range(line + 1, len(source.lines) + 1):
        ledger.not_understood(
            number, Reason("after the place where the document breaks (line {line})", line=line), Concern.OTHER
        )


def _around(source: Source, ledger: Ledger, first: int, last: int) -> list[tuple[str, int]]:
    """Lines before or after the document: those of a pasted session are named, others reported."""
    asides = []
    for number in range(first, last + 1):
        text = source.lines[number - 1].strip()
        if PROMPT.match(text):
            asides.append((SESSION, number))
        elif text:
            ledger.not_understood(number, "not a part of the configuration's document", Concern.OTHER)
    return asides
