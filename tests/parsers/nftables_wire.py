"""The box of ``kernel_wire`` with a ruleset of nftables in it, and nft itself as a reader."""

from __future__ import annotations

from collections.abc import Iterator

from tests.parsers import kernel_wire
from tests.parsers.kernel_wire import Wire

unavailable = kernel_wire.unavailable


class NftWire(Wire):
    """``load`` takes what ``nft -f`` takes."""

    def __init__(self) -> None:
        super().__init__("nft")

    def __enter__(self) -> NftWire:
        super().__enter__()
        return self

    def load(self, text: str) -> None:
        """Replace the whole ruleset. Raises ``RuntimeError`` with nft's words where it refuses."""
        self.run("nft", "-f", "-", stdin="flush ruleset\n" + text)

    def listed(self, *options: str) -> str:
        """``nft list ruleset`` of what is loaded."""
        return self.run("nft", *options, "list", "ruleset")


def opened() -> Iterator[NftWire]:
    """A wire for a fixture."""
    with NftWire() as wire:
        yield wire
