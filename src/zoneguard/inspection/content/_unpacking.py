"""Archives other than zip and tar, opened member by member: 7z, RAR, LZH, cabinets; what archives have in common."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Protocol, TypeVar

from zoneguard.inspection import Budget, Content, Examination
from zoneguard.inspection.content import _cabinet, _libarchive, _lzh, _rar, _seven_zip
from zoneguard.inspection.expanding import DAMAGED, Expanded
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

BOMB_RATIO = 200
MAX_HAZARDS = 100
CUT = N_("the archive is cut short")
LOCKED = N_("encrypted archive")


@dataclass(slots=True)
class _Unpacked:
    """What is found on the way; ``opaque`` and ``partial`` keep their first reason."""

    media_type: str
    budget: Budget
    hazards: list[Hazard] = field(default_factory=list)
    members: list[Content] = field(default_factory=list)
    opaque: Text | str = ""
    partial: Text | str = ""

    def named(self, name: str) -> None:
        """A file is listed under ``name``."""
        if leads_out(name):
            self.hazards.append(Hazard("path-traversal", name))

    def locked(self, name: str = "") -> None:
        """What ``name`` is called, or all of it, is behind a password."""
        self.hazards.append(Hazard("encrypted", name))
        self.opaque = LOCKED

    def expanded(self, name: str, expanded: Expanded) -> None:
        """What came of expanding ``name`` and perhaps others behind it; of nothing at all it is opaque."""
        self.hazards += bomb(expanded, self.budget, name)
        if expanded.problem:
            reason = N_("{member}: {reason}", member=name, reason=expanded.problem)
            self.partial = self.partial or reason
            if not expanded.data:
                self.opaque = self.opaque or reason

    def member(self, name: str, data: bytes, *, whole: bool = True) -> None:
        """A file; one that is not ``whole`` is said."""
        if self.budget.member():
            self.members.append(Content(data, name, whole=whole))
            if not whole:
                self.partial = self.partial or N_("{member}: {reason}", member=name, reason=DAMAGED)

    def found(self, file: _libarchive.File) -> None:
        """A file that libarchive read."""
        self.member(file.name, file.data, whole=file.whole)

    def examination(self) -> Examination:
        """All of it."""
        hazards = tuple(dict.fromkeys(self.hazards))[:MAX_HAZARDS]
        partial = self.partial or self.budget.spent or ""
        return Examination(self.media_type, hazards, self.opaque, partial, tuple(self.members))


class _Other:
    """What libarchive makes of an archive, asked when it is needed; names that occur twice tell nothing."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._data, self._budget = data, budget

    @cached_property
    def files(self) -> dict[str, _libarchive.File]:
        """By their names."""
        found = _libarchive.unpack(self._data, self._budget)
        seen = Counter(file.name for file in found)
        return {file.name: file for file in found if seen[file.name] == 1 and not file.encrypted and file.data}

    def has(self, names: Iterable[str]) -> bool:
        """Whether all of them were read."""
        return all(name in self.files for name in names)


class _Placed(Protocol):
    """A file: ``start`` to ``end`` of what its folder holds."""

    @property
    def name(self) -> str: ...
    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...


M = TypeVar("M", bound=_Placed)


def _cut(
    out: _Unpacked, members: Sequence[M], expanded: Expanded, other: _Other, sound: Callable[[M, bytes], bool]
) -> None:
    """The files of one folder out of what it expands to; if to nothing, from ``other``, where that reads them all.

    ``sound``: whether a file of the right length is as it was packed.
    """
    if not expanded.data and expanded.problem and other.has(m.name for m in members):
        for member in members:
            out.found(other.files[member.name])
        return
    out.expanded(members[0].name, expanded)
    for member in members:
        data = expanded.data[member.start : member.end]
        out.member(member.name, data, whole=len(data) == member.end - member.start and sound(member, data))


