"""Any bytes as a conversation, as a mail and as a file: never raises, ends, asserts nothing over a gap.

Run with ``python fuzz/fuzz_inspection.py CORPUS_FOLDER`` where the package ``atheris`` is installed.
"""

from __future__ import annotations

import sys
from importlib import import_module

from zoneguard.inspection import Content, Conversation, Limits, Protocol
from zoneguard.inspection.examining import examine
from zoneguard.inspection.mime import decode, read_message
from zoneguard.model.flows import Flow, FlowState, Segment, Stream
from zoneguard.model.spans import CaptureSpan
from zoneguard.plugins import of_type

_NAMES = ("", "a.docx", "a.zip", "a.pdf", "a.eml", "a.html", "winmail.dat", "a.txt.exe", "a.csv", "a.xml", "a.txt")
_TURN = b"\xf0\x9f\x94\x84"  # between what one side and the other says
_LIMITS = Limits(depth=4, members=200, expanded=4 << 20, seconds=5)
_SPAN = CaptureSpan("fuzz", 1, 0.0)
_FLOW = Flow(
    src=1, dst=2, proto=6, sport=1, dport=2, state=FlowState.MIDSTREAM, opened_by="port", packets=(1, 1), bytes=(1, 1),
    payload=(1, 1), first=_SPAN, last=_SPAN, macs=((), ()),
)  # fmt: skip


def one_input(data: bytes) -> None:
    """Look at ``data`` in all three ways."""
    conversation = _conversation(data[1:], gap=bool(data[:1] > b"\x80"))
    for protocol in of_type("zoneguard.inspection.protocols", Protocol):
        assert 0 <= protocol.recognise(conversation) <= 1, protocol.name
        transfers = list(protocol.inspect(conversation))
        assert len({t.key for t in transfers}) == len(transfers), "two transfers have one key"
    message = read_message(data)
    for part in message.parts:
        decode(data[part.start : part.end], part.encoding)
    content = Content(data[1:], _NAMES[data[0] % len(_NAMES)] if data else "")
    assert "the reader" not in str(examine(content, _LIMITS).reason), "a content family raised"


def _conversation(data: bytes, *, gap: bool) -> Conversation:
    """Both directions in turns; with ``gap``, the middle third of each is one."""
    said = data.split(_TURN)
    return Conversation(_FLOW, _stream(said[::2], True, gap), _stream(said[1::2], False, gap))


def _stream(pieces: list[bytes], to_responder: bool, gap: bool) -> Stream:
    data = bytearray()
    segments = []
    for number, piece in enumerate(pieces):
        segments.append(Segment(len(data), len(data) + len(piece), CaptureSpan("fuzz", 2 * number, float(number))))
        data += piece
    third = len(data) // 3
    gaps = ((third, 2 * third),) if gap and third else ()
    for start, end in gaps:
        data[start:end] = bytes(end - start)
    return Stream(_FLOW, to_responder, bytes(data), tuple(segments), gaps, complete=not gaps)


if __name__ == "__main__":
    atheris = import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
