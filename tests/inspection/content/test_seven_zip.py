"""7z archives that another implementation writes: every method that has a reader, and a word where there is none."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import py7zr
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, vba_project, word
from zoneguard.inspection import Budget, Limits
from zoneguard.inspection.content._seven_zip import MAGIC, _Cursor, listing, read
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 40
TEXT = "本文\r\n".encode() * 300
FILES = {"読め.txt": TEXT, "dir/run.exe": PROGRAM, "empty.txt": b""}
METHODS: dict[str, list[dict[str, Any]]] = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "lzma": [{"id": py7zr.FILTER_LZMA, "preset": 6}],
    "bcj": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "bcj-lzma": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA, "preset": 6}],
    "arm": [{"id": py7zr.FILTER_ARM}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "delta": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "zstd": [{"id": py7zr.FILTER_ZSTD, "level": 3}],
    "brotli": [{"id": py7zr.FILTER_BROTLI, "level": 5}],
    "copy": [{"id": py7zr.FILTER_COPY}],
}


def packed(
    files: dict[str, bytes], filters: list[dict[str, Any]] | None = None, password: str = "", hide: bool = False
) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", filters=filters, password=password or None, header_encryption=hide) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return out.getvalue()


@pytest.mark.parametrize("method", METHODS)
def test_members_of_every_method(method: str) -> None:
    seen = look(packed(FILES, METHODS[method]), "a.7z")
    assert {m.content.name: m.content.data for m in seen.members} == FILES
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "dir/run.exe")]
    assert seen.certainty is Certainty.INSPECTED


def test_an_archive_without_anything_dangerous_has_no_hazard() -> None:
    seen = look(packed({"a.txt": TEXT, "b.docx": word()}), "a.7z")
    assert (seen.hazards, seen.certainty, seen.media_type) == ((), Certainty.INSPECTED, "application/x-7z-compressed")


def test_macros_deep_inside() -> None:
    document = word({"word/vbaProject.bin": compound(vba_project())})
    seen = look(packed({"inner.7z": packed({"evil.docm": document})}), "a.7z")
    assert [h.where for h in seen.hazards] == ["inner.7z!evil.docm!word/vbaProject.bin!VBA"]


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.text("abcXYZ_日本", min_size=1, max_size=8), st.binary(min_size=1, max_size=400), max_size=5))
def test_any_files_come_back(files: dict[str, bytes]) -> None:
    members = look(packed(files), "a.7z").members
    assert {m.content.name: m.content.data for m in members} == files


def test_files_behind_a_password_are_named_and_opaque() -> None:
    seen = look(packed(FILES, password="secret"), "a.7z")
    assert [(h.kind, h.where) for h in seen.hazards] == [("encrypted", name) for name in FILES]
    assert seen.certainty is Certainty.OPAQUE


def test_names_behind_a_password_are_not_known() -> None:
    seen = look(packed(FILES, password="secret", hide=True), "a.7z")
    assert ([(h.kind, h.where) for h in seen.hazards], seen.certainty) == ([("encrypted", "")], Certainty.OPAQUE)


def test_a_method_without_a_reader_is_named_and_names_still_count() -> None:
    seen = look(packed(FILES, [{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}]), "a.7z")
    assert seen.certainty is Certainty.OPAQUE
    assert "PPMd" in str(seen.reason)
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "dir/run.exe")]


def test_a_path_out_of_the_folder() -> None:
    made = packed({"aa/bb/x.txt": b"x"}, METHODS["copy"])
    clear = _with_header(made, lambda header: header.replace("aa/bb".encode("utf-16-le"), "../..".encode("utf-16-le")))
    assert kinds(look(clear, "a.7z")) == ["path-traversal"]


def _with_header(made: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with its list in clear and changed."""
    found = listing(made, Budget())
    assert found.members
    offset, size = struct.unpack_from("<QQ", made, 12)
    header = made[32 + offset : 32 + offset + size]
    if header[0] == 23:  # a packed list: what it is packed in is found as any folder is
        header = read(made, _Cursor(header, 1).streams().folders[0], Budget()).data
    header = change(header)
    start = struct.pack("<QQI", offset, len(header), zlib.crc32(header))
    return made[:8] + struct.pack("<I", zlib.crc32(start)) + start + made[32 : 32 + offset] + header


def test_a_bomb_is_stopped_and_said() -> None:
    seen = look(packed({"zeros": bytes(40 << 20)}), "a.7z", limits=Limits(expanded=8 << 20))
    assert "decompression-bomb" in kinds(seen)
    assert seen.certainty is Certainty.PARTIAL


def test_a_window_of_gigabytes_is_not_allocated() -> None:
    def widen(header: bytes) -> bytes:
        at = header.index(b"\x21\x21\x01") + 3
        return header[:at] + b"\x28" + header[at + 1 :]

    seen = look(_with_header(packed(FILES, METHODS["lzma2"]), widen), "a.7z", limits=Limits(expanded=16 << 20))
    assert [m.content.data for m in seen.members] == [*FILES.values()]


def test_what_is_cut_or_damaged_is_no_all_clear() -> None:
    made = packed({"a.txt": TEXT})
    for broken in (made[:-1], made[: len(made) // 2], made[:20], made[:40] + b"\xff" * 8 + made[48:]):
        assert look(broken, "a.7z").certainty is not Certainty.INSPECTED
    stored = bytearray(packed({"a.txt": TEXT}, METHODS["copy"]))
    stored[40] ^= 1
    assert look(bytes(stored), "a.7z").certainty is Certainty.PARTIAL  # the check sum of the file denies it


def test_many_files_and_an_empty_archive() -> None:
    seen = look(packed({f"{i}.txt": b"x" for i in range(120)}), "a.7z", limits=Limits(members=50))
    assert (len(seen.members) <= 50, seen.certainty) == (True, Certainty.PARTIAL)
    empty = MAGIC + b"\0\4" + struct.pack("<IQQI", zlib.crc32(bytes(20)), 0, 0, 0)
    assert look(empty, "a.7z").certainty is Certainty.INSPECTED


PLAIN = _with_header(packed({"a": b"x" * 50, "b/c.exe": PROGRAM}, METHODS["lzma2"]), bytes)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_change_of_the_list_is_survived(data: st.DataObject) -> None:
    offset = int.from_bytes(PLAIN[12:20], "little")
    header = bytearray(PLAIN[32 + offset :])
    for _ in range(data.draw(st.integers(0, 4))):
        header[data.draw(st.integers(0, len(header) - 1))] = data.draw(st.integers(0, 255))
    start = struct.pack("<QQI", offset, len(header), zlib.crc32(bytes(header)))
    made = PLAIN[:8] + struct.pack("<I", zlib.crc32(start)) + start + PLAIN[32 : 32 + offset] + bytes(header)
    look(made[: data.draw(st.integers(0, len(made)))], "a.7z", limits=Limits(expanded=1 << 20))
    look(made, "a.7z", limits=Limits(expanded=1 << 20))


@given(st.binary(max_size=200))
def test_any_bytes_as_a_list_never_raise(header: bytes) -> None:
    start = struct.pack("<QQI", 0, len(header), zlib.crc32(header))
    look(MAGIC + b"\0\4" + struct.pack("<I", zlib.crc32(start)) + start + header, "a.7z")
