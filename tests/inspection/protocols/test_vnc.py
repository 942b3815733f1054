"""VNC: the clipboard of both sides between pictures of every encoding that is skipped (RFC 6143), and its extension."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import conversations, talk
from zoneguard.inspection.protocols.vnc import PLUGIN
from zoneguard.model.flows import Transfer

TRUE_COLOUR = struct.pack(">BBBBHHHBBB3x", 32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
EIGHT_BITS = struct.pack(">BBBBHHHBBB3x", 8, 8, 0, 1, 7, 7, 3, 0, 3, 6)
PROVIDE, NOTIFY, CAPABILITIES = 1 << 28, 1 << 27, 1 << 24


def rectangle(encoding: int, data: bytes, width: int = 4, height: int = 4) -> bytes:
    return struct.pack(">HHHHi", 0, 0, width, height, encoding) + data


def update(*rectangles: bytes) -> bytes:
    return struct.pack(">BxH", 0, len(rectangles)) + b"".join(rectangles)


def compact(size: int) -> bytes:
    return bytes((size,)) if size < 128 else bytes((size & 0x7F | 0x80, size >> 7))


def cut_text(kind: int, text: bytes) -> bytes:
    return struct.pack(">B3xI", kind, len(text)) + text


def extended(kind: int, flags: int, data: bytes = b"") -> bytes:
    return struct.pack(">B3xiI", kind, -(4 + len(data)), flags) + data


def session(client: bytes, server: bytes, version: bytes = b"RFB 003.008\n", security: int = 1) -> Transfer:
    """Both sides behind the handshake of the version."""
    start = struct.pack(">HH", 800, 600) + TRUE_COLOUR + struct.pack(">I", 4) + b"desk"
    challenge, answer = (bytes(range(16)), bytes(16)) if security == 2 else (b"", b"")
    if version < b"RFB 003.007":
        offered, chosen = struct.pack(">I", security), b""
        verdict = bytes(4) if security == 2 else b""
    else:
        offered, chosen = b"\x02\x01\x02", bytes((security,))
        verdict = bytes(4) if security == 2 or version >= b"RFB 003.008" else b""
    turns = [("<", version), (">", version), ("<", offered), (">", chosen), ("<", challenge), (">", answer)]
    turns += [("<", verdict), (">", b"\x01"), ("<", start), (">", client), ("<", server)]
    (transfer,) = PLUGIN.inspect(talk(*((side, said) for side, said in turns if said)))
    return transfer


def found(transfer: Transfer) -> list[tuple[str, str]]:
    return [(h.kind, h.detail) for h in transfer.hazards]


PICTURES = {
    "raw": rectangle(0, bytes(64)),
    "copy": rectangle(1, bytes(4)),
    "rre": rectangle(2, struct.pack(">I", 2) + bytes(4 + 2 * 12)),
    "corre": rectangle(4, struct.pack(">I", 2) + bytes(4 + 2 * 8)),
    "hextile-raw": rectangle(5, (b"\x01" + bytes(4 * 16 * 16)) * 2, width=32, height=16),
    "hextile-parts": rectangle(5, b"\x1e" + bytes(8) + b"\x02" + bytes(12)),
    "zlib": rectangle(6, struct.pack(">I", 5) + bytes(5)),
    "zrle": rectangle(16, struct.pack(">I", 5) + bytes(5)),
    "tight-fill": rectangle(7, b"\x80" + bytes(3)),
    "tight-jpeg": rectangle(7, b"\x90" + compact(300) + bytes(300)),
    "tight-short": rectangle(7, b"\x00" + bytes(9), width=3, height=1),
    "tight-packed": rectangle(7, b"\x00" + compact(20) + bytes(20)),
    "tight-two-colours": rectangle(7, b"\x40\x01\x01" + bytes(6) + bytes(4)),
    "tight-palette": rectangle(7, b"\x40\x01\x03" + bytes(12) + compact(9) + bytes(9)),
    "tight-gradient": rectangle(7, b"\x40\x02" + compact(9) + bytes(9)),
    "pointer": rectangle(-239, bytes(4 * 16 + 4)),
    "pointer-alpha": rectangle(-314, bytes(4 + 64)),
    "pointer-vmware": rectangle(0x574D5664, b"\1\0" + bytes(64)),
    "pointer-vmware-masks": rectangle(0x574D5664, b"\0\0" + bytes(128)),
    "name": rectangle(-307, struct.pack(">I", 3) + b"new"),
    "lights": rectangle(-261, b"\7"),
    "lights-vmware": rectangle(0x574D5668, bytes(4)),
    "keys": rectangle(-258, b""),
    "size": rectangle(-223, b""),
    "screens": rectangle(-308, b"\x02\0\0\0" + bytes(32)),
}


@pytest.mark.parametrize("picture", PICTURES)
def test_the_clipboard_of_the_server_is_found_behind_pictures(picture: str) -> None:
    server = update(PICTURES[picture], PICTURES["raw"]) + b"\x02" + cut_text(3, b"hello") + update(PICTURES["copy"])
    screen = session(b"", server)
    assert found(screen) == [("clipboard", "5 bytes")]
    assert screen.hazards[0].where == f"byte {12 + 3 + 4 + 28 + server.index(b'hello') - 8} of the server"
    assert dict(screen.facts)["server-side"] == "read"


@pytest.mark.parametrize("version", [b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"])
@pytest.mark.parametrize("security", [1, 2])
def test_both_sides_of_every_version(version: bytes, security: int) -> None:
    screen = session(cut_text(6, b"up"), update(PICTURES["raw"]) + cut_text(3, b"down"), version, security)
    assert found(screen) == [("clipboard", "2 bytes"), ("clipboard", "4 bytes")]


def test_nothing_but_pictures_is_no_hazard() -> None:
    moved = b"\x05\0" + bytes(4) + b"\x04\x01" + bytes(6) + b"\x03" + bytes(9)
    screen = session(moved, update(*PICTURES.values()) + b"\x02" + struct.pack(">BxHH", 1, 0, 1) + bytes(6))
    assert (screen.hazards, dict(screen.facts)["server-side"]) == ((), "read")


def test_the_format_of_the_pixels_may_change() -> None:
    small = rectangle(0, bytes(16))
    client = b"\0\0\0\0" + EIGHT_BITS + b"\x03" + bytes(9) + b"\0\0\0\0" + TRUE_COLOUR
    screen = session(client, update(small) + update(PICTURES["raw"]) + cut_text(3, b"hello"))
    assert found(screen) == [("clipboard", "5 bytes")]


def test_extended_clipboard() -> None:
    sent = zlib.compress(struct.pack(">I", 6) + "秘密\0".encode()[:6])
    client = extended(6, CAPABILITIES | 1, bytes(4)) + extended(6, NOTIFY | 1) + extended(6, PROVIDE | 5, sent)
    server = extended(3, CAPABILITIES | NOTIFY | PROVIDE | 1, bytes(4)) + extended(3, PROVIDE | 16, b"x" * 9)
    assert found(session(client, server)) == [
        ("clipboard", "text, announced, 4 bytes"),
        ("clipboard", f"text, html, sent, {4 + len(sent)} bytes"),
        ("clipboard", "files, sent, 13 bytes"),
    ]
    assert found(session(extended(6, CAPABILITIES | 1, bytes(4)), b"")) == []


def test_files_of_both_sides() -> None:
    file = b"\x07\x01\0\0" + bytes(4) + struct.pack(">I", 3) + b"abc"
    assert [k for k, _ in found(session(file, update(PICTURES["raw"]) + file))] == ["file-transfer", "file-transfer"]
    assert [k for k, _ in found(session(b"\x84" + bytes(30), b""))] == ["file-transfer"]  # TightVNC's upload


def test_behind_a_picture_that_is_not_known_nothing_is_said_to_be_absent() -> None:
    screen = session(b"", update(rectangle(50, bytes(9))) + cut_text(3, b"hello"))
    assert (screen.hazards, dict(screen.facts)["server-side"]) == ((), "not read to its end")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.lists(st.sampled_from([*PICTURES.values(), b"\x03\0\0\0\xff", b"\x02"]), max_size=4))
def test_any_bytes_never_raise(rest: bytes, parts: list[bytes]) -> None:
    session(rest, update(*parts) + rest)
    session(rest, b"".join(parts) + rest)


@pytest.mark.corpus
def test_a_real_session_is_read_to_its_end() -> None:
    (conversation,) = conversations("suricata__rfb-protocol-3.8__04-vnc-openwall-3.8.pcap")
    (screen,) = PLUGIN.inspect(conversation)
    assert (screen.hazards, dict(screen.facts)["server-side"]) == ((), "read")
