"""Samba and smbclient: files taken from and put into a share, by the dialects, encrypted as well."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.peers.documents import MACRO_DOCUMENT, MACRO_WORKBOOK, digest, locked_zip, noise, prose
from tests.peers.estate import IN, IN_HOST, LG, Estate, Judged, missing
from tests.peers.servers import samba
from zoneguard.model.policy import Verdict

REASON = missing("smbd", "smbclient", "smbpasswd", "curl", "zip")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

USER = "games%himitsu"
CURL = ("curl", "-sS", "--fail", "--max-time", "20", "-u", "games:himitsu")


def use(peers: Estate, commands: str, *options: str) -> None:
    """Let smbclient do something with the share."""
    config = ("-s", peers.home / "smb.conf")
    peers.run(LG, "smbclient", *config, f"//{IN_HOST}/share", "-U", USER, *options, "-c", commands)


@pytest.mark.parametrize("dialect", ["NT1", "SMB2_02", "SMB2_10", "SMB3_00", "SMB3_11"])
def test_a_copy_from_and_to_the_share(peers: Estate, dialect: str) -> None:
    text, large = prose(5000).encode(), noise(5_000_000)
    samba(peers, IN, {"集計/hojokin.docm": MACRO_DOCUMENT, "large.bin": large})
    (peers.home / "away.txt").write_bytes(text)
    (peers.home / "sheet.xlsm").write_bytes(MACRO_WORKBOOK)
    with peers.captured(LG):
        commands = "cd 集計; get hojokin.docm; put away.txt; put sheet.xlsm; cd ..; get large.bin; ls"
        use(peers, commands, "-m", dialect)
    judged = peers.judged()
    assert {t["name"]: t["sha256"] for t in judged.of(protocol="smb", kind="file", parent="")} == {
        "hojokin.docm": digest(MACRO_DOCUMENT),
        "large.bin": digest(large),
        "away.txt": digest(text),
        "sheet.xlsm": digest(MACRO_WORKBOOK),
    }
    assert files_in(judged) == {"hojokin.docm": Verdict.VIOLATES, "sheet.xlsm": Verdict.VIOLATES}
    assert judged.clause("25(3)").verdict is Verdict.VIOLATES


def test_folders_at_once(peers: Estate) -> None:
    files = {f"d{number % 3}/{number} 集計.txt": prose(50 + 400 * number).encode() for number in range(9)}
    samba(peers, IN, files)
    with peers.captured(LG):
        use(peers, "prompt off; recurse on; mget *")
        use(peers, 'prompt off; recurse on; lcd d1; mput *; rename "1 集計.txt" gone.txt; del "4 集計.txt"')
    judged = peers.judged()
    found = Counter(t["sha256"] for t in judged.of(protocol="smb", kind="file"))
    assert found == Counter(digest(data) for name, data in files.items() for _ in range(1 + name.startswith("d1")))


def test_signed_is_read_and_encrypted_is_not(peers: Estate) -> None:
    samba(peers, IN, {"signed.docm": MACRO_DOCUMENT, "sealed.xlsm": MACRO_WORKBOOK})
    with peers.captured(LG):
        use(peers, "get signed.docm", "--client-protection=sign")
        use(peers, "get sealed.xlsm; put sealed.xlsm back.xlsm", "--client-protection=encrypt")
    assert (peers.home / "share/back.xlsm").read_bytes() == MACRO_WORKBOOK
    judged = peers.judged()
    assert {t["name"]: t["sha256"] for t in judged.of(kind="file")} == {"signed.docm": digest(MACRO_DOCUMENT)}
    (sealed,) = judged.of(kind="session")
    assert (sealed["protocol"], sealed["certainty"]) == ("smb", "opaque")
    assert files_in(judged) == {"signed.docm": Verdict.VIOLATES}


def test_what_only_was_encrypted_is_undetermined(peers: Estate) -> None:
    samba(peers, IN, {"sealed.docm": MACRO_DOCUMENT})
    with peers.captured(LG):
        use(peers, "get sealed.docm", "--client-protection=encrypt")
    judged = peers.judged()
    assert not judged.of(kind="file")
    assert judged.clause("25(3)").verdict is Verdict.UNDETERMINED


def test_a_part_of_a_file_is_not_taken_for_it(peers: Estate) -> None:
    text = prose(30_000).encode()
    samba(peers, IN, {"large.txt": text})
    (peers.home / "large.txt").write_bytes(text[:400_000])
    with peers.captured(LG):
        use(peers, "reget large.txt")
    assert (peers.home / "large.txt").read_bytes() == text
    judged = peers.judged()
    found = judged.of(protocol="smb", kind="file")
    assert {(t["name"], t["sha256"], t["certainty"]) for t in found} == {("large.txt", "", "partial")}


def test_the_old_dialect_by_another_client(peers: Estate) -> None:
    archive = locked_zip(peers.home)
    samba(peers, IN, {"locked.zip": archive, "hojokin.docm": MACRO_DOCUMENT})
    (peers.home / "away.txt").write_bytes(prose(5000).encode())
    with peers.captured(LG):
        for name in ("locked.zip", "hojokin.docm"):
            peers.run(LG, *CURL, "-o", f"got.{name}", f"smb://{IN_HOST}/share/{name}")
        peers.run(LG, *CURL, "-T", "away.txt", f"smb://{IN_HOST}/share/")
    judged = peers.judged()
    assert {t["name"]: t["sha256"] for t in judged.of(protocol="smb", kind="file", parent="")} == {
        "locked.zip": digest(archive),
        "hojokin.docm": digest(MACRO_DOCUMENT),
        "away.txt": digest((peers.home / "share/away.txt").read_bytes()),
    }
    assert files_in(judged) == {"locked.zip": Verdict.VIOLATES, "hojokin.docm": Verdict.VIOLATES}


def files_in(judged: Judged) -> dict[str, Verdict]:
    """What is said of files that crossed, by their names."""
    return {finding.transfer.name: finding.verdict for finding in judged.found("ZG203") if finding.transfer}
