"""``iptables-save`` and ``ip6tables-save``: legacy and nft variants, with or without counters, one family or both.

Also read: ``iptables -S`` and other fragments of ``-A`` lines (then the table is ``filter``), command lines of scripts,
and ``ipset save`` in the same file. The forwarding pipeline that comes out has no interfaces and no routes of its own:
``ip route`` gives them (see ``assembly``).
"""

from __future__ import annotations

import re

from zoneguard.collector import paused_collector
from zoneguard.model.device import Concern, Device, RuleList, Vrf
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._iptables.chains import Family, rule_lists
from zoneguard.parsers._iptables.dynamics import marks, note_changing_sets, tracks
from zoneguard.parsers._iptables.pipeline import local_stages, prefix, stages
from zoneguard.parsers._iptables.reader import CHAIN, COMMAND, HEADER, Reader, tables_by_family
from zoneguard.parsers._iptables.ruleset import TABLES
from zoneguard.parsers.accounting import Ledger

_SNIFF_LINES = 3000


@paused_collector()
def parse(source: Source, name: str) -> Parsed:
    """One device with one forwarding context, ``default``."""
    ledger = Ledger(source, PLUGIN.name)
    reader = Reader(source, ledger)
    for number, line in enumerate(source.lines, 1):
        text = line.strip()
        if text:
            reader.line(number, text)
    reader.end()
    tables = tables_by_family(reader)
    if not tables and source.lines:
        ledger.not_understood(1, "no table of iptables is in this file", Concern.FILTER)
    note_changing_sets(tables, reader.sets)
    lists: dict[bool, dict[str, RuleList]] = {}
    for v6, named in tables.items():
        loose = not reader.is_legacy and not tracks(named)
        family = Family(source.file, v6, loose, prefix(tables, v6), reader.sets, marks(named), ledger)
        lists[v6] = {}
        for table in named.values():
            lists[v6] |= rule_lists(family, table)
    vrf = Vrf(
        name="default",
        interfaces=frozenset(),
        routes=(),
        stages=stages(tables, lists, source.file),
        lists={key: value for of_family in lists.values() for key, value in of_family.items()},
        local=local_stages(tables, lists, source.file),
    )
    span = source.span(1, max(1, len(source.lines)))
    return Parsed((Device(name, "linux", (), (vrf,), span, ledger.uncertain),), ledger.close())


def sniff(source: Source) -> float:
    """Certain of a header or of a table with rules; less so of loose ``-A`` lines."""
    table = rules = 0
    for line in source.lines[:_SNIFF_LINES]:
        header = HEADER.match(line)
        if header and header[1] in ("iptables", "ip6tables"):
            return 1.0
        if line[:1] == "*" and line[1:].strip() in TABLES:
            table += 1
        elif line[:1] in (":", "-", "[", "i") and (
            CHAIN.match(line) or COMMAND.match(line) or re.match(r"(?:\[\d+:\d+\] )?-[APN] \S", line)
        ):
            rules += 1
    if table and rules:
        return 0.95
    return 0.6 if table or rules * 2 > sum(bool(line.strip()) for line in source.lines[:_SNIFF_LINES]) else 0.0


PLUGIN = Parser(name="iptables", title="iptables-save, ip6tables-save", sniff=sniff, parse=parse)
