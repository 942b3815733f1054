"""HTTP/1: every body with its name, its direction, its decoded content."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import threading
import zlib
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import CORPUS, client_hello, conversations, talk
from zoneguard.inspection import Budget, Conversation, Limits
from zoneguard.inspection.expanding import Expanded, unbrotli, unzstd
from zoneguard.inspection.protocols.http import PLUGIN
from zoneguard.model.flows import Certainty, FlowState, Transfer

PROGRAM = b"MZ\x90\0" + bytes(range(256)) * 10
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"


def get(path: bytes = b"/a", method: bytes = b"GET", headers: bytes = b"") -> bytes:
    return method + b" " + path + b" HTTP/1.1\r\nHost: www.example.jp\r\n" + headers + b"\r\n"


def answer(body: bytes, headers: bytes = b"", status: bytes = b"200 OK") -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + headers + b"Content-Length: %d\r\n\r\n" % len(body) + body


def chunked(body: bytes, size: int = 100, trailer: bytes = b"") -> bytes:
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x;ext=1\r\n" % len(p) + p + b"\r\n" for p in pieces) + b"0\r\n" + trailer + b"\r\n"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def inspect(conversation: Conversation) -> list[Transfer]:
    assert PLUGIN.recognise(conversation) > 0.5
    return list(PLUGIN.inspect(conversation))


def test_pipelined_downloads() -> None:
    bodies = [b"first\n", PROGRAM, b"third\n"]
    conversation = talk(
        (">", get(b"/dir/one.txt?q=secret") + get(b"/x", b"HEAD") + get(b"/%E5%A0%B1.exe") + get(b"/three")),
        (
            "<",
            answer(bodies[0])
            + OK % 999
            + answer(bodies[1])
            + b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        ),
        (">", get(b"/four")),
        ("<", answer(bodies[2])),
    )
    transfers = inspect(conversation)
    assert [(t.name, t.sha256, t.to_responder) for t in transfers] == [
        ("one.txt", sha256(bodies[0]), False),
        ("報.exe", sha256(PROGRAM), False),
        ("four", sha256(bodies[2]), False),
    ]
    assert dict(transfers[0].facts) == {"url": "http://www.example.jp/dir/one.txt", "method": "GET", "status": "200"}
    assert [h.kind for h in transfers[1].hazards] == ["executable"]


def test_frames_are_those_of_the_body() -> None:
    conversation = talk((">", get()), ("<", answer(PROGRAM)), mss=200)
    (file,) = inspect(conversation)
    start = conversation.to_originator.data.index(PROGRAM)
    assert file.frames == conversation.to_originator.frames(start, start + len(PROGRAM))


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        (b"gzip", gzip.compress),
        (b"br", brotli.compress),
        (b"zstd", zstandard.compress),
        (b"br, zstd", lambda d: zstandard.compress(brotli.compress(d))),
        (b"gzip", lambda d: gzip.compress(d[:9]) + gzip.compress(d[9:])),
        (b"zstd", lambda d: zstandard.compress(d[:9]) + zstandard.compress(d[9:])),
        (b"deflate", zlib.compress),
        (b"deflate", lambda d: zlib.compress(d)[2:-4]),
        (b"lzma", lambda d: lzma.compress(d, lzma.FORMAT_ALONE)),
        (b"x-xz", lzma.compress),
        (b"bzip2", bz2.compress),
        (b"identity", bytes),
        (b"deflate, gzip", lambda d: gzip.compress(zlib.compress(d))),
    ],
)
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_codings_are_undone(coding: bytes, pack: object, framing: str) -> None:
    packed = pack(PROGRAM)  # type: ignore[operator]
    head = b"Content-Encoding: " + coding + b"\r\n"
    if framing == "length":
        said = answer(packed, head)
    else:
        said = (
            b"HTTP/1.1 200 OK\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked(packed, trailer=b"X: y\r\n")
        )
    (file, after) = inspect(talk((">", get() + get(b"/b")), ("<", said + answer(b"next\n"))))
    assert file.sha256 == sha256(PROGRAM)
    assert after.sha256 == sha256(b"next\n")


def test_coding_without_a_reader_is_not_asserted() -> None:
    (file,) = inspect(talk((">", get()), ("<", answer(b"\x0b\x02\x80", b"Content-Encoding: compress\r\n"))))
    assert (file.certainty is Certainty.INSPECTED, file.sha256) == (False, "")


@pytest.mark.parametrize(
    ("coding", "packed", "reason"),
    [
        ("br", brotli.compress(PROGRAM)[:-1], "the compressed data ends early"),
        ("zstd", zstandard.compress(PROGRAM)[:-1], "the compressed data ends early"),
        ("br", brotli.compress(PROGRAM) + b"more", "the compressed data is damaged"),
        ("zstd", b"no zstd", "the compressed data is damaged"),
        ("gzip", gzip.compress(PROGRAM) + b"more", "4 bytes follow the end of the compressed data"),
        ("zstd", zstandard.compress(PROGRAM) + b"more", "4 bytes follow the end of the compressed data"),
        ("br, br, br, br, br", brotli.compress(PROGRAM), "more than 4 content encodings"),
    ],
)
def test_what_is_not_wholly_decoded_is_not_asserted(coding: str, packed: bytes, reason: str) -> None:
    said = answer(packed, b"Content-Encoding: " + coding.encode() + b"\r\n")
    (file,) = inspect(talk((">", get()), ("<", said)))
    assert (file.certainty, file.sha256, str(file.reason)) == (Certainty.PARTIAL, "", reason)


@pytest.mark.parametrize(("expand", "pack"), [(unbrotli, brotli.compress), (unzstd, zstandard.compress)])
def test_a_bomb_is_expanded_up_to_its_limit(
    expand: Callable[[bytes, Budget], Expanded], pack: Callable[[bytes], bytes]
) -> None:
    packed = pack(bytes(64 << 20))
    assert len(packed) < 16 << 10
    limit = Limits(expanded=1 << 20)
    expanded = expand(packed, Budget(limit))
    assert len(expanded.data) < (64 << 20)
    assert str(expanded.problem) == f"expands to more than {1 << 20} bytes"
    whole = expand(packed, Budget())
    assert (whole.data, whole.problem, whole.used) == (bytes(64 << 20), "", len(packed))


@given(st.binary(max_size=300), st.sampled_from([unbrotli, unzstd]))
def test_any_bytes_are_expanded_or_said_to_be_damaged(data: bytes, expand: Callable[[bytes, Budget], Expanded]) -> None:
    expanded = expand(data, Budget(Limits(expanded=1 << 20)))
    assert expanded.used <= len(data)


def test_uploads_with_put_and_with_a_form() -> None:
    form = (
        b'--f\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n'
        b'--f\r\nContent-Disposition: form-data; name="up"; filename="run.exe"\r\n\r\n' + PROGRAM + b"\r\n--f--\r\n"
    )
    conversation = talk(
        (">", get(b"/dav/plan.bin", b"PUT", b"Content-Length: %d\r\n" % len(PROGRAM)) + PROGRAM),
        ("<", answer(b"", status=b"201 Created")),
        (
            ">",
            get(b"/up", b"POST", b"Content-Type: multipart/form-data; boundary=f\r\nContent-Length: %d\r\n" % len(form))
            + form,
        ),
        ("<", answer(b"ok\n")),
    )
    put, container, note, up, reply = inspect(conversation)
    assert (put.name, put.sha256, put.to_responder) == ("plan.bin", sha256(PROGRAM), True)
    assert (container.kind, container.media_type) == ("message", "multipart/form-data")
    assert (note.kind, note.sha256, note.parent) == ("body", sha256(b"hello"), container.key)
    assert (up.kind, up.name, up.sha256, up.parent) == ("file", "run.exe", sha256(PROGRAM), container.key)
    assert (reply.to_responder, reply.sha256) == (False, sha256(b"ok\n"))


def test_continue_is_no_answer() -> None:
    conversation = talk(
        (">", get(b"/up", b"PUT", b"Expect: 100-continue\r\nContent-Length: 3\r\n")),
        ("<", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (">", b"abc"),
        ("<", answer(b"done\n")),
    )
    assert [t.sha256 for t in inspect(conversation)] == [sha256(b"abc"), sha256(b"done\n")]


def test_name_suggested_by_the_server() -> None:
    headers = b"Content-Disposition: attachment; filename*=UTF-8''%E5%A0%B1.bin\r\n"
    (file,) = inspect(talk((">", get()), ("<", answer(PROGRAM, headers))))
    assert file.name == "報.bin"


def test_ranges_of_one_file_are_joined() -> None:
    def part(first: int, last: int) -> bytes:
        head = b"Content-Range: bytes %d-%d/%d\r\n" % (first, last, len(PROGRAM))
        return answer(PROGRAM[first : last + 1], head, b"206 Partial Content")

    end = len(PROGRAM) - 1
    asked = get(b"/run.exe") * 3
    *parts, joined = inspect(talk((">", asked), ("<", part(1000, 1999) + part(0, 1200) + part(2000, end))))
    assert [(p.certainty, p.sha256, dict(p.facts)["piece-of"]) for p in parts] == [
        (Certainty.INSPECTED, "", joined.key)
    ] * 3
    assert (joined.sha256, joined.size, joined.certainty) == (sha256(PROGRAM), len(PROGRAM), Certainty.INSPECTED)
    incomplete = inspect(talk((">", asked), ("<", part(0, 999) + part(1001, end))))
    assert all(t.sha256 == "" for t in incomplete)


@pytest.mark.parametrize(
    ("state", "certainty"), [(FlowState.CLOSED, Certainty.INSPECTED), (FlowState.MIDSTREAM, Certainty.PARTIAL)]
)
def test_body_until_the_end_of_the_stream(state: FlowState, certainty: Certainty) -> None:
    (file,) = inspect(talk((">", get()), ("<", b"HTTP/1.0 200 OK\r\n\r\ntext\n"), state=state))
    assert (file.certainty, bool(file.sha256)) == (certainty, certainty is Certainty.INSPECTED)


def test_cut_body_is_partial_and_a_gap_in_it_too() -> None:
    (file,) = inspect(talk((">", get()), ("<", answer(PROGRAM)[:-100])))
    assert (file.certainty, file.sha256) == (Certainty.PARTIAL, "")
    first, second = inspect(
        talk((">", get() * 2), ("<", answer(b"x" * 5000) + answer(b"y" * 50)), gaps=[("<", 1000, 2000)])
    )
    assert (first.certainty, first.sha256) == (Certainty.PARTIAL, "")
    assert second.sha256 == sha256(b"y" * 50)


def test_gap_in_the_headers_is_said_and_the_next_message_is_found() -> None:
    said = answer(b"x" * 500, b"X: " + b"y" * 500 + b"\r\n") + answer(PROGRAM)
    lost, file = inspect(talk((">", get() * 2), ("<", said), gaps=[("<", 20, 100)]))
    assert (lost.kind, lost.certainty) == ("session", Certainty.PARTIAL)
    assert file.sha256 == sha256(PROGRAM)


def test_start_in_the_middle() -> None:
    conversation = talk(
        ("<", b"end of something\r\n" + answer(PROGRAM)), (">", b"\r\n" + get()), state=FlowState.MIDSTREAM
    )
    assert sha256(PROGRAM) in [t.sha256 for t in inspect(conversation)]


def test_one_direction_only_and_the_wrong_way_round() -> None:
    for turns in ([("<", answer(PROGRAM))], [(">", answer(PROGRAM))]):
        (file,) = inspect(talk(*turns))
        assert file.sha256 == sha256(PROGRAM)
        assert file.to_responder is (turns[0][0] == ">")


def test_tunnel_is_opaque_with_what_is_known() -> None:
    conversation = talk(
        (">", b"CONNECT www.example.jp:443 HTTP/1.1\r\n\r\n"),
        ("<", b"HTTP/1.1 200 OK\r\n\r\n"),
        (">", client_hello("inner.example", "h2")),
    )
    (session,) = inspect(conversation)
    assert (session.kind, session.certainty) == ("session", Certainty.OPAQUE)
    assert dict(session.facts)["sni"] == "inner.example"


def test_two_lengths_are_a_hazard() -> None:
    (file,) = inspect(
        talk((">", get(b"/a", b"POST", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n") + chunked(b"abcd")))
    )
    assert [h.kind for h in file.hazards] == ["ambiguous-http"]


def test_real_client_and_server() -> None:
    """What the standard library's client and server say to each other."""
    heard: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard["body"] = body
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[::-1])

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    connection = HTTPConnection("127.0.0.1", server.server_port)
    sent: list[bytes] = []
    received: list[bytes] = []
    connection.connect()
    real = connection.sock
    original_send = real.sendall

    class Tap:
        def __getattr__(self, name: str) -> object:
            return getattr(real, name)

        def sendall(self, data: bytes) -> None:
            sent.append(bytes(data))
            original_send(data)

    connection.sock = Tap()
    connection.request("PUT", "/up.bin", PROGRAM)
    response = connection.getresponse()
    body = response.read()
    head = "".join(f"{k}: {v}\r\n" for k, v in response.getheaders()).encode()
    received.append(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)
    response.close()
    connection.close()
    real.close()
    thread.join(10)
    server.server_close()
    up, down = inspect(talk((">", b"".join(sent)), ("<", b"".join(received))))
    assert (up.sha256, down.sha256) == (sha256(heard["body"]), sha256(PROGRAM[::-1]))


