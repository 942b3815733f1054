"""Real dialogues with something changed: a hazard that is still on the wire may not vanish without a word.

A line is put in, a turn is said twice, left out, or changes places with the next; a stretch is missing; the capture
ends early or begins late; single bytes differ. What a changed dialogue carried is found, or some transfer says that not
all was read.
"""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.inspection.protocols import test_http as http
from tests.inspection.protocols import test_http2 as http2
from tests.inspection.protocols import test_mailboxes as mailboxes
from tests.inspection.protocols import test_nfs as nfs
from tests.inspection.protocols import test_smb as smb2
from tests.inspection.protocols import test_smb1 as smb1
from tests.inspection.protocols import test_smtp as smtp
from tests.inspection.talk import talk
from zoneguard.dynamic.looking import Reader
from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.recognising import PROTOCOLS
from zoneguard.model.flows import Certainty, FlowState
from zoneguard.plugins import of_type

Turns = list[tuple[str, bytes]]
PROGRAM = b"MZ\x90\0" + random.Random(6).randbytes(3000)
ARMOURED = base64.encodebytes(PROGRAM).replace(b"\n", b"\r\n")
MAIL = (
    b"Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zz\r\n\r\n--zz\r\n\r\nhello\r\n"
    b"--zz\r\n"
    b"Content-Type: application/octet-stream; name=run.exe\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + ARMOURED
    + b"--zz--\r\n"
)
ENVELOPE = [(">", b"MAIL FROM:<a@x>\r\n"), ("<", b"250 ok\r\n"), (">", b"RCPT TO:<b@x>\r\n"), ("<", b"250 ok\r\n")]
SENT = [(">", MAIL + b".\r\n"), ("<", b"250 taken\r\n"), *smtp.BYE]
LEFT = [(">", b"QUIT\r\n"), ("<", b"+OK bye\r\n")]
CLOSED = [(">", b"z LOGOUT\r\n"), ("<", b"* BYE\r\nz OK\r\n")]
HALF = len(MAIL) // 2
NEXT = [(">", http.get(b"/b.txt")), ("<", http.answer(b"bye bye"))]
CUT = [(at, PROGRAM[at : at + 1500]) for at in range(0, len(PROGRAM), 1500)]


def marked(messages: list[tuple[str, bytes]]) -> Turns:
    return [(side, struct.pack(">I", 1 << 31 | len(message)) + message) for side, message in messages]


def over_http2() -> Turns:
    pair = http2.Pair()
    pair.answer(pair.ask(), PROGRAM)
    return pair.turns


