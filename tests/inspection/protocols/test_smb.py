"""SMB: files put together from their pieces, asserted only where all of them are there. Messages are made by scapy."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.netbios import NBTSession
from scapy.layers.smb2 import (
    SMB2_FILEID,
    SMB2_Close_Request,
    SMB2_Close_Response,
    SMB2_Create_Request,
    SMB2_Create_Response,
    SMB2_Header,
    SMB2_Read_Request,
    SMB2_Read_Response,
    SMB2_Tree_Connect_Request,
    SMB2_Tree_Connect_Response,
    SMB2_Write_Request,
    SMB2_Write_Response,
)
from scapy.packet import Packet

from tests.inspection.talk import CORPUS, conversations, talk
from zoneguard.inspection import Conversation
from zoneguard.inspection.protocols.smb import PLUGIN
from zoneguard.model.flows import Certainty, FlowState, Transfer

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 40
FILE = SMB2_FILEID(Persistent=7, Volatile=9)
PRECEDING = SMB2_FILEID(Persistent=0xFFFFFFFFFFFFFFFF, Volatile=0xFFFFFFFFFFFFFFFF)
Turns = list[tuple[str, bytes]]


def wire(*parts: bytes) -> bytes:
    """A compound of commands behind its length."""
    joined = b""
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        padded = part if last else part.ljust(-(-len(part) // 8) * 8, b"\0")
        joined += padded[:20] + struct.pack("<I", 0 if last else len(padded)) + padded[24:]
    return struct.pack(">I", len(joined)) + joined


def command(number: int, body: Packet, answer: bool = False, status: int = 0, tree: int = 1) -> bytes:
    header = SMB2_Header(MID=number, TID=tree, Status=status, Flags=1 if answer else 0)
    return bytes(NBTSession() / header / body)[4:]


def tree(number: int = 1, path: str = r"\\fs\share", kind: int = 1) -> Turns:
    return [
        (">", wire(command(number, SMB2_Tree_Connect_Request(Path=path)))),
        ("<", wire(command(number, SMB2_Tree_Connect_Response(ShareType=kind), answer=True))),
    ]


def create(number: int, name: str, size: int = 0, action: int = 2, status: int = 0) -> Turns:
    answer = SMB2_Create_Response(FileId=FILE, EndOfFile=size, CreateAction=action)
    return [
        (">", wire(command(number, SMB2_Create_Request(Name=name)))),
        ("<", wire(command(number, answer, answer=True, status=status))),
    ]


def write(number: int, offset: int, data: bytes, status: int = 0) -> Turns:
    return [
        (">", wire(command(number, SMB2_Write_Request(Data=data, Offset=offset, FileId=FILE)))),
        ("<", wire(command(number, SMB2_Write_Response(), answer=True, status=status))),
    ]


def read(number: int, offset: int, data: bytes) -> Turns:
    return [
        (">", wire(command(number, SMB2_Read_Request(Length=len(data), Offset=offset, FileId=FILE)))),
        ("<", wire(command(number, SMB2_Read_Response(Data=data), answer=True))),
    ]


def close(number: int) -> Turns:
    return [
        (">", wire(command(number, SMB2_Close_Request(FileId=FILE)))),
        ("<", wire(command(number, SMB2_Close_Response(), answer=True))),
    ]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def inspect(conversation: Conversation) -> list[Transfer]:
    return list(PLUGIN.inspect(conversation))


def pieces(data: bytes, size: int = 3000) -> list[tuple[int, bytes]]:
    return [(i, data[i : i + size]) for i in range(0, len(data), size)]


def written(order: list[int] | None = None, **creation: int) -> Turns:
    cut = pieces(PROGRAM)
    writes = [write(10 + i, *cut[i]) for i in (order or range(len(cut)))]
    return [*tree(), *create(2, r"dir\run.exe", **creation), *(t for w in writes for t in w), *close(99)]


def test_file_written_out_of_order() -> None:
    conversation = talk(*written([2, 0, 3, 1]), mss=700)
    assert PLUGIN.recognise(conversation) > 0.9
    (file,) = inspect(conversation)
    assert (file.kind, file.name, file.to_responder) == ("file", "run.exe", True)
    assert (file.sha256, file.size, file.certainty) == (sha256(PROGRAM), len(PROGRAM), Certainty.INSPECTED)
    assert dict(file.facts)["path"] == r"\\fs\share\dir\run.exe"
    start = conversation.to_responder.data.index(PROGRAM[:3000])
    assert set(conversation.to_responder.frames(start, start + 3000)) <= set(file.frames)


def test_file_read() -> None:
    reads = [t for i, (offset, data) in enumerate(pieces(PROGRAM)) for t in read(10 + i, offset, data)]
    (file,) = inspect(talk(*tree(), *create(2, "run.exe", size=len(PROGRAM), action=1), *reads))
    assert (file.to_responder, file.sha256, file.certainty) == (False, sha256(PROGRAM), Certainty.INSPECTED)
    (short,) = inspect(talk(*tree(), *create(2, "run.exe", size=len(PROGRAM), action=1), *reads[:-2]))
    assert (short.sha256, short.certainty) == ("", Certainty.PARTIAL)


@pytest.mark.parametrize(("looked_at", "sure"), [(PROGRAM[:3000], True), (PROGRAM[:2999] + b"#", False)])
def test_a_look_at_a_file_that_is_read_as_a_whole_is_as_certain_as_that(looked_at: bytes, sure: bool) -> None:
    before, after = (create(number, "run.exe", size=len(PROGRAM), action=1) for number in (2, 5))
    reads = [t for i, (offset, data) in enumerate(pieces(PROGRAM)) for t in read(10 + i, offset, data)]
    first, whole = inspect(talk(*tree(), *before, *read(3, 0, looked_at), *close(4), *after, *reads))
    assert (whole.sha256, whole.certainty) == (sha256(PROGRAM), Certainty.INSPECTED)
    assert (first.sha256, first.certainty is Certainty.INSPECTED) == ("", sure)
    assert dict(first.facts).get("piece-of") == (whole.key if sure else None)


@pytest.mark.parametrize("missing", ["close", "piece", "opening"])
def test_file_with_something_missing_is_not_asserted(missing: str) -> None:
    turns = written()
    if missing == "close":
        turns = turns[:-2]
    elif missing == "piece":
        turns = turns[:6] + turns[8:]
    else:
        turns = turns[4:]
    (file,) = inspect(talk(*turns))
    assert (file.sha256, file.certainty) == ("", Certainty.PARTIAL)


def test_part_written_into_an_existing_file_is_not_asserted() -> None:
    (file,) = inspect(talk(*written(action=1, size=len(PROGRAM) + 5)))
    assert (file.sha256, file.certainty) == ("", Certainty.PARTIAL)
    (file,) = inspect(talk(*written(action=1, size=len(PROGRAM) - 5)))
    assert file.sha256 == sha256(PROGRAM)


def test_piece_sent_twice_counts_once_unless_it_differs() -> None:
    again = [*tree(), *create(2, "a"), *write(3, 0, b"abcdef"), *write(4, 3, b"defghi"), *close(5)]
    (file,) = inspect(talk(*again))
    assert file.sha256 == sha256(b"abcdefghi")
    other = [*tree(), *create(2, "a"), *write(3, 0, b"abcdef"), *write(4, 3, b"xyzghi"), *close(5)]
    (file,) = inspect(talk(*other))
    assert (file.sha256, file.certainty) == ("", Certainty.PARTIAL)


def test_compound_that_opens_reads_and_closes() -> None:
    asked = wire(
        command(2, SMB2_Create_Request(Name="a.txt")),
        command(3, SMB2_Read_Request(Length=100, FileId=PRECEDING)),
        command(4, SMB2_Close_Request(FileId=PRECEDING)),
    )
    answered = wire(
        command(2, SMB2_Create_Response(FileId=FILE, EndOfFile=6, CreateAction=1), answer=True),
        command(3, SMB2_Read_Response(Data=b"hello\n"), answer=True),
        command(4, SMB2_Close_Response(), answer=True),
    )
    (file,) = inspect(talk(*tree(), (">", asked), ("<", answered)))
    assert (file.name, file.sha256) == ("a.txt", sha256(b"hello\n"))


def test_pending_answer_is_no_answer() -> None:
    turns = [*tree(), *create(2, "a.txt", size=6, action=1)]
    pending = ("<", wire(command(3, SMB2_Read_Response(Data=b""), answer=True, status=0x103)))
    asked, answered = read(3, 0, b"hello\n")
    (file,) = inspect(talk(*turns, asked, pending, answered))
    assert file.sha256 == sha256(b"hello\n")


def test_write_that_was_declined_is_refused() -> None:
    (file,) = inspect(talk(*tree(), *create(2, "a"), *write(3, 0, PROGRAM, status=0xC0000022), *close(4)))
    assert file.refused
    assert file.sha256 == sha256(PROGRAM)


def test_pipes_are_no_files() -> None:
    assert (
        inspect(
            talk(
                *tree(path=r"\\fs\IPC$", kind=2),
                *create(2, "srvsvc"),
                *write(3, 0, b"rpc"),
                *read(4, 0, b"rpc"),
                *close(5),
            )
        )
        == []
    )


def test_requests_alone_are_read_and_answers_alone_are_said() -> None:
    (file,) = inspect(talk(*(t for t in written() if t[0] == ">")))
    assert (file.size, file.certainty, file.sha256) == (len(PROGRAM), Certainty.PARTIAL, "")
    (unclaimed,) = inspect(talk(*(t for t in read(3, 0, PROGRAM) if t[0] == "<")))
    assert (unclaimed.kind, unclaimed.certainty) == ("session", Certainty.PARTIAL)


def test_encrypted_session_is_opaque() -> None:
    hidden = struct.pack(">I", 80) + b"\xfdSMB" + bytes(76)
    (session,) = inspect(talk(*tree(), (">", hidden), ("<", hidden)))
    assert (session.kind, session.certainty) == ("session", Certainty.OPAQUE)


def test_gap_in_a_file_and_gap_over_a_message() -> None:
    turns = written()
    up = b"".join(b for s, b in turns if s == ">")
    at = up.index(PROGRAM[3000:6000])
    (file,) = inspect(talk(*turns, gaps=[(">", at + 100, at + 200)]))
    assert (file.sha256, file.certainty) == ("", Certainty.PARTIAL)
    files = inspect(talk(*turns, gaps=[(">", at - 200, at + 200)]))
    assert [t.certainty for t in files] == [Certainty.PARTIAL] * len(files)
    assert {t.kind for t in files} == {"file", "session"}
    assert files[0].sha256 == ""


def test_the_wrong_way_round_and_from_the_middle() -> None:
    turned = [(">" if side == "<" else "<", data) for side, data in written()]
    conversation = talk(*turned)
    assert PLUGIN.recognise(conversation) > 0.9
    (file,) = inspect(conversation)
    assert (file.to_responder, file.sha256) == (False, sha256(PROGRAM))
    middle = talk(
        (">", b"tail of a message" + b"".join(b for s, b in written() if s == ">")), state=FlowState.MIDSTREAM
    )
    assert PLUGIN.recognise(middle) > 0.3
    assert "file" in {t.kind for t in inspect(middle)}


def test_many_small_pieces_end_in_time() -> None:
    count = 3000
    turns = [*tree(), *create(2, "a")]
    asked = b"".join(
        wire(command(10 + i, SMB2_Write_Request(Data=b"x", Offset=(i * 7919) % count, FileId=FILE))) for i in range(300)
    )
    inspect(talk(*turns, (">", asked * 10), mss=1400))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_change_cut_or_order_never_raises(data: st.DataObject) -> None:
    turns = data.draw(st.permutations(written([1, 0, 2]) + read(50, 0, b"abc")))
    changed = []
    for side, said in turns:
        raw = bytearray(said)
        for _ in range(data.draw(st.integers(0, 2))):
            raw[data.draw(st.integers(0, min(len(raw), 200) - 1))] = data.draw(st.integers(0, 255))
        changed.append((side, bytes(raw[: data.draw(st.sampled_from([len(raw), len(raw) // 2]))])))
    conversation = talk(*changed)
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    transfers = inspect(conversation)
    assert len({t.key for t in transfers}) == len(transfers)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from([b"\xffSMB", b"\xfeSMB\x40\0", b"\xfdSMB"]))
def test_any_bytes_never_raise(up: bytes, down: bytes, magic: bytes) -> None:
    def framed(data: bytes) -> bytes:
        return struct.pack(">I", len(magic + data)) + magic + data

    conversation = talk((">", framed(up) + up), ("<", framed(down) + down))
    PLUGIN.recognise(conversation)
    inspect(conversation)


@pytest.mark.corpus
def test_corpus_files_are_recovered() -> None:
    if not (CORPUS / "captures/files-truth.json").exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    sizes = {
        "OOXML 25940 B": 25940,
        "PSEXESVC.exe 145568 B": 145568,
        "WP_SMBPlugin.pdf 1508939 B": 1508939,
        "00bfsvc.exe 77824 B": 77824,
    }
    for entry in json.loads((CORPUS / "captures/files-truth.json").read_text()):
        if entry["category"] != "smb":
            continue
        found = [t for c in conversations(entry["file"]) if PLUGIN.recognise(c) > 0.5 for t in inspect(c) if t.sha256]
        assert {value for _, value in entry["hashes"]} <= {t.sha256 for t in found}, entry["file"]
        wanted = [size for text, size in sizes.items() if text in entry["note"]]
        assert set(wanted) <= {t.size for t in found}, entry["file"]


@pytest.mark.corpus
def test_corpus_workbook_has_no_macro() -> None:
    (conversation,) = conversations("suricata__smb1-01__smb1.pcap")
    (file,) = inspect(conversation)
    assert file.sha256.startswith("ccec0112")
    assert (file.hazards, file.certainty) == ((), Certainty.INSPECTED)
