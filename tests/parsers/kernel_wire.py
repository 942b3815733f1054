"""A box between two wires in which the Linux kernel itself runs a ruleset: ``tests.oracle.netns`` for one packet.

``Wire.send`` puts one packet on the left wire, ``eth0``, and tells how it came out on the right one, ``eth1``.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

import pytest

from tests.oracle import netns
from tests.oracle.netns import Box, Lab, Probe
from zoneguard.model.packet import Packet
from zoneguard.parsers._iptables.ruleset import TABLES

LEFT, RIGHT = "10.1.0.2", "10.2.0.2"
BOX = Box({"eth0": ("10.1.0.1/24",), "eth1": ("10.2.0.1/24",)}, (f"10.9.0.0/16 via {RIGHT}",))


class Wire:
    """A context manager; ``variant`` is ``nft`` or ``legacy``."""

    def __init__(self, variant: str) -> None:
        self._restore = f"iptables-{variant}-restore"
        self._lab = Lab({"box": BOX})

    def __enter__(self) -> Wire:
        self._lab.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._lab.close()

    def fails(self) -> str:
        """What the tool says where it does not work, or ``""``."""
        return netns.tool_fails(self._lab, "box", self._restore, "/dev/null")

    def load(self, text: str) -> None:
        """Replace every table and IP set. Raises ``RuntimeError`` with the tool's words where it refuses."""
        sets, ruleset = ("".join(part) for part in _parted(text))
        empty = "".join(
            f"*{table}\n" + "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains) + "COMMIT\n"
            for table, chains in TABLES.items()
            if table != "security"
        )
        self.run(self._restore, stdin=empty)
        if shutil.which("ipset"):
            self._forget_sets()
            self.run("ipset", "restore", stdin=sets)
        self.run(self._restore, stdin=ruleset)

    def run(self, *command: str, stdin: str = "") -> str:
        """Run a command in the box; its output."""
        return self._lab.run("box", *command, stdin=stdin)

    def send(self, packet: Packet) -> Packet | None:
        """How ``packet``, of no session that the box knows, arrived on the right; ``None``: it did not."""
        self._lab.forget_connections()
        (seen,) = self._lab.send([Probe(("box", "eth0"), packet)])
        return seen.packet if seen.egress == ("box", "eth1") else None

    def _forget_sets(self) -> None:
        """The kernel lets go of the sets of deleted rules a moment later."""
        self.run("ipset", "flush")
        end = time.monotonic() + 5
        while True:
            try:
                self.run("ipset", "destroy")
                break
            except RuntimeError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)


def _parted(text: str) -> tuple[list[str], list[str]]:
    """Lines of ``ipset save`` and those of ``iptables-save``."""
    lines = text.splitlines(keepends=True)
    sets = [line for line in lines if line.startswith(("create ", "add "))]
    return sets, [line for line in lines if line not in sets]


unavailable = netns.unavailable


def opened(variant: str) -> Iterator[Wire]:
    """A wire for a fixture; the test is skipped where this variant of iptables does not work."""
    with Wire(variant) as wire:
        if reason := wire.fails():
            pytest.skip(f"iptables-{variant} does not work here: {reason}")
        yield wire
