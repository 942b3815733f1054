"""Files that FTP carries in pieces over several data connections, through the whole dynamic half."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tests.dynamic.making import B, Talk, pcap
from zoneguard.dynamic.replay import Options, replay
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap

FILE = b"MZ" + bytes(range(256)) * 40
SIZE = (b"SIZE run.exe", b"213 %d" % len(FILE))
BINARY = (b"TYPE I", b"200 ok")
Exchange = tuple[bytes, bytes]


def rest(offset: int) -> Exchange:
    return b"REST %d" % offset, b"350 ok"


class Sessions:
    """A control connection for each piece, with its data connection; ``cut``: the client closes before the end."""

    def __init__(self) -> None:
        self.packets: list[object] = []
        self.number = 0

    def piece(self, verb: bytes, data: bytes, *before: Exchange, cut: bool = False, end: bytes = b"226 ok") -> Sessions:
        self.number += 1
        port = 1024 + self.number
        control = Talk(sport=40000 + self.number, dport=21).opened().said("<", b"220 FTP\r\n")
        endpoint = b"227 ok (%s,%d,%d)" % (B.replace(".", ",").encode(), port >> 8, port & 255)
        for asked, answered in ((b"USER a", b"230 ok"), *before, (b"PASV", endpoint), (verb, b"150 go")):
            control.said(">", asked + b"\r\n").said("<", answered + b"\r\n")
        control.said("<", end + b"\r\n")
        way = "<" if verb.startswith(b"RETR") else ">"
        carried = Talk(sport=50000 + self.number, dport=port).opened()
        for at in range(0, len(data), 1400):
            carried.said(way, data[at : at + 1400])
        if cut:
            carried.segment(">", "RA")
        else:
            carried.closed()
        self.packets += [*control.packets, *carried.packets]
        return self

    def seen(self, folder: Path) -> tuple[list[Transfer], list[Transfer]]:
        """What went over data connections, and what was put together of it."""
        path = folder / "pieces.pcap"
        path.write_bytes(pcap(self.packets))
        entry = CaptureEntry(path, SourceSpan("zoneguard.yaml", 1, 1))
        found = replay([entry], ZoneMap([]), Options(all_flows=True, digest=False)).transfers
        files = [t for t in found if t.kind == "file" and not t.parent]
        return [t for t in files if t.protocol == "ftp-data"], [t for t in files if t.protocol == "ftp-ranges"]


RETR, STOR, APPE = b"RETR run.exe", b"STOR run.exe", b"APPE run.exe"


def test_segments_make_up_the_file(tmp_path: Path) -> None:
    sessions = Sessions().piece(RETR, FILE[:5000], BINARY, SIZE, cut=True)
    sessions.piece(RETR, FILE[8000:], BINARY, rest(8000)).piece(RETR, FILE[4000:8500], BINARY, rest(4000), cut=True)
    pieces, (whole,) = sessions.seen(tmp_path)
    assert (whole.name, whole.sha256, whole.to_responder) == ("run.exe", hashlib.sha256(FILE).hexdigest(), False)
    assert [h.kind for h in whole.hazards] == ["executable"]
    assert [(t.sha256, t.certainty, dict(t.facts)["piece-of"]) for t in pieces] == [
        ("", Certainty.INSPECTED, whole.key)
    ] * 3


@pytest.mark.parametrize(
    ("start", "data", "before", "verb"),
    [
        (8001, FILE[8001:], (BINARY,), RETR),
        (8000, FILE[8000:-1], (BINARY,), RETR),
        (7000, FILE[7000:7500] + b"#" + FILE[7501:], (BINARY,), RETR),
        (8000, FILE[8000:], (), RETR),
        (8000, FILE[8000:], ((b"CWD other", b"250 ok"), BINARY), RETR),
        (8000, FILE[8000:], (BINARY,), b"RETR other.exe"),
        (8000, FILE[8000:], (BINARY, (b"MODE Z", b"200 ok")), RETR),
    ],
    ids=["hole", "end", "contradiction", "ascii", "folder", "name", "mode"],
)
def test_what_does_not_make_up_the_file_stays_in_pieces(
    tmp_path: Path, start: int, data: bytes, before: tuple[Exchange, ...], verb: bytes
) -> None:
    sessions = Sessions().piece(RETR, FILE[:8000], BINARY, SIZE, cut=True).piece(verb, data, *before, rest(start))
    pieces, joined = sessions.seen(tmp_path)
    assert joined == []
    assert [(t.sha256, t.certainty) for t in pieces] == [("", Certainty.PARTIAL)] * 2


def test_without_its_length_and_end_a_file_is_not_put_together(tmp_path: Path) -> None:
    sessions = Sessions().piece(RETR, FILE[:5000], BINARY, cut=True)
    sessions.piece(RETR, FILE[5000:8000], BINARY, rest(5000), cut=True)
    pieces, joined = sessions.seen(tmp_path)
    assert (len(pieces), joined) == (2, [])


@pytest.mark.parametrize("first", ["whole", "broken"])
def test_what_is_added_is_put_to_what_was_there(tmp_path: Path, first: str) -> None:
    broken = first == "broken"
    sessions = Sessions().piece(STOR, FILE[: 5400 if broken else 5000], BINARY, cut=broken)
    sessions.piece(APPE, FILE[5000:], BINARY, (b"SIZE run.exe", b"213 5000"))
    pieces, (whole,) = sessions.seen(tmp_path)
    assert (whole.sha256, whole.to_responder) == (hashlib.sha256(FILE).hexdigest(), True)
    assert {t.certainty for t in pieces} == {Certainty.INSPECTED} if broken else len(pieces) == 2
    assert pieces[1].certainty is Certainty.INSPECTED


@pytest.mark.parametrize("before", [(), ((b"SIZE run.exe", b"550 no"),), ((b"SIZE run.exe", b"213 5001"),)])
def test_what_is_added_to_what_was_not_seen_is_partial(tmp_path: Path, before: tuple[Exchange, ...]) -> None:
    sessions = Sessions().piece(STOR, FILE[:5000], BINARY).piece(APPE, FILE[5000:], BINARY, *before)
    pieces, joined = sessions.seen(tmp_path)
    assert (joined, pieces[1].sha256, pieces[1].certainty) == ([], "", Certainty.PARTIAL)


def test_an_append_to_an_empty_file_is_the_whole(tmp_path: Path) -> None:
    (file,), joined = Sessions().piece(APPE, FILE, BINARY, (b"SIZE run.exe", b"213 0")).seen(tmp_path)
    assert (file.sha256, file.certainty) == (hashlib.sha256(FILE).hexdigest(), Certainty.INSPECTED)
    assert joined == []
