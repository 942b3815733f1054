"""TigerVNC and X11: screens in clear, and a clipboard that goes along with them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.peers.estate import IN, IN_SCREEN, LG, Estate, missing
from zoneguard.model.policy import Verdict

VNC = missing("Xtigervnc", "xtigervncviewer", "Xvfb", "xclip")
X11 = missing("Xvfb", "xclip", "xdpyinfo")
OFFERED = bytes.fromhex("000000fffffff81f000001")
"""The end of the message in which the viewer says of its clipboard what it could do, which is all."""
ANNOUNCED = bytes.fromhex("03000000fffffffc08000001")
"""The message in which the server says that there is text in its clipboard."""
KEPT = ("-nolisten", "unix", "-nolock", "-noreset")
"""A display that goes on when its last program has gone: in between it would take no connection."""
UNIX = (*KEPT, "-screen", "0", "800x600x24")


def holds(capture: Path, what: bytes) -> bool:
    """Whether this was captured."""
    return what in capture.read_bytes()


def keep(peers: Estate, box: str, display: str) -> None:
    """Let a program in the box hold a text in the clipboard of a display."""
    (peers.home / "kept.txt").write_text("himitsu")
    command = ("xclip", "-i", "-selection", "clipboard", "-quiet", peers.home / "kept.txt")
    asked = ("xclip", "-o", "-selection", "clipboard")
    peers.start(
        box, *command, ready=lambda: "himitsu" in peers.run(IN, *asked, succeeds=False, DISPLAY=":10"), DISPLAY=display
    )


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.skipif(bool(VNC), reason=VNC)
def test_vnc(peers: Estate, shared: bool) -> None:
    server = ("Xtigervnc", ":10", "-rfbport", "5900", "-SecurityTypes", "None", *KEPT)
    peers.start(IN, *server, "-geometry", "640x480", ready=peers.listens(IN, 5900))
    peers.start(LG, "Xvfb", ":99", *UNIX, ready=peers.shows(LG, "unix", "@/tmp/.X11-unix/X99"))
    capture = peers.home / f"{LG}.pcap"
    with peers.captured(LG):
        viewer = ("xtigervncviewer", "-SecurityTypes=None", f"{IN_SCREEN}::5900")
        agreed = partial(holds, capture, OFFERED)
        peers.start(LG, *viewer, ready=agreed, DISPLAY=":99", HOME=str(peers.home))
        if shared:
            keep(peers, IN, ":10")
            peers.wait(partial(holds, capture, ANNOUNCED))
    judged = peers.judged()
    (screen,) = judged.transfers
    assert (screen["protocol"], screen["kind"], screen["sender"]) == ("vnc", "screen", f"{IN_SCREEN}:5900")
    assert screen["hazards"] == (["clipboard"] if shared else [])
    assert judged.verdicts("ZG202") == ({Verdict.VIOLATES} if shared else set())


@pytest.mark.skipif(bool(X11), reason=X11)
def test_x11(peers: Estate) -> None:
    peers.start(IN, "Xvfb", ":10", "-listen", "tcp", "-ac", *UNIX, ready=peers.listens(IN, 6010))
    with peers.captured(LG):
        peers.run(LG, "xdpyinfo", DISPLAY=f"{IN_SCREEN}:10")
        keep(peers, LG, f"{IN_SCREEN}:10")
    judged = peers.judged()
    assert [(t["protocol"], t["kind"], t["hazards"]) for t in judged.transfers] == [
        ("x11", "screen", []),
        ("x11", "screen", ["clipboard"]),
    ]
