"""What the commands of one configuration say, before it is put together."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.device import Concern, Interface, InterfaceAddress, Route
from zoneguard.model.intervals import Intervals
from zoneguard.model.settings import Service
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source
from zoneguard.parsers._assigned import Given
from zoneguard.parsers._cisco_asa.acl import Entry
from zoneguard.parsers._cisco_asa.lines import Command, Part
from zoneguard.parsers._cisco_asa.objects import Book
from zoneguard.parsers.accounting import Ledger


@dataclass(slots=True)
class Port:
    """An interface as far as read. ``name`` is its ``nameif``; without one it forwards nothing."""

    hardware: str
    span: SourceSpan
    name: str = ""
    level: int | None = None
    addresses: list[InterfaceAddress] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)  # addresses that the network assigns
    takes_default: bool = False  # with its address
    shut: bool = False
    management: bool = False
    vlan: int | None = None
    description: str = ""
    barred: str = ""  # the interface (by hardware) that nothing may be opened to from here

    @property
    def security(self) -> int:
        """The level; by default 100 for ``inside`` and 0 for any other name."""
        return self.level if self.level is not None else 100 if self.name == "inside" else 0

    def interface(self, name: str) -> Interface:
        """As the model has it, called ``name``."""
        return Interface(
            name,
            self.span,
            tuple(self.addresses),
            not self.shut and bool(self.name),
            vlan=self.vlan,
            description=self.description or (self.hardware if self.name else ""),
            assigned=any(given.by == "DHCP" and not given.v6 for given in self.given),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """An ``access-group``: the list ``acl`` asked of packets. ``override``: users may have a list of their own."""

    acl: str
    span: SourceSpan
    override: bool = False


@dataclass(slots=True)
class AccessList:
    """A list in order. ``kind`` is that of its entries; unreadable lines are spans."""

    entries: list[Entry | SourceSpan] = field(default_factory=list)


@dataclass(slots=True)
class Config:
    """Everything read from one configuration. ``prefix`` goes before the names of its interfaces."""

    device: str
    source: Source
    ledger: Ledger
    part: Part
    book: Book
    prefix: str = ""
    ports: dict[str, Port] = field(default_factory=dict)  # by hardware
    named: dict[str, Port] = field(default_factory=dict)  # those that have a name, by it
    acl_lines: list[Command] = field(default_factory=list)
    acls: dict[str, AccessList] = field(default_factory=dict)
    groups: dict[tuple[str, str], list[Group]] = field(default_factory=dict)  # by interface and in, out, control-plane
    everywhere: list[Group] = field(default_factory=list)
    inter: SourceSpan | None = None
    intra: SourceSpan | None = None
    objects: dict[str, list[Command]] = field(default_factory=dict)  # nat commands of network objects
    nats: list[Command] = field(default_factory=list)  # nat, static, global outside of objects
    nat_control: SourceSpan | None = None
    routes: list[Route] = field(default_factory=list)
    tunneled: list[Route] = field(default_factory=list)  # for what comes out of tunnels alone
    tracked: dict[SourceSpan, str] = field(default_factory=dict)
    services: list[tuple[Service, Intervals]] = field(default_factory=list)
    icmp: list[Command] = field(default_factory=list)
    vpn: list[Command] = field(default_factory=list)
    pools: list[tuple[int, int]] = field(default_factory=list)
    bypass: bool = True  # sysopt connection permit-vpn
    users_filtered: bool = False  # a group policy has a vpn-filter
    contexts: dict[str, int] = field(default_factory=dict)  # declared by the system, with the line
    pieces: int = 0  # stretches of addresses in all translations

    def span(self, command: Command) -> SourceSpan:
        """The lines of a command."""
        return self.source.span(command.line, command.last)

    def interface(self, name: str) -> str:
        """The model's name of the interface ``name``."""
        return self.prefix + name

    def known_as(self, port: Port) -> str:
        """The model's name of an interface: its ``nameif``, else what the hardware is called."""
        taken = not port.name and port.hardware in self.named
        return self.prefix + (port.name or port.hardware) + (" (hardware)" if taken else "")

    @property
    def own(self) -> Intervals:
        """Every address of the box."""
        return Intervals.of(*(a.address for port in self.named.values() for a in port.addresses))

    @property
    def end(self) -> SourceSpan:
        """A line to point at for what no line says."""
        return self.source.span(max(1, self.part.commands[-1].last if self.part.commands else self.part.first))

    @property
    def version(self) -> tuple[int, ...] | None:
        """``9.8(2)`` as (9, 8, 2); ``None`` where the header is missing or that of an FTD, which counts otherwise."""
        if self.part.product == "NGFW":
            return None
        found: list[int] = []
        for piece in self.part.version.replace("(", ".").replace(")", ".").split("."):
            if not (piece.isascii() and piece.isdigit()) or len(piece) > 6:
                break
            found.append(int(piece))
        return tuple(found) or None

    @property
    def apart(self) -> frozenset[str]:
        """The model's names of ``management-only`` interfaces whose routes are a table of their own, as from 9.5(1) on
        (CLI configuration guide, "Routing Table for Management Traffic"), and where the header is missing."""
        if self.version is not None and self.version < (9, 5):
            return frozenset()
        return frozenset(self.known_as(port) for port in self.ports.values() if port.management)

    @property
    def old(self) -> bool:
        """Before 8.3: lists see mapped addresses, and NAT has other commands."""
        if self.version is not None:
            return self.version < (8, 3)
        return any(c.words[0] in ("static", "global") for c in self.nats)

    def not_understood(self, line: int, reason: str, concern: Concern, bounded: bool = False) -> None:
        """Line ``line`` is not wholly in the model."""
        self.ledger.not_understood(line, reason, concern, bounded)
