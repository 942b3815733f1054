"""SMTP: what crossed, in which frames, and what cannot be known."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import CORPUS, FILE, client_hello, conversations, talk
from zoneguard.inspection import Conversation
from zoneguard.inspection.protocols.smtp import PLUGIN
from zoneguard.inspection.recording import MAX_TRANSFERS
from zoneguard.model.flows import Certainty, FlowState, Transfer
from zoneguard.model.spans import CaptureSpan

GREETING = (("<", b"220 mx ESMTP\r\n"), (">", b"EHLO a\r\n"), ("<", b"250-mx\r\n250-PIPELINING\r\n250 8BITMIME\r\n"))
ENVELOPE = (
    (">", b"MAIL FROM:<a@example.jp>\r\n"),
    ("<", b"250 ok\r\n"),
    (">", b"RCPT TO:<b@example.jp>\r\n"),
    ("<", b"250 ok\r\n"),
)
GO = ((">", b"DATA\r\n"), ("<", b"354 go on\r\n"))
PIPELINED = b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n"
BYE = ((">", b"QUIT\r\n"), ("<", b"221 bye\r\n"))
DOCUMENT = bytes(range(256)) * 40


def mail(text: str = "hello\n", name: str = "", data: bytes = DOCUMENT) -> bytes:
    """A mail as the standard library writes it, with an attachment if ``name`` is given."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.jp", "b@example.jp", "件名"
    message.set_content(text)
    if name:
        message.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
        message.set_boundary("==boundary==")
    return message.as_bytes(policy=SMTP_POLICY)


def wire(message: bytes) -> bytes:
    """``message`` as it goes over the wire behind DATA: dots stuffed, the final dot added."""
    return (b"." if message.startswith(b".") else b"") + message.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def inspect(conversation: Conversation) -> list[Transfer]:
    return list(PLUGIN.inspect(conversation))


def of_kind(transfers: list[Transfer], kind: str) -> list[Transfer]:
    return [t for t in transfers if t.kind == kind]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def frames(transfer: Transfer) -> list[int]:
    return [span.frame for span in transfer.frames]


def test_attachment_is_recovered_with_the_frames_that_carried_it() -> None:
    message = mail("text\n" * 300, name="report.bin")
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", wire(message)), ("<", b"250 queued\r\n"), *BYE, mss=500)
    carrier, body, attachment = inspect(conversation)
    assert (carrier.kind, body.kind, attachment.kind) == ("message", "body", "attachment")
    assert carrier.sha256 == sha256(message)
    assert attachment.sha256 == sha256(DOCUMENT)
    assert attachment.name == "report.bin"
    assert attachment.parent == body.parent == carrier.key
    assert body.certainty is Certainty.INSPECTED
    assert dict(carrier.facts)["subject"] == "件名"
    assert dict(carrier.facts)["envelope-to"] == "b@example.jp"
    encoded = base64.encodebytes(DOCUMENT).replace(b"\n", b"\r\n")
    start = conversation.to_responder.data.index(encoded[:60])
    assert attachment.frames == conversation.to_responder.frames(start, start + len(encoded) - 2)
    assert len(attachment.frames) > 10
    assert set(frames(attachment)) < set(frames(carrier))


