"""A file sanitizer of real servers with a leg in each zone: what leaves it is held against what entered it."""

from __future__ import annotations

import pytest

from tests.peers.documents import MACRO_DOCUMENT, digest, plain_document
from tests.peers.estate import FILE_IN, FILE_LG, IN, LG, SAN, Estate, Judged, missing
from tests.peers.servers import nginx, samba
from zoneguard.model.policy import Verdict

REASON = missing("nginx", "curl", "openssl", "smbd", "smbclient", "smbpasswd")
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

CURL = ("curl", "-sS", "--fail", "--max-time", "20")


ENTERED, REBUILT = plain_document("申請書"), plain_document("申請書 無害化済み")


def exchange(peers: Estate, offered: dict[str, bytes]) -> Judged:
    """Two documents enter from the Internet zone, and what the sanitizer offers is fetched from the LGWAN zone."""
    nginx(peers, SAN, {"put/0": b"", "offered/0": b""})
    for name, data in (("macro.docm", MACRO_DOCUMENT), ("shinsei.docx", ENTERED)):
        (peers.home / name).write_bytes(data)
    with peers.captured(IN, LG):
        peers.run(IN, *CURL, "-T", "{macro.docm,shinsei.docx}", f"http://{FILE_IN}/put/")
        for name, data in offered.items():
            (peers.home / "www/offered" / name).write_bytes(data)
            peers.run(LG, *CURL, "-o", f"got.{name}", f"http://{FILE_LG}/offered/{name}")
    return peers.judged()


def test_a_file_that_was_not_rebuilt(peers: Estate) -> None:
    judged = exchange(peers, {"mudai.docx": ENTERED})
    (finding,) = judged.found("ZG215")
    assert finding.verdict is Verdict.VIOLATES
    assert finding.transfer is not None and finding.transfer.sha256 == digest(ENTERED)
    assert {frame.file for frame in finding.evidence} == {"in.pcap", "lg.pcap"}
    assert not judged.found("ZG203")
    assert judged.clause("25(3)").verdict is Verdict.VIOLATES


def test_a_file_that_was_rebuilt(peers: Estate) -> None:
    judged = exchange(peers, {"shinsei.docx": REBUILT})
    assert not judged.report.findings
    assert judged.clause("25(3)").verdict is Verdict.CONFORMS


def test_a_file_that_never_entered(peers: Estate) -> None:
    judged = exchange(peers, {"betsu.docx": plain_document("これは別のところから来た文書である")})
    assert judged.verdicts("ZG215") == {Verdict.UNDETERMINED}
    assert judged.clause("25(3)").verdict is Verdict.UNDETERMINED


def test_a_file_that_enters_by_the_web_and_leaves_by_a_share(peers: Estate) -> None:
    nginx(peers, SAN, {"put/0": b""})
    samba(peers, SAN, {}, "www/put")
    (peers.home / "macro.docm").write_bytes(MACRO_DOCUMENT)
    with peers.captured(IN, LG):
        peers.run(IN, *CURL, "-T", "macro.docm", f"http://{FILE_IN}/put/")
        share = (f"//{FILE_LG}/share", "-s", peers.home / "smb.conf", "-U", "games%himitsu")
        peers.run(LG, "smbclient", *share, "-c", "get macro.docm got.docm")
    judged = peers.judged()
    assert (peers.home / "got.docm").read_bytes() == MACRO_DOCUMENT
    for check in ("ZG215", "ZG203"):
        (finding,) = judged.found(check)
        assert finding.verdict is Verdict.VIOLATES
        assert finding.transfer is not None
        assert (finding.transfer.protocol, finding.transfer.sha256) == ("smb", digest(MACRO_DOCUMENT))
