"""ZG213: a page in clear, a redirection, and a port of which nothing is known."""

from __future__ import annotations

from pathlib import Path

from tests.checks.town import ROUTES, Town, session
from zoneguard.model.policy import Verdict

DMZ = ("pub: {class: dmz, prefixes: [192.0.2.0/28]}",)
REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
MOVED = b"HTTP/1.1 301 Moved\r\nLocation: https://x/\r\nContent-Length: 2\r\n\r\nhi"


def verdicts(tmp_path: Path, answer: bytes = b"", port: int = 80) -> list[Verdict]:
    routes = ROUTES + "192.0.2.0/28 dev eth5 proto kernel scope link src 192.0.2.1\n"
    forward = [f"-A FORWARD -i eth4 -o eth5 -d 192.0.2.5/32 -p tcp --dport {port} -j ACCEPT"]
    captures = {"internet": session("198.51.100.7", "192.0.2.5", port, REQUEST, answer)} if answer else {}
    return [f.verdict for f in Town(tmp_path, forward, routes=routes, zones=DMZ, captures=captures).findings("ZG213")]


def test_a_page_in_clear_is_a_violation(tmp_path: Path) -> None:
    assert verdicts(tmp_path, PAGE) == [Verdict.VIOLATES]


def test_a_redirection_is_quiet(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, MOVED)


def test_an_open_port_of_which_nothing_was_seen_is_undetermined(tmp_path: Path) -> None:
    assert verdicts(tmp_path) == [Verdict.UNDETERMINED]


def test_port_443_is_not_asked(tmp_path: Path) -> None:
    assert not verdicts(tmp_path, port=443)
