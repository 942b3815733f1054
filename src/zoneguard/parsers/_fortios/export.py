"""What one FortiOS export holds: its version, the tables of the whole device, and its VDOMs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from zoneguard.model.device import Concern
from zoneguard.model.match import Match, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.model.text import Reason
from zoneguard.parsers import Source
from zoneguard.parsers._fortios.blocks import Block, Doubt
from zoneguard.parsers.accounting import Ledger

Version = tuple[int, int, int]

_VERSION = re.compile(r"#config-version=[^-:]{1,40}-v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Scope:
    """One VDOM (``root`` where the device has none). ``label`` names it in conditions that cannot be decided."""

    name: str
    block: Block
    label: str

    def table(self, path: str) -> Block:
        """The table ``path``, empty where the VDOM has none."""
        return self.block.blocks.get(path) or Block(path)

    def setting(self, path: str, name: str, default: str = "") -> str:
        """A word of a table without entries, as ``system settings``."""
        return self.table(path).word(name, default)


@dataclass(frozen=True, slots=True)
class Export:
    """A source, read. ``shared`` holds the tables outside of all VDOMs."""

    source: Source
    ledger: Ledger
    device: str
    version: Version | None
    shared: Block
    scopes: tuple[Scope, ...]

    def span(self, block: Block) -> SourceSpan:
        """Where the block is written first."""
        return self.source.span(block.first, block.last)

    def unknown(self, scope: Scope, key: str, line: int) -> Unknown:
        """A condition that line ``line`` leaves open, told apart from those of other VDOMs and devices."""
        return Unknown(Reason("{label}: {key}", label=scope.label, key=key), self.source.span(line))

    def doubt(self, doubts: Iterable[Doubt], concern: Concern = Concern.FILTER) -> None:
        """Enter lines that the model holds as conditions which cannot be decided."""
        for line, reason in doubts:
            self.ledger.not_understood(line, reason, concern, bounded=True)

    def since(self, *version: int) -> bool | None:
        """Whether the device runs ``version`` or a later one; ``None`` where the file does not tell."""
        return None if self.version is None else self.version >= version


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and the lines that leave it open."""

    match: Match
    doubts: tuple[Doubt, ...] = ()


def read_export(source: Source, ledger: Ledger, device: str, root: Block) -> Export:
    """The scopes of a tree."""
    shared = root.blocks.get("global") or root
    vdoms = {name: entry for name, entry in _vdoms(root).items() if entry.blocks}
    if not vdoms:
        scopes: tuple[Scope, ...] = (Scope("root", shared, device),)
    else:
        scopes = tuple(Scope(name, entry, f"{device}/{name}") for name, entry in vdoms.items())
    return Export(source, ledger, device, _version(source), shared, scopes)


def _vdoms(root: Block) -> dict[str, Block]:
    table = root.blocks.get("vdom")
    return table.entries if table is not None else {}


def _version(source: Source) -> Version | None:
    for line in source.own[:20]:
        match = _VERSION.match(line.strip())
        if match:
            major, minor, patch = match.groups()
            return int(major), int(minor), int(patch or 0)
    return None
