"""X11 (X Window System protocol, version 11): one screen session with the volumes.

The side that opens the connection is the program, the other the display, so the screen goes to the responder. What the
display is told, selections (the clipboard) among it, is not read, so nothing is said to be absent.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoneguard.inspection import Conversation, Protocol
from zoneguard.inspection.carving import Track, session_ends
from zoneguard.inspection.protocols._sides import likeness, sides
from zoneguard.inspection.recording import Carriage, Recorder
from zoneguard.model.flows import Certainty, Transfer
from zoneguard.model.text import N_

ORDERS = {0x42: "big", 0x6C: "little"}
SETUP = 12
LONGEST = 64  # bytes of a name or a value of authorisation
ANSWERS = (0, 1, 2)  # failed, succeeded, more to authenticate


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


def _setup(data: bytes) -> str | None:
    """The name of the authorisation, empty where there is none; ``None``: this is no set-up."""
    if len(data) < SETUP or data[0] not in ORDERS or data[1]:
        return None
    little = ORDERS[data[0]] == "little"
    major, minor, name, value = (int.from_bytes(data[i : i + 2], "little" if little else "big") for i in (2, 4, 6, 8))
    if (major, minor) != (11, 0) or max(name, value) > LONGEST or any(data[10:12]):
        return None
    return data[SETUP : SETUP + name].decode("ascii", "backslashreplace")


def inspect(conversation: Conversation) -> Iterable[Transfer]:
    """The session."""
    program, display = sides(conversation, _score)
    facts = [("security", _setup(program.data) or "none")]
    facts += [("sent", str(len(program.data))), ("received", str(len(display.data)))]
    recorder = Recorder(conversation, "x11")
    carriage = Carriage(program.to_responder, session_ends(Track(program), Track(display)))
    reason = N_("a screen and its channels, which are not read")
    size = len(program.data) + len(display.data)
    return [recorder.session("screen", Certainty.OPAQUE, reason, carriage, size=size, facts=facts)]


PLUGIN = Protocol("x11", "X11", recognise, inspect)
