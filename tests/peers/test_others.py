"""Peers of fewer words: tftpd-hpa with curl and tftp, OpenSSH with scp."""

from __future__ import annotations

import shutil

import pytest

from tests.peers.documents import MACRO_DOCUMENT, MACRO_WORKBOOK, digest, noise, prose
from tests.peers.estate import IN, IN_HOST, LG, Estate, missing
from zoneguard.model.policy import Verdict

CURL = ("curl", "-sS", "--max-time", "20")


def tftp(peers: Estate, files: dict[str, bytes]) -> None:
    """tftpd-hpa in the Internet zone with these files; it takes others."""
    folder = peers.home / "tftp"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    shutil.chown(folder, "nobody")
    options = ("-L", "-c", "-s", "-u", "nobody", "-a", f"{IN_HOST}:69")
    peers.start(IN, "in.tftpd", *options, folder, ready=peers.shows(IN, "udp", ":0045 00000000:0000"))


@pytest.mark.skipif(bool(missing("in.tftpd", "tftp", "curl")), reason=missing("in.tftpd", "tftp", "curl"))
def test_files_by_tftp(peers: Estate) -> None:
    text = prose(4000).encode()
    tftp(peers, {"hojokin.docm": MACRO_DOCUMENT, "even.txt": text[:4096], "tool.vbs": text})
    (peers.home / "sheet.xlsm").write_bytes(MACRO_WORKBOOK)
    base = f"tftp://{IN_HOST}"
    with peers.captured(LG):
        peers.run(LG, *CURL, "-O", f"{base}/hojokin.docm", "-O", f"{base}/even.txt")
        peers.run(LG, *CURL, "--tftp-blksize", "1400", "-O", f"{base}/tool.vbs")
        peers.run(LG, "tftp", "-m", "binary", IN_HOST, "-c", "put", "sheet.xlsm")
    assert (peers.home / "tftp/sheet.xlsm").read_bytes() == MACRO_WORKBOOK
    judged = peers.judged()
    assert {t["name"]: t["sha256"] for t in judged.of(protocol="tftp", kind="file", parent="")} == {
        "hojokin.docm": digest(MACRO_DOCUMENT),
        "even.txt": digest(text[:4096]),
        "tool.vbs": digest(text),
        "sheet.xlsm": digest(MACRO_WORKBOOK),
    }
    assert {f.transfer.name: f.verdict for f in judged.found("ZG203") if f.transfer} == dict.fromkeys(
        ("hojokin.docm", "tool.vbs", "sheet.xlsm"), Verdict.VIOLATES
    )


@pytest.mark.skipif(bool(missing("sshd", "scp", "ssh-keygen")), reason=missing("sshd", "scp", "ssh-keygen"))
def test_a_copy_by_ssh_is_suspected_and_never_proved(peers: Estate) -> None:
    large = noise(3_000_000)
    (peers.home / "large.bin").write_bytes(large)
    for key in ("host", "client"):
        peers.run(IN, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", peers.home / key)
    settings = {
        "HostKey": peers.home / "host",
        "AuthorizedKeysFile": peers.home / "client.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "PermitRootLogin": "yes",
        "Subsystem": "sftp internal-sftp",
    }
    (peers.home / "sshd_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    peers.start(IN, "/usr/sbin/sshd", "-D", "-e", "-f", peers.home / "sshd_config", ready=peers.listens(IN, 22))
    options = ("-i", peers.home / "client", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null")
    with peers.captured(LG):
        peers.run(LG, "scp", "-F", "none", *options, f"root@{IN_HOST}:{peers.home}/large.bin", "got.bin")
    assert (peers.home / "got.bin").read_bytes() == large
    judged = peers.judged()
    (session,) = judged.transfers
    assert (session["protocol"], session["certainty"], session["sha256"]) == ("ssh", "opaque", "")
    assert session["sender"] == f"{IN_HOST}:22"
    assert judged.clause("25(3)").verdict is Verdict.UNDETERMINED
