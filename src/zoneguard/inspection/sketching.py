"""A small sketch of a content, by which two versions of one document are known although no hash agrees.

The lowest hashes of all runs of eight bytes among the first 256 KiB (bottom-k sketch, Broder 1997): the share of hashes
that two sketches have in common estimates the share of runs that the contents have in common. Of a zip, as Office
documents are, and of a PDF it is what is in their compressed parts that counts: packing again changes all else. Of a
document in XML it is the text and the pictures: markup, styles, themes and properties are the program's that wrote it,
and the same in every document that it writes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from zoneguard.inspection import Budget, Limits
from zoneguard.inspection.content import _zip
from zoneguard.inspection.expanding import inflate

SAMPLE = 256 << 10
KEPT = 64
RUN = 8
PARTS = 200
AMPLE = 1024  # of the lowest hashes, to find those that differ from each other
_FACTORS = (0x100000001B3, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)
_MARKUP = re.compile(rb"<[^<>]*>")
_OF_THE_PROGRAM = re.compile(
    r"\[Content_Types\]\.xml|(?:.*/)?_rels/|docProps/|ppt/(?:slideLayout|\w+Master)s/|meta\.xml|META-INF/|Thumbnails/"
)
_STREAM = re.compile(rb"stream\r?\n")
_MIX = np.uint64(0xFF51AFD7ED558CCD)


def sketch(data: bytes) -> tuple[int, ...]:
    """At most 64 numbers, in rising order; of less than a run of bytes, none."""
    sample = _unpacked(data)
    if len(sample) < RUN:
        return ()
    hashes: NDArray[np.uint64] = np.frombuffer(sample, np.uint8).astype(np.uint64)
    width = 1
    for factor in _FACTORS:  # runs of two, four and eight bytes
        hashes = hashes[:-width] * np.uint64(factor) + hashes[width:]
        width *= 2
    hashes ^= hashes >> np.uint64(29)
    hashes *= _MIX
    if len(hashes) > AMPLE:
        hashes = np.partition(hashes, AMPLE)[:AMPLE]
    return tuple(np.unique(hashes)[:KEPT].tolist())


def _unpacked(data: bytes) -> bytes:
    """The beginning of what ``data`` holds; of ``data`` itself where nothing in it is packed."""
    budget = Budget(Limits(expanded=SAMPLE, members=PARTS, seconds=1.0))
    if listing := _zip.listing(data):
        return b"".join(_parts(data, listing, budget))[:SAMPLE]
    out = bytearray()
    if data.startswith(b"%PDF-"):
        for found in _STREAM.finditer(data):
            if not budget.member():
                break
            out += inflate(memoryview(data)[found.end() :], budget).data
    return bytes(out[:SAMPLE]) or data[:SAMPLE]


def _parts(data: bytes, listing: _zip.Listing, budget: Budget) -> Iterator[bytes]:
    """What is in the parts of a zip by their names; of a document in XML, what a person put into it."""
    document = not listing.names().isdisjoint(("[Content_Types].xml", "content.xml"))
    for entry in sorted(listing.entries, key=lambda e: e.name)[:PARTS]:
        if entry.encrypted or (document and _OF_THE_PROGRAM.match(entry.name)) or not budget.member():
            continue
        part = _zip.read(data, entry, budget).data
        yield _MARKUP.sub(b"", part) if document and entry.name.endswith(".xml") else part


def likeness(one: Iterable[int], other: Iterable[int]) -> float:
    """From 0 to 1: the share of the lowest numbers of both that are in both."""
    first, second = set(one), set(other)
    lowest = sorted(first | second)[:KEPT]
    return sum(n in first and n in second for n in lowest) / len(lowest) if lowest else 0.0
