"""A file is read through few buffers, piece by piece, and nobody sees bytes change under his hands."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from tests.dynamic.making import block, enhanced, interface, pcap, section, udp
from zoneguard.dynamic._window import CHUNK, LEAST, Window
from zoneguard.dynamic.columns import MAX_BATCH
from zoneguard.dynamic.containers import Capture, open_capture
from zoneguard.dynamic.surveying import survey

FRAMES = [udp(bytes(n % 1400), sport=1024 + n % 500) for n in range(600)]
SIZES = [1000, 4096, 50_000]
FILES = {
    "pcap": pcap(FRAMES, 101),
    "pcapng": section() + interface(101) + b"".join(enhanced(f, i) for i, f in enumerate(FRAMES)) + block(5, bytes(8)),
}


def read_by(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    init = Window.__init__
    monkeypatch.setattr(Window, "__init__", lambda self, stream, chunk=0: init(self, stream, size))


def contents(capture: Capture) -> list[tuple[int, int, bytes]]:
    return [
        (number, time, frames.data[at : at + caplen].tobytes())
        for frames in capture.batches()
        for number, time, at, caplen in zip(
            *(column.tolist() for column in (frames.number, frames.time, frames.at, frames.caplen)), strict=True
        )
    ]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("cut", [0, 1, 17, 40_000])
@pytest.mark.parametrize("kind", FILES)
def test_pieces_are_what_the_whole_is(
    kind: str, cut: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = FILES[kind][: len(FILES[kind]) - cut]
    path = tmp_path / "capture"
    path.write_bytes(data)
    whole = Capture("capture", 0, io.BytesIO(data))
    expected = contents(whole)
    read_by(size, monkeypatch)
    pieces = open_capture(str(path))
    assert contents(pieces) == expected
    assert (pieces.frames, pieces.truncated) == (whole.frames, whole.truncated)
    assert pieces.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", SIZES)
def test_damage_in_the_middle_is_said_and_the_whole_file_hashed(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by(size, monkeypatch)
    data = bytearray(FILES["pcap"])
    half = data.index(bytes(FRAMES[300]))
    data[half - 8 : half - 4] = b"\xff" * 4
    path = tmp_path / "capture"
    path.write_bytes(data)
    account = survey([str(path)]).accounts[0]
    assert (account.frames, account.decoded) == (300, 300)
    assert account.truncated.startswith("damaged at frame 301")
    assert account.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_behind_the_end_meanwhile_is_read_too(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by(size, monkeypatch)
    path = tmp_path / "capture"
    path.write_bytes(FILES["pcap"])
    capture = open_capture(str(path))
    batches = capture.batches()
    first = len(next(batches))
    with path.open("ab") as more:
        more.write(pcap(FRAMES[:7], 101)[24:])
    assert first + sum(map(len, batches)) == 607
    assert capture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_looked_at_stays_and_what_is_not_is_filled_again() -> None:
    data = bytes(n % 251 for n in range(100_000))
    window = Window(io.BytesIO(data), 1000)
    held = []
    while window.slide(window.end):
        held.append(window.data[: window.end])
    assert b"".join(piece.tobytes() for piece in held) == data
    assert len({piece.ctypes.data for piece in held}) == len(held)

    window = Window(io.BytesIO(data), 1000)
    places = set()
    while window.slide(window.end):
        places.add(window.data.ctypes.data)
    assert len(places) < 10


def test_a_view_of_a_view_keeps_its_bytes() -> None:
    window = Window(io.BytesIO(bytes(range(200)) * 50), 1000)
    window.slide(0)
    view = memoryview(window.data.data[10:20])[2:5]
    for _ in range(5):
        window.slide(window.end)
    assert bytes(view) == bytes([12, 13, 14])


def test_it_reads_as_much_as_suits_within_bounds() -> None:
    window = Window(io.BytesIO(bytes(4 * CHUNK)))
    sizes = []
    for suits in (CHUNK, 3 * LEAST // 2, 0, 2 * CHUNK):
        window.suit(suits)
        window.slide(window.end)
        sizes.append(window.end)
    assert sizes == [CHUNK, 3 * LEAST // 2, LEAST, CHUNK]


def test_a_piece_of_small_records_holds_about_a_batch_of_them(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    record = pcap([udp(bytes(80))], 101)[24:]
    count = 3 * CHUNK // len(record)
    path.write_bytes(pcap([], 101) + record * count)
    capture = open_capture(str(path))
    batches = [len(frames) for frames in capture.batches()]
    behind = batches[-(-CHUNK // len(record) // MAX_BATCH) : -1]  # what the first piece held
    assert behind
    assert all(MAX_BATCH // 2 < size <= MAX_BATCH for size in behind)
    assert sum(batches) == capture.frames == count
