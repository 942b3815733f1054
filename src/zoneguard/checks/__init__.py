"""One check a file: crossings, transfers, register and accounts → findings. Its docstring is its documentation.

A check says what is so and where; which clauses that decides is said by the profiles.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from zoneguard.checks._forms import forms_of
from zoneguard.model.crossing import Crossing
from zoneguard.model.device import Device, LineAccount
from zoneguard.model.findings import Finding
from zoneguard.model.flows import CaptureAccount, Flow, FlowTable, Transfer
from zoneguard.model.intervals import Intervals
from zoneguard.model.packets import PacketSet, PacketSpace
from zoneguard.model.policy import Severity
from zoneguard.model.project import CaptureEntry, Project
from zoneguard.model.text import Text, paragraphs
from zoneguard.model.zones import ZoneClass
from zoneguard.static.analysis import Analysis, analyse
from zoneguard.static.reachability import Network, policy_view

if TYPE_CHECKING:  # NumPy is not needed where nothing was captured
    from zoneguard.dynamic.columns import Bool
    from zoneguard.dynamic.traffic import Traffic


@dataclass(frozen=True, slots=True)
class StaticResult:
    """What the configurations say. ``possible``: every crossing that may be opened, split by the deciding lines.
    ``intended``: what rule lists say is meant to pass, whatever their undecided rows mean (``None``: there are none).
    ``unplanned``: sessions between zones of class ``mynumber`` or ``lgwan`` and addresses that no zone holds.
    """

    devices: tuple[Device, ...]
    accounts: tuple[LineAccount, ...]
    network: Network
    possible: tuple[Crossing, ...]
    intended: PacketSet | None = None
    unplanned: tuple[Crossing, ...] = ()


@dataclass(frozen=True, slots=True)
class DynamicResult:
    """What the captures showed. ``traffic``: the flows in columns; ``points``: which entry names a file. Of flows whose
    content nobody reads (``traffic.unread``) there are no ``transfers``."""

    flows: FlowTable
    traffic: Traffic
    transfers: tuple[Transfer, ...]
    accounts: tuple[CaptureAccount, ...]
    points: Mapping[str, CaptureEntry]


@dataclass(frozen=True)
class Case:
    """Everything a check may look at; a half that was not run is ``None``. ``unread`` keeps what ``_unread`` found."""

    project: Project
    space: PacketSpace
    static: StaticResult | None = None
    dynamic: DynamicResult | None = None
    unread: dict[tuple[str, str], Bool] = field(default_factory=dict, repr=False)
    _views: dict[int, PacketSet] = field(default_factory=dict, repr=False)

    @property
    def possible(self) -> tuple[Crossing, ...]:
        """The possible crossings; none where the static half was not run."""
        return self.static.possible if self.static else ()

    @property
    def traffic(self) -> Traffic | None:
        """The flows of the captures; ``None`` where the dynamic half was not run."""
        return self.dynamic.traffic if self.dynamic else None

    @cached_property
    def possible_forms(self) -> PacketSet:
        """Whatever captures may show of the sessions that the configurations let pass."""
        return forms_of(self.space, (crossing.packets.may() for crossing in self.possible))

    @cached_property
    def legitimate(self) -> Bool:
        """Which flows of ``traffic`` run between two zones as the project allows, on whichever side of NAT."""
        from zoneguard.checks._legitimate import legitimate  # noqa: PLC0415 (it needs NumPy)

        assert self.traffic is not None
        return legitimate(self, self.traffic)

    def allows(self, flow: Flow) -> bool:
        """Whether no check of zones has anything to say of the flow: it is legitimate, or no crossing of its own."""
        if self.traffic is None:
            return True
        at = self.traffic.position(flow)
        return at < 0 or not self.traffic.crossing[at] or bool(self.legitimate[at])

    def view(self, crossing: Crossing) -> PacketSet:
        """The packets between the two hosts: source as sent, destination as received."""
        if id(crossing) not in self._views:
            self._views[id(crossing)] = policy_view(crossing)
        return self._views[id(crossing)]

    def asks(self, check: str, aspect: str) -> bool:
        """Whether a clause of the project's policies rests on the check as a whole, or on this aspect of it."""
        return any(profile.citing(check, aspect) for profile in self.project.profiles)

    @cached_property
    def analyses(self) -> tuple[Analysis, ...]:
        """What is wrong with the rule lists of each device; none where the static half was not run."""
        if self.static is None:
            return ()
        topology = self.static.network.topology
        return tuple(analyse(device, topology=topology) for device in self.static.devices)

    @cached_property
    def own(self) -> Intervals:
        """Every address of a modelled device."""
        return Intervals.of(*self.static.network.topology.owners) if self.static else Intervals()

    @cached_property
    def by_pair(self) -> Mapping[tuple[str, str], tuple[Crossing, ...]]:
        """The possible crossings of each ordered pair of zones."""
        pairs: dict[tuple[str, str], list[Crossing]] = {}
        for crossing in self.possible:
            pairs.setdefault((crossing.source, crossing.destination), []).append(crossing)
        return {pair: tuple(crossings) for pair, crossings in pairs.items()}


@dataclass(frozen=True, slots=True)
class Check:
    """A check plugin. ``id`` is ``ZG`` and three digits. ``needs``: ``static``, ``dynamic`` or both; where a need is
    missing the check is not run and the clauses that rest on it are undetermined. So are they where ``silent`` says why
    the check can decide nothing here, as without a ledger, and where ``unseen`` says what it could not look into; both
    are asked for the aspect that the clause names (empty: the check as a whole). ``alone``: it rests on the register,
    whatever configurations or captures could not be read. A clause may cite one of the ``aspects`` alone; ``by_zone``:
    a class of zones, as ``dmz``, ``>dmz`` or ``dmz>internet``.

    ``title``, ``why``, ``fix`` and ``wants`` (what it takes to decide more) are message ids of the catalogue;
    ``example`` shows what is found and what is not, as lines that begin with ``-`` and ``+``."""

    id: str
    name: str
    title: str
    severity: Severity
    run: Callable[[Case], Iterable[Finding]]
    needs: frozenset[str] = frozenset()
    aspects: frozenset[str] = frozenset()
    by_zone: bool = False
    alone: bool = False
    why: str = ""
    fix: str = ""
    wants: str = ""
    example: str = ""
    silent: Callable[[Case, str], Text | None] = lambda _case, _aspect: None
    unseen: Callable[[Case, str], Text | None] = lambda _case, _aspect: None

    @property
    def documentation(self) -> tuple[str, ...]:
        """How it decides: the paragraphs of the module's docstring behind the first, which says what ``title`` says.
        Message ids of the catalogue, too."""
        return paragraphs(sys.modules[self.run.__module__].__doc__ or "")[1:]

    def speaks_of(self, aspect: str) -> bool:
        """Whether a clause may cite the aspect (empty: the check as a whole)."""
        start, arrow, end = aspect.partition(">")
        classes = {part for part in (start, end) if part}
        zoned = self.by_zone and bool(classes) and classes <= set(ZoneClass) and bool(start or arrow)
        return not aspect or aspect in self.aspects or zoned
