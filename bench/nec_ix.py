"""Parsing of a UNIVERGE IX with 10,000 filter lines: ``python -m bench.nec_ix [LINES]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.nec_ix import PLUGIN

LINES = 10_000


def lines(count: int, seed: int = 1) -> Iterator[str]:
    """A configuration with ``count`` lines of access lists, a hundred in each, on 20 interfaces, and routes."""
    random = Random(seed)
    for n in range(count):
        action = "permit" if random.random() < 0.7 else "deny"
        proto = random.choice(("tcp", "udp"))
        source = random.choice(("any", f"10.{random.randrange(256)}.0.0/16"))
        target = f"10.{random.randrange(256)}.{random.randrange(256)}.0/24"
        port = random.choice((f"eq {random.randrange(1, 65536)}", "range 1000 2000", "any"))
        yield f"ip access-list l{n // 100} {action} {proto} src {source} sport any dest {target} dport {port}"
    for n in range(count // 10):
        yield f"ip route 10.{n >> 8}.{n & 255}.0/24 192.168.{n % 20}.9"
    for n in range(20):
        yield f"interface GigaEthernet{n}.0"
        yield f"  ip address 192.168.{n}.1/24"
        yield from (f"  ip filter l{m} {m} in" for m in range(n, count // 100, 20))
        yield "  no shutdown"


def main(arguments: list[str]) -> None:
    """Print the CPU time of one parse."""
    source = Source("ix", tuple(lines(int(arguments[0]) if arguments else LINES)))
    print(f"{len(source.lines)} lines")
    account = timed("parse", source, "ix", PLUGIN).account
    print(f"  {account.understood} lines understood, {len(account.not_understood)} not understood")


if __name__ == "__main__":
    main(sys.argv[1:])
