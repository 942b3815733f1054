"""POP3 and IMAP: mails that are fetched, and what keeps one from being sure."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.talk import client_hello, talk
from zoneguard.dynamic.looking import Reader
from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.protocols.imap import PLUGIN as IMAP
from zoneguard.inspection.protocols.pop3 import PLUGIN as POP3
from zoneguard.inspection.recognising import PROTOCOLS
from zoneguard.model.flows import Certainty, FlowState, Transfer
from zoneguard.plugins import of_type

MAIL = b"Subject: x\r\nFrom: a@b\r\n\r\nhi\r\n.dot\r\nthere\r\n"
STUFFED = MAIL.replace(b"\n.", b"\n..") + b".\r\n"
LOGIN = (
    ("<", b"+OK hi\r\n"), (">", b"CAPA\r\n"), ("<", b"+OK\r\nTOP\r\nSASL PLAIN\r\n.\r\n"), (">", b"AUTH PLAIN\r\n"),
    ("<", b"+ \r\n"), (">", b"AGEAYg==\r\n"), ("<", b"+OK\r\n"), (">", b"UIDL\r\n"), ("<", b"+OK\r\n1 abc\r\n.\r\n"),
)  # fmt: skip
FOLDER = (
    ("<", b"* OK hi\r\n"), (">", b"a1 LOGIN {1}\r\n"), ("<", b"+ go\r\n"), (">", b"x {1+}\r\ny\r\n"),
    ("<", b"a1 OK\r\n"), (">", b"a2 SELECT INBOX\r\n"), ("<", b"* 1 EXISTS\r\na2 OK\r\n"),
)  # fmt: skip
WHOLE = [hashlib.sha256(MAIL).hexdigest()]


def fetched(data: bytes = MAIL, item: bytes = b"BODY[]", more: bytes = b"") -> bytes:
    return b"* 1 FETCH (%s%s {%d}\r\n%s)\r\n" % (more, item, len(data), data)


def read(conversation: Conversation) -> list[Transfer]:
    return list(Reader(of_type(PROTOCOLS, Protocol)).look(conversation) or ())


def mails(conversation: Conversation, protocol: str) -> list[str]:
    found = read(conversation)
    assert {t.protocol for t in found} <= {protocol}
    assert {t.certainty for t in found} <= {Certainty.INSPECTED}
    return [t.sha256 for t in found if t.kind == "message"]


def test_mails_are_fetched_by_commands_sent_ahead() -> None:
    answers = ("<", b"+OK 1\r\n" + STUFFED + b"-ERR none\r\n+OK\r\n" + STUFFED + b"+OK\r\n")
    assert mails(talk(*LOGIN, (">", b"RETR 1\r\nRETR 2\r\nRETR 3\r\nQUIT\r\n"), answers), "pop3") == 2 * WHOLE


def test_the_server_alone_tells_mails_from_lists() -> None:
    said = b"+OK hi\r\n+OK\r\n1 300\r\n2 400\r\n.\r\n+OK\r\n" + STUFFED + b"+OK\r\n"
    assert mails(talk(("<", said)), "pop3") == WHOLE


@pytest.mark.parametrize(
    "conversation",
    [
        talk(*LOGIN, (">", b"TOP 1 3\r\n"), ("<", b"+OK\r\n" + STUFFED)),
        talk(*LOGIN, (">", b"RETR 1\r\n"), ("<", b"+OK\r\n" + STUFFED[:-3])),
        talk(*LOGIN, (">", b"RETR 1\r\n"), ("<", b"+OK\r\n" + STUFFED), gaps=[("<", 70, 80)]),
        talk(("<", b"there\r\n.\r\n+OK\r\n"), (">", b"RETR 2\r\n"), state=FlowState.MIDSTREAM),
        talk(*FOLDER, (">", b"a3 FETCH 1 BODY[]\r\n"), ("<", fetched()[:60])),
        talk(*FOLDER, (">", b"a3 FETCH 1 BODY[]\r\n"), ("<", fetched()), gaps=[("<", 80, 85)]),
        talk(*FOLDER, (">", b"a3 FETCH 1 BODY[]<9.9>\r\n"), ("<", fetched(MAIL[9:18], b"BODY[]<9>"))),
        talk(*FOLDER, (">", b"a3 FETCH 1 BODY[1]\r\n"), ("<", fetched(b"aGkgdGhlcmU=", b"BODY[1]"))),
    ],
    ids=["top", "no end", "gap", "middle", "imap: no end", "imap: gap", "piece", "part"],
)
def test_what_is_not_whole_is_partial(conversation: Conversation) -> None:
    found = read(conversation)
    assert Certainty.PARTIAL in {t.certainty for t in found}
    assert WHOLE[0] not in {t.sha256 for t in found}


def test_a_gap_among_answers_is_said_and_what_follows_is_read() -> None:
    found = read(talk(*FOLDER, (">", b"a3 FETCH 1 BODY[]\r\n"), ("<", fetched()), gaps=[("<", 5, 30)]))
    assert [t.certainty for t in found if t.kind != "body"] == [Certainty.PARTIAL, Certainty.INSPECTED]
    assert found[1].sha256 == WHOLE[0]


def test_mails_are_fetched_as_literals() -> None:
    two = fetched(more=b"UID 7 ") + fetched(item=b"RFC822").replace(b"* 1", b"* 2")
    heads = fetched(b"Subject: x\r\n\r\n", b"BODY[HEADER]")
    session = (*FOLDER, (">", b"a3 UID FETCH 1:2 (BODY.PEEK[])\r\n"), ("<", heads + two + b"a3 OK\r\n"))
    assert mails(talk(*session), "imap") == 2 * WHOLE
    assert mails(talk(("<", two)), "imap") == 2 * WHOLE


def test_a_mail_in_pieces_is_put_together_where_its_size_is_told() -> None:
    pieces = fetched(MAIL[:20], b"BODY[]<0>", b"RFC822.SIZE %d " % len(MAIL)) + fetched(MAIL[15:], b"BODY[]<15>")
    assert mails(talk(*FOLDER, (">", b"a3 FETCH 1 (BODY[]<0.20>)\r\n"), ("<", pieces)), "imap") == WHOLE


def test_a_mail_put_into_a_mailbox_goes_to_the_server() -> None:
    put = b"a3 APPEND x (\\Seen) {%d}\r\n%s\r\n" % (len(MAIL), MAIL)
    conversation = talk(*FOLDER, (">", put), ("<", b"+ go\r\na3 OK\r\n"))
    assert mails(conversation, "imap") == WHOLE
    assert {t.to_responder for t in read(conversation)} == {True}


@pytest.mark.parametrize("asked", [b"a3 STARTTLS\r\n", b"a3 COMPRESS DEFLATE\r\n"])
def test_behind_tls_and_compression_all_is_opaque(asked: bytes) -> None:
    hello = client_hello("mail.example")
    (session,) = read(talk(*FOLDER, (">", asked), ("<", b"a3 OK\r\n"), (">", hello), ("<", hello)))
    assert (session.certainty, dict(session.facts)["sni"]) == (Certainty.OPAQUE, "mail.example")
    assert session.size == 2 * len(hello)
    (session,) = read(talk(*LOGIN[:3], (">", b"STLS\r\n"), ("<", b"+OK\r\n"), (">", hello), ("<", hello)))
    assert (session.protocol, session.certainty, session.size) == ("pop3", Certainty.OPAQUE, 2 * len(hello))
    assert read(talk(*LOGIN, (">", b"STLS\r\n"), ("<", b"-ERR\r\n"))) == []


said = st.lists(
    st.tuples(
        st.sampled_from("<>"),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([turn for _, turn in (*LOGIN, *FOLDER)]),
            st.sampled_from(
                [b"RETR 1\r\n", b"+OK\r\n" + STUFFED, fetched(), b"* 1 FETCH (BODY[] {99999999}\r\n", b"+ \r\n"]
            ),
        ),
    ),
    max_size=8,
)


@given(said)
def test_no_talk_makes_a_reader_fail(turns: list[tuple[str, bytes]]) -> None:
    conversation = talk(*turns)
    for reader in (POP3, IMAP):
        assert 0 <= reader.recognise(conversation) <= 1
        for transfer in reader.inspect(conversation):
            assert transfer.protocol == reader.name
