"""Signs lose no protocol: who is asked by them finds what asking everybody finds."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.inspection.talk import CORPUS, FILE, flow, talk
from tests.inspection.test_mutations import DIALOGUES, altered, lost
from zoneguard.dynamic.containers import find_captures
from zoneguard.dynamic.remembering import everything
from zoneguard.dynamic.streams import Limits, reassemble
from zoneguard.dynamic.surveying import survey
from zoneguard.inspection import SAMPLE, TCP, UDP, Conversation, Protocol, Signs
from zoneguard.inspection.recognising import CERTAIN_ENOUGH, PROTOCOLS, Recogniser
from zoneguard.model.flows import Segment, Stream
from zoneguard.model.spans import CaptureSpan
from zoneguard.plugins import of_type

READERS = of_type(PROTOCOLS, Protocol)
RECOGNISER = Recogniser(READERS)
LARGE = b"\xa7" * SAMPLE
CODES = (b"150", b"226", b"227")


@cache
def asked(protocol: Protocol) -> tuple[Recogniser, Recogniser]:
    """Whether the protocol is asked at all, and by the beginning alone: recognisers of one that is always sure."""
    assert protocol.signs is not None
    sure = replace(protocol, recognise=lambda _: 1.0, signs=replace(protocol.signs, otherwise=1.0))
    return Recogniser([sure]), Recogniser([replace(sure, signs=Signs(protocol.signs.begins))])


def agrees(conversation: Conversation) -> None:
    found = {p: p.recognise(conversation) for p in READERS if conversation.flow.proto in p.transports}
    best = max(found, key=found.__getitem__)
    assert RECOGNISER.recognise(conversation) is (best if found[best] >= CERTAIN_ENOUGH else None)
    for protocol, sure in found.items():
        if protocol.signs is not None and sure > 0:
            at_all, begun = (r.recognise(conversation) is not None for r in asked(protocol))
            assert at_all, f"{protocol.name} is not asked"
            assert begun or sure <= protocol.signs.otherwise, f"{protocol.name}: {sure} is more than its signs say"


def streams(conversation: Conversation, up: bytes, down: bytes) -> Conversation:
    """The same with other bytes, one segment each."""
    old = conversation.to_responder, conversation.to_originator
    new = (
        replace(stream, data=data, segments=(Segment(0, len(data), CaptureSpan(FILE, 1, 0.0)),) if data else ())
        for stream, data in zip(old, (up, down), strict=True)
    )
    return replace(conversation, to_responder=next(new), to_originator=next(new))


def datagrams(conversation: Conversation, chance: random.Random) -> Iterator[Conversation]:
    """UDP: without datagrams, with changed ones, one side alone, the other way round."""
    sides = [
        [stream.data[s.start : s.end] for s in stream.segments]
        for stream in (conversation.to_responder, conversation.to_originator)
    ]
    yield spoken(*sides[::-1])
    for first in range(3):
        yield spoken(sides[0][first:], sides[1])
        yield spoken(sides[0], sides[1][first:])
    yield spoken(sides[0], [])
    yield spoken([], sides[1])
    for _ in range(5):
        yield spoken(*([changed(chance, data) for data in side] for side in sides))


def spoken(up: Iterable[bytes], down: Iterable[bytes]) -> Conversation:
    """A conversation of datagrams."""
    of = replace(flow(), proto=UDP)
    made = []
    for to_responder, said in ((True, list(up)), (False, list(down))):
        ends = np.cumsum([0, *map(len, said)]).tolist()
        segments = tuple(
            Segment(start, end, CaptureSpan(FILE, n, 0.0))
            for n, (start, end) in enumerate(pairwise(ends), 1)
            if end > start
        )
        made.append(Stream(of, to_responder, b"".join(said), segments))
    return Conversation(of, made[0], made[1])


def changed(chance: random.Random, data: bytes) -> bytes:
    """With a byte of the beginning changed."""
    if not data:
        return data
    at = chance.randrange(min(len(data), 24))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def mutants(conversation: Conversation, chance: random.Random) -> Iterator[Conversation]:
    """The conversation, begun late, ended early, of one side, turned round, with changed bytes and others in front."""
    yield conversation
    if conversation.flow.proto == UDP:
        yield from datagrams(conversation, chance)
        return
    up, down = (s.data[: 2 * SAMPLE] for s in (conversation.to_responder, conversation.to_originator))
    yield streams(conversation, down, up)
    yield streams(conversation, up, b"")
    yield streams(conversation, b"", down)
    yield streams(conversation, up.swapcase(), down)
    yield streams(conversation, up, down.swapcase())
    for _ in range(3):
        here, there = (chance.randrange(len(side) + 1) for side in (up, down))
        yield streams(conversation, up[here:], down[there:])
        yield streams(conversation, up[here:], down)
        yield streams(conversation, up, down[there:])
        yield streams(conversation, up[:here], down[:there])
        yield streams(conversation, up[here:], b"")
        yield streams(conversation, b"", down[there:])
        yield streams(conversation, changed(chance, up), changed(chance, down))
    for before in (b"\n", b"\r\n", b"\0", b"x", LARGE[:-9], LARGE):
        yield streams(conversation, before + up, before + down)
        yield streams(conversation, before + up, b"")


def held(file: str) -> Iterator[Conversation]:
    """All conversations of a capture."""
    seen = survey([file], digest=False, interesting=everything)
    wanted = seen.tracks.carrying()
    spoken_over = np.flatnonzero(np.isin(wanted.protocols(), (TCP, UDP)))
    yield from reassemble(seen, wanted.some(spoken_over), Limits())


@pytest.mark.corpus
def test_every_stream_of_the_public_captures_and_what_is_made_of_it() -> None:
    if not (CORPUS / "captures").exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    chance = random.Random(6)
    for file in find_captures(str(CORPUS / "captures")):
        for conversation in held(file):
            for mutant in mutants(conversation, chance):
                agrees(mutant)


@pytest.mark.parametrize("name", DIALOGUES)
def test_dialogues_and_what_is_made_of_them(name: str) -> None:
    chance = random.Random(7)
    turns = DIALOGUES[name]
    for mutant in mutants(talk(*turns), chance):
        agrees(mutant)
    for _, mutant in chain(lost(turns), altered(turns)):
        agrees(mutant)


SAID = (
    *(
        b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"\nHTTP/1.0 404\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ),
    *(b"\0\0\6\4\0\0\0\0\0\0\0", b"\0\0\0\1", b"\x7f\x7fICA\0", b"\x1aCGP/01", b"RFB 003.008\n", b"SSH-2.0-x\r\n"),
    *(b"* OK hello\r\n", b"* PREAUTH\r\n", b"a LOGIN b c\r\n", b"a FETCH 1 BODY[]\r\n", b"a uid fetch 1 FLAGS\r\n"),
    *(
        b"* 1 FETCH (FLAGS ())\r\n",
        b"+OK\r\n",
        b"+OK 12\r\n",
        b"USER me\r\n",
        b"RETR 1\r\n",
        b"retr 12\r\n",
        b"CAPA\r\n",
    ),
    *(
        b"\r\n.\r\n",
        b"EHLO x\r\n",
        b"helo y\r\n",
        b"220 x ESMTP\r\n",
        b"220 FTP\r\n",
        b"421 SMTP\r\n",
        b"554 no LMTP\r\n",
    ),
    *(b"MAIL FROM:<a@x>\r\n", b"mail from: <>\r\n", b"RCPT TO:<b@x>\r\n", b"354 go\r\n", b"250 ok\r\n", b"DATA\r\n"),
    *(b"PASV\r\n", b"EPSV\r\n", b"PORT 1,2,3,4,5,6\r\n", b"227 ok\r\n", b"226 ok\r\n", b"150 ok\r\n", b"AUTH TLS\r\n"),
    *(b"NICK me\r\n", b"CAP LS\r\n", b"PASS x\r\n", b"USER a b c d\r\n", b":irc.x 001 me\r\n", b":x NOTICE y\r\n"),
    *(b"\0\0\0\x40\xfeSMB", b"\0\0\0\x20\xffSMB", b"\x81\0\0\x44", b"\x82\0\0\0", b"\x83\0\0\1", b"SMB", bytes(64)),
    *(
        b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\0\0\0\0",
        b"\3\0\0\x0b\x06\xd0\0\0\x12\x34\0",
        b"l\0\x0b\0\0\0\0\0\0\0\0\0",
    ),
    *(
        b"B\0\0\x0b\0\0\0\0\0\0\0\0",
        b"\1\0\x0b\0\0\0\0\0",
        b"\5\1\0",
        b"\5\0",
        b"\5\1\0\1\1\2\3\4\0\x50",
        b"\4\1\0\x50\1\2\3\4\0",
    ),
    *(b"\0\x5a\0\x50\1\2\3\4", b"\x16\3\1\0\x80\1", b"\x17\3\3\0\2ab", b"\x14\3\3\0\1\1", b"\x80\0\0\x28", b"\0\0\0\7"),
    *(
        bytes(7) + b"\2",
        b"\0\1\x86\xa3\0\0\0\3\0\0\0\1",
        bytes(16),
        b"\n",
        b"\r\n",
        b"x" * 70 + b"\r\n",
        LARGE,
        b"MZ\x90\0",
    ),
)
DATAGRAMS = (
    *(b"\x16\xfe\xff" + bytes(9) + b"\1x", b"\x17\xfe\xfd" + bytes(8) + b"\0\0", b"\0\1file\0octet\0"),
    *(b"\0\2f\0netascii\0", b"\0\3\0\1" + b"x" * 512, b"\0\4\0\1", b"\0\5\0\1no\0", b"\0\6blksize\0008\0"),
    *(b"\x23" + bytes(47), b"\x1c\2" + bytes(46), b"\xc0\0\0\0\1\x08" + bytes(28), b"x", bytes(24)),
    *(b"\xd0\x6b\x33\x43\xcf\0\0" + bytes(9), b"\xff\xff\0\0\x1d\1x\1y" + bytes(9)),
    *(b"\0\7\1\0\0\1" + bytes(6) + b"\1x\0\0\1\0\1", bytes(11) + b"\2\0\1\x86\xa3\0\0\0\3" + bytes(20)),
)
HELD_BACK = b"x\r\n"  # in front of what then is no beginning
KNOWN: dict[str, list[tuple[bytes, bytes]]] = {
    "ftp": [
        *((verb + b" x\r\n", b"220 x\r\n") for verb in (b"USER", b"auth", b"FEAT", b"Host", b"CLNT", b"syst")),
        *((verb + b" x\r\n", b"") for verb in (b"user", b"AUTH", b"feat", b"HOST", b"clnt", b"SYST")),
        *((b"", b"220 FTP\r\n"), (b"", b"220-filezilla\r\n")),
        *((HELD_BACK + b"PASV\r\n", front + code + b" ok\r\n") for code in CODES for front in (b"", HELD_BACK)),
    ],
    "http": [
        *((method + b" / HTTP/1.1\r\n", b"") for method in (b"GET", b"post", b"!x", b"#", b"0", b"~", b"`", b"|")),
        *((b"", b"HTTP/1.0 200 OK\r\n"), (HELD_BACK + b"GET / HTTP/1.1\r\n", HELD_BACK + b"HTTP/1.1 200\r\n")),
    ],
    "http2": [(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b""), (b"", b"\0\0\0\4\0\0\0\0\0")],
    "ica": [(b"", b"\x7f\x7fICA\0"), (b"\x1aCGP/01", b""), (b"\x7f\x7fICA\0", b"x")],
    "imap": [
        *((b"", b"* ok\r\n"), (b"", b"* PREAUTH\r\n"), (b"", b"* Bye\r\n"), (b"", b"* 1 FETCH (")),
        *((front + b"a9 UID FETCH 1 x\r\n", b"") for front in (b"", HELD_BACK)),
        *((front + b"a fetch 1 x\r\n", HELD_BACK + b"* 1 FETCH (") for front in (b"", HELD_BACK)),
    ],
    "irc": [
        *((said + b"NICK me\r\n", b"") for said in (b"", b"CAP LS\r\n", b"PASS x\r\n")),
        *((b"USER a b c d\r\n", b""), (b"", b":irc.x 001 me\r\n")),
    ],
    "pop3": [
        *((b"", b"+OK\r\n"), (b"RETR 1\r\n", b""), (b"", HELD_BACK + b".\r\n+OK\r\n")),
        *((HELD_BACK + b"retr 1\r\n", HELD_BACK + b"+OK\r\n"), (HELD_BACK + b"RETR 9\r\n", b"")),
    ],
    "rdp": [(b"\3\0\0\x13\x0e\xe0\0\0\0\0\0\1\0\x08\0\0\0\0\0", b""), (b"", b"\3\0\0\x0b\x06\xd0\0\0\x12\x34\0")],
    "smb": [
        *((b"\0\0\0\x40" + magic, b"") for magic in (b"\xffSMB", b"\xfeSMB", b"\xfdSMB", b"\xfcSMB")),
        *((b"\x81\0\0\x44" + bytes(68) + b"\0\0\0\x40\xfeSMB", b""), (b"", b"\x82\0\0\0\0\0\0\x40\xfeSMB")),
        *((b"\x81\0\0\x44", answer) for answer in (b"", b"\x82\0\0\0", b"\x83\0\0\1")),
        *((b"x\0\0\0\x40\xfeSMB", b""), (b"x\0\0\0\x40\xfeSMB", b"x\0\0\0\x40\xfeSMB")),
    ],
    "smtp": [
        *((verb + b" x\r\n", b"") for verb in (b"EHLO", b"helo", b"LHLO")),
        *((b"", code + b" x smtp\r\n") for code in (b"220", b"554", b"421")),
        *((front + b"mail FROM:<a>\r\nRCPT to:<b>\r\n", b"250 ok\r\n") for front in (b"", HELD_BACK)),
        *((b"", front + b"354 go\r\n250 ok\r\n") for front in (b"", HELD_BACK)),
    ],
    "socks": [
        (b"\5\1\0\5\1\0\1\1\2\3\4\0\x50", b"\5\0\5\0\0\1\1\2\3\4\0\x50"),
        (b"\4\1\0\x50\1\2\3\4\0", b"\0\x5a\0\x50\1\2\3\4"),
    ],
    "ssh": [(b"SSH-2.0-x\r\n", b""), (b"", b"SSH-1.99-x\n")],
    "tls": [
        *((b"\x16\3\1\0\x80\1", b""), (b"", b"\x16\3\1\0\x80\2")),
        *((bytes((kind, 3, 3, 0, 1, 1)) * 3, b"x") for kind in range(20, 25)),
    ],
    "vnc": [(b"RFB 003.008\n", b""), (b"", b"RFB 003.003\n")],
    "x11": [(b"l\0\x0b" + bytes(9), b""), (b"B\0\0\x0b" + bytes(8), b"")],
}
TOLD: dict[str, list[tuple[bytes, bytes]]] = {
    "dtls": [(bytes((kind,)) + b"\xfe\xfd" + bytes(10), b"") for kind in range(20, 27)],
    "ntp": [(bytes((version << 3 | mode,)) + bytes(47), b"") for version in range(1, 5) for mode in range(1, 6)],
    "quic": [(b"\xc0\0\0\0\1\x08" + bytes(28), b""), (b"", b"\xd0\x6b\x33\x43\xcf\0\0" + bytes(9))],
    "tftp": [
        *((b"\0\1file\0octet\0", b""), (b"\0\2f\0netascii\0", b""), (b"\0\3\0\1x", b"\0\4\0\1")),
        *((b"\0\4\0\1", b"\0\3\0\1x"),),
    ],
}
sides = st.lists(st.sampled_from(SAID) | st.binary(max_size=4), max_size=4).map(b"".join)
said = st.lists(st.sampled_from(DATAGRAMS) | st.binary(min_size=1, max_size=20), max_size=4)


@given(sides, sides)
@example(b"a FETCH 1 BODY[]\r\n", b"")
@example(b"", b"x\r\n.\r\n+OK")
@example(b"", b"354 go\r\n250 ok\r\n")
@example(LARGE[:-20] + b"\nMAIL FROM:<a>\r\n", b"")
def test_anything_said_in_streams(up: bytes, down: bytes) -> None:
    agrees(streams(talk((">", b"x"), ("<", b"y")), up, down))


@given(said, said)
def test_anything_said_in_datagrams(up: list[bytes], down: list[bytes]) -> None:
    agrees(spoken(up, down))


@pytest.mark.parametrize("name", [*KNOWN, *TOLD])
def test_each_way_to_know_a_protocol(name: str) -> None:
    reader = next(p for p in READERS if p.name == name)
    for pair in KNOWN.get(name, ()):
        for up, down in (pair, pair[::-1]):
            conversation = streams(talk((">", b"x"), ("<", b"y")), up, down)
            assert reader.recognise(conversation) > 0
            agrees(conversation)
    for pair in TOLD.get(name, ()):
        conversation = spoken(*([data] if data else [] for data in pair))
        assert reader.recognise(conversation) > 0
        agrees(conversation)


def test_all_that_have_signs_are_told_above() -> None:
    assert {p.name for p in READERS if p.signs is not None} == KNOWN.keys() | TOLD.keys()


def test_of_equals_the_first_and_the_unsure_not_at_all() -> None:
    def reader(name: str, sure: float, signs: Signs | None = None) -> Protocol:
        return Protocol(name, name, lambda _: sure, lambda _: (), signs=signs)

    late = reader("late", 0.7, Signs((b"no",), lines=(b"two",), otherwise=0.7))
    begun = reader("begun", 0.7, Signs((b"ONE",)))
    conversation = talk((">", b"one\ntwo\n"))
    assert Recogniser([late, begun]).recognise(conversation) is late
    assert Recogniser([begun, late]).recognise(conversation) is begun
    assert Recogniser([reader("unsure", 0.4)]).recognise(conversation) is None
    assert Recogniser([begun]).recognise(talk()) is None
    assert Recogniser([]).recognise(conversation) is None
