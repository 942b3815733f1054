"""xrdp and FreeRDP on a display without a screen: a desktop with and without redirections, in clear and encrypted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.peers import relay
from tests.peers.documents import MACRO_DOCUMENT, MACRO_WORKBOOK, certificate, digest
from tests.peers.estate import IN, IN_SCREEN, LG, Estate, Judged, missing
from zoneguard.model.policy import Verdict

REASON = missing("xrdp", "xfreerdp", "Xvfb", "Xtigervnc", "openssl", "xclip")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

CONFIG = """\
[Globals]
ini_version=1
fork=true
port=tcp://{screen}:3389
security_layer={layer}
crypt_level={level}
certificate={home}/peer.crt
key_file={home}/peer.key
ssl_protocols=TLSv1.2, TLSv1.3
allow_channels=true
[Logging]
LogFile={home}/xrdp.log
LogLevel=DEBUG
EnableSyslog=false
[Channels]
rdpdr={beside}
rdpsnd={beside}
drdynvc={beside}
cliprdr={beside}
[Desk]
name=Desk
lib=libvnc.so
username=na
password=na
ip=127.0.0.1
port=5910
chansrvport=DISPLAY(10)
"""
DESK = """\
mkdir -p /run/xrdp/sockdir
Xtigervnc :10 -rfbport 5910 -interface 127.0.0.1 -SecurityTypes None -nolisten unix -nolock -noreset -geometry 800x600 &
until grep -q @/tmp/.X11-unix/X10 /proc/net/unix; do sleep 0.1; done
DISPLAY=:10 xrdp-chansrv &
export DISPLAY=:10 DRIVES="$HOME/thinclient_drives"
(until test -e errand.begins; do sleep 0.1; done; sh -x errand >errand.log 2>&1; touch errand.ended) &
exec xrdp --nodaemon --config xrdp.ini
"""
"""A desk behind xrdp: a display without a screen, what serves the channels beside it, and somebody who works there."""


DRAWN = "WMLS_CLEANUP -> WMLS_INACTIVE"
"""What xrdp logs once the desk is shown."""
OFFERED = b"rDAD"
"""How a client's list of devices begins."""


Work = Callable[[Estate], None]


def watch(
    peers: Estate,
    *options: str,
    layer: str = "rdp",
    level: str = "none",
    beside: bool = True,
    address: str = IN_SCREEN,
    work: Work | None = None,
) -> Judged:
    """A session at a desk with these options of the client, until it has offered its devices or, where that cannot be
    seen or no channel is served ``beside`` the screen, until the desk is shown, and until some ``work`` is done; what
    zoneguard says of it."""
    certificate(peers.home)
    written = {"screen": IN_SCREEN, "home": peers.home, "layer": layer, "level": level, "beside": str(beside).lower()}
    (peers.home / "xrdp.ini").write_text(CONFIG.format(**written))
    desk = peers.start(IN, "sh", "-c", DESK, ready=peers.listens(IN, 3389, IN_SCREEN), HOME=str(peers.home))
    display = ("Xvfb", ":99", "-nolisten", "unix", "-nolock", "-noreset", "-screen", "0", "1024x768x24")
    peers.start(LG, *display, ready=peers.shows(LG, "unix", "@/tmp/.X11-unix/X99"))
    log, capture = peers.home / "xrdp.log", peers.home / f"{LG}.pcap"
    client = ("xfreerdp", f"/v:{address}", "/u:shokuin", "/p:x", "/cert:ignore", *options)
    readable = beside and level == "none"
    with peers.captured(LG):
        happened = (lambda: OFFERED in capture.read_bytes()) if readable else (lambda: DRAWN in log.read_text())
        peers.start(LG, *client, ready=happened, DISPLAY=":99", HOME=str(peers.home))
        if work is not None:
            peers.wait(lambda: DRAWN in log.read_text())
            work(peers)
        peers.end(desk)
        connected = peers.shows(LG, "tcp", ":0D3D ")
        peers.wait(lambda: not connected())
    return peers.judged()


def at_desk(peers: Estate, *commands: str) -> None:
    """Somebody at the desk does this, and has done it."""
    (peers.home / "errand").write_text("\n".join(commands))
    (peers.home / "errand.begins").touch()
    peers.wait((peers.home / "errand.ended").exists)


def offered(peers: Estate, kind: str, content: str) -> None:
    """The client's own clipboard holds this."""
    copied = ("xclip", "-display", ":99", "-selection", "clipboard", "-quiet", "-t", kind, "-i", "copied")
    (peers.home / "copied").write_text(content)
    peers.start(LG, *copied, ready=lambda: True, HOME=str(peers.home))


TRIES = "for n in 1 2 3 4 5 6 7 8 9; do sleep 0.5; {} && break; done"


