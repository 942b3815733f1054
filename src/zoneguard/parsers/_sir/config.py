"""What one configuration of a Fujitsu Si-R says."""

from __future__ import annotations

from dataclasses import dataclass, field

from zoneguard.model.device import Interface, InterfaceAddress
from zoneguard.model.match import Match
from zoneguard.model.quick import quick
from zoneguard.model.spans import SourceSpan


@quick
@dataclass(frozen=True, slots=True)
class Command:
    """``words`` as written, without prompt."""

    line: int
    span: SourceSpan
    words: tuple[str, ...]


@quick
@dataclass(frozen=True, slots=True)
class FilterLine:
    """``action`` is ``pass``, ``reject``, ``restrict`` or ``""`` (unreadable); ``direction`` the word as written.

    ``addresses`` asks what a translation of the port may change (addresses and source port), ``rest`` the remainder.
    """

    span: SourceSpan
    action: str
    addresses: Match
    rest: Match
    direction: str = ""


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """``next_hop`` is ``None`` for a remote."""

    span: SourceSpan
    network: int
    length: int
    next_hop: int | None


@dataclass(slots=True)
class Port:
    """A ``lan N`` or ``remote N``. ``filters`` and ``routes`` by the number of their definition."""

    name: str
    span: SourceSpan
    addresses: list[InterfaceAddress] = field(default_factory=list)
    vlan: int | None = None
    filters: dict[int, FilterLine] = field(default_factory=dict)
    default: tuple[str, SourceSpan] | None = None  # of the filters: the word as written
    nat: SourceSpan | None = None
    routes: dict[int, StaticRoute] = field(default_factory=dict)

    @property
    def line(self) -> bool:
        """Whether it is a line or tunnel to elsewhere, which may be down."""
        return self.name.startswith("remote")

    def interface(self) -> Interface:
        """As the model has it."""
        return Interface(self.name, self.span, tuple(self.addresses), vlan=self.vlan)


@dataclass(slots=True)
class Config:
    """Everything read. ``ports`` by name (``lan0``, ``remote0``) in the order of the file."""

    name: str
    ports: dict[str, Port] = field(default_factory=dict)

    def port(self, name: str, span: SourceSpan) -> Port:
        """The interface of that name, known from now on."""
        return self.ports.setdefault(name, Port(name, span))
