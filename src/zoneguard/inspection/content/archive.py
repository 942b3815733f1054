"""Archives and compressed files: zip, tar, gzip, bzip2, xz and zstd, by ``_unpacking`` 7z, LZH and cabinets are opened.

RAR is listed, and what it stores uncompressed is opened; others are known and opaque.

An encrypted member, a member that is listed differently in two places, a path that leads out of the folder, and data
that expands without end are hazards of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from zoneguard.inspection import Budget, Content, ContentFamily, Examination, Recognition
from zoneguard.inspection.content import _cabinet, _rar, _seven_zip, _zip
from zoneguard.inspection.content._tar import is_tar
from zoneguard.inspection.content._tar import read as read_tar
from zoneguard.inspection.content._unpacking import CUT, LOCKED, MAX_HAZARDS, OPENED, bomb, leads_out
from zoneguard.inspection.expanding import GZIP, Expanded, bunzip, inflate, unxz, unzstd
from zoneguard.inspection.naming import extension
from zoneguard.model.flows import Hazard
from zoneguard.model.text import N_, Text

_Read = Callable[[Content, Budget], Examination]
_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (_seven_zip.MAGIC, 0, "application/x-7z-compressed"),
    (_rar.OLD, 0, "application/vnd.rar"),
    (_rar.NEW, 0, "application/vnd.rar"),
    (_cabinet.MAGIC, 0, "application/vnd.ms-cab-compressed"),
    (b"ISc(", 0, "application/x-installshield"),
    (b"\x1f\x9d", 0, "application/x-compress"),
    (b"\x60\xea", 0, "application/x-arj"),
    (b"xar!", 0, "application/x-xar"),
    (b"**ACE**", 7, "application/x-ace-compressed"),
    (b"GCAX", 0, "application/x-gca"),
)
_LZH = re.compile(rb"..-(?:lh[0-9d]|lz[45s]|pm[0-2])-", re.DOTALL)
_COMPRESSED: tuple[tuple[bytes, str, Callable[[memoryview, Budget], Expanded]], ...] = (
    (b"\x1f\x8b\x08", "application/gzip", partial(inflate, wbits=GZIP)),
    (b"BZh", "application/x-bzip2", bunzip),
    (b"\xfd7zXZ\0", "application/x-xz", unxz),
    (b"\x28\xb5\x2f\xfd", "application/zstd", unzstd),
)
_SHORT = {"tgz": ".tar", "tbz": ".tar", "tbz2": ".tar", "txz": ".tar", "svgz": ".svg", "emz": ".emf", "wmz": ".wmf"}
CONTENT_TYPES = "[Content_Types].xml"


def recognise(content: Content) -> Recognition:
    """By magic; a zip that is a document is not one."""
    return Recognition.STRONG if next(_readings(content), None) is not None else Recognition.NO


def is_document(listing: _zip.Listing) -> bool:
    """Whether a zip is an Office Open XML or OpenDocument package."""
    return is_package(listing) or is_open_document(listing)


def is_package(listing: _zip.Listing) -> bool:
    """Whether a zip has the list of content types, in whatever letters: then it is Office Open XML."""
    return CONTENT_TYPES.lower() in {name.lower() for name in listing.names()}


def is_open_document(listing: _zip.Listing) -> bool:
    """Whether a zip is OpenDocument: its type comes first, or its manifest and its text are there."""
    names = listing.names()
    first = bool(listing.entries) and listing.entries[0].name == "mimetype"
    return first or ("META-INF/manifest.xml" in names and "content.xml" in names)


def examine(content: Content, budget: Budget) -> Examination:
    """The files inside, as far as they can be opened; of bytes that are two archives at once, those of both."""
    seen = [read(content, budget) for read in _readings(content)]
    if len(seen) == 1:
        return seen[0]
    both = Hazard("polyglot", "", ", ".join(e.media_type for e in seen))
    return Examination(
        seen[0].media_type,
        (both, *(h for e in seen for h in e.hazards)),
        next((e.opaque for e in seen if e.opaque), ""),
        next((e.partial for e in seen if e.partial), ""),
        tuple(m for e in seen for m in e.members),
    )


def _readings(content: Content) -> Iterator[_Read]:
    """How the bytes can be read: by what they begin with, and as a zip, which is read from its end."""
    data = content.data
    if (found := _beginning(data)) is not None:
        yield found
    listing = _zip.listing(data)
    if listing is not None and not is_document(listing):
        yield lambda content, budget: zip_examination(content.data, listing, budget, "application/zip")


def _beginning(data: bytes) -> _Read | None:
    if media_type := _media_type(data):
        return OPENED.get(media_type) or partial(_unreadable, media_type=media_type)
    if is_tar(data):
        return _tar_examination
    for magic, kind, expand in _COMPRESSED:
        if data.startswith(magic):
            return partial(_single, media_type=kind, expand=expand)
    return None


def _unreadable(_content: Content, _budget: Budget, *, media_type: str) -> Examination:
    return Examination(media_type, opaque=N_("no reader for this kind of archive"))


def _tar_examination(content: Content, _budget: Budget) -> Examination:
    tape = read_tar(content.data)
    hazards = tuple(Hazard("path-traversal", f.name) for f in tape.files if leads_out(f.name))[:100]
    return Examination(
        "application/x-tar",
        hazards,
        partial=N_("the archive is damaged between its files") if tape.damaged else "",
        members=tuple(tape.files),
    )


def _media_type(data: bytes) -> str:
    if _LZH.match(data):
        return "application/x-lzh-compressed"
    return next((kind for magic, at, kind in _MAGIC if data[at : at + len(magic)] == magic), "")


def _single(
    content: Content, budget: Budget, *, media_type: str, expand: Callable[[memoryview, Budget], Expanded]
) -> Examination:
    """One compressed file, or several of them one behind the other, which make one."""
    pieces: list[bytes] = []
    packed = memoryview(content.data)
    position = 0
    problem: Text | str = ""
    while position < len(packed) and budget.member():
        expanded = expand(packed[position:], budget)
        if pieces and not expanded.data and expanded.problem:
            break  # padding or something foreign behind the end
        pieces.append(expanded.data)
        problem = expanded.problem
        position += max(1, expanded.used)
        if problem:
            break
    data = b"".join(pieces)
    ending = extension(content.name)
    name = content.name[: -len(ending) - 1] + _SHORT.get(ending, "") if ending else content.name
    hazards = bomb(Expanded(data, position), budget)
    member = Content(data, name, whole=not problem)
    return Examination(media_type, hazards, partial=problem or budget.spent or "", members=(member,))


def zip_examination(data: bytes, listing: _zip.Listing, budget: Budget, media_type: str) -> Examination:
    """Every member of a zip, with the hazards of the archive itself."""
    hazards = [Hazard("ambiguous-archive", name, "listed differently in two places") for name in listing.disputed[:20]]
    hazards += [
        Hazard("ambiguous-archive", name, "shares its bytes with another member") for name in _overlapping(listing)
    ]
    out: list[Content] = []
    locked: Text | str = ""
    problem: Text | str = "" if listing.central else CUT
    for entry in listing.entries:
        if entry.name.endswith("/") and not entry.size:
            continue
        if leads_out(entry.name):
            hazards.append(Hazard("path-traversal", entry.name))
        if entry.encrypted:
            hazards.append(Hazard("encrypted", entry.name))
            locked = LOCKED
            continue
        if not budget.member():
            problem = problem or budget.spent or ""
            break
        expanded = _zip.read(data, entry, budget)
        if expanded.problem:
            problem = problem or N_("{member}: {reason}", member=entry.name, reason=expanded.problem)
        hazards += bomb(expanded, budget, entry.name)
        out.append(Content(expanded.data, entry.name, whole=not expanded.problem))
    return Examination(media_type, tuple(hazards[:MAX_HAZARDS]), locked, problem, tuple(out))


def _overlapping(listing: _zip.Listing) -> list[str]:
    """Members whose packed bytes belong to an earlier one as well: so bombs get large without nesting."""
    out: list[str] = []
    reached = 0
    for entry in sorted((e for e in listing.entries if e.size), key=lambda e: (e.header, e.start)):
        if entry.header < reached:
            out.append(entry.name)
        reached = max(reached, entry.start + (entry.size or 0))
    return out[:20]


PLUGIN = ContentFamily("archive", "Archives and compressed files", recognise, examine)
