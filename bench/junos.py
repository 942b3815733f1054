"""Parsing an SRX of many policies, as ``set`` commands and in braces: ``python -m bench.junos [POLICIES]``."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from itertools import takewhile
from random import Random

from bench._parsing import timed
from zoneguard.model.device import Filter
from zoneguard.parsers import Source
from zoneguard.parsers.junos import PLUGIN

ZONES = 12
Path = tuple[str, ...]


def statements(policies: int, seed: int = 1) -> Iterator[Path]:
    """A firewall of twelve zones: an address for every second policy, a set for every twentieth, 100 applications."""
    random = Random(seed)
    yield "version", "21.4R3.15"
    for n in range(ZONES):
        port = f"ge-0/0/{n}"
        yield "interfaces", port, "unit", "0", "family", "inet", "address", f"10.{n}.0.1/16"
        yield "security", "zones", "security-zone", f"zone{n}", "interfaces", f"{port}.0"
    book = ("security", "address-book", "global")
    addresses = [f"host-{n}" for n in range(max(8, policies // 2))]
    for n, name in enumerate(addresses):
        yield *book, "address", name, f"10.{n % ZONES}.{n // 250 % 250}.{n % 250}/32"
    sets = [f"set-{n}" for n in range(max(1, policies // 20))]
    for name in sets:
        for member in random.sample(addresses, 8):
            yield *book, "address-set", name, "address", member
    for n in range(100):
        yield "applications", "application", f"tcp-{n}", "protocol", "tcp"
        yield "applications", "application", f"tcp-{n}", "destination-port", str(1000 + n)
    pairs = [(a, b) for a in range(ZONES) for b in range(ZONES)]
    for n in range(policies):
        came, leaves = pairs[n * len(pairs) // policies]
        policy = (
            "security", "policies", "from-zone", f"zone{came}", "to-zone", f"zone{leaves}", "policy", f"policy-{n}"
        )  # fmt: skip
        yield *policy, "match", "source-address", random.choice(sets if n % 3 else addresses)
        for _ in range(2):
            yield *policy, "match", "destination-address", random.choice(addresses)
        yield *policy, "match", "application", f"tcp-{n % 100}"
        yield *policy, "then", "permit" if n % 4 else "deny"
        yield *policy, "then", "log", "session-close"


def commands(paths: list[Path]) -> tuple[str, ...]:
    """As ``set`` commands."""
    return tuple(f"set {' '.join(path)}" for path in paths)


LEVELS = frozenset({
    "unit", "family", "security-zone", "from-zone", "to-zone", "policy", "address-set", "application",
})  # fmt: skip


def braces(paths: list[Path]) -> tuple[str, ...]:
    """As a device prints it: a keyword and its name are one level, and so are two zones."""
    lines: list[str] = []
    open_: list[Path] = []
    for path in paths:
        levels = list(_levels(path))
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(open_, levels[:-1], strict=False)))
        while len(open_) > same:
            open_.pop()
            lines.append("    " * len(open_) + "}")
        for level in levels[same:-1]:
            lines.append("    " * len(open_) + " ".join(level) + " {")
            open_.append(level)
        lines.append("    " * len(open_) + " ".join(levels[-1]) + ";")
    return (*lines, *("    " * n + "}" for n in reversed(range(len(open_)))))


def _levels(path: Path) -> Iterator[Path]:
    """``path`` cut into levels of braces; the last is the statement."""
    at = 0
    while at < len(path) - 2:
        size = 1
        if path[at] in LEVELS:
            size = 4 if path[at] == "from-zone" else 2
        yield path[at : at + size]
        at += size
    yield path[at:]


def main(policies: int) -> None:
    """Print what each form of a firewall of ``policies`` policies takes."""
    paths = list(statements(policies))
    for name, lines in (("set commands", commands(paths)), ("braces", braces(paths))):
        source = Source("bench", lines)
        gc.collect()
        parsed = timed(f"{name}, {len(lines):,} lines", source, "bench", PLUGIN)
        (device,) = parsed.devices
        (stage,) = (s for s in device.vrfs[0].stages if isinstance(s, Filter))
        print(f"    {len(stage.rules.rules):,} policies, {len(parsed.account.not_understood)} lines not understood")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
