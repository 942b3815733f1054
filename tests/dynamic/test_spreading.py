"""However many processes read the captures, the result is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.dynamic.making import START, Talk, ether, pcap, udp
from zoneguard.dynamic import looking
from zoneguard.dynamic.replay import Options, Replay, replay
from zoneguard.dynamic.spreading import spread
from zoneguard.model.errors import InputError
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import Zone, ZoneClass, ZoneMap

HERE = SourceSpan("zoneguard.yaml", 1, 1)
ZONES = ZoneMap(
    Zone(name, ZoneClass.OTHER, ((10 << 24 | second << 16, 16),), HERE) for name, second in (("one", 1), ("two", 2))
)


def entries(folder: Path) -> list[CaptureEntry]:
    """Three points, one of them with two files."""
    made = []
    for number, zone in enumerate(["one", "two", "", "one"]):
        talk = Talk(sport=40000 + number).opened().said(">", b"EHLO a\r\n").said("<", b"220 b\r\n").closed()
        frames = [*talk.packets, ether(udp(sport=5000 + number)), b"\x01\x02"]
        path = folder / f"{number}.pcap"
        path.write_bytes(pcap([(START + (10 * i + number) * 10**6, bytes(f)) for i, f in enumerate(frames)]))
        made.append(CaptureEntry(path, HERE, zone))
    return made


def told(result: Replay) -> tuple[object, ...]:
    return list(result.table.flows), result.table.accounts, result.transfers, result.entries


def test_several_processes_say_what_one_says(tmp_path: Path) -> None:
    captures = entries(tmp_path)
    name = {str(entry.path): entry.path.name for entry in captures}.__getitem__
    one = replay(captures, ZONES, Options(name=name))
    assert len(one.table.flows) == 8
    assert one.transfers
    for jobs in (2, 7):
        assert told(replay(captures, ZONES, Options(name=lambda file: Path(file).name, jobs=jobs))) == told(one)


def test_content_is_kept_by_this_process(tmp_path: Path) -> None:
    kept: list[bytes] = []
    captures = entries(tmp_path)
    replay(captures, ZONES, Options(keep=lambda _, data: kept.append(data), jobs=2))
    once = list(kept)
    replay(captures, ZONES, Options(keep=lambda _, data: kept.append(data)))
    assert kept == once * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_error_is_raised(jobs: int) -> None:
    results = spread(int, ["1", "x", "3"], jobs)
    assert next(results) == 1
    with pytest.raises(ValueError, match="'x'"):
        next(results)


def test_an_input_error_comes_back_whole(tmp_path: Path) -> None:
    captures = entries(tmp_path)
    lost = [*captures[:1], CaptureEntry(tmp_path / "gone.pcap", HERE, "two")]
    with pytest.raises(Exception, match=r"gone\.pcap"):
        replay(lost, ZONES, Options(jobs=2))
    from zoneguard.dynamic.surveying import survey

    with pytest.raises(InputError, match=r"gone\.pcap") as caught:
        list(spread(survey, [[str(tmp_path / "gone.pcap")], [str(tmp_path / "gone.pcap")]], 2))
    assert caught.value.file.endswith("gone.pcap")


def test_what_flows_of_one_point_carried_is_read_by_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "FEW", 1)
    packets = [*ftp(), *ranges(), *(ether(udp(bytes([n]) * 30, sport=6000 + n)) for n in range(3))]
    for number, part in enumerate((packets[:9], packets[9:])):  # connections run across files
        times = range(START + 9 * number * 10**6, 1 << 62, 10**6)
        (tmp_path / f"{number}.pcap").write_bytes(pcap(list(zip(times, part, strict=False))))
    captures = [CaptureEntry(tmp_path, HERE, "one")]

    def seen(jobs: int) -> tuple[object, ...]:
        kept: list[tuple[str, bytes]] = []
        result = replay(captures, ZONES, Options(keep=lambda t, data: kept.append((t.key, data)), jobs=jobs))
        plain = replay(captures, ZONES, Options(jobs=jobs))
        assert told(plain) == told(result)
        return told(result), result.unread.tolist(), kept

    one = seen(1)
    names = {transfer.name for transfer in replay(captures, ZONES).read}
    assert {"report.txt", "whole.bin"} <= names
    assert seen(3) == one


def ftp() -> list[Any]:
    """A session that announces a data connection, and the file by it."""
    control = Talk(sport=41000, dport=21).opened().said("<", b"220 ready\r\n").said(">", b"USER a\r\n")
    control.said("<", b"230 in\r\n").said(">", b"PASV\r\n").said("<", b"227 passive (10,2,0,2,200,1)\r\n")
    control.said(">", b"RETR report.txt\r\n").said("<", b"150 here\r\n")
    data = Talk(sport=41001, dport=200 * 256 + 1).opened().said("<", b"%PDF-1.4 hello\n").closed()
    return [*control.packets, *data.packets]


def ranges() -> list[Any]:
    """One file in two ranges over two connections."""
    packets = []
    for number, (span, body) in enumerate((("0-4", b"hello"), ("5-9", b"world"))):
        head = (
            f'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {span}/10\r\nETag: "x"\r\nContent-Length: 5\r\n\r\n'
        )
        ask = f"GET /whole.bin HTTP/1.1\r\nHost: h\r\nRange: bytes={span}\r\n\r\n"
        talk = Talk(sport=42000 + number, dport=80).opened().said(">", ask.encode())
        packets += talk.said("<", head.encode() + body).closed().packets
    return packets
