"""``nft list ruleset``, and scripts for ``nft -f``, as text: every family, several base chains on one hook, sets, maps.

The forwarding pipeline that comes out has no interfaces and no routes of its own: ``ip route`` gives them (see
``assembly``). ``nft -j list ruleset`` is read by ``nftables_json``.
"""

from __future__ import annotations

import re

from zoneguard.parsers import Marks, Parsed, Parser, Source
from zoneguard.parsers._nftables.compiler import device
from zoneguard.parsers._nftables.reader import Reader
from zoneguard.parsers.accounting import Ledger

_SNIFF_LINES = 3000
_TABLE = re.compile(r"\s*(?:add\s+|create\s+)?table\s+(?:(?:ip6?|inet|arp|bridge|netdev)\s+)?[\w$./-]+\s*(?:\{.*)?$")
_WITHIN = re.compile(
    r"\s*(?:chain\s+[\w./-]+\s*\{|type\s+(?:filter|nat|route)\s+hook\s|(?:set|map)\s+[\w./-]+\s*\{|flush\s+ruleset\b"
    r"|add\s+(?:rule|chain)\s)"
)


def parse(source: Source, name: str) -> Parsed:
    """One device with one forwarding context, ``default``."""
    ledger = Ledger(source, PLUGIN.name)
    return device(source, name, Reader(source, ledger).read(), ledger)


def sniff(source: Source) -> float:
    """Certain of a table with chains or sets in it; less so of a table alone."""
    lines = [line for line in source.lines[:_SNIFF_LINES] if len(line) < 1000]
    tables = any(_TABLE.match(line) for line in lines)
    within = any(_WITHIN.match(line) for line in lines)
    return 0.95 if tables and within else 0.7 if tables else 0.3 if within else 0.0


_MARKS = Marks(begins=r"table (?:ip6?|inet|arp|bridge|netdev) \S+ \{")
PLUGIN = Parser(name="nftables", title="nft list ruleset", sniff=sniff, parse=parse, marks=_MARKS)