def seven_zip(content: Content, budget: Budget) -> Examination:
    """Each folder is unpacked once, and its files are cut out of it."""
    listing = _seven_zip.listing(content.data, budget)
    out = _Unpacked("application/x-7z-compressed", budget, partial=listing.problem)
    if listing.locked:
        out.locked()
    other = _Other(content.data, budget)
    for folder, held in groupby((m for m in listing.members if m.folder is not None), key=lambda m: m.folder):
        assert folder is not None  # those without one were left out
        members = list(held)
        for member in members:
            out.named(member.name)
        if folder.encrypted:
            for member in members:
                out.locked(member.name)
            continue
        expanded = _seven_zip.read(content.data, folder, budget)
        _cut(out, members, expanded, other, lambda member, data: member.crc in (None, zlib.crc32(data)))
    return out.examination()


def rar(content: Content, budget: Budget) -> Examination:
    """The files that are stored as they are, and which others there are."""
    listing = _rar.listing(content.data)
    out = _Unpacked("application/vnd.rar", budget)
    if listing.locked:
        out.locked()
    elif not listing.whole:
        out.partial = CUT
        if not listing.members:
            out.opaque = N_("no reader for this kind of archive")
    packed = [m.name for m in listing.members if not m.stored and not m.encrypted]
    other = _Other(content.data, budget)
    unread = [] if not packed else [n for n in packed if n.startswith(":") or not other.has((n,))]
    for member in listing.members:
        out.named(member.name)
        if member.encrypted:
            out.locked(member.name)
        elif member.stored:
            out.member(member.name, content.data[member.start : member.end])
            budget.expand(member.end - member.start)
        elif member.name in unread:
            out.member(member.name, b"", whole=False)
        else:
            out.found(other.files[member.name])
    if unread and not out.opaque:
        names = ", ".join(unread[:5])
        out.opaque = N_("no reader for compressed files of a RAR archive: {names}", names=names)
    return out.examination()


def lzh(content: Content, budget: Budget) -> Examination:
    """Each file by itself."""
    out = _Unpacked("application/x-lzh-compressed", budget)
    at = 0
    for member in _lzh.members(content.data):
        out.named(member.name)
        expanded = _lzh.read(content.data, member, budget)
        out.expanded(member.name, expanded)
        out.member(member.name, expanded.data, whole=not expanded.problem)
        at = member.end
    if not at:
        out.opaque = N_("no reader for this kind of archive")
    elif content.data[at : at + 1] != b"\0" and at != len(content.data):
        out.partial = out.partial or CUT
    return out.examination()


def cabinet(content: Content, budget: Budget) -> Examination:
    """Each folder is unpacked once."""
    listing = _cabinet.listing(content.data)
    out = _Unpacked("application/vnd.ms-cab-compressed", budget, partial="" if listing.whole else CUT)
    if not listing.members:
        out.opaque = N_("no reader for this kind of archive")
    other = _Other(content.data, budget)
    for number, folder in enumerate(listing.folders):
        members = [m for m in listing.members if m.folder == number]
        if not members:
            continue
        expanded = _cabinet.read(content.data, folder, budget)
        for member in members:
            out.named(member.name)
        _cut(out, members, expanded, other, lambda member, _: not member.split)
    return out.examination()


OPENED: dict[str, Callable[[Content, Budget], Examination]] = {
    "application/x-7z-compressed": seven_zip,
    "application/vnd.rar": rar,
    "application/x-lzh-compressed": lzh,
    "application/vnd.ms-cab-compressed": cabinet,
}


def leads_out(name: str) -> bool:
    """Whether a member's path leads out of the folder into which it is unpacked."""
    return name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or name[1:2] == ":"


def bomb(expanded: Expanded, budget: Budget, where: str = "") -> tuple[Hazard, ...]:
    """Expansion that was stopped by the limit at a ratio no honest file has."""
    packed, full = max(1, expanded.used), len(expanded.data)
    if budget.spent is None or full < BOMB_RATIO * packed:
        return ()
    return (Hazard("decompression-bomb", where, f"{packed} bytes expand to {full} and more"),)
