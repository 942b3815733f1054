"""xrdp and FreeRDP on a display without a screen: a desktop with and without redirections, in clear and encrypted."""

from __future__ import annotations

import pytest

from tests.peers.documents import certificate
from tests.peers.estate import IN, IN_SCREEN, LG, Estate, Judged, missing
from zoneguard.model.policy import Verdict

REASON = missing("xrdp", "xfreerdp", "Xvfb", "Xtigervnc", "openssl")
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
exec xrdp --nodaemon --config xrdp.ini
"""
"""A desk behind xrdp: a display without a screen, and what serves the channels beside it."""


DRAWN = "WMLS_CLEANUP -> WMLS_INACTIVE"
"""What xrdp logs once the desk is shown."""
OFFERED = b"rDAD"
"""How a client's list of devices begins."""


def watch(peers: Estate, *options: str, layer: str = "rdp", level: str = "none", beside: bool = True) -> Judged:
    """A session at a desk with these options of the client, until it has offered its devices or, where that cannot be
    seen or no channel is served ``beside`` the screen, until the desk is shown; what zoneguard says of it."""
    certificate(peers.home)
    written = {"screen": IN_SCREEN, "home": peers.home, "layer": layer, "level": level, "beside": str(beside).lower()}
    (peers.home / "xrdp.ini").write_text(CONFIG.format(**written))
    desk = peers.start(IN, "sh", "-c", DESK, ready=peers.listens(IN, 3389, IN_SCREEN), HOME=str(peers.home))
    display = ("Xvfb", ":99", "-nolisten", "unix", "-nolock", "-noreset", "-screen", "0", "1024x768x24")
    peers.start(LG, *display, ready=peers.shows(LG, "unix", "@/tmp/.X11-unix/X99"))
    log, capture = peers.home / "xrdp.log", peers.home / f"{LG}.pcap"
    client = ("xfreerdp", f"/v:{IN_SCREEN}", "/u:shokuin", "/p:x", "/cert:ignore", *options)
    readable = beside and level == "none"
    with peers.captured(LG):
        happened = (lambda: OFFERED in capture.read_bytes()) if readable else (lambda: DRAWN in log.read_text())
        peers.start(LG, *client, ready=happened, DISPLAY=":99", HOME=str(peers.home))
        peers.end(desk)
        connected = peers.shows(LG, "tcp", ":0D3D ")
        peers.wait(lambda: not connected())
    return peers.judged()


def test_a_clipboard_and_a_device_beside_the_screen(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "+clipboard", "/smartcard:ic")
    (screen,) = judged.transfers
    assert (screen["protocol"], screen["kind"], screen["sender"]) == ("rdp", "screen", f"{IN_SCREEN}:3389")
    assert {"clipboard", "drive-redirection"} <= set(screen["hazards"])
    (finding,) = judged.found("ZG202")
    assert finding.verdict is Verdict.VIOLATES
    assert judged.clause("25(2)").verdict is Verdict.VIOLATES


def test_a_clipboard_that_is_off_and_devices_that_are_not_offered_are_not_found(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "-clipboard")
    (screen,) = judged.transfers
    assert not {"clipboard", "drive-redirection"} & set(screen["hazards"])


def test_channels_that_are_open_and_not_served_are_no_violation(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "-clipboard", beside=False)
    (screen,) = judged.transfers
    assert set(screen["hazards"]) <= {"open-channel", "dynamic-channels"}  # none, where the end of the session is seen
    assert Verdict.VIOLATES not in judged.verdicts("ZG202")


def test_behind_tls_nothing_is_found_and_nothing_excluded(peers: Estate) -> None:
    judged = watch(peers, "/sec:tls", "+clipboard", layer="tls", level="high")
    (screen,) = judged.transfers
    assert (screen["protocol"], screen["certainty"], screen["hazards"]) == ("rdp", "opaque", [])
    assert not judged.found("ZG202")
    assert judged.clause("25(2)").verdict is Verdict.UNDETERMINED


def test_channels_have_names_under_encryption_of_the_protocol_itself(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "+clipboard", level="fips")
    (screen,) = judged.transfers
    assert screen["certainty"] == "opaque"
    assert "clipboard" in screen["hazards"]
    assert judged.verdicts("ZG202") == {Verdict.VIOLATES}
