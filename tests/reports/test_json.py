"""The machine interface."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.reports.sample import ICMP, MAIL, PERMIT, REPORT, UNDETERMINED
from zoneguard.model.findings import Report
from zoneguard.model.flows import Certainty
from zoneguard.model.policy import Verdict
from zoneguard.model.text import N_
from zoneguard.reports.json import PLUGIN, matrix


def written(report: Report, lang: str = "en") -> Any:
    return json.loads(PLUGIN.write(report, lang, False))


@pytest.fixture(scope="module")
def report() -> Any:
    return written(REPORT)


def test_envelope(report: Any) -> None:
    assert report["schema"] == "zoneguard.report/1"
    assert report["tool"]["name"] == "zoneguard"
    assert (report["command"], report["verdict"]) == ("audit", "violates")
    assert report["project"]["profiles"] == ["mikasa"]
    assert report["project"]["as_of"] == "2026-11-21"
    assert report["project"]["zones"][2] == {"name": "世界", "class": "public"}
    assert report["inputs"] == [{"path": "configs/uplink.conf", "sha256": "ef" * 32, "kind": "config"}]
    assert report["summary"]["findings"] == {"violates": {"critical": 2, "low": 1}, "undetermined": {"info": 1}}
    assert report["summary"]["clauses"]["violates"] == 2


def test_findings_are_ordered_by_verdict_and_severity(report: Any) -> None:
    assert [f["check"] for f in report["findings"]] == ["ZG101", "ZG201", "ZG103", "ZG401"]
    shuffled = written(replace(REPORT, findings=(PERMIT, MAIL, ICMP, UNDETERMINED)))
    assert shuffled["findings"] == report["findings"]


def test_a_finding_of_the_static_half(report: Any) -> None:
    line = {"file": "configs/fw-core.conf", "line": 120, "last_line": 128}
    assert report["findings"][0] == {
        "check": "ZG101",
        "severity": "critical",
        "verdict": "violates",
        "zones": ["mynumber", "lgwan"],
        "message": "a test sentence about mynumber and lgwan",
        "rows": [{"source": "10.10.0.0/16", "destination": "10.20.0.0/16", "protocol": "tcp", "ports": "445"}],
        "more_rows": 3,
        "witness": {"src": "10.10.0.1", "dst": "10.20.0.1", "proto": "tcp", "sport": 1024, "dport": 445},
        "path": [{"device": "fw-core", "context": "root", "in": "port3", "out": "port1", "evidence": [line]}],
        "flow": None,
        "more_flows": 0,
        "transfer": None,
        "evidence": [line],
        "clauses": ["mikasa:24(1)前段", "mikasa:7(3)ア"],
        "fix": "remove it",
        "fingerprint": PERMIT.fingerprint,
    }


def test_a_finding_of_the_dynamic_half(report: Any) -> None:
    finding = report["findings"][1]
    assert finding["evidence"][0] == {
        "capture": "captures/lg-edge.pcap",
        "frame": 17,
        "time": "2026-03-31T23:33:20.250000Z",
    }
    assert finding["flow"]["src"] == "10.30.10.10"
    assert finding["flow"]["macs"] == [["00:00:5e:00:53:01"], ["00:00:5e:00:53:02"]]
    assert (finding["flow"]["file"], finding["flow"]["first_frame"]) == ("captures/lg-edge.pcap", 17)
    assert finding["flow"]["state"] == "closed"
    assert finding["transfer"]["name"] == "請求書.docm"
    assert finding["transfer"]["sha256"] == "ab" * 32
    assert finding["transfer"]["hazards"] == [{"kind": "vba-macro", "where": "word/vbaProject.bin", "detail": ""}]
    assert finding["witness"] is None


def test_why_content_could_not_be_read_is_said_in_the_language_of_the_report() -> None:
    assert MAIL.transfer is not None
    locked = replace(MAIL.transfer, certainty=Certainty.OPAQUE, reason=N_("encrypted archive"))
    for lang, said in (("en", "encrypted archive"), ("ja", "暗号化された書庫")):
        (finding,) = written(replace(REPORT, findings=(replace(MAIL, transfer=locked),)), lang)["findings"]
        assert finding["transfer"]["reason"] == said


def test_an_icmp_witness_has_type_and_code(report: Any) -> None:
    assert report["findings"][2]["witness"] == {
        "src": "10.20.0.1",
        "dst": "2001:db8::1",
        "proto": "icmpv6",
        "icmp_type": 128,
        "icmp_code": 0,
        "mac": "00:00:5e:00:53:01",
    }


def test_every_clause_has_its_verdict_and_reason(report: Any) -> None:
    clauses = {clause["clause"]: clause for clause in report["clauses"]}
    assert len(clauses) == len(REPORT.project.profiles[0].clauses)
    assert all(clause["verdict"] in set(Verdict) and clause["reason"] for clause in clauses.values())
    assert clauses["24(1)前段"]["id"] == "mikasa:24(1)前段"
    assert clauses["24(1)前段"]["findings"] == [PERMIT.fingerprint]
    assert clauses["24(3)"]["attest"]["ja"]
    assert clauses["24(1)前段"]["attest"] is None


def test_coverage_counts_lines_and_frames(report: Any) -> None:
    (file,) = report["coverage"]["files"]
    assert (file["total"], file["understood"], file["ignored"]) == (100, 80, {"blank or comment": 18})
    assert file["not_understood"][0] == {
        "file": "configs/uplink.conf",
        "line": 7,
        "last_line": 7,
        "text": "ip foo bar",
        "reason": "no such word",
        "concern": "filter",
        "bounded": False,
    }
    (capture,) = report["coverage"]["captures"]
    assert (capture["frames"], capture["decoded"]) == (60, 53)
    assert (capture["without_ip"], capture["skipped"]) == ({"ARP": 5}, {"a bad header": 2})
    assert capture["truncated"] == "cut in frame 61"
    assert capture["core"] == "numpy"


def test_matrix_and_register(report: Any) -> None:
    cell = report["matrix"][3]
    assert (cell["from"], cell["to"], cell["state"], cell["via"]) == ("lgwan", "世界", "sanitized", ["dmz-san"])
    assert (cell["observed"], cell["attempted"]) == (3, 1)
    shown = matrix(REPORT)
    assert shown["undetermined"] == [
        {"message": f["message"], "evidence": f["evidence"]} for f in report["findings"] if f["check"] == "ZG401"
    ]
    assert shown | {"undetermined": []} == {
        "schema": "zoneguard.matrix/1",
        "spoofed": False,
        "matrix": report["matrix"],
        "undetermined": [],
    }
    first, second = report["exceptions"]
    assert (first["approved"], first["expires"], first["macs"]) == ("2026-04-01", "2027-03-31", ["00:00:5e:00:53:20"])
    assert (second["approved"], second["expires"]) == (None, "2026-03-31")
    assert report["allow"][0]["services"] == ["tcp/443"]


def test_keys_are_the_same_in_every_language(report: Any) -> None:
    def keys(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: keys(inner) for key, inner in value.items()}
        return [keys(inner) for inner in value] if isinstance(value, list) else None

    assert keys(written(REPORT, "ja")) == keys(report)


def test_output_is_readable_utf8_and_the_same_every_time() -> None:
    once = PLUGIN.write(REPORT, "en", False)
    assert once == PLUGIN.write(REPORT, "en", True)
    assert "請求書.docm".encode() in once
    assert once.endswith(b"}\n")


def test_a_file_name_that_is_no_text_survives() -> None:
    name = "bad\udcff.conf"  # as Python has a byte that is no UTF-8
    data = PLUGIN.write(replace(REPORT, inputs=(replace(REPORT.inputs[0], path=name),)), "en", False)
    assert json.loads(data.decode("ascii", "ignore"))["inputs"][0]["path"] == name
