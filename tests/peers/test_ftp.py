"""vsftpd with curl, lftp and ``ftplib``: which file went over which data connection, whichever side opened it."""

from __future__ import annotations

import ftplib
import shutil
from collections import Counter

import pytest

from tests.peers.documents import MACRO_DOCUMENT, MACRO_WORKBOOK, certificate, digest, prose
from tests.peers.estate import IN, IN_HOST, IN_HOST_V6, LG, Estate, Judged, missing
from zoneguard.model.policy import Verdict

REASON = missing("vsftpd", "curl", "lftp", "openssl")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

CONFIG = """\
listen=NO
listen_ipv6=YES
background=NO
seccomp_sandbox=NO
secure_chroot_dir={home}/empty
anonymous_enable=YES
anon_root={home}/files
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
ascii_upload_enable=YES
ascii_download_enable=YES
xferlog_enable=NO
ssl_enable={tls}
allow_anon_ssl=YES
force_anon_data_ssl={tls}
force_anon_logins_ssl={tls}
require_ssl_reuse=NO
rsa_cert_file={home}/peer.crt
rsa_private_key_file={home}/peer.key
"""
CURL = ("curl", "-sS", "--fail", "--max-time", "20")
BASE = f"ftp://{IN_HOST}"


def serve(peers: Estate, files: dict[str, bytes], tls: bool = False, rate: int = 0) -> None:
    """vsftpd in the Internet zone with these files, and a folder ``in`` that takes others; ``rate``: so many bytes a
    second at most."""
    for folder in ("files/in", "empty"):
        (peers.home / folder).mkdir(parents=True)
    shutil.chown(peers.home / "files/in", "ftp")
    for name, data in files.items():
        (peers.home / "files" / name).write_bytes(data)
    if tls:
        certificate(peers.home)
    config = peers.home / "vsftpd.conf"
    config.write_text(CONFIG.format(home=peers.home, tls="YES" if tls else "NO") + f"anon_max_rate={rate}\n")
    peers.start(IN, "vsftpd", config, ready=peers.listens(IN, 21))


def sent(judged: Judged) -> dict[str, str]:
    """The hashes of the files that went over data connections, by name."""
    return {t["name"]: t["sha256"] for t in judged.of(protocol="ftp-data", parent="") if t["name"]}


def test_both_modes_both_ways(peers: Estate) -> None:
    text = prose(9000).encode()
    serve(peers, {"passive.docm": MACRO_DOCUMENT, "active.xlsm": MACRO_WORKBOOK, "six.txt": text})
    (peers.home / "away.txt").write_bytes(text)
    with peers.captured(LG):
        peers.run(LG, *CURL, "-O", f"{BASE}/passive.docm")
        peers.run(LG, *CURL, "-P", "-", "-O", f"{BASE}/active.xlsm")
        peers.run(LG, *CURL, "-P", "-", "-O", f"ftp://[{IN_HOST_V6}]/six.txt")
        peers.run(LG, *CURL, "-T", "away.txt", f"{BASE}/in/")
        peers.run(LG, *CURL, "--disable-eprt", "-P", "-", "-T", "away.txt", f"{BASE}/in/by-port.txt")
    assert (peers.home / "files/in/by-port.txt").read_bytes() == text
    judged = peers.judged()
    assert sent(judged) == {
        "passive.docm": digest(MACRO_DOCUMENT),
        "active.xlsm": digest(MACRO_WORKBOOK),
        "six.txt": digest(text),
        "away.txt": digest(text),
        "by-port.txt": digest(text),
    }
    assert {
        t["name"] for t in judged.of(protocol="ftp-data") if "20::5" in t["receiver"] or "10.20.0.5" in t["receiver"]
    } == {"passive.docm", "active.xlsm", "six.txt"}
    assert {f.transfer.name: f.verdict for f in judged.found("ZG203") if f.transfer} == {
        "passive.docm": Verdict.VIOLATES,
        "active.xlsm": Verdict.VIOLATES,
    }


def test_many_files_by_commands_that_are_sent_ahead(peers: Estate) -> None:
    files = {f"{number} 集計.txt": prose(50 + 90 * number).encode() for number in range(9)}
    serve(peers, {**files, "empty.txt": b"", "sheet.xlsm": MACRO_WORKBOOK})
    ahead = "set ftp:sync-mode off;"
    with peers.captured(LG):
        peers.run(LG, "lftp", "-e", f"{ahead} mirror -P 3 . passive; exit", IN_HOST)
        peers.run(LG, "lftp", "-e", f"{ahead} set ftp:passive-mode off; mirror . active; exit", IN_HOST)
    judged = peers.judged()
    found = Counter((t["name"], t["sha256"]) for t in judged.of(protocol="ftp-data", kind="file") if t["name"])
    sent = {**files, "sheet.xlsm": MACRO_WORKBOOK}
    assert found >= Counter({(name, digest(data)): 2 for name, data in sent.items()})
    assert not [name for name, hashed in found if not hashed]


