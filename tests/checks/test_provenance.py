"""ZG215: what left the sanitizer against what entered it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.checks.town import Town, session
from tests.inspection.content.building import word, zipped
from tests.inspection.content.test_cabinet import cabinet
from tests.inspection.content.test_lzh import lzh
from tests.inspection.content.test_seven_zip import packed
from tests.inspection.test_sketching import prose
from zoneguard.model.findings import Finding
from zoneguard.model.policy import Verdict

IN, OUT, SAN = "10.30.0.9", "10.20.0.5", "10.40.0.20"
DOCUMENT = word(body=prose(1))
Sent = tuple[str, bytes]


def upload(name: str, content: bytes) -> bytes:
    body = (
        f'--b\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n--b--\r\n"
    )
    head = b"POST /up HTTP/1.1\r\nHost: san\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def download(name: str, content: bytes) -> bytes:
    disposition = f"Content-Disposition: attachment; filename={name}\r\n".encode()
    return b"HTTP/1.1 200 OK\r\n" + disposition + b"Content-Length: %d\r\n\r\n" % len(content) + content


def through(folder: Path, entered: Sequence[Sent], left: Sequence[Sent], uploader: str = IN) -> list[Finding]:
    """What is said of files that entered the sanitizer and then left it."""
    captures = {
        "internet": [
            p for f in entered for p in session(uploader, SAN, 80, upload(*f), b"HTTP/1.1 204 No Content\r\n\r\n")
        ],
        "lgwan": [
            p for f in left for p in session(OUT, SAN, 80, b"GET /x HTTP/1.1\r\nHost: san\r\n\r\n", download(*f))
        ],
    }
    return Town(folder, captures={zone: packets for zone, packets in captures.items() if packets}).findings("ZG215")


def test_a_document_that_leaves_as_it_entered_was_not_rebuilt(tmp_path: Path) -> None:
    (finding,) = through(tmp_path, [("a.docx", DOCUMENT)], [("other.docx", DOCUMENT)])
    assert finding.verdict is Verdict.VIOLATES
    assert {e.file for e in finding.evidence if hasattr(e, "frame")} == {"internet.pcap", "lgwan.pcap"}
    assert set(finding.clauses) == {"mikasa:25(3)", "mikasa:107-1(6)", "mikasa:2(12)"}


def test_so_is_one_that_was_unpacked_or_packed_on_its_way(tmp_path: Path) -> None:
    folder = zipped({"inner/a.docx": DOCUMENT})
    assert [f.verdict for f in through(tmp_path, [("a.zip", folder)], [("a.docx", DOCUMENT)])] == [Verdict.VIOLATES]
    assert [f.verdict for f in through(tmp_path, [("a.docx", DOCUMENT)], [("a.zip", folder)])] == [Verdict.VIOLATES]


ARCHIVES = {"7z": packed({"a.docx": DOCUMENT}), "lzh": lzh(("a.docx", DOCUMENT)), "cab": cabinet({"a.docx": DOCUMENT})}


@pytest.mark.parametrize("made", ARCHIVES.values(), ids=ARCHIVES)
def test_so_is_one_in_whatever_archive(tmp_path: Path, made: bytes) -> None:
    assert [f.verdict for f in through(tmp_path, [("a.bin", made)], [("a.docx", DOCUMENT)])] == [Verdict.VIOLATES]


def test_passive_files_may_stay_as_they_are(tmp_path: Path) -> None:
    assert not through(tmp_path, [("a.csv", b"1,2,3\r\n" * 50)], [("a.csv", b"1,2,3\r\n" * 50)])


def test_a_new_version_is_known_by_its_name_or_by_its_content(tmp_path: Path) -> None:
    rebuilt = word({"docProps/app.xml": "<a/>"}, body=prose(1).replace("補助", "交付", 9))
    assert not through(tmp_path, [("見積.docx", DOCUMENT)], [("renamed.docx", rebuilt)])
    strange = word(body=prose(2))
    assert not through(tmp_path, [("report.docx", DOCUMENT)], [("report_clean.pdf", strange)])


def test_what_never_entered_is_said_once_a_host(tmp_path: Path) -> None:
    strange = word(body=prose(2))
    (finding,) = through(tmp_path, [("a.docx", DOCUMENT)], [("b.docx", strange), ("c.docx", word(body=prose(3)))])
    assert finding.verdict is Verdict.UNDETERMINED
    assert "b.docx" in str(finding.message)


def test_what_the_receiver_itself_had_sent_is_no_source(tmp_path: Path) -> None:
    found = through(tmp_path, [("a.docx", DOCUMENT)], [("a.docx", DOCUMENT)], uploader="10.20.0.7")
    assert [f.verdict for f in found] == [Verdict.UNDETERMINED]


def test_without_both_ways_nothing_is_decided(tmp_path: Path) -> None:
    assert not through(tmp_path, [], [("a.docx", DOCUMENT)])
    report = Town(tmp_path, captures={"lgwan": session(OUT, "10.30.0.50", 8443)}).audit()
    clause = next(c for c in report.clauses if c.clause == "mikasa:25(3)")
    assert "ZG215 had nothing to look at" in str(clause.reason)
