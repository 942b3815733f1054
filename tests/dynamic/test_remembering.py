"""What is remembered of packets gives the same streams wherever it lies: in the capture, in memory, on disk."""

from __future__ import annotations

import gzip
import random
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scapy.layers.inet import IP, TCP, fragment
from scapy.layers.l2 import Dot1Q, Ether

from tests.dynamic.making import MAC_A, MAC_B, A, B, Talk, ether, pcap
from zoneguard.dynamic import cores, remembering, surveying
from zoneguard.dynamic.placing import Addresses
from zoneguard.dynamic.remembering import Remembered
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import survey
from zoneguard.inspection import Conversation
from zoneguard.model.errors import InputError

CONTENT = random.Random(1).randbytes(6 << 20)
PIECE = 60_000


def talks(count: int = 2) -> list[Any]:
    """Connections that run side by side, each with its share of ``CONTENT``; some of the packets are in fragments."""
    share = len(CONTENT) // count
    parties = [Talk(sport=40000 + number).opened() for number in range(count)]
    for at in range(0, share, PIECE):
        for number, party in enumerate(parties):
            begin = number * share + at
            party.said("<", CONTENT[begin : min(begin + PIECE, (number + 1) * share)])
    return [packet for party in zip(*(party.packets for party in parties), strict=True) for packet in party]


def streams(*paths: Path) -> list[Conversation]:
    seen = survey([str(path) for path in paths], digest=False, name=lambda path: "x")
    return list(reassemble(seen, seen.tracks))


@pytest.fixture(scope="module")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Longer than what is read at a time."""
    path = tmp_path_factory.mktemp("remembering") / "plain.pcap"
    path.write_bytes(pcap(talks()))
    return path


def test_plain_and_compressed_captures_give_the_same(capture: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes(), 1))
    got = streams(capture)
    assert b"".join(c.to_originator.data for c in got) == CONTENT
    assert got == streams(packed)


@pytest.mark.parametrize("piece", [1, 1000, 1 << 20])
def test_pieces_of_any_size_and_flows_one_by_one_give_the_same(
    piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.pcap"
    path.write_bytes(pcap(talks(5)[:40]))
    expected = streams(path)
    monkeypatch.setattr(remembering, "PIECE", piece)
    seen = survey([str(path)], digest=False, name=lambda path: "x")
    assert list(reassemble(seen, seen.tracks, Limits(together=1))) == expected


@pytest.mark.parametrize("group", [0, 3])
def test_every_flow_is_found_alone_where_others_lie_elsewhere(
    group: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "TOGETHER", 16)
    monkeypatch.setattr(remembering, "GROUP", group)
    packets = [
        ether(IP(src=A, dst=B) / TCP(sport=port, dport=9, flags="PA", seq=7 + 2 * turn) / f"{port % 90 + 10}".encode())
        for start in range(1000, 1090, 10)
        for turn in range(3)
        for port in (999, *range(start, start + 10))
    ]
    path = tmp_path / "parts.pcap"
    path.write_bytes(pcap(packets))
    seen = survey([str(path)])
    together = list(reassemble(seen, seen.tracks))
    assert len(together) == 91
    assert {len(c.to_responder.data + c.to_originator.data) for c in together} == {6}
    assert [c for track in seen.tracks for c in reassemble(seen, [track])] == together


def test_a_capture_that_is_cut_meanwhile_is_refused(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    path.write_bytes(capture.read_bytes())
    seen = survey([str(path)])
    assert seen.remembered is not None
    path.write_bytes(capture.read_bytes()[:-PIECE])
    with pytest.raises(InputError, match="changed while it was read"):
        list(seen.remembered.packets([track.halves for track in seen.tracks], seen.files, seen.names))


def test_what_does_not_fit_into_memory_lies_on_disk(
    capture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(capture.read_bytes(), 1))
    expected = streams(packed)
    monkeypatch.setattr(surveying, "Remembered", lambda interesting, scatter: Remembered(interesting, scatter, 1000))
    assert streams(packed) == expected


def test_a_full_disk_is_said(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, room: int) -> None:
            pass

        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            pass

    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", Full)
    with pytest.raises(InputError, match="No space left on device; set TMPDIR"):
        survey([str(capture)])


def test_a_capture_that_goes_on_is_refused(capture: Path, tmp_path: Path) -> None:
    path = tmp_path / "changing.pcap"
    path.write_bytes(capture.read_bytes())
    seen = survey([str(path)])
    with path.open("ab") as file:
        file.write(bytes(16))
    with pytest.raises(InputError, match="changed while it was read"):
        list(reassemble(seen, seen.tracks))


def test_fragments_beside_whole_packets(tmp_path: Path) -> None:
    packets = []
    for at in range(0, 30_000, 1000):
        segment = IP(src=A, dst=B, id=at) / TCP(sport=1, dport=2, flags="PA", seq=7 + at) / CONTENT[at : at + 1000]
        packets += [ether(part) for part in (fragment(segment, 600) if at % 3000 == 0 else [segment])]
    filler = Talk().opened()
    for at in range(0, 90 * PIECE, PIECE):
        filler.said(">", CONTENT[at : at + PIECE])
    path = tmp_path / "plain.pcap"
    path.write_bytes(pcap(packets + filler.packets))
    assert [c.to_responder.data for c in streams(path)] == [CONTENT[:30_000], CONTENT[: 90 * PIECE]]


def test_only_packets_of_interesting_flows_are_there_to_look_up(tmp_path: Path) -> None:
    path = tmp_path / "two.pcap"
    path.write_bytes(pcap([ether(IP(src=A, dst=B) / TCP(sport=n, dport=9, flags="PA") / b"x") for n in (1, 2, 1)]))

    def some(ends: tuple[Addresses, Addresses]) -> Any:
        return np.arange(len(ends[0].low)) == 0

    seen = survey([str(path)], interesting=some)
    first, second = seen.tracks
    assert [packets.side.tolist() for packets in seen.packets([first.halves])] == [[0, 0]]
    with pytest.raises(ValueError, match="of no interest"):
        list(seen.packets([second.halves]))
    with pytest.raises(ValueError, match="no flow was of interest"):
        list(survey([str(path)], interesting=None).packets([first.halves]))


def test_a_long_flow_whose_directions_have_vlans_of_their_own(tmp_path: Path) -> None:
    """Its directions are two flows of the first pass, joined later."""
    talk = Talk().opened()
    for at in range(0, 3000, 100):
        talk.said("<", CONTENT[at : at + 100])
    tagged = [
        Ether(src=MAC_A, dst=MAC_B) / Dot1Q(vlan=10 if packet[IP].src == A else 20) / packet[IP]
        for packet in map(Ether, map(bytes, talk.packets))
    ]
    path = tmp_path / "vlans.pcap"
    path.write_bytes(pcap(tagged))
    (conversation,) = streams(path)
    assert conversation.to_originator.data == CONTENT[:3000]
    assert conversation.to_originator.gaps == ()
