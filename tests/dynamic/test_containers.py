"""Capture files of every format, damaged in every way."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.dynamic.making import (
    ETHERNET,
    RAW,
    START,
    block,
    enhanced,
    ether,
    flows,
    interface,
    look,
    pcap,
    section,
    udp,
)  # fmt: skip
from zoneguard.dynamic import _window, containers
from zoneguard.dynamic.containers import Capture, find_captures, open_capture
from zoneguard.dynamic.surveying import survey
from zoneguard.model.errors import InputError

FRAMES = [bytes(ether(udp(bytes([i]) * i))) for i in range(1, 40)]


def read(data: bytes) -> tuple[list[tuple[int, int, int, bytes]], Capture]:
    """Time, link type, length on the wire and bytes of each frame."""
    capture = Capture("test", 0, io.BytesIO(data))
    out = []
    for batch in capture.batches():
        for at, caplen, wirelen, time, link in zip(
            batch.at, batch.caplen, batch.wirelen, batch.time, batch.link, strict=True
        ):
            out.append((int(time), int(link), int(wirelen), batch.data[at : at + caplen].tobytes()))
    return out, capture


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34])
def test_classic_captures_of_every_variant(order: str, magic: int) -> None:
    time = START + 123_456_789
    got, capture = read(pcap([(time, FRAMES[0])], magic=magic, order=order))
    exact = time if magic == 0xA1B23C4D else time // 1000 * 1000
    assert got == [(exact, ETHERNET, len(FRAMES[0]), FRAMES[0])]
    assert (capture.frames, capture.truncated) == (1, "")


def test_the_link_type_is_read_without_the_frame_check_bits() -> None:
    data = bytearray(pcap([FRAMES[0]], RAW))
    data[20:24] = struct.pack("<I", 0x24000000 | RAW)
    assert read(bytes(data))[0][0][1] == RAW


@pytest.mark.parametrize("order", "<>")
def test_next_generation_interfaces_keep_their_clock_and_link(order: str) -> None:
    options = {"millis": [(9, b"\x03")], "binary": [(9, b"\x94")], "late": [(14, struct.pack(order + "q", 3600))]}
    seconds = 1_700_000_000
    data = (
        section(order)
        + interface(order=order)
        + interface(RAW, options["millis"], order)
        + interface(options=options["binary"], order=order)
        + interface(options=[(9, b"\x09"), *options["late"]], order=order)
        + block(5, bytes(12), order)  # statistics
        + block(0x0BAD, b"whatever", order)
        + enhanced(FRAMES[0], seconds * 10**6 + 7, 0, order)
        + enhanced(FRAMES[1], seconds * 1000 + 7, 1, order)
        + enhanced(FRAMES[2], (seconds << 20) + (1 << 19), 2, order)
        + enhanced(FRAMES[3], seconds * 10**9 + 7, 3, order)
        + enhanced(FRAMES[4], 5, 9, order)
    )
    got, capture = read(data)
    assert [(t, link) for t, link, _, _ in got] == [
        (seconds * 10**9 + 7000, 1), (seconds * 10**9 + 7_000_000, RAW), (seconds * 10**9 + 500_000_000, 1),
        ((seconds + 3600) * 10**9 + 7, 1), (5000, -1),
    ]  # fmt: skip
    assert [data for *_, data in got] == FRAMES[:5]
    assert capture.truncated == ""


def test_several_sections_may_have_several_byte_orders_and_old_packet_blocks() -> None:
    old = struct.pack(">HHIIII", 0, 0, 0, 77, len(FRAMES[1]), len(FRAMES[1])) + FRAMES[1]
    simple = struct.pack("<I", 1000) + FRAMES[2]
    data = (
        section() + interface() + enhanced(FRAMES[0], 1) + section(">") + interface(RAW, order=">") + block(2, old, ">")
        + section() + interface(snap=len(FRAMES[2])) + block(3, simple)
    )  # fmt: skip
    got, _ = read(data)
    assert [(t, link, wire, data) for t, link, wire, data in got] == [
        (1000, 1, len(FRAMES[0]), FRAMES[0]), (77_000, RAW, len(FRAMES[1]), FRAMES[1]), (0, 1, 1000, FRAMES[2]),
    ]  # fmt: skip


def test_a_packet_longer_than_its_block_is_cut_to_the_block() -> None:
    lying = struct.pack("<IIIII", 0, 0, 0, 4000, 4000) + FRAMES[0]
    got, _ = read(section() + interface() + block(6, lying + bytes(-len(lying) % 4)))
    assert got[0][3][: len(FRAMES[0])] == FRAMES[0]
    assert len(got[0][3]) < len(FRAMES[0]) + 4


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda d: gzip.compress(bz2.compress(d))])
def test_compressed_captures_are_hashed_as_they_lie_on_the_disk(pack: object, tmp_path: Path) -> None:
    data = pack(pcap(FRAMES))  # type: ignore[operator]
    path = tmp_path / "any.name"
    path.write_bytes(data + b"")
    account = survey([str(path)]).accounts[0]
    assert (account.frames, account.sha256) == (len(FRAMES), hashlib.sha256(data).hexdigest())


def test_a_damaged_compression_is_read_up_to_the_damage(tmp_path: Path) -> None:
    data = gzip.compress(pcap(FRAMES * 3000), 1)
    path = tmp_path / "cut.pcap.gz"
    path.write_bytes(data[: len(data) // 2])
    account = survey([str(path)]).accounts[0]
    assert 0 < account.frames < len(FRAMES) * 3000
    assert account.truncated.startswith(f"damaged after frame {account.frames}: ")


@pytest.mark.parametrize("compress", [zstandard.ZstdCompressor().compress, lz4.frame.compress])
def test_compressions_outside_the_standard_library_are_read(compress: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(compress(pcap(FRAMES)))
    assert survey([str(path)]).accounts[0].frames == len(FRAMES)


@pytest.mark.parametrize("module", ["zstandard", "lz4.frame"])
def test_a_compression_that_python_lacks_names_the_package(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "find_spec", lambda name: None)
    magic = next(magic for magic, name, _ in containers.COMPRESSIONS if name == module)
    with pytest.raises(InputError, match=f"install the Python package {module.partition('.')[0]}"):
        Capture("f", 0, io.BytesIO(magic + bytes(20)))


def test_a_cut_record_is_said_and_everything_before_it_read() -> None:
    data = pcap(FRAMES)
    body, header = len(FRAMES[-1]), 16
    for cut, reason in (
        (5, f"cut inside frame 39: {body - 5} of its {body} bytes are there"),
        (body, f"cut inside frame 39: 0 of its {body} bytes are there"),
        (body + header - 3, "cut inside the header of frame 39"),
    ):
        got, capture = read(data[:-cut])
        assert ([frame for *_, frame in got], capture.truncated) == (FRAMES[:-1], reason)
    got, capture = read(data[:20])
    assert (got, capture.truncated) == ([], "cut inside the file header")


def test_an_impossible_length_ends_the_reading_and_says_so() -> None:
    data = pcap(FRAMES[:2]) + struct.pack("<IIII", 0, 0, 0xF0000000, 60) + FRAMES[2]
    got, capture = read(data)
    assert len(got) == 2
    assert capture.truncated.startswith("damaged at frame 3: it claims to be 4026531840 bytes long")
    got, capture = read(section() + interface() + enhanced(FRAMES[0], 1) + struct.pack("<II", 6, 13 << 24) + bytes(9))
    assert (len(got), capture.truncated.startswith("damaged behind frame 1: ")) == (1, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"config system global\n", "not a packet capture"),
        (b"snoop\0\0\0" + bytes(20), "editcap"),
        (b"\x1f\x8b\x08garbage", "damaged at its beginning"),
    ],
)
def test_what_is_no_capture_is_refused_with_the_way_out(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        survey([str(path)])
    assert caught.value.file == str(path)


def test_missing_files_and_folders_without_captures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        survey([str(tmp_path / "nothing.pcap")])
    (tmp_path / "README").write_text("no capture")
    with pytest.raises(InputError, match="holds no packet capture"):
        find_captures(str(tmp_path))


def test_a_folder_gives_its_captures_whatever_their_names(tmp_path: Path) -> None:
    for i, name in enumerate(("b.pcap3", "a.pcap0", "notes.txt")):
        (tmp_path / name).write_bytes(pcap(FRAMES[i : i + 1]) if "pcap" in name else b"text")
    assert [Path(p).name for p in find_captures(str(tmp_path))] == ["a.pcap0", "b.pcap3"]
    (tmp_path / "empty.pcap").write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        find_captures(str(tmp_path))


def test_standard_input_can_be_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pipe:
        buffer = io.BytesIO(pcap(FRAMES))

    containers._stdin_on_disk.cache_clear()
    monkeypatch.setattr(sys, "stdin", Pipe())
    assert [survey(["-"]).accounts[0].frames for _ in range(2)] == [len(FRAMES), len(FRAMES)]
    assert survey(["-"]).accounts[0].file == "-"
    containers._stdin_on_disk.cache_clear()


def test_frames_are_the_same_however_small_the_pieces_read(monkeypatch: pytest.MonkeyPatch) -> None:
    ng = section() + interface() + b"".join(enhanced(f, i) for i, f in enumerate(FRAMES))
    for data in (pcap(FRAMES), ng):
        whole, _ = read(data)
        for chunk in (1, 7, 64, 1000):
            monkeypatch.setattr(_window.Window.__init__, "__defaults__", (chunk,))
            assert read(data)[0] == whole
        monkeypatch.undo()


def mangled() -> Iterator[st.SearchStrategy[bytes]]:
    """Arbitrary bytes, and real captures with some bytes changed."""
    yield st.binary(max_size=400)
    ng = section() + interface() + b"".join(enhanced(f, i) for i, f in enumerate(FRAMES[:6]))
    for good in (pcap(FRAMES[:6]), pcap(FRAMES[:6], order=">", magic=0xA1B23C4D), ng):
        changes = st.lists(st.tuples(st.integers(0, len(good) - 1), st.integers(0, 255)), max_size=8)
        yield st.builds(_change, st.just(good), changes, st.integers(0, len(good)))


def _change(data: bytes, changes: list[tuple[int, int]], end: int) -> bytes:
    out = bytearray(data)
    for at, value in changes:
        out[at] = value
    return bytes(out[:end])


@given(st.one_of(*mangled()))
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    try:
        got, capture = read(data)
    except InputError:
        return
    assert len(got) == capture.frames


def test_opening_a_folder_as_a_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        open_capture(str(tmp_path))


def test_times_and_frame_numbers_reach_the_flows(tmp_path: Path) -> None:
    (flow,) = flows(tmp_path, [(START, FRAMES[0]), (START + 5_000_000, FRAMES[0])])
    assert (flow.first.frame, flow.last.frame) == (1, 2)
    assert flow.last.time - flow.first.time == pytest.approx(0.005, abs=1e-6)
    assert look(tmp_path, []).table.flows == ()
