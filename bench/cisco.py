"""Parsing of an IOS router and a Nexus switch with 10,000 lines of access lists: ``python -m bench.cisco [LINES]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from random import Random

from bench._parsing import timed
from zoneguard.parsers import Parser, Source, cisco_ios, cisco_nxos

LINES = 10_000
PER_LIST = 100
ADDRESSES = ("any", "10.{a}.0.0 0.0.255.255", "host 10.9.8.{a}", "object-group G{g}", "10.0.{a}.1 0.255.0.254")
PREFIXES = ("any", "10.{a}.0.0/16", "10.9.8.{a}/32", "addrgroup G{g}", "10.0.{a}.1 0.255.0.254")
OPTIONS = ("", " established", " log", " time-range NIGHT")


def ios(lines: int, seed: int = 1) -> Iterator[str]:
    """A router: an interface with two lists for every 200 lines, a group and a translation for every 100."""
    random = Random(seed)
    yield from ("version 17.9", "hostname r1")
    for g in range(lines // 100):
        yield f"object-group network G{g}"
        yield from (f" 10.{random.randrange(256)}.{n}.0 255.255.255.0" for n in range(10))
    for n in range(lines // PER_LIST):
        yield f"ip access-list extended A{n}"
        yield from (f" {line}" for line in _entries(random, PER_LIST, lines, ADDRESSES))
    for n in range(lines // PER_LIST // 2):
        yield f"interface GigabitEthernet0/0.{n + 10}"
        yield f" encapsulation dot1Q {n + 10}"
        yield f" ip address 10.200.{n % 256}.1 255.255.255.0"
        yield " ip nat inside"
        yield f" ip access-group A{2 * n} in"
        yield f" ip access-group A{2 * n + 1} out"
    yield from ("interface GigabitEthernet0/1", " ip address 203.0.113.1 255.255.255.0", " ip nat outside")
    for n in range(lines // 100):
        yield f"ip nat inside source static 10.200.{n % 256}.9 203.0.113.{n % 250 + 2}"


def nxos(lines: int, seed: int = 1) -> Iterator[str]:
    """A switch: the same with prefixes, numbers and groups of NX-OS."""
    random = Random(seed)
    yield from ("version 9.3(10)", "hostname s1", "feature interface-vlan")
    for g in range(lines // 100):
        yield f"object-group ip address G{g}"
        yield from (f"  {n + 1}0 10.{random.randrange(256)}.{n}.0/24" for n in range(10))
    for n in range(lines // PER_LIST):
        yield f"ip access-list A{n}"
        entries = _entries(random, PER_LIST, lines, PREFIXES)
        yield from (f"  {at}0 {line}" for at, line in enumerate(entries, 1))
    for n in range(lines // PER_LIST // 2):
        yield f"interface Vlan{n + 10}"
        yield "  no shutdown"
        yield f"  ip address 10.200.{n % 256}.1/24"
        yield f"  ip access-group A{2 * n} in"
        yield f"  ip access-group A{2 * n + 1} out"


def _entries(random: Random, count: int, lines: int, addresses: tuple[str, ...]) -> Iterator[str]:
    for _ in range(count):
        action = random.choice(("permit", "permit", "deny"))
        ends = [
            random.choice(addresses).format(a=random.randrange(256), g=random.randrange(max(1, lines // 100)))
            for _ in range(2)
        ]
        yield f"{action} tcp {ends[0]} {ends[1]} eq {random.randrange(1, 65536)}{random.choice(OPTIONS)}"


def measure(plugin: Parser, lines: list[str]) -> None:
    """Print the CPU time of one parse."""
    source = Source(plugin.name, tuple(lines))
    account = timed(f"{plugin.name}, {len(lines)} lines", source, "device", plugin).account
    print(f"  {account.understood} understood, {len(account.not_understood)} not understood")


def main(arguments: list[str]) -> None:
    """Both systems."""
    lines = int(arguments[0]) if arguments else LINES
    measure(cisco_ios.PLUGIN, list(ios(lines)))
    measure(cisco_nxos.PLUGIN, list(nxos(lines)))


if __name__ == "__main__":
    main(sys.argv[1:])