def test_pipelined_session_with_two_mails_and_a_reset() -> None:
    first, second = mail("one\n"), mail("two\n", name="b.bin")
    conversation = talk(
        *GREETING,
        (">", b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRSET\r\n"),
        ("<", b"250 ok\r\n250 ok\r\n250 reset\r\n"),
        (">", b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<no@x>\r\nDATA\r\n"),
        ("<", b"250 ok\r\n250 ok\r\n550 unknown\r\n354 go\r\n"),
        (">", wire(first) + b"MAIL FROM:<a@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n"),
        ("<", b"250 first\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
        (">", wire(second)),
        ("<", b"250 second\r\n"),
    )
    messages = of_kind(inspect(conversation), "message")
    assert [m.sha256 for m in messages] == [sha256(first), sha256(second)]
    assert [v for k, v in messages[0].facts if k == "envelope-to"] == ["b@x"]
    assert [dict(m.facts)["reply"] for m in messages] == ["250 first", "250 second"]


def test_dots_are_unstuffed() -> None:
    message = b"Subject: dots\r\n\r\n.one\r\n..two\r\n...\r\nend\r\n"
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", wire(message)), ("<", b"250 ok\r\n"))
    carrier, body = inspect(conversation)
    assert carrier.sha256 == sha256(message)
    assert body.sha256 == sha256(message.split(b"\r\n\r\n", 1)[1])
    assert body.size == carrier.size - len(b"Subject: dots\r\n\r\n")


def test_declined_data_command_carried_nothing() -> None:
    conversation = talk(
        *GREETING, *ENVELOPE, (">", b"DATA\r\n"), ("<", b"554 no\r\n"), (">", b"RSET\r\n"), ("<", b"250 ok\r\n")
    )
    assert inspect(conversation) == []


def test_mail_declined_after_its_content_crossed_is_refused() -> None:
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", wire(mail(name="x.bin"))), ("<", b"554 virus\r\n"))
    transfers = inspect(conversation)
    assert [t.refused for t in transfers] == [True, True, True]
    assert transfers[2].sha256 == sha256(DOCUMENT)


def test_content_sent_though_data_was_declined_is_found_and_refused() -> None:
    conversation = talk(
        *GREETING, *ENVELOPE, (">", b"DATA\r\n"), ("<", b"503 no\r\n"), (">", wire(mail())), ("<", b"500 ?\r\n")
    )
    assert [t.kind for t in inspect(conversation)] == ["message", "body"]
    assert all(t.refused for t in inspect(conversation))


@pytest.mark.parametrize("last_in_own_chunk", [True, False])
def test_chunking(last_in_own_chunk: bool) -> None:
    message = mail(name="c.bin")
    half = len(message) // 2
    turns = [(">", b"BDAT %d\r\n" % half + message[:half]), ("<", b"250 half\r\n")]
    rest = message[half:]
    if last_in_own_chunk:
        turns += [
            (">", b"BDAT %d\r\n" % len(rest) + rest),
            ("<", b"250 all\r\n"),
            (">", b"BDAT 0 LAST\r\n"),
            ("<", b"250 ok\r\n"),
        ]
    else:
        turns += [(">", b"BDAT %d LAST\r\n" % len(rest) + rest), ("<", b"250 ok\r\n")]
    carrier, _, attachment = inspect(talk(*GREETING, *ENVELOPE, *turns, *BYE))
    assert carrier.sha256 == sha256(message)
    assert attachment.sha256 == sha256(DOCUMENT)
    assert dict(carrier.facts)["reply"] == "250 ok"


def test_chunks_are_not_unstuffed_and_the_session_goes_on_behind_them() -> None:
    message = b"Subject: x\r\n\r\n..two dots\r\n.\r\nMAIL FROM:<not@a.command>\r\n"
    conversation = talk(
        *GREETING,
        *ENVELOPE,
        (">", b"BDAT %d LAST\r\n" % len(message) + message + PIPELINED),
        ("<", b"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
        (">", wire(mail())),
        ("<", b"250 ok\r\n"),
    )
    assert [m.sha256 for m in of_kind(inspect(conversation), "message")] == [sha256(message), sha256(mail())]


def test_abandoned_chunks_are_partial() -> None:
    conversation = talk(*GREETING, *ENVELOPE, (">", b"BDAT 9000\r\nSubject: x\r\n\r\nhalf"))
    carrier, body = inspect(conversation)
    assert carrier.certainty is body.certainty is Certainty.PARTIAL
    assert carrier.sha256 == body.sha256 == ""


def test_starttls_leaves_an_opaque_session_with_what_is_known() -> None:
    hello = client_hello("mx.example")
    conversation = talk(
        *GREETING, (">", b"STARTTLS\r\n"), ("<", b"220 go\r\n"), (">", hello), ("<", b"\x16\x03\x03\0\x01\x02")
    )
    (session,) = inspect(conversation)
    assert session.kind == "session"
    assert session.certainty is Certainty.OPAQUE
    assert dict(session.facts)["sni"] == "mx.example"
    assert "mx.example" in str(session.reason)


def test_declined_starttls_goes_on_in_clear() -> None:
    conversation = talk(
        *GREETING,
        (">", b"STARTTLS\r\n"),
        ("<", b"454 no\r\n"),
        *ENVELOPE,
        *GO,
        (">", wire(mail())),
        ("<", b"250 ok\r\n"),
    )
    assert [t.kind for t in inspect(conversation)] == ["message", "body"]


def test_authentication_lines_are_no_commands() -> None:
    conversation = talk(
        *GREETING,
        (">", b"AUTH LOGIN\r\n"),
        ("<", b"334 VXNlcm5hbWU6\r\n"),
        (">", b"DATA\r\n"),
        ("<", b"334 UGFzc3dvcmQ6\r\n"),
        (">", b"c2VjcmV0\r\n"),
        ("<", b"235 ok\r\n"),
        *ENVELOPE,
        *GO,
        (">", wire(mail())),
        ("<", b"250 ok\r\n"),
    )
    assert [t.sha256 for t in of_kind(inspect(conversation), "message")] == [sha256(mail())]


def test_client_side_alone_is_read() -> None:
    conversation = talk(
        (">", b"EHLO a\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n" + wire(mail(name="x.bin")) + b"QUIT\r\n")
    )
    assert PLUGIN.recognise(conversation) > 0.5
    carrier, _, attachment = inspect(conversation)
    assert attachment.sha256 == sha256(DOCUMENT)
    assert "reply" not in dict(carrier.facts)


def test_server_side_alone_says_that_a_mail_was_not_seen() -> None:
    conversation = talk(("<", b"220 mx ESMTP\r\n250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n"))
    assert PLUGIN.recognise(conversation) > 0.5
    (unseen,) = inspect(conversation)
    assert (unseen.kind, unseen.certainty) == ("message", Certainty.PARTIAL)


def test_midstream_start_within_the_commands() -> None:
    conversation = talk(
        (">", b"RCPT TO:<b@x>\r\n"),
        ("<", b"250 ok\r\n"),
        *GO,
        (">", wire(mail())),
        ("<", b"250 ok\r\n"),
        *ENVELOPE,
        (">", b"DATA\r\n"),
        ("<", b"554 no\r\n"),
        *BYE,
        state=FlowState.MIDSTREAM,
    )
    assert PLUGIN.recognise(conversation) > 0.5
    assert [t.sha256 for t in of_kind(inspect(conversation), "message")] == [sha256(mail())]


def test_midstream_start_with_an_answer_to_something_unseen() -> None:
    conversation = talk(
        ("<", b"250 to the unseen\r\n"),
        *ENVELOPE,
        *GO,
        (">", wire(mail())),
        ("<", b"250 ok\r\n"),
        *ENVELOPE,
        (">", b"DATA\r\n"),
        ("<", b"554 no\r\n"),
        (">", b"QUIT\r\n"),
        state=FlowState.MIDSTREAM,
    )
    (message,) = of_kind(inspect(conversation), "message")
    assert dict(message.facts)["reply"] == "250 ok"


def test_midstream_start_within_a_mail_asserts_nothing_of_it_and_finds_the_next() -> None:
    tail = wire(mail(name="x.bin"))[700:]
    conversation = talk(
        (">", tail),
        ("<", b"250 ok\r\n"),
        *ENVELOPE,
        *GO,
        (">", wire(mail())),
        ("<", b"250 ok\r\n"),
        state=FlowState.MIDSTREAM,
    )
    assert PLUGIN.recognise(conversation) > 0.5
    transfers = inspect(conversation)
    cut, whole = of_kind(transfers, "message")
    assert (cut.certainty, cut.sha256) == (Certainty.PARTIAL, "")
    assert whole.sha256 == sha256(mail())


def test_gap_in_the_attachment_leaves_the_other_parts_certain() -> None:
    message = mail(name="x.bin")
    lead = b"".join(b for s, b in (*GREETING, *ENVELOPE, *GO) if s == ">")
    gap = (">", len(lead) + len(message) - 3000, len(lead) + len(message) - 1000)
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", wire(message)), ("<", b"250 ok\r\n"), gaps=[gap], mss=1000)
    carrier, body, attachment = inspect(conversation)
    assert (carrier.certainty, attachment.certainty) == (Certainty.PARTIAL, Certainty.PARTIAL)
    assert (carrier.sha256, attachment.sha256) == ("", "")
    assert body.certainty is Certainty.INSPECTED
    assert body.sha256 == sha256(b"hello\r\n")


def test_gap_among_the_commands_is_said() -> None:
    lead = len(b"EHLO a\r\n")
    conversation = talk(*GREETING, (">", b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\n"), *BYE, gaps=[(">", lead, lead + 20)])
    assert [(t.kind, t.certainty) for t in inspect(conversation)] == [("session", Certainty.PARTIAL)]


def test_gap_in_the_replies_does_not_lose_the_mail() -> None:
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", wire(mail())), ("<", b"250 ok\r\n"), gaps=[("<", 20, 60)])
    assert [t.sha256 for t in of_kind(inspect(conversation), "message")] == [sha256(mail())]


def test_ambiguous_final_dot_is_a_hazard() -> None:
    smuggled = b"Subject: a\r\n\r\nx\n.\r\nMAIL FROM:<evil@x>\r\n.\r\n"
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", smuggled), ("<", b"250 ok\r\n"))
    assert [h.kind for h in inspect(conversation)[0].hazards] == ["smtp-smuggling"]


def test_session_with_bare_line_feeds_is_read() -> None:
    conversation = talk(
        *GREETING, *ENVELOPE, *GO, (">", b"Subject: a\n\ntext\n.\nQUIT\n"), ("<", b"250 ok\r\n221 bye\r\n")
    )
    carrier, body = inspect(conversation)
    assert carrier.size == len(b"Subject: a\n\ntext\n")
    assert body.sha256 == sha256(b"text\n")


def test_uuencoded_file_in_the_text_is_an_attachment() -> None:
    lines = b"".join(binascii.b2a_uu(DOCUMENT[i : i + 45]).replace(b"\n", b"\r\n") for i in range(0, len(DOCUMENT), 45))
    message = b"Subject: x\r\n\r\nsee below\r\nbegin 644 run.exe\r\n" + lines + b"`\r\nend\r\n"
    conversation = talk(*GREETING, *ENVELOPE, *GO, (">", wire(message)), ("<", b"250 ok\r\n"), mss=500)
    carrier, body, attachment = inspect(conversation)
    assert (body.kind, attachment.kind, attachment.parent) == ("body", "attachment", carrier.key)
    assert (attachment.name, attachment.sha256) == ("run.exe", sha256(DOCUMENT))
    assert len(attachment.frames) < len(carrier.frames) or attachment.frames == carrier.frames


def test_end_that_was_not_captured_is_said() -> None:
    conversation = talk(*GREETING, *ENVELOPE)
    stream = conversation.to_responder
    lost = replace(stream, gaps=((len(stream.data), len(stream.data) + 500),))
    transfers = inspect(replace(conversation, to_responder=lost))
    assert [(t.kind, t.certainty, t.size) for t in transfers] == [("session", Certainty.PARTIAL, 500)]


def test_endless_session_stops_with_a_word() -> None:
    mails = b"MAIL FROM:<a>\r\nDATA\r\nx: y\r\n\r\n.\r\n" * (MAX_TRANSFERS // 2 + 10)
    transfers = inspect(talk((">", b"EHLO a\r\n" + mails), mss=60_000))
    assert len(transfers) <= MAX_TRANSFERS + 3
    assert (transfers[-1].kind, transfers[-1].certainty) == ("session", Certainty.PARTIAL)


def test_lmtp_has_a_reply_for_each_recipient() -> None:
    conversation = talk(
        ("<", b"220 x LMTP\r\n"),
        (">", b"LHLO a\r\n"),
        ("<", b"250 ok\r\n"),
        (">", b"MAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n"),
        ("<", b"250 a\r\n250 b\r\n250 c\r\n354 go\r\n"),
        (">", wire(mail())),
        ("<", b"452 full\r\n250 ok\r\n"),
        (">", b"MAIL FROM:<a@x>\r\n"),
        ("<", b"250 ok\r\n"),
        (">", b"RCPT TO:<b@x>\r\nDATA\r\n"),
        ("<", b"250 ok\r\n554 no\r\n"),
    )
    (message,) = of_kind(inspect(conversation), "message")
    assert [v for k, v in message.facts if k == "reply"] == ["452 full", "250 ok"]
    assert not message.refused


def test_content_is_handed_to_the_keeper() -> None:
    kept: dict[str, bytes] = {}
    inspect(
        talk(
            *GREETING,
            *ENVELOPE,
            *GO,
            (">", wire(mail(name="x.bin"))),
            ("<", b"250 ok\r\n"),
            keep=lambda t, b: kept.update({t.kind: b}),
        )
    )
    assert kept["attachment"] == DOCUMENT
    assert kept["message"] == mail(name="x.bin")


@pytest.mark.parametrize(
    "turns",
    [
        (("<", b"220 ftp.example FTP server\r\n"), (">", b"USER a\r\n"), ("<", b"331 password\r\n")),
        ((">", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"), ("<", b"HTTP/1.1 200 OK\r\n\r\n")),
        ((">", b"\x16\x03\x01\0\x50\x01"), ("<", b"\x16\x03\x03\0\x10\x02")),
        (("<", b"SSH-2.0-x\r\n"), (">", b"SSH-2.0-y\r\n")),
        ((">", b""),),
    ],
)
def test_other_protocols_are_not_recognised(turns: tuple[tuple[str, bytes], ...]) -> None:
    assert PLUGIN.recognise(talk(*turns)) == 0


SAID = [
    b"EHLO a\r\n", b"DATA\r\n", b"354 \r\n", b"250-", b"250 ok\r\n", b".\r\n", b"BDAT 5 LAST\r\n", b"STARTTLS\r\n",
    b"220 \r\n", b"AUTH X\r\n", b"334 \r\n", b"begin 644 a\r\n",
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n",
]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("><"),
            st.one_of(
                st.binary(max_size=60),
                st.sampled_from(SAID),
            ),
        ),
        max_size=14,
    ),
    st.lists(st.tuples(st.sampled_from("><"), st.integers(0, 80), st.integers(1, 40)), max_size=2),
    st.sampled_from([FlowState.CLOSED, FlowState.MIDSTREAM]),
)
def test_any_bytes_in_both_directions_never_raise(
    turns: list[tuple[str, bytes]], gaps: list[tuple[str, int, int]], state: FlowState
) -> None:
    sizes = {side: sum(len(b) for s, b in turns if s == side) for side in "><"}
    fitting = [(side, start, min(start + size, sizes[side])) for side, start, size in gaps if start < sizes[side]]
    conversation = talk(*turns, gaps=fitting, state=state, mss=7)
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    transfers = inspect(conversation)
    assert len({t.key for t in transfers}) == len(transfers)
    for transfer in transfers:
        if transfer.sha256 and not any(fitting):
            assert transfer.frames or not transfer.size


@pytest.mark.corpus
def test_corpus_hashes_are_recovered() -> None:
    if not (CORPUS / "captures/files-truth.json").exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    for entry in json.loads((CORPUS / "captures/files-truth.json").read_text()):
        if entry["category"] != "smtp":
            continue
        found = set()
        for conversation in conversations(entry["file"]):
            if PLUGIN.recognise(conversation) > 0.5:
                for transfer in inspect(conversation):
                    found |= {transfer.sha256, *(v for k, v in transfer.facts if k.startswith("sha256"))}
        assert {value for kind, value in entry["hashes"] if kind == "sha256"} <= found, entry["file"]


@pytest.mark.corpus
def test_corpus_frames_of_an_attachment() -> None:
    (conversation,) = conversations("suricata__smtp-data-rejected__10.7.29.101_49898-178.63.41.150_25.pcap")
    document = of_kind(inspect(conversation), "attachment")[0]
    assert document.frames[0].frame == 32
    assert document.frames[-1] == CaptureSpan(document.frames[-1].file, 146, document.frames[-1].time)
    assert document.frames[0].file != FILE
    assert document.refused
