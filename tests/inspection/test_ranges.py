"""Downloads in pieces over several connections, through the whole dynamic half."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dynamic.making import Talk, pcap
from tests.inspection.talk import talk
from zoneguard.dynamic.replay import Options, replay
from zoneguard.inspection.protocols.http import PLUGIN as HTTP
from zoneguard.inspection.ranges import Ranges
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap


def archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("setup.exe", b"MZ" + bytes(3000))
    return out.getvalue()


FILE = archive()


def ask(path: str = "/a.zip?id=1", host: str = "files.example") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()


def answer(first: int, last: int, data: bytes = FILE, **headers: str) -> bytes:
    lines = [f"Content-Range: bytes {first}-{last}/{len(data)}", f"Content-Length: {last + 1 - first}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("HTTP/1.1 206 Partial Content\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + data[first : last + 1]


def fetched(folder: Path, *exchanges: tuple[bytes, bytes]) -> list[Transfer]:
    """Each exchange on a connection of its own."""
    packets = []
    for port, (question, reply) in enumerate(exchanges, 40000):
        connection = Talk(sport=port, dport=80).opened().said(">", question)
        for at in range(0, len(reply), 1200):
            connection.said("<", reply[at : at + 1200])
        packets += connection.closed().packets
    path = folder / "ranges.pcap"
    path.write_bytes(pcap(packets))
    entry = CaptureEntry(path, SourceSpan("zoneguard.yaml", 1, 1))
    return list(replay([entry], ZoneMap([]), Options(all_flows=True, digest=False)).transfers)


def joined(transfers: Iterable[Transfer]) -> list[Transfer]:
    return [t for t in transfers if t.protocol == "http-ranges"]


def test_a_file_in_ranges_over_connections_is_whole_and_inspected(tmp_path: Path) -> None:
    half = len(FILE) // 2
    transfers = fetched(tmp_path, (ask(), answer(half - 10, len(FILE) - 1)), (ask(), answer(0, half)))
    file, member = joined(transfers)
    assert file.sha256 == hashlib.sha256(FILE).hexdigest()
    assert (file.name, file.certainty, file.to_responder) == ("a.zip", Certainty.INSPECTED, False)
    assert (member.parent, member.name) == (file.key, "setup.exe")
    assert "executable" in {h.kind for h in member.hazards}
    assert dict(file.facts) == {"url": "http://files.example/a.zip", "joined": "2 ranges, 2 connections"}
    carried = {f for t in transfers if t.protocol == "http" for f in t.frames}
    assert set(file.frames) == carried
    assert len({t.key for t in transfers}) == len(transfers)
    pieces = [t for t in transfers if t.protocol == "http" and not t.parent]
    assert [(t.certainty, t.sha256, dict(t.facts)["piece-of"]) for t in pieces] == [
        (Certainty.INSPECTED, "", file.key)
    ] * 2


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        (ask("/a.zip?id=2"), answer(100, len(FILE) - 1)),
        (ask(host="other.example"), answer(100, len(FILE) - 1)),
        (ask(), answer(100, len(FILE) - 1, ETag='"2"')),
        (ask(), answer(101, len(FILE) - 1)),
        (ask(), answer(100, len(FILE) - 1, FILE[:110] + b"#" + FILE[111:])[:-1]),
        (ask(), answer(90, len(FILE) - 1, FILE[:95] + b"#" + FILE[96:])),
        (ask(), answer(100, len(FILE) - 1, Content_Encoding="gzip")),
    ],
    ids=["query", "host", "version", "hole", "cut", "contradiction", "encoded"],
)
def test_what_does_not_belong_together_stays_in_ranges(tmp_path: Path, question: bytes, reply: bytes) -> None:
    transfers = fetched(tmp_path, (ask(), answer(0, 99)), (question, reply))
    assert not joined(transfers)
    assert all(t.certainty is not Certainty.INSPECTED for t in transfers)


def test_what_one_connection_holds_is_joined_once(tmp_path: Path) -> None:
    both = answer(0, 99) + answer(100, len(FILE) - 1)
    transfers = fetched(tmp_path, (ask() + ask(), both), (ask(), answer(0, 99)))
    assert [t.protocol for t in transfers if t.sha256 == hashlib.sha256(FILE).hexdigest()] == ["http"]
    assert {t.certainty for t in transfers if not t.parent} == {Certainty.INSPECTED}


def test_a_piece_that_contradicts_the_whole_stays_uncertain(tmp_path: Path) -> None:
    other = FILE[:50] + b"#" + FILE[51:]
    both = answer(0, 99) + answer(100, len(FILE) - 1)
    transfers = fetched(tmp_path, (ask() + ask(), both), (ask(), answer(0, 99, other)))
    assert transfers[-1].certainty is Certainty.PARTIAL
    overlapping = answer(0, 99) + answer(90, len(FILE) - 1, FILE[:95] + b"#" + FILE[96:])
    transfers = fetched(tmp_path, (ask() + ask(), overlapping))
    assert {t.certainty for t in transfers if not t.parent} == {Certainty.PARTIAL}


def test_pieces_of_what_cannot_be_read_are_no_more_certain(tmp_path: Path) -> None:
    blob = bytes(range(251)) * 20
    transfers = fetched(tmp_path, (ask(), answer(0, 99, blob)), (ask(), answer(100, len(blob) - 1, blob)))
    assert [t.certainty for t in transfers] == [Certainty.OPAQUE] * 3


def test_no_more_is_held_than_there_is_room_for() -> None:
    ranges = Ranges(room=len(FILE) - 1)
    list(HTTP.inspect(talk((">", ask()), ("<", answer(0, 99)), keep=ranges.keep)))
    list(HTTP.inspect(talk((">", ask()), ("<", answer(100, len(FILE) - 1)), keep=ranges.keep)))
    assert ranges.room == len(FILE) - 101
    assert list(ranges.joined()) == []


@given(st.binary(min_size=1, max_size=60), st.lists(st.tuples(st.integers(0, 59), st.integers(1, 60)), max_size=8))
def test_ranges_give_the_file_exactly_where_they_cover_it(data: bytes, cuts: list[tuple[int, int]]) -> None:
    ranges, covered = Ranges(), set()
    spans = [(a, min(a + n, len(data))) for a, n in cuts if a < len(data) and (a, a + n) != (0, len(data))]
    for number, (start, end) in enumerate(spans):
        exchange = talk((">", ask()), ("<", answer(start, end - 1, data)), keep=ranges.keep)
        list(HTTP.inspect(replace(exchange, flow=replace(exchange.flow, sport=number))))
        covered |= set(range(start, end))
    hashes = [t.sha256 for t in ranges.joined() if not t.parent]
    whole = any(span == (0, len(data)) for span in spans)
    complete = covered == set(range(len(data))) and not whole
    assert hashes == ([hashlib.sha256(data).hexdigest()] if complete else [])
