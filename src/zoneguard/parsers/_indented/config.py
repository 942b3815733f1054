"""What is read of a switch before it is put together: interfaces, and the account of each command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from zoneguard.model.device import Concern, Interface, InterfaceAddress
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._indented.lines import Line
from zoneguard.parsers._indented.words import UnreadableError, is_number
from zoneguard.parsers.accounting import Ledger

MAIN = "main"
"""The forwarding context outside of every VRF: *global network*, *global VRF instance*."""


@dataclass(slots=True)
class BasePort:
    """An interface: of a VLAN, or a port, routed or switched. ``numbered``: it has a primary IPv4 address; ``virtual``:
    addresses of VRRP; ``group``: the aggregate that it is a member of."""

    name: str
    span: SourceSpan
    addresses: list[InterfaceAddress] = field(default_factory=list)
    numbered: bool = False
    virtual: list[int] = field(default_factory=list)
    shut: bool = False
    description: str = ""
    vrf: str = MAIN
    tag: int | None = None
    mode: str = "access"
    access: int = 1
    group: str = ""

    @property
    def vlan(self) -> int | None:
        """The VLAN that it is the routed interface of."""
        number = self.name.removeprefix("vlan")
        return int(number) if self.name != number and is_number(number) else self.tag

    def interface(self) -> Interface:
        """As the model has it. A virtual address has the subnet of the real address that it lies in."""
        own = self.addresses
        virtual = [
            InterfaceAddress(router, next((a.length for a in own if router in a.subnet), 128 if router >> 128 else 32))
            for router in self.virtual
            if all(router != a.address for a in own)
        ]
        return Interface(
            name=self.name,
            span=self.span,
            addresses=(*own, *virtual),
            enabled=not self.shut,
            vlan=self.vlan,
            description=self.description,
        )


@dataclass(slots=True)
class BaseConfig:
    """One configuration, and how to account for what was not read."""

    source: Source
    ledger: Ledger
    name: str

    def not_understood(self, line: int, reason: str, concern: Concern, bounded: bool = False) -> None:
        """Line ``line`` was read, and something about it is not in the model, or as an ``Unknown`` (``bounded``)."""
        self.ledger.not_understood(line, reason, concern, bounded)

    def read(self, line: Line, concern: Concern, reader: Callable[[Line], None], bounded: bool = False) -> bool:
        """Let ``reader`` take ``line``; where it cannot read it, the line is not understood. ``True``: it was read."""
        self.ledger.understood(line.number)
        try:
            reader(line)
        except UnreadableError as error:
            self.not_understood(line.number, str(error), concern, bounded)
            return False
        return True

    def ignored(self, reason: str, lines: Iterable[Line]) -> None:
        """Account for ``lines`` and what is under them as what cannot affect forwarding."""
        for line in lines:
            for each in line.subtree():
                self.ledger.ignored(reason, each.number)


C = TypeVar("C", bound=BaseConfig)
Readers = Mapping[tuple[str, ...], tuple[Callable[[Line, C], None], Concern]]
"""By the first words of a command, up to three: who reads it, and what it may change."""


def take(lines: Iterable[Line], config: C, readers: Readers[C], otherwise: Callable[[Line, C], None]) -> C:
    """Give each command to the reader of the most of its words; what has none to ``otherwise``."""
    for line in lines:
        words = tuple(word.lower() for word in line.words[:3])
        known = next((readers[words[:n]] for n in (3, 2, 1) if words[:n] in readers), None)
        if known is None:
            otherwise(line, config)
        else:
            config.read(line, known[1], partial(_handed, known[0], config))
    return config


def _handed(reader: Callable[[Line, C], None], config: C, line: Line) -> None:
    reader(line, config)
