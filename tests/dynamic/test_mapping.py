"""A file mapped piece by piece holds the same frames, and has the same hash, as the same bytes in a stream."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from tests.dynamic.making import block, enhanced, interface, pcap, section, udp
from zoneguard.dynamic import _mapping
from zoneguard.dynamic._mapping import MappedWindow, mappable
from zoneguard.dynamic.containers import Capture, open_capture
from zoneguard.dynamic.surveying import survey

FRAMES = [udp(bytes(n % 1400), sport=1024 + n % 500) for n in range(600)]
FILES = {
    "pcap": pcap(FRAMES, 101),
    "pcapng": section() + interface(101) + b"".join(enhanced(f, i) for i, f in enumerate(FRAMES)) + block(5, bytes(8)),
}


@pytest.fixture(params=[(4096, 1000), (50_000, 700), (1 << 20, 300)])
def small_pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    piece, tail = request.param
    monkeypatch.setattr(_mapping, "PIECE", piece)
    monkeypatch.setattr(_mapping, "TAIL", tail)


def contents(capture: Capture) -> list[tuple[int, int, bytes]]:
    return [
        (number, time, frames.data[at : at + caplen].tobytes())
        for frames in capture.batches()
        for number, time, at, caplen in zip(
            *(column.tolist() for column in (frames.number, frames.time, frames.at, frames.caplen)), strict=True
        )
    ]


@pytest.mark.parametrize("cut", [0, 1, 17, 40_000])
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.usefixtures("small_pieces")
def test_a_mapped_file_reads_as_a_stream(kind: str, cut: int, tmp_path: Path) -> None:
    data = FILES[kind][: len(FILES[kind]) - cut]
    path = tmp_path / "capture"
    path.write_bytes(data)
    stream, mapped = Capture("capture", 0, io.BytesIO(data)), open_capture(str(path))
    assert isinstance(mapped._window(), MappedWindow)
    assert contents(mapped) == contents(stream)
    assert (mapped.frames, mapped.truncated) == (stream.frames, stream.truncated)
    assert mapped.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.usefixtures("small_pieces")
def test_damage_in_the_middle_is_said_and_the_whole_file_hashed(tmp_path: Path) -> None:
    data = bytearray(FILES["pcap"])
    half = data.index(bytes(FRAMES[300]))
    data[half - 8 : half - 4] = b"\xff" * 4
    path = tmp_path / "capture"
    path.write_bytes(data)
    account = survey([str(path)]).accounts[0]
    assert (account.frames, account.decoded) == (300, 300)
    assert account.truncated.startswith("damaged at frame 301")
    assert account.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.usefixtures("small_pieces")
def test_what_was_written_behind_the_end_meanwhile_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(FILES["pcap"])
    capture = open_capture(str(path))
    batches = capture.batches()
    first = len(next(batches))
    with path.open("ab") as more:
        more.write(pcap(FRAMES[:7], 101)[24:])
    assert first + sum(map(len, batches)) == 607
    assert capture.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_only_long_files_on_disk_are_mapped(tmp_path: Path) -> None:
    path = tmp_path / "capture"
    path.write_bytes(FILES["pcap"][:1000])
    with io.FileIO(str(path)) as file:
        assert not mappable(file)
    assert not mappable(io.BytesIO(FILES["pcap"]))
