"""The compiled core gives what the NumPy core gives: the same rows, the same flow numbers, the same memory."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, fragment

from tests.dynamic.making import A, B, Talk, ether, pcap, wireless
from tests.dynamic.test_capwap import torn
from tests.dynamic.test_decoding import payloads
from tests.dynamic.test_flows import traffic
from tests.dynamic.test_links import LINKS
from tests.dynamic.test_tunnels import TUNNELS
from zoneguard.dynamic import cores
from zoneguard.dynamic._store import HALF
from zoneguard.dynamic.columns import COLUMNS, Column, Refusal, Rows
from zoneguard.dynamic.contexts import Context
from zoneguard.dynamic.cores import NUMPY, Core
from zoneguard.dynamic.decoding import SwiftDecoder
from zoneguard.dynamic.flows import MAX_FLOWS
from zoneguard.dynamic.surveying import Run, Survey

COMPILED = cores.compiled()
Everything = tuple[dict[str, Column], list[Refusal], list[bytes]]
pytestmark = pytest.mark.skipif(COMPILED is None, reason="the compiled core was not built: there was no C compiler")


def compare(files: list[str], max_flows: int = MAX_FLOWS) -> Survey:
    """Run both cores, batch by batch the same; and the compiled one as it reads a single classic capture, in batches of
    its own, by which flows are numbered, and up to the bound told from those beyond."""
    assert COMPILED is not None
    by_frames = replace(COMPILED, swift=lambda contexts: ByFrames(COMPILED.swift(contexts)))
    slow, fast, straight = (Run(files, max_flows=max_flows, core=core) for core in (NUMPY, by_frames, COMPILED))
    rows, rows_, straight_rows = (everything(run) for run in (slow, fast, straight))
    same(rows, rows_)
    for numbered in (rows_, straight_rows):
        del numbered[0]["flow"]
    if max_flows == MAX_FLOWS:
        same(rows_, straight_rows)
        assert straight.tracker.refused == fast.tracker.refused
    one, other = slow.tracker, fast.tracker
    count = one.store.flows
    assert count == other.store.flows
    keys, keys_ = one.store.key[:count].copy(), other.store.key[:count].copy()
    assert meanings(slow, keys[:, 4] >> 16 & 0xFFFF) == meanings(fast, keys_[:, 4] >> 16 & 0xFFFF)
    for some in (keys, keys_):  # contexts are numbered as they come up
        some[:, 4] &= ~np.uint64(0xFFFF0000)
    assert np.array_equal(keys, keys_)
    for name in HALF.names or ():
        assert np.array_equal(getattr(one.store, name)[: 2 * count], getattr(other.store, name)[: 2 * count]), name
    assert one.macs == other.macs
    assert one.refused == other.refused
    expected, got = slow.survey(), fast.survey()
    if max_flows == MAX_FLOWS:
        assert straight.survey().table == got.table
    assert [a.core for a in got.accounts] == ["compiled"] * len(files)
    assert [replace(a, core="numpy") for a in got.accounts] == list(expected.accounts)
    assert list(got.tracks) == list(expected.tracks)
    return got


class ByFrames:
    """A decoder that cannot read captures by itself."""

    def __init__(self, swift: SwiftDecoder) -> None:
        self.fragments, self.decode = swift.fragments, swift.decode


def same(some: Everything, others: Everything) -> None:
    """All rows are alike."""
    for name in some[0]:
        assert np.array_equal(some[0][name], others[0][name]), name
    assert some[1:] == others[1:]


def everything(run: Run) -> Everything:
    """All rows with flow and direction, what messages refused, and the payload of each row."""
    parts = list(run.batches())
    columns = {name: np.concatenate([getattr(rows, name) for rows, _, _ in parts]) for name in COLUMNS}
    assert {name: column.dtype for name, column in columns.items()} == {n: np.dtype(k) for n, k in COLUMNS.items()}
    columns["context"] = np.array([repr(meaning) for meaning in meanings(run, columns["context"])])
    columns["data_at"] = np.where(columns["buffer"] > 0, 0, columns["data_at"])  # behind what the same batch put there
    columns["flow"] = np.concatenate([flow for _, flow, _ in parts])
    columns["back"] = np.concatenate([back for _, _, back in parts])
    refused = [refusal for rows, _, _ in parts for refusal in rows.refusals]
    return columns, refused, [payload for rows, _, _ in parts for payload in payloads(in_file(rows, run.files))]


def in_file(rows: Rows, files: Sequence[str]) -> Rows:
    """The rows, with the whole file for their first buffer where they have none."""
    if not rows.buffers or len(rows.buffers[0]):
        return rows
    data = Path(files[0]).read_bytes() if len(files) == 1 and rows.records is not None else b""
    return replace(rows, buffers=(np.frombuffer(data, np.uint8), *rows.buffers[1:]))


def meanings(run: Run, numbers: Column) -> list[Context]:
    """VLANs and tunnels of each context."""
    return [run.contexts[number] for number in numbers.tolist()]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("size", "bound"), [(1 << 16, MAX_FLOWS), (40, MAX_FLOWS), (70, 9), (1, 5)])
def test_any_traffic(seed: int, size: int, bound: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", size)
    monkeypatch.setattr("zoneguard.dynamic.cores.MAX_BATCH", size)
    monkeypatch.setattr("zoneguard.dynamic.cores.TOGETHER", size)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(traffic(seed, 300)))
    assert len(compare([str(path)], bound).tracks) <= bound


@given(
    st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(["S", "SA", "A", "PA", "FA", "R", "RA", "SR", "SF", ""]),
            st.sampled_from([0, 1, 5, 100, (1 << 32) - 3, (1 << 31) + 2, 1 << 31]),
            st.integers(0, 12),
        ),
        min_size=1,
        max_size=30,
    ),
    st.sampled_from([1, 2, 5, 1 << 16]),
)
def test_any_connection(steps: list[tuple[bool, str, int, int]], size: int) -> None:
    import tempfile

    talk = Talk(sport=40000, dport=41000)
    for side, flags, seq, length in steps:
        talk.segment(">" if side else "<", flags, b"x" * length, seq=seq)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", size)
        patch.setattr("zoneguard.dynamic.cores.MAX_BATCH", size)
        path = Path(folder) / "capture.pcap"
        path.write_bytes(pcap(talk.packets))
        compare([str(path)])


def test_more_holes_than_are_remembered(tmp_path: Path) -> None:
    starts = [1000 + 10 * n for n in range(200)]
    random.Random(4).shuffle(starts)
    segments = [ether(IP(src=A, dst=B) / TCP(sport=1, dport=2, flags="PA", seq=s) / bytes(7)) for s in starts]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(segments))
    (track,) = compare([str(path)]).tracks
    assert 0 < track.flow.payload[0] <= 200 * 7


def test_the_table_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneguard.dynamic._store.START", 64)
    monkeypatch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", 300)
    monkeypatch.setattr("zoneguard.dynamic.cores.MAX_BATCH", 300)
    frame = bytearray(bytes(ether(IP(src=A, dst=B) / TCP(sport=1, dport=2, flags="S"))))
    frames = []
    for number in range(3_000):
        frame[26:30] = number.to_bytes(4)
        frames.append(bytes(frame))
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(frames))
    assert len(compare([str(path)]).tracks) == 3_000


def test_every_tunnel_and_what_is_inside(tmp_path: Path) -> None:
    frames = [ether(packet) for packet, _ in TUNNELS.values()]
    cut = [bytes(frame)[:end] for frame in frames for end in range(20, len(frame))]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([*frames, *cut, *frames]))
    seen = compare([str(path)])
    assert {track.flow.tunnel[0].split()[0] for track in seen.tracks if track.flow.tunnel} >= {"gre", "vxlan", "4in6"}


@pytest.mark.parametrize("size", [1 << 16, 7, 1])
def test_frames_and_datagrams_in_pieces(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", size)
    monkeypatch.setattr("zoneguard.dynamic.cores.MAX_BATCH", size)
    frames = []
    for number in range(60):
        inner = IP(src=f"192.168.1.{number}", dst="192.168.2.2") / TCP(sport=1234, dport=445) / bytes(200)
        frames += torn(bytes(ether(inner)), number)
        frames += torn(wireless(inner, b"\x01\x08"), number, 0x100, src=f"10.1.1.{number}")
        frames += [ether(part) for part in fragment(IP(src=A, dst=B, id=number) / UDP() / bytes(200), 80)]
    frames += [ether(part) for p in frames[:3] for part in fragment(IP(src=A, dst=B, id=99) / p[UDP], 40)]
    random.Random(size).shuffle(frames)
    del frames[::50]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(frames))
    (account,) = compare([str(path)]).accounts
    assert account.decoded + sum(account.skipped.values()) == len(frames)


@pytest.mark.parametrize("name", LINKS)
def test_every_link(name: str, tmp_path: Path) -> None:
    link, frame = LINKS[name]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([frame[:end] for end in range(1, len(frame) + 1)], link))
    assert len(compare([str(path)]).tracks)


def test_tunnels_up_to_the_depth_that_is_opened(tmp_path: Path) -> None:
    packet = IP(src=A, dst=B) / TCP(sport=1, dport=2)
    frames = []
    for depth in range(12):
        packet = IP(src=f"10.9.{depth}.1", dst=f"10.9.{depth}.2") / packet
        frames.append(ether(packet))
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(frames))
    (account,) = compare([str(path)]).accounts
    assert (account.decoded, sum(account.skipped.values())) == (8, 4)


def test_a_batch_with_more_packets_than_room(tmp_path: Path) -> None:
    packet = IP(src=A, dst=B) / UDP(sport=1, dport=2)
    for depth in range(6):
        packet = IP(src=f"10.9.{depth}.1", dst=f"10.9.{depth}.2") / packet
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([ether(packet)] * 500))
    assert [sum(track.flow.packets) for track in compare([str(path)]).tracks] == [500] * 7


def test_the_core_is_a_choice() -> None:
    assert cores.best() is COMPILED
    assert isinstance(NUMPY, Core)
