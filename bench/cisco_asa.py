"""Parsing of an ASA with 10,000 access rules, objects and translations: ``python -m bench.cisco_asa [RULES]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.cisco_asa import PLUGIN

RULES = 10_000


def lines(rules: int, seed: int = 1) -> Iterator[str]:
    """A configuration: one object for ten rules, one group for a hundred, one translation for twenty."""
    random = Random(seed)
    yield "ASA Version 9.16(4)"
    for number, (name, level) in enumerate((("outside", 0), ("inside", 100), ("dmz", 50))):
        yield f"interface GigabitEthernet0/{number}"
        yield f" nameif {name}"
        yield f" security-level {level}"
        yield f" ip address 10.{number}.0.1 255.255.0.0"
    for n in range(rules // 10):
        yield f"object network h{n}"
        yield f" host 10.1.{n >> 8}.{n & 255}"
    for n in range(rules // 100):
        yield f"object-group network g{n}"
        yield from (f" network-object object h{random.randrange(rules // 10)}" for _ in range(10))
    yield "object-group service web tcp"
    yield from (f" port-object eq {port}" for port in (80, 443, 8080))
    for _ in range(rules):
        source = random.choice(("any", f"10.{random.randrange(256)}.0.0 255.255.0.0", "host 10.9.8.7"))
        target = random.choice(
            (f"object h{random.randrange(rules // 10)}", f"object-group g{random.randrange(rules // 100)}")
        )
        what = random.choice((f"eq {random.randrange(1, 65536)}", "object-group web", "range 1000 2000"))
        yield f"access-list IN extended permit tcp {source} {target} {what} log"
    for n in range(rules // 20):
        yield f"object network h{n}"
        yield f" nat (inside,outside) static 203.0.{n >> 8}.{n & 255}"
    yield "access-group IN in interface outside"


def main(arguments: list[str]) -> None:
    """Print the CPU time of one parse."""
    rules = int(arguments[0]) if arguments else RULES
    source = Source("fw", tuple(lines(rules)))
    print(f"{rules} access rules, {len(source.lines)} lines")
    account = timed("parse", source, "fw", PLUGIN).account
    print(f"  {account.understood} lines understood, {len(account.not_understood)} not understood")


if __name__ == "__main__":
    main(sys.argv[1:])
