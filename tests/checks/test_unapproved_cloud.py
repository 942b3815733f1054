"""ZG212: approved services by name and by address, others, and flows that do not tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.checks.town import Town, session
from zoneguard.model.policy import Verdict

BREAKOUT = ("lbo: {class: local-breakout, prefixes: [10.50.0.0/24]}",)
CLOUD = """\
cloud:
  - {id: C1, names: ["*.office.example"], purpose: p}
  - {id: C2, addresses: [198.51.100.0/28]}
"""


ROW = "{id: A1, from: lbo, to: world, services: [tcp/80]}"


def verdicts(
    tmp_path: Path, host: bytes, dst: str = "192.0.2.9", src: str = "10.50.0.9", allow: tuple[str, ...] = ()
) -> list[Verdict]:
    request = b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n" if host else b"?"
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    captured = {"internet": session(src, dst, 80, request, answer if host else b"!")}
    town = Town(tmp_path, captures=captured, zones=BREAKOUT, more=CLOUD, allow=allow)
    return [f.verdict for f in town.findings("ZG212")]


@pytest.mark.parametrize("host", [b"www.office.example", b"WWW.Office.Example."])
def test_an_approved_name_is_quiet(tmp_path: Path, host: bytes) -> None:
    assert not verdicts(tmp_path, host)


@pytest.mark.parametrize("host", [b"files.example", b"office.example", b"evil-office.example"])
def test_another_name_is_a_violation(tmp_path: Path, host: bytes) -> None:
    assert verdicts(tmp_path, host) == [Verdict.VIOLATES]


def test_an_approved_address_needs_no_name(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, b"", dst="198.51.100.5")


def test_a_flow_that_names_nothing_is_undetermined_where_a_row_lets_it_out(tmp_path: Path) -> None:
    assert verdicts(tmp_path, b"", allow=(ROW,)) == [Verdict.UNDETERMINED]
    assert verdicts(tmp_path, b"", allow=(ROW.replace("tcp", "udp"),)) == [Verdict.VIOLATES]


def test_what_goes_by_the_security_cloud_is_not_meant(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, b"files.example", src="10.30.0.9")


def test_without_a_breakout_nothing_is_said_to_conform(tmp_path: Path) -> None:
    town = Town(tmp_path, captures={"internet": session("10.30.0.9", "192.0.2.9", 80)})
    result = next(r for r in town.audit().clauses if r.clause == "mikasa:148-3")
    assert result.verdict is Verdict.UNDETERMINED
