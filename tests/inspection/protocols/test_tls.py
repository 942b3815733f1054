"""TLS: never clean, but named."""

from __future__ import annotations

import contextlib
import datetime
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import client_hello, conversations, talk
from zoneguard.inspection.protocols._certificate import certificate_names
from zoneguard.inspection.protocols.tls import PLUGIN
from zoneguard.model.flows import Certainty, FlowState

HELLO = client_hello("www.example.jp", "h2")


def certificate(folder: Path) -> Path:
    """A fresh self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "市役所 test")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("www.example.jp"), x509.DNSName("*.example.jp")])
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(built.public_bytes(serialization.Encoding.PEM) + private)
    return path


def handshake(folder: Path, version: ssl.TLSVersion) -> list[tuple[str, bytes]]:
    """What a real client and a real server say, and a request and its answer."""
    server_side, client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server_side.load_cert_chain(certificate(folder))
    client_side.check_hostname, client_side.verify_mode = False, ssl.CERT_NONE
    client_side.maximum_version = version
    for context in (server_side, client_side):
        context.set_alpn_protocols(["h2", "http/1.1"])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_side.wrap_bio(to_client, to_server, server_hostname="www.example.jp")
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    turns: list[tuple[str, bytes]] = []
    for _ in range(4):
        for side, peer, out in ((">", client, to_server), ("<", server, to_client)):
            with contextlib.suppress(ssl.SSLWantReadError):
                peer.do_handshake()
            if said := out.read():
                turns.append((side, said))
                out.write(said)
    client.write(b"GET / HTTP/1.1\r\n\r\n")
    turns.append((">", to_server.read()))
    server.write(bytes(5000))
    turns.append(("<", to_client.read()))
    return turns


@pytest.mark.parametrize(
    ("version", "shown"), [(ssl.TLSVersion.TLSv1_2, "TLS 1.2"), (ssl.TLSVersion.TLSv1_3, "TLS 1.3")]
)
def test_real_session(tmp_path: Path, version: ssl.TLSVersion, shown: str) -> None:
    conversation = talk(*handshake(tmp_path, version), mss=300)
    assert PLUGIN.recognise(conversation) > 0.9
    (session,) = PLUGIN.inspect(conversation)
    facts = dict(session.facts)
    assert (session.kind, session.certainty, session.to_responder) == ("session", Certainty.OPAQUE, False)
    assert (facts["sni"], facts["tls"]) == ("www.example.jp", shown)
    if shown == "TLS 1.2":
        assert facts["certificate"] == "市役所 test, www.example.jp, *.example.jp"
        assert facts["alpn"] == "h2"
    else:
        assert facts["alpn"] == "h2,http/1.1"
    assert str(len(conversation.to_originator.data)) in str(session.reason)
    assert session.frames[0].frame == 1


def test_one_side_only_and_the_middle() -> None:
    hello = client_hello("only.example")
    (session,) = PLUGIN.inspect(talk((">", hello)))
    assert dict(session.facts)["sni"] == "only.example"
    record = b"\x17\x03\x03\x00\x10" + bytes(16)
    middle = talk((">", record * 3), ("<", record * 5), state=FlowState.MIDSTREAM)
    assert PLUGIN.recognise(middle) > 0.5
    assert PLUGIN.recognise(talk((">", b"GET / HTTP/1.1\r\n"), ("<", b"HTTP/1.1 200 OK\r\n"))) == 0
    turned = talk(("<", hello), (">", b"\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00"))
    assert PLUGIN.recognise(turned) > 0.9
    assert dict(next(iter(PLUGIN.inspect(turned))).facts)["sni"] == "only.example"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_changed_and_cut_hellos_never_raise(data: st.DataObject) -> None:
    raw = bytearray(HELLO)
    for _ in range(data.draw(st.integers(0, 8))):
        raw[data.draw(st.integers(5, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    for turns in ([(">", cut)], [("<", cut)], [(">", cut), ("<", data.draw(st.binary(max_size=80)))]):
        conversation = talk(*turns)
        PLUGIN.recognise(conversation)
        assert len(list(PLUGIN.inspect(conversation))) == 1


@given(st.binary(max_size=200))
def test_certificate_names_never_raise(der: bytes) -> None:
    assert isinstance(certificate_names(b"\x30\x50\x30\x40" + der), list)


@pytest.mark.corpus
def test_corpus_session_is_named() -> None:
    (conversation,) = conversations("zeek__tls__tls12-decryption.pcap")
    assert PLUGIN.recognise(conversation) > 0.9
    (session,) = PLUGIN.inspect(conversation)
    assert dict(session.facts)["tls"] == "TLS 1.2"
