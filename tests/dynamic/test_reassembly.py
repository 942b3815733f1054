"""Datagrams put together by columns are those that the scalar decoder puts together frame by frame."""

from __future__ import annotations

import gc
import random
import struct
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import GRE, Dot1Q, Ether

from tests.dynamic import test_cores
from tests.dynamic.making import START, ether, pcap
from tests.dynamic.test_decoding import payloads
from zoneguard.dynamic import _pcap, _reassembly, cores, fragments
from zoneguard.dynamic._scalar import Scalar, Values
from zoneguard.dynamic.columns import COLUMNS
from zoneguard.dynamic.cores import NUMPY, Core
from zoneguard.dynamic.decoding import OneByOne
from zoneguard.dynamic.flows import FlowTracker
from zoneguard.dynamic.surveying import Run

PLAIN = Core("one by one", _pcap.by_columns, OneByOne, FlowTracker)
ETHER = bytes(6) + b"\x02\0\0\0\0\x07"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reassembly, "FEW", 4)
    monkeypatch.setattr(_reassembly, "TOGETHER", 3)


def compare(path: Path) -> Run:
    """Both, batch by batch; the compiled core too, where there is one."""
    fast, slow = Run([str(path)], core=NUMPY), Run([str(path)], core=PLAIN)
    for (rows, flow, _), (rows_, flow_, _) in zip(fast.batches(), slow.batches(), strict=True):
        for name in COLUMNS:
            if name != "context":
                assert getattr(rows, name).tolist() == getattr(rows_, name).tolist(), name
        assert payloads(rows) == payloads(rows_)
        assert [fast.contexts[n] for n in rows.context.tolist()] == [slow.contexts[n] for n in rows_.context.tolist()]
        assert flow.tolist() == flow_.tolist()
    a, b = fast.survey().accounts[0], slow.survey().accounts[0]
    assert (a.decoded, a.skipped, a.without_ip) == (b.decoded, b.skipped, b.without_ip)
    if cores.compiled():
        test_cores.compare([str(path)])
    return fast


def piece(v6: bool, host: int, number: int, start: int, data: bytes, more: bool, proto: int = 17) -> bytes:
    """A fragment in an Ethernet frame; of even ``number`` an IPv6 one has another extension header before its own."""
    if v6:
        extended = number % 2 == 0
        own = struct.pack(">BBHI", proto, 0, start | more, number) + data
        own = b"\x2c\0\1\4\0\0\0\0" + own if extended else own
        ends = b"\xfd" + bytes(14) + bytes([host]) + b"\xfd" + bytes(14) + b"\x09"
        return ETHER + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(own), 0 if extended else 44, 9) + ends + own
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), number, start // 8 | more << 13, 9, proto, 0)
    return ETHER + b"\x08\0" + header + bytes([10, 0, 0, host, 10, 0, 0, 9]) + data


def cut(v6: bool, host: int, number: int, payload: bytes, sizes: list[int]) -> Iterator[bytes]:
    """A UDP datagram in pieces of these sizes, of eight bytes each, and a rest."""
    data = struct.pack(">HHHH", 5000 + host, 53, 8 + len(payload), 0) + payload
    at = 0
    for size in sizes:
        if at + 8 * size >= len(data):
            break
        yield piece(v6, host, number, at, data[at : at + 8 * size], more=True)
        at += 8 * size
    yield piece(v6, host, number, at, data[at:], more=False)


