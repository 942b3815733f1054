"""Parsing 10,000 filters of a Fujitsu Si-R: ``python -m bench.sir [FILTERS]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.sir import PLUGIN

FILTERS = 10_000
LANS = 10


def filters(count: int) -> Iterator[str]:
    """A router with ten interfaces and its filters spread over them."""
    for lan in range(LANS):
        yield f"lan {lan} ip address 10.{lan}.0.1/16 3"
        for at in range(count // LANS):
            yield f"lan {lan} ip filter {at} reject 172.16.{at & 255}.0/24 any any {at} 6 yes any"
        yield f"lan {lan} ip filter default pass"


def main(words: list[str]) -> None:
    """Time one configuration."""
    count = int(words[0]) if words else FILTERS
    source = Source("router", tuple(filters(count)))
    parsed = timed(f"{count} filters, {len(source.lines)} lines", source, "router", PLUGIN)
    assert not parsed.devices[0].uncertain


if __name__ == "__main__":
    main(sys.argv[1:])
