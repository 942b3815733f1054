"""QUIC and TFTP, in packets that scapy builds, through the whole dynamic half."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.quic import QUIC_Initial
from scapy.layers.tftp import TFTP, TFTP_ACK, TFTP_DATA, TFTP_OACK, TFTP_RRQ, TFTP_WRQ, TFTP_Option, TFTP_Options

from tests.dynamic.making import A, B, ether, pcap
from tests.inspection.talk import flow, talk
from zoneguard.dynamic.replay import Options, replay
from zoneguard.inspection import Conversation
from zoneguard.inspection.protocols.dtls import PLUGIN as DTLS
from zoneguard.inspection.protocols.quic import PLUGIN as QUIC
from zoneguard.inspection.protocols.tftp import PLUGIN as TFTP_READER
from zoneguard.model.flows import Certainty, Segment, Stream, Transfer
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import CaptureSpan, SourceSpan
from zoneguard.model.zones import ZoneMap

FILE = bytes(range(256)) * 5 + b"end\n"


def sent(source: str, sport: int, dport: int, payload: Any) -> Any:
    return ether(IP(src=source, dst=B if source == A else A) / UDP(sport=sport, dport=dport) / payload)


def seen(folder: Path, packets: Iterable[Any], **options: Any) -> list[Transfer]:
    path = folder / "datagrams.pcap"
    path.write_bytes(pcap(packets, **options))
    entry = CaptureEntry(path, SourceSpan("zoneguard.yaml", 1, 1))
    return list(replay([entry], ZoneMap([]), Options(all_flows=True, digest=False)).transfers)


def fetched(data: bytes = FILE, size: int = 512, port: int = 2000) -> list[Any]:
    """A client's read, block by block; with another size of blocks than 512 as the server agreed to it."""
    packets = [sent(A, 1000, 69, TFTP() / TFTP_RRQ(filename="boot/image.bin", mode="octet"))]
    if size != 512:
        options = TFTP_Options(options=[TFTP_Option(oname="blksize", value=str(size))])
        packets.append(sent(B, port, 1000, TFTP() / TFTP_OACK() / options))
        packets.append(sent(A, 1000, port, TFTP() / TFTP_ACK(block=0)))
    for number in range(len(data) // size + 1):
        block = data[number * size : (number + 1) * size]
        packets.append(sent(B, port, 1000, TFTP() / TFTP_DATA(block=(number + 1) & 0xFFFF) / block))
        packets.append(sent(A, 1000, port, TFTP() / TFTP_ACK(block=(number + 1) & 0xFFFF)))
    return packets


def stored(data: bytes = FILE) -> list[Any]:
    """A client's write."""
    packets = [sent(A, 1000, 69, TFTP() / TFTP_WRQ(filename="out.bin", mode="octet"))]
    packets.append(sent(B, 2000, 1000, TFTP() / TFTP_ACK(block=0)))
    for number in range(len(data) // 512 + 1):
        block = data[number * 512 : (number + 1) * 512]
        packets.append(sent(A, 1000, 2000, TFTP() / TFTP_DATA(block=number + 1) / block))
        packets.append(sent(B, 2000, 1000, TFTP() / TFTP_ACK(block=number + 1)))
    return packets


def files(transfers: Iterable[Transfer]) -> list[Transfer]:
    return [t for t in transfers if t.kind == "file"]


@pytest.mark.parametrize("size", [512, 1024, 8, 1284])
def test_a_file_that_is_fetched_has_its_name_hash_and_direction(tmp_path: Path, size: int) -> None:
    transfers = seen(tmp_path, fetched(size=size))
    (file,) = files(transfers)
    assert (file.protocol, file.name, file.sha256) == ("tftp", "image.bin", hashlib.sha256(FILE).hexdigest())
    source = file.flow.src if file.to_responder else file.flow.dst
    assert source == 0x0A020002
    assert dict(file.facts)["path"] == "boot/image.bin"
    assert {t.protocol for t in transfers} == {"tftp"}


def test_a_file_that_is_stored_goes_the_other_way(tmp_path: Path) -> None:
    (file,) = files(seen(tmp_path, stored()))
    source = file.flow.src if file.to_responder else file.flow.dst
    assert (file.name, source, file.certainty) == ("out.bin", 0x0A010001, Certainty.OPAQUE)
    assert file.sha256 == hashlib.sha256(FILE).hexdigest()


def stream(pieces: Iterable[bytes], to_responder: bool) -> Stream:
    """A side of a conversation that says these datagrams."""
    segments, data = [], bytearray()
    for frame, piece in enumerate(filter(None, pieces), 1):
        segments.append(Segment(len(data), len(data) + len(piece), CaptureSpan("x", frame, frame)))
        data += piece
    return Stream(flow(), to_responder, bytes(data), tuple(segments))


@pytest.mark.parametrize("first", [0, 1])
def test_the_number_of_a_block_begins_anew(first: int) -> None:
    blocks = [bytes([n & 0xFF]) * 8 for n in range(0x10002)] + [b"end"]
    numbers = [*range(1, 0x10000), *range(first, first + 10)]
    said = [b"\0\x03" + n.to_bytes(2, "big") + block for n, block in zip(numbers, blocks, strict=False)]
    agreed = b"\0\x06blksize\x008\0"
    conversation = Conversation(flow(), stream([agreed, *said], True), stream([b"\0\x04\0\0"], False))
    (file,) = TFTP_READER.inspect(conversation)
    assert file.sha256 == hashlib.sha256(b"".join(blocks)).hexdigest()


def without(index: int) -> list[Any]:
    packets = fetched()
    return [p for i, p in enumerate(packets) if i != index]


@pytest.mark.parametrize(
    ("packets", "options"),
    [
        (without(3), {}),
        (without(5), {}),
        ([*fetched()[:4], sent(B, 2000, 1000, TFTP() / TFTP_DATA(block=2) / (b"x" * 512)), *fetched()[4:]], {}),
        (fetched(), {"snap": 500}),
    ],
    ids=["block missing", "end missing", "two versions of a block", "cut by the capture"],
)
def test_what_is_not_whole_is_not_asserted(tmp_path: Path, packets: Sequence[Any], options: dict[str, int]) -> None:
    (file,) = files(seen(tmp_path, packets, **options))
    assert (file.sha256, file.certainty is Certainty.INSPECTED) == ("", False)


def test_a_block_that_is_sent_twice_counts_once(tmp_path: Path) -> None:
    packets = fetched()
    (file,) = files(seen(tmp_path, [*packets[:4], packets[3], *packets[4:]]))
    assert file.sha256 == hashlib.sha256(FILE).hexdigest()


def test_quic_is_opaque_with_version_and_volumes(tmp_path: Path) -> None:
    first = bytes(QUIC_Initial(Version=1, DstConnID=b"12345678", SrcConnID=b"abc")) + bytes(1100)
    reply = bytes(QUIC_Initial(Version=1, DstConnID=b"abc", SrcConnID=b"wxyz")) + bytes(2000)
    (session,) = seen(tmp_path, [sent(A, 1000, 443, first), sent(B, 443, 1000, reply)])
    assert (session.protocol, session.certainty, session.to_responder) == ("quic", Certainty.OPAQUE, False)
    facts = {"version": "1", "destination-id": b"12345678".hex(), "source-id": b"abc".hex()}
    assert dict(session.facts) == facts
    assert session.size == len(first) + len(reply)


def test_dtls_is_opaque_with_version_and_volumes(tmp_path: Path) -> None:
    hello = b"\x16\xfe\xff" + bytes(8) + b"\0\x05" + b"\1\0\0\0\0"
    data = b"\x17\xfe\xfd" + bytes(8) + b"\0\x20" + bytes(32)
    (session,) = seen(tmp_path, [sent(A, 1000, 22443, hello), sent(B, 22443, 1000, data), sent(B, 22443, 1000, data)])
    assert (session.protocol, session.certainty, session.to_responder) == ("dtls", Certainty.OPAQUE, False)
    assert dict(session.facts) == {"tls": "DTLS 1.2"}
    assert session.size == len(hello) + 2 * len(data)


@pytest.mark.parametrize("payload", [b"", b"\x00\x03", b"\xc0" * 40, b"\xc0\0\0\0\x01\xff" + bytes(40), b"x" * 100])
def test_other_datagrams_are_not_recognised(tmp_path: Path, payload: bytes) -> None:
    transfers = seen(tmp_path, [sent(A, 1000, 443, payload), sent(B, 443, 1000, payload)])
    assert [t.protocol for t in transfers] == (["unknown"] if payload else [])


def test_web_talk_in_datagrams_is_no_web(tmp_path: Path) -> None:
    (transfer,) = seen(tmp_path, [sent(A, 1000, 80, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")])
    assert transfer.protocol == "unknown"


made = st.builds(lambda code, rest: bytes([0, code]) + rest, st.integers(0, 7), st.binary(max_size=530))
datagrams = st.lists(
    st.one_of(
        st.binary(max_size=40), st.builds(lambda c, d: bytes([0, c]) + d, st.integers(0, 7), st.binary(max_size=530))
    ),
    max_size=6,
)


@given(datagrams, datagrams)
def test_no_datagrams_make_a_reader_fail(up: list[bytes], down: list[bytes]) -> None:
    conversation = Conversation(flow(), stream(up, True), stream(down, False))
    for reader in (QUIC, TFTP_READER, DTLS):
        assert 0 <= reader.recognise(conversation) <= 1
        transfers = list(reader.inspect(conversation))
        assert len({t.key for t in transfers}) == len(transfers)


def test_readers_of_datagrams_take_empty_conversations() -> None:
    for reader in (QUIC, TFTP_READER):
        assert reader.recognise(talk()) == 0.0