def test_text_and_a_file_that_are_pasted_at_the_desk_are_carved(peers: Estate) -> None:
    source, text = peers.home / "計画.docm", "回覧 zoneguard"
    source.write_bytes(MACRO_DOCUMENT)

    def work(peers: Estate) -> None:
        offered(peers, "text/uri-list", f"{source.as_uri()}\r\n")
        at_desk(
            peers,
            TRIES.format(
                "timeout 2 xclip -selection clipboard -t x-special/gnome-copied-files -o >list && grep docm list"
            ),
            'cp "$DRIVES/.clipboard/計画.docm" pasted',
            f"printf '{text}' | xclip -selection clipboard -i",
            "sleep 1",
        )
        peers.run(LG, "xclip", "-display", ":99", "-selection", "clipboard", "-o", succeeds=False)

    judged = watch(peers, "/sec:rdp", "+clipboard", work=work)
    if not (peers.home / "pasted").exists():
        pytest.skip("xrdp cannot mount files of the clipboard here")
    assert digest((peers.home / "pasted").read_bytes()) == digest(MACRO_DOCUMENT)
    (document,) = judged.of(protocol="rdp", sha256=digest(MACRO_DOCUMENT))
    assert (document["name"], document["certainty"]) == ("計画.docm", "inspected")
    assert "vba-macro" in document["hazards"]
    assert document["sender"].startswith("10.20.")
    assert {t["sender"] for t in judged.of(protocol="rdp", sha256=digest(text.encode()))} == {f"{IN_SCREEN}:3389"}
    assert any("計画.docm" in str(f.message) for f in judged.found("ZG202"))


def test_files_that_go_over_a_drive_are_carved(peers: Estate) -> None:
    folder = peers.home / "drive"
    folder.mkdir()
    (folder / "in.xlsm").write_bytes(MACRO_WORKBOOK)
    (peers.home / "out.docm").write_bytes(MACRO_DOCUMENT)

    def work(peers: Estate) -> None:
        there = TRIES.format('test -e "$DRIVES/home/in.xlsm"')
        at_desk(peers, there, 'cp out.docm "$DRIVES/home/out.docm"', 'cat "$DRIVES/home/in.xlsm" >taken', "sleep 1")

    arguments = (sys.executable, Path(relay.__file__), "3390", IN_SCREEN, "3389")
    peers.start(LG, *arguments, ready=peers.listens(LG, 3390))
    judged = watch(peers, "/sec:rdp", "-clipboard", f"/drive:home,{folder}", address="127.0.0.1:3390", work=work)
    if not (folder / "out.docm").exists():
        pytest.skip("xrdp cannot mount drives here")
    (imported,) = judged.of(protocol="rdp", sha256=digest(MACRO_DOCUMENT))
    (exported,) = judged.of(protocol="rdp", sha256=digest(MACRO_WORKBOOK))
    assert (imported["name"], imported["sender"]) == ("out.docm", f"{IN_SCREEN}:3389")
    assert (exported["name"], exported["receiver"]) == ("in.xlsm", f"{IN_SCREEN}:3389")
    assert "vba-macro" in imported["hazards"]
    assert any("out.docm" in str(f.message) for f in judged.found("ZG203"))


def test_a_clipboard_and_a_device_beside_the_screen(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "+clipboard", "/smartcard:ic")
    (screen,) = judged.of(kind="screen")
    assert (screen["protocol"], screen["kind"], screen["sender"]) == ("rdp", "screen", f"{IN_SCREEN}:3389")
    assert {"clipboard", "drive-redirection"} <= set(screen["hazards"])
    (finding,) = judged.found("ZG202")
    assert finding.verdict is Verdict.VIOLATES
    assert judged.clause("25(2)").verdict is Verdict.VIOLATES


def test_a_clipboard_that_is_off_and_devices_that_are_not_offered_are_not_found(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "-clipboard")
    (screen,) = judged.of(kind="screen")
    assert not {"clipboard", "drive-redirection"} & set(screen["hazards"])


def test_channels_that_are_open_and_not_served_are_no_violation(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "-clipboard", beside=False)
    (screen,) = judged.of(kind="screen")
    assert set(screen["hazards"]) <= {"open-channel", "dynamic-channels"}  # none, where the end of the session is seen
    assert Verdict.VIOLATES not in judged.verdicts("ZG202")


def test_behind_tls_nothing_is_found_and_nothing_excluded(peers: Estate) -> None:
    judged = watch(peers, "/sec:tls", "+clipboard", layer="tls", level="high")
    (screen,) = judged.of(kind="screen")
    assert (screen["protocol"], screen["certainty"], screen["hazards"]) == ("rdp", "opaque", [])
    assert not judged.found("ZG202")
    assert judged.clause("25(2)").verdict is Verdict.UNDETERMINED


def test_channels_have_names_under_encryption_of_the_protocol_itself(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "+clipboard", level="fips")
    (screen,) = judged.of(kind="screen")
    assert screen["certainty"] == "opaque"
    assert "clipboard" in screen["hazards"]
    assert judged.verdicts("ZG202") == {Verdict.VIOLATES}
