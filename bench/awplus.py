"""Parsing 10,000 rules of AlliedWare Plus, of the firewall and of access lists: ``python -m bench.awplus [RULES]``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers.awplus import PLUGIN

RULES = 10_000


def firewall(rules: int) -> Iterator[str]:
    """A router with a host, an application and a rule for each number."""
    yield from ("interface eth1", " ip address 203.0.113.1/24", "interface vlan1", " ip address 10.0.0.1/8")
    yield "zone public"
    yield " network wan"
    yield "  ip subnet 0.0.0.0/0 interface eth1"
    yield "zone private"
    yield " network lan"
    yield "  ip subnet 10.0.0.0/8"
    for number in range(rules):
        yield f"  host h{number}"
        yield f"   ip address 10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    for number in range(rules):
        yield f"application app{number}"
        yield " protocol tcp"
        yield f" dport {1024 + number}"
    yield "firewall"
    for number in range(rules):
        yield f" rule {number + 1} permit app{number} from private.lan.h{number} to public"
    yield " protect"


def access_list(rules: int) -> Iterator[str]:
    """A switch with one list on every port of a VLAN."""
    yield "access-list hardware LONG"
    for number in range(rules):
        yield f" {number + 1} permit tcp 10.{number >> 8}.{number & 255}.0 0.0.0.255 any eq {number}"
    yield " deny ip any any"
    yield "interface port1.0.1-1.0.24"
    yield " switchport access vlan 10"
    yield " access-group LONG"
    yield "interface vlan10"
    yield " ip address 10.0.0.1/8"


def main(words: list[str]) -> None:
    """Time both."""
    rules = int(words[0]) if words else RULES
    for name, made in (("firewall", firewall), ("access list", access_list)):
        source = Source(name, tuple(made(rules)))
        parsed = timed(f"{name}, {rules} rules, {len(source.lines)} lines", source, name, PLUGIN)
        assert not parsed.devices[0].uncertain


if __name__ == "__main__":
    main(sys.argv[1:])
