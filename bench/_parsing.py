"""What parsing takes as commands do it: parts of the file told apart, the cyclic collector paused."""

from __future__ import annotations

from bench._measure import phase
from zoneguard.parsers import Parsed, Parser, Source
from zoneguard.parsers.splitting import parse_source, parts_of


def timed(title: str, source: Source, name: str, parser: Parser) -> Parsed:
    """What ``parser`` makes of ``source``; prints what it takes. Loading the plugins is not counted."""
    parts_of(Source("", ()))
    with phase(title):
        return parse_source(source, name, parser)
