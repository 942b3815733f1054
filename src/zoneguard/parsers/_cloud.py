"""What parsers of clouds share: addresses in JSON, of which one that cannot be read is no error but open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from zoneguard.model.addresses import parse_prefix
from zoneguard.model.device import Concern, Device
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._json_node import Node, Value
from zoneguard.parsers.accounting import Ledger

OTHER_FORMAT = (
    "JSON of another format than the one that is named or taken; leave it to detection, or name the right one"
)
"""Of a document in which nothing is of the parser's format."""

UNKNOWN = "a property that is not read: it may route or filter"
HARMLESS = "a property by which nothing is routed or filtered"
ENDPOINT_POLICY = "the policy of an endpoint: it limits who may call the service behind it, not which packets pass"
IGNORED = frozenset({HARMLESS, ENDPOINT_POLICY})
"""Why members are of no concern."""
NOTHING: tuple[Value, ...] = (None, "", "off", "disable", "disabled", "Disabled", False, [], {})
"""Values by which a member says that there is nothing of its kind."""
REST = "the rest of an object that is not understood, as is said at its first line"


def unread(ledger: Ledger, node: Node, reason: str, about: str = "") -> None:
    """``node`` may matter and is not read at all: said once, at its first line."""
    ledger.ignored(REST, node.first, node.last)
    ledger.not_understood(node.first, reason, Concern.FILTER, about=about)


def account_members(
    ledger: Ledger, known: Mapping[str, object], node: Node, anywhere: Mapping[str, object] | None = None
) -> None:
    """``ledger`` is told of every member of an object, or of a list of them, that is not read.

    ``known``: by name ``None`` (read), a table (of an object or a list of objects), or why it is not read; members of
    ``anywhere`` may stand in every object.
    """
    if isinstance(node.value, list):
        for part in node.items():
            account_members(ledger, known, part, anywhere)
        return
    before = node.first
    for key, member in node.members():
        what = known.get(key, UNKNOWN) if anywhere is None or key in known else anywhere.get(key, UNKNOWN)
        if isinstance(what, Mapping):
            account_members(ledger, what, member, anywhere)
        elif what in IGNORED:
            if member.first > before and member.last < node.last:
                ledger.ignored(str(what), member.first, member.last)
        elif what is not None and member.value not in NOTHING:
            ledger.not_understood(member.first, str(what), Concern.FILTER, about=key)
        before = member.last


def asked_before(source: Source, node: Node, option: re.Pattern[str]) -> str:
    """What the command in front of an answer says for an option; empty where there is none."""
    for number in range(node.first - 1, max(source.first - 1, node.first - 7), -1):
        line = source.lines[number - 1].strip()
        if line.endswith(("}", "]")):
            break
        found = option.search(line)
        if found:
            return found[1]
    return ""


def finished(ledger: Ledger, devices: Iterable[Device]) -> Parsed:
    """The devices with what the whole input leaves uncertain; the ledger is closed."""
    uncertain = ledger.uncertain
    return Parsed(tuple(replace(device, uncertain=uncertain) for device in devices), ledger.close())


def prefix(text: str) -> Intervals | None:
    """A block or an address, or ``None`` where it cannot be read."""
    try:
        return parse_prefix(text)
    except ValueError:
        return None


def union(blocks: Iterable[Intervals]) -> Intervals:
    """The addresses of all blocks."""
    return Intervals.from_spans(span for block in blocks for span in block.spans)


class Doubting:
    """A part of a cloud's parser that leaves things open: each is said once, at its first line, and bounded.

    ``concern``: what it may change.
    """

    def __init__(self, source: Source, ledger: Ledger, concern: Concern = Concern.FILTER) -> None:
        self._source = source
        self._ledger = ledger
        self._concern = concern

    def _doubt(self, node: Node, reason: str, what: str) -> Unknown:
        """``what`` of ``node`` may hold or not, for ``reason``."""
        self._say(node, reason, what)
        key = Reason("{what} ({file}:{first})", what=what, file=self._source.file, first=node.first)
        return Unknown(key, self._span(node))

    def _say(self, node: Node, reason: str, what: str) -> None:
        self._ledger.not_understood(node.first, reason, self._concern, bounded=True, about=what)

    def _span(self, node: Node) -> SourceSpan:
        return self._source.span(node.first, node.last)
