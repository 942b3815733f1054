"""ZG203: a clean file, one with a hazard, and what cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from tests.checks.town import Town, attempt, exchange, session
from zoneguard.model.findings import ClauseResult
from zoneguard.model.policy import Verdict

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nContent-Disposition: attachment; filename=%s\r\n\r\n"
PROGRAM = b"MZ" + bytes(58) + (64).to_bytes(4, "little") + b"PE\0\0" + bytes(200)
REQUEST = b"GET /f HTTP/1.1\r\nHost: x\r\n\r\n"


def found(tmp_path: Path, name: bytes, content: bytes, server: str = "10.30.0.9") -> list[Verdict]:
    answer = ANSWER % (len(content), name) + content
    town = Town(tmp_path, captures={"lgwan": session("10.20.0.5", server, 80, REQUEST, answer)})
    return [f.verdict for f in town.findings("ZG203")]


def carried_out(tmp_path: Path, profile: str, model: str = "alpha") -> list[tuple[str, tuple[str, ...]]]:
    """What is said of a program that an Internet terminal takes from the LGWAN zone."""
    answer = ANSWER % (len(PROGRAM), b"a.exe") + PROGRAM
    capture = {"internet": session("10.30.0.9", "10.20.0.5", 80, REQUEST, answer)}
    town = Town(tmp_path, captures=capture, profile=profile, model=model)
    return [(f.aspect, f.clauses) for f in town.findings("ZG203")]


def test_a_file_without_hazard_is_quiet(tmp_path: Path) -> None:
    assert not found(tmp_path, b"a.txt", b"hello")


def test_a_program_that_comes_in_is_found_though_the_flow_was_opened_from_inside(tmp_path: Path) -> None:
    assert found(tmp_path, b"a.exe", PROGRAM) == [Verdict.VIOLATES]


def test_a_program_inside_the_zone_is_not_an_import(tmp_path: Path) -> None:
    assert not found(tmp_path, b"a.exe", PROGRAM, server="10.20.0.9")


def test_a_program_that_leaves_is_asked_for_by_the_clauses_about_both_directions(tmp_path: Path) -> None:
    assert carried_out(tmp_path, "yokote") == [("export", ("yokote:7③(イ)",))]
    assert carried_out(tmp_path, "gotsu") == [("export", ("gotsu:6(3)②",))]
    assert carried_out(tmp_path, "mikasa") == [("export", ("mikasa:7(3)イ",))]


def test_setagaya_asks_for_what_is_taken_in_which_is_by_terminals_where_they_are(tmp_path: Path) -> None:
    assert not carried_out(tmp_path, "setagaya")
    assert carried_out(tmp_path, "setagaya", "beta-dash") == [("import", ("setagaya:2(12)", "setagaya:6(3)②"))]


def test_kobe_does_not_speak_of_sanitizing(tmp_path: Path) -> None:
    assert not carried_out(tmp_path, "kobe-foundation")


def test_a_program_that_is_sent_in_by_a_form_is_found(tmp_path: Path) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.exe"\r\n\r\n' + PROGRAM + b"\r\n--b--\r\n"
    head = (
        b"POST /up HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n"
    )
    answer = b"HTTP/1.1 204 No Content\r\n\r\n"
    town = Town(tmp_path, captures={"lgwan": session("10.30.0.9", "10.20.0.5", 80, head % len(part) + part, answer)})
    assert [f.verdict for f in town.findings("ZG203")] == [Verdict.VIOLATES]


HELLO = b"\x16\x03\x01\x00\x05hello"
SECRET = session("10.20.0.5", "10.40.0.20", 443, HELLO, HELLO)
ROWS = [
    "{id: A1, from: lgwan, to: file-san, services: [tcp/443]}",
    "{id: A2, from: lgwan, to: vdi, services: [tcp/8443]}",
    "{id: A3, from: lgwan, to: mail-gw, services: [tcp/993]}",
    "{id: A4, from: lgwan, to: 10.30.0.9, services: [tcp/443, udp/53, udp/123, tcp/80]}",
]


def judged(town: Town, clause: str) -> ClauseResult:
    return next(c for c in town.audit().clauses if c.clause == f"mikasa:{clause}")


def test_an_encrypted_session_with_the_sanitizer_is_no_finding_and_proves_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ROWS, captures={"lgwan": SECRET})
    assert not town.findings("ZG203")
    result = judged(town, "25(3)")
    assert result.verdict is Verdict.UNDETERMINED
    assert "tcp 10.20.0.5 > 10.40.0.20:443" in str(result.reason)
    assert "10 bytes sent, 10 received" in str(result.reason)
    assert judged(town, "107-1(6)").verdict is Verdict.UNDETERMINED
    assert judged(town, "25(1)").verdict is Verdict.CONFORMS


def test_an_encrypted_import_from_elsewhere_is_a_finding(tmp_path: Path) -> None:
    packets = session("10.20.0.5", "10.30.0.9", 443, HELLO, HELLO)
    (finding,) = Town(tmp_path, allow=ROWS, captures={"lgwan": packets}).findings("ZG203")
    assert (finding.verdict, finding.aspect) == (Verdict.UNDETERMINED, "import")
    assert "mikasa:25(3)" in finding.clauses


def test_what_no_row_allows_is_left_to_others_and_still_proves_nothing(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ROWS, captures={"lgwan": session("10.20.0.5", "10.30.0.77", 443, HELLO, HELLO)})
    assert not town.findings("ZG203")
    assert judged(town, "25(3)").verdict is Verdict.UNDETERMINED


def test_a_file_without_a_reader_is_a_finding_whoever_sent_it(tmp_path: Path) -> None:
    for server, port in (("10.30.0.9", 80), ("10.40.0.20", 443)):
        answer = ANSWER % (8, b"a.xyz") + b"\x01\x02\x03\x04\xff\xfe\xfd\xfc"
        packets = session("10.20.0.5", server, port, REQUEST, answer)
        (finding,) = Town(tmp_path, allow=ROWS, captures={"lgwan": packets}).findings("ZG203")
        assert finding.verdict is Verdict.UNDETERMINED
        assert "no reader" in str(finding.message)


def test_an_encrypted_screen_is_the_matter_of_its_own_clause(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ROWS, captures={"lgwan": session("10.20.0.5", "10.30.0.50", 8443, HELLO, HELLO)})
    assert not town.findings("ZG203")
    assert not town.findings("ZG202")
    assert judged(town, "25(3)").verdict is Verdict.CONFORMS
    assert judged(town, "25(2)").verdict is Verdict.UNDETERMINED
    assert judged(town, "25柱書").verdict is Verdict.CONFORMS


def test_encrypted_mail_is_the_matter_of_mail(tmp_path: Path) -> None:
    town = Town(tmp_path, allow=ROWS, captures={"lgwan": session("10.20.0.5", "10.40.0.10", 993, HELLO, HELLO)})
    assert not town.findings("ZG203")
    assert [f.verdict for f in town.findings("ZG201")] == [Verdict.UNDETERMINED]
    assert judged(town, "25(3)").verdict is Verdict.CONFORMS


NAMES = bytes.fromhex("0001010000010000000000000161000001 0001".replace(" ", ""))
CLOCK = b"\x23" + bytes(47)


@pytest.mark.parametrize(("port", "said"), [(53, NAMES), (123, CLOCK)])
def test_names_and_clocks_are_no_content(tmp_path: Path, port: int, said: bytes) -> None:
    out = Ether() / IP(src="10.20.0.5", dst="10.30.0.9") / UDP(sport=5000, dport=port) / Raw(said)
    home = Ether() / IP(src="10.30.0.9", dst="10.20.0.5") / UDP(sport=port, dport=5000) / Raw(said)
    town = Town(tmp_path, allow=ROWS, captures={"lgwan": [out, home]})
    assert not town.findings("ZG203")
    assert judged(town, "25(3)").verdict is Verdict.CONFORMS


def test_what_was_not_answered_counts_where_it_was_seen_to_arrive(tmp_path: Path) -> None:
    packets = exchange("10.30.0.9", "10.20.0.5", 5000)[:1] + attempt("10.30.0.9", "10.20.0.5", 445)
    dropped = Town(tmp_path, captures={"internet": packets})
    assert judged(dropped, "25(3)").verdict is Verdict.CONFORMS
    arrived = Town(tmp_path, captures={"lgwan": packets})
    assert judged(arrived, "25(3)").verdict is Verdict.UNDETERMINED
