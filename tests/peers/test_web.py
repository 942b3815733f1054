"""nginx and curl: downloads and uploads, coded, in parts, by HTTP/2, and behind TLS."""

from __future__ import annotations

import socket

import pytest

from tests.peers.documents import MACRO_DOCUMENT, digest, locked_zip, noise, prose
from tests.peers.estate import IN, IN_HOST, LG, LG_HOST, Estate, Judged, missing
from tests.peers.servers import nginx
from zoneguard.model.policy import Verdict

REASON = missing("nginx", "curl", "nghttp", "openssl", "zip")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

CURL = ("curl", "-sS", "--fail", "--max-time", "20")


def test_downloads(peers: Estate) -> None:
    files = {"large.txt": prose(60_000).encode(), "a.txt": prose(4000).encode(), "hojokin.docm": MACRO_DOCUMENT}
    unreadable = {"noise.bin": noise(1_000_000), "locked.zip": locked_zip(peers.home)}
    nginx(peers, IN, {**files, **unreadable, "text/coded.txt": files["a.txt"]})
    base = f"http://{IN_HOST}"
    with peers.captured(LG):
        peers.run(LG, *CURL, "--remote-name-all", *(f"{base}/{name}" for name in (*files, *unreadable)))
        peers.run(LG, *CURL, "--compressed", "-O", f"{base}/text/coded.txt")
    judged = peers.judged()
    for name, data in {**files, **unreadable, "coded.txt": files["a.txt"]}.items():
        (found,) = judged.of(protocol="http", kind="file", name=name, parent="")
        assert (peers.home / name).read_bytes() == data
        assert found["sha256"] == digest(data), found
        assert found["certainty"] == ("opaque" if name in unreadable else "inspected"), found
        assert found["receiver"].startswith(LG_HOST)
    assert judged.of(protocol="http", name="hojokin.docm")[0]["hazards"] == ["vba-macro"]
    assert files_in(judged) == {"hojokin.docm": Verdict.VIOLATES, "locked.zip": Verdict.VIOLATES}
    assert judged.clause("25(3)").verdict is Verdict.VIOLATES


def test_downloads_by_http2(peers: Estate) -> None:
    text, large = prose(4000).encode(), prose(30_000).encode()
    nginx(peers, IN, {"hojokin.docm": MACRO_DOCUMENT, "text/coded.txt": text, "large.txt": large})
    base = f"http://{IN_HOST}:81"
    with peers.captured(LG):
        together = (f"{base}/hojokin.docm", f"{base}/large.txt", f"{base}/text/coded.txt")
        peers.run(LG, "nghttp", "-n", "-H", "accept-encoding: gzip", *together)
        peers.run(LG, *CURL, "--http2-prior-knowledge", "-O", f"{base}/large.txt")
    judged = peers.judged()
    sent = {"hojokin.docm": MACRO_DOCUMENT, "coded.txt": text, "large.txt": large}
    found = [(t["name"], t["sha256"]) for t in judged.of(protocol="http2", kind="file", parent="")]
    assert sorted(found) == sorted((name, digest(sent[name])) for name in (*sent, "large.txt"))
    assert files_in(judged) == {"hojokin.docm": Verdict.VIOLATES}


@pytest.mark.skipif(bool(missing("nghttpx")), reason=missing("nghttpx") or "")
def test_downloads_by_http2_that_http1_asked_for(peers: Estate) -> None:
    large = prose(30_000).encode()
    nginx(peers, IN, {"hojokin.docm": MACRO_DOCUMENT, "large.txt": large})
    front = ("--frontend=*,8080;no-tls", "--backend=127.0.0.1,80", "--workers=1", "--accesslog-file=/dev/null")
    peers.start(IN, "nghttpx", *front, ready=peers.listens(IN, 8080))
    base = f"http://{IN_HOST}:8080"
    with peers.captured(LG):
        peers.run(LG, *CURL, "--http2", "--remote-name-all", f"{base}/hojokin.docm", f"{base}/large.txt")
    judged = peers.judged()
    found = {t["name"]: t["sha256"] for t in judged.of(protocol="http2", kind="file", parent="")}
    assert found == {"hojokin.docm": digest(MACRO_DOCUMENT), "large.txt": digest(large)}
    assert {t["certainty"] for t in judged.transfers} == {"inspected"}
    assert files_in(judged) == {"hojokin.docm": Verdict.VIOLATES}


