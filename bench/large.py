"""Inputs larger than any town's, as whole processes: a group of 10,000 addresses, a list of 100,000 rules.

``python -m bench.large [ADDRESSES [RULES]]``. What counts is that each ends with an answer, and in how much memory.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench._process import run

ADDRESSES, RULES = 10_000, 100_000
PROJECT = """\
zoneguard: 1
profile: [mikasa]
zones:
  lgwan: {class: lgwan, prefixes: [10.20.0.0/16]}
  internet: {class: internet, prefixes: [10.30.0.0/16]}
devices:
  fw: {config: fw.conf}
"""
INTERFACES = """\
config system interface
    edit "port1"
        set ip 10.20.0.1 255.255.0.0
    next
    edit "port2"
        set ip 10.30.0.1 255.255.0.0
    next
end
config router static
end
"""
POLICY = """\
config firewall policy
    edit 1
        set srcintf "port1"
        set dstintf "port2"
        set srcaddr "big"
        set dstaddr "all"
        set action accept
        set schedule "always"
        set service "HTTPS"
{more}    next
end
"""
ROUTER = """\
hostname fw
interface GigabitEthernet0/0
 ip address 10.20.0.1 255.255.0.0
 ip access-group LONG in
interface GigabitEthernet0/1
 ip address 10.30.0.1 255.255.0.0
{lists}end
"""


def hosts(count: int) -> list[str]:
    """Addresses of the LGWAN zone, scattered over it."""
    return [f"10.20.{n >> 8}.{n & 255}" for n in Random(count).sample(range(2, 65_534), count)]


def group(count: int, more: str = "") -> str:
    """A FortiGate with a group of so many hosts, which may open HTTPS; ``more`` are lines of the policy."""
    named = {f"h{number}": host for number, host in enumerate(hosts(count))}
    objects = "".join(f'    edit "{n}"\n        set subnet {h} 255.255.255.255\n    next\n' for n, h in named.items())
    members = " ".join(f'"{name}"' for name in named)
    return (
        f"{INTERFACES}config firewall address\n{objects}end\n"
        f'config firewall addrgrp\n    edit "big"\n        set member {members}\n    next\nend\n'
        f"{POLICY.format(more=more)}"
    )


def object_group(count: int) -> str:
    """The same of a Cisco router."""
    listed = "".join(f" host {host}\n" for host in hosts(count))
    permit = "ip access-list extended LONG\n permit tcp object-group BIG any eq 443\n"
    return ROUTER.format(lists=f"object-group network BIG\n{listed}{permit}")


def long_list(count: int) -> str:
    """A Cisco router with a list of so many lines."""
    rng = Random(count)
    lines = (
        f" {rng.choice(('permit', 'deny'))} tcp host 10.20.{rng.randrange(256)}.{rng.randrange(256)} "
        f"10.30.{rng.randrange(256)}.0 0.0.0.255 eq {rng.choice((22, 80, 443, 8080))}\n"
        for _ in range(count)
    )
    return ROUTER.format(lists=f"ip access-list extended LONG\n{''.join(lines)}")


def write_project(root: Path, config: str) -> None:
    """Two zones behind the device."""
    (root / "fw.conf").write_text(config)
    (root / "zoneguard.yaml").write_text(PROJECT)


def main(sizes: list[str]) -> None:
    """Measure both, by default ``ADDRESSES`` and ``RULES``."""
    addresses, rules = (int(size) for size in (*sizes, *map(str, (ADDRESSES, RULES)[len(sizes) :])))
    cases = {
        f"verify, a group of {addresses:,} addresses": ("verify", group(addresses)),
        "verify, the same behind one address": ("verify", group(addresses, "        set nat enable\n")),
        f"matrix, {rules:,} rules": ("matrix", long_list(rules)),
        f"verify, {rules:,} rules": ("verify", long_list(rules)),
    }
    for title, (command, config) in cases.items():
        with TemporaryDirectory() as folder:
            write_project(Path(folder), config)
            run(title, (command, folder, "--format", "json"), (0, 1, 3))


if __name__ == "__main__":
    main(sys.argv[1:])
