"""The three namespaces of ``kernel_wire`` with a ruleset of nftables in the box, and nft itself as a reader."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator

from tests.parsers import kernel_wire
from tests.parsers.kernel_wire import Wire


class NftWire(Wire):
    """``load`` takes what ``nft -f`` takes."""

    def __init__(self) -> None:
        super().__init__("xnft")

    def __enter__(self) -> NftWire:
        super().__enter__()
        return self

    def load(self, text: str) -> None:
        """Replace the whole ruleset. Raises ``RuntimeError`` with nft's words where it refuses."""
        self._in_box("nft", "-f", "-", text="flush ruleset\n" + text)

    def listed(self, *options: str) -> str:
        """``nft list ruleset`` of what is loaded."""
        command = ["ip", "netns", "exec", self._names[1], "nft", *options, "list", "ruleset"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def unavailable() -> str:
    """Why the kernel cannot be asked here; empty where it can."""
    if shutil.which("nft") is None or shutil.which("ip") is None:
        return "needs nft and ip"
    reason = kernel_wire.unavailable()
    return "" if os.geteuid() == 0 and "iptables" in reason else reason


def opened() -> Iterator[NftWire]:
    """A wire for a fixture."""
    with NftWire() as wire:
        yield wire
