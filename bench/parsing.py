"""Parsing 10,000 rules of formats without a bench of their own: ``python -m bench.parsing [RULES]``."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator
from io import BytesIO

import xlsxwriter

from bench._measure import phase
from bench._parsing import timed
from zoneguard.parsers import Source
from zoneguard.parsers._rule_list.workbook import workbook_text
from zoneguard.parsers.reading import detect

RULES = 10_000


def iptables(rules: int) -> Iterator[str]:
    """An iptables-save export: hosts, ports, comments."""
    yield from ("*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
    for n in range(rules):
        yield (
            f"-A FORWARD -s 10.{n >> 8 & 255}.{n & 255}.0/24 -d 192.168.{n & 255}.{n >> 8}/32 -i eth{n % 4} -p tcp "
            f'-m tcp --dport {n} -m comment --comment "ticket {n}" -j {"ACCEPT" if n % 5 else "DROP"}'
        )
    yield "COMMIT"


def nftables(rules: int) -> Iterator[str]:
    """The text of ``nft list ruleset``."""
    yield from (
        "table inet filter {",
        "\tchain forward {",
        "\t\ttype filter hook forward priority filter; policy drop;",
    )
    for n in range(rules):
        yield f"\t\tip saddr 10.{n >> 8 & 255}.{n & 255}.0/24 tcp dport {n} counter packets 0 bytes 0 accept"
    yield from ("\t}", "}")


def fortios(rules: int) -> Iterator[str]:
    """A full configuration: an address and a service for each policy."""
    yield "#config-version=FGT60F-7.2.8-FW-build1639-240313:opmode=0:vdom=0:user=admin"
    yield from ("config system interface",)
    for n in (1, 2):
        yield from (f'edit "port{n}"', 'set vdom "root"', f"set ip 10.{n}.0.1 255.255.0.0", "next")
    yield from ("end", "config firewall address")
    for n in range(rules):
        yield from (f'edit "h{n}"', f"set subnet 10.1.{n >> 8}.{n & 255} 255.255.255.255", "next")
    yield from ("end", "config firewall service custom")
    for n in range(rules):
        yield from (f'edit "s{n}"', f"set tcp-portrange {n + 1}", "next")
    yield from ("end", "config firewall policy")
    for n in range(rules):
        yield from (f"edit {n + 1}", 'set srcintf "port1"', 'set dstintf "port2"', f'set srcaddr "h{n}"')
        yield from ('set dstaddr "all"', "set action accept", 'set schedule "always"', f'set service "s{n}"', "next")
    yield "end"


def yamaha(rules: int) -> Iterator[str]:
    """An RTX with static filters in both directions."""
    yield from ("# RTX1210 Rev.14.01.42", "ip lan1 address 10.1.0.1/16", "ip lan2 address 10.2.0.1/16")
    for n in range(rules):
        yield f"ip filter {n + 1} pass 10.1.{n >> 8}.{n & 255} 10.2.0.0/16 tcp * {n + 1}"
    numbers = " ".join(str(n + 1) for n in range(100))
    yield f"ip lan2 secure filter out {numbers}"


def ip6tables(rules: int) -> Iterator[str]:
    """An ip6tables-save export."""
    yield from ("*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
    for n in range(rules):
        yield f"-A FORWARD -s 2001:db8:{n:x}::/48 -d 2001:db8:ffff::{n:x}/128 -p tcp -m tcp --dport {n} -j ACCEPT"
    yield "COMMIT"


def nftables_json(rules: int) -> Iterator[str]:
    """What ``nft -j list ruleset`` prints: one line."""
    where = {"family": "inet", "table": "filter"}
    chain = {"name": "forward", "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}
    found: list[object] = [{"table": {"family": "inet", "name": "filter"}}, {"chain": where | chain}]
    for n in range(rules):
        source = {"prefix": {"addr": f"10.{n >> 8 & 255}.{n & 255}.0", "len": 24}}
        saddr = {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": source}
        dport = {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": n}
        expr = [{"match": saddr}, {"match": dport}, {"counter": {"packets": 0, "bytes": 0}}, {"accept": None}]
        found.append({"rule": where | {"chain": "forward", "handle": n, "expr": expr}})
    yield json.dumps({"nftables": [{"metainfo": {"version": "1.0.9", "json_schema_version": 1}}, *found]})


def rule_list(rules: int) -> Iterator[str]:
    """A list of requirements in CSV."""
    yield "No,送信元,宛先,プロトコル,ポート,許可"
    for n in range(rules):
        yield f"{n + 1},10.1.{n >> 8}.{n & 255},10.2.0.0/16,TCP,{n + 1},許可"


def workbook(rules: int) -> bytes:
    """The same list as a workbook."""
    out = BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate(csv.reader(rule_list(rules))):
            sheet.write_row(at, 0, [int(cell) if cell.isdecimal() else cell for cell in row])
    return out.getvalue()


def ipcom(rules: int) -> Iterator[str]:
    """An IPCOM with as many static routes: its rules are not read."""
    for n in (0, 1):
        yield from (f"interface lan0.{n}", f"  ip address 10.{n}.0.1/16", "  ip-routing", "  exit")
    for n in range(rules):
        yield f"ip route 10.2.{n >> 8}.{n & 255}/32 10.1.0.9"


FORMATS: tuple[Callable[[int], Iterator[str]], ...] = (
    iptables,
    ip6tables,
    nftables,
    nftables_json,
    fortios,
    yamaha,
    rule_list,
    ipcom,
)


def main(words: list[str]) -> None:
    """Time each format; a line that is not understood ends the program."""
    rules = int(words[0]) if words else RULES
    for made in FORMATS:
        source = Source(made.__name__, tuple(made(rules)))
        parser = detect(source)
        parsed = timed(f"{parser.name}, {rules} rules, {len(source.lines)} lines", source, made.__name__, parser)
        assert not parsed.account.not_understood, parsed.account.not_understood[:2]
    data = workbook(rules)
    with phase(f"workbook → lines, {rules} rules"):
        workbook_text(data, "workbook")


if __name__ == "__main__":
    main(sys.argv[1:])
