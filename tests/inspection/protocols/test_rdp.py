"""RDP: channels that stand beside the screen, where they can be seen; elsewhere nothing is said to be absent."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inspection.talk import client_hello, conversations, talk
from zoneguard.inspection.protocols.rdp import PLUGIN
from zoneguard.model.flows import Certainty, Transfer


def tpkt(payload: bytes) -> bytes:
    return b"\x03\0" + struct.pack(">H", len(payload) + 4) + payload


def request(requested: int | None = 0, cookie: bytes = b"Cookie: mstshash=yamada\r\n") -> bytes:
    variable = cookie + (b"" if requested is None else struct.pack("<BBHI", 1, 0, 8, requested))
    return tpkt(bytes((6 + len(variable), 0xE0)) + bytes(5) + variable)


def confirm(selected: int | None = 0, kind: int = 2) -> bytes:
    variable = b"" if selected is None else struct.pack("<BBHI", kind, 0, 8, selected)
    return tpkt(bytes((6 + len(variable), 0xD0)) + bytes(5) + variable)


def conference(mark: bytes, key: bytes, *blocks: tuple[int, bytes]) -> bytes:
    data = b"".join(struct.pack("<HH", kind, len(body) + 4) + body for kind, body in blocks)
    return tpkt(
        b"\x02\xf0\x80" + mark + b"\x82\x01\x00" + b"x" * 30 + key + struct.pack(">H", 0x8000 | len(data)) + data
    )


def initial(*channels: bytes) -> bytes:
    core = bytes(20) + "PC-01".encode("utf-16-le").ljust(32, b"\0") + bytes(80)
    network = struct.pack("<I", len(channels)) + b"".join(c.ljust(8, b"\0") + bytes(4) for c in channels)
    return conference(b"\x7f\x65", b"Duca", (0xC001, core), (0xC003, network))


def response(*numbers: int, level: int = 2) -> bytes:
    network = struct.pack("<HH", 1003, len(numbers)) + b"".join(struct.pack("<H", n) for n in numbers)
    return conference(b"\x7f\x66", b"McDn", (0x0C02, struct.pack("<II", 2, level)), (0x0C03, network))


def screen(*turns: tuple[str, bytes]) -> Transfer:
    conversation = talk(*turns)
    assert PLUGIN.recognise(conversation) >= 0.6
    (transfer,) = PLUGIN.inspect(conversation)
    assert transfer.kind == "screen"
    return transfer


def test_channels_of_standard_security() -> None:
    seen = screen(
        (">", request()),
        ("<", confirm()),
        (">", initial(b"rdpdr", b"cliprdr", b"rdpsnd", b"drdynvc", b"own")),
        ("<", response(1004, 1005, 0, 1007, 1008)),
        ("<", bytes(5000)),
    )
    assert [(h.kind, h.detail) for h in seen.hazards] == [
        ("open-channel", "opened as 1004"),
        ("clipboard", "opened as 1005"),
        ("dynamic-channels", "opened as 1007"),
        ("open-channel", "opened as 1008"),
    ]
    facts = dict(seen.facts)
    assert (facts["security"], facts["cookie"], facts["client-name"]) == ("standard", "yamada", "PC-01")
    assert facts["channels"] == "rdpdr,cliprdr,rdpsnd,drdynvc,own"
    assert (seen.certainty, seen.to_responder) == (Certainty.PARTIAL, False)  # what follows is not RDP


def chunk(channel: int, message: bytes, kind: int = 0x64, flags: int = 3, size: int | None = None) -> bytes:
    """A packet that carries ``message``, a piece of one of ``size`` bytes, by a channel."""
    carried = struct.pack("<II", len(message) if size is None else size, flags) + message
    return tpkt(b"\x02\xf0\x80" + struct.pack(">BHHBH", kind, 1, channel, 0x70, 0x8000 | len(carried)) + carried)


def device_list(*kinds: int) -> bytes:
    announced = (struct.pack("<II8sI", kind, n, b"NAME", 3) + b"abc" for n, kind in enumerate(kinds))
    return b"rDAD" + struct.pack("<I", len(kinds)) + b"".join(announced)


DRIVE = device_list(8)


def desk(*turns: tuple[str, bytes], level: int = 0) -> Transfer:
    asked = initial(b"rdpdr", b"rdpsnd", b"drdynvc")
    answered = response(1004, 1005, 1006, level=level)
    return screen((">", request()), ("<", confirm()), (">", asked), ("<", answered), *turns)


PICTURE = ("<", b"\x00\x85\xdc" + bytes(1497))  # a packet of the fast path of 1,500 bytes
GRAPHICS = b"\x10\x07Microsoft::Windows::RDS::Graphics\0"


@pytest.mark.parametrize(
    ("turns", "hazards"),
    [
        ([PICTURE], []),
        ([(">", chunk(1004, device_list())), ("<", chunk(1006, GRAPHICS, 0x68)), PICTURE], []),
        ([(">", chunk(1004, device_list(8, 4, 4)))], [("drive-redirection", "drive, printer")]),
        ([PICTURE, ("<", chunk(1006, b"\x11\x07\x00URBDRC\0", 0x68))], [("dynamic-channels", "URBDRC")]),
        ([("<", chunk(1005, bytes(10), 0x68))], [("sound-redirection", "opened as 1005, 0 bytes sent, 18 received")]),
        ([(">", chunk(1004, DRIVE[:20], flags=1, size=31) + chunk(1004, DRIVE[20:], flags=2))],
         [("drive-redirection", "drive")]),
        ([(">", chunk(1004, device_list(), flags=0x200003))], [("open-channel", "opened as 1004")]),
        ([(">", chunk(1004, device_list(), flags=1))], [("open-channel", "opened as 1004")]),
        ([(">", chunk(1004, device_list()) + b"?")], [("open-channel", "opened as 1004")]),
    ],
)  # fmt: skip
def test_what_is_not_encrypted_tells_what_channels_are_used_for(
    turns: list[tuple[str, bytes]], hazards: list[tuple[str, str]]
) -> None:
    told = [(h.kind, h.detail) for h in desk(*turns).hazards]
    rest = {"opened as 1005", "opened as 1006"} if turns[0][1].endswith(b"?") else set()
    assert [hazard for hazard in told if hazard[1] not in rest] == hazards


def test_of_what_is_encrypted_the_volume_is_known() -> None:
    seen = desk((">", chunk(1004, device_list(8))), level=2)
    assert [(h.kind, h.detail) for h in seen.hazards] == [("open-channel", "opened as 1004")]
    assert dict(seen.facts)["carried"] == "rdpdr 39/0,rdpsnd 0/0,drdynvc 0/0"
    (much,) = desk(*[(">", chunk(1004, bytes(1000)))] * 5, level=2).hazards
    assert (much.kind, much.detail) == ("drive-redirection", "opened as 1004, 5040 bytes sent, 0 received")


@pytest.mark.parametrize(("selected", "name"), [(1, "tls"), (2, "credssp"), (8, "credssp")])
def test_encrypted_channels_are_not_said_to_be_absent(selected: int, name: str) -> None:
    seen = screen((">", request(selected)), ("<", confirm(selected)), (">", client_hello("rdp.example")))
    assert (seen.certainty, seen.hazards) == (Certainty.OPAQUE, ())
    assert (dict(seen.facts)["security"], dict(seen.facts)["sni"]) == (name, "rdp.example")


def test_old_client_without_negotiation() -> None:
    seen = screen((">", request(None)), ("<", confirm(None)), (">", initial(b"cliprdr")), ("<", response(1004)))
    assert [h.kind for h in seen.hazards] == ["clipboard"]


def test_declined_connection() -> None:
    seen = screen((">", request(0)), ("<", confirm(5, kind=3)))
    assert (seen.certainty, seen.hazards) == (Certainty.INSPECTED, ())


def test_missing_answer_leaves_what_was_asked_for() -> None:
    seen = screen((">", request(None) + initial(b"rdpdr")))
    assert [(h.kind, h.detail) for h in seen.hazards] == [("open-channel", "asked for")]
    assert screen((">", request()), ("<", confirm())).certainty is Certainty.PARTIAL


def test_other_protocols_over_iso_transport_are_not_recognised() -> None:
    s7 = tpkt(bytes((17, 0xE0)) + bytes(5) + b"\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02")
    assert PLUGIN.recognise(talk((">", s7), ("<", confirm(None)))) == 0
    assert PLUGIN.recognise(talk((">", b"GET / HTTP/1.1\r\n\r\n"))) == 0


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_change_or_cut_never_raises(data: st.DataObject) -> None:
    sides = []
    asking = request() + initial(b"rdpdr", b"drdynvc") + chunk(1004, device_list(8, 1))
    for said in (asking, confirm() + response(1004, 1005, level=0) + chunk(1005, GRAPHICS, 0x68) + PICTURE[1][:50]):
        raw = bytearray(said)
        for _ in range(data.draw(st.integers(0, 6))):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
        sides.append(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    conversation = talk((">", sides[0]), ("<", sides[1]))
    assert 0 <= PLUGIN.recognise(conversation) <= 1
    assert next(iter(PLUGIN.inspect(conversation))).kind == "screen"


@pytest.mark.corpus
def test_corpus_channels() -> None:
    (first, *_) = [c for c in conversations("suricata__rdp-protocol__RDP-003.pcap") if PLUGIN.recognise(c) > 0.9]
    (seen,) = PLUGIN.inspect(first)
    assert (dict(seen.facts)["channels"], dict(seen.facts)["cookie"]) == ("rdpdr,cliprdr,rdpsnd", "A70067")
    assert [h.kind for h in seen.hazards] == ["drive-redirection", "clipboard", "open-channel"]
    assert dict(seen.facts)["carried"] == "rdpdr 9082/128,cliprdr 728/64,rdpsnd 0/0"
    for conversation in conversations("zeek__rdp__rdp-to-ssl.pcap"):
        (hidden,) = PLUGIN.inspect(conversation)
        assert (hidden.certainty, hidden.hazards) == (Certainty.OPAQUE, ())
