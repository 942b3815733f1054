"""QUIC: the server name in the first packets, sealed here by another implementation as RFC 9001 and RFC 9369 say."""

from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import client_hello, flow
from zoneguard.inspection import Conversation
from zoneguard.inspection.protocols import _quic_initial as initial
from zoneguard.inspection.protocols._ja4 import ja4
from zoneguard.inspection.protocols.quic import PLUGIN
from zoneguard.model.flows import Certainty, Segment, Stream, Transfer
from zoneguard.model.spans import CaptureSpan

NAME = bytes.fromhex("8394c8f03e515708")
V1, V2 = 0x00000001, 0x6B3343CF
# the handshake in one piece, without the record around it
HELLO = client_hello("www.city.example.jp", "h3")[5:]


def varint(value: int) -> bytes:
    return (value | 0x80000000).to_bytes(4, "big") if value > 0x3FFF else (value | 0x4000).to_bytes(2, "big")


def crypto(offset: int, data: bytes) -> bytes:
    return b"\x06" + varint(offset) + varint(len(data)) + data


def sealed(frames: bytes, *, version: int = V1, name: bytes = NAME, key_name: bytes = NAME, number: int = 2,
           token: bytes = b"") -> bytes:  # fmt: skip
    """An Initial packet."""
    of = initial.VERSIONS[version]
    key, start, header_key = initial.keys(of, key_name)
    first = 0xC0 | of.kind << 4 | 3  # a number of four bytes
    frames = frames.ljust(1150, b"\0")
    head = bytes((first,)) + version.to_bytes(4, "big") + bytes((len(name),)) + name + b"\x03abc"
    head += varint(len(token)) + token + varint(4 + len(frames) + 16) + number.to_bytes(4, "big")
    nonce = (int.from_bytes(start, "big") ^ number).to_bytes(12, "big")
    body = AESGCM(key).encrypt(nonce, frames, head)
    encryptor = Cipher(algorithms.AES(header_key), modes.ECB()).encryptor()
    mask = encryptor.update(body[:16])
    covered = bytes(a ^ b for a, b in zip(head[-4:], mask[1:5], strict=True))
    return bytes((first ^ mask[0] & 0x0F,)) + head[1:-4] + covered + body


def session(*datagrams: bytes) -> Transfer:
    of = flow()
    segments, at = [], 0
    for number, data in enumerate(datagrams, 1):
        segments.append(Segment(at, at + len(data), CaptureSpan("a.pcap", number, float(number))))
        at += len(data)
    up = Stream(of, True, b"".join(datagrams), tuple(segments))
    conversation = Conversation(of, up, Stream(of, False, b"", ()))
    assert PLUGIN.recognise(conversation) >= 0.9
    (transfer,) = PLUGIN.inspect(conversation)
    assert transfer.certainty is Certainty.OPAQUE
    return transfer


def test_keys_of_the_published_examples() -> None:
    shown = [part.hex() for part in initial.keys(initial.VERSIONS[V1], NAME)]  # RFC 9001, A.1
    assert shown == [
        "1f369613dd76d5467730efcbe3b1a22d",
        "fa044b2f42a3fd3b46fb255c",
        "9f50449e04a0e810283a1e9933adedd2",
    ]
    shown = [part.hex() for part in initial.keys(initial.VERSIONS[V2], NAME)]  # RFC 9369, A.1
    assert shown == [
        "8b1a0bc121284290a29e0971b5cd045d",
        "91f73e2351d8fa91660e909f",
        "45b95e15235d6f45a6b19cbcb0294ba9",
    ]


def test_the_derivation_is_that_of_another_implementation() -> None:
    info = (16).to_bytes(2, "big") + b"\x0etls13 quic key\0"
    secret = bytes(range(32))
    theirs = HKDFExpand(hashes.SHA256(), 16, info).derive(secret)
    assert initial._expanded(secret, b"quic key", 16) == theirs


