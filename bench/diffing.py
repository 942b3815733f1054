"""``zoneguard diff`` of two firewalls of 5,000 rules that differ in one, whole process: ``python -m bench.diffing``."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench._process import describe, run

RULES = 5_000
ROUTES = """\
10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1
10.2.0.0/24 dev eth1 proto kernel scope link src 10.2.0.1
"""
PROJECT = """\
zoneguard: 1
profile: []
zones:
  a: {class: lgwan, prefixes: 10.1.0.0/24}
  b: {class: internet, prefixes: 10.2.0.0/24}
devices:
  gw: {config: gw.rules, routes: gw.routes}
"""


def write_project(root: Path, port: int, rules: int = RULES) -> None:
    """Two zones behind a firewall of random rules, of which the middle one has this port."""
    rng = Random(rules)

    def network(zone: int) -> str:
        length = rng.choice((24, 28, 32))
        return f"10.{zone}.0.{rng.randrange(256) & -(1 << (32 - length))}/{length}"

    lines = [
        f"-A FORWARD -s {network(1)} -d {network(2)} -p {proto} -m {proto} --dport {rng.randrange(1, 20000)} "
        f"-j {rng.choice(('ACCEPT', 'ACCEPT', 'DROP'))}"
        for proto in (rng.choice(("tcp", "udp")) for _ in range(rules))
    ]
    lines[rules // 2] = f"-A FORWARD -s 10.1.0.5/32 -d 10.2.0.64/28 -p tcp -m tcp --dport {port} -j ACCEPT"
    head = ("*filter", ":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")
    root.mkdir()
    (root / "gw.rules").write_text("\n".join((*head, *lines, "COMMIT", "")))
    (root / "gw.routes").write_text(ROUTES)
    (root / "zoneguard.yaml").write_text(PROJECT)


def main(sizes: list[str]) -> None:
    """Measure each size, by default ``RULES``."""
    for size in sizes or [str(RULES)]:
        with TemporaryDirectory() as folder:
            old, new = Path(folder, "old"), Path(folder, "new")
            write_project(old, 30001, int(size))
            write_project(new, 30002, int(size))
            print(describe(old / "gw.rules"))
            run("diff of one changed rule", ("diff", old, new, "--format", "json"), (0, 1, 3))


if __name__ == "__main__":
    main(sys.argv[1:])
