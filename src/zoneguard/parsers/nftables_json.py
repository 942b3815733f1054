"""``nft -j list ruleset``: the same rulesets as ``nftables`` reads as text, in JSON.

Source: libnftables-json(5). Both forms become one tree, and one compiler makes the device of it.
"""

from __future__ import annotations

import re

from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers._nftables.compiler import device
from zoneguard.parsers._nftables.json_reader import JsonReader
from zoneguard.parsers.accounting import Ledger

_SNIFF_LINES = 20
_BEGIN = re.compile(r'\s*\{\s*"nftables"\s*:\s*\[')


def parse(source: Source, name: str) -> Parsed:
    """One device with one forwarding context, ``default``."""
    ledger = Ledger(source, PLUGIN.name)
    return device(source, name, JsonReader(source, ledger).read(), ledger)


def sniff(source: Source) -> float:
    """Certain of an object whose first key is ``nftables``."""
    return 1.0 if _BEGIN.match("\n".join(line[:1000] for line in source.lines[:_SNIFF_LINES])) else 0.0


PLUGIN = Parser(name="nftables-json", title="nft -j list ruleset", sniff=sniff, parse=parse)
