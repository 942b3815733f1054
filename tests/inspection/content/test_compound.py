"""The compound file reader against an independent one, and against hostile tables."""

from __future__ import annotations

import io
import struct

import olefile  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound
from zoneguard.inspection.content._compound import STREAM, open_compound

names = st.text(
    st.characters(codec="utf-8", exclude_characters="/\\:!", min_codepoint=0x20, max_codepoint=0x3FF),
    min_size=1,
    max_size=12,
)
paths = st.lists(names, min_size=1, max_size=3).map("/".join)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(paths, st.binary(max_size=6000), min_size=1, max_size=12))
def test_streams_are_those_that_olefile_sees(streams: dict[str, bytes]) -> None:
    folders = {"/".join(p.split("/")[:i]).lower() for p in streams for i in range(1, p.count("/") + 1)}
    lower = [p.lower() for p in streams]
    if len(set(lower)) < len(lower) or folders & set(lower):
        return
    data = compound(streams)
    opened = open_compound(data)
    assert opened is not None
    ours = {e.path: opened.read(e) for e in opened.entries if e.kind == STREAM}
    assert ours == streams
    assert not opened.damaged
    with olefile.OleFileIO(io.BytesIO(data)) as other:
        theirs = {"/".join(p): other.openstream(p).read() for p in other.listdir()}
    assert ours == theirs


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_or_cut_is_survived(data: st.DataObject) -> None:
    raw = bytearray(compound({"A/B": b"x" * 5000, "A/C": b"small", "D": b"y" * 70_000}))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(8, len(raw) - 4))
        raw[at : at + 4] = data.draw(st.binary(min_size=4, max_size=4))
    cut = data.draw(st.integers(0, len(raw)))
    for variant in (bytes(raw), bytes(raw[:cut])):
        opened = open_compound(variant)
        for entry in opened.entries if opened else ():
            assert len(opened.read(entry)) <= max(entry.size, len(variant))  # type: ignore[union-attr]


def test_names_survive_the_loss_of_the_directory_chain() -> None:
    data = compound({"Macros/VBA/_VBA_PROJECT": b"x" * 100, "WordDocument": b"y" * 5000})
    broken = bytearray(data)
    struct.pack_into("<I", broken, 48, 0x00FFFFFF)
    opened = open_compound(bytes(broken))
    assert opened is not None
    assert opened.damaged
    assert {"_VBA_PROJECT", "WordDocument"} <= {e.name for e in opened.entries}


def test_endless_tables_end_in_time() -> None:
    data = bytearray(compound({"A": b"x" * 9000}))
    struct.pack_into("<I", data, 44, 0xFFFFFFFF)  # sectors of the table
    struct.pack_into("<II", data, 68, 0, 0xFFFFFFFF)  # the list of tables, in the stream's own sectors
    open_compound(bytes(data))


def test_overlapping_streams_do_not_multiply_the_work() -> None:
    data = bytearray(compound({f"S{i:03}": b"x" * 4096 for i in range(300)} | {"Z": b"y" * 2_000_000}))
    opened = open_compound(bytes(data))
    assert opened is not None
    big = next(e for e in opened.entries if e.name == "Z")
    total = sum(len(opened.read(big)) for _ in range(300))
    assert total < 10 * len(data)
    assert opened.damaged
