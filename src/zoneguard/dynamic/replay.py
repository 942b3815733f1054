"""Captures → flows and what they carried: the dynamic half in one call.

Headers of every packet are read once; streams are put together only for flows that cross a boundary or touch addresses
that somebody asks about, and each is handed to the protocol that recognises its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from zoneguard.collector import give_back, paused_collector
from zoneguard.dynamic.columns import Bool
from zoneguard.dynamic.containers import STDIN, find_captures
from zoneguard.dynamic.crossing import crossing
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.looking import Asked, inspect
from zoneguard.dynamic.placing import Partition
from zoneguard.dynamic.remembering import Ends, everything
from zoneguard.dynamic.spreading import spread
from zoneguard.dynamic.streams import Limits
from zoneguard.dynamic.surveying import Progress, survey
from zoneguard.dynamic.table import Tracks
from zoneguard.inspection import Keep, Protocol
from zoneguard.inspection.joining import name_data_connections
from zoneguard.inspection.unread import unrecognised
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.flows import CaptureAccount, FlowTable, Transfer
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import CaptureEntry
from zoneguard.model.zones import ZoneMap


@dataclass(frozen=True, slots=True)
class Options:
    """What is looked into: flows that cross, those with addresses in ``touching`` (whose contents are sketched), or
    with ``all_flows`` every one.

    ``digest`` off leaves out the SHA-256 of captures; ``keep`` is handed each carved content; ``protocols`` are the
    discovered ones unless given; ``progress`` is told how many frames were read; ``name`` makes of a path what evidence
    shows. Captures of different points are read by up to ``jobs`` processes; of one point, and where ``keep`` is there,
    which is called in this process, what the flows carried is. ``progress`` is told nothing of points that are spread.
    """

    touching: Intervals = field(default_factory=Intervals)
    all_flows: bool = False
    digest: bool = True
    limits: Limits = field(default_factory=Limits)
    keep: Keep | None = None
    protocols: Sequence[Protocol] | None = None
    progress: Progress | None = None
    name: Callable[[str], str] = str
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Replay:
    """``flows`` in order of time and what was ``read`` of all captures; ``entries`` says for each file read which entry
    names it. ``unread``: which flows carried content that nobody here reads."""

    flows: Flows
    accounts: tuple[CaptureAccount, ...]
    read: tuple[Transfer, ...]
    unread: Bool
    entries: Mapping[str, CaptureEntry]

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """What was read, and one transfer for each of the ``unread`` flows."""
        return (*self.read, *map(unrecognised, self.flows.some(np.flatnonzero(self.unread))))

    @property
    def table(self) -> FlowTable:
        """The flow table of the model."""
        return FlowTable(self.flows, self.accounts)


def replay(entries: Sequence[CaptureEntry], zones: ZoneMap, options: Options | None = None) -> Replay:
    """Read the captures and look into the flows that matter.

    Captures of one point are one capture in time order; a flow seen at two points is two flows, because addresses may
    be translated between them. Raises ``InputErrors`` with everything that cannot be read.
    """
    options = options or Options()
    points: list[Tracks] = []
    accounts: list[CaptureAccount] = []
    transfers: list[Transfer] = []
    unread: list[Bool] = []
    origin = _files(entries)
    for point in _points(list(_by_point(origin)), zones, options):
        give_back()
        points.append(point.tracks)
        accounts += point.accounts
        transfers += point.transfers
        unread.append(point.unread)
    flows = Flows(points, by_time=True)
    return Replay(
        flows,
        tuple(accounts),
        tuple(transfers),
        flows.in_order(unread),
        {options.name(file): entry for file, entry in origin.items()},
    )


def _files(entries: Sequence[CaptureEntry]) -> dict[str, CaptureEntry]:
    """Every file to read and the entry that names it. Raises ``InputErrors``."""
    found: dict[str, CaptureEntry] = {}
    errors: list[InputError] = []
    for entry in entries:
        try:
            for file in find_captures(str(entry.path)):
                found.setdefault(file, entry)
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(tuple(errors))
    return found


@dataclass(frozen=True, slots=True)
class _Point:
    tracks: Tracks
    accounts: tuple[CaptureAccount, ...]
    transfers: tuple[Transfer, ...]
    unread: Bool


def _points(points: Sequence[list[str]], zones: ZoneMap, options: Options) -> Iterator[_Point]:
    """What the captures of each point show; points are spread over processes where nothing has to come back meanwhile,
    else what their flows carried."""
    if len(points) < 2 or options.jobs < 2 or options.keep or any(STDIN in files for files in points):
        yield from map(partial(_look, zones, options), points)
        return
    names = {file: options.name(file) for files in points for file in files}
    each = max(1, options.jobs // len(points))
    apart = replace(options, name=names.__getitem__, progress=None, jobs=each)
    yield from spread(partial(_look, zones, apart), points, options.jobs)


def _look(zones: ZoneMap, options: Options, files: list[str]) -> _Point:
    interesting = partial(worthwhile, zones, options)
    seen = survey(files, digest=options.digest, progress=options.progress, name=options.name, interesting=interesting)
    chosen = seen.tracks.some(np.flatnonzero(interesting(seen.tracks.ends())))
    protocols = None if options.protocols is None else tuple(options.protocols)
    asked = Asked(options.touching, options.limits, options.keep, protocols, options.jobs)
    left: list[int] = []
    with paused_collector():
        transfers = name_data_connections(inspect(seen, chosen, asked, left.append))
    unread = np.isin(seen.tracks.where(), np.array(left, np.int64))
    return _Point(seen.tracks, seen.accounts, transfers, unread)


def _by_point(origin: Mapping[str, CaptureEntry]) -> Iterable[list[str]]:
    """The files of each point at which captures were taken."""
    points: dict[tuple[str, str, str], list[str]] = {}
    for file, entry in origin.items():
        points.setdefault((entry.zone, entry.device, entry.interface), []).append(file)
    return points.values()


def worthwhile(zones: ZoneMap, options: Options, ends: Ends) -> Bool:
    """Which flows between these ends are looked into."""
    if options.all_flows:
        return everything(ends)
    touching = Partition([options.touching])
    wanted: Bool = crossing(zones, ends) | (touching.of(ends[0]) > 0) | (touching.of(ends[1]) > 0)
    return wanted
