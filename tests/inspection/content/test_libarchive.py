"""What libarchive unpacks where it is installed, in a process of its own, and that all is as before where it is not."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.content.building import compound, kinds, look, vba_project, word
from tests.inspection.content.test_rar import PROGRAM, TEXT, new, new_block, number
from zoneguard.inspection import Budget, Limits
from zoneguard.inspection.content import _libarchive
from zoneguard.model.flows import Certainty

installed = pytest.mark.skipif(not _libarchive.library(), reason="libarchive is not installed")


def coded(data: bytes) -> bytes:
    """A block of RAR 5 in which each of the 256 literals has a code of 8 bits: itself."""
    lengths = [1 if n in (8, 19) else 0 for n in range(20)]  # of the codes for: length 8, a long run of zeros
    head = "".join(f"{n:04b}" for n in lengths) + "0" * 256
    head += "".join("1" + f"{run - 11:07b}" for run in (138, 36))  # 306 + 64 + 16 + 44 lengths in all
    bits = head + "".join(f"{byte:08b}" for byte in data)
    size = -(-len(bits) // 8)
    announced = size.to_bytes(3, "little")
    flags = (len(bits) - 1) % 8 | 2 << 3 | 0x40 | 0x80
    check = 0x5A ^ flags ^ announced[0] ^ announced[1] ^ announced[2]
    return bytes((flags, check)) + announced + int(bits.ljust(size * 8, "0"), 2).to_bytes(size, "big")


def packed_file(name: str, data: bytes) -> bytes:
    """A file of a RAR 5 archive, packed by method 3."""
    body = number(4) + number(len(data)) + number(0x20) + struct.pack("<I", zlib.crc32(data)) + number(3 << 7)
    return new_block(2, body + number(1) + number(len(name.encode())) + name.encode(), b"", coded(data))


@installed
def test_packed_files_of_a_rar_are_opened() -> None:
    seen = look(new(packed_file("読.txt", TEXT), packed_file("dir/run.exe", PROGRAM)), "a.rar")
    assert {m.content.name: m.content.data for m in seen.members} == {"読.txt": TEXT, "dir/run.exe": PROGRAM}
    assert [(h.kind, h.where) for h in seen.hazards] == [("executable", "dir/run.exe")]
    assert seen.certainty is Certainty.INSPECTED
    document = word({"word/vbaProject.bin": compound(vba_project())})
    assert [h.where for h in look(new(packed_file("a.docm", document))).hazards] == ["a.docm!word/vbaProject.bin!VBA"]
    assert look(new(packed_file("a.docx", word()))).hazards == ()


@installed
def test_a_damaged_file_is_not_cleared() -> None:
    made = bytearray(new(packed_file("a.txt", TEXT)))
    made[-30] ^= 0xFF
    assert look(bytes(made), "a.rar").certainty is not Certainty.INSPECTED


@installed
def test_room_and_names_are_bounded() -> None:
    seen = look(new(packed_file("a.txt", TEXT * 900)), "a.rar", limits=Limits(expanded=1 << 14))
    assert seen.certainty is not Certainty.INSPECTED
    twice = look(new(packed_file("a.txt", TEXT), packed_file("a.txt", PROGRAM)), "a.rar")
    assert twice.certainty is Certainty.OPAQUE


def test_without_it_packed_files_stay_opaque(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_libarchive, "library", lambda: "")
    seen = look(new(packed_file("dir/run.exe", PROGRAM)), "a.rar")
    assert (seen.certainty, kinds(seen)) == (Certainty.OPAQUE, ["executable"])  # by its name
    assert "dir/run.exe" in str(seen.reason)


def test_a_process_that_cannot_be_started_leaves_it_opaque(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(*_args: object, **_options: object) -> None:
        raise OSError("no process")

    monkeypatch.setattr(_libarchive, "library", lambda: "libarchive.so.13")
    monkeypatch.setattr(subprocess, "Popen", start)
    _libarchive._forget()
    assert look(new(packed_file("a.txt", TEXT)), "a.rar").certainty is Certainty.OPAQUE


@installed
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs to see what processes there are")
def test_a_process_that_is_killed_or_does_not_end_costs_one_archive(monkeypatch: pytest.MonkeyPatch) -> None:
    maker = _libarchive._maker()

    def kill(*, made: bool) -> None:
        number = maker._process.pid
        while made and not (numbers := Path(f"/proc/{number}/task/{number}/children").read_text().split()):
            time.sleep(0.001)
        os.kill(int(numbers[0]) if made else number, signal.SIGKILL)

    mine, theirs = socket.socketpair()
    with mine, theirs:
        socket.send_fds(maker._mine, [b"1000 10 20"], [theirs.fileno()])
        kill(made=True)  # it waits for its archive
    assert reads_again() and _libarchive._maker() is maker
    monkeypatch.setattr(_libarchive._Maker, "read", not_ending)
    assert look(new(packed_file("a.txt", TEXT)), "a.rar").certainty is Certainty.OPAQUE
    monkeypatch.undo()
    assert maker._process.returncode == -signal.SIGKILL
    assert reads_again()
    maker = _libarchive._maker()
    kill(made=False)
    maker._process.wait()
    assert reads_again() and _libarchive._maker() is not maker


def not_ending(_maker: object, _data: bytes, _room: int) -> bytes:
    raise TimeoutError


def reads_again() -> bool:
    return look(new(packed_file("a.txt", TEXT)), "a.rar").certainty is Certainty.INSPECTED


@given(st.binary(max_size=120))
def test_any_answer_is_taken_apart(raw: bytes) -> None:
    list(_libarchive._files(raw))


@installed
@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_change_or_cut_is_survived(data: st.DataObject) -> None:
    raw = bytearray(new(packed_file("a", TEXT), packed_file("b.exe", PROGRAM)))
    for _ in range(data.draw(st.integers(0, 5))):
        raw[data.draw(st.integers(8, len(raw) - 1))] = data.draw(st.integers(0, 255))
    _libarchive.unpack(bytes(raw[: data.draw(st.integers(0, len(raw)))]), Budget())


@installed
def test_the_child_writes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    look(new(packed_file("dir/run.exe", PROGRAM)), "a.rar")
    assert not list(tmp_path.iterdir())