PIECES = [
    b"GET / HTTP/1.1\r\n",
    b"POST /x HTTP/1.0\r\n",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 206 P\r\nContent-Range: bytes 0-3/9\r\n",
    b"HTTP/1.1 101 S\r\n\r\n",
    b"Content-Length: 5\r\n",
    b"Content-Length: 99999999999999\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Content-Type: multipart/form-data; boundary=a\r\n",
    b"--a\r\n",
    b"\r\n",
    b"5\r\nabcde\r\n",
    b"0\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("><"), st.one_of(st.sampled_from(PIECES), st.binary(max_size=30))), max_size=20),
    st.booleans(),
)
def test_any_bytes_in_both_directions_never_raise(turns: list[tuple[str, bytes]], damaged: bool) -> None:
    size = sum(len(b) for s, b in turns if s == "<")
    gaps = [("<", size // 3, size // 2)] if damaged and size > 6 else []
    conversation = talk(*turns, gaps=gaps, mss=9)
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    transfers = list(PLUGIN.inspect(conversation))
    assert len({t.key for t in transfers}) == len(transfers)


@pytest.mark.corpus
def test_corpus_hashes_are_recovered() -> None:
    if not (CORPUS / "captures/files-truth.json").exists():
        pytest.skip(f"the external corpus is not at {CORPUS}")
    held = {
        "zeek__http__206_example_b.pcap",
        "zeek__http__pipelined-requests.pcap",
        "suricata__filestore-dont__input.pcap",
    }
    seen = set()
    for entry in json.loads((CORPUS / "captures/files-truth.json").read_text()):
        if entry["file"] not in held and "bug-2576" not in entry["file"]:
            continue
        seen.add(entry["file"])
        kept: dict[str, bytes] = {}
        for conversation in conversations(entry["file"], keep=lambda t, data, kept=kept: kept.update({t.key: data})):  # type: ignore[misc]
            if PLUGIN.recognise(conversation) > 0.5:
                list(PLUGIN.inspect(conversation))
        for kind, value in entry["hashes"]:
            assert value in {hashlib.new(kind, data).hexdigest() for data in kept.values()}, entry["file"]
    assert len(seen) == len(held) + 8
