"""RAR archives, built block by block after the format's description, of both generations."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.content.building import kinds, look
from zoneguard.inspection.content._rar import NEW, OLD
from zoneguard.model.flows import Certainty

PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)
TEXT = b"hello, world\r\n" * 9


def number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def new_block(kind: int, body: bytes = b"", extra: bytes = b"", data: bytes | None = None, flags: int = 0) -> bytes:
    flags |= bool(extra) | 2 * (data is not None)
    head = number(kind) + number(flags) + (number(len(extra)) if extra else b"")
    head += (number(len(data)) if data is not None else b"") + body + extra
    sized = number(len(head)) + head
    return struct.pack("<I", zlib.crc32(sized)) + sized + (data or b"")


def new_file(name: str, data: bytes, *, method: int = 0, secret: bool = False) -> bytes:
    full = len(data) * (2 if method else 1)
    body = number(4) + number(full) + number(0x20) + struct.pack("<I", zlib.crc32(data)) + number(method << 7)
    body += number(1) + number(len(name.encode())) + name.encode()
    return new_block(2, body, number(2) + b"\x01\x00" if secret else b"", data)


def new(*blocks: bytes) -> bytes:
    return NEW + new_block(1, number(0)) + b"".join(blocks) + new_block(5, number(0))


def old_block(kind: int, flags: int, body: bytes) -> bytes:
    rest = struct.pack("<BHH", kind, flags, 7 + len(body)) + body
    return struct.pack("<H", zlib.crc32(rest) & 0xFFFF) + rest


def old_file(name: str, data: bytes, *, method: int = 0, secret: bool = False) -> bytes:
    full = len(data) * (2 if method else 1)
    raw = name.encode("cp932")
    body = struct.pack("<IIBIIBBHI", len(data), full, 2, zlib.crc32(data), 0, 29, 0x30 + method, len(raw), 32) + raw
    return old_block(0x74, 0x8000 | 4 * secret, body) + data


def old(*blocks: bytes) -> bytes:
    return OLD + old_block(0x73, 0, bytes(6)) + b"".join(blocks) + old_block(0x7B, 0x4000, b"")


BOTH = pytest.mark.parametrize(("archive", "file"), [(new, new_file), (old, old_file)], ids=["5", "4"])


@BOTH
def test_stored_files_are_looked_into(archive, file) -> None:  # type: ignore[no-untyped-def]
    seen = look(archive(file("読.txt", TEXT), file("run.exe", PROGRAM)), "a.rar")
    assert (seen.certainty, seen.media_type) == (Certainty.INSPECTED, "application/vnd.rar")
    assert [m.content.name for m in seen.members] == ["読.txt", "run.exe"]
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "run.exe")]


@BOTH
def test_compressed_files_are_named_and_nothing_is_said_of_them(archive, file) -> None:  # type: ignore[no-untyped-def]
    seen = look(archive(file("a.txt", TEXT), file("b.doc", TEXT, method=3)), "a.rar")
    assert seen.certainty is Certainty.OPAQUE
    assert "b.doc" in str(seen.reason)
    assert kinds(look(archive(file("run.exe", TEXT, method=3)), "a.rar")) == ["executable"]  # by its name


@BOTH
def test_encrypted_files_and_paths_that_lead_out_are_hazards(archive, file) -> None:  # type: ignore[no-untyped-def]
    assert kinds(look(archive(file("a.doc", TEXT, secret=True)))) == ["encrypted"]
    assert kinds(look(archive(file("../a.txt", TEXT)))) == ["path-traversal"]


def test_names_may_be_encrypted_too() -> None:
    for locked in (NEW + new_block(4, bytes(20)) + bytes(40), OLD + old_block(0x73, 0x80, bytes(6)) + bytes(40)):
        seen = look(locked, "a.rar")
        assert (kinds(seen), seen.certainty) == (["encrypted"], Certainty.OPAQUE)


@BOTH
def test_what_is_cut_short_is_partial(archive, file) -> None:  # type: ignore[no-untyped-def]
    whole = archive(file("a.txt", TEXT), file("b.txt", TEXT))
    assert look(whole[:-3]).certainty is Certainty.PARTIAL
    assert look(whole[: len(whole) // 2]).certainty is not Certainty.INSPECTED


STARTS = [NEW, OLD, new(new_file("a", TEXT))[:-8], old(old_file("a", TEXT))[:-8]]


@BOTH
def test_a_list_with_a_wrong_checksum_is_not_believed(archive, file) -> None:  # type: ignore[no-untyped-def]
    made = bytearray(archive(file("a.txt", TEXT)))
    made[made.index(b"a.txt")] = ord("b")
    assert look(bytes(made)).certainty is Certainty.OPAQUE


def test_streams_beside_a_file_are_not_read() -> None:
    stream = bytearray(new_file("STM", PROGRAM))
    stream[5] = 3  # a service header
    stream[:4] = struct.pack("<I", zlib.crc32(bytes(stream[4 : len(stream) - len(PROGRAM)])))
    seen = look(new(new_file("a.txt", TEXT), bytes(stream)))
    assert (seen.certainty, ":STM" in str(seen.reason)) == (Certainty.OPAQUE, True)


@given(st.sampled_from(STARTS), st.binary(max_size=200))
def test_any_bytes_never_raise(start: bytes, rest: bytes) -> None:
    look(start + rest, "a.rar")