STRANGERS = [
    bytes(ether(IP(src="10.0.0.1", dst="10.0.0.9") / GRE() / IP(flags="MF", id=3) / UDP())),
    bytes(ether(IP(src="10.0.0.1", dst="10.0.0.9", flags="MF", id=1) / UDP(sport=5001, dport=53) / bytes(24))),
    bytes(ether(IP(src="10.0.0.1", dst="10.0.0.9") / UDP())),
    piece(False, 1, 2, 8, b"12345", more=True),
    piece(True, 2, 2, 16, b"other bytes 1234", more=False)[:60],
    piece(False, 2, 3, 65528, bytes(16), more=False),
    piece(False, 3, 1, 0, bytes(8) + b"\3\0" + bytes(14), more=False, proto=1),
    bytes(Ether() / Dot1Q(vlan=3)) + piece(False, 1, 1, 0, bytes(16), more=True)[12:],
]
DATAGRAMS = st.tuples(
    st.booleans(),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from([0, 3, 30, 61]),
    st.lists(st.integers(1, 3), max_size=3),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(DATAGRAMS, min_size=2, max_size=14),
    st.integers(0, 1 << 16),
    st.sampled_from(["in order", "interleaved", "shuffled", "damaged"]),
    st.sampled_from([1 << 16, 7]),
    st.sampled_from([(4096, 32 << 20), (3, 32 << 20), (4096, 500)]),
    st.sampled_from([1, 40]),
)
def test_any_fragments(
    tmp_path_factory: pytest.TempPathFactory, datagrams: list[tuple[bool, int, int, int, list[int]]], seed: int,
    kind: str, batch: int, bounds: tuple[int, int], pace: int,
) -> None:  # fmt: skip
    rng = random.Random(seed)
    frames = []
    open_: list[Iterator[bytes]] = [
        cut(v6, host, number, bytes(size), sizes) for v6, host, number, size, sizes in datagrams
    ]
    while open_:
        mine = open_[0] if kind == "in order" else rng.choice(open_[:3])
        frame = next(mine, None)
        if frame is None:
            open_.remove(mine)
            continue
        frames.append(frame)
        if kind == "damaged" and rng.random() < 0.2:
            frames[-1:] = rng.choice([[], [frame, frame], [rng.choice(STRANGERS), frame], [frame[:-2] + b"??"]])
    if kind == "shuffled":
        rng.shuffle(frames)
    path = tmp_path_factory.mktemp("capture") / "capture.pcap"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "MAX_DATAGRAMS", bounds[0])
        patch.setattr(fragments, "MAX_BYTES", bounds[1])
        patch.setattr(fragments, "TIMEOUT", 60 * 10**9)
        patch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", batch)
        patch.setattr("zoneguard.dynamic.cores.MAX_BATCH", batch)
        path.write_bytes(pcap([(START + n * pace * 10**9, frame) for n, frame in enumerate(frames)]))
        compare(path)


