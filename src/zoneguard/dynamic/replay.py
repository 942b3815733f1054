"""Captures → flows and what they carried: the dynamic half in one call.

Headers of every packet are read once; streams are put together only for flows that cross a boundary or touch addresses
that somebody asks about, and each is handed to the protocol that recognises its bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from zoneguard.collector import collect_new, paused_collector
from zoneguard.dynamic.columns import Bool
from zoneguard.dynamic.containers import STDIN, find_captures
from zoneguard.dynamic.crossing import crossing
from zoneguard.dynamic.joined import Flows
from zoneguard.dynamic.placing import Partition
from zoneguard.dynamic.remembering import Ends, everything
from zoneguard.dynamic.spreading import spread
from zoneguard.dynamic.states import TCP, UDP
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import Progress, Survey, survey
from zoneguard.dynamic.table import Tracks
from zoneguard.inspection import Conversation, Keep, Protocol
from zoneguard.inspection.joining import Announcements, name_data_connections
from zoneguard.inspection.known import Known
from zoneguard.inspection.ranges import Ranges
from zoneguard.inspection.unread import failed, unrecognised
from zoneguard.model.errors import InputError, InputErrors
from zoneguard.model.flows import CaptureAccount, FlowTable, Transfer
from zoneguard.model.intervals import Intervals
from zoneguard.model.project import CaptureEntry
from zoneguard.model.zones import ZoneMap
from zoneguard.plugins import of_type

PROTOCOLS = "zoneguard.inspection.protocols"
CERTAIN_ENOUGH = 0.5
SWEPT = 32 << 20  # bytes of content after which readers may have left cycles worth looking for
SWEPT_PER_FLOW = 4096


@dataclass(frozen=True, slots=True)
class Options:
    """What is looked into: flows that cross, those with addresses in ``touching`` (whose contents are sketched), or
    with ``all_flows`` every one.

    ``digest`` off leaves out the SHA-256 of captures; ``keep`` is handed each carved content; ``protocols`` are the
    discovered ones unless given; ``progress`` is told how many frames were read; ``name`` makes of a path what evidence
    shows. Captures of different points are read by up to ``jobs`` processes, unless ``keep`` is there, which is called
    in this one; ``progress`` is told nothing then.
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
    """What the captures of each point show; in several processes, where nothing has to come back meanwhile."""
    jobs = options.jobs
    if options.keep or any(STDIN in files for files in points):
        jobs = 1
    if jobs > 1:
        names = {file: options.name(file) for files in points for file in files}
        options = replace(options, name=names.__getitem__, progress=None)
    yield from spread(partial(_look, zones, options), points, jobs)


def _look(zones: ZoneMap, options: Options, files: list[str]) -> _Point:
    interesting = partial(worthwhile, zones, options)
    seen = survey(files, digest=options.digest, progress=options.progress, name=options.name, interesting=interesting)
    chosen = seen.tracks.some(np.flatnonzero(interesting(seen.tracks.ends())))
    left: list[int] = []
    with paused_collector():
        transfers = name_data_connections(inspect(seen, chosen, options, left.append))
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


def inspect(seen: Survey, wanted: Tracks, options: Options, left: Callable[[int], None]) -> Iterator[Transfer]:
    """What the wanted flows carried. ``left`` is told the store's number of each flow whose bytes no protocol
    recognises, and of which no session speaks."""
    wanted = wanted.carrying()
    if not wanted:
        return
    protocols = of_type(PROTOCOLS, Protocol) if options.protocols is None else options.protocols
    ranges, announced = Ranges(options.keep), Announcements()
    carries = np.isin(wanted.protocols(), (TCP, UDP))
    for number in wanted.where()[~carries].tolist():
        left(number)
    wanted = wanted.some(np.flatnonzero(carries))
    known, unswept = Known(), 0
    for number, conversation in zip(wanted.where().tolist(), reassemble(seen, wanted, options.limits), strict=True):
        flow = conversation.flow
        unswept += SWEPT_PER_FLOW + sum(flow.payload)
        if unswept > SWEPT:
            unswept = 0
            collect_new()
        asked = flow.src in options.touching or flow.dst in options.touching
        name = announced.name(flow)
        named = replace(conversation, keep=ranges.keep, sketched=asked, name=name, known=known)
        best = _reader(named, protocols)
        if best is not None:
            for transfer in _transfers(named, best):
                announced.learn(transfer)
                yield transfer
        elif announced.mentions(flow):
            yield unrecognised(flow)
        else:
            left(number)
    yield from ranges.joined()


def _reader(conversation: Conversation, protocols: Sequence[Protocol]) -> Protocol | None:
    """The surest protocol, if one is sure enough."""
    fitting = [protocol for protocol in protocols if conversation.flow.proto in protocol.transports]
    sure = [(protocol.recognise(conversation), -i, protocol) for i, protocol in enumerate(fitting)]
    confidence, _, best = max(sure, default=(0.0, 0, None), key=lambda s: s[:2])
    return best if confidence >= CERTAIN_ENOUGH else None


def _transfers(conversation: Conversation, protocol: Protocol) -> Iterator[Transfer]:
    """What the protocol reads; one that fails, a third party's perhaps, ends neither the run nor silently."""
    try:
        yield from protocol.inspect(conversation)
    except Exception as error:
        yield failed(conversation.flow, protocol.name, error)