@pytest.mark.parametrize(("version", "shown"), [(V1, "1"), (V2, "2"), (0xFF00001D, "draft-29")])
def test_the_server_name_is_told(version: int, shown: str) -> None:
    facts = dict(session(sealed(crypto(0, HELLO), version=version)).facts)
    assert (facts["version"], facts["sni"], facts["alpn"]) == (shown, "www.city.example.jp", "h3")
    assert facts["ja4"].startswith("q13d")


def test_a_hello_in_pieces_out_of_order_and_over_two_packets() -> None:
    cut = [HELLO[i : i + 40] for i in range(0, len(HELLO), 40)]
    frames = [crypto(40 * i, piece) for i, piece in enumerate(cut)]
    random.Random(1).shuffle(frames)
    middle = len(frames) // 2
    first, second = b"\x01\0\0".join(frames[:middle]), b"\x02\x05\x01\x00\x00" + b"".join(frames[middle:])
    found = session(sealed(first), sealed(second, number=3))
    assert dict(found.facts)["sni"] == "www.city.example.jp"
    assert "www.city.example.jp" in str(found.reason)


def test_several_packets_in_one_datagram_and_a_retry() -> None:
    half = len(HELLO) // 2
    both = sealed(crypto(0, HELLO[:half])) + sealed(crypto(half, HELLO[half:]), number=3)
    assert dict(session(both).facts)["sni"] == "www.city.example.jp"
    again = sealed(crypto(0, HELLO), name=b"retried!", key_name=b"retried!", token=b"t" * 40, number=4)
    lost = sealed(b"\x01", name=NAME)
    assert dict(session(lost, again).facts)["sni"] == "www.city.example.jp"
    later = sealed(crypto(0, HELLO), name=b"of the server", key_name=NAME, number=4)
    assert dict(session(lost, later).facts)["sni"] == "www.city.example.jp"


def test_a_hello_whose_end_is_missing_tells_what_it_holds() -> None:
    at = HELLO.index(b"www.city.example.jp") + 19
    assert dict(session(sealed(crypto(0, HELLO[:at]))).facts)["sni"] == "www.city.example.jp"


def test_nothing_is_said_of_what_was_changed_or_has_a_hole() -> None:
    packet = sealed(crypto(0, HELLO))
    changed = packet[:300] + bytes((packet[300] ^ 1,)) + packet[301:]
    for datagram in (changed, packet[:700], sealed(crypto(4, HELLO[4:])), sealed(b"\x1c" + crypto(0, HELLO))):
        assert "sni" not in dict(session(datagram).facts)


def test_the_fingerprint_is_the_published_one() -> None:
    ciphers = [
        0x0A0A,
        0x1301,
        0x1302,
        0x1303,
        0xC02B,
        0xC02F,
        0xC02C,
        0xC030,
        0xCCA9,
        0xCCA8,
        0xC013,
        0xC014,
        0x9C,
        0x9D,
    ]
    ciphers += [0x2F, 0x35]
    signatures = bytes.fromhex("0010" + "04030804040105030805050108060601")
    kinds = [0x1A1A, 0x1B, 0, 0x33, 0x10, 0x4469, 0x17, 0x2D, 0x0D, 5, 0x23, 0x12, 0x2B, 0xFF01, 0x0B, 0x0A, 0x15]
    values = {0x10: b"\0\x0c\x02h2\x08http/1.1", 0x0D: signatures, 0x2B: b"\x06\x1a\x1a\x03\x04\x03\x03"}
    extensions = [(kind, values.get(kind, b"")) for kind in kinds]
    assert ja4("t", 0x0303, ciphers, extensions) == "t13d1516h2_8daaf6152771_e5627efa2ab1"
    assert ja4("t", 0x0301, [], []) == "t10i000000_000000000000_000000000000"


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=80), st.integers(0, 60))
def test_any_bytes_never_raise(rest: bytes, cut: int) -> None:
    initial.client_hello([b"\xc3\0\0\0\1\x08" + NAME + rest, rest, sealed(rest)[: 1100 + cut]])
    list(initial._crypto(rest))
