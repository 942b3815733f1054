"""X11: what a program does with the clipboard, in either byte order."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inspection.talk import talk
from zoneguard.inspection.protocols.x11 import PLUGIN
from zoneguard.model.flows import Hazard


def program(order: str, *requests: bytes) -> bytes:
    start = b"l\0" if order == "<" else b"B\0"
    return (
        start
        + struct.pack(order + "HHHHxx", 11, 0, 18, 16)
        + b"MIT-MAGIC-COOKIE-1\0\0"
        + bytes(16)
        + b"".join(requests)
    )


def request(order: str, kind: int, body: bytes, large: bool = False) -> bytes:
    size = 1 + len(body) // 4
    if large:
        return struct.pack(order + "BBHI", kind, 0, 0, size + 1) + body
    return struct.pack(order + "BBH", kind, 0, size) + body


def interned(order: str, name: bytes) -> bytes:
    return request(order, 16, struct.pack(order + "Hxx", len(name)) + name.ljust(-(-len(name) // 4) * 4, b"\0"))


def seen(said: bytes) -> tuple[Hazard, ...]:
    conversation = talk((">", said), ("<", b"\1\0\x0b\0\0\0" + bytes(30)))
    assert PLUGIN.recognise(conversation) > 0
    (screen,) = PLUGIN.inspect(conversation)
    return screen.hazards


@pytest.mark.parametrize("order", ["<", ">"])
def test_selections_are_the_clipboard(order: str) -> None:
    drawn = request(order, 72, bytes(20 + 400), large=True) + request(order, 1, bytes(28))
    taken = request(order, 22, bytes(12))
    asked = request(order, 24, bytes(20))
    said = program(order, drawn, interned(order, b"WM_STATE"), interned(order, b"CLIPBOARD"), taken, asked, taken)
    hazards = seen(said)
    assert [(h.kind, h.detail) for h in hazards] == [
        ("clipboard", "a selection was taken (CLIPBOARD)"),
        ("clipboard", "a selection was asked for (CLIPBOARD)"),
    ]
    assert hazards[0].where == f"byte {said.index(taken)} of the program"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_program_that_only_draws_has_no_hazard(order: str) -> None:
    drawn = request(order, 1, bytes(28)) + request(order, 72, b"\x16\0\4\0" * 40)
    assert seen(program(order, interned(order, b"CLIPBOARD"), drawn)) == ()


@given(st.sampled_from("<>"), st.binary(max_size=80))
def test_any_bytes_never_raise(order: str, rest: bytes) -> None:
    seen(program(order, rest))
