"""What is written as evidence, and under which names."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from tests.dynamic.making import Talk, pcap
from zoneguard.dynamic.extracting import MANIFEST, Extraction
from zoneguard.dynamic.replay import Options, replay
from zoneguard.model.errors import InputError
from zoneguard.model.project import CaptureEntry
from zoneguard.model.spans import SourceSpan
from zoneguard.model.zones import ZoneMap

PROGRAM = b"MZ" + bytes(600)
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename="../../run.exe"\r\nContent-Length: 602\r\n\r\n'


def extracted(tmp_path: Path) -> tuple[Path, list[dict[str, object]]]:
    """A download that two clients made, and a talk that nobody reads."""
    packets = []
    for port in (1, 2):
        talk = Talk(sport=port, dport=80).opened().said(">", b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        packets += talk.said("<", ANSWER + PROGRAM).closed().packets
    packets += Talk(sport=3).opened().said(">", b"hello").said("<", b"there").packets
    capture = tmp_path / "c.pcap"
    capture.write_bytes(pcap(packets))
    folder = tmp_path / "evidence"
    extraction = Extraction(folder)
    entry = CaptureEntry(capture, SourceSpan("zoneguard.yaml", 1, 1))
    extraction.finish(replay([entry], ZoneMap([]), Options(all_flows=True, keep=extraction.keep)).transfers)
    return folder, json.loads((folder / MANIFEST).read_text("utf-8"))["transfers"]


def test_content_is_written_once_under_its_hash_and_cannot_be_run(tmp_path: Path) -> None:
    folder, _ = extracted(tmp_path)
    digest = hashlib.sha256(PROGRAM).hexdigest()
    assert {p.name for p in folder.iterdir()} == {f"{digest}.bin", MANIFEST}
    assert (folder / f"{digest}.bin").read_bytes() == PROGRAM
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_manifest_says_where_and_when_each_came(tmp_path: Path) -> None:
    _, (first, second, unread) = extracted(tmp_path)
    digest = hashlib.sha256(PROGRAM).hexdigest()
    assert first["name"] == "../../run.exe"
    assert {first["file"], second["file"]} == {f"{digest}.bin"}
    assert (first["sha256"], first["sender"], first["receiver"]) == (digest, "10.2.0.2:80", "10.1.0.1:1")
    assert first["frames"] == {str(tmp_path / "c.pcap"): [6]}
    assert first["first"] == {"utc": "2023-11-14T22:13:20.005000+00:00", "jst": "2023-11-15T07:13:20.005000+09:00"}
    assert "executable" in first["hazards"]  # type: ignore[operator]
    assert (unread["protocol"], unread["file"], unread["certainty"]) == ("unknown", "", "opaque")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InputError, match="not empty"):
        Extraction(tmp_path)
    with pytest.raises(InputError, match="cannot write here"):
        Extraction(tmp_path / "x")