def test_text_is_what_was_on_the_wire(peers: Estate) -> None:
    text = prose(3000).encode()
    serve(peers, {"down.txt": text})
    (peers.home / "up.txt").write_bytes(text)
    with peers.captured(LG):
        peers.run(LG, *CURL, "-B", "-O", f"{BASE}/down.txt")
        peers.run(LG, *CURL, "-B", "-T", "up.txt", f"{BASE}/in/")
    judged = peers.judged()
    assert (peers.home / "files/in/up.txt").read_bytes() == text
    assert sent(judged) == dict.fromkeys(("down.txt", "up.txt"), digest(text.replace(b"\n", b"\r\n")))


def test_a_name_says_what_runs(peers: Estate) -> None:
    script = b'CreateObject("WScript.Shell").Run "calc"\r\n' * 3
    serve(peers, {"tool.vbs": script, "report.pdf": MACRO_DOCUMENT})
    with peers.captured(LG):
        peers.run(LG, *CURL, "-O", f"{BASE}/tool.vbs", "-O", f"{BASE}/report.pdf")
    judged = peers.judged()
    assert {t["name"]: t["hazards"] for t in judged.of(protocol="ftp-data", parent="")} == {
        "tool.vbs": ["script"],
        "report.pdf": ["name-mismatch", "vba-macro"],
    }


def test_parts_are_not_taken_for_files(peers: Estate) -> None:
    text = prose(60_000).encode()
    serve(peers, {"large.txt": text, "in/grown.txt": text})
    shutil.chown(peers.home / "files/in/grown.txt", "ftp")
    (peers.home / "rest.txt").write_bytes(text[1_000_000:])
    (peers.home / "more.txt").write_bytes(text[:5000])
    with peers.captured(LG):
        peers.run(LG, *CURL, "-C", "1000000", "-o", "resumed.txt", f"{BASE}/large.txt")
        peers.run(LG, *CURL, "-a", "-T", "more.txt", f"{BASE}/in/grown.txt")
        pieces = "set pget:min-chunk-size 100k; set ftp:use-mdtm no; pget -n 3 large.txt -o pieces.txt; exit"
        peers.run(LG, "lftp", "-e", pieces, IN_HOST)
        with peers.within(LG), ftplib.FTP(IN_HOST, timeout=20) as client:
            client.login()
            with client.transfercmd("RETR large.txt") as data:
                data.recv(1000)
            with pytest.raises(ftplib.error_temp):
                client.voidresp()
    assert (peers.home / "pieces.txt").read_bytes() == text
    judged = peers.judged()
    assert set(sent(judged).values()) == {""}


def test_pieces_of_one_file_are_put_together(peers: Estate) -> None:
    text = prose(20_000).encode()
    serve(peers, {"large.txt": text}, rate=400_000)
    with peers.captured(LG):
        pieces = "set pget:min-chunk-size 100k; pget -n 3 large.txt -o pieces.txt; exit"
        peers.run(LG, "lftp", "-e", pieces, IN_HOST)
    assert (peers.home / "pieces.txt").read_bytes() == text
    judged = peers.judged()
    if len(judged.of(protocol="ftp-data", name="large.txt")) < 2:
        pytest.skip("lftp took the whole by one connection")
    (joined,) = judged.of(protocol="ftp-ranges")
    assert (joined["name"], joined["sha256"], joined["certainty"]) == ("large.txt", digest(text), "inspected")
    pieces_seen = judged.of(protocol="ftp-data", name="large.txt")
    assert {(t["sha256"], t["certainty"]) for t in pieces_seen} == {("", "inspected")}
    assert judged.clause("25(3)").verdict is not Verdict.UNDETERMINED


def test_what_is_added_is_put_together_with_what_was_there(peers: Estate) -> None:
    serve(peers, {})
    for name, data in {"a.docm": MACRO_DOCUMENT, "half.docm": MACRO_DOCUMENT[:5000]}.items():
        (peers.home / name).write_bytes(data)
    with peers.captured(LG):
        peers.run(LG, *CURL, "-T", "half.docm", f"{BASE}/in/a.docm")
        peers.run(LG, *CURL, "-C", "-", "-T", "a.docm", f"{BASE}/in/a.docm")
    assert (peers.home / "files/in/a.docm").read_bytes() == MACRO_DOCUMENT
    judged = peers.judged()
    first, second = judged.of(protocol="ftp-data", name="a.docm")
    assert (first["sha256"], second["sha256"], second["certainty"]) == (digest(MACRO_DOCUMENT[:5000]), "", "inspected")
    (joined,) = judged.of(protocol="ftp-ranges")
    assert (joined["name"], joined["sha256"]) == ("a.docm", digest(MACRO_DOCUMENT))
    assert "vba-macro" in joined["hazards"]


def test_nothing_is_known_behind_auth(peers: Estate) -> None:
    serve(peers, {"hojokin.docm": MACRO_DOCUMENT}, tls=True)
    with peers.captured(LG):
        peers.run(LG, *CURL, "-k", "--ssl-reqd", "-O", f"{BASE}/hojokin.docm")
    judged = peers.judged()
    assert (peers.home / "hojokin.docm").read_bytes() == MACRO_DOCUMENT
    assert {(t["protocol"], t["certainty"], t["sha256"]) for t in judged.transfers} == {
        ("ftp", "opaque", ""),
        ("tls", "opaque", ""),
    }
    assert judged.clause("25(3)").verdict is Verdict.UNDETERMINED
