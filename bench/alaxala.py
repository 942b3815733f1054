"""Parsing 10,000 entries of ALAXALA access lists: ``python -m bench.alaxala [ENTRIES]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.alaxala import PLUGIN

ENTRIES = 10_000
LISTS = 20


def access_lists(entries: int) -> Iterator[str]:
    """A switch with twenty VLANs and a list on each; every tenth entry says where its packets go."""
    for place in range(LISTS):
        yield f"ip access-list extended LIST{place}"
        for number in range(entries // LISTS):
            way = f" action policy vlan {place + 10} next-hop 10.{place}.0.254" if number % 10 == 0 else ""
            yield f"  {number + 1} permit tcp 10.{place}.{number & 255}.0 0.0.0.255 any eq {number}{way}"
        yield f"interface vlan {place + 10}"
        yield f"  ip address 10.{place}.0.1 255.255.0.0"
        yield f"  ip access-group LIST{place} in"


def main(words: list[str]) -> None:
    """Time one configuration."""
    entries = int(words[0]) if words else ENTRIES
    source = Source("switch", tuple(access_lists(entries)))
    parsed = timed(f"{entries} entries, {len(source.lines)} lines", source, "switch", PLUGIN)
    assert not parsed.devices[0].uncertain


if __name__ == "__main__":
    main(sys.argv[1:])