def left(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The places of the frames that go to the scalar decoder, in one batch."""
    places: list[int] = []
    scalar = Scalar.frame

    def seen(self: Scalar, position: int) -> list[Values]:
        places.append(position)
        return scalar(self, position)

    monkeypatch.setattr(Scalar, "frame", seen)
    for _ in Run([str(path)], core=NUMPY).batches():
        pass
    return places


def test_plain_fragments_are_put_together_by_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tunnel = bytes(IP(src="1.1.1.1", dst="2.2.2.2") / UDP(sport=7, dport=8) / bytes(50))
    frames = []
    for n in range(20):
        four, six = list(cut(False, 1, n, bytes(70), [2, 3])), list(cut(True, 2, n, bytes(90), [4, 2]))
        frames += [frame for both in zip(four, six, strict=True) for frame in both]
        frames += [piece(False, 3, n, 0, tunnel[:40], True, 4), piece(False, 3, n, 40, tunnel[40:], False, 4)]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(frames))
    run = compare(path)
    assert run.survey().accounts[0].decoded == len(frames)
    assert left(path, monkeypatch) == list(range(6))  # the first datagrams


def test_a_copy_of_a_datagram_put_together_by_columns_makes_no_second_one(tmp_path: Path) -> None:
    frames = [frame for n in range(9) for frame in cut(False, 1, n, bytes(70), [3])]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([*frames, bytes(ether(IP() / UDP())), *frames[:4], frames[-2]]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("zoneguard.dynamic._pcap.MAX_BATCH", len(frames) + 1)
        patch.setattr("zoneguard.dynamic.cores.MAX_BATCH", len(frames) + 1)
        run = compare(path)
    assert run.survey().tracks[0].flow.packets == (9, 0)


@pytest.mark.parametrize("again", [b"other bytes" * 7, bytes(77)])
def test_numbers_that_come_again_in_a_batch_are_put_together_by_columns_too(
    again: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fragments, "MAX_DATAGRAMS", 8)  # what was whole is forgotten before its number comes again
    frames = [frame for data in (bytes(77), again) for n in range(30) for frame in cut(False, 1, n, data, [3])]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(frames))
    run = compare(path)
    assert run.survey().accounts[0].decoded == len(frames)
    assert left(path, monkeypatch) == [0, 1]


@pytest.mark.parametrize("kinds", ["aabb", "abab", "abb", "aab"])
def test_a_number_that_comes_again_at_once_is_nothing_plain(kinds: str, tmp_path: Path) -> None:
    frames = [frame for n in range(9) for frame in cut(False, 1, n, bytes(70), [3])]
    first, second = (list(cut(False, 2, 5, data, [3])) for data in (bytes(70), b"b" * 70))
    mixed = [(first if kind == "a" else second)[kinds[:place].count(kind)] for place, kind in enumerate(kinds)]
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([*frames, *mixed, *frames]))
    compare(path)


def together(count: int, size: int, number: int = 0) -> list[bytes]:
    """The pieces of several datagrams, all first ones before all second ones."""
    pairs = [list(cut(False, 1, number + n, bytes(size), [size // 8])) for n in range(count)]
    return [pair[place] for place in (0, 1) for pair in pairs]


@pytest.mark.parametrize(("bound", "value", "size"), [("MAX_DATAGRAMS", 3, 30), ("MAX_BYTES", 900, 150)])
def test_bounds_are_kept_while_pieces_wait(
    bound: str, value: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fragments, bound, value)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap(together(9, size)))
    assert compare(path).survey().accounts[0].skipped


def test_what_waits_belongs_to_a_later_batch_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first piece of a datagram, then another one of the same number: its beginning is the one that came first."""
    early = piece(False, 1, 3, 0, struct.pack(">HHHH", 9, 9, 38, 0) + bytes(8), more=True)
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([*together(4, 30, 10), early, *together(4, 30)]))
    for name in ("_pcap", "cores"):
        monkeypatch.setattr(f"zoneguard.dynamic.{name}.MAX_BATCH", 9)
    (skipped,) = compare(path).survey().accounts[0].skipped.items()
    assert skipped[1] == 3


def test_what_waits_and_is_left_alone_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "capture.pcap"
    alone = piece(True, 3, 99, 8, bytes(8), more=True)
    frames = [alone, *(frame for n in range(20) for frame in cut(False, 1, n, bytes(30), [2]))]
    path.write_bytes(pcap([(START + (n + 1000 * (n > 20)) * 10**9, frame) for n, frame in enumerate(frames)]))
    compare(path)
    places = left(path, monkeypatch)
    assert places[:3] == [0, 1, 2]
    assert 14 < places[3] <= 21
    assert places[-1] < 28


@pytest.mark.parametrize("back", [0, 45])
def test_pieces_too_far_apart_are_not_put_together(back: int, tmp_path: Path) -> None:
    """A fragment between two others says that the first is too old, though the second is not."""
    path = tmp_path / "capture.pcap"
    frames = together(5, 30)
    seconds = [0, 1, 2, 3, 4, *(31 + 30 * n for n in range(5))] if not back else [0, 1, 2, 3, 61, 50, 51, 52, 53, 62]
    path.write_bytes(pcap([(START + second * 10**9, frame) for second, frame in zip(seconds, frames, strict=True)]))
    assert compare(path).survey().accounts[0].skipped


def test_what_is_kept_does_not_hold_the_batch(tmp_path: Path) -> None:
    path = tmp_path / "capture.pcap"
    path.write_bytes(pcap([frame for n in range(20) for frame in cut(False, 1, n, bytes(30), [2])]))
    run = Run([str(path)], core=NUMPY)
    batches = run.batches()
    rows, _, _ = next(batches)
    buffer = weakref.ref(rows.buffers[0].base)
    del rows
    for _ in batches:
        pass
    gc.collect()
    assert buffer() is None
