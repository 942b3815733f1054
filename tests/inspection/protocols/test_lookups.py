"""DNS and NTP: what is nothing else throughout is read; anything behind or between is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.dns import DNS, DNSQR, DNSRR
from scapy.layers.ntp import NTPHeader

from tests.inspection.protocols.test_datagrams import stream
from tests.inspection.talk import flow, talk
from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.protocols.dns import PLUGIN as DNS_READER
from zoneguard.inspection.protocols.ntp import PLUGIN as NTP_READER
from zoneguard.model.flows import Certainty

QUERY = bytes(DNS(id=7, rd=1, qd=DNSQR(qname="www.example.jp")))
ANSWER = bytes(DNS(id=7, qr=1, qd=DNSQR(qname="www.example.jp"), an=DNSRR(rrname="www.example.jp", rdata="192.0.2.1")))
CLOCK = bytes(NTPHeader(version=4, mode=3))
TIME = bytes(NTPHeader(version=4, mode=4, stratum=2))


def udp(up: list[bytes], down: list[bytes]) -> Conversation:
    return Conversation(replace(flow(), proto=17), stream(up, True), stream(down, False))


@pytest.mark.parametrize(
    ("reader", "up", "down"),
    [(DNS_READER, [QUERY], [ANSWER]), (NTP_READER, [CLOCK], [TIME]), (NTP_READER, [CLOCK], [])],
)
def test_what_is_nothing_else_is_read(reader: Protocol, up: list[bytes], down: list[bytes]) -> None:
    conversation = udp(up, down)
    assert reader.recognise(conversation) >= 0.5
    (session,) = reader.inspect(conversation)
    assert (session.kind, session.certainty, session.size) == ("session", Certainty.INSPECTED, len(b"".join(up + down)))


def test_dns_over_tcp_is_read_as_well() -> None:
    query, answer = (len(m).to_bytes(2, "big") + m for m in (QUERY, ANSWER))
    conversation = talk((">", query), ("<", answer))
    assert DNS_READER.recognise(conversation) >= 0.5
    (session,) = DNS_READER.inspect(conversation)
    assert dict(session.facts) == {"queries": "1", "responses": "1"}
    assert session.certainty is Certainty.INSPECTED


@pytest.mark.parametrize("strange", [QUERY + b"x", QUERY[:-1], b"MZ" + bytes(400), bytes(12)])
def test_what_is_not_dns_is_not_taken_for_it(strange: bytes) -> None:
    assert DNS_READER.recognise(udp([strange], [])) == 0.0
    (session,) = DNS_READER.inspect(udp([QUERY] * 9 + [strange], [ANSWER]))
    assert session.certainty is Certainty.PARTIAL


@pytest.mark.parametrize(
    "strange",
    [CLOCK + b"x", b"\xff" + bytes(47), b"\x23\x80" + bytes(46), b""],
    ids=["longer", "version", "stratum", "empty"],  # a clock's bytes are other ones in every process
)
def test_what_is_not_ntp_is_not_taken_for_it(strange: bytes) -> None:
    assert NTP_READER.recognise(udp([CLOCK, strange], [TIME])) == (0.6 if not strange else 0.0)
    assert NTP_READER.recognise(udp([strange], [])) == 0.0


said = st.lists(
    st.one_of(
        st.binary(max_size=80), st.builds(lambda a, b: a + b, st.sampled_from([QUERY, CLOCK]), st.binary(max_size=2))
    ),
    max_size=5,
)


@given(said, said)
def test_no_datagrams_make_a_reader_fail(up: list[bytes], down: list[bytes]) -> None:
    for conversation in (udp(up, down), talk(*((">", d) for d in up), *(("<", d) for d in down))):
        for reader in (DNS_READER, NTP_READER):
            assert 0 <= reader.recognise(conversation) <= 1
            assert 1 <= len(list(reader.inspect(conversation))) <= 2
