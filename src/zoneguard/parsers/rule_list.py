"""Rule lists in CSV or Excel (通信要件一覧, FW ルール申請書): what is meant to pass, as one first-match list.

The columns are found by their heads, in Japanese or English, in one row or in two; a project's mapping file may name
them otherwise. A row permits unless its action says deny; what no row permits is denied. A row whose address or service
is a name that the list does not resolve may match anything of that side: it is an ``Unknown``, and said with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from zoneguard.model.device import Concern, Deny, Device, Filter, Routing, Rule, RuleList, Vrf
from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._rule_list.rules import EMPTY, Names, rules
from zoneguard.parsers._rule_list.table import Heads, Row, Stray, entries, heads_in
from zoneguard.parsers._rule_list.values import plain
from zoneguard.parsers.accounting import Ledger

LIST = "rules"
BEFORE = "above the heads of the list"
NO_LIST = "a sheet without heads of a source and a destination column"
NO_HEADS = "no heads of a source and a destination column above"


def sniff(source: Source) -> float:
    """By the heads of a source and a destination column."""
    heads = heads_in(source, {})
    if heads is None:
        return 0.0
    return 0.9 if len(heads.places) > 2 else 0.6


def parse(source: Source, name: str) -> Parsed:
    """A device without interfaces whose one list is the rule list, in order."""
    return parse_mapped(source, name, {}, {})


def parse_mapped(source: Source, name: str, heads: Mapping[str, str], names: Names, day: date | None = None) -> Parsed:
    """Likewise, with the list's own heads by column (``source`` …), and addresses of the names that it uses.

    ``day``: rows that are not in force on it do not count; without it, it is open whether rows with a term do.
    """
    reader = _Reader(source, {plain(text).lower(): values for text, values in names.items()}, day)
    for entry in entries(source, heads):
        reader.take(entry)
    reader.end_sheet()
    whole = source.whole
    listed = RuleList(LIST, tuple(reader.rules), Deny(), whole)
    vrf = Vrf("default", frozenset(), (), (Routing(), Filter(listed)), lists={LIST: listed})
    device = Device(name, "rule-list", (), (vrf,), whole, reader.ledger.uncertain)
    return Parsed((device,), reader.ledger.close())


class _Reader:
    """Entries one after the other. ``headed``: the sheet has heads, and a sheet before it had; ``strays``: lines above
    which no heads stand."""

    def __init__(self, source: Source, names: Names, day: date | None) -> None:
        self.ledger = Ledger(source, PLUGIN.name)
        self.rules: list[Rule] = []
        self._source, self._names, self._day = source, names, day
        self._strays: list[Stray] = []
        self._headed = self._ever_headed = False

    def take(self, entry: Heads | Row | Stray) -> None:
        """The next entry."""
        if isinstance(entry, Row):
            self.rules += rules(entry, self._source, self.ledger, self._names, self._day)
        elif isinstance(entry, Heads):
            self._ignore(BEFORE)
            self._headed = self._ever_headed = True
            self.ledger.understood(entry.first, entry.last)
        elif entry.sheet:
            self.end_sheet()
            self.ledger.ignored(BEFORE, entry.first, entry.last)
        else:
            self._strays.append(entry)

    def end_sheet(self) -> None:
        """Lines that no heads followed: empty rows, or a sheet that is no list."""
        if self._headed:
            self._ignore(EMPTY)
        elif self._source.encoding == "xlsx" and self._ever_headed:
            self._ignore(NO_LIST)
        for stray in self._strays:
            self.ledger.not_understood(stray.first, NO_HEADS, Concern.FILTER)
        self._strays.clear()
        self._headed = False

    def _ignore(self, reason: str) -> None:
        for stray in self._strays:
            self.ledger.ignored(reason, stray.first, stray.last)
        self._strays.clear()


_MARKS = Marks(ends=".*")  # people write it: any line may be the last
PLUGIN = Parser(name="rule-list", title="Rule list in CSV or Excel", sniff=sniff, parse=parse, marks=_MARKS)
