"""Parsing 10,000 rules that each have objects of their own: ``python -m bench.own_objects [RULES]``."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator

from bench._parsing import timed
from bench.junos import Path, braces, commands
from bench.panos import Setting, block_form, set_form
from zoneguard.parsers import Source
from zoneguard.parsers.reading import laid_out, parser_named

RULES = 10_000
SIDES = (("s", 1), ("d", 2))


def address(side: int, n: int) -> str:
    """The ``n``-th host of a side."""
    return f"10.{side}.{n >> 8}.{n & 255}"


def panos(rules: int) -> Iterator[Setting]:
    """Of each rule two addresses, a group and a service."""
    ports = ("ethernet1/1", "ethernet1/2")
    for n, port in enumerate(ports, 1):
        yield ("network", "interface", "ethernet", port, "layer3", "ip"), (f"10.{n}.0.1/16",)
    yield ("network", "virtual-router", "default", "interface"), ports
    for n, port in enumerate(ports, 1):
        yield ("zone", f"zone{n}", "network", "layer3"), (port,)
    for n in range(rules):
        for name, side in SIDES:
            yield ("address", f"h-{name}{n}", "ip-netmask"), (f"{address(side, n)}/32",)
    for n in range(rules):
        yield ("address-group", f"g-{n}", "static"), (f"h-s{n}", f"h-d{n}")
    for n in range(rules):
        yield ("service", f"tcp-{n}", "protocol", "tcp", "port"), (str(n + 1),)
    for n in range(rules):
        rule = ("rulebase", "security", "rules", f"rule-{n}")
        given = (
            ("to", "zone1"), ("from", "zone2"), ("source", f"h-s{n}"), ("destination", f"g-{n}"),
            ("source-user", "any"), ("category", "any"), ("application", "any"), ("service", f"tcp-{n}"),
            ("action", "allow" if n % 4 else "deny"), ("log-end", "yes"),
        )  # fmt: skip
        for setting, value in given:
            yield (*rule, setting), (value,)


def junos(rules: int) -> Iterator[Path]:
    """Of each policy two addresses, a set and an application."""
    for n in (1, 2):
        yield "interfaces", f"ge-0/0/{n}", "unit", "0", "family", "inet", "address", f"10.{n}.0.1/16"
        yield "security", "zones", "security-zone", f"zone{n}", "interfaces", f"ge-0/0/{n}.0"
    book = ("security", "address-book", "global")
    for n in range(rules):
        for name, side in SIDES:
            yield *book, "address", f"h{name}{n}", f"{address(side, n)}/32"
    for n in range(rules):
        for name, _ in SIDES:
            yield *book, "address-set", f"set{n}", "address", f"h{name}{n}"
    for n in range(rules):
        yield "applications", "application", f"tcp-{n}", "protocol", "tcp"
        yield "applications", "application", f"tcp-{n}", "destination-port", str(n + 1)
    for n in range(rules):
        policy = ("security", "policies", "from-zone", "zone1", "to-zone", "zone2", "policy", f"policy-{n}")
        yield *policy, "match", "source-address", f"hs{n}"
        yield *policy, "match", "destination-address", f"set{n}"
        yield *policy, "match", "application", f"tcp-{n}"
        yield *policy, "then", "permit" if n % 4 else "deny"


def asa(rules: int) -> Iterator[str]:
    """Of each rule an address, a group and a service."""
    yield "ASA Version 9.16(4)"
    for n, name in enumerate(("outside", "inside")):
        yield from (f"interface GigabitEthernet0/{n}", f" nameif {name}", f" ip address 10.{n}.0.1 255.255.0.0")
    for n in range(rules):
        yield from (f"object network h{n}", f" host {address(1, n)}")
    for n in range(rules):
        yield from (f"object service s{n}", f" service tcp destination eq {n + 1}")
    for n in range(rules):
        yield from (
            f"object-group network g{n}",
            f" network-object object h{n}",
            f" network-object host {address(2, n)}",
        )
    for n in range(rules):
        yield f"access-list IN extended permit object s{n} object h{n} object-group g{n} log"
    yield "access-group IN in interface outside"


def fortios(rules: int) -> Iterator[str]:
    """Of each policy two addresses, a group and a service."""
    yield from (
        "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin",
        "config system interface",
    )
    for n in (1, 2):
        yield from (f'    edit "port{n}"', f"        set ip 10.{n}.0.1 255.255.0.0", "    next")
    yield from ("end", "config firewall address")
    for n in range(rules):
        for name, side in SIDES:
            yield from (f'    edit "h{name}{n}"', f"        set subnet {address(side, n)} 255.255.255.255", "    next")
    yield from ("end", "config firewall addrgrp")
    for n in range(rules):
        yield from (f'    edit "g{n}"', f'        set member "hs{n}" "hd{n}"', "    next")
    yield from ("end", "config firewall service custom")
    for n in range(rules):
        yield from (f'    edit "s{n}"', f"        set tcp-portrange {n + 1}", "    next")
    yield from ("end", "config firewall policy")
    for n in range(rules):
        yield from (f"    edit {n + 1}", '        set srcintf "port1"', '        set dstintf "port2"')
        yield from (f'        set srcaddr "hs{n}"', f'        set dstaddr "g{n}"', "        set action accept")
        yield from ('        set schedule "always"', f'        set service "s{n}"', "    next")
    yield "end"


def nftables(rules: int) -> Iterator[str]:
    """Of each rule a set of addresses, and one of ports in its place."""
    yield "table inet filter {"
    for n in range(rules):
        yield from (f"\tset s{n} {{", "\t\ttype ipv4_addr", "\t\tflags interval")
        yield from (f"\t\telements = {{ {address(1, n)}, 10.3.{n >> 4 & 255}.{(n & 15) << 4}/28 }}", "\t}")
    yield from ("\tchain forward {", "\t\ttype filter hook forward priority filter; policy drop;")
    for n in range(rules):
        yield f"\t\tip saddr @s{n} tcp dport {{ 22, {n % 60_000 + 100} }} counter packets 0 bytes 0 accept"
    yield from ("\t}", "}")


def nftables_json(rules: int) -> Iterator[str]:
    """The same as ``nft -j`` prints it, laid out as it is read."""
    where = {"family": "inet", "table": "filter"}
    chain = {"name": "forward", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}
    found: list[object] = [{"table": {"family": "inet", "name": "filter"}}, {"chain": where | chain}]
    for n in range(rules):
        range_ = {"prefix": {"addr": f"10.3.{n >> 4 & 255}.{(n & 15) << 4}", "len": 28}}
        named = {"name": f"s{n}", "type": "ipv4_addr", "flags": ["interval"], "elem": [address(1, n), range_]}
        found.append({"set": where | named})
    for n in range(rules):
        saddr = {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": f"@s{n}"}
        ports = {"set": [22, n % 60_000 + 100]}
        dport = {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": ports}
        found.append(
            {"rule": where | {"chain": "forward", "expr": [{"match": saddr}, {"match": dport}, {"accept": None}]}}
        )
    yield from laid_out(json.dumps({"nftables": [{"metainfo": {"json_schema_version": 1}}, *found]}))


FORMATS: tuple[tuple[str, str, Callable[[int], tuple[str, ...]]], ...] = (
    ("panos", "set lines", lambda rules: set_form(panos(rules))),
    ("panos", "braces", lambda rules: block_form(panos(rules), xml=False)),
    ("panos", "XML", lambda rules: block_form(panos(rules), xml=True)),
    ("junos", "set commands", lambda rules: commands(list(junos(rules)))),
    ("junos", "braces", lambda rules: braces(list(junos(rules)))),
    ("cisco-asa", "", lambda rules: tuple(asa(rules))),
    ("fortios", "", lambda rules: tuple(fortios(rules))),
    ("nftables", "", lambda rules: tuple(nftables(rules))),
    ("nftables-json", "", lambda rules: tuple(nftables_json(rules))),
)


def main(words: list[str]) -> None:
    """Time each format; a line that is not understood ends the program."""
    rules = int(words[0]) if words else RULES
    for name, form, made in FORMATS:
        source = Source("bench", made(rules))
        gc.collect()
        parsed = timed(f"{name}{form and f' {form}'}, {len(source.lines):,} lines", source, "bench", parser_named(name))
        assert not parsed.account.not_understood, parsed.account.not_understood[:2]


if __name__ == "__main__":
    main(sys.argv[1:])