def test_uploads(peers: Estate) -> None:
    nginx(peers, LG, {"put/before": b""})
    (peers.home / "hojokin.docm").write_bytes(MACRO_DOCUMENT)
    (peers.home / "添付 1.txt").write_text(prose(9000))
    base = f"http://{LG_HOST}"
    with peers.captured(LG):
        peers.run(IN, *CURL, "-T", "hojokin.docm", f"{base}/put/by-put.docm")
        peers.run(IN, *CURL, "-H", "Transfer-Encoding: chunked", "-T", "添付 1.txt", f"{base}/put/chunked.txt")
        form = ("-F", "dept=zeimu", "-F", "a=@hojokin.docm", "-F", "b=@添付 1.txt;type=text/plain")
        assert "taken" in peers.run(IN, *CURL, *form, f"{base}/form/")
    judged = peers.judged()
    text = (peers.home / "添付 1.txt").read_bytes()
    assert (peers.home / "www/put/chunked.txt").read_bytes() == text
    sent = {"by-put.docm": MACRO_DOCUMENT, "hojokin.docm": MACRO_DOCUMENT, "chunked.txt": text, "添付 1.txt": text}
    for name, data in sent.items():
        (found,) = judged.of(name=name)
        assert (found["sha256"], found["receiver"]) == (digest(data), f"{LG_HOST}:80"), found
    assert files_in(judged) == {"by-put.docm": Verdict.VIOLATES, "hojokin.docm": Verdict.VIOLATES}


def test_ranges_of_several_connections_are_one_file(peers: Estate) -> None:
    text = prose(9000).encode()
    nginx(peers, IN, {"large.txt": text})
    ranges = ("0-99999", f"200000-{len(text)}", "100000-199999")
    with peers.captured(LG):
        for part in ranges:
            peers.run(LG, *CURL, "-r", part, "-o", part, f"http://{IN_HOST}/large.txt")
    judged = peers.judged()
    (joined,) = judged.of(protocol="http-ranges")
    assert joined["sha256"] == digest(text)
    pieces = judged.of(protocol="http", name="large.txt")
    assert [(t["sha256"], t["certainty"]) for t in pieces] == [("", "inspected")] * 3
    assert judged.clause("25(3)").verdict is not Verdict.UNDETERMINED
    assert Verdict.UNDETERMINED not in judged.verdicts("ZG203")


def test_ranges_of_which_one_is_missing_leave_the_clause_open(peers: Estate) -> None:
    text = prose(9000).encode()
    nginx(peers, IN, {"large.txt": text})
    with peers.captured(LG):
        for part in ("0-99999", f"200000-{len(text)}"):
            peers.run(LG, *CURL, "-r", part, "-o", part, f"http://{IN_HOST}/large.txt")
    judged = peers.judged()
    assert not judged.of(protocol="http-ranges")
    assert judged.clause("25(3)").verdict is Verdict.UNDETERMINED


def test_nothing_is_asserted_of_what_was_broken_off_or_encrypted(peers: Estate) -> None:
    nginx(peers, IN, {"large.bin": noise(4_000_000), "hojokin.docm": MACRO_DOCUMENT})
    named = ("--resolve", f"peer.example:443:{IN_HOST}", "--cacert", peers.home / "peer.crt")
    with peers.captured(LG):
        with peers.within(LG), socket.socket() as hasty:
            hasty.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)  # the server has to wait for this reader
            hasty.connect((IN_HOST, 80))
            hasty.sendall(b"GET /large.bin HTTP/1.1\r\nHost: peer.example\r\n\r\n")
            hasty.recv(1 << 16)
        peers.run(LG, *CURL, *named, "-O", "https://peer.example/hojokin.docm")
    judged = peers.judged()
    assert (peers.home / "hojokin.docm").read_bytes() == MACRO_DOCUMENT
    (part,) = judged.of(protocol="http", name="large.bin")
    assert (part["sha256"], part["certainty"]) == ("", "partial")
    (session,) = judged.of(protocol="tls")
    assert (session["sha256"], session["certainty"]) == ("", "opaque")
    assert "peer.example" in session["reason"] or session["name"] == "peer.example"
    assert not judged.of(sha256=digest(MACRO_DOCUMENT))
    assert judged.clause("25(3)").verdict is Verdict.UNDETERMINED


def files_in(judged: Judged) -> dict[str, Verdict]:
    """What is said of files that came into the LGWAN zone, by their names."""
    return {finding.transfer.name: finding.verdict for finding in judged.found("ZG203") if finding.transfer}
