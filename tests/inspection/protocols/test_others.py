"""FTP control and data, SSH, VNC, bare files, and what only several conversations tell."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import client_hello, talk
from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.joining import Announcements, name_data_connections
from zoneguard.inspection.protocols.ftp import PLUGIN as FTP
from zoneguard.inspection.protocols.ica import PLUGIN as ICA
from zoneguard.inspection.protocols.raw import PLUGIN as RAW
from zoneguard.inspection.protocols.ssh import PLUGIN as SSH
from zoneguard.inspection.protocols.vnc import PLUGIN as VNC
from zoneguard.inspection.protocols.x11 import PLUGIN as X11
from zoneguard.model.addresses import parse_address
from zoneguard.model.flows import Certainty, FlowState, Transfer
from zoneguard.model.spans import CaptureSpan
from zoneguard.plugins import of_type

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 8
LOGIN = (("<", b"220 (vsFTPd 3.0.5)\r\n"), (">", b"USER alice\r\n"), ("<", b"331 password\r\n"))
PROTOCOLS = of_type("zoneguard.inspection.protocols", Protocol)


def one(plugin: Protocol, conversation: Conversation) -> Transfer:
    assert plugin.recognise(conversation) >= 0.5
    (transfer,) = plugin.inspect(conversation)
    return transfer


def best(conversation: Conversation) -> str:
    return max(PROTOCOLS, key=lambda p: p.recognise(conversation)).name


@pytest.mark.parametrize(
    ("asked", "answered", "endpoint"),
    [
        (b"PORT 192,168,1,2,225,229\r\n", b"200 ok\r\n", "192.168.1.2:57829"),
        (b"EPRT |2|2001:db8::1|50000|\r\n", b"200 ok\r\n", "[2001:db8::1]:50000"),
        (b"PASV\r\n", b"227 Entering Passive Mode (10,0,0,2,4,1).\r\n", "10.0.0.2:1025"),
        (b"EPSV\r\n", b"229 Entering Extended Passive Mode (|||4321|)\r\n", "10.0.0.2:4321"),
    ],
)
def test_ftp_names_its_data_connections(asked: bytes, answered: bytes, endpoint: str) -> None:
    turns = [*LOGIN, (">", asked), ("<", answered), (">", b"STOR dir/run.exe\r\n"), ("<", b"150 ok\r\n226 done\r\n")]
    session = one(FTP, talk(*turns))
    assert (session.kind, session.certainty) == ("session", Certainty.INSPECTED)
    assert session.facts == (("user", "alice"), ("data-connection", f"{endpoint} write dir/run.exe"))


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ([(">", b"REST 1000\r\n"), ("<", b"350 ok\r\n"), (">", b"RETR f\r\n"), ("<", b"150 ok\r\n226 ok\r\n")],
         "read;rest=1000"),
        ([(">", b"REST 1000\r\n"), ("<", b"502 no\r\n"), (">", b"RETR f\r\n"), ("<", b"150 ok\r\n226 ok\r\n")],
         "read"),
        ([(">", b"MODE Z\r\n"), ("<", b"200 ok\r\n"), (">", b"RETR f\r\n"), ("<", b"150 ok\r\n")], "read;mode=Z"),
        ([(">", b"APPE f\r\n"), ("<", b"150 ok\r\n"), ("<", b"226 ok\r\n")], "append"),
        ([(">", b"STOR f\r\n"), ("<", b"150 ok\r\n"), ("<", b"552 full\r\n")], "write;end=552"),
        ([(">", b"RETR f\r\n"), ("<", b"150 ok\r\n"), (">", b"ABOR\r\n"), ("<", b"426 so\r\n226 ok\r\n")],
         "read;end=426"),
        ([(">", b"RETR f\r\n"), ("<", b"150 ok\r\n"), (">", b"CWD x\r\n"), ("<", b"550 no\r\n")], "read"),
    ],
)  # fmt: skip
def test_ftp_says_what_is_no_whole_file(turns: list[tuple[str, bytes]], told: str) -> None:
    passive = [(">", b"PASV\r\n"), ("<", b"227 (10,0,0,2,4,1)\r\n")]
    control = one(FTP, talk(*LOGIN, *passive, *turns))
    assert ("data-connection", f"10.0.0.2:1025 {told} f") in control.facts
    data = one(RAW, talk((">" if told[0] in "wa" else "<", PROGRAM)))
    later = CaptureSpan("talk.pcap", 50, 50.0)
    flow = replace(data.flow, src=control.flow.src, dst=parse_address("10.0.0.2"), dport=1025, first=later)
    _, file = name_data_connections([control, replace(data, flow=flow)])
    assert (file.protocol, file.name) == ("ftp-data", "f")
    whole = told in ("read", "write")
    assert bool(file.sha256) == whole
    assert file.certainty is (Certainty.INSPECTED if whole else Certainty.PARTIAL)
    assert bool(str(file.reason)) != whole


def test_the_next_session_of_an_endpoint_has_its_own_name() -> None:
    told = Announcements()
    turns = [(">", b"PASV\r\n"), ("<", b"227 (10,0,0,2,4,1)\r\n"), (">", b"RETR a/run.vbs\r\n"), ("<", b"150 ok\r\n")]
    told.learn(one(FTP, talk(*LOGIN, *turns)))
    flow = one(RAW, talk(("<", PROGRAM))).flow
    flow = replace(flow, dst=parse_address("10.0.0.2"), dport=1025, first=CaptureSpan("talk.pcap", 50, 50.0))
    first, second = told.told(flow), told.told(flow)
    assert (first and first.name, second) == ("run.vbs", None)


def test_a_bare_file_that_was_announced_is_judged_by_its_name() -> None:
    script = b'MsgBox "hello"\r\n' * 9
    assert one(RAW, talk(("<", script))).hazards == ()
    (hazard,) = one(RAW, replace(talk(("<", script)), name="tool.vbs")).hazards
    assert hazard.kind == "script"


def test_ftp_replies_with_free_lines_and_declined_commands() -> None:
    turns = [
        *LOGIN, (">", b"FEAT\r\n"), ("<", b"211-Features:\r\n EPRT\r\n211 End\r\n"),
        (">", b"PASV\r\n"), ("<", b"227 (10,0,0,2,4,1)\r\n"), (">", b"RETR no.txt\r\n"), ("<", b"550 no\r\n"),
    ]  # fmt: skip
    assert one(FTP, talk(*turns)).facts == (("user", "alice"),)


def test_ftp_behind_tls_is_opaque() -> None:
    turns = [("<", b"220 FTP\r\n"), (">", b"AUTH TLS\r\n"), ("<", b"234 go\r\n"), (">", client_hello("ftp.example"))]
    session = one(FTP, talk(*turns))
    assert (session.certainty, dict(session.facts)["sni"]) == (Certainty.OPAQUE, "ftp.example")


def test_ftp_with_a_gap_is_partial() -> None:
    assert one(FTP, talk(*LOGIN, (">", b"PASS x\r\n"), gaps=[(">", 14, 18)])).certainty is Certainty.PARTIAL


def test_names_reach_the_data_connections() -> None:
    turns = [
        *LOGIN,
        (">", b"PASV\r\n"),
        ("<", b"227 (10,0,0,2,4,1)\r\n"),
        (">", b"RETR a/run.exe\r\n"),
        ("<", b"150 ok\r\n"),
    ]
    turns += [(">", b"PASV\r\n"), ("<", b"227 (10,0,0,2,4,2)\r\n"), (">", b"LIST\r\n"), ("<", b"150 ok\r\n")]
    control = one(FTP, talk(*turns))

    def data(port: int, side: str, content: bytes) -> Transfer:
        transfer = one(RAW, talk((side, content)))
        later = CaptureSpan("talk.pcap", 50, 50.0)
        flow = replace(transfer.flow, dst=parse_address("10.0.0.2"), dport=port, sport=port + 5000, first=later)
        return replace(transfer, flow=flow, key=f"{port}{side}")

    file, wrong_way, listing, other = (
        data(1025, "<", PROGRAM),
        data(1025, ">", PROGRAM),
        data(1026, "<", b"a b c\n"),
        data(9, "<", b"x\n"),
    )
    named = name_data_connections([control, wrong_way, file, listing, other])
    assert [t.protocol for t in named] == ["ftp", "raw", "ftp-data", "ftp-data", "raw"]
    assert [t.name for t in named] == ["", "", "run.exe", "", ""]
    assert dict(named[2].facts) == {"operation": "read", "path": "a/run.exe", "session": control.key}


def test_bare_file_by_magic_or_by_a_silent_side() -> None:
    file = one(RAW, talk(("<", PROGRAM)))
    assert (file.kind, file.to_responder, file.sha256) == ("file", False, hashlib.sha256(PROGRAM).hexdigest())
    assert [h.kind for h in file.hazards] == ["executable"]
    counted = talk(("<", b"text\n" * 100), (">", struct.pack(">I", 300)), (">", struct.pack(">I", 500)))
    assert one(RAW, counted).size == 500
    cut = one(RAW, talk(("<", PROGRAM), state=FlowState.MIDSTREAM))
    assert (cut.certainty, cut.sha256) == (Certainty.PARTIAL, "")


def test_two_sided_talk_and_unknown_pieces_are_no_bare_file() -> None:
    assert RAW.recognise(talk((">", b"hello\n"), ("<", b"world\n"))) == 0
    assert RAW.recognise(talk((">", b"hello\n"), state=FlowState.MIDSTREAM)) == 0
    assert RAW.recognise(talk(("<", b"x" * 100), (">", struct.pack(">I", 999)))) == 0
    assert RAW.recognise(talk((">", b""))) == 0


def test_ssh() -> None:
    conversation = talk(
        ("<", b"SSH-2.0-OpenSSH_9.6\r\n"), (">", b"SSH-2.0-PuTTY\r\n"), ("<", bytes(900)), (">", bytes(5000))
    )
    session = one(SSH, conversation)
    assert (session.certainty, session.to_responder) == (Certainty.OPAQUE, True)
    named = ("client-software", "PuTTY"), ("server-software", "OpenSSH_9.6"), ("sent", "5015"), ("received", "921")
    assert session.facts == named


def test_much_by_ssh_one_way_is_a_suspicion() -> None:
    def facts(up: int, down: int) -> dict[str, str]:
        conversation = talk(
            ("<", b"SSH-2.0-a\r\n"), (">", b"SSH-2.0-b\r\n"), ("<", bytes(down)), (">", bytes(up)), mss=1 << 20
        )
        return dict(one(SSH, conversation).facts)

    assert facts(2 << 20, 1000)["suspected"] == "file-transfer"
    assert "suspected" not in facts(2 << 20, 1 << 20)
    assert "suspected" not in facts(1 << 19, 100)


ICA_SERVER = b"\x7f\x7fICA\0"
X11_SETUP = b"l\0\x0b\0\0\0\x12\0\x10\0\0\0MIT-MAGIC-COOKIE-1\0\0" + bytes(16)
X11_ANSWER = b"\1\0\x0b\0\0\0" + bytes(30)


@pytest.mark.parametrize(
    ("plugin", "turns", "to_responder"),
    [
        (ICA, [("<", ICA_SERVER * 2), (">", b"\x02"), ("<", bytes(900))], False),
        (ICA, [(">", b"\x1aCGP/01\x01"), ("<", b"\x1bHello"), ("<", bytes(900))], False),
        (X11, [(">", X11_SETUP), ("<", X11_ANSWER)], True),
        (X11, [(">", b"B\0\0\x0b\0\0\0\0\0\0\0\0"), ("<", b"\1\0\0\x0b\0\0")], True),
    ],
)
def test_screens_that_are_not_read(plugin: Protocol, turns: list[tuple[str, bytes]], to_responder: bool) -> None:
    conversation = talk(*turns)
    assert best(conversation) == plugin.name
    screen = one(plugin, conversation)
    assert (screen.kind, screen.certainty, screen.to_responder) == ("screen", Certainty.OPAQUE, to_responder)
    turned = talk(*((">" if side == "<" else "<", said) for side, said in turns), state=FlowState.MIDSTREAM)
    assert one(plugin, turned).to_responder is not to_responder


def test_the_kind_of_authorisation_of_x11_is_told() -> None:
    assert dict(one(X11, talk((">", X11_SETUP), ("<", X11_ANSWER))).facts)["security"] == "MIT-MAGIC-COOKIE-1"
    assert X11.recognise(talk((">", X11_SETUP[:11]))) == 0.0
    assert X11.recognise(talk((">", X11_SETUP), ("<", b"HTTP/1.1 400 Bad\r\n"))) == 0.0


def vnc(*messages: bytes, security: int = 1) -> Conversation:
    answer = bytes(16) if security == 2 else b""
    return talk(
        ("<", b"RFB 003.008\n"), (">", b"RFB 003.008\n"), ("<", b"\x02\x01\x02"), (">", bytes([security])),
        ("<", b"\0" * 4), (">", answer + b"\x01" + b"".join(messages)), ("<", bytes(4000)),
    )  # fmt: skip


@pytest.mark.parametrize("security", [1, 2])
def test_vnc_clipboard_and_files_of_the_client(security: int) -> None:
    other = (
        struct.pack(">BxHII", 2, 2, 0, 1)
        + bytes(20)
        + bytes((3, *bytes(9)))
        + bytes((4, *bytes(7)))
        + bytes((5, *bytes(5)))
    )
    cut = b"\x06\0\0\0" + struct.pack(">I", 5) + b"hello"
    file = b"\x07\x01\0\0" + bytes(4) + struct.pack(">I", 3) + b"abc"
    screen = one(VNC, vnc(other, cut, other, file, security=security))
    assert (screen.kind, screen.to_responder, screen.certainty) == ("screen", False, Certainty.OPAQUE)
    assert [(h.kind, h.detail) for h in screen.hazards] == [
        ("clipboard", "5 bytes"),
        ("file-transfer", "message 7, 15 bytes"),
    ]
    assert one(VNC, vnc(other, security=security)).hazards == ()


def test_vnc_behind_encryption_says_nothing() -> None:
    screen = one(VNC, vnc(b"\x06\0\0\0" + struct.pack(">I", 5) + b"hello", security=19))
    assert (screen.hazards, dict(screen.facts)["security"]) == ((), "vencrypt")


def test_every_protocol_knows_its_own_and_no_other() -> None:
    own = {
        "ftp": talk(*LOGIN),
        "ssh": talk(("<", b"SSH-2.0-x\r\n"), (">", b"SSH-2.0-y\r\n")),
        "vnc": vnc(),
        "tls": talk((">", client_hello("a.example"))),
        "http": talk((">", b"GET / HTTP/1.1\r\n\r\n"), ("<", b"HTTP/1.1 204 No Content\r\n\r\n")),
        "smtp": talk(("<", b"220 mx ESMTP\r\n"), (">", b"EHLO a\r\n"), ("<", b"250 ok\r\n")),
        "raw": talk(("<", PROGRAM)),
    }
    assert {name: best(conversation) for name, conversation in own.items()} == {name: name for name in own}
    unknown = talk((">", b"hello, who are you?\n"), ("<", b"nobody you know\n"))
    assert all(p.recognise(unknown) == 0 for p in PROTOCOLS)


def test_every_protocol_is_described() -> None:
    assert len({p.name for p in PROTOCOLS}) == len(PROTOCOLS)
    assert all(p.title and p.recognise.__doc__ and p.inspect.__doc__ for p in PROTOCOLS)


SAID = [
    b"220 FTP\r\n",
    b"USER a\r\n",
    b"PORT 1,2,3,4,5,6\r\n",
    b"PASV\r\n",
    b"227 (1,2,3,4,999,1)\r\n",
    b"EPRT |9|::|1|\r\n",
    b"RETR a\r\n",
    b"211-x\r\n",
    b"SSH-2.0-a\r\n",
    b"RFB 003.003\n",
    b"RFB 003.008\n",
    b"\x06\0\0\0\xff\xff\xff\xff",
    b"MZ\0",
    b"\0\0\0\5",
    b"AUTH TLS\r\n",
    b"\x16\x03\x01",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("><"), st.one_of(st.binary(max_size=40), st.sampled_from(SAID))), max_size=12),
    st.sampled_from([FlowState.CLOSED, FlowState.MIDSTREAM]),
)
def test_any_bytes_never_raise_in_any_protocol(turns: list[tuple[str, bytes]], state: FlowState) -> None:
    conversation = talk(*turns, state=state, mss=11)
    for plugin in PROTOCOLS:
        assert 0 <= plugin.recognise(conversation) <= 1
        transfers = list(plugin.inspect(conversation))
        assert len({t.key for t in transfers}) == len(transfers)
