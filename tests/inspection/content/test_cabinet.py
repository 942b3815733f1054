"""Cabinets, written here after MS-CAB: stored, MSZIP over several blocks, several folders, and what has no reader."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import kinds, look
from zoneguard.inspection import Limits
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 400
STORED, MSZIP, QUANTUM, LZX = 0, 1, 2, 3


def blocks(data: bytes, method: int) -> list[tuple[bytes, int]]:
    out, before = [], b""
    for at in range(0, len(data), 32768):
        piece = data[at : at + 32768]
        packed = piece
        if method == MSZIP:
            engine = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=before)
            packed = b"CK" + engine.compress(piece) + engine.flush()
        out.append((packed, len(piece)))
        before = piece
    return out


def cabinet(*folders: dict[str, bytes], method: int = MSZIP, reserve: bool = False, split: int | None = None) -> bytes:
    packed = [blocks(b"".join(files.values()), method) for files in folders]
    listed = b""
    for number, files in enumerate(folders):
        start = 0
        for name, data in files.items():
            where = number if split is None else split
            listed += struct.pack("<IIHHHH", len(data), start, where, 0, 0, 0x20) + name.encode("cp932") + b"\0"
            start += len(data)
    head = 36 + (4 + 6 if reserve else 0)
    folder_size = 8 + (2 if reserve else 0)
    first_file = head + folder_size * len(folders)
    first_block = at = first_file + len(listed)
    table, body = b"", b""
    for held in packed:
        table += struct.pack("<IHH", at, len(held), method) + (bytes(2) if reserve else b"")
        for data, size in held:
            body += struct.pack("<IHH", 0, len(data), size) + (bytes(3) if reserve else b"") + data
        at = first_block + len(body)
    count = sum(map(len, folders))
    top = struct.pack("<4sIIIIIBB", b"MSCF", 0, at, 0, first_file, 0, 3, 1)
    top += struct.pack("<HHHHH", len(folders), count, 4 if reserve else 0, 1, 0)
    return top + (struct.pack("<HBB", 6, 2, 3) + bytes(6) if reserve else b"") + table + listed + body


@pytest.mark.parametrize("method", [STORED, MSZIP])
@pytest.mark.parametrize("reserve", [False, True])
def test_members_of_every_folder(method: int, reserve: bool) -> None:
    first, second = {"報告.txt": b"text" * 30, "dir\\run.exe": PROGRAM}, {"b.txt": b"b"}
    seen = look(cabinet(first, second, method=method, reserve=reserve), "a.cab")
    assert [(m.content.name, m.content.data) for m in seen.members] == [
        ("報告.txt", b"text" * 30),
        ("dir/run.exe", PROGRAM),
        ("b.txt", b"b"),
    ]
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "dir/run.exe")]
    assert (seen.certainty, seen.media_type) == (Certainty.INSPECTED, "application/vnd.ms-cab-compressed")


def test_a_clean_cabinet_has_no_hazard() -> None:
    assert look(cabinet({"a.txt": b"text"}), "a.cab").hazards == ()


@pytest.mark.parametrize(("method", "name"), [(QUANTUM, "Quantum"), (LZX, "LZX")])
def test_a_method_without_a_reader_is_named_and_names_still_count(method: int, name: str) -> None:
    seen = look(cabinet({"run.exe": b"x" * 50}, method=method), "a.cab")
    assert (seen.certainty, kinds(seen)) == (Certainty.OPAQUE, ["executable"])
    assert name in str(seen.reason)


def test_what_is_cut_split_or_damaged_is_no_all_clear() -> None:
    made = cabinet({"a.txt": b"text" * 20_000})
    for broken in (made[:-1], made[:70], made[:40], made[:20], made[:-9] + b"\xff" * 9):
        assert look(broken, "a.cab").certainty is not Certainty.INSPECTED
    for split in (0xFFFD, 0xFFFE, 0xFFFF, 7):
        assert look(cabinet({"a.txt": b"text"}, split=split), "a.cab").certainty is not Certainty.INSPECTED


def test_a_path_out_of_the_folder_and_a_bomb() -> None:
    assert kinds(look(cabinet({"..\\..\\x.txt": b"x"}), "a.cab")) == ["path-traversal"]
    seen = look(cabinet({"zeros": bytes(8 << 20)}), "a.cab", limits=Limits(expanded=4 << 20))
    assert (kinds(seen), seen.certainty) == (["decompression-bomb"], Certainty.PARTIAL)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_or_cut_is_survived(data: st.DataObject) -> None:
    raw = bytearray(cabinet({"a": b"x" * 60, "b.exe": b"y"}, {"c": b"z"}, reserve=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(0, 5))):
        raw[data.draw(st.integers(4, len(raw) - 1))] = data.draw(st.integers(0, 255))
    look(bytes(raw[: data.draw(st.integers(0, len(raw)))]), "a.cab", limits=Limits(expanded=1 << 18))
