"""xrdp and FreeRDP on a display without a screen: a desktop with and without redirections, in clear and encrypted."""

from __future__ import annotations

import pytest

from tests.peers.documents import certificate
from tests.peers.estate import IN, IN_SCREEN, LG, Estate, Judged, missing
from zoneguard.model.policy import Verdict

REASON = missing("xrdp", "xfreerdp", "Xvfb", "openssl")
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
rdpdr=true
rdpsnd=true
drdynvc=true
cliprdr=true
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
ip=127.0.0.1
port=-1
code=20
"""


OPEN = "Enabling channel"
"""What xrdp logs once its login screen is there and channels are open."""


def watch(peers: Estate, *options: str, layer: str = "rdp", level: str = "none") -> Judged:
    """A session up to its login screen, with these options of the client; what zoneguard says of it."""
    certificate(peers.home)
    written = CONFIG.format(screen=IN_SCREEN, home=peers.home, layer=layer, level=level)
    (peers.home / "xrdp.ini").write_text(written)
    server = ("xrdp", "--nodaemon", "--config", peers.home / "xrdp.ini")
    peers.start(IN, *server, ready=peers.listens(IN, 3389, IN_SCREEN))
    display = ("Xvfb", ":99", "-nolisten", "unix", "-nolock", "-screen", "0", "1024x768x24")
    peers.start(LG, *display, ready=peers.shows(LG, "unix", "@/tmp/.X11-unix/X99"))
    log = peers.home / "xrdp.log"
    client = ("xfreerdp", f"/v:{IN_SCREEN}", "/u:shokuin", "/cert:ignore", *options)
    with peers.captured(LG):
        peers.run_until(LG, lambda: OPEN in log.read_text(), *client, DISPLAY=":99", HOME=str(peers.home))
    return peers.judged()


def test_a_clipboard_and_a_drive_beside_the_screen(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "+clipboard", f"/drive:home,{peers.home}")
    (screen,) = judged.transfers
    assert (screen["protocol"], screen["kind"], screen["sender"]) == ("rdp", "screen", f"{IN_SCREEN}:3389")
    assert {"clipboard", "drive-redirection"} <= set(screen["hazards"])
    (finding,) = judged.found("ZG202")
    assert finding.verdict is Verdict.VIOLATES
    assert judged.clause("25(2)").verdict is Verdict.VIOLATES


def test_a_clipboard_that_is_off_is_not_found(peers: Estate) -> None:
    judged = watch(peers, "/sec:rdp", "-clipboard")
    (screen,) = judged.transfers
    assert "clipboard" not in screen["hazards"]


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