DIALOGUES: dict[str, Turns] = {
    "smtp": [*smtp.GREETING, *ENVELOPE, *smtp.GO, *SENT],
    "smtp, in chunks": [
        *smtp.GREETING,
        *ENVELOPE,
        (">", b"BDAT %d\r\n" % HALF + MAIL[:HALF]),
        ("<", b"250 ok\r\n"),
        (">", b"BDAT %d LAST\r\n" % (len(MAIL) - HALF) + MAIL[HALF:]),
        ("<", b"250 taken\r\n"),
        *smtp.BYE,
    ],
    "pop3": [*mailboxes.LOGIN, (">", b"RETR 1\r\n"), ("<", b"+OK 1\r\n" + MAIL + b".\r\n"), *LEFT],
    "imap": [*mailboxes.FOLDER, (">", b"a FETCH 1 BODY[]\r\n"), ("<", mailboxes.fetched(MAIL) + b"a OK\r\n"), *CLOSED],
    "imap, put in": [
        *mailboxes.FOLDER,
        (">", b"a APPEND Sent {%d}\r\n" % len(MAIL)),
        ("<", b"+ go\r\n"),
        (">", MAIL + b"\r\n"),
        ("<", b"a OK\r\n"),
        *CLOSED,
    ],
    "http": [(">", http.get(b"/run.exe")), ("<", http.answer(PROGRAM)), *NEXT],
    "http, in chunks": [
        (">", http.get(b"/run.exe")),
        ("<", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + http.chunked(PROGRAM, 1000)),
        *NEXT,
    ],
    "http, to the end": [
        (">", http.get(b"/run.exe")),
        ("<", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + PROGRAM),
    ],
    "http2": over_http2(),
    "smb1": [
        *smb1.tree(),
        *smb1.create("run.exe", len(PROGRAM), 1),
        *(turn for at, data in CUT for turn in smb1.read_x(at, data, 20 + at // 1500)),
        *smb1.close(),
    ],
    "smb2": [
        *smb2.tree(),
        *smb2.create(2, "run.exe"),
        *(turn for at, data in CUT for turn in smb2.write(10 + at // 1500, at, data)),
        *smb2.close(50),
    ],
    "nfs": marked([*nfs.looked_up(path="run.exe"), *nfs.read(PROGRAM, 1500)]),
}
LINES = (
    *(b"X-JUNK\r\n", b"\r\n", b".\r\n", b"\0\0\0\0", b"250 ok\r\n", b"354 go\r\n", b"+OK\r\n", b"* OK junk\r\n"),
    *(b"NOOP\r\n", b"RSET\r\n", b"DATA\r\n", b"TOP 1 0\r\n", b"HTTP/1.1 304 N\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n"),
)
MUCH = 300  # bytes of a turn that carries content
READER = Reader(of_type(PROTOCOLS, Protocol))
Mutant = tuple[str, Conversation]


def heard(conversation: Conversation) -> tuple[set[str], bool]:
    """The kinds of hazards that count, and whether anybody says that not all was read."""
    found = READER.look(conversation)
    transfers = [t for t in found if not t.refused] if found is not None else None
    if transfers is None:
        return set(), True
    hazards = {hazard.kind for transfer in transfers for hazard in transfer.hazards}
    return hazards, any(t.certainty is not Certainty.INSPECTED for t in transfers)


def reordered(turns: Turns) -> Iterator[Mutant]:
    for i in range(len(turns) + 1):
        for side in "><":
            for line in LINES:
                yield f"{line!r} from {side} before turn {i}", talk(*turns[:i], (side, line), *turns[i:])
    for i in range(len(turns)):
        yield f"turn {i} twice", talk(*turns[: i + 1], *turns[i:])
        yield f"turn {i} behind the next", talk(*turns[:i], *turns[i + 1 : i + 2], turns[i], *turns[i + 2 :])
        if len(turns[i][1]) < MUCH:
            yield f"without turn {i}", talk(*turns[:i], *turns[i + 1 :])


def lost(turns: Turns) -> Iterator[Mutant]:
    said = {">": 0, "<": 0}
    for i, (side, data) in enumerate(turns):
        step = max(1, len(data) // 4)
        for start in range(said[side], said[side] + len(data), step):
            gap = side, start, min(start + step, said[side] + len(data))
            yield f"turn {i} with a gap from {start}", talk(*turns, gaps=[gap])
        said[side] += len(data)
    first = next(i for i, (_, data) in enumerate(turns) if len(data) >= MUCH)
    for i in range(first, len(turns)):
        ended = talk(
            *turns[:i], (turns[i][0], turns[i][1][: max(MUCH, len(turns[i][1]) // 2)]), state=FlowState.ESTABLISHED
        )
        up, down = (replace(stream, complete=False) for stream in (ended.to_responder, ended.to_originator))
        yield f"up to the middle of turn {i}", Conversation(ended.flow, up, down)
    last = max(i for i, (_, data) in enumerate(turns) if len(data) >= MUCH)
    for i in range(1, last + 1):
        yield f"from turn {i} on", talk(*turns[i:], state=FlowState.MIDSTREAM)
    carrier = turns[last][0]
    yield "one side alone", talk(*(turn for turn in turns if turn[0] == carrier))


def altered(turns: Turns) -> Iterator[Mutant]:
    chance = random.Random(1)
    for _ in range(300):
        i = chance.randrange(len(turns))
        side, data = turns[i]
        at = chance.randrange(min(len(data), 80))
        byte = chance.choice((0, 0xFF, 0x20, 0x0A, 0x0D, data[at] ^ 1, data[at] ^ 0x20, chance.randrange(256)))
        changed = data[:at] + bytes((byte,)) + data[at + 1 :]
        yield f"turn {i} with {byte:#x} at {at}", talk(*turns[:i], (side, changed), *turns[i + 1 :])


@pytest.mark.parametrize("mutants", [reordered, lost, altered], ids=["reordered", "lost", "altered"])
@pytest.mark.parametrize("name", DIALOGUES)
def test_what_is_on_the_wire_does_not_vanish(name: str, mutants: object) -> None:
    turns = DIALOGUES[name]
    assert heard(talk(*turns)) == ({"executable"}, False)
    silent = []
    for what, conversation in mutants(turns):  # type: ignore[operator]
        hazards, doubt = heard(conversation)
        if not doubt and "executable" not in hazards:
            silent.append(what)
    assert silent == []
