"""X11 (X Window System protocol, version 11): one screen session with the volumes, and the selections of the program.

The side that opens the connection is the program, the other the display, so the screen goes to the responder. Taking
and asking for selections is how the clipboard works; the program's requests are read for it as far as their sizes fit.
What the display is told by others is not read, so nothing is said to be absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.inspection import Conversation, Protocol, Signs
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Hazard, Transfer
from zoneguard.model.text import N_

ORDERS = {0x42: "big", 0x6C: "little"}
SETUP = 12
LONGEST = 64  # bytes of a name or a value of authorisation
ANSWERS = (0, 1, 2)  # failed, succeeded, more to authenticate
_SELECTIONS = {22: "a selection was taken", 24: "a selection was asked for"}
_INTERNED = 16
MAX_HAZARDS = 20


def recognise(conversation: Conversation) -> float:
    """By the set-up of the connection: byte order, version 11.0, authorisation."""
    return likeness(conversation, _score)


def _score(client: bytes, server: bytes) -> float:
    if _setup(client) is None:
        return 0.0
    if not server:
        return 0.6
    numbers = [int.from_bytes(server[2:4], "big"), int.from_bytes(server[2:4], "little")]
    return 0.95 if server[0] in ANSWERS and 11 in numbers else 0.0


def _number(data: bytes, at: int, size: int = 2) -> int:
    """In the byte order with which ``data`` begins."""
    return int.from_bytes(data[at : at + size], "little" if ORDERS[data[0]] == "little" else "big")


def _setup(data: bytes) -> str | None:
    """The name of the authorisation, empty where there is none; ``None``: this is no set-up."""
    if len(data) < SETUP or data[0] not in ORDERS or data[1]:
        return None
    major, minor, name, value = (_number(data, i) for i in (2, 4, 6, 8))
    if (major, minor) != (11, 0) or max(name, value) > LONGEST or any(data[10:12]):
        return None
    return data[SETUP : SETUP + name].decode("ascii", "backslashreplace")


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session."""
    program, display = sides(conversation, _score)
    security = _setup(program.data)
    facts = [("security", security or "none")]
    facts += [("sent", str(len(program.data))), ("received", str(len(display.data)))]
    hazards = list(_hazards(program.data)) if security is not None else []
    recorder = Recorder(conversation, "x11")
    carriage = Carriage(program.to_responder, session_ends(Track(program), Track(display)))
    reason = N_("a screen and its channels, which are not read")
    size = len(program.data) + len(display.data)
    return [recorder.session("screen", Certainty.OPAQUE, reason, carriage, size=size, hazards=hazards, facts=facts)]


def _hazards(data: bytes) -> Iterator[Hazard]:
    """Selections, each way of using them once, with the place of the first."""
    told: set[int] = set()
    names: list[str] = []
    for at, kind, size in _requests(data):
        if kind == _INTERNED and len(names) < MAX_HAZARDS:
            name = data[at + 8 : at + 8 + _number(data, at + 4)].decode("latin-1")
            names += [name] if name in ("CLIPBOARD", "XdndSelection") else []
        elif kind in _SELECTIONS and kind not in told and size >= 16:
            told.add(kind)
            known = f" ({', '.join(dict.fromkeys(names))})" if names else ""
            yield Hazard("clipboard", f"byte {at} of the program", _SELECTIONS[kind] + known)


def _requests(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Offset, kind and size of each request (chapter 1), up to the first whose size is none."""
    at = SETUP + -(-_number(data, 6) // 4) * 4 + -(-_number(data, 8) // 4) * 4
    while at + 4 <= len(data):
        size = 4 * _number(data, at + 2)
        if not size:  # an extension for long requests
            size = 4 * _number(data, at + 4, 4)
        if size < 4:
            return
        yield at, data[at], size
        at += size


SIGNS = Signs(tuple(bytes((order, 0)) for order in ORDERS))
PLUGIN = Protocol("x11", "X11", recognise, inspect, signs=SIGNS)
